"""What a clinic is, in plain values: its hours, its people, its rooms and what is in its calendar.

Moments are counted in minutes of UTC since 1970. Somebody or something is the number of its place
in the clinic's list.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum

HOUR = 60
DAY = 24 * HOUR

# Monday first; each day's spans in minutes of the local day.
Week = tuple[tuple[tuple[int, int], ...], ...]


@dataclass(frozen=True)
class Span:
    start: int
    end: int

    def touches(self, other: Span) -> bool:
        """Whether they have a minute in common."""
        return max(self.start, other.start) < min(self.end, other.end)


@dataclass(frozen=True)
class Event:
    span: Span
    busy: bool


@dataclass(frozen=True)
class Schedule:
    first: date
    last: date | None  # none: for ever
    week: Week
    zone: str = ""  # empty: the staff member's


@dataclass(frozen=True)
class Closure:
    first: date
    last: date
    place: int | None = None  # none: the whole business


@dataclass(frozen=True)
class Place:
    zone: str


@dataclass(frozen=True)
class Room:
    kind: str
    place: int | None = None
    enabled: bool = True


@dataclass(frozen=True)
class Need:
    """One of a kind, or a particular one."""

    kind: str = ""
    room: int | None = None


class Part(Enum):
    """What somebody has to do with a service."""

    PROVIDES = "provides"
    JOINS = "joins"
    NEITHER = "neither"


@dataclass(frozen=True)
class Someone:
    zone: str = ""  # empty: the business's
    week: Week | None = None  # none: the business's
    schedules: tuple[Schedule, ...] = ()
    blockers: tuple[Span, ...] = ()
    events: tuple[Event, ...] = ()
    active: bool = True
    takes_bookings: bool = True
    # By service. Where nobody is named, everybody who takes bookings provides it.
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True)
class Rules:
    """Of a business, for services without rules of their own."""

    before: int
    after: int
    step: int
    lead: int
    days: int  # how far ahead may be booked


@dataclass(frozen=True)
class OwnRules:
    """Of a service; none: as the business."""

    before: int | None = None
    after: int | None = None
    step: int | None = None
    lead: int | None = None
    days: int | None = None


@dataclass(frozen=True)
class Service:
    durations: tuple[int, ...]
    rules: OwnRules = OwnRules()
    week: Week | None = None
    places: int = 1
    place: int | None = None
    needs: tuple[Need, ...] = ()


class State(Enum):
    BOOKED = "booked"
    OVERBOOKED = "overbooked"
    REQUESTED = "requested"
    CANCELLED = "cancelled"


HOLDING = (State.BOOKED, State.OVERBOOKED)


@dataclass(frozen=True)
class Visit:
    """An appointment that is there, with the buffers and rooms that it was made with."""

    service: int
    host: int
    start: int
    minutes: int
    before: int = 0
    after: int = 0
    along: tuple[int, ...] = ()
    rooms: tuple[int, ...] = ()
    state: State = State.BOOKED

    @property
    def span(self) -> Span:
        return Span(self.start, self.start + self.minutes)

    @property
    def held(self) -> Span:
        return Span(self.start - self.before, self.start + self.minutes + self.after)

    @property
    def timeslot(self) -> tuple[int, int, Span]:
        return self.service, self.host, self.span


@dataclass(frozen=True)
class Clinic:
    """A clinic, and what somebody wants to know: when within `window` is the first service free.

    `minutes` is the length they want, `now` the moment at which they ask.
    """

    zone: str
    week: Week | None
    rules: Rules
    staff: tuple[Someone, ...]
    services: tuple[Service, ...]
    window: Span
    now: int
    minutes: int
    places: tuple[Place, ...] = ()
    rooms: tuple[Room, ...] = ()
    closures: tuple[Closure, ...] = ()
    visits: tuple[Visit, ...] = ()

    def rule(self, service: int, name: str) -> int:
        """The service's own number, else the business's."""
        own = getattr(self.services[service].rules, name)
        inherited: int = getattr(self.rules, name) if own is None else own
        return inherited

    def people(self, service: int, part: Part) -> list[int]:
        """The active staff who have that part in a service."""
        named = any(one.parts[service] is Part.PROVIDES for one in self.staff)

        def part_of(one: Someone) -> Part:
            if one.parts[service] is Part.NEITHER and one.takes_bookings and not named:
                return Part.PROVIDES
            return one.parts[service]

        return [
            number for number, one in enumerate(self.staff) if one.active and part_of(one) is part
        ]

    def usable(self, service: int, need: Need) -> list[int]:
        """What meets a need: the room that it names, wherever that is; else those of the kind at
        the service's place or at none, or anywhere if the service has no place itself.
        """
        place = self.services[service].place
        return [
            number
            for number, room in enumerate(self.rooms)
            if room.enabled
            and (
                number == need.room
                if need.room is not None
                else room.kind == need.kind and (None in (room.place, place) or room.place == place)
            )
        ]
