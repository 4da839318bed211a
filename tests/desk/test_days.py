"""The list of a day, and the requests that wait."""

import re
from typing import Any

import pytest
import time_machine
from pytest_django import DjangoAssertNumQueries

from appointments.booking import cancel
from tests.desk.clinic import PARTNER, FrontDesk, at, words_of
from tests.factories import PatientFactory, ServiceFactory, StaffFactory


def listed_in(answer: Any) -> list[Any]:
    """The appointments of a day's list, or of the requests, which come with what is about them."""
    if "lines" in answer.context:
        return [one for one, *_about in answer.context["lines"]]
    return list(answer.context["appointments"])


def names(answer: Any) -> list[str]:
    """The patients that a page lists, in order."""
    return [one.patient.name for one in listed_in(answer)]


def test_a_day_is_the_clinics_day(desk: FrontDesk) -> None:
    desk.business.timezone = "Pacific/Auckland"
    desk.business.default_staff_working_hours = {
        day: [[0, 2400]] for day in ("monday", "tuesday", "wednesday")
    }
    desk.business.save()
    # Auckland is thirteen hours ahead: its 8 January is from 11:00 UTC to 11:00 UTC.
    for hour, day, name in ((10, 0, "Late"), (11, 0, "First"), (10, 1, "Last"), (11, 1, "Next")):
        patient = PatientFactory(business=desk.business, name=name)
        desk.book(at(hour, 30 if name in ("Late", "Last") else 0, day=day), patient_id=patient.pk)
    answer = desk.get("appointments", day="2030-01-08")
    assert names(answer) == ["First", "Last"]
    page = words_of(answer)
    assert "Tuesday 8 January 2030 2 appointments · Pacific/Auckland" in page
    assert "00:00–00:30" in page
    assert "23:30–00:00" in page


def test_without_a_day_it_is_today(desk: FrontDesk) -> None:
    desk.book(at(10))
    desk.book(at(10, day=1))
    for query in ({}, {"day": "nonsense"}, {"day": ""}):
        answer = desk.get("appointments", **query)
        assert len(names(answer)) == 1
        assert "Monday 7 January 2030" in words_of(answer)
        assert answer.context["is_today"] is True


def test_the_day_before_and_the_day_after_are_one_press_away(desk: FrontDesk) -> None:
    page = desk.get("appointments", day="2030-03-01", status="booked").content.decode()
    links = re.findall(r'href="(\?[^"]*)"', page)
    assert links == [
        "?day=2030-02-28&amp;status=booked",
        "?status=booked",
        "?day=2030-03-02&amp;status=booked",
    ]


def test_a_day_is_in_order_of_time(desk: FrontDesk) -> None:
    for hour in (15, 9, 12):
        patient = PatientFactory(business=desk.business, name=f"At {hour}")
        desk.book(at(hour), patient_id=patient.pk)
    assert names(desk.get("appointments")) == ["At 9", "At 12", "At 15"]


def test_a_day_can_be_narrowed_to_one_person(desk: FrontDesk) -> None:
    other = StaffFactory(business=desk.business, name="Dr Okafor")
    StaffFactory(business=desk.business, name="Reception", takes_bookings=False)
    desk.book(at(10))
    theirs = PatientFactory(business=desk.business, name="Theirs")
    desk.book(at(10), staff_id=other.pk, patient_id=theirs.pk)
    answer = desk.get("appointments", staff=str(other.pk))
    assert names(answer) == ["Theirs"]
    assert [one["name"] for one in answer.context["people"]] == ["Dr Hart", "Dr Okafor"]
    assert len(names(desk.get("appointments", staff="somebody"))) == 2


def test_a_day_can_be_narrowed_to_a_status(desk: FrontDesk) -> None:
    desk.book(at(10))
    desk.book_request(at(11))
    gone = desk.book(at(12))
    cancel(business_id=desk.business.pk, appointment_id=gone.id, by=PARTNER)
    found = {}
    for status in ("booked", "requested", "cancelled", "", "odd"):
        shown = desk.get("appointments", status=status).context["appointments"]
        found[status] = [one.starts_at.hour for one in shown]
    assert found == {
        "booked": [10],
        "requested": [11],
        "cancelled": [12],
        "": [10, 11, 12],
        "odd": [10, 11, 12],
    }


def test_cancelled_appointments_are_shown_and_not_counted(desk: FrontDesk) -> None:
    gone = desk.book(at(10))
    cancel(business_id=desk.business.pk, appointment_id=gone.id, by=PARTNER)
    desk.book(at(10))
    answer = desk.get("appointments")
    assert [one.status for one in answer.context["appointments"]] == ["cancelled", "booked"]
    assert "1 appointment ·" in words_of(answer)


def test_what_is_going_on_is_marked(desk: FrontDesk, clock: time_machine.Traveller) -> None:
    for hour in (9, 10, 11):
        desk.book(at(hour))
    clock.move_to(at(10, 10))
    page = words_of(desk.get("appointments"))
    assert page.count("Now") == 1
    assert "10:00–10:30 Now" in page
    clock.move_to(at(10, 30))
    assert "Now" not in words_of(desk.get("appointments"))


def test_a_day_without_appointments_says_so(desk: FrontDesk) -> None:
    assert "Nothing is booked on this day." in words_of(desk.get("appointments"))
    page = words_of(desk.get("appointments", status="booked"))
    assert "Nothing on this day is as you filtered." in page


def test_other_clinics_are_not_in_the_list(desk: FrontDesk, neighbour: FrontDesk) -> None:
    neighbour.book(at(10))
    neighbour.book_request(at(11))
    answer = desk.get("appointments", staff=str(neighbour.doctor.pk))
    assert (names(answer), answer.context["requests"]) == ([], 0)
    assert names(desk.get("requests")) == []


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(("page", "queries"), [("appointments", 7), ("requests", 7)])
def test_a_list_takes_as_many_queries_for_three_rows_as_for_one(
    desk: FrontDesk,
    page: str,
    queries: int,
    count: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    service = ServiceFactory(business=desk.business, bookings_require_approval=True)
    for hour in range(count):
        desk.book(at(9 + hour), service_id=service.pk)
    with django_assert_num_queries(queries):
        answer = desk.get(page)
    assert len(names(answer)) == count


def test_requests_that_wait_are_told_on_every_day(desk: FrontDesk) -> None:
    desk.book_request(at(10, day=3))
    desk.book_request(at(12, day=9))
    desk.book(at(10))
    answer = desk.get("appointments")
    assert "2 requests" in words_of(answer)
    listed = desk.get("requests")
    assert [one.starts_at for one in listed_in(listed)] == [
        at(10, day=3),
        at(12, day=9),
    ]
    assert "Thu 10 Jan, 10:00–10:30" in words_of(listed)


def test_requests_for_days_that_are_over_do_not_wait(
    desk: FrontDesk, clock: time_machine.Traveller
) -> None:
    desk.book_request(at(10))
    clock.move_to(at(11))
    assert len(names(desk.get("requests"))) == 1, "today it can still be declined in words"
    clock.move_to(at(0, day=1))
    desk.client.force_login(desk.user, backend="django.contrib.auth.backends.ModelBackend")
    assert names(desk.get("requests")) == []
    page = words_of(desk.get("appointments"))
    assert " request" not in page
    assert "No request waits." in words_of(desk.get("requests"))
