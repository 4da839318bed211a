"""Times that nobody means: no page fails of them, and nothing of them is kept."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError

from appointments.forms.patients import birth_date
from appointments.models import Appointment, EntryStatus, WaitlistEntry
from patients.models import Patient
from tests.appointments.links import Patient as Linked
from tests.desk.clinic import FrontDesk, at, words_of
from tests.desk.test_waitlist import act, form, waits
from tests.desk.test_walk_in import send as take_in

MOMENTS = (
    "0001-01-01T00:00:00+14:00",
    "0001-01-01T00:00:00+00:00",
    "9999-12-31T23:59:59+00:00",
    "9999-12-31T23:00:00-14:00",
    "2030-01-07T10:00:00",
    "\x00",
)
DAYS = ("0001-01-01", "1900-01-01", "2199-12-31", "9999-12-31", "2030-02-30", "9" * 5000)


@pytest.mark.parametrize("what", ["offer", "book"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_nobody_who_waits_is_offered_an_odd_time(desk: FrontDesk, what: str, moment: str) -> None:
    entry = waits(desk)
    answer = act(desk, entry, f"{what} {moment} {desk.doctor.pk}")
    assert "Choose what to do with the entry." in words_of(answer)
    entry.refresh_from_db()
    assert (entry.status, entry.offered_time) == (EntryStatus.WAITING, None)
    assert not Appointment.objects.exists()


@pytest.mark.parametrize("field", ["first_day", "last_day"])
@pytest.mark.parametrize("day", ["0001-01-01", "1900-12-31", "2199-01-01", "9999-12-31"])
def test_nobody_waits_until_the_end_of_the_calendar(desk: FrontDesk, field: str, day: str) -> None:
    answer = desk.client.post(desk.url("waitlist/new"), form(desk, **{field: day}))
    assert "Enter a date between 1900 and 2199." in words_of(answer)
    assert not WaitlistEntry.objects.exists()


@pytest.mark.parametrize("moment", MOMENTS)
def test_nobody_is_taken_in_at_an_odd_time(desk: FrontDesk, moment: str) -> None:
    answer = take_in(desk, seen=f"{moment} {desk.doctor.pk}")
    assert answer.status_code == 200
    assert "seen" in answer.context["form"].errors
    assert not Appointment.objects.exists()


@pytest.mark.parametrize(
    "page", ["day", "appointments", "day/sheet", "blocked", "blocked/new", "book"]
)
@pytest.mark.parametrize("day", DAYS)
def test_a_page_of_an_odd_day_is_a_page(desk: FrontDesk, page: str, day: str) -> None:
    assert desk.get(page, day=day, time="23:59", duration="60").status_code == 200


@pytest.mark.parametrize("duration", ["0" * 3000 + "1", "9" * 5000, "-5", "1.5", "٣٠"])
def test_a_block_of_an_odd_length_is_left_to_be_typed(desk: FrontDesk, duration: str) -> None:
    page = desk.get("blocked/new", day="2030-01-07", time="10:00", duration=duration)
    assert page.status_code == 200
    assert page.context["form"].initial.get("end") is None


@pytest.mark.parametrize("day", ["9999-12-31", "1.1.0001", "31.12.2199"])
def test_a_search_for_an_odd_day_finds_nothing(desk: FrontDesk, day: str) -> None:
    desk.book(at(10))
    answer = desk.get("search", q=day)
    assert answer.status_code == 200
    assert str(desk.patient) not in words_of(answer)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("language", ["en", "en-us", "de"])
def test_a_patients_link_to_an_odd_time_shows_what_is_free(
    desk: FrontDesk, moment: str, language: str
) -> None:
    patient = Linked(desk, desk.book(at(10, day=2)))
    answers: list[Any] = [
        patient.get("reschedule", to=moment),
        patient.post("reschedule", {"to": moment, "seen": moment}),
        patient.get("reschedule", week=moment[:10]),
    ]
    assert {answer.status_code for answer in answers} <= {200, 400, 409}
    assert patient.now.starts_at == at(10, day=2)


def test_a_new_patient_was_born_by_today(desk: FrontDesk) -> None:
    desk.send(patient="", new_name="Mia Neu", new_phone="1", new_birth_date="2030-01-08")
    assert not Patient.objects.filter(name="Mia Neu").exists()
    desk.send(patient="", new_name="Mia Neu", new_phone="1", new_birth_date="2030-01-07")
    assert Patient.objects.filter(name="Mia Neu").exists()


def test_today_is_the_clinics_where_somebody_was_born(
    desk: FrontDesk, clock: time_machine.Traveller
) -> None:
    desk.business.timezone = "Pacific/Auckland"
    clock.move_to(datetime(2030, 1, 7, 12, 0, tzinfo=UTC))  # the eighth in Auckland
    assert birth_date(date(2030, 1, 8), desk.business) == date(2030, 1, 8)
    with pytest.raises(ValidationError):
        birth_date(date(2030, 1, 9), desk.business)
