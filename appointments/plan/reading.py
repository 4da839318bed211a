"""A day of a business: who and what is in it, read in a fixed number of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q

from appointments.availability import Busy, Person
from appointments.calendars import read_calendars
from appointments.plan.columns import Column, Facts, Visit, Wish, columns_of
from businesses.hours import WeeklyHours
from businesses.intervals import Interval
from businesses.models import Business, Closure, Resource
from businesses.statements import rows
from businesses.zones import opening, zone
from staff.models import Staff, StaffStatus

ONE_DAY = timedelta(days=1)
# A visit lasts a day at the most, so those of a day have begun a day before it at the earliest.
VISITS = """
SELECT a.id, a.updated_at, a.starts_at, a.ends_at, a.status, a.staff_id, a.location_id, l.name,
    a.group_slot_id, p.name, s.id, s.name, a.price > 0 AND a.payment_id = '', a.notes <> '',
    a.overbooked, a.series_id IS NOT NULL, a.location_type,
    COALESCE((SELECT array_agg(h.staff_id ORDER BY h.staff_id)
        FROM appointments_additionalhost h
        WHERE h.business_id = a.business_id AND h.appointment_id = a.id), '{}'),
    NOT EXISTS (SELECT FROM appointments_appointment e
        WHERE e.business_id = a.business_id AND e.patient_id = a.patient_id
            AND e.starts_at < a.starts_at AND e.status NOT IN ('cancelled', 'no_show')),
    COALESCE(s.time_increment, b.time_increment), COALESCE(d.lengths, '{}')
FROM appointments_appointment a
JOIN businesses_business b ON b.id = a.business_id
JOIN businesses_service s ON s.business_id = a.business_id AND s.id = a.service_id
JOIN patients_patient p ON p.business_id = a.business_id AND p.id = a.patient_id
LEFT JOIN businesses_location l ON l.business_id = a.business_id AND l.id = a.location_id
LEFT JOIN (SELECT service_id, array_agg(minutes ORDER BY minutes) AS lengths
    FROM businesses_serviceduration WHERE business_id = %(business)s
    GROUP BY service_id) d ON d.service_id = a.service_id
WHERE a.business_id = %(business)s
    AND a.starts_at > %(start)s - interval '24 hours' AND a.starts_at < %(end)s
    AND a.ends_at > %(start)s AND (%(cancelled)s OR a.cancelled_at IS NULL)
ORDER BY a.starts_at, a.id
"""
# What is held lasts three days at the most: a visit and its two buffers of a day each.
USED = """
SELECT h.resource_id, h.appointment_id, lower(h.during), upper(h.during), h.starts_at, h.ends_at
FROM appointments_heldresource h
WHERE h.business_id = %(business)s AND h.resource_id = ANY(%(resources)s)
    AND h.starts_at > %(start)s - interval '48 hours'
    AND h.starts_at < %(end)s + interval '24 hours'
    AND h.during && tstzrange(%(start)s, %(end)s)
