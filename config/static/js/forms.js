// A form is sent once, however often its button is pressed, and Enter means its main button.

const sent = new WeakSet();

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (sent.has(form)) {
    event.preventDefault();
    return;
  }
  sent.add(form);
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

// Browsers take a form's first button on Enter; here the one that is marked.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.defaultPrevented || event.isComposing) return;
  const field = event.target;
  if (!field.matches("input:not([type='button'], [type='submit'], [type='checkbox'])")) return;
  const button = field.form?.querySelector("button[data-default]");
  if (button) {
    event.preventDefault();
    field.form.requestSubmit(button);
  }
});

// A list that shows another choice at once; its own button is there for browsers without script.
document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (form?.matches("[data-send-on-change]")) form.requestSubmit();
});
