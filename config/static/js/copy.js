// A button copies what stands in a field. Without the browser's leave (pages that are not on HTTPS)
// the field's text is marked instead, so that the keyboard can copy it.

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    return;
  }
  button.textContent = button.dataset.copied;
  const announcer = document.querySelector("[data-announcer]");
  if (announcer) announcer.textContent = button.dataset.copied;
});
