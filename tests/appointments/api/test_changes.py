"""PATCH: one thing is changed, everything else stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from appointments.models import HeldTime
from businesses.identifiers import new_id
from businesses.models import ServiceDuration
from tests.appointments.api.clinic import NOW, TEN, Clinic, nothing_is_written, wire
from tests.appointments.api.test_create_refusals import check_alternatives
from tests.appointments.api.test_create_rules import asked, save
from tests.factories import (
    LocationFactory,
    PatientFactory,
    ServiceFactory,
    StaffFactory,
    blocks,
    provides,
)

LATER = TEN + timedelta(hours=1)
HALF = timedelta(minutes=30)


def differing(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """What was changed, save the moment of the change."""
    assert list(before) == list(after)
    return {
        name: after[name] for name in after if after[name] != before[name] and name != "updatedAt"
    }


def held() -> list[tuple[str, Any, Any]]:
    rows = HeldTime.objects.order_by("starts_at", "staff_id")
    return [(str(row.staff_id), row.during.lower, row.during.upper) for row in rows]


# --- Each field ---------------------------------------------------------------------------------


def test_a_move_keeps_the_first_start(clinic: Clinic, clock: Any) -> None:
    booked = clinic.booked()
    clock.shift(timedelta(minutes=1))
    moved = clinic.changed(booked["id"], date=wire(LATER))
    assert differing(booked, moved) == {
        "date": wire(LATER),
        "originalDate": wire(TEN),
        "endDate": wire(LATER + HALF),
    }
    assert moved["updatedAt"] == wire(NOW + timedelta(minutes=1))
    assert held() == [(str(clinic.staff.pk), LATER, LATER + HALF)]
    again = clinic.changed(booked["id"], date=wire(LATER + HALF))
    assert again["originalDate"] == wire(TEN)
    back = clinic.changed(booked["id"], date=wire(TEN))
    assert (back["date"], back["originalDate"]) == (wire(TEN), wire(TEN))


def test_a_visit_is_not_in_its_own_way(clinic: Clinic) -> None:
    booked = clinic.booked()
    moved = clinic.changed(booked["id"], date=wire(TEN + timedelta(minutes=10)))
    assert moved["date"] == wire(TEN + timedelta(minutes=10))


def test_another_length_has_its_price(clinic: Clinic) -> None:
    booked = clinic.booked()
    assert differing(booked, clinic.changed(booked["id"], duration=60)) == {
        "duration": 60,
        "price": 5000,
        "endDate": wire(LATER),
    }


def test_the_price_stays_when_it_is_only_moved(clinic: Clinic) -> None:
    booked = clinic.booked()
    ServiceDuration.objects.update(price=1)
    assert clinic.changed(booked["id"], date=wire(LATER))["price"] == 3000


def test_somebody_else_takes_it(clinic: Clinic) -> None:
    booked, second = clinic.booked(), StaffFactory(business=clinic.business)
    changed = clinic.changed(booked["id"], staffId=str(second.pk))
    assert differing(booked, changed) == {
        "staff": {"id": str(second.pk), "name": second.name, "email": second.email},
        "staffId": str(second.pk),
        "staffName": second.name,
    }
    assert held() == [(str(second.pk), TEN, TEN + HALF)]


def test_another_service_brings_its_name_price_and_place(clinic: Clinic) -> None:
    place = LocationFactory(business=clinic.business, name="Annexe")
    other = ServiceFactory(
        business=clinic.business, durations={30: 7000}, location=place, currency="eur"
    )
    booked = clinic.booked()
    changed = clinic.changed(booked["id"], serviceId=str(other.pk))
    assert differing(booked, changed) == {
        "service": {"id": str(other.pk), "name": other.name, "alias": None},
        "serviceId": str(other.pk),
        "location": {"id": str(place.pk), "name": "Annexe", "address": "1 River Street"},
        "price": 7000,
        "currency": "eur",
    }


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("notes", "  As typed ", {"notes": "  As typed "}),
        ("clientTimezone", "Asia/Tokyo", {"patientTimezone": "Asia/Tokyo"}),
        ("paymentProvider", "stripe", {"paymentProvider": "stripe"}),
        ("paymentId", "pi_1", {"paymentId": "pi_1"}),
        ("location", "2 Other St", {"locationType": "in_person", "locationValue": "2 Other St"}),
        ("location", "https://x.example", {
            "locationType": "url",
            "locationValue": "https://x.example",
        }),
    ],
)  # fmt: skip
def test_a_fact_is_changed_and_no_time_is_touched(
    clinic: Clinic, name: str, value: str, told: dict[str, str]
) -> None:
    booked = clinic.booked()
    before = held()
    assert differing(booked, clinic.changed(booked["id"], **{name: value})) == told
    assert held() == before


def test_additional_hosts_are_replaced(clinic: Clinic) -> None:
    second, third = sorted(
        (StaffFactory(business=clinic.business) for _ in range(2)), key=lambda one: one.pk
    )
    booked = clinic.booked(additionalStaffIds=[str(second.pk)])
    both = [str(third.pk), str(second.pk), str(third.pk).upper()]
    changed = clinic.changed(booked["id"], additionalStaffIds=both)
    assert differing(booked, changed) == {
        "additionalStaffIds": sorted([str(second.pk), str(third.pk)])
    }
    assert {staff for staff, _, _ in held()} == {
        str(one.pk) for one in (clinic.staff, second, third)
    }
    nothing: list[Any] = [[], None]
    for nobody in nothing:
        clinic.changed(booked["id"], additionalStaffIds=both)
        assert clinic.changed(booked["id"], additionalStaffIds=nobody)["additionalStaffIds"] == []
        assert {staff for staff, _, _ in held()} == {str(clinic.staff.pk)}


def test_answers_are_replaced_with_the_questions_as_asked_now(clinic: Clinic) -> None:
    first, second = asked(clinic, clinic.service), asked(clinic, clinic.service)
    booked = clinic.booked(answers=[{"id": str(first.pk), "answer": "Well."}])
    save(second, question="Where?")
    changed = clinic.changed(booked["id"], answers=[{"id": str(second.pk), "answer": 2.5}])
    assert [one["answer"] for one in changed["answers"]] == [2.5]
    assert changed["answers"][0]["question"] == "Where?"
    assert clinic.changed(booked["id"], answers=None)["answers"] == []


@pytest.mark.parametrize("value", [None, ""], ids=["null", "empty"])
def test_null_empties_what_may_be_empty(clinic: Clinic, value: Any) -> None:
    place = LocationFactory(business=clinic.business)
    save(clinic.service, location=place, location_type="phone", location_value="+44 20 0")
    full = {"notes": "x", "paymentProvider": "stripe", "paymentId": "pi_1", "location": "Elsewhere"}
    booked = clinic.booked(**full)
    changed = clinic.changed(booked["id"], **dict.fromkeys(full, value))
    assert differing(booked, changed) == {
        "notes": "",
        "paymentProvider": None,
        "paymentId": None,
        "location": {"id": str(place.pk), "name": "Main house", "address": "1 River Street"},
        "locationValue": "+44 20 0",
    }
    assert changed["locationType"] == "phone"


def test_several_things_are_changed_together_or_not_at_all(clinic: Clinic) -> None:
    second = StaffFactory(business=clinic.business)
    booked = clinic.booked()
    wish: dict[str, Any] = {
        "date": wire(LATER),
        "duration": 60,
        "staffId": str(second.pk),
        "notes": "x",
    }
    block = blocks(second, LATER, 30)
    with nothing_is_written():
        assert clinic.change(booked["id"], **wish).refused == (409, "staff_busy")
    assert clinic.get(booked["id"]).data == booked
    block.delete()
    changed = clinic.changed(booked["id"], **wish)
    assert {name: changed[name] for name in wish} == wish


def test_a_change_of_nothing_changes_nothing_that_is_told(clinic: Clinic) -> None:
    booked = clinic.booked()
    assert differing(booked, clinic.changed(booked["id"])) == {}
    same = {"date": wire(TEN), "duration": 30, "staffId": str(clinic.staff.pk), "cancelled": False}
    assert differing(booked, clinic.changed(booked["id"], **same)) == {}


# --- Refusals -----------------------------------------------------------------------------------


def an_unknown_service(clinic: Clinic) -> dict[str, Any]:
    return {"serviceId": str(new_id())}


def a_service_of_another_business(clinic: Clinic) -> dict[str, Any]:
    return {"serviceId": str(ServiceFactory().pk)}


def a_disabled_service(clinic: Clinic) -> dict[str, Any]:
    return {"serviceId": str(ServiceFactory(business=clinic.business, enabled=False).pk)}


def a_service_without_that_length(clinic: Clinic) -> dict[str, Any]:
    return {"serviceId": str(ServiceFactory(business=clinic.business, durations={45: 1}).pk)}


def a_length_that_is_not_offered(clinic: Clinic) -> dict[str, Any]:
    return {"duration": 45}


def unknown_staff(clinic: Clinic) -> dict[str, Any]:
    return {"staffId": str(new_id())}


def staff_of_another_business(clinic: Clinic) -> dict[str, Any]:
    return {"staffId": str(StaffFactory().pk)}


def disabled_staff(clinic: Clinic) -> dict[str, Any]:
    return {"staffId": str(StaffFactory(business=clinic.business, status="DISABLED").pk)}


def staff_who_do_not_provide_it(clinic: Clinic) -> dict[str, Any]:
    provides(clinic.staff, clinic.service)
    return {"staffId": str(StaffFactory(business=clinic.business).pk)}


def additional_staff_of_another_business(clinic: Clinic) -> dict[str, Any]:
    return {"additionalStaffIds": [str(StaffFactory().pk)]}


def the_main_host_as_an_additional_one(clinic: Clinic) -> dict[str, Any]:
    return {"additionalStaffIds": [str(clinic.staff.pk)]}


def an_answer_to_no_question(clinic: Clinic) -> dict[str, Any]:
    return {"answers": [{"id": str(new_id()), "answer": "Well."}]}


def a_start_in_the_past(clinic: Clinic) -> dict[str, Any]:
    return {"date": wire(NOW - timedelta(milliseconds=1))}


IMPOSSIBLE: list[tuple[Callable[[Clinic], dict[str, Any]], str, str]] = [
    (an_unknown_service, "serviceId", "service_not_found"),
    (a_service_of_another_business, "serviceId", "service_not_found"),
    (a_disabled_service, "serviceId", "service_disabled"),
    (a_service_without_that_length, "duration", "duration_not_offered"),
    (a_length_that_is_not_offered, "duration", "duration_not_offered"),
    (unknown_staff, "staffId", "staff_not_found"),
    (staff_of_another_business, "staffId", "staff_not_found"),
    (disabled_staff, "staffId", "staff_not_bookable"),
    (staff_who_do_not_provide_it, "staffId", "staff_not_provider"),
    (additional_staff_of_another_business, "additionalStaffIds", "staff_not_found"),
    (the_main_host_as_an_additional_one, "additionalStaffIds", "staff_repeated"),
    (an_answer_to_no_question, "answers", "question_not_found"),
    (a_start_in_the_past, "date", "date_in_past"),
]


@pytest.mark.parametrize(
    ("given", "field", "code"), IMPOSSIBLE, ids=[given.__name__ for given, _, _ in IMPOSSIBLE]
)
def test_nobody_can_change_it_to(
    clinic: Clinic, given: Callable[[Clinic], dict[str, Any]], field: str, code: str
) -> None:
    booked, changes = clinic.booked(), given(clinic)
    with nothing_is_written():
        reply = clinic.change(booked["id"], **changes)
    assert reply.refused == (400, code)
    assert reply.wrong == [(field, code)]
    assert clinic.get(booked["id"]).data == booked


def test_a_move_to_a_taken_time_is_refused_with_alternatives(clinic: Clinic) -> None:
    booked, other = clinic.booked(), clinic.booked(date=wire(LATER))
    with nothing_is_written():
        reply = clinic.change(booked["id"], date=wire(LATER - timedelta(minutes=10)))
    assert reply.refused == (409, "staff_busy")
    patient = str(PatientFactory(business=clinic.business).pk)
    assert len(check_alternatives(clinic, reply, patientId=patient)) == 3
    assert clinic.get(booked["id"]).data == booked
    assert clinic.get(other["id"]).data == other


def test_a_move_outside_of_hours_is_refused(clinic: Clinic) -> None:
    booked = clinic.booked()
    with nothing_is_written():
        reply = clinic.change(booked["id"], date="2026-07-02T19:45")
    assert reply.refused == (409, "outside_working_hours")
    assert len(reply.error["alternatives"]) == 3


def test_ignoring_busy_times_moves_it_over_whatever_is_there(clinic: Clinic) -> None:
    booked, other = clinic.booked(), clinic.booked(date=wire(LATER))
    moved = clinic.changed(booked["id"], date=wire(LATER), query="?ignoreBusyTimes=true")
    assert (moved["overbooked"], moved["date"]) == (True, wire(LATER))
    assert clinic.get(other["id"]).data == other
    past = clinic.changed(
        booked["id"], date=wire(NOW - timedelta(hours=5)), query="?ignoreBusyTimes=1"
    )
    assert (past["overbooked"], past["date"]) == (False, wire(NOW - timedelta(hours=5)))


# --- Wall clocks --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "date"),
    [
        ({"date": "2026-07-02T11:00"}, "2026-07-02T10:00:00.000Z"),
        ({"date": "2026-07-02T11:00", "clientTimezone": "UTC"}, "2026-07-02T11:00:00.000Z"),
        (
            {"date": "2026-07-02T07:00", "clientTimezone": "America/New_York"},
            "2026-07-02T11:00:00.000Z",
        ),
        ({"date": "2026-07-02T11:00+02:00"}, "2026-07-02T09:00:00.000Z"),
        ({"date": "2026-10-25T15:00"}, "2026-10-25T15:00:00.000Z"),
    ],
)
def test_a_start_without_an_offset_is_on_the_named_clocks_or_the_clinics(
    clinic: Clinic, changes: dict[str, str], date: str
) -> None:
    """Not on those of the zone it was once booked in, which the client did not send."""
    booked = clinic.booked(clientTimezone="Asia/Tokyo")
    assert clinic.changed(booked["id"], **changes)["date"] == date


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"date": "2027-03-28T01:30"}, "nonexistent_local_time"),
        ({"date": "2026-10-25T01:30"}, "ambiguous_local_time"),
        (
            {"date": "2026-11-01T01:30", "clientTimezone": "America/New_York"},
            "ambiguous_local_time",
        ),
    ],
)
def test_a_start_that_clocks_never_or_twice_show_is_refused(
    clinic: Clinic, changes: dict[str, str], code: str
) -> None:
    booked = clinic.booked()
    with nothing_is_written():
        reply = clinic.change(booked["id"], **changes)
    assert (reply.status, reply.wrong) == (400, [("date", code)])
