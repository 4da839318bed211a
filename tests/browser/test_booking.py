"""A receptionist books, is told of a clash, overrides it with a reason, and finds it again."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from appointments.models import Appointment, Status
from tests.browser.clinic import Clinic
from tests.browser.conftest import Opener
from tests.browser.witness import Witness
from tests.factories import PASSWORD

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


def log_in(page: Page) -> None:
    """From the front door to the day."""
    page.goto("/")
    page.get_by_label("E-mail").fill("Sofia@Riverside.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/day")


def fill_visit(page: Page, *, time: str = "10:00") -> None:
    """For the doctor, half an hour, at that time of the day that is in the form."""
    page.get_by_label("Service").select_option(label="Follow-up")
    page.get_by_label("With").select_option(label="Dr Hart")
    page.get_by_label("Length").select_option(label="30 minutes · 30.00 GBP")
    page.get_by_role("textbox", name="Time").fill(time)


def choose_patient(page: Page, words: str, name: str) -> None:
    page.get_by_label("Search").fill(words)
    page.get_by_role("radio", name=name).check()


def new_patient(page: Page) -> None:
    page.locator("summary").filter(has_text="New patient").click()


def starts(clinic: Clinic, hour: int) -> list[tuple[str, str, str]]:
    """Who has what at that hour, and why over something else."""
    found = Appointment.objects.filter(starts_at=clinic.at(hour)).order_by("created_at")
    return [(one.patient.name, one.status, one.override_reason) for one in found]


def booked_by_hand(page: Page, clinic: Clinic) -> None:
    """From the login page to the admin, by what the eye finds."""
    log_in(page)
    page.goto(clinic.path(f"appointments?day={clinic.day}"))
    page.get_by_role("link", name="Book", exact=True).last.click()
    choose_patient(page, "nunez", "Ana Núñez")
    fill_visit(page)
    page.get_by_label("Which pills?").fill("Apixaban")
    page.get_by_label("Notes").fill("Brings an X-ray")
    page.get_by_role("button", name="Book appointment").click()
    expect(page.get_by_text("Booked.")).to_be_visible()
    expect(page.get_by_role("heading", name="Ana Núñez")).to_be_visible()
    expect(page.get_by_text("Brings an X-ray")).to_be_visible()
    expect(page.get_by_text("Apixaban")).to_be_visible()

    page.goto(clinic.book_path)
    choose_patient(page, "7700900456", "Bert Stone")
    fill_visit(page)
    page.get_by_label("Notes").fill("In pain")
    page.get_by_role("button", name="Book appointment").click()
    clash = page.get_by_role("region", name="The staff member is busy at that time.")
    expect(clash).to_contain_text("Dr Hart")
    expect(clash).to_contain_text("has an appointment (Follow-up, Ana Núñez)")
    expect(clash.get_by_role("button", name="10:30")).to_be_visible()
    expect(page.get_by_role("radio", name="Bert Stone")).to_be_checked()
    expect(page.get_by_label("Notes")).to_have_value("In pain")
    expect(page.get_by_role("textbox", name="Time")).to_have_value("10:00")
    clash.get_by_text("Book it all the same").click()
    clash.get_by_label("Reason").fill("Acute pain")
    clash.get_by_role("button", name="Book with this reason").click()
    expect(page.get_by_text("Overbooked on purpose")).to_be_visible()
    expect(page.get_by_text("Acute pain")).to_be_visible()
    assert starts(clinic, 10) == [
        ("Ana Núñez", Status.BOOKED, ""),
        ("Bert Stone", Status.BOOKED, "Acute pain"),
    ]


def test_a_clash_is_overridden_with_a_reason_and_the_visit_is_in_the_admin(
    clinic: Clinic, new_browser: Opener
) -> None:
    page = new_browser().new_page()
    booked_by_hand(page, clinic)
    page.locator(".site-header summary").click()
    page.get_by_role("link", name="Admin").click()
    page.goto("/admin/appointments/appointment/?q=bert+stone")
    rows = page.locator("#result_list tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Bert Stone")
    rows.get_by_role("link").first.click()
    expect(page.get_by_text("Acute pain").first).to_be_visible()


def test_the_same_on_a_phone(clinic: Clinic, new_browser: Opener) -> None:
    page = new_browser(**PHONE).new_page()
    booked_by_hand(page, clinic)
    for path in (clinic.path(f"appointments?day={clinic.day}"), clinic.book_path, "/login"):
        page.goto(path)
        too_wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert page.evaluate(too_wide) is False, path


def test_the_same_without_javascript(clinic: Clinic, new_browser: Opener) -> None:
    page = new_browser(java_script_enabled=False).new_page()
    log_in(page)
    clinic.book(10)
    page.goto(clinic.book_path)
    page.get_by_label("Search").fill("bert")
    page.get_by_label("Search").press("Enter")  # looks for the patient, and books nothing
    expect(page.get_by_text("2 patients.")).to_be_visible()
    page.get_by_role("radio", name="Bert Stone").check()
    page.get_by_label("Service").select_option(label="Follow-up")
    page.get_by_role("button", name="Show the choices for this service").click()
    expect(page.get_by_role("radio", name="Bert Stone")).to_be_checked()
    fill_visit(page)
    page.get_by_role("button", name="Book appointment").click()
    clash = page.get_by_role("region", name="The staff member is busy at that time.")
    expect(clash).to_be_visible()
    page.get_by_label("Notes").fill("In pain")
    page.get_by_label("Search").press("Enter")
    assert starts(clinic, 10) == [("Ana Núñez", Status.BOOKED, "")], "Enter took no alternative"
    page.get_by_role("button", name="Book appointment").click()
    clash.get_by_text("Book it all the same").click()
    clash.get_by_label("Reason").fill("Acute pain")
    clash.get_by_role("button", name="Book with this reason").click()
    expect(page.get_by_text("Overbooked on purpose")).to_be_visible()
    expect(page.get_by_text("In pain")).to_be_visible()
    assert starts(clinic, 10)[1:] == [("Bert Stone", Status.BOOKED, "Acute pain")]


def tab_to(page: Page, name: str) -> None:
    """Presses Tab until the thing of that name has the focus."""
    script = """() => {
        const it = document.activeElement;
        const labels = it.labels ? [...it.labels] : [];
        return [it, ...labels].map((one) => one.textContent).join(" ").replace(/\\s+/g, " ").trim();
    }"""
    for _ in range(40):
        page.keyboard.press("Tab")
        if name in page.evaluate(script):
            return
    raise AssertionError(f"Tab does not lead to {name!r}.")


def test_the_same_by_keyboard_alone(clinic: Clinic, new_browser: Opener) -> None:
    clinic.book(10)
    page = new_browser().new_page()
    page.goto("/")
    expect(page.get_by_label("E-mail")).to_be_focused()
    page.keyboard.type("sofia@riverside.example")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/day")
    tab_to(page, "Go to a day")
    page.keyboard.type(f"{clinic.day:%m%d%Y}")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Ana Núñez")).to_be_visible()
    tab_to(page, "Print")
    tab_to(page, "Book")
    page.keyboard.press("Enter")

    expect(page.get_by_label("Search")).to_be_focused()
    page.keyboard.type("bert stone")
    page.keyboard.press("Enter")  # the only match
    expect(page.get_by_label("Service")).to_be_focused()
    expect(page.get_by_role("radio", name="Bert Stone")).to_be_checked()
    with page.expect_response("**/book**"):
        page.keyboard.type("Fo")
        page.keyboard.press("Tab")
    expect(page.get_by_label("Length").get_by_role("option")).to_have_count(3)
    if page.get_by_label("Length").evaluate("it => it !== document.activeElement"):
        tab_to(page, "Length")
    page.keyboard.type("30")
    tab_to(page, "With")
    page.keyboard.type("Dr")
    tab_to(page, "Time")
    page.keyboard.type("1000AM")
    page.keyboard.press("Enter")

    clash = page.get_by_role("region", name="The staff member is busy at that time.")
    expect(clash).to_be_focused()
    tab_to(page, "Book it all the same")
    page.keyboard.press("Enter")
    tab_to(page, "Reason")
    page.keyboard.type("Acute pain")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Overbooked on purpose")).to_be_visible()
    assert starts(clinic, 10)[1:] == [("Bert Stone", Status.BOOKED, "Acute pain")]


def test_enter_takes_the_only_match_even_before_it_is_shown(
    clinic: Clinic, new_browser: Opener
) -> None:
    page = new_browser(clinic.sofia).new_page()
    page.goto(clinic.book_path)
    search = page.get_by_label("Search")
    search.fill("berta")
    expect(page.get_by_role("radio", name="Berta Lind")).to_be_visible()
    search.fill("nunez")
    search.press("Enter")
    expect(page.get_by_role("radio", name="Ana Núñez")).to_be_checked()
    expect(page.get_by_label("Service")).to_be_focused()


def test_enter_leads_into_a_list_of_several(clinic: Clinic, new_browser: Opener) -> None:
    page = new_browser(clinic.sofia).new_page()
    page.goto(clinic.book_path)
    page.keyboard.type("bert")
    page.keyboard.press("Enter")
    expect(page.get_by_role("radio").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("radio").last).to_be_checked()
    expect(page.get_by_label("Service")).to_be_focused()
    assert Appointment.objects.count() == 0


def test_somebody_new_is_typed_in_where_nobody_was_found(
    clinic: Clinic, new_browser: Opener
) -> None:
    page = new_browser(clinic.sofia).new_page()
    page.goto(clinic.book_path)
    page.get_by_label("Search").fill("Carla Diaz")
    expect(page.locator("#matches")).to_contain_text("Nobody found.")
    new_patient(page)
    expect(page.get_by_label("Name", exact=True)).to_have_value("Carla Diaz")
    page.get_by_label("Phone").fill("+44 7700 900999")
    fill_visit(page)
    page.get_by_role("button", name="Book appointment").click()
    expect(page.get_by_role("heading", name="Carla Diaz")).to_be_visible()
    assert starts(clinic, 10) == [("Carla Diaz", Status.BOOKED, "")]


def test_choosing_from_the_list_puts_the_new_patient_away(
    clinic: Clinic, new_browser: Opener
) -> None:
    page = new_browser(clinic.sofia).new_page()
    page.goto(clinic.book_path)
    new_patient(page)
    page.get_by_label("Name", exact=True).fill("Carla")
    choose_patient(page, "nunez", "Ana Núñez")
    fill_visit(page)
    page.get_by_role("button", name="Book appointment").click()
    expect(page.get_by_text("Booked.")).to_be_visible()
    assert starts(clinic, 10) == [("Ana Núñez", Status.BOOKED, "")]


def test_the_only_length_is_chosen(clinic: Clinic, new_browser: Opener) -> None:
    page = new_browser(clinic.sofia).new_page()
    page.goto(clinic.book_path)
    page.get_by_label("Service").select_option(label="Call")
    expect(page.get_by_label("Length").locator("option:checked")).to_have_text("10 minutes")


def test_a_double_press_books_once(clinic: Clinic, new_browser: Opener) -> None:
    page = new_browser(clinic.sofia).new_page()
    page.goto(clinic.book_path)
    choose_patient(page, "nunez", "Ana Núñez")
    fill_visit(page)
    page.get_by_role("button", name="Book appointment").dblclick()
    expect(page.get_by_text("Booked.")).to_be_visible()
    assert starts(clinic, 10) == [("Ana Núñez", Status.BOOKED, "")]


def test_what_has_the_focus_is_never_behind_the_bar(clinic: Clinic, new_browser: Opener) -> None:
    page = new_browser(clinic.sofia, viewport={"width": 1024, "height": 420}).new_page()
    page.goto(clinic.book_path)
    page.get_by_label("Service").select_option(label="Follow-up")
    expect(page.get_by_label("Which pills?")).to_be_visible()
    page.get_by_text("Another place, tags").click()
    page.get_by_label("Search").focus()
    hidden = """() => {
        const it = document.activeElement;
        if (it.closest(".form-bar") || it === document.body) return null;
        const bar = document.querySelector(".form-bar").getBoundingClientRect();
        return it.getBoundingClientRect().bottom > bar.top ? it.id || it.textContent : null;
    }"""
    for _ in range(16):
        assert page.evaluate(hidden) is None
        page.keyboard.press("Tab")


def two_desks(clinic: Clinic, new_browser: Opener) -> tuple[Page, Page]:
    pages = []
    for words, name in (("nunez", "Ana Núñez"), ("bert stone", "Bert Stone")):
        context: BrowserContext = new_browser(clinic.sofia)
        page = context.new_page()
        page.goto(clinic.book_path)
        choose_patient(page, words, name)
        fill_visit(page)
        page.get_by_label("Notes").fill(f"Note of {name}")
        pages.append(page)
    return pages[0], pages[1]


def test_of_two_desks_at_once_one_books_and_the_other_keeps_what_was_typed(
    clinic: Clinic, new_browser: Opener
) -> None:
    pages = two_desks(clinic, new_browser)
    for page in pages:
        page.get_by_role("button", name="Book appointment").click(no_wait_after=True)
    for page in pages:
        page.wait_for_function(
            "document.title.includes('Not booked yet') || /saved/.test(location)"
        )
    (loser,) = (page for page in pages if "saved" not in page.url)
    name = "Bert Stone" if loser is pages[1] else "Ana Núñez"
    expect(loser.get_by_role("radio", name=name)).to_be_checked()
    expect(loser.get_by_label("Notes")).to_have_value(f"Note of {name}")
    assert len(starts(clinic, 10)) == 1
    loser.get_by_role("button", name=re.compile("10:00.*Nurse Mwangi")).click()
    expect(loser.get_by_text("Booked.")).to_be_visible()
    expect(loser.get_by_text(f"Note of {name}")).to_be_visible()
    assert len(starts(clinic, 10)) == 2


@pytest.mark.parametrize("how", ["crash", "sign-in"])
def test_what_was_typed_survives_a_lost_connection_and_a_sign_in_that_ran_out(
    clinic: Clinic, new_browser: Opener, witness: Witness, how: str
) -> None:
    witness.expects("htmx:", "Failed to load resource")  # while there is no connection
    context = new_browser(clinic.sofia)
    page = context.new_page()
    page.goto(clinic.book_path)
    choose_patient(page, "nunez", "Ana Núñez")
    fill_visit(page)
    page.get_by_label("Which pills?").fill("Apixaban")
    page.get_by_label("Notes").fill("Brings an X-ray")
    if how == "crash":
        context.set_offline(True)
        page.get_by_role("button", name="Book appointment").click()
        page.wait_for_url("chrome-error://**")
        context.set_offline(False)
    else:
        context.clear_cookies(name="sessionid")
        page.get_by_role("button", name="Book appointment").click()
        page.get_by_label("E-mail").fill("sofia@riverside.example")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/book*")
    assert Appointment.objects.count() == 0
    page.goto(clinic.path("book"))
    page.get_by_role("button", name="Bring back what was typed").click()
    expect(page.get_by_role("radio", name="Ana Núñez")).to_be_checked()
    expect(page.get_by_role("textbox", name="Date (required)")).to_have_value(str(clinic.day))
    expect(page.get_by_label("Which pills?")).to_have_value("Apixaban")
    page.get_by_role("button", name="Book appointment").click()
    expect(page.get_by_text("Brings an X-ray")).to_be_visible()
    assert starts(clinic, 10) == [("Ana Núñez", Status.BOOKED, "")]
    page.goto(clinic.path("book"))
    expect(page.get_by_label("Search")).to_be_visible()
    expect(page.get_by_role("button", name="Bring back what was typed")).to_be_hidden()


def test_after_signing_in_again_in_another_tab_the_form_carries_on(
    clinic: Clinic, new_browser: Opener
) -> None:
    context = new_browser(clinic.sofia)
    page = context.new_page()
    page.goto(clinic.book_path)
    choose_patient(page, "nunez", "Ana Núñez")
    fill_visit(page)
    context.clear_cookies(name="sessionid")
    page.get_by_label("Search").fill("bert stone")
    expect(page.get_by_text("You have been signed out.")).to_be_visible()
    with page.expect_popup() as popup:
        page.get_by_role("link", name="Sign in in a new tab").click()
    log_in(popup.value)
    popup.value.close()
    page.get_by_label("Search").fill("bert ston")
    page.get_by_role("radio", name="Bert Stone").check()
    expect(page.get_by_text("You have been signed out.")).to_be_hidden()
    page.get_by_role("button", name="Book appointment").click()
    expect(page.get_by_text("Booked.")).to_be_visible()
    assert starts(clinic, 10) == [("Bert Stone", Status.BOOKED, "")]


def test_a_date_that_is_typed_is_sent_when_it_is_whole(clinic: Clinic, new_browser: Opener) -> None:
    page = new_browser(clinic.sofia).new_page()
    page.goto(clinic.path("appointments"))
    page.get_by_role("textbox", name="Day").press_sequentially(f"{clinic.day:%m%d%Y}")
    assert "day=" not in page.url
    page.keyboard.press("Tab")  # to the button for the calendar
    page.keyboard.press("Tab")
    page.wait_for_url(f"**/appointments?day={clinic.day}*")
    page.get_by_label("Status").select_option(label="Booked")
    page.wait_for_url("**&status=booked")
    expect(page.get_by_role("textbox", name="Day")).to_have_value(str(clinic.day))
