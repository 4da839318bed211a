"""The statements that write an appointment and the time it holds."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from appointments.availability import SlotKey
from appointments.record import Record
from businesses.identifiers import new_id
from businesses.intervals import Interval
from businesses.statements import rows, run


@dataclass(frozen=True, slots=True)
class Hold:
    """Time of one person that an appointment is about to hold."""

    staff_id: UUID
    held: Interval
    overbooked: bool
    place: int = 1


# A timeslot that is there already keeps its row; one that is too small grows, and the rows that
# hold its places follow by their foreign key.
GROUP_SLOT = """
INSERT INTO appointments_groupslot (
    id, created_at, updated_at, business_id, service_id, staff_id, starts_at, ends_at, places)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (business_id, service_id, staff_id, starts_at, ends_at)
DO UPDATE SET places = greatest(appointments_groupslot.places, EXCLUDED.places)
RETURNING id, places
"""


def open_group_slot(
    *, business_id: UUID, slot: SlotKey, places: int, now: datetime
) -> tuple[UUID, int]:
    """The id and the places of the group timeslot, made when it isn't there. One statement."""
    ((slot_id, bound),) = rows(
        GROUP_SLOT,
        (
            new_id(),
            now,
            now,
            business_id,
            slot.service_id,
            slot.host_id,
            slot.visit.start,
            slot.visit.end,
            places,
        ),
    )
    return slot_id, bound


HOLD = """
INSERT INTO appointments_heldtime (
    id, created_at, updated_at, business_id, appointment_id, staff_id, starts_at, ends_at,
    during, session, group_slot_id, place, places, overbooked)
SELECT new.id, %(now)s, %(now)s, %(business_id)s, %(appointment_id)s, new.staff_id,
    %(starts_at)s, %(ends_at)s, tstzrange(new.held_from, new.held_until),
    COALESCE(%(group_slot_id)s, %(appointment_id)s), %(group_slot_id)s, new.place, %(places)s,
    new.overbooked
FROM unnest(%(hold_ids)s::uuid[], %(hold_staff)s::uuid[], %(hold_from)s::timestamptz[],
    %(hold_until)s::timestamptz[], %(hold_place)s::int[], %(hold_over)s::bool[])
    AS new (id, staff_id, held_from, held_until, place, overbooked)
"""

BOOK = f"""
WITH written AS (
    INSERT INTO appointments_appointment (
        id, created_at, updated_at, business_id, service_id, staff_id, patient_id, location_id,
        group_slot_id, starts_at, ends_at, original_starts_at, price, currency, status, approved,
        cancelled_at, cancel_reason, overbooked, override_reason, patient_timezone, location_type,
        location_value, payment_provider, payment_id, answers, tags, notes, source, link_token,
        recurring_appointment_id, rrule)
    VALUES (
        %(appointment_id)s, %(now)s, %(now)s, %(business_id)s, %(service_id)s, %(staff_id)s,
        %(patient_id)s, %(location_id)s, %(group_slot_id)s, %(starts_at)s, %(ends_at)s,
        NULL, %(price)s, %(currency)s, %(status)s, %(approved)s, NULL, '', %(overbooked)s,
        %(override_reason)s, %(patient_timezone)s, %(location_type)s, %(location_value)s,
        %(payment_provider)s, %(payment_id)s, %(answers)s::jsonb, %(tags)s::varchar[], %(notes)s,
        %(source)s, %(link_token)s, %(recurring_appointment_id)s, %(rrule)s)
), joined AS (
    INSERT INTO appointments_additionalhost (
        id, created_at, updated_at, business_id, appointment_id, staff_id)
    SELECT new.id, %(now)s, %(now)s, %(business_id)s, %(appointment_id)s, new.staff_id
    FROM unnest(%(join_ids)s::uuid[], %(join_staff)s::uuid[]) AS new (id, staff_id)
)
{HOLD}
"""  # noqa: S608


def _holding(record: Record, holds: Collection[Hold], places: int) -> dict[str, object]:
    return {
        "now": record.updated_at,
        "business_id": record.business_id,
        "appointment_id": record.id,
        "starts_at": record.starts_at,
        "ends_at": record.ends_at,
        "group_slot_id": record.group_slot_id,
        "places": places,
        "hold_ids": [new_id() for _ in holds],
        "hold_staff": [hold.staff_id for hold in holds],
        "hold_from": [hold.held.start for hold in holds],
        "hold_until": [hold.held.end for hold in holds],
        "hold_place": [hold.place for hold in holds],
        "hold_over": [hold.overbooked for hold in holds],
    }


def write_booking(record: Record, holds: Collection[Hold], *, places: int) -> None:
    """A new appointment, its additional hosts and what it holds. One statement."""
    run(
        BOOK,
        _holding(record, holds, places)
        | {
            "service_id": record.service_id,
            "staff_id": record.staff_id,
            "patient_id": record.patient_id,
            "location_id": record.location_id,
            "price": record.price,
            "currency": record.currency,
            "status": record.status,
            "approved": record.approved,
            "overbooked": record.overbooked,
            "override_reason": record.override_reason,
            "patient_timezone": record.patient_timezone,
            "location_type": record.location_type,
            "location_value": record.location_value,
            "payment_provider": record.payment_provider,
            "payment_id": record.payment_id,
            "answers": orjson.dumps(record.answers).decode(),
            "tags": record.tags,
            "notes": record.notes,
            "source": record.source,
            "link_token": record.link_token,
            "recurring_appointment_id": record.recurring_appointment_id,
            "rrule": record.rrule,
            "join_ids": [new_id() for _ in record.additional_staff_ids],
            "join_staff": record.additional_staff_ids,
        },
    )


def write_holds(record: Record, holds: Collection[Hold], *, places: int) -> None:
    """What an appointment that is there already holds from now on. One statement."""
    run(HOLD, _holding(record, holds, places))


APPROVE = """
UPDATE appointments_appointment
SET approved = true, status = 'booked', group_slot_id = %s, overbooked = %s,
    override_reason = %s, updated_at = %s
WHERE business_id = %s AND id = %s AND status = 'requested'
"""
CANCEL = """
UPDATE appointments_appointment
SET status = 'cancelled', cancelled_at = %s, cancel_reason = %s, updated_at = %s
WHERE business_id = %s AND id = %s AND cancelled_at IS NULL
"""


def write_approval(record: Record) -> bool:
    """Whether the request was still one, and now is booked. One statement."""
    return bool(
        run(
            APPROVE,
            (
                record.group_slot_id,
                record.overbooked,
                record.override_reason,
                record.updated_at,
                record.business_id,
                record.id,
            ),
        )
    )


def write_cancellation(record: Record) -> bool:
    """Whether the appointment stood, and now is cancelled. One statement."""
    return bool(
        run(
            CANCEL,
            (
                record.cancelled_at,
                record.cancel_reason,
                record.updated_at,
                record.business_id,
                record.id,
            ),
        )
    )


def release(business_id: UUID, appointment_id: UUID) -> None:
    """The appointment holds nothing any more. One statement."""
    run(
        "DELETE FROM appointments_heldtime WHERE business_id = %s AND appointment_id = %s",
        (business_id, appointment_id),
    )
