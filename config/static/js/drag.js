// Cards of the day are moved: dragged by mouse, by a finger that rests on them first, or with Alt
// and the arrow keys. The server decides; until it has answered, the card stands where it was.
// Without this, an appointment is moved by the form in its panel.

const ROW = 5; // minutes of one row of the grid
const FAR = 5; // pixels that make a drag of a press
const LONG = 400; // milliseconds after which a finger lifts the card; before that it scrolls
const EDGE = 8; // pixels at the end of a card that change its length

const grid = () => document.querySelector("[data-plan-grid]");
const scroller = () => document.querySelector("[data-plan]");
const form = () => document.querySelector("[data-move]"); // for those who may

let move = null; // the card that is lifted: where from, where to, and how
let sent = null; // the one that the server is asked about
let missed = false; // whether the grid was not shown something new meanwhile
let swallow = false; // the click that ends a drag opens nothing
let press = null; // a pointer that is down on a card, and has not moved yet

// --- Where things are -----------------------------------------------------------------------

const frameOf = (column) => {
  const body = column.querySelector(".plan-body");
  const box = body.getBoundingClientRect();
  const rows = Number(getComputedStyle(body).getPropertyValue("--h"));
  const [hours, minutes] = column.dataset.start.slice(11, 16).split(":").map(Number);
  return {
    body,
    top: box.top,
    minute: box.height / (rows * ROW), // in pixels
    minutes: rows * ROW,
    first: hours * 60 + minutes, // of the clock
    begins: Date.parse(column.dataset.start),
  };
};

// A place: a column, and the minutes from its beginning.
const placeOf = (card) => {
  const column = card.closest("[data-column]");
  const start = (Date.parse(card.dataset.start) - frameOf(column).begins) / 60_000;
  return { column, start, minutes: Number(card.dataset.minutes) };
};

const stepOf = (card) => Number(card.dataset.step ?? grid().dataset.step) || ROW;
const lengthsOf = (card) => (card.dataset.lengths ?? "").split(" ").filter(Boolean).map(Number);
const inGrid = (card) => card && form() && grid()?.contains(card);
const movable = (card) => inGrid(card) && "version" in card.dataset && !sent;
const sizable = (card) => lengthsOf(card).some((one) => one !== Number(card.dataset.minutes));

// Another column is another person or another day. A room is chosen by rules, not by hand, and
// whoever comes along does not become the host by it.
const isOpenTo = (column, from, card) => {
  if (column === from.column || "week" in grid().dataset) return true;
  return !("rooms" in grid().dataset) && from.column.dataset.column === card.dataset.staff;
};

const hostAt = ({ column }) => {
  const moved = column !== move.from.column && !("week" in grid().dataset);
  return moved ? column.dataset.column : move.card.dataset.staff;
};

const within = (frame, start, minutes) =>
  Math.max(0, Math.min(start, frame.minutes - Math.min(minutes, frame.minutes)));

const stepped = (frame, start, step) => Math.round((frame.first + start) / step) * step - frame.first;

const nearest = (numbers, to) =>
  numbers.reduce((a, b) => (Math.abs(b - to) < Math.abs(a - to) ? b : a));

const moment = ({ column, start }) => new Date(frameOf(column).begins + start * 60_000);

const same = (a, b) => a.column === b.column && a.start === b.start && a.minutes === b.minutes;

// --- Shown and said -------------------------------------------------------------------------

const tell = (event, detail = {}) =>
  document.dispatchEvent(new CustomEvent(event, { detail }));

const facts = (card, to) => ({
  patient: card.querySelector("b").textContent.trim(),
  column: to.column.querySelector("h2").textContent.trim(),
  from: moment(to),
  until: moment({ ...to, start: to.start + to.minutes }),
});

const say = (word, given) => tell("drag:say", { word, ...given });
const refuse = (card) => say(card.closest("[data-group]") ? "wordGroup" : "wordFixed");

const show = () => {
  const { card, to, how } = move;
  const fact = facts(card, to);
  const whose = `${fact.column} · ${fact.patient}`;
  const { body } = frameOf(to.column);
  tell("drag:show", { ...to, ...fact, body, whose, follow: how === "keys" });
};

// Of the clinic, for an address: always of twenty-four hours.
const clock = (at) => {
  const { zone: timeZone } = form().dataset;
  return at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone });
};

// --- Lifted and put back --------------------------------------------------------------------

const lift = (card, how) => {
  move = { card, how, from: placeOf(card), to: placeOf(card) };
  card.dataset.lifted = "";
  grid().dataset.moving = how;
  show();
};

