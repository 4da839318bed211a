"""The appointment for a patient's own calendar."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine

from tests.appointments.links import Patient
from tests.desk.clinic import MONDAY, at, open_desk


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(MONDAY, tick=False) as traveller:
        yield traveller


@pytest.fixture
def patient(db: None) -> Patient:
    desk = open_desk()
    desk.business.name = "Hart, Núñez; Sons \\ Co"
    desk.business.save()
    return Patient(desk, desk.book(at(10)))


def event(patient: Patient) -> dict[str, str]:
    """The properties of the only event, unfolded."""
    answer = patient.get("appointment.ics")
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="appointment.ics"'
    lines = answer.content.decode().split("\r\n")
    assert lines[-1] == ""
    assert not [one for one in lines if len(one.encode()) > 75]
    whole = answer.content.decode().replace("\r\n ", "").split("\r\n")[:-1]
    assert (whole[0], whole[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    return dict(one.split(":", 1) for one in whole[6:-2])


def test_an_event_tells_when_where_and_with_whom(patient: Patient) -> None:
    assert event(patient) == {
        "UID": f"{patient.record.id}@127.0.0.1",
        "SEQUENCE": "0",
        "DTSTAMP": "20300107T060000Z",
        "LAST-MODIFIED": "20300107T060000Z",
        "DTSTART": "20300107T100000Z",
        "DTEND": "20300107T103000Z",
        "STATUS": "CONFIRMED",
        "SUMMARY": "Follow-up at Hart\\, Núñez\\; Sons \\\\ Co",
        "DESCRIPTION": "With: Dr Hart\\nE-mail: desk@clinic.example",
        "LOCATION": "Main house\\, 1 River Street",
        "CLASS": "PRIVATE",
    }


def test_a_calendar_that_has_it_moves_it_and_takes_it_out(
    patient: Patient, clock: time_machine.Traveller
) -> None:
    first = event(patient)
    clock.shift(60)
    patient.move(at(14))
    second = event(patient)
    clock.shift(60)
    patient.cancel(seen=at(14).isoformat())
    third = event(patient)
    assert first["UID"] == second["UID"] == third["UID"]
    assert [one["SEQUENCE"] for one in (first, second, third)] == ["0", "60", "120"]
    assert (second["DTSTART"], second["STATUS"]) == ("20300107T140000Z", "CONFIRMED")
    assert third["STATUS"] == "CANCELLED"


def test_the_link_is_not_in_a_file_that_is_passed_on(patient: Patient) -> None:
    assert patient.record.link_token.encode() not in patient.get("appointment.ics").content


def test_what_is_not_confirmed_is_tentative(patient: Patient) -> None:
    asked = Patient(patient.desk, patient.desk.book_request(at(12)))
    assert event(asked)["STATUS"] == "TENTATIVE"


def test_long_lines_are_folded_between_characters(patient: Patient) -> None:
    patient.desk.service.name = "Ünterßuchung " * 12
    patient.desk.service.save()
    assert event(patient)["SUMMARY"].startswith("Ünterßuchung " * 12)


def test_moments_are_utc_on_the_days_that_clocks_change(patient: Patient) -> None:
    summer = Patient(patient.desk, patient.desk.book(datetime(2030, 3, 31, 8, tzinfo=UTC)))
    assert event(summer)["DTSTART"] == "20300331T080000Z"
