// Weekly hours: spans are added, removed and copied to other days without asking the server. What
// is sent is the same as without script.

const say = (words) => {
  const announcer = document.querySelector("[data-announcer]");
  if (announcer) announcer.textContent = words;
};

const spans = (day) => [...day.querySelectorAll("[data-week-span]")];

// The empty span that the server draws for one more, as one that is there.
const added = (day, [start, end] = ["", ""]) => {
  const spare = day.querySelector("[data-week-spare]");
  const span = spare.cloneNode(true);
  delete span.dataset.weekSpare;
  span.dataset.weekSpan = "";
  const number = spans(day).length + 1;
  for (const one of span.querySelectorAll("[aria-label]")) {
    one.setAttribute("aria-label", one.getAttribute("aria-label").replace(/\d+/, number));
  }
  const inputs = span.querySelectorAll("input");
  [inputs[0].value, inputs[1].value] = [start, end];
  for (const input of inputs) input.removeAttribute("aria-invalid");
  spare.before(span);
  return span;
};

const changed = (day) => {
  day.dispatchEvent(new Event("input", { bubbles: true }));
};

const copy = (day, menu) => {
  const chosen = [...menu.querySelectorAll("input:checked")].map((one) => one.value);
  const values = spans(day).map((span) =>
    [...span.querySelectorAll("input")].map((input) => input.value),
  );
  const week = day.closest("[data-week]");
  const names = [];
  for (const other of week.querySelectorAll("[data-week-day]")) {
    if (!chosen.includes(other.dataset.weekDay)) continue;
    for (const span of spans(other)) span.remove();
    for (const pair of values) added(other, pair);
    other.classList.remove("week-wrong");
    names.push(other.getAttribute("aria-label"));
  }
  for (const box of menu.querySelectorAll("input")) box.checked = false;
  menu.open = false;
  menu.querySelector("summary").focus();
  changed(day);
  say([day.getAttribute("aria-label"), names.join(", ")].join(" → "));
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-week-add], [data-week-remove], [data-week-copy]");
  const day = button?.closest("[data-week-day]");
  if (!day) return;
  event.preventDefault();
  if (button.matches("[data-week-add]")) {
    added(day).querySelector("input").focus();
  } else if (button.matches("[data-week-remove]")) {
    button.closest("[data-week-span]").remove();
    day.querySelector("[data-week-add]").focus();
    changed(day);
  } else {
    copy(day, button.closest("details"));
  }
});
