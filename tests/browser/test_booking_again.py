"""A returning patient is booked in a few key presses, warned about, and never booked twice over."""

from __future__ import annotations

from datetime import timedelta
from time import perf_counter
from uuid import UUID

from playwright.sync_api import Page, expect

from appointments.acceptance import BookingRequest, Override
from appointments.booking import book
from appointments.models import Appointment
from businesses.actor import Actor
from patients.models import Patient
from tests.browser.clinic import Clinic
from tests.browser.conftest import Opener
from tests.browser.test_booking import PHONE, choose_patient, fill_visit, new_patient

KEY = 200  # milliseconds a letter: sixty words a minute
PRESSES = """() => {
    window.presses = [];
    addEventListener("keydown", (event) => window.presses.push(event.key), true);
}"""


def opened(clinic: Clinic, new_browser: Opener, query: str, **options: object) -> Page:
    """The booking form as a column of the day opens it."""
    page = new_browser(clinic.sofia, **options).new_page()
    page.goto(f"{clinic.book_path}{query}")
    return page


def was_seen(clinic: Clinic) -> UUID:
    """Ana had the same two months ago, with the doctor."""
    request = BookingRequest(
        service_id=clinic.service.pk,
        patient_id=clinic.ana.pk,
        starts_at=clinic.at(9) - timedelta(days=84),
        minutes=30,
        staff_id=clinic.doctor.pk,
    )
    return book(
        business_id=clinic.business.pk,
        request=request,
        by=Actor(name="Partner", source="api"),
        override=Override("Was here"),
    ).id


def test_a_returning_patient_is_booked_in_six_key_presses_after_the_name(
    clinic: Clinic, new_browser: Opener
) -> None:
    past = was_seen(clinic)
    page = opened(clinic, new_browser, f"&time=11:00&staff={clinic.doctor.pk}")
    page.keyboard.type("nunez")
    page.evaluate(PRESSES)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="The same again: Follow-up, Dr Hart")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Book appointment")).to_be_focused()
    presses = page.evaluate("window.presses")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Booked.")).to_be_visible()
    assert len(presses) + 1 <= 6, presses
    booked = Appointment.objects.exclude(pk=past).get()
    assert (booked.patient, booked.service, booked.staff, booked.starts_at) == (
        clinic.ana,
        clinic.service,
        clinic.doctor,
        clinic.at(11),
    )


def test_from_the_day_a_returning_patient_is_booked_within_fifteen_seconds(
    clinic: Clinic, new_browser: Opener
) -> None:
    """By the keyboard alone, as fast as people type, and all that the pages take included."""
    past = was_seen(clinic)
    page = new_browser(clinic.sofia).new_page()
    page.goto(clinic.path(f"day?day={clinic.day}"))
    page.get_by_role("link", name="Book: free 08:00–20:00, Dr Hart").focus()
    began = perf_counter()
    page.keyboard.press("Enter", delay=KEY)
    expect(page.get_by_label("Search")).to_be_focused()
    page.keyboard.type("nunez", delay=KEY)
    page.keyboard.press("Enter", delay=KEY)
    expect(page.get_by_role("button", name="The same again: Follow-up, Dr Hart")).to_be_focused()
    page.keyboard.press("Enter", delay=KEY)
    expect(page.get_by_role("button", name="Book appointment")).to_be_focused()
    page.keyboard.press("Enter", delay=KEY)
    expect(page.locator("#toasts").get_by_text("Booked.")).to_be_visible()
    took = perf_counter() - began
    booked = Appointment.objects.exclude(pk=past).get()
    assert (booked.patient, booked.starts_at) == (clinic.ana, clinic.at(8))
    assert took < 15, f"{took:.1f} seconds"


