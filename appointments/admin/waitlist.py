"""Who waits for a time: there to be read, since the desk's pages alone change it."""

from __future__ import annotations

from django.contrib import admin

from appointments.models import WaitlistEntry
from businesses.admin.filters import WithinReach
from businesses.admin.tenancy import ReadOnlyAdmin


@admin.register(WaitlistEntry)
class WaitlistEntryAdmin(ReadOnlyAdmin):
    reads = "appointments:read"
    list_display = ("patient", "service", "urgency", "status", "first_day", "last_day")
    list_filter = ("status", "urgency", ("service", WithinReach))
    list_select_related = ("patient", "service")
    search_fields = ("patient__name", "service__name")
    date_hierarchy = "created_at"
    fields = (
        "patient",
        "service",
        "minutes",
        "staff_ids",
        "first_day",
        "last_day",
        "weekdays",
        "not_before",
        "not_after",
        "notice_hours",
        "urgency",
        "note",
        "status",
        "offered_time",
        "tried_at",
        "tries",
        "appointment",
        "instead_of",
        "created_by",
        "created_at",
    )
