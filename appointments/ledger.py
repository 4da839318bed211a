"""The statements that write an appointment and the time it holds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from uuid import UUID

import orjson

from appointments.availability import SlotKey
from appointments.outbox import ANNOUNCED, announcing
from appointments.record import Record
from appointments.replies import UNANSWERED, Reply
from appointments.resources import Resource
from businesses.identifiers import new_id
from businesses.intervals import Interval
from businesses.models import EventName
from businesses.statements import rows, run


@dataclass(frozen=True, slots=True)
class Hold:
    """Time of one person that an appointment is about to hold."""

    staff_id: UUID
    held: Interval
    overbooked: bool
    place: int = 1


@dataclass(frozen=True, slots=True)
class Reason:
    """Why nobody named went to whom: the rule that decided, and everybody who could have."""

    rule: str
    candidates: Sequence[Mapping[str, object]]


# A timeslot that is there already keeps its row; one that is too small grows, and the rows that
# hold its places follow by their foreign key.
GROUP_SLOTS = """
INSERT INTO appointments_groupslot (
    id, created_at, updated_at, business_id, service_id, staff_id, starts_at, ends_at, places)
SELECT new.id, %(now)s, %(now)s, %(business_id)s, new.service_id, new.staff_id, new.starts_at,
    new.ends_at, %(places)s
FROM unnest(%(ids)s::uuid[], %(services)s::uuid[], %(hosts)s::uuid[], %(starts)s::timestamptz[],
    %(ends)s::timestamptz[]) AS new (id, service_id, staff_id, starts_at, ends_at)
ON CONFLICT (business_id, service_id, staff_id, starts_at, ends_at)
DO UPDATE SET places = greatest(appointments_groupslot.places, EXCLUDED.places)
RETURNING id, places, service_id, staff_id, starts_at, ends_at
"""


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
ASK = f"WITH {ANNOUNCED} {REQUEST}"
# The appointment, what its main host holds, what webhooks are told, and the answer under the claim
# it came with, if any.
BOOK = f"""
WITH written AS ({REQUEST}), {ANNOUNCED}, assigned AS (
    INSERT INTO appointments_assignment (
        id, created_at, updated_at, business_id, appointment_id, staff_id, rule, candidates)
    SELECT %(assignment_id)s, %(now)s, %(now)s, %(business_id)s, %(appointment_id)s, %(staff_id)s,
        %(rule)s::varchar, %(candidates)s::jsonb
    WHERE %(rule)s::varchar <> ''
), answered AS (
    UPDATE businesses_idempotentanswer
    SET status = %(answer_status)s, headers = %(answer_headers)s::jsonb, body = %(answer_body)s
    WHERE business_id = %(business_id)s AND id = %(claim_id)s
)
INSERT INTO appointments_heldtime (
    id, created_at, updated_at, business_id, appointment_id, staff_id, starts_at, ends_at,
    during, session, group_slot_id, place, places, overbooked)
VALUES (%(hold_id)s, %(now)s, %(now)s, %(business_id)s, %(appointment_id)s, %(staff_id)s,
    %(starts_at)s, %(ends_at)s, tstzrange(%(held_from)s, %(held_until)s), %(session)s,
    %(group_slot_id)s, %(place)s, %(places)s, %(hold_overbooked)s)
