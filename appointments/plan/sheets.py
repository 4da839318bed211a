"""A day on paper: the lines of each person's sheet, and of one list for the whole clinic."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from appointments.models import Appointment, HeldResource, Status
from appointments.plan.columns import Column, Visit
from appointments.plan.drawing import WHOLE_DAY, Pen, block_words, mark_words
from appointments.plan.reading import Asked, Plan

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class About:
    """What a sheet says of a visit besides what its card says."""

    born: date | None = None
    phone: str = ""
    alert: str = ""
    notes: str = ""
    rooms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A visit, time that is taken by something else, or time that is free."""

    kind: str  # visit, block, free
    start: datetime
    end: datetime
    times: str  # "" for a whole day
    words: str  # whom it is about, or what takes the time
    visit: Visit | None = None
    about: About = field(default_factory=About)
    status: str = ""
    marks: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()

    @property
    def minutes(self) -> int:
        return (self.end - self.start) // MINUTE


@dataclass(frozen=True, slots=True)
class Sheet:
    """One person or room on one day."""

    name: str
    day: date
    hours: str
    lines: list[Line]
    free: list[str]  # in words

    @property
    def visits(self) -> int:
        return _standing(self.lines)


@dataclass(frozen=True, slots=True)
class Clinic:
    """Everybody's visits by time, and who has time for more."""

    lines: list[Line]
    people: list[Sheet]

    @property
    def visits(self) -> int:
        return _standing(self.lines)


def _standing(lines: Sequence[Line]) -> int:
    return sum(one.visit is not None and not one.visit.cancelled for one in lines)


@dataclass(frozen=True)
class Writer:
    """Writes the sheets of one plan.

    Without surnames there is nothing on them either that tells whose visit it is in another way:
    no birth date, no phone number, and no words that somebody typed.
    """

    pen: Pen
    about: Mapping[UUID, About]
    surnames: bool = True
    clocks_change: bool = False

    def sheets(self, plan: Plan) -> list[Sheet]:
        """One for each column in which there is anything to read."""
        found = [self._sheet(one) for one in plan.columns]
        return [one for one in found if one.lines] if len(found) > 1 else found

    def clinic(self, plan: Plan) -> Clinic:
        """All columns as one list, in which a visit with several hosts stands once."""
        hosts: defaultdict[UUID, dict[str, None]] = defaultdict(dict)
        visits: dict[UUID, Visit] = {}
        for column in plan.columns:
            for visit in _visits(column):
                visits[visit.id] = visit
                hosts[visit.id][column.name] = None
        lines = [self._visit(one, tuple(hosts[one.id])) for one in visits.values()]
        return Clinic(sorted(lines, key=_by_time), self.sheets(plan))

    def _sheet(self, column: Column) -> Sheet:
        blocks = [
            self._line("block", one.span.start, one.span.end, block_words(one))
            for one in column.blocks
        ]
        free = [self._line("free", one.span.start, one.span.end, "") for one in column.gaps]
        visits = [
            self._visit(one, (card.host,) if card.host else ())
            for card in column.cards
            for one in card.visits
        ]
        return Sheet(
            name=column.name,
            day=column.day,
            hours=self.pen.hours(column),
            lines=sorted([*blocks, *free, *visits], key=_by_time),
            free=[one.times for one in free],
        )

    def _visit(self, visit: Visit, hosts: tuple[str, ...]) -> Line:
        about = self.about.get(visit.id, About())
        return self._line(
            "visit",
            visit.starts_at,
            visit.ends_at,
            visit.patient_name if self.surnames else without_surname(visit.patient_name),
            visit=visit,
            about=about if self.surnames else About(rooms=about.rooms),
            status=str(Status(visit.status).label),
            marks=tuple(mark_words(visit, notes=not (self.surnames and about.notes))),
            hosts=hosts,
        )

    def _line(self, kind: str, start: datetime, end: datetime, words: str, **more: Any) -> Line:
        whole = kind == "block" and end - start >= WHOLE_DAY
        times = "" if whole else f"{self._clock(start)}–{self._clock(end)}"
        return Line(kind, start, end, times, words, **more)

    def _clock(self, moment: datetime) -> str:
        """On a day on which the clocks change, an hour may come twice: the zone tells which."""
        local = self.pen.time(moment)
        return f"{local} {moment.astimezone(self.pen.place):%Z}" if self.clocks_change else local


def _visits(column: Column) -> list[Visit]:
    return [one for card in column.cards for one in card.visits]


def _by_time(line: Line) -> tuple[datetime, datetime, str]:
    return line.start, line.end, line.words


def without_surname(name: str) -> str:
    """The first name and one letter: "Ana N." for "Ana Núñez" and for "Núñez, Ana"."""
    last, comma, first = name.partition(",")
    given, family = (first.split(), last.split()) if comma else (name.split()[:1], name.split()[1:])
    return " ".join([*given[:1], *(f"{word[0]}." for word in family[-1:])])


def read_about(asked: Asked, plan: Plan, *, patients: bool) -> dict[UUID, About]:
    """What the sheets say of each visit; who it is about only to those who may see `patients`.

    Two statements.
    """
    shown = {one.id for column in plan.columns for one in _visits(column)}
    rooms: defaultdict[UUID, list[str]] = defaultdict(list)
    held = HeldResource.objects.of(asked.business).filter(appointment_id__in=shown)
    for visit_id, room in held.order_by("resource__name").values_list(
        "appointment_id", "resource__name"
    ):
        rooms[visit_id].append(room)
    visits = Appointment.objects.of(asked.business).filter(pk__in=shown)
    names = ("pk", "notes", "patient__dob", "patient__phone_mobile", "patient__alert")
    return {
        pk: About(
            born=born if patients else None,
            phone=phone if patients else "",
            alert=alert if patients else "",
            notes=notes,
            rooms=tuple(rooms[pk]),
        )
        for pk, notes, born, phone, alert in visits.values_list(*names)
    }
