"""The waiting room stays open all day: by mouse, by keyboard, on a phone, and without script."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from appointments.acceptance import BookingRequest, Override
from appointments.booking import book
from appointments.changes import Changes
from appointments.changing import change
from appointments.models import Appointment, Status
from appointments.record import Record
from businesses.actor import Actor
from businesses.hours import DAYS
from patients.models import Patient
from tests.browser.clinic import Clinic
from tests.browser.conftest import Opener
from tests.browser.test_booking import tab_to
from tests.browser.test_looks import PHONE, look
from tests.factories import PatientFactory

DESK = Actor(name="Sofia Marchetti", source="desk")


def due(clinic: Clinic, minutes: int, patient: Patient | None = None) -> Record:
    """A visit that starts so many minutes from now, whatever the clock says."""
    return book(
        business_id=clinic.business.pk,
        request=BookingRequest(
            service_id=clinic.service.pk,
            patient_id=(patient or clinic.ana).pk,
            starts_at=timezone.now() + timedelta(minutes=minutes),
            minutes=30,
            staff_id=clinic.doctor.pk,
        ),
        by=DESK,
        override=Override("A test at any hour"),
    )


def elsewhere(one: Record, status: Status) -> None:
    """Another desk takes a step."""
    change(
        business_id=one.business_id,
        appointment_id=one.id,
        changes=Changes(status=status),
        by=DESK,
    )


def lane(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name)


def said(page: Page) -> Locator:
    """What the page says about the last step."""
    return page.locator(".room-done")


def status(one: Record) -> str:
    found: str = Appointment.objects.get(pk=one.id).status
    return found


@pytest.fixture
def clinic(clinic: Clinic) -> Clinic:
    """It is about noon there, whatever the clock says: what is soon is today."""
    noon = f"Etc/GMT{timezone.now().hour - 12:+d}"  # named for how far Greenwich is ahead
    for place in (clinic.business, clinic.doctor, clinic.nurse):
        place.timezone = noon
        place.save()
    return clinic


@pytest.fixture
def late(clinic: Clinic) -> Record:
    return due(clinic, -5)


def test_a_visit_goes_its_way_by_mouse(clinic: Clinic, late: Record, new_browser: Opener) -> None:
    page = new_browser(clinic.sofia).new_page()
    page.goto(clinic.path("waiting"))
    assert look(page, "waiting room") == []
    lane(page, "Late").get_by_role("button", name="Arrived").click()
    expect(said(page)).to_contain_text("Ana Núñez: Arrived.")
    expect(lane(page, "Here, waiting")).to_contain_text("0 min")
    assert look(page, "waiting room, arrived") == []
    lane(page, "Here, waiting").get_by_role("button", name="Start").click()
    lane(page, "Being seen").get_by_role("button", name="Complete").click()
    expect(said(page)).to_contain_text("Ana Núñez: Completed.")
    assert status(late) == "completed"
    page.get_by_role("button", name="Undo").click()
    expect(lane(page, "Being seen")).to_contain_text("Ana Núñez")
    assert status(late) == "in_progress"


def test_by_keyboard_alone(clinic: Clinic, late: Record, new_browser: Opener) -> None:
    page = new_browser(clinic.sofia).new_page()
    page.goto(clinic.path("waiting"))
    tab_to(page, "Arrived")
    page.keyboard.press("Enter")
    expect(said(page)).to_be_focused()
    expect(said(page)).to_contain_text("Ana Núñez: Arrived.")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    page.keyboard.press("Enter")
    expect(lane(page, "Late")).to_contain_text("Ana Núñez")
    assert status(late) == "booked"


def test_what_another_desk_does_is_shown_within_seconds_and_the_focus_stays(
    clinic: Clinic, late: Record, new_browser: Opener
) -> None:
    soon = due(clinic, 30, PatientFactory(business=clinic.business, name="Bea Olsen"))
    page = new_browser(clinic.sofia).new_page()
    page.goto(clinic.path("waiting"))
    button = lane(page, "Late").get_by_role("button", name="Arrived")
    button.focus()
    elsewhere(soon, Status.ARRIVED)
    expect(lane(page, "Here, waiting")).to_contain_text("Bea Olsen", timeout=15_000)
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(lane(page, "Here, waiting")).to_contain_text("Ana Núñez")


def test_of_two_desks_the_later_one_is_told(
    clinic: Clinic, late: Record, new_browser: Opener
) -> None:
    page = new_browser(clinic.sofia, java_script_enabled=False).new_page()
    page.goto(clinic.path("waiting"))
    elsewhere(late, Status.NO_SHOW)
    lane(page, "Late").get_by_role("button", name="Arrived").click()
    expect(said(page)).to_contain_text("can't become arrived")
    assert status(late) == "no_show"


def test_without_script_it_is_a_plain_form(
    clinic: Clinic, late: Record, new_browser: Opener
) -> None:
    page = new_browser(clinic.sofia, java_script_enabled=False).new_page()
    page.goto(clinic.path("waiting"))
    page.get_by_label("Staff").select_option(label="Dr Hart")
    page.get_by_role("button", name="Show", exact=True).click()
    lane(page, "Late").get_by_role("button", name="No-show").click()
    expect(said(page)).to_contain_text("Ana Núñez: Noted as a no-show.")
    expect(page.get_by_label("Staff").locator("option:checked")).to_have_text("Dr Hart")
    page.get_by_role("button", name="Undo").click()
    expect(lane(page, "Late")).to_contain_text("Ana Núñez")
    assert status(late) == "booked"


def test_on_a_phone_every_button_is_in_reach(
    clinic: Clinic, late: Record, new_browser: Opener
) -> None:
    page = new_browser(clinic.sofia, viewport=PHONE, has_touch=True).new_page()
    page.goto(clinic.path("waiting"))
    button = lane(page, "Late").get_by_role("button", name="Arrived")
    box = button.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    button.tap()
    expect(said(page)).to_contain_text("Ana Núñez: Arrived.")
    expect(said(page)).to_be_in_viewport()
    assert status(late) == "arrived"


def test_somebody_without_an_appointment_is_taken_in(clinic: Clinic, new_browser: Opener) -> None:
    clinic.business.default_staff_working_hours = {day: [[0, 2400]] for day in DAYS}
    clinic.business.save()
    page = new_browser(clinic.sofia).new_page()
    page.goto(clinic.path("waiting"))
    page.get_by_role("link", name="Walk-in").click()
    page.get_by_label("Search").fill("ana")
    page.get_by_role("radio", name="Ana Núñez").check()
    page.get_by_label("Service").select_option(label="Follow-up")
    expect(page.get_by_role("group", name="Take in, to be seen")).to_be_visible()
    assert look(page, "walk-in") == []
    page.get_by_role("button", name="by Dr Hart").click()
    expect(said(page)).to_contain_text("Ana Núñez: Arrived.")
    expect(lane(page, "Here, waiting")).to_contain_text("Ana Núñez")


def test_somebody_new_is_taken_in_without_script(clinic: Clinic, new_browser: Opener) -> None:
    clinic.business.default_staff_working_hours = {day: [[0, 2400]] for day in DAYS}
    clinic.business.save()
    page = new_browser(clinic.sofia, viewport=PHONE, java_script_enabled=False).new_page()
    page.goto(clinic.path("walk-in"))
    page.get_by_text("New patient").first.click()
    page.get_by_label("Name", exact=True).fill("Bea Olsen")
    page.get_by_label("Service").select_option(label="Follow-up")
    page.get_by_role("button", name="Show who is free").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Bea Olsen")
    page.get_by_role("button", name="by Dr Hart").click()
    expect(lane(page, "Here, waiting")).to_contain_text("Bea Olsen")
