"""Each form of the set-up is filled in: by mouse, by keyboard alone, on a phone, without script."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from typing import Any

import pytest
from django.test import override_settings
from playwright.sync_api import Page, expect

from businesses.models import (
    ApiKey,
    Business,
    Closure,
    Location,
    OutgoingWebhook,
    Resource,
    Service,
)
from staff.models import Staff, User, WorkingHoursSchedule
from staff.roles import Role
from tests.browser.clinic import Clinic
from tests.browser.conftest import Opener
from tests.browser.test_looks import PHONE
from tests.factories import api_key, member


@dataclass(frozen=True)
class Form:
    """What is typed into which field, what the page says then, and what is there."""

    path: str
    typed: dict[str, str]
    says: str
    model: Any
    made: dict[str, Any]
    ticks: tuple[str, ...] = ()  # labels of boxes
    button: str = "Save"


FORMS = {
    "room": Form(
        "setup/rooms/new",
        {"name": "Scanner 1", "kind": "Scanner"},
        "Scanner 1 is saved.",
        Resource,
        {"name": "Scanner 1", "kind": "scanner", "enabled": True},
        ticks=("Follow-up",),
    ),
    "location": Form(
        "setup/locations/new",
        {"name": "Annexe", "address": "2 River Street", "phone": "+44 20 7946 0000"},
        "Annexe is saved.",
        Location,
        {"name": "Annexe", "address": "2 River Street", "timezone": "Europe/London"},
    ),
    "closure": Form(
        "setup/closures/new",
        {"name": "Outing", "date_start": "2031-06-02"},
        "Outing is saved.",
        Closure,
        {"name": "Outing", "date_start": date(2031, 6, 2), "date_end": date(2031, 6, 2)},
    ),
    "clinic": Form(
        "setup/clinic",
        {"lead_time": "90", "cancel_lead_time": "1440"},
        "Riverside Practice is saved.",
        Business,
        {"lead_time": 90, "cancel_lead_time": 1440},
    ),
    "hours": Form(
        "setup/hours",
        {"default_staff_working_hours-friday-end": "15:00"},
        "The opening hours are saved.",
        Business,
        {"default_staff_working_hours__friday": [[800, 1500]]},
    ),
    "person": Form(
        "setup/staff/new",
        {"name": "Dr Lind", "email": "lind@riverside.example"},
        "Dr Lind is added. When do they work?",
        Staff,
        {"name": "Dr Lind", "email": "lind@riverside.example", "takes_bookings": True},
    ),
    "schedule": Form(
        "setup/staff/{doctor}/schedules/new",
        {"date_start": "2031-06-02", "working_hours-monday-end": "10:00"},
        "The schedule is saved.",
        WorkingHoursSchedule,
        {"date_start": date(2031, 6, 2), "working_hours__monday": [[800, 1000]]},
    ),
    "service": Form(
        "setup/services/new",
        {"name": "Vaccination", "lengths-minutes": "20", "lengths-price": "45"},
        "Vaccination is saved.",
        Service,
        {"name": "Vaccination", "durations__minutes": 20, "durations__price": 4500},
    ),
    "key": Form(
        "setup/keys/new",
        {"description": "Website"},
        "The key for Website",
        ApiKey,
        {"description": "Website", "scopes": ["services:read"]},
        ticks=("See services, categories and locations",),
    ),
    "webhook": Form(
        "setup/webhooks/new",
        {"endpoint": "https://hooks.example/in"},
        "The secret of the webhook",
        OutgoingWebhook,
        {"endpoint": "https://hooks.example/in", "enabled": True},
    ),
}
WAYS: dict[str, dict[str, Any]] = {
    "mouse": {},
    "keyboard": {},
    "phone": {"viewport": PHONE, "has_touch": True},
    "without script": {"java_script_enabled": False},
}


@pytest.fixture(autouse=True)
def addresses_are_not_looked_up() -> Iterator[None]:
    with override_settings(WEBHOOK_PRIVATE_ADDRESSES=True):
        yield


@pytest.fixture
def owner(clinic: Clinic) -> User:
    return member(clinic.business, Role.OWNER, name="Olga Owner", email="olga@riverside.example")


def reach(page: Page, what: str) -> None:
    """Tabs on to what the expression says of the focused element."""
    for _ in range(120):
        if page.evaluate(f"(it => {what})(document.activeElement)"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(what)


def by_keyboard(page: Page, form: Form) -> None:
    for name, value in form.typed.items():
        reach(page, f"it.name === '{name}'")
        kind = page.evaluate("document.activeElement.type")
        if kind == "date":
            value = f"{date.fromisoformat(value):%m%d%Y}"  # as the browser's own language has it
        elif kind == "time":
            value = f"{time.fromisoformat(value):%I%M%p}"
        else:
            page.keyboard.press("ControlOrMeta+A")
        page.keyboard.type(value)
    for label in form.ticks:
        reach(page, f"it.labels?.[0]?.textContent.trim() === '{label}'")
        page.keyboard.press("Space")
    reach(page, "it.matches('button[data-default]')")
    page.keyboard.press("Enter")


def by_hand(page: Page, form: Form) -> None:
    for name, value in form.typed.items():
        page.locator(f"[name='{name}']").first.fill(value)
    for label in form.ticks:
        page.get_by_label(label).check()
    page.get_by_role("button", name=form.button).click()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", FORMS)
def test_a_form_is_filled_in(
    kind: str, way: str, clinic: Clinic, owner: User, new_browser: Opener
) -> None:
    form = FORMS[kind]
    page = new_browser(owner, **WAYS[way]).new_page()
    page.goto(clinic.path(form.path.format(doctor=clinic.doctor.pk)))
    (by_keyboard if way == "keyboard" else by_hand)(page, form)
    expect(page.get_by_text(form.says).first).to_be_visible()
    assert form.model.objects.filter(**form.made).count() == 1


def test_holidays_are_looked_over_and_imported_by_keyboard_alone(
    clinic: Clinic, owner: User, new_browser: Opener
) -> None:
    page = new_browser(owner).new_page()
    page.goto(clinic.path("setup/closures/holidays"))
    reach(page, "it.matches('button[data-default]')")
    page.keyboard.press("Enter")
    days = page.get_by_role("group", name="Days to be closed").get_by_role("checkbox")
    expect(days.first).to_be_checked()
    count = days.count()
    reach(page, "it.name === 'days'")
    page.keyboard.press("Space")
    expect(days.first).not_to_be_checked()
    reach(page, "it.matches('button[data-default]')")
    page.keyboard.press("Enter")
    expect(page.get_by_text("public holidays are added.")).to_be_visible()
    assert Closure.objects.of(clinic.business).count() == count - 1


def test_a_closure_over_a_visit_is_saved_once_the_visit_was_told(
    clinic: Clinic, owner: User, new_browser: Opener
) -> None:
    clinic.book(10)
    page = new_browser(owner, viewport=PHONE).new_page()
    page.goto(clinic.path("setup/closures/new"))
    page.get_by_label("Name").fill("Outing")
    page.get_by_label("First day").fill(str(clinic.day))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("1 visit lies on these days")).to_be_visible()
    expect(page.get_by_text("Ana Núñez")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("Outing")
    assert not Closure.objects.exists()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Outing is saved.")).to_be_visible()
    assert Closure.objects.get().date_start == clinic.day


def test_a_new_key_is_copied_by_its_button(
    clinic: Clinic, owner: User, new_browser: Opener
) -> None:
    context = new_browser(owner)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(clinic.path("setup/keys/new"))
    by_hand(page, FORMS["key"])
    token = page.get_by_label("API key").input_value()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == token


def test_a_key_is_revoked_by_keyboard_alone(
    clinic: Clinic, owner: User, new_browser: Opener
) -> None:
    api_key(clinic.business)
    page = new_browser(owner).new_page()
    page.goto(clinic.path("setup/keys"))
    reach(page, "it.ariaLabel === 'Revoke Tests'")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Revoke Tests?")).to_be_visible()
    reach(page, "it.matches('.button-danger')")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Tests is revoked.")).to_be_visible()
    assert ApiKey.objects.get().revoked_at is not None
