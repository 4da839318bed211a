// Writes ../recurrence_oracle.json: what two libraries make of random rules.
//
// ical.js (MPL-2.0, Mozilla's calendar, after libical) and rrule-temporal (MIT) have nothing in
// common with python-dateutil or with each other. A rule is kept where both give the same dates.
// ical.js knows BYSETPOS in MONTHLY alone, so that the others' dates are rrule-temporal's alone
// (`by` says so), kept where both agree on the same rule without BYSETPOS. The rest is left out and
// counted in `disputed`. Our own code has no say here.
//
//     cp -r tests/businesses/oracle /tmp/oracle && cd /tmp/oracle && npm install
//     node generate.mjs > …/tests/businesses/recurrence_oracle.json     (about three minutes)

import "temporal-polyfill/global";

import { readFileSync } from "node:fs";
import vm from "node:vm";

import ICAL from "ical.js";
import { RRuleTemporal } from "rrule-temporal";

const CASES = 2000;
const YEARS = 30; // the furthest date after the start
const PATIENCE = 1000; // milliseconds; some rules have no date, and the libraries look for ever
const WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

let state = 5545;

// mulberry32: the same rules every time
function random() {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}

const below = (n) => Math.floor(random() * n);
const one = (list) => list[below(list.length)];
const chance = (p) => random() < p;
const some = (most, make) => [...new Set(Array.from({ length: 1 + below(most) }, make))];
const signed = (most) => one([1, 1, -1]) * (1 + below(most));

function rule() {
  const freq = one(["DAILY", "WEEKLY", "MONTHLY", "MONTHLY", "YEARLY", "YEARLY"]);
  const months = { DAILY: 0.25, WEEKLY: 0.25, MONTHLY: 0.25, YEARLY: 0.6 }[freq];
  const dates = { DAILY: 0.25, WEEKLY: 0, MONTHLY: 0.45, YEARLY: 0.35 }[freq];
  const days = { DAILY: 0.4, WEEKLY: 0.85, MONTHLY: 0.6, YEARLY: 0.5 }[freq];
  const parts = { FREQ: freq };
  if (chance(0.45)) parts.INTERVAL = 1 + below(freq === "YEARLY" ? 3 : 6);
  if (chance(months)) parts.BYMONTH = some(4, () => 1 + below(12));
  if (chance(dates)) parts.BYMONTHDAY = some(4, () => signed(31));
  if (chance(days)) {
    const numbered = freq === "MONTHLY" || freq === "YEARLY" ? one([0, 0.5, 1, 1]) : 0;
    const most = freq === "YEARLY" && !parts.BYMONTH ? 53 : 5;
    parts.BYDAY = some(5, () => (chance(numbered) ? signed(most) : "") + one(WEEKDAYS));
  }
  if ((parts.BYDAY || parts.BYMONTHDAY || parts.BYMONTH) && chance(0.35)) {
    const most = { DAILY: 1, WEEKLY: 2, MONTHLY: 4, YEARLY: 8 }[freq];
    parts.BYSETPOS = some(3, () => signed(most));
  }
  return parts;
}

const written = (parts) =>
  Object.entries(parts)
    .map(([name, value]) => `${name}=${value}`)
    .join(";");

// The first dates, `count` at most, that a library gives within the years.
const LIBRARIES = {
  "ical.js": (text, start, count) => {
    const last = Number(start.slice(0, 4)) + YEARS;
    const dates = ICAL.Recur.fromString(text).iterator(ICAL.Time.fromDateTimeString(start));
    const found = [];
    for (let date = dates.next(); date && date.year < last; date = dates.next()) {
      found.push(date.toString());
      if (found.length === count) break;
    }
    return found;
  },
  "rrule-temporal": (text, start, count) => {
    const last = Number(start.slice(0, 4)) + YEARS;
    const began = `DTSTART:${start.replace(/[-:]/g, "")}Z`;
    const found = [];
    new RRuleTemporal({ rruleString: `${began}\nRRULE:${text}` }).all((date) => {
      if (found.length === count || date.year >= last) return false;
      found.push(date.toPlainDateTime().toString({ smallestUnit: "second" }));
      return true;
    });
    return found;
  },
};

// [] also for a refusal, and for a search that doesn't end.
function ask(library, text, start, count) {
  globalThis.question = () => LIBRARIES[library](text, start, count);
  try {
    return vm.runInThisContext("question()", { timeout: PATIENCE });
  } catch {
    return [];
  }
}

const cases = [];
const disputed = {};
const known = new Set();
while (cases.length < CASES) {
  const parts = rule();
  const text = written(parts);
  const minutes = below(365 * 15) * 1440 + 540 + below(16) * 30;
  const from = new Date(Date.UTC(2020, 0, 1) + minutes * 60000).toISOString().slice(0, 19);
  const [start] = ask("rrule-temporal", `${text};COUNT=1`, from, 1);
  if (!start || known.has(text)) continue;
  known.add(text);
  const count = 3 + below(10);
  const lone = parts.BYSETPOS && parts.FREQ !== "MONTHLY";
  const theirs = ask("rrule-temporal", text, start, count);
  const dates = lone ? theirs : ask("ical.js", text, start, count);
  const plain = written({ ...parts, BYSETPOS: undefined }).replace(";BYSETPOS=undefined", "");
  const agreed =
    dates.join() === theirs.join() &&
    (!lone || ask("ical.js", plain, start, 40).join() === ask("rrule-temporal", plain, start, 40).join());
  if (dates.length === 0 || !agreed) {
    const kind = Object.keys(parts).filter((name) => name !== "INTERVAL");
    const name = [parts.FREQ, ...kind.slice(1)].join(" ");
    disputed[name] = (disputed[name] ?? 0) + 1;
    continue;
  }
  // One in six ends by the time of its last date instead of by their number.
  let end = `COUNT=${dates.length}`;
  if (chance(1 / 6)) {
    const last = new Date(`${dates.at(-1)}Z`).toISOString().slice(0, 19);
    end = `UNTIL=${last.replace(/[-:]/g, "")}`;
    if (ask(lone ? "rrule-temporal" : "ical.js", `${text};${end}`, start, 99).join() !== dates.join()) {
      end = `COUNT=${dates.length}`;
    }
  }
  cases.push({
    rule: `${text};${end}`,
    start,
    dates: dates.map((date) => date.slice(0, 10)),
    by: lone ? ["rrule-temporal"] : ["ical.js", "rrule-temporal"],
  });
}

const { dependencies } = JSON.parse(readFileSync(new URL("package.json", import.meta.url)));
const lines = cases.map((item) => JSON.stringify(item)).join(",\n");
const head = JSON.stringify({ libraries: dependencies, disputed }).slice(0, -1);
process.stdout.write(`${head},\n"cases":[\n${lines}\n]}\n`);
