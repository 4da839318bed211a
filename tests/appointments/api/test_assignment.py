"""Why a visit is with whom it is with: for those who may see it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from businesses.models import Resource, ResourceNeed
from tests.appointments.api.clinic import TEN, Clinic, nothing_is_written, wire
from tests.appointments.api.test_create_rules import save
from tests.factories import StaffFactory, api_key, blocks

HOUR = timedelta(hours=1)


def why(clinic: Clinic, appointment_id: str) -> Any:
    with nothing_is_written():
        reply = clinic.get(appointment_id, "assignment")
    assert reply.status == 200, reply.content
    assert list(reply.json) == ["data"]
    assert list(reply.data) == ["rule", "staff", "candidates", "resources"]
    return reply.data


def named(staff: Any) -> dict[str, str]:
    return {"id": str(staff.pk), "name": staff.name}


def candidate(staff: Any, day: int | None, week: int | None, last: str | None) -> dict[str, Any]:
    return {
        "staff": named(staff),
        "dayMinutes": day,
        "weekMinutes": week,
        "lastAssignedAt": last,
        "dates": None,
    }


def test_whoever_was_named_was_named(clinic: Clinic) -> None:
    booked = clinic.booked()
    assert why(clinic, booked["id"]) == {
        "rule": "named",
        "staff": named(clinic.staff),
        "candidates": [],
        "resources": [],
    }


def test_a_single_candidate_is_the_only_one(clinic: Clinic) -> None:
    booked = clinic.booked(without="staffId")
    assert why(clinic, booked["id"]) == {
        "rule": "only_one",
        "staff": named(clinic.staff),
        "candidates": [candidate(clinic.staff, None, None, None)],
        "resources": [],
    }


def test_the_rule_that_decided_is_told_with_what_each_had(clinic: Clinic) -> None:
    second, third = (StaffFactory(business=clinic.business) for _ in range(2))
    blocks(third, TEN, 30)
    clinic.booked(date=wire(TEN + HOUR))
    booked = clinic.booked(without="staffId")
    told = why(clinic, booked["id"])
    assert told == {
        "rule": "day_minutes",
        "staff": named(second),
        "candidates": [
            candidate(second, 0, 0, None),
            candidate(clinic.staff, 30, 30, "2026-07-01T08:00:00.000Z"),
        ],
        "resources": [],
    }


def test_a_series_tells_how_many_dates_each_could_take(clinic: Clinic) -> None:
    second = StaffFactory(business=clinic.business)
    blocks(clinic.staff, TEN + timedelta(days=7), 30)
    reply = clinic.book(rrule="FREQ=WEEKLY;COUNT=3", without="staffId")
    for one in reply.json["meta"]["occurrences"]:
        told = why(clinic, one["id"])
        assert (told["rule"], told["staff"]) == ("most_dates", named(second))
        assert [(each["staff"]["name"], each["dates"]) for each in told["candidates"]] == [
            (second.name, 3),
            (clinic.staff.name, 2),
        ]


def test_rooms_and_devices_that_are_held_are_told_by_name(clinic: Clinic) -> None:
    kinds = {"Bike": "device", "Attic": "room"}
    rooms = {
        name: Resource.objects.create(business=clinic.business, name=name, kind=kind)
        for name, kind in kinds.items()
    }
    for kind in kinds.values():
        ResourceNeed.objects.create(business=clinic.business, service=clinic.service, kind=kind)
    booked = clinic.booked()
    used = [
        {"id": str(rooms[name].pk), "name": name, "kind": kinds[name]} for name in ("Attic", "Bike")
    ]
    assert why(clinic, booked["id"])["resources"] == used
    clinic.changed(booked["id"], date=wire(TEN + HOUR))
    assert why(clinic, booked["id"])["resources"] == used
    clinic.cancel(booked["id"])
    assert why(clinic, booked["id"])["resources"] == []


def test_a_request_holds_no_room(clinic: Clinic) -> None:
    Resource.objects.create(business=clinic.business, name="Room", kind="room")
    ResourceNeed.objects.create(business=clinic.business, service=clinic.service, kind="room")
    save(clinic.service, bookings_require_approval=True)
    booked = clinic.booked()
    assert why(clinic, booked["id"])["resources"] == []
    clinic.changed(booked["id"], approved=True)
    assert [one["name"] for one in why(clinic, booked["id"])["resources"]] == ["Room"]


def test_given_to_somebody_by_name_the_reason_is_that(clinic: Clinic) -> None:
    second = StaffFactory(business=clinic.business)
    booked = clinic.booked(without="staffId")
    other = second if booked["staffId"] == str(clinic.staff.pk) else clinic.staff
    clinic.changed(booked["id"], staffId=str(other.pk))
    assert why(clinic, booked["id"]) == {
        "rule": "named",
        "staff": named(other),
        "candidates": [],
        "resources": [],
    }


def test_it_needs_a_right_of_its_own(clinic: Clinic) -> None:
    booked = clinic.booked()
    for scopes in (("appointments:read",), ("appointments:read", "appointments:write")):
        key = api_key(clinic.business, *scopes)
        reply = clinic.send(
            "GET",
            clinic.path(booked["id"], "assignment"),
            headers={"Authorization": f"Bearer {key}"},
        )
        assert reply.refused == (403, "missing_scope")
        assert "appointments:explain" in reply.error["title"]
        assert clinic.staff.name.encode() not in reply.content
