"""An appointment as it is told: its own facts and the names of what it refers to."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from appointments.errors import RangeTooLarge
from appointments.querysets import AppointmentQuerySet
from businesses.actor import Actor
from businesses.statements import SIGN, rows, signature

MOST_ROWS = 10_000


class Record(NamedTuple):
    """One appointment; the order is that of SELECT."""

    id: UUID
    created_at: datetime
    updated_at: datetime
    business_id: UUID
    business_alias: str
    business_name: str
    service_id: UUID
    service_name: str
    service_alias: str | None
    staff_id: UUID
    staff_name: str
    staff_email: str
    patient_id: UUID
    patient_name: str
    patient_email: str | None
    location_id: UUID | None
    location_name: str | None
    location_address: str | None
    additional_staff_ids: list[UUID]
    starts_at: datetime
    ends_at: datetime
    original_starts_at: datetime | None
    price: int
    currency: str
    group_slot_id: UUID | None
    cancelled_at: datetime | None
    cancel_reason: str
    cancelled_by: str
    approved: bool
    status: str
    status_before: str
    overbooked: bool
    override_reason: str
    patient_timezone: str
    location_type: str
    location_value: str
    payment_provider: str
    payment_id: str
    answers: list[dict[str, Any]]
    series_id: UUID | None
    series_number: int | None
    series_exception: bool
    rrule: str
    link_token: str
    tags: list[str]
    notes: str
    source: str


SELECT = """
SELECT a.id, a.created_at, a.updated_at, a.business_id, b.alias, b.name,
    s.id, s.name, s.alias, st.id, st.name, st.email, p.id, p.name, p.email,
    l.id, l.name, l.address,
    COALESCE((SELECT array_agg(h.staff_id ORDER BY h.staff_id)
        FROM appointments_additionalhost h
        WHERE h.business_id = a.business_id AND h.appointment_id = a.id), '{}'),
    a.starts_at, a.ends_at, a.original_starts_at, a.price, a.currency, a.group_slot_id,
    a.cancelled_at, a.cancel_reason, a.cancelled_by, a.approved, a.status, a.status_before,
    a.overbooked, a.override_reason,
    a.patient_timezone, a.location_type, a.location_value, a.payment_provider, a.payment_id,
    a.answers, a.series_id, a.series_number, a.series_exception, COALESCE(r.rrule, ''),
    a.link_token, a.tags, a.notes, a.source
