// A search box above a list of radio buttons, driven from the keyboard without leaving the box:
// arrow keys go into the list and back, Enter takes the only match or goes into the list.

for (const box of document.querySelectorAll("[data-choose]")) {
  const search = box.querySelector("[data-choose-search] input");
  const radios = () => [...box.querySelectorAll("[data-choose-option]")];
  const newcomer = box.querySelector("[data-choose-new]");
  const newFields = newcomer?.querySelector("fieldset");
  let shown = search.value; // the words that the list answers
  let asked = search.value;
  let entered = false; // Enter was pressed before the answer came
  let opened = newcomer?.open; // a page that comes with it open has a toggle event too

  const next = () => {
    const after = [...search.form.elements].filter(
      (field) =>
        field.matches("input, select, textarea") &&
        field.offsetParent &&
        !field.disabled &&
        !box.contains(field) &&
        box.compareDocumentPosition(field) & Node.DOCUMENT_POSITION_FOLLOWING,
    );
    after[0]?.focus();
  };

  // Someone from the list, or someone new: never both.
  const syncNewcomer = () => {
    if (newFields) newFields.disabled = !newcomer.open;
  };

  const choose = (radio) => {
    radio.checked = true;
    radio.dispatchEvent(new Event("change", { bubbles: true }));
    radio.dispatchEvent(new Event("input", { bubbles: true }));
  };

  const intoList = () => {
    const list = radios();
    const radio = list.find((one) => one.checked) ?? list[0];
    if (!radio) return;
    radio.focus();
    choose(radio);
  };

  const enter = () => {
    const list = radios();
    if (list.length === 1) {
      choose(list[0]);
      next();
    } else {
      intoList();
    }
  };

  box.addEventListener("keydown", (event) => {
    const list = radios();
    if (event.target === search) {
      if (event.key === "ArrowDown" && list.length) {
        event.preventDefault();
        intoList();
      } else if (event.key === "Enter") {
        event.preventDefault(); // Enter does not book from here
        if (shown === search.value) enter();
        else entered = true;
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
        choose(event.target);
        next();
      }
    }
  });

  search.addEventListener("input", () => {
    entered = false;
  });

  // A later request replaces the one before it, so what is swapped in answers the last words.
  box.addEventListener("htmx:configRequest", () => {
    asked = search.value;
  });
  box.addEventListener("htmx:afterSettle", () => {
    shown = asked;
    if (entered && shown === search.value) {
      entered = false;
      enter();
    }
  });

  box.addEventListener("change", (event) => {
    if (event.target.matches("[data-choose-option]") && newcomer) newcomer.open = false;
  });

  newcomer?.addEventListener("toggle", () => {
    syncNewcomer();
    if (newcomer.open === opened) return;
    opened = newcomer.open;
    if (!opened) return;
    for (const radio of radios()) radio.checked = false;
    const name = newFields.querySelector("input");
    // What was looked for and not found is most likely the new name.
    const words = search.value.trim();
    if (!name.value && !radios().length && /\p{L}/u.test(words) && !words.includes("@")) {
      name.value = words;
    }
    if (!newcomer.contains(document.activeElement) || document.activeElement.matches("summary")) {
      name.focus();
    }
  });
  // Not while the server asks for a correction inside it: then it comes opened.
  syncNewcomer();
}
