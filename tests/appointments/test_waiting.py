"""Who is in the waiting room and since when, who is late, and the day in numbers."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from pytest_django import DjangoAssertNumQueries

from appointments.acceptance import Override
from appointments.booking import cancel
from appointments.changes import Changes
from appointments.changing import change
from appointments.models import Status
from appointments.record import Record
from appointments.waiting import Board, Line, Only, Today, read_board, read_today, version_of
from businesses.intervals import Interval
from businesses.models import Business
from staff.models import Staff
from tests.appointments.desk import DESK, at, book
from tests.factories import (
    BusinessFactory,
    LocationFactory,
    ServiceFactory,
    StaffFactory,
    blocks,
)

pytestmark = [pytest.mark.django_db]

MONDAY = Interval(at(0), at(24))
NOW = at(10)


@pytest.fixture
def doctor() -> Staff:
    return StaffFactory(name="Dr Hart")


def booked(doctor: Staff, start: datetime, **more: Any) -> Record:
    service = more.pop("service", None) or ServiceFactory(business=doctor.business)
    with time_machine.travel(min(at(7), start - timedelta(hours=1)), tick=False):
        return book(service, start, staff=doctor, **more)


def step(one: Record, moment: datetime, status: Status) -> None:
    with time_machine.travel(moment, tick=False):
        change(
            business_id=one.business_id,
            appointment_id=one.id,
            changes=Changes(status=status),
            by=DESK,
        )


def board(business: Business, now: datetime = NOW, only: Only | None = None) -> Board:
    return read_board(business, now=now, today=MONDAY, only=only or Only())


def told(lines: list[Line]) -> list[tuple[Any, int]]:
    return [(line.visit.pk, line.minutes) for line in lines]


def today(business: Business, now: datetime = NOW, only: Only | None = None) -> Today:
    people = list(Staff.objects.of(business).filter(takes_bookings=True).select_related("business"))
    return read_today(business, now=now, today=MONDAY, only=only or Only(), people=people)


def test_somebody_waits_from_the_minute_in_which_they_arrived(doctor: Staff) -> None:
    one = booked(doctor, at(10, 15))
    step(one, at(9, 48), Status.ARRIVED)
    shown = board(doctor.business)
    assert told(shown.waiting) == [(one.id, 12)]
    assert shown.waiting[0].visit.since == at(9, 48)
    assert [*shown.late, *shown.busy, *shown.coming] == []


def test_a_change_of_something_else_does_not_start_the_waiting_anew(doctor: Staff) -> None:
    one = booked(doctor, at(10, 15))
    step(one, at(9, 48), Status.ARRIVED)
    with time_machine.travel(at(9, 55), tick=False):
        change(
            business_id=one.business_id,
            appointment_id=one.id,
            changes=Changes(notes="Brings a letter"),
            by=DESK,
        )
    assert told(board(doctor.business).waiting) == [(one.id, 12)]


def test_who_was_marked_by_mistake_waits_from_the_second_time_on(doctor: Staff) -> None:
    one = booked(doctor, at(10, 15))
    step(one, at(9, 30), Status.ARRIVED)
    step(one, at(9, 31), Status.BOOKED)
    assert told(board(doctor.business).coming) == [(one.id, 15)]
    step(one, at(9, 58), Status.ARRIVED)
    assert told(board(doctor.business).waiting) == [(one.id, 2)]


def test_who_is_seen_is_so_from_the_start_of_the_visit(doctor: Staff) -> None:
    one = booked(doctor, at(9, 30))
    step(one, at(9, 20), Status.ARRIVED)
    step(one, at(9, 36), Status.IN_PROGRESS)
    assert told(board(doctor.business).busy) == [(one.id, 24)]
    step(one, at(9, 59), Status.COMPLETED)
    assert list(board(doctor.business)) == []


def test_who_is_not_there_at_the_start_is_late_by_as_much_as_has_passed(doctor: Staff) -> None:
    due_now = booked(doctor, at(10))
    late = booked(doctor, at(9, 30))
    missed = booked(doctor, at(9))
    step(missed, at(9, 40), Status.NO_SHOW)
    assert told(board(doctor.business).late) == [(late.id, 30)]
    assert told(board(doctor.business).coming) == [(due_now.id, 0)]
    later = board(doctor.business, NOW + timedelta(seconds=90))
    assert told(later.late) == [(late.id, 31), (due_now.id, 1)]


def test_the_coming_hour_ends_after_an_hour(doctor: Staff) -> None:
    within = booked(doctor, at(10, 45))
    booked(doctor, at(11, 15))
    gone = booked(doctor, at(10, 15))
    cancel(business_id=gone.business_id, appointment_id=gone.id, by=DESK)
    assert told(board(doctor.business).coming) == [(within.id, 45)]
    assert told(board(doctor.business, at(9, 45)).coming) == []
    assert told(board(doctor.business, at(9, 46)).coming) == [(within.id, 59)]


def test_who_waits_longest_is_first(doctor: Staff) -> None:
    first, second = booked(doctor, at(10, 15)), booked(doctor, at(11))
    step(second, at(9, 10), Status.ARRIVED)
    step(first, at(9, 50), Status.ARRIVED)
    assert told(board(doctor.business).waiting) == [(second.id, 50), (first.id, 10)]


def test_who_is_still_here_after_midnight_is_still_shown(doctor: Staff) -> None:
    one = booked(doctor, at(23, 30), override=Override("Night"))
    step(one, at(23, 20), Status.ARRIVED)
    after = at(0, 10, day=1)
    tuesday = Interval(at(0, day=1), at(24, day=1))
    shown = read_board(doctor.business, now=after, today=tuesday, only=Only())
    assert told(shown.waiting) == [(one.id, 50)]
    missed = booked(doctor, at(22), override=Override("Night"))
    assert missed.id not in {line.visit.pk for line in shown}


def test_one_person_sees_their_own_patients_and_those_whom_they_join(doctor: Staff) -> None:
    nurse = StaffFactory(business=doctor.business)
    mine, theirs = booked(doctor, at(10, 15)), booked(nurse, at(10, 15))
    joined = booked(nurse, at(10, 45), along=[doctor])
    shown = board(doctor.business, only=Only(staff_id=doctor.pk))
    assert {line.visit.pk for line in shown} == {mine.id, joined.id}
    assert theirs.id in {line.visit.pk for line in board(doctor.business)}


def test_one_place_is_shown_alone(doctor: Staff) -> None:
    place = LocationFactory(business=doctor.business)
    here = booked(
        doctor, at(10, 15), service=ServiceFactory(business=doctor.business, location=place)
    )
    booked(doctor, at(10, 45))
    assert told(board(doctor.business, only=Only(location_id=place.pk)).coming) == [(here.id, 15)]


def test_another_clinics_patients_are_not_there(doctor: Staff) -> None:
    booked(doctor, at(10, 15))
    neighbour = BusinessFactory()
    assert list(board(neighbour)) == []
    assert today(neighbour) == Today(0, 0, 0, 0, 0, 0, 0, 0)


def test_the_day_in_numbers(doctor: Staff) -> None:
    marked = {
        Status.ARRIVED: [Status.ARRIVED],
        Status.IN_PROGRESS: [Status.ARRIVED, Status.IN_PROGRESS],
        Status.COMPLETED: [Status.ARRIVED, Status.IN_PROGRESS, Status.COMPLETED],
        Status.NO_SHOW: [Status.NO_SHOW],
    }
    for number, steps in enumerate(marked.values()):
        one = booked(doctor, at(8 + number // 2, number % 2 * 30))
        for status in steps:
            step(one, NOW, status)
    booked(doctor, at(12))
    booked(doctor, at(13))
    booked(doctor, at(12, day=1))
    gone = booked(doctor, at(14))
    cancel(business_id=gone.business_id, appointment_id=gone.id, by=DESK)
    wanted = ServiceFactory(business=doctor.business, bookings_require_approval=True)
    booked(doctor, at(15), service=wanted)
    booked(doctor, at(15, day=30), service=wanted)
    booked(doctor, at(15, day=-1), service=wanted)
    blocks(doctor, at(16), 90)
    # From 10 to 20 without two visits of half an hour and an hour and a half of something else.
    assert today(doctor.business) == Today(
        booked=2,
        arrived=1,
        in_progress=1,
        completed=1,
        no_show=1,
        cancelled=1,
        free_minutes=600 - 60 - 90,
        requests=2,
    )
    assert today(doctor.business).free_hours == 7.5


def test_free_time_is_that_of_everybody_or_of_one(doctor: Staff) -> None:
    nurse = StaffFactory(business=doctor.business)
    booked(doctor, at(12))
    assert today(doctor.business).free_minutes == 600 + 570
    assert today(doctor.business, only=Only(staff_id=nurse.pk)).free_minutes == 600
    assert today(doctor.business, now=at(23)).free_minutes == 0


def test_the_version_changes_with_the_minute_and_with_every_visit(doctor: Staff) -> None:
    one = booked(doctor, at(10, 15))

    def version(now: datetime) -> str:
        business = doctor.business
        return version_of(board(business, now), today(business, now), now)

    first = version(NOW)
    assert version(NOW + timedelta(seconds=59)) == first
    assert version(NOW + timedelta(seconds=60)) != first
    step(one, NOW, Status.ARRIVED)
    assert version(NOW) != first


@pytest.mark.parametrize("number", [1, 3])
def test_the_statements_do_not_grow_with_the_visits(
    doctor: Staff, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for hour in range(number):
        one = booked(doctor, at(9, 15 * hour * 2) if hour < 2 else at(8))
        step(one, at(9, 50), Status.ARRIVED)
    with django_assert_num_queries(1):
        assert len(list(board(doctor.business))) == number
    people = [Staff.objects.select_related("business").get(pk=doctor.pk)]
    with django_assert_num_queries(3):
        read_today(doctor.business, now=NOW, today=MONDAY, only=Only(), people=people)
