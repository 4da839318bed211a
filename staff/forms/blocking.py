"""Blocked time as it is filled in: whose, when, and how it repeats."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from businesses.forms.hours import DAY_NAMES
from businesses.forms.setup import STALE
from businesses.models import Business
from businesses.recurrence import BadRule, Rule
from businesses.zones import closing, moments_at, opening, read_day, zone
from staff.blocking import MOST, WITHIN_YEARS, place_of, starts_of
from staff.models import Staff, TimeBlocker

ONCE, DAILY, WEEKLY, MONTHLY = "", "DAILY", "WEEKLY", "MONTHLY"
HOW = [
    (ONCE, gettext_lazy("No")),
    (DAILY, gettext_lazy("Every day")),
    (WEEKLY, gettext_lazy("Every week")),
    (MONTHLY, gettext_lazy("Every month")),
]
DAYS_OF_WEEK = dict(
    zip(("MO", "TU", "WE", "TH", "FR", "SA", "SU"), DAY_NAMES.values(), strict=True)
)


def rule_in_words(written: str) -> str:
    """The rule as it is chosen in the form, in a sentence; any other as it is written."""
    rule = Rule.read(written)
    days = [
        name for weekday, name in enumerate(DAYS_OF_WEEK.values()) if (0, weekday) in rule.by_day
    ]
    if rule.interval != 1 or rule.by_month or rule.by_set_pos or len(days) != len(rule.by_day):
        return written
    if rule.freq == DAILY and not rule.by_day and not rule.by_month_day:
        told = _("Every day")
    elif rule.freq == WEEKLY and days:
        told = _("Every week on %(days)s") % {"days": ", ".join(map(str, days))}
    elif rule.freq == MONTHLY and not days and len(rule.by_month_day) == 1:
        told = _("Every month on day %(day)d") % {"day": rule.by_month_day[0]}
    else:
        return written
    if rule.until is None:
        return ngettext(
            "%(told)s, %(count)d time", "%(told)s, %(count)d times", rule.count or 0
        ) % {
            "told": told,
            "count": rule.count,
        }
    last = date_format(rule.until, "SHORT_DATE_FORMAT")
    return _("%(told)s, until %(last)s") % {"told": told, "last": last}


class RepeatForm(forms.Form):
    """How something repeats, until a day; its form says when it begins first, and for whom."""

    repeats = forms.ChoiceField(
        label=gettext_lazy("Repeats"),
        choices=HOW,
        required=False,
        help_text=gettext_lazy(
            "At the same time on this person’s clock, also when the clocks change. A day of the"
            " month that a month doesn’t have is left out."
        ),
    )
    weekdays = forms.MultipleChoiceField(
        label=gettext_lazy("On"),
        choices=list(DAYS_OF_WEEK.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("For every week. None: on the day on which it begins."),
    )
    until = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),
        help_text=gettext_lazy("At most five years from the first, and 2,000 times."),
    )

    def rule_for(self, staff: Staff, starts_at: datetime) -> Rule | None:
        """What was chosen, as a rule that the times have been found for; None without one.

        What is wrong with it is an error of its field.
        """
        cleaned = self.cleaned_data
        if not cleaned.get("repeats") or "until" in self.errors:
            return None
        until: date | None = cleaned.get("until")
        if until is None:
            self.add_error("until", _("Say until which day it repeats."))
            return None
        first = starts_at.astimezone(place_of(staff))
        if until < first.date():
            self.add_error("until", _("That is before the first day."))
            return None
        codes = list(DAYS_OF_WEEK)
        own = codes[first.weekday()]
        chosen = sorted(cleaned.get("weekdays") or [own], key=codes.index)
        parts = {
            DAILY: "",
            WEEKLY: f"BYDAY={','.join(chosen)};",
            MONTHLY: f"BYMONTHDAY={first.day};",
        }
        how = cleaned["repeats"]
        if how == WEEKLY and own not in chosen:
            self.add_error(
                "weekdays",
                _("It begins on a %(day)s, which is not among these.") % {"day": DAYS_OF_WEEK[own]},
            )
            return None
        try:
            rule = Rule.read(f"FREQ={how};{parts[how]}UNTIL={until:%Y%m%d}")
            starts_of(staff=staff, starts_at=first, rule=rule)
        except BadRule as error:
            sentence = str(error)
            if error.code == "rrule_too_long":
                sentence = _("It repeats at most %(most)d times within %(years)d years.") % {
                    "most": MOST,
                    "years": WITHIN_YEARS,
                }
            self.add_error("until", sentence)
            return None
        return rule


class BlockForm(RepeatForm):
    """Time to block, on the business's wall clock, for one or more people.

    Once it is valid: `starts_at` and `ends_at` of the first, and `whose`. A change of blocked time
    that is there (`blocker`) names nobody and repeats nothing.
    """

    version = forms.CharField(required=False, widget=forms.HiddenInput)
    people = forms.MultipleChoiceField(
        label=gettext_lazy("Whose time"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose whose time is blocked.")},
    )
    first = forms.DateField(
        label=gettext_lazy("Day"), widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    last = forms.DateField(
        label=gettext_lazy("Until the day"),
        required=False,
        widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),
        help_text=gettext_lazy("Empty: the same day."),
    )
    all_day = forms.BooleanField(label=gettext_lazy("All day"), required=False)
    start = forms.TimeField(
        label=gettext_lazy("From"),
        required=False,
        widget=forms.TimeInput({"type": "time"}, "%H:%M"),
    )
    end = forms.TimeField(
        label=gettext_lazy("Until"),
        required=False,
        widget=forms.TimeInput({"type": "time"}, "%H:%M"),
        help_text=gettext_lazy("00:00 is the end of the day."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        required=False,
        max_length=500,
        widget=forms.TextInput({"autocomplete": "off"}),
        help_text=gettext_lazy("Such as a meeting, paperwork or leave. Patients never see it."),
    )
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def __init__(
        self, *args: Any, business: Business, blocker: TimeBlocker | None = None, **options: Any
    ) -> None:
        self.business, self.blocker = business, blocker
        self._rules: dict[UUID, Rule | None] = {}
        if blocker is not None:
            options["initial"] = _shown(blocker, business) | (options.get("initial") or {})
        super().__init__(*args, **options)
        if blocker is not None:
            for name in ("people", "repeats", "weekdays", "until"):
                del self.fields[name]
            return
        self._members = {str(one.pk): one for one in Staff.objects.of(business).active()}
        people: Any = self.fields["people"]
        people.choices = [(pk, one.name) for pk, one in self._members.items()]

    @property
    def people_chosen(self) -> list[Staff]:
        """Those whose time it is, once the form is valid."""
        if self.blocker is not None:
            return [self.blocker.staff]
        return [self._members[pk] for pk in self.cleaned_data["people"]]

    @property
    def whose(self) -> list[tuple[Staff, Rule | None]]:
        """Those whose time it is, each with the rule that it repeats by on their own clock."""
        return [(one, self._rules.get(one.pk)) for one in self.people_chosen]

    def say_changed(self, blocker: TimeBlocker) -> None:
        """Somebody else saved it first: what was typed stays, to be saved once more."""
        typed: Any = self.data
        self.data = typed.copy()
        self.data["version"] = blocker.updated_at.isoformat()  # type: ignore[index]
        self.add_error(None, STALE)

    def clean_version(self) -> datetime | None:
        """When the row that was shown was last changed; None if it can't be read."""
        try:
            return datetime.fromisoformat(self.cleaned_data["version"])
        except ValueError:
            return None

    def clean(self) -> dict[str, Any]:
        sent = self.cleaned_data
        first = sent.get("first")
        if first is None or "last" in self.errors:
            return sent
        last = sent.get("last") or first
        if not (1900 <= first.year < 2200 and 1900 <= last.year < 2200):
            self.add_error("first", _("Enter a date between 1900 and 2199."))
        elif last < first:
            self.add_error("last", _("The last day is before the first."))
        else:
            self._clean_times(first, last)
        if self.starts_at is not None and sent.get("people"):
            for one in self.people_chosen:  # they may go by clocks of their own
                self._rules[one.pk] = self.rule_for(one, self.starts_at)
                if self.errors:
                    break
        return sent

    def _clean_times(self, first: date, last: date) -> None:
        sent, place = self.cleaned_data, zone(self.business.timezone)
        if sent.get("all_day"):
            self.starts_at = opening(datetime.combine(first, time()), place)
            self.ends_at = opening(datetime.combine(last + timedelta(days=1), time()), place)
            return
        for name in ("start", "end"):
            if sent.get(name) is None and name not in self.errors:
                self.add_error(name, _("Enter a time, or choose the whole day."))
        if "start" in self.errors or "end" in self.errors:
            return
        if sent["end"] == time():
            last += timedelta(days=1)
        starts = moments_at(datetime.combine(first, sent["start"]), place)
        ends = closing(datetime.combine(last, sent["end"]), place)
        if not starts:
            self.add_error(
                "start", _("The clocks go forward that night and skip this time. Enter another.")
            )
        elif ends <= starts[0]:
            self.add_error("end", _("It ends before it begins."))
        else:
            self.starts_at, self.ends_at = starts[0], ends


