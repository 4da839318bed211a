"""Repeating dates: what an RFC 5545 rule means on the wall clocks of a place.

Pure: no clock and no database. python-dateutil steps from period to period; which days of a
period are meant is decided here, since its `rrule` runs to the year 9999 for a rule without
dates, takes `BYDAY=MO,1FR` for days that are both, and lets the first week of a BYSETPOS begin at
the start.
"""

import re
from calendar import isleap, monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import MAXYEAR, UTC, date, datetime, time, timedelta
from typing import Literal, Self
from zoneinfo import ZoneInfo

from dateutil import rrule
from dateutil.relativedelta import relativedelta

from businesses.zones import closing, moments_at, opening

STEPS: dict[str, Literal[0, 1, 2, 3]] = {
    "DAILY": rrule.DAILY,
    "WEEKLY": rrule.WEEKLY,
    "MONTHLY": rrule.MONTHLY,
    "YEARLY": rrule.YEARLY,
}
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
PARTS = ("FREQ", "INTERVAL", "BYMONTH", "BYMONTHDAY", "BYDAY", "BYSETPOS", "COUNT", "UNTIL")
# RFC 5545's other parts, with what to send in their place.
REFUSED = {
    "BYSECOND": "the time of day is the start's",
    "BYMINUTE": "the time of day is the start's",
    "BYHOUR": "the time of day is the start's; send one series for each time of day",
    "BYYEARDAY": "use BYMONTH with BYMONTHDAY",
    "BYWEEKNO": "use BYMONTH with BYDAY",
    "WKST": "weeks begin on Monday; leave it out",
}
LENGTH = 500  # characters of a rule
INTERVAL = 999  # more days than a series may last
NOTHING = timedelta()
YEARS = {1: "one year", 2: "two years"}


