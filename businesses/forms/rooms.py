"""Rooms and devices: their forms, and whether services can have those that they need."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from businesses.forms.setup import SetupForm
from businesses.forms.tenancy import TRY_AGAIN, Sentences, TenantForm
from businesses.models import Business, Location, Resource, ResourceNeed, Service, kind_of
from businesses.rooms import stranded_by_a_move, visits_to_come
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


class RoomForm(SetupForm, ResourceForm):
    """A room or device at the desk, with the services that need this very one.

    Which services need any of its kind is said at the services.
    """

    kind = KindField(
        label=gettext_lazy("Kind"),
        max_length=50,
        help_text=gettext_lazy("What it is, in a word: room, ultrasound, bike."),
        widget=forms.TextInput({"list": "kinds-in-use", "autocomplete": "off"}),
    )
    services = forms.ModelMultipleChoiceField(
        Service.objects.none(),
        label=gettext_lazy("Services that need this very one"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("A service that needs any one of a kind says so on its own page."),
    )
    sentences: Sentences = {
        **RESOURCE_SENTENCES,
        "resource_is_needed_once": ("services", TRY_AGAIN),
    }
    parts = ((ResourceNeed, "resource"),)

    class Meta:
        model = Resource
        fields = ("name", "kind", "location", "enabled")
        labels = {"enabled": gettext_lazy("Can be used")}
        help_texts = {
            "location": gettext_lazy("Where it stands; without one it can be used everywhere."),
            "enabled": gettext_lazy("Untick it while it is away or broken."),
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        fields: dict[str, Any] = self.fields
        fields["location"].queryset = Location.objects.of(self.clinic).filter(archived_at=None)
        fields["location"].empty_label = _("At every location")
        fields["services"].queryset = Service.objects.of(self.clinic).filter(archived_at=None)
        if not self.instance._state.adding:
            needing = ResourceNeed.objects.of(self.clinic).filter(resource=self.instance)
            self.initial["services"] = list(needing.values_list("service_id", flat=True))

    def save(self, commit: bool = True) -> Resource:
        """The room or device, and a line of each service that needs it.

        The services whose needs change are changed with it, so that whoever has the page of one
        open is told.
        """
        room: Resource = super().save(commit)
        before = {*self.initial.get("services", ())}
        chosen = {one.pk for one in self.cleaned_data["services"]}
        touched = Service.objects.of(room.business).filter(pk__in=before ^ chosen)
        for service in touched.order_by("pk").select_for_update(no_key=True):
            service.save(update_fields=["updated_at"])
        needs = ResourceNeed.objects.of(room.business).filter(resource=room)
        needs.filter(service_id__in=before - chosen).delete()
        ResourceNeed.objects.bulk_create(
            ResourceNeed(business=room.business, service_id=service_id, resource=room)
            for service_id in sorted(chosen - before)
        )
        return room


def what_a_change_breaks(room: Resource) -> list[str]:
    """What services and appointments to come lack now, in sentences; two queries a service."""
    told = []
    if not room.enabled and (coming := count_told(visits_to_come(room), room)):
        told.append(_("%(visits)s; they stay as they are.") % {"visits": coming})
    needing = Service.objects.of(room.business).filter(
        Q(needs__kind=room.kind) | Q(needs__resource=room), archived_at=None
    )
    return [*told, *(one for service in needing.distinct() for one in unmet_needs(service))]
