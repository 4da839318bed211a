// Reads pages, one JSON line each, and answers what html-validate objects to, one JSON line each. Its
// packages are where `make` installs them, in the folder that is the argument.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const { HtmlValidate } = createRequire(`${process.argv[2]}/`)("html-validate");

const validator = new HtmlValidate({
  root: true,
  extends: ["html-validate:recommended"],
  rules: {
    // A list without bullets and a table whose rows are cards lose their roles unless they are said.
    "no-redundant-role": "off",
    "prefer-native-element": ["error", { exclude: ["list", "table", "row", "cell"] }],
    // A name that is sent with several values: people who are shown, questions of a service.
    "form-dup-name": "off",
    // The waiting room is one form, whose buttons come with the patients.
    "wcag/h32": "off",
    // A number is kept on its line by a class.
    "tel-non-breaking": "off",
    // What is left of template tags; compressed, it is next to nothing.
    "no-trailing-whitespace": "off",
  },
});

for await (const line of createInterface({ input: process.stdin })) {
  const report = await validator.validateString(JSON.parse(line), "page.html");
  const found = report.results.flatMap(({ messages }) =>
    messages.map((one) => `${one.ruleId}: ${one.message} (line ${one.line})`),
  );
  console.log(JSON.stringify(found));
}
