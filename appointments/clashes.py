"""What to tell about a clash: what is in the way, and which times and people would do."""

from __future__ import annotations

from datetime import datetime, timedelta
from heapq import merge
from itertools import groupby, islice
from operator import itemgetter
from uuid import UUID

from django.utils import timezone

from appointments.assignment import Situation, team
from appointments.availability import Busy, Calendar, Person, free_starts
from appointments.errors import Alternative, Clash, Obstacle
from appointments.snapshot import read_calendars, read_people
from businesses.intervals import Interval
from businesses.statements import rows

MOST = 3
# Most desks have a gap within two days; only where there is none is a month looked at.
WINDOWS = (timedelta(days=2), timedelta(days=31))


def explain(clash: Clash) -> None:
    """Fills in what is in the way and up to three alternatives, nearest first.

    Called when the booking has been given up and its locks are gone. At most four statements.
    """
    if clash.situation is not None and not clash.alternatives:
        clash.obstacles = obstacles(clash.situation)
        clash.alternatives = alternatives(clash.situation, timezone.now())


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
            kind = "hours" if verdict.outside_hours else "places" if verdict.full else ""
            if kind:
                found.append(Obstacle(kind=kind, staff_name=people[staff_id].name))
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


def alternatives(situation: Situation, now: datetime) -> list[Alternative]:
    """Up to three starts that would have worked, nearest first.

    For a named person: who else is free at that time, and that person's next times. For anyone:
    the next times at which somebody is free. At most three statements.
    """
    offer, wish = situation.offer, situation.wish
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
    found: list[Alternative] = []
    for length in WINDOWS:
        window = Interval(wish.held.start, wish.held.end + length)
        calendars = read_calendars(offer, people.values(), window)
        found = _search(situation, hosts, joining, calendars, now)
        if len(found) >= MOST:
            break
    return found


def _search(
    situation: Situation,
    hosts: list[Person],
    joining: list[Person],
    calendars: dict[UUID, Calendar],
    now: datetime,
) -> list[Alternative]:
    wish = situation.wish
    start = max(wish.visit.start, now)

    def next_times(host: Person) -> list[tuple[datetime, str, Person]]:
        starts = free_starts(calendars[host.id], wish, step=situation.offer.step, after=start)
        able = (
            (time, host.name, host)
            for time in starts
            if team(host, joining, calendars, wish.at(time)).free
        )
        return list(islice(able, MOST))

    if situation.staff_id is None:
        by_time = groupby(merge(*map(next_times, hosts), key=itemgetter(0, 1)), key=itemgetter(0))
        return [
            Alternative(time, host.id, host.name)
            for time, options in islice(by_time, MOST)
            for _, _, host in islice(options, 1)
        ]
    others = [
        Alternative(wish.visit.start, host.id, host.name)
        for host in hosts
        if host.id != situation.staff_id
        and wish.visit.start >= now
        and team(host, joining, calendars, wish).free
    ]
    own = [
        Alternative(time, host.id, host.name)
        for host in hosts
        if host.id == situation.staff_id
        for time, _, _ in next_times(host)
    ]
    kept = others[: max(MOST - 1, MOST - len(own))]
    return sorted([*kept, *own[: MOST - len(kept)]], key=lambda one: (one.time, one.staff_name))
