"""What the page of an appointment tells of its series, its rooms, and why it is with whom."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from appointments.models import Appointment
from appointments.wording import repeats
from staff.models import StaffStatus
from staff.roles import ROLE_SCOPES, Role
from tests.desk.clinic import FrontDesk, at, words_of
from tests.factories import StaffFactory


def page_of(desk: FrontDesk, one: Any) -> str:
    return words_of(desk.get(f"appointments/{one.id}"))


def links(desk: FrontDesk, one: Any) -> tuple[Any, Any]:
    """To the appointments before and after it."""
    course = desk.get(f"appointments/{one.id}").context["course"]
    before, after = course.previous, course.next
    return before and before["id"], after and after["id"]


def test_an_appointment_of_a_series_tells_which_it_is(desk: FrontDesk) -> None:
    first, second, third = desk.book_series(3)
    page = page_of(desk, second)
    assert "Series 2 of 3, weekly" in page
    assert "Previous: Mon 7 Jan" in page
    assert "Next: Mon 21 Jan" in page
    assert links(desk, first) == (None, second.id)
    assert links(desk, second) == (first.id, third.id)
    assert links(desk, third) == (second.id, None)


def test_an_appointment_alone_tells_of_no_series(desk: FrontDesk) -> None:
    answer = desk.get(f"appointments/{desk.book(at(10)).id}")
    assert answer.context["course"] is None
    assert "Series" not in words_of(answer)


def test_one_that_was_changed_by_itself_says_so(desk: FrontDesk) -> None:
    first, second = desk.book_series(2)
    desk.move(second, time="12:00", scope="this")
    assert "It was changed by itself" in page_of(desk, second)
    assert "It was changed by itself" not in page_of(desk, first)


@pytest.mark.parametrize("dates", [1, 3])
def test_a_page_of_a_series_takes_one_query_more(
    desk: FrontDesk, dates: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first = desk.book_series(dates)[0]
    desk.get(f"appointments/{first.id}")
    with django_assert_num_queries(12):
        desk.get(f"appointments/{first.id}")


@pytest.mark.parametrize(
    ("rrule", "words"),
    [
        ("FREQ=DAILY;COUNT=3", "daily"),
        ("FREQ=DAILY;INTERVAL=3;COUNT=3", "every 3 days"),
        ("FREQ=WEEKLY;COUNT=3", "weekly"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;COUNT=3", "every 2 weeks on Monday"),
        ("FREQ=WEEKLY;BYDAY=MO,WE,FR;COUNT=3", "weekly on Monday, Wednesday and Friday"),
        ("FREQ=MONTHLY;BYDAY=2TU;COUNT=3", "monthly on the second Tuesday"),
        ("FREQ=MONTHLY;BYDAY=-1FR;COUNT=3", "monthly on the last Friday"),
        ("FREQ=MONTHLY;BYMONTHDAY=7,21;COUNT=3", "monthly on day 7 and 21"),
        ("FREQ=YEARLY;COUNT=2", "yearly"),
        ("FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=1;COUNT=2",) * 2,
    ],
)
def test_how_often_a_series_repeats_is_said_in_words(rrule: str, words: str) -> None:
    assert repeats(rrule) == words


# --- Rooms ------------------------------------------------------------------------------------


def test_the_page_tells_the_rooms_that_are_used(desk: FrontDesk) -> None:
    desk.room("Room 1")
    desk.room("Laser", "laser")
    assert "Rooms and devices Laser, Room 1" in page_of(desk, desk.book(at(10)))


def test_a_lack_of_rooms_is_told_with_the_kind(desk: FrontDesk) -> None:
    desk.room("Laser", "laser")
    desk.book(at(10))
    other = StaffFactory(business=desk.business)
    answer = desk.send(staff=str(other.pk))
    assert answer.context["clash"].code == "resource_busy"
    page = words_of(answer)
    assert "No room or device of the kind “laser” is free" in page
    assert "Book it all the same" not in page, "no reason makes a second room"


# --- Why --------------------------------------------------------------------------------------


def test_who_was_named_was_chosen_by_name(desk: FrontDesk) -> None:
    assert "Why Dr Hart? Was chosen by name." in page_of(desk, desk.book(at(10)))


def test_the_only_one_who_could_take_it_is_named_without_figures(desk: FrontDesk) -> None:
    page = page_of(desk, desk.book(at(10), staff_id=None))
    assert "Why Dr Hart? Nobody else could take it." in page
    assert "That week" not in page


def test_the_least_busy_is_told_with_the_minutes_of_all(desk: FrontDesk) -> None:
    StaffFactory(business=desk.business, name="Dr Okafor")
    desk.book(at(8))
    one = desk.book(at(10), staff_id=None)
    assert one.staff_name == "Dr Okafor"
    page = page_of(desk, one)
    assert "Why Dr Okafor? Had the fewest minutes booked that day." in page
    assert "Who That day That week Last new booking" in page
    assert "Dr Okafor 0 min 0 min never Dr Hart 30 min 30 min 7 Jan, 06:00" in page


def test_who_got_it_later_was_chosen_by_name(desk: FrontDesk) -> None:
    other = StaffFactory(business=desk.business, name="Dr Okafor", status=StaffStatus.DISABLED)
    one = desk.book(at(10), staff_id=None)
    other.status = StaffStatus.ACTIVE
    other.save()
    desk.move(one, staff=str(other.pk))
    page = page_of(desk, one)
    assert "Why Dr Okafor? Was chosen by name." in page
    assert "Staff member: Dr Hart → Dr Okafor" in page


def test_a_series_is_explained_by_the_dates_that_each_could_take(desk: FrontDesk) -> None:
    StaffFactory(business=desk.business, name="Dr Okafor")
    desk.book(at(10) + timedelta(days=7))
    first = desk.book_series(2, staff_id=None)[0]
    page = page_of(desk, first)
    assert "Why Dr Okafor? Could take the most dates of the series." in page
    assert "Dr Okafor 2 Dr Hart 1" in page


def test_without_the_scope_it_is_not_told_why(
    desk: FrontDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = desk.book(at(10))
    less = ROLE_SCOPES[Role.FRONT_DESK] - {"appointments:explain"}
    monkeypatch.setitem(ROLE_SCOPES, Role.FRONT_DESK, less)
    answer = Client.get(desk.client, desk.url(f"appointments/{one.id}"))
    assert answer.status_code == 200
    assert "Why Dr Hart?" not in words_of(answer)
    assert Appointment.objects.count() == 1
