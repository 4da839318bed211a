"""The day on paper: what stands on a sheet, for whom, and what doesn't."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from appointments import booking
from appointments.plan.sheets import Line, Sheet, without_surname
from businesses.models import Closure
from staff.roles import Role
from tests.desk.clinic import PARTNER, FrontDesk, at, open_desk, words_of
from tests.factories import (
    LocationFactory,
    PatientFactory,
    ServiceFactory,
    StaffFactory,
    blocks,
    provides,
    works,
)

PAGE = "day/sheet"


def sheets(answer: Any) -> dict[str, Sheet]:
    return {one.name: one for one in answer.context["sheets"]}


def told(lines: list[Line]) -> list[tuple[str, str, str]]:
    return [(one.kind, one.times, one.words) for one in lines]


def test_a_sheet_tells_all_that_is_needed_without_a_screen(desk: FrontDesk) -> None:
    desk.patient.dob = date(1980, 4, 23)
    desk.patient.save()
    desk.room("Room 1")
    desk.book(at(10), notes="Brings an\nX-ray")
    page = words_of(desk.get(PAGE))
    assert "10:00–10:30 30 min Ana Núñez born" in page
    for said in (
        "+44 7700 900123",
        "Follow-up Room 1",
        "Booked first visit",
        "Brings an",
    ):
        assert said in page
    assert "has notes" not in page, "they stand there"
    assert f"{desk.business.name} " in page
    assert "Printed" in page
    assert f"({desk.business.timezone})" in page


def test_a_sheet_shows_what_is_taken_and_what_is_free(desk: FrontDesk) -> None:
    works(desk.doctor, {"monday": [[900, 1400]]}, date_start=date(2030, 1, 1))
    desk.book(at(10))
    blocks(desk.doctor, at(12), 60, reason="Lunch")
    answer = desk.get(PAGE)
    (sheet,) = sheets(answer).values()
    assert told(sheet.lines) == [
        ("free", "09:00–10:00", ""),
        ("visit", "10:00–10:30", "Ana Núñez"),
        ("free", "10:30–12:00", ""),
        ("block", "12:00–13:00", "Lunch"),
        ("free", "13:00–14:00", ""),
    ]
    assert (sheet.hours, sheet.visits) == ("09:00–14:00", 1)


def test_each_person_has_a_sheet_and_who_is_off_has_none(desk: FrontDesk) -> None:
    StaffFactory(business=desk.business, name="Dr Okafor")
    works(StaffFactory(business=desk.business, name="Dr Off"), {}, date_start=date(2030, 1, 1))
    assert list(sheets(desk.get(PAGE))) == ["Dr Hart", "Dr Okafor"]
    only = desk.get(PAGE, staff=str(desk.doctor.pk))
    assert list(sheets(only)) == ["Dr Hart"]
    assert "Dr Hart · Monday 7 January 2030" in " ".join(only.content.decode().split())


def test_who_is_off_has_an_empty_sheet_for_whoever_asks(desk: FrontDesk) -> None:
    works(desk.doctor, {}, date_start=date(2030, 1, 1))
    page = words_of(desk.get(PAGE, staff=str(desk.doctor.pk)))
    assert "Nothing is booked on this day." in page
    assert "Nobody is in on this day" in words_of(desk.get(PAGE))


def test_whose_column_is_hidden_is_named_and_printed_when_asked_for(desk: FrontDesk) -> None:
    StaffFactory(business=desk.business, name="Dr Okafor")
    desk.client.post(desk.url("day/show"), {"listed": [str(desk.doctor.pk)]})
    answer = desk.get(PAGE)
    assert list(sheets(answer)) == ["Dr Okafor"]
    assert "hidden: Dr Hart Print them too" in words_of(answer)
    assert list(sheets(desk.get(PAGE, everybody="1"))) == ["Dr Hart", "Dr Okafor"]
    assert list(sheets(desk.get(PAGE, staff=str(desk.doctor.pk)))) == ["Dr Hart"]


def test_one_list_has_everybodys_appointments_by_time_each_once(desk: FrontDesk) -> None:
    nurse = StaffFactory(business=desk.business, name="Nurse Mwangi")
    surgery = ServiceFactory(business=desk.business, name="Surgery")
    provides(desk.doctor, surgery)
    provides(nurse, surgery, additional=True)
    desk.book(at(14), service_id=surgery.pk)
    bert = PatientFactory(business=desk.business, name="Bert Stone")
    desk.book(at(9), staff_id=nurse.pk, patient_id=bert.pk)
    answer = desk.get(PAGE, by="time")
    clinic = answer.context["clinic"]
    assert [(one.times, one.words, one.hosts) for one in clinic.lines] == [
        ("09:00–09:30", "Bert Stone", ("Nurse Mwangi",)),
        ("14:00–14:30", "Ana Núñez", ("Dr Hart", "Nurse Mwangi")),
    ]
    assert clinic.visits == 2
    page = words_of(answer)
    assert "Dr Hart 08:00–14:00, 14:30–20:00" in page
    assert "Nurse Mwangi 08:00–09:00, 09:30–14:00, 14:30–20:00" in page


def test_everybody_in_a_group_has_a_line(desk: FrontDesk) -> None:
    course = ServiceFactory(business=desk.business, name="Yoga", bookings_per_timeslot=8)
    for number in range(3):
        patient = PatientFactory(business=desk.business, name=f"Yogi {number}")
        desk.book(at(18), service_id=course.pk, patient_id=patient.pk)
    (sheet,) = sheets(desk.get(PAGE)).values()
    assert [one.words for one in sheet.lines if one.visit] == ["Yogi 0", "Yogi 1", "Yogi 2"]


def test_rooms_have_sheets_of_their_own(desk: FrontDesk) -> None:
    desk.room("Room 1")
    desk.book(at(10))
    answer = desk.get(PAGE, by="rooms")
    (line,) = [one for one in sheets(answer)["Room 1"].lines if one.visit]
    assert (line.words, line.hosts) == ("Ana Núñez", ())


def test_a_week_of_one_person_has_a_sheet_for_each_day(desk: FrontDesk) -> None:
    desk.doctor.weekly_hours = {"monday": [[900, 1700]], "thursday": [[900, 1700]]}
    desk.doctor.save()
    answer = desk.get(PAGE, view="week", staff=str(desk.doctor.pk), day="2030-01-09")
    assert [one.day for one in answer.context["sheets"]] == [date(2030, 1, 7), date(2030, 1, 10)]


def test_cancelled_appointments_are_printed_for_those_who_ask(desk: FrontDesk) -> None:
    gone = desk.book(at(10))
    booking.cancel(business_id=desk.business.pk, appointment_id=gone.id, by=PARTNER)
    assert "Ana" not in words_of(desk.get(PAGE))
    answer = desk.get(PAGE, cancelled="1")
    assert "Cancelled" in words_of(answer)
    assert sheets(answer)["Dr Hart"].visits == 0


def test_a_day_of_one_place_says_so(desk: FrontDesk) -> None:
    other = LocationFactory(business=desk.business, name="Hill House")
    desk.book(at(10))
    answer = desk.get(PAGE, location=str(other.pk))
    assert ("block", "10:00–10:30", "At Main house") in told(sheets(answer)["Dr Hart"].lines)
    assert f"{desk.business.name}, Hill House" in words_of(answer)


def test_a_holiday_is_taken_time_of_the_whole_day(desk: FrontDesk) -> None:
    day = date(2030, 1, 7)
    Closure.objects.create(
        business=desk.business, name="Founders' Day", date_start=day, date_end=day
    )
    answer = desk.get(PAGE, staff=str(desk.doctor.pk))
    assert told(sheets(answer)["Dr Hart"].lines) == [("block", "", "Founders' Day")]
    assert "All day Founders' Day" in words_of(answer)


def test_an_hour_that_comes_twice_is_told_apart(desk: FrontDesk) -> None:
    desk.doctor.weekly_hours = {"sunday": [[0, 2400]]}
    desk.doctor.save()
    desk.book(at(0, 30, day=293))
    desk.book(at(1, 30, day=293))
    page = words_of(desk.get(PAGE, day="2030-10-27"))
    assert "01:30 BST–01:00 GMT" in page
    assert "01:30 GMT–02:00 GMT" in page


@pytest.mark.parametrize("by", ["", "time", "rooms"])
def test_hidden_surnames_are_nowhere_on_the_page(desk: FrontDesk, by: str) -> None:
    desk.patient.dob = date(1980, 4, 23)
    desk.patient.save()
    desk.room("Room 1")
    blocks(desk.doctor, at(12), 30, reason="Call Mrs Núñez")
    one = desk.book(at(10), notes="Mrs Núñez brings her X-ray")
    steps = {"status": "arrived", "version": one.updated_at.isoformat()}
    desk.client.post(desk.url(f"appointments/{one.id}/step"), steps)  # a message waits to be told
    answer = desk.get(PAGE, surnames="0", by=by)
    page = answer.content.decode()
    assert "Ana N." in page
    for secret in ("Núñez", "900123", "1980", "X-ray"):
        assert secret not in page
    assert "has notes" in page
    assert "Núñez" in desk.get(PAGE, by=by).content.decode()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ana Núñez", "Ana N."),
        ("Ana María Núñez", "Ana N."),
        ("Núñez, Ana", "Ana N."),
        ("Núñez García, Ana María", "Ana G."),
        ("Ana", "Ana"),
        ("Núñez,", "N."),
        ("  ", ""),
    ],
)
def test_a_surname_is_cut_to_a_letter(name: str, shown: str) -> None:
    assert without_surname(name) == shown


def test_names_are_written_as_they_are_and_nothing_else(desk: FrontDesk) -> None:
    sly = PatientFactory(business=desk.business, name='<b onclick="x">Eve</b>')
    desk.book(at(10), patient_id=sly.pk, notes="<script>")
    page = desk.get(PAGE).content.decode()
    assert "<b onclick" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("people", [1, 3])
@pytest.mark.parametrize("by", ["", "time", "rooms"])
def test_sheets_take_twelve_queries_however_many_they_are(
    desk: FrontDesk, people: int, by: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(people):
        desk.room(f"Room {number}")
        person = StaffFactory(business=desk.business)
        desk.book(at(9), staff_id=person.pk)
        blocks(person, at(15), 30)
    with django_assert_num_queries(12):
        desk.get(PAGE, by=by)


def test_other_clinics_are_not_on_paper(desk: FrontDesk, neighbour: FrontDesk) -> None:
    neighbour.room("Their room")
    neighbour.book(at(10), notes="Their note")
    there = neighbour.doctor
    for query in (
        {},
        {"by": "rooms"},
        {"by": "time"},
        {"view": "week", "staff": str(there.pk)},
        {"location": str(neighbour.service.location_id)},
    ):
        answer = desk.get(PAGE, **query)
        assert answer.status_code == 200
        page = answer.content.decode()
        for theirs in (str(there.pk), neighbour.business.name, "Their room", "Their note", "Núñez"):
            if theirs not in query.values():
                assert theirs not in page


@pytest.mark.parametrize("role", [Role.OWNER, Role.ADMIN, Role.MANAGER, Role.PRACTITIONER])
@pytest.mark.usefixtures("db", "clock")
def test_these_roles_print_the_day(role: Role) -> None:
    one = open_desk(role)
    one.book(at(10))
    assert "Ana Núñez" in words_of(one.get(PAGE))


@pytest.mark.parametrize("query", [{"day": "nonsense"}, {"staff": "x"}, {"location": "\x00"}])
def test_nonsense_in_the_address_is_passed_over(desk: FrontDesk, query: dict[str, str]) -> None:
    assert list(sheets(desk.get(PAGE, **query))) == ["Dr Hart"]


def test_the_day_leads_to_its_sheets_and_back(desk: FrontDesk) -> None:
    doctor = str(desk.doctor.pk)
    query = {"day": "2030-01-09", "view": "week", "staff": doctor}
    said = f"day=2030-01-09&view=week&staff={doctor}"
    for here, there in (("day", PAGE), (PAGE, "day")):
        page = desk.get(here, **query).content.decode().replace("&amp;", "&")
        assert f'href="{desk.url(there)}?{said}"' in page
