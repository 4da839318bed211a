"""PATCH on a visit of a series: `scope` says how many of them are changed with it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from appointments.models import HeldTime
from tests.appointments.api.clinic import NOW, TEN, Clinic, nothing_is_written, wire
from tests.appointments.api.test_create_rules import save
from tests.factories import StaffFactory, blocks

WEEK = timedelta(days=7)
HOUR = timedelta(hours=1)
WEEKLY = "FREQ=WEEKLY;COUNT=4"


def series(clinic: Clinic, **changes: Any) -> list[str]:
    """The ids of four visits, a week apart."""
    reply = clinic.book(**({"rrule": WEEKLY} | changes))
    assert reply.status == 201, reply.content
    return [one["id"] for one in reply.json["meta"]["occurrences"]]


def told(clinic: Clinic, ids: list[str], name: str) -> list[Any]:
    return [clinic.get(one).data[name] for one in ids]


def starts(*hours: int) -> list[str]:
    """The four dates, each so many hours later than booked."""
    return [wire(TEN + number * WEEK + later * HOUR) for number, later in enumerate(hours)]


SCOPES = [
    ("", [False, True, False, False]),
    ("?scope=this", [False, True, False, False]),
    ("?scope=following", [False, True, True, True]),
    ("?scope=all", [True, True, True, True]),
]


@pytest.mark.parametrize(("scope", "changed"), SCOPES)
def test_a_scope_says_which_visits_are_moved(
    clinic: Clinic, scope: str, changed: list[bool]
) -> None:
    ids = series(clinic)
    moved = clinic.changed(ids[1], query=scope, date=wire(TEN + WEEK + HOUR))
    assert moved["date"] == starts(0, 1, 0, 0)[1]
    assert told(clinic, ids, "date") == starts(*map(int, changed))
    assert HeldTime.objects.count() == 4


@pytest.mark.parametrize(("scope", "changed"), SCOPES)
def test_a_scope_says_whose_facts_are_changed(
    clinic: Clinic, scope: str, changed: list[bool]
) -> None:
    ids = series(clinic)
    clinic.changed(ids[1], query=scope, notes="x")
    assert told(clinic, ids, "notes") == ["x" if one else "" for one in changed]
    second = str(StaffFactory(business=clinic.business).pk)
    clinic.changed(ids[1], query=scope, staffId=second)
    assert [one == second for one in told(clinic, ids, "staffId")] == changed


@pytest.mark.parametrize(("scope", "changed"), SCOPES)
def test_a_scope_says_which_visits_are_cancelled(
    clinic: Clinic, scope: str, changed: list[bool]
) -> None:
    ids = series(clinic)
    clinic.changed(ids[1], query=scope, cancelled=True, cancelReason="Moved away.")
    assert told(clinic, ids, "cancelled") == changed
    assert HeldTime.objects.count() == 4 - sum(changed)


def test_moved_alone_a_visit_stays_in_its_series(clinic: Clinic) -> None:
    ids = series(clinic)
    moved = clinic.changed(ids[1], date=wire(TEN + WEEK + HOUR))
    assert len(set(told(clinic, ids, "recurringAppointmentId"))) == 1
    assert (moved["rrule"], moved["originalDate"]) == (WEEKLY, starts(0, 0, 0, 0)[1])
    # Moved all together, it keeps the time it was given alone.
    clinic.changed(ids[0], query="?scope=all", date=wire(TEN + 2 * HOUR))
    assert told(clinic, ids, "date") == starts(2, 1, 2, 2)


def test_moved_with_the_following_they_are_a_series_of_their_own(clinic: Clinic) -> None:
    ids = series(clinic)
    clinic.changed(ids[1], query="?scope=following", date=wire(TEN + WEEK + HOUR))
    first, *others = told(clinic, ids, "recurringAppointmentId")
    assert first not in others
    assert len(set(others)) == 1
    counts = [one["count"] for one in told(clinic, ids, "recurrence")]
    assert counts == [1, 3, 3, 3]


def test_moved_to_another_day_the_rule_follows(clinic: Clinic) -> None:
    ids = series(clinic, rrule="FREQ=WEEKLY;BYDAY=TH;COUNT=4")
    moved = clinic.changed(ids[1], query="?scope=all", date=wire(TEN + WEEK + timedelta(days=1)))
    assert moved["recurrence"]["byDay"] == ["FR"]
    assert told(clinic, ids, "date") == starts(24, 24, 24, 24)


def test_a_rule_of_months_can_not_be_moved_to_other_days(clinic: Clinic) -> None:
    reply = clinic.book(rrule="FREQ=MONTHLY;COUNT=3")
    first = reply.json["meta"]["occurrences"][0]["id"]
    with nothing_is_written():
        refused = clinic.change(first, query="?scope=all", date=wire(TEN + timedelta(days=1)))
    assert refused.refused == (400, "series_day_shift")
    assert refused.wrong == [("date", "series_day_shift")]


def test_one_clash_and_no_visit_is_moved(clinic: Clinic) -> None:
    ids = series(clinic)
    blocks(clinic.staff, TEN + 2 * WEEK + HOUR, 30)
    with nothing_is_written():
        reply = clinic.change(ids[0], query="?scope=all", date=wire(TEN + HOUR))
    assert reply.refused == (409, "staff_busy")
    assert [(one["date"], one["code"]) for one in reply.error["dates"]] == [
        (starts(1, 1, 1, 1)[2], "staff_busy")
    ]
    assert len(reply.error["dates"][0]["alternatives"]) == 3
    assert reply.error["alternatives"] == reply.error["dates"][0]["alternatives"]
    assert told(clinic, ids, "date") == starts(0, 0, 0, 0)
    over = clinic.change(ids[0], query="?scope=all&ignoreBusyTimes=true", date=wire(TEN + HOUR))
    assert over.status == 200
    assert told(clinic, ids, "overbooked") == [False, False, True, False]


def test_moved_by_less_than_its_length_a_series_is_not_in_its_own_way(clinic: Clinic) -> None:
    reply = clinic.book(rrule="FREQ=DAILY;COUNT=3", duration=60)
    first = reply.json["meta"]["occurrences"][0]["id"]
    assert clinic.change(first, query="?scope=all", date=wire(TEN + HOUR / 4)).status == 200


def test_a_series_moves_on_the_clocks_it_was_booked_by(clinic: Clinic) -> None:
    """Eleven o'clock stays eleven o'clock when the clocks go back."""
    reply = clinic.book(date="2026-10-22T10:00", rrule="FREQ=WEEKLY;COUNT=2")
    ids = [one["id"] for one in reply.json["meta"]["occurrences"]]
    clinic.changed(ids[0], query="?scope=all", date="2026-10-22T11:00")
    assert [date[5:16] for date in told(clinic, ids, "date")] == ["10-22T10:00", "10-29T11:00"]


def test_what_is_over_or_cancelled_stays_as_it_was(clinic: Clinic, clock: Any) -> None:
    ids = series(clinic)
    clinic.changed(ids[2], cancelled=True)
    clock.move_to(TEN + HOUR)
    clinic.changed(ids[1], query="?scope=all", date=wire(TEN + WEEK + HOUR), notes="x")
    assert told(clinic, ids, "date") == starts(0, 1, 0, 1)
    assert told(clinic, ids, "notes") == ["", "x", "", "x"]


def test_a_step_is_taken_by_one_visit(clinic: Clinic) -> None:
    ids = series(clinic)
    for scope in ("following", "all"):
        with nothing_is_written():
            reply = clinic.change(ids[0], query=f"?scope={scope}", status="arrived")
        assert reply.refused == (400, "scope_not_allowed")
        assert reply.wrong == [("scope", "scope_not_allowed")]
    clinic.changed(ids[0], status="arrived")
    assert told(clinic, ids, "status") == ["arrived", "booked", "booked", "booked"]


def test_a_requested_series_is_approved_or_declined_together(clinic: Clinic) -> None:
    save(clinic.service, bookings_require_approval=True)
    ids = series(clinic)
    clinic.changed(ids[0], approved=True)
    clinic.changed(ids[1], query="?scope=all", approved=True)
    assert told(clinic, ids, "status") == ["booked"] * 4
    assert HeldTime.objects.count() == 4
    others = series(clinic, date=wire(TEN + HOUR))
    clinic.changed(others[1], query="?scope=following", approved=False)
    assert told(clinic, others, "status") == ["requested", *["cancelled"] * 3]


def test_one_request_that_clashes_and_none_is_approved(clinic: Clinic) -> None:
    save(clinic.service, bookings_require_approval=True)
    ids = series(clinic)
    blocks(clinic.staff, TEN + 2 * WEEK, 30)
    with nothing_is_written():
        reply = clinic.change(ids[0], query="?scope=all", approved=True)
    assert reply.refused == (409, "staff_busy")
    assert [one["date"] for one in reply.error["dates"]] == [starts(0, 0, 0, 0)[2]]


def test_a_cancellation_is_taken_back_for_one_visit(clinic: Clinic) -> None:
    ids = series(clinic)
    clinic.changed(ids[0], query="?scope=all", cancelled=True)
    clinic.changed(ids[1], query="?scope=all", cancelled=False)
    assert told(clinic, ids, "cancelled") == [True, False, True, True]


def test_payment_is_that_of_one_visit(clinic: Clinic) -> None:
    ids = series(clinic)
    clinic.changed(ids[0], query="?scope=all", paymentProvider="stripe", paymentId="pi_1")
    assert told(clinic, ids, "paymentId") == ["pi_1", None, None, None]


@pytest.mark.parametrize(
    "query",
    ["?scope=", "?scope=everything", "?scope=All", "?scope=this,following", "?scope=true"],
)
def test_a_scope_is_one_of_three_words(clinic: Clinic, query: str) -> None:
    booked = clinic.booked()
    with nothing_is_written():
        reply = clinic.change(booked["id"], query=query, notes="x")
    assert (reply.status, reply.wrong) == (400, [("scope", "invalid")])
    twice = clinic.change(booked["id"], query="?scope=all&scope=all", notes="x")
    assert (twice.status, twice.wrong) == (400, [("scope", "repeated")])
    unknown = clinic.change(booked["id"], query="?scopes=all", notes="x")
    assert (unknown.status, unknown.wrong) == (400, [("scopes", "unknown_field")])


def test_a_visit_of_no_series_is_changed_alone_in_every_scope(clinic: Clinic) -> None:
    booked, other = clinic.booked(), clinic.booked(date=wire(TEN + HOUR))
    for scope in ("this", "following", "all"):
        changed = clinic.changed(booked["id"], query=f"?scope={scope}", notes=scope)
        assert (changed["notes"], changed["rrule"]) == (scope, None)
    assert clinic.get(other["id"]).data == other


def test_a_stale_look_at_one_visit_changes_none(clinic: Clinic) -> None:
    ids = series(clinic)
    seen = clinic.get(ids[1]).headers["ETag"]
    clinic.changed(ids[1], notes="x")
    with nothing_is_written():
        reply = clinic.change(ids[1], query="?scope=all", match=seen, notes="y")
    assert reply.refused == (412, "stale")
    fresh = clinic.get(ids[1]).headers["ETag"]
    assert clinic.change(ids[1], query="?scope=all", match=fresh, notes="y").status == 200
    assert told(clinic, ids, "notes") == ["y"] * 4


def test_a_move_into_the_past_is_refused_for_all(clinic: Clinic) -> None:
    ids = series(clinic)
    with nothing_is_written():
        reply = clinic.change(ids[0], query="?scope=all", date=wire(NOW - HOUR))
    assert reply.refused == (400, "date_in_past")
    assert told(clinic, ids, "date") == starts(0, 0, 0, 0)
