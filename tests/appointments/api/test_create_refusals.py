"""What a create refuses, and with which code, over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from businesses.identifiers import new_id
from businesses.models import QuestionKind, ServiceDuration
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
from tests.appointments.api.test_create_rules import Changes, asked, save
from tests.contract import IDENTIFIER, MOMENT
from tests.factories import (
    PatientFactory,
    ServiceFactory,
    StaffFactory,
    blocks,
    provides,
)

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
