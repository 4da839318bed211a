"""Setting up a clinic in a browser: by mouse, by keyboard alone, on a phone, and without script."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from businesses.hours import DAYS, nine_to_five
from businesses.models import (
    ApiKey,
    Business,
    Closure,
    Location,
    OutgoingWebhook,
    Resource,
    Service,
    WebhookDelivery,
)
from businesses.webhooks import send_test
from staff.models import Staff, User
from staff.roles import Role
from tests.browser.clinic import Clinic
from tests.browser.conftest import Opener
from tests.browser.test_looks import PHONE, look
from tests.factories import (
    PASSWORD,
    LocationFactory,
    UserFactory,
    api_key,
    member,
    webhook,
    works,
)


@pytest.fixture
def owner(clinic: Clinic) -> User:
    return member(clinic.business, Role.OWNER, name="Olga Owner", email="olga@riverside.example")


def hours_of(clinic: Clinic) -> dict[str, list[list[int]]]:
    week = Business.objects.get(pk=clinic.business.pk).default_staff_working_hours
    assert isinstance(week, dict)
    return {day: spans for day, spans in week.items() if spans}


def save(page: Page) -> None:
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("saved", exact=False).first).to_be_visible()


def test_a_week_with_a_lunch_break_is_set_by_mouse(
    clinic: Clinic, owner: User, new_browser: Opener
) -> None:
    page = new_browser(owner).new_page()
    page.goto(clinic.path("appointments"))
    page.get_by_role("link", name="Set up").click()
    page.get_by_role("link", name="Opening hours", exact=True).click()
    monday = page.get_by_role("group", name="Monday")
    monday.get_by_label("1. until").fill("12:00")
    monday.get_by_role("button", name="Add hours").click()
    monday.get_by_label("2. from").first.fill("13:00")
    monday.get_by_label("2. until").first.fill("17:30")
    monday.locator("summary").click()
    for day in ("Tuesday", "Wednesday"):
        monday.get_by_label(day, exact=True).check()
    monday.get_by_role("button", name="Copy", exact=True).click()
    for day in ("Saturday", "Sunday"):
        page.get_by_role("group", name=day).get_by_role("button", name="remove").click()
    expect(page.get_by_role("group", name="Sunday").get_by_text("Closed")).to_be_visible()
    save(page)
    split = [[800, 1200], [1300, 1730]]
    assert hours_of(clinic) == {
        "monday": split,
        "tuesday": split,
        "wednesday": split,
        "thursday": [[800, 2000]],
        "friday": [[800, 2000]],
    }


def test_hours_of_ones_own_are_set_by_keyboard_alone(
    clinic: Clinic, owner: User, new_browser: Opener
) -> None:
    page = new_browser(owner).new_page()
    page.goto(clinic.path(f"setup/staff/{clinic.doctor.pk}/hours"))
    page.get_by_label("the clinic’s opening hours").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.type("0930AM")
    page.keyboard.press("Tab")
    if not page.evaluate("document.activeElement.name").endswith("-end"):
        page.keyboard.press("Tab")  # past the clock that the browser draws in the field
    page.keyboard.type("1115AM")
    page.keyboard.press("Enter")
    expect(page.get_by_text("are saved")).to_be_visible()
    week = Staff.objects.get(pk=clinic.doctor.pk).weekly_hours
    assert week is not None
    assert [week[day] for day in DAYS] == [[[930, 1115]], *[[[800, 2000]]] * 6]


def test_without_script_there_is_a_line_for_one_more_span(
    clinic: Clinic, owner: User, new_browser: Opener
) -> None:
    page = new_browser(owner, java_script_enabled=False).new_page()
    page.goto(clinic.path("setup/hours"))
    monday = page.get_by_role("group", name="Monday")
    expect(monday.get_by_role("button", name="Add hours")).to_be_hidden()
    monday.get_by_label("2. from").fill("21:00")
    monday.get_by_label("2. until").fill("00:00")
    monday.locator("summary").click()
    monday.get_by_label("Sunday", exact=True).check()
    monday.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_text("That counts once you save it.")).to_be_visible()
    tuesday = page.get_by_role("group", name="Tuesday")
    tuesday.get_by_label("1. from").fill("")
    tuesday.get_by_label("1. until").fill("")
    save(page)
    late = [[800, 2000], [2100, 2400]]
    found = hours_of(clinic)
    assert (found["monday"], found["sunday"], "tuesday" in found) == (late, late, False)


def test_on_a_phone_somebody_is_added_and_given_other_hours_on_some_dates(
    clinic: Clinic, owner: User, new_browser: Opener
) -> None:
    page = new_browser(owner, viewport=PHONE).new_page()
    page.goto(clinic.path("setup"))
    page.locator(".setup-choice summary").click()
    page.get_by_role("link", name="Staff", exact=True).click()
    page.get_by_role("link", name="Add somebody").click()
    page.get_by_label("Name").fill("Dr Lind")
    page.get_by_label("E-mail").fill("lind@riverside.example")
    save_button = page.get_by_role("button", name="Save")
    save_button.click()
    expect(page.get_by_text("When do they work?")).to_be_visible()
    page.get_by_role("link", name="Add dates").click()
    page.get_by_label("First day").fill("2031-02-01")
    page.get_by_role("group", name="Monday").get_by_label("1. until").fill("10:00")
    save(page)
    (schedule,) = Staff.objects.get(name="Dr Lind").schedules.all()
    assert (schedule.working_hours["monday"], schedule.date_end) == ([[800, 1000]], None)


def test_a_service_is_added_by_keyboard_alone(
    clinic: Clinic, owner: User, new_browser: Opener
) -> None:
    page = new_browser(owner).new_page()
    page.goto(clinic.path("setup/services/new"))
    page.get_by_label("Name").focus()
    page.keyboard.type("Vaccination")
    page.keyboard.press("Tab")
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("20")
    page.keyboard.press("Tab")
    page.keyboard.type("45")
    for _ in range(2):
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Add a length")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.type("40")
    page.keyboard.press("Tab")
    page.keyboard.type("80.50")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Vaccination is saved.")).to_be_visible()
    made = Service.objects.get(name="Vaccination")
    assert list(made.durations.values_list("minutes", "price")) == [(20, 4500), (40, 8050)]


def test_questions_are_put_in_another_order_by_mouse(
    clinic: Clinic, owner: User, new_browser: Opener
) -> None:
    page = new_browser(owner).new_page()
    page.goto(clinic.path(f"setup/services/{clinic.service.pk}"))
    page.get_by_role("button", name="Add a question").click()
    page.get_by_role("textbox", name="Question 2").fill("Any allergies?")
    page.get_by_role("button", name="Question 2: move up").click()
    expect(page.get_by_role("textbox", name="Question 1")).to_have_value("Any allergies?")
    page.get_by_label("Question 1: must it be answered?").select_option("yes")
    save(page)
    assert list(clinic.service.questions.values_list("question", "required")) == [
        ("Any allergies?", True),
        ("Which pills?", False),
    ]


def test_what_is_wrong_with_the_hours_is_said_where_the_keyboard_is(
    clinic: Clinic, owner: User, new_browser: Opener
) -> None:
    page = new_browser(owner).new_page()
    page.goto(clinic.path("setup/hours"))
    friday = page.get_by_role("group", name="Friday")
    friday.get_by_label("1. until").fill("07:00")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("group", name="Please check this")).to_be_focused()
    expect(page.get_by_text("ends before it starts").first).to_be_visible()
    expect(friday.get_by_label("1. until")).to_have_value("07:00")
    expect(friday.get_by_label("1. until")).to_have_attribute("aria-invalid", "true")
    assert look(page, "hours, refused") == []


def paths_of(clinic: Clinic) -> Iterator[str]:
    """The pages of the set-up, with something on each."""
    schedule = works(clinic.doctor, {}, date_start="2026-01-01")
    person = f"setup/staff/{clinic.doctor.pk}"
    place = Location.objects.of(clinic.business).get()
    LocationFactory(business=clinic.business, name="Old house", archived_at=clinic.at(10))
    room = Resource.objects.create(
        business=clinic.business, name="Room 1", kind="room", location=place
    )
    day = {"date_start": clinic.day, "date_end": clinic.day}
    closure = Closure.objects.create(business=clinic.business, name="Outing", **day)
    api_key(clinic.business)
    key = ApiKey.objects.get()
    hook = webhook(clinic.business)
    dead = send_test(hook)
    WebhookDelivery.objects.filter(pk=dead.pk).update(status="dead")
    holidays = "setup/closures/holidays?country=GB&region=SCT&first_year={0}&last_year={0}"
    for path in (
        "setup",
        "setup/clinic",
        "setup/closures",
        "setup/closures/new",
        f"setup/closures/{closure.pk}",
        holidays.format(clinic.day.year + 1),
        "setup/keys",
        "setup/keys/new",
        f"setup/keys/{key.pk}/revoke",
        "setup/webhooks",
        "setup/webhooks/new",
        f"setup/webhooks/{hook.pk}",
        "setup/hours",
        "setup/rooms",
        "setup/rooms/new",
        f"setup/rooms/{room.pk}",
        "setup/locations",
        "setup/locations/new",
        f"setup/locations/{place.pk}",
        "setup/services",
        f"setup/services/{clinic.service.pk}",
        "setup/services/new",
        "setup/staff",
        "setup/staff/new",
        person,
        f"{person}/hours",
        f"{person}/schedules/new",
        f"{person}/schedules/{schedule.pk}",
    ):
        yield clinic.path(path)


def test_axe_finds_nothing_in_the_set_up(clinic: Clinic, owner: User, new_browser: Opener) -> None:
    clinic.book(10)
    page = new_browser(owner).new_page()
    found = []
    for path in paths_of(clinic):
        page.goto(path)
        for menu in page.locator(".setup-main details").all():
            menu.evaluate("it => { if (!it.matches('.week-copy')) it.open = true; }")
        found += look(page, path)
    hook = OutgoingWebhook.objects.get()
    page.goto(clinic.path(f"setup/webhooks/{hook.pk}"))
    page.get_by_role("button", name="Make a new secret").click()
    expect(page.get_by_role("heading", name="The secret of the webhook")).to_be_visible()
    found += look(page, "the secret")
    page.goto(clinic.path("setup/keys/new"))
    page.get_by_label("What it is for").fill("Website")
    page.get_by_label("See patients").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="The key for Website")).to_be_visible()
    found += look(page, "the token")
    page.goto(clinic.path(f"setup/staff/{clinic.nurse.pk}"))
    page.get_by_role("button", name="Invite them").click()
    expect(page.get_by_role("heading", name="The way in for Nurse Mwangi")).to_be_visible()
    found += look(page, "the way in")
    page.goto(clinic.path("setup/closures/new"))
    page.get_by_label("Name").fill("Works")
    page.get_by_label("First day").fill(str(clinic.day))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("1 visit lies on these days")).to_be_visible()
    found += look(page, "a closure over a visit")
    assert found == []


def test_from_an_empty_database_to_a_clinic_by_keyboard_alone(
    transactional_db: None, new_browser: Opener
) -> None:
    """Three steps with four things to type: what stands there already is most often right."""
    UserFactory(name="Olga Owner", email="olga@new.example", is_superuser=True)
    page = new_browser(timezone_id="Europe/Lisbon").new_page()
    typed: list[str] = []

    def fill(words: str, *, tabs: int = 0) -> None:
        for _ in range(tabs):
            page.keyboard.press("Tab")
        page.keyboard.type(words)
        typed.append(words)

    def reach(name: str) -> None:
        """Tabs on to the field of that name."""
        for _ in range(60):
            if page.evaluate("document.activeElement.name") == name:
                return
            page.keyboard.press("Tab")
        raise AssertionError(name)

    page.goto("/")
    fill("olga@new.example")
    fill(PASSWORD, tabs=1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your clinic")).to_be_visible()
    expect(page.get_by_label("Time zone")).to_have_value("Europe/Lisbon")
    reach("name")
    fill("Harbour Clinic")
    reach("currency")
    fill("eur")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Who sees patients")).to_be_visible()
    reach("name")
    page.keyboard.press("Enter")  # it is me
    expect(page.get_by_role("heading", name="What can be booked")).to_be_visible()
    reach("name")
    fill("Consultation")
    reach("lengths-price")
    fill("65")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Harbour Clinic is ready")).to_be_visible()
    expect(page.get_by_role("link", name="Book the first appointment")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Book an appointment")).to_be_visible()
    assert len(typed) == 2 + 4  # signing in, and the clinic
    made = Business.objects.get()
    assert (made.name, made.default_staff_working_hours) == ("Harbour Clinic", nine_to_five())
    expect(page.get_by_label("Service").locator("option")).to_contain_text(["", "Consultation"])


def test_axe_finds_nothing_in_the_first_run(transactional_db: None, new_browser: Opener) -> None:
    operator = UserFactory(name="Olga Owner", email="olga@new.example", is_superuser=True)
    page = new_browser(operator).new_page()
    page.goto("/desk/start")
    found = look(page, "start")
    page.get_by_label("Name of the clinic").fill("Harbour Clinic")
    page.get_by_role("button", name="Next").click()
    page.wait_for_url("**/person")
    found += look(page, "person")
    page.get_by_role("button", name="Next").click()
    page.wait_for_url("**/service")
    page.get_by_role("button", name="Finish").click()
    expect(page.get_by_text("This field is required.").first).to_be_visible()
    found += look(page, "service, refused")
    page.get_by_label("Name").fill("Consultation")
    page.get_by_role("button", name="Finish").click()
    page.wait_for_url("**/done")
    found += look(page, "done")
    assert found == []
