"""Booking a series: looked at date by date, chosen, and booked exactly as it was chosen."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from appointments.forms.repeating import rule_for
from appointments.models import Appointment
from patients.models import Patient
from tests.appointments.desk import written
from tests.desk.clinic import FrontDesk, at, words_of
from tests.factories import StaffFactory, blocks

WEEKLY = {"repeat": "weekly", "times": "3"}


def week(number: int, hour: int = 10, minute: int = 0) -> datetime:
    return at(hour, minute, day=7 * number)


def starts() -> list[datetime]:
    return [one.starts_at for one in Appointment.objects.order_by("starts_at", "id")]


def lines(answer: Any) -> list[tuple[datetime, str]]:
    """The dates of a preview, and why they can't be had."""
    return [(line.date, line.title) for line in answer.context["preview"].lines]


def book_as_seen(desk: FrontDesk, looked: Any, **fields: Any) -> Any:
    """Presses the button below the dates; what was chosen for them is given by number."""
    chosen = {name.replace("_", "-"): value for name, value in fields.items() if "date_" in name}
    plain = {name: value for name, value in fields.items() if "date_" not in name}
    hidden = {
        f"date-{line.number}-of": line.date.isoformat()
        for line in looked.context["preview"].lines
        if line.asks
    }
    seen = {"seen": looked.context["preview"].seen}
    return desk.client.post(
        desk.url("book"),
        desk.typed(**WEEKLY) | seen | hidden | {"action": "series"} | plain | chosen,
    )


def test_a_series_is_looked_at_before_it_is_booked(desk: FrontDesk) -> None:
    before = written()
    answer = desk.send(**WEEKLY, notes="Calls back")
    page = words_of(answer)
    assert "All 3 dates are free With Dr Hart. Nothing is booked yet." in page
    assert lines(answer) == [(week(0), ""), (week(1), ""), (week(2), "")]
    assert "Mon 14 Jan 2030, 10:00 Free" in page
    assert answer.context["form"]["notes"].value() == "Calls back"
    assert written() == before


def test_it_is_booked_as_it_was_looked_at(desk: FrontDesk) -> None:
    answer = book_as_seen(desk, desk.send(**WEEKLY), notes="Calls back")
    assert starts() == [week(0), week(1), week(2)]
    first = Appointment.objects.order_by("starts_at")[0]
    assert answer["Location"] == desk.url(f"appointments/{first.pk}?saved=1")
    page = words_of(desk.client.get(answer["Location"]))
    assert "3 appointments are booked." in page
    assert "Series 1 of 3, weekly" in page
    assert {one.notes for one in Appointment.objects.all()} == {"Calls back"}
    assert {one.status for one in Appointment.objects.all()} == {"booked"}


@pytest.mark.parametrize(
    ("how", "day", "rule"),
    [
        ("weekly", 7, "FREQ=WEEKLY;INTERVAL=1;COUNT=4"),
        ("fortnightly", 7, "FREQ=WEEKLY;INTERVAL=2;COUNT=4"),
        ("monthly", 8, "FREQ=MONTHLY;BYDAY=2TU;COUNT=4"),
        ("monthly", 28, "FREQ=MONTHLY;BYDAY=4MO;COUNT=4"),
        ("monthly", 29, "FREQ=MONTHLY;BYDAY=-1TU;COUNT=4"),
    ],
)
def test_how_it_repeats_is_a_rule(how: str, day: int, rule: str) -> None:
    assert rule_for(how, 4, at(0, day=day - 7).date()) == rule


def test_what_is_monthly_is_on_the_same_weekday(desk: FrontDesk) -> None:
    answer = desk.send(repeat="monthly", times="3", date="2030-01-08")
    days = [f"{date:%a %-d %b}" for date, _ in lines(answer)]
    assert days == ["Tue 8 Jan", "Tue 12 Feb", "Tue 12 Mar"]


@pytest.mark.parametrize(
    ("times", "error"),
    [
        ("", "Enter how many visits."),
        ("1", "Ensure this value is greater than or equal to 2."),
        ("105", "Ensure this value is less than or equal to 104."),
        ("x", "Enter a whole number."),
    ],
)
def test_how_many_times_is_asked_for(desk: FrontDesk, times: str, error: str) -> None:
    assert desk.errors(repeat="weekly", times=times) == {"times": [error]}


def test_more_than_two_years_are_refused_at_the_number(desk: FrontDesk) -> None:
    errors = desk.errors(repeat="monthly", times="60")
    assert errors == {
        "times": ["A series has at most 104 visits within two years. Enter fewer visits."]
    }
    assert Appointment.objects.count() == 0


# --- Dates that are not free ------------------------------------------------------------------


