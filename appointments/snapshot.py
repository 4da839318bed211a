"""What one booking decision needs to know, read in a fixed number of statements."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson

from appointments.availability import Busy, Calendar, Person, Schedule, SlotKey
from appointments.errors import PatientNotFound, ServiceNotFound
from businesses.actor import Actor
from businesses.hours import WeeklyHours
from businesses.intervals import Interval
from businesses.statements import SIGN, rows, signature
from businesses.zones import zone


@dataclass(frozen=True, slots=True)
class Offer:
    """A service as it is offered now, for one patient; buffers and step already inherited."""

    business_id: UUID
    business_alias: str
    business_enabled: bool
    zone: ZoneInfo
    default_hours: WeeklyHours | None
    service_id: UUID
    service_name: str
    service_alias: str | None
    enabled: bool
    currency: str
    hours: WeeklyHours | None
    requires_approval: bool
    places: int
    before: timedelta
    after: timedelta
    step: timedelta
    location_type: str
    location_value: str
    location_id: UUID | None
    location_name: str | None
    location_address: str | None
    prices: dict[int, int]
    questions: list[dict[str, Any]]
    patient_id: UUID
    patient_name: str
    patient_email: str | None
    patient_archived: bool


PEOPLE = """
SELECT st.id, st.name, st.email, st.status, st.timezone, st.weekly_hours::text AS hours,
    COALESCE(NOT h.additional, st.takes_bookings AND NOT named.present) AS provides,
    COALESCE(h.additional, false) AS joins
FROM staff_staff st
CROSS JOIN LATERAL (
    SELECT EXISTS (SELECT FROM staff_servicehost x
        WHERE x.business_id = %(business)s AND x.service_id = %(service)s AND NOT x.additional
    ) AS present
) named
LEFT JOIN staff_servicehost h ON h.business_id = st.business_id
    AND h.service_id = %(service)s AND h.staff_id = st.id
WHERE st.business_id = %(business)s AND (
    st.id = ANY(%(named)s)
    OR h.additional
    OR (%(every_provider)s AND st.status = 'ACTIVE'
        AND COALESCE(NOT h.additional, st.takes_bookings AND NOT named.present))
)
ORDER BY st.id
"""


def _person(row: Sequence[Any], offer: Offer) -> Person:
    staff_id, name, email, status, timezone, hours, provides, joins = row
    return Person(
        id=staff_id if isinstance(staff_id, UUID) else UUID(staff_id),
        name=name,
        email=email,
        active=status == "ACTIVE",
        zone=zone(timezone) if timezone else offer.zone,
        weekly=_weekly(hours) or offer.default_hours,
        provides=provides,
        joins=joins,
    )


# The people are held until the transaction ends, in the order of their ids, so that two bookings
# that want the same people wait for one another and never deadlock. The rival this keeps out: a
# second booking between our check and our insert. The check itself is a later statement.
OFFER = f"""
WITH people AS MATERIALIZED ({PEOPLE} FOR NO KEY UPDATE OF st)
SELECT {SIGN},
    b.alias, b.enabled, b.timezone, b.default_staff_working_hours,
    s.name, s.alias, s.enabled, lower(COALESCE(NULLIF(s.currency, ''), b.currency)),
    s.working_hours, s.bookings_require_approval, s.bookings_per_timeslot,
    COALESCE(s.buffer_before_minutes, b.buffer_before_minutes),
    COALESCE(s.buffer_after_minutes, b.buffer_after_minutes),
    COALESCE(s.time_increment, b.time_increment),
    s.location_type, s.location_value, l.id, l.name, l.address,
    (SELECT jsonb_object_agg(d.minutes, d.price) FROM businesses_serviceduration d
     WHERE d.business_id = s.business_id AND d.service_id = s.id),
    CASE WHEN %(with_questions)s THEN (
        SELECT jsonb_agg(jsonb_build_object('id', q.id, 'variableName', q.variable_name,
            'question', q.question, 'kind', q.kind))
        FROM businesses_bookingquestion q
        WHERE q.business_id = s.business_id AND q.service_id = s.id) END,
    p.id, p.name, p.email, p.archived_at IS NOT NULL,
    (SELECT jsonb_agg(jsonb_build_array(one.id, one.name, one.email, one.status, one.timezone,
        one.hours, one.provides, one.joins)) FROM people one)
