"""When something is to start: a date and a time, as a business's clocks show them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import Exists, OuterRef, Q
from django.utils.formats import time_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from businesses.models import Business, Service
from businesses.money import amount
from businesses.zones import moments_at, read_moment, zone
from staff.models import ServiceHost, Staff

# What a refusal of the API calls a field, and what the forms call it.
FIELDS = {
    "patientId": "patient",
    "serviceId": "service",
    "duration": "duration",
    "staffId": "staff",
    "date": "date",
    "rrule": "times",
}


def lengths_of(service: Service, business: Business) -> list[tuple[str, str]]:
    """The lengths that a service is offered in, with their prices."""
    currency = service.currency or business.currency
    lengths = []
    for one in service.durations.all():
        price = f" · {amount(one.price, currency)}" if one.price else ""
        lengths.append((str(one.minutes), length_in_words(one.minutes) + price))
    return lengths


def length_in_words(minutes: int) -> str:
    return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}


def people_for(service: Service) -> list[tuple[str, str]]:
    """Who can be booked for a service."""
    providers = Staff.objects.providers_of(service)
    return [(str(pk), name) for pk, name in providers.values_list("pk", "name")]


def provided_by(person: Staff) -> Q:
    """Which services somebody can be booked for: `providers_of` from the other end."""
    hosts = ServiceHost.objects.filter(business_id=person.business_id, service_id=OuterRef("pk"))
    mine, named = hosts.filter(staff=person), hosts.filter(additional=False)
    if not person.takes_bookings:
        return Q(Exists(mine.filter(additional=False)))
    return Q(Exists(mine.filter(additional=False))) | Q(~Exists(named), ~Exists(mine))


def take_alternative(typed: Any, place: ZoneInfo) -> bool:
    """Puts the chosen time and person where they would have been typed; whether it could."""
    moment, _blank, staff_id = str(typed["alternative"]).partition(" ")
    try:
        start = read_moment(moment).astimezone(place)
    except ValueError:
        return False
    typed["date"], typed["time"] = f"{start:%Y-%m-%d}", f"{start:%H:%M}"
    typed["staff"], typed["which"] = staff_id, str(start.fold)
    return True


class StartForm(forms.Form):
    """A start on the business's wall clock, and the choice between two where it comes twice.

    `starts_at` is its moment once the form is valid.
    """

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
    override_reason = forms.CharField(label=_("Reason"), required=False, max_length=500, strip=True)

    def __init__(
        self, *args: Any, business: Business, overriding: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.business = business
        self.overriding = overriding
        self.comes_twice = False
        self.starts_at: datetime | None = None

    def offer(self, name: str, empty: Any, choices: Iterable[tuple[str, Any]]) -> None:
        """What may be chosen in a field."""
        field: Any = self.fields[name]
        field.choices = [("", empty), *choices] if empty else list(choices)

    def clean_override_reason(self) -> str:
        """Wanted by one button alone: the browser must not ask for it when another is pressed."""
        reason: str = self.cleaned_data["override_reason"]
        if self.overriding and not reason:
            raise forms.ValidationError(_("Give a reason."), code="required")
        return reason

    def clean(self) -> dict[str, Any]:
        sent = self.cleaned_data
        if sent.get("date") and sent.get("time"):
            self._clean_start(datetime.combine(sent["date"], sent["time"]))
        return sent

    def _clean_start(self, wall: datetime) -> None:
        if not 1900 <= wall.year < 2200:
            self.add_error("date", _("Enter a date between 1900 and 2199."))
            return
        place = zone(self.business.timezone)
        moments = moments_at(wall, place)
        self.comes_twice = len(moments) > 1
        if self.comes_twice:
            local = [moment.astimezone(place) for moment in moments]
            # Django's own letter for the zone is empty at such a time.
            names = [f"{time_format(one, 'TIME_FORMAT')} {one.tzname()}" for one in local]
            words = (_("The earlier one, %s"), _("The later one, %s"))
            both = [(str(i), words[i] % name) for i, name in enumerate(names)]
            self.offer("which", _("Choose one"), both)
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
                moments[int(self.cleaned_data["which"])] if self.comes_twice else moments[0]
            )
