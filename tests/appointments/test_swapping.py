"""Two visits that change places: both in one go, or neither."""

from uuid import uuid4

import pytest
import time_machine

from appointments.errors import (
    AppointmentNotFound,
    DateInPast,
    OutsideWorkingHours,
    ResourceBusy,
    StaffBusy,
    StaffNotProvider,
    SwapSame,
    WrongStatus,
)
from appointments.models import HeldTime, Status
from businesses.models import Service
from staff.models import Staff
from tests.appointments.desk import ON_PURPOSE, at, book, held
from tests.appointments.moves import (
    change,
    needs,
    refuses,
    repeat,
    room,
    step,
    swap,
    taken,
    used,
)
from tests.factories import BusinessFactory, ServiceFactory, StaffFactory, blocks, provides

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]


@pytest.fixture
def service() -> Service:
    made: Service = ServiceFactory()
    return made


@pytest.fixture
def ada(service: Service) -> Staff:
    made: Staff = StaffFactory(business=service.business, name="Ada")
    return made


@pytest.fixture
def ben(service: Service) -> Staff:
    made: Staff = StaffFactory(business=service.business, name="Ben")
    return made


def fill(*people: Staff) -> None:
    """The whole day but ten o'clock."""
    for one in people:
        blocks(one, at(8), 120)
        blocks(one, at(10, 30), 9 * 60 + 30)


def test_two_visits_swap_where_neither_could_be_moved_alone(
    service: Service, ada: Staff, ben: Staff
) -> None:
    first, second = book(service, at(10), staff=ada), book(service, at(10), staff=ben)
    fill(ada, ben)
    refuses(StaffBusy, change, first, staff_id=ben.pk)
    refuses(StaffBusy, change, second, staff_id=ada.pk)
    one, other = swap(first, second)
    assert (one.id, one.staff_id, one.staff_name) == (first.id, ben.pk, "Ben")
    assert (other.id, other.staff_id, other.staff_name) == (second.id, ada.pk, "Ada")
    assert one.original_starts_at is other.original_starts_at is None
    assert held(ada) == held(ben) == [(at(10), at(10, 30))]
    assert not one.overbooked
    assert not other.overbooked


def test_times_of_one_person_are_swapped_and_remembered(service: Service, ada: Staff) -> None:
    first, second = book(service, at(10), staff=ada), book(service, at(14, day=1), staff=ada)
    one, other = swap(first, second)
    assert (one.starts_at, one.ends_at, one.original_starts_at) == (
        at(14, day=1),
        at(14, 30, day=1),
        at(10),
    )
    assert (other.starts_at, other.original_starts_at) == (at(10), at(14, day=1))


def test_each_keeps_its_length_its_service_and_its_price(
    service: Service, ada: Staff, ben: Staff
) -> None:
    long = ServiceFactory(business=service.business, durations={90: 9000}, buffer_after_minutes=15)
    first = book(service, at(10), staff=ada)
    second = book(long, at(14), staff=ben, minutes=90)
    one, other = swap(first, second)
    assert (one.service_id, one.price, one.starts_at, one.ends_at) == (
        service.pk,
        3000,
        at(14),
        at(14, 30),
    )
    assert (other.service_id, other.price, other.starts_at, other.ends_at) == (
        long.pk,
        9000,
        at(10),
        at(11, 30),
    )
    assert (held(ben), held(ada)) == ([(at(14), at(14, 30))], [(at(10), at(11, 45))])


def test_a_longer_visit_that_does_not_fit_refuses_the_whole_swap(
    service: Service, ada: Staff, ben: Staff
) -> None:
    first, second = book(service, at(10), staff=ada), book(service, at(14), staff=ben, minutes=60)
    book(service, at(10, 30), staff=ada)
    refuses(StaffBusy, swap, first, second)
    refuses(StaffBusy, swap, second, first)
    one, other = swap(first, second, ON_PURPOSE)
    assert (one.overbooked, other.overbooked) == (False, True)
    assert HeldTime.objects.filter(overbooked=True).count() == 1


def test_two_that_would_overlap_each_other_after_the_swap_are_refused(
    service: Service, ada: Staff
) -> None:
    """The long one would reach into the short one, which is moving as well."""
    short, long = book(service, at(10), staff=ada), book(service, at(10, 30), staff=ada, minutes=60)
    refuses(StaffBusy, swap, short, long)
    refuses(StaffBusy, swap, long, short)


def test_a_swap_out_of_the_hours_is_refused(service: Service, ada: Staff, ben: Staff) -> None:
    ben.weekly_hours = {"monday": [[800, 1030]]}
    ben.save()
    first = book(service, at(10), staff=ben)
    second = book(service, at(14), staff=ada, minutes=60)
    refuses(OutsideWorkingHours, swap, first, second)


