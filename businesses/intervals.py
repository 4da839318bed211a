"""Half-open intervals of time, `[start, end)`: pure arithmetic, no clock and no database."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """From `start` up to, not including, `end`; both UTC. Refuses to be empty or backwards."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start >= self.end:
            raise ValueError("An interval ends after it starts.")

    @property
    def length(self) -> timedelta:
        return self.end - self.start

    def overlaps(self, other: "Interval") -> bool:
        """Whether they share a moment; two that only meet do not. In SQL this is `&&`."""
        return self.start < other.end and other.start < self.end

    def contains(self, other: "Interval") -> bool:
        return self.start <= other.start and other.end <= self.end

    def widened(self, *, before: timedelta, after: timedelta) -> "Interval":
        return Interval(self.start - before, self.end + after)


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """The same moments as the fewest intervals, in order; those that meet become one."""
    result: list[Interval] = []
    for interval in sorted(intervals):
        if result and interval.start <= result[-1].end:
            if interval.end > result[-1].end:
                result[-1] = Interval(result[-1].start, interval.end)
        else:
            result.append(interval)
    return result


def common(left: Iterable[Interval], right: Iterable[Interval]) -> list[Interval]:
    """The moments in both, in order."""
    mine, yours = merged(left), merged(right)
    result = []
    i = j = 0
    while i < len(mine) and j < len(yours):
        start = max(mine[i].start, yours[j].start)
        end = min(mine[i].end, yours[j].end)
        if start < end:
            result.append(Interval(start, end))
        if mine[i].end < yours[j].end:
            i += 1
        else:
            j += 1
    return result


def without(left: Iterable[Interval], right: Iterable[Interval]) -> list[Interval]:
    """The moments of `left` that are not in `right`, in order."""
    result = []
    holes = merged(right)
    first = 0
    for interval in merged(left):
        start = interval.start
        while first < len(holes) and holes[first].end <= start:
            first += 1
        for hole in holes[first:]:
            if hole.start >= interval.end:
                break
            if hole.start > start:
                result.append(Interval(start, hole.start))
            start = max(start, hole.end)
        if start < interval.end:
            result.append(Interval(start, interval.end))
    return result