def test_a_date_that_is_not_free_says_why_and_offers_times_of_the_same_person(
    desk: FrontDesk,
) -> None:
    StaffFactory(business=desk.business, name="Dr Okafor")
    desk.book(week(1))
    answer = desk.send(**WEEKLY)
    page = words_of(answer)
    assert "2 of 3 dates are free" in page
    assert lines(answer)[1] == (week(1), "The staff member is busy at that time.")
    (clashing,) = (line for line in answer.context["preview"].lines if line.title)
    assert clashing.options[0] == week(1, 10, 30)
    assert all(option != week(1) for option in clashing.options), "nobody else's time"
    assert "Leave this date out" in page


def test_another_time_of_a_date_is_booked(real_desk: FrontDesk) -> None:
    desk = real_desk
    desk.book(week(1))
    looked = desk.send(**WEEKLY)
    option = looked.context["preview"].lines[1].options[0]
    assert book_as_seen(desk, looked, date_2_choice=option.isoformat()).status_code == 302
    assert starts() == [week(0), week(1), week(1, 10, 30), week(2)]
    moved = Appointment.objects.get(starts_at=week(1, 10, 30))
    assert (moved.series_number, moved.series_exception) == (2, True)


def test_a_time_that_was_typed_for_a_date_is_booked(real_desk: FrontDesk) -> None:
    desk = real_desk
    desk.book(week(1))
    fields = {
        "date_2_choice": "other",
        "date_2_date": "2030-01-15",
        "date_2_time": "11:15",
    }
    assert book_as_seen(desk, desk.send(**WEEKLY), **fields).status_code == 302
    assert starts() == [week(0), week(1), week(1, 11, 15) + timedelta(days=1), week(2)]


def test_a_date_is_left_out(real_desk: FrontDesk) -> None:
    desk = real_desk
    desk.book(week(1))
    answer = book_as_seen(desk, desk.send(**WEEKLY), date_2_choice="skip")
    assert starts() == [week(0), week(1), week(2)]
    assert Appointment.objects.filter(series__isnull=False).count() == 2
    page = words_of(desk.client.get(answer["Location"]))
    assert "2 appointments are booked." in page
    assert "Left out: Mon 14 Jan." in page


def test_what_is_not_chosen_is_asked_for_and_nothing_is_booked(real_desk: FrontDesk) -> None:
    desk = real_desk
    for number in (1, 2):
        desk.book(week(number))
    looked = desk.send(**WEEKLY)
    before = written()
    answer = book_as_seen(desk, looked, date_2_choice="skip")
    assert "Choose for each date that is not free what becomes of it." in words_of(answer)
    kinds = [line.decision.kind for line in answer.context["preview"].lines]
    assert kinds == ["", "skip", ""]
    assert written() == before


@pytest.mark.parametrize(
    ("date", "time", "error"),
    [
        ("2030-01-15", "", "Enter the date and the time."),
        ("x", "10:00", "Enter the date and the time."),
        (
            "2030-03-31",
            "01:30",
            "The clocks have no such time, or have it twice. Enter another.",
        ),
    ],
)
def test_a_time_that_can_not_be_read_is_said_at_its_date(
    real_desk: FrontDesk, date: str, time: str, error: str
) -> None:
    desk = real_desk
    desk.book(week(1))
    fields = {"date_2_choice": "other", "date_2_date": date, "date_2_time": time}
    answer = book_as_seen(desk, desk.send(**WEEKLY), **fields)
    (line,) = (line for line in answer.context["preview"].lines if line.asks)
    assert (line.decision.error, line.decision.date, line.decision.time) == (error, date, time)
    assert error in words_of(answer)
    assert starts() == [week(1)]


def test_another_time_that_is_not_free_either_says_so(real_desk: FrontDesk) -> None:
    desk = real_desk
    desk.book(week(1))
    blocks(desk.doctor, week(1, 12), 60, "Meeting")
    looked = desk.send(**WEEKLY)
    answer = book_as_seen(desk, looked, date_2_choice=week(1, 12).isoformat())
    line = answer.context["preview"].lines[1]
    assert (line.title, line.start) == (("The staff member is busy at that time.", week(1, 12)))
    assert starts() == [week(1)]


# --- What changed meanwhile -------------------------------------------------------------------


def test_a_date_that_was_taken_meanwhile_is_not_left_out_unasked(real_desk: FrontDesk) -> None:
    desk = real_desk
    desk.book(week(1))
    looked = desk.send(**WEEKLY)
    desk.book(week(2))
    before = written()
    answer = book_as_seen(desk, looked, date_2_choice="skip")
    assert answer.status_code == 200
    assert [bool(title) for _, title in lines(answer)] == [False, True, True]
    assert written() == before


