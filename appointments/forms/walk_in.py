"""Somebody who is here without an appointment."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from appointments.acceptance import BookingRequest
from appointments.forms.start import lengths_of
from businesses.models import Business, Service
from patients.models import Patient


class WalkInForm(forms.Form):
    """Who is here, for what, and who sees them when."""

    submission = forms.UUIDField(widget=forms.HiddenInput)
    q = forms.CharField(
        label=_("Search"),
        help_text=_("Name, phone, e-mail or date of birth."),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    patient = forms.UUIDField(
        label=_("Patient"),
        required=False,
        error_messages={"invalid": _("Choose a patient from the list.")},
    )
    new_name = forms.CharField(
        label=_("Name"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    new_phone = forms.CharField(
        label=_("Phone"),
        required=False,
        max_length=50,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
    )
    service = forms.ChoiceField(label=_("Service"))
    duration = forms.TypedChoiceField(label=_("Length"), coerce=int)
    seen = forms.CharField(
        label=_("Seen by"),
        max_length=100,
        error_messages={"required": _("Choose who sees them.")},
    )

    def __init__(
        self, *args: Any, business: Business, chosen_service: Service | None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.business = business
        services = Service.objects.of(business).filter(enabled=True).values_list("pk", "name")
        service: Any = self.fields["service"]
        service.choices = [
            ("", _("Choose a service")),
            *((str(pk), name) for pk, name in services),
        ]
        duration: Any = self.fields["duration"]
        duration.choices = lengths_of(chosen_service, business) if chosen_service else []

    def clean_seen(self) -> tuple[datetime, UUID]:
        """The start and the person that a button of the list stands for."""
        moment, _blank, staff_id = self.cleaned_data["seen"].partition(" ")
        try:
            start, host = datetime.fromisoformat(moment), UUID(staff_id)
        except ValueError:
            start, host = None, None
        if start is None or host is None or start.tzinfo is None:
            raise forms.ValidationError(_("Choose who sees them."), code="invalid")
        return start, host

    def clean(self) -> dict[str, Any]:
        sent = self.cleaned_data
        if "patient" not in self.errors:
            if sent.get("patient") and sent.get("new_name"):
                self.add_error(
                    "patient",
                    _("A patient is chosen and a new one is typed in. Empty the new one's fields."),
                )
            elif not sent.get("patient") and not sent.get("new_name"):
                self.add_error("patient", _("Choose a patient, or add a new one."))
        return sent

    def new_patient(self) -> Patient | None:
        """Somebody who is not in the books yet, unsaved; none when a patient was chosen."""
        sent = self.cleaned_data
        if sent["patient"]:
            return None
        return Patient(
            business=self.business, name=sent["new_name"], phone_mobile=sent["new_phone"]
        )

    def request(self, patient_id: UUID) -> BookingRequest:
        """The command's input, once the form is valid."""
        sent = self.cleaned_data
        start, staff_id = sent["seen"]
        return BookingRequest(
            service_id=UUID(sent["service"]),
            patient_id=patient_id,
            starts_at=start,
            minutes=sent["duration"],
            staff_id=staff_id,
        )
