"""Whom a freed time suits: by their wishes, and by the rules by which anything is booked."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from appointments import changing
from appointments.changes import Changes
from appointments.models import EntryStatus, Status, Urgency, WaitlistEntry
from appointments.record import Record
from appointments.waitlist import MOST, Chance, chances, freed_by, freed_times, times_for
from businesses.hours import DAYS
from businesses.models import Closure, Resource, ResourceNeed, Service
from staff.models import Staff, StaffStatus
from tests.appointments.desk import DESK, NOW, at, book, cancelled
from tests.appointments.waiters import waits
from tests.factories import (
    LocationFactory,
    PatientFactory,
    ServiceFactory,
    StaffFactory,
    blocks,
    provides,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]


@pytest.fixture
def service() -> Service:
    made: Service = ServiceFactory()
    return made


@pytest.fixture
def doctor(service: Service) -> Staff:
    made: Staff = StaffFactory(business=service.business, name="Dr Hart")
    return made


def freed(service: Service, start: datetime, staff: Staff, **more: Any) -> Record:
    """An appointment that was booked and is cancelled."""
    return cancelled(book(service, start, staff=staff, **more))


def filled(service: Service, staff: Staff, *, but: Collection[datetime], day: int = 0) -> None:
    """The whole day is booked, save some half hours."""
    for half in range(24):
        start = at(8, 0, day=day) + half * timedelta(minutes=30)
        if start not in but:
            book(service, start, staff=staff)


def found(service: Service) -> list[Chance]:
    now = timezone.now()
    return chances(service.business, freed_times(service.business, now), now)


def who(service: Service) -> list[WaitlistEntry]:
    """Everybody whom some freed time suits, as they are offered."""
    return [match.entry for chance in found(service) for match in chance.matches]


def starts(service: Service) -> list[datetime]:
    return [match.visit.start for chance in found(service) for match in chance.matches]


# --- What is freed ------------------------------------------------------------------------------


def test_a_cancelled_visit_frees_its_time_for_who_waits(service: Service, doctor: Staff) -> None:
    entry = waits(service)
    freed(service, at(10), doctor)
    (chance,) = found(service)
    assert (chance.staff_name, chance.span.start, chance.span.end) == (
        "Dr Hart",
        at(10),
        at(10, 30),
    )
    (match,) = chance.matches
    assert (match.entry, match.visit, match.staff_id) == (entry, chance.span, doctor.pk)


def test_nothing_is_freed_by_a_booking_that_stands(service: Service, doctor: Staff) -> None:
    waits(service)
    book(service, at(10), staff=doctor)
    assert found(service) == []


def change(record: Record, **changes: Any) -> Record:
    return changing.change(
        business_id=record.business_id,
        appointment_id=record.id,
        changes=Changes(**changes),
        by=DESK,
    )


def test_a_visit_that_was_moved_frees_each_time_that_it_had(
    service: Service, doctor: Staff
) -> None:
    waits(service)
    record = book(service, at(10), staff=doctor)
    change(change(record, starts_at=at(12)), starts_at=at(15))
    assert starts(service) == [at(10), at(12)]


def test_a_shortened_visit_frees_its_rest(service: Service, doctor: Staff) -> None:
    waits(service)
    change(book(service, at(10), staff=doctor, minutes=60), minutes=30)
    assert starts(service) == [at(10, 30)]


def test_a_visit_given_to_somebody_else_frees_the_time_of_the_first(
    service: Service, doctor: Staff
) -> None:
    other = StaffFactory(business=service.business)
    waits(service)
    change(book(service, at(10), staff=doctor), staff_id=other.pk)
    assert [one.staff_id for one in found(service)] == [doctor.pk]


def test_a_request_that_is_declined_gives_its_time_away() -> None:
    service = ServiceFactory(bookings_require_approval=True)
    doctor = StaffFactory(business=service.business)
    waits(service)
    freed(service, at(10), doctor)
    assert starts(service) == [at(10)]


def test_who_came_along_to_a_cancelled_visit_is_free_as_well(
    service: Service, doctor: Staff
) -> None:
    nurse = StaffFactory(business=service.business)
    waits(service, staff_ids=[nurse.pk])
    freed(service, at(10), doctor, along=[nurse])
    assert [one.staff_id for one in found(service)] == [nurse.pk]


def test_what_was_taken_again_is_no_freed_time(service: Service, doctor: Staff) -> None:
    waits(service)
    freed(service, at(10), doctor)
    book(service, at(10), staff=doctor)
    assert found(service) == []


def test_what_is_left_of_a_freed_time_is_offered(service: Service, doctor: Staff) -> None:
    waits(service)
    freed(service, at(10), doctor, minutes=60)
    book(service, at(10), staff=doctor)
    assert starts(service) == [at(10, 30)]


def test_a_no_show_keeps_its_time(service: Service, doctor: Staff) -> None:
    waits(service)
    change(book(service, at(10), staff=doctor), status=Status.NO_SHOW)
    assert found(service) == []


def test_the_past_and_the_far_future_are_not_offered(service: Service, doctor: Staff) -> None:
    waits(service)
    freed(service, at(10), doctor)
    freed(service, at(10, day=15), doctor)
    with time_machine.travel(at(10, 1), tick=False):
        assert found(service) == []


def test_a_visit_that_was_freed_twice_is_offered_once(service: Service, doctor: Staff) -> None:
    waits(service)
    for minutes in (30, 60, 30):
        freed(service, at(10), doctor, minutes=minutes)
    assert starts(service) == [at(10)]


def test_one_appointment_tells_what_it_has_freed(service: Service, doctor: Staff) -> None:
    freed(service, at(9), doctor)
    record = book(service, at(10), staff=doctor)
    change(record, starts_at=at(12))
    (only,) = freed_by(service.business, record.id, timezone.now())
    assert (only.staff_id, only.span.start, only.span.end) == (doctor.pk, at(10), at(10, 30))


# --- Whether it can be booked -------------------------------------------------------------------


def test_a_longer_visit_fits_where_the_time_beside_is_free(service: Service, doctor: Staff) -> None:
    waits(service, minutes=60)
    filled(service, doctor, but=[at(10), at(9, 30)])
    freed(service, at(10), doctor)
    assert starts(service) == [at(9, 30)]


def test_a_longer_visit_does_not_fit_between_two_others(service: Service, doctor: Staff) -> None:
    waits(service, minutes=60)
    filled(service, doctor, but=[at(10)])
    freed(service, at(10), doctor)
    assert found(service) == []


def test_buffers_count(service: Service, doctor: Staff) -> None:
    padded = ServiceFactory(business=service.business, buffer_after_minutes=10)
    waits(padded)
    filled(service, doctor, but=[at(10)])
    freed(service, at(10), doctor)
    assert found(service) == []


def test_the_hours_of_the_service_count(service: Service, doctor: Staff) -> None:
    early = ServiceFactory(business=service.business, working_hours={"monday": [[800, 1000]]})
    waits(early)
    freed(service, at(10), doctor)
    assert found(service) == []
    freed(service, at(9), doctor)
    assert starts(service) == [at(9)]


def test_blocked_time_and_closures_count(service: Service, doctor: Staff) -> None:
    waits(service)
    freed(service, at(10), doctor)
    freed(service, at(10, day=1), doctor)
    blocks(doctor, at(10), 30)
    day = at(0, day=1).date()
    Closure.objects.create(business=service.business, name="Works", date_start=day, date_end=day)
    assert found(service) == []


def test_the_closures_of_a_service_s_place_count_for_it_alone(
    service: Service, doctor: Staff
) -> None:
    place = LocationFactory(business=service.business)
    there = ServiceFactory(business=service.business, location=place)
    Closure.objects.create(
        business=service.business,
        location=place,
        name="Works",
        date_start=NOW.date(),
        date_end=NOW.date(),
    )
    waits(there)
    here = waits(service)
    freed(service, at(10), doctor)
    assert who(service) == [here]


def test_who_does_not_provide_the_service_frees_nothing_for_it(
    service: Service, doctor: Staff
) -> None:
    other = ServiceFactory(business=service.business)
    provides(StaffFactory(business=service.business), other)
    waits(other)
    freed(service, at(10), doctor)
    assert found(service) == []


def test_somebody_who_works_here_no_more_frees_nothing(service: Service, doctor: Staff) -> None:
    waits(service)
    freed(service, at(10), doctor)
    Staff.objects.filter(pk=doctor.pk).update(status=StaffStatus.DISABLED)
    assert found(service) == []


def test_who_has_to_come_along_must_be_free(service: Service, doctor: Staff) -> None:
    operation = ServiceFactory(business=service.business)
    nurse = StaffFactory(business=service.business)
    provides(nurse, operation, additional=True)
    waits(operation)
    freed(service, at(10), doctor)
    assert starts(service) == [at(10)]
    blocks(nurse, at(10), 30)
    assert found(service) == []


def test_rooms_must_be_free(service: Service, doctor: Staff) -> None:
    scan = ServiceFactory(business=service.business)
    ResourceNeed.objects.create(business=service.business, service=scan, kind="scanner")
    waits(scan)
    freed(service, at(10), doctor)
    assert found(service) == []
    Resource.objects.create(business=service.business, name="Scanner", kind="scanner")
    assert starts(service) == [at(10)]
    other = StaffFactory(business=service.business)
    book(scan, at(10), staff=other)
    assert found(service) == []


def test_a_place_in_a_group_is_a_freed_time() -> None:
    service = ServiceFactory(bookings_per_timeslot=2)
    doctor = StaffFactory(business=service.business)
    waits(service)
    book(service, at(10), staff=doctor)
    freed(service, at(10), doctor)
    assert starts(service) == [at(10)]
    book(service, at(10), staff=doctor)
    assert found(service) == []


def test_a_patient_who_has_another_visit_then_is_left_out(service: Service, doctor: Staff) -> None:
    patient = PatientFactory(business=service.business)
    waits(service, patient=patient)
    freed(service, at(10), doctor)
    other = book(
        service, at(10, 15), staff=StaffFactory(business=service.business), patient=patient
    )
    assert found(service) == []
    cancelled(other)
    assert at(10) in starts(service)


def test_archived_patients_and_services_out_of_the_offer_are_left_out(
    service: Service, doctor: Staff
) -> None:
    gone = PatientFactory(business=service.business, archived_at=NOW)
    waits(service, patient=gone)
    ended = ServiceFactory(business=service.business)
    waits(ended)
    Service.objects.filter(pk=ended.pk).update(enabled=False)
    freed(service, at(10), doctor)
    assert found(service) == []


def test_a_length_that_is_not_offered_any_more_is_left_out(service: Service, doctor: Staff) -> None:
    waits(service, minutes=20)
    freed(service, at(10), doctor)
    assert found(service) == []


# --- What was wished for ------------------------------------------------------------------------

TUESDAY = at(0, day=1).date()

WISHES = {
    "from the day on": ({"first_day": NOW.date()}, True),
    "from the day after on": ({"first_day": TUESDAY}, False),
    "until the day": ({"last_day": NOW.date()}, True),
    "any of two weekdays": ({"weekdays": [1, 5]}, True),
    "other weekdays": ({"weekdays": [2, 3, 4, 5, 6, 7]}, False),
    "mornings": ({"not_after": time(12)}, True),
    "before that time": ({"not_after": time(10)}, False),
    "from that time on": ({"not_before": time(10)}, True),
    "afternoons": ({"not_before": time(12)}, False),
    "four hours' notice": ({"notice_hours": 4}, True),
    "five hours' notice": ({"notice_hours": 5}, False),
}


@pytest.mark.parametrize(("wish", "fits"), WISHES.values(), ids=WISHES)
def test_a_freed_time_suits_by_day_and_hour(
    service: Service, doctor: Staff, wish: dict[str, Any], fits: bool
) -> None:
    """It is six in the morning of a Monday, and ten o'clock is freed."""
    filled(service, doctor, but=[at(10)])
    waits(service, **wish)
    freed(service, at(10), doctor)
    assert bool(found(service)) is fits


