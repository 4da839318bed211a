// How the grid scrolls while a card is dragged: not by the finger that has lifted it, but along with
// it near the border, up and down by and by, to the side by a column.

const NEAR = 48; // pixels
const FAST = 8; // pixels of one picture
const WAIT = 500; // milliseconds before it goes to the next column

const grid = () => document.querySelector("[data-plan-grid]");
const dragged = () => grid()?.dataset.moving === "pointer" || grid()?.dataset.moving === "size";

let from = null; // where the card was taken
let at = null; // where the pointer is, while a card is dragged
let since = 0; // when it came to the side

// A card that was taken near the border does not run away from whoever drags it inwards.
const pulled = (axis, low, high) => {
  const pull = at[axis] < low + NEAR ? -1 : at[axis] > high - NEAR ? 1 : 0;
  return Math.sign(at[axis] - from[axis]) === pull ? pull : 0;
};

const scroll = () => {
  if (!dragged()) {
    at = null;
    return;
  }
  const place = document.querySelector("[data-plan]");
  const box = place.getBoundingClientRect();
  const head = grid().querySelector(".plan-head").offsetHeight;
  const top = Math.max(box.top, 0) + head;
  place.scrollTop += FAST * pulled("y", top, Math.min(box.bottom, innerHeight));
  const side = pulled("x", Math.max(box.left, 0), Math.min(box.right, innerWidth));
  if (!side || grid().dataset.moving === "size") {
    since = performance.now();
  } else if (performance.now() - since > WAIT) {
    place.scrollBy({ left: side * grid().querySelector("[data-column]").offsetWidth });
    since = performance.now();
  }
  requestAnimationFrame(scroll);
};

// The listener has to be there before the finger is.
document.querySelector("[data-plan]")?.addEventListener(
  "touchmove",
  (event) => {
    if (dragged() && event.cancelable) event.preventDefault();
  },
  { passive: false },
);

// What the browser would do with a link that is held: drag its address, or open a menu about it.
document.addEventListener("dragstart", (event) => {
  if (grid()?.contains(event.target)) event.preventDefault();
});
document.addEventListener("contextmenu", (event) => {
  if (dragged()) event.preventDefault();
});

document.addEventListener("pointermove", (event) => {
  if (!dragged()) return;
  const begins = at === null;
  at = { x: event.clientX, y: event.clientY };
  if (!begins) return;
  from = at;
  since = performance.now();
  requestAnimationFrame(scroll);
});
