"""Short tables within a form: a service's lengths with their prices, and its questions.

Each column is one name that comes once for each line. There is an empty line for one more; with
script js/lines.js adds, moves and removes lines, and sends the same.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import zip_longest
from typing import Any, ClassVar, Final
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from businesses.models import QuestionKind
from businesses.models.practice import DAY
from businesses.money import read_amount, typed_amount

MOST_LINES: Final = 50
HIGHEST_PRICE: Final = 2**31 - 1

Line = dict[str, str]


class LinesWidget(forms.Widget):
    """Lines of columns, drawn by the template of its kind."""

    use_fieldset = True
    columns: ClassVar[tuple[str, ...]]
    wrong: frozenset[int] = frozenset()

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[Line]:
        """The lines as they were typed, those that say nothing left out, one moved if asked."""
        columns = [data.getlist(f"{name}-{column}") for column in self.columns]
        lines = [
            dict(zip(self.columns, values, strict=True))
            for values in zip_longest(*columns, fillvalue="")
        ]
        lines = [line for line in lines if self.says_something(line)]
        for word, step in (("up", -1), ("down", 1)):
            moved = data.get(f"{name}-{word}", "")
            here = int(moved) if re.fullmatch("[0-9]{1,3}", moved) else len(lines)
            if here < len(lines) and 0 <= here + step < len(lines):
                lines[here], lines[here + step] = lines[here + step], lines[here]
        return lines

    def says_something(self, line: Line) -> bool:
        return any(value.strip() for value in line.values())

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False

    def id_for_label(self, id_: str) -> str:
        return ""

    def format_value(self, value: Any) -> Any:
        return value

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        lines = value or []
        context["widget"]["lines"] = [
            line | {"wrong": number in self.wrong, "index": number, "number": number + 1}
            for number, line in enumerate(lines)
        ]
        context["widget"]["last"] = len(lines) - 1
        context["widget"]["spare"] = {"index": len(lines), "number": len(lines) + 1, "spare": True}
        return context


def moves_a_line(data: Any, name: str) -> bool:
    """Whether a button was pressed that moves a line, so that nothing is to be saved yet."""
    return f"{name}-up" in data or f"{name}-down" in data


class LinesField(forms.Field):
    """Reads line by line; all that is wrong is told at once."""

    widget: Any

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"required": False} | options)

    def read(self, number: int, line: Line) -> Any:
        raise NotImplementedError

    def to_python(self, value: Any) -> list[Any]:
        found, errors, wrong = [], [], set()
        lines = value or []
        if len(lines) > MOST_LINES:
            raise ValidationError(
                _("That is more than %(most)d lines."), params={"most": MOST_LINES}
            )
        for index, line in enumerate(lines):
            try:
                found.append(self.read(index + 1, line))
            except ValidationError as error:
                errors.append(error)
                wrong.add(index)
        self.widget.wrong = frozenset(wrong)
        if errors:
            raise ValidationError(errors)
        return found


class LengthsWidget(LinesWidget):
    template_name = "setup/widgets/lengths.html"
    columns = ("minutes", "price")
    currency = "usd"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["currency"] = self.currency.upper()
        return context


class LengthsField(LinesField):
    """Minutes with prices in the smallest unit; `currency` is set by the form."""

    widget = LengthsWidget
    currency = "usd"

    def read(self, number: int, line: Line) -> tuple[int, int]:
        minutes, price = line["minutes"].strip(), line["price"].strip()
        if not re.fullmatch(r"\d{1,4}", minutes, re.ASCII) or not 1 <= int(minutes) <= DAY:
            raise ValidationError(
                _("Length %(number)d: write 1 to 1440 minutes."), params={"number": number}
            )
        try:
            asked = read_amount(price or "0", self.currency)
        except ValueError:
            asked = HIGHEST_PRICE + 1
        if asked > HIGHEST_PRICE:
            raise ValidationError(
                _("Length %(number)d: write the price like %(example)s."),
                params={"number": number, "example": typed_amount(5000, self.currency)},
            )
        return int(minutes), asked

    def to_python(self, value: Any) -> list[tuple[int, int]]:
        found = super().to_python(value)
        if not found:
            raise ValidationError(_("Write at least one length."), code="empty")
        if len({minutes for minutes, _price in found}) < len(found):
            raise ValidationError(_("Write each length once."), code="repeated")
        return found

    def typed(self, lengths: Any) -> list[Line]:
        return [
            {"minutes": str(minutes), "price": typed_amount(price, self.currency)}
            for minutes, price in lengths
        ]


class QuestionsWidget(LinesWidget):
    template_name = "setup/widgets/questions.html"
    columns = ("id", "name", "question", "kind", "required")

    def says_something(self, line: Line) -> bool:
        """A question whose words are taken away is taken away."""
        return bool(line["question"].strip())

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["kinds"] = QuestionKind.choices
        return context


class QuestionsField(LinesField):
    """What is asked, in order; `there` are the questions of the service, by their ids."""

    widget = QuestionsWidget
    there: dict[UUID, str]

    def read(self, number: int, line: Line) -> dict[str, Any]:
        words = line["question"].strip()
        if len(words) > 500 or "\x00" in words:
            raise ValidationError(
                _("Question %(number)d: write at most 500 letters."), params={"number": number}
            )
        try:
            known = UUID(line["id"]) if line["id"] else None
        except ValueError:
            known = None
        if line["id"] and known not in self.there:
            raise ValidationError(
                _("Question %(number)d was deleted meanwhile; write it anew."),
                params={"number": number},
            )
        kind = line["kind"] or QuestionKind.TEXT.value
        if kind not in QuestionKind.values:
            raise ValidationError(
                _("Question %(number)d: choose what kind of answer it has."),
                params={"number": number},
            )
        return {
            "id": known,
            "variable_name": self.there[known] if known else "",
            "question": words,
            "kind": kind,
            "required": line["required"] == "yes",
        }

    def to_python(self, value: Any) -> list[dict[str, Any]]:
        """New questions get a name of their words, for other software."""
        found = super().to_python(value)
        ids = [one["id"] for one in found if one["id"]]
        if len({*ids}) < len(ids):
            raise ValidationError(_("A question comes twice."), code="repeated")
        names = {one["variable_name"] for one in found}
        for one in found:
            if not one["variable_name"]:
                one["variable_name"] = _free_name(one["question"], names)
                names.add(one["variable_name"])
        return found

    def typed(self, questions: Any) -> list[Line]:
        return [
            {
                "id": str(one.pk),
                "name": one.variable_name,
                "question": one.question,
                "kind": one.kind,
                "required": "yes" if one.required else "",
            }
            for one in questions
        ]


def _free_name(words: str, taken: set[str]) -> str:
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:50].strip("_") or "question"
    numbered = (f"{name}_{number}" for number in range(2, MOST_LINES + 2))
    return name if name not in taken else next(one for one in numbered if one not in taken)
