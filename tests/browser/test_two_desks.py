"""Cards are dragged while others work, too, and while somebody types beside the day."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen

from playwright.sync_api import Locator, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from appointments.acceptance import BookingRequest
from appointments.changes import Changes
from appointments.changing import change
from appointments.models import Appointment, HeldTime
from appointments.record import Record
from appointments.series import Repeat, book_series
from businesses.actor import Actor
from tests.browser.clinic import Clinic
from tests.browser.conftest import Opener
from tests.browser.test_day import day_of
from tests.browser.test_dragging import HOUR, card_of, drag, middle, now, row_of, take, toast
from tests.factories import api_key

PARTNER = Actor(name="Partner", source="api")


def weekly(clinic: Clinic) -> list[Record]:
    """Three visits with the doctor at ten."""
    return book_series(
        business_id=clinic.business.pk,
        request=BookingRequest(
            service_id=clinic.service.pk,
            patient_id=clinic.ana.pk,
            starts_at=clinic.at(10),
            minutes=30,
            staff_id=clinic.doctor.pk,
        ),
        repeat=Repeat(rrule="FREQ=WEEKLY;COUNT=3"),
        by=PARTNER,
    ).records


def draw(page: Page, free: Locator, *, rows: tuple[int, int]) -> None:
    """From a row of a free time to another, still held."""
    x, _y = middle(free)
    top = free.bounding_box()["y"]  # type: ignore[index]
    first, last = rows
    page.mouse.move(x, top + first * row_of(page) + 2)
    page.mouse.down()
    page.mouse.move(x, top + (first + 3) * row_of(page))
    page.mouse.move(x, top + last * row_of(page), steps=3)


def begin_booking(page: Page) -> Locator:
    """Somebody is on the phone: the panel with a patient and a note in it, and no time yet."""
    page.get_by_role("link", name="Book", exact=True).last.click()
    side = page.get_by_role("complementary")
    side.get_by_label("Search").fill("bert stone")
    side.get_by_role("radio", name="Bert Stone").check()
    side.get_by_label("Notes").fill("Brings an X-ray")
    return side


def test_of_a_series_it_is_asked_how_much_is_moved(clinic: Clinic, new_browser: Opener) -> None:
    records = weekly(clinic)
    page = day_of(clinic, new_browser)
    drag(page, card_of(page, "10:00–10:30"), rows=2 * HOUR)
    side = page.get_by_role("complementary")
    expect(side.get_by_text("Choose which of the series to move")).to_be_focused()
    expect(side.get_by_role("textbox", name="Time")).to_have_value("12:00")
    assert now(records[0])[0] == clinic.at(10)
    side.get_by_role("radio", name="This one and the later ones").first.check()
    side.get_by_role("button", name="Save").click()
    expect(toast(page, "Moved.")).to_be_visible()
    assert {now(one)[0].hour - one.starts_at.hour for one in records} == {2}


def test_what_is_typed_beside_the_day_is_not_lost_to_a_series_that_is_dragged(
    clinic: Clinic, new_browser: Opener
) -> None:
    records = weekly(clinic)
    clinic.book(15)
    page = day_of(clinic, new_browser)
    card_of(page, "15:00–15:30").click()
    side = page.get_by_role("complementary")
    side.get_by_text("Cancel this appointment").click()
    side.get_by_label("Reason").fill("Has a cold")
    card = card_of(page, "10:00–10:30")
    drag(page, card, rows=HOUR)
    question = page.get_by_role("dialog", name="What you typed here is not saved")
    expect(question.get_by_role("button", name="Go on typing")).to_be_focused()
    page.keyboard.press("Enter")
    expect(question).to_be_hidden()
    expect(side.get_by_label("Reason")).to_have_value("Has a cold")
    drag(page, card, rows=HOUR)
    page.keyboard.press("Escape")
    expect(question).to_be_hidden()
    expect(side.get_by_label("Reason")).to_have_value("Has a cold")
    drag(page, card, rows=HOUR)
    question.get_by_role("button", name="Open the other without saving").click()
    expect(side.get_by_text("Choose which of the series to move")).to_be_visible()
    assert now(records[0])[0] == clinic.at(10)


def test_free_time_is_drawn_and_filled_into_the_booking(
    clinic: Clinic, new_browser: Opener
) -> None:
    clinic.book(10)
    page = day_of(clinic, new_browser)
    free = page.get_by_role("link", name="Book: free 10:30–20:00, Dr Hart")
    draw(page, free, rows=(9, 17))  # from a quarter past eleven
    expect(page.locator(".plan-drop")).to_contain_text("11:15–12:00")
    page.keyboard.press("Escape")
    expect(page.locator(".plan-drop")).to_have_count(0)
    page.mouse.up()
    expect(page.get_by_role("complementary")).to_have_count(0)
    draw(page, free, rows=(9, 17))
    page.mouse.up()
    side = page.get_by_role("complementary")
    expect(side.get_by_role("textbox", name="Time")).to_have_value("11:15")
    asked = parse_qs(urlsplit(parse_qs(urlsplit(page.url).query)["side"][0]).query)
    assert asked == {
        "day": [str(clinic.day)],
        "time": ["11:15"],
        "staff": [str(clinic.doctor.pk)],
        "duration": ["45"],
    }


def test_free_time_that_is_drawn_goes_into_the_booking_that_is_being_typed(
    clinic: Clinic, new_browser: Opener
) -> None:
    page = day_of(clinic, new_browser)
    side = begin_booking(page)
    free = page.get_by_role("link", name="Book: free 08:00–20:00, Nurse Mwangi")
    draw(page, free, rows=(12, 23))
    page.mouse.up()
    expect(side.get_by_role("textbox", name="Time")).to_have_value("09:00")
    expect(side.get_by_role("radio", name="Bert Stone")).to_be_checked()
    expect(side.get_by_label("Notes")).to_have_value("Brings an X-ray")
    expect(side.get_by_label("Service")).to_be_focused()
    side.get_by_label("Service").select_option(label="Follow-up")
    expect(side.get_by_label("Length").locator("option:checked")).to_contain_text("60 minutes")
    expect(side.get_by_label("With").locator("option:checked")).to_have_text("Nurse Mwangi")
    page.get_by_role("link", name="Book: free 08:00–20:00, Dr Hart").click(
        position={"x": 9, "y": 2}
    )
    expect(side.get_by_role("textbox", name="Time")).to_have_value("08:00")
    expect(side.get_by_label("With").locator("option:checked")).to_have_text("Dr Hart")
    expect(side.get_by_label("Notes")).to_have_value("Brings an X-ray")
    expect(side.get_by_role("button", name="Book appointment")).to_be_focused()
    page.keyboard.press("Enter")
    expect(toast(page, "Booked.")).to_be_visible()
    booked = Appointment.objects.get()
    assert (booked.starts_at, booked.ends_at) == (clinic.at(8), clinic.at(9))
    assert (booked.staff, booked.notes) == (clinic.doctor, "Brings an X-ray")


def test_what_changes_during_a_drag_disturbs_it_not_and_is_there_after_it(
    clinic: Clinic, new_browser: Opener
) -> None:
    one = clinic.book(10)
    page = day_of(clinic, new_browser)
    take(page, card_of(page, "10:00–10:30"), rows=HOUR)
    preview = page.locator(".plan-drop")
    expect(preview).to_contain_text("11:00–11:30")
    clinic.book(15)
    page.evaluate("htmx.trigger(document.body, 'desk:changed')")
    page.mouse.move(*middle(preview), steps=3)
    expect(preview).to_be_visible()
    expect(page.get_by_role("link", name="15:00–15:30")).to_have_count(0)
    page.mouse.up()
    expect(card_of(page, "11:00–11:30")).to_be_visible()
    expect(page.get_by_role("link", name="15:00–15:30")).to_be_visible()
    assert now(one)[0] == clinic.at(11)


def test_a_card_that_another_desk_moved_is_not_moved_over_it(
    clinic: Clinic, new_browser: Opener
) -> None:
    one = clinic.book(10)
    page = day_of(clinic, new_browser)
    take(page, card_of(page, "10:00–10:30"), rows=HOUR)
    change(
        business_id=clinic.business.pk,
        appointment_id=one.id,
        changes=Changes(starts_at=clinic.at(13)),
        by=PARTNER,
    )
    page.mouse.up()
    side = page.get_by_role("complementary", name="Ana Núñez")
    expect(side.get_by_role("alert").filter(has_text="Somebody changed it")).to_be_focused()
    expect(side).to_contain_text("Partner: Changed")
    expect(page.get_by_role("link", name="13:00–13:30")).to_be_visible(timeout=30_000)
    assert now(one)[0] == clinic.at(13)


def api_books(clinic: Clinic, live_server: LiveServer, hour: int) -> Request:
    """A partner's call for the doctor's half hour."""
    wish = {
        "serviceId": str(clinic.service.pk),
        "patientId": str(clinic.ana.pk),
        "staffId": str(clinic.doctor.pk),
        "date": clinic.at(hour).isoformat(),
        "duration": 30,
    }
    headers = {
        "Authorization": f"Bearer {api_key(clinic.business)}",
        "Content-Type": "application/json",
    }
    address = f"{live_server.url}/v1/businesses/{clinic.business.pk}/appointments"
    return Request(address, json.dumps(wish).encode(), headers)


def status_of(call: Request) -> int:
    try:
        with urlopen(call) as answer:
            return int(answer.status)
    except HTTPError as refused:
        return refused.code


def test_two_desks_and_the_api_want_one_hour_and_one_gets_it(
    clinic: Clinic, new_browser: Opener, live_server: LiveServer
) -> None:
    """Whoever does not is told, everybody sees who did, and what is being typed stays."""
    early, late = clinic.book(10), clinic.book(16)
    one, two = day_of(clinic, new_browser), day_of(clinic, new_browser)
    typing = begin_booking(two)
    held: list[Route] = []
    for page in (one, two):
        page.route("**/move", lambda route: held.append(route))  # until all three are on their way
    drag(one, card_of(one, "10:00–10:30"), rows=2 * HOUR)
    card_of(two, "16:00–16:30").focus()
    for _ in range(16):
        two.keyboard.press("Alt+ArrowUp")
    expect(two.locator("[data-move-says]")).to_contain_text("12:00 to 12:30")
    two.keyboard.press("Enter")
    expect(one.locator("[data-move-says]")).to_have_text("Moving…")
    expect(two.locator("[data-move-says]")).to_have_text("Moving…")
    assert len(held) == 2
    with ThreadPoolExecutor(1) as threads:
        api = threads.submit(status_of, api_books(clinic, live_server, 12))
        for route in held:
            route.continue_()
        told = api.result()
    for page in (one, two):
        expect(page.locator("[data-move-says]")).not_to_have_text("Moving…")
        expect(page.get_by_role("link", name="12:00–12:30")).to_be_visible(timeout=30_000)
    winner = HeldTime.objects.get(starts_at=clinic.at(12)).appointment_id
    assert told == (409 if winner in (early.id, late.id) else 201)
    for page in (one, two):
        expect(page.locator(f"a[data-visit][href$='{winner}']")).to_contain_text("12:00–12:30")
    if winner == early.id:
        expect(toast(one, "Ana Núñez: moved to")).to_be_visible()
    else:
        clash = one.get_by_role("region", name="The staff member is busy at that time.")
        expect(clash).to_be_visible()
        assert now(early)[0] == clinic.at(10)
    if winner == late.id:
        expect(toast(two, "Ana Núñez: moved to")).to_be_visible()
    else:
        expect(toast(two, "stays where it was: The staff member is busy")).to_be_visible()
        assert now(late)[0] == clinic.at(16)
    expect(typing.get_by_role("radio", name="Bert Stone")).to_be_checked()
    expect(typing.get_by_label("Notes")).to_have_value("Brings an X-ray")
    assert Appointment.objects.count() == (3 if told == 201 else 2)
