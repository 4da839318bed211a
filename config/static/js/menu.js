// A menu closes when something else is pressed, on Escape, and when the focus leaves it.

const close = (menu, refocus) => {
  menu.open = false;
  if (refocus) menu.querySelector("summary").focus();
};

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(event.target)) close(menu, false);
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    close(menu, menu.contains(document.activeElement));
  }
});

document.addEventListener("focusout", (event) => {
  const menu = event.target.closest("details[data-menu][open]");
  if (menu && event.relatedTarget && !menu.contains(event.relatedTarget)) close(menu, false);
});

// What stands in the panel is printed without the page beside it.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-print]");
  if (!button) return;
  const root = document.documentElement;
  root.toggleAttribute("data-paper-side", button.closest("#side") !== null);
  print();
});
addEventListener("afterprint", () => document.documentElement.removeAttribute("data-paper-side"));
