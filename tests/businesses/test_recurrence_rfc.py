"""Every example that RFC 5545 prints for RRULE gives the printed dates, or is refused by name."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from businesses.recurrence import BadRule, Rule
from tests.businesses.rfc5545_cases import CASES, ENDLESS, EXAMPLES, Case

NEW_YORK = ZoneInfo("America/New_York")
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
REFUSED = [case for case in CASES if case.refused]
UNDERSTOOD = [case for case in CASES if case.sent or not case.refused]


def printed(text: str) -> list[str]:
    """`1997 EDT Sep 2 9 11-12` as ["1997-09-02 09:00 EDT", …]."""
    found = []
    year = abbreviation = month = ""
    for word in text.split():
        if re.fullmatch("[0-9]{4}", word):
            year = word
        elif word in ("EDT", "EST"):
            abbreviation = word
        elif word.isalpha():
            month = word
        else:
            run = re.fullmatch("([0-9]+)(?:-([0-9]+)(?:/([0-9]+))?)?", word)
            assert run
            first = int(run[1])
            for day in range(first, int(run[2] or first) + 1, int(run[3] or 1)):
                number = MONTHS.index(month) + 1
                found.append(f"{year}-{number:02}-{day:02} 09:00 {abbreviation}")
    return found


def nine(day: str) -> datetime:
    return datetime.fromisoformat(f"{day} 09:00")


def booked(rule: str, case: Case) -> list[str]:
    dates = Rule.read(rule).occurrences(
        nine(case.first or case.start), NEW_YORK, most=200, within_years=12
    )
    for date in dates:
        assert date.moment.astimezone(NEW_YORK).replace(tzinfo=None) == date.wall
    return [f"{date.moment.astimezone(NEW_YORK):%Y-%m-%d %H:%M %Z}" for date in dates]


def test_no_printed_example_is_left_out() -> None:
    assert len({case.title for case in CASES}) == EXAMPLES
    assert len(CASES) == 42
    assert len([case for case in CASES if not case.refused]) == 18
    assert len([case for case in CASES if case.refused and case.sent]) == 16
    assert len([case for case in CASES if case.refused and not case.sent]) == 8


@pytest.mark.parametrize("case", UNDERSTOOD, ids=[case.rule for case in UNDERSTOOD])
def test_a_printed_rule_or_what_to_send_instead_gives_the_printed_dates(case: Case) -> None:
    assert booked(case.sent or case.rule, case) == printed(case.dates)


@pytest.mark.parametrize("case", REFUSED, ids=[case.rule for case in REFUSED])
def test_a_printed_rule_without_end_or_with_a_part_left_out_is_refused(case: Case) -> None:
    with pytest.raises(BadRule) as refused:
        Rule.read(case.rule)
    assert refused.value.code == case.refused
    if case.refused == ENDLESS:
        assert str(refused.value) == (
            "Send exactly one of COUNT and UNTIL, so that the series ends."
        )


def test_a_start_that_the_rfc_takes_out_again_is_refused_with_the_first_date() -> None:
    (case,) = (case for case in CASES if case.first)
    with pytest.raises(BadRule) as refused:
        Rule.read(case.sent).occurrences(nine(case.start), NEW_YORK)
    assert refused.value.code == "rrule_start"
    assert str(refused.value) == (
        "The start is not a date of this rule; the first one would be Friday 1998-02-13 09:00."
    )


@pytest.mark.parametrize(
    "title", ["Daily until December 24, 1997", "Yearly in June and July for 10 occurrences"]
)
def test_longer_printed_series_are_too_long_for_a_clinic(title: str) -> None:
    (case,) = (case for case in CASES if case.title == title)
    with pytest.raises(BadRule) as refused:
        Rule.read(case.rule).occurrences(nine(case.start), NEW_YORK)
    assert refused.value.code == "rrule_too_long"
