"""What the desk knows of a patient, and why one is put away."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from businesses.forms.setup import SetupForm
from businesses.forms.tenancy import TRY_AGAIN
from businesses.models import Business
from businesses.zones import zone
from patients.models import BiologicalSex, Patient
from staff.models import Staff


class PatientForm(SetupForm):
    """A patient's facts. A name is enough; an address is one patient's.

    What another desk changed since the form was shown is told, and not written over.
    """

    sentences = {"patient_email_is_unique": ("email", "")}

    class Meta:
        model = Patient
        fields = (
            "name",
            "dob",
            "phone_mobile",
            "email",
            "alert",
            "primary_staff",
            "biological_sex",
            "gender",
        )
        widgets: ClassVar[dict[str, forms.Widget]] = {
            "dob": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
            "phone_mobile": forms.TextInput(attrs={"type": "tel"}),
            "alert": forms.Textarea(attrs={"rows": 2, "maxlength": 300}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people: Any = self.fields["primary_staff"]
        mine = Staff.objects.of(self.instance.business)
        # Who is no longer here may stay as it was written.
        people.queryset = mine.active() | mine.filter(pk=self.instance.primary_staff_id)
        people.empty_label = _("Nobody in particular")
        sex: Any = self.fields["biological_sex"]
        sex.choices = [("", _("Not known")), *BiologicalSex.choices]
        for field in self.fields.values():
            if not field.widget.is_hidden:
                field.widget.attrs["autocomplete"] = "off"

    def clean_dob(self) -> Any:
        return birth_date(self.cleaned_data["dob"], self.instance.business)

    def clean_email(self) -> str | None:
        email = (self.cleaned_data["email"] or "").strip() or None
        others = Patient.objects.of(self.instance.business).exclude(pk=self.instance.pk)
        if email and (other := others.with_email(email).first()):
            raise _taken(other)
        return email

    def refuse(self, field: str, sentence: Any) -> None:
        """What the database refused, unless `clean_email` says by now who has the address."""
        if field not in self.errors:
            super().refuse(field, sentence or TRY_AGAIN)


def birth_date(day: date | None, business: Business) -> date | None:
    """The day, if somebody can have been born on it: today at the latest, where the clinic is."""
    if day and day > timezone.now().astimezone(zone(business.timezone)).date():
        raise forms.ValidationError(_("Enter a date that has been."), code="future")
    return day


def _taken(other: Patient) -> forms.ValidationError:
    return forms.ValidationError(
        _("%(name)s has this e-mail address. Enter another, or leave it empty."),
        code="taken",
        params={"name": other.name},
    )


class ArchiveForm(SetupForm):
    """A patient put away, and why; or with `restore` taken out again."""

    class Meta:
        model = Patient
        fields = ()

    restore = forms.BooleanField(required=False, widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        required=False,
        help_text=_("Such as: moved away. Shown on the patient’s page."),
    )

    @property
    def archiving(self) -> bool:
        """Whether it was sent to put the patient away."""
        return self.is_bound and "restore" not in self.data

    def save(self, commit: bool = True) -> Patient:
        patient: Patient = self.instance
        back = self.cleaned_data["restore"]
        patient.archived_at = None if back else patient.archived_at or timezone.now()
        patient.archived_reason = "" if back else self.cleaned_data["reason"]
        patient.save(update_fields=["archived_at", "archived_reason", "updated_at"])
        return patient
