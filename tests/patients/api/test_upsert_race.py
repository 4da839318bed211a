"""Several tell of the same new patient at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

import pytest
from django.db import IntegrityError, connection

from patients.models import Patient
from tests.appointments.api.clinic import Clinic, Reply
from tests.races.conftest import many_connections  # noqa: F401

pytestmark = pytest.mark.usefixtures("many_connections")

RIVALS = 20
T = TypeVar("T")
EMAIL = "ada@mail.example"


def at_once(do: Callable[[int], T]) -> list[T]:
    """What each of the rivals gets, each on a connection of its own."""
    start = Barrier(RIVALS)

    def one(number: int) -> T:
        connection.ensure_connection()
        try:
            start.wait(20)
            return do(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(RIVALS) as pool:
        return list(pool.map(one, range(RIVALS)))


def told(clinic: Clinic, number: int, mode: str) -> Reply:
    # Every other one shouts.
    email = EMAIL if number % 2 else EMAIL.upper()
    body = {"name": f"Ada {number}", "email": email, "mode": mode}
    return clinic.ask("POST", "patients", body=body)


def test_of_twenty_who_tell_of_the_same_new_patient_one_adds_and_the_others_update(
    real_clinic: Clinic,
) -> None:
    replies = at_once(lambda number: told(real_clinic, number, "upsert"))
    assert Counter(reply.status for reply in replies) == {201: 1, 200: RIVALS - 1}
    (patient,) = Patient.objects.exclude(pk=real_clinic.patient.pk)
    assert {reply.data["id"] for reply in replies} == {str(patient.pk)}
    assert patient.name in {reply.data["name"] for reply in replies}


def test_of_twenty_who_create_the_same_patient_one_does(real_clinic: Clinic) -> None:
    replies = at_once(lambda number: told(real_clinic, number, "create"))
    assert Counter(reply.status for reply in replies) == {201: 1, 409: RIVALS - 1}
    assert {reply.refused for reply in replies if reply.status == 409} == {(409, "email_taken")}
    assert Patient.objects.exclude(pk=real_clinic.patient.pk).count() == 1


def test_looking_before_adding_would_not_do(real_clinic: Clinic) -> None:
    """The control: all of them look, nobody is there, and all but one fail."""
    looked = Barrier(RIVALS)

    def look_and_add(number: int) -> str:
        there = Patient.objects.filter(email=EMAIL).exists()
        looked.wait(20)
        try:
            Patient.objects.create(business=real_clinic.business, name="Ada", email=EMAIL)
        except IntegrityError:
            return "failed"
        return "updated" if there else "added"

    assert Counter(at_once(look_and_add)) == {"added": 1, "failed": RIVALS - 1}
