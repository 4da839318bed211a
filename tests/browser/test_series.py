"""A series is looked at date by date, one date gets another time, and all of it is booked."""

from __future__ import annotations

from datetime import timedelta

from playwright.sync_api import expect

from appointments.models import Appointment
from tests.browser.clinic import Clinic
from tests.browser.conftest import Opener
from tests.browser.test_booking import choose_patient, fill_visit
from tests.browser.test_looks import look


def in_the_way(clinic: Clinic) -> None:
    clinic.book(10, starts_at=clinic.at(10) + timedelta(days=7))


def starts(clinic: Clinic) -> list[timedelta]:
    """Those of the series, from the first on."""
    found = Appointment.objects.filter(series__isnull=False).order_by("starts_at")
    return [one.starts_at - clinic.at(10) for one in found]


DATES = [timedelta(), timedelta(days=7, minutes=30), timedelta(days=14)]


def test_a_date_that_is_not_free_gets_another_time(clinic: Clinic, new_browser: Opener) -> None:
    in_the_way(clinic)
    page = new_browser(clinic.sofia).new_page()
    page.goto(clinic.book_path)
    expect(page.get_by_label("How many visits")).to_be_hidden()
    choose_patient(page, "nunez", "Ana Núñez")
    fill_visit(page)
    page.get_by_label("Repeats").select_option(label="Weekly")
    page.get_by_label("How many visits").fill("3")
    page.get_by_label("Notes").fill("Brings an X-ray")
    page.get_by_role("button", name="Book appointment").click()
    dates = page.get_by_role("region", name="2 of 3 dates are free")
    expect(dates).to_be_focused()
    expect(dates).to_contain_text("The staff member is busy at that time.")
    expect(page.get_by_label("Notes")).to_have_value("Brings an X-ray")
    assert look(page, "series, dates") == []
    page.get_by_role("button", name="Book these dates").click()
    expect(dates).to_contain_text("Choose for each date that is not free what becomes of it.")
    dates.get_by_role("radio", name="10:30").check()
    page.get_by_role("button", name="Book these dates").click()
    expect(page.get_by_text("3 appointments are booked.")).to_be_visible()
    expect(page.get_by_text("1 of 3, weekly")).to_be_visible()
    assert starts(clinic) == DATES
    page.get_by_role("link", name="Next:").click()
    expect(page.get_by_text("2 of 3, weekly")).to_be_visible()
    expect(page.locator(".headline-time")).to_contain_text("10:30")


def test_the_same_without_javascript(clinic: Clinic, new_browser: Opener) -> None:
    in_the_way(clinic)
    page = new_browser(clinic.sofia, java_script_enabled=False).new_page()
    page.goto(f"{clinic.book_path}&patient={clinic.ana.pk}&service={clinic.service.pk}")
    fill_visit(page)
    page.get_by_label("Repeats").select_option(label="Weekly")
    page.get_by_label("How many visits").fill("3")
    page.get_by_role("button", name="Book appointment").click()
    dates = page.get_by_role("region", name="2 of 3 dates are free")
    dates.get_by_role("radio", name="Leave this date out").check()
    page.get_by_role("button", name="Book these dates").click()
    expect(page.get_by_text("2 appointments are booked.")).to_be_visible()
    expect(page.get_by_text("Left out:")).to_be_visible()
    assert starts(clinic) == [DATES[0], DATES[2]]
