// A new clinic is most likely in the time zone of the browser it is set up in.

const select = document.querySelector("select[data-guess-zone]");
const here = Intl.DateTimeFormat().resolvedOptions().timeZone;

if (select?.value === "UTC" && [...select.options].some((option) => option.value === here)) {
  select.value = here;
}
