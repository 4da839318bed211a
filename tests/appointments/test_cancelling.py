"""Cancelling: the time is free again, and what happened stays to be seen."""

from uuid import uuid4

import pytest

from appointments import booking
from appointments.errors import AppointmentNotFound
from appointments.models import Appointment
from appointments.record import find_record
from businesses.models import Service
from staff.models import Staff
from tests.appointments.desk import DESK, NOW, ON_PURPOSE, at, book, cancelled, held, written
from tests.factories import BusinessFactory, ServiceFactory, StaffFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]


@pytest.fixture
def service() -> Service:
    made: Service = ServiceFactory()
    return made


@pytest.fixture
def doctor(service: Service) -> Staff:
    made: Staff = StaffFactory(business=service.business)
    return made


def test_a_cancelled_visit_stays_and_holds_nothing(service: Service, doctor: Staff) -> None:
    nurse = StaffFactory(business=service.business)
    booked = book(service, at(10), staff=doctor, along=[nurse])
    told = booking.cancel(
        business_id=booked.business_id, appointment_id=booked.id, by=DESK, reason="Snow"
    )
    assert told == booked._replace(
        status="cancelled",
        status_before="booked",
        cancelled_at=NOW,
        cancel_reason="Snow",
        cancelled_by="Front desk",
    )
    assert find_record(booked.business_id, booked.id) == told
    assert held(doctor) == held(nurse) == []


def test_what_is_cancelled_again_keeps_its_first_reason(service: Service, doctor: Staff) -> None:
    booked = book(service, at(10), staff=doctor)
    keys = {"business_id": booked.business_id, "appointment_id": booked.id, "by": DESK}
    first = booking.cancel(**keys, reason="Snow")  # type: ignore[arg-type]
    before = written()
    assert booking.cancel(**keys, reason="Ice") == first  # type: ignore[arg-type]
    assert written() == before


def test_a_request_is_declined_the_same_way(doctor: Staff) -> None:
    service = ServiceFactory(business=doctor.business, bookings_require_approval=True)
    request = book(service, at(10), staff=doctor)
    assert cancelled(request).status == "cancelled"
    assert Appointment.objects.get().approved is False


def test_one_place_of_a_group_is_free_again_and_the_others_stay(doctor: Staff) -> None:
    service = ServiceFactory(business=doctor.business, bookings_per_timeslot=3)
    first, *_ = [book(service, at(10), staff=doctor) for _ in range(3)]
    cancelled(first)
    assert len(held(doctor)) == 2


def test_an_overbooking_that_is_cancelled_leaves_the_first_visit(
    service: Service, doctor: Staff
) -> None:
    first = book(service, at(10), staff=doctor)
    cancelled(book(service, at(10), staff=doctor, override=ON_PURPOSE))
    assert held(doctor) == [(at(10), at(10, 30))]
    assert Appointment.objects.get(cancelled_at__isnull=True).pk == first.id


def test_what_is_not_there_is_not_cancelled(service: Service, doctor: Staff) -> None:
    booked = book(service, at(10), staff=doctor)
    before = written()
    for gone in (
        booked._replace(id=uuid4()),
        booked._replace(business_id=BusinessFactory().pk),
    ):
        with pytest.raises(AppointmentNotFound):
            cancelled(gone)
    assert written() == before
