"""An appointment is moved past what is in the way, and goes its steps by keyboard."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from appointments.models import Appointment
from tests.browser.clinic import Clinic
from tests.browser.conftest import Opener
from tests.browser.test_booking import tab_to
from tests.browser.test_looks import look


def opened(clinic: Clinic, new_browser: Opener, pk: object) -> Page:
    page = new_browser(clinic.sofia).new_page()
    page.goto(clinic.path(f"appointments/{pk}"))
    return page


def test_a_move_that_clashes_ends_at_another_time(clinic: Clinic, new_browser: Opener) -> None:
    one = clinic.book(10)
    clinic.book(14)
    page = opened(clinic, new_browser, one.id)
    page.get_by_text("Move or change").click()
    page.get_by_label("Time").fill("14:00")
    page.get_by_label("Length").select_option(label="60 minutes · 50.00 GBP")
    page.get_by_role("button", name="Save").click()
    clash = page.get_by_role("region", name="The staff member is busy at that time.")
    expect(clash).to_be_focused()
    expect(clash).to_contain_text("has an appointment (Follow-up, Ana Núñez)")
    expect(page.get_by_role("textbox", name="Time")).to_have_value("14:00")
    assert look(page, "moving, clash") == []
    clash.get_by_role("button", name="14:30").click()
    expect(page.get_by_text("Moved.")).to_be_visible()
    expect(page.locator(".headline-time")).to_contain_text("14:30–until15:30")
    assert Appointment.objects.get(pk=one.id).starts_at == clinic.at(14, 30)


def test_of_two_desks_the_later_one_is_told_and_loses_nothing(
    clinic: Clinic, new_browser: Opener
) -> None:
    one = clinic.book(10)
    pages = [opened(clinic, new_browser, one.id) for _ in range(2)]
    for page, time in zip(pages, ("11:00", "12:00"), strict=True):
        page.get_by_text("Move or change").click()
        page.get_by_label("Time").fill(time)
    for page in pages:
        page.get_by_role("button", name="Save").click()
    expect(pages[0].get_by_text("Moved.")).to_be_visible()
    late = pages[1]
    expect(late.get_by_role("alert").filter(has_text="Somebody changed it")).to_be_focused()
    expect(late.get_by_label("Time")).to_have_value("12:00")
    assert Appointment.objects.get(pk=one.id).starts_at == clinic.at(11)
    late.get_by_role("button", name="Save").click()
    expect(late.get_by_text("Moved.")).to_be_visible()
    assert Appointment.objects.get(pk=one.id).starts_at == clinic.at(12)


def test_the_steps_by_keyboard_alone(clinic: Clinic, new_browser: Opener) -> None:
    one = clinic.book(10)
    page = opened(clinic, new_browser, one.id)
    for button, told, status in (
        ("Arrived", "Arrived.", "arrived"),
        ("Start", "Started.", "in_progress"),
        ("Undo", "Undone.", "arrived"),
        ("Start", "Started.", "in_progress"),
        ("Complete", "Completed.", "completed"),
    ):
        tab_to(page, button)
        page.keyboard.press("Enter")
        expect(page.get_by_role("status").filter(has_text=told)).to_be_visible()
        assert Appointment.objects.get(pk=one.id).status == status
