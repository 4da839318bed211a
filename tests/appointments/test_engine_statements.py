"""How many statements a change costs: the same for one date of a series and for fifty."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from appointments import changing, series, swapping
from appointments.changes import Changes, Scope
from appointments.models import Status
from appointments.record import Record
from appointments.series import Repeat
from businesses.models import Service
from staff.models import Staff
from tests.appointments.desk import DESK, at, book
from tests.appointments.moves import needs, repeat, request, room
from tests.factories import ServiceFactory, StaffFactory, blocks

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]


@pytest.fixture
def service() -> Service:
    made: Service = ServiceFactory()
    return made


@pytest.fixture
def doctor(service: Service) -> Staff:
    made: Staff = StaffFactory(business=service.business)
    StaffFactory(business=service.business)
    return made


def statements(work: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as sent:
        work()
    return len(sent)


def changed(record: Record, scope: Scope = Scope.THIS, **changes: Any) -> int:
    return statements(
        lambda: changing.change(
            business_id=record.business_id,
            appointment_id=record.id,
            changes=Changes(**changes),
            by=DESK,
            scope=scope,
        )
    )


def booked(service: Service, count: int, staff: Staff | None = None) -> int:
    wanted = request(service, at(10), staff=staff)
    repeated = Repeat(rrule=f"FREQ=WEEKLY;COUNT={count}")
    return statements(
        lambda: series.book_series(
            business_id=service.business_id, request=wanted, repeat=repeated, by=DESK
        )
    )


def shown(service: Service, count: int, staff: Staff | None = None) -> int:
    wanted = request(service, at(10), staff=staff)
    repeated = Repeat(rrule=f"FREQ=WEEKLY;COUNT={count}") if count > 1 else None
    return statements(
        lambda: series.preview(
            business_id=service.business_id, request=wanted, repeat=repeated, by=DESK
        )
    )


def many(service: Service, staff: Staff, count: int) -> list[Record]:
    return repeat(service, at(17), f"FREQ=WEEKLY;COUNT={count}", staff=staff).records


LOOKED_AT = 2  # rooms: which there are, locked, and when they are held
HELD = 1  # and the rows that hold them


@pytest.fixture(params=[False, True], ids=["no rooms", "rooms"])
def rooms(request: pytest.FixtureRequest, service: Service) -> bool:
    if request.param:
        needs(service, "room")
        for number in range(2):
            room(service.business, f"Room {number}")
    return bool(request.param)


def test_a_word_about_a_visit_costs_four(service: Service, doctor: Staff) -> None:
    """Found, signed, locked, written; what changes nothing is not written."""
    record = book(service, at(10), staff=doctor)
    assert changed(record, notes="Late", tags=("x",), payment_id="pi_1") == 4
    assert changed(record, notes="Late", starts_at=at(10)) == 3


def test_a_move_costs_seven(service: Service, doctor: Staff, rooms: bool) -> None:
    """Found, the people locked, it locked, their calendars, given up, written, held."""
    record = book(service, at(10), staff=doctor)
    assert changed(record, starts_at=at(10, 15)) == 7 + rooms * (LOOKED_AT + HELD)
    assert changed(record, minutes=60) == 7 + rooms * (LOOKED_AT + HELD)
    nurse = StaffFactory(business=service.business)
    along = changed(record, additional_staff_ids=(nurse.pk,))
    assert along == 9 + rooms * (LOOKED_AT + HELD)


def test_a_move_into_a_group_costs_one_more(service: Service, doctor: Staff) -> None:
    yoga = ServiceFactory(business=service.business, bookings_per_timeslot=3)
    assert changed(book(yoga, at(10), staff=doctor), starts_at=at(11)) == 8


def test_a_step_costs_four_and_a_cancellation_five(
    service: Service, doctor: Staff, rooms: bool
) -> None:
    record = book(service, at(10), staff=doctor)
    assert changed(record, status=Status.ARRIVED) == 4
    assert changed(record, cancelled=True) == 5
    assert changed(record, cancelled=True) == 3
    # It holds nothing that would have to be given up.
    assert changed(record, status=Status.ARRIVED) == 6 + rooms * (LOOKED_AT + HELD)


def test_a_swap_costs_twelve(service: Service, doctor: Staff, rooms: bool) -> None:
    first, second = book(service, at(10), staff=doctor), book(service, at(11), staff=doctor)
    keys = (first.id, second.id)
    assert 12 + rooms * (1 + 2 * (LOOKED_AT + HELD)) == statements(
        lambda: swapping.swap(business_id=service.business_id, appointment_ids=keys, by=DESK)
    )


@pytest.mark.parametrize("count", [4, 52])
def test_a_series_costs_the_same_however_long_it_is(
    service: Service, doctor: Staff, rooms: bool, count: int
) -> None:
    assert booked(service, count, doctor) == 5 + rooms * (LOOKED_AT + HELD)
    # Two people are weighed against each other, and why one was taken is written down.
    StaffFactory(business=service.business)
    assert booked(service, count) == 7 + rooms * (LOOKED_AT + HELD)


@pytest.mark.parametrize("count", [1, 4, 52])
def test_a_preview_costs_the_same_however_long_it_is(
    service: Service, doctor: Staff, rooms: bool, count: int
) -> None:
    assert shown(service, count, doctor) == 2 + rooms * LOOKED_AT
    assert shown(service, count) == 3 + rooms * LOOKED_AT
    for one in (doctor, *others(doctor)):
        blocks(one, at(9), 120)
    # Every date that can't be had is looked for in the same three statements.
    assert shown(service, count, doctor) == 4 + rooms * 2 * LOOKED_AT


@pytest.mark.parametrize("count", [4, 52])
def test_changing_a_series_costs_the_same_however_long_it_is(
    service: Service, doctor: Staff, rooms: bool, count: int
) -> None:
    second = many(service, doctor, count)[1]
    extra = rooms * (LOOKED_AT + HELD)
    assert changed(second, Scope.ALL, starts_at=at(16, day=7)) == 10 + extra
    assert changed(second, Scope.ALL, staff_id=others(doctor)[0].pk) == 8 + extra
    assert changed(second, Scope.FOLLOWING, starts_at=at(15, day=7)) == 11 + extra
    assert changed(second, Scope.ALL, notes="Shoes", location="", answers=()) == 6
    assert changed(second, Scope.ALL, cancelled=True) == 6


def others(staff: Staff) -> list[Staff]:
    return list(Staff.objects.filter(business=staff.business).exclude(pk=staff.pk))
