"""A busy practice, and a crowd that changes it: series, moves, swaps, steps and single bookings.

Half of the crowd sends requests to the site, the other half calls the commands in threads of this
process; all of them want the same few people, rooms and hours.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from django.db import connection

from appointments import booking, changing, series, swapping
from appointments.api.serializers import BOOKING, CHANGE, SWAP
from appointments.changes import Scope
from appointments.errors import Refusal
from appointments.models import Appointment, Status
from businesses.actor import Actor
from businesses.models import Resource, ResourceNeed, Service
from config.api import status_of
from staff.models import Staff
from tests.appointments.api.clinic import make_clinic
from tests.factories import ServiceFactory, StaffFactory, provides
from tests.races.rivals import (
    LONGEST,
    RIVALS,
    Clinic,
    Rival,
    alteration,
    cancellation,
    client,
    creation,
    exchange,
    noon,
    outcome,
    together,
    wire,
)
from tests.races.serving import Site

WEEKS, PLACES = 6, 8  # half hours of one afternoon, week after week
DESK = Actor(name="Front desk", source="desk")
BUSY = "503 calendar_busy"


@dataclass(frozen=True)
class Wish:
    """What one of the crowd wants; `of` is the appointment that is to be changed."""

    kind: str
    body: dict[str, Any] = field(default_factory=dict)
    of: str = ""
    scope: str = "this"

    def sent(self, site: Site, clinic: Clinic) -> Rival[str]:
        """Through the API."""
        if self.kind in ("series", "single"):
            call = creation(clinic, **self.body)
        elif self.kind == "swap":
            call = exchange(clinic, *self.body["appointmentIds"])
        elif self.kind == "cancel":
            call = cancellation(clinic, self.of, self.scope)
        else:
            call = alteration(clinic, self.of, scope=self.scope, **self.body)
        asking = client(site, call)
        return lambda wait: outcome(asking(wait))

    def called(self, clinic: Clinic) -> Rival[str]:
        """Through the command that the pages call, on a connection of its own."""

        def ask(wait: Callable[[], object]) -> str:
            try:
                connection.ensure_connection()
                wait()
                begun = time.monotonic()
                try:
                    self.command(clinic)
                except Refusal as refusal:
                    return f"{status_of(refusal).value} {refusal.code}"
                finally:
                    assert time.monotonic() - begun < LONGEST
                return "booked" if self.kind in ("series", "single") else "done"
            finally:
                connection.close()

        return ask

    def command(self, clinic: Clinic) -> None:
        business_id: UUID = clinic.business.pk
        scope = Scope(self.scope)
        if self.kind in ("series", "single"):
            wanted, repeat = BOOKING.request(clinic.body(**self.body), business_id)
            if repeat:
                series.book_series(business_id=business_id, request=wanted, repeat=repeat, by=DESK)
            else:
                booking.book(business_id=business_id, request=wanted, by=DESK)
        elif self.kind == "swap":
            first, second = SWAP.read(self.body)["appointmentIds"]
            swapping.swap(business_id=business_id, appointment_ids=(first, second), by=DESK)
        elif self.kind == "cancel" and scope is Scope.THIS:
            booking.cancel(business_id=business_id, appointment_id=UUID(self.of), by=DESK)
        elif self.body == {"approved": True} and scope is Scope.THIS:
            booking.approve(business_id=business_id, appointment_id=UUID(self.of), by=DESK)
        else:
            body = {"cancelled": True} if self.kind == "cancel" else self.body
            changing.change(
                business_id=business_id,
                appointment_id=UUID(self.of),
                changes=CHANGE.changes(body, business_id),
                by=DESK,
                scope=scope,
            )


@dataclass(frozen=True)
class Practice:
    """Four people, two rooms, and services of every kind; six afternoons are half full."""

    clinic: Clinic
    people: list[Staff]
    services: list[Service]  # in one of the two rooms the second and third, on request the fourth
    first: datetime

    def start(self, week: int, place: int) -> datetime:
        return self.first + timedelta(days=7 * week, minutes=30 * place)

    def does(self, wish: Wish) -> None:
        """By the command, with nobody in the way."""
        wish.command(self.clinic)

    def fill(self) -> None:
        """Two series, a class, requests, a series of requests, and single visits."""
        plain, treatment, class_, request, _ = self.services
        one, two, three, four = self.people
        weekly = f"FREQ=WEEKLY;COUNT={WEEKS}"
        full = [
            (plain, one, self.start(0, 0), weekly),
            (treatment, two, self.start(0, 2), weekly),
            (request, three, self.start(0, 4), weekly),
            *((class_, three, self.start(week, 0), "") for week in range(3)),
            *((request, four, self.start(week, 6), "") for week in range(WEEKS)),
            *((treatment, four, self.start(week, 1), "") for week in range(WEEKS)),
            *((plain, two, self.start(week, 5), "") for week in range(WEEKS)),
        ]
        for service, host, start, rrule in full:
            body = {
                "serviceId": str(service.pk),
                "staffId": str(host.pk),
                "date": wire(start),
                "rrule": rrule,
            }
            self.does(Wish("series" if rrule else "single", body))

    def wishes(self, random: Random) -> list[Wish]:
        """What fifty rivals want, in no order."""
        there = list(Appointment.objects.filter(business=self.clinic.business))
        ids = [str(one.pk) for one in there]
        regular = [str(one.pk) for one in there if one.series_id]
        asked = [str(one.pk) for one in there if one.status == Status.REQUESTED]
        scopes = ("this", "following", "all")

        def start() -> str:
            return wire(self.start(random.randrange(WEEKS), random.randrange(PLACES)))

        def creating(kind: str, **more: Any) -> Wish:
            body = {
                "serviceId": str(random.choice(self.services).pk),
                "staffId": str(random.choice(self.people).pk) if random.random() < 0.7 else None,
                "date": start(),
                "duration": random.choice((30, 60)),
            }
            return Wish(kind, body | more)

        def repeating() -> Wish:
            count, every = random.randint(3, WEEKS), random.choice((1, 1, 2))
            rrule = f"FREQ=WEEKLY;INTERVAL={every};COUNT={count}"
            first = wire(self.start(0, random.randrange(PLACES)))
            skips = random.random() < 0.4
            return creating("series", date=first, rrule=rrule, skipConflicts=skips)

        def moving(of: list[str], *among: str) -> Wish:
            body: dict[str, Any] = {}
            while not body:
                if random.random() < 0.7:
                    body["date"] = start()
                if random.random() < 0.5:
                    body["staffId"] = str(random.choice(self.people).pk)
            return Wish(f"move {among[0]}", body, of=random.choice(of), scope=random.choice(among))

        def shifting(of: str) -> Wish:
            """Another time on its own day, as a whole series can be moved."""
            day = next(one.starts_at for one in there if str(one.pk) == of)
            place = timedelta(minutes=30 * random.randrange(PLACES))
            date = wire(datetime.combine(day.date(), self.first.timetz()) + place)
            return Wish("move following", {"date": date}, of=of, scope=random.choice(scopes[1:]))

        wanted = [
            *(repeating() for _ in range(12)),
            *(creating("single") for _ in range(10)),
            *(moving(ids, "this") for _ in range(8)),
            *(moving(regular, "following", "all") for _ in range(2)),
            *(shifting(random.choice(regular)) for _ in range(5)),
            *(Wish("swap", {"appointmentIds": random.sample(ids, 2)}) for _ in range(5)),
            *(Wish("cancel", of=random.choice(ids), scope=random.choice(scopes)) for _ in range(4)),
            *(
                Wish("decide", {"approved": approved}, random.choice(asked), random.choice(scopes))
                for approved in (True, True, True, False)
            ),
        ]
        assert len(wanted) == RIVALS
        random.shuffle(wanted)
        # What is written tells for which wish.
        return [
            Wish(one.kind, one.body | {"tags": [f"wish {number}"]})
            if one.kind in ("series", "single")
            else one
            for number, one in enumerate(wanted)
        ]

    def rush(self, site: Site, wishes: Iterable[Wish]) -> list[str]:
        """What becomes of each of them: every second one calls the command by itself."""
        return together(
            [
                wish.called(self.clinic) if number % 2 else wish.sent(site, self.clinic)
                for number, wish in enumerate(wishes)
            ]
        )


def make_practice() -> Practice:
    clinic = make_clinic()
    business = clinic.business
    people = [clinic.staff, *StaffFactory.create_batch(3, business=business)]
    services: list[Service] = [
        clinic.service,
        ServiceFactory(business=business, buffer_after_minutes=10),
        ServiceFactory(business=business, bookings_per_timeslot=3),
        ServiceFactory(business=business, bookings_require_approval=True),
        ServiceFactory(business=business),
    ]
    for name in ("Room 1", "Room 2"):
        Resource.objects.create(business=business, name=name, kind="room")
    for service in services[1:3]:
        ResourceNeed.objects.create(business=business, service=service, kind="room")
    # Somebody always comes along to the last one.
    provides(people[1], services[4], additional=True)
    return Practice(clinic, people, services, noon(0))
