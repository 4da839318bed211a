// A search box above a list of radio buttons, driven from the keyboard without leaving the box:
// arrow keys go into the list and back, Enter takes the only match or goes into the list. Who is
// taken by Enter is shown by the server; the focus then goes to the first of what they had last
// (data-again), or to the next field.

const states = new WeakMap();
const searchOf = (box) => box.querySelector("[data-choose-search] input");
const radiosOf = (box) => [...box.querySelectorAll("[data-choose-option]")];
const newcomerOf = (box) => box.querySelector("[data-choose-new]");
const boxOf = (target) => target.closest?.("[data-choose]");

const stateOf = (box) => {
  if (!states.has(box)) {
    const words = searchOf(box).value;
    states.set(box, {
      shown: words, // the words that the list answers
      asked: words,
      entered: false, // Enter was pressed before the answer came
      going: false, // somebody was taken by Enter: go on once they are shown
      opened: newcomerOf(box)?.open, // a page that comes with it open has a toggle event too
    });
  }
  return states.get(box);
};

const goOn = (box) => {
  const again = box.querySelector("[data-again]");
  if (again) return again.focus();
  const after = [...searchOf(box).form.elements].filter(
    (field) =>
      field.matches("input, select, textarea") &&
      field.offsetParent &&
      !field.disabled &&
      !box.contains(field) &&
      box.compareDocumentPosition(field) & Node.DOCUMENT_POSITION_FOLLOWING,
  );
  after[0]?.focus();
};

// Someone from the list, or someone new: never both. Not while the server asks for a correction
// of somebody new: then the fields come opened.
const syncNewcomer = (box) => {
  const newcomer = newcomerOf(box);
  if (newcomer) newcomer.querySelector("fieldset").disabled = !newcomer.open;
};

const choose = (radio) => {
  radio.checked = true;
  radio.dispatchEvent(new Event("change", { bubbles: true }));
  radio.dispatchEvent(new Event("input", { bubbles: true }));
};

const take = (box, radio) => {
  stateOf(box).going = true;
  radio.focus();
  choose(radio);
};

const intoList = (box) => {
  const list = radiosOf(box);
  const radio = list.find((one) => one.checked) ?? list[0];
  if (!radio) return;
  radio.focus();
  choose(radio);
};

// Who only nearly matches is never taken unseen.
const enter = (box) => {
  const list = radiosOf(box);
  const exact = list.filter((one) => !("chooseNear" in one.dataset));
  if (exact.length === 1 && searchOf(box).value.trim()) take(box, exact[0]);
  else intoList(box);
};

// Before any other: what is meant for the list books nothing and closes no panel.
const onKey = (event) => {
  const box = boxOf(event.target);
  if (!box) return;
  const search = searchOf(box);
  const list = radiosOf(box);
  if (event.target === search) {
    if (event.key === "ArrowDown" && list.length) {
      event.preventDefault();
      intoList(box);
    } else if (event.key === "Enter") {
      event.preventDefault(); // Enter does not book from here
      const state = stateOf(box);
      if (state.shown === search.value) enter(box);
      else state.entered = true;
    } else if (event.key === "Escape" && search.value) {
      event.preventDefault();
      search.value = "";
      search.dispatchEvent(new Event("input", { bubbles: true }));
    }
  } else if (list.includes(event.target)) {
    if (event.key === "ArrowUp" && event.target === list[0]) {
      event.preventDefault();
      search.focus();
    } else if (event.key === "Enter") {
      event.preventDefault();
      take(box, event.target);
    }
  }
};
document.addEventListener("keydown", onKey, true);

document.addEventListener("input", (event) => {
  const box = boxOf(event.target);
  if (box && event.target === searchOf(box)) stateOf(box).entered = false;
});

const isSearch = (event, box) => event.detail.elt.matches("[data-choose-search]") && box;

// A later request replaces the one before it, so what is swapped in answers the last words.
document.addEventListener("htmx:configRequest", (event) => {
  const box = boxOf(event.target);
  if (isSearch(event, box)) stateOf(box).asked = searchOf(box).value;
});

document.addEventListener("htmx:afterRequest", (event) => {
  const box = boxOf(event.target);
  if (!box?.isConnected) return;
  const state = stateOf(box);
  if (isSearch(event, box)) {
    if (!event.detail.successful) return;
    state.shown = state.asked;
    if (!state.entered || state.shown !== searchOf(box).value) return;
    state.entered = false;
    enter(box);
  } else if (state.going && event.detail.target?.id === "guest") {
    if (event.detail.xhr.status === 0) return; // another one is on its way
    state.going = false;
    goOn(box);
  }
});

document.addEventListener("change", (event) => {
  const box = boxOf(event.target);
  const newcomer = box && newcomerOf(box);
  if (newcomer && event.target.matches("[data-choose-option]")) newcomer.open = false;
});

// Does not bubble.
document.addEventListener(
  "toggle",
  (event) => {
    const newcomer = event.target;
    const box = boxOf(newcomer);
    if (!box || newcomer !== newcomerOf(box)) return;
    const state = stateOf(box);
    syncNewcomer(box);
    if (newcomer.open === state.opened) return;
    state.opened = newcomer.open;
    if (!newcomer.open) return;
    for (const radio of radiosOf(box)) radio.checked = false;
    box.querySelector("#guest")?.replaceChildren();
    const name = newcomer.querySelector("fieldset input");
    // What was looked for and not found is most likely the new name.
    const words = searchOf(box).value.trim();
    const found = radiosOf(box).some((one) => !("chooseNear" in one.dataset));
    if (!name.value && !found && /\p{L}/u.test(words) && !words.includes("@")) name.value = words;
    if (!newcomer.contains(document.activeElement) || document.activeElement.matches("summary")) {
      name.focus();
    }
  },
  true,
);

const begin = (part) => {
  for (const box of part.querySelectorAll("[data-choose]")) {
    stateOf(box);
    syncNewcomer(box);
  }
};
document.addEventListener("htmx:load", (event) => begin(event.detail.elt));
begin(document);
