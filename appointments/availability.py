"""What is free, and why not: one predicate for the booking that is refused and the time offered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from businesses.hours import WeeklyHours
from businesses.intervals import Interval, common, merged


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


def open_hours(
    person: Person,
    *,
    schedules: Iterable[Schedule],
    service_hours: WeeklyHours | None,
    window: Interval,
) -> list[Interval]:
    """When somebody works on a service, for every local date that touches the window, in order.

    A dated schedule replaces the weekly hours on its dates. Service hours intersect them, in the
    same zone. Nobody's hours written anywhere means closed.
    """
    dated = list(schedules)
    # No zone is a day away from UTC, so these are all local dates that touch the window.
    day = window.start.date() - timedelta(days=1)
    last = window.end.date() + timedelta(days=1)
    opened: list[Interval] = []
    while day <= last:
        schedule = next((one for one in dated if one.first <= day <= one.last), None)
        weekly = schedule.weekly if schedule else person.weekly
        place = schedule.zone if schedule else person.zone
        if weekly is not None:
            spans = weekly.on(day, place)
            if spans and service_hours is not None:
                spans = common(spans, service_hours.on(day, place))
            opened.extend(spans)
        day += timedelta(days=1)
    return [span for span in merged(opened) if span.overlaps(window)]


@dataclass(frozen=True, slots=True)
class Calendar:
    """One person's busy times in a window, and the open hours that touch it."""

    person: Person
    window: Interval
    hours: list[Interval]
    busy: list[Busy]

    @classmethod
    def of(
        cls,
        person: Person,
        *,
        busy: Iterable[Busy],
        schedules: Iterable[Schedule],
        service_hours: WeeklyHours | None,
        window: Interval,
    ) -> Calendar:
        hours = open_hours(person, schedules=schedules, service_hours=service_hours, window=window)
        return cls(person, window, hours, sorted(busy, key=lambda one: one.span))


@dataclass(frozen=True, slots=True)
class Wish:
    """A visit that somebody would like: when, with which buffers, in a group of how many."""

    service_id: UUID
    visit: Interval
    before: timedelta
    after: timedelta
    places: int
    moving: UUID | None = None  # an appointment that is in nobody's way, since it is this one

    @property
    def held(self) -> Interval:
        return self.visit.widened(before=self.before, after=self.after)

    def at(self, start: datetime) -> Wish:
        visit = Interval(start, start + self.visit.length)
        return Wish(self.service_id, visit, self.before, self.after, self.places, self.moving)

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

    @property
    def free(self) -> bool:
        return not (self.outside_hours or self.obstacles or self.full)


def judge(calendar: Calendar, wish: Wish, *, host_id: UUID) -> Verdict:
    """Whether the person can take the visit whose main host is `host_id`.

    The visit must lie wholly within the hours; what it holds, buffers included, must not overlap
    anything the person is busy with, except bookings of the same group timeslot while it has a
    place left.
    """
    held, slot = wish.held, wish.slot(host_id)
    obstacles: list[Busy] = []
    sharing: list[Busy] = []
    for busy in calendar.busy:
        if not busy.span.overlaps(held) or (
            wish.moving is not None and busy.appointment_id == wish.moving
        ):
            continue
        if slot is not None and busy.slot == slot:
            sharing.append(busy)
        else:
            obstacles.append(busy)
    return Verdict(
        outside_hours=not any(hours.contains(wish.visit) for hours in calendar.hours),
        obstacles=obstacles,
        sharing=sharing,
        full=slot is not None and len(sharing) >= wish.places,
    )


def free_starts(
    calendar: Calendar, wish: Wish, *, step: timedelta, after: datetime
) -> Iterator[datetime]:
    """Starts from `after` on at which the person is free, by steps from each opening, in order.

    All that such a visit would hold lies within the calendar's window: beyond it nobody looked.
    """
    after = max(after, calendar.window.start + wish.before)
    until = calendar.window.end - wish.after
    for hours in calendar.hours:
        start = hours.start
        if start < after:
            start += -((start - after) // step) * step
        while start + wish.visit.length <= min(hours.end, until):
            if judge(calendar, wish.at(start), host_id=calendar.person.id).free:
                yield start
            start += step
