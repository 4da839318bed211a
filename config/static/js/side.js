// Opens pages of the desk in the panel beside the page (components/side.html says how to use it).
// The address bar says what is open: `?side=`. Events on document: side:open and side:closed;
// side:opening, which can be prevented; side:show, by which other modules open a page.

const side = () => document.getElementById("side");
const isOpen = () => side()?.hidden === false;
const covers = matchMedia("(width < 48rem)");
let path = ""; // what is open
let opener = null; // what the focus goes back to

// --- The address ----------------------------------------------------------------------------

// The path of a page that may be opened here; nothing for any other.
const openable = (address) => {
  const url = new URL(address, location.href);
  const ours = url.origin === location.origin && url.pathname.startsWith(side().dataset.sideRoot);
  return ours ? url.pathname + url.search : "";
};

const asked = () => {
  const wanted = new URLSearchParams(location.search).get("side");
  return wanted && side() ? openable(wanted) : "";
};

const addressWith = (open) => {
  const url = new URL(location.href);
  if (open) url.searchParams.set("side", open);
  else url.searchParams.delete("side");
  return url;
};

// --- Opened and closed ----------------------------------------------------------------------

// On a phone the panel is all there is: nothing behind it is to be reached.
const cover = () => {
  for (const part of document.querySelectorAll(".skip-link, .site-header, main, .site-footer")) {
    part.inert = isOpen() && covers.matches;
  }
};
covers.addEventListener("change", cover);

const fill = (name) => {
  const template = document.querySelector(`template[data-side-${name}]`);
  side().replaceChildren(template.content.cloneNode(true));
};

const toHeading = () => document.getElementById("side-title")?.focus({ preventScroll: true });

const reveal = () => {
  if (isOpen()) return;
  opener = document.activeElement;
  fill("shell");
  side().hidden = false;
  cover();
};

const mayOpen = (wanted) =>
  document.dispatchEvent(new CustomEvent("side:opening", { cancelable: true, detail: { path: wanted } }));

const open = (wanted, { push }) => {
  if (push && !mayOpen(wanted)) return;
  reveal();
  path = wanted;
  if (push) history.pushState(null, "", addressWith(path));
  toHeading();
  htmx.ajax("GET", path, { source: side(), target: side(), swap: "innerHTML show:none" });
};

const close = () => {
  if (!isOpen()) return;
  htmx.trigger(side(), "htmx:abort");
  const link = [...document.querySelectorAll("a[data-side]")].find(
    (one) => !side().contains(one) && openable(one.href) === path,
  );
  delete side().dataset.sideTyped;
  side().hidden = true;
  side().replaceChildren();
  path = "";
  cover();
  history.replaceState(history.state, "", addressWith(""));
  const back = opener?.isConnected && opener !== document.body ? opener : link;
  (back ?? document.getElementById("main")).focus();
  opener = null;
  document.dispatchEvent(new CustomEvent("side:closed"));
};

const follow = () => {
  const wanted = asked();
  if (!wanted) close();
  else if (wanted !== path) open(wanted, { push: false });
};
addEventListener("popstate", follow);

// --- By hand --------------------------------------------------------------------------------

const plain = (event) =>
  event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);

const linkIn = (event) => event.target.closest?.("a[href]");

const openableLink = (event, link) =>
  side() && link && "side" in link.dataset && plain(event) && !link.target && openable(link.href);

// Inside the panel before htmx sees it: of the links there, only those that say so stay in it.
document.addEventListener(
  "click",
  (event) => {
    const link = linkIn(event);
    if (!link || !side()?.contains(link)) return;
    event.stopPropagation();
    const wanted = openableLink(event, link);
    if (!wanted) return;
    event.preventDefault();
    open(wanted, { push: true });
  },
  true,
);

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-side-close]")) close();
  const link = linkIn(event);
  const wanted = !event.defaultPrevented && openableLink(event, link);
  if (!wanted) return;
  event.preventDefault();
  open(wanted, { push: true });
  opener = link;
});

