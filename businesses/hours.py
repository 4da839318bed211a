"""Weekly hours: their written form, and the instants they mean on a date in a zone.

The written form is the wire's: `{"monday": [[900, 1200], [1300, 1700]], …}`, pairs of HHMM,
half-open, `2400` allowed as an end. A shift past midnight is two pairs, `[2200, 2400]` and the
next day's `[0, 600]`; they meet and count as one.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from reprlib import repr as brief
from typing import Any
from zoneinfo import ZoneInfo

from businesses.intervals import Interval
from businesses.zones import closing, opening

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NINE_TO_FIVE: dict[str, list[list[int]]] = {
    day: [[900, 1700]] if day not in ("saturday", "sunday") else [] for day in DAYS
}


def nine_to_five() -> dict[str, list[list[int]]]:
    """Monday to Friday, 9 to 17: what a new business starts with."""
    return {day: [list(pair) for pair in pairs] for day, pairs in NINE_TO_FIVE.items()}


class BadHours(ValueError):
    """The written hours can't be read; the message says what to write instead."""


def _minutes(value: object, day: str, *, is_end: bool) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadHours(f"{day}: {brief(value)} is not a time; write a number such as 930 for 9:30.")
    hours, minutes = divmod(value, 100)
    if value < 0 or minutes > 59 or hours > 24 or (hours == 24 and (minutes or not is_end)):
        raise BadHours(f"{day}: {value} is not a time of day; write 0 to 2359, or 2400 as an end.")
    return hours * 60 + minutes


def _hhmm(minutes: int) -> int:
    hours, rest = divmod(minutes, 60)
    return hours * 100 + rest


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """Seven lists of (start, end) in minutes of the local day, Monday first, in order."""

    days: tuple[tuple[tuple[int, int], ...], ...]

    @classmethod
    def read(cls, written: Any) -> "WeeklyHours":
        """From the written form; a day left out is closed. Refuses with BadHours."""
        if not isinstance(written, dict):
            raise BadHours('Write an object such as {"monday": [[900, 1700]]}.')
        if unknown := [str(name) for name in written if name not in DAYS]:
            raise BadHours(f"{brief(unknown[0])} is not a day; write {', '.join(DAYS)}.")
        days = []
        for day in DAYS:
            pairs = written.get(day, [])
            if not isinstance(pairs, list) or not all(
                isinstance(pair, list | tuple) and len(pair) == 2 for pair in pairs
            ):
                raise BadHours(f"{day}: write a list of pairs such as [[900, 1200], [1300, 1700]].")
            spans = sorted(
                (_minutes(start, day, is_end=False), _minutes(end, day, is_end=True))
                for start, end in pairs
            )
            for start, end in spans:
                if start >= end:
                    raise BadHours(f"{day}: a pair must end after it starts.")
            for (_, end), (start, _) in pairwise(spans):
                if start < end:
                    raise BadHours(f"{day}: two pairs overlap.")
            days.append(tuple(spans))
        return cls(tuple(days))

    def written(self) -> dict[str, list[list[int]]]:
        """The written form, with all seven days, Monday first, and each day's pairs in order."""
        return {
            day: [[_hhmm(start), _hhmm(end)] for start, end in spans]
            for day, spans in zip(DAYS, self.days, strict=True)
        }

    def on(self, day: date, place: ZoneInfo) -> list[Interval]:
        """The open intervals of that local date, as UTC moments, earliest first.

        An end takes the last of two equal wall times, a start the first, and both take the
        moment of the clock change where the time is skipped; so a date that a zone skips
        altogether has none.
        """
        midnight = datetime.combine(day, time())
        spans = []
        for start, end in self.days[day.weekday()]:
            opens = opening(midnight + timedelta(minutes=start), place)
            closes = closing(midnight + timedelta(minutes=end), place)
            if opens < closes:
                spans.append(Interval(opens, closes))
        return spans
