"""How many SQL statements an endpoint takes: pinned, whatever the number of staff or of rows."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.appointments.api.clinic import NOBODY, NOW, TEN, Clinic, Reply, wire
from tests.appointments.api.test_create_rules import ROUND_THE_CLOCK
from tests.factories import LocationFactory, StaffFactory, blocks, works

LATER = wire(TEN + timedelta(hours=1))


def counted(clinic: Clinic, ask: Callable[[], Reply]) -> tuple[int, int]:
    """The status of the answer, and its statements, BEGIN and COMMIT among them.

    The key has just been used: that is noted at most once a minute.
    """
    assert clinic.get(NOBODY).status == 404
    with CaptureQueriesContext(connection) as seen:
        reply = ask()
    return reply.status, len(seen)


def test_the_first_use_of_a_key_in_a_minute_is_two_statements_more(clinic: Clinic) -> None:
    """Its last use is noted, and this worker takes its part of what the key may ask."""
    with CaptureQueriesContext(connection) as seen:
        assert clinic.get(NOBODY).status == 404
    assert len(seen) == 4
    assert counted(clinic, lambda: clinic.get(NOBODY)) == (404, 2)


def test_a_create_with_named_staff(real_clinic: Clinic) -> None:
    """Begin, key, offer with its people locked, calendars, booking, commit: of at most 10."""
    assert counted(real_clinic, real_clinic.book) == (201, 6)
    # The claim of an Idempotency-Key; its answer is kept in the statement that books.
    assert counted(real_clinic, lambda: real_clinic.book(key="k", date=LATER)) == (201, 7)
    # Begin, key, the claim that is taken, the first answer, commit.
    assert counted(real_clinic, lambda: real_clinic.book(key="k", date=LATER)) == (201, 5)


def test_begin_and_commit_are_counted(real_clinic: Clinic) -> None:
    with CaptureQueriesContext(connection) as seen:
        real_clinic.booked()
    statements = [query["sql"] for query in seen.captured_queries]
    assert (statements.count("BEGIN"), statements.count("COMMIT")) == (1, 1)


def test_additional_hosts_are_two_statements_more_however_many(real_clinic: Clinic) -> None:
    """Themselves and what they hold. Blockers, a schedule, a location and tags cost none."""
    business, staff, service = real_clinic.business, real_clinic.staff, real_clinic.service
    service.location = LocationFactory(business=business)
    service.save()
    works(staff, ROUND_THE_CLOCK, date_start=NOW.date())
    for hours in range(2, 6):
        blocks(staff, TEN + timedelta(hours=hours), 30)
    joining = [str(StaffFactory(business=business).pk) for _ in range(5)]
    everything: dict[str, Any] = {"additionalStaffIds": joining, "tags": ["a", "b"], "notes": "x"}
    assert counted(real_clinic, lambda: real_clinic.book(**everything)) == (201, 8)


def test_a_wall_clock_time_of_the_business_is_one_statement_more(real_clinic: Clinic) -> None:
    wall = "2026-07-02T15:00:00"
    assert counted(real_clinic, lambda: real_clinic.book(date=wall)) == (201, 7)


def test_a_place_in_a_group_is_one_statement_more(real_clinic: Clinic) -> None:
    real_clinic.service.bookings_per_timeslot = 3
    real_clinic.service.save()
    assert [counted(real_clinic, real_clinic.book) for _ in range(4)] == [
        (201, 7),
        (201, 7),
        (201, 7),
        (409, 7),
    ]


def test_a_clash_with_its_alternatives(real_clinic: Clinic) -> None:
    """The attempt (5, rolled back), what is in the way, and the two reads of alternatives."""
    real_clinic.booked()
    assert counted(real_clinic, real_clinic.book) == (409, 8)
    for _ in range(10):
        StaffFactory(business=real_clinic.business)
    assert counted(real_clinic, real_clinic.book) == (409, 8)


def test_a_create_for_anyone_among_fifty(real_clinic: Clinic) -> None:
    """One statement more than for a named person, to weigh them: of at most 12."""
    for _ in range(49):
        StaffFactory(business=real_clinic.business)
    anyone = {"without": "staffId"}
    assert counted(real_clinic, lambda: real_clinic.book(**anyone)) == (201, 7)
    again = counted(real_clinic, lambda: real_clinic.book(**anyone, key="k", date=LATER))
    assert again == (201, 8)


@pytest.mark.parametrize("booked", [0, 1, 3, 50])
def test_a_list_whatever_its_length(clinic: Clinic, booked: int) -> None:
    """Key, count, rows: of at most 4, which a range without offsets takes."""
    for number in range(booked):
        staff = StaffFactory(business=clinic.business)
        other = StaffFactory(business=clinic.business)
        clinic.booked(staffId=str(staff.pk), additionalStaffIds=[str(other.pk)], tags=[str(number)])
    day = (TEN, TEN + timedelta(days=1))
    assert clinic.list(*day).json["meta"] == {"totalCount": booked}
    assert counted(clinic, lambda: clinic.list(*day)) == (200, 3)
    assert counted(clinic, lambda: clinic.list(*day, "&limit=50")) == (200, 3)
    assert counted(clinic, lambda: clinic.list("2026-07-02T00:00", "2026-07-03T00:00")) == (200, 4)


def test_one_appointment(clinic: Clinic) -> None:
    """Key and row."""
    booked = clinic.booked()
    assert counted(clinic, lambda: clinic.get(booked["id"])) == (200, 2)


def test_bad_input_costs_the_key_alone(clinic: Clinic) -> None:
    assert counted(clinic, lambda: clinic.book(duration="long")) == (400, 1)
    assert counted(clinic, lambda: clinic.list(TEN, "soon")) == (400, 1)
