"""Patients at the desk: found, changed, put away and booked for, in each of the ways to work."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from appointments.models import Appointment
from patients.models import Patient
from tests.browser.clinic import Clinic
from tests.browser.conftest import Opener
from tests.browser.test_booking import PHONE, fill_visit, tab_to
from tests.browser.test_looks import look

WAYS: dict[str, dict[str, Any]] = {
    "by mouse": {},
    "on a phone": PHONE,
    "without script": {"java_script_enabled": False},
}
each_way = pytest.mark.parametrize("options", WAYS.values(), ids=WAYS)


def row(page: Page, name: str) -> Locator:
    return page.locator("#patients").get_by_role("row").filter(has_text=name)


def find(page: Page, words: str) -> None:
    """What stands in the list once these words are looked for."""
    page.get_by_label("Name, phone, e-mail or date of birth").fill(words)
    button = page.get_by_role("button", name="Find")
    if button.is_visible():
        button.click()


def fits(page: Page) -> None:
    over = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(over) <= 0, page.url


def tab_until(page: Page, target: Locator) -> None:
    """Presses Tab until that has the focus."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if target.evaluate("it => it === document.activeElement"):
            return
    raise AssertionError(f"Tab does not lead to {target}.")


@each_way
def test_a_patient_is_found_and_changed(
    clinic: Clinic, new_browser: Opener, options: dict[str, Any]
) -> None:
    page = new_browser(clinic.sofia, **options).new_page()
    page.goto(clinic.path("day"))
    page.get_by_role("link", name="Patients", exact=True).click()
    expect(row(page, "Bert Stone")).to_be_visible()
    find(page, "nunez")
    expect(row(page, "Bert Stone")).to_have_count(0)
    fits(page)
    row(page, "Ana Núñez").get_by_role("link").click()
    expect(page.get_by_role("heading", name="Ana Núñez")).to_be_visible()
    fits(page)
    page.get_by_role("link", name="Edit").click()
    fits(page)
    page.get_by_label("Date of birth").fill("2999-01-01")
    page.get_by_label("Alert").fill("Hard of hearing")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Enter a date that has been.").first).to_be_visible()
    expect(page.get_by_label("Alert")).to_have_value("Hard of hearing")
    page.get_by_label("Date of birth").fill("1981-05-24")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.").first).to_be_visible()
    expect(page.get_by_text("Hard of hearing")).to_be_visible()
    ana = Patient.objects.get(pk=clinic.ana.pk)
    assert (ana.dob, ana.alert) == (date(1981, 5, 24), "Hard of hearing")


@each_way
def test_a_patient_is_put_away_and_taken_out_again(
    clinic: Clinic, new_browser: Opener, options: dict[str, Any]
) -> None:
    page = new_browser(clinic.sofia, **options).new_page()
    bert = Patient.objects.get(name="Bert Stone")
    page.goto(clinic.path(f"patients/{bert.pk}"))
    main = page.get_by_role("main")
    page.locator("summary").filter(has_text="Archive this patient").click()
    page.get_by_label("Reason").fill("Moved to Leeds")
    page.get_by_role("button", name="Archive", exact=True).click()
    expect(page.get_by_text("Moved to Leeds")).to_be_visible()
    expect(main.get_by_role("link", name="Book", exact=True)).to_have_count(0)
    fits(page)
    page.get_by_role("link", name="Patients", exact=True).first.click()
    find(page, "bert")
    expect(row(page, "Berta Lind")).to_be_visible()
    expect(row(page, "Bert Stone")).to_have_count(0)
    page.get_by_label("Archived ones too").check()
    find(page, "bert")
    expect(row(page, "Bert Stone")).to_contain_text("Archived")
    row(page, "Bert Stone").get_by_role("link").click()
    page.get_by_role("button", name="Take out of the archive").click()
    expect(main.get_by_role("link", name="Book", exact=True)).to_be_visible()
    bert.refresh_from_db()
    assert (bert.archived_at, bert.archived_reason) == (None, "")


@each_way
def test_a_patient_is_booked_from_their_own_page(
    clinic: Clinic, new_browser: Opener, options: dict[str, Any]
) -> None:
    page = new_browser(clinic.sofia, **options).new_page()
    page.goto(clinic.path(f"patients/{clinic.ana.pk}"))
    page.get_by_role("main").get_by_role("link", name="Book", exact=True).click()
    expect(page.get_by_role("radio", name="Ana Núñez")).to_be_checked()
    page.get_by_label("Service").select_option(label="Follow-up")
    choices = page.get_by_role("button", name="Show the choices for this service")
    if choices.is_visible():
        choices.click()
    page.locator("#id_date").fill(f"{clinic.day:%Y-%m-%d}")
    fill_visit(page, time="14:00")
    page.get_by_role("button", name="Book appointment").click()
    expect(page.get_by_text("Booked.").first).to_be_visible()
    booked = Appointment.objects.get()
    assert (booked.patient, booked.staff, booked.starts_at) == (
        clinic.ana,
        clinic.doctor,
        clinic.at(14),
    )