def test_whose_last_day_has_passed_waits_no_more(service: Service, doctor: Staff) -> None:
    entry = waits(service, last_day=NOW.date())
    freed(service, at(10, day=1), doctor)
    assert not entry.is_over(NOW.date())
    assert entry.is_over(TUESDAY)
    with time_machine.travel(at(6, day=1), tick=False):
        assert found(service) == []


def test_a_time_of_somebody_else_than_was_wished_for_does_not_suit(
    service: Service, doctor: Staff
) -> None:
    other, third = (StaffFactory(business=service.business) for _ in range(2))
    wants = waits(service, staff_ids=[other.pk, third.pk])
    anybody = waits(service)
    freed(service, at(10), doctor)
    assert who(service) == [anybody]
    freed(service, at(12), third)
    assert who(service) == [anybody, wants, anybody]


@pytest.mark.parametrize("moment", [datetime(2030, 3, 31, 7, tzinfo=UTC)])
def test_wishes_are_read_on_the_clinic_s_wall_clock_the_day_the_clocks_change(
    service: Service, doctor: Staff, moment: datetime
) -> None:
    """Eight o'clock in London is seven in UTC from that Sunday on."""
    waits(service, not_before=time(8), not_after=time(8, 30), first_day=date(2030, 3, 31))
    record = book(service, moment, staff=doctor)
    with time_machine.travel(moment - timedelta(hours=3), tick=False):
        cancelled(record)
        assert starts(service) == [moment]


