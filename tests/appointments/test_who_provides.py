"""Who can be booked for a service."""

from itertools import product

import pytest

from appointments.errors import (
    NoStaffAvailable,
    StaffNotBookable,
    StaffNotFound,
    StaffNotProvider,
)
from staff.models import Staff, StaffStatus
from staff.roles import Role
from tests.appointments.desk import ON_PURPOSE, at, book, refused
from tests.factories import BusinessFactory, ServiceFactory, StaffFactory, provides

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]

INACTIVE = sorted(set(StaffStatus.values) - {StaffStatus.ACTIVE.value})


def test_a_service_that_names_nobody_is_given_by_all_who_take_bookings() -> None:
    service = ServiceFactory()
    team = {StaffFactory(business=service.business).pk for _ in range(3)}
    assert {book(service, at(10)).staff_id for _ in range(3)} == team
    refused(NoStaffAvailable, service, at(10))


def test_a_receptionist_is_staff_and_takes_no_bookings() -> None:
    service = ServiceFactory()
    receptionist = StaffFactory(
        business=service.business, roles=[Role.FRONT_DESK.value], takes_bookings=False
    )
    refused(NoStaffAvailable, service, at(10))
    refused(StaffNotProvider, service, at(10), staff=receptionist)


def test_a_service_that_names_staff_is_given_by_them_alone() -> None:
    service = ServiceFactory()
    named, other = (StaffFactory(business=service.business) for _ in range(2))
    provides(named, service)
    assert book(service, at(10)).staff_id == named.pk
    refused(NoStaffAvailable, service, at(10))
    refused(StaffNotProvider, service, at(12), staff=other)


def test_naming_staff_for_one_service_names_them_for_no_other() -> None:
    service = ServiceFactory()
    named, other = (StaffFactory(business=service.business) for _ in range(2))
    provides(named, ServiceFactory(business=service.business))
    assert {book(service, at(10)).staff_id for _ in range(2)} == {named.pk, other.pk}


def test_whoever_is_named_gives_the_service_even_if_they_take_no_other_bookings() -> None:
    service = ServiceFactory()
    nurse = StaffFactory(business=service.business, takes_bookings=False)
    provides(nurse, service)
    assert book(service, at(10)).staff_id == nurse.pk


@pytest.mark.parametrize("status", INACTIVE)
def test_only_active_staff_can_be_booked(status: str) -> None:
    service = ServiceFactory()
    away = StaffFactory(business=service.business, status=status)
    refused(NoStaffAvailable, service, at(10))
    refused(StaffNotBookable, service, at(10), staff=away)
    refused(StaffNotBookable, service, at(10), staff=away, override=ON_PURPOSE)


@pytest.mark.parametrize("status", INACTIVE)
def test_nobody_stands_in_for_named_staff_who_are_away(status: str) -> None:
    service = ServiceFactory()
    away = StaffFactory(business=service.business, status=status)
    StaffFactory(business=service.business)
    provides(away, service)
    refused(NoStaffAvailable, service, at(10))


def test_whoever_only_comes_along_is_not_booked_for_the_service() -> None:
    service = ServiceFactory()
    host, helper = (StaffFactory(business=service.business) for _ in range(2))
    provides(helper, service, additional=True)
    refused(StaffNotProvider, service, at(10), staff=helper)
    assert book(service, at(10)).staff_id == host.pk


def test_staff_of_another_business_are_unknown_here() -> None:
    service = ServiceFactory()
    StaffFactory(business=service.business)
    refused(StaffNotFound, service, at(10), staff=StaffFactory(business=BusinessFactory()))


def test_nobody_at_all_means_nobody_is_available_not_even_on_purpose() -> None:
    service = ServiceFactory()
    refused(NoStaffAvailable, service, at(10))
    refused(NoStaffAvailable, service, at(10), override=ON_PURPOSE)


@pytest.mark.parametrize("named", [False, True], ids=["names nobody", "names some"])
def test_who_is_listed_as_provider_is_who_can_be_booked(named: bool) -> None:
    """The set of rows that pages choose from, against what the command refuses."""
    service = ServiceFactory()
    StaffFactory(business=BusinessFactory())
    ways: tuple[str | None, ...] = (None, "additional", "main") if named else (None, "additional")
    for status, takes_bookings, way in product(StaffStatus.values, (True, False), ways):
        one = StaffFactory(business=service.business, status=status, takes_bookings=takes_bookings)
        if way:
            provides(one, service, additional=way == "additional")
    bookable = set()
    for number, one in enumerate(Staff.objects.filter(business=service.business)):
        try:
            bookable.add(book(service, at(10, day=number), staff=one).staff_id)
        except (StaffNotBookable, StaffNotProvider):
            continue
    assert len(bookable) == (2 if named else 1)
    assert {one.pk for one in Staff.objects.providers_of(service)} == bookable