FROM appointments_appointment a
JOIN businesses_business b ON b.id = a.business_id
JOIN businesses_service s ON s.business_id = a.business_id AND s.id = a.service_id
JOIN staff_staff st ON st.business_id = a.business_id AND st.id = a.staff_id
JOIN patients_patient p ON p.business_id = a.business_id AND p.id = a.patient_id
LEFT JOIN businesses_location l ON l.business_id = a.business_id AND l.id = a.location_id
LEFT JOIN appointments_series r ON r.business_id = a.business_id AND r.id = a.series_id
WHERE a.business_id = %s
"""

ANSWERS = Record._fields.index("answers")


def told(row: Sequence[Any]) -> Record:
    values = list(row)
    if not isinstance(values[ANSWERS], list):
        values[ANSWERS] = orjson.loads(values[ANSWERS])
    return Record._make(values)


# The rival this keeps out: whoever else changes the same appointment. Whoever needs people as well
# has locked them before.
LOCKED = "FOR NO KEY UPDATE OF a"
HOLD = f"""
SELECT {SIGN} FROM appointments_appointment a
WHERE a.business_id = %(business)s AND a.id = %(appointment)s {LOCKED}
"""  # noqa: S608


def find_record(business_id: UUID, appointment_id: UUID) -> Record | None:
    """One appointment of the business, cancelled or not. One statement."""
    found = rows(f"{SELECT} AND a.id = %s", (business_id, appointment_id))
    return told(found[0]) if found else None


def hold_record(business_id: UUID, appointment_id: UUID, *, by: Actor) -> None:
    """The appointment is held until the commit, which is signed for the history. One statement.

    What it is only a later statement can tell, as with `lock_records`.
    """
    rows(HOLD, signature(by) | {"business": business_id, "appointment": appointment_id})


def lock_records(business_id: UUID, *, ids: Collection[UUID]) -> list[Record]:
    """Appointments, held until the commit, in the order of their ids. One statement.

    They are as they were before if they equal what was seen before. Of one that a rival gave to
    somebody else while this waited, PostgreSQL joins the new row with the old names: it is missing,
    or lacks its location.
    """
    found = rows(f"{SELECT} AND a.id = ANY(%s) ORDER BY a.id {LOCKED}", (business_id, list(ids)))
    return [told(row) for row in found]


class Series(NamedTuple):
    """The rule that appointments share, and the wall clock by which it is read."""

    id: UUID
    rrule: str
    timezone: str
    starts_at: datetime
    dates: int


def find_series(business_id: UUID, series_id: UUID) -> Series:
    """The series of an appointment. One statement."""
    (row,) = rows(
        "SELECT id, rrule, timezone, starts_at, dates FROM appointments_series"
        " WHERE business_id = %s AND id = %s",
        (business_id, series_id),
    )
    return Series(*row)


def list_series(business_id: UUID, series_id: UUID) -> list[Record]:
    """Every appointment of a series, cancelled ones too, by number. One statement."""
    found = rows(
        f"{SELECT} AND a.series_id = %s ORDER BY a.series_number", (business_id, series_id)
    )
    return [told(row) for row in found]


def list_records(
    business_id: UUID, wanted: AppointmentQuerySet, *, limit: int | None, offset: int
) -> tuple[list[Record], int]:
    """The wanted appointments of the business, by start then id, and how many there are in all.

    At most `limit` from `offset` on; without a limit all of them, or RangeTooLarge. Two
    statements, whatever the length.
    """
    chosen, params = wanted.order_by().values("id").query.sql_with_params()
    (total,) = rows(f"SELECT count(*) FROM ({chosen}) a", params)[0]  # noqa: S608
    if limit is None and total > MOST_ROWS:
        raise RangeTooLarge
    # First which, then what is told of them: names are looked up for one page only.
    page = f"{chosen} ORDER BY starts_at, id LIMIT %s OFFSET %s"
    found = rows(
        f"{SELECT} AND a.id IN ({page}) ORDER BY a.starts_at, a.id",
        (business_id, *params, limit, offset),
    )
    return [told(row) for row in found], total


class Used(NamedTuple):
    """A room or device that an appointment holds."""

    id: UUID
    name: str
    kind: str


class Why(NamedTuple):
    """Why an appointment is with its host, and which rooms and devices it holds.

    `rule` is `named` where somebody said whom, at the booking or when it was given to somebody
    else; else `candidates` are all who could take it.
    """

    rule: str
    candidates: list[dict[str, Any]]
    resources: list[Used]


def find_why(business_id: UUID, appointment_id: UUID) -> Why:
    """Two statements."""
    key = (business_id, appointment_id)
    assigned = rows(
        "SELECT s.rule, s.candidates FROM appointments_assignment s"
        " JOIN appointments_appointment a ON a.business_id = s.business_id"
        " AND a.id = s.appointment_id AND a.staff_id = s.staff_id"
        " WHERE s.business_id = %s AND s.appointment_id = %s",
        key,
    )
    used = rows(
        "SELECT r.id, r.name, r.kind FROM appointments_heldresource h"
        " JOIN businesses_resource r ON r.business_id = h.business_id AND r.id = h.resource_id"
        " WHERE h.business_id = %s AND h.appointment_id = %s ORDER BY r.name, r.id",
        key,
    )
    rule, candidates = assigned[0] if assigned else ("named", [])
    if isinstance(candidates, str):
        candidates = orjson.loads(candidates)
    return Why(rule, candidates, [Used(*row) for row in used])
