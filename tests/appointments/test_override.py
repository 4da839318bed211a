"""Booking over busy time, closed hours or the past on purpose: what that lifts, and what never."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from appointments.acceptance import Override
from appointments.errors import (
    AdditionalStaffNotBookable,
    BadRequest,
    BusinessDisabled,
    DateInPast,
    DurationNotOffered,
    NoStaffAvailable,
    OutsideWorkingHours,
    PatientArchived,
    Refusal,
    ServiceDisabled,
    StaffBusy,
    StaffNotBookable,
    StaffNotProvider,
)
from appointments.models import Appointment, HeldTime
from businesses.models import Service
from staff.models import ExternalEvent, Staff
from tests.appointments.desk import NOW, ON_PURPOSE, at, book, held, refused
from tests.factories import (
    PatientFactory,
    ServiceFactory,
    StaffFactory,
    blocks,
    provides,
    works,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]


@pytest.fixture
def service() -> Service:
    made: Service = ServiceFactory()
    return made


@pytest.fixture
def doctor(service: Service) -> Staff:
    made: Staff = StaffFactory(business=service.business)
    return made


def has_a_visit(doctor: Staff) -> None:
    book(ServiceFactory(business=doctor.business), at(10), staff=doctor)


def has_a_time_blocker(doctor: Staff) -> None:
    blocks(doctor, at(9, 45), 30)


def is_busy_elsewhere(doctor: Staff) -> None:
    ExternalEvent.objects.create(
        business=doctor.business, staff=doctor, starts_at=at(10, 15), ends_at=at(11)
    )


def is_on_holiday(doctor: Staff) -> None:
    works(doctor, {}, date_start=date(2030, 1, 7))


# What is in the way, the refusal without an override, and whether it is busy time.
LIFTED: dict[str, tuple[Callable[[Staff], None], type[Refusal], bool]] = {
    "a visit": (has_a_visit, StaffBusy, True),
    "a time blocker": (has_a_time_blocker, StaffBusy, True),
    "an event elsewhere": (is_busy_elsewhere, StaffBusy, True),
    "a holiday": (is_on_holiday, OutsideWorkingHours, False),
}


@pytest.mark.parametrize(("in_the_way", "refusal", "busy"), LIFTED.values(), ids=LIFTED.keys())
def test_an_override_books_over_what_is_in_the_way(
    service: Service,
    doctor: Staff,
    in_the_way: Callable[[Staff], None],
    refusal: type[Refusal],
    busy: bool,
) -> None:
    in_the_way(doctor)
    refused(refusal, service, at(10), staff=doctor)
    refused(NoStaffAvailable, service, at(10))
    record = book(service, at(10), staff=doctor, override=ON_PURPOSE)
    assert (record.approved, record.overbooked) == (True, busy)
    assert (at(10), at(10, 30)) in held(doctor)


@pytest.mark.parametrize(("in_the_way", "refusal", "busy"), LIFTED.values(), ids=LIFTED.keys())
def test_an_override_for_anyone_takes_somebody_who_is_not_free(
    service: Service,
    doctor: Staff,
    in_the_way: Callable[[Staff], None],
    refusal: type[Refusal],
    busy: bool,
) -> None:
    in_the_way(doctor)
    record = book(service, at(10), override=ON_PURPOSE)
    assert (record.staff_id, record.overbooked) == (doctor.pk, busy)


def test_a_visit_starts_now_or_later(service: Service, doctor: Staff) -> None:
    works(doctor, {"monday": [[0, 2400]]}, date_start=date(2030, 1, 7))
    refused(DateInPast, service, NOW - timedelta(seconds=1), staff=doctor)
    assert book(service, NOW, staff=doctor).starts_at == NOW


def test_an_override_books_a_visit_that_was_in_the_past(service: Service, doctor: Staff) -> None:
    refused(DateInPast, service, at(10, day=-3), staff=doctor)
    record = book(service, at(10, day=-3), staff=doctor, override=ON_PURPOSE)
    assert (record.starts_at, record.overbooked) == (at(10, day=-3), False)
    assert held(doctor) == [(at(10, day=-3), at(10, 30, day=-3))]


def test_the_reason_for_an_override_is_kept(service: Service, doctor: Staff) -> None:
    has_a_visit(doctor)
    record = book(service, at(10), staff=doctor, override=Override(reason="Mr Ito is in pain"))
    assert Appointment.objects.get(pk=record.id).override_reason == "Mr Ito is in pain"


def test_a_booking_that_overrides_nothing_is_marked_with_nothing(
    service: Service, doctor: Staff
) -> None:
    record = book(service, at(10), staff=doctor)
    row = Appointment.objects.get(pk=record.id)
    assert (row.overbooked, row.override_reason) == (False, "")
    assert not HeldTime.objects.get().overbooked


def test_an_override_where_nobody_is_busy_is_no_overbooking(
    service: Service, doctor: Staff
) -> None:
    assert not book(service, at(10), staff=doctor, override=ON_PURPOSE).overbooked
    assert not HeldTime.objects.get().overbooked


def test_later_bookings_see_an_overbooked_visit(service: Service, doctor: Staff) -> None:
    """Also where it reaches out of the visit that it was booked over."""
    has_a_visit(doctor)  # 10:00 to 10:30
    book(service, at(10, 15), staff=doctor, override=ON_PURPOSE)
    refused(StaffBusy, service, at(10, 30), staff=doctor)
    refused(StaffBusy, service, at(10, 44), staff=doctor)
    assert book(service, at(10, 45), staff=doctor).overbooked is False


def test_time_may_be_overbooked_more_than_once(service: Service, doctor: Staff) -> None:
    for _ in range(3):
        book(service, at(10), staff=doctor, override=ON_PURPOSE)
    assert held(doctor) == [(at(10), at(10, 30))] * 3
    rows = HeldTime.objects.order_by("id").values_list("overbooked", flat=True)
    assert list(rows) == [False, True, True]


def test_over_a_time_blocker_the_visit_itself_still_guards_its_time(
    service: Service, doctor: Staff
) -> None:
    """Overbooked for people, since the blocker is in the way; but no other visit is, and the
    database keeps it so.
    """
    has_a_time_blocker(doctor)
    record = book(service, at(10), staff=doctor, override=ON_PURPOSE)
    assert record.overbooked
    assert not HeldTime.objects.get().overbooked


def test_only_those_who_are_double_booked_are_marked_so(service: Service, doctor: Staff) -> None:
    helper = StaffFactory(business=service.business)
    has_a_visit(doctor)
    book(service, at(10), staff=doctor, along=[helper], override=ON_PURPOSE)
    assert HeldTime.objects.get(staff=helper).overbooked is False
    assert sorted(HeldTime.objects.filter(staff=doctor).values_list("overbooked", flat=True)) == [
        False,
        True,
    ]


# --- What an override never lifts -----------------------------------------------------------------


def test_never_a_business_that_takes_no_bookings(service: Service, doctor: Staff) -> None:
    service.business.enabled = False
    service.business.save()
    never(BusinessDisabled, service)


def test_never_a_service_that_is_off(service: Service, doctor: Staff) -> None:
    service.enabled = False
    service.save()
    never(ServiceDisabled, service)


def test_never_staff_who_are_not_active(service: Service, doctor: Staff) -> None:
    doctor.status = "DISABLED"
    doctor.save()
    never(StaffNotBookable, service, staff=doctor)


def test_never_staff_who_do_not_provide_the_service(service: Service, doctor: Staff) -> None:
    provides(StaffFactory(business=service.business), service)
    never(StaffNotProvider, service, staff=doctor)


def test_never_an_archived_patient(service: Service, doctor: Staff) -> None:
    gone = PatientFactory(business=service.business, archived_at=NOW)
    never(PatientArchived, service, patient=gone)


def test_never_a_length_that_is_not_offered(service: Service, doctor: Staff) -> None:
    never(DurationNotOffered, service, minutes=45)


def test_never_additional_staff_who_are_not_active(service: Service, doctor: Staff) -> None:
    away = StaffFactory(business=service.business, status="ARCHIVED")
    never(AdditionalStaffNotBookable, service, staff=doctor, along=[away])


def never(refusal: type[BadRequest], service: Service, **wish: Any) -> None:
    refused(refusal, service, at(10), **wish)
    refused(refusal, service, at(10), override=ON_PURPOSE, **wish)


def test_the_refusal_of_a_length_says_which_there_are(service: Service, doctor: Staff) -> None:
    sentence = refused(DurationNotOffered, service, at(10), minutes=45).sentence
    assert sentence == "This service is offered in lengths of 30, 60 minutes."
    bare = ServiceFactory(business=service.business, durations={})
    sentence = refused(DurationNotOffered, bare, at(10)).sentence
    assert sentence == "This service has no length to be booked in yet."
