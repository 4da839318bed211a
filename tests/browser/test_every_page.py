"""No page is forgotten by the tests that look at them all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from django.test import Client
from django.urls import resolve, reverse
from pytest_django import Settings

import appointments.links_urls
import appointments.urls
import staff.urls
from staff.roles import Role
from tests.browser import test_links, test_looks, test_setup
from tests.browser.clinic import Clinic
from tests.factories import member

# Looked at on the way, by `test_axe_finds_nothing_…`: at the door, in the first run.
ON_THE_WAY = {
    "login",
    "password_reset",
    "password_reset_done",
    "password_reset_confirm",
    "password_reset_complete",
    "password_change_done",
    "desk-start",
    "desk-start-person",
    "desk-start-service",
    "desk-start-done",
}
# What buttons are sent to: opened by themselves they lead back to the page with the button.
NO_PAGE = {
    "desk-show",
    "desk-waitlist-act",
    "desk-patient-archive",
    "desk-approve",
    "desk-cancel",
    "desk-step",
    "desk-move",
    "desk-undo",
}


DESK = (*appointments.urls.urlpatterns, *staff.urls.urlpatterns, *staff.urls.setup)


def names(paths: Iterable[str]) -> set[str | None]:
    return {resolve(path.partition("?")[0]).url_name for path in paths}


def address(route: Any, clinic: Clinic) -> str:
    """Of that route, with the id of nothing in each gap."""
    gaps = {name: uuid4() for name in route.pattern.converters if name != "alias"}
    if "alias" in route.pattern.converters or route in staff.urls.setup:
        gaps["alias"] = clinic.business.alias
    return reverse(route.name, kwargs=gaps)


def test_every_page_of_the_desk_is_looked_at(clinic: Clinic) -> None:
    looked_at = names(path for name, path in test_looks.pages_of(clinic) if name != "not found")
    looked_at |= names(test_setup.paths_of(clinic)) | ON_THE_WAY | NO_PAGE
    browser = Client()
    browser.force_login(
        member(clinic.business, Role.OWNER, email="olga@riverside.example"),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    forgotten = [
        route.name
        for route in DESK
        if route.name not in looked_at and browser.get(address(route, clinic)).status_code != 405
    ]
    assert forgotten == []
    assert {route.name for route in DESK} >= ON_THE_WAY | NO_PAGE


def test_every_page_for_patients_is_looked_at(clinic: Clinic, settings: Settings) -> None:
    looked_at = names(path for _, path in test_links.pages_of(clinic, settings))
    routes = {route.name for route in appointments.links_urls.urlpatterns}
    # A calendar is a file; a booking page is the same for a service, a category and a person.
    assert routes - looked_at == {"link-calendar", "booking-categories", "booking-staff"}
