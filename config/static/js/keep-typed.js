// What was typed into a long form survives a wrong turn, a closed panel, an expired sign-in or a
// crash of the server. It is kept in this tab alone, until the form is saved or somebody signs out.
// Whoever comes back to the form by the browser's buttons finds it as it was; else it is offered.

const PREFIX = "typed:";
const AGE = 12 * 60 * 60 * 1000; // as long as a sign-in lasts

const read = (key) => {
  const kept = JSON.parse(sessionStorage.getItem(PREFIX + key) ?? "null");
  return kept && Date.now() - kept.at < AGE ? kept : null;
};

const keep = (form) => {
  const entries = [...new FormData(form)].filter(
    ([name, value]) => name !== "csrfmiddlewaretoken" && typeof value === "string",
  );
  const kept = { at: Date.now(), path: pathOf(form), entries };
  sessionStorage.setItem(PREFIX + form.dataset.keep, JSON.stringify(kept));
};

const forget = (form) => sessionStorage.removeItem(PREFIX + form.dataset.keep);

const forgetAll = () => {
  for (const key of Object.keys(sessionStorage)) {
    if (key.startsWith(PREFIX)) sessionStorage.removeItem(key);
  }
};

// The page that the form belongs to: the one in the panel, or this one.
const pathOf = (form) => {
  const beside = form.closest("#side") && new URLSearchParams(location.search).get("side");
  return beside || location.pathname + location.search;
};

// The server draws the form again with all of it: people found, lengths, questions.
const bringBack = (form, kept) => {
  const values = {};
  for (const [name, value] of kept.entries) {
    // Boxes of one name: each that was marked.
    values[name] = name in values ? [values[name], value].flat() : value;
  }
  values.csrfmiddlewaretoken = form.elements.csrfmiddlewaretoken.value;
  values.action = "refresh";
  const select = `#${form.id}`;
  htmx.ajax("POST", pathOf(form), { target: select, select, swap: "outerHTML", values });
};

// Whether the page, or what is in the panel, was gone back or forward to.
let returning = performance.getEntriesByType("navigation")[0]?.type === "back_forward";
addEventListener("popstate", () => {
  returning = true;
});
document.addEventListener("side:opening", () => {
  returning = false;
});

const begin = (part) => {
  for (const mark of part.querySelectorAll("[data-typed-saved]")) {
    sessionStorage.removeItem(PREFIX + mark.dataset.typedSaved);
  }
  for (const offer of part.querySelectorAll("[data-typed-offer]")) {
    const form = offer.parentElement.querySelector("form[data-keep]");
    const kept = "answered" in form.dataset ? null : read(form.dataset.keep);
    if (kept && returning && kept.path === pathOf(form)) bringBack(form, kept);
    else offer.hidden = !kept;
  }
};

const formAt = (offer) => offer.parentElement.querySelector("form[data-keep]");

document.addEventListener("click", (event) => {
  const offer = event.target.closest("[data-typed-offer]");
  if (!offer) return;
  const form = formAt(offer);
  if (event.target.closest("[data-typed-restore]")) {
    const kept = read(form.dataset.keep);
    offer.hidden = true;
    if (kept) bringBack(form, kept);
  } else if (event.target.closest("[data-typed-discard]")) {
    forget(form);
    offer.hidden = true;
    form.querySelector("input:not([type='hidden'])").focus();
  }
});

const typed = (form) => {
  const offer = form.parentElement.querySelector("[data-typed-offer]");
  if (offer) offer.hidden = true;
  keep(form);
};

document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (form?.matches("[data-keep]")) typed(form);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("[data-keep]")) keep(form);
  if (form.matches("[data-sign-out]")) forgetAll();
});

// A form that a button has filled in comes back from the server without anything being typed.
document.addEventListener("htmx:afterSettle", (event) => {
  const form = event.detail.elt;
  if (form.matches("form[data-keep]")) typed(form);
});

document.addEventListener("htmx:load", (event) => begin(event.detail.elt));
begin(document);
