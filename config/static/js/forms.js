// A form is sent once, however often its button is pressed, and Enter means its main button.

const sent = new WeakSet();

// Signing in again, in another tab, gave this browser a new token: what stands in a form that was
// opened before is of no use any more, what the cookie says is.
const token = () =>
  document.cookie
    .split("; ")
    .find((pair) => pair.startsWith("csrftoken="))
    ?.slice("csrftoken=".length);

const renewToken = (form) => {
  const field = form.elements.csrfmiddlewaretoken;
  const fresh = token();
  if (field && fresh) field.value = fresh;
};

document.addEventListener("htmx:configRequest", (event) => {
  const { formData } = event.detail;
  const fresh = token();
  if (fresh && formData.has("csrfmiddlewaretoken")) formData.set("csrfmiddlewaretoken", fresh);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (sent.has(form)) {
    event.preventDefault();
    return;
  }
  sent.add(form);
  renewToken(form);
  // After this turn: a disabled button would not send its own name and value.
  setTimeout(() => {
    for (const button of form.querySelectorAll("button:not([type='button'], :disabled)")) {
      button.disabled = true;
      button.dataset.sent = "";
    }
  });
});

// The page comes back from the browser's memory (back button): it may be sent again.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.forms) sent.delete(form);
  for (const button of document.querySelectorAll("button[data-sent]")) {
    button.disabled = false;
    delete button.dataset.sent;
  }
});

// Browsers take a form's first button on Enter; here the one that is marked, of the part of the
// form in which it was pressed.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.defaultPrevented || event.isComposing) return;
  const field = event.target;
  if (!field.matches("input:not([type='button'], [type='submit'], [type='checkbox'])")) return;
  const scope = field.closest("[data-default-scope]");
  const buttons = [...(field.form?.querySelectorAll("button[data-default]") ?? [])];
  const button = buttons.find((one) => one.closest("[data-default-scope]") === scope);
  if (button) {
    event.preventDefault();
    button.click(); // requestSubmit(button) would tell htmx nothing of the button
  }
});

// A list that shows another choice at once; its own button is there for browsers without script.
// A date changes with every digit: while one is typed, it waits for Enter or for leaving the field.
let typing = null;
document.addEventListener("keydown", (event) => {
  if (event.target.matches("[data-send-on-change] input[type='date']")) typing = event.target;
});
document.addEventListener("pointerdown", () => {
  typing = null;
});
document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (event.target !== typing && form?.matches("[data-send-on-change]")) form.requestSubmit();
});
document.addEventListener("focusout", (event) => {
  const field = event.target;
  if (field !== typing) return;
  typing = null;
  if (field.value && field.value !== field.defaultValue) field.form.requestSubmit();
});
