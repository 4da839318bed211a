"""The last change of an appointment is taken back, unless somebody came after it."""

from datetime import timedelta

import pytest
import time_machine
from pytest_django import DjangoAssertNumQueries

from appointments import booking, undoing
from appointments.changes import Scope
from appointments.errors import AppointmentNotFound, StaffBusy, Stale
from appointments.models import Appointment, Series, Status
from appointments.record import Record
from businesses.models import Service
from staff.models import Staff
from tests.appointments.desk import DESK, ON_PURPOSE, at, book, held
from tests.appointments.moves import (
    change,
    members,
    move,
    needs,
    now_is,
    refuses,
    repeat,
    room,
    starts,
    step,
    weekly,
)
from tests.appointments.rows import accepted
from tests.factories import BusinessFactory, ServiceFactory, StaffFactory

pytestmark = pytest.mark.django_db
Clock = time_machine.Traveller


@pytest.fixture
def clock(monday_morning: Clock) -> Clock:
    return monday_morning


@pytest.fixture
def service(clock: Clock) -> Service:
    made: Service = ServiceFactory()
    return made


@pytest.fixture
def doctor(service: Service) -> Staff:
    made: Staff = StaffFactory(business=service.business)
    return made


def undo(record: Record, *, may_override: bool = False) -> Record:
    """The appointment as it was, which the database would commit and has as it was told."""
    told = undoing.undo(
        business_id=record.business_id,
        appointment_id=record.id,
        seen=record.updated_at,
        by=DESK,
        may_override=may_override,
    )
    accepted()
    assert now_is(told) == told
    return told


def same(told: Record, before: Record) -> bool:
    """Whether an appointment is again what it was, but for when it was changed."""
    return told._replace(updated_at=before.updated_at) == before


def later(clock: Clock) -> None:
    clock.shift(timedelta(minutes=1))


@pytest.mark.parametrize("status", [Status.ARRIVED, Status.NO_SHOW])
def test_a_step_is_taken_back(
    clock: Clock, service: Service, doctor: Staff, status: Status
) -> None:
    one = book(service, at(10), staff=doctor)
    later(clock)
    stepped = step(one, status)
    later(clock)
    assert same(undo(stepped), one)
    assert [start for start, _ in held(doctor)] == [at(10)]


def test_the_second_step_back_leads_to_the_first(
    clock: Clock, service: Service, doctor: Staff
) -> None:
    one = book(service, at(10), staff=doctor)
    later(clock)
    arrived = step(one, Status.ARRIVED)
    later(clock)
    begun = step(one, Status.IN_PROGRESS)
    later(clock)
    assert same(undo(begun), arrived)
    assert now_is(one).status_before == "booked"


def test_a_visit_that_was_moved_is_moved_back(clock: Clock, service: Service) -> None:
    doctor, other = (StaffFactory(business=service.business) for _ in range(2))
    one = book(service, at(10), staff=doctor)
    later(clock)
    moved = move(one, at(14, day=1), minutes=60, staff_id=other.pk)
    later(clock)
    assert same(undo(moved), one)
    assert [start for start, _ in held(doctor)] == [at(10)]
    assert held(other) == []


def test_a_visit_goes_back_into_its_room(clock: Clock, service: Service, doctor: Staff) -> None:
    room(service.business, "Room 1")
    needs(service, "room")
    one = book(service, at(10), staff=doctor)
    later(clock)
    moved = move(one, at(11))
    later(clock)
    assert same(undo(moved), one)


def test_whoever_came_along_comes_along_again(clock: Clock, service: Service) -> None:
    doctor, nurse, other = (StaffFactory(business=service.business) for _ in range(3))
    one = book(service, at(10), staff=doctor, along=[nurse])
    later(clock)
    stepped = step(one, Status.ARRIVED)
    later(clock)
    undone = undo(stepped)
    assert same(undone, one)
    later(clock)
    hosted = change(undone, starts_at=at(14), staff_id=nurse.pk, additional_staff_ids=(other.pk,))
    assert (hosted.staff_id, hosted.additional_staff_ids) == (nurse.pk, [other.pk])
    later(clock)
    assert same(undo(hosted), one._replace(original_starts_at=None))
    for who in (doctor, nurse):
        assert [start for start, _ in held(who)] == [at(10)]
    assert held(other) == []


def test_whoever_comes_along_by_the_change_alone_does_not_any_more(
    clock: Clock, service: Service
) -> None:
    doctor, nurse = (StaffFactory(business=service.business) for _ in range(2))
    one = book(service, at(10), staff=doctor)
    later(clock)
    joined = change(one, additional_staff_ids=(nurse.pk,))
    later(clock)
    book(service, at(14), staff=nurse)
    assert same(undo(joined), one)
    assert [start for start, _ in held(nurse)] == [at(14)]