def test_the_urgent_go_first_then_who_has_waited_longest(service: Service, doctor: Staff) -> None:
    routine = waits(service)
    soon, sooner = (waits(service, urgency=Urgency.SOON) for _ in range(2))
    urgent = waits(service, urgency=Urgency.URGENT)
    WaitlistEntry.objects.filter(pk=sooner.pk).update(created_at=NOW - timedelta(days=1))
    WaitlistEntry.objects.filter(pk=soon.pk).update(created_at=NOW)
    freed(service, at(10), doctor)
    assert who(service) == [urgent, sooner, soon, routine]


def test_no_more_than_a_few_are_shown_for_one_time(service: Service, doctor: Staff) -> None:
    for _ in range(MOST + 2):
        waits(service)
    freed(service, at(10), doctor)
    assert len(who(service)) == MOST


def test_who_was_offered_a_time_still_waits_and_who_is_booked_or_taken_off_does_not(
    service: Service, doctor: Staff
) -> None:
    offered = waits(service, status=EntryStatus.OFFERED, offered_time=at(10))
    waits(service, status=EntryStatus.WITHDRAWN)
    record = book(service, at(17), staff=doctor)
    waits(service, status=EntryStatus.BOOKED, appointment_id=record.id)
    freed(service, at(10), doctor)
    assert who(service) == [offered]