ORDER BY lower(h.during)
"""
# Whatever changes what is seen changes one of these: when rows were last changed, and how many
# there are. A sum and not the latest: of two transactions, the later one may have begun earlier.
VERSION = """
SELECT concat_ws(' ', (
    SELECT concat(count(*), sum(extract(epoch FROM a.updated_at)),
        sum(extract(epoch FROM p.updated_at)))
    FROM appointments_appointment a
    JOIN patients_patient p ON p.business_id = a.business_id AND p.id = a.patient_id
    WHERE a.business_id = %(business)s AND a.starts_at > %(start)s - interval '24 hours'
        AND a.starts_at < %(end)s AND a.ends_at > %(start)s
), (
    SELECT concat(count(*), sum(extract(epoch FROM t.updated_at))) FROM staff_timeblocker t
    WHERE t.business_id = %(business)s AND t.ends_at > %(start)s AND t.starts_at < %(end)s
), (
    SELECT concat(count(*), sum(extract(epoch FROM e.updated_at))) FROM staff_externalevent e
    WHERE e.business_id = %(business)s AND e.ends_at > %(start)s AND e.starts_at < %(end)s
), (
    SELECT concat(count(*), sum(extract(epoch FROM x.updated_at)))
    FROM (
        SELECT updated_at FROM staff_staff WHERE business_id = %(business)s
        UNION ALL SELECT updated_at FROM staff_workinghoursschedule WHERE business_id = %(business)s
        UNION ALL SELECT updated_at FROM businesses_closure WHERE business_id = %(business)s
        UNION ALL SELECT updated_at FROM businesses_location WHERE business_id = %(business)s
        UNION ALL SELECT updated_at FROM businesses_service WHERE business_id = %(business)s
        UNION ALL SELECT updated_at FROM businesses_resource WHERE business_id = %(business)s
        UNION ALL SELECT updated_at FROM businesses_business WHERE id = %(business)s
    ) x
))
"""


@dataclass(frozen=True, slots=True)
class Someone:
    """A person or room that can have a column."""

    id: UUID
    name: str


@dataclass(frozen=True)
class Asked:
    """Which days are looked at, and what of them. Ids that are not the business's find nothing."""

    business: Business
    days: tuple[date, ...]
    location_id: UUID | None = None
    cancelled: bool = False
    rooms: bool = False
    hidden: frozenset[UUID] = frozenset()
    only: UUID | None = None  # one person, whatever is hidden
    absent_too: bool = False
    explains: bool = True  # whether the words of blocks may be told
    hours: None = None  # of no service in particular

    @property
    def business_id(self) -> UUID:
        pk: UUID = self.business.pk
        return pk

    @cached_property
    def zone(self) -> ZoneInfo:
        return zone(self.business.timezone)

    @cached_property
    def windows(self) -> list[Interval]:
        """The local days, each as long as it is; a date that the zone skipped is none."""
        spans = (_whole_days(day, day, self.zone) for day in self.days)
        return [one for one in spans if one is not None]


@dataclass(frozen=True, slots=True)
class Plan:
    """A day, or some days of one person, as columns."""

    columns: list[Column]
    everybody: list[Someone]
    absent: list[Someone]  # with neither hours nor visits, so without a column
    closures: list[Closure]  # of single locations, which close no column
    tall: bool  # rows are higher, so that short visits can be read

    @property
    def visits(self) -> int:
        """How many visits are shown that are not cancelled, each once."""
        cards = [card for column in self.columns for card in column.cards]
        return len({one.id for card in cards for one in card.visits if not one.cancelled})


def read_plan(asked: Asked) -> Plan:
    """The columns that were asked for. Four statements, whatever their number."""
    visits = [Visit(*row) for row in rows(VISITS, _window(asked))]
    closures = _closures(asked)
    shut = [
        (one.name, span) for one, span in closures if one.location_id in (None, asked.location_id)
    ]
    if asked.rooms:
        everybody, facts = _rooms(asked, visits, shut)
    else:
        everybody, facts = _people(asked, visits, shut)
    there = {one.id for one in facts if one.there}
    kept = [one for one in facts if asked.only or asked.absent_too or one.id in there]
    absent = {one.id: Someone(one.id, one.name) for one in facts if one.id not in there}
    names = {} if asked.rooms else {one.id: one.name for one in everybody}
    wish = Wish(asked.zone, asked.location_id, asked.explains, names)
    columns, tall = columns_of(kept, wish) if kept else ([], False)
    local = [one for one, _span in closures if one.location_id not in (None, asked.location_id)]
    return Plan(columns, everybody, list(absent.values()), local, tall)


def version_of(asked: Asked) -> str:
    """Another text whenever what `read_plan` answers is another. One statement."""
    ((version,),) = rows(VERSION, _window(asked))
    return str(version)


def _window(asked: Asked) -> dict[str, object]:
    return {
        "business": asked.business_id,
        "cancelled": asked.cancelled,
        "start": asked.windows[0].start,
        "end": asked.windows[-1].end,
    }


def _whole_days(first: date, last: date, place: ZoneInfo) -> Interval | None:
    """From local midnight to local midnight."""
    start = opening(datetime.combine(first, time()), place)
    end = opening(datetime.combine(last + ONE_DAY, time()), place)
    return Interval(start, end) if start < end else None