def test_whoever_came_along_and_is_taken_now_keeps_the_visit_where_it_is(
    clock: Clock, service: Service
) -> None:
    doctor, nurse = (StaffFactory(business=service.business) for _ in range(2))
    one = book(service, at(10), staff=doctor, along=[nurse])
    later(clock)
    alone = change(one, additional_staff_ids=())
    book(service, at(10), staff=nurse)
    refuses(StaffBusy, lambda: undo(alone))


def test_a_visit_goes_back_to_a_time_that_has_passed(
    clock: Clock, service: Service, doctor: Staff
) -> None:
    one = book(service, at(10), staff=doctor)
    clock.move_to(at(9, 59))
    moved = move(one, at(15))
    clock.move_to(at(10, 1))
    assert same(undo(moved), one)


def test_a_visit_goes_back_over_what_it_was_booked_over(
    clock: Clock, service: Service, doctor: Staff
) -> None:
    book(service, at(10), staff=doctor)
    over = book(service, at(10), staff=doctor, override=ON_PURPOSE)
    assert over.overbooked
    later(clock)
    moved = move(over, at(15))
    assert not moved.overbooked
    later(clock)
    refuses(StaffBusy, lambda: undo(moved))
    assert same(undo(moved, may_override=True), over)


def test_a_time_that_was_taken_meanwhile_is_not_taken_back(
    clock: Clock, service: Service, doctor: Staff
) -> None:
    one = book(service, at(10), staff=doctor)
    later(clock)
    moved = move(one, at(14))
    book(service, at(10, 15), staff=doctor)
    refuses(StaffBusy, lambda: undo(moved))


def test_a_cancellation_is_taken_back(clock: Clock, service: Service, doctor: Staff) -> None:
    one = book(service, at(10), staff=doctor)
    later(clock)
    gone = change(one, cancelled=True, cancel_reason="Ill")
    later(clock)
    assert same(undo(gone), one)
    assert [start for start, _ in held(doctor)] == [at(10)]


def test_a_cancelled_visit_whose_time_is_taken_stays_cancelled(
    clock: Clock, service: Service, doctor: Staff
) -> None:
    one = book(service, at(10), staff=doctor)
    later(clock)
    gone = change(one, cancelled=True)
    book(service, at(10), staff=doctor)
    refuses(StaffBusy, lambda: undo(gone))


def test_a_decision_about_a_request_is_taken_back(clock: Clock, doctor: Staff) -> None:
    asking = ServiceFactory(business=doctor.business, bookings_require_approval=True)
    one = book(asking, at(10), staff=doctor)
    later(clock)
    approved = booking.approve(business_id=one.business_id, appointment_id=one.id, by=DESK)
    assert held(doctor) != []
    later(clock)
    assert same(undo(approved), one)
    assert held(doctor) == []
    later(clock)
    declined = change(one, cancelled=True)
    later(clock)
    assert same(undo(declined), one)
    assert held(doctor) == []


def test_a_request_that_was_moved_is_moved_back_and_holds_nothing(
    clock: Clock, doctor: Staff
) -> None:
    asking = ServiceFactory(business=doctor.business, bookings_require_approval=True)
    other = StaffFactory(business=doctor.business)
    one = book(asking, at(10), staff=doctor)
    later(clock)
    moved = move(one, at(11), staff_id=other.pk)
    later(clock)
    assert same(undo(moved), one)
    assert held(doctor) == held(other) == []


def test_a_booking_is_cancelled(clock: Clock, service: Service, doctor: Staff) -> None:
    one = book(service, at(10), staff=doctor)
    later(clock)
    told = undo(one)
    assert (told.status, told.cancelled_by) == ("cancelled", DESK.name)
    assert held(doctor) == []


def test_the_booking_of_a_series_is_cancelled_as_a_whole(
    clock: Clock, service: Service, doctor: Staff
) -> None:
    five = repeat(service, at(10), "FREQ=WEEKLY;COUNT=5", staff=doctor).records
    later(clock)
    undo(five[0])
    assert {one.status for one in members(five[0])} == {"cancelled"}
    assert held(doctor) == []


