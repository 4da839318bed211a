"""Series over HTTP: booked together or not at all, once, on the clocks of the client."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from appointments.models import Appointment, HeldTime, Series
from tests.appointments.api.clinic import (
    NOW,
    TEN,
    Clinic,
    Reply,
    nothing_is_written,
    wire,
)
from tests.appointments.api.test_create_rules import save
from tests.appointments.api.test_idempotency import check_replay
from tests.contract import IDENTIFIER, MOMENT
from tests.factories import StaffFactory, blocks

WEEK = timedelta(days=7)
WEEKLY = "FREQ=WEEKLY;COUNT=4"


def weeks(*numbers: int, first: datetime = TEN) -> list[str]:
    return [wire(first + number * WEEK) for number in numbers]


def dates(reply: Reply) -> list[str]:
    assert reply.status == 201, reply.content
    return [one["date"] for one in reply.json["meta"]["occurrences"]]


def test_a_series_is_told_by_its_first_visit_and_the_dates_of_all(clinic: Clinic) -> None:
    reply = clinic.book(rrule=WEEKLY)
    assert (reply.status, list(reply.json)) == (201, ["data", "meta"])
    meta = reply.json["meta"]
    assert list(meta) == ["occurrences", "skipped"]
    assert [list(one) for one in meta["occurrences"]] == [["id", "date"]] * 4
    assert (dates(reply), meta["skipped"]) == (weeks(0, 1, 2, 3), [])
    first = reply.data
    assert first["id"] == meta["occurrences"][0]["id"]
    assert reply.headers["Location"] == clinic.path(first["id"])
    there = clinic.get(first["id"])
    assert there.data == first
    assert there.headers["ETag"] == reply.headers["ETag"]
    assert first["rrule"] == WEEKLY
    assert first["recurrence"] == {
        "freq": "WEEKLY",
        "interval": 1,
        "count": 4,
        "until": None,
        "byDay": [],
        "byMonthDay": [],
        "byMonth": [],
        "bySetPos": [],
    }
    assert HeldTime.objects.count() == 4


def test_each_visit_is_an_appointment_of_the_series(clinic: Clinic) -> None:
    reply = clinic.book(rrule=WEEKLY, notes="x", tags=["a"], clientTimezone="Europe/Paris")
    own = {"id", "date", "endDate", "rescheduleUrl", "cancelUrl"}
    first = reply.data
    assert IDENTIFIER.fullmatch(first["recurringAppointmentId"])
    ids = [one["id"] for one in reply.json["meta"]["occurrences"]]
    told = [clinic.get(one).data for one in ids]
    for one in told:
        assert {name for name in one if one[name] != first[name]} <= own
    assert len({one["cancelUrl"].rpartition("=")[2] for one in told}) == 4
    listed = clinic.list(NOW, NOW + 5 * WEEK).data
    assert listed == told


@pytest.mark.parametrize(
    ("rrule", "days", "recurrence"),
    [
        ("FREQ=DAILY;COUNT=3", [0, 1, 2], {"freq": "DAILY", "count": 3}),
        ("FREQ=WEEKLY;BYDAY=MO,TH;COUNT=3", [0, 4, 7], {"byDay": ["MO", "TH"]}),
        ("freq=weekly;interval=2;count=2", [0, 14], {"freq": "WEEKLY", "interval": 2}),
        ("FREQ=MONTHLY;BYDAY=1TH;COUNT=2", [0, 35], {"byDay": ["1TH"]}),
        ("FREQ=MONTHLY;UNTIL=20260901", [0, 31], {"until": "2026-09-01", "count": None}),
        (
            "FREQ=WEEKLY;UNTIL=20260709T090000Z",
            [0, 7],
            {"until": "2026-07-09T09:00:00Z", "count": None},
        ),
        ("FREQ=YEARLY;COUNT=2", [0, 365], {"freq": "YEARLY"}),
        ("FREQ=WEEKLY;COUNT=1", [0], {"count": 1}),
    ],
)
def test_a_rule_says_on_which_dates(
    clinic: Clinic, rrule: str, days: list[int], recurrence: dict[str, Any]
) -> None:
    reply = clinic.book(rrule=rrule)
    assert dates(reply) == [wire(TEN + timedelta(days=day)) for day in days]
    told = reply.data["recurrence"]
    assert {name: told[name] for name in recurrence} == recurrence


def test_a_series_keeps_to_the_clocks_of_the_client_when_they_change(clinic: Clinic) -> None:
    """The clocks of New York go back a week after those of London."""
    told = {}
    for place in ("Europe/London", "America/New_York", "UTC", None):
        reply = clinic.book(
            date="2026-10-22T14:00:00Z",
            rrule=WEEKLY,
            clientTimezone=place,
            staffId=str(StaffFactory(business=clinic.business).pk),
        )
        told[place] = [f"{date[5:10]} {date[11:13]}" for date in dates(reply)]
    london = ["10-22 14", "10-29 15", "11-05 15", "11-12 15"]
    assert told == {
        "Europe/London": london,
        "America/New_York": ["10-22 14", "10-29 14", "11-05 15", "11-12 15"],
        "UTC": ["10-22 14", "10-29 14", "11-05 14", "11-12 14"],
        None: london,
    }


def test_a_date_whose_time_does_not_exist_is_left_out_and_not_counted(clinic: Clinic) -> None:
    reply = clinic.book(
        date="2027-03-27T01:30",
        rrule="FREQ=DAILY;COUNT=3",
        query="?ignoreBusyTimes=true",
    )
    assert [date[5:16] for date in dates(reply)] == ["03-27T01:30", "03-29T00:30", "03-30T00:30"]


def test_one_clash_and_no_date_is_booked(clinic: Clinic) -> None:
    clinic.booked(date=weeks(2)[0])
    blocks(clinic.staff, TEN + 3 * WEEK, 30)
    with nothing_is_written():
        reply = clinic.book(rrule=WEEKLY)
    assert reply.refused == (409, "staff_busy")
    assert list(reply.error) == ["code", "title", "alternatives", "dates"]
    assert [list(one) for one in reply.error["dates"]] == [
        ["date", "code", "title", "alternatives"]
    ] * 2
    assert [(one["date"], one["code"]) for one in reply.error["dates"]] == [
        (weeks(2)[0], "staff_busy"),
        (weeks(3)[0], "staff_busy"),
    ]
    for one in reply.error["dates"]:
        assert MOMENT.fullmatch(one["date"])
        assert len(one["alternatives"]) == 3
        for another in one["alternatives"]:
            assert list(another) == ["time", "staff"]
            assert another["time"][:10] == one["date"][:10]
            told = clinic.booked(date=another["time"])
            assert clinic.cancel(told["id"]).status == 204
    assert reply.error["alternatives"] == reply.error["dates"][0]["alternatives"]


def test_a_single_clash_tells_no_dates(clinic: Clinic) -> None:
    clinic.booked()
    assert "dates" not in clinic.book().error


def test_dates_that_clash_are_skipped_when_asked(clinic: Clinic) -> None:
    clinic.booked(date=weeks(0)[0])
    blocks(clinic.staff, TEN + 2 * WEEK, 30)
    reply = clinic.book(rrule=WEEKLY, skipConflicts=True)
    assert dates(reply) == weeks(1, 3)
    assert reply.json["meta"]["skipped"] == [
        {"date": weeks(0)[0], "code": "staff_busy"},
        {"date": weeks(2)[0], "code": "staff_busy"},
    ]
    assert reply.data["date"] == weeks(1)[0]
    assert HeldTime.objects.count() == 3


def test_when_every_date_clashes_nothing_is_left_to_be_booked(clinic: Clinic) -> None:
    for number in range(4):
        blocks(clinic.staff, TEN + number * WEEK, 30)
    with nothing_is_written():
        reply = clinic.book(rrule=WEEKLY, skipConflicts=True)
    assert reply.refused == (409, "staff_busy")
    assert len(reply.error["dates"]) == 4


def test_some_dates_are_given_another_time(clinic: Clinic) -> None:
    blocks(clinic.staff, TEN + WEEK, 30)
    new = wire(TEN + WEEK + timedelta(hours=1))
    overrides = [
        {"date": weeks(1)[0], "newDate": new},
        {"date": "2026-07-23T10:00", "newDate": "2026-07-24T08:00"},  # on London's clocks
    ]
    reply = clinic.book(rrule=WEEKLY, overrides=overrides)
    assert dates(reply) == [weeks(0)[0], new, weeks(2)[0], "2026-07-24T07:00:00.000Z"]
    moved = clinic.get(reply.json["meta"]["occurrences"][1]["id"]).data
    assert (moved["date"], moved["originalDate"]) == (new, weeks(1)[0])
    assert reply.data["originalDate"] is None


def test_the_skipped_are_told_by_the_date_of_the_rule(clinic: Clinic) -> None:
    busy = TEN + WEEK + timedelta(hours=1)
    blocks(clinic.staff, busy, 30)
    overrides = [{"date": weeks(1)[0], "newDate": wire(busy)}]
    reply = clinic.book(rrule=WEEKLY, overrides=overrides, skipConflicts=True)
    assert reply.json["meta"]["skipped"] == [{"date": weeks(1)[0], "code": "staff_busy"}]


def test_two_dates_of_a_series_are_in_each_others_way(clinic: Clinic) -> None:
    overrides = [{"date": weeks(1)[0], "newDate": weeks(2)[0]}]
    with nothing_is_written():
        reply = clinic.book(rrule=WEEKLY, overrides=overrides)
    assert reply.refused == (409, "staff_busy")


def test_one_person_takes_all_dates(clinic: Clinic) -> None:
    second = StaffFactory(business=clinic.business)
    blocks(clinic.staff, TEN + 2 * WEEK, 30)
    reply = clinic.book(rrule=WEEKLY, without="staffId")
    assert dates(reply) == weeks(0, 1, 2, 3)
    assert {one["staffId"] for one in clinic.list(NOW, NOW + 5 * WEEK).data} == {str(second.pk)}


def test_nobody_can_take_all_dates(clinic: Clinic) -> None:
    blocks(clinic.staff, TEN + 2 * WEEK, 30)
    with nothing_is_written():
        reply = clinic.book(rrule=WEEKLY, without="staffId")
    assert reply.refused == (409, "no_staff_available")
    assert [one["code"] for one in reply.error["dates"]] == ["no_staff_available"]


def test_ignoring_busy_times_books_a_series_over_them(clinic: Clinic) -> None:
    clinic.booked(date=weeks(2)[0])
    reply = clinic.book(rrule=WEEKLY, query="?ignoreBusyTimes=true")
    assert dates(reply) == weeks(0, 1, 2, 3)
    told = [one["overbooked"] for one in clinic.list(NOW, NOW + 5 * WEEK).data]
    assert sorted(told) == [False, False, False, False, True]


def test_a_series_that_needs_approval_is_requested(clinic: Clinic) -> None:
    save(clinic.service, bookings_require_approval=True)
    reply = clinic.book(rrule=WEEKLY)
    assert (reply.data["status"], reply.data["approved"]) == ("requested", False)
    assert (Appointment.objects.count(), HeldTime.objects.count()) == (4, 0)


# --- Sent again ---------------------------------------------------------------------------------

KEY = "series-retry"


def test_a_repeat_gets_the_first_answer_and_books_nothing(clinic: Clinic) -> None:
    first = clinic.book(key=KEY, rrule=WEEKLY)
    assert first.status == 201
    with nothing_is_written():
        again = clinic.book(key=KEY, rrule=WEEKLY)
    check_replay(first, again)
    assert (Appointment.objects.count(), Series.objects.count()) == (4, 1)


def test_another_rule_with_the_same_key_is_422(clinic: Clinic) -> None:
    clinic.book(key=KEY, rrule=WEEKLY)
    with nothing_is_written():
        for changes in ({}, {"rrule": "FREQ=WEEKLY;COUNT=5"}, {"rrule": WEEKLY, "notes": "x"}):
            assert clinic.book(key=KEY, **changes).refused == (422, "idempotency_key_reused")


def test_a_clash_of_a_series_is_an_answer_and_is_kept(real_clinic: Clinic) -> None:
    blocker = blocks(real_clinic.staff, TEN + WEEK, 30)
    first = real_clinic.book(key=KEY, rrule=WEEKLY)
    assert first.refused == (409, "staff_busy")
    blocker.delete()
    with nothing_is_written():
        check_replay(first, real_clinic.book(key=KEY, rrule=WEEKLY))
    assert real_clinic.book(key="another", rrule=WEEKLY).status == 201


def test_a_refused_rule_keeps_nothing_and_the_key_may_be_used_again(real_clinic: Clinic) -> None:
    with nothing_is_written():
        reply = real_clinic.book(key=KEY, rrule="FREQ=WEEKLY")
        assert reply.refused == (400, "invalid_rrule")
    mended = real_clinic.book(key=KEY, rrule=WEEKLY)
    assert mended.status == 201
    check_replay(mended, real_clinic.book(key=KEY, rrule=WEEKLY))


def test_a_crash_leaves_no_part_of_a_series(
    real_clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken, nothing_is_written():
        broken.setattr("appointments.api.views.created_series", None)
        assert real_clinic.book(key=KEY, rrule=WEEKLY).refused == (500, "server_error")
    assert real_clinic.book(key=KEY, rrule=WEEKLY).status == 201
    assert Appointment.objects.count() == 4
