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
    """Every name of the contract in its order; what is missing is null, never left out."""
    service_id, staff_id = str(record.service_id), str(record.staff_id)
    patient_id, appointment_id = str(record.patient_id), str(record.id)
    link = f"{settings.PUBLIC_URL}/{record.business_alias}/appointments/{appointment_id}"
    return {
        "id": appointment_id,
        "createdAt": written(record.created_at),
        "updatedAt": written(record.updated_at),
        "service": {
            "id": service_id,
            "name": record.service_name,
            "alias": record.service_alias,
        },
        "staff": {"id": staff_id, "name": record.staff_name, "email": record.staff_email},
        "patient": {
            "id": patient_id,
            "name": record.patient_name,
            "email": record.patient_email,
        },
        "location": {
            "id": str(record.location_id),
            "name": record.location_name,
            "address": record.location_address or None,
        }
        if record.location_id
        else None,
        "serviceId": service_id,
        "staffId": staff_id,
        "staffName": record.staff_name,
        "patientId": patient_id,
        "additionalStaffIds": [str(one) for one in record.additional_staff_ids],
        "date": written(record.starts_at),
        "originalDate": written(record.original_starts_at) if record.original_starts_at else None,
        "duration": (record.ends_at - record.starts_at).seconds // 60
        + (record.ends_at - record.starts_at).days * 1440,
        "price": record.price,
        "currency": record.currency,
        "groupBookingId": str(record.group_slot_id) if record.group_slot_id else None,
        "cancelled": record.cancelled_at is not None,
        "approved": record.approved,
        "patientTimezone": record.patient_timezone or None,
        "locationType": record.location_type or None,
        "locationValue": record.location_value or None,
        "paymentProvider": record.payment_provider or None,
        "paymentId": record.payment_id or None,
        # The database may keep names in another order.
        "answers": [{name: one[name] for name in ANSWER} for one in record.answers],
        "recurringAppointmentId": str(record.series_id) if record.series_id else None,
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
