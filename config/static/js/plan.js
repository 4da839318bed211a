// The grid of a day: arrow keys through it, free time where it is pressed, and a look every few
// seconds at whether anything has changed. Without this all cards and free times are plain links.

const EVERY = 5000;
const grid = () => document.querySelector("[data-plan-grid]");
const STOPS = "[data-visit], [data-free]";

// --- Arrow keys -----------------------------------------------------------------------------

// One of all cards and free times is in the order of Tab; from there on arrows lead.
const rove = (to) => {
  for (const one of grid()?.querySelectorAll(STOPS) ?? []) one.tabIndex = one === to ? 0 : -1;
};

const begin = () => {
  const all = grid()?.querySelectorAll(STOPS) ?? [];
  rove(document.activeElement?.matches(STOPS) ? document.activeElement : all[0]);
};

const go = (to) => {
  if (!to) return;
  rove(to);
  to.focus();
};

const beside = (from, step) => {
  const columns = [...grid().querySelectorAll("[data-column]")];
  const { top } = from.getBoundingClientRect();
  let number = columns.indexOf(from.closest("[data-column]")) + step;
  for (; columns[number]; number += step) {
    const stops = [...columns[number].querySelectorAll(STOPS)];
    const far = (one) => Math.abs(one.getBoundingClientRect().top - top);
    if (stops.length) return stops.reduce((a, b) => (far(b) < far(a) ? b : a));
  }
  return null;
};

document.addEventListener("keydown", (event) => {
  const from = event.target.closest?.(STOPS);
  if (!from || !grid()?.contains(from) || event.defaultPrevented) return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  const column = [...from.closest("[data-column]").querySelectorAll(STOPS)];
  const forward = getComputedStyle(grid()).direction === "rtl" ? -1 : 1;
  const to = {
    ArrowDown: () => column[column.indexOf(from) + 1],
    ArrowUp: () => column[column.indexOf(from) - 1],
    ArrowRight: () => beside(from, forward),
    ArrowLeft: () => beside(from, -forward),
    Home: () => column[0],
    End: () => column.at(-1),
  }[event.key];
  if (!to) return;
  event.preventDefault();
  go(to());
});

document.addEventListener("focusin", (event) => {
  if (event.target.matches?.(STOPS) && grid()?.contains(event.target)) rove(event.target);
});

// --- Free time ------------------------------------------------------------------------------

const clock = (minutes) =>
  [Math.floor(minutes / 60) % 24, minutes % 60].map((n) => String(n).padStart(2, "0")).join(":");

const pixels = (link) => {
  const rows = Number(getComputedStyle(link.parentElement).getPropertyValue("--h"));
  return link.getBoundingClientRect().height / rows;
};

// When the pointer is within a free time, in minutes of the local day, by the business's steps.
const timeAt = (link, event) => {
  const url = new URL(link.dataset.from ?? link.href);
  const [hours, minutes] = url.searchParams.get("time").split(":").map(Number);
  const first = hours * 60 + minutes;
  const rows = (event.clientY - link.getBoundingClientRect().top) / pixels(link);
  const at = first + rows * 5;
  const step = Number(grid().dataset.step) || 5;
  return { url, minutes: Math.max(first, Math.floor(at / step) * step) };
};

const byPointer = (event) =>
  event.detail > 0 && !("clocksChange" in grid().dataset) && event.clientY > 0;

// Ahead of the panel, which opens the link's address.
document.addEventListener(
  "click",
  (event) => {
    const link = event.target.closest?.("[data-free]");
    if (!link || !grid()?.contains(link)) return;
    link.dataset.from ??= link.href;
    if (byPointer(event)) {
      const { url, minutes } = timeAt(link, event);
      url.searchParams.set("time", clock(minutes));
      link.href = url.href;
    } else {
      link.href = link.dataset.from;
    }
  },
  true,
);

// What a press would book, beside the pointer.
document.addEventListener("pointermove", (event) => {
  const link = event.target.closest?.("[data-free]");
  if (!link || !grid()?.contains(link) || "clocksChange" in grid().dataset) return;
  const { url, minutes } = timeAt(link, event);
  const [hours, rest] = url.searchParams.get("time").split(":").map(Number);
  link.style.setProperty("--at", `${((minutes - hours * 60 - rest) / 5) * pixels(link)}px`);
  link.dataset.time = clock(minutes);
});

// --- What changes meanwhile -----------------------------------------------------------------

// One look at a time: what changes during one is looked for after it.
let looking = false;
let again = false;
const look = () => {
  if (!grid() || document.visibilityState !== "visible") return;
  if (looking) again = true;
  else htmx.trigger(grid(), "plan:look");
};
setInterval(look, EVERY);
document.addEventListener("visibilitychange", look);
document.addEventListener("desk:changed", look);

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt === grid() && !event.defaultPrevented) looking = true;
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (!event.detail.requestConfig.elt.matches("[data-plan-grid]")) return;
  looking = false;
  if (again) setTimeout(look, 100); // the grid that came has to settle first
  again = false;
});

const openInPanel = () => new URLSearchParams(location.search).get("side") ?? "";
const select = () => {
  const path = openInPanel();
  for (const link of grid()?.querySelectorAll("a[data-visit]") ?? []) {
    if (link.pathname + link.search === path) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
};
document.addEventListener("side:open", select);
document.addEventListener("side:closed", select);

// The same card after the grid came anew: the focus stays on it, and a group stays open.
let kept = null;
const addressOf = (one) => one.getAttribute("href") ?? one.closest("[data-group]")?.dataset.group;

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target !== grid() || !event.detail.shouldSwap) return;
  const focused = document.activeElement;
  kept = {
    column: focused?.closest("[data-column]")?.getAttribute("aria-labelledby"),
    address: grid().contains(focused) ? addressOf(focused) : null,
    groups: [...grid().querySelectorAll("details[open]")].map((one) => one.dataset.group),
  };
});

document.addEventListener("htmx:afterSettle", () => {
  if (!kept || !grid()) return;
  for (const one of grid().querySelectorAll("[data-group]")) {
    one.open = kept.groups.includes(one.dataset.group);
  }
  if (kept.address) {
    const same = [...grid().querySelectorAll("a, summary")].filter(
      (one) => addressOf(one) === kept.address,
    );
    const there = same.find(
      (one) => one.closest("[data-column]")?.getAttribute("aria-labelledby") === kept.column,
    );
    (there ?? same[0] ?? document.querySelector("[data-plan]")).focus({ preventScroll: true });
  }
  kept = null;
  select();
  begin();
});

// --- At first -------------------------------------------------------------------------------

const scroller = document.querySelector("[data-plan]");
const now = scroller?.querySelector(".plan-now");
if (now) {
  const line = now.getBoundingClientRect().top - scroller.getBoundingClientRect().top;
  scroller.scrollTop = line - scroller.clientHeight / 3;
}
select();
begin();