// Escape belongs first to what is open in front of the panel.
const FRONT = "dialog[open], details[data-menu][open], [popover]:popover-open";
let front = false;
document.addEventListener(
  "keydown",
  (event) => {
    front = event.key === "Escape" && document.querySelector(FRONT) !== null;
  },
  true,
);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.defaultPrevented && !front) close();
});

// A page that a module wants shown, as a drag that ends in a question.
document.addEventListener("side:show", (event) => {
  const wanted = side() && openable(event.detail.path);
  if (wanted) open(wanted, { push: true });
});

// --- What the server answers ----------------------------------------------------------------

// A form without an address of its own is sent to the page that it stands on: the one in the panel.
document.addEventListener("htmx:configRequest", (event) => {
  const form = event.target;
  if (!path || !side().contains(form)) return;
  if (form.matches("form:not([action])")) event.detail.path = path;
});

// A part of the panel that looks by itself whether anything has changed: nobody asked for it.
const isRefresh = (event) => "sideRefresh" in event.detail.requestConfig.elt.dataset;
const isOurs = (event) => side() && event.detail.target === side();

document.addEventListener("htmx:beforeRequest", (event) => {
  if (isOurs(event) && !isRefresh(event)) side().setAttribute("aria-busy", "true");
});

const pathOf = (address) => {
  const url = new URL(address, location.href);
  return url.pathname + url.search;
};

const redirected = ({ xhr, pathInfo }) =>
  xhr.responseURL && pathOf(xhr.responseURL) !== pathOf(pathInfo.finalRequestPath);

let shown = false; // whether the answer at hand is a page for the panel

document.addEventListener("htmx:beforeSwap", (event) => {
  const { detail } = event;
  if (!isOurs(event)) return;
  const fromPanel = side().contains(detail.requestConfig.elt);
  if (fromPanel && !isOpen()) {
    detail.shouldSwap = false; // closed meanwhile
  } else if (detail.xhr.status === 404) {
    reveal();
    fill("missing");
    toHeading();
  } else if (detail.shouldSwap && !detail.serverResponse.includes("data-side-page")) {
    detail.shouldSwap = false; // a page that only stands by itself
    location.assign(detail.xhr.responseURL);
  } else if (!fromPanel && redirected(detail) && pathOf(detail.xhr.responseURL) !== path) {
    detail.swapOverride = "none"; // done, from a toast: what is open stays, and a toast says so
  } else if (detail.shouldSwap && !isRefresh(event)) {
    reveal();
    shown = true;
  }
});

// What is sent from outside the panel, and answered in it, says whose page that is.
const settle = (detail) => {
  const { sidePath } = detail.requestConfig.elt.dataset;
  if (sidePath && sidePath !== path) {
    path = sidePath;
    history.pushState(null, "", addressWith(path));
  } else if (redirected(detail) || !path) {
    path = pathOf(detail.xhr.responseURL);
    history.replaceState(history.state, "", addressWith(path));
  }
  // A form that was not taken has still all that was typed.
  if (detail.requestConfig.verb === "get" || redirected(detail)) delete side().dataset.sideTyped;
  side().scrollTop = 0;
  if (!side().querySelector("[autofocus]")) toHeading();
  document.dispatchEvent(new CustomEvent("side:open", { detail: { path } }));
};

document.addEventListener("htmx:afterRequest", (event) => {
  const { detail } = event;
  // It may have been answered elsewhere: with a toast alone.
  if (detail.requestConfig.target === side() && !isRefresh(event)) {
    side()?.removeAttribute("aria-busy");
  }
  if (!isOurs(event)) return;
  if (shown) settle(detail);
  shown = false;
  // A form that was taken is answered with a redirect; one that was not, with the form again.
  if (detail.requestConfig.verb !== "get" && detail.successful && redirected(detail)) {
    htmx.trigger(document.body, "desk:changed");
  }
});

if (side()) follow();
