"""A patient's own links: who gets in, what is told, and what opening one never does."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.conf import settings as project
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from appointments.booking import cancel
from appointments.changes import Changes
from appointments.changing import change
from appointments.models import Status
from appointments.telling import appointment
from config.logs import Line
from staff.models import TimeBlocker
from tests.appointments.desk import DESK, written
from tests.appointments.links import Patient
from tests.desk.clinic import MONDAY, FrontDesk, at, open_desk, words_of
from tests.factories import LocationFactory, PatientFactory, StaffFactory, blocks

PAGES = ("reschedule", "cancel", "appointment.ics")
WRONG = "0123456789abcdef0123456789abcdef"


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


# --- Who gets in ------------------------------------------------------------------------------


def test_the_links_of_the_interface_lead_to_the_pages(patient: Patient) -> None:
    told = appointment(patient.record)
    for name, heading in (
        ("rescheduleUrl", "Move your appointment"),
        ("cancelUrl", "Cancel this appointment?"),
    ):
        answer = Client().get(told[name].removeprefix(project.PUBLIC_URL))
        assert answer.status_code == 200
        assert heading in words_of(answer)


def test_capitals_in_the_address_do_no_harm(patient: Patient) -> None:
    path = patient.path("cancel")
    known = str(patient.record.id)
    assert Client().get(path.replace(known, known.upper())).status_code == 200
    alias = patient.desk.business.alias
    assert Client().get(path.replace(alias, alias.upper())).status_code == 200


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("token", ["", "x", WRONG, "é" * 32, "\0", WRONG * 100])
def test_without_its_token_there_is_no_appointment(patient: Patient, page: str, token: str) -> None:
    before = written()
    for answer in (patient.get(page, token=token), patient.post(page, {"seen": "x"}, token=token)):
        assert answer.status_code == 404
        assert "This link leads nowhere" in words_of(answer)
        assert patient.desk.business.name not in answer.content.decode()
        assert "Ana" not in answer.content.decode()
    assert written() == before


@pytest.mark.parametrize("page", PAGES)
def test_a_token_opens_its_own_appointment_and_no_other(patient: Patient, page: str) -> None:
    other = Patient(patient.desk, patient.desk.book(at(12)))
    neighbour = Patient(open_desk(), patient.record)
    before = written()
    for stranger, token in (
        (patient, other.record.link_token),
        (other, patient.record.link_token),
        (neighbour, patient.record.link_token),
    ):
        assert stranger.get(page, token=token).status_code == 404
        assert stranger.post(page, {"seen": at(10).isoformat()}, token=token).status_code == 404
    assert written() == before


def test_a_wrong_token_costs_the_same_whether_or_not_there_is_an_appointment(
    patient: Patient,
) -> None:
    """The counts of the address and of the link, and the look at the appointment between them."""
    nobody = Patient(patient.desk, patient.record._replace(id=uuid4()))
    nowhere = patient.path("cancel", token=WRONG).replace(patient.desk.business.alias, "nowhere")
    answers = []
    for path in (
        patient.path("cancel", token=WRONG),
        nobody.path("cancel", token=WRONG),
        nowhere,
    ):
        with CaptureQueriesContext(connection) as seen:
            answer = Client().get(path)
        statements = [one["sql"].split("\n")[1][:30] for one in seen.captured_queries]
        quiet = {name: value for name, value in answer.headers.items() if name != "X-Request-Id"}
        answers.append((statements, answer.status_code, quiet, answer.content))
    assert len(answers[0][0]) == 3
    assert answers[0] == answers[1] == answers[2]


def test_the_database_never_sees_the_token_that_somebody_sent(patient: Patient) -> None:
    for token in (WRONG, patient.record.link_token):
        with CaptureQueriesContext(connection) as seen:
            patient.get("cancel", token=token)
        assert not [one for one in seen.captured_queries if token in one["sql"]]


def test_statements_of_the_pages(patient: Patient) -> None:
    """Two counts, the door, the appointment, its rules; for times the service and a calendar."""
    pinned = {"cancel": 5, "appointment.ics": 5, "reschedule": 7}
    for more in ((), (11, 12, 13)):
        for hour in more:
            patient.desk.book(at(hour))
        for page, statements in pinned.items():
            with CaptureQueriesContext(connection) as seen:
                assert patient.get(page).status_code == 200
            assert len(seen) == statements, (page, more)


# --- Opening a link changes nothing -----------------------------------------------------------


@pytest.mark.parametrize("method", ["get", "head", "options", "put", "delete", "patch"])
def test_a_mail_scanner_that_follows_every_link_changes_nothing(
    patient: Patient, method: str
) -> None:
    before = written()
    to = at(14).isoformat()
    for page in PAGES:
        for query in ({}, {"to": to}, {"moved": to}, {"seen": at(10).isoformat(), "reason": "x"}):
            answer = getattr(Client(), method)(patient.path(page, **query))
            assert answer.status_code == (200 if method in ("get", "head") else 405)
    assert written() == before
    assert patient.now.starts_at == at(10)


def test_the_pages_are_kept_by_nobody_and_tell_nobody_their_address(patient: Patient) -> None:
    answers = [
        *(patient.get(page) for page in PAGES),
        patient.get("cancel", token=WRONG),
        Client().put(patient.path("cancel")),
        patient.move(at(14)),
    ]
    for answer in answers:
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow, noarchive"
        assert not answer.cookies
    assert b'content="noindex' in answers[0].content
    assert b"<script" not in answers[0].content


def test_a_token_is_not_written_to_the_log(patient: Patient) -> None:
    line = Line("{message}", style="{")
    for message in (
        f"GET {patient.path('cancel')} HTTP/1.1",
        f"Bad thing at https://x{patient.path('cancel', moved='1')}",
        f"{{'QUERY_STRING': 'token={WRONG}'}}",
    ):
        record = logging.LogRecord("x", logging.ERROR, "", 0, message, None, None)
        shown = line.format(record)
        assert "token=…" in shown
        assert patient.record.link_token not in shown
        assert WRONG not in shown
    handlers = [one for one in logging.getLogger().handlers if isinstance(one.formatter, Line)]
    assert len(handlers) == 1, "the site's own handler writes such lines"


# --- What is told -----------------------------------------------------------------------------


def test_the_page_tells_the_appointment_and_nothing_that_is_the_staffs(desk: FrontDesk) -> None:
    secret = "Owes us money"
    other = PatientFactory(business=desk.business, name="Bert Stone")
    desk.service.location.phone = "+44 20 7946 0123"
    desk.service.location.save()
    patient = Patient(desk, desk.book(at(10), notes=secret, tags=("difficult",)))
    desk.book(at(11), patient_id=other.pk)
    blocks(desk.doctor, at(12), 60, "Divorce hearing")
    for page in ("reschedule", "cancel"):
        shown = patient.get(page).content.decode()
        words = words_of(patient.get(page))
        for word in (
            desk.business.name,
            "Monday, 7 January 2030",
            "10:00 to 10:30, London time (GMT)",
            "Ana Núñez",
            "Follow-up",
            "Dr Hart",
            "Main house 1 River Street",
            "+44 20 7946 0123",
            desk.business.email,
        ):
            assert word in words, word
        for word in (secret, "difficult", "Bert", "Divorce"):
            assert word not in shown
    assert TimeBlocker.objects.count() == 1


def test_why_the_clinic_cancelled_is_the_clinics_own(patient: Patient) -> None:
    cancel(
        business_id=patient.desk.business.pk,
        appointment_id=patient.record.id,
        by=DESK,
        reason="Never pays",
    )
    for page in ("reschedule", "cancel"):
        answer = patient.get(page)
        assert "Your appointment is cancelled" in words_of(answer)
        assert b"Never pays" not in answer.content
        assert b"<form" not in answer.content


def test_times_are_the_patients_and_the_clinics_where_they_differ(desk: FrontDesk) -> None:
    patient = Patient(desk, desk.book(at(10), patient_timezone="America/New_York"))
    words = words_of(patient.get("cancel"))
    assert "05:00 to 05:30, New York time (EST)" in words
    assert (
        "At the clinic the clock then shows Monday, 7 January 2030, 10:00, London time (GMT)."
    ) in words


def test_a_clinic_without_a_phone_is_reached_by_mail(patient: Patient) -> None:
    words = words_of(patient.get("cancel"))
    assert "Phone" not in words
    assert f"E-mail: {patient.desk.business.email}" in words
    LocationFactory(business=patient.desk.business, name="Annex", phone="+44 1")
    assert "Phone: +44 1" in words_of(patient.get("cancel"))


def test_a_visit_that_is_over_is_gone_and_says_how_to_reach_the_clinic(
    patient: Patient, clock: time_machine.Traveller
) -> None:
    clock.move_to(at(10, 29) + timedelta(seconds=59))
    assert patient.get("cancel").status_code == 200
    clock.move_to(at(10, 30))
    before = written()
    for page in PAGES:
        for answer in (patient.get(page), patient.post(page, {"seen": at(10).isoformat()})):
            assert answer.status_code == 410
            words = words_of(answer)
            assert "This visit is over" in words
            assert patient.desk.business.email in words
            assert "Ana" not in words
    assert written() == before
    assert patient.get("cancel", token=WRONG).status_code == 404


@pytest.mark.parametrize("status", [Status.NO_SHOW, Status.ARRIVED])
def test_what_has_begun_is_changed_at_the_desk_alone(patient: Patient, status: Status) -> None:
    change(
        business_id=patient.desk.business.pk,
        appointment_id=patient.record.id,
        changes=Changes(status=status),
        by=DESK,
    )
    before = written()
    for answer in (patient.cancel(), patient.move(at(14))):
        assert answer.status_code in (409, 410)
    assert patient.get("cancel").status_code == (410 if status is Status.NO_SHOW else 200)
    assert written() == before


# --- How often --------------------------------------------------------------------------------


def test_an_address_may_ask_so_often_in_a_minute(
    patient: Patient, settings: Settings, clock: time_machine.Traveller
) -> None:
    settings.LINK_RATE_LIMIT = 3
    others = [Patient(patient.desk, patient.desk.book(at(hour))) for hour in range(11, 15)]
    told = [one.get("cancel").status_code for one in others]
    assert told == [200, 200, 200, 429]
    before = written()
    answer = patient.cancel()
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
    assert "Wait 60 seconds" in words_of(answer)
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert written() == before
    elsewhere = Client(REMOTE_ADDR="198.51.100.7").get(patient.path("cancel"))
    assert elsewhere.status_code == 200
    clock.shift(timedelta(seconds=60))
    assert patient.get("cancel").status_code == 200


def test_one_link_may_be_asked_so_often_from_everywhere(
    patient: Patient, settings: Settings
) -> None:
    settings.LINK_RATE_LIMIT = 3

    def ask(number: int, token: str) -> int:
        client = Client(REMOTE_ADDR=f"198.51.100.{number}")
        status: int = client.get(patient.path("cancel", token=token)).status_code
        return status

    assert [ask(number, WRONG) for number in range(4)] == [404, 404, 404, 429]
    # Guesses are counted apart: nobody without the token keeps the patient out.
    right = patient.record.link_token
    assert [ask(number, right) for number in range(10, 14)] == [200, 200, 200, 429]
    nobody = Patient(patient.desk, patient.record._replace(id=uuid4()))
    told = [
        Client(REMOTE_ADDR=f"203.0.113.{one}").get(nobody.path("cancel")).status_code
        for one in range(4)
    ]
    assert told == [404, 404, 404, 429]


def test_the_addresses_of_one_household_are_counted_together(
    patient: Patient, settings: Settings
) -> None:
    settings.LINK_RATE_LIMIT = 2
    others = [Patient(patient.desk, patient.desk.book(at(hour))) for hour in range(11, 14)]

    def ask(address: str, one: Patient) -> int:
        status: int = Client(REMOTE_ADDR=address).get(one.path("cancel")).status_code
        return status

    same = ["2001:db8:1:2::1", "2001:db8:1:2::2", "2001:db8:1:2:3::1"]
    assert [ask(*one) for one in zip(same, others, strict=True)] == [200, 200, 429]
    assert ask("2001:db8:1:3::1", patient) == 200


# --- Booking addresses ------------------------------------------------------------------------


def test_booking_addresses_say_how_to_reach_the_clinic(patient: Patient) -> None:
    desk = patient.desk
    for word, row in (("services", desk.service), ("staff", desk.doctor)):
        answer = Client().get(f"/{desk.business.alias}/{word}/{row.pk}")
        assert answer.status_code == 200
        words = words_of(answer)
        for told in (desk.business.name, row.name, desk.business.email, "1 River Street"):
            assert told in words
        assert "noindex" in answer.headers["X-Robots-Tag"]


def test_what_can_not_be_booked_is_not_found(patient: Patient) -> None:
    desk, other = patient.desk, open_desk()
    secretary = StaffFactory(business=desk.business, takes_bookings=False)
    desk.service.enabled = False
    desk.service.save()
    for path in (
        f"/{desk.business.alias}/services/{desk.service.pk}",
        f"/{desk.business.alias}/staff/{secretary.pk}",
        f"/{desk.business.alias}/staff/{other.doctor.pk}",
        f"/{desk.business.alias}/categories/{uuid4()}",
        f"/nowhere/services/{desk.service.pk}",
    ):
        answer: Any = Client().get(path)
        assert answer.status_code == 404
        assert "This link leads nowhere" in words_of(answer)
        assert desk.business.name not in words_of(answer)
