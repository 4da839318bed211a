"""Cards of the day are moved by mouse, by keyboard alone and by finger; the server decides."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from playwright.sync_api import Locator, Page, expect

from appointments.models import Appointment
from appointments.record import Record
from businesses.models import Resource, ResourceNeed
from tests.browser.clinic import Clinic
from tests.browser.conftest import Opener
from tests.browser.test_booking import PHONE
from tests.browser.test_day import day_of
from tests.factories import StaffFactory, provides

HOUR = 12  # rows of the grid


def card_of(page: Page, times: str) -> Locator:
    return page.get_by_role("link", name=times)


def row_of(page: Page) -> float:
    """How high five minutes are."""
    return float(
        page.evaluate(
            "document.querySelector('.plan-column .plan-body').getBoundingClientRect().height"
            " / getComputedStyle(document.querySelector('.plan-column .plan-body'))"
            ".getPropertyValue('--h')"
        )
    )


def middle(thing: Locator) -> tuple[float, float]:
    """Where to take it; asked for at once, since the grid may come anew at any moment."""
    x, y, width, height = thing.evaluate(
        """it => {
            it.scrollIntoView({ block: "nearest" });
            const { x, y, width, height } = it.getBoundingClientRect();
            return [x, y, width, height];
        }"""
    )
    return x + width / 2, y + min(height / 2, 6)


def take(page: Page, card: Locator, *, rows: float = 0, to: Locator | None = None) -> None:
    """The card is dragged so many rows, or to another column as well, and still held."""
    x, y = middle(card)
    there = x if to is None else middle(to)[0]
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + 8)
    page.mouse.move(there, y + rows * row_of(page), steps=4)


def drag(page: Page, card: Locator, *, rows: float = 0, to: Locator | None = None) -> None:
    take(page, card, rows=rows, to=to)
    page.mouse.up()


def at_rest(page: Page) -> None:
    """Waits until nothing glides on after a finger has left."""
    page.evaluate(
        """() => new Promise((done) => {
            const place = document.querySelector("[data-plan]");
            let [top, still] = [place.scrollTop, 0];
            const look = () => {
                still = place.scrollTop === top ? still + 1 : 0;
                top = place.scrollTop;
                if (still < 30) requestAnimationFrame(look);
                else done();
            };
            look();
        })"""
    )


def head(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True).get_by_role("heading")


def now(one: Record) -> tuple[datetime, datetime, Any]:
    found = Appointment.objects.get(pk=one.id)
    return found.starts_at, found.ends_at, found.staff


def toast(page: Page, words: str) -> Locator:
    return page.locator("#toasts").get_by_text(words)


def test_a_card_is_dragged_to_another_time_and_person_and_undone(
    clinic: Clinic, new_browser: Opener
) -> None:
    one = clinic.book(10)
    page = day_of(clinic, new_browser)
    take(page, card_of(page, "10:00–10:30"), rows=15 + 1, to=head(page, "Nurse Mwangi"))
    preview = page.locator(".plan-drop")
    expect(preview).to_contain_text("11:15–11:45")
    expect(preview).to_contain_text("Nurse Mwangi · Ana Núñez")
    page.mouse.up()
    expect(toast(page, "Ana Núñez: moved to")).to_be_visible()
    nurses = page.get_by_role("region", name="Nurse Mwangi")
    expect(nurses.get_by_role("link", name="11:15–11:45")).to_be_visible()
    expect(preview).to_have_count(0)
    expect(page.get_by_role("complementary")).to_have_count(0)
    assert now(one) == (clinic.at(11, 15), clinic.at(11, 45), clinic.nurse)
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(toast(page, "Undone.")).to_be_visible()
    expect(card_of(page, "10:00–10:30")).to_be_visible()
    assert now(one) == (clinic.at(10), clinic.at(10, 30), clinic.doctor)


def test_a_card_is_made_longer_by_its_lower_edge(clinic: Clinic, new_browser: Opener) -> None:
    one = clinic.book(10)
    page = day_of(clinic, new_browser)
    card = card_of(page, "10:00–10:30")
    card.scroll_into_view_if_needed()
    box = card.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] - 3
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + 8)
    page.mouse.move(x, y + 5 * row_of(page), steps=4)
    expect(page.locator(".plan-drop")).to_contain_text("10:00–11:00")
    page.mouse.up()
    expect(toast(page, "Ana Núñez: lasts until 11")).to_be_visible()
    expect(card_of(page, "10:00–11:00")).to_be_visible()
    assert now(one)[:2] == (clinic.at(10), clinic.at(11))


def test_a_card_that_clashes_goes_back_and_the_reason_stands_beside_it(
    clinic: Clinic, new_browser: Opener
) -> None:
    one = clinic.book(10)
    clinic.book(12)
    page = day_of(clinic, new_browser)
    card = card_of(page, "10:00–10:30")
    drag(page, card, rows=2 * HOUR)
    side = page.get_by_role("complementary", name="Ana Núñez · Follow-up")
    clash = side.get_by_role("region", name="The staff member is busy at that time.")
    expect(clash).to_be_focused()
    expect(clash).to_contain_text("12:00–12:30 has an appointment (Follow-up, Ana Núñez)")
    expect(side.get_by_role("textbox", name="Time")).to_have_value("12:00")
    expect(card).to_be_visible()
    expect(page.locator(".plan-drop")).to_have_count(0)
    assert now(one)[0] == clinic.at(10)
    page.keyboard.press("Escape")
    expect(card).to_be_focused()
    assert "side=" not in page.url
    drag(page, card, rows=2 * HOUR)
    clash.get_by_text("Move it all the same").click()
    clash.get_by_label("Reason").fill("Both fit in")
    clash.get_by_role("button", name="Move with this reason").click()
    expect(toast(page, "Moved.")).to_be_visible()
    expect(page.get_by_role("link", name="12:00–12:30")).to_have_count(2)
    assert now(one)[0] == clinic.at(12)


def test_escape_and_a_drop_where_it_was_change_nothing(clinic: Clinic, new_browser: Opener) -> None:
    one = clinic.book(10)
    page = day_of(clinic, new_browser)
    card = card_of(page, "10:00–10:30")
    take(page, card, rows=2 * HOUR)
    page.keyboard.press("Escape")
    expect(page.locator(".plan-drop")).to_have_count(0)
    page.mouse.up()
    expect(page.get_by_text("Put back: Ana Núñez stays at 10:00")).to_be_visible()
    take(page, card, rows=2 * HOUR)
    x, y = middle(card)
    page.mouse.move(x, y, steps=3)
    page.mouse.up()
    expect(page.get_by_role("complementary")).to_have_count(0)
    assert now(one)[0] == clinic.at(10)
    card.click()  # a press opens it, as ever
    expect(page.get_by_role("complementary", name="Ana Núñez")).to_be_visible()


def test_a_card_is_moved_by_keyboard_alone(clinic: Clinic, new_browser: Opener) -> None:
    one = clinic.book(10)
    page = day_of(clinic, new_browser)
    card = card_of(page, "10:00–10:30")
    card.focus()
    says = page.locator("[data-move-says]")
    page.keyboard.press("Alt+ArrowDown")
    expect(says).to_have_text(
        "Ana Núñez: 10:15 to 10:45, Dr Hart. Enter moves it there, Escape puts it back."
    )
    page.keyboard.press("Escape")
    expect(says).to_have_text("Put back: Ana Núñez stays at 10:00 to 10:30, Dr Hart.")
    expect(card).to_be_focused()
    for key in ("ArrowDown", "ArrowDown", "ArrowUp", "ArrowRight", "Shift+ArrowDown"):
        page.keyboard.press(f"Alt+{key}")
    expect(says).to_contain_text("Ana Núñez: 10:15 to 11:15, Nurse Mwangi.")
    page.keyboard.press("Enter")
    expect(toast(page, "Ana Núñez: moved to")).to_be_visible()
    expect(card_of(page, "10:15–11:15")).to_be_focused()
    assert now(one) == (clinic.at(10, 15), clinic.at(11, 15), clinic.nurse)
    assert page.url.endswith(f"day?day={clinic.day}")  # Alt and an arrow did not go back


def test_a_card_is_moved_by_a_finger_that_rests_on_it_and_others_scroll(
    clinic: Clinic, new_browser: Opener
) -> None:
    one = clinic.book(10)
    page = day_of(clinic, new_browser, **PHONE)
    card = card_of(page, "10:00–10:30")
    x, y = middle(card)
    touch = page.context.new_cdp_session(page)

    def finger(kind: str, *at: float) -> None:
        points = [{"x": at[0], "y": at[1]}] if at else []
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    before = page.evaluate("document.querySelector('[data-plan]').scrollTop")
    finger("touchStart", x, y)
    for far in range(10, 100, 10):
        finger("touchMove", x, y - far)
    finger("touchEnd")
    expect(page.locator(".plan-drop")).to_have_count(0)
    page.wait_for_function(
        "before => document.querySelector('[data-plan]').scrollTop > before", arg=before
    )
    at_rest(page)
    x, y = middle(card)
    finger("touchStart", x, y)
    expect(page.locator(".plan-drop")).to_be_visible()
    stood = page.evaluate("document.querySelector('[data-plan]').scrollTop")
    rows = row_of(page) * HOUR
    for part in range(1, 5):
        finger("touchMove", x, y + rows * part / 4)
    expect(page.locator(".plan-drop")).to_contain_text("11:00–11:30")
    assert page.evaluate("document.querySelector('[data-plan]').scrollTop") == stood
    finger("touchEnd")
    expect(toast(page, "Ana Núñez: moved to")).to_be_visible()
    expect(card_of(page, "11:00–11:30")).to_be_visible()
    assert now(one)[0] == clinic.at(11)
    expect(page.get_by_role("complementary")).to_have_count(0)


def scrolled(page: Page) -> float:
    """How far the grid is scrolled, thirty pictures later."""
    return float(
        page.evaluate(
            """() => new Promise((done) => {
                let left = 30;
                const look = () => {
                    left -= 1;
                    if (left) requestAnimationFrame(look);
                    else done(document.querySelector("[data-plan]").scrollTop);
                };
                look();
            })"""
        )
    )


def test_the_grid_scrolls_along_where_a_card_is_dragged_to_its_border(
    clinic: Clinic, new_browser: Opener
) -> None:
    """But not away from it when it is taken there and dragged inwards."""
    one = clinic.book(10)
    page = day_of(clinic, new_browser)
    page.evaluate("document.querySelector('[data-plan]').scrollTop = 1e4")
    x, y = middle(card_of(page, "10:00–10:30"))  # below the head
    stood = scrolled(page)
    assert stood > 0
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + 8)
    page.mouse.move(x, y + 16)
    assert scrolled(page) == stood
    page.mouse.move(x, y - 8)
    assert scrolled(page) < stood
    page.keyboard.press("Escape")
    page.mouse.up()
    assert now(one)[0] == clinic.at(10)


def test_in_the_week_of_one_person_a_card_is_dragged_to_another_day(
    clinic: Clinic, new_browser: Opener
) -> None:
    one = clinic.book(10)
    page = new_browser(clinic.sofia).new_page()
    page.goto(clinic.path(f"day?day={clinic.day}&view=week&staff={clinic.doctor.pk}"))
    days = page.locator("[data-column]")
    drag(page, card_of(page, "10:00–10:30"), rows=HOUR, to=days.nth(2).get_by_role("heading"))
    expect(toast(page, "Ana Núñez: moved to")).to_be_visible()
    expect(days.nth(2).get_by_role("link", name="11:00–11:30")).to_be_visible()
    found = Appointment.objects.get(pk=one.id)
    assert (found.starts_at - clinic.at(11)).days == 2
    card_of(page, "11:00–11:30").focus()
    page.keyboard.press("Alt+ArrowLeft")
    page.keyboard.press("Enter")
    expect(days.nth(1).get_by_role("link", name="11:00–11:30")).to_be_focused()


def test_what_can_not_be_moved_says_so(clinic: Clinic, new_browser: Opener) -> None:
    clinic.service.bookings_per_timeslot = 3
    clinic.service.save()
    clinic.book(10)
    clinic.book(10)
    page = day_of(clinic, new_browser)
    group = page.locator("summary[data-visit]")
    drag(page, group, rows=HOUR)
    sentence = page.get_by_text("A group is not moved as a whole.")
    expect(sentence).to_be_visible()
    expect(page.locator(".plan-drop")).to_have_count(0)
    assert set(Appointment.objects.values_list("starts_at", flat=True)) == {clinic.at(10)}


def test_where_it_is_read_from_right_to_left_the_arrows_lead_where_they_point(
    clinic: Clinic, new_browser: Opener
) -> None:
    one = clinic.book(10)
    page = day_of(clinic, new_browser)
    page.evaluate("document.documentElement.dir = 'rtl'")
    doctor, nurse = head(page, "Dr Hart"), head(page, "Nurse Mwangi")
    assert middle(nurse)[0] < middle(doctor)[0]
    card = card_of(page, "10:00–10:30")
    card.focus()
    page.keyboard.press("Alt+ArrowRight")
    expect(page.locator("[data-move-says]")).to_contain_text("10:00 to 10:30, Dr Hart.")
    page.keyboard.press("Alt+ArrowLeft")
    expect(page.locator("[data-move-says]")).to_contain_text("10:00 to 10:30, Nurse Mwangi.")
    page.keyboard.press("Escape")
    drag(page, card, rows=HOUR, to=nurse)
    expect(toast(page, "Ana Núñez: moved to")).to_be_visible()
    assert now(one) == (clinic.at(11), clinic.at(11, 30), clinic.nurse)


def test_in_a_room_a_card_gets_another_time_and_keeps_its_host(
    clinic: Clinic, new_browser: Opener
) -> None:
    """Which room it is, the rules say."""
    place = clinic.service.location
    for name in ("Room 1", "Room 2"):
        Resource.objects.create(business=clinic.business, name=name, kind="room", location=place)
    ResourceNeed.objects.create(business=clinic.business, service=clinic.service, kind="room")
    one = clinic.book(10)
    page = new_browser(clinic.sofia).new_page()
    page.goto(clinic.path(f"day?day={clinic.day}&by=rooms"))
    take(page, card_of(page, "10:00–10:30"), rows=HOUR, to=head(page, "Room 2"))
    expect(page.locator(".plan-drop")).to_contain_text("Room 1 · Ana Núñez")
    page.mouse.up()
    expect(toast(page, "Ana Núñez: moved to")).to_be_visible()
    expect(card_of(page, "11:00–11:30")).to_be_visible()
    assert now(one) == (clinic.at(11), clinic.at(11, 30), clinic.doctor)


def test_in_the_column_of_who_joins_a_card_gets_another_time_and_keeps_its_host(
    clinic: Clinic, new_browser: Opener
) -> None:
    provides(clinic.doctor, clinic.service)
    provides(clinic.nurse, clinic.service, additional=True)
    other = StaffFactory(business=clinic.business, name="Dr Okafor")
    provides(other, clinic.service)
    one = clinic.book(10, additional_staff_ids=(clinic.nurse.pk,))
    page = day_of(clinic, new_browser)
    joined = page.get_by_role("region", name="Nurse Mwangi").get_by_role("link", name="Ana Núñez")
    take(page, joined, rows=HOUR, to=head(page, "Dr Okafor"))
    expect(page.locator(".plan-drop")).to_contain_text("Nurse Mwangi · Ana Núñez")
    page.mouse.up()
    expect(toast(page, "Ana Núñez: moved to")).to_be_visible()
    expect(card_of(page, "11:00–11:30")).to_have_count(2)
    assert now(one) == (clinic.at(11), clinic.at(11, 30), clinic.doctor)
