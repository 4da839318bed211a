"""Who is here without an appointment is seen by whoever is free, and the offer is honest."""

from datetime import datetime, timedelta

import pytest
import time_machine
from pytest_django import DjangoAssertNumQueries

from appointments.acceptance import BookingRequest
from appointments.errors import DurationNotOffered, StaffBusy
from appointments.models import Appointment, Status
from appointments.record import Record
from appointments.walkins import Next, take_in, who_is_next
from businesses.hours import DAYS
from businesses.models import Business, Service
from staff.models import Staff
from tests.appointments.desk import DESK, at, book, written
from tests.factories import BusinessFactory, PatientFactory, ServiceFactory, StaffFactory, blocks

pytestmark = [pytest.mark.django_db]


@pytest.fixture
def service() -> Service:
    business = BusinessFactory(lead_time=24 * 60, buffer_after_minutes=5)
    return ServiceFactory(business=business)


def people(service: Service, *names: str) -> list[Staff]:
    return [StaffFactory(business=service.business, name=name) for name in names]


def nexts(service: Service, moment: datetime, minutes: int = 30) -> list[Next]:
    with time_machine.travel(moment, tick=False):
        return who_is_next(business_id=service.business_id, service_id=service.pk, minutes=minutes)


def taken(service: Service, one: Next, moment: datetime) -> Record:
    with time_machine.travel(moment, tick=False):
        return take_in(
            business_id=service.business_id,
            request=BookingRequest(
                service_id=service.pk,
                patient_id=PatientFactory(business=service.business).pk,
                starts_at=one.start,
                minutes=30,
                staff_id=one.staff_id,
            ),
            by=DESK,
        )


def test_who_is_free_this_minute_is_offered_whatever_the_step_and_the_lead_time(
    service: Service,
) -> None:
    (doctor,) = people(service, "Dr Hart")
    now = at(10, 7) + timedelta(seconds=20)
    assert nexts(service, now) == [Next(at(10, 8), doctor.pk, "Dr Hart")]
    assert nexts(service, at(10, 7)) == [Next(at(10, 7), doctor.pk, "Dr Hart")]


def test_others_are_offered_from_their_next_free_step_on(service: Service) -> None:
    busy, free, gone = people(service, "Dr Busy", "Dr Free", "Dr Gone")
    book(service, at(10), staff=busy)
    blocks(gone, at(8), 12 * 60)
    # After the visit and its five minutes, at the next quarter of an hour.
    assert nexts(service, at(10, 7)) == [
        Next(at(10, 7), free.pk, "Dr Free"),
        Next(at(10, 45), busy.pk, "Dr Busy"),
    ]


def test_before_opening_it_is_the_opening_and_after_closing_nobody(service: Service) -> None:
    (doctor,) = people(service, "Dr Hart")
    assert nexts(service, at(7)) == [Next(at(8), doctor.pk, "Dr Hart")]
    assert nexts(service, at(19, 29))[0].start == at(19, 29)
    assert nexts(service, at(19, 31)) == []
    assert nexts(service, at(23, 30)) == []


def test_around_midnight_nobody_is_sent_home_for_the_date(service: Service) -> None:
    (doctor,) = people(service, "Dr Night")
    Staff.objects.update(weekly_hours={day: [[0, 2400]] for day in DAYS})
    blocks(doctor, at(23), 90)
    assert nexts(service, at(23, 20)) == [Next(at(0, 30, day=1), doctor.pk, "Dr Night")]


def test_each_offer_can_be_taken_and_no_start_before_it(service: Service) -> None:
    staff = people(service, "A", "B", "C")
    book(service, at(10), staff=staff[0])
    blocks(staff[1], at(9), 80)
    book(service, at(10, 40), staff=staff[2])
    moment = at(10, 9)
    offered = nexts(service, moment)
    assert {one.staff_id for one in offered} == {one.pk for one in staff}
    for one in offered:
        before = written()
        earlier = one.start - timedelta(minutes=15)
        if earlier >= moment:
            with pytest.raises(StaffBusy):
                taken(service, one._replace(start=earlier), moment)
            assert written() == before
        record = taken(service, one, moment)
        assert (record.status, record.starts_at) == (Status.ARRIVED, one.start)


def test_an_offer_that_has_passed_meanwhile_becomes_the_next_minute(service: Service) -> None:
    people(service, "Dr Hart")
    (one,) = nexts(service, at(10, 7))
    record = taken(service, one, at(10, 9) + timedelta(seconds=1))
    assert (record.starts_at, record.status) == (at(10, 10), Status.ARRIVED)


def test_who_was_given_away_meanwhile_is_refused_and_nothing_is_written(service: Service) -> None:
    people(service, "Dr Hart")
    (one,) = nexts(service, at(10, 7))
    taken(service, one, at(10, 7))
    before = written()
    with pytest.raises(StaffBusy):
        taken(service, one, at(10, 8))
    assert written() == before


def test_who_takes_somebody_in_has_approved_it() -> None:
    service = ServiceFactory(business=BusinessFactory(), bookings_require_approval=True)
    people(service, "Dr Hart")
    (one,) = nexts(service, at(10))
    assert Appointment.objects.get(pk=taken(service, one, at(10)).id).approved


def test_a_length_that_is_not_offered_is_refused(service: Service) -> None:
    with pytest.raises(DurationNotOffered):
        nexts(service, at(10), 37)


def test_people_of_other_clinics_and_of_other_services_are_not_offered(service: Service) -> None:
    other: Business = BusinessFactory()
    StaffFactory(business=other)
    StaffFactory(business=service.business, takes_bookings=False)
    assert nexts(service, at(10)) == []


@pytest.mark.parametrize("number", [1, 3])
def test_the_statements_do_not_grow_with_the_people(
    service: Service, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    people(service, *(f"Dr {one}" for one in range(number)))
    with django_assert_num_queries(2):
        assert len(nexts(service, at(10))) == number
