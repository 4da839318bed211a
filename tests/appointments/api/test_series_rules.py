"""What a rule may not be: each refusal names the field, and books nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.appointments.api.clinic import NOW, TEN, Clinic, nothing_is_written, wire

WEEK = timedelta(days=7)
WEEKLY = "FREQ=WEEKLY;COUNT=4"


@pytest.mark.parametrize(
    ("rrule", "field", "code"),
    [
        ("nonsense", "rrule", "invalid_rrule"),
        ("RRULE:FREQ=WEEKLY;COUNT=4", "rrule", "invalid_rrule"),
        ("COUNT=4", "rrule", "invalid_rrule"),
        ("FREQ=WEEKLY", "rrule", "invalid_rrule"),
        ("FREQ=WEEKLY;COUNT=4;UNTIL=20270101", "rrule", "invalid_rrule"),
        ("FREQ=WEEKLY;COUNT=0", "rrule", "invalid_rrule"),
        ("FREQ=WEEKLY;COUNT=-1", "rrule", "invalid_rrule"),
        ("FREQ=WEEKLY;COUNT=4;COUNT=5", "rrule", "invalid_rrule"),
        ("FREQ=WEEKLY;COUNT=4;", "rrule", "invalid_rrule"),
        ("FREQ=FORTNIGHTLY;COUNT=4", "rrule", "invalid_rrule"),
        ("FREQ=WEEKLY;BYDAY=XX;COUNT=4", "rrule", "invalid_rrule"),
        ("FREQ=WEEKLY;BYDAY=1MO;COUNT=4", "rrule", "invalid_rrule"),
        ("FREQ=WEEKLY;INTERVAL=0;COUNT=4", "rrule", "invalid_rrule"),
        ("FREQ=WEEKLY;UNTIL=soon", "rrule", "invalid_rrule"),
        ("FREQ=WEEKLY;UNTIL=20260230", "rrule", "invalid_rrule"),
        ("FREQ=WEEKLY; COUNT=4", "rrule", "invalid_rrule"),
        ("FREQ=WEEKLY;COUNT=４", "rrule", "invalid_rrule"),
        ("FREQ=WEEKLY\nCOUNT=4", "rrule", "invalid_rrule"),
        ("FREQ=WEEKLY;FLAVOUR=sweet;COUNT=4", "rrule", "invalid_rrule"),
        ("FREQ=HOURLY;COUNT=4", "rrule", "rrule_not_supported"),
        ("FREQ=SECONDLY;COUNT=4", "rrule", "rrule_not_supported"),
        ("FREQ=WEEKLY;WKST=SU;COUNT=4", "rrule", "rrule_not_supported"),
        ("FREQ=WEEKLY;WKST=MO;COUNT=4", "rrule", "rrule_not_supported"),
        ("FREQ=DAILY;BYHOUR=9,10;COUNT=4", "rrule", "rrule_not_supported"),
        ("FREQ=YEARLY;BYWEEKNO=20;COUNT=1", "rrule", "rrule_not_supported"),
        ("FREQ=YEARLY;BYYEARDAY=100;COUNT=1", "rrule", "rrule_not_supported"),
        ("FREQ=DAILY;COUNT=105", "rrule", "rrule_too_long"),
        ("FREQ=DAILY;COUNT=99999999999999999999", "rrule", "rrule_too_long"),
        ("FREQ=WEEKLY;UNTIL=20280703", "rrule", "rrule_too_long"),
        ("FREQ=DAILY;UNTIL=20261231", "rrule", "rrule_too_long"),
        ("FREQ=YEARLY;COUNT=4", "rrule", "rrule_too_long"),
        ("FREQ=MONTHLY;BYDAY=5MO;BYMONTH=2;COUNT=1", "rrule", "rrule_empty"),
        ("FREQ=WEEKLY;UNTIL=20260701", "rrule", "rrule_until"),
        ("FREQ=WEEKLY;UNTIL=20260702T085959Z", "rrule", "rrule_until"),
        ("FREQ=MONTHLY;BYMONTHDAY=31;UNTIL=20260703", "rrule", "rrule_empty"),
        ("FREQ=WEEKLY;BYDAY=MO;COUNT=4", "date", "rrule_start"),
        ("FREQ=MONTHLY;BYMONTHDAY=3;COUNT=4", "date", "rrule_start"),
        ("FREQ=WEEKLY;COUNT=4" + ";" * 500, "rrule", "max_length"),
        ("FREQ=WEEKLY;COUNT=4\x00", "rrule", "bad_character"),
    ],
)
def test_a_rule_that_can_not_be_is_refused(
    clinic: Clinic, rrule: str, field: str, code: str
) -> None:
    with nothing_is_written():
        replies = [clinic.book(rrule=rrule), clinic.preview(rrule=rrule)]
    for reply in replies:
        assert reply.refused == (400, code)
        assert reply.wrong == [(field, code)]


def test_a_series_may_have_a_hundred_and_four_dates_in_two_years(clinic: Clinic) -> None:
    weekly = clinic.book(rrule="FREQ=WEEKLY;COUNT=104")
    assert len(weekly.json["meta"]["occurrences"]) == 104
    later = wire(TEN + timedelta(hours=1))
    daily = clinic.book(rrule="FREQ=DAILY;COUNT=104", date=later)
    assert len(daily.json["meta"]["occurrences"]) == 104


@pytest.mark.parametrize("rrule", [None, "", "  "], ids=["null", "empty", "blank"])
def test_without_a_rule_it_is_a_single_booking(clinic: Clinic, rrule: str | None) -> None:
    reply = clinic.book(rrule=rrule, skipConflicts=False, overrides=[])
    assert (reply.status, list(reply.json)) == (201, ["data"])
    assert (reply.data["rrule"], reply.data["recurringAppointmentId"]) == (None, None)


@pytest.mark.parametrize("name", ["skipConflicts", "overrides"])
def test_what_belongs_to_a_series_is_refused_without_a_rule(clinic: Clinic, name: str) -> None:
    value: Any = True if name == "skipConflicts" else [{"date": wire(TEN), "newDate": wire(TEN)}]
    with nothing_is_written():
        replies = [clinic.book(**{name: value}), clinic.preview(**{name: value})]
    for reply in replies:
        assert reply.refused == (400, "needs_rrule")
        assert reply.wrong == [(name, "needs_rrule")]


def override(date: str, new: str = "2026-07-09T12:00:00Z") -> dict[str, str]:
    return {"date": date, "newDate": new}


FIRST, SECOND = wire(TEN), wire(TEN + WEEK)


@pytest.mark.parametrize(
    ("overrides", "wrong"),
    [
        ([override("2026-07-08T09:00:00Z")], [("overrides", "override_date_unknown")]),
        ([override(wire(TEN + 4 * WEEK))], [("overrides", "override_date_unknown")]),
        ([override(SECOND), override(SECOND)], [("overrides", "override_date_repeated")]),
        ([override("soon")], [("overrides.0.date", "invalid")]),
        ([override(FIRST), override(SECOND, "soon")], [("overrides.1.newDate", "invalid")]),
        ([override("2026-10-25T01:30")], [("overrides.0.date", "ambiguous_local_time")]),
        (
            [override(FIRST), override(SECOND, "2027-03-28T01:30")],
            [("overrides.1.newDate", "nonexistent_local_time")],
        ),
        ([{"date": SECOND}], [("overrides.0.newDate", "required")]),
        ([{"newDate": SECOND}], [("overrides.0.date", "required")]),
        ([{**override(SECOND), "staffId": None}], [("overrides.0.staffId", "unknown_field")]),
        ([None], [("overrides.0", "null")]),
        (["x"], [("overrides.0", "invalid")]),
        ({}, [("overrides", "not_a_list")]),
        ("x", [("overrides", "not_a_list")]),
        ([override(SECOND)] * 105, [("overrides", "max_length")]),
        ([override(SECOND, wire(NOW - WEEK))], [("date", "date_in_past")]),
    ],
    ids=str,
)
def test_other_times_are_for_dates_of_the_rule(
    clinic: Clinic, overrides: Any, wrong: list[tuple[str, str]]
) -> None:
    with nothing_is_written():
        reply = clinic.book(rrule=WEEKLY, overrides=overrides)
    assert (reply.status, reply.wrong) == (400, wrong)


def test_a_series_does_not_begin_in_the_past(clinic: Clinic) -> None:
    with nothing_is_written():
        reply = clinic.book(rrule=WEEKLY, date=wire(NOW - timedelta(hours=1)))
    assert reply.refused == (400, "date_in_past")
    over = clinic.book(
        rrule=WEEKLY, date=wire(NOW - timedelta(hours=1)), query="?ignoreBusyTimes=1"
    )
    assert over.status == 201


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        (1, [("rrule", "invalid")]),
        (["FREQ=WEEKLY;COUNT=4"], [("rrule", "invalid")]),
        ({"freq": "WEEKLY"}, [("rrule", "invalid")]),
        (True, [("rrule", "invalid")]),
    ],
    ids=str,
)
def test_a_rule_is_a_text(clinic: Clinic, value: Any, wrong: list[tuple[str, str]]) -> None:
    with nothing_is_written():
        reply = clinic.book(rrule=value)
    assert (reply.status, reply.wrong) == (400, wrong)


def test_a_refusal_says_what_to_send_instead(clinic: Clinic) -> None:
    told = {
        rrule: clinic.book(rrule=rrule).error["title"]
        for rrule in ("FREQ=WEEKLY;WKST=SU;COUNT=4", "FREQ=WEEKLY;BYDAY=MO;COUNT=4")
    }
    assert told == {
        "FREQ=WEEKLY;WKST=SU;COUNT=4": (
            "WKST is not supported: weeks begin on Monday; leave it out."
        ),
        "FREQ=WEEKLY;BYDAY=MO;COUNT=4": (
            "The start is not a date of this rule; the first one would be Monday 2026-07-06 10:00."
        ),
    }
