"""Weekly hours as people type them."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from businesses.forms.hours import HoursFormField, HoursWidget, read_day, told
from businesses.hours import DAYS, WeeklyHours
from businesses.money import amount


@pytest.mark.parametrize(
    ("typed", "pairs"),
    [
        ("", []),
        ("closed", []),
        (" Closed ", []),
        ("9-17", [[900, 1700]]),
        ("9:00-12:30, 13:30-17:00", [[900, 1230], [1330, 1700]]),
        ("09.00 – 12.30; 13-17", [[900, 1230], [1300, 1700]]),
        ("0900-1700", [[900, 1700]]),
        ("900-1700", [[900, 1700]]),
        ("13-17, 9-12", [[900, 1200], [1300, 1700]]),
        ("22-24", [[2200, 2400]]),
        ("0-6", [[0, 600]]),
    ],
)
def test_the_hours_of_a_day_are_read_as_people_write_them(
    typed: str, pairs: list[list[int]]
) -> None:
    assert read_day("monday", typed) == pairs


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("nine", "Monday: write times such as 9:00-12:30, 13:30-17:00, or closed."),
        ("9", "Monday: write times such as 9:00-12:30, 13:30-17:00, or closed."),
        ("9-12,", "Monday: write times such as 9:00-12:30, 13:30-17:00, or closed."),
        ("17-9", "Monday: a pair must end after it starts."),
        ("9-9", "Monday: a pair must end after it starts."),
        ("9-13, 12-17", "Monday: two pairs overlap."),
        ("9:60-12", "Monday: 960 is not a time of day; write 0 to 2359, or 2400 as an end."),
        ("9-25", "Monday: 2500 is not a time of day; write 0 to 2359, or 2400 as an end."),
    ],
)
def test_hours_that_make_no_sense_are_refused_in_words(typed: str, sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        read_day("monday", typed)
    assert caught.value.messages == [sentence]


def field(**options: Any) -> HoursFormField:
    return HoursFormField(required=False, **options)


def test_all_blank_is_no_hours_at_all_and_closed_is_a_week_off() -> None:
    assert field().clean([""] * 7) is None
    assert field().clean(["closed", *[""] * 6]) == {day: [] for day in DAYS}


def test_required_hours_can_not_be_blank() -> None:
    with pytest.raises(ValidationError):
        HoursFormField(required=True).clean([""] * 7)


def test_every_day_that_makes_no_sense_is_told() -> None:
    with pytest.raises(ValidationError) as caught:
        field().clean(["x", "9-17", "17-9", "", "", "", ""])
    assert [message.split(":")[0] for message in caught.value.messages] == ["Monday", "Wednesday"]


days = st.lists(st.integers(0, 24 * 60), min_size=0, max_size=6, unique=True).map(
    lambda minutes: [
        [start // 60 * 100 + start % 60, end // 60 * 100 + end % 60]
        for start, end in zip(*[iter(sorted(minutes)[: len(minutes) // 2 * 2])] * 2, strict=True)
    ]
)
weeks = st.fixed_dictionaries(dict.fromkeys(DAYS, days))


@given(weeks)
def test_hours_that_are_shown_and_sent_back_are_the_same(week: dict[str, Any]) -> None:
    WeeklyHours.read(week)  # they are hours
    shown = HoursWidget().decompress(week)
    assert field().clean(shown) == week
    assert field().has_changed(week, shown) is False


def test_hours_are_told_in_the_words_of_a_clock() -> None:
    assert told([[900, 1230], [1300, 2400]]) == "09:00–12:30, 13:00–24:00"


@pytest.mark.parametrize(
    ("minor", "currency", "words"),
    [
        (3000, "gbp", "30.00 GBP"),
        (5, "usd", "0.05 USD"),
        (123456789, "eur", "1,234,567.89 EUR"),
        (3000, "jpy", "3,000 JPY"),
        (3000, "kwd", "3.000 KWD"),
    ],
)
def test_an_amount_is_told_in_whole_units(minor: int, currency: str, words: str) -> None:
    assert amount(minor, currency) == words
