"""Requests are decided in their list: by mouse, by keyboard, on a phone, and without script."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from appointments.changes import Changes
from appointments.changing import change
from appointments.models import Appointment
from appointments.record import Record
from businesses.actor import Actor
from tests.browser.clinic import Clinic
from tests.browser.conftest import Opener
from tests.browser.test_booking import tab_to
from tests.browser.test_looks import PHONE, look
from tests.factories import ServiceFactory


@pytest.fixture
def asked(clinic: Clinic) -> Record:
    """Something that a patient asks for at a time that has been given to another one meanwhile."""
    service = ServiceFactory(
        business=clinic.business, name="Surgery", bookings_require_approval=True
    )
    one = clinic.book(10, service_id=service.pk)
    clinic.book(10)
    return one


def found(one: Record) -> tuple[str, str]:
    row = Appointment.objects.get(pk=one.id)
    return row.status, row.cancel_reason


def test_a_clash_is_told_before_and_after(
    clinic: Clinic, asked: Record, new_browser: Opener
) -> None:
    page = new_browser(clinic.sofia).new_page()
    page.goto(clinic.path("requests"))
    expect(page.get_by_role("list", name="In the way")).to_contain_text(
        "has an appointment (Follow-up, Ana Núñez)"
    )
    page.get_by_text("Decline", exact=True).click()
    assert look(page, "requests, in the way") == []
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("Nothing is changed.")).to_be_visible()
    assert found(asked) == ("requested", "")


def test_a_decline_with_its_reason_by_keyboard_alone(
    clinic: Clinic, asked: Record, new_browser: Opener
) -> None:
    page = new_browser(clinic.sofia).new_page()
    page.goto(clinic.path("requests"))
    tab_to(page, "Decline")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("Taken meanwhile")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Ana Núñez: declined.")).to_be_visible()
    assert found(asked) == ("cancelled", "Taken meanwhile")


def test_without_script_on_a_phone(clinic: Clinic, asked: Record, new_browser: Opener) -> None:
    page = new_browser(clinic.sofia, viewport=PHONE, java_script_enabled=False).new_page()
    page.goto(clinic.path("requests"))
    page.get_by_text("Decline", exact=True).click()
    page.get_by_label("Reason").fill("Not yet")
    page.get_by_label("Reason").press("Enter")
    expect(page.get_by_text("Choose a request")).to_be_visible()
    assert found(asked) == ("requested", "")
    expect(page.get_by_label("Reason")).to_have_value("Not yet")
    page.get_by_role("button", name="Decline the request").click()
    expect(page.get_by_text("Ana Núñez: declined.")).to_be_visible()
    assert found(asked) == ("cancelled", "Not yet")


def test_what_is_new_is_shown_by_itself_unless_a_reason_is_being_typed(
    clinic: Clinic, asked: Record, new_browser: Opener
) -> None:
    page = new_browser(clinic.sofia).new_page()
    page.goto(clinic.path("requests"))
    page.get_by_text("Decline", exact=True).click()
    page.get_by_label("Reason").fill("Full")
    clinic.book(11, service_id=asked.service_id)
    with page.expect_response(lambda answer: "seen=" in answer.url and answer.status == 200):
        pass
    expect(page.get_by_label("Reason")).to_have_value("Full")
    expect(page.get_by_role("button", name="Approve")).to_have_count(1)
    page.get_by_text("Decline", exact=True).click()
    page.get_by_role("link", name="Ana Núñez").first.focus()
    expect(page.get_by_role("button", name="Approve")).to_have_count(2, timeout=15_000)
    expect(page.locator(f"#of-{asked.id}")).to_be_focused()


def test_a_request_that_moved_meanwhile_is_shown_anew_and_the_reason_stays(
    clinic: Clinic, asked: Record, new_browser: Opener
) -> None:
    page = new_browser(clinic.sofia).new_page()
    page.goto(clinic.path("requests"))
    page.get_by_text("Decline", exact=True).click()
    page.get_by_label("Reason").fill("Full")
    change(
        business_id=clinic.business.pk,
        appointment_id=asked.id,
        changes=Changes(starts_at=clinic.at(15)),
        by=Actor(name="Noor", source="desk"),
    )
    page.get_by_role("button", name="Decline the request").click()
    expect(page.get_by_text("Somebody changed it meanwhile.")).to_be_visible()
    expect(page.locator(".cell-time")).to_contain_text("15:00")
    expect(page.get_by_label("Reason")).to_have_value("Full")
    assert look(page, "requests, changed meanwhile") == []
    assert found(asked) == ("requested", "")
    page.get_by_role("button", name="Decline the request").click()
    expect(page.get_by_text("Ana Núñez: declined.")).to_be_visible()
    assert found(asked) == ("cancelled", "Full")
