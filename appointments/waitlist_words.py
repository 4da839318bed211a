"""Entries of the waitlist, in words for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.formats import date_format, time_format
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from appointments.forms.start import length_in_words
from appointments.forms.waitlist import NOON, notice_in_words
from appointments.models import EntryStatus, WaitlistEntry
from appointments.waitlist import given_up, is_too_late


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as the list shows it."""

    entry: WaitlistEntry
    what: str
    when: str
    sooner: Any  # the appointment that it is to be earlier than, or None
    over: bool  # whether no time can suit any more
    archived: bool

    @property
    def bookable(self) -> bool:
        return self.entry.is_open and not self.over and not self.archived


def line_of(entry: WaitlistEntry, names: Mapping[UUID, str], *, today: date, now: datetime) -> Line:
    """`names` are those of the clinic's staff."""
    return Line(
        entry=entry,
        what=_what(entry, names),
        when=_when(entry, today),
        sooner=given_up(entry),
        over=entry.is_open and (entry.is_over(today) or is_too_late(entry, now)),
        archived=entry.patient.archived_at is not None,
    )


def _what(entry: WaitlistEntry, names: Mapping[UUID, str]) -> str:
    told = {"service": entry.service.name, "length": length_in_words(entry.minutes)}
    if not entry.staff_ids:
        return _("%(service)s, %(length)s, with anyone") % told
    unknown = _("somebody who is not here any more")
    wished = [names.get(one, unknown) for one in entry.staff_ids]
    told["people"] = get_text_list(list(dict.fromkeys(wished)), _("or"))
    return _("%(service)s, %(length)s, with %(people)s") % told


def _when(entry: WaitlistEntry, today: date) -> str:
    """The days and hours that suit, as one line."""
    parts = [*_days(entry, today), *_hours(entry)]
    if entry.notice_hours:
        parts.append(_("told %(time)s before") % {"time": notice_in_words(entry.notice_hours)})
    return " · ".join(parts) if parts else _("Any time")


def _days(entry: WaitlistEntry, today: date) -> list[str]:
    first, last = entry.first_day, entry.last_day
    parts = []
    if first > today and last:
        span = {"first": _day(first, today), "last": _day(last, today)}
        parts.append(_("%(first)s until %(last)s") % span)
    elif first > today:
        parts.append(_("from %(day)s on") % {"day": _day(first, today)})
    elif last:
        parts.append(_("until %(day)s") % {"day": _day(last, today)})
    days = sorted(entry.weekdays)
    if len(days) == 1:
        parts.append(str(WEEKDAYS[days[0] - 1]))
    elif days and len(days) < len(WEEKDAYS):
        parts.append(", ".join(str(WEEKDAYS_ABBR[one - 1]) for one in days))
    return parts


def _hours(entry: WaitlistEntry) -> list[str]:
    earliest, latest = entry.not_before, entry.not_after
    if (earliest, latest) == (None, NOON):
        return [_("mornings")]
    if (earliest, latest) == (NOON, None):
        return [_("afternoons")]
    told = {
        "earliest": time_format(earliest, "TIME_FORMAT") if earliest else "",
        "latest": time_format(latest, "TIME_FORMAT") if latest else "",
    }
    if earliest and latest:
        return [_("starts between %(earliest)s and %(latest)s") % told]
    if earliest:
        return [_("starts from %(earliest)s on") % told]
    return [_("starts before %(latest)s") % told] if latest else []


def _day(day: date, today: date) -> str:
    return date_format(day, "MONTH_DAY_FORMAT" if day.year == today.year else "DATE_FORMAT")


def states() -> list[tuple[str, str]]:
    """What the list can show: those who wait, and those who wait no more, and why."""
    return [
        ("", _("Who waits")),
        ("over", _("Expired")),
        (EntryStatus.BOOKED.value, _("Booked from the list")),
        (EntryStatus.WITHDRAWN.value, _("Taken off the list")),
    ]
