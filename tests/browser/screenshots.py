"""The pictures in docs/screenshots: `make screenshots`.

Plants the demo clinic in the tests' database, fills a Monday, lets its morning pass and takes the
main pages as they look then: light, dark, on a phone, on paper. Run again, it takes the same
pictures, as far as the machine has the same fonts.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from operator import itemgetter
from pathlib import Path
from random import Random

import pytest
import time_machine
from playwright.sync_api import Page, ViewportSize, expect

from appointments.booking import cancel
from appointments.changes import Changes
from appointments.changing import change
from appointments.models import Appointment, Status
from businesses.actor import Actor
from config.demo import clinic
from config.demo.clinic import BUSINESS_ID, DemoService, DemoStaff, demo_id
from config.demo.planting import plant
from config.demo.visits import at, enter, visit
from staff.models import User
from tests.browser.conftest import Opener
from tests.browser.test_looks import PHONE

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
MOST = 2_000_000  # bytes, of all of them together
# Each picture, and what it shows.
PICTURES = {
    "day": "The day: a column for each person, with the time that is free, held and blocked",
    "day-dark": "The same day in the dark",
    "day-phone": "The day on a phone",
    "appointment": "An appointment, opened beside the day",
    "booking": "Booking beside the day: the patient's last visits and the next free times",
    "week": "One person's week",
    "rooms": "The day of the rooms and devices",
    "waiting-room": "The waiting room: who is here, who is late, who comes next",
    "requests": "Requests that wait for a yes or a no",
    "waitlist": "The waitlist, and which freed times suit whom",
    "patient": "A patient's page, with what is coming and what has been",
    "sheet": "The day on paper",
    "set-up": "The set-up of the clinic",
    "patients-link": "What a patient sees who moves an appointment by the link in the e-mail",
}
TODAY = date(2027, 3, 1)
PLANTED = datetime(2027, 3, 1, 6, tzinfo=UTC)
NOW = datetime(2027, 3, 1, 10, 20, tzinfo=UTC)
STEP = timedelta(minutes=15)
SOFIA = Actor(name="Sofia Marchetti", source="desk")
DESK = f"/desk/{clinic.ALIAS}"
DESKTOP: ViewportSize = {"width": 1366, "height": 900}
A4: ViewportSize = {"width": 794, "height": 1123}


def fill_up(day: date) -> None:
    """What a busy morning and a quiet afternoon have beside what the demo clinic comes with."""
    chance = Random(3)
    come = set(
        Appointment.objects.filter(
            business_id=BUSINESS_ID, starts_at__gte=at(day, 0), starts_at__lt=at(day, 23)
        ).values_list("patient_id", flat=True)
    )
    waiting = [one for one in clinic.PATIENTS if one.id not in come]
    for start in (at(day, 8) + number * STEP for number in range(34)):
        for member in clinic.STAFF:
            services = [one for one in clinic.SERVICES if common(one, member)]
            likely = 0.8 if start < at(day, 11, 45) else 0.12
            if services and waiting and chance.random() < likely:
                one = visit(chance.choice(services), member, start, waiting[-1], chance)
                if enter(one, past=False):
                    waiting.pop()


def common(service: DemoService, member: DemoStaff) -> bool:
    """Whether it is for one patient, with that person, and needs no approval."""
    return member.key in service.hosts and service.places == 1 and not service.approval


def free_up(day: date) -> None:
    """Somebody calls off a blood test, which another patient waits for."""
    (service,) = (one for one in clinic.SERVICES if one.key == "blood-test")
    (grace,) = (one for one in clinic.STAFF if one.key == "grace")
    (caller,) = (one for one in clinic.PATIENTS if one.name == "Thomas Becker")
    assert enter(visit(service, grace, at(day, 16), caller, Random(1)), past=False)
    one = Appointment.objects.get(business_id=BUSINESS_ID, starts_at=at(day, 16), staff=grace.id)
    cancel(business_id=BUSINESS_ID, appointment_id=one.pk, by=SOFIA, reason="On holiday")


def pass_the_morning(clock: time_machine.Traveller) -> None:
    """Some have been seen, some are being seen, some wait, one is late and one did not come."""
    today = Appointment.objects.filter(
        business_id=BUSINESS_ID,
        status=Status.BOOKED,
        starts_at__gte=at(TODAY, 0),
        starts_at__lt=NOW + timedelta(minutes=30),
    ).order_by("starts_at", "staff__name")
    steps = []
    *_, late = (one for one in today if one.starts_at < NOW)
    for number, one in enumerate(today):
        if number == 2:
            steps.append((one.ends_at, one.pk, Status.NO_SHOW))
        elif one != late:
            comes = one.starts_at - timedelta(minutes=4 + number % 5 * 3)
            steps += [
                (comes, one.pk, Status.ARRIVED),
                (one.starts_at + timedelta(minutes=number % 3), one.pk, Status.IN_PROGRESS),
                (one.ends_at, one.pk, Status.COMPLETED),
            ]
    for moment, pk, status in sorted(steps, key=itemgetter(0)):
        if moment <= NOW:
            clock.move_to(moment)
            change(
                business_id=BUSINESS_ID,
                appointment_id=pk,
                changes=Changes(status=status),
                by=SOFIA,
            )
    clock.move_to(NOW)


@pytest.fixture
def monday(transactional_db: None) -> Iterator[None]:
    """The demo clinic on a Monday, at twenty past ten."""
    with time_machine.travel(PLANTED, tick=False) as clock:
        plant()
        fill_up(TODAY)
        free_up(TODAY + timedelta(days=1))
        pass_the_morning(clock)
        yield


def keep(page: Page, name: str) -> None:
    """One picture; it waits for what the page still fetches."""
    assert name in PICTURES
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / f"{name}.png", animations="disabled")


def later_today() -> Appointment:
    """Somebody whom Dr Hart sees this afternoon."""
    coming = Appointment.objects.filter(
        business_id=BUSINESS_ID,
        staff_id=demo_id("staff", "amelia"),
        status=Status.BOOKED,
        starts_at__gte=at(TODAY, 13),
    )
    first: Appointment = coming.order_by("starts_at")[0]
    return first


@pytest.mark.usefixtures("monday")
def test_the_screenshots_are_taken(new_browser: Opener) -> None:
    for old in FOLDER.glob("*.png"):
        old.unlink()
    sofia = User.objects.get(email__startswith="sofia@")
    page = new_browser(sofia, viewport=DESKTOP, color_scheme="light").new_page()
    page.clock.set_fixed_time(NOW)
    hart = demo_id("staff", "amelia")
    aisha = demo_id("patient", "Aisha Rahman")
    for name, path in (
        ("day", "day"),
        ("week", f"day?view=week&staff={hart}"),
        ("rooms", "day?by=rooms"),
        ("waiting-room", "waiting"),
        ("requests", "requests"),
        ("waitlist", "waitlist"),
        ("patient", f"patients/{aisha}"),
    ):
        page.goto(f"{DESK}/{path}")
        keep(page, name)
    seen = later_today()
    page.goto(f"{DESK}/day?side={DESK}/appointments/{seen.pk}")
    expect(page.locator("#side").get_by_role("button", name="Arrived")).to_be_visible()
    keep(page, "appointment")
    page.goto(f"{DESK}/day")
    page.locator("a[data-side]", has_text="Book").first.click()
    page.locator("#side").get_by_label("Search").fill("aisha")
    page.locator("#side").get_by_role("radio", name="Aisha Rahman").check()
    expect(page.locator("#side").get_by_text("The same again").first).to_be_visible()
    keep(page, "booking")

    page.set_viewport_size(A4)
    page.emulate_media(media="print")
    page.goto(f"{DESK}/day/sheet?staff={hart}")
    keep(page, "sheet")

    dark = new_browser(sofia, viewport=DESKTOP, color_scheme="dark").new_page()
    dark.clock.set_fixed_time(NOW)
    dark.goto(f"{DESK}/day")
    keep(dark, "day-dark")
    phone = new_browser(sofia, viewport=PHONE, color_scheme="light").new_page()
    phone.clock.set_fixed_time(NOW)
    phone.goto(f"{DESK}/day")
    keep(phone, "day-phone")
    owner = User.objects.get(email__startswith="amelia@")
    setup = new_browser(owner, viewport=DESKTOP, color_scheme="light").new_page()
    setup.goto(f"{DESK}/setup")
    keep(setup, "set-up")
    link = new_browser(viewport=PHONE, color_scheme="light").new_page()
    link.goto(f"/{clinic.ALIAS}/appointments/{seen.pk}/reschedule?token={seen.link_token}")
    keep(link, "patients-link")
    taken = list(FOLDER.glob("*.png"))
    assert {one.stem for one in taken} == set(PICTURES)
    assert sum(one.stat().st_size for one in taken) < MOST
