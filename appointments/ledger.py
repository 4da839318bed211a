"""The statements that write an appointment and the time it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from appointments.availability import SlotKey
from appointments.record import Record
from appointments.replies import UNANSWERED, Reply
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


HOLDING = """
INSERT INTO appointments_heldtime (
    id, created_at, updated_at, business_id, appointment_id, staff_id, starts_at, ends_at,
    during, session, group_slot_id, place, places, overbooked)
"""
HOLDS = f"""
{HOLDING}
SELECT new.id, %(now)s, %(now)s, %(business_id)s, %(appointment_id)s, new.staff_id,
    %(starts_at)s, %(ends_at)s, tstzrange(new.held_from, new.held_until),
    COALESCE(%(group_slot_id)s, %(appointment_id)s), %(group_slot_id)s, new.place, %(places)s,
    new.overbooked
FROM unnest(%(ids)s::uuid[], %(staff)s::uuid[], %(held_from)s::timestamptz[],
    %(held_until)s::timestamptz[], %(place)s::int[], %(overbooked)s::bool[])
    AS new (id, staff_id, held_from, held_until, place, overbooked)
"""  # noqa: S608
REQUEST = """
INSERT INTO appointments_appointment (
    id, created_at, updated_at, business_id, service_id, staff_id, patient_id, location_id,
    group_slot_id, starts_at, ends_at, original_starts_at, price, currency, status, approved,
    cancelled_at, cancel_reason, overbooked, override_reason, patient_timezone, location_type,
    location_value, payment_provider, payment_id, answers, tags, notes, source, link_token
)
VALUES (
    %(appointment_id)s, %(now)s, %(now)s, %(business_id)s, %(service_id)s, %(staff_id)s,
    %(patient_id)s, %(location_id)s, %(group_slot_id)s, %(starts_at)s, %(ends_at)s,
    NULL, %(price)s, %(currency)s, %(status)s, %(approved)s, NULL, '', %(overbooked)s,
    %(override_reason)s, %(patient_timezone)s, %(location_type)s, %(location_value)s,
    %(payment_provider)s, %(payment_id)s, %(answers)s::jsonb, %(tags)s::varchar[], %(notes)s,
    %(source)s, %(link_token)s)
"""
# The appointment, what its main host holds, and the answer under the claim it came with, if any.
BOOK = f"""
WITH written AS ({REQUEST}), answered AS (
    UPDATE businesses_idempotentanswer
    SET status = %(answer_status)s, headers = %(answer_headers)s::jsonb, body = %(answer_body)s
    WHERE business_id = %(business_id)s AND id = %(claim_id)s
)
{HOLDING}
VALUES (%(hold_id)s, %(now)s, %(now)s, %(business_id)s, %(appointment_id)s, %(staff_id)s,
    %(starts_at)s, %(ends_at)s, tstzrange(%(held_from)s, %(held_until)s), %(session)s,
    %(group_slot_id)s, %(place)s, %(places)s, %(hold_overbooked)s)
"""  # noqa: S608
JOIN = """
INSERT INTO appointments_additionalhost (
    id, created_at, updated_at, business_id, appointment_id, staff_id)
SELECT new.id, %s, %s, %s, %s, new.staff_id
FROM unnest(%s::uuid[], %s::uuid[]) AS new (id, staff_id)
"""


def write_booking(
    record: Record, holds: Sequence[Hold], *, places: int, reply: Reply | None = None
) -> None:
    """A new appointment, its additional hosts, and what each of them holds, the main host first.

    One statement, which keeps the reply as well; two more where there are additional hosts.
    Without holds it is a request, whose reply is kept by whoever made the claim.
    """
    values: dict[str, object] = {
        "now": record.updated_at,
        "business_id": record.business_id,
        "appointment_id": record.id,
        "service_id": record.service_id,
        "staff_id": record.staff_id,
        "patient_id": record.patient_id,
        "location_id": record.location_id,
        "group_slot_id": record.group_slot_id,
        "starts_at": record.starts_at,
        "ends_at": record.ends_at,
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
        "tags": record.tags or "{}",
        "notes": record.notes,
        "source": record.source,
        "link_token": record.link_token,
    }
    if holds:
        main = holds[0]
        values |= {
            "hold_id": new_id(),
            "held_from": main.held.start,
            "held_until": main.held.end,
            "session": record.group_slot_id or record.id,
            "place": main.place,
            "places": places,
            "hold_overbooked": main.overbooked,
        }
        run(BOOK, values | (reply.kept_with(record) if reply else UNANSWERED))
    else:
        run(REQUEST, values)
    if joined := record.additional_staff_ids:
        now, ids = record.updated_at, [new_id() for _ in joined]
        run(JOIN, (now, now, record.business_id, record.id, ids, joined))
    if holds[1:]:
        write_holds(record, holds[1:], places=places)


def write_holds(record: Record, holds: Sequence[Hold], *, places: int) -> None:
    """More of what an appointment holds. One statement."""
    run(
        HOLDS,
        {
            "now": record.updated_at,
            "business_id": record.business_id,
            "appointment_id": record.id,
            "starts_at": record.starts_at,
            "ends_at": record.ends_at,
            "group_slot_id": record.group_slot_id,
            "places": places,
            "ids": [new_id() for _ in holds],
            "staff": [hold.staff_id for hold in holds],
            "held_from": [hold.held.start for hold in holds],
            "held_until": [hold.held.end for hold in holds],
            "place": [hold.place for hold in holds],
            "overbooked": [hold.overbooked for hold in holds],
        },
    )


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
