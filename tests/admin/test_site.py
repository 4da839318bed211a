"""The way into the admin, and the order in which it shows things."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from staff.roles import Role
from tests.admin.clinic import Clinic, as_user, operator, words
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
INDEX = reverse("admin:index")


def test_the_admin_has_no_sign_in_page_of_its_own() -> None:
    response = Client().get(INDEX, follow=True)
    assert response.redirect_chain[-1] == (f"{reverse('login')}?next=%2Fadmin%2F", 302)


def test_whoever_works_nowhere_is_told_so_and_not_sent_in_circles() -> None:
    response = as_user(UserFactory()).get(INDEX, follow=True)
    assert (response.status_code, len(response.redirect_chain)) == (403, 1)


def test_a_password_is_changed_on_the_sites_own_page(mine: Clinic) -> None:
    response = as_user(mine.works(Role.OWNER)).get(reverse("admin:password_change"))
    assert (response.status_code, response["Location"]) == (302, reverse("password_change"))


def test_whoever_is_signed_in_finds_the_index_at_the_sign_in_address(mine: Clinic) -> None:
    response = as_user(mine.works(Role.OWNER)).get(reverse("admin:login"))
    assert (response.status_code, response["Location"]) == (302, INDEX)


def test_the_clinics_day_comes_first_and_its_set_up_after(mine: Clinic) -> None:
    response = as_user(mine.works(Role.MANAGER)).get(INDEX)
    shown = {
        app["app_label"]: [model["object_name"] for model in app["models"]]
        for app in response.context["app_list"]
    }
    assert list(shown) == ["appointments", "patients", "staff", "businesses"]
    assert shown["appointments"][0] == "Appointment"
    assert shown["staff"] == ["Staff", "TimeBlocker", "WorkingHoursSchedule", "ExternalEvent"]


def test_permissions_of_django_are_nobodys(mine: Clinic) -> None:
    shown = as_user(operator()).get(INDEX).context["app_list"]
    assert "auth" not in {app["app_label"] for app in shown}


def test_a_page_keeps_to_the_content_security_policy(mine: Clinic) -> None:
    client = as_user(mine.works(Role.OWNER))
    pages = ["/admin/appointments/appointment/add/", "/admin/staff/timeblocker/add/", INDEX]
    for row in (mine.service, mine.staff, mine.visit, mine.key):
        meta = row._meta
        name = f"admin:{meta.app_label}_{meta.model_name}"
        pages += [reverse(f"{name}_{what}", args=[row.pk]) for what in ("change", "history")]
    for address in pages:
        response = client.get(address)
        shown = words(response)
        assert "script-src 'self'" in response["Content-Security-Policy"]
        for inline in (" style=", "<style", " onclick=", " onload=", "javascript:"):
            assert (address, inline, inline in shown) == (address, inline, False)
        for tag in re.findall("<script[^>]*>", shown):
            assert "src=" in tag or "application/json" in tag
