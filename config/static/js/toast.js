// What was just done stays in sight long enough to be read and taken back; longer while somebody
// points at it or is in it. Of many, the last three.

const STAYS = 20_000;
const MOST = 3;
const place = document.getElementById("toasts");

const within = (toast) => toast.matches(":hover, :focus-within");

const remove = (toast) => {
  if (!toast.isConnected) return;
  if (within(toast)) setTimeout(() => remove(toast), STAYS / 2);
  else toast.remove();
};

new MutationObserver((changes) => {
  for (const change of changes) {
    for (const toast of change.addedNodes) {
      if (toast.nodeType === Node.ELEMENT_NODE) setTimeout(() => remove(toast), STAYS);
    }
  }
  const idle = [...place.children].filter((toast) => !within(toast));
  for (const toast of idle.slice(0, Math.max(0, place.children.length - MOST))) toast.remove();
}).observe(place, { childList: true });

place.addEventListener("click", (event) => {
  if (event.target.closest("[data-toast-close]")) event.target.closest("[data-toast]").remove();
});

// What is being taken back is not offered to be taken back again.
place.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful) event.target.closest("[data-toast]")?.remove();
});
