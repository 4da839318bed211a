// What was typed into a long form survives a wrong turn, an expired sign-in or a crash of the
// server. It is kept in this tab alone, until the form is saved or somebody signs out.

const PREFIX = "typed:";
const AGE = 12 * 60 * 60 * 1000; // as long as a sign-in lasts

const read = (key) => {
  const kept = JSON.parse(sessionStorage.getItem(PREFIX + key) ?? "null");
  return kept && Date.now() - kept.at < AGE ? kept : null;
};

const keep = (form) => {
  const entries = [...new FormData(form)].filter(
    ([name, value]) => name !== "csrfmiddlewaretoken" && typeof value === "string",
  );
  sessionStorage.setItem(PREFIX + form.dataset.keep, JSON.stringify({ at: Date.now(), entries }));
};

const forgetAll = () => {
  for (const key of Object.keys(sessionStorage)) {
    if (key.startsWith(PREFIX)) sessionStorage.removeItem(key);
  }
};

// The server draws the form again with all of it: people found, lengths, questions.
const bringBack = (form, kept) => {
  const again = document.createElement("form");
  again.method = "post";
  again.action = location.href; // `form.action` would be the buttons of that name
  again.hidden = true;
  const add = (name, value) => {
    const input = document.createElement("input");
    input.type = "hidden";
    input.name = name;
    input.value = value;
    again.append(input);
  };
  for (const [name, value] of kept.entries) add(name, value);
  add("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  add("action", "refresh");
  document.body.append(again);
  again.submit();
};

for (const mark of document.querySelectorAll("[data-typed-saved]")) {
  sessionStorage.removeItem(PREFIX + mark.dataset.typedSaved);
}

for (const form of document.querySelectorAll("form[data-keep]")) {
  const offer = document.querySelector("[data-typed-offer]");
  const kept = "answered" in form.dataset ? null : read(form.dataset.keep);
  if (kept && offer) {
    offer.hidden = false;
    offer.querySelector("[data-typed-restore]").addEventListener("click", () => {
      bringBack(form, kept);
    });
    offer.querySelector("[data-typed-discard]").addEventListener("click", () => {
      sessionStorage.removeItem(PREFIX + form.dataset.keep);
      offer.hidden = true;
      form.querySelector("input:not([type='hidden'])").focus();
    });
  }
  form.addEventListener("input", () => {
    if (offer) offer.hidden = true;
    keep(form);
  });
  form.addEventListener("submit", () => keep(form));
}

document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-sign-out]")) forgetAll();
});