@pytest.mark.parametrize("scope", list(Scope))
def test_all_dates_of_a_series_that_was_moved_are_moved_back(
    clock: Clock, service: Service, doctor: Staff, scope: Scope
) -> None:
    five = repeat(service, at(10), "FREQ=WEEKLY;COUNT=5", staff=doctor).records
    was = list(Series.objects.values("id", "rrule", "starts_at", "dates"))
    later(clock)
    moved = move(five[2], at(14, day=15), scope=scope)
    assert starts(members(moved)) != weekly(at(10), 5)
    later(clock)
    undo(moved)
    again = members(five[0])
    assert starts(again) == [start for start, _ in held(doctor)] == weekly(at(10), 5)
    assert all(same(told, before) for told, before in zip(again, five, strict=True))
    assert list(Series.objects.values("id", "rrule", "starts_at", "dates")) == was


@pytest.mark.parametrize(("scope", "gone"), [(Scope.FOLLOWING, 3), (Scope.ALL, 5)])
def test_all_dates_of_a_series_that_were_cancelled_come_back(
    clock: Clock, service: Service, doctor: Staff, scope: Scope, gone: int
) -> None:
    five = repeat(service, at(10), "FREQ=WEEKLY;COUNT=5", staff=doctor).records
    later(clock)
    alone = change(five[4], cancelled=True)  # by itself, before the others
    later(clock)
    told = change(five[2], cancelled=True, scope=scope)
    assert Appointment.objects.filter(status="cancelled").count() == gone
    later(clock)
    undo(told)
    again = members(five[0])
    assert all(same(now, was) for now, was in zip(again[:4], five[:4], strict=True))
    assert again[4] == alone


def test_one_date_that_is_taken_keeps_all_of_a_series_where_they_are(
    clock: Clock, service: Service, doctor: Staff
) -> None:
    five = repeat(service, at(10), "FREQ=WEEKLY;COUNT=5", staff=doctor).records
    later(clock)
    moved = move(five[0], at(14), scope=Scope.ALL)
    book(service, at(10, day=14), staff=doctor)
    refuses(StaffBusy, lambda: undo(moved))


def test_what_somebody_changed_since_is_not_overwritten(
    clock: Clock, service: Service, doctor: Staff
) -> None:
    one = book(service, at(10), staff=doctor)
    later(clock)
    moved = move(one, at(14))
    later(clock)
    step(one, Status.ARRIVED)
    refuses(Stale, lambda: undo(moved))


def test_a_date_of_a_series_that_was_changed_since_keeps_all_of_it(
    clock: Clock, service: Service, doctor: Staff
) -> None:
    five = repeat(service, at(10), "FREQ=WEEKLY;COUNT=5", staff=doctor).records
    later(clock)
    moved = move(five[0], at(14), scope=Scope.ALL)
    later(clock)
    move(five[3], at(16, day=21))
    refuses(Stale, lambda: undo(moved))


def test_nothing_is_undone_twice(clock: Clock, service: Service, doctor: Staff) -> None:
    one = book(service, at(10), staff=doctor)
    later(clock)
    moved = move(one, at(14))
    later(clock)
    undo(moved)
    refuses(Stale, lambda: undo(moved))


def test_a_visit_that_has_begun_is_no_booking_to_be_taken_back(
    clock: Clock, service: Service, doctor: Staff
) -> None:
    one = book(service, at(10), staff=doctor)
    later(clock)
    step(one, Status.ARRIVED)
    refuses(Stale, lambda: undo(one))


def test_of_another_clinic_nothing_is_undone(service: Service, doctor: Staff) -> None:
    one = book(service, at(10), staff=doctor)
    stranger = one._replace(business_id=BusinessFactory().pk)
    refuses(AppointmentNotFound, lambda: undo(stranger))


@pytest.mark.parametrize(
    ("what", "statements"),
    [
        ("its status", 6),
        ("its booking", 6),
        ("its place", 13),
        ("its hosts", 15),
        ("3 dates", 17),
        ("6 dates", 17),
    ],
)
def test_the_statements_of_undoing(
    clock: Clock,
    service: Service,
    doctor: Staff,
    what: str,
    statements: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    nurse = StaffFactory(business=service.business)
    room(service.business, "Room 1")
    needs(service, "room")
    if what.endswith("dates"):
        one = repeat(service, at(10), f"FREQ=WEEKLY;COUNT={what[0]}", staff=doctor).records[0]
    else:
        one = book(service, at(10), staff=doctor, along=[nurse])
    later(clock)
    if what == "its status":
        one = step(one, Status.ARRIVED)
    elif what.endswith("dates"):
        one = move(one, at(14), scope=Scope.ALL)
    elif what != "its booking":
        one = move(one, at(14), additional_staff_ids=() if what == "its hosts" else None)
    later(clock)
    with django_assert_num_queries(statements):
        undoing.undo(
            business_id=one.business_id, appointment_id=one.id, seen=one.updated_at, by=DESK
        )