# --- Earlier than what they have ----------------------------------------------------------------


def earlier(service: Service, record: Record, **facts: Any) -> WaitlistEntry:
    patient_id: UUID = record.patient_id
    return waits(
        service,
        patient=PatientFactory._meta.model.objects.get(pk=patient_id),
        instead_of_id=record.id,
        **facts,
    )


def test_only_what_is_earlier_suits_who_has_a_visit_already(
    service: Service, doctor: Staff
) -> None:
    entry = earlier(service, book(service, at(11), staff=doctor))
    freed(service, at(10), doctor)
    freed(service, at(12), doctor)
    assert [
        (one.entry, one.visit.start) for chance in found(service) for one in chance.matches
    ] == [(entry, at(10))]


def test_the_visit_that_is_given_up_is_in_nobody_s_way(service: Service, doctor: Staff) -> None:
    """An hour at half past ten would overlap what the patient has from eleven on."""
    record = book(service, at(11), staff=doctor, minutes=60)
    filled(service, doctor, but=[at(10, 30), at(11), at(11, 30)])
    earlier(service, record, minutes=60)
    freed(service, at(10, 30), doctor)
    assert starts(service) == [at(10, 30)]


def test_who_has_cancelled_what_was_to_be_earlier_still_waits(
    service: Service, doctor: Staff
) -> None:
    record = book(service, at(11), staff=doctor)
    earlier(service, record, not_after=time(11))
    freed(service, at(10), doctor)
    cancelled(record)
    assert starts(service) == [at(10)]


