"""Locations: where patients are seen."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from businesses.forms.setup import SetupForm
from businesses.forms.tenancy import TenantForm, ZoneSelect, zone_choices
from businesses.models import Location
from businesses.places import half_a_position


class LocationForm(TenantForm):
    """A location, whose place on the map is whole or not there."""

    class Meta:
        model = Location
        fields = ("lat", "lng")

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        if {"lat", "lng"} <= cleaned.keys() and (
            missing := half_a_position(cleaned["lat"], cleaned["lng"])
        ):
            self.refuse(missing, _("Write both latitude and longitude, or neither."))
        return cleaned


class PlaceForm(SetupForm, LocationForm):
    """A location at the desk."""

    timezone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        widget=ZoneSelect,
        help_text=gettext_lazy("Its closures are days on this clock, and patients see its times."),
    )

    picture_url = forms.URLField(
        label=gettext_lazy("Web address of a picture"),
        max_length=500,
        required=False,
        assume_scheme="https",
    )

    class Meta:
        model = Location
        fields = (
            "name",
            "address",
            "phone",
            "email",
            "timezone",
            "description",
            "instructions",
            "lat",
            "lng",
            "picture_url",
        )
        labels = {
            "description": gettext_lazy("About it"),
            "instructions": gettext_lazy("How to find it"),
        }
        help_texts = {
            "name": gettext_lazy("Such as Main house."),
            "instructions": gettext_lazy("Such as where to park, or which bell to ring."),
        }
        widgets = {
            "description": forms.Textarea({"rows": 2}),
            "instructions": forms.Textarea({"rows": 2}),
            "phone": forms.TextInput({"type": "tel"}),
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        zones: Any = self.fields["timezone"]
        zones.choices = zone_choices()
        if self.instance._state.adding and self.clinic is not None:
            self.initial.setdefault("timezone", self.clinic.timezone)
