"""What a patient changes by a link: by the same commands as the desk, and by the clinic's rules."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from pytest_django import Settings

from appointments.booking import approve
from appointments.changes import Changes
from appointments.changing import change
from appointments.models import HeldTime, Source, Status
from businesses.models import ResourceNeed
from staff.models import StaffStatus
from tests.appointments.desk import DESK, held, written
from tests.appointments.links import Patient, offered
from tests.desk.clinic import MONDAY, FrontDesk, at, open_desk, words_of
from tests.factories import ServiceFactory, StaffFactory, blocks

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(MONDAY, tick=False) as traveller:
        yield traveller


@pytest.fixture
def desk(db: None) -> FrontDesk:
    return open_desk()


@pytest.fixture
def patient(desk: FrontDesk) -> Patient:
    """Ana, on Monday at ten."""
    return Patient(desk, desk.book(at(10)))


def rule(desk: FrontDesk, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(desk.business, name, value)
    desk.business.save()


def history(patient: Patient) -> list[tuple[str, str]]:
    """Who did what, through what."""
    events = type(patient.now).pgh_event_model.objects.filter(pgh_obj_id=patient.record.id)  # type: ignore[attr-defined]
    return [
        (one.pgh_context["name"], one.pgh_context["source"]) for one in events.order_by("pgh_id")
    ]


# --- Moving -----------------------------------------------------------------------------------


def test_a_patient_moves_the_visit_to_an_offered_time(patient: Patient) -> None:
    confirm = patient.get("reschedule", to=at(14).isoformat())
    words = words_of(confirm)
    assert "Move to this time? New time Monday, 7 January 2030 14:00, London time (GMT)" in words
    assert "Until now: Monday, 7 January 2030, 10:00" in words
    answer = patient.move(at(14))
    assert answer.status_code == 303
    assert answer["Location"] == patient.path("reschedule", moved=at(14).isoformat())
    assert "Your appointment is moved" in words_of(
        patient.get("reschedule", moved=at(14).isoformat())
    )
    now = patient.now
    assert (now.starts_at, now.ends_at) == (at(14), at(14, 30))
    assert (now.original_starts_at, now.status) == (at(10), Status.BOOKED)
    assert held(patient.desk.doctor) == [(at(14), at(14, 30))]
    assert history(patient)[-1] == ("Ana Núñez", Source.PATIENT)


def test_all_offered_times_are_taken_and_no_others(desk: FrontDesk, settings: Settings) -> None:
    settings.LINK_RATE_LIMIT = 1000
    rule(desk, lead_time=150, availability_limit_days=1, buffer_after_minutes=10)
    patient = Patient(desk, desk.book(at(10)))
    desk.book(at(12))
    blocks(desk.doctor, at(15), 60)
    times = offered(patient.get("reschedule"))
    assert times[:3] == [at(8, 30), at(8, 45), at(9)]  # the clinic opens at eight
    assert at(10, 15) in times  # it is not in its own way
    assert at(10) not in times  # it has that time
    assert at(11, 30) not in times  # ten minutes are kept after a visit
    assert max(times) == at(19, 30, day=1)
    before = written()
    quarters = (at(0) + timedelta(minutes=15 * number) for number in range(96))
    for moment in (*quarters, at(12, 1, day=1), at(10, day=2)):
        if moment not in times:
            assert patient.move(moment).status_code == 409, moment
    assert written() == before
    for moment in times[::9]:
        shown = Patient(desk, patient.record._replace(starts_at=patient.now.starts_at))
        assert shown.move(moment).status_code == 303
        assert patient.now.starts_at == moment


@pytest.mark.parametrize(
    "to", ["", "x", "2030-01-07T14:00", "9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+14:00"]
)
def test_a_time_that_can_not_be_read_moves_nothing(patient: Patient, to: str) -> None:
    before = written()
    seen = at(10).isoformat()
    for answer in (
        patient.get("reschedule", to=to),
        patient.post("reschedule", {"to": to, "seen": seen}),
        patient.post("reschedule", {"to": at(14).isoformat(), "seen": to}),
    ):
        assert answer.status_code in (200, 409)
    assert written() == before


@pytest.mark.parametrize("week", ["", "x", "0001-01-01", "9999-12-31", "2030-02-30"])
def test_weeks_stay_within_what_patients_may_book(patient: Patient, week: str) -> None:
    shown = patient.get("reschedule", week=week).context["week"]
    assert datetime(2030, 1, 7, tzinfo=UTC).date() <= shown.begins
    assert shown.begins <= datetime(2031, 1, 6, tzinfo=UTC).date()


def test_free_times_are_paged_by_week(patient: Patient) -> None:
    first = patient.get("reschedule")
    assert first.context["earlier_url"] == ""
    assert {one.date() for one in offered(first)} == {at(0, day=day).date() for day in range(7)}
    later = patient.get("reschedule", week="2030-01-16")
    assert {one.date() for one in offered(later)} == {at(0, day=day).date() for day in range(7, 14)}
    assert "week=2030-01-07" in later.context["earlier_url"]
    assert "week=2030-01-21" in later.context["later_url"]


def test_where_a_week_is_full_the_next_free_time_is_named(patient: Patient) -> None:
    blocks(patient.desk.doctor, at(0), 14 * 24 * 60)
    first = patient.get("reschedule")  # goes on to the first week that has times
    assert offered(first)[0] == at(8, day=14)
    full = patient.get("reschedule", week="2030-01-07")
    assert offered(full) == []
    assert "Next free time: Monday, 21 January 2030, 08:00" in words_of(full)
    patient.desk.doctor.weekly_hours = {"monday": []}
    patient.desk.doctor.save()
    assert "Please contact the clinic." in words_of(patient.get("reschedule"))


def test_a_time_that_a_rival_took_meanwhile_offers_others(patient: Patient) -> None:
    assert patient.get("reschedule", to=at(14).isoformat()).status_code == 200
    patient.desk.book(at(14))
    before = written()
    answer = patient.move(at(14))
    assert answer.status_code == 409
    assert "That time has just been taken. Your appointment stands as it is" in words_of(answer)
    assert at(14) not in offered(answer)
    assert at(14, 30) in offered(answer)
    assert written() == before


def test_a_form_sent_twice_moves_once(patient: Patient, clock: time_machine.Traveller) -> None:
    first = patient.move(at(14))
    clock.shift(1)
    before = written()
    second = patient.move(at(14))
    assert (second.status_code, second["Location"]) == (303, first["Location"])
    assert written() == before


def test_what_the_desk_moved_meanwhile_is_shown_and_not_moved_back(patient: Patient) -> None:
    desk = patient.desk
    change(
        business_id=desk.business.pk,
        appointment_id=patient.record.id,
        changes=Changes(starts_at=at(16)),
        by=DESK,
    )
    before = written()
    moved, gone = patient.move(at(14)), patient.cancel(reason="Ill")
    for answer in (moved, gone):
        assert answer.status_code == 409
        assert "The clinic has moved your appointment in the meantime" in words_of(answer)
        assert "16:00 to 16:30" in words_of(answer)
    assert gone.context["reason"] == "Ill"
    assert written() == before


def test_of_a_series_one_date_is_moved_or_cancelled(desk: FrontDesk) -> None:
    first, second, third = desk.book_series(3)
    patient = Patient(desk, second)
    assert "the others stay as they are" in words_of(patient.get("reschedule"))
    assert "the others stay as they are" in words_of(
        patient.get("reschedule", to=at(14, day=7).isoformat())
    )
    patient.move(at(14, day=7))
    assert (patient.now.starts_at, patient.now.series_exception) == (at(14, day=7), True)
    Patient(desk, third).cancel()
    assert Patient(desk, first).now.starts_at == at(10)
    assert [Patient(desk, one).now.status for one in (first, second, third)] == [
        Status.BOOKED,
        Status.BOOKED,
        Status.CANCELLED,
    ]


def test_whoever_comes_along_and_rooms_are_kept_in_mind(desk: FrontDesk) -> None:
    nurse = StaffFactory(business=desk.business, name="Nurse Mwangi")
    desk.room("Room 1")
    patient = Patient(desk, desk.book(at(10), additional_staff_ids=(nurse.pk,)))
    blocks(nurse, at(13), 60)
    other = ServiceFactory(business=desk.business)
    ResourceNeed.objects.create(business=desk.business, service=other, kind="room")
    third = StaffFactory(business=desk.business)
    desk.book(at(16), service_id=other.pk, staff_id=third.pk)
    times = offered(patient.get("reschedule"))
    assert not {at(13), at(13, 30), at(12, 45), at(16), at(15, 45)} & set(times)
    assert {at(14), at(15, 30), at(16, 30)} <= set(times)
    assert "With Dr Hart, Nurse Mwangi" in words_of(patient.get("cancel"))
    patient.move(at(14))
    assert held(nurse) == [(at(14), at(14, 30))]


def test_a_place_in_a_group_is_moved_to_another_group(desk: FrontDesk) -> None:
    course = ServiceFactory(business=desk.business, name="Yoga", bookings_per_timeslot=2)
    patient = Patient(desk, desk.book(at(10), service_id=course.pk))
    desk.book(at(12), service_id=course.pk)
    for _ in range(2):
        desk.book(at(14), service_id=course.pk)
    times = offered(patient.get("reschedule"))
    assert at(12) in times
    assert at(14) not in times
    assert patient.move(at(14)).status_code == 409
    assert patient.move(at(12)).status_code == 303
    places = HeldTime.objects.filter(starts_at=at(12)).values_list("place", flat=True)
    assert sorted(places) == [1, 2]


@pytest.mark.parametrize("what", ["service", "business", "left", "no host"])
def test_what_takes_no_bookings_is_moved_by_the_clinic_and_can_be_cancelled(
    patient: Patient, what: str
) -> None:
    desk = patient.desk
    if what == "service":
        desk.service.enabled = False
        desk.service.save()
    elif what == "business":
        rule(desk, enabled=False)
    elif what == "left":
        desk.doctor.status = StaffStatus.DISABLED
        desk.doctor.save()
    else:
        desk.doctor.takes_bookings = False
        desk.doctor.save()
    before = written()
    for answer in (
        patient.get("reschedule"),
        patient.get("reschedule", to=at(14).isoformat()),
        patient.move(at(14)),
    ):
        assert "New times for this appointment can't be chosen here." in words_of(answer)
    assert written() == before
    patient.cancel()
    assert patient.now.status == Status.CANCELLED


def test_a_length_that_is_no_longer_offered_is_moved_as_it_was_booked(patient: Patient) -> None:
    patient.desk.service.durations.filter(minutes=30).delete()
    assert patient.move(at(14)).status_code == 303
    assert (patient.now.ends_at, patient.now.price) == (at(14, 30), 3000)


# --- Approval ---------------------------------------------------------------------------------


def test_a_service_that_needs_approval_is_asked_for_again(desk: FrontDesk) -> None:
    asked = desk.book_request(at(10))
    booked = approve(business_id=desk.business.pk, appointment_id=asked.id, by=DESK)
    patient = Patient(desk, booked)
    confirm = words_of(patient.get("reschedule", to=at(14).isoformat()))
    assert "Your old time is given up at once" in confirm
    assert "Ask for this time" in confirm
    answer = patient.move(at(14))
    now = patient.now
    assert (now.starts_at, now.status, now.approved) == (at(14), Status.REQUESTED, False)
    assert held(desk.doctor) == []
    page = patient.get("reschedule", moved=at(14).isoformat())
    assert answer["Location"].endswith("moved=2030-01-07T14%3A00%3A00%2B00%3A00")
    assert "Your new time is requested" in words_of(page)
    # Pressed twice it stays a request; the desk decides as about any other.
    assert patient.move(at(14)).status_code == 303
    assert patient.now.status == Status.REQUESTED
    approve(business_id=desk.business.pk, appointment_id=asked.id, by=DESK)
    assert held(desk.doctor) == [(at(14), at(14, 30))]


def test_a_request_that_is_moved_stays_a_request(desk: FrontDesk) -> None:
    patient = Patient(desk, desk.book_request(at(10)))
    assert "The clinic has not confirmed this time yet." in words_of(patient.get("cancel"))
    assert "given up" not in words_of(patient.get("reschedule", to=at(14).isoformat()))
    patient.move(at(14))
    assert (patient.now.starts_at, patient.now.status) == (at(14), Status.REQUESTED)
    patient.cancel()  # the desk has moved nothing: the page was the old one
    assert patient.now.status == Status.REQUESTED
    patient.cancel(seen=at(14).isoformat())
    assert patient.now.status == Status.CANCELLED


# --- Cancelling -------------------------------------------------------------------------------


def test_a_patient_cancels_and_may_say_why(patient: Patient) -> None:
    answer = patient.cancel(reason="  Feeling\n better ")
    assert (answer.status_code, answer["Location"]) == (303, patient.path("cancel"))
    now = patient.now
    assert (now.status, now.cancel_reason, now.cancelled_by) == (
        Status.CANCELLED,
        "Feeling better",
        "Ana Núñez",
    )
    assert held(patient.desk.doctor) == []
    assert history(patient)[-1] == ("Ana Núñez", Source.PATIENT)
    assert "Your appointment is cancelled" in words_of(patient.get("cancel"))


def test_a_form_sent_twice_cancels_once(patient: Patient, clock: time_machine.Traveller) -> None:
    patient.cancel(reason="Ill")
    clock.shift(1)
    before = written()
    assert patient.cancel(reason="Ill again").status_code == 303
    assert written() == before


def test_a_cancelled_visit_is_not_moved(patient: Patient) -> None:
    patient.cancel()
    before = written()
    answer = patient.move(at(14))
    assert answer.status_code == 409
    assert "The appointment was cancelled before." in words_of(answer)
    assert written() == before


def test_a_reason_that_is_too_long_is_kept_in_the_form(patient: Patient) -> None:
    before = written()
    answer = patient.cancel(reason="x" * 501)
    assert answer.status_code == 400
    assert "Write at most 500 characters." in words_of(answer)
    assert "x" * 501 in answer.content.decode()
    assert written() == before
    assert patient.cancel(reason="x" * 500 + "\0").status_code == 303


# --- The deadline -----------------------------------------------------------------------------


def test_the_deadline_is_kept_to_the_second(desk: FrontDesk, clock: time_machine.Traveller) -> None:
    rule(desk, cancel_lead_time=24 * 60)
    one, two, three = (Patient(desk, desk.book(at(hour, day=1))) for hour in (10, 11, 12))
    clock.move_to(at(10))
    words = words_of(one.get("cancel"))
    assert "until Monday, 7 January 2030, 10:00 (1 day before it begins)" in words
    assert one.cancel().status_code == 303
    clock.move_to(at(11) + timedelta(seconds=1))
    before = written()
    for answer in (two.cancel(), two.move(at(15, day=2))):
        assert answer.status_code == 409
        words = words_of(answer)
        assert "Nothing has been changed." in words
        assert "The time for changes ended while this page was open." in words
        assert desk.business.email in words
    for page in ("reschedule", "cancel"):
        words = words_of(two.get(page))
        assert "It is too late to change it here" in words
        assert "until Monday, 7 January 2030, 11:00" in words
        assert b"<form" not in two.get(page).content
    assert written() == before
    assert three.move(at(15, day=2)).status_code == 303


def test_the_services_own_rule_goes_before_the_clinics(desk: FrontDesk) -> None:
    rule(desk, cancel_lead_time=0)
    desk.service.cancel_lead_time = 5 * 60
    desk.service.save()
    patient = Patient(desk, desk.book(at(10)))
    assert "It is too late to change it here" in words_of(patient.get("cancel"))
    desk.service.cancel_lead_time = 90
    desk.service.save()
    assert "08:30 (90 minutes before it begins)" in words_of(patient.get("cancel"))


def test_without_a_rule_the_start_is_the_deadline(
    patient: Patient, clock: time_machine.Traveller
) -> None:
    assert "until it begins: Monday, 7 January 2030, 10:00" in words_of(patient.get("cancel"))
    clock.move_to(at(10) + timedelta(seconds=1))
    assert "too late" in words_of(patient.get("cancel"))


def test_a_deadline_is_counted_in_hours_that_pass_though_clocks_change(
    desk: FrontDesk, clock: time_machine.Traveller
) -> None:
    """London's clocks go forward on 31 March 2030 at one: the night has one hour less."""
    rule(desk, cancel_lead_time=24 * 60)
    patient = Patient(desk, desk.book(datetime(2030, 3, 31, 8, tzinfo=UTC)))
    assert "09:00 to 09:30, London time (BST)" in words_of(patient.get("cancel"))
    assert "until Saturday, 30 March 2030, 08:00 (1 day" in words_of(patient.get("cancel"))
    clock.move_to(datetime(2030, 3, 30, 8, 0, 1, tzinfo=UTC))
    assert patient.cancel().status_code == 409


def test_times_that_come_twice_say_which_they_are(desk: FrontDesk) -> None:
    """London's clocks go back on 27 October 2030 at two."""
    rule(desk, default_staff_working_hours={"sunday": [[0, 2400]]})
    patient = Patient(desk, desk.book(datetime(2030, 10, 27, 14, tzinfo=UTC)))
    page = patient.get("reschedule")
    words = words_of(page)
    assert "01:30 BST" in words
    assert "01:30 GMT" in words
    times = [one for one in offered(page) if one.hour in (0, 1)]
    assert len(times) == len(set(times))
    later = datetime(2030, 10, 27, 1, 30, tzinfo=UTC)
    patient.move(later)
    assert patient.now.starts_at == later
