"""Appointments in the admin: booked, approved and cancelled by the same commands as everywhere."""

from __future__ import annotations

from hashlib import sha256
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.helpers import AdminForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appointments.acceptance import Override
from appointments.admin.booking_form import FIELDS, OVERRIDE, BookingForm
from appointments.admin.deciding import Deciding, may_be_lifted
from appointments.admin.explained import Explained
from appointments.booking import book
from appointments.clashes import explain
from appointments.errors import (
    BadRequest,
    Clash,
    KeyReused,
    Refusal,
)
from appointments.idempotency import Claim, answer_once
from appointments.models import AdditionalHost, Appointment
from appointments.replies import Answer
from businesses.admin.access import actor_in, clinic_of
from businesses.admin.filters import WithinReach
from businesses.admin.parts import ReadOnlyInline
from businesses.models import Business
from businesses.money import amount
from businesses.zones import zone
from patients.models import Patient
from staff.admin.hours import at_clinic


class AdditionalHostInline(ReadOnlyInline):
    model = AdditionalHost
    reads = writes = "appointments:read"
    fields = ("staff",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("staff")


@admin.register(Appointment)
class AppointmentAdmin(Deciding, Explained):
    """An appointment's facts are read here; notes, tags and payment can be edited."""

    reads, writes = "appointments:read", "appointments:write"
    list_display = ("when", "patient", "service", "staff", "status", "price_told", "overbooked")
    list_filter = (
        "status",
        ("staff", WithinReach),
        ("service", WithinReach),
        ("location", WithinReach),
        "overbooked",
        "source",
        "starts_at",
    )
    list_select_related = ("patient", "service", "staff")
    search_fields = ("patient__name",)
    search_help_text = gettext_lazy("The patient’s name, phone, e-mail or birth date.")
    date_hierarchy = "starts_at"
    ordering = ("-starts_at", "id")
    in_clinic_time = True
    inlines = (AdditionalHostInline,)
    actions = ("approve_selected", "cancel_selected")
    add_form_template = "admin/appointments/appointment/book.html"
    change_form_template = "admin/appointments/appointment/change_form.html"
    readonly_fields = (
        "when",
        "patient",
        "service",
        "staff",
        "status",
        "price_told",
        "location",
        "location_type",
        "location_value",
        "answers_told",
        "overbooked",
        "override_reason",
        "cancelled",
        "cancelled_by",
        "cancel_reason",
        "first_start",
        "group_slot",
        "patient_timezone",
        "rooms_told",
        "why_told",
        "series_told",
        "source",
        "created_at",
        "updated_at",
    )
    fieldsets = (
        (None, {"fields": ("when", "patient", "service", "staff", "status", "price_told")}),
        (
            gettext_lazy("Open to change"),
            {"fields": ("notes", "tags", "payment_provider", "payment_id")},
        ),
        (
            gettext_lazy("Where"),
            {"fields": ("location", "location_type", "location_value", "rooms_told")},
        ),
        (
            gettext_lazy("What happened"),
            {
                "fields": (
                    "overbooked",
                    "override_reason",
                    "cancelled",
                    "cancelled_by",
                    "cancel_reason",
                    "first_start",
                    "source",
                    "created_at",
                    "updated_at",
                )
            },
        ),
        (
            gettext_lazy("More"),
            {
                "fields": (
                    "why_told",
                    "series_told",
                    "answers_told",
                    "group_slot",
                    "patient_timezone",
                )
            },
        ),
    )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: an appointment is cancelled, and stays to be seen."""
        return False

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        if not search_term.strip():
            return queryset, False
        patients = Patient.objects.visible_to(request.user).matching(search_term).order_by()
        return queryset.filter(patient__in=patients.values("pk")), False

    # --- In words --------------------------------------------------------------------------

    @admin.display(description=gettext_lazy("when"), ordering="starts_at")
    def when(self, visit: Appointment) -> str:
        ends = timezone.localtime(visit.ends_at, zone(visit.business.timezone))
        return f"{at_clinic(visit.starts_at, visit.business)}–{date_format(ends, 'TIME_FORMAT')}"

    @admin.display(description=gettext_lazy("price"), ordering="price")
    def price_told(self, visit: Appointment) -> str:
        return amount(visit.price, visit.currency)

    @admin.display(description=gettext_lazy("cancelled"))
    def cancelled(self, visit: Appointment) -> str:
        return at_clinic(visit.cancelled_at, visit.business) if visit.cancelled_at else "—"

    @admin.display(description=gettext_lazy("first start"))
    def first_start(self, visit: Appointment) -> str:
        moment = visit.original_starts_at
        return at_clinic(moment, visit.business) if moment else "—"

    @admin.display(description=gettext_lazy("answers"))
    def answers_told(self, visit: Appointment) -> str:
        lines = [(one.get("question"), one.get("answer")) for one in visit.answers]
        return format_html_join("", "{}: {}<br>", lines) or "—"

    # --- Booking ---------------------------------------------------------------------------

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The booking form. The command has its own transaction, so this view opens none."""

        def answer() -> HttpResponse:
            choice = self.begin(request)
            clinic = clinic_of(request)
            if choice is not None or clinic is None:
                return choice or HttpResponse(status=404)
            return self._booking(request, clinic)

        return self.in_zone(request, answer)

    def _booking(self, request: HttpRequest, clinic: Business) -> HttpResponse:
        if request.method != "POST":
            named = {
                name: request.GET[name]
                for name in ("patient", "service", "staff")
                if name in request.GET
            }
            form = BookingForm(initial=named, business=clinic, site=self.admin_site)
            return self._booking_page(request, form)
        form = BookingForm(request.POST, business=clinic, site=self.admin_site)
        actor = actor_in(request, clinic.pk)
        offered = "override_offered" in request.POST and actor.may("appointments:override")
        if not offered:
            form.without_override()
        if not form.is_valid():
            return self._booking_page(request, form, offered=offered)
        override = None
        if offered and form.cleaned_data["override"]:
            override = Override(form.cleaned_data["override_reason"])

        def booked(_claim_id: UUID) -> tuple[Answer, bool]:
            record = book(
                business_id=clinic.pk,
                request=form.request(),
                by=actor,
                override=override,
                needs_approval=False,
            )
            page = reverse("admin:appointments_appointment_change", args=[record.id])
            return Answer(302, headers={"Location": page}), False

        try:
            made, repeated = answer_once(self._claim(request, form, clinic), timezone.now(), booked)
        except Refusal as refusal:
            able = may_be_lifted(refusal) and actor.may("appointments:override")
            return self._refused(request, form, refusal, offered=able)
        if not repeated:
            self.message_user(request, _("The appointment is booked."), messages.SUCCESS)
        return redirect(made.headers["Location"])

    def _claim(self, request: HttpRequest, form: BookingForm, clinic: Business) -> Claim:
        """A form that is sent twice books once."""
        sent = sorted((name, tuple(values)) for name, values in request.POST.lists())
        return Claim(
            clinic.pk,
            actor_in(request, clinic.pk).principal,
            f"admin:{form.cleaned_data['submission']}",
            sha256(repr(sent).encode()).digest(),
        )

    def _refused(
        self, request: HttpRequest, form: BookingForm, refusal: Refusal, *, offered: bool
    ) -> HttpResponse:
        """The form as it was typed, with what is in the way."""
        if isinstance(refusal, Clash):
            explain(refusal)
        elif isinstance(refusal, KeyReused):
            form.add_error(None, _("This page has booked an appointment already; open a new one."))
        else:
            field = FIELDS.get(refusal.field) if isinstance(refusal, BadRequest) else None
            form.add_error(field, refusal.sentence)
        return self._booking_page(request, form, refusal=refusal, offered=offered)

    def _booking_page(
        self,
        request: HttpRequest,
        form: BookingForm,
        *,
        refusal: Refusal | None = None,
        offered: bool = False,
    ) -> HttpResponse:
        groups = [
            (None, {"fields": ["patient", "service", "minutes", "staff"]}),
            (_("When"), {"fields": ["day", "time", "which"]}),
            (
                _("More"),
                {
                    "fields": [
                        "additional_staff",
                        "location",
                        "tags",
                        "notes",
                        "payment_provider",
                        "payment_id",
                    ]
                },
            ),
        ]
        if offered:
            for name in OVERRIDE:
                form.fields.setdefault(name, BookingForm.base_fields[name])
            groups.insert(0, (_("Although something is in the way"), {"fields": [*OVERRIDE]}))
        plain: Any = form  # Django's helper draws forms of any kind
        drawn = AdminForm(plain, groups, {}, (), model_admin=self)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Book an appointment"),
            "subtitle": str(form.business),
            "adminform": drawn,
            "original": None,
            "is_popup": False,
            "to_field": None,
            "media": self.media + drawn.media,
            "inline_admin_formsets": [],
            "errors": form.errors,
            "preserved_filters": self.get_preserved_filters(request),
            "clash": refusal if isinstance(refusal, Clash) else None,
            "override_offered": offered,
        }
        return self.render_change_form(request, context, add=True)
