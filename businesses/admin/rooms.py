"""Rooms and devices in the admin, and which of them a service needs."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import Any

from django.contrib import admin
from django.contrib.admin.widgets import AdminTextInputWidget
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from businesses.admin.access import clinic_of
from businesses.admin.filters import WithinReach
from businesses.admin.forms import Sentences, TenantForm
from businesses.admin.parts import LinesOfOneRow, TenantInline
from businesses.admin.tenancy import TenantAdmin
from businesses.forms import KindField
from businesses.models import Business, Resource, ResourceNeed, Service
from businesses.rooms import stranded_by_a_move, visits_to_come
from businesses.zones import zone


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


class WithKinds:
    """A form in which a kind can be typed, and those in use are suggested.

    The suggestions are one list of the page, which its template draws: `kinds.html`.
    """

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        if db_field.name == "kind":
            suggested = AdminTextInputWidget({"list": "kinds-in-use", "autocomplete": "off"})
            options |= {"form_class": KindField, "widget": suggested}
        return super().formfield_for_dbfield(db_field, request, **options)  # type: ignore[misc]


class NeedLines(LinesOfOneRow):
    """What a service needs, with what the page tells beside it."""

    @cached_property
    def kinds(self) -> list[str]:
        return kinds_in_use(self.instance.business)

    @cached_property
    def unmet(self) -> list[str]:
        return unmet_needs(self.instance)


class NeedInline(WithKinds, TenantInline):
    model = ResourceNeed
    formset = NeedLines
    template = "admin/businesses/service/needs.html"
    reads, writes = "services:read", "services:write"
    fields = ("kind", "resource")
    sentences: Sentences = {
        "need_is_a_kind_or_a_resource": (
            "kind",
            gettext_lazy("Name either a kind or one room or device."),
        ),
        "resource_is_needed_once": (
            "resource",
            gettext_lazy("This room or device is there already."),
        ),
    }


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
        "first": date_format(first, "D j M Y, H:i"),
    }


@admin.register(Resource)
class ResourceAdmin(WithKinds, TenantAdmin):
    """What is or was used by appointments is switched off instead of deleted."""

    reads, writes = "services:read", "services:write"
    form = ResourceForm
    list_display = ("name", "kind", "location", "enabled")
    list_filter = ("enabled", "kind", ("location", WithinReach))
    list_select_related = ("location",)
    search_fields = ("name", "kind")
    autocomplete_fields = ("location",)
    fields = ("name", "kind", "location", "enabled")
    change_form_template = "admin/businesses/resource/change_form.html"
    sentences: Sentences = {
        "resource_name_is_unique": (
            "name",
            gettext_lazy("Another room or device here has this name."),
        ),
        "resource_kind_is_lower_case": ("kind", gettext_lazy("Say in a word what it is.")),
    }

    def offered(self, rows: Any) -> Any:
        return rows.filter(enabled=True)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *more: Any, **options: Any
    ) -> HttpResponse:
        clinic = clinic_of(request)
        context["kinds"] = kinds_in_use(clinic) if clinic else []
        return super().render_change_form(request, context, *more, **options)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What would go with them; what stands against it is counted, and what to do instead."""
        told, counts, missing, protected = super().get_deleted_objects(objs, request)
        if protected:
            coming = [count_told(visits_to_come(row), row) for row in objs]
            needs = [_needed_by(row) for row in objs]
            off = _("You can switch it off instead: “Can be used”.")
            protected = [*protected, *filter(None, coming), *filter(None, needs), off]
        return told, counts, missing, protected


def _needed_by(resource: Resource) -> str:
    """The services that need this very room or device; nothing for none."""
    needs = ResourceNeed.objects.filter(resource=resource).order_by("service__name")
    names = ", ".join(needs.values_list("service__name", flat=True))
    if not names:
        return ""
    return _("%(services)s: needs %(thing)s") % {"services": names, "thing": resource}
