"""Weekly hours in people's words: told in a line, and read from one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from businesses.hours import DAYS, BadHours, WeeklyHours

DAY_NAMES: Final = {
    "monday": _("Monday"),
    "tuesday": _("Tuesday"),
    "wednesday": _("Wednesday"),
    "thursday": _("Thursday"),
    "friday": _("Friday"),
    "saturday": _("Saturday"),
    "sunday": _("Sunday"),
}
CLOSED: Final = "closed"
_TIME = r"(\d{1,2})(?:[:.]?(\d{2}))?"
_SPAN = re.compile(rf"{_TIME}\s*[-–—]\s*{_TIME}")


def told(pairs: Iterable[Iterable[int]]) -> str:
    """`09:00–12:00, 13:00–17:00` for `[[900, 1200], [1300, 1700]]`."""
    return ", ".join(
        "–".join(f"{moment // 100:02}:{moment % 100:02}" for moment in pair) for pair in pairs
    )


def told_week(written: Any) -> list[tuple[str, str]]:
    """The days of weekly hours with their times, in words."""
    return [(str(name), told(written.get(day) or []) or CLOSED) for day, name in DAY_NAMES.items()]


def read_day(day: str, typed: str) -> list[list[int]]:
    """The pairs that somebody typed for one day; ValidationError says what to write instead."""
    typed = typed.strip()
    if not typed or typed.lower() == CLOSED:
        return []
    pairs = []
    for part in re.split(r"[,;]", typed):
        found = _SPAN.fullmatch(part.strip())
        if found is None:
            raise ValidationError(
                gettext("%(day)s: write times such as 9:00-12:30, 13:30-17:00, or closed."),
                code="bad_hours",
                params={"day": DAY_NAMES[day]},
            )
        hour, minute, end_hour, end_minute = (int(word or 0) for word in found.groups())
        pairs.append([hour * 100 + minute, end_hour * 100 + end_minute])
    try:
        WeeklyHours.read({day: pairs})
    except BadHours as error:
        raise ValidationError(str(error).capitalize(), code="bad_hours") from error
    return sorted(pairs)


class HoursWidget(forms.MultiWidget):
    """One line of text for each day of the week."""

    template_name = "admin/widgets/hours.html"
    use_fieldset = True

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        lines: dict[str, Any] = {day: forms.TextInput({"class": "vTextField"}) for day in DAYS}
        super().__init__(lines, attrs)

    def decompress(self, value: Any) -> list[str]:
        if not isinstance(value, dict):
            return [""] * len(DAYS)
        return [told(value.get(day) or []) or CLOSED for day in DAYS]

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        names = DAY_NAMES.values()
        context["lines"] = list(zip(names, context["widget"]["subwidgets"], strict=True))
        return context

    def id_for_label(self, id_: str) -> str:
        return ""


class HoursFormField(forms.Field):
    """Weekly hours, typed as `9:00-12:30, 13:30-17:00` for each day; all blank is none at all."""

    widget = HoursWidget

    def __init__(self, **options: Any) -> None:
        for unused in ("encoder", "decoder"):  # what Django gives the field of a JSON column
            options.pop(unused, None)
        example = _("For example 9:00-12:30, 13:30-17:00; closed, or blank, for a day off.")
        options["help_text"] = " ".join(
            str(text) for text in (options.get("help_text"), example) if text
        )
        super().__init__(**options)

    def to_python(self, value: Any) -> dict[str, list[list[int]]] | None:
        typed = [(line or "").strip() for line in value or []]
        if not any(typed):
            return None
        hours, wrong = {}, []
        for day, line in zip(DAYS, typed, strict=True):
            try:
                hours[day] = read_day(day, line)
            except ValidationError as error:
                wrong.append(error)
        if wrong:
            raise ValidationError(wrong)
        return hours

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(data) != whole_week(initial))
        except ValidationError:
            return True


def whole_week(written: Any) -> dict[str, list[list[int]]] | None:
    """Written hours as the field returns them: each day there, each day's pairs in order."""
    if not isinstance(written, dict):
        return None
    return {day: sorted(list(pair) for pair in written.get(day) or []) for day in DAYS}
