"""A booking that repeats: how often, and what becomes of the dates that can't be had."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appointments.series import Previewed
from businesses.recurrence import WEEKDAYS
from businesses.zones import moments_at, read_moment

MOST = 104
REPEATS = [
    ("", gettext_lazy("Does not repeat")),
    ("weekly", gettext_lazy("Weekly")),
    ("fortnightly", gettext_lazy("Every two weeks")),
    ("monthly", gettext_lazy("Monthly, on the same weekday")),
]
CHOSEN = ("choice", "date", "time")
LAST = 4  # what comes five times in some months comes last in all


def rule_for(how: str, times: int, first: date) -> str:
    """The recurrence rule of a choice, for a series that begins on a day."""
    if how == "monthly":
        ordinal = (first.day - 1) // 7 + 1
        nth = ordinal if ordinal <= LAST else -1
        return f"FREQ=MONTHLY;BYDAY={nth}{WEEKDAYS[first.weekday()]};COUNT={times}"
    return f"FREQ=WEEKLY;INTERVAL={2 if how == 'fortnightly' else 1};COUNT={times}"


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody chose for one date: another start, or to leave it out; or nothing yet."""

    kind: str = ""  # "at" an alternative, at an "other" time, or "skip"
    start: datetime | None = None
    date: str = ""  # of another time, as typed
    time: str = ""
    error: str = ""


def decisions_in(typed: Mapping[str, Any], place: ZoneInfo) -> dict[datetime, Decision]:
    """What was chosen on the page of a preview, by the date that it is for."""
    found = {}
    for number in range(1, MOST + 1):
        date = _moment(typed.get(f"date-{number}-of"))
        if date is not None:
            sent = {name: str(typed.get(f"date-{number}-{name}", "")) for name in CHOSEN}
            found[date] = _decision(**sent, place=place)
    return found


def _decision(choice: str, date: str, time: str, *, place: ZoneInfo) -> Decision:
    if choice == "skip":
        return Decision("skip", date=date, time=time)
    if choice != "other":
        start = _moment(choice)
        return Decision("at" if start else "", start, date, time)
    start, error = None, ""
    try:
        day, hour = forms.DateField().clean(date), forms.TimeField().clean(time)
    except ValidationError:
        error = _("Enter the date and the time.")
    else:
        wall = datetime.combine(day, hour)
        moments = moments_at(wall, place) if 1900 <= wall.year < 2200 else []
        if len(moments) == 1:
            start = moments[0].astimezone(UTC)
        else:
            error = _("The clocks have no such time, or have it twice. Enter another.")
    return Decision("other", start, date, time, error)


def _moment(text: Any) -> datetime | None:
    try:
        return read_moment(str(text))
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Line:
    """One date as the page of a preview tells it."""

    number: int
    date: datetime
    start: datetime  # where it would be
    title: str  # why it can't be had; empty where it can
    options: list[datetime]  # other starts to choose from
    decision: Decision

    @property
    def asks(self) -> bool:
        """Whether there is something to choose."""
        return bool(self.title or self.decision.kind in ("at", "other"))

    @property
    def settled(self) -> bool:
        return self.decision.kind == "skip" if self.title else not self.decision.error


@dataclass(frozen=True, slots=True)
class Preview:
    """What a series would come to: its dates, and who would host it."""

    lines: list[Line]
    host: str
    seen: str  # what was asked for: choices made for something else are not taken
    again: bool  # whether it was to be booked, and could not

    @property
    def free(self) -> int:
        return sum(not line.title for line in self.lines)

    @property
    def settled(self) -> bool:
        return all(line.settled for line in self.lines)


def preview_of(
    dates: list[Previewed], decisions: Mapping[datetime, Decision], *, seen: str, again: bool
) -> Preview:
    """The lines of a preview; alternatives are those of whoever hosts the series."""
    host = next((one.staff for one in dates if one.staff), None)
    lines = []
    for number, one in enumerate(dates, start=1):
        decision = decisions.get(one.date, Decision())
        others = [
            other.time for other in one.alternatives if host is None or other.staff_id == host.id
        ]
        chosen = [decision.start] if decision.kind == "at" and decision.start else []
        lines.append(
            Line(
                number=number,
                date=one.date,
                start=decision.start or one.date,
                title=str(one.clash.title) if one.clash else "",
                options=sorted({*others, *chosen}),
                decision=decision,
            )
        )
    return Preview(lines, host.name if host else "", seen, again)
