"""Clashes, series, free times and reasons as the wire contract writes them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import orjson

from appointments.errors import Alternative, Clash
from appointments.offering import OfferedStaff, OfferedTime, Reason
from appointments.record import Record, Why
from appointments.series import BookedSeries, Previewed
from appointments.telling import appointment
from businesses.api.answers import etag_of
from businesses.api.envelope import error_body
from businesses.zones import written


def clash(refusal: Clash) -> dict[str, Any]:
    """A clash with its alternatives; what is in the way is for staff and stays out."""
    body = error_body(
        refusal.code,
        refusal.for_software,
        alternatives=list(map(_alternative, refusal.alternatives)),
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
        "reason": {"code": clash.code, "title": str(clash.title)} if clash else None,
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
    return body, etag_of(body)
