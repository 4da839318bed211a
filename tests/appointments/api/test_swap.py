"""Two visits change places, or nothing changes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from appointments.models import HeldTime
from businesses.identifiers import new_id
from tests.appointments.api.clinic import NOBODY, NOW, TEN, Clinic, nothing_is_written, wire
from tests.factories import ServiceFactory, StaffFactory, blocks, provides

LATER = TEN + timedelta(hours=2)


def two(clinic: Clinic, **changes: Any) -> tuple[Any, Any]:
    """One visit with each of two people, at different times."""
    second = StaffFactory(business=clinic.business)
    return (
        clinic.booked(notes="first"),
        clinic.booked(staffId=str(second.pk), date=wire(LATER), notes="second", **changes),
    )


def test_each_takes_the_others_start_and_person(clinic: Clinic) -> None:
    first, second = two(clinic, duration=60)
    reply = clinic.swap(first["id"], second["id"])
    assert (reply.status, list(reply.json)) == (200, ["data"])
    one, other = reply.data
    moved = ("date", "staffId", "staffName", "staff")
    assert [one["id"], other["id"]] == [first["id"], second["id"]]
    assert {name: one[name] for name in moved} == {name: second[name] for name in moved}
    assert {name: other[name] for name in moved} == {name: first[name] for name in moved}
    for before, after in ((first, one), (second, other)):
        kept = {"serviceId", "duration", "price", "notes", "patientId", "status"}
        assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
        assert after["originalDate"] == before["date"]
        assert clinic.get(before["id"]).data == after
    assert HeldTime.objects.count() == 2


def test_swapped_twice_they_are_where_they_were(clinic: Clinic) -> None:
    first, second = two(clinic)
    for _ in range(2):
        assert clinic.swap(second["id"], first["id"]).status == 200
    for before in (first, second):
        after = clinic.get(before["id"]).data
        assert (after["date"], after["staffId"]) == (before["date"], before["staffId"])


def test_neighbours_of_one_person_can_be_swapped(clinic: Clinic) -> None:
    first = clinic.booked()
    second = clinic.booked(date=wire(TEN + timedelta(minutes=30)))
    one, other = clinic.swap(first["id"], second["id"]).data
    assert (one["date"], other["date"]) == (second["date"], first["date"])


def test_one_that_does_not_fit_and_neither_moves(clinic: Clinic) -> None:
    first, second = two(clinic, duration=60)
    blocks(clinic.staff, TEN + timedelta(minutes=30), 30)
    with nothing_is_written():
        reply = clinic.swap(first["id"], second["id"])
    assert reply.refused == (409, "staff_busy")
    assert "dates" not in reply.error
    for before in (first, second):
        assert clinic.get(before["id"]).data == before
    over = clinic.swap(first["id"], second["id"], query="?ignoreBusyTimes=true")
    assert over.status == 200


def test_whoever_does_not_provide_the_service_can_not_take_it(clinic: Clinic) -> None:
    first, second = two(clinic)
    provides(clinic.staff, clinic.service)
    with nothing_is_written():
        reply = clinic.swap(first["id"], second["id"])
    assert reply.refused == (400, "staff_not_provider")


@pytest.mark.parametrize("wish", [{"cancelled": True}, {"status": "no_show"}], ids=str)
def test_what_is_over_or_cancelled_can_not_be_swapped(clinic: Clinic, wish: dict[str, Any]) -> None:
    first, second = two(clinic)
    clinic.changed(second["id"], **wish)
    with nothing_is_written():
        for ids in ((first["id"], second["id"]), (second["id"], first["id"])):
            assert clinic.swap(*ids).refused == (409, "wrong_status")


def test_nothing_is_swapped_into_the_past(clinic: Clinic, clock: Any) -> None:
    first, second = two(clinic)
    clock.move_to(TEN + timedelta(minutes=1))
    with nothing_is_written():
        assert clinic.swap(first["id"], second["id"]).refused == (400, "date_in_past")
    assert NOW < TEN
    over = clinic.swap(first["id"], second["id"], query="?ignoreBusyTimes=true")
    assert over.status == 200


def test_a_visit_of_a_series_is_swapped_alone(clinic: Clinic) -> None:
    ids = [
        one["id"] for one in clinic.book(rrule="FREQ=WEEKLY;COUNT=3").json["meta"]["occurrences"]
    ]
    other = clinic.booked(date=wire(LATER))
    assert clinic.swap(ids[0], other["id"]).status == 200
    dates = [clinic.get(one).data["date"] for one in (*ids, other["id"])]
    assert dates == [
        wire(LATER),
        *(wire(TEN + timedelta(days=7 * week)) for week in (1, 2)),
        wire(TEN),
    ]


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        (None, [("appointmentIds", "required")]),
        ({}, [("appointmentIds", "required")]),
        ({"appointmentIds": None}, [("appointmentIds", "null")]),
        ({"appointmentIds": "x"}, [("appointmentIds", "not_a_list")]),
        ({"appointmentIds": []}, [("appointmentIds", "min_length")]),
        ({"appointmentIds": [NOBODY]}, [("appointmentIds", "min_length")]),
        ({"appointmentIds": [NOBODY] * 3}, [("appointmentIds", "max_length")]),
        ({"appointmentIds": [1, None]}, [
            ("appointmentIds.0", "invalid"),
            ("appointmentIds.1", "null"),
        ]),
        ({"ids": []}, [("appointmentIds", "required"), ("ids", "unknown_field")]),
        ([], [("", "invalid")]),
    ],
    ids=str,
)  # fmt: skip
def test_two_ids_are_needed(clinic: Clinic, body: Any, wrong: list[tuple[str, str]]) -> None:
    with nothing_is_written():
        reply = clinic.asked("POST", "swap", body=body)
    assert (reply.status, reply.wrong) == (400, wrong)


def test_a_visit_is_not_swapped_with_itself(clinic: Clinic) -> None:
    booked = clinic.booked()
    with nothing_is_written():
        reply = clinic.swap(booked["id"], booked["id"].upper())
    assert reply.refused == (400, "swap_same_appointment")
    assert reply.wrong == [("appointmentIds", "swap_same_appointment")]


def test_what_is_not_of_the_business_is_404(clinic: Clinic, other_clinic: Clinic) -> None:
    own, theirs = clinic.booked(), other_clinic.booked()
    with nothing_is_written():
        for ids in ((own["id"], theirs["id"]), (theirs["id"], own["id"])):
            assert clinic.swap(*ids).refused == (404, "not_found")
        assert clinic.swap(own["id"], str(new_id())).refused == (404, "not_found")
    assert other_clinic.get(theirs["id"]).data == theirs


def test_two_services_of_different_lengths_are_swapped(clinic: Clinic) -> None:
    other = ServiceFactory(business=clinic.business, durations={45: 4000})
    first, second = two(clinic, serviceId=str(other.pk), duration=45)
    one, another = clinic.swap(first["id"], second["id"]).data
    assert (one["duration"], another["duration"]) == (30, 45)
    assert another["endDate"] == wire(TEN + timedelta(minutes=45))


def test_parameters_are_known(clinic: Clinic) -> None:
    first, second = two(clinic)
    reply = clinic.swap(first["id"], second["id"], query="?scope=all")
    assert (reply.status, reply.wrong) == (400, [("scope", "unknown_field")])
