"""What becomes of those who wait: booked once, by the rules, or nothing is changed."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import time_machine
from pytest_django import DjangoAssertNumQueries

from appointments import changing
from appointments.changes import Changes
from appointments.errors import Clash, PatientArchived, Refusal, StaffBusy, WrongStatus
from appointments.models import Appointment, EntryStatus, HeldTime, Status, WaitlistEntry
from appointments.record import Record
from appointments.waitlisting import book_entry, note_try, offer, put_back, take_off
from businesses.models import Service
from patients.models import Patient
from staff.models import Staff
from tests.appointments.desk import DESK, NOW, at, book, cancelled, written
from tests.appointments.waiters import waits
from tests.factories import PatientFactory, ServiceFactory, StaffFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]


@pytest.fixture
def service() -> Service:
    made: Service = ServiceFactory()
    return made


@pytest.fixture
def doctor(service: Service) -> Staff:
    made: Staff = StaffFactory(business=service.business)
    return made


def now_(entry: WaitlistEntry) -> WaitlistEntry:
    """The entry as it is in the database."""
    return WaitlistEntry.objects.get(pk=entry.pk)


def booked(entry: WaitlistEntry, start: datetime, staff: Staff) -> Record:
    return book_entry(entry=entry, starts_at=start, staff_id=staff.pk, by=DESK)


def not_booked(
    refusal: type[Refusal], entry: WaitlistEntry, start: datetime, staff: Staff
) -> Refusal:
    before = written()
    with pytest.raises(refusal) as caught:
        booked(entry, start, staff)
    assert written() == before
    return caught.value


def earlier(service: Service, record: Record) -> WaitlistEntry:
    patient = Patient.objects.get(pk=record.patient_id)
    return waits(service, patient=patient, instead_of_id=record.id)


# --- Booked -------------------------------------------------------------------------------------


def test_who_waits_is_booked_and_waits_no_more(service: Service, doctor: Staff) -> None:
    entry = waits(service, minutes=60)
    record = booked(entry, at(10), doctor)
    assert (record.patient_id, record.service_id) == (entry.patient_id, service.pk)
    assert (record.starts_at, record.ends_at, record.staff_id) == (at(10), at(11), doctor.pk)
    assert (now_(entry).status, now_(entry).appointment_id) == (EntryStatus.BOOKED, record.id)
    assert HeldTime.objects.get().appointment_id == record.id


def test_who_was_offered_a_time_is_booked_too(service: Service, doctor: Staff) -> None:
    entry = waits(service, status=EntryStatus.OFFERED, offered_time=at(10))
    booked(entry, at(10), doctor)
    assert (now_(entry).status, now_(entry).offered_time) == (EntryStatus.BOOKED, None)


def test_who_books_from_the_list_approves_it() -> None:
    service = ServiceFactory(bookings_require_approval=True)
    doctor = StaffFactory(business=service.business)
    assert booked(waits(service), at(10), doctor).status == Status.BOOKED


def test_whose_time_is_taken_keeps_waiting_and_is_told_what_is_in_the_way(
    service: Service, doctor: Staff
) -> None:
    entry = waits(service)
    book(service, at(10), staff=doctor)
    refusal = not_booked(StaffBusy, entry, at(10), doctor)
    assert isinstance(refusal, Clash)
    assert refusal.situation is not None
    assert now_(entry).is_open


def test_one_entry_is_booked_once(service: Service, doctor: Staff) -> None:
    entry = waits(service)
    booked(entry, at(10), doctor)
    refusal = not_booked(WrongStatus, entry, at(12), doctor)
    assert refusal.sentence == "Somebody has booked this entry of the waitlist meanwhile."


def test_who_was_taken_off_is_not_booked(service: Service, doctor: Staff) -> None:
    entry = waits(service)
    take_off(entry=entry, by=DESK)
    not_booked(WrongStatus, entry, at(10), doctor)


def test_an_archived_patient_is_not_booked(service: Service, doctor: Staff) -> None:
    gone = waits(service, patient=PatientFactory(business=service.business, archived_at=NOW))
    not_booked(PatientArchived, gone, at(10), doctor)
    visit = book(service, at(15), staff=doctor)
    entry = earlier(service, visit)
    Patient.objects.filter(pk=visit.patient_id).update(archived_at=NOW)
    not_booked(PatientArchived, entry, at(10), doctor)


def test_nobody_is_booked_from_the_list_while_they_have_another_visit(
    service: Service, doctor: Staff
) -> None:
    entry = waits(service)
    other = StaffFactory(business=service.business)
    book(service, at(10, 15), staff=other, patient=entry.patient)
    refusal = not_booked(Clash, entry, at(10), doctor)
    assert refusal.sentence == "The patient has another visit at that time."


# --- Earlier than what they have ----------------------------------------------------------------


def test_who_has_a_visit_already_is_moved_and_has_one_visit(
    service: Service, doctor: Staff
) -> None:
    other = StaffFactory(business=service.business)
    visit = book(service, at(15), staff=doctor)
    entry = earlier(service, visit)
    record = booked(entry, at(10), other)
    assert (record.id, record.starts_at, record.staff_id) == (visit.id, at(10), other.pk)
    assert Appointment.objects.count() == 1
    assert [(one.staff_id, one.starts_at) for one in HeldTime.objects.all()] == [(other.pk, at(10))]
    assert (now_(entry).status, now_(entry).appointment_id) == (EntryStatus.BOOKED, visit.id)


def test_a_visit_may_move_into_a_time_that_overlaps_its_own(
    service: Service, doctor: Staff
) -> None:
    visit = book(service, at(10, 30), staff=doctor, minutes=60)
    entry = waits(
        service,
        minutes=60,
        patient=Patient.objects.get(pk=visit.patient_id),
        instead_of_id=visit.id,
    )
    assert booked(entry, at(10), doctor).starts_at == at(10)


def test_a_request_that_can_be_earlier_is_approved_with_it() -> None:
    service = ServiceFactory(bookings_require_approval=True)
    doctor = StaffFactory(business=service.business)
    visit = book(service, at(15), staff=doctor)
    record = booked(earlier(service, visit), at(10), doctor)
    assert (record.id, record.status) == (visit.id, Status.BOOKED)


def test_a_visit_that_can_not_be_moved_there_stays_where_it_is(
    service: Service, doctor: Staff
) -> None:
    book(service, at(10), staff=doctor)
    not_booked(StaffBusy, earlier(service, book(service, at(15), staff=doctor)), at(10), doctor)


def test_who_has_cancelled_the_later_visit_is_booked_anew(service: Service, doctor: Staff) -> None:
    visit = book(service, at(15), staff=doctor)
    entry = earlier(service, visit)
    cancelled(visit)
    assert booked(entry, at(10), doctor).id != visit.id


def test_what_has_begun_is_not_moved(service: Service, doctor: Staff) -> None:
    visit = book(service, at(10), staff=doctor)
    entry = earlier(service, visit)
    with time_machine.travel(at(10), tick=False):
        not_booked(WrongStatus, entry, at(12), doctor)


# --- Offered, tried, taken off, put back --------------------------------------------------------


def test_tries_to_reach_somebody_are_counted_with_the_time_of_the_last(service: Service) -> None:
    entry = waits(service)
    note_try(entry=entry, by=DESK)
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        note_try(entry=entry, by=DESK)
    told = now_(entry)
    assert (told.tries, told.tried_at) == (2, NOW + timedelta(hours=1))
    assert told.status == EntryStatus.WAITING


def test_an_offer_holds_no_time_and_is_remembered(service: Service, doctor: Staff) -> None:
    entry = waits(service)
    offer(entry=entry, time=at(10), by=DESK)
    told = now_(entry)
    assert (told.status, told.offered_time, told.tries) == (EntryStatus.OFFERED, at(10), 1)
    book(service, at(10), staff=doctor)


def test_what_is_closed_is_not_changed(service: Service) -> None:
    entry = waits(service)
    take_off(entry=entry, by=DESK)
    before = written()
    for again in (take_off, note_try):
        with pytest.raises(WrongStatus) as caught:
            again(entry=entry, by=DESK)
        assert caught.value.sentence == "This entry is not on the waitlist any more."
    with pytest.raises(WrongStatus):
        offer(entry=entry, time=at(10), by=DESK)
    assert written() == before


def test_who_was_taken_off_is_put_back_in_the_old_place(service: Service) -> None:
    entry = waits(service)
    take_off(entry=entry, by=DESK)
    put_back(entry=entry, by=DESK)
    assert (now_(entry).status, now_(entry).created_at) == (EntryStatus.WAITING, entry.created_at)


def test_whose_booking_is_cancelled_can_be_put_back(service: Service, doctor: Staff) -> None:
    entry = waits(service)
    record = booked(entry, at(10), doctor)
    with pytest.raises(WrongStatus) as caught:
        put_back(entry=entry, by=DESK)
    assert caught.value.sentence == "What was booked from the waitlist stands. Cancel it first."
    cancelled(record)
    put_back(entry=entry, by=DESK)
    assert (now_(entry).status, now_(entry).appointment_id) == (EntryStatus.WAITING, None)
    assert booked(entry, at(10), doctor).id != record.id


def test_who_was_moved_earlier_may_wait_for_a_time_earlier_still(
    service: Service, doctor: Staff
) -> None:
    visit = book(service, at(15), staff=doctor)
    entry = earlier(service, visit)
    booked(entry, at(12), doctor)
    changing.change(
        business_id=service.business_id,
        appointment_id=visit.id,
        changes=Changes(starts_at=at(15)),
        by=DESK,
    )
    put_back(entry=entry, by=DESK)
    assert booked(entry, at(10), doctor).id == visit.id


def test_nobody_waits_twice_for_an_earlier_time_of_one_visit(
    service: Service, doctor: Staff
) -> None:
    visit = book(service, at(15), staff=doctor)
    first = earlier(service, visit)
    take_off(entry=first, by=DESK)
    second = earlier(service, visit)
    with pytest.raises(WrongStatus) as caught:
        put_back(entry=first, by=DESK)
    assert caught.value.sentence == (
        "The patient waits for an earlier time by another entry already."
    )
    take_off(entry=second, by=DESK)
    put_back(entry=first, by=DESK)
    assert now_(first).is_open


def test_every_change_is_signed(service: Service, doctor: Staff) -> None:
    entry = waits(service)
    note_try(entry=entry, by=DESK)
    booked(entry, at(10), doctor)
    events = WaitlistEntry.pgh_event_model.objects.order_by("pgh_id")  # type: ignore[attr-defined]
    names = [one.pgh_context["name"] for one in events if one.pgh_context]
    assert names == ["Front desk", "Front desk"]


# --- What it costs ------------------------------------------------------------------------------


def test_booking_from_the_list_costs_four_statements_more_than_booking(
    service: Service, doctor: Staff, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    entry = waits(service)
    # The entry held and read, the patient's visits, the three of the booking, the entry closed.
    with django_assert_num_queries(7):
        booked(entry, at(10), doctor)
