"""How far a visit has come: one step at a time, and the last one back."""

from typing import Any

import pytest

from appointments import booking
from appointments.errors import (
    OutsideWorkingHours,
    SlotFull,
    StaffBusy,
    StaffNotBookable,
    WrongStatus,
)
from appointments.models import Status
from appointments.record import Record
from appointments.status import STEPS, next_steps
from businesses.actor import Actor
from businesses.models import Service
from staff.models import Staff
from tests.appointments.desk import DESK, NOW, ON_PURPOSE, at, book, cancelled, held, written
from tests.appointments.moves import change, move, now_is, refuses, step
from tests.factories import ServiceFactory, StaffFactory, blocks

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]


@pytest.fixture
def service() -> Service:
    made: Service = ServiceFactory()
    return made


@pytest.fixture
def asks(service: Service) -> Service:
    made: Service = ServiceFactory(business=service.business, bookings_require_approval=True)
    return made


@pytest.fixture
def doctor(service: Service) -> Staff:
    made: Staff = StaffFactory(business=service.business)
    return made


# The shortest way to each status.
WAYS: dict[Status, list[Status]] = {
    Status.REQUESTED: [],
    Status.BOOKED: [Status.BOOKED],
    Status.ARRIVED: [Status.BOOKED, Status.ARRIVED],
    Status.IN_PROGRESS: [Status.BOOKED, Status.ARRIVED, Status.IN_PROGRESS],
    Status.COMPLETED: [Status.BOOKED, Status.ARRIVED, Status.IN_PROGRESS, Status.COMPLETED],
    Status.NO_SHOW: [Status.BOOKED, Status.NO_SHOW],
    Status.CANCELLED: [Status.CANCELLED],
}
HOLDING = {
    Status.BOOKED,
    Status.ARRIVED,
    Status.IN_PROGRESS,
    Status.COMPLETED,
    Status.NO_SHOW,
}


def come_to(status: Status, asks: Service, doctor: Staff) -> Record:
    record = book(asks, at(10), staff=doctor)
    for one in WAYS[status]:
        record = step(record, one)
    assert record.status == status
    return record


def test_the_way_of_a_visit_from_request_to_completion(asks: Service, doctor: Staff) -> None:
    record = book(asks, at(10), staff=doctor)
    seen = [(record.status, record.status_before, record.approved, len(held(doctor)))]
    for status in WAYS[Status.COMPLETED]:
        record = step(record, status)
        seen.append((record.status, record.status_before, record.approved, len(held(doctor))))
    assert seen == [
        ("requested", "", False, 0),
        ("booked", "requested", True, 1),
        ("arrived", "booked", True, 1),
        ("in_progress", "arrived", True, 1),
        ("completed", "in_progress", True, 1),
    ]


@pytest.mark.parametrize("status", Status.values)
def test_from_each_status_only_the_next_steps_and_the_last_one_back(
    asks: Service, doctor: Staff, status: str
) -> None:
    record = come_to(Status(status), asks, doctor)
    before = WAYS[Status(status)][-2:-1] or [Status.REQUESTED]
    back = [] if status == Status.REQUESTED else before
    assert next_steps(record) == [*STEPS[Status(status)], *back]
    for other in set(Status) - {Status(status), *next_steps(record)}:
        refuses(WrongStatus, step, record, other)
        refuses(WrongStatus, step, record, other, override=ON_PURPOSE)


@pytest.mark.parametrize("status", sorted(HOLDING))
def test_whatever_is_approved_and_not_cancelled_holds_its_time(
    asks: Service, doctor: Staff, status: Status
) -> None:
    come_to(status, asks, doctor)
    assert held(doctor) == [(at(10), at(10, 30))]


@pytest.mark.parametrize("status", [one for one in Status if WAYS[one]])
def test_the_last_step_is_undone_and_only_that(
    asks: Service, doctor: Staff, status: Status
) -> None:
    record = come_to(status, asks, doctor)
    told = step(record, Status(record.status_before))
    assert (told.status, told.status_before) == (record.status_before, "")
    earlier = WAYS[status][:-2]
    if len(WAYS[status]) > 1:
        refuses(WrongStatus, step, told, earlier[-1] if earlier else Status.REQUESTED)


def test_a_step_that_was_taken_already_changes_nothing(service: Service, doctor: Staff) -> None:
    record = step(book(service, at(10), staff=doctor), Status.ARRIVED)
    before = written()
    assert step(record, Status.ARRIVED) == record
    assert written() == before


def test_undoing_an_approval_frees_the_time(asks: Service, doctor: Staff) -> None:
    asked = book(asks, at(10), staff=doctor)
    told = step(step(asked, Status.BOOKED), Status.REQUESTED)
    assert told == asked
    assert held(doctor) == []
    book(asks, at(10), staff=doctor, needs_approval=False)
    refuses(StaffBusy, step, told, Status.BOOKED)


def test_undoing_an_approval_frees_a_place_of_the_group(doctor: Staff) -> None:
    yoga = ServiceFactory(
        business=doctor.business, bookings_per_timeslot=2, bookings_require_approval=True
    )
    first, second, third = (book(yoga, at(10), staff=doctor) for _ in range(3))
    one = step(first, Status.BOOKED)
    step(second, Status.BOOKED)
    refuses(SlotFull, step, third, Status.BOOKED)
    assert step(one, Status.REQUESTED).group_slot_id is None
    assert step(third, Status.BOOKED).group_slot_id == one.group_slot_id


def test_what_was_booked_at_once_is_not_turned_into_a_request(
    service: Service, doctor: Staff
) -> None:
    refuses(WrongStatus, step, book(service, at(10), staff=doctor), Status.REQUESTED)


