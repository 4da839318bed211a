"""Appointments and clashes as the wire contract writes them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from hashlib import blake2b
from typing import Any

import orjson
from django.conf import settings

from appointments.errors import Alternative, Clash
from appointments.offering import OfferedStaff, OfferedTime, Reason
from appointments.record import Record, Why
from appointments.series import BookedSeries, Previewed
from businesses.api.envelope import error_body
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


def clash(refusal: Clash) -> dict[str, Any]:
    """A clash with its alternatives; what is in the way is for staff and stays out."""
    body = error_body(
        refusal.code, refusal.sentence, alternatives=list(map(_alternative, refusal.alternatives))
    )
    if refusal.series:
        body["error"]["dates"] = [
            {
                "date": written(one.date),
                "code": one.code,
                "title": one.title,
                "alternatives": list(map(_alternative, one.alternatives)),
            }
            for one in refusal.dates
        ]
    return body


def _alternative(one: Alternative) -> dict[str, Any]:
    return {
        "time": written(one.time),
        "staff": {"id": str(one.staff_id), "name": one.staff_name},
    }


def previewed(one: Previewed) -> dict[str, Any]:
    """One date of a preview."""
    clash = one.clash
    return {
        "date": written(one.date),
        "bookable": clash is None,
        "staff": {"id": str(one.staff.id), "name": one.staff.name} if one.staff else None,
        "reason": {"code": clash.code, "title": clash.title} if clash else None,
        "alternatives": list(map(_alternative, one.alternatives)),
    }


def booked(series: BookedSeries) -> bytes:
    """The body that tells a new series: its first appointment, and the dates of all."""
    return orjson.dumps(
        {
            "data": appointment(series.records[0]),
            "meta": {
                "occurrences": [
                    {"id": str(one.id), "date": written(one.starts_at)} for one in series.records
                ],
                "skipped": [
                    {"date": written(one.date), "code": one.code} for one in series.skipped
                ],
            },
        }
    )


def available(times: Iterable[OfferedTime], total: int, *, explain: bool, detailed: bool) -> bytes:
    """The body of a list of times. Details of reasons are for those who may see calendars."""
    texts: dict[OfferedStaff, bytes] = {}

    def told(one: OfferedStaff) -> bytes:
        body: dict[str, Any] = {"id": str(one.id), "availableSlots": one.slots}
        if explain and not one.slots:
            body["reasons"] = _reasons(one.reasons, detailed=detailed)
        text = texts[one] = orjson.dumps(body)
        return text

    data = b",".join(
        b'{"time":"%b","staffs":[%b]}'
        % (
            written(time.moment).encode(),
            b",".join([texts.get(one) or told(one) for one in time.staffs]),
        )
        for time in times
    )
    return b'{"data":[%b],"meta":{"totalCount":%d}}' % (data, total)


def _reasons(reasons: Iterable[Reason], *, detailed: bool) -> list[dict[str, Any]]:
    if not detailed:
        return [{"code": code} for code in dict.fromkeys(one.code for one in reasons)]
    found = []
    for one in reasons:
        told = {
            "code": one.code,
            "staffId": str(one.staff_id) if one.staff_id else None,
            "kind": one.kind,
            "startDate": written(one.start) if one.start else None,
            "endDate": written(one.end) if one.end else None,
            "what": one.what,
            "appointmentId": str(one.appointment_id) if one.appointment_id else None,
        }
        found.append({name: value for name, value in told.items() if value})
    return found


def assignment(record: Record, why: Why) -> dict[str, Any]:
    """Who could have hosted an appointment, the rule that decided, and what it uses."""
    return {
        "rule": why.rule,
        "staff": {"id": str(record.staff_id), "name": record.staff_name},
        "candidates": [
            {
                "staff": {"id": one["staffId"], "name": one["name"]},
                "dayMinutes": one["dayMinutes"],
                "weekMinutes": one["weekMinutes"],
                "lastAssignedAt": written(datetime.fromisoformat(one["lastAssignedAt"]))
                if one["lastAssignedAt"]
                else None,
                "dates": one.get("dates"),
            }
            for one in why.candidates
        ],
        "resources": [
            {"id": str(one.id), "name": one.name, "kind": one.kind} for one in why.resources
        ],
    }


def one(record: Record) -> tuple[bytes, str]:
    """The body that tells one appointment, and its ETag, which changes whenever the body does."""
    body = orjson.dumps({"data": appointment(record)})
    return body, f'"{blake2b(body, digest_size=16).hexdigest()}"'
