"""Long German words, Spanish sentences and pages that are read from the right fit on the screen."""

from collections.abc import Iterator

import pytest
from django.conf import settings as configured
from playwright.sync_api import Page, expect
from pytest_django import Settings

from tests.browser.clinic import Clinic
from tests.browser.conftest import Opener
from tests.browser.test_looks import PHONE, WIDE, pages_of
from tests.browser.witness import Witness

# What does not fit: the page, or words within a button or a sign.
TOO_WIDE = """() => {
  const root = document.documentElement;
  const found = root.scrollWidth > root.clientWidth ? ["the page"] : [];
  for (const one of document.querySelectorAll(".button, .badge, .menu-item, .site-nav a, h1, h2")) {
    if (!one.checkVisibility() || one.closest(".visually-hidden, .plan")) continue;
    if (one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== "inline") {
      found.push(one.textContent.trim());
    }
  }
  return found;
}"""


def everywhere(clinic: Clinic) -> Iterator[tuple[str, str]]:
    yield from pages_of(clinic)
    yield "sign in", "/login"


def squeezed(page: Page, clinic: Clinic) -> list[str]:
    """What is too wide, on which page and screen."""
    found = []
    for name, path in everywhere(clinic):
        page.goto(path)
        page.evaluate("for (const it of document.querySelectorAll('main details')) it.open = true")
        for size in (WIDE, PHONE):
            page.set_viewport_size(size)
            found += [f"{name}, {size['width']}: {one}" for one in page.evaluate(TOO_WIDE)]
    return found


@pytest.mark.parametrize("locale", ["de-DE", "es-ES"])
def test_long_words_fit_on_the_screen(
    clinic: Clinic, new_browser: Opener, witness: Witness, locale: str
) -> None:
    witness.expects("Failed to load resource")
    page = new_browser(clinic.sofia, locale=locale).new_page()
    assert squeezed(page, clinic) == []
    assert page.locator("html").get_attribute("lang") == locale[:2]


@pytest.fixture
def read_from_the_right(settings: Settings) -> None:
    settings.LANGUAGES_BIDI = [*configured.LANGUAGES_BIDI, "en"]


@pytest.mark.usefixtures("read_from_the_right")
def test_pages_that_are_read_from_the_right_fit_on_the_screen(
    clinic: Clinic, new_browser: Opener, witness: Witness
) -> None:
    witness.expects("Failed to load resource")
    page = new_browser(clinic.sofia).new_page()
    assert squeezed(page, clinic) == []
    assert page.locator("html").get_attribute("dir") == "rtl"


@pytest.mark.usefixtures("read_from_the_right")
def test_read_from_the_right_the_day_begins_there_and_the_panel_opens_at_the_left(
    clinic: Clinic, new_browser: Opener
) -> None:
    clinic.book(10)
    clinic.book(11, staff_id=clinic.nurse.pk)
    page = new_browser(clinic.sofia).new_page()
    page.goto(clinic.path(f"day?day={clinic.day}"))
    times = page.locator(".plan-times").bounding_box()
    columns = [one.bounding_box() for one in page.locator("[data-column]").all()]
    assert times
    assert all(columns)
    places = [times["x"], *(one["x"] for one in columns if one)]
    assert places == sorted(places, reverse=True)
    page.locator("[data-visit]").first.click()
    expect(page.locator("#side .side-body")).to_contain_text("Ana Núñez")
    side = page.locator("#side").bounding_box()
    assert side
    assert side["x"] < WIDE["width"] - side["x"] - side["width"]
    # An arrow leads where it points.
    page.keyboard.press("Escape")
    before, after = (page.locator(f"a[rel={one}]").first.bounding_box() for one in ("prev", "next"))
    assert before
    assert after
    assert before["x"] > after["x"]


def test_a_language_is_chosen_and_stays(clinic: Clinic, new_browser: Opener) -> None:
    page = new_browser(clinic.sofia).new_page()
    page.goto(clinic.path("waiting"))
    page.get_by_role("button", name="Deutsch").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Wartezimmer")
    assert page.url.endswith(clinic.path("waiting"))
    page.goto(clinic.path("requests"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Anfragen")
    expect(page.get_by_role("button", name="Deutsch")).to_have_attribute("aria-current", "true")