"""  # noqa: S608


def write_booking(
    record: Record,
    holds: Sequence[Hold],
    *,
    places: int,
    rooms: Sequence[Resource] = (),
    reason: Reason | None = None,
    reply: Reply | None = None,
    announced: bool = True,
) -> None:
    """A new appointment, its additional hosts, and what each of them holds, the main host first.

    One statement, which keeps the reply and the reason and tells the webhooks as well; two more
    where there are additional hosts, and one for rooms. Without holds it is a request, whose
    reply is kept by whoever made the claim.
    """
    values: dict[str, object] = {
        "now": record.updated_at,
        "appointment_id": record.id,
        "answers": orjson.dumps(record.answers).decode(),
        "tags": record.tags or "{}",
    }
    values = {name: getattr(record, name) for name in STORED} | values
    values |= announcing([record], announced=announced)
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
            "assignment_id": new_id() if reason else None,
            "rule": reason.rule if reason else "",
            "candidates": orjson.dumps(reason.candidates).decode() if reason else "[]",
        }
        run(BOOK, values | (reply.kept_with(record) if reply else UNANSWERED))
    else:
        run(ASK, values)
        if reason:
            write_reasons([record], reason)
    write_hosts([record])
    if holds[1:]:
        write_many(HELD_TIME, held_rows(record, holds[1:], places=places))
    if holds and rooms:
        write_many(HELD_RESOURCE, used_rows(record, holds[0].held, rooms))


HELD_TIME, HELD_RESOURCE = "appointments_heldtime", "appointments_heldresource"


def write_many(table: str, written: Sequence[Mapping[str, object]]) -> None:
    """New rows of one table, which all have the same columns. One statement, none for no row."""
    if written:
        columns = ", ".join(written[0])
        run(
            f"INSERT INTO {table} ({columns}) SELECT {columns}"  # noqa: S608
            f" FROM jsonb_populate_recordset(NULL::{table}, %s::jsonb)",
            (orjson.dumps(written).decode(),),
        )


def _new_row(record: Record) -> dict[str, object]:
    return {
        "id": new_id(),
        "created_at": record.updated_at,
        "updated_at": record.updated_at,
        "business_id": record.business_id,
        "appointment_id": record.id,
    }


def _span(held: Interval) -> str:
    return f"[{held.start.isoformat()},{held.end.isoformat()})"


def held_rows(record: Record, holds: Iterable[Hold], *, places: int) -> list[dict[str, object]]:
    """What an appointment holds of people's time."""
    return [
        _new_row(record)
        | {
            "staff_id": hold.staff_id,
            "starts_at": record.starts_at,
            "ends_at": record.ends_at,
            "during": _span(hold.held),
            "session": record.group_slot_id or record.id,
            "group_slot_id": record.group_slot_id,
            "place": hold.place,
            "places": places,
            "overbooked": hold.overbooked,
        }
        for hold in holds
    ]


def used_rows(record: Record, held: Interval, rooms: Iterable[Resource]) -> list[dict[str, object]]:
    """What an appointment holds of rooms and devices."""
    return [
        _new_row(record)
        | {
            "resource_id": room.id,
            "starts_at": record.starts_at,
            "ends_at": record.ends_at,
            "during": _span(held),
            "session": record.group_slot_id or record.id,
            "group_slot_id": record.group_slot_id,
        }
        for room in rooms
    ]


def write_hosts(records: Iterable[Record]) -> None:
    """Who hosts each appointment besides its main host. One statement, none for nobody."""
    write_many(
        "appointments_additionalhost",
        [
            _new_row(record) | {"staff_id": staff_id}
            for record in records
            for staff_id in record.additional_staff_ids
        ],
    )


def write_reasons(records: Iterable[Record], reason: Reason) -> None:
    """Why each of them went to its staff member. One statement."""
    write_many(
        "appointments_assignment",
        [
            _new_row(record)
            | {"staff_id": record.staff_id, "rule": reason.rule, "candidates": reason.candidates}
            for record in records
        ],
    )


# The columns of an appointment, by the names that its record has for them.
STORED = (
    "id", "created_at", "updated_at", "business_id", "service_id", "staff_id", "patient_id",
    "location_id", "group_slot_id", "starts_at", "ends_at", "original_starts_at", "price",
    "currency", "status", "status_before", "approved", "cancelled_at", "cancel_reason",
    "cancelled_by", "overbooked", "override_reason", "patient_timezone", "location_type",
    "location_value", "payment_provider", "payment_id", "answers", "tags", "notes", "source",
    "link_token", "series_id", "series_number", "series_exception",
)  # fmt: skip
FIXED = {"id", "created_at", "business_id", "patient_id", "source", "link_token"}
CHANGED = tuple(name for name in STORED if name not in FIXED)
REWRITE = f"""
WITH {ANNOUNCED}
UPDATE appointments_appointment a SET ({", ".join(CHANGED)}) = ROW({
    ", ".join(f"n.{name}" for name in CHANGED)
})
FROM jsonb_populate_recordset(NULL::appointments_appointment, %(rows)s::jsonb) n
WHERE a.business_id = n.business_id AND a.id = n.id
"""  # noqa: S608