def test_whoever_does_not_provide_the_service_gets_it_by_no_swap(
    service: Service, ada: Staff, ben: Staff
) -> None:
    special = ServiceFactory(business=service.business)
    provides(ada, special)
    first, second = book(special, at(10), staff=ada), book(service, at(11), staff=ben)
    refuses(StaffNotProvider, swap, first, second)
    refuses(StaffNotProvider, swap, first, second, ON_PURPOSE)


def test_what_is_over_or_cancelled_is_not_swapped(service: Service, ada: Staff, ben: Staff) -> None:
    first, second = book(service, at(10), staff=ada), book(service, at(11), staff=ben)
    step(second, Status.NO_SHOW)
    refuses(WrongStatus, swap, first, second)
    refuses(WrongStatus, swap, second, first)


def test_nothing_is_swapped_into_the_past(
    service: Service, ada: Staff, ben: Staff, monday_morning: time_machine.Traveller
) -> None:
    first, second = book(service, at(10), staff=ada), book(service, at(14), staff=ben)
    monday_morning.move_to(at(12))
    refuses(DateInPast, swap, first, second)
    assert swap(first, second, ON_PURPOSE)[1].starts_at == at(10)


def test_a_visit_is_not_swapped_with_itself(service: Service, ada: Staff) -> None:
    first = book(service, at(10), staff=ada)
    refuses(SwapSame, swap, first, first)


def test_a_visit_of_another_business_is_not_there(service: Service, ada: Staff) -> None:
    first = book(service, at(10), staff=ada)
    elsewhere = ServiceFactory(business=BusinessFactory())
    foreign = book(elsewhere, at(11), staff=StaffFactory(business=elsewhere.business))
    refuses(AppointmentNotFound, swap, first, foreign)
    refuses(AppointmentNotFound, swap, foreign, first)
    refuses(AppointmentNotFound, swap, first, first._replace(id=uuid4()))


def test_additional_staff_stay_with_their_visit(service: Service, ada: Staff, ben: Staff) -> None:
    nurse = StaffFactory(business=service.business)
    first, second = (
        book(service, at(10), staff=ada, along=[nurse]),
        book(service, at(14), staff=ben),
    )
    one, other = swap(first, second)
    assert (one.additional_staff_ids, other.additional_staff_ids) == ([nurse.pk], [])
    assert held(nurse) == [(at(14), at(14, 30))]


def test_whoever_came_along_and_is_the_host_now_comes_along_no_more(
    service: Service, ada: Staff, ben: Staff
) -> None:
    first, second = (
        book(service, at(10), staff=ada, along=[ben]),
        book(service, at(14), staff=ben),
    )
    one, _ = swap(first, second)
    assert (one.staff_id, one.additional_staff_ids) == (ben.pk, [])
    assert (held(ben), held(ada)) == ([(at(14), at(14, 30))], [(at(10), at(10, 30))])


def test_requests_are_swapped_and_hold_nothing(ada: Staff, ben: Staff) -> None:
    asks = ServiceFactory(business=ada.business, bookings_require_approval=True)
    first, second = book(asks, at(10), staff=ada), book(asks, at(11), staff=ben)
    one, other = swap(first, second)
    assert (one.staff_id, other.staff_id) == (ben.pk, ada.pk)
    assert held(ada) == held(ben) == []


def test_the_only_room_changes_hands(service: Service, ada: Staff, ben: Staff) -> None:
    only = room(service.business, "Room 1")
    needs(service, "room")
    first, second = book(service, at(10), staff=ada), book(service, at(14), staff=ben, minutes=60)
    refuses(ResourceBusy, change, first, starts_at=at(14))
    one, other = swap(first, second)
    assert used(one) == used(other) == ["Room 1"]
    assert taken(only) == [(at(10), at(11)), (at(14), at(14, 30))]


def test_a_swap_that_lacks_a_room_is_refused(service: Service, ada: Staff, ben: Staff) -> None:
    room(service.business, "Room 1")
    needs(service, "room")
    first, second = book(service, at(10), staff=ada), book(service, at(14), staff=ben, minutes=60)
    book(service, at(10, 30), staff=StaffFactory(business=service.business))
    refuses(ResourceBusy, swap, first, second)
    refuses(ResourceBusy, swap, first, second, ON_PURPOSE)


def test_dates_of_a_series_that_were_swapped_are_exceptions_of_it(
    service: Service, ada: Staff, ben: Staff
) -> None:
    dates = repeat(service, at(10), "FREQ=WEEKLY;COUNT=3", staff=ada).records
    other = book(service, at(15), staff=ben)
    one, _ = swap(dates[1], other)
    assert (one.series_exception, one.series_number) == (True, 2)
    assert one.original_starts_at == at(10, day=7)
