"""Who did what to an appointment, read from the rows that the database's triggers wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.apps import apps
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from appointments.models import Appointment, Source
from businesses.money import amount
from staff.models import Staff

TOLD: Final = (
    "starts_at",
    "ends_at",
    "staff_id",
    "price",
    "cancel_reason",
    "override_reason",
    "location_value",
    "payment_provider",
    "payment_id",
    "tags",
    "notes",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One change: when, who, through what, and which facts it changed."""

    at: datetime
    who: str
    where: str
    what: str
    version: datetime  # what `updated_at` became by it
    user: str = ""  # the id of the person, if it was one
    changes: list[tuple[str, str, str]] = field(default_factory=list)


def history_of(business_id: UUID, appointment_id: UUID, zone: ZoneInfo) -> list[Entry]:
    """Everything that happened to the appointment, newest first.

    One query; one more if it was given to somebody else.
    """
    events = list(
        apps.get_model("appointments", "AppointmentEvent")
        .objects.filter(business_id=business_id, pgh_obj_id=appointment_id)
        .order_by("pgh_id")
    )
    hosts = {event.staff_id for event in events}
    people = _names(business_id, hosts) if len(hosts) > 1 else {}
    entries = []
    before: Any = None
    for event in events:
        context = event.pgh_context or {}
        entries.append(
            Entry(
                at=event.pgh_created_at,
                who=context.get("name") or _("Unknown"),
                where=str(dict(Source.choices).get(context.get("source", ""), "")),
                what=_what(before, event),
                version=event.updated_at,
                user=context.get("user") or "",
                changes=_changes(before, event, zone, people) if before else [],
            )
        )
        before = event
    return entries[::-1]


def _names(business_id: UUID, staff_ids: set[UUID]) -> dict[UUID, str]:
    found = Staff.objects.filter(business_id=business_id, pk__in=staff_ids)
    return dict(found.values_list("pk", "name"))


def _what(before: Any, event: Any) -> str:
    if event.pgh_label == "delete":
        return _("Deleted")
    if before is None or before.status != event.status:
        return str(event.get_status_display())
    return _("Changed")


def _changes(
    before: Any, event: Any, zone: ZoneInfo, people: Mapping[UUID, str]
) -> list[tuple[str, str, str]]:
    names = {one.attname: str(capfirst(one.verbose_name)) for one in Appointment._meta.fields}
    return [
        (names[name], _told(name, before, zone, people), _told(name, event, zone, people))
        for name in TOLD
        if getattr(before, name) != getattr(event, name)
    ]


def _told(name: str, event: Any, zone: ZoneInfo, people: Mapping[UUID, str]) -> str:
    value = getattr(event, name)
    if name == "price":
        return amount(value, event.currency)
    if name == "staff_id":
        return people.get(value, "–")
    if isinstance(value, datetime):
        return date_format(value.astimezone(zone), "SHORT_DATETIME_FORMAT")
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "–"
    return str(value) if value not in ("", None) else "–"
