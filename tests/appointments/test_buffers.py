"""Time kept free before and after a visit."""

import pytest

from appointments.errors import StaffBusy
from tests.appointments.desk import at, book, held, refused
from tests.factories import BusinessFactory, ServiceFactory, StaffFactory, blocks

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]


def test_ten_minutes_after_one_and_ten_before_the_next_keep_twenty_between() -> None:
    service = ServiceFactory(buffer_before_minutes=10, buffer_after_minutes=10)
    doctor = StaffFactory(business=service.business)
    book(service, at(12), staff=doctor)
    refused(StaffBusy, service, at(12, 49), staff=doctor)
    refused(StaffBusy, service, at(11, 11), staff=doctor)
    book(service, at(12, 50), staff=doctor)
    book(service, at(11, 10), staff=doctor)
    assert held(doctor) == [
        (at(11), at(11, 50)),
        (at(11, 50), at(12, 40)),
        (at(12, 40), at(13, 30)),
    ]


def test_buffers_of_two_services_add_up() -> None:
    business = BusinessFactory()
    doctor = StaffFactory(business=business)
    cleaning_up = ServiceFactory(business=business, buffer_after_minutes=15)
    preparing = ServiceFactory(business=business, buffer_before_minutes=20)
    book(cleaning_up, at(10), staff=doctor)
    refused(StaffBusy, preparing, at(11, 4), staff=doctor)
    assert book(preparing, at(11, 5), staff=doctor).starts_at == at(11, 5)
    # The other way round nothing is kept between.
    book(preparing, at(15), staff=doctor)
    assert book(cleaning_up, at(15, 30), staff=doctor).starts_at == at(15, 30)


def test_a_visit_lasts_as_long_as_booked_and_holds_its_buffers_as_well() -> None:
    service = ServiceFactory(buffer_before_minutes=5, buffer_after_minutes=25)
    doctor = StaffFactory(business=service.business)
    record = book(service, at(10), staff=doctor)
    assert (record.starts_at, record.ends_at) == (at(10), at(10, 30))
    assert held(doctor) == [(at(9, 55), at(10, 55))]


def test_a_service_without_buffers_of_its_own_has_those_of_the_business() -> None:
    business = BusinessFactory(buffer_before_minutes=10, buffer_after_minutes=20)
    doctor = StaffFactory(business=business)
    book(ServiceFactory(business=business), at(10), staff=doctor)
    book(ServiceFactory(business=business, buffer_before_minutes=0), at(12), staff=doctor)
    book(ServiceFactory(business=business, buffer_after_minutes=0), at(14), staff=doctor)
    assert held(doctor) == [
        (at(9, 50), at(10, 50)),
        (at(12), at(12, 50)),
        (at(13, 50), at(14, 30)),
    ]


def test_a_buffer_keeps_clear_of_blocked_time() -> None:
    service = ServiceFactory(buffer_before_minutes=15, buffer_after_minutes=15)
    doctor = StaffFactory(business=service.business)
    blocks(doctor, at(12), 60)
    refused(StaffBusy, service, at(11, 16), staff=doctor)
    refused(StaffBusy, service, at(13, 14), staff=doctor)
    book(service, at(11, 15), staff=doctor)
    book(service, at(13, 15), staff=doctor)
    assert held(doctor) == [(at(11), at(12)), (at(13), at(14))]


def test_a_buffer_may_reach_out_of_the_working_hours() -> None:
    service = ServiceFactory(buffer_before_minutes=30, buffer_after_minutes=45)
    doctor = StaffFactory(business=service.business)
    book(service, at(8), staff=doctor)
    book(service, at(19, 30), staff=doctor)
    assert held(doctor) == [(at(7, 30), at(9, 15)), (at(19), at(20, 45))]


def test_a_buffer_may_be_as_long_as_a_day() -> None:
    service = ServiceFactory(buffer_before_minutes=1440, buffer_after_minutes=1440)
    doctor = StaffFactory(business=service.business)
    book(service, at(12, day=2), staff=doctor)
    refused(StaffBusy, service, at(12, 29, day=4), staff=doctor)
    refused(StaffBusy, service, at(11, 31, day=0), staff=doctor)
    assert held(doctor) == [(at(12, day=1), at(12, 30, day=3))]
    book(service, at(12, 30, day=4), staff=doctor)
    assert held(doctor)[1] == (at(12, 30, day=3), at(13, day=5))


def test_new_buffers_leave_booked_visits_as_they_are() -> None:
    service = ServiceFactory()
    doctor = StaffFactory(business=service.business)
    book(service, at(10), staff=doctor)
    service.buffer_before_minutes = service.buffer_after_minutes = 60
    service.save()
    assert held(doctor) == [(at(10), at(10, 30))]
    refused(StaffBusy, service, at(11, 29), staff=doctor)
    book(service, at(11, 30), staff=doctor)
    assert held(doctor)[1] == (at(10, 30), at(13))