class BadRule(ValueError):
    """The rule can't be read or goes past a limit; the message says what to send instead."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Occurrence:
    wall: datetime  # naive, what the clocks of the place show
    moment: datetime  # UTC


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; its lists are in order and without doubles.

    `until` has three writings: a UTC date-time, a naive one (the clocks of the place), and a date,
    the whole of which is included.
    """

    freq: str
    interval: int = 1
    count: int | None = None
    until: datetime | date | None = None
    by_day: tuple[tuple[int, int], ...] = ()  # (ordinal or 0 for every one, weekday, Monday 0)
    by_month_day: tuple[int, ...] = ()
    by_month: tuple[int, ...] = ()
    by_set_pos: tuple[int, ...] = ()

    @classmethod
    def read(cls, text: str) -> Self:
        """From RFC 5545 text without `RRULE:`, in any letter case. Refuses with BadRule."""
        given = _split(text)
        freq = _freq(given)
        rule = cls(
            freq=freq,
            interval=_number("INTERVAL", given.get("INTERVAL", "1"), INTERVAL),
            count=_number("COUNT", given["COUNT"]) if "COUNT" in given else None,
            until=_until(given["UNTIL"]) if "UNTIL" in given else None,
            by_day=_by_day(given["BYDAY"]) if "BYDAY" in given else (),
            by_month_day=_numbers("BYMONTHDAY", given, 31),
            by_month=_numbers("BYMONTH", given, 12, below_zero=False),
            by_set_pos=_numbers("BYSETPOS", given, 366),
        )
        _check(rule)
        return rule

    @property
    def written(self) -> str:
        """The one text of this rule, never longer than the text it was read from."""
        parts = {
            "FREQ": self.freq,
            "INTERVAL": "" if self.interval == 1 else str(self.interval),
            "BYMONTH": ",".join(map(str, self.by_month)),
            "BYMONTHDAY": ",".join(map(str, self.by_month_day)),
            "BYDAY": ",".join(map(_day, self.by_day)),
            "BYSETPOS": ",".join(map(str, self.by_set_pos)),
            "COUNT": "" if self.count is None else str(self.count),
            "UNTIL": "" if self.until is None else re.sub("[-:]", "", _iso(self.until)),
        }
        return ";".join(f"{name}={parts[name]}" for name in PARTS if parts[name])

    def parsed(self) -> dict[str, object]:
        """The wire's `recurrence`: every key, `null` or `[]` where the rule says nothing."""
        return {
            "freq": self.freq,
            "interval": self.interval,
            "count": self.count,
            "until": None if self.until is None else _iso(self.until),
            "byDay": [_day(day) for day in self.by_day],
            "byMonthDay": list(self.by_month_day),
            "byMonth": list(self.by_month),
            "bySetPos": list(self.by_set_pos),
        }

    def occurrences(
        self,
        first: datetime,
        place: ZoneInfo,
        *,
        moment: datetime | None = None,
        most: int = 104,
        within_years: int = 2,
    ) -> list[Occurrence]:
        """All dates of the series that starts at the naive `first`, earliest first, `first` among.

        Each is at the same wall time. One that a clock change skips is left out and not counted;
        of two equal ones the first is taken, except that `moment` says which one `first` is.
        Refuses with BadRule a start that is not a date of the rule, and more than `most` dates or
        dates past `within_years`. Steps through the periods up to that limit and no further.
        """
        too_long = BadRule(
            "rrule_too_long",
            f"A series has at most {most} occurrences within "
            f"{YEARS.get(within_years, f'{within_years} years')}; "
            "send a smaller COUNT or an earlier UNTIL.",
        )
        if not 1 < first.year < MAXYEAR - within_years or (self.count or 0) > most:
            raise too_long
        end = first + relativedelta(years=within_years)
        if moment is not None and moment not in moments_at(first, place):
            raise ValueError(f"Clocks in {place} don't show {first} at {moment}.")
        if self._left(first, moment or opening(first, place)) < NOTHING:
            raise BadRule("rrule_until", "UNTIL lies before the start; send a later one or COUNT.")
        if self._left(end, closing(end, place)) > NOTHING:
            raise too_long
        found: list[Occurrence] = []
        for occurrence in self._existing(first, moment, end, place):
            if self._left(occurrence.wall, occurrence.moment) < NOTHING:
                break
            if not found and occurrence.wall != first:
                raise BadRule(
                    "rrule_start",
                    "The start is not a date of this rule; the first one would be "
                    f"{occurrence.wall:%A} {occurrence.wall.isoformat(' ', 'minutes')}.",
                )
            if len(found) == most:
                raise too_long
            found.append(occurrence)
            if len(found) == self.count:
                return found
        if not found:
            raise BadRule(
                "rrule_empty",
                "The rule has no date from the start to its end; send one that has the start's.",
            )
        if self.until is None:
            raise too_long
        return found

    def shifted(self, days: int) -> Self:
        """The rule whose dates all lie so many days later, for a start that does too.

        Refuses with BadRule where there is none: days of months and years, picked positions, an
        UNTIL in UTC (moved across a clock change it means another time), and an INTERVAL of weeks
        in which some days would come into the next week and others not.
        """
        if days == 0:
            return self
        weeks = {(weekday + days) // 7 for _, weekday in self.by_day}
        if (
            self.freq not in ("DAILY", "WEEKLY")
            or self.by_month
            or self.by_month_day
            or self.by_set_pos
            or (isinstance(self.until, datetime) and self.until.tzinfo is not None)
            or (self.freq == "WEEKLY" and self.interval > 1 and len(weeks) > 1)
        ):
            raise BadRule(
                "rrule_not_supported",
                "The dates of this rule can't all be moved by the same number of days; "
                "send a new rule.",
            )
        try:
            until = None if self.until is None else self.until + timedelta(days=days)
        except OverflowError:
            raise BadRule("invalid_rrule", "UNTIL lies too far away; send COUNT instead.") from None
        turned = _ordered((0, (weekday + days) % 7) for _, weekday in self.by_day)
        return replace(self, by_day=turned, until=until)

    def ending_after(self, count: int) -> Self:
        """The same rule, ended by `count` alone."""
        if count < 1:
            raise ValueError("A series has at least one date.")
        return replace(self, count=count, until=None)

    def _left(self, wall: datetime, moment: datetime) -> timedelta:
        """From there to UNTIL: less than nothing past it, nothing where there is none."""
        if self.until is None:
            return NOTHING
        if not isinstance(self.until, datetime):
            return self.until - wall.date()
        return self.until - (wall if self.until.tzinfo is None else moment)

    def _existing(
        self, first: datetime, moment: datetime | None, end: datetime, place: ZoneInfo
    ) -> Iterator[Occurrence]:
        """The dates at the time of day of `first` that clocks in `place` do show."""
        for day in self._with_the_days_of(first)._dates(first.date(), end.date()):
            wall = datetime.combine(day, first.time())
            if moments := moments_at(wall, place):
                if moment is not None and wall == first:
                    moments = [moment.astimezone(UTC)]
                yield Occurrence(wall, moments[0])

    def _with_the_days_of(self, first: datetime) -> Self:
        """With what the start says where the rule doesn't (RFC 5545, 3.3.10)."""
        if self.by_day or self.by_month_day or self.freq == "DAILY":
            return self
        if self.freq == "WEEKLY":
            return replace(self, by_day=((0, first.weekday()),))
        months = self.by_month
        if self.freq == "YEARLY":
            months = months or (first.month,)
        return replace(self, by_month_day=(first.day,), by_month=months)

    def _dates(self, first: date, last: date) -> Iterator[date]:
        begin = {
            "DAILY": first,
            "WEEKLY": first - timedelta(days=first.weekday()),
            "MONTHLY": first.replace(day=1),
            "YEARLY": first.replace(month=1, day=1),
        }[self.freq]
        periods = rrule.rrule(
            STEPS[self.freq],
            dtstart=datetime.combine(begin, time()),
            interval=self.interval,
            until=datetime.combine(last, time()),
            wkst=rrule.MO,
        )
        for period in periods:
            for day in self._picked(period.date()):
                if first <= day <= last:
                    yield day

    def _picked(self, begin: date) -> list[date]:
        """The dates of the period that begins then; BYSETPOS counts before any is left out."""
        if self.freq == "WEEKLY":
            every: Iterable[date] = (begin + timedelta(days=weekday) for _, weekday in self.by_day)
        elif self.freq == "DAILY":
            every = (begin,)
        else:
            length = (
                monthrange(begin.year, begin.month)[1]
                if self.freq == "MONTHLY"
                else 365 + isleap(begin.year)
            )
            every = (begin + timedelta(days=later) for later in range(length))
        days = [day for day in every if self._has(day)]
        if not self.by_set_pos:
            return days
        places = {pos - 1 if pos > 0 else len(days) + pos for pos in self.by_set_pos}
        return [day for at, day in enumerate(days) if at in places]

    def _has(self, day: date) -> bool:
        if self.by_month and day.month not in self.by_month:
            return False
        if (
            self.by_month_day
            and day.day not in self.by_month_day
            and day.day - monthrange(day.year, day.month)[1] - 1 not in self.by_month_day
        ):
            return False
        weekday = day.weekday()
        if not self.by_day or (0, weekday) in self.by_day:
            return True
        if all(weekday != other for _, other in self.by_day):
            return False
        # Ordinals count within the month; of a year only where no month is named.
        at, length = day.day - 1, monthrange(day.year, day.month)[1]
        if self.freq == "YEARLY" and not self.by_month:
            at, length = day.timetuple().tm_yday - 1, 365 + isleap(day.year)
        ordinals = (at // 7 + 1, -((length - 1 - at) // 7 + 1))
        return any((ordinal, weekday) in self.by_day for ordinal in ordinals)


def _invalid(message: str) -> BadRule:
    return BadRule("invalid_rrule", message)


def _unreadable(what: str, send: str) -> BadRule:
    shown = what if len(what) <= 40 else what[:39] + "…"
    return _invalid(f"{shown} can't be read; {send}.")


def _split(text: str) -> dict[str, str]:
    if not text:
        raise _invalid("The rule is empty; send one such as FREQ=WEEKLY;COUNT=6.")
    if len(text) > LENGTH:
        raise _invalid(f"A rule has at most {LENGTH} characters.")
    if not text.isascii() or not text.isprintable() or " " in text:
        raise _invalid("A rule has no spaces and only letters, digits and =;,+-.")
    text = text.upper()
    if text.startswith("RRULE:"):
        raise _invalid("Leave out RRULE: and begin with FREQ=.")
    given: dict[str, str] = {}
    for part in text.split(";"):
        name, _, value = part.partition("=")
        if not name or not value:
            raise _unreadable(part or "An empty part", "write NAME=VALUE, with semicolons between")
        if name in REFUSED:
            raise BadRule("rrule_not_supported", f"{name} is not supported: {REFUSED[name]}.")
        if name not in PARTS:
            raise _unreadable(part, f"the parts of a rule are {', '.join(PARTS)}")
        if name in given:
            raise _invalid(f"{name} comes twice; send it once, with commas between values.")
        given[name] = value
    return given


def _freq(given: dict[str, str]) -> str:
    known = f"send one of {', '.join(STEPS)}"
    if "FREQ" not in given:
        raise _invalid(f"FREQ is missing; {known}.")
    freq = given["FREQ"]
    if freq in ("SECONDLY", "MINUTELY", "HOURLY"):
        raise BadRule("rrule_not_supported", f"FREQ={freq} is not supported; {known}.")
    if freq not in STEPS:
        raise _unreadable(f"FREQ={freq}", known)
    return freq


def _number(name: str, text: str, most: int | None = None) -> int:
    if not re.fullmatch("[0-9]+", text) or int(text) < 1 or (most and int(text) > most):
        limits = f" to {most}" if most else ""
        raise _unreadable(f"{name}={text}", f"send a whole number from 1{limits}")
    return int(text)


def _numbers(
    name: str, given: dict[str, str], most: int, *, below_zero: bool = True
) -> tuple[int, ...]:
    if name not in given:
        return ()
    numbers = set()
    for text in given[name].split(","):
        sign = "[+-]?" if below_zero else ""
        if not re.fullmatch(f"{sign}[0-9]+", text) or not 1 <= abs(int(text)) <= most:
            limits = f"1 to {most}" + (f" or -1 to -{most}" if below_zero else "")
            raise _unreadable(f"{name}={text}", f"send {limits}, with commas between")
        numbers.add(int(text))
    return tuple(sorted(numbers, key=lambda number: (number < 0, number)))


def _by_day(text: str) -> tuple[tuple[int, int], ...]:
    days = []
    for item in text.split(","):
        match = re.fullmatch("([+-]?[0-9]+)?([A-Z]{2})", item)
        ordinal = int(match[1] or 0) if match else 0
        if (
            not match
            or match[2] not in WEEKDAYS
            or (match[1] is not None and not 1 <= abs(ordinal) <= 53)
        ):
            raise _unreadable(f"BYDAY={item}", "send days such as MO, 1MO or -1FR")
        days.append((ordinal, WEEKDAYS.index(match[2])))
    return _ordered(days)


def _ordered(days: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    return tuple(sorted(set(days), key=lambda day: (day[0] < 0, *day)))


def _until(text: str) -> datetime | date:
    shape = re.fullmatch("([0-9]{8})(T[0-9]{6}(Z)?)?", text)
    try:
        if shape and shape[2] is None:
            return date.fromisoformat(text)
        if shape:
            wall = datetime.strptime(text[:15], "%Y%m%dT%H%M%S")  # noqa: DTZ007  Z is read below
            return wall.replace(tzinfo=UTC) if shape[3] else wall
    except ValueError:
        pass
    raise _unreadable(f"UNTIL={text}", "send a date such as 20301231, or 20301231T170000Z in UTC")


def _check(rule: Rule) -> None:
    """Refuses what RFC 5545 forbids of parts that can each be read."""
    if (rule.count is None) == (rule.until is None):
        raise _invalid("Send exactly one of COUNT and UNTIL, so that the series ends.")
    if rule.freq == "WEEKLY" and rule.by_month_day:
        raise _invalid("BYMONTHDAY doesn't go with FREQ=WEEKLY; use FREQ=MONTHLY or BYDAY.")
    ordinal = max((abs(ordinal) for ordinal, _ in rule.by_day), default=0)
    if ordinal and rule.freq in ("DAILY", "WEEKLY"):
        raise _invalid(
            f"BYDAY with a number doesn't go with FREQ={rule.freq}; "
            "use FREQ=MONTHLY, or days such as MO,WE."
        )
    if ordinal > 5 and (rule.freq == "MONTHLY" or rule.by_month):
        raise _invalid(f"BYDAY: no month has {ordinal} of a weekday; send 1 to 5 or -1 to -5.")
    if rule.by_set_pos and not (rule.by_day or rule.by_month_day or rule.by_month):
        raise _invalid("BYSETPOS picks from another part; send BYDAY, BYMONTHDAY or BYMONTH too.")


def _day(day: tuple[int, int]) -> str:
    ordinal, weekday = day
    return f"{ordinal or ''}{WEEKDAYS[weekday]}"


def _iso(until: datetime | date) -> str:
    return until.isoformat().replace("+00:00", "Z")
