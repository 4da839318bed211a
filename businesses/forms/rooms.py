"""Rooms and devices: their form, and whether services can have those that they need."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from businesses.forms.tenancy import Sentences, TenantForm
from businesses.models import Business, Resource, ResourceNeed, Service, kind_of
from businesses.rooms import stranded_by_a_move
from businesses.zones import zone

RESOURCE_SENTENCES: Sentences = {
    "resource_name_is_unique": (
        "name",
        gettext_lazy("Another room or device here has this name."),
    ),
    "resource_kind_is_lower_case": ("kind", gettext_lazy("Say in a word what it is.")),
}


class KindField(forms.CharField):
    """What kind of thing a room or device is: a word or two in lower case, singly spaced."""

    def to_python(self, value: Any) -> Any:
        typed = super().to_python(value)
        return kind_of(typed) if isinstance(typed, str) else typed


def kinds_in_use(business: Business) -> list[str]:
    """The kinds that rooms, devices and needs have; one query."""
    rooms = Resource.objects.of(business).order_by().values_list("kind", flat=True)
    needs = ResourceNeed.objects.of(business).order_by().values_list("kind", flat=True)
    return sorted(kind for kind in rooms.union(needs) if kind)


def unmet_needs(service: Service) -> list[str]:
    """What the service needs and can't have, in sentences; two queries.

    Only what can be used counts, and of a service with a location only what stands there or
    belongs to no location.
    """
    if service._state.adding:
        return []
    needs = list(
        ResourceNeed.objects.of(service.business)
        .filter(service=service)
        .select_related("resource__location")
    )
    if not needs:
        return []
    usable = Resource.objects.of(service.business).filter(enabled=True)
    named = {need.resource_id for need in needs}
    near = Counter(
        kind
        for key, kind, place in usable.values_list("id", "kind", "location_id")
        if key not in named
        and (service.location_id is None or place in (None, service.location_id))
    )
    where = f" ({service.location})" if service.location_id else ""
    found = []
    for kind, wanted in Counter(need.kind for need in needs if need.kind).items():
        if near[kind] < wanted:
            found.append(
                ngettext(
                    "%(service)s needs %(wanted)d of the kind “%(kind)s”, and %(count)d can be"
                    " used%(where)s.",
                    "%(service)s needs %(wanted)d of the kind “%(kind)s”, and %(count)d can be"
                    " used%(where)s.",
                    near[kind],
                )
                % {
                    "service": service,
                    "wanted": wanted,
                    "kind": kind,
                    "count": near[kind],
                    "where": where,
                }
            )
    for need in needs:
        thing = need.resource
        if thing is None:
            continue
        names = {"service": service, "thing": thing, "there": thing.location}
        if not thing.enabled:
            found.append(_("%(service)s needs %(thing)s, which can’t be used now.") % names)
        elif service.location_id and thing.location_id not in (None, service.location_id):
            found.append(
                _("%(service)s needs %(thing)s, which is at another location: %(there)s.") % names
            )
    return found


class ResourceForm(TenantForm):
    """A room or device. What appointments to come count on stays where they are."""

    class Meta:
        model = Resource
        fields = "__all__"

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        place = cleaned.get("location")
        if self.instance._state.adding or "location" not in self.changed_data:
            return cleaned
        stranded = stranded_by_a_move(self.instance, place)
        if told := count_told(stranded, self.instance):
            self.refuse(
                "location",
                _("%(visits)s, not at %(place)s. Move or cancel them first.")
                % {"visits": told, "place": place},
            )
        return cleaned


def count_told(held: Any, resource: Resource) -> str:
    """How many appointments to come use it, and when the first does; nothing for none."""
    starts = list(held.values_list("starts_at", flat=True))
    if not starts:
        return ""
    first = timezone.localtime(starts[0], zone(resource.business.timezone))
    return ngettext(
        "%(count)d appointment to come uses %(thing)s, on %(first)s",
        "%(count)d appointments to come use %(thing)s, the first on %(first)s",
        len(starts),
    ) % {
        "count": len(starts),
        "thing": resource,
        "first": date_format(first, "DAY_YEAR_TIME_FORMAT"),
    }
