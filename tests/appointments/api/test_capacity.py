"""How much of somebody's time is taken, over HTTP."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from businesses.models import Business, Closure, Service
from staff.models import ExternalEvent, Staff, StaffStatus
from tests.appointments.api.clinic import TEN, Clinic, Reply, counted, wire
from tests.factories import (
    LocationFactory,
    PatientFactory,
    ServiceFactory,
    StaffFactory,
    api_key,
    blocks,
    works,
)

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
THAT_DAY = {"start": "2026-07-02T00:00:00", "end": "2026-07-03T00:00:00"}  # eight to eight


def asked(
    clinic: Clinic,
    staff: Staff | None = None,
    *,
    start: str = THAT_DAY["start"],
    end: str = THAT_DAY["end"],
    **more: Any,
) -> Reply:
    query = f"?startDate={start}&endDate={end}"
    who = (staff or clinic.staff).pk
    return clinic.ask("GET", "staff", who, "capacity", query=query, **more)


def told(clinic: Clinic, staff: Staff | None = None, **span: str) -> tuple[int, ...]:
    """External events, time blockers; bookable, available, booked: in the order of the wire."""
    data = asked(clinic, staff, **span).data
    assert list(data) == [
        "blockedTime",
        "bookableMinutes",
        "availableBookableMinutes",
        "bookedMinutes",
    ]
    assert list(data["blockedTime"]) == ["externalEvents", "timeBlockers"]
    found = (*data.pop("blockedTime").values(), *data.values())
    assert {type(one) for one in found} == {int}
    return found


def event(clinic: Clinic, hours: float, minutes: int, **fields: Any) -> None:
    start = TEN + hours * HOUR
    ExternalEvent.objects.create(
        business=clinic.business,
        staff=clinic.staff,
        starts_at=start,
        ends_at=start + minutes * MINUTE,
        **fields,
    )


def test_a_free_day_is_twelve_hours(clinic: Clinic) -> None:
    assert told(clinic) == (0, 0, 720, 720, 0)


def test_what_is_blocked_is_counted_by_its_kind_and_where_it_can_be_booked(clinic: Clinic) -> None:
    blocks(clinic.staff, TEN, 60)
    blocks(clinic.staff, TEN + HOUR / 2, 60)  # half of it is blocked already
    blocks(clinic.staff, TEN - 5 * HOUR, 240)  # from five to nine: one hour of it is open
    event(clinic, 1, 60)  # half of it is blocked
    event(clinic, 4, 60, busy=False)
    blocks(StaffFactory(business=clinic.business), TEN, 60)
    assert told(clinic) == (60, 90 + 60, 720, 720 - 60 - 120, 0)


def test_a_visit_takes_its_buffers_and_is_booked_for_its_own_minutes(clinic: Clinic) -> None:
    Business.objects.update(buffer_before_minutes=5, buffer_after_minutes=10)
    clinic.booked()
    assert told(clinic) == (0, 0, 720, 720 - 45, 30)
    # From the middle of the visit on.
    assert told(clinic, start="2026-07-02T10:15:00") == (0, 0, 585, 585 - 25, 15)


def test_what_is_booked_outside_of_hours_is_booked(clinic: Clinic) -> None:
    clinic.booked(query="?ignoreBusyTimes=true", date="2026-07-02T19:45:00")
    assert told(clinic) == (0, 0, 720, 705, 30)


def test_visits_that_were_booked_over_each_other_are_each_counted(clinic: Clinic) -> None:
    clinic.booked()
    clinic.booked(query="?ignoreBusyTimes=true")
    assert told(clinic) == (0, 0, 720, 690, 60)


def test_a_cancelled_and_a_requested_visit_are_not_booked(clinic: Clinic) -> None:
    clinic.cancel(clinic.booked()["id"])
    Service.objects.update(bookings_require_approval=True)
    assert clinic.booked()["status"] == "requested"
    assert told(clinic) == (0, 0, 720, 720, 0)


def test_a_group_timeslot_is_counted_once_for_each_of_its_hosts(clinic: Clinic) -> None:
    Service.objects.update(bookings_per_timeslot=3)
    along, stranger = (StaffFactory(business=clinic.business) for _ in range(2))
    for _ in range(2):
        patient = PatientFactory(business=clinic.business)
        clinic.booked(patientId=str(patient.pk), additionalStaffIds=[str(along.pk)])
    clinic.booked(date=wire(TEN + HOUR))
    assert told(clinic) == (0, 0, 720, 660, 60)
    assert told(clinic, along) == (0, 0, 720, 690, 30)
    assert told(clinic, stranger) == (0, 0, 720, 720, 0)


def test_a_closure_of_the_business_takes_bookable_time_and_one_of_a_location_none(
    clinic: Clinic,
) -> None:
    days = {"date_start": date(2026, 7, 2), "date_end": date(2026, 7, 2)}
    place = LocationFactory(business=clinic.business)
    Service.objects.update(location=place)
    blocks(clinic.staff, TEN, 60)
    Closure.objects.create(business=clinic.business, name="Works", location=place, **days)
    assert told(clinic) == (0, 60, 720, 660, 0)
    Closure.objects.create(business=clinic.business, name="Holiday", **days)
    assert told(clinic) == (0, 0, 0, 0, 0)


def test_hours_are_a_dated_schedules_else_the_persons_else_the_businesss(clinic: Clinic) -> None:
    assert told(clinic)[2] == 720
    Staff.objects.update(weekly_hours={"thursday": [[900, 1200]]})
    assert told(clinic)[2] == 180
    works(clinic.staff, {"thursday": [[900, 1000]]}, date_start=date(2026, 7, 2))
    assert told(clinic)[2] == 60
    Business.objects.update(default_staff_working_hours=None)
    assert told(clinic, StaffFactory(business=clinic.business)) == (0, 0, 0, 0, 0)


@pytest.mark.parametrize("status", sorted(set(StaffStatus.values) - {"ACTIVE"}))
def test_who_is_not_active_has_nothing_available(clinic: Clinic, status: str) -> None:
    clinic.booked()
    Staff.objects.update(status=status)
    assert told(clinic) == (0, 0, 720, 0, 30)


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [
        ("2026-07-02T10:00:00", "2026-07-02T11:00:00", 60),
        ("2026-07-02T10:00:00.001", "2026-07-02T11:00:59.999", 59),
        ("2026-07-02T10:00:01", "2026-07-02T10:01:59", 0),
        ("2026-07-02T10:00:30", "2026-07-02T10:00:31", 0),
        ("2026-07-01T20:00:00", "2026-07-02T08:00:00", 0),
        ("2026-03-29T00:00:00", "2026-03-30T00:00:00", 720),
    ],
)
def test_minutes_that_lie_in_the_span_altogether_are_counted(
    clinic: Clinic, start: str, end: str, minutes: int
) -> None:
    assert told(clinic, start=start, end=end)[2:4] == (minutes, minutes)


def test_a_minute_of_which_a_part_is_taken_is_taken(clinic: Clinic) -> None:
    blocks(clinic.staff, TEN + timedelta(seconds=30), 1)
    assert told(clinic) == (0, 2, 720, 718, 0)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-03-29T00:00:00", "2026-03-30T00:00:00", 23),
        ("2026-10-25T00:00:00", "2026-10-26T00:00:00", 25),
        ("2026-03-29T00:00:00Z", "2026-03-30T00:00:00%2B01:00", 23),
    ],
)
def test_a_day_on_which_clocks_change_has_the_minutes_that_pass(
    clinic: Clinic, start: str, end: str, hours: int
) -> None:
    Staff.objects.update(weekly_hours={"sunday": [[0, 2400]]})
    assert told(clinic, start=start, end=end)[2:4] == (hours * 60, hours * 60)


def test_the_past_has_a_capacity_too(clinic: Clinic) -> None:
    start, end = "2026-06-01T00:00:00", "2026-06-02T00:00:00"
    assert told(clinic, start=start, end=end) == (0, 0, 720, 720, 0)


BAD: list[tuple[str, list[tuple[str, str]]]] = [
    ("", [("startDate", "required"), ("endDate", "required")]),
    ("?startDate=2026-07-02T00:00:00Z", [("endDate", "required")]),
    ("?startDate=x&endDate=2026-07-02T00:00:00Z", [("startDate", "invalid")]),
    ("?startDate=2026-07-02T00:00:00Z&endDate=2026-07-02T00:00:00Z", [("endDate", "invalid")]),
    (
        "?startDate=2026-07-01T00:00:00Z&endDate=2026-09-01T00:00:01Z",
        [("endDate", "range_too_large")],
    ),
    (
        "?startDate=2026-07-01T00:00:00Z&endDate=2026-07-02T00:00:00Z&limit=5",
        [("limit", "unknown_field")],
    ),
]


@pytest.mark.parametrize(("query", "wrong"), BAD)
def test_a_bad_query_is_refused(clinic: Clinic, query: str, wrong: list[tuple[str, str]]) -> None:
    reply = clinic.ask("GET", "staff", clinic.staff.pk, "capacity", query=query)
    assert reply.wrong == wrong


def test_sixty_two_days_are_counted_though_a_clock_change_makes_them_longer(clinic: Clinic) -> None:
    start, end = "2026-09-01T00:00:00", "2026-11-02T00:00:00"
    assert told(clinic, start=start, end=end)[2] == 62 * 720


def test_staff_of_another_business_have_none(clinic: Clinic, other_clinic: Clinic) -> None:
    assert asked(clinic, other_clinic.staff).refused == (404, "not_found")
    assert asked(clinic, clinic.business).refused == (404, "not_found")  # type: ignore[arg-type]


def test_what_the_client_has_is_not_sent_again(clinic: Clinic) -> None:
    etag = asked(clinic).headers["ETag"]
    assert asked(clinic, have=etag).status == 304
    clinic.booked()
    assert asked(clinic, have=etag).status == 200


def test_it_needs_the_scope_to_see_staff(clinic: Clinic) -> None:
    reader, writer = (api_key(clinic.business, f"staff:{what}") for what in ("read", "write"))
    assert asked(clinic, token=reader).status == 200
    assert asked(clinic, token=writer).refused == (403, "missing_scope")


@pytest.mark.parametrize("count", [1, 3])
def test_it_costs_three_statements_whatever_there_is(real_clinic: Clinic, count: int) -> None:
    for number in range(count):
        real_clinic.booked(date=wire(TEN + number * HOUR))
        blocks(real_clinic.staff, TEN + (number + 4) * HOUR, 30)
        ServiceFactory(business=real_clinic.business)
    # The key, the staff member, the calendar; of times on the wall clock also the zone.
    start, end = "2026-07-01T00:00:00Z", "2026-08-30T00:00:00Z"
    assert counted(lambda: asked(real_clinic, start=start, end=end)) == (200, 3)
    assert counted(lambda: asked(real_clinic)) == (200, 4)
