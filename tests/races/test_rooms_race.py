"""However many ask for a room in the same moment, it is given away once."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from appointments.models import Appointment, HeldResource
from businesses.models import Business, Resource, ResourceNeed, Service
from staff.models import Staff
from tests.factories import ServiceFactory, StaffFactory
from tests.races import audit
from tests.races.rivals import (
    RIVALS,
    Call,
    Clinic,
    alteration,
    at_once,
    creation,
    exchange,
    noon,
    outcomes,
    wire,
)
from tests.races.serving import Site
from tests.soak import FACTOR

pytestmark = [pytest.mark.soak, pytest.mark.django_db(transaction=True)]

ROUNDS = max(3, FACTOR)
WEEKLY = "FREQ=WEEKLY;COUNT=6"


def room(business: Business, name: str, kind: str = "room") -> Resource:
    made: Resource = Resource.objects.create(business=business, name=name, kind=kind)
    return made


def service(business: Business, *kinds: str, **fields: object) -> Service:
    """One that needs a room or device of each kind."""
    made: Service = ServiceFactory(business=business, **fields)
    for kind in kinds:
        ResourceNeed.objects.create(business=business, service=made, kind=kind)
    return made


def colleagues(clinic: Clinic, number: int) -> list[Staff]:
    people: list[Staff] = StaffFactory.create_batch(number, business=clinic.business)
    return people


@pytest.fixture
def treatment(clinic: Clinic) -> Service:
    """What needs a room, and takes ten minutes to clean up."""
    return service(clinic.business, "room", buffer_after_minutes=10)


def wanted(
    clinic: Clinic, treatment: Service, people: list[Staff], day: int, **more: Any
) -> list[Call]:
    """Each of the people is asked for, at the same time."""
    return [
        creation(
            clinic,
            **{
                "serviceId": str(treatment.pk),
                "staffId": str(one.pk),
                "date": wire(noon(day)),
            }
            | more,
        )
        for one in people
    ]


def used(clinic: Clinic) -> Counter[str]:
    """How many visits each room is held for."""
    held = HeldResource.objects.filter(business=clinic.business)
    return Counter(held.values_list("resource__name", flat=True))


@pytest.mark.parametrize("rooms", [1, 3])
def test_of_fifty_with_a_host_each_as_many_are_booked_as_there_are_rooms(
    site: Site, clinic: Clinic, treatment: Service, rooms: int
) -> None:
    for number in range(rooms):
        room(clinic.business, f"Room {number}")
    people = colleagues(clinic, RIVALS)
    for day in range(ROUNDS):
        replies = at_once(site, wanted(clinic, treatment, people, day))
        assert outcomes(replies) == {"booked": rooms, "409 resource_busy": RIVALS - rooms}
        audit.check()
    assert used(clinic) == {f"Room {number}": ROUNDS for number in range(rooms)}
    assert Appointment.objects.count() == ROUNDS * rooms


def test_fifty_who_take_anyone_fill_three_rooms(
    site: Site, clinic: Clinic, treatment: Service
) -> None:
    for number in range(3):
        room(clinic.business, f"Room {number}")
    colleagues(clinic, 9)
    for day in range(ROUNDS):
        (call,) = wanted(clinic, treatment, [clinic.staff], day, staffId=None)
        replies = at_once(site, [call] * RIVALS)
        assert outcomes(replies) == {"booked": 3, "409 resource_busy": RIVALS - 3}
        audit.check()
    assert used(clinic) == {f"Room {number}": ROUNDS for number in range(3)}


def test_of_twenty_series_with_a_host_each_one_has_the_room(
    site: Site, clinic: Clinic, treatment: Service
) -> None:
    room(clinic.business, "Room")
    people = colleagues(clinic, 20)
    for day in range(ROUNDS):
        # By the wall clock, on six weeks of nine: any two of them want the room on some date.
        calls = [
            call
            for number, one in enumerate(people)
            for call in wanted(
                clinic,
                treatment,
                [one],
                day,
                date=f"{noon(day % 7 + 7 * (number % 4)):%Y-%m-%d}T{8 + day // 7:02}:00:00",
                rrule=WEEKLY,
            )
        ]
        assert outcomes(at_once(site, calls)) == {"booked": 1, "409 resource_busy": 19}
        audit.check()
        assert Appointment.objects.count() == 6 * (day + 1)


def test_a_group_stays_in_one_room_whoever_wants_the_others(
    site: Site, clinic: Clinic, treatment: Service
) -> None:
    for number in range(3):
        room(clinic.business, f"Room {number}")
    class_ = service(clinic.business, "room", bookings_per_timeslot=8, buffer_after_minutes=10)
    people = colleagues(clinic, 20)
    for day in range(ROUNDS):
        (join,) = wanted(clinic, class_, [clinic.staff], day)
        # One is in already, so that the group has its room.
        assert outcomes(at_once(site, [join])) == {"booked": 1}
        others = wanted(clinic, treatment, people, day)
        replies = at_once(site, [join] * 20 + others)
        assert outcomes(replies[:20]) == {"booked": 7, "409 slot_full": 13}
        assert outcomes(replies[20:]) == {"booked": 2, "409 resource_busy": 18}
        audit.check()
        held = HeldResource.objects.filter(starts_at=noon(day))
        assert sorted(Counter(held.values_list("resource", flat=True)).values()) == [1, 1, 8]


def test_of_twenty_who_move_their_visits_to_one_hour_one_gets_the_room(
    site: Site, clinic: Clinic, treatment: Service
) -> None:
    room(clinic.business, "Room")
    people = colleagues(clinic, 20)
    for day in range(ROUNDS):
        ids = []
        for number, one in enumerate(people):
            (call,) = wanted(clinic, treatment, [one], 40 * day + 1 + number)
            (reply,) = at_once(site, [call])
            ids.append(reply.data["id"])
        there = wire(noon(40 * day))
        replies = at_once(site, [alteration(clinic, one, date=there) for one in ids])
        assert outcomes(replies) == {"done": 1, "409 resource_busy": 19}
        audit.check()


def test_swaps_that_name_a_room_and_a_device_in_either_order_are_all_made(
    site: Site, clinic: Clinic
) -> None:
    """Each swap needs the locks of all rooms and all devices, and nobody's people are the same."""
    kinds = ("room", "device")
    services = [service(clinic.business, kind) for kind in kinds]
    for kind in kinds:
        for number in range(10):
            room(clinic.business, f"{kind} {number}", kind)
    people = colleagues(clinic, 20)
    for day in range(ROUNDS):
        visits = [
            call
            for number, one in enumerate(people)
            for call in wanted(
                clinic,
                services[number % 2],
                [one],
                day,
                date=wire(noon(day).replace(hour=12 + number % 2)),
            )
        ]
        replies = at_once(site, visits)
        assert outcomes(replies) == {"booked": 20}
        ids = [reply.data["id"] for reply in replies]
        pairs = list(zip(ids[::2], ids[1::2], strict=True))
        calls = [
            exchange(clinic, *(pair[::-1] if number % 2 else pair))
            for number, pair in enumerate(pairs)
        ]
        assert outcomes(at_once(site, calls)) == {"done": 10}
        audit.check()
