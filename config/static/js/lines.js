// Short tables within a form: lines are added, moved and removed without asking the server. What is
// sent is the same as without script: the fields of each line, in order.

const lines = (table) => [...table.querySelectorAll("[data-line]")];

const numbered = (table) => {
  for (const [index, line] of lines(table).entries()) {
    for (const one of line.querySelectorAll("[aria-label]")) {
      one.setAttribute("aria-label", one.getAttribute("aria-label").replace(/\d+/, index + 1));
    }
  }
};

const add = (table) => {
  const spare = table.querySelector("[data-line-spare]");
  const line = spare.cloneNode(true);
  delete line.dataset.lineSpare;
  line.dataset.line = "";
  spare.before(line);
  numbered(table);
  line.querySelector("input:not([type='hidden'])").focus();
};

const changed = (table) => {
  numbered(table);
  table.dispatchEvent(new Event("input", { bubbles: true }));
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-line-add], [data-line-remove], [data-line-move]");
  const table = button?.closest("[data-lines]");
  if (!table) return;
  event.preventDefault();
  const line = button.closest("[data-line]");
  if (button.matches("[data-line-add]")) {
    add(table);
  } else if (button.matches("[data-line-remove]")) {
    line.remove();
    table.querySelector("[data-line-add]").focus();
    changed(table);
  } else {
    const all = lines(table);
    const here = all.indexOf(line);
    if (button.dataset.lineMove === "up") all[here - 1]?.before(line);
    else all[here + 1]?.after(line);
    button.focus();
    changed(table);
  }
});
