"""In which language and with which dates a page is written, and that the API isn't translated."""

from datetime import date, datetime
from importlib import import_module
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation
from django.utils.formats import date_format, time_format

from appointments.errors import StaffBusy
from businesses.weeks import first_of_week
from tests.desk.clinic import FrontDesk, words_of
from tests.factories import UserFactory

CODES = [code for code, _name in settings.LANGUAGES]
MOMENT = datetime(2030, 11, 22, 14, 5)  # noqa: DTZ001  a wall clock's


def visit(language: str, path: str = "/login") -> Any:
    return Client(headers={"accept-language": language}).get(path)


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("de-AT,de;q=0.9,en;q=0.5", "de"),
        ("es-MX", "es"),
        ("en-US,en;q=0.9", "en-us"),
        ("en-GB", "en"),
        ("fi,sv;q=0.9", "en"),
        ("", "en"),
    ],
)
def test_a_page_is_in_the_language_that_the_browser_asks_for(
    db: None, asked: str, given: str
) -> None:
    answer = visit(asked)
    assert f'<html lang="{given}" dir="ltr">' in answer.content.decode()
    assert answer["Content-Language"] == given
    varies = {one.strip() for one in answer["Vary"].split(",")}
    assert {"Accept-Language", "Cookie"} <= varies


def test_a_language_that_was_chosen_goes_before_the_browsers_and_comes_along(
    desk: FrontDesk,
) -> None:
    here = desk.url("appointments") + "?day=2030-01-07"
    answer = desk.client.post("/language", {"language": "de", "next": here})
    assert (answer.status_code, answer["Location"]) == (302, here)
    desk.user.refresh_from_db()
    assert desk.user.language == "de"
    assert "Montag, 7. Januar 2030" in words_of(
        desk.client.get(here, headers={"accept-language": "es"})
    )
    # At another desk, once they have signed in.
    desk.user.set_password("a long word to remember")
    desk.user.save()
    elsewhere = Client(headers={"accept-language": "es"})
    assert elsewhere.get("/login")["Content-Language"] == "es"
    typed = {"username": desk.user.email, "password": "a long word to remember"}
    elsewhere.post("/login", typed)
    assert elsewhere.get(here)["Content-Language"] == "de"


def test_before_signing_in_a_language_is_kept_in_the_browser(db: None) -> None:
    client = Client()
    client.post("/language", {"language": "es", "next": "/login"})
    assert client.get("/login")["Content-Language"] == "es"


@pytest.mark.parametrize("chosen", ["tlh", "", "de\r\nX: y", "../de"])
def test_a_language_that_there_is_not_changes_nothing(desk: FrontDesk, chosen: str) -> None:
    answer = desk.client.post("/language", {"language": chosen, "next": "/login"})
    assert (answer.status_code, dict(answer.cookies)) == (302, {})
    desk.user.refresh_from_db()
    assert desk.user.language == ""


@pytest.mark.parametrize("back", ["https://elsewhere.example/", "//elsewhere.example", ""])
def test_choosing_a_language_leads_nowhere_else(db: None, back: str) -> None:
    answer = Client().post("/language", {"language": "de", "next": back})
    assert (answer.status_code, answer["Location"]) == (302, "/desk/")


def test_a_link_does_not_choose_a_language(db: None) -> None:
    assert Client().get("/language?language=de").status_code == 405


def test_every_language_is_offered_in_its_own_words(desk: FrontDesk) -> None:
    page = desk.client.get(desk.url("day"), headers={"accept-language": "de"}).content.decode()
    offered = [f'value="{code}"' in page and name in page for code, name in settings.LANGUAGES]
    assert offered == [True] * 4


def test_the_api_says_the_same_in_every_language(desk: FrontDesk) -> None:
    business, body = desk.business, {"serviceId": str(uuid4()), "date": "yesterday", "price": "x"}
    told = set()
    for code in (*CODES, ""):
        client = Client(headers={"accept-language": code})
        client.force_login(desk.user)
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = code
        for path in (f"/v1/businesses/{business.pk}", f"/businesses/{business.pk}"):
            answer = client.post(f"{path}/appointments", body, "application/json")
            assert answer.status_code == 400
            assert "Content-Language" not in answer
            told.add(answer.content)
    assert len(told) == 1


