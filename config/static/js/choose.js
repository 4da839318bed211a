// A search box above a list of radio buttons, driven from the keyboard without leaving the box:
// arrow keys go into the list and back, Enter takes the only match or the one under the focus.

for (const box of document.querySelectorAll("[data-choose]")) {
  const search = box.querySelector("[data-choose-search] input");
  const radios = () => [...box.querySelectorAll("[data-choose-option]")];
  const newcomer = box.querySelector("[data-choose-new]");
  const newFields = newcomer?.querySelector("fieldset");

  const next = () => {
    const form = search.form;
    const fields = [...form.elements].filter(
      (field) => field.matches("input, select, textarea") && field.offsetParent && !field.disabled,
    );
    fields.find((field) => !box.contains(field))?.focus();
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

  box.addEventListener("keydown", (event) => {
    const list = radios();
    if (event.target === search) {
      if (event.key === "ArrowDown" && list.length) {
        event.preventDefault();
        const radio = list.find((one) => one.checked) ?? list[0];
        radio.focus();
        choose(radio);
      } else if (event.key === "Enter") {
        event.preventDefault(); // the list is already up to date: Enter does not book
        const only = list.length === 1 ? list[0] : list.find((one) => one.checked);
        if (only) {
          choose(only);
          next();
        }
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

  box.addEventListener("change", (event) => {
    if (event.target.matches("[data-choose-option]") && newcomer) newcomer.open = false;
  });

  newcomer?.addEventListener("toggle", () => {
    syncNewcomer();
    if (!newcomer.open) return;
    for (const radio of radios()) radio.checked = false;
    const name = newFields.querySelector("input");
    // What was looked for and not found is most likely the new name.
    if (name && !name.value && /\p{L}/u.test(search.value) && !search.value.includes("@")) {
      name.value = search.value.trim();
    }
    if (!newcomer.contains(document.activeElement) || document.activeElement.matches("summary")) {
      name?.focus();
    }
  });
  // Not while the server asks for a correction inside it: then it comes opened.
  syncNewcomer();
}
