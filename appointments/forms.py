"""The forms of the desk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from appointments.acceptance import BookingRequest
from businesses.models import Business, Service
from businesses.money import amount
from businesses.zones import moments_at, zone
from patients.models import Patient
from staff.models import Staff

QUESTION = "question_"
# What a refusal of the API calls a field, and what the form calls it.
FIELDS = {
    "patientId": "patient",
    "serviceId": "service",
    "duration": "duration",
    "staffId": "staff",
    "date": "date",
}


def service_in(business: Business, typed: Mapping[str, Any]) -> Service | None:
    """The bookable service that was chosen, with its lengths and questions; or none."""
    try:
        chosen = UUID(str(typed.get("service", "")))
    except ValueError:
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


class BookingForm(forms.Form):
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
    service = forms.ChoiceField(label=_("Service"))
    duration = forms.TypedChoiceField(label=_("Length"), coerce=int)
    staff = forms.ChoiceField(label=_("With"), required=False)
    date = forms.DateField(
        label=_("Date"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    time = forms.TimeField(
        label=_("Time"),
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time", "list": "times"}),
    )
    which = forms.ChoiceField(
        label=_("Which of the two"),
        choices=[("", "—"), ("0", _("The earlier one")), ("1", _("The later one"))],
        required=False,
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
    override_reason = forms.CharField(label=_("Reason"), required=False, max_length=500, strip=True)

    def __init__(
        self,
        *args: Any,
        business: Business,
        chosen_service: Service | None,
        overriding: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.business = business
        self.chosen_service = chosen_service
        self.comes_twice = False
        self.starts_at: datetime | None = None
        self.overriding = overriding
        self._choices("service", _("Choose a service"), self._services())
        lengths = self._lengths()
        self._choices("duration", _("Choose a length") if len(lengths) != 1 else "", lengths)
        self._choices("staff", _("Anyone (least busy)"), self._staff())
        for question in chosen_service.questions.all() if chosen_service else ():
            self.fields[f"{QUESTION}{question.pk}"] = (
                forms.FloatField(label=question.question, required=False)
                if question.kind == "number"
                else forms.CharField(label=question.question, required=False, max_length=2000)
            )

    def _choices(self, name: str, empty: Any, choices: Iterable[tuple[str, Any]]) -> None:
        field: Any = self.fields[name]
        field.choices = [("", empty), *choices] if empty else list(choices)

    def _services(self) -> list[tuple[str, str]]:
        services = Service.objects.of(self.business).filter(enabled=True)
        return [(str(pk), name) for pk, name in services.values_list("pk", "name")]

    def _lengths(self) -> list[tuple[str, str]]:
        if self.chosen_service is None:
            return []
        currency = self.chosen_service.currency or self.business.currency
        return [
            (
                str(one.minutes),
                ngettext("%(n)d minute", "%(n)d minutes", one.minutes) % {"n": one.minutes}
                + (f" · {amount(one.price, currency)}" if one.price else ""),
            )
            for one in self.chosen_service.durations.all()
        ]

    def _staff(self) -> list[tuple[str, str]]:
        if self.chosen_service is None:
            return []
        providers = Staff.objects.providers_of(self.chosen_service)
        return [(str(pk), name) for pk, name in providers.values_list("pk", "name")]

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

    def clean_override_reason(self) -> str:
        """Wanted by one button alone: the browser must not ask for it when another is pressed."""
        reason: str = self.cleaned_data["override_reason"]
        if self.overriding and not reason:
            raise forms.ValidationError(_("Give a reason."), code="required")
        return reason

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
        if sent.get("date") and sent.get("time"):
            self._clean_start(datetime.combine(sent["date"], sent["time"]))
        return sent

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
        names = (name for name in self.fields if name.startswith("new_"))
        return any(str(self[name].value() or "").strip() for name in names)

    def _clean_start(self, wall: datetime) -> None:
        if not 1900 <= wall.year < 2200:
            self.add_error("date", _("Enter a date between 1900 and 2199."))
            return
        place = zone(self.business.timezone)
        moments = moments_at(wall, place)
        self.comes_twice = len(moments) > 1
        if self.comes_twice:
            names = [f"{moment.astimezone(place):%H:%M %Z}" for moment in moments]
            words = (_("The earlier one, %s"), _("The later one, %s"))
            both = [(str(i), words[i] % name) for i, name in enumerate(names)]
            self._choices("which", _("Choose one"), both)
        if not moments:
            self.add_error(
                "time", _("The clocks go forward that night and skip this time. Enter another.")
            )
        elif self.comes_twice and not self.cleaned_data.get("which"):
            self.add_error(
                "which", _("The clocks go back that night: this time comes twice. Choose one.")
            )
        else:
            self.starts_at = (
                moments[int(self.cleaned_data["which"])] if self.comes_twice else (moments[0])
            )

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


class ReasonForm(forms.Form):
    """Why an appointment is overbooked, or cancelled."""

    override_reason = forms.CharField(label=_("Reason"), max_length=500)


class CancelForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"), max_length=500, required=False, help_text=_("Kept in the history.")
    )
