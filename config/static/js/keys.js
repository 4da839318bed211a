// The keyboard shortcuts of the desk, in one table. Single letters, so they do nothing while somebody
// types, with a modifier, or in a dialog.

const press = (key) => document.querySelector(`[data-key="${key}"]`)?.click();

const search = () => {
  const field = document.querySelector("main input[type='search'], main [data-choose-search] input");
  if (field) field.focus();
  else press("c"); // a booking begins with the search
};

const help = () => document.querySelector("[data-keys]")?.showModal();

const KEYS = {
  b: () => press("b"),
  c: () => press("c"),
  t: () => press("t"),
  j: () => press("j"),
  k: () => press("k"),
  p: () => press("p"),
  "/": search,
  "?": help,
};

const TYPING = "input, select, textarea, [contenteditable], dialog, [role='textbox']";

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (event.defaultPrevented || event.repeat || event.isComposing) return;
  if (event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(KEYS, key)) return;
  if (target.closest?.(TYPING) || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  KEYS[key]();
});

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-keys-help]")) help();
});