def test_cancelling_keeps_the_reason_and_who_did_it(service: Service, doctor: Staff) -> None:
    record = book(service, at(10), staff=doctor)
    told = step(record, Status.CANCELLED, cancel_reason="Snow", by=Actor("Ada", "desk"))
    assert told == record._replace(
        status="cancelled",
        status_before="booked",
        cancelled_at=NOW,
        cancel_reason="Snow",
        cancelled_by="Ada",
    )
    assert held(doctor) == []


def test_what_is_told_with_a_cancellation_is_kept_too(service: Service, doctor: Staff) -> None:
    record = book(service, at(10), staff=doctor)
    told = change(record, cancelled=True, cancel_reason="Snow", notes="Call back", tags=("snow",))
    assert (told.status, told.cancel_reason, told.notes, told.tags) == (
        "cancelled",
        "Snow",
        "Call back",
        ["snow"],
    )
    again = change(told, cancelled=True, cancel_reason="Ice", notes="Called")
    assert (again.cancel_reason, again.notes) == ("Snow", "Called")


def test_nothing_is_cancelled_and_moved_at_once(service: Service, doctor: Staff) -> None:
    record = book(service, at(10), staff=doctor)
    refuses(WrongStatus, change, record, cancelled=True, starts_at=at(12))


def test_what_is_cancelled_again_keeps_its_first_reason(service: Service, doctor: Staff) -> None:
    record = step(book(service, at(10), staff=doctor), Status.CANCELLED, cancel_reason="Snow")
    before = written()
    assert step(record, Status.CANCELLED, cancel_reason="Ice") == record
    assert written() == before


def test_what_is_under_way_is_not_cancelled(service: Service, doctor: Staff) -> None:
    record = book(service, at(10), staff=doctor)
    for status in (Status.ARRIVED, Status.IN_PROGRESS):
        step(record, status)
    refuses(WrongStatus, step, record, Status.CANCELLED)
    refuses(WrongStatus, cancelled, record)


def test_a_cancellation_taken_back_takes_the_time_again(service: Service, doctor: Staff) -> None:
    nurse = StaffFactory(business=service.business)
    record = book(service, at(10), staff=doctor, along=[nurse])
    told = step(cancelled(record), Status.BOOKED)
    assert told == record
    assert held(doctor) == held(nurse) == [(at(10), at(10, 30))]


def test_a_cancellation_is_not_taken_back_when_the_time_is_gone(
    service: Service, doctor: Staff
) -> None:
    record = cancelled(book(service, at(10), staff=doctor))
    book(service, at(10, 15), staff=doctor)
    refuses(StaffBusy, step, record, Status.BOOKED)
    told = step(record, Status.BOOKED, override=ON_PURPOSE)
    assert (told.overbooked, told.override_reason) == (True, "Emergency")
    assert held(doctor) == [(at(10), at(10, 30)), (at(10, 15), at(10, 45))]


def test_a_cancellation_is_taken_back_by_the_rules_of_that_day(
    service: Service, doctor: Staff
) -> None:
    record = cancelled(book(service, at(10), staff=doctor))
    doctor.weekly_hours = {"monday": [[1200, 1800]]}
    doctor.save()
    refuses(OutsideWorkingHours, step, record, Status.BOOKED)
    doctor.status = "DISABLED"
    doctor.save()
    refuses(StaffNotBookable, step, record, Status.BOOKED)


def test_a_declined_request_that_is_taken_back_is_a_request(asks: Service, doctor: Staff) -> None:
    asked = book(asks, at(10), staff=doctor)
    blocks(doctor, at(10), 30)
    told = change(change(asked, approved=False, cancel_reason="Full"), cancelled=False)
    assert told == asked
    assert held(doctor) == []


def test_an_arrived_visit_that_was_cancelled_by_mistake_is_arrived_again(
    service: Service, doctor: Staff
) -> None:
    record = step(book(service, at(10), staff=doctor), Status.ARRIVED)
    told = step(step(record, Status.CANCELLED), Status.ARRIVED)
    assert (told.status, held(doctor)) == ("arrived", [(at(10), at(10, 30))])


def test_approving_by_either_command_comes_to_the_same(asks: Service, doctor: Staff) -> None:
    first, second = book(asks, at(10), staff=doctor), book(asks, at(11), staff=doctor)
    by_step = step(first, Status.BOOKED)
    by_approval = booking.approve(business_id=second.business_id, appointment_id=second.id, by=DESK)
    same: dict[str, Any] = {"id": None, "starts_at": None, "ends_at": None, "patient_id": None}
    same |= {"patient_name": "", "patient_email": "", "link_token": ""}
    assert by_step._replace(**same) == by_approval._replace(**same)
    assert now_is(second) == by_approval


def test_a_request_is_moved_and_approved_in_one_go(asks: Service, doctor: Staff) -> None:
    asked = book(asks, at(10), staff=doctor)
    blocks(doctor, at(10), 30)
    refuses(StaffBusy, change, asked, approved=True)
    told = change(asked, approved=True, starts_at=at(11))
    assert (told.status, told.original_starts_at) == ("booked", at(10))
    assert held(doctor) == [(at(11), at(11, 30))]


def test_undoing_an_approval_after_a_move_leaves_the_new_time(asks: Service, doctor: Staff) -> None:
    record = move(step(book(asks, at(10), staff=doctor), Status.BOOKED), at(12))
    told = step(record, Status.REQUESTED)
    assert (told.status, told.starts_at, held(doctor)) == ("requested", at(12), [])
