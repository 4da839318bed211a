"""When people work: their week, and hours for some dates."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from businesses.forms.setup import SetupForm
from businesses.forms.tenancy import Sentences, ZoneSelect, zone_choices
from businesses.forms.week import WeekField
from businesses.models import Business
from staff.models import Staff, WorkingHoursSchedule

OVERLAPPING: Sentences = {
    "schedule_ends_after_it_starts": (
        "date_end",
        gettext_lazy("The last day is before the first."),
    ),
    "schedules_of_one_person_do_not_overlap": (
        "date_start",
        gettext_lazy("Another schedule of this person covers some of these days."),
    ),
}
THE_CLINICS, THEIR_OWN = "clinic", "own"
SPANS = gettext_lazy(
    "A day without times is closed. Several spans make breaks; 00:00 as an end is midnight."
)


class ClinicHoursForm(SetupForm):
    """The week of everybody who has none of their own."""

    default_staff_working_hours = WeekField(label=gettext_lazy("Opening hours"), help_text=SPANS)

    class Meta:
        model = Business
        fields = ("default_staff_working_hours",)


class StaffHoursForm(SetupForm):
    """Somebody's week: the clinic's, or their own."""

    whose = forms.ChoiceField(
        label=gettext_lazy("Works"),
        choices=[
            (THE_CLINICS, gettext_lazy("the clinic’s opening hours")),
            (THEIR_OWN, gettext_lazy("hours of their own")),
        ],
        widget=forms.RadioSelect,
    )
    weekly_hours = WeekField(label=gettext_lazy("Own hours"), help_text=SPANS)

    class Meta:
        model = Staff
        fields = ("weekly_hours",)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        own = self.instance.weekly_hours
        self.initial.setdefault("whose", THE_CLINICS if own is None else THEIR_OWN)
        if own is None and self.clinic is not None:
            self.initial["weekly_hours"] = self.clinic.default_staff_working_hours

    def clean(self) -> dict[str, Any] | None:
        """Of the grid only what counts is looked at."""
        cleaned = super().clean() or {}
        if cleaned.get("whose") == THE_CLINICS:
            self.errors.pop("weekly_hours", None)
            cleaned["weekly_hours"] = None
        return cleaned


class ScheduleForm(SetupForm):
    """Hours that count on some dates instead of the week's."""

    working_hours = WeekField(label=gettext_lazy("Hours on these dates"), help_text=SPANS)
    timezone = forms.ChoiceField(label=gettext_lazy("Time zone"), required=False, widget=ZoneSelect)
    sentences = OVERLAPPING

    class Meta:
        model = WorkingHoursSchedule
        fields = ("date_start", "date_end", "working_hours", "timezone")
        labels = {"date_start": gettext_lazy("First day"), "date_end": gettext_lazy("Last day")}
        help_texts = {"date_end": gettext_lazy("Empty: until further notice.")}
        widgets = {
            "date_start": forms.DateInput({"type": "date"}, "%Y-%m-%d"),
            "date_end": forms.DateInput({"type": "date"}, "%Y-%m-%d"),
        }

    def __init__(self, *args: Any, member: Staff, **options: Any) -> None:
        super().__init__(*args, **options)
        zones: Any = self.fields["timezone"]
        zones.choices = zone_choices(_("As the staff member"))
        if self.instance._state.adding:
            self.instance.staff = member
            self.initial["working_hours"] = (
                member.weekly_hours
                if member.weekly_hours is not None
                else member.business.default_staff_working_hours
            )

    def _get_validation_exclusions(self) -> set[str]:
        """The person is given, so that their schedules are compared."""
        exclude: set[str] = super()._get_validation_exclusions() - {"staff"}  # type: ignore[misc]
        return exclude
