"""The page about repeating visits says what the code does."""

import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from businesses.recurrence import PARTS, REFUSED, STEPS, BadRule, Rule

PAGE = (Path(__file__).parents[2] / "docs" / "recurrence.md").read_text()
SERIES = re.findall(
    r"^### (.+)\n\n- Rule: `(.+)`\n- Start: `(.+)` in `(.+)`\n- Books:((?:\s+`[0-9-]+`)+)$",
    PAGE,
    re.MULTILINE,
)
REFUSALS = re.findall(r"^\| `(\w+)` \| `(.+?)` \| `(.+?)` \| (.+) \|$", PAGE, re.MULTILINE)


def test_the_page_has_ten_series_and_every_refusal() -> None:
    assert len(SERIES) == PAGE.count("\n### ") == 10
    source = (Path(__file__).parents[2] / "businesses" / "recurrence.py").read_text()
    codes = set(re.findall(r'"(invalid_rrule|rrule_[a-z_]+)"', source))
    assert sorted(code for code, *_ in REFUSALS) == sorted(codes)


def test_the_page_names_every_part_and_frequency() -> None:
    for name in (*PARTS, *REFUSED, *STEPS):
        assert f"`{name}`" in PAGE


@pytest.mark.parametrize(
    ("rule", "start", "place", "books"),
    [row[1:] for row in SERIES],
    ids=[title for title, *_ in SERIES],
)
def test_a_series_on_the_page_books_its_dates(
    rule: str, start: str, place: str, books: str
) -> None:
    dates = Rule.read(rule).occurrences(datetime.fromisoformat(start), ZoneInfo(place))
    assert [f"`{date.wall:%Y-%m-%d}`" for date in dates] == books.split()


@pytest.mark.parametrize(("code", "rule", "start", "answer"), REFUSALS)
def test_a_refusal_on_the_page_is_the_answer(code: str, rule: str, start: str, answer: str) -> None:
    with pytest.raises(BadRule) as refused:
        Rule.read(rule).occurrences(datetime.fromisoformat(start), ZoneInfo("Europe/London"))
    assert (refused.value.code, str(refused.value)) == (code, answer)
