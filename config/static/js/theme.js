// Loaded ahead of the page, not as a module, so that nothing is painted in the wrong colours.
// The key and its values are those of Django's admin: one choice holds for both.
{
  const root = document.documentElement;
  const read = () => {
    const kept = localStorage.getItem("theme");
    return kept === "light" || kept === "dark" ? kept : "auto";
  };
  const show = () => {
    root.dataset.theme = read();
    for (const button of document.querySelectorAll("[data-theme-choice]")) {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === read()));
    }
  };

  root.classList.add("scripted");
  show();
  document.addEventListener("DOMContentLoaded", show);
  addEventListener("storage", show);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-choice]");
    if (button) {
      localStorage.setItem("theme", button.dataset.themeChoice);
      show();
    }
  });
}
