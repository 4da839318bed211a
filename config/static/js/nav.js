// Where the navigation is wider than the window, as on a phone, it begins with where one is.

const here = document.querySelector(".site-nav [aria-current]");
if (here) {
  const list = here.closest("ul");
  const [box, frame] = [here.getBoundingClientRect(), list.getBoundingClientRect()];
  list.scrollLeft += (box.left + box.right - frame.left - frame.right) / 2;
}
