"""Closures: one of them, and public holidays by the year."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from businesses.forms.tenancy import Sentences, TenantForm
from businesses.holidays import (
    Area,
    Holiday,
    countries,
    holidays_of,
    regions_of,
    years_in_reach,
)
from businesses.models import Business, Closure, Location

CLOSURE_SENTENCES: Sentences = {
    "closure_ends_after_it_starts": (
        "date_end",
        gettext_lazy("The last day is before the first."),
    ),
    "closure_is_once": ("name", gettext_lazy("This closure is there already.")),
}


class ClosureForm(TenantForm):
    """A closure; without a last day it is one day long."""

    class Meta:
        model = Closure
        fields = "__all__"

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "date_end" in self.fields:
            self.fields["date_end"].required = False
            self.fields["date_end"].help_text = gettext_lazy("Empty: the same day.")

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        if "date_end" in cleaned and cleaned["date_end"] is None:
            cleaned["date_end"] = cleaned.get("date_start")
        return cleaned


class HolidaysForm(forms.Form):
    """Whose public holidays are wanted, of which years, and for which place."""

    country = forms.ChoiceField(label=gettext_lazy("Country"))
    region = forms.ChoiceField(
        label=gettext_lazy("Region"),
        required=False,
        help_text=gettext_lazy("Another country’s are offered here once its days are shown."),
    )
    first_year = forms.TypedChoiceField(label=gettext_lazy("From the year"), coerce=int)
    last_year = forms.TypedChoiceField(label=gettext_lazy("Until the year"), coerce=int)
    location = forms.ModelChoiceField(
        Location.objects.none(),
        label=gettext_lazy("Location"),
        required=False,
        empty_label=gettext_lazy("The whole business"),
    )

    def __init__(self, *args: Any, business: Business, **options: Any) -> None:
        super().__init__(*args, **options)
        country = self.data.get("country") if self.is_bound else self.initial.get("country")
        regions = regions_of(country) if country in countries() else {}
        years = [(str(year), str(year)) for year in years_in_reach(business)]
        fields: dict[str, Any] = self.fields
        fields["country"].choices = [("", "---------"), *countries().items()]
        fields["region"].choices = [
            ("", _("Days that the whole country has")),
            *(
                (code, name if name == code else f"{name} ({code})")
                for code, name in regions.items()
            ),
        ]
        fields["first_year"].choices = fields["last_year"].choices = years
        fields["location"].queryset = Location.objects.of(business).filter(archived_at=None)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        first, last = cleaned.get("first_year"), cleaned.get("last_year")
        if first and last and first > last:
            self.add_error("last_year", _("It lies before the first year."))
        return cleaned

    @property
    def area(self) -> Area:
        return Area.read(self.cleaned_data["country"], self.cleaned_data["region"])

    @property
    def years(self) -> range:
        return range(self.cleaned_data["first_year"], self.cleaned_data["last_year"] + 1)

    def found(self) -> list[Holiday]:
        return holidays_of(self.area, self.years)


class DaysForm(forms.Form):
    """Which of the holidays are to be imported."""

    days = forms.TypedMultipleChoiceField(
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one day.")},
    )

    def __init__(self, *args: Any, found: list[Holiday], **options: Any) -> None:
        super().__init__(*args, **options)
        days = {one.day.isoformat(): one.day for one in found}
        field: Any = self.fields["days"]
        field.choices = [(day, day) for day in days]
        field.coerce = days.__getitem__
