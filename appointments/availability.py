"""What is free, and why not: one predicate for the booking that is refused and the time offered."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from businesses.hours import WeeklyHours
from businesses.intervals import Interval, common, merged

ONE_DAY = timedelta(days=1)
LONGEST_SHIFT = 8  # days
BEGINNING = datetime(1900, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Person:
    """A staff member as a booking sees them: zone and hours already inherited."""

    id: UUID
    name: str
    email: str
    active: bool
    zone: ZoneInfo
    weekly: WeeklyHours | None
    provides: bool  # can be booked for the service
    joins: bool  # comes along to every booking of the service


class SlotKey(NamedTuple):
    """What makes bookings share a group timeslot: service, main host, start and end."""

    service_id: UUID
    host_id: UUID
    visit: Interval


@dataclass(frozen=True, slots=True)
class Busy:
    """Time that somebody has no more: an appointment with its buffers, a blocker, an event."""

    kind: str
    span: Interval
    visit: Interval
    slot: SlotKey | None = None
    session: UUID | None = None
    place: int | None = None
    places: int | None = None
    appointment_id: UUID | None = None
    what: str = ""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Hours that count from one local date to another, both included."""

    first: date
    last: date
    weekly: WeeklyHours
    zone: ZoneInfo


@lru_cache(maxsize=200_000)
def _hours_on(
    day: date, place: ZoneInfo, weekly: WeeklyHours, service_hours: WeeklyHours | None
) -> tuple[Interval, ...]:
    """Kept, since the same hours are asked for with every look at a calendar."""
    spans = weekly.on(day, place)
    if spans and service_hours is not None:
        spans = common(spans, service_hours.on(day, place))
    return tuple(spans)


def open_hours(
    person: Person,
    *,
    schedules: Sequence[Schedule],
    service_hours: WeeklyHours | None,
    windows: Iterable[Interval],
) -> list[Interval]:
    """When somebody works on a service, for every local date that touches a window, in order.

    A dated schedule replaces the weekly hours on its dates. Service hours intersect them, in the
    same zone. Nobody's hours written anywhere means closed.
    """

    def spans_on(day: date) -> tuple[Interval, ...]:
        schedule = next((one for one in schedules if one.first <= day <= one.last), None)
        weekly = schedule.weekly if schedule else person.weekly
        place = schedule.zone if schedule else person.zone
        return _hours_on(day, place, weekly, service_hours) if weekly is not None else ()

    opened: list[Interval] = []
    day = date.min
    for window in windows:
        # No zone is a day away from UTC, so these are all local dates that touch the window.
        first = window.start.date() - ONE_DAY
        if day < first:
            opened.extend(_since_they_began(first, spans_on))
        day, last = max(day, first), window.end.date() + ONE_DAY
        while day <= last:
            opened.extend(spans_on(day))
            day += ONE_DAY
    return merged(opened)


def _since_they_began(
    day: date, spans_on: Callable[[date], tuple[Interval, ...]]
) -> Iterator[Interval]:
    """The hours of the days before that run on into that day without a break.

    Steps are counted from where hours begin, whichever part of them is looked at. Those that have
    been open for longer than a week have no beginning.
    """
    spans = spans_on(day)
    for _ in range(LONGEST_SHIFT):
        day -= ONE_DAY
        before = spans_on(day)
        if not spans or not before or before[-1].end != spans[0].start:
            return
        yield from before
        spans = before
    yield Interval(BEGINNING, spans[0].start)


@dataclass(slots=True)
class Calendar:
    """One person's busy times in some windows, and the hours that touch them, in order.

    `shut` is when the business or the service's place is closed; what was looked up for one
    calendar may have been found by it for others too.
    """

    person: Person
    windows: list[Interval]
    hours: list[Interval]
    shut: list[Interval]
    busy: list[Busy]
    _opens: list[datetime] = field(default_factory=list)
    _begins: list[datetime] = field(default_factory=list)
    _reach: list[datetime] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        person: Person,
        *,
        busy: Iterable[Busy],
        schedules: Sequence[Schedule],
        service_hours: WeeklyHours | None,
        windows: list[Interval],
        shut: list[Interval] | None = None,
    ) -> Calendar:
        hours = open_hours(
            person, schedules=schedules, service_hours=service_hours, windows=windows
        )
        calendar = cls(person, windows, hours, shut or [], sorted(busy, key=_by_span))
        calendar._measure()
        return calendar

    def _measure(self) -> None:
        self._opens = [one.start for one in self.hours]
        self._begins = [one.span.start for one in self.busy]
        self._reach = list(accumulate((one.span.end for one in self.busy), max))

    def hours_around(self, visit: Interval) -> Interval | None:
        """The working interval in which the visit's start lies."""
        number = bisect_right(self._opens, visit.start) - 1
        return self.hours[number] if number >= 0 else None

    def busy_in(self, span: Interval) -> Iterator[Busy]:
        """What takes time within the span, in order."""
        first = bisect_right(self._reach, span.start)
        last = bisect_left(self._begins, span.end)
        return (one for one in self.busy[first:last] if one.span.end > span.start)

    def take(self, busy: Busy) -> None:
        """Another thing that has been decided meanwhile."""
        in_order = not self.busy or self.busy[-1].span.start <= busy.span.start
        self.busy.append(busy)
        if in_order:  # as the dates of a series mostly come
            self._begins.append(busy.span.start)
            self._reach.append(max([busy.span.end, *self._reach[-1:]]))
        else:
            self.busy.sort(key=_by_span)
            self._measure()