const clear = () => {
  const { card } = move ?? sent;
  tell("drag:hide");
  delete card.dataset.lifted;
  if (grid()) delete grid().dataset.moving;
  move = sent = null;
  if (missed && grid()) htmx.trigger(document.body, "desk:changed");
  missed = false;
};

const putBack = () => {
  const { card, from } = move;
  say("wordBack", facts(card, from));
  clear();
};

// --- Sent -----------------------------------------------------------------------------------

// Of a series somebody has to say how much of it: the form in the panel asks.
const askWhich = ({ card, to }) => {
  const url = new URL(card.href);
  url.searchParams.set("day", to.column.dataset.day);
  url.searchParams.set("time", clock(moment(to)));
  url.searchParams.set("staff", hostAt(to));
  url.searchParams.set("duration", to.minutes);
  say("wordSeries");
  clear();
  tell("side:show", { path: url.href });
};

const send = ({ card, to }) => {
  const values = {
    version: card.dataset.version,
    alternative: `${moment(to).toISOString()} ${hostAt(to)}`,
    duration: to.minutes,
    from: "grid",
    panel: document.querySelector("#side[data-side-typed]") ? "typed" : "",
  };
  say("wordSent");
  tell("drag:sent");
  [sent, move] = [move, null];
  form().dataset.sidePath = card.pathname;
  const page = { source: form(), target: "#side", swap: "innerHTML show:none", values };
  htmx.ajax("POST", `${card.pathname}/move`, page).catch(() => {});
};

const drop = () => {
  if (same(move.from, move.to)) putBack();
  else if ("series" in move.card.dataset) askWhich(move);
  else send(move);
};

// What was done is told by a toast, and the grid comes anew; else the panel says why it was not.
const isAnswer = (event) => event.detail.requestConfig?.elt === form();
document.addEventListener("htmx:afterRequest", (event) => {
  if (!sent || !isAnswer(event)) return;
  const [{ xhr }, asked] = [event.detail, sent];
  if (xhr.getResponseHeader("HX-Trigger")) {
    setTimeout(() => sent === asked && clear(), 5000); // the grid is there long before
    return;
  }
  const told = xhr.getResponseHeader("HX-Retarget"); // by a toast, which says more
  if (xhr.status === 0 || xhr.status >= 500) say("wordFailed");
  else if (!told && asked.from.column.isConnected) say("wordBack", facts(asked.card, asked.from));
  clear();
});

// --- The grid stays as it is while a card is lifted ------------------------------------------

document.addEventListener("htmx:beforeRequest", (event) => {
  if (!move || event.detail.elt !== grid()) return;
  event.preventDefault();
  missed = true;
});

document.addEventListener("htmx:beforeSwap", (event) => {
  if (!move || event.detail.target !== grid()) return;
  event.detail.shouldSwap = false;
  missed = true;
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (sent && event.detail.requestConfig?.elt.matches("[data-plan-grid]")) clear();
});

// --- By keyboard ----------------------------------------------------------------------------

const slid = (by) => {
  const { card, to } = move;
  const frame = frameOf(to.column);
  const step = stepOf(card);
  const next = (by < 0 ? Math.ceil : Math.floor)((frame.first + to.start) / step) + by;
  const start = within(frame, next * step - frame.first, to.minutes);
  return { ...to, start };
};

const beside = (by) => {
  const columns = [...grid().querySelectorAll("[data-column]")];
  const forward = getComputedStyle(grid()).direction === "rtl" ? -by : by;
  const column = columns[columns.indexOf(move.to.column) + forward];
  return column && isOpenTo(column, move.from, move.card) ? { ...move.to, column } : move.to;
};

const sized = (by) => {
  const { card, to } = move;
  const lengths = [...new Set([...lengthsOf(card), move.from.minutes])].sort((a, b) => a - b);
  const minutes = lengths[lengths.indexOf(to.minutes) + by] ?? to.minutes;
  return to.start + minutes <= frameOf(to.column).minutes ? { ...to, minutes } : to;
};

const TURNS = {
  ArrowUp: (event) => (event.shiftKey ? sized(-1) : slid(-1)),
  ArrowDown: (event) => (event.shiftKey ? sized(1) : slid(1)),
  ArrowLeft: () => beside(-1),
  ArrowRight: () => beside(1),
};

const turn = (event, card) => {
  event.preventDefault(); // the browser would go back in its history
  if (!("version" in card.dataset)) {
    refuse(card);
  } else if (sent) {
    say("wordSent");
  } else {
    if (move?.card !== card) lift(card, "keys");
    move.to = TURNS[event.key](event);
    show();
    say("wordWish", facts(card, move.to));
  }
};

