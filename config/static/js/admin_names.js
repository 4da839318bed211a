// Names, for people who can't see the page, of what Django's admin leaves nameless: the boxes of its
// autocompletes, which are drawn beside the labelled select, and the empty heads of its tables.

function nameAutocomplete(select) {
  const label = document.querySelector(`label[for="${select.id}"]`);
  const text = select.getAttribute("aria-label") || label?.textContent.trim().replace(/:$/, "");
  const box = select.parentElement.querySelector(".select2-selection");
  if (!text || !box || box.getAttribute("aria-label") === text) return;
  box.setAttribute("aria-label", text);
  box.removeAttribute("aria-labelledby");
  for (const part of box.querySelectorAll("[role=textbox], .select2-search__field")) {
    part.setAttribute("aria-label", text);
  }
}

function nameAll() {
  for (const select of document.querySelectorAll("select.admin-autocomplete")) {
    nameAutocomplete(select);
  }
  for (const head of document.querySelectorAll(".inline-group thead th:empty")) {
    const name = document.createElement("span");
    name.className = "visually-hidden";
    name.textContent = head.classList.contains("original") ? "#" : "–";
    head.append(name);
  }
}

// Django draws its autocompletes some time after the page, and again for each new line of a table.
nameAll();
new MutationObserver((changes) => {
  if (changes.some((change) => change.addedNodes.length)) nameAll();
}).observe(document.body, { childList: true, subtree: true });
