"""Every page, as axe sees it: light, dark, on paper, on a phone and magnified; and its HTML."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.contrib.auth.tokens import default_token_generator
from django.test import Client
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from playwright.sync_api import Page, ViewportSize, expect

from appointments.acceptance import BookingRequest, Override
from appointments.booking import book, cancel
from appointments.series import Repeat, book_series
from businesses.actor import Actor
from patients.models import Patient
from tests.browser.clinic import Clinic, waits
from tests.browser.conftest import Opener
from tests.browser.validity import objections
from tests.browser.witness import SENT, Witness
from tests.factories import (
    BusinessFactory,
    PatientFactory,
    ServiceFactory,
    StaffFactory,
    blocks,
)

ACTOR = Actor(name="Sofia Marchetti", source="desk")
WIDE: ViewportSize = {"width": 1366, "height": 768}
PHONE: ViewportSize = {"width": 390, "height": 844}
ZOOMED: ViewportSize = {"width": 683, "height": 384}  # what a wide window shows at 200 %
# The same page once more, on paper or in the dark: only its colours are other ones.
COLOURS = {"runOnly": ["color-contrast"]}
# On a phone and at 200 % things shrink, move together, or give up their words.
SIZES = {
    "runOnly": [
        "color-contrast",
        "target-size",
        "scrollable-region-focusable",
        "label",
        "link-name",
        "button-name",
        "summary-name",
    ]
}


def findings(page: Page, options: dict[str, Any]) -> list[str]:
    """What axe objects to: the rule, and where."""
    result = page.evaluate("options => axe.run({...options, resultTypes: ['violations']})", options)
    return [
        f"{rule['id']}: {node['html']}" for rule in result["violations"] for node in rule["nodes"]
    ]


def look(page: Page, name: str) -> list[str]:
    """What is wrong with the HTML of the page in front of us, and what axe finds in every guise."""
    found = [f"{name}, html: {one}" for one in objections(SENT[page].text())]
    page.evaluate(AXE_SCRIPT)
    guises: list[tuple[str, dict[str, Any], ViewportSize, dict[str, Any]]] = [
        ("light", {"color_scheme": "light"}, WIDE, {}),
        ("dark", {"color_scheme": "dark"}, WIDE, COLOURS),
        ("paper", {"media": "print"}, WIDE, COLOURS),
        ("phone", {"media": "screen", "color_scheme": "light"}, PHONE, SIZES),
        ("zoomed", {}, ZOOMED, SIZES),
    ]
    for guise, medium, size, options in guises:
        page.set_viewport_size(size)
        page.emulate_media(**medium)
        found += [f"{name}, {guise}: {one}" for one in findings(page, options)]
        over = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        if medium.get("media") != "print" and page.evaluate(over) > 0:
            found.append(f"{name}, {guise}: wider than the screen")
    page.set_viewport_size(WIDE)
    return found


def test_axe_finds_nothing_at_the_door(
    clinic: Clinic, new_browser: Opener, witness: Witness
) -> None:
    witness.expects("Failed to load resource")  # the pages that are errors
    page = new_browser().new_page()
    found = []
    page.goto("/login?next=/desk/")
    found += look(page, "login")
    page.get_by_label("E-mail").fill("sofia@riverside.example")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Please check this")).to_be_visible()
    found += look(page, "login, refused")
    for _ in range(8):
        Client().post("/login", {"username": clinic.sofia.email, "password": "wrong"})
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Signing in is locked for now")).to_be_visible()
    found += look(page, "locked")
    page.goto("/password/reset")
    found += look(page, "reset")
    page.get_by_label("E-mail").fill("sofia@riverside.example")
    page.get_by_role("button", name="Send the link").click()
    page.wait_for_url("**/done")
    found += look(page, "reset, sent")
    uid = urlsafe_base64_encode(force_bytes(clinic.sofia.pk))
    token = default_token_generator.make_token(clinic.sofia)
    page.goto(f"/password/reset/{uid}/{token}")
    found += look(page, "reset, new password")
    page.get_by_label("New password", exact=False).first.fill("sofia")
    page.get_by_label("confirmation").fill("sofi")
    page.locator("button[type=submit]").first.click()
    expect(page.get_by_text("Please check this")).to_be_visible()
    found += look(page, "reset, refused")
    page.goto(f"/password/reset/{uid}/nonsense")
    found += look(page, "reset, too late")
    page.goto("/password/reset/complete")
    found += look(page, "reset, complete")
    page.goto("/nowhere")
    found += look(page, "not found")
    assert found == []


def test_axe_finds_nothing_on_the_pages_that_refuse(
    clinic: Clinic, new_browser: Opener, witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    witness.expects("Failed to load resource")
    page = new_browser(clinic.sofia).new_page()
    page.goto("/admin/staff/user/add/")
    expect(page.get_by_role("heading", name="You may not do this")).to_be_visible()
    found = look(page, "403")
    page.goto("/password/change")
    page.locator("input[name=csrfmiddlewaretoken]").first.evaluate("it => { it.value = 'old'; }")
    page.evaluate("document.querySelector('main form').submit()")
    expect(page.get_by_role("heading", name="Please send it again")).to_be_visible()
    found += look(page, "403, an old form")
    page.goto("/password/change")
    page.evaluate(
        """() => {
          const form = document.querySelector("main form");
          for (let count = 0; count < 1100; count += 1) {
            const one = form.appendChild(document.createElement("input"));
            one.name = one.value = `more-${count}`;
          }
          form.submit();
        }"""
    )
    expect(page.get_by_role("heading", name="This request can't be read")).to_be_visible()
    found += look(page, "400")

    def fails(*_: object) -> None:
        raise RuntimeError("Oh no")

    monkeypatch.setattr("appointments.views.search._found", fails)
    page.goto(clinic.path("search?q=ana"))
    expect(page.get_by_role("heading", name="Something went wrong")).to_be_visible()
    found += look(page, "500")
    page.goto("/password/change/done")
    found += look(page, "password changed")
    assert found == []


def test_axe_finds_nothing_at_the_desk(
    clinic: Clinic, new_browser: Opener, witness: Witness
) -> None:
    witness.expects("Failed to load resource")
    page = new_browser(clinic.sofia).new_page()
    found = []
    for name, path in pages_of(clinic):
        page.goto(path)
        open_all = "for (const it of document.querySelectorAll('main details')) it.open = true"
        page.evaluate(open_all)
        found += look(page, name)
    assert found == []


def pages_of(clinic: Clinic) -> Iterator[tuple[str, str]]:
    yield "empty day", clinic.path(f"appointments?day={clinic.day}")
    yield "no requests", clinic.path("requests")
    booked = clinic.book(10, notes="Brings an\nX-ray", tags=("new", "X-ray"))
    gone = clinic.book(11)
    cancel(business_id=clinic.business.pk, appointment_id=gone.id, by=ACTOR, reason="Ill")
    over = book(
        business_id=clinic.business.pk,
        request=BookingRequest(
            service_id=clinic.service.pk,
            patient_id=clinic.ana.pk,
            starts_at=clinic.at(10),
            minutes=60,
            staff_id=clinic.doctor.pk,
        ),
        by=ACTOR,
        override=Override("Acute pain"),
    )
    surgery = ServiceFactory(
        business=clinic.business, name="Surgery", bookings_require_approval=True
    )
    asked = clinic.book(15, service_id=surgery.pk)
    yield "list", clinic.path(f"appointments?day={clinic.day}")
    yield "day", clinic.path(f"day?day={clinic.day}&cancelled=1")
    yield "week", clinic.path(f"day?day={clinic.day}&view=week&staff={clinic.doctor.pk}")
    yield "rooms", clinic.path(f"day?day={clinic.day}&by=rooms")
    yield "requests", clinic.path("requests")
    Patient.objects.filter(pk=clinic.ana.pk).update(alert="Needs an interpreter")
    yield "patients", clinic.path("patients")
    yield "patients, nearly found", clinic.path("patients?q=nunes")
    yield "patients, nobody", clinic.path("patients?q=zzz")
    yield "patient", clinic.path(f"patients/{clinic.ana.pk}")
    yield "patient, edit", clinic.path(f"patients/{clinic.ana.pk}/edit")
    put_away = PatientFactory(
        business=clinic.business, archived_at=clinic.at(9), archived_reason="Moved away"
    )
    yield "patient, archived", clinic.path(f"patients/{put_away.pk}")
    yield "search", clinic.path("search")
    yield "search, found", clinic.path("search?q=nunez")
    yield "search, nothing", clinic.path("search?q=zzz")
    taken = blocks(clinic.doctor, clinic.at(9), 30, reason="Paperwork")
    yield "blocked time", clinic.path("blocked")
    yield "blocking time", clinic.path("blocked/new")
    yield "one blocked time", clinic.path(f"blocked/{taken.pk}")
    for name, one in (("booked", booked), ("cancelled", gone), ("over", over), ("asked", asked)):
        yield f"appointment, {name}", clinic.path(f"appointments/{one.id}")
    (first, *_) = book_series(
        business_id=clinic.business.pk,
        request=BookingRequest(
            service_id=clinic.service.pk,
            patient_id=clinic.ana.pk,
            starts_at=clinic.at(17),
            minutes=30,
        ),
        repeat=Repeat(rrule="FREQ=WEEKLY;COUNT=3"),
        by=ACTOR,
    ).records
    yield "appointment, series", clinic.path(f"appointments/{first.id}")
    yield "nobody waits", clinic.path("waitlist")
    waiting = waits(clinic)
    yield "patient who waits", clinic.path(f"patients/{waiting.patient_id}")
    soon = clinic.soon(10)
    cancel(business_id=clinic.business.pk, appointment_id=soon.id, by=ACTOR)
    yield "waitlist", clinic.path("waitlist")
    yield "waitlist, new", clinic.path(f"waitlist/new?service={clinic.service.pk}&q=ber")
    yield "waitlist, earlier", clinic.path(f"waitlist/new?instead_of={booked.id}")
    yield "waitlist, entry", clinic.path(f"waitlist/{waiting.pk}")
    yield "waitlist, of an appointment", clinic.path(f"appointments/{soon.id}/waitlist")
    yield "sheet", clinic.path(f"day/sheet?day={clinic.day}")
    yield "sheet, by time", clinic.path(f"day/sheet?day={clinic.day}&by=time")
    yield "sheet, by rooms", clinic.path(f"day/sheet?day={clinic.day}&by=rooms")
    yield "waiting room", clinic.path("waiting")
    yield "walk-in", clinic.path("walk-in")
    yield "book", clinic.path(f"book?day={clinic.day}")
    yield "password", "/password/change"
    yield "not found", clinic.path("nowhere")
    other = BusinessFactory(name="Hill Clinic")
    StaffFactory(business=other, user=clinic.sofia, roles=["FRONT_DESK"])
    yield "choice of clinics", "/desk/"


def test_axe_finds_nothing_on_the_booking_form(clinic: Clinic, new_browser: Opener) -> None:
    clinic.book(10)
    page = new_browser(clinic.sofia).new_page()
    page.goto(clinic.book_path)
    found = look(page, "book")
    page.get_by_label("Search").fill("bert")
    page.get_by_label("Service").select_option(label="Follow-up")
    expect(page.get_by_label("Which pills?")).to_be_visible()
    page.get_by_role("radio", name="Bert Stone").check()
    page.get_by_text("Another place, tags").click()
    found += look(page, "book, filled in")
    page.get_by_label("With").select_option(label="Dr Hart")
    page.get_by_label("Length").select_option(index=1)
    page.get_by_label("Time").fill("10:00")
    page.get_by_role("button", name="Book appointment").click()
    page.get_by_text("Book it all the same").click()
    found += look(page, "book, clash")
    page.get_by_role("button", name="Book with this reason").click()
    expect(page.get_by_text("Please check this")).to_be_visible()
    found += look(page, "book, no reason")
    page.locator("summary").filter(has_text="New patient").click()
    page.get_by_label("Name", exact=True).fill("")
    page.get_by_role("button", name="Book appointment").click()
    expect(page.get_by_text("Choose a patient, or add a new one.").first).to_be_visible()
    found += look(page, "book, wrong")
    page.goto(clinic.path("requests"))  # where the open menu covers no half of anything pressed
    page.get_by_text("Sofia Marchetti").first.click()
    found += look(page, "menu")
    assert found == []


def test_what_these_tests_would_notice(
    clinic: Clinic, new_browser: Opener, witness: Witness
) -> None:
    page = new_browser(clinic.sofia).new_page()
    page.goto(clinic.path("requests"))
    page.evaluate("document.querySelector('main').append(document.createElement('input'))")
    page.evaluate("document.querySelector('h1').style.color = 'silver'")
    assert [one.split(":")[0] for one in objections("<!DOCTYPE html><p>1<p>2</p>")] == [
        "no-implicit-close"
    ]
    page.evaluate("fetch('https://elsewhere.example/').catch(() => {})")
    page.evaluate("setTimeout(() => { throw new Error('Oh no'); })")
    page.wait_for_timeout(100)
    found = {one.split(": ")[1] for one in look(page, "requests")}
    assert {"label", "color-contrast"} <= found
    assert any("Content Security Policy" in one for one in witness.complaints)
    assert any("Oh no" in one for one in witness.complaints)
    page.goto("data:text/html,<img src='http://elsewhere.example/pixel.gif'>")
    assert "asked elsewhere: http://elsewhere.example/pixel.gif" in witness.complaints
    witness.said.clear()