FROM businesses_service s
JOIN businesses_business b ON b.id = s.business_id
LEFT JOIN businesses_location l ON l.business_id = s.business_id AND l.id = s.location_id
LEFT JOIN patients_patient p ON p.business_id = s.business_id AND p.id = %(patient)s
WHERE s.business_id = %(business)s AND s.id = %(service)s
"""  # noqa: S608


def read_offer(
    *,
    business_id: UUID,
    service_id: UUID,
    patient_id: UUID,
    named: Collection[UUID],
    every_provider: bool,
    with_questions: bool,
    by: Actor,
) -> tuple[Offer, dict[UUID, Person]]:
    """The service for the patient, and the people of a booking, locked. One statement.

    The people are the named ones, those who always join, and on request every provider.
    ServiceNotFound, PatientNotFound; named people who aren't in the business are left out. The
    same statement signs the transaction with `by`, for the history.
    """
    found = rows(
        OFFER,
        {
            "business": business_id,
            "service": service_id,
            "patient": patient_id,
            "named": list(named),
            "every_provider": every_provider,
            "with_questions": with_questions,
            **signature(by),
        },
    )
    if not found:
        raise ServiceNotFound
    (
        *_signed,
        business_alias,
        business_enabled,
        timezone,
        default_hours,
        name,
        alias,
        enabled,
        currency,
        hours,
        requires_approval,
        places,
        before,
        after,
        step,
        location_type,
        location_value,
        location_id,
        location_name,
        location_address,
        prices,
        questions,
        patient,
        patient_name,
        patient_email,
        patient_archived,
        people,
    ) = found[0]
    if patient is None:
        raise PatientNotFound
    offer = Offer(
        business_id=business_id,
        business_alias=business_alias,
        business_enabled=business_enabled,
        zone=zone(timezone),
        default_hours=_weekly(default_hours),
        service_id=service_id,
        service_name=name,
        service_alias=alias,
        enabled=enabled,
        currency=currency,
        hours=_weekly(hours),
        requires_approval=requires_approval,
        places=places,
        before=timedelta(minutes=before),
        after=timedelta(minutes=after),
        step=timedelta(minutes=step),
        location_type=location_type,
        location_value=location_value,
        location_id=location_id,
        location_name=location_name,
        location_address=location_address,
        prices={int(minutes): price for minutes, price in (_json(prices) or {}).items()},
        questions=_json(questions) or [],
        patient_id=patient,
        patient_name=patient_name,
        patient_email=patient_email,
        patient_archived=patient_archived,
    )
    locked = (_person(row, offer) for row in _json(people) or ())
    return offer, {person.id: person for person in locked}


def read_people(offer: Offer, *, named: Collection[UUID]) -> dict[UUID, Person]:
    """The named staff, those who always join and every provider, not locked. One statement."""
    found = rows(
        PEOPLE,
        {
            "business": offer.business_id,
            "service": offer.service_id,
            "named": list(named),
            "every_provider": True,
        },
    )
    people = (_person(row, offer) for row in found)
    return {person.id: person for person in people}


def _json(value: Any) -> Any:
    return orjson.loads(value) if isinstance(value, str | bytes) else value


def _weekly(value: Any) -> WeeklyHours | None:
    return None if value is None else _read_hours(value)


@lru_cache(maxsize=1024)
def _read_hours(written: str) -> WeeklyHours:
    """Hours are written in few ways and read all the time, so each way is read once."""
    return WeeklyHours.read(orjson.loads(written))


# Everything that shapes somebody's time in a window. The lateral join asks each index once a
# person, whatever the size of the tables.
CALENDARS = """
SELECT who.id, found.* FROM unnest(%(staff)s::uuid[]) AS who (id)
CROSS JOIN LATERAL (
    SELECT 'appointment' AS kind, lower(h.during), upper(h.during), h.starts_at, h.ends_at,
        h.session, h.place, h.places, g.service_id, g.staff_id AS host, h.appointment_id,
        '' AS what, NULL::jsonb AS hours, NULL::date AS first, NULL::date AS last
    FROM appointments_heldtime h
    LEFT JOIN appointments_groupslot g
        ON g.business_id = h.business_id AND g.id = h.group_slot_id
    WHERE h.business_id = %(business)s AND h.staff_id = who.id
        AND h.starts_at > %(start)s - interval '48 hours'
        AND h.starts_at < %(end)s + interval '24 hours'
        AND h.during && tstzrange(%(start)s, %(end)s)
    UNION ALL
    SELECT 'time_blocker', t.starts_at, t.ends_at, t.starts_at, t.ends_at,
        NULL, NULL, NULL, NULL, NULL, NULL, t.reason, NULL, NULL, NULL
    FROM staff_timeblocker t
    WHERE t.business_id = %(business)s AND t.staff_id = who.id
        AND t.ends_at > %(start)s AND t.starts_at < %(end)s
    UNION ALL
    SELECT 'external_event', e.starts_at, e.ends_at, e.starts_at, e.ends_at,
        NULL, NULL, NULL, NULL, NULL, NULL, e.title, NULL, NULL, NULL
    FROM staff_externalevent e
    WHERE e.business_id = %(business)s AND e.staff_id = who.id AND e.busy
        AND e.ends_at > %(start)s AND e.starts_at < %(end)s
    UNION ALL
    SELECT 'schedule', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
        w.timezone, w.working_hours, w.date_start, w.date_end
    FROM staff_workinghoursschedule w
    WHERE w.business_id = %(business)s AND w.staff_id = who.id
        AND w.date_start <= %(last)s AND (w.date_end IS NULL OR w.date_end >= %(first)s)
) found
"""


def read_calendars(
    offer: Offer, people: Iterable[Person], window: Interval
) -> dict[UUID, Calendar]:
    """Hours and busy times of people in a window of time. One statement.

    Under the people's lock this must be a statement of its own: one that began before the lock
    came would not see what the rival wrote meanwhile.
    """
    asked = {person.id: person for person in people}
    busy: dict[UUID, list[Busy]] = {staff_id: [] for staff_id in asked}
    schedules: dict[UUID, list[Schedule]] = {staff_id: [] for staff_id in asked}
    # A zone is at most 14 hours from UTC: two days more on each side hold every local date.
    first, last = (
        window.start.date() - timedelta(days=2),
        window.end.date() + timedelta(days=2),
    )
    for row in rows(
        CALENDARS,
        {
            "staff": list(asked),
            "business": offer.business_id,
            "start": window.start,
            "end": window.end,
            "first": first,
            "last": last,
        },
    ):
        staff_id, kind, start, end, visit_start, visit_end, session = row[:7]
        place, places, slot_service, slot_host, appointment_id, what, hours, since, until = row[7:]
        if kind == "schedule":
            weekly = _weekly(hours)
            if weekly is not None:
                schedules[staff_id].append(
                    Schedule(
                        since,
                        until or date.max,
                        weekly,
                        zone(what) if what else asked[staff_id].zone,
                    )
                )
            continue
        visit = Interval(visit_start, visit_end)
        busy[staff_id].append(
            Busy(
                kind=kind,
                span=Interval(start, end),
                visit=visit,
                slot=SlotKey(slot_service, slot_host, visit) if slot_service else None,
                session=session,
                place=place,
                places=places,
                appointment_id=appointment_id,
                what=what,
            )
        )
    return {
        staff_id: Calendar.of(
            person,
            busy=busy[staff_id],
            schedules=schedules[staff_id],
            service_hours=offer.hours,
            window=window,
        )
        for staff_id, person in asked.items()
    }


LOADS = """
SELECT who.id,
    COALESCE(sum(extract(epoch FROM upper(day.part) - lower(day.part)) / 60), 0)::int,
    COALESCE(sum(extract(epoch FROM upper(week.part) - lower(week.part)) / 60), 0)::int,
    (SELECT max(l.created_at) FROM appointments_heldtime l
     WHERE l.business_id = %(business)s AND l.staff_id = who.id)
