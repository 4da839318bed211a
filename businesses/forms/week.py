"""Weekly hours as a grid: for each day any number of spans, each from one time until another."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import time
from itertools import pairwise, zip_longest
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import time_format
from django.utils.translation import gettext as _

from businesses.forms.hours import DAY_NAMES, whole_week
from businesses.hours import DAYS, WeeklyHours

MIDNIGHT: Final = 24 * 60
MOST_SPANS: Final = 12  # of one day
Typed = tuple[str, str]
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::00)?", re.ASCII)


def told_time(hhmm: int) -> str:
    """900 as the reader's language writes a time of day; 2400 is midnight."""
    return time_format(time(hhmm // 100 % 24, hhmm % 100), "TIME_FORMAT")


def told_spans(pairs: Iterable[Iterable[int]]) -> str:
    """The spans of a day in words; nothing for a day off."""
    return ", ".join("–".join(told_time(moment) for moment in pair) for pair in pairs)


def told_days(written: Any) -> list[tuple[str, str]]:
    """Weekly hours in words, days with the same hours on one line: `Monday–Thursday`."""
    week = whole_week(written) or {day: [] for day in DAYS}
    lines: list[tuple[list[str], str]] = []
    for day in DAYS:
        told = told_spans(week[day]) or _("Closed")
        if lines and lines[-1][1] == told:
            lines[-1][0].append(str(DAY_NAMES[day]))
        else:
            lines.append(([str(DAY_NAMES[day])], told))
    return [
        (names[0] if len(names) == 1 else f"{names[0]}–{names[-1]}", told) for names, told in lines
    ]


def clock(hhmm: int) -> str:
    """As an input of the type time has it; midnight at the end of a day is 00:00."""
    return f"{hhmm // 100 % 24:02}:{hhmm % 100:02}"


def typed_week(written: Any) -> dict[str, list[Typed]]:
    """Written hours as they are typed."""
    week = whole_week(written) or {}
    return {day: [(clock(start), clock(end)) for start, end in week.get(day, [])] for day in DAYS}


def _minutes(typed: str, day: str) -> int:
    found = _CLOCK.fullmatch(typed.strip())
    hour, minute = (int(word) for word in found.groups()) if found else (24, 60)
    if hour > 23 or minute > 59:
        raise ValidationError(
            _("%(day)s: “%(typed)s” is not a time of day; write it like 09:30."),
            code="bad_hours",
            params={"day": DAY_NAMES[day], "typed": typed[:20]},
        )
    return hour * 60 + minute


def read_spans(day: str, typed: Iterable[Typed]) -> list[list[int]]:
    """The pairs of one day, in order; ValidationError says what to write instead.

    Empty lines are left out. An end at 00:00 is the midnight at which the day ends.
    """
    spans = []
    for start, end in typed:
        if not start.strip() and not end.strip():
            continue
        if not start.strip() or not end.strip():
            raise ValidationError(
                _("%(day)s: write both from when and until when."),
                code="bad_hours",
                params={"day": DAY_NAMES[day]},
            )
        spans.append((_minutes(start, day), _minutes(end, day) or MIDNIGHT))
    pairs = sorted([_hhmm(start), _hhmm(end)] for start, end in spans)
    if len(pairs) > MOST_SPANS:
        raise ValidationError(
            _("%(day)s: that is more than %(most)d spans."),
            code="bad_hours",
            params={"day": DAY_NAMES[day], "most": MOST_SPANS},
        )
    for first, last in pairs:
        if last <= first:
            following = DAYS[(DAYS.index(day) + 1) % 7]
            raise ValidationError(
                _(
                    "%(day)s: %(span)s ends before it starts. For hours past midnight write until"
                    " 00:00 on %(day)s, and from 00:00 on %(following)s."
                ),
                code="bad_hours",
                params={
                    "day": DAY_NAMES[day],
                    "following": DAY_NAMES[following],
                    "span": told_spans([[first, last]]),
                },
            )
    for one, other in pairwise(pairs):
        if other[0] < one[1]:
            raise ValidationError(
                _("%(day)s: %(one)s and %(other)s overlap."),
                code="bad_hours",
                params={
                    "day": DAY_NAMES[day],
                    "one": told_spans([one]),
                    "other": told_spans([other]),
                },
            )
    return pairs


def _hhmm(minutes: int) -> int:
    return minutes // 60 * 100 + minutes % 60


class WeekWidget(forms.Widget):
    """Two time fields for each span, and an empty line for one more.

    Without script a day is copied to others by its own button, `<name>-copy`, which the view
    notices by `copies`; with it, by js/week.js.
    """

    template_name = "setup/widgets/week.html"
    use_fieldset = True
    wrong: frozenset[str] = frozenset()

    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, list[Typed]]:
        """Pairs as they were typed; those of the copied day also under the days it goes to."""
        week = {
            day: list(
                zip_longest(
                    _several(data, f"{name}-{day}-start"),
                    _several(data, f"{name}-{day}-end"),
                    fillvalue="",
                )
            )
            for day in DAYS
        }
        if (copied := data.get(f"{name}-copy")) in DAYS:
            for day in _several(data, f"{name}-copy-{copied}"):
                if day in DAYS:
                    week[day] = list(week[copied])
        return week

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False  # no span at all is an answer: closed

    def id_for_label(self, id_: str) -> str:
        return ""

    def format_value(self, value: Any) -> Any:
        return value

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        typed = value if _is_typed(value) else typed_week(value)
        context["widget"]["days"] = [
            {
                "key": day,
                "name": str(label),
                "spans": [pair for pair in typed.get(day, []) if any(pair)],
                "wrong": day in self.wrong,
                "others": [(key, other) for key, other in DAY_NAMES.items() if key != day],
            }
            for day, label in DAY_NAMES.items()
        ]
        return context


def _several(data: Any, name: str) -> list[str]:
    found: list[str] = data.getlist(name) if hasattr(data, "getlist") else data.get(name, [])
    return found


def _is_typed(value: Any) -> bool:
    """Whether these are times as they were typed, and not as they are written down."""
    return isinstance(value, Mapping) and any(
        isinstance(moment, str) for spans in value.values() for pair in spans for moment in pair
    )


class WeekField(forms.Field):
    """Weekly hours in their written form, all seven days, from the grid."""

    widget = WeekWidget

    def __init__(self, **options: Any) -> None:
        """A week off is a week too: nothing in it has to be filled in."""
        super().__init__(**{"required": False} | options)

    def to_python(self, value: Any) -> dict[str, list[list[int]]]:
        week, errors, wrong = {}, [], set()
        for day in DAYS:
            try:
                week[day] = read_spans(day, (value or {}).get(day, []))
            except ValidationError as error:
                errors.append(error)
                wrong.add(day)
        widget: Any = self.widget
        widget.wrong = frozenset(wrong)
        if errors:
            raise ValidationError(errors)
        return WeeklyHours.read(week).written()

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(data) != (whole_week(initial) or {day: [] for day in DAYS}))
        except ValidationError:
            return True


def copies(data: Any, name: str) -> bool:
    """Whether the button that copies a day was pressed, so that nothing is to be saved yet."""
    return data.get(f"{name}-copy") in DAYS
