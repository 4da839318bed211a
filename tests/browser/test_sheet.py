"""The day on paper, as Chromium prints it."""

from __future__ import annotations

from io import BytesIO

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.browser.clinic import Clinic
from tests.browser.conftest import Opener
from tests.browser.test_looks import PHONE
from tests.factories import PatientFactory

INCH = 72  # points


def pages_of(page: Page, size: str = "A4") -> list[str]:
    """The words of each page, as this size of paper gets them."""
    page.emulate_media(media="print")
    reader = PdfReader(BytesIO(page.pdf(format=size)))
    (width, height) = {"A4": (8.27, 11.69), "Letter": (8.5, 11)}[size]
    for one in reader.pages:
        assert float(one.mediabox.width) == pytest.approx(width * INCH, abs=2)
        assert float(one.mediabox.height) == pytest.approx(height * INCH, abs=2)
    return [" ".join(one.extract_text().split()) for one in reader.pages]


@pytest.fixture
def full(clinic: Clinic) -> Clinic:
    """A day with more appointments of the doctor than a page has room for, and one of the nurse."""
    for number in range(24):
        patient = PatientFactory(business=clinic.business, name=f"Patient Number{number}")
        hour, half = divmod(number, 2)
        clinic.book(8, patient_id=patient.pk, starts_at=clinic.at(8 + hour, 30 * half))
    clinic.book(9, staff_id=clinic.nurse.pk)
    return clinic


@pytest.mark.parametrize("size", ["A4", "Letter"])
def test_every_page_says_whose_it_is_and_when_it_was_printed(
    full: Clinic, new_browser: Opener, size: str
) -> None:
    page = new_browser(full.sofia).new_page()
    page.goto(full.path(f"day/sheet?day={full.day}"))
    printed = pages_of(page, size)
    doctor, nurse = printed[:-1], printed[-1]
    assert len(doctor) >= 2
    for number, one in enumerate(printed, start=1):
        assert "Riverside Practice" in one
        assert "Time Patient Service Status Notes By hand" in one
        assert "(Europe/London)" in one
        assert f"{number} / {len(printed)}" in one
        assert ("Dr Hart" in one) == (one is not nurse)
    assert "Nurse Mwangi" in nurse, "each begins on a new page"
    told = " ".join(printed)
    assert [told.count(f"Patient Number{number} ") for number in range(24)] == [1] * 24
    for furniture in ("Hide surnames", "Sign out", "Skip to the content", "System"):
        assert furniture not in told


def test_sheets_may_share_a_page(clinic: Clinic, new_browser: Opener) -> None:
    clinic.book(9)
    page = new_browser(clinic.sofia).new_page()
    page.goto(clinic.path(f"day/sheet?day={clinic.day}"))
    assert len(pages_of(page)) == 2
    page.goto(clinic.path(f"day/sheet?day={clinic.day}&together=1"))
    (one,) = pages_of(page)
    assert "Dr Hart" in one
    assert "Nurse Mwangi" in one


def test_one_list_by_time_goes_on_to_as_many_pages_as_it_needs(
    full: Clinic, new_browser: Opener
) -> None:
    page = new_browser(full.sofia).new_page()
    page.goto(full.path(f"day/sheet?day={full.day}&by=time"))
    printed = pages_of(page)
    assert len(printed) >= 2
    for one in printed[:2]:
        assert "Time Patient Service With Status Notes By hand" in one
    assert "Free times" in printed[-1]


def test_the_day_itself_is_printed_on_one_page(full: Clinic, new_browser: Opener) -> None:
    page = new_browser(full.sofia).new_page()
    page.goto(full.path(f"day?day={full.day}"))
    (one,) = pages_of(page)
    assert "Dr Hart" in one
    assert "Nurse Mwangi" in one


def test_from_the_day_to_the_printer_by_keyboard_alone(clinic: Clinic, new_browser: Opener) -> None:
    clinic.book(10)
    page = new_browser(clinic.sofia).new_page()
    page.add_init_script("window.print = () => { document.title = 'printed' }")
    page.goto(clinic.path(f"day?day={clinic.day}"))
    page.keyboard.press("p")
    expect(page.get_by_role("heading", name="Print the day")).to_be_visible()
    page.get_by_label("Hide surnames").focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("rowheader", name="Ana N.")).to_be_visible()
    page.get_by_role("button", name="Print").focus()
    page.keyboard.press("Enter")
    assert page.title() == "printed"
    page.keyboard.press("Escape")


def test_without_script_on_a_phone(clinic: Clinic, new_browser: Opener) -> None:
    clinic.book(10)
    page = new_browser(clinic.sofia, viewport=PHONE, java_script_enabled=False).new_page()
    page.goto(clinic.path(f"day?day={clinic.day}"))
    page.get_by_role("link", name="Print the day").click()
    page.get_by_label("Hide surnames").check()
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("rowheader", name="Ana N.")).to_be_visible()
    expect(page.get_by_role("button", name="Print")).to_have_count(0)
