"""The text by which a patient is found, and the reading of a birth date as people type it."""

import re
from datetime import date

from django.db.models import Func, TextField


class Searchable(Func):
    """Text without accents and case, as the search column holds it (a function of migration 2)."""

    function = "searchable_text"
    arity = 1
    output_field = TextField()


PHONE = re.compile(r"\+?[\d().\-/]{3,}", re.ASCII)
_WRITTEN_DATES = (
    (re.compile(r"^(\d{4})-(\d{1,2})-(\d{1,2})$"), (1, 2, 3)),
    (re.compile(r"^(\d{1,2})[./](\d{1,2})[./](\d{4})$"), (3, 2, 1)),
)


def birth_date_in(word: str) -> date | None:
    """The date in `1980-04-23`, `23.4.1980` or `23/4/1980`; None when it isn't one."""
    for pattern, (year, month, day) in _WRITTEN_DATES:
        if found := pattern.match(word):
            try:
                return date(int(found[year]), int(found[month]), int(found[day]))
            except ValueError:
                return None
    return None


def digits_in(word: str) -> str:
    """The digits of a phone number as people write it, `(020)7946-0958`; nothing for other words.

    The search column holds each number as digits alone besides its own writing.
    """
    return re.sub(r"\D", "", word) if PHONE.fullmatch(word) else ""
