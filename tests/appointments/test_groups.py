"""Classes and group sessions: places that several patients share."""

from datetime import datetime
from typing import Any

import pytest

from appointments.errors import NoStaffAvailable, SlotFull, StaffBusy
from appointments.models import GroupSlot, HeldTime
from appointments.record import Record
from businesses.models import Service
from staff.models import Staff
from tests.appointments.desk import ON_PURPOSE, at, book, cancelled, held, refused
from tests.factories import ServiceFactory, StaffFactory, blocks

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]


@pytest.fixture
def yoga() -> Service:
    made: Service = ServiceFactory(name="Yoga", bookings_per_timeslot=3)
    return made


@pytest.fixture
def host(yoga: Service) -> Staff:
    made: Staff = StaffFactory(business=yoga.business)
    return made


def fill(service: Service, host: Staff, start: datetime, **more: Any) -> list[Record]:
    return [book(service, start, staff=host, **more) for _ in range(service.bookings_per_timeslot)]


def places(host: Staff) -> list[int]:
    return sorted(HeldTime.objects.filter(staff=host).values_list("place", flat=True))


def test_a_timeslot_has_as_many_places_as_the_service_says(yoga: Service, host: Staff) -> None:
    fill(yoga, host, at(10))
    refused(SlotFull, yoga, at(10), staff=host)
    assert places(host) == [1, 2, 3]


def test_three_places_and_two_hosts_are_six_places(yoga: Service, host: Staff) -> None:
    other = StaffFactory(business=yoga.business)
    hosts = [book(yoga, at(10)).staff_id for _ in range(6)]
    assert sorted(hosts) == sorted([host.pk, other.pk] * 3)
    refused(SlotFull, yoga, at(10))


def test_bookings_of_one_timeslot_share_its_id_and_each_host_has_their_own(
    yoga: Service, host: Staff
) -> None:
    other = StaffFactory(business=yoga.business)
    mine = {record.group_slot_id for record in fill(yoga, host, at(10))}
    theirs = {record.group_slot_id for record in fill(yoga, other, at(10))}
    later = {record.group_slot_id for record in fill(yoga, host, at(10, 30))}
    assert [len(mine), len(theirs), len(later)] == [1, 1, 1]
    assert len({None} | mine | theirs | later) == 4


def test_a_visit_of_one_place_belongs_to_no_group(host: Staff) -> None:
    single = ServiceFactory(business=host.business)
    assert book(single, at(10), staff=host).group_slot_id is None
    assert GroupSlot.objects.count() == 0


@pytest.mark.parametrize(
    ("start", "minutes"),
    [((10, 0), 60), ((9, 30), 60), ((10, 15), 30), ((9, 45), 30)],
    ids=["longer", "ends with it", "later start", "earlier start"],
)
def test_another_start_or_length_is_no_part_of_the_group(
    yoga: Service, host: Staff, start: tuple[int, int], minutes: int
) -> None:
    book(yoga, at(10), staff=host)
    refused(StaffBusy, yoga, at(*start), staff=host, minutes=minutes)


def test_another_service_is_no_part_of_the_group(yoga: Service, host: Staff) -> None:
    book(yoga, at(10), staff=host)
    pilates = ServiceFactory(business=yoga.business, bookings_per_timeslot=3)
    refused(StaffBusy, pilates, at(10), staff=host)
    refused(StaffBusy, ServiceFactory(business=yoga.business), at(10), staff=host)


def test_a_host_who_is_busy_opens_no_group(yoga: Service, host: Staff) -> None:
    book(ServiceFactory(business=yoga.business), at(10), staff=host)
    refused(StaffBusy, yoga, at(10), staff=host)
    assert GroupSlot.objects.count() == 0


def test_groups_of_one_host_follow_each_other_without_a_gap(yoga: Service, host: Staff) -> None:
    fill(yoga, host, at(10))
    fill(yoga, host, at(10, 30))
    assert len(held(host)) == 6


def test_bookings_of_one_group_share_its_buffers(host: Staff) -> None:
    service = ServiceFactory(
        business=host.business,
        bookings_per_timeslot=2,
        buffer_before_minutes=10,
        buffer_after_minutes=10,
    )
    fill(service, host, at(10))
    assert held(host) == [(at(9, 50), at(10, 40))] * 2
    refused(StaffBusy, service, at(10, 49), staff=host)
    book(service, at(10, 50), staff=host)


def test_new_buffers_still_leave_the_rest_of_a_group_bookable(yoga: Service, host: Staff) -> None:
    book(yoga, at(10), staff=host)
    yoga.buffer_before_minutes = 30
    yoga.save()
    book(yoga, at(10), staff=host)
    assert held(host) == [(at(9, 30), at(10, 30)), (at(10), at(10, 30))]


def test_a_place_that_somebody_gives_up_is_free_again(yoga: Service, host: Staff) -> None:
    _, second, _ = fill(yoga, host, at(10))
    cancelled(second)
    assert places(host) == [1, 3]
    assert book(yoga, at(10), staff=host).group_slot_id == second.group_slot_id
    assert places(host) == [1, 2, 3]
    refused(SlotFull, yoga, at(10), staff=host)


def test_an_emptied_timeslot_is_used_again(yoga: Service, host: Staff) -> None:
    first = book(yoga, at(10), staff=host)
    cancelled(first)
    assert book(yoga, at(10), staff=host).group_slot_id == first.group_slot_id
    assert GroupSlot.objects.count() == 1