def test_a_refusal_is_told_in_the_language_of_whoever_is_refused(desk: FrontDesk) -> None:
    with translation.override("de"):
        told = StaffBusy().sentence
    assert type(told) is str
    assert StaffBusy().sentence == "The staff member is busy at that time."


def test_a_part_of_a_page_is_sent_again_in_another_language(desk: FrontDesk) -> None:
    live = {"HX-Request": "true", "HX-Target": "plan"}
    tag = desk.client.get(desk.url("day"), headers=live)["ETag"]
    asking = live | {"If-None-Match": tag}
    assert desk.client.get(desk.url("day"), headers=asking).status_code == 304
    german = desk.client.get(desk.url("day"), headers=asking | {"accept-language": "de"})
    assert (german.status_code, german["ETag"] == tag) == (200, False)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (
            "en",
            ["22 November 2030", "22 Nov 2030", "Friday 22 November 2030", "Fri 22 Nov", "14:05"],
        ),
        (
            "en-us",
            [
                "November 22, 2030",
                "Nov 22, 2030",
                "Friday, November 22, 2030",
                "Fri, Nov 22",
                "2:05 p.m.",
            ],
        ),
        (
            "de",
            [
                "22. November 2030",
                "22.11.2030",
                "Freitag, 22. November 2030",
                "Fr, 22. Nov",
                "14:05",
            ],
        ),
        (
            "es",
            [
                "22 de noviembre de 2030",
                "22/11/2030",
                "viernes, 22 de noviembre de 2030",
                "vie 22 nov",
                "14:05",
            ],
        ),
    ],
)
def test_dates_and_times_are_written_as_the_language_writes_them(
    code: str, told: list[str]
) -> None:
    names = ("DATE_FORMAT", "SHORT_DATE_FORMAT", "LONG_DATE_FORMAT", "DAY_FORMAT")
    with translation.override(code):
        dates = [date_format(MOMENT, name) for name in names]
        assert [*dates, time_format(MOMENT, "TIME_FORMAT")] == told


def test_every_language_has_every_format() -> None:
    names = {
        folder: {
            name
            for name in dir(import_module(f"config.formats.{folder}.formats"))
            if name.isupper()
        }
        for folder in ("en", "en_US", "de", "es")
    }
    assert set(map(frozenset, names.values())) == {frozenset(names["en"])}


@pytest.mark.parametrize(("code", "first"), [("en", 18), ("en-us", 17), ("de", 18), ("es", 18)])
@pytest.mark.parametrize("day", [18, 20, 23])
def test_weeks_begin_on_the_day_that_the_language_counts_from(
    code: str, first: int, day: int
) -> None:
    with translation.override(code):
        assert first_of_week(date(2030, 11, day)) == date(2030, 11, first)


def test_the_grid_of_a_week_begins_on_sunday_in_the_united_states(desk: FrontDesk) -> None:
    asked = {"view": "week", "staff": str(desk.doctor.pk), "day": "2030-01-09"}
    answer = desk.client.get(desk.url("day"), asked, headers={"accept-language": "en-US"})
    days = [one["column"].day.isoformat() for one in answer.context["columns"]]
    assert (days[0], days[-1]) == ("2030-01-06", "2030-01-12")
    assert answer.context["columns"][1]["title"] == "Mon, Jan 7"


def test_cards_and_hours_of_the_grid_have_the_clock_of_the_language(desk: FrontDesk) -> None:
    desk.booked(time="14:30")
    american = words_of(desk.client.get(desk.url("day"), headers={"accept-language": "en-US"}))
    assert "2:30 p.m." in american
    assert "14:30" not in american
    assert "2:30 p.m." not in words_of(desk.client.get(desk.url("day")))


def test_a_form_field_for_a_date_is_the_same_in_every_language(desk: FrontDesk) -> None:
    """Browsers write such a field as their own language does, and send it in one form."""
    asked = {"day": "2030-01-07", "time": "10:00"}
    for code in CODES:
        page = desk.client.get(desk.url("book"), asked, headers={"accept-language": code})
        form = page.context["form"]
        assert 'value="2030-01-07"' in str(form["date"])
        assert 'value="10:00"' in str(form["time"])


def test_nobody_has_chosen_a_language_at_first(db: None) -> None:
    assert UserFactory().language == ""
