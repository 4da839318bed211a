"""Rules and reasons, in words for people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.utils.dates import WEEKDAYS
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from appointments.errors import Refusal
from appointments.record import Why
from businesses.recurrence import Rule

REASONS: Final = {
    "named": gettext_lazy("Was chosen by name."),
    "only_one": gettext_lazy("Nobody else could take it."),
    "most_dates": gettext_lazy("Could take the most dates of the series."),
    "day_minutes": gettext_lazy("Had the fewest minutes booked that day."),
    "week_minutes": gettext_lazy(
        "As many minutes booked that day as the next one, and the fewest that week."
    ),
    "last_assigned": gettext_lazy(
        "As many minutes booked that day and that week, and without a new booking for longest."
    ),
    "id": gettext_lazy("Equal in everything; the fixed order of the staff decided."),
}
# Refusals whose own sentences speak to other software, in words for who stands at the desk.
AT_DESK: Final = {
    "rrule_too_long": gettext_lazy(
        "A series has at most 104 visits within two years. Enter fewer visits."
    ),
    "rrule_start": gettext_lazy("The date is not one of the series. Choose another date."),
    "rrule_empty": gettext_lazy("The series has no date. Choose another one, or more visits."),
    "rrule_until": gettext_lazy("The series ends before it begins. Choose a later end."),
    "nonexistent_local_time": gettext_lazy(
        "On one of the dates the clocks skip that time. Choose another time."
    ),
    "series_day_shift": gettext_lazy(
        "This series can't be moved to other days. Choose a time on the same day."
    ),
    "scope_not_allowed": gettext_lazy(
        "That can be changed for one appointment at a time. Choose this one alone."
    ),
    "stale": gettext_lazy("Somebody has changed the appointment meanwhile. Look at it again."),
    "in_progress": gettext_lazy(
        "What was sent first is still being worked on. Wait a second, and press again."
    ),
}
ORDINALS: Final = {
    1: gettext_lazy("first"),
    2: gettext_lazy("second"),
    3: gettext_lazy("third"),
    4: gettext_lazy("fourth"),
    5: gettext_lazy("fifth"),
    -1: gettext_lazy("last"),
}


def at_desk(refusal: Refusal) -> str:
    """Why something can't be done, in words for people."""
    return str(AT_DESK.get(refusal.code, refusal.sentence))


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who could have taken an appointment, as busy as they were when it was booked."""

    name: str
    day_minutes: int | None
    week_minutes: int | None
    last_assigned: datetime | None
    dates: int | None  # of a series, how many they could take
    hosts: bool  # whether the appointment is with them now


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an appointment is with its host: what decided, and among whom."""

    sentence: str
    candidates: list[Candidate]

    @property
    def weighed(self) -> bool:
        """Whether anybody's minutes were counted: not for the only one who could take it."""
        return any(one.day_minutes is not None for one in self.candidates)

    @property
    def of_series(self) -> bool:
        return any(one.dates is not None for one in self.candidates)


def explained(why: Why, host_id: UUID) -> Explanation:
    """The reason that was kept with a booking, for the host that the appointment has now."""
    return Explanation(
        str(REASONS.get(why.rule, why.rule)),
        [_candidate(one, host_id) for one in why.candidates],
    )


def _candidate(kept: dict[str, Any], host_id: UUID) -> Candidate:
    last = kept["lastAssignedAt"]
    return Candidate(
        name=kept["name"],
        day_minutes=kept["dayMinutes"],
        week_minutes=kept["weekMinutes"],
        last_assigned=datetime.fromisoformat(last) if last else None,
        dates=kept.get("dates"),
        hosts=kept["staffId"] == str(host_id),
    )


def repeats(rrule: str) -> str:
    """How often a rule repeats: "every two weeks on Monday"; in its own words if it is odd."""
    rule = Rule.read(rrule)
    if rule.by_month or rule.by_set_pos or (rule.by_day and rule.freq == "YEARLY"):
        return rrule
    often = _often(rule)
    if rule.by_month_day:
        days = get_text_list([str(day) for day in rule.by_month_day], _("and"))
        return _("%(often)s on day %(days)s") % {"often": often, "days": days}
    if rule.by_day:
        days = get_text_list(list(_weekdays(rule.by_day)), _("and"))
        return _("%(often)s on %(days)s") % {"often": often, "days": days}
    return often


def _often(rule: Rule) -> str:
    number = rule.interval
    words = {
        "DAILY": ngettext("daily", "every %(n)d days", number),
        "WEEKLY": ngettext("weekly", "every %(n)d weeks", number),
        "MONTHLY": ngettext("monthly", "every %(n)d months", number),
        "YEARLY": ngettext("yearly", "every %(n)d years", number),
    }[rule.freq]
    return words % {"n": number} if "%" in words else words


def _weekdays(days: Iterable[tuple[int, int]]) -> Iterable[str]:
    for ordinal, weekday in days:
        name = str(WEEKDAYS[weekday])
        if not ordinal:
            yield name
        elif ordinal in ORDINALS:
            yield _("the %(ordinal)s %(day)s") % {"ordinal": ORDINALS[ordinal], "day": name}
        else:
            yield f"{ordinal} {name}"
