"""Appointments and clashes as the wire contract writes them."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import orjson
from django.conf import settings

from appointments.errors import Clash
from appointments.record import Record
from businesses.api.envelope import error_body
from businesses.api.moments import written


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
        "answers": record.answers,
        "recurringAppointmentId": str(record.series_id) if record.series_id else None,
        "rrule": record.rrule or None,
        "recurrence": None,
        "rescheduleUrl": f"{link}/reschedule?token={record.link_token}",
        "cancelUrl": f"{link}/cancel?token={record.link_token}",
        "tags": record.tags,
        "endDate": written(record.ends_at),
        "status": record.status,
        "overbooked": record.overbooked,
        "notes": record.notes,
        "source": record.source,
    }


def clash(refusal: Clash) -> dict[str, Any]:
    """A clash with its alternatives; what is in the way is for staff and stays out."""
    return error_body(
        refusal.code,
        refusal.sentence,
        alternatives=[
            {
                "time": written(one.time),
                "staff": {"id": str(one.staff_id), "name": one.staff_name},
            }
            for one in refusal.alternatives
        ],
    )


def one(record: Record) -> tuple[bytes, str]:
    """The body that tells one appointment, and its ETag, which changes whenever the body does."""
    body = orjson.dumps({"data": appointment(record)})
    return body, f'"{blake2b(body, digest_size=16).hexdigest()}"'