def test_the_next_free_times_are_one_press_each(clinic: Clinic, new_browser: Opener) -> None:
    clinic.book(10)
    page = opened(clinic, new_browser, "&time=10:00")
    choose_patient(page, "bert stone", "Bert Stone")
    page.get_by_label("Service").select_option(label="Follow-up")
    expect(page.get_by_label("Length")).to_have_value("30")
    page.get_by_label("With").select_option(label="Dr Hart")
    offered = page.locator("#offered")
    expect(offered).to_contain_text("has an appointment (Follow-up, Ana Núñez)")
    offered.get_by_role("button").first.click()
    expect(page.get_by_role("textbox", name="Time")).to_have_value("10:30")
    expect(page.get_by_role("button", name="Book appointment")).to_be_focused()
    expect(offered.get_by_role("listitem")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Booked.")).to_be_visible()
    assert Appointment.objects.filter(starts_at=clinic.at(10, 30)).count() == 1


def test_somebody_new_who_is_here_already_is_offered_first(
    clinic: Clinic, new_browser: Opener
) -> None:
    page = opened(clinic, new_browser, "&time=10:00", **PHONE)
    new_patient(page)
    page.get_by_label("Name", exact=True).fill("Ana Nunes")
    page.get_by_label("Phone").fill("07700 900123")
    fill_visit(page)
    page.get_by_role("button", name="Book appointment").click()
    notice = page.get_by_role("group", name="Perhaps this patient is here already")
    expect(notice).to_be_focused()
    assert (Appointment.objects.count(), Patient.objects.count()) == (0, 3)
    notice.get_by_role("button", name="Take Ana Núñez").click()
    expect(page.get_by_role("radio", name="Ana Núñez")).to_be_checked()
    page.get_by_role("button", name="Book appointment").click()
    expect(page.get_by_text("Booked.")).to_be_visible()
    assert Appointment.objects.get().patient == clinic.ana
    assert Patient.objects.count() == 3


def test_without_javascript_the_same_again_fills_in_the_form(
    clinic: Clinic, new_browser: Opener
) -> None:
    past = was_seen(clinic)
    page = opened(
        clinic, new_browser, f"&time=11:00&patient={clinic.ana.pk}", java_script_enabled=False
    )
    page.get_by_role("button", name="The same again: Follow-up, Dr Hart").click()
    page.get_by_role("button", name="Book appointment").click()
    expect(page.get_by_text("Booked.")).to_be_visible()
    assert Appointment.objects.exclude(pk=past).get().starts_at == clinic.at(11)


def test_what_was_typed_in_the_panel_is_brought_back_when_it_opens_again(
    clinic: Clinic, new_browser: Opener
) -> None:
    form = clinic.path(f"book?day={clinic.day}&time=10:00")
    page = new_browser(clinic.sofia).new_page()
    page.goto(clinic.path(f"appointments?day={clinic.day}&side={form}".replace("&time", "%26time")))
    side = page.get_by_role("complementary")
    choose_patient(page, "nunez", "Ana Núñez")
    expect(side.get_by_role("link", name="The patient’s page")).to_be_visible()
    page.get_by_label("Notes").fill("Brings an X-ray")
    page.get_by_label("Notes").press("Escape")
    expect(side).to_have_count(0)
    page.goto(clinic.path(f"appointments?day={clinic.day}&side={form}".replace("&time", "%26time")))
    side.get_by_role("button", name="Bring back what was typed").click()
    expect(side.get_by_role("radio", name="Ana Núñez")).to_be_checked()
    expect(side.get_by_label("Notes")).to_have_value("Brings an X-ray")
    fill_visit(page)
    side.get_by_role("button", name="Book appointment").click()
    expect(page.get_by_role("status").filter(has_text="Booked.")).to_be_visible()
    assert Appointment.objects.get().notes == "Brings an X-ray"


def expect_typed(page: Page) -> None:
    expect(page.get_by_role("radio", name="Ana Núñez")).to_be_checked()
    expect(page.get_by_label("Notes")).to_have_value("Brings an X-ray")
    expect(page.get_by_role("textbox", name="Time")).to_have_value("11:30")
    expect(page.get_by_role("button", name="Bring back what was typed")).to_be_hidden()


def test_the_browsers_back_button_leads_to_the_form_as_it_was_typed(
    clinic: Clinic, new_browser: Opener
) -> None:
    page = opened(clinic, new_browser, "&time=10:00")
    choose_patient(page, "nunez", "Ana Núñez")
    fill_visit(page, time="11:30")
    page.get_by_label("Notes").fill("Brings an X-ray")
    page.get_by_role("link", name="Back to the day").click()
    expect(page.get_by_role("link", name="free 08:00–20:00, Dr Hart")).to_be_visible()
    page.go_back()
    expect_typed(page)
    page.get_by_role("button", name="Book appointment").click()
    expect(page.get_by_text("Booked.")).to_be_visible()
    assert Appointment.objects.get().starts_at == clinic.at(11, 30)


def test_in_the_panel_too_and_another_form_is_left_alone(
    clinic: Clinic, new_browser: Opener
) -> None:
    clinic.book(15)
    page = new_browser(clinic.sofia).new_page()
    page.goto(clinic.path(f"day?day={clinic.day}"))
    side = page.get_by_role("complementary")
    page.get_by_role("link", name="Book, Dr Hart").click()
    choose_patient(page, "nunez", "Ana Núñez")
    fill_visit(page, time="11:30")
    side.get_by_label("Notes").fill("Brings an X-ray")
    page.get_by_role("link", name="15:00–15:30").click()
    expect(side.get_by_role("button", name="Arrived")).to_be_visible()
    page.go_back()
    expect_typed(page)
    page.get_by_role("link", name="Book, Nurse Mwangi").click()
    expect(side.get_by_role("button", name="Bring back what was typed")).to_be_visible()
    expect(side.get_by_label("Notes")).to_have_value("")
    page.get_by_role("link", name="15:00–15:30").click()
    expect(side.get_by_role("button", name="Arrived")).to_be_visible()
    page.go_back()
    expect(side.get_by_role("button", name="Bring back what was typed")).to_be_visible()
    expect(side.get_by_label("Notes")).to_have_value("")
