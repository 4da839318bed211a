"""Moving between the places of classes and group sessions."""

from uuid import UUID

import pytest

from appointments.errors import SlotFull, StaffBusy
from appointments.models import HeldTime
from businesses.models import Service
from staff.models import Staff
from tests.appointments.desk import ON_PURPOSE, at, book, held, refused
from tests.appointments.moves import change, move, refuses, swap
from tests.factories import ServiceFactory, StaffFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]


@pytest.fixture
def yoga() -> Service:
    made: Service = ServiceFactory(name="Yoga", bookings_per_timeslot=2)
    return made


@pytest.fixture
def host(yoga: Service) -> Staff:
    made: Staff = StaffFactory(business=yoga.business)
    return made


def places(slot_id: UUID | None) -> list[int]:
    rows = HeldTime.objects.filter(group_slot_id=slot_id)
    return sorted(rows.values_list("place", flat=True))


def test_moving_out_of_a_group_frees_a_place(yoga: Service, host: Staff) -> None:
    first, second = (book(yoga, at(10), staff=host) for _ in range(2))
    refused(SlotFull, yoga, at(10), staff=host)
    told = move(first, at(11))
    assert told.group_slot_id not in (None, second.group_slot_id)
    assert (places(second.group_slot_id), places(told.group_slot_id)) == ([2], [1])
    assert book(yoga, at(10), staff=host).group_slot_id == second.group_slot_id
    assert places(second.group_slot_id) == [1, 2]


def test_moving_into_a_group_takes_a_place(yoga: Service, host: Staff) -> None:
    there = book(yoga, at(10), staff=host)
    comes = book(yoga, at(11), staff=host)
    told = move(comes, at(10))
    assert told.group_slot_id == there.group_slot_id
    assert places(there.group_slot_id) == [1, 2]
    refused(SlotFull, yoga, at(10), staff=host)


def test_nobody_moves_into_a_full_group_not_even_on_purpose(yoga: Service, host: Staff) -> None:
    for _ in range(2):
        book(yoga, at(10), staff=host)
    late = book(yoga, at(11), staff=host)
    refuses(SlotFull, move, late, at(10))
    refuses(SlotFull, move, late, at(10), override=ON_PURPOSE)


def test_one_of_a_full_group_changes_within_it(yoga: Service, host: Staff) -> None:
    first, _ = (book(yoga, at(10), staff=host) for _ in range(2))
    helper = StaffFactory(business=yoga.business)
    told = change(first, additional_staff_ids=(helper.pk,))
    assert told.group_slot_id == first.group_slot_id
    assert (len(held(host)), held(helper)) == (2, [(at(10), at(10, 30))])


def test_half_a_group_is_not_moved_over_the_other_half(yoga: Service, host: Staff) -> None:
    first, _ = (book(yoga, at(10), staff=host) for _ in range(2))
    refuses(StaffBusy, move, first, at(10, 15))
    refuses(StaffBusy, change, first, minutes=60)


def test_the_group_of_another_host_is_another_group(yoga: Service, host: Staff) -> None:
    other = StaffFactory(business=yoga.business)
    mine, theirs = book(yoga, at(10), staff=host), book(yoga, at(10), staff=other)
    told = change(mine, staff_id=other.pk)
    assert told.group_slot_id == theirs.group_slot_id
    assert (held(host), len(held(other))) == ([], 2)


def test_a_change_to_a_single_service_leaves_the_group(yoga: Service, host: Staff) -> None:
    record = book(yoga, at(10), staff=host)
    single = ServiceFactory(business=yoga.business)
    told = change(record, service_id=single.pk)
    assert (told.group_slot_id, held(host)) == (None, [(at(10), at(10, 30))])
    back = change(told, service_id=yoga.pk)
    assert back.group_slot_id == record.group_slot_id


def test_a_request_moves_past_a_full_group_but_not_into_it(host: Staff) -> None:
    asks = ServiceFactory(
        business=host.business, bookings_per_timeslot=2, bookings_require_approval=True
    )
    request = book(asks, at(9), staff=host)
    for _ in range(2):
        book(asks, at(10), staff=host, needs_approval=False)
    refuses(SlotFull, move, request, at(10))
    told = move(request, at(11))
    assert (told.group_slot_id, len(held(host))) == (None, 2)


def test_members_of_two_groups_swap_though_both_are_full(yoga: Service, host: Staff) -> None:
    ten = [book(yoga, at(10), staff=host) for _ in range(2)]
    eleven = [book(yoga, at(11), staff=host) for _ in range(2)]
    refuses(SlotFull, move, ten[0], at(11))
    one, other = swap(ten[0], eleven[0])
    assert (one.group_slot_id, other.group_slot_id) == (
        eleven[1].group_slot_id,
        ten[1].group_slot_id,
    )
    assert places(ten[1].group_slot_id) == places(eleven[1].group_slot_id) == [1, 2]
