"""What the set-up takes away, brings back and sends: each button, in each of the ways to work."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone
from playwright.sync_api import Page, expect

from businesses.models import (
    ApiKey,
    Closure,
    Resource,
    WebhookDelivery,
)
from businesses.webhooks import send_test
from staff.models import StaffStatus, User
from staff.roles import Role
from tests.browser.clinic import Clinic
from tests.browser.conftest import Opener
from tests.browser.test_setup_forms import WAYS, reach
from tests.factories import LocationFactory, ServiceFactory, api_key, member, webhook, works


@dataclass(frozen=True)
class Action:
    """What is pressed on a page, one after the other, what is said then, and what is so."""

    path: str
    presses: tuple[str, ...]
    says: str
    done: Callable[[], bool]


@pytest.fixture(autouse=True)
def addresses_are_not_looked_up() -> Iterator[None]:
    with override_settings(WEBHOOK_PRIVATE_ADDRESSES=True):
        yield


@pytest.fixture
def owner(clinic: Clinic) -> User:
    return member(clinic.business, Role.OWNER, name="Olga Owner", email="olga@riverside.example")


def lacks(row: Any) -> Callable[[], bool]:
    return lambda: not type(row).objects.filter(pk=row.pk).exists()


def is_so(row: Any, **facts: Any) -> Callable[[], bool]:
    return lambda: type(row).objects.filter(pk=row.pk, **facts).exists()


def actions(clinic: Clinic) -> list[Action]:
    """Each on a row of its own, so that they may follow one another."""
    business = clinic.business
    room = Resource.objects.create(business=business, name="Room 1", kind="room")
    unused = LocationFactory(business=business, name="Annexe")
    away = LocationFactory(business=business, name="Old house", archived_at=timezone.now())
    days = {"date_start": clinic.day, "date_end": clinic.day}
    closure = Closure.objects.create(business=business, name="Outing", **days)
    unbooked = ServiceFactory(business=business, name="Laser")
    schedule = works(clinic.doctor, {}, date_start="2031-01-01", date_end="2031-01-31")
    nurse = clinic.nurse
    api_key(business)
    key = ApiKey.objects.get()
    hook = webhook(business)
    dead = send_test(hook)
    WebhookDelivery.objects.filter(pk=dead.pk).update(status="dead")
    asked = "Remove it", "Remove"
    rows: list[tuple[str, tuple[str, ...], str, Callable[[], bool]]] = [
        (f"rooms/{room.pk}", asked, "It is removed.", lacks(room)),
        (f"locations/{unused.pk}", asked, "Annexe is removed.", lacks(unused)),
        (
            "locations",
            ("Removed locations", "Bring back"),
            "Old house is back.",
            is_so(away, archived_at=None),
        ),
        (f"closures/{closure.pk}", asked, "The closure is removed.", lacks(closure)),
        (
            f"services/{unbooked.pk}",
            ("Delete this service", "Delete"),
            "The service is deleted.",
            lacks(unbooked),
        ),
        (
            f"staff/{clinic.doctor.pk}/schedules/{schedule.pk}",
            ("Remove these dates",),
            "The schedule is removed.",
            lacks(schedule),
        ),
        (
            f"staff/{nurse.pk}",
            ("Put away",),
            "They are put away.",
            is_so(nurse, status=StaffStatus.ARCHIVED),
        ),
        (
            f"staff/{nurse.pk}",
            ("Make active",),
            "They are active again.",
            is_so(nurse, status=StaffStatus.ACTIVE),
        ),
        (
            f"staff/{nurse.pk}",
            ("Invite them",),
            "It is shown only now.",
            is_so(nurse, user__isnull=False),
        ),
        ("keys", ("Revoke", "Revoke it"), "is revoked.", is_so(key, revoked_at__isnull=False)),
        (
            f"webhooks/{hook.pk}",
            ("Send all again that was given up",),
            "1 delivery is sent again.",
            is_so(dead, status="pending"),
        ),
        (
            f"webhooks/{hook.pk}",
            ("Send a test event",),
            "A test event is on its way",
            lambda: WebhookDelivery.objects.count() == 2,
        ),
        (
            f"webhooks/{hook.pk}",
            ("Make a new secret",),
            "it is not shown again",
            is_so(hook, previous_secret=hook.secret),
        ),
        (f"webhooks/{hook.pk}", asked, "The webhook is removed", lacks(hook)),
    ]
    return [Action(*row) for row in rows]


def press(page: Page, name: str, *, keyboard: bool) -> None:
    things = ".setup-main :is(summary, button, a)"
    thing = page.locator(things).filter(has_text=re.compile(rf"^\s*{name}\s*$"))
    expect(thing).to_be_visible()
    if not keyboard:
        thing.click()
        return
    reach(page, f"it.matches('{things}') && it.textContent.trim() === '{name}'")
    page.keyboard.press("Enter")


@pytest.mark.parametrize("way", WAYS)
def test_what_a_button_of_the_set_up_says_is_done(
    way: str, clinic: Clinic, owner: User, new_browser: Opener
) -> None:
    page = new_browser(owner, **WAYS[way]).new_page()
    for action in actions(clinic):
        assert not action.done(), action
        page.goto(clinic.path(f"setup/{action.path}"))
        for name in action.presses:
            press(page, name, keyboard=way == "keyboard")
        expect(page.get_by_role("main").get_by_text(action.says).first).to_be_visible()
        assert action.done(), action
