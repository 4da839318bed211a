"""Rooms and devices in the admin, and which of them a service needs."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib import admin
from django.contrib.admin.widgets import AdminTextInputWidget
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from businesses.admin.access import clinic_of
from businesses.admin.filters import WithinReach
from businesses.admin.parts import LinesOfOneRow, TenantInline
from businesses.admin.tenancy import TenantAdmin
from businesses.forms.rooms import (
    RESOURCE_SENTENCES,
    KindField,
    ResourceForm,
    count_told,
    kinds_in_use,
    unmet_needs,
)
from businesses.forms.tenancy import Sentences
from businesses.models import Resource, ResourceNeed
from businesses.rooms import visits_to_come


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
    sentences = RESOURCE_SENTENCES

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
