// What htmx swaps in is told to screen readers, takes the focus where it should, and is left
// alone when the server did not answer with the page that was asked for.

const announcer = document.querySelector("[data-announcer]");

// Where it will be seen: in the panel, if that is open.
const trouble = () =>
  document.querySelector("#side:not([hidden]) [data-trouble]") ??
  document.querySelector("[data-trouble]");

const say = (words) => {
  announcer.textContent = "";
  setTimeout(() => {
    announcer.textContent = words;
  }, 50);
};

const complain = (kind) => {
  const notice = trouble();
  for (const line of notice.querySelectorAll("[data-trouble-kind]")) {
    line.hidden = line.dataset.troubleKind !== kind;
  }
  notice.hidden = false;
};

// An answer for a part of the page that is gone by now, as when the panel was closed, is nobody's.
document.addEventListener("htmx:beforeSend", (event) => {
  const { elt, target } = event.detail;
  const drop = (answer) => {
    if (!target.isConnected) answer.preventDefault();
  };
  elt.addEventListener("htmx:beforeOnLoad", drop, { once: true });
});

// A sign-in that ran out answers with the login page: keep what is on the screen instead.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  const answered = new URL(xhr.responseURL || location.href);
  const login = new URL(trouble().querySelector("[data-trouble-login]").href);
  if (answered.pathname === login.pathname || xhr.status === 401 || xhr.status === 403) {
    event.detail.shouldSwap = false;
    complain("signed-out");
  } else if (event.detail.shouldSwap) {
    for (const notice of document.querySelectorAll("[data-trouble]")) notice.hidden = true;
  }
});

for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, () => complain("offline"));
}

document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status >= 500) complain("failed");
});

// A part that asks for itself waits until what somebody has open in it, as to type, is closed.
document.addEventListener("htmx:beforeSwap", (event) => {
  const part = event.detail.target;
  if (part.matches("[data-keep-open]") && part.querySelector("details[open]")) {
    event.detail.shouldSwap = false;
  }
});

// A part that looks by itself what is new leaves alone what somebody has open, or is in.
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const part = event.detail.target;
  if (!part.matches("[data-keep-open]")) return;
  if (part.querySelector("details[open]") || part.contains(document.activeElement)) {
    event.detail.shouldSwap = false;
  }
});

document.addEventListener("htmx:afterSettle", (event) => {
  const part = event.detail.elt;
  part.querySelector("[data-take-focus]")?.focus();
  const words = part.querySelector("[data-announce]")?.textContent.replace(/\s+/g, " ").trim();
  if (words) say(words);
});
