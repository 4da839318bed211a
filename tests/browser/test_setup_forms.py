"""Each form of the set-up is filled in: by mouse, by keyboard alone, on a phone, without script."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from businesses.models import Location, Resource
from staff.models import User
from staff.roles import Role
from tests.browser.clinic import Clinic
from tests.browser.conftest import Opener
from tests.browser.test_looks import PHONE
from tests.factories import member


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
}
WAYS: dict[str, dict[str, Any]] = {
    "mouse": {},
    "keyboard": {},
    "phone": {"viewport": PHONE, "has_touch": True},
    "without script": {"java_script_enabled": False},
}


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
        page.keyboard.press("ControlOrMeta+A")
        page.keyboard.type(value)
    for label in form.ticks:
        reach(page, f"it.labels?.[0]?.textContent.trim() === '{label}'")
        page.keyboard.press("Space")
    reach(page, "it.matches('button[data-default]')")
    page.keyboard.press("Enter")


def by_hand(page: Page, form: Form) -> None:
    for name, value in form.typed.items():
        page.locator(f"[name='{name}']").fill(value)
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
    page.goto(clinic.path(form.path))
    (by_keyboard if way == "keyboard" else by_hand)(page, form)
    expect(page.get_by_text(form.says).first).to_be_visible()
    assert form.model.objects.of(clinic.business).filter(**form.made).count() == 1
