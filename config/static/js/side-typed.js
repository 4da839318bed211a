// What somebody is typing in the panel is not lost when something else is to be opened there. A time
// of the day goes into the booking that is being typed; what is kept (keep-typed.js) can be brought
// back; for all else it is asked first.

const side = () => document.getElementById("side");
const isTyped = () => side()?.hidden === false && "sideTyped" in side().dataset;
const inPanel = () => new URL(new URLSearchParams(location.search).get("side"), location.href);

document.addEventListener("input", (event) => {
  const { form } = event.target;
  if (form?.method === "post" && side()?.contains(form)) side().dataset.sideTyped = form.id;
});

// --- A time of the day, pressed or drawn ------------------------------------------------------

const fillIn = (form, asked) => {
  const values = {};
  for (const [name, value] of new FormData(form)) {
    values[name] = name in values ? [values[name], value].flat() : value; // boxes of one name
  }
  values.date = asked.get("day");
  values.time = asked.get("time");
  values.staff = asked.get("staff") ?? "";
  if (asked.has("duration")) values.duration = asked.get("duration");
  values.there = "1";
  const { pathname, search } = inPanel();
  const swap = "outerHTML ignoreTitle:true show:none";
  const [target, select] = ["#booking", "form[data-whole]"];
  htmx.ajax("POST", pathname + search, { target, select, swap, values });
};

const isTimeOf = (form, wanted) =>
  form && wanted.pathname === inPanel().pathname && wanted.searchParams.has("time");

// --- Anything else ----------------------------------------------------------------------------

const ask = (path) => {
  const dialog = document.querySelector("[data-side-ask]");
  dialog.returnValue = "";
  dialog.addEventListener(
    "close",
    () => {
      if (dialog.returnValue !== "open") return;
      delete side().dataset.sideTyped;
      document.dispatchEvent(new CustomEvent("side:show", { detail: { path } }));
    },
    { once: true },
  );
  dialog.showModal();
};

document.addEventListener("side:opening", (event) => {
  if (!isTyped()) return;
  const { path } = event.detail;
  const wanted = new URL(path, location.href);
  const booking = side().querySelector("#booking");
  if (isTimeOf(booking, wanted)) {
    event.preventDefault();
    fillIn(booking, wanted.searchParams);
  } else if (!side().querySelector("form[data-keep]")) {
    event.preventDefault();
    ask(path);
  }
});