def test_a_service_that_gains_places_gains_them_in_timeslots_that_are_full(
    yoga: Service, host: Staff
) -> None:
    fill(yoga, host, at(10))
    yoga.bookings_per_timeslot = 4
    yoga.save()
    book(yoga, at(10), staff=host)
    assert places(host) == [1, 2, 3, 4]
    assert set(HeldTime.objects.values_list("places", flat=True)) == {4}
    refused(SlotFull, yoga, at(10), staff=host)


def test_a_service_that_loses_places_keeps_who_is_booked_and_takes_nobody_more(
    yoga: Service, host: Staff
) -> None:
    fill(yoga, host, at(10))
    yoga.bookings_per_timeslot = 2
    yoga.save()
    refused(SlotFull, yoga, at(10), staff=host)
    assert places(host) == [1, 2, 3]


def test_a_service_that_becomes_single_is_busy_where_a_group_sits(
    yoga: Service, host: Staff
) -> None:
    book(yoga, at(10), staff=host)
    yoga.bookings_per_timeslot = 1
    yoga.save()
    refused(StaffBusy, yoga, at(10), staff=host)


def test_a_single_visit_keeps_its_time_when_its_service_becomes_a_group(host: Staff) -> None:
    service = ServiceFactory(business=host.business)
    book(service, at(10), staff=host)
    service.bookings_per_timeslot = 8
    service.save()
    refused(StaffBusy, service, at(10), staff=host)


def test_additional_staff_sit_in_the_group_with_its_host(yoga: Service, host: Staff) -> None:
    helper = StaffFactory(business=yoga.business)
    fill(yoga, host, at(10), along=[helper])
    assert places(host) == places(helper) == [1, 2, 3]
    refused(SlotFull, yoga, at(10), staff=host)


def test_a_helper_of_one_booking_may_be_missing_at_the_next(yoga: Service, host: Staff) -> None:
    helper = StaffFactory(business=yoga.business)
    book(yoga, at(10), staff=host)
    book(yoga, at(10), staff=host, along=[helper])
    book(yoga, at(10), staff=host)
    assert (places(host), places(helper)) == ([1, 2, 3], [2])


def test_a_helper_of_another_hosts_group_is_busy(yoga: Service, host: Staff) -> None:
    helper, other = (StaffFactory(business=yoga.business) for _ in range(2))
    book(yoga, at(10), staff=host, along=[helper])
    refused(StaffBusy, yoga, at(10), staff=other, along=[helper])
    refused(StaffBusy, yoga, at(10), staff=helper)


def test_nobody_overrides_a_full_group(yoga: Service, host: Staff) -> None:
    fill(yoga, host, at(10))
    refused(SlotFull, yoga, at(10), staff=host, override=ON_PURPOSE)
    refused(SlotFull, yoga, at(10), override=ON_PURPOSE)


def test_a_full_group_out_of_hours_is_refused_for_its_places_when_the_hours_are_overridden(
    yoga: Service, host: Staff
) -> None:
    fill(yoga, host, at(22), override=ON_PURPOSE)
    refused(SlotFull, yoga, at(22), staff=host, override=ON_PURPOSE)
    refused(SlotFull, yoga, at(22), override=ON_PURPOSE)


def test_a_full_group_in_blocked_time_is_refused_for_its_places_when_that_is_overridden(
    yoga: Service, host: Staff
) -> None:
    fill(yoga, host, at(10))
    blocks(host, at(10), 30)
    refused(SlotFull, yoga, at(10), staff=host, override=ON_PURPOSE)
    refused(SlotFull, yoga, at(10), override=ON_PURPOSE)


def test_anyone_else_takes_who_finds_one_group_full(yoga: Service, host: Staff) -> None:
    fill(yoga, host, at(10))
    other = StaffFactory(business=yoga.business)
    assert book(yoga, at(10), override=ON_PURPOSE).staff_id == other.pk
    blocks(other, at(9), 60)
    assert book(yoga, at(10)).staff_id == other.pk


def test_nobody_is_available_where_the_one_group_is_full_and_the_other_host_busy(
    yoga: Service, host: Staff
) -> None:
    """A place is all that lacks with the one host, so that is what is said."""
    fill(yoga, host, at(10))
    other = StaffFactory(business=yoga.business)
    blocks(other, at(10), 60)
    refused(SlotFull, yoga, at(10))
    blocks(host, at(10), 60)
    refused(NoStaffAvailable, yoga, at(10))


def test_a_group_member_overbooked_on_purpose_takes_a_place(yoga: Service, host: Staff) -> None:
    book(yoga, at(10), staff=host)
    book(ServiceFactory(business=yoga.business), at(10), staff=host, override=ON_PURPOSE)
    refused(StaffBusy, yoga, at(10), staff=host)
    book(yoga, at(10), staff=host, override=ON_PURPOSE)
    book(yoga, at(10), staff=host, override=ON_PURPOSE)
    refused(SlotFull, yoga, at(10), staff=host, override=ON_PURPOSE)
    in_group = HeldTime.objects.filter(group_slot__isnull=False).order_by("place")
    assert [(row.place, row.overbooked) for row in in_group] == [
        (1, False),
        (2, True),
        (3, True),
    ]
