"""Time is blocked from the day: by mouse, by keyboard alone, on a phone, and without script."""

from __future__ import annotations

from playwright.sync_api import expect

from staff.models import TimeBlocker
from tests.browser.clinic import Clinic
from tests.browser.conftest import Opener
from tests.browser.test_booking import tab_to
from tests.browser.test_looks import PHONE, look


def test_a_meeting_is_blocked_in_the_panel_and_freed_again(
    clinic: Clinic, new_browser: Opener
) -> None:
    clinic.book(12, starts_at=clinic.at(12, 30))
    page = new_browser(clinic.sofia).new_page()
    page.goto(clinic.path(f"day?day={clinic.day}"))
    page.get_by_role("link", name="Block time").click()
    panel = page.get_by_role("complementary")
    panel.get_by_label("Dr Hart").check()
    panel.get_by_label("From").fill("12:00")
    panel.get_by_label("Until", exact=True).fill("13:00")
    panel.get_by_label("Reason").fill("Team meeting")
    panel.get_by_role("button", name="Block the time").click()
    expect(panel.get_by_text("1 visit lies in this time.")).to_be_visible()
    expect(panel.get_by_label("Reason")).to_have_value("Team meeting")
    assert look(page, "blocking over a visit") == []
    panel.get_by_role("button", name="Block it all the same").click()
    expect(page.get_by_text("The time is blocked.")).to_be_visible()
    block = page.locator(".plan-column .block a")
    expect(block).to_contain_text("Team meeting")
    block.click()
    panel.get_by_role("link", name="Dr Hart").click()
    panel.get_by_text("Free this time").click()
    panel.get_by_role("button", name="Free it").click()
    expect(page.get_by_text("The time is free again.")).to_be_visible()
    expect(block).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("The time is blocked again.")).to_be_visible()
    expect(page.get_by_text("1 visit lies in it, and stays.")).to_be_visible()
    expect(block).to_contain_text("Team meeting")


def test_the_same_by_keyboard_alone(clinic: Clinic, new_browser: Opener) -> None:
    page = new_browser(clinic.sofia).new_page()
    page.goto(clinic.path(f"day?day={clinic.day}"))
    page.keyboard.press("b")
    expect(page.get_by_role("complementary").get_by_label("Dr Hart")).to_be_visible()
    tab_to(page, "Dr Hart")
    page.keyboard.press("Space")
    tab_to(page, "All day")
    page.keyboard.press("Space")
    tab_to(page, "Reason")
    page.keyboard.type("Leave")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The time is blocked.")).to_be_visible()
    assert TimeBlocker.objects.get().reason == "Leave"


def test_without_script_on_a_phone(clinic: Clinic, new_browser: Opener) -> None:
    page = new_browser(clinic.sofia, viewport=PHONE, java_script_enabled=False).new_page()
    page.goto(clinic.path("blocked"))
    page.get_by_role("link", name="Block time").click()
    page.get_by_label("Dr Hart").check()
    page.get_by_role("button", name="Block the time").click()
    expect(page.get_by_text("Enter a time, or choose the whole day.").first).to_be_visible()
    assert not TimeBlocker.objects.exists()
    page.get_by_label("All day").check()
    page.get_by_role("button", name="Block the time").click()
    expect(page.get_by_text("The time is blocked.")).to_be_visible()
    page.get_by_role("link", name="Dr Hart").click()
    page.get_by_text("Free this time").click()
    page.get_by_role("button", name="Free it").click()
    expect(page.get_by_text("The time is free again.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("The time is blocked again.")).to_be_visible()
    assert TimeBlocker.objects.count() == 1
