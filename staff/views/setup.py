"""The frame of the set-up: its sections, and who finds which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from staff.views.door import DeskRequest


@dataclass(frozen=True, slots=True)
class Section:
    """A group of pages, for those who may change what they are about."""

    page: str
    label: Any
    scope: str


SECTIONS = (
    Section("desk-setup-clinic", _("The clinic"), "business:write"),
    Section("desk-setup-hours", _("Opening hours"), "business:write"),
    Section("desk-setup-closures", _("Closures"), "business:write"),
    Section("desk-setup-staff", _("Staff"), "staff:write"),
    Section("desk-setup-services", _("Services"), "services:write"),
    Section("desk-setup-rooms", _("Rooms and devices"), "services:write"),
    Section("desk-setup-locations", _("Locations"), "services:write"),
    Section("desk-setup-keys", _("API keys"), "api_keys:write"),
    Section("desk-setup-webhooks", _("Webhooks"), "webhooks:write"),
)
SCOPES = tuple(dict.fromkeys(section.scope for section in SECTIONS))


def page(
    request: DeskRequest, template: str, section: str = "desk-setup", **context: Any
) -> HttpResponse:
    """A page of the set-up, with its sections beside it."""
    able = [one for one in SECTIONS if request.actor.may(one.scope)]
    places = [("desk-setup", _("Overview")), *((one.page, one.label) for one in able)]
    sections = [
        {
            "label": label,
            "url": reverse(name, args=[request.business.alias]),
            "current": name == section,
        }
        for name, label in places
    ]
    here = next((one for one in sections if one["current"]), sections[0])
    common = {"business": request.business, "zone": request.business.timezone}
    return render(
        request, f"setup/{template}", common | {"sections": sections, "here": here} | context
    )
