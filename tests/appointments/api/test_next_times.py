"""The next free times, however far away within a year."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.appointments.api.clinic import NOW, TEN, Clinic, Reply, wire
from tests.appointments.api.test_create_rules import save
from tests.factories import StaffFactory, blocks, works

HOUR = timedelta(hours=1)


def starts(reply: Reply) -> list[str]:
    assert reply.status == 200, reply.content
    times = [one["time"] for one in reply.data]
    assert times == sorted(set(times))
    assert reply.json["meta"] == {"totalCount": len(times)}
    return times


def quarters(first: Any, number: int) -> list[str]:
    return [wire(first + timedelta(minutes=15 * one)) for one in range(number)]


def test_ten_times_from_now_on_unless_said(clinic: Clinic) -> None:
    assert starts(clinic.next_times()) == quarters(NOW, 10)
    assert starts(clinic.next_times(limit=2)) == quarters(NOW, 2)
    assert starts(clinic.next_times(limit=50)) == [
        *quarters(NOW, 43),
        *quarters(TEN - 2 * HOUR, 7),
    ]
    assert starts(clinic.next_times(after=wire(TEN), limit=1)) == [wire(TEN)]
    moment = wire(TEN + timedelta(milliseconds=1))
    assert starts(clinic.next_times(after=moment, limit=1)) == quarters(TEN, 2)[1:]


def test_each_time_says_who_is_free(clinic: Clinic) -> None:
    second = StaffFactory(business=clinic.business, name="Zz")
    blocks(clinic.staff, NOW, 30)
    first, third = (clinic.next_times(limit=3).data[one] for one in (0, 2))
    assert first == {
        "time": wire(NOW),
        "staffs": [{"id": str(second.pk), "availableSlots": 1}],
    }
    assert [one["id"] for one in third["staffs"]] == [str(clinic.staff.pk), str(second.pk)]
    only = clinic.next_times(staffIds=str(clinic.staff.pk), limit=1)
    assert starts(only) == [wire(NOW + timedelta(minutes=30))]


@pytest.mark.parametrize("days", [3, 10, 100, 360])
def test_a_gap_is_found_however_far_away(clinic: Clinic, days: int) -> None:
    blocks(clinic.staff, NOW - timedelta(days=1), (days + 1) * 24 * 60)
    (first,) = starts(clinic.next_times(limit=1))
    told = clinic.times(
        startDate=wire(NOW + timedelta(days=days)), endDate=wire(NOW + timedelta(days=days + 2))
    )
    assert first == told.data[0]["time"]


def test_after_a_year_or_the_horizon_nothing_is_looked_for(clinic: Clinic) -> None:
    blocks(clinic.staff, NOW - timedelta(days=1), 400 * 24 * 60)
    assert starts(clinic.next_times()) == []
    save(clinic.service, availability_limit_days=2)
    assert starts(clinic.next_times(after=wire(NOW + timedelta(days=5)))) == []


@pytest.mark.parametrize("after", ["2026-06-30T00:00:00Z", "2020-01-01T00:00", "1900-01-01T00:00Z"])
def test_after_a_moment_that_is_over_means_from_now_on(clinic: Clinic, after: str) -> None:
    assert starts(clinic.next_times(after=after)) == quarters(NOW, 10)


def test_a_time_without_an_offset_is_on_the_clocks_of_the_business(clinic: Clinic) -> None:
    assert starts(clinic.next_times(after="2026-07-02T10:00", limit=1)) == [wire(TEN)]


def test_the_lead_time_counts(clinic: Clinic) -> None:
    save(clinic.service, lead_time=25 * 60)
    assert starts(clinic.next_times(limit=1)) == [wire(TEN)]


def test_a_group_tells_its_places(clinic: Clinic) -> None:
    save(clinic.service, bookings_per_timeslot=2)
    slots = []
    for _ in range(3):
        first = clinic.next_times(after=wire(TEN), limit=1).data[0]
        slots.append((first["time"], first["staffs"][0]["availableSlots"]))
        if first["time"] == wire(TEN):
            clinic.booked()
    later = wire(TEN + timedelta(minutes=30))
    assert slots == [(wire(TEN), 2), (wire(TEN), 1), (later, 2)]


def test_they_are_the_first_of_the_available_times(clinic: Clinic) -> None:
    second = StaffFactory(business=clinic.business)
    works(second, {"thursday": [[1005, 1600]]}, date_start=NOW.date())
    clinic.booked(date=wire(TEN + timedelta(minutes=7)))
    blocks(clinic.staff, TEN + HOUR, 25)
    listed = clinic.times(startDate=wire(TEN)).data[:20]
    assert clinic.next_times(after=wire(TEN), limit=20).data == listed


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("&after=soon", [("after", "invalid")]),
        ("&after=", [("after", "invalid")]),
        ("&after=2026-10-25T01:30", [("after", "ambiguous_local_time")]),
        ("&after=2027-03-28T01:30", [("after", "nonexistent_local_time")]),
        ("&after=9999-12-31T00:00:00Z", [("after", "out_of_range")]),
        ("&limit=0", [("limit", "min_value")]),
        ("&limit=51", [("limit", "max_value")]),
        ("&limit=all", [("limit", "invalid")]),
        ("&offset=0", [("offset", "unknown_field")]),
        ("&startDate=2026-07-02T00:00:00Z", [("startDate", "unknown_field")]),
        ("&duration=30", [("duration", "repeated")]),
        ("&staffIds=x", [("staffIds.0", "invalid")]),
    ],
)
def test_parameters_are_known_and_sent_once(
    clinic: Clinic, query: str, wrong: list[tuple[str, str]]
) -> None:
    reply = clinic.next_times(query)
    assert (reply.status, reply.wrong) == (400, wrong)


def test_a_length_is_needed_and_must_be_offered(clinic: Clinic) -> None:
    path = clinic.service_path("nextAvailableTimes")
    assert clinic.send("GET", path).wrong == [("duration", "required")]
    assert clinic.next_times(duration=45).wrong == [("duration", "duration_not_offered")]


def test_the_last_year_of_all_can_be_asked_about(clinic: Clinic) -> None:
    assert starts(clinic.next_times(after="2199-12-31T23:59:59Z")) == []
