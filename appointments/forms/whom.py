"""Whom a visit is for: a patient from the list, or somebody new; never both."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from appointments.forms.patients import birth_date
from businesses.models import Business
from patients.models import Patient

NEWCOMER = ("new_name", "new_phone", "new_email", "new_birth_date")
WHOM = ("submission", "q", "patient", *NEWCOMER, "new_anyway")


def uuid_in(text: Any) -> UUID | None:
    """The id that was sent; none for nonsense."""
    try:
        return UUID(str(text or ""))
    except ValueError:
        return None


def _taken(other: Patient) -> forms.ValidationError:
    return forms.ValidationError(
        _("%(name)s has this e-mail address. Choose that patient, or leave it empty."),
        code="taken",
        params={"name": other.name},
    )


class WhomForm(forms.Form):
    """The patient's part of every form that books; templates/appointments/parts/patient.html."""

    business: Business

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
    new_email = forms.EmailField(
        label=_("E-mail"),
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    new_birth_date = forms.DateField(
        label=_("Date of birth"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "autocomplete": "off"}),
    )
    new_anyway = forms.BooleanField(label=_("Somebody else: add as a new patient"), required=False)

    def clean_new_email(self) -> str | None:
        email = self.cleaned_data["new_email"].strip() or None
        taken = Patient.objects.of(self.business).filter(email__iexact=email) if email else None
        if taken is not None and (other := taken.first()):
            raise _taken(other)
        return email

    def refuse_taken_email(self) -> None:
        """Somebody has the new patient's address by now."""
        email = self.cleaned_data["new_email"]
        self.add_error(
            "new_email", _taken(Patient.objects.of(self.business).get(email__iexact=email))
        )

    def clean_new_birth_date(self) -> date | None:
        return birth_date(self.cleaned_data["new_birth_date"], self.business)

    def clean(self) -> dict[str, Any]:
        sent = super().clean() or self.cleaned_data
        self._clean_patient(bool(sent.get("patient")))
        return sent

    def _clean_patient(self, is_chosen: bool) -> None:
        """One from the list, or a new one with a name."""
        if self.errors.keys() & {"patient", "new_name"}:
            return
        if is_chosen and self.types_newcomer:
            self.add_error(
                "patient",
                _("A patient is chosen and a new one is typed in. Empty the new one's fields."),
            )
        elif not is_chosen and self.types_newcomer and not self.cleaned_data["new_name"]:
            self.add_error("new_name", _("Enter the new patient's name."))
        elif not is_chosen and not self.types_newcomer:
            self.add_error("patient", _("Choose a patient, or add a new one."))

    @property
    def types_newcomer(self) -> bool:
        """Whether something is typed for a patient who is not in the books yet."""
        return any(str(self[name].value() or "").strip() for name in NEWCOMER)

    def new_patient(self) -> Patient | None:
        """Somebody who is not in the books yet, unsaved; none when a patient was chosen."""
        sent = self.cleaned_data
        if sent["patient"]:
            return None
        return Patient(
            business=self.business,
            name=sent["new_name"],
            phone_mobile=sent["new_phone"],
            email=sent["new_email"],
            dob=sent["new_birth_date"],
        )
