"""What somebody who waits for a time wishes for."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from appointments.forms.start import lengths_of, people_for
from appointments.forms.whom import WhomForm
from appointments.models import Appointment, Urgency, WaitlistEntry
from businesses.forms.setup import STALE
from businesses.models import Business, Service
from businesses.zones import FIRST_YEAR, LAST_YEAR
from patients.models import Patient

NOON = time(12)
TIMES = (
    ("", _("Any time of the day")),
    ("mornings", _("Mornings")),
    ("afternoons", _("Afternoons")),
    ("between", _("Between…")),
)
WRITTEN = (
    "service_id",
    "minutes",
    "staff_ids",
    "urgency",
    "first_day",
    "last_day",
    "weekdays",
    "not_before",
    "not_after",
    "notice_hours",
    "note",
)
NOTICES = (1, 2, 4, 24, 48, 168)  # hours


def notice_in_words(hours: int) -> str:
    if hours % 24 == 0:
        return ngettext("%(n)d day", "%(n)d days", hours // 24) % {"n": hours // 24}
    return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}


def _notices() -> list[tuple[int, str]]:
    return [(0, str(_("None"))), *((hours, notice_in_words(hours)) for hours in NOTICES)]


class WaitlistForm(forms.Form):
    """The wishes of one entry; the clinic's wall clock throughout."""

    service = forms.ChoiceField(label=_("Service"))
    duration = forms.TypedChoiceField(label=_("Length"), coerce=int)
    staff = forms.TypedMultipleChoiceField(
        label=_("With"),
        help_text=_("Nobody marked: anyone who provides it."),
        coerce=UUID,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    urgency = forms.TypedChoiceField(
        label=pgettext_lazy("how soon somebody has to be seen", "Urgency"),
        choices=Urgency.choices,
        coerce=int,
        initial=Urgency.ROUTINE,
    )
    first_day = forms.DateField(
        label=_("From"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    last_day = forms.DateField(
        label=_("Until"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Days of the week"),
        help_text=_("None marked: any day."),
        choices=[(number + 1, name) for number, name in WEEKDAYS.items()],
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    times = forms.ChoiceField(label=_("Time of the day"), choices=TIMES, required=False)
    not_before = forms.TimeField(
        label=_("Starts at the earliest"),
        required=False,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
    )
    not_after = forms.TimeField(
        label=_("Starts before"),
        required=False,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
    )
    notice_hours = forms.TypedChoiceField(
        label=_("Notice that is needed"), choices=_notices, coerce=int, initial=0, required=False
    )
    note = forms.CharField(
        label=_("Note"),
        help_text=_("Such as when to call. Seen by staff only."),
        required=False,
        max_length=500,
    )

    def __init__(
        self,
        *args: Any,
        business: Business,
        chosen_service: Service | None,
        today: date,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.business = business
        self.today = today
        services = Service.objects.of(business).filter(enabled=True).values_list("pk", "name")
        self._offer("service", [("", _("Choose a service")), *((str(pk), n) for pk, n in services)])
        self._offer("duration", lengths_of(chosen_service, business) if chosen_service else [])
        self._offer("staff", people_for(chosen_service) if chosen_service else [])

    def _offer(self, name: str, choices: list[tuple[str, Any]]) -> None:
        field: Any = self.fields[name]
        field.choices = choices

    def clean_notice_hours(self) -> int:
        return int(self.cleaned_data["notice_hours"] or 0)

    def clean(self) -> dict[str, Any]:
        sent = self.cleaned_data
        if "service" in self.errors:  # what depends on it can't be right yet
            self.errors.pop("duration", None)
            self.errors.pop("staff", None)
        first, last = sent.get("first_day"), sent.get("last_day")
        for name, day in (("first_day", first), ("last_day", last)):
            if day and not FIRST_YEAR < day.year < LAST_YEAR:
                self.add_error(name, _("Enter a date between 1900 and 2199."))
        if first and last and last < first:
            self.add_error("last_day", _("The last day is before the first. Enter a later one."))
        elif last and last < self.today:
            self.add_error("last_day", _("That day has passed. Enter a later one, or none."))
        self._clean_times(sent)
        return sent

    def _clean_times(self, sent: dict[str, Any]) -> None:
        """The part of the day as the two times that are kept."""
        if sent.get("times") != "between":
            afternoons, mornings = (
                sent.get("times") == "afternoons",
                sent.get("times") == "mornings",
            )
            sent["not_before"] = NOON if afternoons else None
            sent["not_after"] = NOON if mornings else None
            return
        earliest, latest = sent.get("not_before"), sent.get("not_after")
        if not earliest and not latest and not self.errors.keys() & {"not_before", "not_after"}:
            self.add_error("not_before", _("Enter one of the two times, or choose any time."))
        elif earliest and latest and latest <= earliest:
            self.add_error("not_after", _("This is not later than the earliest start."))

    def wishes(self) -> dict[str, Any]:
        """What an entry keeps of it; once the form is valid."""
        sent = self.cleaned_data
        facts = sent | {
            "service_id": UUID(sent["service"]),
            "minutes": sent["duration"],
            "staff_ids": sent["staff"],
        }
        return {name: facts[name] for name in WRITTEN}

    def put_into(self, entry: WaitlistEntry) -> WaitlistEntry:
        """The entry with what was wished for, unsaved; once the form is valid."""
        for name, value in self.wishes().items():
            setattr(entry, name, value)
        return entry


def wishes_of(entry: WaitlistEntry) -> dict[str, Any]:
    """What the form shows of an entry that is there."""
    times = {(None, None): "", (None, NOON): "mornings", (NOON, None): "afternoons"}
    return {
        "version": entry.updated_at.isoformat(),
        "service": str(entry.service_id),
        "duration": entry.minutes,
        "staff": [str(one) for one in entry.staff_ids],
        "urgency": entry.urgency,
        "first_day": entry.first_day,
        "last_day": entry.last_day,
        "weekdays": entry.weekdays,
        "times": times.get((entry.not_before, entry.not_after), "between"),
        "not_before": entry.not_before,
        "not_after": entry.not_after,
        "notice_hours": entry.notice_hours,
        "note": entry.note,
    }


class ChangedWishesForm(WaitlistForm):
    """The wishes of an entry that is there; `version` is of the entry as it was shown."""

    version = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean_version(self) -> datetime | None:
        """When the entry that was shown was last changed; None if it can't be read."""
        try:
            return datetime.fromisoformat(self.cleaned_data["version"])
        except ValueError:
            return None

    def say_changed(self, entry: WaitlistEntry) -> None:
        """Somebody else changed it first: what was typed stays, to be saved once more."""
        typed: Any = self.data
        self.data = typed.copy()
        self.data["version"] = entry.updated_at.isoformat()  # type: ignore[index]
        self.add_error(None, [STALE, _("How it is now stands above.")])


class NewEntryForm(WhomForm, WaitlistForm):
    """Who waits, and for what: somebody from the books, or somebody new."""

    sooner: Appointment | None = None  # what could be earlier

    def clean_patient(self) -> UUID | None:
        """The chosen one; a patient who is archived is restored before."""
        chosen: UUID | None = self.cleaned_data["patient"]
        if not chosen:
            return None
        found: Patient | None = Patient.objects.of(self.business).filter(pk=chosen).first()
        if found is None:
            raise forms.ValidationError(_("Choose a patient from the list."), code="unknown")
        if found.archived_at is not None:
            raise forms.ValidationError(
                _("This patient is archived; restore the patient before."), code="archived"
            )
        if self.sooner and chosen != self.sooner.patient_id:
            raise forms.ValidationError(_("The appointment is another patient's."), code="another")
        return chosen
