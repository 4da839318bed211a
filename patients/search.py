"""Words by which a patient is found: text, phone numbers, birth dates, slips of the keys."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from django.db.models import Func, TextField
from django.utils import timezone
from django.utils.formats import get_format


class Searchable(Func):
    """Text without accents and case, as the search column holds it (a function of migration 1)."""

    function = "searchable_text"
    arity = 1
    output_field = TextField()


PHONE = re.compile(r"\+?[\d().\-/]{3,}", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4}|\d{2})")
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})")
_RUN_TOGETHER = re.compile(r"(\d{2})(\d{2})(\d{4})")
_RUN_YEAR_FIRST = re.compile(r"(\d{4})(\d{2})(\d{2})")
DAY, MONTH = "dj", "mnMNFb"  # what Django's date formats call them
SLIPS_FROM = 4  # letters: of shorter words too many are one slip away
MOST_WORDS = 5


@dataclass(frozen=True, slots=True)
class Word:
    """One word as it was typed: what the text has to hold, or the birth dates that it may be."""

    text: str  # empty for what can only be a date
    days: tuple[date, ...] = ()

    @property
    def is_short(self) -> bool:
        """Whether it counts at the beginning of a word only: two letters are in most names."""
        return len(self.text) < 3 and self.text.isalnum()

    @property
    def within(self) -> str:
        """The LIKE pattern of a text that has it."""
        return self.beginning if self.is_short else f"%{escaped(self.text)}%"

    @property
    def beginning(self) -> str:
        """The LIKE pattern of a text with a word that begins with it."""
        return f"% {escaped(self.text)}%"

    @property
    def slips(self) -> list[str]:
        """LIKE patterns of words that one slip of the keys may have made this of.

        One letter wrong, left out, too many, or two the wrong way round. None for digits, for
        which one slip is somebody else's number, and for short words.
        """
        word = self.text
        if len(word) < SLIPS_FROM or not word.isalpha():
            return []
        found = dict.fromkeys(
            [
                *(f"{word[:at]}_{word[at + 1 :]}" for at in range(len(word))),
                *(f"{word[:at]}_{word[at:]}" for at in range(len(word) + 1)),
                *(word[:at] + word[at + 1 :] for at in range(len(word))),
                *(
                    word[:at] + word[at + 1] + word[at] + word[at + 2 :]
                    for at in range(len(word) - 1)
                ),
            ]
        )
        return [f"% {one}%" for one in found]


def escaped(text: str) -> str:
    """Text in which the signs of LIKE mean themselves."""
    return re.sub(r"([\\%_])", r"\\\1", text)


def words_in(typed: str) -> list[Word]:
    """The words that were typed, at most five, in their order."""
    return [_word(one) for one in typed.replace("\x00", "").split()[:MOST_WORDS]]


def _word(text: str) -> Word:
    days = tuple(birth_dates_in(text))
    if days and not text.isdigit():
        return Word("", days)
    return Word(digits_in(text) or text, days)  # eight digits may be a phone number as well


def birth_dates_in(word: str) -> list[date]:
    """The dates that `1980-04-23`, `23.4.1980`, `23/4/80` or `23041980` may mean; mostly one.

    Between slashes, and without anything between, day and month come in either order, that of the
    reader's language first: who types 3/4/1980 is found somebody born on either day. A year of
    two digits is the last one that has been.
    """
    dates: list[date | None] = []
    if found := _YEAR_FIRST.fullmatch(word) or _RUN_YEAR_FIRST.fullmatch(word):
        dates.append(_date(*map(int, found.groups())))
    if found := _DOTTED.fullmatch(word):
        dates.append(_date(_year(found[3]), int(found[2]), int(found[1])))
    if found := _SLASHED.fullmatch(word) or _RUN_TOGETHER.fullmatch(word):
        first, second, year = int(found[1]), int(found[2]), _year(found[3])
        orders = [(second, first), (first, second)]
        if _month_comes_first():
            orders.reverse()
        dates += [_date(year, *order) for order in orders]
    return list(dict.fromkeys(day for day in dates if day is not None))


def _month_comes_first() -> bool:
    written: str = get_format("SHORT_DATE_FORMAT")
    first = next((one for one in written if one in DAY + MONTH), DAY)
    return first in MONTH


def _year(text: str) -> int:
    if len(text) == 4:
        return int(text)
    this_year = timezone.now().year
    year = this_year - this_year % 100 + int(text)
    return year if year <= this_year else year - 100


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def digits_in(word: str) -> str:
    """The digits of a phone number as people write it, `(020)7946-0958`; nothing for other words.

    The search column holds each number as digits alone besides its own writing.
    """
    return re.sub(r"\D", "", word) if PHONE.fullmatch(word) else ""