def _shown(blocker: TimeBlocker, business: Business) -> dict[str, Any]:
    """The fields that the blocked time would have been made with."""
    place = zone(business.timezone)
    start, end = blocker.starts_at.astimezone(place), blocker.ends_at.astimezone(place)
    whole = start.time() == end.time() == time()
    last = end.date() - timedelta(days=1) if end.time() == time() else end.date()
    return {
        "version": blocker.updated_at.isoformat(),
        "first": start.date(),
        "last": last if last != start.date() else None,
        "all_day": whole,
        "start": None if whole else start.time(),
        "end": None if whole else end.time(),
        "reason": blocker.reason,
    }


def initial_of(asked: Any) -> dict[str, Any]:
    """What an address fills in: `staff` (several), `day`, `time`, `duration` in minutes.

    What can't be read is left empty.
    """
    filled: dict[str, Any] = {"people": [one for one in asked.getlist("staff") if _is_id(one)]}
    try:
        filled["first"] = read_day(asked.get("day", ""))
    except ValueError:
        return filled
    try:
        start = datetime.combine(filled["first"], time.fromisoformat(asked.get("time", "")))
    except ValueError:
        return filled
    filled["start"] = start.time()
    minutes = asked.get("duration", "")
    if re.fullmatch("[0-9]{1,4}", minutes) and 0 < int(minutes) <= 24 * 60:
        filled["end"] = (start + timedelta(minutes=int(minutes))).time()
    return filled


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
