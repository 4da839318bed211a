"""When people work, and when they can't be booked."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy

from businesses.admin.filters import WithinReach
from businesses.admin.parts import TenantInline
from businesses.admin.tenancy import TenantAdmin
from businesses.admin.words import in_lines
from businesses.forms.tenancy import Sentences
from businesses.zones import zone
from staff.forms.hours import OVERLAPPING
from staff.models import (
    ExternalEvent,
    WorkingHoursSchedule,
)


def at_clinic(moment: Any, business: Any) -> str:
    """A moment on the clinic's clock."""
    local = timezone.localtime(moment, zone(business.timezone))
    return date_format(local, "DAY_YEAR_TIME_FORMAT")


class ScheduleInline(TenantInline):
    model = WorkingHoursSchedule
    template = "admin/edit_inline/stacked.html"
    reads, writes = "staff:read", "staff:write"
    fields = (("date_start", "date_end"), "working_hours", "timezone")
    sentences = OVERLAPPING


@admin.register(WorkingHoursSchedule)
class WorkingHoursScheduleAdmin(TenantAdmin):
    reads, writes = "staff:read", "staff:write"
    list_display = ("staff", "date_start", "date_end", "timezone")
    told: ClassVar[Any] = {"working_hours": "working_hours_told"}
    list_filter = (("staff", WithinReach), "date_start")
    list_select_related = ("staff",)
    search_fields = ("staff__name",)
    date_hierarchy = "date_start"
    autocomplete_fields = ("staff",)
    fields = ("staff", ("date_start", "date_end"), "working_hours", "timezone")
    sentences = OVERLAPPING

    @admin.display(description=gettext_lazy("working hours"))
    def working_hours_told(self, schedule: WorkingHoursSchedule) -> str:
        return in_lines(schedule.working_hours)


class SpanAdmin(TenantAdmin):
    """Something of one person from one moment to another, on the clinic's clock."""

    reads, writes = "staff:read", "staff:write"
    list_select_related = ("staff",)
    date_hierarchy = "starts_at"
    autocomplete_fields = ("staff",)
    in_clinic_time = True

    @admin.display(description=gettext_lazy("from"), ordering="starts_at")
    def starts(self, span: Any) -> str:
        return at_clinic(span.starts_at, span.business)

    @admin.display(description=gettext_lazy("until"), ordering="ends_at")
    def ends(self, span: Any) -> str:
        return at_clinic(span.ends_at, span.business)


ENDS_FIRST = ("ends_at", gettext_lazy("It ends before it begins."))


@admin.register(ExternalEvent)
class ExternalEventAdmin(SpanAdmin):
    list_display = ("__str__", "staff", "starts", "ends", "busy")
    list_filter = (("staff", WithinReach), "busy", "starts_at")
    search_fields = ("title", "staff__name", "external_id")
    fields = ("staff", "starts_at", "ends_at", "title", "busy", "external_id")
    sentences: Sentences = {
        "external_event_ends_after_start": ENDS_FIRST,
        "external_event_is_there_once": (
            "external_id",
            gettext_lazy("This person has an event with this id already."),
        ),
    }
