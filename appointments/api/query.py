"""Query parameters: known ones, once each, read like body fields."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request

from appointments.api.serializers import RANGE
from businesses.api.moments import instant
from businesses.models import Business
from businesses.zones import zone

SWITCH = {"true": True, "1": True, "false": False, "0": False}


def refused(field: str, title: str, code: str) -> ValidationError:
    return ValidationError({field: [ErrorDetail(title, code)]})


def only(request: Request, *known: str) -> dict[str, str]:
    """The query's parameters; refuses an unknown one and one that is sent twice."""
    sent = request.query_params
    for name in sent:
        if name not in known:
            raise refused(
                name, f"There is no such parameter; known are {', '.join(known)}.", "unknown_field"
            )
        if len(sent.getlist(name)) > 1:
            raise refused(name, "Send this parameter once.", "repeated")
    return {name: sent[name] for name in sent}


def switch(request: Request, name: str) -> bool:
    """A parameter that is true or false, and the only one that the endpoint knows."""
    value = only(request, name).get(name, "false").lower()
    if value not in SWITCH:
        raise refused(name, "Send true or false.", "invalid")
    return SWITCH[value]


@dataclass(frozen=True, slots=True)
class ListRange:
    start: datetime
    end: datetime
    limit: int | None
    offset: int


def list_range(request: Request, business_id: UUID) -> ListRange:
    """Which appointments a list is about; refuses an empty or backward range."""
    sent: dict[str, Any] = dict(only(request, *RANGE.fields))
    for name in ("limit", "offset"):
        if name in sent and re.fullmatch("[0-9]{1,18}", sent[name]):
            sent[name] = int(sent[name])
    values = RANGE.read(sent)
    place = "UTC"
    if any(values[name].tzinfo is None for name in ("startDate", "endDate")):
        place = Business.objects.values_list("timezone", flat=True).get(pk=business_id)
    start = instant(values["startDate"], zone(place), field="startDate")
    end = instant(values["endDate"], zone(place), field="endDate")
    if start >= end:
        raise refused("endDate", "Send an endDate after startDate.", "invalid")
    return ListRange(start, end, values.get("limit"), values.get("offset", 0))
