"""Booking by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from appointments.acceptance import BookingRequest
from appointments.forms.repeating import MOST, REPEATS, rule_for
from appointments.forms.start import StartForm, lengths_of, people_for, provided_by
from businesses.models import Business, Service
from patients.models import Patient
from staff.models import Staff

QUESTION = "question_"
NEWCOMER = ("new_name", "new_phone", "new_email", "new_birth_date")


def uuid_in(text: Any) -> UUID | None:
    """The id that was sent; none for nonsense."""
    try:
        return UUID(str(text or ""))
    except ValueError:
        return None


def service_in(business: Business, typed: Mapping[str, Any]) -> Service | None:
    """The bookable service that was chosen, with its lengths and questions; or none."""
    chosen = uuid_in(typed.get("service"))
    if chosen is None:
        return None
    found: Service | None = (
        Service.objects.of(business)
        .filter(pk=chosen, enabled=True)
        .prefetch_related("durations", "questions")
        .first()
    )
    return found


def _whole(value: str | float) -> str | int | float:
    """Two children as 2, not 2.0; beyond 53 bits a float is no whole number any more."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value


def _taken(other: Patient) -> forms.ValidationError:
    return forms.ValidationError(
        _("%(name)s has this e-mail address. Choose that patient, or leave it empty."),
        code="taken",
        params={"name": other.name},
    )


class BookingForm(StartForm):
    """One appointment, as the front desk takes it down. Times are the business's wall clock."""

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
    column = forms.UUIDField(
        required=False,
        widget=forms.HiddenInput,
        help_text=_("Of whose column it was opened: only their services are offered."),
    )
    service = forms.ChoiceField(label=_("Service"))
    duration = forms.TypedChoiceField(label=_("Length"), coerce=int)
    staff = forms.ChoiceField(label=_("With"), required=False)
    repeat = forms.ChoiceField(label=_("Repeats"), choices=REPEATS, required=False)
    times = forms.IntegerField(
        label=_("How many visits"), required=False, min_value=2, max_value=MOST, initial=6
    )
    location = forms.CharField(
        label=_("Another place"),
        help_text=_("An address or a link. Empty: where the service usually is."),
        required=False,
        max_length=500,
    )
    notes = forms.CharField(
        label=_("Notes"),
        help_text=_("Seen by staff only."),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    tags = forms.CharField(
        label=_("Tags"), help_text=_("With commas between."), required=False, max_length=500
    )

    field_order = (
        "submission",
        "q",
        "patient",
        "new_name",
        "new_phone",
        "new_email",
        "new_birth_date",
        "new_anyway",
        "column",
        "service",
        "duration",
        "staff",
        "date",
        "time",
        "which",
        "repeat",
        "times",
    )

    def __init__(self, *args: Any, chosen_service: Service | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.chosen_service = chosen_service
        self.person = self._person()
        self.offer("service", _("Choose a service"), self._services())
        lengths = lengths_of(chosen_service, self.business) if chosen_service else []
        self.offer("duration", _("Choose a length") if len(lengths) != 1 else "", lengths)
        self.offer("staff", _("Anyone (least busy)"), self._people())
        for question in chosen_service.questions.all() if chosen_service else ():
            self.fields[f"{QUESTION}{question.pk}"] = (
                forms.FloatField(label=question.question, required=False)
                if question.kind == "number"
                else forms.CharField(label=question.question, required=False, max_length=2000)
            )

    def _services(self) -> list[tuple[str, str]]:
        services = Service.objects.of(self.business).filter(enabled=True)
        if self.person is not None:
            services = services.filter(provided_by(self.person))
        return [(str(pk), name) for pk, name in services.values_list("pk", "name")]

    def _people(self) -> list[tuple[str, str]]:
        """Who provides the service; before one is chosen, whose column it was opened from."""
        if self.chosen_service:
            return people_for(self.chosen_service)
        return [(str(self.person.pk), self.person.name)] if self.person else []

    def _person(self) -> Staff | None:
        """Whose column it was opened from, if anybody's."""
        column = uuid_in(self["column"].value())
        mine = Staff.objects.of(self.business).active()
        found: Staff | None = mine.filter(pk=column).first() if column else None
        return found

    @property
    def questions(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith(QUESTION)]

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

    def clean_tags(self) -> tuple[str, ...]:
        words = (word.strip() for word in self.cleaned_data["tags"].split(","))
        tags = tuple(dict.fromkeys(filter(None, words)))
        if any(len(tag) > 50 for tag in tags):
            raise forms.ValidationError(_("A tag has at most 50 characters."), code="too_long")
        return tags

    def clean(self) -> dict[str, Any]:
        sent = self.cleaned_data
        if "service" in self.errors:  # what depends on it can't be right yet
            self.errors.pop("duration", None)
            self.errors.pop("staff", None)
        self._clean_patient(bool(sent.get("patient")))
        if sent.get("repeat") and sent.get("times") is None and "times" not in self.errors:
            self.add_error("times", _("Enter how many visits."))
        return super().clean()

    def _clean_patient(self, is_chosen: bool) -> None:
        """One from the list, or a new one with a name; never both."""
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

    @property
    def rrule(self) -> str:
        """The rule by which it repeats, once the form is valid; empty for one appointment."""
        sent = self.cleaned_data
        if not sent.get("repeat"):
            return ""
        return rule_for(sent["repeat"], sent["times"], sent["date"])

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

    def request(self, patient_id: UUID) -> BookingRequest:
        """The command's input, once the form is valid."""
        sent = self.cleaned_data
        answers = tuple(
            (UUID(name.removeprefix(QUESTION)), _whole(value))
            for name, value in sent.items()
            if name.startswith(QUESTION) and value not in ("", None)
        )
        if self.starts_at is None:
            raise ValueError("The form is not valid.")
        return BookingRequest(
            service_id=UUID(sent["service"]),
            patient_id=patient_id,
            starts_at=self.starts_at.astimezone(UTC),
            minutes=sent["duration"],
            staff_id=UUID(sent["staff"]) if sent["staff"] else None,
            location=sent["location"],
            answers=answers,
            tags=sent["tags"],
            notes=sent["notes"],
        )
