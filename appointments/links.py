"""A patient's own links: whose they are, what they tell, and until when they change anything."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from appointments.models import Status
from appointments.record import Record, find_record
from businesses.statements import rows
from businesses.zones import zone

OPEN_TO_PATIENTS: Final = {Status.REQUESTED, Status.BOOKED}
OVER: Final = {Status.COMPLETED, Status.NO_SHOW}
# What a token is compared with where there is no appointment.
NO_TOKEN: Final = "-" * 32

DOOR = """
SELECT a.business_id, a.link_token
FROM appointments_appointment a
JOIN businesses_business b ON b.id = a.business_id
WHERE lower(b.alias) = %s AND a.id = %s
"""
ABOUT = """
SELECT b.timezone, b.email, COALESCE(s.cancel_lead_time, b.cancel_lead_time),
    s.bookings_require_approval, l.phone, l.email, l.instructions,
    COALESCE((SELECT array_agg(st.name ORDER BY st.name)
        FROM appointments_additionalhost h
        JOIN staff_staff st ON st.business_id = h.business_id AND st.id = h.staff_id
        WHERE h.business_id = a.business_id AND h.appointment_id = a.id), '{}'),
    (SELECT o.phone FROM businesses_location o
        WHERE o.business_id = b.id AND o.archived_at IS NULL AND o.phone <> ''
        ORDER BY o.name, o.id LIMIT 1)
FROM appointments_appointment a
JOIN businesses_business b ON b.id = a.business_id
JOIN businesses_service s ON s.business_id = a.business_id AND s.id = a.service_id
LEFT JOIN businesses_location l ON l.business_id = a.business_id AND l.id = a.location_id
WHERE a.business_id = %s AND a.id = %s
"""


class Stage(Enum):
    """What a patient can still do about an appointment."""

    OPEN = "open"
    LATE = "late"  # the deadline is over
    BEGUN = "begun"
    CANCELLED = "cancelled"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Visit:
    """An appointment as its patient is told of it; times are to be shown in `zone`."""

    record: Record
    zone: ZoneInfo
    clinic_zone: ZoneInfo
    lead: timedelta  # so long before the start it can be moved or cancelled
    needs_approval: bool
    phone: str
    email: str
    instructions: str
    hosts: tuple[str, ...]

    @property
    def deadline(self) -> datetime:
        """The last moment at which the patient may move or cancel it."""
        return self.record.starts_at - self.lead

    def stage(self, now: datetime) -> Stage:
        status = Status(self.record.status)
        if now >= self.record.ends_at or status in OVER:
            return Stage.OVER
        if status is Status.CANCELLED:
            return Stage.CANCELLED
        if status not in OPEN_TO_PATIENTS:
            return Stage.BEGUN
        return Stage.LATE if now > self.deadline else Stage.OPEN


def business_behind(alias: str, appointment_id: UUID, token: str) -> UUID | None:
    """The business whose appointment the link is for; nothing unless the token is its own.

    One statement and one comparison, which take the same time whether or not there is such a
    business or appointment. The token is never sent to the database.
    """
    found = rows(DOOR, (alias.lower(), appointment_id))
    business_id, kept = found[0] if found else (None, NO_TOKEN)
    same = secrets.compare_digest(kept.encode(), token.encode(errors="replace"))
    return business_id if same else None


def find_visit(business_id: UUID, appointment_id: UUID) -> Visit | None:
    """What the patient of an appointment is told, as it is now. Two statements."""
    record = find_record(business_id, appointment_id)
    return told_of(record) if record else None


def told_of(record: Record) -> Visit:
    """The appointment with its clinic's rules and addresses. One statement."""
    ((timezone, email, lead, approval, phone, nearer, instructions, along, other_phone),) = rows(
        ABOUT, (record.business_id, record.id)
    )
    return Visit(
        record=record,
        zone=zone(record.patient_timezone or timezone),
        clinic_zone=zone(timezone),
        # A hundred years are for ever: beyond the calendar's beginning there is no date.
        lead=timedelta(minutes=min(lead, 100 * 366 * 1440)),
        needs_approval=approval,
        phone=phone or other_phone or "",
        email=nearer or email,
        instructions=instructions or "",
        hosts=(record.staff_name, *along),
    )