FROM unnest(%(staff)s::uuid[]) AS who (id)
LEFT JOIN LATERAL (
    SELECT DISTINCT h.session, tstzrange(h.starts_at, h.ends_at) AS visit
    FROM appointments_heldtime h
    WHERE h.business_id = %(business)s AND h.staff_id = who.id
        AND h.starts_at > %(week_start)s - interval '24 hours'
        AND h.starts_at < %(week_end)s AND h.ends_at > %(week_start)s
) booked ON true
LEFT JOIN LATERAL (
    SELECT booked.visit * tstzrange(%(week_start)s, %(week_end)s) AS part
) week ON true
LEFT JOIN LATERAL (
    SELECT booked.visit * tstzrange(%(day_start)s, %(day_end)s) AS part
) day ON true
GROUP BY who.id
"""


@dataclass(frozen=True, slots=True)
class Load:
    """How busy somebody is: booked minutes of the day and of the week, and the last assignment."""

    staff_id: UUID
    day_minutes: int
    week_minutes: int
    last_assigned: datetime | None


def read_loads(
    *, business_id: UUID, staff_ids: Collection[UUID], day: Interval, week: Interval
) -> list[Load]:
    """The booked minutes of each person, a group session counted once. One statement."""
    found = rows(
        LOADS,
        {
            "business": business_id,
            "staff": list(staff_ids),
            "day_start": day.start,
            "day_end": day.end,
            "week_start": week.start,
            "week_end": week.end,
        },
    )
    return [Load(*row) for row in found]
