"""How many SQL statements the other operations take: pinned, BEGIN and COMMIT among them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from businesses.models import Resource, ResourceNeed
from tests.appointments.api.clinic import TEN, Clinic, wire
from tests.appointments.api.test_create_rules import save
from tests.appointments.api.test_statements import counted
from tests.factories import StaffFactory, blocks

LATER = wire(TEN + timedelta(hours=1))


def staffed(clinic: Clinic, people: int) -> None:
    for _ in range(people - 1):
        StaffFactory(business=clinic.business)


def needs_a_room(clinic: Clinic) -> None:
    for number in range(5):
        Resource.objects.create(business=clinic.business, name=f"Room {number}", kind="room")
    ResourceNeed.objects.create(business=clinic.business, service=clinic.service, kind="room")


def days(number: int) -> dict[str, str]:
    midnight = TEN.replace(hour=0)
    return {"startDate": wire(midnight), "endDate": wire(midnight + timedelta(days=number))}


@pytest.mark.parametrize("length", [1, 3, 62])
@pytest.mark.parametrize("people", [1, 3])
def test_free_times(clinic: Clinic, people: int, length: int) -> None:
    """Key, offer, calendars: of at most 6."""
    staffed(clinic, people)
    for number in range(3):
        clinic.booked(date=wire(TEN + timedelta(days=number)))
        blocks(clinic.staff, TEN + timedelta(days=number, hours=2), 30)

    def asked(**more: str) -> tuple[int, int]:
        return counted(clinic, lambda: clinic.times(**days(length), **more))

    assert asked() == (200, 3)
    assert asked(staffIds=str(clinic.staff.pk)) == (200, 3)
    assert asked(includeUnavailableSlots="true") == (200, 3)
    assert asked(explain="true") == (200, 3)


def test_free_times_with_everything_that_costs(clinic: Clinic) -> None:
    """Two statements more for rooms, and one for a wall-clock range."""
    staffed(clinic, 3)
    needs_a_room(clinic)
    clinic.booked()
    wall = {"startDate": "2026-07-02T00:00", "endDate": "2026-07-03T00:00"}
    assert counted(clinic, lambda: clinic.times(**days(3))) == (200, 5)
    assert counted(clinic, lambda: clinic.times(**wall)) == (200, 6)
    assert counted(clinic, lambda: clinic.times(**wall, explain="true")) == (200, 6)
    save(clinic.service, bookings_per_timeslot=3)
    assert counted(clinic, lambda: clinic.times(**wall)) == (200, 6)


@pytest.mark.parametrize("people", [1, 3])
def test_the_next_free_times(clinic: Clinic, people: int) -> None:
    """As the free times, and again for each wider look: in days, in a month, in a year."""
    staffed(clinic, people)
    assert counted(clinic, clinic.next_times) == (200, 3)
    assert counted(clinic, lambda: clinic.next_times(limit=50)) == (200, 3)
    save(clinic.service, working_hours={})
    assert counted(clinic, clinic.next_times) == (200, 5)


def test_a_change_of_notes(real_clinic: Clinic) -> None:
    """Begin, key, look, signature, lock, write, commit. What was seen costs nothing."""
    pk = real_clinic.booked()["id"]
    assert counted(real_clinic, lambda: real_clinic.change(pk, notes="x")) == (200, 7)
    seen = real_clinic.get(pk).headers["ETag"]
    match = counted(real_clinic, lambda: real_clinic.change(pk, match=seen, notes="y"))
    assert match == (200, 7)
    # Stale: begin, key, look, rollback.
    assert counted(real_clinic, lambda: real_clinic.change(pk, match=seen, notes="z")) == (412, 4)


def test_tags(real_clinic: Clinic) -> None:
    pk = real_clinic.booked()["id"]
    put = {"tags": [str(number) for number in range(50)]}
    assert counted(real_clinic, lambda: real_clinic.asked("PUT", pk, "tags", body=put)) == (200, 7)


@pytest.mark.parametrize("people", [1, 3])
def test_a_move(real_clinic: Clinic, people: int) -> None:
    """Begin, key, look, offer with its people locked, lock, calendars, three writes, commit."""
    staffed(real_clinic, people)
    pk = real_clinic.booked()["id"]
    assert counted(real_clinic, lambda: real_clinic.change(pk, date=LATER)) == (200, 10)
    seen = real_clinic.get(pk).headers["ETag"]
    back = counted(real_clinic, lambda: real_clinic.change(pk, match=seen, date=wire(TEN)))
    assert back == (200, 10)
    everything: dict[str, Any] = {"date": LATER, "duration": 60, "notes": "x", "status": "arrived"}
    assert counted(real_clinic, lambda: real_clinic.change(pk, **everything)) == (200, 10)


def test_a_move_with_a_room(real_clinic: Clinic) -> None:
    needs_a_room(real_clinic)
    pk = real_clinic.booked()["id"]
    assert counted(real_clinic, lambda: real_clinic.change(pk, date=LATER)) == (200, 13)


def test_a_move_that_clashes_with_its_alternatives(real_clinic: Clinic) -> None:
    """The attempt (8, rolled back), what is in the way, and the two reads of alternatives."""
    pk = real_clinic.booked()["id"]
    real_clinic.booked(date=LATER)
    assert counted(real_clinic, lambda: real_clinic.change(pk, date=LATER)) == (409, 10)


@pytest.mark.parametrize("count", [4, 52])
def test_a_change_of_a_series_whatever_its_length(real_clinic: Clinic, count: int) -> None:
    reply = real_clinic.book(rrule=f"FREQ=WEEKLY;COUNT={count}")
    second = reply.json["meta"]["occurrences"][1]["id"]
    week = timedelta(days=7)

    def asked(scope: str, **changes: Any) -> tuple[int, int]:
        query = f"?scope={scope}"
        return counted(real_clinic, lambda: real_clinic.change(second, query=query, **changes))

    assert asked("all", notes="x") == (200, 8)
    assert asked("all", date=wire(TEN + week + timedelta(hours=1))) == (200, 13)
    assert asked("following", date=wire(TEN + week + timedelta(hours=2))) == (200, 14)
    assert asked("following", cancelled=True) == (200, 9)


def test_a_cancellation(real_clinic: Clinic) -> None:
    """Begin, key, look, signature, lock, write, release, commit; repeated, without the writes."""
    pk = real_clinic.booked()["id"]
    assert counted(real_clinic, lambda: real_clinic.cancel(pk, "?reason=x")) == (204, 8)
    assert counted(real_clinic, lambda: real_clinic.cancel(pk)) == (204, 6)


@pytest.mark.parametrize("people", [1, 3])
def test_a_preview(clinic: Clinic, people: int) -> None:
    """Key, offer, calendars; one more to weigh several, two more for alternatives."""
    staffed(clinic, people)

    def asked(**body: str) -> tuple[int, int]:
        return counted(clinic, lambda: clinic.preview(**body))

    assert asked() == (200, 3)
    assert asked(without="staffId") == (200, 3 + int(people > 1))
    assert asked(rrule="FREQ=WEEKLY;COUNT=4") == (200, 3)
    assert asked(rrule="FREQ=WEEKLY;COUNT=52") == (200, 3)
    blocks(clinic.staff, TEN, 30)
    assert asked(rrule="FREQ=WEEKLY;COUNT=52") == (200, 5)


@pytest.mark.parametrize("people", [1, 3])
@pytest.mark.parametrize("count", [4, 52, 104])
def test_a_series_whatever_its_length(real_clinic: Clinic, count: int, people: int) -> None:
    """Of at most 15 and one for every 50 dates."""
    staffed(real_clinic, people)
    rrule = f"FREQ=WEEKLY;COUNT={count}"
    assert counted(real_clinic, lambda: real_clinic.book(rrule=rrule)) == (201, 8)
    assert counted(real_clinic, lambda: real_clinic.book(rrule=rrule, key="k", date=LATER)) == (
        201,
        10,
    )
    again = counted(real_clinic, lambda: real_clinic.book(rrule=rrule, key="k", date=LATER))
    assert again == (201, 5)
    later = wire(TEN + timedelta(hours=3))
    anyone = counted(
        real_clinic, lambda: real_clinic.book(rrule=rrule, date=later, without="staffId")
    )
    assert anyone == (201, 9 + int(people > 1))


def test_a_series_with_a_room_for_each_date(real_clinic: Clinic) -> None:
    needs_a_room(real_clinic)
    rrule = "FREQ=WEEKLY;COUNT=52"
    assert counted(real_clinic, lambda: real_clinic.book(rrule=rrule)) == (201, 11)


def test_a_series_that_clashes(real_clinic: Clinic) -> None:
    """The alternatives of all dates are sought together."""
    counts = []
    for number in range(3):
        blocks(real_clinic.staff, TEN + timedelta(days=7 * number), 30)
        counts.append(counted(real_clinic, lambda: real_clinic.book(rrule="FREQ=WEEKLY;COUNT=52")))
    assert counts == [(409, 7)] * 3


def test_a_swap(real_clinic: Clinic) -> None:
    second = StaffFactory(business=real_clinic.business)
    ids = [
        real_clinic.booked()["id"],
        real_clinic.booked(date=LATER, staffId=str(second.pk))["id"],
    ]
    assert counted(real_clinic, lambda: real_clinic.swap(*ids)) == (200, 15)


def test_why_somebody_was_assigned(clinic: Clinic) -> None:
    """Key, appointment, reason, rooms."""
    staffed(clinic, 3)
    pk = clinic.booked(without="staffId")["id"]
    assert counted(clinic, lambda: clinic.get(pk, "assignment")) == (200, 4)