def test_a_patient_is_found_and_changed_by_keyboard_alone(
    clinic: Clinic, new_browser: Opener
) -> None:
    page = new_browser(clinic.sofia).new_page()
    page.goto(clinic.path("patients"))
    expect(page.get_by_label("Name, phone, e-mail or date of birth")).to_be_focused()
    page.keyboard.type("nunez")
    expect(row(page, "Bert Stone")).to_have_count(0)
    tab_until(page, row(page, "Ana Núñez").get_by_role("link"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Ana Núñez")).to_be_visible()
    tab_until(page, page.get_by_role("link", name="Edit"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Edit Ana Núñez")).to_be_visible()
    tab_until(page, page.get_by_label("Phone"))
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("+44 7700 900555")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Saved.").first).to_be_visible()
    assert Patient.objects.get(pk=clinic.ana.pk).phone_mobile == "+44 7700 900555"


def test_a_patient_is_put_away_and_taken_out_again_by_keyboard_alone(
    clinic: Clinic, new_browser: Opener
) -> None:
    page = new_browser(clinic.sofia).new_page()
    bert = Patient.objects.get(name="Bert Stone")
    page.goto(clinic.path(f"patients/{bert.pk}"))
    tab_to(page, "Archive this patient")
    page.keyboard.press("Enter")
    tab_to(page, "Reason")
    page.keyboard.type("Moved to Leeds")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Moved to Leeds")).to_be_visible()
    bert.refresh_from_db()
    assert (bert.archived_at is not None, bert.archived_reason) == (True, "Moved to Leeds")
    tab_to(page, "Take out of the archive")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Taken out of the archive.").first).to_be_visible()
    bert.refresh_from_db()
    assert (bert.archived_at, bert.archived_reason) == (None, "")


def test_a_patient_is_booked_from_their_own_page_by_keyboard_alone(
    clinic: Clinic, new_browser: Opener
) -> None:
    page = new_browser(clinic.sofia).new_page()
    page.goto(clinic.path(f"patients/{clinic.ana.pk}"))
    tab_until(page, page.get_by_role("main").get_by_role("link", name="Book", exact=True))
    page.keyboard.press("Enter")
    expect(page.get_by_role("radio", name="Ana Núñez")).to_be_checked()
    expect(page.get_by_label("Service")).to_be_focused()
    with page.expect_response("**/book**"):
        page.keyboard.type("Fo")
        page.keyboard.press("Tab")
    expect(page.get_by_label("Length").get_by_role("option")).to_have_count(3)
    if page.get_by_label("Length").evaluate("it => it !== document.activeElement"):
        tab_to(page, "Length")
    page.keyboard.type("30")
    tab_to(page, "With")
    page.keyboard.type("Dr")
    tab_until(page, page.locator("#id_date"))
    page.keyboard.type(f"{clinic.day:%m%d%Y}")
    tab_to(page, "Time")
    page.keyboard.type("0200PM")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Booked.").first).to_be_visible()
    booked = Appointment.objects.get()
    assert (booked.patient, booked.staff, booked.starts_at) == (
        clinic.ana,
        clinic.doctor,
        clinic.at(14),
    )


def test_two_desks_that_edit_one_patient_lose_nothing(clinic: Clinic, new_browser: Opener) -> None:
    mine, theirs = (new_browser(clinic.sofia).new_page() for _ in range(2))
    for page in (mine, theirs):
        page.goto(clinic.path(f"patients/{clinic.ana.pk}/edit"))
    theirs.get_by_label("Phone").fill("+44 7700 900555")
    theirs.get_by_role("button", name="Save").click()
    expect(theirs.get_by_text("Saved.").first).to_be_visible()
    mine.get_by_label("Alert").fill("Hard of hearing")
    mine.get_by_role("button", name="Save").click()
    expect(mine.get_by_text("Somebody else changed this while you had it open")).to_be_visible()
    expect(mine.get_by_text("is now +44 7700 900555")).to_be_visible()
    assert look(mine, "patient, edit, changed meanwhile") == []
    expect(mine.get_by_label("Alert")).to_have_value("Hard of hearing")
    mine.get_by_label("Phone").fill("+44 7700 900555")
    mine.get_by_role("button", name="Save").click()
    expect(mine.get_by_text("Saved.").first).to_be_visible()
    ana = Patient.objects.get(pk=clinic.ana.pk)
    assert (ana.phone_mobile, ana.alert) == ("+44 7700 900555", "Hard of hearing")
