"""What the booking commands write beside the appointments: there to be read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from appointments.models import AdditionalHost, GroupSlot, HeldResource, HeldTime
from businesses.admin.filters import WithinReach
from businesses.admin.tenancy import ReadOnlyAdmin
from staff.admin.hours import at_clinic


class SpanOfTime(ReadOnlyAdmin):
    reads = "appointments:read"
    in_clinic_time = True
    date_hierarchy = "starts_at"

    @admin.display(description=_("start"), ordering="starts_at")
    def starts(self, row: Any) -> str:
        return at_clinic(row.starts_at, row.business)

    @admin.display(description=_("end"), ordering="ends_at")
    def ends(self, row: Any) -> str:
        return at_clinic(row.ends_at, row.business)

    @admin.display(description=_("with buffers"))
    def before_and_after(self, held: Any) -> str:
        span = held.during
        return " – ".join(at_clinic(moment, held.business) for moment in (span.lower, span.upper))


@admin.register(GroupSlot)
class GroupSlotAdmin(SpanOfTime):
    list_display = ("service", "staff", "starts", "ends", "places")
    list_filter = (("service", WithinReach), ("staff", WithinReach), "starts_at")
    list_select_related = ("service", "staff")
    search_fields = ("service__name", "staff__name")
    fields = ("service", "staff", "starts", "ends", "places", "created_at")


@admin.register(HeldTime)
class HeldTimeAdmin(SpanOfTime):
    list_display = ("staff", "starts", "ends", "appointment", "place_told", "overbooked")
    list_filter = (("staff", WithinReach), "overbooked", "starts_at")
    list_select_related = ("staff", "appointment")
    search_fields = ("staff__name", "appointment__patient__name")
    fields = (
        "staff",
        "appointment",
        "starts",
        "ends",
        "before_and_after",
        "group_slot",
        "place_told",
        "overbooked",
    )

    @admin.display(description=_("place"))
    def place_told(self, held: HeldTime) -> str:
        return f"{held.place} / {held.places}"


@admin.register(HeldResource)
class HeldResourceAdmin(SpanOfTime):
    list_display = ("resource", "starts", "ends", "appointment")
    list_filter = (("resource", WithinReach), "starts_at")
    list_select_related = ("resource", "appointment")
    search_fields = ("resource__name", "resource__kind", "appointment__patient__name")
    fields = ("resource", "appointment", "starts", "ends", "before_and_after", "group_slot")


@admin.register(AdditionalHost)
class AdditionalHostAdmin(ReadOnlyAdmin):
    reads = "appointments:read"
    list_display = ("staff", "appointment", "created_at")
    list_filter = (("staff", WithinReach),)
    list_select_related = ("staff", "appointment")
    search_fields = ("staff__name", "appointment__patient__name")
    date_hierarchy = "created_at"
    fields = ("staff", "appointment", "created_at")
