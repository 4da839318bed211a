"""People who come along to a visit besides its main host."""

from datetime import date

import pytest

from appointments.errors import (
    AdditionalStaffNotBookable,
    AdditionalStaffNotFound,
    AdditionalStaffRepeated,
    NoStaffAvailable,
    OutsideWorkingHours,
    StaffBusy,
)
from appointments.models import AdditionalHost
from businesses.models import Service
from staff.models import Staff, StaffStatus
from tests.appointments.desk import ON_PURPOSE, at, book, held, refused
from tests.factories import (
    BusinessFactory,
    ServiceFactory,
    StaffFactory,
    blocks,
    provides,
    works,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]

INACTIVE = sorted(set(StaffStatus.values) - {StaffStatus.ACTIVE.value})


@pytest.fixture
def service() -> Service:
    made: Service = ServiceFactory(buffer_after_minutes=10)
    return made


@pytest.fixture
def doctor(service: Service) -> Staff:
    made: Staff = StaffFactory(business=service.business)
    return made


@pytest.fixture
def nurse(service: Service) -> Staff:
    """Comes along, and takes no bookings of her own."""
    made: Staff = StaffFactory(business=service.business, takes_bookings=False)
    return made


def test_additional_staff_hold_the_same_time_as_the_main_host(
    service: Service, doctor: Staff, nurse: Staff
) -> None:
    record = book(service, at(10), staff=doctor, along=[nurse])
    assert (record.staff_id, record.additional_staff_ids) == (doctor.pk, [nurse.pk])
    assert held(doctor) == held(nurse) == [(at(10), at(10, 40))]
    assert [row.staff_id for row in AdditionalHost.objects.all()] == [nurse.pk]


def test_additional_staff_are_busy_for_every_other_visit(
    service: Service, doctor: Staff, nurse: Staff
) -> None:
    colleague = StaffFactory(business=service.business)
    book(service, at(10), staff=doctor, along=[nurse])
    refused(StaffBusy, service, at(10, 39), staff=colleague, along=[nurse])
    book(service, at(10, 40), staff=colleague, along=[nurse])
    assert len(held(nurse)) == 2


def test_a_visit_is_refused_when_additional_staff_are_busy(
    service: Service, doctor: Staff, nurse: Staff
) -> None:
    blocks(nurse, at(10), 60)
    refused(StaffBusy, service, at(10), staff=doctor, along=[nurse])
    refused(NoStaffAvailable, service, at(10), along=[nurse])
    assert book(service, at(10), staff=doctor).additional_staff_ids == []


def test_a_visit_is_refused_when_additional_staff_do_not_work(
    service: Service, doctor: Staff, nurse: Staff
) -> None:
    works(nurse, {}, date_start=date(2030, 1, 7))
    refused(OutsideWorkingHours, service, at(10), staff=doctor, along=[nurse])


def test_a_main_host_who_comes_along_elsewhere_is_busy(service: Service, doctor: Staff) -> None:
    colleague = StaffFactory(business=service.business)
    book(service, at(10), staff=colleague, along=[doctor])
    refused(StaffBusy, service, at(10), staff=doctor)


def test_staff_of_the_service_come_along_to_every_visit(
    service: Service, doctor: Staff, nurse: Staff
) -> None:
    provides(nurse, service, additional=True)
    assert book(service, at(10)).additional_staff_ids == [nurse.pk]
    assert book(service, at(12), staff=doctor).additional_staff_ids == [nurse.pk]
    other = ServiceFactory(business=service.business)
    assert book(other, at(14)).additional_staff_ids == []


def test_staff_of_the_service_and_of_the_booking_all_come(
    service: Service, doctor: Staff, nurse: Staff
) -> None:
    provides(nurse, service, additional=True)
    student = StaffFactory(business=service.business, takes_bookings=False)
    record = book(service, at(10), staff=doctor, along=[student, nurse])
    assert sorted(record.additional_staff_ids) == sorted([nurse.pk, student.pk])
    assert held(nurse) == held(student) == held(doctor)


@pytest.mark.parametrize("status", INACTIVE)
def test_staff_of_the_service_who_are_away_are_done_without(
    service: Service, doctor: Staff, status: str
) -> None:
    away = StaffFactory(business=service.business, status=status)
    provides(away, service, additional=True)
    assert book(service, at(10), staff=doctor).additional_staff_ids == []
    assert held(away) == []


@pytest.mark.parametrize("status", INACTIVE)
def test_staff_who_are_away_can_not_be_asked_along(
    service: Service, doctor: Staff, status: str
) -> None:
    away = StaffFactory(business=service.business, status=status)
    refused(AdditionalStaffNotBookable, service, at(10), staff=doctor, along=[away])


def test_staff_of_another_business_can_not_be_asked_along(service: Service, doctor: Staff) -> None:
    stranger = StaffFactory(business=BusinessFactory())
    refused(AdditionalStaffNotFound, service, at(10), staff=doctor, along=[stranger])


def test_nobody_comes_along_with_themselves(service: Service, doctor: Staff) -> None:
    refused(AdditionalStaffRepeated, service, at(10), staff=doctor, along=[doctor])


def test_whoever_comes_along_twice_comes_once(
    service: Service, doctor: Staff, nurse: Staff
) -> None:
    record = book(service, at(10), staff=doctor, along=[nurse, nurse])
    assert record.additional_staff_ids == [nurse.pk]
    assert len(held(nurse)) == 1


def test_anyone_is_never_somebody_who_comes_along_already(service: Service, doctor: Staff) -> None:
    refused(NoStaffAvailable, service, at(10), along=[doctor])
    colleague = StaffFactory(business=service.business)
    record = book(service, at(10), along=[doctor])
    assert (record.staff_id, record.additional_staff_ids) == (colleague.pk, [doctor.pk])


def test_an_override_books_additional_staff_over_their_busy_time(
    service: Service, doctor: Staff, nurse: Staff
) -> None:
    colleague = StaffFactory(business=service.business)
    book(service, at(10), staff=colleague, along=[nurse])
    record = book(service, at(10), staff=doctor, along=[nurse], override=ON_PURPOSE)
    assert record.overbooked
    assert held(nurse) == [(at(10), at(10, 40))] * 2
