"""Moving and cancelling one appointment, or more of its series."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from appointments.changes import Changes, Scope
from appointments.forms.start import StartForm, length_in_words, lengths_of, people_for
from appointments.models import Appointment
from businesses.zones import zone

SCOPES = [
    (Scope.THIS.value, _("This one alone")),
    (Scope.FOLLOWING.value, _("This one and the later ones")),
    (Scope.ALL.value, _("All of the series")),
]


def scope_field() -> forms.ChoiceField:
    return forms.ChoiceField(
        label=_("Which of the series"),
        choices=SCOPES,
        initial=Scope.THIS.value,
        widget=forms.RadioSelect,
        required=False,
    )


class MoveForm(StartForm):
    """Another time, length or staff member; first filled in with what the appointment has."""

    duration = forms.TypedChoiceField(label=_("Length"), coerce=int)
    staff = forms.ChoiceField(label=_("With"))
    scope = scope_field()

    field_order = ("date", "time", "which", "duration", "staff", "scope")

    def __init__(self, *args: Any, appointment: Appointment, **kwargs: Any) -> None:
        place = zone(appointment.business.timezone)
        self.appointment = appointment
        self.wall = appointment.starts_at.astimezone(place)
        self.minutes = appointment.duration // timedelta(minutes=1)
        has = {
            "date": self.wall.date(),
            "time": self.wall.time(),
            "which": str(self.wall.fold),
            "duration": self.minutes,
            "staff": str(appointment.staff_id),
        }
        kwargs["initial"] = has | kwargs.get("initial", {})
        kwargs.setdefault("auto_id", "move_%s")
        super().__init__(*args, business=appointment.business, **kwargs)
        lengths = lengths_of(appointment.service, appointment.business)
        if str(self.minutes) not in dict(lengths):  # as it was booked, though no longer offered
            lengths.insert(0, (str(self.minutes), length_in_words(self.minutes)))
        people = people_for(appointment.service)
        if str(appointment.staff_id) not in dict(people):
            people.insert(0, (str(appointment.staff_id), appointment.staff.name))
        self.offer("duration", "", lengths)
        self.offer("staff", "", people)
        if appointment.series_id is None:
            del self.fields["scope"]

    @property
    def wanted(self) -> Scope:
        return Scope(self.cleaned_data.get("scope") or Scope.THIS)

    def changes(self) -> Changes:
        """What is to be different; nothing where the form says what the appointment has."""
        sent, one = self.cleaned_data, self.appointment
        if self.starts_at is None:
            raise ValueError("The form is not valid.")
        start = self.starts_at.astimezone(UTC)
        # The form knows no seconds: a start that has some is not moved by sending it back.
        same = start == one.starts_at.replace(second=0, microsecond=0)
        staff_id = UUID(sent["staff"])
        return Changes(
            starts_at=None if same else start,
            minutes=None if sent["duration"] == self.minutes else sent["duration"],
            staff_id=None if staff_id == one.staff_id else staff_id,
        )


class ReasonForm(forms.Form):
    """Why an appointment is approved, or taken back, although something is in the way."""

    override_reason = forms.CharField(label=_("Reason"), max_length=500)


class CancelForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"), max_length=500, required=False, help_text=_("Kept in the history.")
    )
    scope = scope_field()

    def __init__(self, *args: Any, in_series: bool, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "cancel_%s")
        super().__init__(*args, **kwargs)
        if not in_series:
            del self.fields["scope"]

    @property
    def wanted(self) -> Scope:
        return Scope(self.cleaned_data.get("scope") or Scope.THIS)
