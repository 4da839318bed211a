"""Setting up the days on which a clinic is closed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext

from appointments.acceptance import BookingRequest, Override
from appointments.booking import book, cancel
from appointments.record import Record
from businesses.actor import Actor
from businesses.closures import counts_inside, visits_inside
from businesses.history import history_of
from businesses.models import Closure, Location
from tests.desk.clinic import words_of
from tests.factories import LocationFactory, PatientFactory, ServiceFactory, provides
from tests.staff.setup import Setup, errors_of

ACTOR = Actor(name="Sofia", source="desk")
SCOTLAND = {"country": "GB", "region": "SCT", "first_year": "2026", "last_year": "2027"}


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with time_machine.travel(datetime(2026, 11, 20, 12, tzinfo=UTC), tick=True):
        yield


def visit(
    owner: Setup, day: int, hour: int = 10, *, place: Location | None = None, closed: bool = False
) -> Record:
    """On that day of December, in London; on purpose where it is closed."""
    service = owner.service
    if place is not None:
        service = ServiceFactory(business=owner.business, location=place)
        provides(owner.doctor, service)
    return book(
        business_id=owner.business.pk,
        request=BookingRequest(
            service_id=service.pk,
            patient_id=PatientFactory(business=owner.business, name="Ana Núñez").pk,
            starts_at=datetime(2026, 12, day, hour, tzinfo=UTC),
            minutes=30,
            staff_id=owner.doctor.pk,
        ),
        by=ACTOR,
        override=Override("Acute pain") if closed else None,
    )


def closed(owner: Setup, first: str, last: str = "", **fields: Any) -> Closure:
    made: Closure = Closure.objects.create(
        business=owner.business,
        name=fields.pop("name", "Outing"),
        date_start=date.fromisoformat(first),
        date_end=date.fromisoformat(last or first),
        **fields,
    )
    return made


def told(answer: Any) -> list[str]:
    return [str(one) for one in get_messages(answer.wsgi_request)]


def made() -> list[tuple[str, date, date]]:
    return list(Closure.objects.values_list("name", "date_start", "date_end"))


# --- By hand ----------------------------------------------------------------------------------


def test_a_day_without_visits_is_closed_at_once(owner: Setup) -> None:
    answer = owner.post("setup/closures/new", name="Outing", date_start="2026-12-04")
    assert answer["Location"] == owner.url("setup/closures")
    assert made() == [("Outing", date(2026, 12, 4), date(2026, 12, 4))]
    (entry,) = history_of(Closure.objects.get())
    assert (entry.who, entry.source, entry.label) == ("Olga Owner", "Front desk", "Added")


def test_visits_inside_are_told_with_links_before_anything_is_saved(owner: Setup) -> None:
    one = visit(owner, 4)
    gone = visit(owner, 4, 12)
    cancel(business_id=owner.business.pk, appointment_id=gone.id, by=ACTOR, reason="Ill")
    visit(owner, 6)
    sent = {"name": "Break", "date_start": "2026-12-04", "date_end": "2026-12-05"}
    answer = owner.post("setup/closures/new", **sent)
    assert errors_of(answer) == {
        "__all__": [
            "1 visit lies on these days; nothing is saved yet. It stays booked until you move or"
            " cancel it. Save again to close all the same."
        ]
    }
    assert made() == []
    shown = answer.content.decode()
    assert owner.url(f"appointments/{one.id}") in shown
    assert owner.url(f"appointments/{gone.id}") not in shown
    assert "Ana Núñez" in shown
    seen = answer.context["form"]["seen"].value()
    assert owner.post("setup/closures/new", **sent, seen=seen).status_code == 302
    assert made() == [("Break", date(2026, 12, 4), date(2026, 12, 5))]
    assert "1 visit" in words_of(owner.get("setup/closures"))


def test_a_visit_that_came_meanwhile_is_told_too(owner: Setup) -> None:
    visit(owner, 4)
    sent = {"name": "Outing", "date_start": "2026-12-04"}
    seen = owner.post("setup/closures/new", **sent).context["form"]["seen"].value()
    visit(owner, 4, 12)
    answer = owner.post("setup/closures/new", **sent, seen=seen)
    assert errors_of(answer)["__all__"][0].startswith("2 visits lie on these days")
    assert made() == []


def test_what_was_told_of_one_day_does_not_count_for_another(owner: Setup) -> None:
    visit(owner, 4)
    visit(owner, 7)
    answer = owner.post("setup/closures/new", name="Outing", date_start="2026-12-04")
    seen = answer.context["form"]["seen"].value()
    answer = owner.post("setup/closures/new", name="Outing", date_start="2026-12-07", seen=seen)
    assert errors_of(answer)["__all__"][0].startswith("1 visit lies on these days")
    assert made() == []


def test_a_closure_of_one_location_is_about_the_visits_there(owner: Setup) -> None:
    annexe = LocationFactory(business=owner.business, name="Annexe")
    visit(owner, 4)
    there = visit(owner, 4, 12, place=annexe)
    sent = {"name": "Works", "date_start": "2026-12-04", "location": str(annexe.pk)}
    answer = owner.post("setup/closures/new", **sent)
    assert [one.pk for one in answer.context["visits"]] == [there.id]


def test_a_closed_day_is_a_day_of_the_locations_clock(owner: Setup) -> None:
    """Eight in the evening in London is the next morning in Auckland."""
    annexe = LocationFactory(business=owner.business, timezone="Pacific/Auckland")
    evening = visit(owner, 4, 19, place=annexe)
    there, before = (closed(owner, day, location=annexe) for day in ("2026-12-05", "2026-12-04"))
    assert [one.pk for one in visits_inside(there)] == [evening.id]
    assert not visits_inside(before).exists()
    assert counts_inside(owner.business, [there, before]) == [1, 0]


def test_a_name_is_changed_without_asking_about_visits(owner: Setup) -> None:
    row = closed(owner, "2026-12-04")
    visit(owner, 4, closed=True)
    assert owner.send(f"setup/closures/{row.pk}", name="Team day").status_code == 302
    assert made() == [("Team day", date(2026, 12, 4), date(2026, 12, 4))]


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"date_end": "2026-12-03"}, {"date_end": ["The last day is before the first."]}),
        ({"name": ""}, {"name": ["This field is required."]}),
        ({"date_start": ""}, {"date_start": ["This field is required."]}),
        ({"date_start": "31.02.2026"}, {"date_start": ["Enter a valid date."]}),
        (
            {"date_end": "9999-12-31"},
            {"date_end": ["That is too far away; look at the year again."]},
        ),
        (
            {"date_start": "9999-12-31"},
            {"date_start": ["That is too far away; look at the year again."]},
        ),
    ],
)
def test_a_closure_that_can_not_be_is_refused_in_words(
    owner: Setup, fields: dict[str, str], errors: dict[str, list[str]]
) -> None:
    sent = {"name": "Outing", "date_start": "2026-12-04"} | fields
    answer = owner.post("setup/closures/new", **sent)
    assert errors_of(answer) == errors
    assert made() == []


def test_the_same_closure_is_there_once(owner: Setup) -> None:
    closed(owner, "2026-12-04")
    answer = owner.post("setup/closures/new", name="Outing", date_start="2026-12-04")
    assert errors_of(answer) == {"name": ["This closure is there already."]}
    assert len(made()) == 1


def test_a_location_of_another_clinic_is_not_closed(owner: Setup, neighbour: Setup) -> None:
    theirs = LocationFactory(business=neighbour.business)
    sent = {"name": "Mine", "date_start": "2026-12-04", "location": str(theirs.pk)}
    assert list(errors_of(owner.post("setup/closures/new", **sent))) == ["location"]
    assert made() == []


def test_a_closure_is_removed(owner: Setup) -> None:
    row = closed(owner, "2026-12-04")
    answer = owner.post(f"setup/closures/{row.pk}/remove")
    assert told(answer) == ["The closure is removed. Its days can be booked again."]
    assert made() == []


def test_what_is_over_stands_apart_and_what_is_on_today_is_marked(owner: Setup) -> None:
    closed(owner, "2026-11-19", name="Yesterday")
    closed(owner, "2026-11-19", "2026-11-20", name="Now")
    closed(owner, "2026-11-21", name="Tomorrow")
    shown = owner.get("setup/closures").context
    assert [(one.name, one.is_now) for one in shown["coming"]] == [
        ("Now", True),
        ("Tomorrow", False),
    ]
    assert [one.name for one in shown["past"]] == ["Yesterday"]


def test_closures_ask_as_much_for_one_as_for_three(owner: Setup) -> None:
    row = closed(owner, "2026-12-04")
    visit(owner, 4, closed=True)
    holidays = "setup/closures/holidays?country=GB&region=&first_year=2026&last_year=2026"
    pages = ("setup/closures", f"setup/closures/{row.pk}", holidays)

    def statements(page: str) -> int:
        with CaptureQueriesContext(connection) as sent:
            assert owner.get(page).status_code == 200
        return len(sent)

    before = [statements(page) for page in pages]
    place = LocationFactory(business=owner.business)
    for number in range(2):
        closed(owner, "2026-12-04", name=f"Other {number}", location=place)
        visit(owner, 4, 12 + number, closed=True)
    assert [statements(page) for page in pages] == before


# --- Public holidays --------------------------------------------------------------------------


def test_the_country_of_the_clinics_clock_is_proposed(owner: Setup) -> None:
    form = owner.get("setup/closures/holidays").context["form"]
    assert form.initial == {"country": "GB", "first_year": 2026, "last_year": 2027}


def test_the_days_to_come_are_shown_with_what_is_booked_on_them(owner: Setup) -> None:
    visit(owner, 28)
    lines = owner.get("setup/closures/holidays", **SCOTLAND).context["lines"]
    assert [(str(one.holiday.day), one.visits) for one in lines][:4] == [
        ("2026-11-30", 0),
        ("2026-12-25", 0),
        ("2026-12-26", 0),
        ("2026-12-28", 1),
    ]
    assert {(one.there, one.ticked) for one in lines} == {(False, True)}
    assert made() == []


def test_ticked_holidays_are_imported_once(owner: Setup) -> None:
    days = ["2026-11-30", "2026-12-25"]
    for count in ("2 public holidays are added.", "0 public holidays are added."):
        answer = owner.post("setup/closures/holidays", **SCOTLAND, days=days)
        assert (answer["Location"], told(answer)[-1]) == (owner.url("setup/closures"), count)
    assert made() == [
        ("Saint Andrew's Day", date(2026, 11, 30), date(2026, 11, 30)),
        ("Christmas Day", date(2026, 12, 25), date(2026, 12, 25)),
    ]
    lines = owner.get("setup/closures/holidays", **SCOTLAND).context["lines"]
    assert [str(one.holiday.day) for one in lines if one.there] == days
    (entry,) = history_of(Closure.objects.all()[0])
    assert (entry.who, entry.source) == ("Olga Owner", "Front desk")


def test_no_day_ticked_is_said_and_the_ticks_stay_as_they_were(owner: Setup) -> None:
    answer = owner.post("setup/closures/holidays", **SCOTLAND)
    assert "Choose at least one day." in words_of(answer)
    assert not any(line.ticked for line in answer.context["lines"])
    assert made() == []


def test_a_day_that_is_no_holiday_is_not_imported(owner: Setup) -> None:
    answer = owner.post("setup/closures/holidays", **SCOTLAND, days=["2026-12-24"])
    assert answer.status_code == 200
    assert made() == []


@pytest.mark.parametrize(
    "asked",
    [
        {"country": "XX"},
        {"region": "BY"},
        {"first_year": "1990"},
        {"first_year": "2028", "last_year": "2027"},
    ],
)
def test_a_place_or_year_without_holidays_is_refused(owner: Setup, asked: dict[str, str]) -> None:
    answer = owner.post("setup/closures/holidays", **SCOTLAND | asked, days=["2026-11-30"])
    assert answer.context["form"].errors
    assert made() == []