def _by_span(busy: Busy) -> tuple[datetime, datetime]:
    return busy.span.start, busy.span.end


@dataclass(frozen=True, slots=True)
class Wish:
    """A visit that somebody would like: when, with which buffers, in a group of how many.

    Appointments that are `moving` are in nobody's way: their places are given up with this.
    """

    service_id: UUID
    visit: Interval
    before: timedelta
    after: timedelta
    places: int
    moving: frozenset[UUID] = frozenset()
    held: Interval = field(init=False)

    def __post_init__(self) -> None:
        # Kept, since every look at a calendar asks for it.
        held = self.visit.widened(before=self.before, after=self.after)
        object.__setattr__(self, "held", held)

    def at(self, start: datetime) -> Wish:
        return replace(self, visit=Interval(start, start + self.visit.length))

    def slot(self, host_id: UUID) -> SlotKey | None:
        """The group timeslot it sits in with that main host; none for a service of one place."""
        return SlotKey(self.service_id, host_id, self.visit) if self.places > 1 else None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one person can take a visit, and if not, everything that is in the way."""

    outside_hours: bool
    obstacles: list[Busy]
    sharing: list[Busy] = field(default_factory=list)  # bookings in the same group timeslot
    full: bool = False
    closed: bool = False

    @property
    def free(self) -> bool:
        return not (self.outside_hours or self.closed or self.obstacles or self.full)


def in_the_way(
    found: Iterable[Busy], wish: Wish, slot: SlotKey | None
) -> tuple[list[Busy], list[Busy]]:
    """Of what overlaps the visit with its buffers: obstacles, and bookings of its own timeslot."""
    obstacles: list[Busy] = []
    sharing: list[Busy] = []
    for busy in found:
        if busy.appointment_id is not None and busy.appointment_id in wish.moving:
            continue
        if slot is not None and busy.slot == slot:
            sharing.append(busy)
        else:
            obstacles.append(busy)
    return obstacles, sharing


def judge(calendar: Calendar, wish: Wish, *, host_id: UUID) -> Verdict:
    """Whether the person can take the visit whose main host is `host_id`.

    The visit must lie wholly within the hours and outside closures; what it holds, buffers
    included, must not overlap anything the person is busy with, except bookings of the same
    group timeslot while it has a place left.
    """
    slot = wish.slot(host_id)
    obstacles, sharing = in_the_way(calendar.busy_in(wish.held), wish, slot)
    hours = calendar.hours_around(wish.visit)
    return Verdict(
        outside_hours=hours is None or not hours.contains(wish.visit),
        obstacles=obstacles,
        sharing=sharing,
        full=slot is not None and len(sharing) >= wish.places,
        closed=any(shut.overlaps(wish.visit) for shut in calendar.shut),
    )


def free_starts(
    calendar: Calendar, wish: Wish, *, step: timedelta, after: datetime
) -> Iterator[datetime]:
    """Starts from `after` on at which the person is free, by steps from each opening, in order.

    All that such a visit would hold lies within one of the calendar's windows: beyond them nobody
    looked.
    """
    for window in calendar.windows:
        earliest = max(after, window.start + wish.before)
        until = window.end - wish.after
        for hours in calendar.hours:
            if hours.end <= earliest:
                continue
            if hours.start >= until:
                break
            start = hours.start
            if start < earliest:
                start += -((start - earliest) // step) * step
            while start + wish.visit.length <= min(hours.end, until):
                verdict = judge(calendar, wish.at(start), host_id=calendar.person.id)
                if verdict.free:
                    yield start
                    start += step
                else:
                    start += _steps_past(verdict, start, wish, step)


def _steps_past(verdict: Verdict, start: datetime, wish: Wish, step: timedelta) -> timedelta:
    """How far to go until none of the obstacles found is in the way, at least one step.

    In a group an obstacle may be a timeslot that the next start joins, so no step is left out.
    """
    ends = [one.span.end + wish.before for one in verdict.obstacles if wish.places == 1]
    wait = max(ends) - start if ends else step
    return max(-(-wait // step), 1) * step
