"""The clinic itself: who it is, its clock, and its rules for booking."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from businesses.forms.setup import AsksFirst
from businesses.forms.tenancy import Sentences, ZoneSelect, zone_choices
from businesses.models import Business
from businesses.zones import zone

BUSINESS_SENTENCES: Sentences = {
    "business_alias_is_unique": ("alias", gettext_lazy("Another business has this alias.")),
    "business_buffers_fit_a_day": ("", gettext_lazy("A buffer is at most 1440 minutes.")),
}


class ClinicForm(AsksFirst):
    """What an owner sets of the clinic, but for its hours.

    Another clock and another alias are told before they are saved: both reach further than this
    page.
    """

    logo_url = forms.URLField(
        label=gettext_lazy("Web address of the logo"),
        max_length=500,
        required=False,
        assume_scheme="https",
    )
    timezone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        choices=zone_choices(),
        widget=ZoneSelect,
        help_text=gettext_lazy("The clock of everybody and every place without one of their own."),
    )
    sentences = BUSINESS_SENTENCES

    class Meta:
        model = Business
        fields = (
            "name",
            "email",
            "alias",
            "logo_url",
            "enabled",
            "timezone",
            "currency",
            "lead_time",
            "availability_limit_days",
            "time_increment",
            "cancel_lead_time",
            "buffer_before_minutes",
            "buffer_after_minutes",
        )
        labels = {
            "alias": gettext_lazy("Short name in web addresses"),
            "enabled": gettext_lazy("Takes bookings"),
            "lead_time": gettext_lazy("Minutes ahead until which patients may book"),
            "availability_limit_days": gettext_lazy("Days ahead that patients may book"),
            "time_increment": gettext_lazy("Minutes between offered starts"),
            "cancel_lead_time": gettext_lazy("Minutes ahead until which patients may cancel"),
            "buffer_before_minutes": gettext_lazy("Minutes kept free before"),
            "buffer_after_minutes": gettext_lazy("Minutes kept free after"),
        }
        help_texts = {
            "name": gettext_lazy("As patients know it; it stands above every page and mail."),
            "email": gettext_lazy("Where patients can write to."),
            "alias": gettext_lazy("Small letters, digits and hyphens, such as riverside."),
            "enabled": gettext_lazy("Untick it to book nothing at all, here or anywhere else."),
            "currency": gettext_lazy("Three letters, such as EUR. Prices keep their numbers."),
            "lead_time": gettext_lazy("0: until the last minute. 1440 is a day."),
            "availability_limit_days": gettext_lazy("The desk may book further ahead."),
            "time_increment": gettext_lazy("15 offers 9:00, 9:15, 9:30."),
            "cancel_lead_time": gettext_lazy("Later than that they have to call."),
            "buffer_before_minutes": gettext_lazy("Such as to prepare the room."),
            "buffer_after_minutes": gettext_lazy("Such as to write notes."),
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial["currency"] = str(self.instance.currency).upper()
        self.before = {"timezone": self.instance.timezone, "alias": self.instance.alias}

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).lower()

    def _post_clean(self) -> None:
        super()._post_clean()
        if self.errors:
            return
        told = []
        if self.instance.timezone != self.before["timezone"]:
            told.append(self._other_clock())
        if self.instance.alias != self.before["alias"]:
            told.append(
                _(
                    "With another short name, links in mails that patients have already and"
                    " bookmarks of the desk stop working."
                )
            )
        if told:
            key = f"{self.instance.timezone} {self.instance.alias}"
            self.tell_first(key, *told, _("Nothing is saved yet; save again if you want that."))

    def _other_clock(self) -> str:
        old, new = self.before["timezone"], self.instance.timezone
        ten = timezone.now().astimezone(zone(old)).replace(hour=10, minute=0)
        return _(
            "Opening hours and closures count by the clock of %(new)s from then on. What is booked"
            " stays at its moment: what is at %(ten)s today in %(old)s is at %(then)s there."
        ) % {
            "new": new,
            "old": old,
            "ten": time_format(ten, "TIME_FORMAT"),
            "then": time_format(ten.astimezone(zone(new)), "TIME_FORMAT"),
        }