def test_nothing_is_earlier_than_what_has_begun(service: Service, doctor: Staff) -> None:
    record = book(service, at(11), staff=doctor)
    entry = earlier(service, record)
    freed(service, at(10), doctor)
    change(record, status=Status.ARRIVED)
    assert found(service) == []
    assert times_for(WaitlistEntry.objects.get(pk=entry.pk), timezone.now(), 3) == []


# --- Free times for one who waits ---------------------------------------------------------------


def test_somebody_who_waits_is_told_the_next_times_that_suit(
    service: Service, doctor: Staff
) -> None:
    other = StaffFactory(business=service.business, name="Dr Abel")
    entry = waits(service, weekdays=[2], not_before=time(9), staff_ids=[doctor.pk])
    book(service, at(9, day=1), staff=doctor)
    told = times_for(entry, timezone.now(), 2)
    assert [(one.start, one.staff_name) for one in told] == [
        (at(9, 30, day=1), "Dr Hart"),
        (at(9, 45, day=1), "Dr Hart"),
    ]
    WaitlistEntry.objects.filter(pk=entry.pk).update(staff_ids=[])
    told = times_for(WaitlistEntry.objects.get(pk=entry.pk), timezone.now(), 1)
    assert [(one.start, one.staff_id) for one in told] == [(at(9, day=1), other.pk)]


def test_no_time_suits_once_the_last_day_is_over_or_a_patient_is_archived(
    service: Service, doctor: Staff
) -> None:
    over = waits(service, last_day=NOW.date())
    gone = waits(service, patient=PatientFactory(business=service.business, archived_at=NOW))
    assert times_for(gone, timezone.now(), 1) == []
    with time_machine.travel(at(6, day=1), tick=False):
        assert times_for(over, timezone.now(), 1) == []


def test_a_group_with_a_place_left_suits() -> None:
    hours = {day: [[1800, 1900]] for day in DAYS}
    service = ServiceFactory(
        bookings_per_timeslot=2, working_hours=hours, durations={60: 1000}, time_increment=60
    )
    doctor = StaffFactory(business=service.business)
    entry = waits(service, minutes=60)
    for _ in range(2):
        book(service, at(18), staff=doctor, minutes=60)
    assert [one.start for one in times_for(entry, timezone.now(), 1)] == [at(18, day=1)]


# --- What it costs ------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 3])
def test_reading_costs_as_many_statements_whoever_waits_and_whatever_is_freed(
    service: Service,
    doctor: Staff,
    number: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for hour in range(number):
        other = ServiceFactory(business=service.business)
        ResourceNeed.objects.create(business=service.business, service=other, kind="room")
        Resource.objects.create(business=service.business, name=f"Room {hour}", kind="room")
        waits(other)
        waits(service)
        freed(service, at(10 + hour), doctor)
    now = timezone.now()
    with django_assert_num_queries(1):
        free = freed_times(service.business, now)
    # Who waits, what they wait for, calendars, rooms and what holds them, the patients' visits.
    with django_assert_num_queries(6):
        assert len(chances(service.business, free, now)) == number


def test_where_nobody_waits_nothing_else_is_read(
    service: Service, doctor: Staff, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    freed(service, at(10), doctor)
    with django_assert_num_queries(2):
        assert found(service) == []


def test_what_others_free_is_not_told(service: Service, doctor: Staff) -> None:
    waits(service)
    freed(service, at(10), doctor)
    other = ServiceFactory()
    waits(other)
    assert found(other) == []
