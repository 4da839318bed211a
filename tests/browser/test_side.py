"""The panel beside a page: opened, closed, gone back from, and what happens in it."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from appointments.changes import Changes
from appointments.changing import change
from appointments.models import Appointment
from businesses.actor import Actor
from tests.browser.clinic import Clinic
from tests.browser.conftest import Opener
from tests.browser.test_booking import tab_to
from tests.browser.test_looks import look
from tests.browser.witness import Witness

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


def day(clinic: Clinic, new_browser: Opener, **options: object) -> Page:
    page = new_browser(clinic.sofia, **options).new_page()
    page.goto(clinic.path(f"appointments?day={clinic.day}"))
    return page


def test_an_appointment_opens_beside_the_day_and_closes_again(
    clinic: Clinic, new_browser: Opener
) -> None:
    one = clinic.book(10)
    page = day(clinic, new_browser)
    page.get_by_role("link", name="Ana Núñez").click()
    side = page.get_by_role("complementary", name="Ana Núñez · Follow-up")
    expect(side.get_by_role("heading", level=2).first).to_be_focused()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert f"side=%2Fdesk%2Friverside%2Fappointments%2F{one.id}" in page.url
    side.get_by_role("button", name="Close").click()
    expect(page.get_by_role("complementary")).to_have_count(0)
    expect(page.get_by_role("link", name="Ana Núñez")).to_be_focused()
    assert "side=" not in page.url


def test_a_step_in_the_panel_is_seen_in_the_list(clinic: Clinic, new_browser: Opener) -> None:
    one = clinic.book(10)
    page = day(clinic, new_browser)
    page.get_by_role("link", name="Ana Núñez").click()
    side = page.get_by_role("complementary")
    side.get_by_role("button", name="Arrived").click()
    expect(page.get_by_role("status").filter(has_text="Arrived.")).to_be_visible()
    expect(side.get_by_role("button", name="Start")).to_be_visible()
    expect(page.locator("#appointments")).to_contain_text("Arrived")
    assert Appointment.objects.get(pk=one.id).status == "arrived"


def test_the_panel_by_keyboard_alone(clinic: Clinic, new_browser: Opener) -> None:
    one = clinic.book(10)
    page = day(clinic, new_browser)
    tab_to(page, "Ana Núñez")
    page.keyboard.press("Enter")
    side = page.get_by_role("complementary", name="Ana Núñez · Follow-up")
    expect(side.get_by_role("heading", name="Ana Núñez · Follow-up")).to_be_focused()
    tab_to(page, "Arrived")
    page.keyboard.press("Enter")
    expect(side.get_by_role("button", name="Start")).to_be_visible()
    expect(side.get_by_role("heading", name="Ana Núñez · Follow-up")).to_be_focused()
    page.keyboard.press("Escape")
    expect(side).to_have_count(0)
    expect(page.get_by_role("link", name="Ana Núñez")).to_be_focused()
    assert Appointment.objects.get(pk=one.id).status == "arrived"


def test_the_back_button_closes_the_panel_and_the_way_forward_opens_it(
    clinic: Clinic, new_browser: Opener
) -> None:
    clinic.book(10)
    page = day(clinic, new_browser)
    page.get_by_role("link", name="Ana Núñez").click()
    side = page.get_by_role("complementary", name="Ana Núñez · Follow-up")
    expect(side).to_be_visible()
    page.go_back()
    expect(side).to_have_count(0)
    page.go_forward()
    expect(side).to_be_visible()


def test_an_address_opens_what_it_says(clinic: Clinic, new_browser: Opener) -> None:
    one = clinic.book(10)
    page = new_browser(clinic.sofia).new_page()
    shown = clinic.path(f"appointments/{one.id}")
    page.goto(clinic.path(f"appointments?day={clinic.day}&side={shown}"))
    expect(page.get_by_role("complementary", name="Ana Núñez · Follow-up")).to_be_visible()


def test_an_address_opens_nothing_of_elsewhere(clinic: Clinic, new_browser: Opener) -> None:
    page = new_browser(clinic.sofia).new_page()
    for elsewhere in ("/admin/", "//elsewhere.example/desk/riverside/", "javascript:alert(1)"):
        page.goto(clinic.path(f"appointments?side={elsewhere}"))
        page.get_by_role("link", name="Next day").focus()
        expect(page.get_by_role("complementary")).to_have_count(0)


def test_what_is_not_there_is_said_in_the_panel(
    clinic: Clinic, new_browser: Opener, witness: Witness
) -> None:
    witness.expects("Failed to load resource", "Response Status Error Code 404")
    page = new_browser(clinic.sofia).new_page()
    page.goto(clinic.path("appointments?side=/desk/riverside/nowhere"))
    side = page.get_by_role("complementary", name="There is nothing here")
    expect(side).to_be_visible()
    side.get_by_role("button", name="Close").click()
    expect(side).to_have_count(0)


def test_a_page_that_stands_by_itself_is_gone_to(clinic: Clinic, new_browser: Opener) -> None:
    page = new_browser(clinic.sofia).new_page()
    page.goto(clinic.path("appointments?side=/desk/riverside/requests"))
    page.wait_for_url("**/desk/riverside/requests")
    expect(page.get_by_role("heading", level=1, name="Requests")).to_be_visible()


def test_a_sign_in_that_ran_out_is_told_in_the_panel_and_loses_nothing(
    clinic: Clinic, new_browser: Opener
) -> None:
    one = clinic.book(10)
    page = day(clinic, new_browser)
    page.get_by_role("link", name="Ana Núñez").click()
    side = page.get_by_role("complementary", name="Ana Núñez · Follow-up")
    side.get_by_text("Move or change").click()
    side.get_by_label("Time").fill("11:00")
    page.context.clear_cookies(name="sessionid")
    side.get_by_role("button", name="Save").click()
    expect(side.get_by_text("You have been signed out.")).to_be_visible()
    expect(side.get_by_label("Time")).to_have_value("11:00")
    assert Appointment.objects.get(pk=one.id).starts_at == clinic.at(10)


def test_a_clash_is_told_in_the_panel_and_keeps_what_was_typed(
    clinic: Clinic, new_browser: Opener
) -> None:
    one = clinic.book(10)
    clinic.book(14)
    page = day(clinic, new_browser)
    page.get_by_role("link", name="Ana Núñez").first.click()
    side = page.get_by_role("complementary", name="Ana Núñez · Follow-up")
    side.get_by_text("Move or change").click()
    side.get_by_label("Time").fill("14:00")
    side.get_by_role("button", name="Save").click()
    clash = side.get_by_role("region", name="The staff member is busy at that time.")
    expect(clash).to_be_focused()
    expect(side.get_by_role("textbox", name="Time")).to_have_value("14:00")
    clash.get_by_role("button", name="14:30").click()
    expect(page.get_by_role("status").filter(has_text="Moved.")).to_be_visible()
    expect(side.locator(".headline-time")).to_contain_text("14:30")
    assert Appointment.objects.get(pk=one.id).starts_at == clinic.at(14, 30)


def test_on_a_phone_the_panel_is_all_there_is(clinic: Clinic, new_browser: Opener) -> None:
    clinic.book(10)
    page = day(clinic, new_browser, **PHONE)
    page.get_by_role("link", name="Ana Núñez").tap()
    side = page.get_by_role("complementary", name="Ana Núñez · Follow-up")
    expect(side).to_be_visible()
    assert side.bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 844}
    assert page.locator("main").evaluate("main => main.inert")  # nothing behind it is reached
    side.get_by_role("button", name="Close").tap()
    assert not page.locator("main").evaluate("main => main.inert")


def test_without_scripts_links_lead_to_pages(clinic: Clinic, new_browser: Opener) -> None:
    one = clinic.book(10)
    page = day(clinic, new_browser, java_script_enabled=False)
    page.get_by_role("link", name="Ana Núñez").click()
    page.wait_for_url(f"**/appointments/{one.id}")
    page.get_by_role("button", name="Arrived").click()
    expect(page.get_by_text("Arrived.", exact=True)).to_be_visible()


def test_axe_finds_nothing_in_the_panel(clinic: Clinic, new_browser: Opener) -> None:
    clinic.book(10)
    page = day(clinic, new_browser)
    page.get_by_role("link", name="Ana Núñez").click()
    side = page.get_by_role("complementary", name="Ana Núñez · Follow-up")
    side.get_by_role("button", name="Arrived").click()
    expect(page.locator("[data-toast]")).to_be_visible()
    assert look(page, "panel") == []


# --- What was done, and the way back ----------------------------------------------------------


def test_a_move_is_undone_from_its_toast(clinic: Clinic, new_browser: Opener) -> None:
    one = clinic.book(10)
    page = day(clinic, new_browser)
    page.get_by_role("link", name="Ana Núñez").click()
    side = page.get_by_role("complementary", name="Ana Núñez · Follow-up")
    side.get_by_text("Move or change").click()
    side.get_by_role("button", name="10:30").click()
    toast = page.locator("[data-toast]").filter(has_text="Moved.")
    expect(toast).to_be_visible()
    expect(page.locator("#appointments")).to_contain_text("10:30–11:00")
    toast.get_by_role("button", name="Undo").click()
    expect(page.locator("[data-toast]").filter(has_text="Undone.")).to_be_visible()
    expect(page.locator("#appointments")).to_contain_text("10:00–10:30")
    expect(side.locator(".headline-time")).to_contain_text("10:00")
    assert Appointment.objects.get(pk=one.id).starts_at == clinic.at(10)


def test_a_closed_panel_stays_closed_when_its_change_is_undone(
    clinic: Clinic, new_browser: Opener
) -> None:
    one = clinic.book(10)
    page = day(clinic, new_browser)
    page.get_by_role("link", name="Ana Núñez").click()
    page.get_by_role("complementary").get_by_role("button", name="Arrived").click()
    toast = page.locator("[data-toast]").filter(has_text="Arrived.")
    expect(toast).to_be_visible()
    page.keyboard.press("Escape")
    toast.get_by_role("button", name="Undo").click()
    expect(page.locator("[data-toast]").filter(has_text="Undone.")).to_be_visible()
    expect(page.locator("#appointments")).to_contain_text("Booked")
    expect(page.get_by_role("complementary")).to_have_count(0)
    assert Appointment.objects.get(pk=one.id).status == "booked"


def test_an_undo_that_is_not_possible_opens_the_panel_and_says_why(
    clinic: Clinic, new_browser: Opener
) -> None:
    one = clinic.book(10)
    page = day(clinic, new_browser)
    page.get_by_role("link", name="Ana Núñez").click()
    side = page.get_by_role("complementary", name="Ana Núñez · Follow-up")
    side.get_by_text("Cancel this appointment").click()
    side.get_by_role("button", name="Cancel the appointment").click()
    toast = page.locator("[data-toast]").filter(has_text="Cancelled.")
    expect(toast).to_be_visible()
    page.keyboard.press("Escape")
    clinic.book(10)
    toast.get_by_role("button", name="Undo").click()
    expect(side).to_contain_text("has an appointment (Follow-up, Ana Núñez)")
    expect(side).to_contain_text("Book it anew at another time")
    assert look(page, "undo, taken") == []
    assert Appointment.objects.get(pk=one.id).status == "cancelled"


def test_what_somebody_else_does_is_seen_and_what_is_being_typed_stays(
    clinic: Clinic, new_browser: Opener
) -> None:
    one = clinic.book(10)
    page = day(clinic, new_browser)
    page.get_by_role("link", name="Ana Núñez").click()
    side = page.get_by_role("complementary", name="Ana Núñez · Follow-up")
    side.get_by_text("Cancel this appointment").click()
    side.get_by_label("Reason").press_sequentially("Moves aw")
    change(
        business_id=clinic.business.pk,
        appointment_id=one.id,
        changes=Changes(starts_at=clinic.at(15)),
        by=Actor(name="Maria Ortiz", source="desk"),
    )
    expect(side.get_by_text("Somebody changed it meanwhile")).to_be_visible(timeout=15_000)
    expect(side.get_by_text("Maria Ortiz: Changed").first).to_be_visible()
    expect(side.locator(".headline-time")).to_contain_text("15:00")
    expect(side.get_by_label("Reason")).to_be_focused()
    side.get_by_label("Reason").press_sequentially("ay")
    side.get_by_role("button", name="Cancel the appointment").click()
    refused = side.get_by_role("alert").filter(has_text="Nothing that you sent is saved yet")
    expect(refused).to_be_focused()
    expect(side.get_by_label("Reason")).to_have_value("Moves away")
    assert Appointment.objects.get(pk=one.id).status == "booked"
    side.get_by_role("button", name="Cancel the appointment").click()
    expect(page.locator("[data-toast]").filter(has_text="Cancelled.")).to_be_visible()
    assert Appointment.objects.get(pk=one.id).cancel_reason == "Moves away"


def test_without_scripts_a_message_has_the_undo(clinic: Clinic, new_browser: Opener) -> None:
    one = clinic.book(10)
    page = new_browser(clinic.sofia, java_script_enabled=False).new_page()
    page.goto(clinic.path(f"appointments/{one.id}"))
    page.get_by_role("button", name="Arrived").click()
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.get_by_text("Undone.")).to_be_visible()
    page.get_by_text("Move or change").click()
    page.get_by_role("link", name="Show the next free times").click()
    page.get_by_role("button", name="10:30").click()
    expect(page.get_by_text("Moved.")).to_be_visible()
    assert Appointment.objects.get(pk=one.id).starts_at == clinic.at(10, 30)


def test_on_paper_the_panel_is_a_slip_and_the_day_is_the_day(
    clinic: Clinic, new_browser: Opener
) -> None:
    clinic.book(10)
    page = day(clinic, new_browser)
    page.evaluate("() => { window.printed = 0; window.print = () => { window.printed += 1 } }")
    page.get_by_role("link", name="Ana Núñez").click()
    side = page.get_by_role("complementary", name="Ana Núñez · Follow-up")
    side.get_by_role("button", name="Print a slip").click()
    assert page.evaluate("window.printed") == 1
    page.emulate_media(media="print")
    expect(page.locator(".slip")).to_be_visible()
    expect(page.locator("#appointments")).to_be_hidden()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(page.locator(".slip")).to_be_hidden()
    expect(page.locator("#appointments")).to_be_visible()
