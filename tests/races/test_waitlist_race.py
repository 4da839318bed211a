"""Fifty desks that book from the waitlist in the same moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet

from appointments.errors import Refusal
from appointments.models import Appointment, EntryStatus, HeldTime, WaitlistEntry
from appointments.waitlisting import book_entry, put_back
from businesses.actor import Actor
from staff.models import Staff
from tests.factories import PatientFactory, StaffFactory
from tests.races.rivals import RIVALS, Clinic, Rival, noon, together
from tests.soak import FACTOR

pytestmark = [
    pytest.mark.soak,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("many_connections"),
]

ROUNDS = max(2, FACTOR // 2)
DESK = Actor(name="Front desk", source="desk")


def waiting(clinic: Clinic, number: int) -> list[WaitlistEntry]:
    return [
        WaitlistEntry.objects.create(
            business=clinic.business,
            patient=PatientFactory(business=clinic.business),
            service=clinic.service,
            minutes=30,
            first_day=noon(0).date(),
        )
        for _ in range(number)
    ]


def desk(entry: WaitlistEntry, start: datetime, staff: Staff) -> Rival[str]:
    """Somebody who presses the button, and what they are told."""

    def press(wait: Callable[[], object]) -> str:
        try:
            connection.ensure_connection()
            wait()
            book_entry(entry=entry, starts_at=start, staff_id=staff.pk, by=DESK)
        except Refusal as refusal:
            return type(refusal).__name__
        finally:
            connection.close()
        return "booked"

    return press


def rush(rivals: Sequence[Rival[str]]) -> Counter[str]:
    return Counter(together(rivals))


def test_of_fifty_who_wait_for_one_time_one_gets_it_and_the_others_wait_on(
    clinic: Clinic,
) -> None:
    waiting(clinic, RIVALS + ROUNDS)
    for day in range(ROUNDS):
        entries = WaitlistEntry.objects.open()[:RIVALS]
        told = rush([desk(entry, noon(day), clinic.staff) for entry in entries])
        assert told["booked"] == 1
        assert told.keys() <= {"booked", "StaffBusy", "CalendarBusy"}
    closed = WaitlistEntry.objects.filter(status=EntryStatus.BOOKED)
    assert closed.count() == Appointment.objects.count() == HeldTime.objects.count() == ROUNDS
    assert {one.appointment.patient_id for one in closed.select_related("appointment")} == {
        one.patient_id for one in closed
    }


def test_one_entry_that_fifty_desks_book_at_fifty_times_is_booked_once(clinic: Clinic) -> None:
    people = [StaffFactory(business=clinic.business) for _ in range(RIVALS)]
    for entry in waiting(clinic, ROUNDS):
        told = rush([desk(entry, noon(0), person) for person in people])
        assert told.pop("booked") == 1
        # Who won for an entry before has no time at that hour any more, and may be told so first.
        assert set(told) <= {"WrongStatus", "StaffBusy"}
        assert sum(told.values()) == RIVALS - 1
        assert Appointment.objects.filter(patient=entry.patient).count() == 1


def test_an_entry_that_is_booked_and_put_back_by_many_is_open_or_has_one_booking(
    clinic: Clinic,
) -> None:
    (entry,) = waiting(clinic, 1)
    people = [StaffFactory(business=clinic.business) for _ in range(RIVALS)]

    def back(wait: Callable[[], object]) -> str:
        try:
            connection.ensure_connection()
            wait()
            put_back(entry=entry, by=DESK)
        except Refusal as refusal:
            return type(refusal).__name__
        finally:
            connection.close()
        return "open"

    rivals = [
        back if index % 2 else desk(entry, noon(0), person) for index, person in enumerate(people)
    ]
    told = rush(rivals)
    assert told["booked"] == 1
    assert Appointment.objects.count() == 1
    assert WaitlistEntry.objects.get().appointment_id == Appointment.objects.get().pk


def test_without_the_lock_on_the_entry_it_is_booked_several_times(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""

    def unlocked(self: QuerySet[Any], **_: Any) -> QuerySet[Any]:
        return self.all()

    monkeypatch.setattr(type(WaitlistEntry.objects.all()), "select_for_update", unlocked)
    people = [StaffFactory(business=clinic.business) for _ in range(RIVALS)]
    winners = [
        rush([desk(entry, noon(0), person) for person in people])["booked"]
        for entry in waiting(clinic, ROUNDS)
    ]
    assert max(winners) > 1
