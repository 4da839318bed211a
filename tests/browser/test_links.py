"""A patient opens the link from a mail: on a phone, by keyboard, without script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Page, ViewportSize, expect
from pytest_django import Settings

from appointments.booking import cancel
from appointments.models import Appointment, Status
from appointments.record import Record
from tests.browser.clinic import Clinic
from tests.browser.conftest import Opener
from tests.browser.test_looks import ACTOR, look
from tests.browser.witness import Witness

PHONE: ViewportSize = {"width": 390, "height": 844}
Links = dict[str, str]


@pytest.fixture(autouse=True)
def unhurried(settings: Settings) -> None:
    settings.LINK_RATE_LIMIT = 1000


def links_of(record: Record) -> Links:
    path = f"/{record.business_alias}/appointments/{record.id}"
    return {
        page: f"{path}/{page}?token={record.link_token}"
        for page in ("reschedule", "cancel", "appointment.ics")
    }


def now(record: Record) -> Appointment:
    found: Appointment = Appointment.objects.get(pk=record.id)
    return found


def move_by_hand(page: Page, clinic: Clinic, record: Record) -> None:
    page.goto(links_of(record)["reschedule"])
    expect(page.get_by_role("heading", level=1)).to_have_text("Move your appointment")
    expect(page.locator("header").first).to_contain_text("Riverside Practice")
    page.get_by_role("link", name=", 14:30").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Move to this time?")
    assert now(record).starts_at == clinic.at(10), "nothing is changed before it is confirmed"
    page.get_by_role("button", name="Yes, move it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your appointment is moved")
    expect(page.locator("main")).to_contain_text("14:30 to 15:00, London time")
    assert now(record).starts_at == clinic.at(14, 30)


def test_a_patient_moves_and_cancels_on_a_phone(clinic: Clinic, new_browser: Opener) -> None:
    record = clinic.book(10)
    page = new_browser(viewport=PHONE, is_mobile=True, has_touch=True).new_page()
    move_by_hand(page, clinic, record)
    with page.expect_download() as file:
        page.get_by_role("link", name="Add to my calendar").click()
    assert file.value.suggested_filename == "appointment.ics"
    page.get_by_role("link", name="Cancel the appointment").click()
    page.get_by_label("Would you tell the clinic why?").fill("Feeling better")
    page.get_by_role("button", name="Yes, cancel it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your appointment is cancelled")
    assert (now(record).status, now(record).cancel_reason) == (Status.CANCELLED, "Feeling better")
    page.go_back()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your appointment is cancelled")


def test_the_same_without_javascript_and_without_cookies(
    clinic: Clinic, new_browser: Opener
) -> None:
    record = clinic.book(10)
    context = new_browser(java_script_enabled=False)
    page = context.new_page()
    move_by_hand(page, clinic, record)
    assert context.cookies() == []
    page.go_back()  # what was confirmed is not asked for once more
    expect(page.get_by_role("heading", level=1)).to_have_text("Your appointment")
    expect(page.locator("main")).to_contain_text("14:30 to 15:00, London time")
    assert now(record).starts_at == clinic.at(14, 30)


def tab_to(page: Page, name: str) -> None:
    """Presses Tab until the thing whose words begin so has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        words = page.evaluate("document.activeElement.textContent.replace(/\\s+/g, ' ').trim()")
        if words.startswith(name):
            return
    raise AssertionError(f"{name} can't be reached")


def test_the_same_with_the_keyboard_alone(clinic: Clinic, new_browser: Opener) -> None:
    record = clinic.book(10)
    page = new_browser().new_page()
    page.goto(links_of(record)["reschedule"])
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # past the head
    tuesday = clinic.day + timedelta(days=1)
    tab_to(page, f"{tuesday:%A}")
    page.keyboard.press("Space")  # opens the day
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_accessible_name(
        re.compile(f"^{tuesday:%A}, .* {tuesday.year}, 08:00$")
    )
    page.keyboard.press("Enter")
    page.wait_for_url("**to=**")
    tab_to(page, "Yes, move it")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your appointment is moved")
    assert now(record).starts_at == clinic.at(8) + timedelta(days=1)


def test_a_time_that_was_taken_meanwhile_is_told_and_others_are_shown(
    clinic: Clinic, new_browser: Opener, witness: Witness
) -> None:
    witness.expects("409 (Conflict)")
    record = clinic.book(10)
    page = new_browser(viewport=PHONE).new_page()
    page.goto(links_of(record)["reschedule"])
    page.get_by_role("link", name=", 14:30").first.click()
    clinic.book(14, starts_at=clinic.at(14, 30))
    page.get_by_role("button", name="Yes, move it").click()
    expect(page.get_by_role("alert")).to_contain_text("That time has just been taken.")
    page.get_by_role("link", name=", 15:00").first.click()
    page.get_by_role("button", name="Yes, move it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your appointment is moved")
    assert now(record).starts_at == clinic.at(15)


def test_weeks_are_turned_and_the_times_come_into_sight(
    clinic: Clinic, new_browser: Opener
) -> None:
    record = clinic.book(10)
    page = new_browser(viewport=PHONE).new_page()
    page.goto(links_of(record)["reschedule"])
    page.get_by_role("link", name="Later").click()
    expect(page.get_by_role("heading", name="Choose a new time")).to_be_in_viewport()
    later = clinic.day + timedelta(days=7)
    expect(page.locator("summary").first).to_contain_text(f", {later.day} ")
    page.get_by_role("link", name="Earlier").click()
    expect(page.locator("summary").first).to_contain_text(f", {clinic.day.day} ")


def pages_of(clinic: Clinic, settings: Settings) -> Iterator[tuple[str, str]]:
    links = links_of(clinic.book(10))
    to = clinic.at(14).isoformat().replace("+", "%2B")
    yield "times", links["reschedule"]
    yield "confirm", f"{links['reschedule']}&to={to}"
    yield "not free", f"{links['reschedule']}&to=x"
    yield "cancel", links["cancel"]
    yield "not this link", links["cancel"][:-1] + "x"
    here = clinic.at(10).isoformat().replace("+", "%2B")
    yield "moved", f"{links['reschedule']}&moved={here}"
    clinic.business.cancel_lead_time = 60 * 24 * 60
    clinic.business.save()
    yield "too late", links["cancel"]
    clinic.service.enabled = False
    clinic.business.cancel_lead_time = 0
    clinic.business.save()
    gone = clinic.book(11)
    cancel(business_id=clinic.business.pk, appointment_id=gone.id, by=ACTOR)
    yield "cancelled", links_of(gone)["cancel"]
    yield "booking", f"/{clinic.business.alias}/services/{clinic.call.pk}"
    clinic.service.save()
    yield "not online", links["reschedule"]
    settings.LINK_RATE_LIMIT = 1
    yield "too many", links["reschedule"]


def test_axe_finds_nothing_on_the_pages_for_patients(
    clinic: Clinic, new_browser: Opener, witness: Witness, settings: Settings
) -> None:
    witness.expects("Failed to load resource")
    page = new_browser().new_page()
    found = []
    for name, path in pages_of(clinic, settings):
        page.goto(path)
        page.evaluate("for (const it of document.querySelectorAll('details')) it.open = true")
        found += look(page, name)
    assert found == []
