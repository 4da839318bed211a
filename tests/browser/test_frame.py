"""What every page stands in: the navigation above it and the foot below it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.clinic import Clinic
from tests.browser.conftest import Opener
from tests.browser.test_booking import PHONE


def box(part: Locator) -> dict[str, float]:
    found = part.bounding_box()
    assert found is not None
    return {"y": found["y"], "height": found["height"]}


@pytest.mark.parametrize("page_name", ["day", "waiting", "patients"])
def test_on_a_phone_the_navigation_shows_where_one_is(
    clinic: Clinic, new_browser: Opener, page_name: str
) -> None:
    page = new_browser(clinic.sofia, **PHONE).new_page()
    page.goto(clinic.path(page_name))
    here = page.get_by_role("navigation", name="Main").locator("[aria-current]")
    expect(here).to_be_in_viewport(ratio=0.95)
    assert page.evaluate("scrollY") == 0


@pytest.mark.parametrize("size", [{"width": 1366, "height": 768}, PHONE["viewport"]])
def test_the_foot_is_below_the_page_with_and_without_a_head(
    clinic: Clinic, new_browser: Opener, size: object
) -> None:
    signed_in = new_browser(clinic.sofia, viewport=size).new_page()
    signed_in.goto(clinic.path("patients"))
    stranger = new_browser(viewport=size).new_page()
    stranger.goto("/login")
    for page in (signed_in, stranger):
        main, foot = (box(page.locator(one)) for one in ("main", "footer"))
        assert main["y"] + main["height"] <= foot["y"] + 0.5
        assert foot["y"] + foot["height"] >= page.evaluate("innerHeight") - 0.5


def test_the_clinics_name_and_the_days_bar_have_room_on_a_small_laptop(
    clinic: Clinic, new_browser: Opener
) -> None:
    page = new_browser(clinic.sofia).new_page()
    page.goto(clinic.path(f"day?day={clinic.day}"))
    name = page.locator(".business-name")
    assert name.evaluate("one => one.scrollWidth <= one.clientWidth")
    tops = {round(box(one)["y"]) for one in page.locator(".plan-bar > .button").all()}
    assert len(tops) == 1
