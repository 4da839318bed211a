"""What the database alone refuses of a class: a ninth in eight places, however it is written."""

from typing import Any

import pytest

from appointments.models import HeldTime
from staff.models import Staff
from tests.appointments.desk import at
from tests.appointments.rows import Rows, accepted, refused_by, sql
from tests.factories import ServiceFactory, StaffFactory

pytestmark = [pytest.mark.django_db]


@pytest.fixture
def rows() -> Rows:
    return Rows.of_a_clinic()


@pytest.fixture
def nurse(rows: Rows) -> Staff:
    made: Staff = StaffFactory(business=rows.service.business)
    return made


@pytest.fixture
def full_class(rows: Rows) -> Any:
    slot = rows.timeslot(at(10), places=8)
    for place in range(1, 9):
        rows.takes_place(slot, at(10), place=place, places=8)
    accepted()
    assert HeldTime.objects.count() == 8
    return slot


NINTH = {
    "on the ninth place": ({"place": 9, "places": 8}, "held_place_is_within_places"),
    "on a place that is taken": ({"place": 8, "places": 8}, "group_place_is_taken_once"),
    "claiming nine places": ({"place": 9, "places": 9}, "held_place_bound"),
    "on no place": ({"place": 0, "places": 8}, "held_place_is_within_places"),
    "overbooked": ({"place": 1, "places": 8, "overbooked": True}, "group_place_is_taken_once"),
    "in no timeslot": (
        {"place": 1, "places": 1, "group_slot_id": None},
        "held_time_does_not_overlap",
    ),
    "with the session alone": (
        {"place": 9, "places": 9, "group_slot_id": None, "session": "the slot"},
        "held_time_session_is_known",
    ),
}


@pytest.mark.parametrize(("claim", "constraint"), NINTH.values(), ids=NINTH.keys())
def test_nobody_is_the_ninth_in_a_class_of_eight(
    rows: Rows, full_class: Any, claim: dict[str, Any], constraint: str
) -> None:
    values = {"group_slot_id": full_class} | claim
    if values.get("session"):
        values["session"] = full_class
    with refused_by(constraint):
        ninth = rows.appointment(at(10), group_slot_id=values["group_slot_id"])
        rows.hold(ninth, at(10), **values)


def test_a_second_timeslot_for_the_same_class_is_refused(rows: Rows, full_class: Any) -> None:
    with refused_by("group_slot_is_unique"):
        rows.timeslot(at(10), places=8)
    rows.timeslot(at(10, 30), places=8)
    accepted()


def test_a_place_that_was_given_up_is_there_for_one_more(rows: Rows, full_class: Any) -> None:
    gone = HeldTime.objects.get(place=3).appointment_id
    sql("DELETE FROM appointments_heldtime WHERE appointment_id = %s", gone)
    sql(
        "UPDATE appointments_appointment SET status = 'cancelled', cancelled_at = now()"
        " WHERE id = %s",
        gone,
    )
    rows.takes_place(full_class, at(10), place=3, places=8)
    accepted()
    with refused_by("group_place_is_taken_once"):
        rows.takes_place(full_class, at(10), place=3, places=8)


def test_a_class_that_grows_to_nine_takes_the_ninth(rows: Rows, full_class: Any) -> None:
    sql("UPDATE appointments_groupslot SET places = 9 WHERE id = %s", full_class)
    rows.takes_place(full_class, at(10), place=9, places=9)
    accepted()
    assert set(HeldTime.objects.values_list("places", flat=True)) == {9}


def test_a_class_never_shrinks_below_who_is_in_it(rows: Rows, full_class: Any) -> None:
    with refused_by("held_place_is_within_places"):
        sql("UPDATE appointments_groupslot SET places = 7 WHERE id = %s", full_class)


FOREIGN_SLOTS: dict[str, dict[str, Any]] = {
    "a later time": {"starts_at": at(10, 15), "ends_at": at(10, 45)},
    "another length": {"ends_at": at(11)},
    "another host": {"staff_id": "the nurse"},
    "another service": {"service_id": "another"},
}


@pytest.mark.parametrize("slot", FOREIGN_SLOTS.values(), ids=FOREIGN_SLOTS.keys())
def test_a_visit_does_not_hide_in_a_timeslot_of_something_else(
    rows: Rows, nurse: Staff, slot: dict[str, Any]
) -> None:
    """It would share the timeslot's session, and so overlap with whoever sits in it."""
    changes = dict(slot)
    if "staff_id" in changes:
        changes["staff_id"] = nurse.pk
    if "service_id" in changes:
        changes["service_id"] = ServiceFactory(business=rows.service.business).pk
    other = rows.timeslot(at(10), places=8, **changes)
    with refused_by("appointment_sits_in_its_timeslot"):
        rows.takes_place(other, at(10), place=1, places=8)
    mine = rows.timeslot(at(10), places=8) if changes else other
    rows.takes_place(mine, at(10), place=1, places=8)
    accepted()
