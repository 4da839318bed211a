"""An appointment as the wire contract writes it, and what webhooks are told of it."""

from __future__ import annotations

from typing import Any

import orjson
from django.conf import settings

from appointments.record import Record
from businesses.models import EventName
from businesses.recurrence import Rule
from businesses.zones import written

ANSWER = ("id", "variableName", "question", "answer")


def appointment(record: Record) -> dict[str, Any]:
    """Every name of the contract in its order; what is missing is null, never left out.

    Ids stay as they are: orjson writes them faster than Python.
    """
    link = f"{settings.PUBLIC_URL}/{record.business_alias}/appointments/{record.id}"
    length = record.ends_at - record.starts_at
    return {
        "id": record.id,
        "createdAt": written(record.created_at),
        "updatedAt": written(record.updated_at),
        "service": {
            "id": record.service_id,
            "name": record.service_name,
            "alias": record.service_alias,
        },
        "staff": {"id": record.staff_id, "name": record.staff_name, "email": record.staff_email},
        "patient": {
            "id": record.patient_id,
            "name": record.patient_name,
            "email": record.patient_email,
        },
        "location": {
            "id": record.location_id,
            "name": record.location_name,
            "address": record.location_address or None,
        }
        if record.location_id
        else None,
        "serviceId": record.service_id,
        "staffId": record.staff_id,
        "staffName": record.staff_name,
        "patientId": record.patient_id,
        "additionalStaffIds": record.additional_staff_ids,
        "date": written(record.starts_at),
        "originalDate": written(record.original_starts_at) if record.original_starts_at else None,
        "duration": length.days * 1440 + length.seconds // 60,
        "price": record.price,
        "currency": record.currency,
        "groupBookingId": record.group_slot_id,
        "cancelled": record.cancelled_at is not None,
        "approved": record.approved,
        "patientTimezone": record.patient_timezone or None,
        "locationType": record.location_type or None,
        "locationValue": record.location_value or None,
        "paymentProvider": record.payment_provider or None,
        "paymentId": record.payment_id or None,
        # The database may keep names in another order.
        "answers": [{name: one[name] for name in ANSWER} for one in record.answers],
        "recurringAppointmentId": record.series_id,
        "rrule": record.rrule or None,
        "recurrence": Rule.read(record.rrule).parsed() if record.rrule else None,
        "rescheduleUrl": f"{link}/reschedule?token={record.link_token}",
        "cancelUrl": f"{link}/cancel?token={record.link_token}",
        "tags": record.tags,
        "endDate": written(record.ends_at),
        "status": record.status,
        "overbooked": record.overbooked,
        "notes": record.notes,
        "source": record.source,
    }


def announcement(record: Record, name: EventName) -> str:
    """The body of a webhook without its beginning, the id, which the outbox gives it."""
    told = {
        "createdAt": written(record.updated_at),
        "name": name.value,
        "business": {"id": str(record.business_id), "name": record.business_name},
        "data": appointment(record),
    }
    return orjson.dumps(told).decode().removeprefix("{")
