"""What to tell about a clash: what is in the way, and which times and people would do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge
from itertools import groupby, islice, takewhile
from operator import itemgetter
from uuid import UUID

from django.utils import timezone

from appointments.assignment import Diary, Situation, read_diary
from appointments.availability import Busy, Person, Wish, free_starts
from appointments.errors import Alternative, Clash, ClashingDate, Obstacle
from appointments.snapshot import read_people
from businesses.intervals import Interval
from businesses.statements import rows

MOST = 3
# Most desks have a gap within two days; only where there is none is a month looked at.
WINDOWS = (timedelta(days=2), timedelta(days=31))


def explain(clash: Clash) -> None:
    """Fills in what is in the way and up to three alternatives, nearest first.

    For a series, alternatives for each of its clashing dates as well. Called when the booking has
    been given up and its locks are gone. At most five statements, seven where rooms are needed.
    """
    situation = clash.situation
    if situation is None or clash.alternatives:
        return
    clash.obstacles = obstacles(situation)
    found = alternatives(situation, [one.wish for one, _ in clash.situations], timezone.now())
    clash.alternatives = found[0]
    if clash.series:
        clash.dates = [
            ClashingDate(date, kind.code, str(kind.title), others)
            for date, (_, kind), others in zip(clash.on, clash.situations, found, strict=True)
        ]


def obstacles(situation: Situation) -> list[Obstacle]:
    """Everything in the way, each once, by person and time. At most one statement."""
    found: list[Obstacle] = []
    people = situation.people
    hits = {
        (staff_id, busy): (staff_id, busy)
        for team_ in situation.teams
        for staff_id, verdict in team_.verdicts.items()
        for busy in verdict.obstacles
    }
    names = _names(situation.offer.business_id, [busy for _, busy in hits.values()])
    for staff_id, busy in hits.values():
        service, patient = names.get(busy.appointment_id, (busy.what, ""))
        found.append(
            Obstacle(
                kind=busy.kind,
                staff_name=people[staff_id].name,
                start=busy.span.start,
                end=busy.span.end,
                what=service,
                appointment_id=busy.appointment_id,
                patient_name=patient,
            )
        )
    for team_ in situation.teams:
        for staff_id, verdict in team_.verdicts.items():
            kind = (
                "closure"
                if verdict.closed
                else "hours"
                if verdict.outside_hours
                else "places"
                if verdict.full
                else ""
            )
            if kind:
                found.append(Obstacle(kind=kind, staff_name=people[staff_id].name))
    if situation.teams and all(not team_.rooms.enough for team_ in situation.teams):
        lacking = situation.teams[0].rooms.lacking
        found += [Obstacle(kind="room", staff_name="", what=need.kind) for need in lacking]
    return sorted(
        dict.fromkeys(found),
        key=lambda one: (one.staff_name, one.start or situation.wish.visit.start, one.kind),
    )


def _names(business_id: UUID, hits: list[Busy]) -> dict[UUID | None, tuple[str, str]]:
    ids = [busy.appointment_id for busy in hits if busy.appointment_id]
    if not ids:
        return {}
    found = rows(
        "SELECT a.id, s.name, p.name FROM appointments_appointment a"
        " JOIN businesses_service s ON s.business_id = a.business_id AND s.id = a.service_id"
        " JOIN patients_patient p ON p.business_id = a.business_id AND p.id = a.patient_id"
        " WHERE a.business_id = %s AND a.id = ANY(%s)",
        (business_id, ids),
    )
    return {row[0]: (row[1], row[2]) for row in found}


def alternatives(
    situation: Situation, wishes: Sequence[Wish], now: datetime
) -> list[list[Alternative]]:
    """For each wish up to three starts that would have worked, nearest first.

    For a named person: who else is free at that time, and that person's next times. For anyone:
    the next times at which somebody is free. At most three statements, seven with rooms, however
    many wishes there are.
    """
    offer = situation.offer
    people = read_people(
        offer,
        named=[*situation.joining, *filter(None, [situation.staff_id])],
    )
    joining = [people[one] for one in situation.joining if one in people]
    hosts = sorted(
        (
            one
            for one in people.values()
            if one.active and one.provides and one.id not in situation.joining
        ),
        key=lambda one: (one.name, one.id),
    )
    found: dict[int, list[Alternative]] = {}
    for length in WINDOWS:
        lacking = [number for number in range(len(wishes)) if len(found.get(number, ())) < MOST]
        if not lacking:
            break
        windows = {
            number: Interval(wishes[number].held.start, wishes[number].held.end + length)
            for number in lacking
        }
        diary = read_diary(offer, hosts=hosts, joining=joining, windows=windows.values())
        for taken in situation.taken:
            diary.enter(taken)
        for number in lacking:
            search = Search(diary, hosts, situation.staff_id, wishes[number], windows[number], now)
            found[number] = search.alternatives()
    return [found[number] for number in range(len(wishes))]


@dataclass(frozen=True, slots=True)
class Search:
    """For one wish, the times within a window that would do."""

    diary: Diary
    hosts: Sequence[Person]
    staff_id: UUID | None
    wish: Wish
    window: Interval
    now: datetime

    def next_times(self, host: Person) -> Iterator[tuple[datetime, str, Person]]:
        wish, start = self.wish, max(self.wish.visit.start, self.now)
        calendar = self.diary.calendars[host.id]
        starts = free_starts(calendar, wish, step=self.diary.offer.step, after=start)
        until = self.window.end - wish.after - wish.visit.length
        able = (
            (time, host.name, host)
            for time in takewhile(lambda time: time <= until, starts)
            if self.diary.team(host, wish.at(time)).free
        )
        return islice(able, MOST)

    def alternatives(self) -> list[Alternative]:
        if self.staff_id is None:
            each = merge(*map(self.next_times, self.hosts), key=itemgetter(0, 1))
            by_time = groupby(each, key=itemgetter(0))
            return [
                Alternative(time, host.id, host.name)
                for time, options in islice(by_time, MOST)
                for _, _, host in islice(options, 1)
            ]
        wanted = self.wish.visit.start
        others = [
            Alternative(wanted, host.id, host.name)
            for host in self.hosts
            if host.id != self.staff_id
            and wanted >= self.now
            and self.diary.team(host, self.wish).free
        ]
        own = [
            Alternative(time, host.id, host.name)
            for host in self.hosts
            if host.id == self.staff_id
            for time, _, _ in self.next_times(host)
        ]
        kept = others[: max(MOST - 1, MOST - len(own))]
        nearest = [*kept, *own[: MOST - len(kept)]]
        return sorted(nearest, key=lambda one: (one.time, one.staff_name))
