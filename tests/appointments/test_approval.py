"""Services whose bookings wait for somebody's approval."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from appointments import booking
from appointments.errors import (
    AppointmentNotFound,
    OutsideWorkingHours,
    Refusal,
    SlotFull,
    StaffBusy,
    StaffNotBookable,
    WrongStatus,
)
from appointments.models import Appointment
from appointments.record import Record, find_record
from businesses.models import Service
from staff.models import Staff
from tests.appointments.desk import DESK, ON_PURPOSE, at, book, cancelled, held, refused, written
from tests.factories import BusinessFactory, ServiceFactory, StaffFactory, works

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]


@pytest.fixture
def service() -> Service:
    made: Service = ServiceFactory(bookings_require_approval=True)
    return made


@pytest.fixture
def doctor(service: Service) -> Staff:
    made: Staff = StaffFactory(business=service.business)
    return made


def state(record: Record) -> tuple[str, bool]:
    row = Appointment.objects.get(pk=record.id)
    assert (row.status, row.approved) == (record.status, record.approved)
    return record.status, record.approved


def test_a_booking_that_needs_approval_is_a_request(service: Service, doctor: Staff) -> None:
    assert state(book(service, at(10), staff=doctor)) == ("requested", False)


def test_a_request_holds_no_time(service: Service, doctor: Staff) -> None:
    for _ in range(2):
        book(service, at(10), staff=doctor)
    assert held(doctor) == []
    other = ServiceFactory(business=service.business)
    assert state(book(other, at(10), staff=doctor)) == ("booked", True)


def test_a_request_is_checked_like_a_booking(service: Service, doctor: Staff) -> None:
    refused(OutsideWorkingHours, service, at(22), staff=doctor)
    book(ServiceFactory(business=service.business), at(10), staff=doctor)
    refused(StaffBusy, service, at(10), staff=doctor)


def test_the_desk_books_without_asking_itself(service: Service, doctor: Staff) -> None:
    record = book(service, at(10), staff=doctor, needs_approval=False)
    assert state(record) == ("booked", True)
    assert held(doctor) == [(at(10), at(10, 30))]


def test_a_service_without_approval_is_booked_at_once(doctor: Staff) -> None:
    plain = ServiceFactory(business=doctor.business)
    assert state(book(plain, at(10), staff=doctor)) == ("booked", True)


def test_a_request_takes_no_place_of_a_group(doctor: Staff) -> None:
    service = ServiceFactory(
        business=doctor.business, bookings_require_approval=True, bookings_per_timeslot=2
    )
    requests = [book(service, at(10), staff=doctor) for _ in range(3)]
    assert [one.group_slot_id for one in requests] == [None] * 3
    for _ in range(2):
        book(service, at(10), staff=doctor, needs_approval=False)
    assert len(held(doctor)) == 2


def test_additional_staff_of_a_request_are_known_and_free(service: Service, doctor: Staff) -> None:
    helper = StaffFactory(business=service.business)
    request = book(service, at(10), staff=doctor, along=[helper])
    assert request.additional_staff_ids == [helper.pk]
    assert held(helper) == []


def test_a_request_over_busy_time_is_marked_and_holds_nothing_either(
    service: Service, doctor: Staff
) -> None:
    book(ServiceFactory(business=service.business), at(10), staff=doctor)
    request = book(service, at(10), staff=doctor, override=ON_PURPOSE)
    assert state(request) == ("requested", False)
    assert (request.overbooked, request.override_reason) == (True, "Emergency")
    assert held(doctor) == [(at(10), at(10, 30))]


def test_changing_the_rule_leaves_earlier_bookings_as_they_are(
    service: Service, doctor: Staff
) -> None:
    request = book(service, at(10), staff=doctor)
    service.bookings_require_approval = False
    service.save()
    assert state(request) == ("requested", False)
    assert state(book(service, at(10), staff=doctor)) == ("booked", True)


# --- Approving ------------------------------------------------------------------------------------


def approve(record: Record, **more: Any) -> Record:
    return booking.approve(
        business_id=record.business_id, appointment_id=record.id, by=DESK, **more
    )


def not_approved(refusal: type[Refusal], record: Record, **more: Any) -> None:
    before = written()
    with pytest.raises(Refusal) as caught, transaction.atomic():
        approve(record, **more)
    assert type(caught.value) is refusal
    assert written() == before


def test_an_approved_request_is_a_booking_and_holds_its_time(
    service: Service, doctor: Staff
) -> None:
    nurse = StaffFactory(business=service.business)
    request = book(service, at(10), staff=doctor, along=[nurse])
    approved = approve(request)
    assert state(approved) == ("booked", True)
    assert held(doctor) == held(nurse) == [(at(10), at(10, 30))]
    assert find_record(approved.business_id, approved.id) == approved
    assert approved == request._replace(approved=True, status="booked", status_before="requested")


def test_of_two_requests_for_one_time_one_is_approved(service: Service, doctor: Staff) -> None:
    first, second = (book(service, at(10), staff=doctor) for _ in range(2))
    approve(second)
    not_approved(StaffBusy, first)
    assert state(first) == ("requested", False)


def test_a_request_is_checked_again_by_the_rules_of_the_day_of_approval(
    service: Service, doctor: Staff
) -> None:
    request = book(service, at(10), staff=doctor)
    works(doctor, {}, date_start=date(2030, 1, 7))
    not_approved(OutsideWorkingHours, request)
    Staff.objects.filter(pk=doctor.pk).update(status="DISABLED")
    not_approved(StaffNotBookable, request)


def test_a_request_may_be_approved_over_busy_time_on_purpose(
    service: Service, doctor: Staff
) -> None:
    request = book(service, at(10), staff=doctor)
    book(ServiceFactory(business=service.business), at(10), staff=doctor)
    not_approved(StaffBusy, request)
    approved = approve(request, override=ON_PURPOSE)
    assert state(approved) == ("booked", True)
    assert (approved.overbooked, approved.override_reason) == (True, "Emergency")
    assert held(doctor) == [(at(10), at(10, 30))] * 2


def test_an_approved_request_takes_a_place_of_its_group(doctor: Staff) -> None:
    service = ServiceFactory(
        business=doctor.business, bookings_require_approval=True, bookings_per_timeslot=2
    )
    requests = [book(service, at(10), staff=doctor) for _ in range(3)]
    slots = {approve(one).group_slot_id for one in requests[:2]}
    assert len(slots) == 1
    assert None not in slots
    not_approved(SlotFull, requests[2])
    not_approved(SlotFull, requests[2], override=ON_PURPOSE)


def test_what_is_booked_already_is_approved_by_leaving_it(service: Service, doctor: Staff) -> None:
    booked = book(service, at(10), staff=doctor, needs_approval=False)
    before = written()
    assert approve(booked) == booked
    assert written() == before


def test_a_cancelled_request_is_not_approved(service: Service, doctor: Staff) -> None:
    request = book(service, at(10), staff=doctor)
    cancelled(request)
    not_approved(WrongStatus, request)
    book(service, at(10), staff=doctor, needs_approval=False)
    not_approved(WrongStatus, request)


def test_a_request_that_is_not_there_is_not_found(service: Service, doctor: Staff) -> None:
    request = book(service, at(10), staff=doctor)
    not_approved(AppointmentNotFound, request._replace(id=uuid4()))
    not_approved(AppointmentNotFound, request._replace(business_id=BusinessFactory().pk))
