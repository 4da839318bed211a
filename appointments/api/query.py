"""Query parameters: known ones, once each, read like body fields."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from rest_framework.request import Request

from appointments.api.serializers import NEXT_TIMES, RANGE, REASON, TIMES
from appointments.changes import Scope
from appointments.offering import LONGEST_RANGE
from businesses.api.moments import instant
from businesses.api.query import SWITCH, numbered, only, refused, switched, zone_for


def switch(request: Request, name: str, *others: str) -> bool:
    """A parameter that is true or false; it and the others are all that the endpoint knows."""
    value = only(request, name, *others).get(name, "false").lower()
    if value not in SWITCH:
        raise refused(name, "Send true or false.", "invalid")
    return SWITCH[value]


def scope(request: Request) -> Scope:
    """Which appointments of a series a change is for; the one that was named unless said."""
    value = request.query_params.get("scope", Scope.THIS.value)
    if value not in {one.value for one in Scope}:
        raise refused("scope", "Send this, following or all.", "invalid")
    return Scope(value)


def reason(request: Request) -> str:
    """Why something is cancelled, besides the scope in which it is."""
    sent = only(request, "scope", "reason")
    sent.pop("scope", None)
    return str(REASON.read(sent).get("reason", ""))


def _listed(request: Request, *known: str) -> dict[str, Any]:
    """The query's parameters, of which `staffIds` may come several times or with commas."""
    several = [one for text in request.query_params.getlist("staffIds") for one in text.split(",")]
    sent: dict[str, Any] = dict(only(request, *known, repeated="staffIds"))
    if several:
        sent["staffIds"] = several
    return sent


@dataclass(frozen=True, slots=True)
class TimesAsked:
    start: datetime
    end: datetime
    minutes: int
    staff_ids: tuple[UUID, ...]
    unavailable: bool
    explain: bool
    limit: int | None
    offset: int


def times_asked(request: Request, business_id: UUID) -> TimesAsked:
    """Which free times somebody asks for; refuses a range that is empty or longer than 62 days."""
    sent = _listed(request, *TIMES.fields)
    numbered(sent, "duration", "limit", "offset")
    switched(sent, "includeUnavailableSlots", "explain")
    values = TIMES.read(sent)
    place = zone_for(business_id, values["startDate"], values["endDate"])
    start = instant(values["startDate"], place, field="startDate")
    end = instant(values["endDate"], place, field="endDate")
    if start >= end:
        raise refused("endDate", "Send an endDate after startDate.", "invalid")
    # On two days a year as many days of the wall clock take an hour more.
    if min(end - start, _by_the_clock(values["startDate"], values["endDate"])) > LONGEST_RANGE:
        raise refused("endDate", "Send a range of at most 62 days.", "range_too_large")
    return TimesAsked(
        start,
        end,
        values["duration"],
        tuple(dict.fromkeys(values.get("staffIds") or ())),
        values.get("includeUnavailableSlots", False),
        values.get("explain", False),
        values.get("limit"),
        values.get("offset", 0),
    )


def _by_the_clock(start: datetime, end: datetime) -> timedelta:
    return end.replace(tzinfo=None) - start.replace(tzinfo=None)


@dataclass(frozen=True, slots=True)
class NextAsked:
    after: datetime
    minutes: int
    staff_ids: tuple[UUID, ...]
    limit: int


def next_asked(request: Request, business_id: UUID) -> NextAsked:
    """After which moment somebody wants free times, and how many; never before now."""
    sent = _listed(request, *NEXT_TIMES.fields)
    numbered(sent, "duration", "limit")
    values = NEXT_TIMES.read(sent)
    after = values.get("after") or timezone.now()
    return NextAsked(
        max(instant(after, zone_for(business_id, after), field="after"), timezone.now()),
        values["duration"],
        tuple(dict.fromkeys(values.get("staffIds") or ())),
        values.get("limit", 10),
    )


@dataclass(frozen=True, slots=True)
class ListRange:
    start: datetime
    end: datetime
    limit: int | None
    offset: int


def list_range(request: Request, business_id: UUID) -> ListRange:
    """Which appointments a list is about; refuses an empty or backward range."""
    sent: dict[str, Any] = dict(only(request, *RANGE.fields))
    numbered(sent, "limit", "offset")
    values = RANGE.read(sent)
    place = zone_for(business_id, values["startDate"], values["endDate"])
    start = instant(values["startDate"], place, field="startDate")
    end = instant(values["endDate"], place, field="endDate")
    if start >= end:
        raise refused("endDate", "Send an endDate after startDate.", "invalid")
    return ListRange(start, end, values.get("limit"), values.get("offset", 0))
