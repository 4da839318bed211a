"""Where things lie on the grid of a day: rows of five minutes, and lanes that share a width.

No database, no clock. Rows are counted in real minutes, so that a day on which the clocks change
has as many as it has hours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from businesses.intervals import Interval, common
from businesses.zones import closing, opening

ROW = timedelta(minutes=5)
HOUR = timedelta(hours=1)
# What is shown of a day on which nothing is: office hours, on the wall clock.
OFFICE = (9, 17)


@dataclass(frozen=True, slots=True)
class Place:
    """Rows of the grid, and one of the lanes that share them."""

    row: int
    rows: int
    lane: int = 0
    lanes: int = 1

    @property
    def end(self) -> int:
        return self.row + self.rows


@dataclass(frozen=True, slots=True)
class Tick:
    """A full hour of the wall clock."""

    row: int
    moment: datetime


@dataclass(frozen=True, slots=True)
class Frame:
    """What is shown of a day: whole hours, from the first thing in it to the last."""

    span: Interval
    place: ZoneInfo

    @property
    def rows(self) -> int:
        return -(-self.span.length // ROW)

    def seat(self, interval: Interval, *, least: int = 1) -> Place:
        """The rows that an interval touches, cut to the frame."""
        row = max((interval.start - self.span.start) // ROW, 0)
        end = min(-((self.span.start - interval.end) // ROW), self.rows)
        row = min(row, self.rows - least)
        return Place(row, max(end - row, least))

    def ticks(self) -> list[Tick]:
        """The full hours in it, in order. An hour that comes twice is there twice."""
        found = []
        for row in range(0, self.rows, 3):
            moment = (self.span.start + row * ROW).astimezone(self.place)
            if moment.minute == 0:
                found.append(Tick(row, moment))
        return found


def clock_hours(day: Interval, shown: Iterable[Interval], place: ZoneInfo) -> tuple[int, int]:
    """The hours of the wall clock that hold what is shown of a day; (24, 0) for nothing."""
    first, last = 24, 0
    for one in shown:
        if one.overlaps(day):
            begins, ends = one.start.astimezone(place), one.end.astimezone(place)
            first = min(first, begins.hour if one.start >= day.start else 0)
            full = ends.hour + bool(ends.minute or ends.second)
            last = max(last, full if one.end < day.end else 24)
    return first, last


def framed(day: Interval, hours: tuple[int, int], place: ZoneInfo) -> Frame:
    """That part of a day, by its clocks: an hour that comes twice is in it twice."""
    midnight = datetime.combine(day.start.astimezone(place).date(), time())
    start = opening(midnight + hours[0] * HOUR, place)
    end = closing(midnight + hours[1] * HOUR, place)
    inside = common([Interval(start, end)] if start < end else [], [day])
    return Frame(inside[0] if inside else day, place)


def in_lanes(places: Sequence[Place]) -> list[Place]:
    """The same places, in the same order, side by side wherever they share a row.

    Nothing hides anything: two that share a row have different lanes, and those that are in a
    chain of such share the width in as many lanes as the chain needs at most at once.
    """
    order = sorted(range(len(places)), key=lambda i: (places[i].row, -places[i].rows))
    result = list(places)
    chain: list[int] = []
    ends: list[int] = []  # where each lane of the chain is free again

    def close() -> None:
        for i in chain:
            one = result[i]
            result[i] = Place(one.row, one.rows, one.lane, len(ends))
        chain.clear()
        ends.clear()

    for i in order:
        one = places[i]
        if ends and one.row >= max(ends):
            close()
        lane = next((n for n, end in enumerate(ends) if end <= one.row), len(ends))
        if lane == len(ends):
            ends.append(one.end)
        else:
            ends[lane] = one.end
        result[i] = Place(one.row, one.rows, lane)
        chain.append(i)
    close()
    return result
