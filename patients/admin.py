"""Patients in the admin: found as the desk finds them, archived and never deleted."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy, ngettext

from businesses.admin.filters import Given
from businesses.admin.tenancy import TenantAdmin
from businesses.forms.tenancy import Sentences
from patients.models import Patient


class Archived(Given):
    title = gettext_lazy("archived")
    parameter_name = "archived"
    column = "archived_at"


@admin.register(Patient)
class PatientAdmin(TenantAdmin):
    reads, writes = "patients:read", "patients:write"
    list_display = ("name", "dob", "phone_mobile", "email", "is_archived")
    list_filter = (Archived, "biological_sex")
    search_fields = ("name", "email", "phone_mobile", "dob")
    search_help_text = gettext_lazy("Name, phone, e-mail or birth date, in any order.")
    date_hierarchy = "created_at"
    autocomplete_fields = ("primary_staff",)
    actions = ("archive", "restore")
    readonly_fields = ("archived_at",)
    sentences: Sentences = {
        "patient_email_is_unique": (
            "email",
            gettext_lazy("Another patient here has this e-mail address."),
        )
    }
    fieldsets = (
        (None, {"fields": ("name", "dob", "phone_mobile", "email", "primary_staff", "alert")}),
        (
            gettext_lazy("Details"),
            {"fields": ("biological_sex", "gender", ("height", "weight"), "timezone")},
        ),
        (gettext_lazy("Archive"), {"fields": ("archived_at", "archived_reason")}),
    )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def offered(self, rows: Any) -> Any:
        return rows.unarchived()

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """Best matches first, unless another order was asked for."""
        if not search_term.strip():
            return queryset, False
        order = queryset.query.order_by
        found = queryset.matching(search_term)
        return (found.order_by(*order) if "o" in request.GET else found), False

    @admin.display(description=gettext_lazy("archived"), boolean=True, ordering="archived_at")
    def is_archived(self, patient: Patient) -> bool:
        return patient.archived_at is not None

    def has_archive_permission(self, request: HttpRequest) -> bool:
        return self.may(request, self.writes)

    @admin.action(
        description=gettext_lazy("Archive the selected patients"), permissions=["archive"]
    )
    def archive(self, request: HttpRequest, queryset: Any) -> None:
        self._set_archived(request, queryset, timezone.now())

    @admin.action(
        description=gettext_lazy("Restore the selected patients"), permissions=["archive"]
    )
    def restore(self, request: HttpRequest, queryset: Any) -> None:
        self._set_archived(request, queryset, None)

    def _set_archived(self, request: HttpRequest, queryset: Any, moment: Any) -> None:
        able = [one.pk for one in queryset if self.has_change_permission(request, one)]
        changed = Patient.objects.filter(
            pk__in=able, archived_at__isnull=moment is not None
        ).update(archived_at=moment, updated_at=timezone.now())
        told = ngettext("%(count)d patient is changed.", "%(count)d patients are changed.", changed)
        self.message_user(
            request, told % {"count": changed}, messages.SUCCESS if changed else messages.WARNING
        )
