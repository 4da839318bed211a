"""What one booking decision needs to know, read in a fixed number of statements."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson

from appointments.availability import Person
from appointments.errors import PatientNotFound, ServiceNotFound
from appointments.resources import Need
from businesses.actor import Actor
from businesses.hours import WeeklyHours
from businesses.intervals import Interval
from businesses.statements import SIGN, rows, signature
from businesses.zones import zone


@dataclass(frozen=True, slots=True)
class Guest:
    """The patient of a booking."""

    id: UUID
    name: str
    email: str | None
    archived: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """A service as it is offered now, for one patient; buffers and step already inherited."""

    business_id: UUID
    business_alias: str
    business_name: str
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
    needs: tuple[Need, ...]
    lead_time: timedelta
    horizon: timedelta
    announced: bool  # whether a webhook is told of appointments
    patient: Guest | None  # none when only the service was asked for


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
        weekly=weekly_hours(hours) or offer.default_hours,
        provides=provides,
        joins=joins,
    )


OFFER = """
    b.alias, b.name, b.enabled, b.timezone, b.default_staff_working_hours,
    s.name, s.alias, s.enabled, lower(COALESCE(NULLIF(s.currency, ''), b.currency)),
    s.working_hours, s.bookings_require_approval, s.bookings_per_timeslot,
    COALESCE(s.buffer_before_minutes, b.buffer_before_minutes),
    COALESCE(s.buffer_after_minutes, b.buffer_after_minutes),
    COALESCE(s.time_increment, b.time_increment),
    -- A hundred years are for ever: beyond the calendar's end there is no date to count to.
    least(COALESCE(s.lead_time, b.lead_time), 100 * 366 * 1440),
    least(COALESCE(s.availability_limit_days, b.availability_limit_days), 100 * 366),
    s.location_type, s.location_value, l.id, l.name, l.address,
    (SELECT jsonb_object_agg(d.minutes, d.price) FROM businesses_serviceduration d
     WHERE d.business_id = s.business_id AND d.service_id = s.id),
    CASE WHEN %(with_questions)s THEN (
        SELECT jsonb_agg(jsonb_build_object('id', q.id, 'variableName', q.variable_name,
            'question', q.question, 'kind', q.kind))
        FROM businesses_bookingquestion q
        WHERE q.business_id = s.business_id AND q.service_id = s.id) END,
    (SELECT jsonb_agg(jsonb_build_array(n.kind, n.resource_id) ORDER BY n.id)
     FROM businesses_resourceneed n
     WHERE n.business_id = s.business_id AND n.service_id = s.id),
    EXISTS (SELECT FROM businesses_outgoingwebhook w
        WHERE w.business_id = s.business_id AND w.enabled),
    p.id, p.name, p.email, p.archived_at IS NOT NULL,
    (SELECT jsonb_agg(jsonb_build_array(one.id, one.name, one.email, one.status, one.timezone,
        one.hours, one.provides, one.joins)) FROM {people} one)
