"""The page that shows the published interface, in a browser that is let out nowhere."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.appointments.api.clinic import make_clinic
from tests.browser.conftest import Opener
from tests.browser.test_looks import PHONE, WIDE


def opened(page: Page) -> None:
    page.goto("/v1/docs")
    expect(page.get_by_role("heading", name="Stilldesk")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("List service categories$"))).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_the_interface_is_shown_on_a_screen_of_any_size(
    transactional_db: None, new_browser: Opener, size: dict[str, int], scheme: str
) -> None:
    page = new_browser(viewport=size, color_scheme=scheme).new_page()
    opened(page)
    page.get_by_role("button", name=re.compile("Add a service category$")).click()
    expect(page.get_by_role("button", name="Try it out")).to_be_visible()
    over = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(over) == 0
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(244, 247, 246)", "dark": "rgb(14, 20, 19)"}[scheme]


def test_a_request_is_tried_with_a_key(transactional_db: None, new_browser: Opener) -> None:
    clinic = make_clinic()
    page = new_browser(viewport=PHONE).new_page()
    opened(page)
    page.get_by_role("button", name="Authorize").first.click()
    page.get_by_label("auth-bearer-value").fill(clinic.token)
    page.get_by_label("Apply credentials").first.click()
    page.locator(".btn-done").first.click()
    page.get_by_role("button", name=re.compile("List service categories$")).click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_placeholder("businessId").fill(str(clinic.business.pk))
    page.get_by_role("button", name="Execute").click()
    answer = page.locator(".live-responses-table")
    expect(answer).to_contain_text('"totalCount": 0')
