"""What a create accepts, what it refuses and with which code, over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from appointments.models import Appointment, HeldTime
from businesses.identifiers import new_id
from businesses.models import BookingQuestion, QuestionKind, ServiceDuration
from staff.models import ExternalEvent, Staff, StaffStatus
from tests.appointments.api.clinic import (
    NOW,
    TEN,
    Clinic,
    Reply,
    impatient,
    nothing_is_written,
    wire,
)
from tests.contract import IDENTIFIER, MOMENT
from tests.factories import (
    LocationFactory,
    PatientFactory,
    ServiceFactory,
    StaffFactory,
    api_key,
    blocks,
    provides,
)

Changes = dict[str, Any]
ROUND_THE_CLOCK = {day: [[0, 2400]] for day in (
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"
)}  # fmt: skip


def asked(clinic: Clinic, service: Any, kind: str = QuestionKind.TEXT) -> BookingQuestion:
    question: BookingQuestion = BookingQuestion.objects.create(
        business=clinic.business,
        service=service,
        variable_name=f"question_{BookingQuestion.objects.count()}",
        question="How are you?",
        kind=kind,
    )
    return question


def save(row: Any, **fields: Any) -> Any:
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()
    return row


# --- 400: what nobody can do at any time --------------------------------------------------------


def an_unknown_patient(clinic: Clinic) -> Changes:
    return {"patientId": str(new_id())}


def a_patient_of_another_business(clinic: Clinic) -> Changes:
    return {"patientId": str(PatientFactory().pk)}


def an_archived_patient(clinic: Clinic) -> Changes:
    save(clinic.patient, archived_at=NOW)
    return {}


def an_unknown_service(clinic: Clinic) -> Changes:
    return {"serviceId": str(new_id())}


def a_service_of_another_business(clinic: Clinic) -> Changes:
    return {"serviceId": str(ServiceFactory().pk)}


def a_disabled_service(clinic: Clinic) -> Changes:
    save(clinic.service, enabled=False)
    return {}


def a_closed_business(clinic: Clinic) -> Changes:
    save(clinic.business, enabled=False)
    return {}


def a_length_that_is_not_offered(clinic: Clinic) -> Changes:
    return {"duration": 45}


def a_service_without_lengths(clinic: Clinic) -> Changes:
    ServiceDuration.objects.all().delete()
    return {}


def unknown_staff(clinic: Clinic) -> Changes:
    return {"staffId": str(new_id())}


def staff_of_another_business(clinic: Clinic) -> Changes:
    return {"staffId": str(StaffFactory().pk)}


def disabled_staff(clinic: Clinic) -> Changes:
    save(clinic.staff, status=StaffStatus.DISABLED)
    return {}


def archived_staff(clinic: Clinic) -> Changes:
    save(clinic.staff, status=StaffStatus.ARCHIVED)
    return {}


def invited_staff(clinic: Clinic) -> Changes:
    save(clinic.staff, status=StaffStatus.PENDING_INVITE)
    return {}


def uninvited_staff(clinic: Clinic) -> Changes:
    save(clinic.staff, status=StaffStatus.NOT_INVITED)
    return {}


def staff_who_do_not_provide_it(clinic: Clinic) -> Changes:
    provides(StaffFactory(business=clinic.business), clinic.service)
    return {}


def a_receptionist(clinic: Clinic) -> Changes:
    return {"staffId": str(StaffFactory(business=clinic.business, takes_bookings=False).pk)}


def somebody_who_only_joins(clinic: Clinic) -> Changes:
    provides(clinic.staff, clinic.service, additional=True)
    return {}


def unknown_additional_staff(clinic: Clinic) -> Changes:
    return {"additionalStaffIds": [str(new_id())]}


def additional_staff_of_another_business(clinic: Clinic) -> Changes:
    return {"additionalStaffIds": [str(StaffFactory().pk)]}


def disabled_additional_staff(clinic: Clinic) -> Changes:
    other = StaffFactory(business=clinic.business, status=StaffStatus.DISABLED)
    return {"additionalStaffIds": [str(other.pk)]}


def the_main_host_as_an_additional_one(clinic: Clinic) -> Changes:
    return {"additionalStaffIds": [str(clinic.staff.pk)]}


def an_answer_to_no_question(clinic: Clinic) -> Changes:
    return {"answers": [{"id": str(new_id()), "answer": "Well."}]}


def an_answer_to_a_question_of_another_service(clinic: Clinic) -> Changes:
    question = asked(clinic, ServiceFactory(business=clinic.business))
    return {"answers": [{"id": str(question.pk), "answer": "Well."}]}


def words_where_a_number_is_asked(clinic: Clinic) -> Changes:
    question = asked(clinic, clinic.service, QuestionKind.NUMBER)
    return {"answers": [{"id": str(question.pk), "answer": "44"}]}


IMPOSSIBLE: list[tuple[Callable[[Clinic], Changes], str, str]] = [
    (an_unknown_patient, "patientId", "patient_not_found"),
    (a_patient_of_another_business, "patientId", "patient_not_found"),
    (an_archived_patient, "patientId", "patient_archived"),
    (an_unknown_service, "serviceId", "service_not_found"),
    (a_service_of_another_business, "serviceId", "service_not_found"),
    (a_disabled_service, "serviceId", "service_disabled"),
    (a_closed_business, "serviceId", "business_disabled"),
    (a_length_that_is_not_offered, "duration", "duration_not_offered"),
    (a_service_without_lengths, "duration", "duration_not_offered"),
    (unknown_staff, "staffId", "staff_not_found"),
    (staff_of_another_business, "staffId", "staff_not_found"),
    (disabled_staff, "staffId", "staff_not_bookable"),
    (archived_staff, "staffId", "staff_not_bookable"),
    (invited_staff, "staffId", "staff_not_bookable"),
    (uninvited_staff, "staffId", "staff_not_bookable"),
    (staff_who_do_not_provide_it, "staffId", "staff_not_provider"),
    (a_receptionist, "staffId", "staff_not_provider"),
    (somebody_who_only_joins, "staffId", "staff_not_provider"),
    (unknown_additional_staff, "additionalStaffIds", "staff_not_found"),
    (additional_staff_of_another_business, "additionalStaffIds", "staff_not_found"),
    (disabled_additional_staff, "additionalStaffIds", "staff_not_bookable"),
    (the_main_host_as_an_additional_one, "additionalStaffIds", "staff_repeated"),
    (an_answer_to_no_question, "answers", "question_not_found"),
    (an_answer_to_a_question_of_another_service, "answers", "question_not_found"),
    (words_where_a_number_is_asked, "answers", "answer_not_a_number"),
]


@pytest.mark.parametrize("query", ["", "?ignoreBusyTimes=true"], ids=["plainly", "overriding"])
@pytest.mark.parametrize(
    ("given", "field", "code"), IMPOSSIBLE, ids=[given.__name__ for given, _, _ in IMPOSSIBLE]
)
def test_nobody_can_book(
    clinic: Clinic, given: Callable[[Clinic], Changes], field: str, code: str, query: str
) -> None:
    changes = given(clinic)
    with nothing_is_written():
        reply = clinic.book(query=query, **changes)
    assert reply.refused == (400, code)
    assert reply.wrong == [(field, code)]
    assert "alternatives" not in reply.error


def test_the_refusal_of_a_length_names_those_that_are_offered(clinic: Clinic) -> None:
    reply = clinic.book(duration=45)
    assert reply.error["title"] == "This service is offered in lengths of 30, 60 minutes."


def test_nothing_is_booked_in_the_past(clinic: Clinic) -> None:
    with nothing_is_written():
        reply = clinic.book(date=wire(NOW - timedelta(milliseconds=1)))
    assert reply.refused == (400, "date_in_past")
    assert reply.wrong == [("date", "date_in_past")]
    assert clinic.book(date=wire(NOW)).status == 201


# --- 409: what is in the way --------------------------------------------------------------------


def check_alternatives(clinic: Clinic, reply: Reply, **changes: Any) -> list[tuple[str, str]]:
    """Their shape, and that each of them can indeed be booked."""
    alternatives = reply.error["alternatives"]
    assert "fields" not in reply.error
    assert len(alternatives) <= 3
    for one in alternatives:
        assert list(one) == ["time", "staff"]
        assert list(one["staff"]) == ["id", "name"]
        assert MOMENT.fullmatch(one["time"])
        assert IDENTIFIER.fullmatch(one["staff"]["id"])
        assert one["staff"]["name"] == Staff.objects.get(pk=one["staff"]["id"]).name
        with transaction.atomic():
            taken = clinic.book(**changes, date=one["time"], staffId=one["staff"]["id"])
            assert taken.status == 201
            transaction.set_rollback(True)
    times = [one["time"] for one in alternatives]
    assert times == sorted(times)
    return [(one["time"], one["staff"]["name"]) for one in alternatives]


def another_appointment(clinic: Clinic) -> None:
    clinic.booked(date=wire(TEN + timedelta(minutes=29)))


def a_visit_that_runs_into_it(clinic: Clinic) -> None:
    clinic.booked(date=wire(TEN - timedelta(minutes=29)))


def being_an_additional_host_elsewhere(clinic: Clinic) -> None:
    other = StaffFactory(business=clinic.business)
    clinic.booked(staffId=str(other.pk), additionalStaffIds=[str(clinic.staff.pk)])
    save(other, status=StaffStatus.DISABLED)


def a_time_blocker(clinic: Clinic) -> None:
    blocks(clinic.staff, TEN - timedelta(hours=1), 61)


def a_busy_external_event(clinic: Clinic) -> None:
    ExternalEvent.objects.create(
        business=clinic.business,
        staff=clinic.staff,
        starts_at=TEN + timedelta(minutes=29),
        ends_at=TEN + timedelta(hours=1),
    )


def the_buffers_of_two_visits(clinic: Clinic) -> None:
    """Ten minutes after the one and ten before the next keep twenty between them."""
    save(clinic.service, buffer_before_minutes=10, buffer_after_minutes=10)
    clinic.booked(date=wire(TEN - timedelta(minutes=49)))


@pytest.mark.parametrize(
    "given",
    [
        another_appointment,
        a_visit_that_runs_into_it,
        being_an_additional_host_elsewhere,
        a_time_blocker,
        a_busy_external_event,
        the_buffers_of_two_visits,
    ],
)
def test_a_named_person_is_busy_with(clinic: Clinic, given: Callable[[Clinic], None]) -> None:
    given(clinic)
    with nothing_is_written():
        reply = clinic.book()
    assert reply.refused == (409, "staff_busy")
    assert len(check_alternatives(clinic, reply)) == 3


def test_alternatives_are_who_else_is_free_and_the_next_times(clinic: Clinic) -> None:
    clinic.booked()
    colleague = StaffFactory(business=clinic.business, name="Ann Other")
    reply = clinic.book()
    assert reply.refused == (409, "staff_busy")
    assert check_alternatives(clinic, reply) == [
        ("2026-07-02T09:00:00.000Z", colleague.name),
        ("2026-07-02T09:30:00.000Z", clinic.staff.name),
        ("2026-07-02T09:45:00.000Z", clinic.staff.name),
    ]


def test_what_is_in_the_way_is_not_told(clinic: Clinic) -> None:
    clinic.booked(notes="Secret notes", paymentId="pi_secret")
    save(clinic.patient, name="Secretive Patient")
    blocks(clinic.staff, TEN, 30, reason="Secret meeting")
    reply = clinic.book(patientId=str(PatientFactory(business=clinic.business).pk))
    assert reply.refused == (409, "staff_busy")
    assert b"ecret" not in reply.content


@pytest.mark.parametrize(
    "date",
    [
        "2026-07-02T07:59:00",
        "2026-07-02T19:31:00",
        "2026-07-02T23:00:00",
        "2026-07-02T20:00:00",
    ],
)
def test_a_visit_lies_wholly_within_working_hours(clinic: Clinic, date: str) -> None:
    with nothing_is_written():
        reply = clinic.book(date=date)
    assert reply.refused == (409, "outside_working_hours")
    assert len(check_alternatives(clinic, reply)) == 3


def test_a_visit_may_begin_at_opening_and_end_at_closing(clinic: Clinic) -> None:
    assert clinic.booked(date="2026-07-02T08:00:00")["date"] == "2026-07-02T07:00:00.000Z"
    assert clinic.booked(date="2026-07-02T19:30:00")["endDate"] == "2026-07-02T19:00:00.000Z"


@pytest.mark.parametrize("left_out", [True, False], ids=["left out", "null"])
def test_somebody_is_assigned_while_anybody_is_free(clinic: Clinic, left_out: bool) -> None:
    anyone: dict[str, Any] = {"without": "staffId"} if left_out else {"staffId": None}
    second = StaffFactory(business=clinic.business)
    hosts = {clinic.booked(**anyone)["staffId"] for _ in range(2)}
    assert hosts == {str(clinic.staff.pk), str(second.pk)}
    with nothing_is_written():
        reply = clinic.book(**anyone)
    assert reply.refused == (409, "no_staff_available")
    times = [time for time, _ in check_alternatives(clinic, reply)]
    assert times == [wire(TEN + timedelta(minutes=minutes)) for minutes in (30, 45, 60)]


def test_a_service_nobody_provides_has_nobody_and_no_alternatives(clinic: Clinic) -> None:
    save(clinic.staff, takes_bookings=False)
    for query in ("", "?ignoreBusyTimes=true"):
        with nothing_is_written():
            reply = clinic.book(without="staffId", query=query)
        assert reply.refused == (409, "no_staff_available")
        assert reply.error["alternatives"] == []


@pytest.mark.parametrize("query", ["", "?ignoreBusyTimes=true"], ids=["plainly", "overriding"])
@pytest.mark.parametrize("without", ["", "staffId"], ids=["named", "anyone"])
def test_a_group_has_as_many_places_as_it_has(clinic: Clinic, query: str, without: str) -> None:
    save(clinic.service, bookings_per_timeslot=2)
    first, second = clinic.booked(), clinic.booked()
    assert first["groupBookingId"] == second["groupBookingId"]
    assert IDENTIFIER.fullmatch(first["groupBookingId"])
    with nothing_is_written():
        reply = clinic.book(query=query, without=without)
    assert reply.refused == (409, "slot_full")
    assert len(check_alternatives(clinic, reply)) == 3


def test_another_length_does_not_join_a_group(clinic: Clinic) -> None:
    save(clinic.service, bookings_per_timeslot=2)
    clinic.booked()
    assert clinic.book(duration=60).refused == (409, "staff_busy")


def test_a_calendar_that_stays_locked_is_503_and_says_when_to_retry(real_clinic: Clinic) -> None:
    rival = connection.copy()
    try:
        rival.set_autocommit(False)
        with rival.cursor() as cursor:
            cursor.execute(
                "SELECT FROM staff_staff WHERE id = %s FOR UPDATE", [real_clinic.staff.pk]
            )
        with nothing_is_written(), impatient():
            reply = real_clinic.book()
        assert reply.refused == (503, "calendar_busy")
        assert reply.headers["Retry-After"] == "1"
    finally:
        rival.close()
    assert real_clinic.book().status == 201


# --- ignoreBusyTimes ----------------------------------------------------------------------------


def test_ignoring_busy_times_books_over_an_appointment_and_says_so(clinic: Clinic) -> None:
    clinic.booked()
    over = clinic.booked(query="?ignoreBusyTimes=true")
    assert (over["overbooked"], over["staffId"]) == (True, str(clinic.staff.pk))
    assert HeldTime.objects.filter(overbooked=True).count() == 1


def test_ignoring_busy_times_books_over_a_blocker_closed_hours_and_the_past(
    clinic: Clinic,
) -> None:
    blocks(clinic.staff, TEN, 30)
    assert clinic.booked(query="?ignoreBusyTimes=true")["overbooked"] is True
    late = clinic.booked(query="?ignoreBusyTimes=true", date="2026-07-02T23:00:00")
    assert late["date"] == "2026-07-02T22:00:00.000Z"
    past = clinic.booked(query="?ignoreBusyTimes=true", date="2026-06-30T10:00:00")
    assert (past["date"], past["overbooked"]) == ("2026-06-30T09:00:00.000Z", False)


def test_ignoring_busy_times_takes_the_least_busy_when_nobody_is_free(clinic: Clinic) -> None:
    second = StaffFactory(business=clinic.business)
    clinic.booked(date=wire(TEN), duration=60)
    clinic.booked(date=wire(TEN), staffId=str(second.pk))
    over = clinic.booked(query="?ignoreBusyTimes=true", without="staffId")
    assert (over["staffId"], over["overbooked"]) == (str(second.pk), True)


def test_ignoring_busy_times_overbooks_nobody_while_somebody_is_free(clinic: Clinic) -> None:
    second = StaffFactory(business=clinic.business)
    clinic.booked()
    other = clinic.booked(query="?ignoreBusyTimes=true", without="staffId")
    assert (other["staffId"], other["overbooked"]) == (str(second.pk), False)


@pytest.mark.parametrize("value", ["true", "True", "TRUE", "1"])
def test_busy_times_are_ignored_for(clinic: Clinic, value: str) -> None:
    clinic.booked()
    assert clinic.booked(query=f"?ignoreBusyTimes={value}")["overbooked"] is True


@pytest.mark.parametrize("value", ["false", "False", "0"])
def test_busy_times_count_for(clinic: Clinic, value: str) -> None:
    clinic.booked()
    with nothing_is_written():
        assert clinic.book(query=f"?ignoreBusyTimes={value}").refused == (409, "staff_busy")


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ("?ignoreBusyTimes=", "ignoreBusyTimes", "invalid"),
        ("?ignoreBusyTimes", "ignoreBusyTimes", "invalid"),
        ("?ignoreBusyTimes=yes", "ignoreBusyTimes", "invalid"),
        ("?ignoreBusyTimes=on", "ignoreBusyTimes", "invalid"),
        ("?ignoreBusyTimes=2", "ignoreBusyTimes", "invalid"),
        ("?ignoreBusyTimes=null", "ignoreBusyTimes", "invalid"),
        ("?ignoreBusyTimes=%00", "ignoreBusyTimes", "invalid"),
        ("?ignoreBusyTimes=%FF", "ignoreBusyTimes", "invalid"),
        ("?ignoreBusyTimes=true&ignoreBusyTimes=false", "ignoreBusyTimes", "repeated"),
        ("?ignorebusytimes=true", "ignorebusytimes", "unknown_field"),
        ("?ignoreBusyTimes=true&x=1", "x", "unknown_field"),
    ],
)
def test_a_switch_is_true_or_false_and_sent_once(
    clinic: Clinic, query: str, field: str, code: str
) -> None:
    with nothing_is_written():
        reply = clinic.book(query=query)
    assert (reply.status, reply.wrong) == (400, [(field, code)])


def test_ignoring_busy_times_needs_a_scope_of_its_own(clinic: Clinic) -> None:
    token = api_key(clinic.business, "appointments:write")
    writer = Clinic(clinic.business, clinic.service, clinic.staff, clinic.patient, token)
    with nothing_is_written():
        assert writer.book(query="?ignoreBusyTimes=true").refused == (403, "missing_scope")
    assert writer.book(query="?ignoreBusyTimes=false").status == 201


# --- Time ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "date", "place"),
    [
        ({"date": "2026-07-02T09:00:00Z"}, "2026-07-02T09:00", "Europe/London"),
        ({"date": "2026-07-02t09:00:00z"}, "2026-07-02T09:00", "Europe/London"),
        ({"date": "2026-07-02 09:00Z"}, "2026-07-02T09:00", "Europe/London"),
        ({"date": "2026-07-02T05:00:00-04:00"}, "2026-07-02T09:00", "Europe/London"),
        ({"date": "2026-07-02T14:45:00+05:45"}, "2026-07-02T09:00", "Europe/London"),
        ({"date": "2026-07-03T00:30:00+14:00"}, "2026-07-02T10:30", "Europe/London"),
        # Without an offset: the clock on the wall of the client, else of the business.
        ({"date": "2026-07-02T10:00:00"}, "2026-07-02T09:00", "Europe/London"),
        ({"date": "2026-12-02T10:00:00"}, "2026-12-02T10:00", "Europe/London"),
        (
            {"date": "2026-07-02T05:00:00", "clientTimezone": "America/New_York"},
            "2026-07-02T09:00",
            "America/New_York",
        ),
        (
            {"date": "2026-07-02T14:45:00", "clientTimezone": "Asia/Kathmandu"},
            "2026-07-02T09:00",
            "Asia/Kathmandu",
        ),
        # With one the zone is only remembered.
        (
            {"date": "2026-07-02T10:00:00+01:00", "clientTimezone": "America/New_York"},
            "2026-07-02T09:00",
            "America/New_York",
        ),
        (
            {"date": "2026-07-02T10:00:00", "clientTimezone": None},
            "2026-07-02T09:00",
            "Europe/London",
        ),
        # Between 2026-10-25 and 2026-11-01 New York is four hours from London, not five.
        (
            {"date": "2026-10-26T10:00:00", "clientTimezone": "America/New_York"},
            "2026-10-26T14:00",
            "America/New_York",
        ),
    ],
)
def test_a_time_is_read_where_it_was_written(
    clinic: Clinic, sent: Changes, date: str, place: str
) -> None:
    booked = clinic.booked(**sent)
    assert (booked["date"], booked["patientTimezone"]) == (f"{date}:00.000Z", place)
    assert Appointment.objects.get().starts_at.isoformat() == f"{date}:00+00:00"


SKIPPED = [
    ("2027-03-28T01:00:00", None),
    ("2027-03-28T01:59:59.999", None),
    ("2027-03-28T01:30", "Europe/London"),
    ("2027-03-14T02:30:00", "America/New_York"),
    ("2026-10-04T02:15:00", "Australia/Lord_Howe"),  # half an hour is skipped there
]
DOUBLED = [
    ("2026-10-25T01:00:00", None, ("00:00:00.000Z", "01:00:00.000Z")),
    ("2026-10-25T01:30:00", "Europe/London", ("00:30:00.000Z", "01:30:00.000Z")),
    ("2026-11-01T01:30:00", "America/New_York", ("05:30:00.000Z", "06:30:00.000Z")),
    ("2027-04-04T01:45:00", "Australia/Lord_Howe", ("14:45:00.000Z", "15:15:00.000Z")),
]


@pytest.mark.parametrize("query", ["", "?ignoreBusyTimes=true"], ids=["plainly", "overriding"])
@pytest.mark.parametrize(("date", "place"), SKIPPED)
def test_a_local_time_that_the_clocks_skip_is_refused(
    clinic: Clinic, date: str, place: str | None, query: str
) -> None:
    with nothing_is_written():
        reply = clinic.book(query=query, date=date, clientTimezone=place)
    assert reply.refused == (400, "nonexistent_local_time")
    assert reply.wrong == [("date", "nonexistent_local_time")]


@pytest.mark.parametrize(("date", "place", "moments"), DOUBLED)
def test_a_local_time_that_comes_twice_is_refused_and_asks_for_an_offset(
    clinic: Clinic, date: str, place: str | None, moments: tuple[str, str]
) -> None:
    save(clinic.staff, weekly_hours=ROUND_THE_CLOCK)
    with nothing_is_written():
        reply = clinic.book(date=date, clientTimezone=place)
    assert reply.refused == (400, "ambiguous_local_time")
    assert reply.wrong == [("date", "ambiguous_local_time")]
    title = reply.error["title"]
    assert "send an offset" in title
    offered = title.rpartition(": ")[2].removesuffix(".").split(" or ")
    told = [clinic.booked(date=one, duration=30)["date"] for one in offered]
    assert tuple(one.partition("T")[2] for one in told) == moments


def test_the_minutes_around_a_clock_change_are_there_once(clinic: Clinic) -> None:
    save(clinic.staff, weekly_hours=ROUND_THE_CLOCK)
    for local, moment in [
        ("2026-10-25T00:59:00", "2026-10-24T23:59:00.000Z"),
        ("2026-10-25T02:00:00", "2026-10-25T02:00:00.000Z"),
        ("2027-03-28T00:59:00", "2027-03-28T00:59:00.000Z"),
        ("2027-03-28T02:00:00", "2027-03-28T01:00:00.000Z"),
    ]:
        assert clinic.booked(query="?ignoreBusyTimes=true", date=local)["date"] == moment


@pytest.mark.parametrize(
    "place",
    [
        "Mars/Olympus",
        "",
        " Europe/London",
        "europe/london",
        "Factory",
        "localtime",
        "../../etc/passwd",
        "/etc/localtime",
        "Europe",
        "+01:00",
        "Europe/London\u0000",
        "Z" * 10_000,
    ],
)
def test_an_unknown_zone_is_refused(clinic: Clinic, place: str) -> None:
    with nothing_is_written():
        reply = clinic.book(clientTimezone=place)
    assert reply.refused == (400, "unknown_zone")
    assert reply.wrong == [("clientTimezone", "unknown_zone")]


# --- What is kept -------------------------------------------------------------------------------


def test_price_and_currency_are_frozen_at_booking(clinic: Clinic) -> None:
    save(clinic.service, currency="EUR")
    booked = clinic.booked(duration=60)
    assert (booked["price"], booked["currency"]) == (5000, "eur")
    save(clinic.service, currency="USD")
    ServiceDuration.objects.update(price=1)
    told = clinic.get(booked["id"]).data
    assert (told["price"], told["currency"]) == (5000, "eur")


def test_the_currency_is_that_of_the_business_unless_the_service_has_one(clinic: Clinic) -> None:
    save(clinic.business, currency="CHF")
    assert clinic.booked()["currency"] == "chf"


def test_answers_keep_the_question_as_it_was_asked(clinic: Clinic) -> None:
    text, number = (
        asked(clinic, clinic.service),
        asked(clinic, clinic.service, QuestionKind.NUMBER),
    )
    booked = clinic.booked(
        answers=[
            {"id": str(number.pk), "answer": 36.6},
            {"id": str(text.pk).upper(), "answer": "Füße tun weh 🦶"},
        ]
    )
    save(text, question="Something else?")
    kept = [
        {
            "id": str(number.pk),
            "variableName": number.variable_name,
            "question": "How are you?",
            "answer": 36.6,
        },
        {
            "id": str(text.pk),
            "variableName": text.variable_name,
            "question": "How are you?",
            "answer": "Füße tun weh 🦶",
        },
    ]
    assert booked["answers"] == kept
    assert clinic.get(booked["id"]).data["answers"] == kept


def test_tags_are_kept_once_each_in_the_order_sent(clinic: Clinic) -> None:
    booked = clinic.booked(tags=["zebra", "ape", " zebra ", "Ape"])
    assert booked["tags"] == ["zebra", "ape", "Ape"]
    assert clinic.get(booked["id"]).data["tags"] == ["zebra", "ape", "Ape"]


def test_notes_are_kept_as_they_were_typed(clinic: Clinic) -> None:
    notes = "  Line one\n\n\tline two — „quoted“ 👩‍⚕️ \u202eright to left\u202c  "
    booked = clinic.booked(notes=notes)
    assert booked["notes"] == notes
    assert clinic.get(booked["id"]).data["notes"] == notes


@pytest.mark.parametrize(
    ("location", "kind"),
    [
        ("2 Other Street", "in_person"),
        ("https://meet.google.com/abc-defg-hij", "url"),
        ("HTTP://meet.example/x", "url"),
        ("javascript:alert(1)", "in_person"),
    ],
)
def test_a_location_that_is_sent_replaces_the_services_own(
    clinic: Clinic, location: str, kind: str
) -> None:
    save(clinic.service, location=LocationFactory(business=clinic.business))
    booked = clinic.booked(location=location)
    assert (booked["location"], booked["locationType"], booked["locationValue"]) == (
        None,
        kind,
        location,
    )


@pytest.mark.parametrize("location", [None, "", "   "])
def test_without_a_location_the_services_own_counts(clinic: Clinic, location: str | None) -> None:
    place = LocationFactory(business=clinic.business, address="")
    save(clinic.service, location=place, location_type="phone", location_value="+44 20 0")
    booked = clinic.booked(location=location)
    assert booked["location"] == {"id": str(place.pk), "name": "Main house", "address": None}
    assert (booked["locationType"], booked["locationValue"]) == ("phone", "+44 20 0")


def test_additional_hosts_are_held_too(clinic: Clinic) -> None:
    second, third = (StaffFactory(business=clinic.business) for _ in range(2))
    provides(clinic.staff, clinic.service)
    provides(third, clinic.service, additional=True)
    ids = [str(second.pk), str(second.pk).upper()]
    booked = clinic.booked(additionalStaffIds=ids)
    assert booked["additionalStaffIds"] == sorted([str(second.pk), str(third.pk)])
    assert clinic.get(booked["id"]).data == booked
    held = HeldTime.objects.values_list("staff_id", flat=True)
    assert set(held) == {clinic.staff.pk, second.pk, third.pk}


def test_a_service_that_needs_approval_is_only_requested_and_holds_no_time(
    clinic: Clinic,
) -> None:
    save(clinic.service, bookings_require_approval=True)
    for _ in range(2):
        booked = clinic.booked()
        assert (booked["approved"], booked["status"]) == (False, "requested")
    assert HeldTime.objects.count() == 0


OPTIONAL = [
    "staffId",
    "clientTimezone",
    "location",
    "additionalStaffIds",
    "answers",
    "tags",
    "notes",
    "paymentProvider",
    "paymentId",
    "rrule",
    "skipConflicts",
    "overrides",
]


@pytest.mark.parametrize("name", OPTIONAL)
def test_null_is_the_same_as_leaving_out(clinic: Clinic, name: str) -> None:
    left_out = clinic.book(**({"without": name} if name == "staffId" else {}))
    later = wire(TEN + timedelta(hours=1))
    changes: Changes = {name: None, "date": later}
    null = clinic.book(**changes)
    own = {"id", "date", "endDate", "rescheduleUrl", "cancelUrl"}
    assert left_out.status == null.status == 201
    assert {name: value for name, value in null.data.items() if name not in own} == {
        name: value for name, value in left_out.data.items() if name not in own
    }


def test_every_wrong_field_is_named_at_once(clinic: Clinic) -> None:
    reply = clinic.book(date="soon", duration="30", staffid="x", patientId=None)
    assert reply.refused == (400, "invalid_request")
    assert reply.wrong == [
        ("date", "invalid"),
        ("patientId", "null"),
        ("duration", "invalid"),
        ("staffid", "unknown_field"),
    ]


def test_a_nested_typo_is_named_with_its_place(clinic: Clinic) -> None:
    question = asked(clinic, clinic.service)
    with nothing_is_written():
        reply = clinic.book(answers=[{"id": str(question.pk), "answer": 1, "anwser": 2}])
    assert reply.wrong == [("answers.0.anwser", "unknown_field")]
