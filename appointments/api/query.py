"""Query parameters: known ones, once each, read like body fields."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError as FormError
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from rest_framework.request import Request

from appointments.api.serializers import NEXT_TIMES, REASON, TIMES
from appointments.changes import Scope
from appointments.models import AdditionalHost, Status
from appointments.offering import LONGEST_RANGE
from businesses.api.fields import Identifier, Text, Word
from businesses.api.moments import instant
from businesses.api.query import (
    SWITCH,
    Filters,
    MomentFilter,
    Reads,
    Switch,
    numbered,
    only,
    refused,
    switched,
    zone_for,
)


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


def span_of(values: dict[str, Any], business_id: UUID) -> tuple[datetime, datetime]:
    """From startDate to endDate in UTC; refuses a span that is empty or longer than 62 days.

    One statement for wall-clock times.
    """
    place = zone_for(business_id, values["startDate"], values["endDate"])
    start = instant(values["startDate"], place, field="startDate")
    end = instant(values["endDate"], place, field="endDate")
    if start >= end:
        raise refused("endDate", "Send an endDate after startDate.", "invalid")
    # On two days a year as many days of the wall clock take an hour more.
    if min(end - start, _by_the_clock(values["startDate"], values["endDate"])) > LONGEST_RANGE:
        raise refused("endDate", "Send a range of at most 62 days.", "range_too_large")
    return start, end


def _by_the_clock(start: datetime, end: datetime) -> timedelta:
    return end.replace(tzinfo=None) - start.replace(tzinfo=None)


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
    start, end = span_of(values, business_id)
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


class RangeForm(forms.Form):
    """A list is of some time, unless it is of what changed."""

    def clean(self) -> dict[str, Any]:
        sent: dict[str, Any] = self.cleaned_data
        if not sent.get("updatedSince") and "updatedSince" not in self.errors:
            for name in ("startDate", "endDate"):
                if sent.get(name) is None and name not in self.errors:
                    self.add_error(name, FormError("Send this, or updatedSince.", "required"))
        return sent


class AppointmentFilters(Filters):
    """Which appointments a list is about; refuses an empty or backward range."""

    startDate = MomentFilter(
        field_name="starts_at",
        lookup_expr="gte",
        help_text="Those that start then or later. Required, unless updatedSince is sent.",
    )
    endDate = MomentFilter(
        field_name="starts_at",
        lookup_expr="lt",
        help_text="Those that start before. Required, unless updatedSince is sent.",
    )
    patientId = Reads(Identifier(), field_name="patient_id")
    staffId = Reads(Identifier(), method="hosted_by", help_text="As main or additional host.")
    serviceId = Reads(Identifier(), field_name="service_id")
    locationId = Reads(Identifier(), field_name="location_id")
    tag = Reads(Text(max_length=50), method="tagged", help_text="Those with exactly this tag.")
    status = Reads(Word(choices=Status.choices))
    cancelled = Reads(Switch(), field_name="cancelled_at", lookup_expr="isnull", exclude=True)
    approved = Reads(Switch())

    always = ("startDate", "endDate")

    class Meta:
        form = RangeForm

    def hosted_by(self, queryset: Any, name: str, value: UUID) -> Any:
        joined = AdditionalHost.objects.filter(
            business_id=OuterRef("business_id"), appointment_id=OuterRef("pk"), staff_id=value
        )
        return queryset.filter(Q(staff_id=value) | Exists(joined))

    def tagged(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.filter(tags__contains=[value])

    def filter_queryset(self, queryset: Any) -> Any:
        narrowed = super().filter_queryset(queryset)
        start, end = (self.moments.get(name) for name in ("startDate", "endDate"))
        if start and end and start >= end:
            raise refused("endDate", "Send an endDate after startDate.", "invalid")
        return narrowed
