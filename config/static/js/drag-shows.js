// What a card would be, where it would be, and what came of it: drawn in the grid, and said.
// Events on document: drag:show, drag:sent, drag:hide and drag:say, of drag.js and drag-free.js.

const ROW = 5; // minutes of one row of the grid
const STAYS = 6000; // milliseconds that a sentence can be read

const words = () => document.querySelector("[data-move]").dataset;

// As the pages write it: their English has twenty-four hours, that of the United States twelve.
const clock = (at) =>
  new Intl.DateTimeFormat(document.documentElement.lang.replace(/^en$/, "en-GB"), {
    hour: "2-digit",
    minute: "2-digit",
    timeZone: words().zone,
  }).format(at);

const preview = document.createElement("div");
preview.className = "plan-drop";
preview.setAttribute("aria-hidden", "true");
const label = document.createElement("p");
label.append(document.createElement("b"), document.createElement("span"));
preview.append(label);

document.addEventListener("drag:show", ({ detail }) => {
  const { body, start, minutes, from, until, whose } = detail;
  const [when, who] = label.children;
  when.textContent = `${clock(from)}–${clock(until)}`;
  who.textContent = whose;
  preview.style.setProperty("--r", start / ROW);
  preview.style.setProperty("--h", minutes / ROW);
  if (preview.parentElement !== body) body.append(preview);
  if (detail.follow) preview.scrollIntoView({ block: "nearest", inline: "nearest" });
});

document.addEventListener("drag:sent", () => preview.classList.add("plan-drop-sent"));

document.addEventListener("drag:hide", () => {
  const place = document.querySelector("[data-move-says]");
  if (place.textContent === words().wordSent) place.textContent = "";
  preview.remove();
  preview.classList.remove("plan-drop-sent");
});

document.addEventListener("drag:say", ({ detail }) => {
  const { word, from, until } = detail;
  const facts = from ? { ...detail, start: clock(from), end: clock(until) } : {};
  const sentence = words()[word].replace(/\{(\w+)\}/g, (_whole, fact) => facts[fact]);
  const place = document.querySelector("[data-move-says]");
  place.textContent = sentence;
  setTimeout(() => {
    if (!preview.isConnected && place.textContent === sentence) place.textContent = "";
  }, STAYS);
});
