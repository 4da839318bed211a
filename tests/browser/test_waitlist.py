"""The waitlist: by mouse in the panel, by keyboard alone, on a phone, and without script."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from appointments.models import Appointment, EntryStatus, Urgency, WaitlistEntry
from tests.browser.clinic import Clinic, waits
from tests.browser.conftest import Opener
from tests.browser.test_booking import tab_to
from tests.browser.test_looks import PHONE, look


def booked() -> Appointment:
    """The appointment that was made of the only entry."""
    entry = WaitlistEntry.objects.get()
    assert entry.status == EntryStatus.BOOKED
    found: Appointment = Appointment.objects.get(pk=entry.appointment_id)
    assert found.patient_id == entry.patient_id
    return found


def cancel_in_panel(page: Page) -> None:
    side = page.locator("#side")
    side.get_by_text("Cancel this appointment").click()
    side.get_by_role("button", name="Cancel the appointment").click()


def test_who_waits_is_booked_where_a_visit_has_just_been_cancelled(
    clinic: Clinic, new_browser: Opener
) -> None:
    waits(clinic, urgency=Urgency.URGENT)
    visit = clinic.soon(10)
    page = new_browser(clinic.sofia).new_page()
    page.goto(clinic.path(f"appointments?day={visit.starts_at:%Y-%m-%d}"))
    page.get_by_role("link", name="Ana Núñez").click()
    cancel_in_panel(page)
    side = page.locator("#side")
    expect(side.get_by_text("Its time is free: who waits for it")).to_be_visible()
    assert look(page, "panel of a cancelled visit") == []
    side.get_by_role("button", name="Book 10:00").click()
    expect(page.locator("#side-title")).to_contain_text("Bert Stone")
    assert booked().starts_at == visit.starts_at
    # The list beside it has fetched itself anew.
    expect(page.locator("#appointments").get_by_role("link", name="Bert Stone")).to_be_visible()


def test_somebody_is_put_on_the_list_and_booked_by_keyboard_alone(
    clinic: Clinic, new_browser: Opener
) -> None:
    page = new_browser(clinic.sofia).new_page()
    page.goto(clinic.path("waitlist"))
    tab_to(page, "Put somebody on the list")
    page.keyboard.press("Enter")
    search = page.get_by_label("Search")
    expect(search).to_be_visible()
    search.focus()
    page.keyboard.type("bert stone")
    expect(page.get_by_role("radio", name="Bert Stone")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("radio", name="Bert Stone")).to_be_checked()
    service = page.get_by_label("Service", exact=False).last
    service.focus()
    page.keyboard.type("Follow")
    expect(page.get_by_label("Dr Hart")).to_be_visible()
    page.get_by_label("Note").focus()
    page.keyboard.type("After five")
    page.keyboard.press("Enter")
    expect(page.locator("#side").get_by_text("Free times that suit")).to_be_visible()
    made = WaitlistEntry.objects.get()
    assert (made.patient.name, made.note, made.minutes) == ("Bert Stone", "After five", 30)
    page.locator("#side .alternatives button").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#side-title")).to_contain_text("Follow-up")
    assert booked().service == clinic.service


def test_on_a_phone_a_freed_time_is_booked_with_one_press(
    clinic: Clinic, new_browser: Opener
) -> None:
    waits(clinic)
    visit = clinic.soon(10)
    page = new_browser(clinic.sofia, viewport=PHONE).new_page()
    page.goto(clinic.path(f"appointments/{visit.id}"))
    page.get_by_text("Cancel this appointment").click()
    page.get_by_role("button", name="Cancel the appointment").click()
    expect(page.get_by_text("Its time is free: who waits for it")).to_be_visible()
    page.goto(clinic.path("waitlist"))
    page.get_by_role("button", name="Not reached").first.click()
    expect(page.get_by_text("noted that nobody was reached")).to_be_visible()
    page.get_by_role("button", name="Book 10:00").click()
    expect(page.get_by_text("Bert Stone is booked for")).to_be_visible()
    assert booked().starts_at == visit.starts_at


def test_without_script_somebody_who_has_a_visit_is_moved_to_an_earlier_time(
    clinic: Clinic, new_browser: Opener
) -> None:
    visit = clinic.soon(15)
    page = new_browser(clinic.sofia, java_script_enabled=False).new_page()
    page.goto(clinic.path(f"appointments/{visit.id}"))
    page.get_by_role("link", name="Waitlist: who waits for its time").click()
    page.get_by_role("link", name="Would like to come earlier").click()
    page.get_by_role("button", name="Put on the waitlist").click()
    expect(page.get_by_text("Ana Núñez is on the waitlist.")).to_be_visible()
    page.locator(".alternatives button").first.click()
    expect(page.get_by_text("Ana Núñez is moved to")).to_be_visible()
    assert booked().pk == visit.id
    assert Appointment.objects.get().starts_at < visit.starts_at


def test_two_desks_that_book_one_entry_get_one_booking_and_one_clear_sentence(
    clinic: Clinic, new_browser: Opener
) -> None:
    entry = waits(clinic)
    first, second = (new_browser(clinic.sofia).new_page() for _ in range(2))
    for page in (first, second):
        page.goto(clinic.path(f"waitlist/{entry.pk}"))
    first.locator(".alternatives button").first.click()
    expect(first.get_by_text("Bert Stone is booked for")).to_be_visible()
    second.locator(".alternatives button").last.click()
    expect(
        second.get_by_text("Somebody has booked this entry of the waitlist meanwhile.")
    ).to_be_visible()
    assert Appointment.objects.count() == 1


def test_a_booking_that_finds_no_time_goes_on_the_waitlist_with_what_was_typed(
    clinic: Clinic, new_browser: Opener
) -> None:
    clinic.book(10)
    page = new_browser(clinic.sofia).new_page()
    page.goto(
        clinic.path(
            f"book?day={clinic.day}&time=10:00&staff={clinic.doctor.pk}"
            f"&service={clinic.service.pk}&patient={clinic.ana.pk}&duration=60"
        )
    )
    page.get_by_role("button", name="None of these: put on the waitlist").first.click()
    expect(page.get_by_role("heading", name="Put on the waitlist")).to_be_visible()
    expect(page.get_by_role("radio", name="Ana Núñez")).to_be_checked()
    page.get_by_role("button", name="Put on the waitlist").click()
    expect(page.get_by_text("Ana Núñez is on the waitlist.")).to_be_visible()
    made = WaitlistEntry.objects.get()
    assert (made.minutes, made.staff_ids) == (60, [clinic.doctor.pk])
    assert made.first_day == clinic.day