def test_a_date_that_was_to_be_left_out_and_is_free_now_is_not_booked_unasked(
    real_desk: FrontDesk,
) -> None:
    desk = real_desk
    taken = desk.book(week(1))
    looked = desk.send(**WEEKLY)
    desk.client.post(desk.url(f"appointments/{taken.id}/cancel"), {})
    before = written()
    answer = book_as_seen(desk, looked, date_2_choice="skip")
    assert "The calendar has changed meanwhile. Look at the dates once more." in words_of(answer)
    assert [title for _, title in lines(answer)] == ["", "", ""]
    assert written() == before


def test_choices_that_were_made_for_something_else_are_not_taken(desk: FrontDesk) -> None:
    desk.book(week(1))
    looked = desk.send(**WEEKLY)
    answer = book_as_seen(desk, looked, date_2_choice="skip", time="11:00")
    assert [title for _, title in lines(answer)] == ["", "", ""]
    assert [date for date, _ in lines(answer)] == [week(0, 11), week(1, 11), week(2, 11)]
    assert starts() == [week(1)]


def test_what_does_not_repeat_any_more_is_not_booked_as_a_series(desk: FrontDesk) -> None:
    answer = book_as_seen(desk, desk.send(**WEEKLY), repeat="")
    assert answer.status_code == 200
    assert Appointment.objects.count() == 0


def test_a_series_that_is_sent_twice_is_booked_once(desk: FrontDesk) -> None:
    looked = desk.send(**WEEKLY)
    number = {"submission": "0190a1b2-0000-7000-8000-000000000001"}
    first, second = (book_as_seen(desk, looked, **number) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert Appointment.objects.count() == 3


# --- All the same -----------------------------------------------------------------------------


def test_all_dates_are_booked_over_what_is_in_the_way_with_a_reason(
    real_desk: FrontDesk,
) -> None:
    desk = real_desk
    desk.book(week(1))
    looked = desk.send(**WEEKLY)
    assert "Book all of them all the same" in words_of(looked)
    empty = book_as_seen(desk, looked, action="override", override_reason=" ")
    assert dict(empty.context["form"].errors) == {"override_reason": ["Give a reason."]}
    assert [bool(title) for _, title in lines(empty)] == [False, True, False]
    assert starts() == [week(1)]
    reason = {"action": "override", "override_reason": "Both agreed", "date_2_choice": "skip"}
    assert book_as_seen(desk, looked, **reason).status_code == 302
    assert starts() == [week(0), week(1), week(1), week(2)]
    assert Appointment.objects.filter(override_reason="Both agreed").count() == 3


def test_a_practitioner_books_no_series_over_anything(practitioner: FrontDesk) -> None:
    practitioner.book(week(1))
    looked = practitioner.send(**WEEKLY)
    assert "all the same" not in words_of(looked)
    answer = book_as_seen(practitioner, looked, action="override", override_reason="Mine")
    assert answer.status_code == 200
    assert starts() == [week(1)]


# --- Who and where ----------------------------------------------------------------------------


def test_for_anyone_it_is_told_who_would_host_it(desk: FrontDesk) -> None:
    StaffFactory(business=desk.business, name="Dr Okafor")
    desk.book(week(1))
    answer = desk.send(**WEEKLY, staff="")
    assert "With Dr Okafor." in words_of(answer)


def test_somebody_new_is_in_the_books_only_once_it_is_booked(real_desk: FrontDesk) -> None:
    desk = real_desk
    new = {"patient": "", "new_name": "Bert Stone"}
    looked = desk.send(**WEEKLY, **new)
    assert "All 3 dates are free" in words_of(looked)
    assert Patient.objects.filter(name="Bert Stone").count() == 0
    book_as_seen(desk, looked, **new)
    bert = Patient.objects.get(name="Bert Stone")
    assert {one.patient for one in Appointment.objects.all()} == {bert}


def test_a_lack_of_rooms_is_told_by_date(desk: FrontDesk) -> None:
    desk.room("Laser", "laser")
    other = StaffFactory(business=desk.business)
    desk.book(week(1), staff_id=other.pk)
    answer = desk.send(**WEEKLY)
    title = "A room or device that the service needs is taken at that time."
    assert [each for _, each in lines(answer)] == ["", title, ""]


@pytest.mark.parametrize("times", ["2", "6"])
def test_a_preview_takes_as_many_queries_however_long_the_series(
    desk: FrontDesk, times: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    desk.book(week(1))
    desk.send(repeat="weekly", times=times)
    with django_assert_num_queries(20):
        desk.send(repeat="weekly", times=times)