FROM businesses_service s
JOIN businesses_business b ON b.id = s.business_id
LEFT JOIN businesses_location l ON l.business_id = s.business_id AND l.id = s.location_id
LEFT JOIN patients_patient p ON p.business_id = s.business_id AND p.id = %(patient)s
WHERE s.business_id = %(business)s AND s.id = {service}
"""
ONE_OFFER = OFFER.format(people="people", service="%(service)s")
# The people are held until the transaction ends, in the order of their ids, so that two bookings
# that want the same people wait for one another and never deadlock. The rival this keeps out: a
# second booking between our check and our insert. The check itself is a later statement.
TAKE_OFFER = f"""
WITH people AS MATERIALIZED ({PEOPLE} FOR NO KEY UPDATE OF st)
SELECT {SIGN}, {ONE_OFFER}
"""
LOOK_AT_OFFER = f"WITH people AS MATERIALIZED ({PEOPLE}) SELECT {ONE_OFFER}"
# The same of several services: each with its own people.
LOOK_AT_OFFERS = "SELECT s.id, " + OFFER.format(
    people=f"({PEOPLE.replace('%(service)s', 's.id')})", service="ANY(%(services)s)"
)


def read_offer(
    *,
    business_id: UUID,
    service_id: UUID,
    patient_id: UUID | None,
    named: Collection[UUID],
    every_provider: bool,
    with_questions: bool,
    by: Actor | None,
) -> tuple[Offer, dict[UUID, Person]]:
    """The service for the patient, and the people of a booking. One statement.

    The people are the named ones, those who always join, and on request every provider; named
    people who aren't in the business are left out. ServiceNotFound, PatientNotFound. For an actor
    the people are locked, and the same statement signs the transaction for the history; for
    nobody it is only a look.
    """
    wanted: dict[str, object] = {
        "business": business_id,
        "service": service_id,
        "patient": patient_id,
        "named": list(named),
        "every_provider": every_provider,
        "with_questions": with_questions,
    }
    if by is None:
        found = rows(LOOK_AT_OFFER, wanted)
    else:
        found = [row[2:] for row in rows(TAKE_OFFER, wanted | signature(by))]
    if not found:
        raise ServiceNotFound
    offer, people = _offered(business_id, service_id, found[0])
    if patient_id is not None and offer.patient is None:
        raise PatientNotFound
    return offer, people


def read_offers(
    business_id: UUID, service_ids: Collection[UUID]
) -> dict[UUID, tuple[Offer, dict[UUID, Person]]]:
    """What `read_offer` tells of several services at once, for no patient, with every provider.

    Not locked; a service that the business does not have is left out. One statement.
    """
    found = rows(
        LOOK_AT_OFFERS,
        {
            "business": business_id,
            "services": list(service_ids),
            "patient": None,
            "named": [],
            "every_provider": True,
            "with_questions": False,
        },
    )
    return {row[0]: _offered(business_id, row[0], row[1:]) for row in found}


def _offered(
    business_id: UUID, service_id: UUID, row: Sequence[Any]
) -> tuple[Offer, dict[UUID, Person]]:
    """The service and the people that one row tells of."""
    (
        business_alias,
        business_name,
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
        lead_time,
        horizon,
        location_type,
        location_value,
        location_id,
        location_name,
        location_address,
        prices,
        questions,
        needs,
        announced,
        guest_id,
        guest_name,
        guest_email,
        guest_archived,
        people,
    ) = row
    offer = Offer(
        business_id=business_id,
        business_alias=business_alias,
        business_name=business_name,
        business_enabled=business_enabled,
        zone=zone(timezone),
        default_hours=weekly_hours(default_hours),
        service_id=service_id,
        service_name=name,
        service_alias=alias,
        enabled=enabled,
        currency=currency,
        hours=weekly_hours(hours),
        requires_approval=requires_approval,
        places=places,
        before=timedelta(minutes=before),
        after=timedelta(minutes=after),
        step=timedelta(minutes=step),
        lead_time=timedelta(minutes=lead_time),
        horizon=timedelta(days=horizon),
        location_type=location_type,
        location_value=location_value,
        location_id=location_id,
        location_name=location_name,
        location_address=location_address,
        prices={int(minutes): price for minutes, price in (_json(prices) or {}).items()},
        questions=_json(questions) or [],
        needs=tuple(
            Need(kind, UUID(resource_id) if resource_id else None)
            for kind, resource_id in _json(needs) or ()
        ),
        announced=announced,
        patient=Guest(guest_id, guest_name, guest_email, guest_archived) if guest_id else None,
    )
    seen = (_person(one, offer) for one in _json(people) or ())
    return offer, {person.id: person for person in seen}


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


def weekly_hours(value: Any) -> WeeklyHours | None:
    return None if value is None else _read_hours(value)


@lru_cache(maxsize=1024)
def _read_hours(written: str) -> WeeklyHours:
    """Hours are written in few ways and read all the time, so each way is read once."""
    return WeeklyHours.read(orjson.loads(written))


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
    """How busy somebody is: booked minutes of the day and of the week, and the last assignment.

    All unknown where there was nobody to compare with.
    """

    staff_id: UUID
    day_minutes: int | None
    week_minutes: int | None
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
