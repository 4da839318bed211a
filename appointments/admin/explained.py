"""What an appointment's page in the admin tells of its rooms, its series, and why it is so."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from appointments.models import Appointment
from appointments.record import Why, find_why
from appointments.wording import explained, repeats
from businesses.admin.tenancy import TenantAdmin


class Explained(TenantAdmin):
    """Fields in words, for somebody with `appointments:explain` the reasons too."""

    REASONS = "why_told"

    def sections(self, request: HttpRequest, obj: Any = None) -> Any:
        sections = super().sections(request, obj)
        if obj is None or self.may(request, "appointments:explain", obj):
            return sections
        return [
            (title, {**options, "fields": [x for x in options["fields"] if x != self.REASONS]})
            for title, options in sections
        ]

    @admin.display(description=_("rooms and devices"))
    def rooms_told(self, visit: Appointment) -> str:
        return ", ".join(room.name for room in _why(visit).resources) or "—"

    @admin.display(description=_("why this staff member"))
    def why_told(self, visit: Appointment) -> str:
        why = explained(_why(visit), visit.staff_id)
        return render_to_string("admin/appointments/appointment/why.html", {"why": why})

    @admin.display(description=_("series"))
    def series_told(self, visit: Appointment) -> str:
        """Which of its series it is, with the way to the others. Two queries in a series."""
        series = visit.series
        if series is None:
            return "—"
        others = Appointment.objects.of(visit.business).filter(series_id=series.pk)
        told = {
            "visit": visit,
            "dates": series.dates,
            "repeats": repeats(series.rrule),
            "others": others.order_by("series_number").values(
                "id", "series_number", "starts_at", "status"
            ),
        }
        return render_to_string("admin/appointments/appointment/series.html", told)


def _why(visit: Any) -> Why:
    """Looked up once for the page."""
    if not hasattr(visit, "why"):
        visit.why = find_why(visit.business_id, visit.pk)
    found: Why = visit.why
    return found
