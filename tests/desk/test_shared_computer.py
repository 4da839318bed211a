"""The computer at the front desk, which many use: what it keeps, and where its links lead."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.urls import reverse

from tests.desk.clinic import FrontDesk, at


@pytest.mark.parametrize("page", ["day", "appointments", "patients", "waiting", "search", "book"])
def test_a_page_with_patients_is_asked_for_again_and_shared_by_no_cache(
    desk: FrontDesk, page: str
) -> None:
    desk.book(at(10))
    kept = {one.strip() for one in desk.get(page)["Cache-Control"].split(",")}
    assert {"private", "no-cache"} <= kept


def test_signing_out_leaves_no_page_behind(desk: FrontDesk) -> None:
    answer = desk.client.post(reverse("logout"))
    assert answer["Clear-Site-Data"] == '"cache"'
    assert desk.get("day").status_code == 302


@pytest.mark.parametrize("back", ["foo", "//elsewhere.example/", "javascript:alert(1)", "\x00", ""])
def test_choosing_a_language_leads_to_this_site_alone(desk: FrontDesk, back: str) -> None:
    answer = desk.client.post(reverse("language"), {"language": "de", "next": back})
    assert answer.status_code == 302
    assert answer["Location"] == reverse("desk")
    assert answer.cookies[settings.LANGUAGE_COOKIE_NAME].value == "de"