def _closures(asked: Asked) -> list[tuple[Closure, Interval]]:
    """What is closed on these days: whole days of the place's own clock."""
    near = (
        Closure.objects.of(asked.business)
        .filter(date_end__gte=asked.days[0] - ONE_DAY, date_start__lte=asked.days[-1] + ONE_DAY)
        .select_related("location")
    )
    found = []
    for one in near:
        place = zone(one.location.timezone) if one.location else asked.zone
        span = _whole_days(one.date_start, one.date_end, place)
        if span and any(span.overlaps(day) for day in asked.windows):
            found.append((one, span))
    return found


def _people(
    asked: Asked, visits: Sequence[Visit], shut: list[tuple[str, Interval]]
) -> tuple[list[Someone], list[Facts]]:
    """Those who take bookings, and whoever else sees somebody then."""
    theirs: defaultdict[UUID, list[Visit]] = defaultdict(list)
    for visit in visits:
        for staff_id in {visit.staff_id, *visit.joined_by}:
            theirs[staff_id].append(visit)
    people = [
        _person(one, asked.business)
        for one in Staff.objects.of(asked.business).filter(
            Q(takes_bookings=True, status=StaffStatus.ACTIVE) | Q(pk__in=list(theirs))
        )
    ]
    shown = [one for one in people if _is_shown(asked, one.id)]
    calendars = read_calendars(asked, shown, asked.windows) if shown else {}
    facts = [
        Facts(
            id=person.id,
            name=person.name,
            day=day,
            hours=calendars[person.id].hours,
            busy=list(calendars[person.id].busy_in(day)),
            visits=[one for one in theirs[person.id] if one.span.overlaps(day)],
            closures=[one for one in shut if one[1].overlaps(day)],
        )
        for person in shown
        for day in asked.windows
    ]
    return [Someone(one.id, one.name) for one in people], facts


def _is_shown(asked: Asked, someone: UUID) -> bool:
    return someone == asked.only if asked.only else someone not in asked.hidden


def _person(one: Staff, business: Business) -> Person:
    return Person(
        id=one.pk,
        name=one.name,
        email=one.email,
        active=one.is_active,
        zone=zone(one.timezone or business.timezone),
        weekly=_weekly(one.weekly_hours) or _weekly(business.default_staff_working_hours),
        provides=one.takes_bookings,
        joins=False,
    )


def _weekly(written: Any) -> WeeklyHours | None:
    return None if written is None else WeeklyHours.read(written)


def _rooms(
    asked: Asked, visits: Sequence[Visit], shut: list[tuple[str, Interval]]
) -> tuple[list[Someone], list[Facts]]:
    """Rooms and devices, which are there whenever the business is open."""
    resources = Resource.objects.of(asked.business).filter(enabled=True)
    if asked.location_id:
        resources = resources.filter(Q(location=None) | Q(location_id=asked.location_id))
    rooms = [Someone(one.pk, one.name) for one in resources]
    shown = [one for one in rooms if _is_shown(asked, one.id)]
    by_id = {one.id: one for one in visits}
    held: defaultdict[UUID, list[Busy]] = defaultdict(list)
    asking = _window(asked) | {"resources": [one.id for one in shown]}
    for room_id, visit_id, start, end, visit_start, visit_end in rows(USED, asking):
        visit = Interval(visit_start, visit_end)
        held[room_id].append(
            Busy(
                kind="appointment", span=Interval(start, end), visit=visit, appointment_id=visit_id
            )
        )
    weekly = _weekly(asked.business.default_staff_working_hours)
    facts = []
    for room in shown:
        for day in asked.windows:
            busy = [one for one in held[room.id] if one.span.overlaps(day)]
            ids = dict.fromkeys(one.appointment_id for one in busy)
            date_ = day.start.astimezone(asked.zone).date()
            facts.append(
                Facts(
                    id=room.id,
                    name=room.name,
                    day=day,
                    hours=weekly.on(date_, asked.zone) if weekly else [],
                    busy=busy,
                    visits=[by_id[one] for one in ids if one in by_id],
                    closures=[one for one in shut if one[1].overlaps(day)],
                    is_room=True,
                )
            )
    return rooms, facts
