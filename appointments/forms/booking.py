"""Booking by hand."""

from __future__ import annotations

from datetime import UTC
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from appointments.acceptance import BookingRequest
from appointments.forms.asking import AskingForm
from appointments.forms.repeating import MOST, REPEATS, rule_for
from appointments.forms.start import (
    StartForm,
    length_in_words,
    lengths_of,
    people_for,
    provided_by,
)
from appointments.forms.whom import WHOM, WhomForm, uuid_in
from businesses.models import Location, Service
from staff.models import Staff


class BookingForm(WhomForm, AskingForm, StartForm):
    """One appointment, as the front desk takes it down. Times are the business's wall clock."""

    column = forms.UUIDField(
        required=False,
        widget=forms.HiddenInput,
        help_text=_("Of whose column it was opened: only their services are offered."),
    )
    place = forms.UUIDField(
        required=False,
        widget=forms.HiddenInput,
        help_text=_("Of which location it was opened: only what is there is offered."),
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
        *WHOM,
        "column",
        "place",
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
        self.there = self._there()
        self.offer("service", _("Choose a service"), self._services())
        lengths = lengths_of(chosen_service, self.business) if chosen_service else self._wished()
        self.offer("duration", _("Choose a length") if len(lengths) != 1 else "", lengths)
        self.offer("staff", _("Anyone (least busy)"), self._people())
        self.ask(chosen_service)

    def _services(self) -> list[tuple[str, str]]:
        services = Service.objects.of(self.business).filter(enabled=True)
        if self.person is not None:
            services = services.filter(provided_by(self.person))
        if self.there is not None:
            services = services.filter(Q(location=None) | Q(location=self.there))
        return [(str(pk), name) for pk, name in services.values_list("pk", "name")]

    def _wished(self) -> list[tuple[str, str]]:
        """The length that was drawn on the day, until there is a service to say what it offers."""
        text = str(self["duration"].value() or "")
        minutes = int(text) if text.isdecimal() and len(text) < 5 else 0
        return [(text, length_in_words(minutes))] if minutes else []

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

    def _there(self) -> Location | None:
        """The location whose day it was opened from, if it was one location's."""
        place = uuid_in(self["place"].value())
        mine = Location.objects.of(self.business)
        found: Location | None = mine.filter(pk=place).first() if place else None
        return found

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
        if sent.get("repeat") and sent.get("times") is None and "times" not in self.errors:
            self.add_error("times", _("Enter how many visits."))
        return super().clean()

    @property
    def rrule(self) -> str:
        """The rule by which it repeats, once the form is valid; empty for one appointment."""
        sent = self.cleaned_data
        if not sent.get("repeat"):
            return ""
        return rule_for(sent["repeat"], sent["times"], sent["date"])

    def request(self, patient_id: UUID) -> BookingRequest:
        """The command's input, once the form is valid."""
        sent = self.cleaned_data
        if self.starts_at is None:
            raise ValueError("The form is not valid.")
        return BookingRequest(
            service_id=UUID(sent["service"]),
            patient_id=patient_id,
            starts_at=self.starts_at.astimezone(UTC),
            minutes=sent["duration"],
            staff_id=UUID(sent["staff"]) if sent["staff"] else None,
            location=sent["location"],
            answers=self.answers(),
            tags=sent["tags"],
            notes=sent["notes"],
        )