// Ahead of everything else that Escape and Enter do.
document.addEventListener(
  "keydown",
  (event) => {
    if (move && event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      swallow = move.how === "pointer";
      putBack();
      return;
    }
    const card = event.target.closest?.("[data-visit]");
    if (!inGrid(card) || event.ctrlKey || event.metaKey || move?.how === "pointer") return;
    if (event.altKey && Object.hasOwn(TURNS, event.key)) {
      turn(event, card);
    } else if (move && event.key === "Enter") {
      event.preventDefault();
      event.stopPropagation();
      drop();
    }
  },
  true,
);

document.addEventListener("focusout", (event) => {
  if (move?.how === "keys" && event.target === move.card) putBack();
});

// --- By mouse and by finger -----------------------------------------------------------------

const cardAt = (event) => event.target.closest?.("[data-visit]");

const atEdge = (card, y) => {
  const { bottom, height } = card.getBoundingClientRect();
  return sizable(card) && Math.abs(bottom - y) <= Math.min(EDGE, height / 3);
};

const columnAt = (x) => {
  const { from, to, card } = move;
  const found = [...grid().querySelectorAll("[data-column]")].find((column) => {
    const box = column.getBoundingClientRect();
    return x >= box.left && x < box.right;
  });
  return found && isOpenTo(found, from, card) ? found : to.column;
};

// The card goes where the pointer is; the place at which it was taken stays under it.
const follow = () => {
  const { card, from, x, y, sizes, held } = move;
  const column = sizes ? from.column : columnAt(x);
  const frame = frameOf(column);
  const at = (y - frame.top) / frame.minute;
  if (sizes) {
    const lengths = [...lengthsOf(card), from.minutes];
    move.to = { ...from, minutes: nearest(lengths, at - from.start) };
  } else {
    // Off the steps of the service it may stay where it is.
    const near = column === from.column && Math.abs(at - held - from.start) * 2 < stepOf(card);
    const start = within(frame, stepped(frame, at - held, stepOf(card)), from.minutes);
    move.to = { ...from, column, start: near ? from.start : start };
  }
  show();
};

// What is under the pointer is another place when the grid scrolls (drag-scroll.js).
scroller()?.addEventListener("scroll", () => {
  if (move?.how === "pointer") follow();
});

const begin = () => {
  const { card, sizes, x, y, id } = press;
  press = null;
  if (!card.isConnected || !movable(card)) return;
  lift(card, "pointer");
  const frame = frameOf(move.from.column);
  const held = (y - frame.top) / frame.minute - move.from.start;
  Object.assign(move, { sizes, x, y, held });
  card.setPointerCapture(id);
  if (sizes) grid().dataset.moving = "size";
};

const release = () => {
  clearTimeout(press?.timer);
  press = null;
};

document.addEventListener("pointerdown", (event) => {
  release();
  swallow = false;
  const card = cardAt(event);
  if (!inGrid(card) || event.button !== 0 || !event.isPrimary || move) return;
  const { clientX: x, clientY: y, pointerId: id } = event;
  const finger = event.pointerType === "touch";
  press = { card, x, y, id, finger, sizes: movable(card) && atEdge(card, y) };
  if (finger && movable(card)) press.timer = setTimeout(begin, LONG);
});

// A page that still glides is stopped by a finger, and scrolls on with it: nothing is lifted then.
scroller()?.addEventListener(
  "touchstart",
  (event) => {
    if (!event.cancelable) release();
  },
  { passive: false },
);

document.addEventListener("pointermove", (event) => {
  if (move?.how === "pointer") {
    Object.assign(move, { x: event.clientX, y: event.clientY });
    follow();
    return;
  }
  const card = cardAt(event);
  if (!press) {
    if (movable(card)) card.toggleAttribute("data-edge", atEdge(card, event.clientY));
    return;
  }
  if (Math.hypot(event.clientX - press.x, event.clientY - press.y) < FAR) return;
  if (press.finger) {
    release(); // it scrolls
  } else if (movable(press.card)) {
    begin();
    if (!move) return;
    Object.assign(move, { x: event.clientX, y: event.clientY });
    follow();
  } else {
    if (!("version" in press.card.dataset)) refuse(press.card);
    release();
  }
});

document.addEventListener("pointerup", () => {
  release();
  if (move?.how !== "pointer") return;
  swallow = true;
  drop();
});

document.addEventListener("pointercancel", () => {
  release();
  if (move?.how === "pointer") putBack();
});

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
