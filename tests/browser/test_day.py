"""The day's grid: by mouse, by keyboard alone, by thumb, and at two desks at once."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from appointments import booking
from businesses.actor import Actor
from tests.browser.clinic import Clinic
from tests.browser.conftest import Opener
from tests.browser.test_booking import PHONE
from tests.factories import StaffFactory

DESK = Actor(name="Front desk", source="desk")


def day_of(clinic: Clinic, new_browser: Opener, **options: object) -> Page:
    page = new_browser(clinic.sofia, **options).new_page()
    page.goto(clinic.path(f"day?day={clinic.day}"))
    return page


def test_a_card_opens_beside_the_day_and_a_free_time_where_it_is_pressed(
    clinic: Clinic, new_browser: Opener
) -> None:
    clinic.book(10)
    page = day_of(clinic, new_browser)
    card = page.get_by_role("link", name="Ana Núñez")
    card.click()
    expect(page.get_by_role("complementary", name="Ana Núñez")).to_be_visible()
    expect(card).to_have_attribute("aria-current", "true")
    page.keyboard.press("Escape")
    expect(card).to_be_focused()
    expect(card).not_to_have_attribute("aria-current", "true")
    free = page.get_by_role("link", name="Book: free 10:30–20:00, Dr Hart")
    rows = 9.5 * 12  # of five minutes
    height = free.bounding_box()["height"]  # type: ignore[index]
    free.click(position={"x": 40, "y": height / rows * 13})  # five past half past eleven
    expect(page.get_by_role("textbox", name="Time")).to_have_value("11:30")
    assert str(clinic.doctor.pk) in page.url


def test_the_day_by_keyboard_alone(clinic: Clinic, new_browser: Opener) -> None:
    clinic.book(10)
    clinic.book(10, staff_id=clinic.nurse.pk, minutes=60)
    page = day_of(clinic, new_browser)
    stops = page.locator("[data-visit], [data-free]")
    expect(stops.first).to_have_attribute("tabindex", "0")
    stops.first.focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="10:00–10:30")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("link", name="10:00–11:00")).to_be_focused()
    page.keyboard.press("End")
    expect(page.get_by_role("link", name="free 11:00–20:00, Nurse Mwangi")).to_be_focused()
    assert page.locator("[data-visit][tabindex='0'], [data-free][tabindex='0']").count() == 1
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("j")  # nothing, in a dialog
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    expect(page.get_by_role("heading", name="Tuesday")).to_be_visible()
    page.keyboard.press("k")
    expect(page.get_by_role("heading", name="Monday")).to_be_visible()
    page.get_by_label("Go to a day").focus()
    page.keyboard.press("j")  # nothing, in a field
    expect(page.get_by_role("heading", name="Monday")).to_be_visible()
    page.locator("body").click(position={"x": 2, "y": 300})
    page.keyboard.press("c")
    expect(page.get_by_label("Search")).to_be_focused()


def test_two_desks_see_what_the_other_does_and_keep_their_place(
    clinic: Clinic, new_browser: Opener
) -> None:
    one = clinic.book(10)
    page = day_of(clinic, new_browser)
    card = page.get_by_role("link", name="10:00–10:30")
    card.focus()
    clinic.book(12)
    # The grid looks every five seconds.
    expect(page.get_by_role("link", name="12:00–12:30")).to_be_visible(timeout=30_000)
    expect(card).to_be_focused()
    booking.cancel(business_id=clinic.business.pk, appointment_id=one.id, by=DESK)
    expect(card).to_have_count(0, timeout=30_000)


def test_a_day_on_a_phone_shows_one_person_at_a_time(clinic: Clinic, new_browser: Opener) -> None:
    StaffFactory(business=clinic.business, name="Zoe Last")
    clinic.book(10)
    page = day_of(clinic, new_browser, **PHONE)
    page.get_by_role("link", name="Zoe Last").first.click()
    last = page.get_by_role("region", name="Zoe Last")
    expect(last).to_be_in_viewport(ratio=0.1)
    expect(page.get_by_role("region", name="Dr Hart")).not_to_be_in_viewport()
    page.get_by_role("navigation", name="Columns").get_by_role("link", name="Dr Hart").click()
    page.get_by_role("link", name="Ana Núñez").click()
    expect(page.get_by_role("heading", name="Ana Núñez")).to_be_visible()
    width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert width <= 0


def test_without_scripts_the_day_is_links(clinic: Clinic, new_browser: Opener) -> None:
    clinic.book(10)
    page = day_of(clinic, new_browser, java_script_enabled=False)
    page.get_by_role("link", name="free 10:30–20:00, Dr Hart").click()
    expect(page.get_by_role("textbox", name="Time")).to_have_value("10:30")
    page.go_back()
    page.get_by_role("link", name="Book, Dr Hart").click()
    page.wait_for_url(f"**/book?day={clinic.day}&staff={clinic.doctor.pk}")
    page.go_back()
    page.get_by_role("link", name="Ana Núñez").click()
    expect(page.get_by_role("heading", name="Ana Núñez")).to_be_visible()
