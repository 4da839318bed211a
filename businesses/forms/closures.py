"""Closures: one of them, and public holidays by the year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from businesses.closures import FIRST_DAY, LAST_DAY, counts_inside, visits_inside
from businesses.forms.setup import AsksFirst
from businesses.forms.tenancy import Sentences, TenantForm
from businesses.holidays import (
    Area,
    Holiday,
    already_closed,
    countries,
    country_of,
    holidays_of,
    regions_of,
    years_in_reach,
)
from businesses.models import Business, Closure, Location
from businesses.zones import zone

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
        for name in ("date_start", "date_end"):
            if (day := cleaned.get(name)) and not FIRST_DAY <= day <= LAST_DAY:
                self.add_error(name, _("That is too far away; look at the year again."))
        if "date_end" in cleaned and cleaned["date_end"] is None:
            cleaned["date_end"] = cleaned.get("date_start")
        return cleaned


class ClosedDaysForm(AsksFirst, ClosureForm):
    """A closure at the desk. Visits that it newly lies over are told before it is saved."""

    sentences = CLOSURE_SENTENCES

    class Meta:
        model = Closure
        fields = ("name", "date_start", "date_end", "location")
        help_texts = {
            "name": gettext_lazy("Such as Staff outing. It is told where times are not free."),
            "location": gettext_lazy("The whole clinic, unless you choose one location."),
        }
        widgets = {
            "date_start": forms.DateInput({"type": "date"}, "%Y-%m-%d"),
            "date_end": forms.DateInput({"type": "date"}, "%Y-%m-%d"),
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.told = False
        fields: dict[str, Any] = self.fields
        fields["location"].queryset = Location.objects.of(self.clinic).filter(archived_at=None)
        fields["location"].empty_label = _("The whole clinic")

    def _post_clean(self) -> None:
        """Once the closure is one that can be saved, the visits inside are looked for."""
        super()._post_clean()
        if self.errors or not {"date_start", "date_end", "location"} & {*self.changed_data}:
            return
        closure = self.instance
        count = visits_inside(closure).count()
        if count:
            where = closure.location_id or "everywhere"
            key = f"{count} {where} {closure.date_start} {closure.date_end}"
            sentence = ngettext(
                "%(count)d visit lies on these days; nothing is saved yet. It stays booked until"
                " you move or cancel it. Save again to close all the same.",
                "%(count)d visits lie on these days; nothing is saved yet. They stay booked until"
                " you move or cancel them. Save again to close all the same.",
                count,
            )
            self.told = self.tell_first(key, sentence % {"count": count})


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
        empty_label=gettext_lazy("The whole clinic"),
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


@dataclass(frozen=True, slots=True)
class Line:
    """A public holiday that may be imported."""

    holiday: Holiday
    there: bool  # closed already
    ticked: bool
    visits: int  # to come, on that day


def asked_for(sent: Any, clinic: Business) -> HolidaysForm:
    """The form as it was sent, without a region of the country that was chosen before.

    Nothing was sent: the country of the clinic's clock, this year and the next.
    """
    if "country" not in sent:
        this_year = years_in_reach(clinic)[0]
        likely = {"country": country_of(clinic.timezone)}
        return HolidaysForm(
            initial={**likely, "first_year": this_year, "last_year": this_year + 1},
            business=clinic,
        )
    sent = sent.copy()
    country = sent.get("country", "")
    if country not in countries() or sent.get("region") not in regions_of(country):
        sent["region"] = ""
    return HolidaysForm(sent, business=clinic)


def lines_of(
    form: HolidaysForm, clinic: Business, ticked: Sequence[str] | None = None
) -> list[Line]:
    """The days that are not over; all that are new are ticked, unless some were before.

    Two queries. The form is one that says enough.
    """
    today = timezone.now().astimezone(zone(clinic.timezone)).date()
    found = [one for one in form.found() if one.day >= today]
    location = form.cleaned_data["location"]
    there = already_closed(business=clinic, location=location, area=form.area, found=found)
    days = [
        Closure(business=clinic, location=location, date_start=one.day, date_end=one.day)
        for one in found
    ]
    return [
        Line(
            one,
            there=one.day in there,
            ticked=one.day not in there and (ticked is None or one.day.isoformat() in ticked),
            visits=visits,
        )
        for one, visits in zip(found, counts_inside(clinic, days), strict=True)
    ]