stored = attrgetter(*STORED)


def _json_of(records: Iterable[Record]) -> str:
    """Their rows, for the database to read."""
    rows_of = [dict(zip(STORED, stored(record), strict=True)) for record in records]
    return orjson.dumps(rows_of).decode()


def write_appointments(records: Sequence[Record], *, announced: bool) -> None:
    """New appointments, of which the webhooks are told. One statement."""
    columns = ", ".join(STORED)
    values = {"rows": _json_of(records)} | announcing(records, announced=announced)
    run(
        f"WITH {ANNOUNCED} INSERT INTO appointments_appointment ({columns}) SELECT {columns}"  # noqa: S608
        " FROM jsonb_populate_recordset(NULL::appointments_appointment, %(rows)s::jsonb)",
        values,
    )


def rewrite_appointments(
    records: Sequence[Record], name: EventName = EventName.UPDATE, *, announced: bool = True
) -> None:
    """Appointments that are there, as they are from now on, which the webhooks are told.

    One statement. They are locked.
    """
    run(REWRITE, {"rows": _json_of(records)} | announcing(records, name, announced=announced))


def write_series(
    *,
    series_id: UUID,
    business_id: UUID,
    rrule: str,
    timezone: str,
    starts_at: datetime,
    dates: int,
    now: datetime,
) -> None:
    """A series, new or changed. One statement."""
    run(
        "INSERT INTO appointments_series AS s"
        " (id, created_at, updated_at, business_id, rrule, timezone, starts_at, dates)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"
        " ON CONFLICT (business_id, id) DO UPDATE SET updated_at = EXCLUDED.updated_at,"
        " rrule = EXCLUDED.rrule, starts_at = EXCLUDED.starts_at, dates = EXCLUDED.dates",
        (series_id, now, now, business_id, rrule, timezone, starts_at, dates),
    )


def remove_series(business_id: UUID, ids: Collection[UUID]) -> None:
    """Series that have no appointment any more. One statement."""
    run(
        "DELETE FROM appointments_series WHERE business_id = %s AND id = ANY(%s)",
        (business_id, list(ids)),
    )


def open_group_slots(
    *, business_id: UUID, slots: Iterable[SlotKey], places: int, now: datetime
) -> dict[SlotKey, tuple[UUID, int]]:
    """The id and the places of each group timeslot, made where it isn't there. One statement."""
    keys = list(dict.fromkeys(slots))
    if not keys:
        return {}
    found = rows(
        GROUP_SLOTS,
        {
            "now": now,
            "business_id": business_id,
            "places": places,
            "ids": [new_id() for _ in keys],
            "services": [key.service_id for key in keys],
            "hosts": [key.host_id for key in keys],
            "starts": [key.visit.start for key in keys],
            "ends": [key.visit.end for key in keys],
        },
    )
    return {
        SlotKey(service_id, host_id, Interval(start, end)): (slot_id, bound)
        for slot_id, bound, service_id, host_id, start, end in found
    }


def release(business_id: UUID, appointment_ids: Collection[UUID]) -> None:
    """The appointments hold nothing any more. One statement."""
    run(
        "WITH rooms AS (DELETE FROM appointments_heldresource"
        " WHERE business_id = %(business)s AND appointment_id = ANY(%(ids)s))"
        " DELETE FROM appointments_heldtime"
        " WHERE business_id = %(business)s AND appointment_id = ANY(%(ids)s)",
        {"business": business_id, "ids": list(appointment_ids)},
    )


def replace_hosts(records: Sequence[Record]) -> None:
    """Who hosts the appointments besides their main hosts, from now on. At most two statements."""
    run(
        "DELETE FROM appointments_additionalhost"
        " WHERE business_id = %s AND appointment_id = ANY(%s)",
        (records[0].business_id, [record.id for record in records]),
    )
    write_hosts(records)
