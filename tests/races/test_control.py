"""The control: without its guards the same booking is given away several times.

The race is run here in threads of one process, so that the guards can be taken away.
"""

import re
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from appointments import ledger, resource_calendars, snapshot
from appointments.acceptance import BookingRequest
from appointments.booking import book
from appointments.errors import Refusal
from appointments.models import Appointment
from businesses.actor import Actor
from businesses.models import Resource, ResourceNeed
from staff.models import Staff
from tests.factories import StaffFactory
from tests.races.rivals import Clinic, noon, wire

pytestmark = pytest.mark.django_db(transaction=True)

RIVALS, ROUNDS = 8, 5
LOCK = re.compile(r"FOR NO KEY UPDATE( OF \w+)?")
TIME = "appointments_heldtime", "held_time_does_not_overlap"
ROOMS = "appointments_heldresource", "held_resource_does_not_overlap"


@pytest.fixture(autouse=True)
def no_connection_stays() -> Iterator[None]:
    """The rivals' connections end with the test, and report what they met."""
    yield
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]


@pytest.fixture
def no_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bookings read people and rooms without locking them."""
    for module in (snapshot, resource_calendars):
        statements = {
            name: value
            for name, value in vars(module).items()
            if isinstance(value, str) and LOCK.search(value)
        }
        assert statements
        for name, value in statements.items():
            monkeypatch.setattr(module, name, LOCK.sub("", value))


@pytest.fixture
def hosts(clinic: Clinic) -> list[Staff]:
    """One for each rival, and a single room for all of them."""
    Resource.objects.create(business=clinic.business, name="Room", kind="room")
    ResourceNeed.objects.create(business=clinic.business, service=clinic.service, kind="room")
    people: list[Staff] = StaffFactory.create_batch(RIVALS, business=clinic.business)
    return people


@contextmanager
def no_constraint(table: str = TIME[0], guard: str = TIME[1]) -> Iterator[None]:
    """What is held may overlap; what overlaps is gone afterwards, and the constraint is back."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [guard]
        )
        ((definition,),) = cursor.fetchall()
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {guard}")
        try:
            yield
        finally:
            cursor.execute("TRUNCATE appointments_appointment, appointments_heldtime CASCADE")
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {guard} {definition}")


def rush(clinic: Clinic, day: int, hosts: Sequence[Staff] = ()) -> Counter[str]:
    """What becomes of rivals for one half hour who call the command in the same moment.

    They want the same person, unless there are hosts for each.
    """
    barrier = threading.Barrier(RIVALS)

    def rival(number: int) -> str:
        actor = Actor(name=f"Rival {number}", source="api")
        request = BookingRequest(
            service_id=clinic.service.pk,
            patient_id=clinic.patient.pk,
            staff_id=hosts[number].pk if hosts else clinic.staff.pk,
            starts_at=noon(day),
            minutes=30,
        )
        try:
            connection.ensure_connection()
            barrier.wait(60)
            book(business_id=clinic.business.pk, request=request, by=actor)
        except Refusal as refusal:
            return refusal.code
        finally:
            connection.close()
        return "booked"

    with ThreadPoolExecutor(RIVALS) as threads:
        return Counter(threads.map(rival, range(RIVALS)))


def test_without_lock_and_constraint_one_half_hour_is_given_to_several(
    clinic: Clinic, no_lock: None
) -> None:
    with no_constraint():
        winners = [rush(clinic, day)["booked"] for day in range(ROUNDS)]
        assert max(winners) > 1
        assert Appointment.objects.count() == sum(winners)


def test_the_lock_alone_lets_one_win(clinic: Clinic) -> None:
    with no_constraint():
        for day in range(ROUNDS):
            assert rush(clinic, day) == {"booked": 1, "staff_busy": RIVALS - 1}
        assert Appointment.objects.count() == ROUNDS


def test_the_constraint_alone_lets_one_win(clinic: Clinic, no_lock: None) -> None:
    for day in range(ROUNDS):
        outcomes = rush(clinic, day)
        assert outcomes["booked"] == 1
        assert outcomes.keys() <= {"booked", "staff_busy", "calendar_busy"}
    assert Appointment.objects.count() == ROUNDS


@pytest.mark.parametrize("key", [None, "k"])
def test_who_loses_to_the_constraint_looks_again_and_is_told_what_is_in_the_way(
    clinic: Clinic, no_lock: None, monkeypatch: pytest.MonkeyPatch, key: str | None
) -> None:
    """Also with an Idempotency-Key, whose claim is in the same transaction and is done over."""
    write = ledger.write_booking
    rivals = [lambda: clinic.booked(date=wire(noon(0)))]

    def after_the_rival(*args: Any, **options: Any) -> None:
        if rivals:
            with ThreadPoolExecutor(1) as thread:
                assert thread.submit(rivals.pop()).result()["status"] == "booked"
        write(*args, **options)

    monkeypatch.setattr(ledger, "write_booking", after_the_rival)
    reply = clinic.book(key=key, date=wire(noon(0)))
    assert reply.refused == (409, "staff_busy")
    assert len(reply.error["alternatives"]) == 3
    assert Appointment.objects.count() == 1


def test_without_lock_and_constraint_one_room_is_given_to_several(
    clinic: Clinic, hosts: list[Staff], no_lock: None
) -> None:
    with no_constraint(*ROOMS):
        winners = [rush(clinic, day, hosts)["booked"] for day in range(ROUNDS)]
        assert max(winners) > 1
        assert Appointment.objects.count() == sum(winners)


def test_the_lock_on_the_room_alone_lets_one_win(clinic: Clinic, hosts: list[Staff]) -> None:
    with no_constraint(*ROOMS):
        for day in range(ROUNDS):
            assert rush(clinic, day, hosts) == {"booked": 1, "resource_busy": RIVALS - 1}
        assert Appointment.objects.count() == ROUNDS


def test_the_constraint_on_the_room_alone_lets_one_win(
    clinic: Clinic, hosts: list[Staff], no_lock: None
) -> None:
    for day in range(ROUNDS):
        outcomes = rush(clinic, day, hosts)
        assert outcomes["booked"] == 1
        assert outcomes.keys() <= {"booked", "resource_busy", "calendar_busy"}
    assert Appointment.objects.count() == ROUNDS
