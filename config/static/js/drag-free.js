// A stretch of free time is drawn with the mouse, and booked: its start and its length are filled in.
// A press alone books from where it was pressed (plan.js); a finger scrolls.

const ROW = 5; // minutes of one row of the grid
const FAR = 5; // pixels that make a drag of a press

const grid = () => document.querySelector("[data-plan-grid]");
const zone = () => document.querySelector("[data-move]")?.dataset.zone;

let press = null; // the mouse is down on free time
let drawn = null; // the stretch, in minutes from the beginning of the column
let swallow = false; // the click that ends a drag opens nothing

const tell = (event, detail = {}) => document.dispatchEvent(new CustomEvent(event, { detail }));

const frameOf = (column) => {
  const body = column.querySelector(".plan-body");
  const box = body.getBoundingClientRect();
  const rows = Number(getComputedStyle(body).getPropertyValue("--h"));
  const [hours, minutes] = column.dataset.start.slice(11, 16).split(":").map(Number);
  return {
    body,
    top: box.top,
    minute: box.height / (rows * ROW),
    first: hours * 60 + minutes,
    begins: Date.parse(column.dataset.start),
  };
};

// Of the clinic, for an address: always of twenty-four hours.
const clock = (at) =>
  new Intl.DateTimeFormat("en-GB", {
    hour: "2-digit",
    minute: "2-digit",
    timeZone: zone(),
  }).format(at);

const at = (frame, minutes) => new Date(frame.begins + minutes * 60_000);

// Whole steps of the clock, no further than the free time goes.
const stretch = (from, to, frame, free) => {
  const step = Number(grid().dataset.step) || ROW;
  const down = (one) => Math.floor((frame.first + one) / step) * step - frame.first;
  const low = down(Math.min(from, to));
  const high = down(Math.max(from, to)) + step;
  return { start: Math.max(free.start, low), end: Math.min(free.end, high) };
};

const draw = (y) => {
  const { link, from } = press;
  const frame = frameOf(link.closest("[data-column]"));
  const box = link.getBoundingClientRect();
  const free = {
    start: Math.round((box.top - frame.top) / frame.minute),
    end: Math.round((box.bottom - frame.top) / frame.minute),
  };
  drawn = stretch(from, (y - frame.top) / frame.minute, frame, free);
  const { start, end } = drawn;
  const whose = link.closest("[data-column]").querySelector("h2").textContent.trim();
  const [since, until] = [at(frame, start), at(frame, end)];
  const { body } = frame;
  tell("drag:show", { body, start, minutes: end - start, from: since, until, whose });
};

const stop = () => {
  if (drawn) tell("drag:hide");
  press = drawn = null;
  if (grid()) delete grid().dataset.drawing;
};

document.addEventListener("pointerdown", (event) => {
  swallow = false;
  const link = event.target.closest?.("[data-free]");
  if (!link || !grid()?.contains(link) || event.button !== 0 || !zone()) return;
  if (event.pointerType !== "mouse" || !event.isPrimary) return;
  const frame = frameOf(link.closest("[data-column]"));
  const from = (event.clientY - frame.top) / frame.minute;
  press = { link, from, y: event.clientY, id: event.pointerId };
});

document.addEventListener("pointermove", (event) => {
  if (!press) return;
  if (!drawn) {
    if (Math.abs(event.clientY - press.y) < FAR) return;
    press.link.setPointerCapture(press.id);
    grid().dataset.drawing = "";
  }
  draw(event.clientY);
});

document.addEventListener("pointerup", () => {
  if (!drawn) return stop();
  const { link } = press;
  const frame = frameOf(link.closest("[data-column]"));
  const url = new URL(link.dataset.from ?? link.href);
  url.searchParams.set("time", clock(at(frame, drawn.start)));
  url.searchParams.set("duration", drawn.end - drawn.start);
  swallow = true;
  stop();
  tell("side:show", { path: url.href });
});

document.addEventListener("pointercancel", stop);

document.addEventListener(
  "keydown",
  (event) => {
    if (event.key !== "Escape" || !drawn) return;
    event.preventDefault();
    event.stopPropagation();
    swallow = true;
    stop();
  },
  true,
);

document.addEventListener(
  "click",
  (event) => {
    if (!swallow || event.detail === 0) return; // of the keyboard
    swallow = false;
    event.preventDefault();
    event.stopImmediatePropagation();
  },
  true,
);

// The grid stays as it is while somebody draws on it.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (drawn && event.detail.elt === grid()) event.preventDefault();
});
document.addEventListener("htmx:beforeSwap", (event) => {
  if (drawn && event.detail.target === grid()) event.detail.shouldSwap = false;
});
