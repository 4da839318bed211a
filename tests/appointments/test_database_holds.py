"""At each commit the database sees that what is approved holds its time, and nothing else does."""

from typing import Any

import pytest

from appointments.models import Appointment, HeldTime
from staff.models import Staff
from tests.appointments.desk import NOW, at
from tests.appointments.rows import Rows, accepted, refused_by, sql
from tests.factories import StaffFactory

pytestmark = [pytest.mark.django_db]


@pytest.fixture
def rows() -> Rows:
    return Rows.of_a_clinic()


@pytest.fixture
def nurse(rows: Rows) -> Staff:
    made: Staff = StaffFactory(business=rows.service.business)
    return made


HOLDS = "appointment_holds_its_time"


def test_an_approved_appointment_is_not_committed_without_its_time(rows: Rows) -> None:
    with refused_by(HOLDS):
        rows.appointment(at(10))
    rows.hold(rows.appointment(at(10)), at(10))
    accepted()


@pytest.mark.parametrize(
    "state",
    [
        {"status": "requested", "approved": False},
        {"status": "cancelled", "approved": True, "cancelled_at": NOW},
        {"status": "cancelled", "approved": False, "cancelled_at": NOW},
    ],
    ids=["requested", "cancelled", "declined"],
)
def test_a_requested_or_cancelled_appointment_holds_no_time(
    rows: Rows, state: dict[str, Any]
) -> None:
    with refused_by(HOLDS):
        rows.hold(rows.appointment(at(10), **state), at(10))
    rows.appointment(at(10), **state)
    accepted()


def test_cancelling_lets_go_of_the_time(rows: Rows) -> None:
    booked = rows.booked(at(10))
    accepted()
    cancel = (
        "UPDATE appointments_appointment SET status = 'cancelled', cancelled_at = now()"
        " WHERE id = %s"
    )
    with refused_by(HOLDS):
        sql(cancel, booked)
    sql(cancel, booked)
    sql("DELETE FROM appointments_heldtime WHERE appointment_id = %s", booked)
    accepted()


def test_approving_takes_the_time(rows: Rows) -> None:
    asked = rows.appointment(at(10), status="requested", approved=False)
    accepted()
    approve = "UPDATE appointments_appointment SET status = 'booked', approved = true WHERE id = %s"
    with refused_by(HOLDS):
        sql(approve, asked)
    sql(approve, asked)
    rows.hold(asked, at(10))
    accepted()


def test_held_time_is_not_let_go_while_the_appointment_stands(rows: Rows) -> None:
    booked = rows.booked(at(10))
    accepted()
    with refused_by(HOLDS):
        sql("DELETE FROM appointments_heldtime WHERE appointment_id = %s", booked)
    with refused_by(HOLDS):
        sql("DELETE FROM appointments_heldtime")


def test_an_appointment_is_not_moved_without_its_time(rows: Rows) -> None:
    booked = rows.booked(at(10))
    accepted()
    later = (at(11), at(11, 30))
    move = "UPDATE appointments_appointment SET starts_at = %s, ends_at = %s WHERE id = %s"
    with refused_by(HOLDS):
        sql(move, *later, booked)
    sql(move, *later, booked)
    sql(
        "UPDATE appointments_heldtime SET starts_at = %s, ends_at = %s, during = tstzrange(%s, %s)",
        *later,
        *later,
    )
    accepted()


def test_an_appointment_holds_the_time_of_its_own_hosts(rows: Rows, nurse: Staff) -> None:
    with refused_by(HOLDS):
        rows.hold(rows.appointment(at(10)), at(10), staff_id=nurse.pk)
    with refused_by(HOLDS):
        rows.hold(rows.booked(at(10)), at(10), staff_id=nurse.pk)
    both = rows.booked(at(10))
    rows.additional(both, nurse)
    rows.hold(both, at(10), staff_id=nurse.pk)
    accepted()


def test_an_appointment_is_not_given_to_somebody_else_without_their_time(
    rows: Rows, nurse: Staff
) -> None:
    booked = rows.booked(at(10))
    accepted()
    give = "UPDATE appointments_appointment SET staff_id = %s WHERE id = %s"
    with refused_by(HOLDS):
        sql(give, nurse.pk, booked)
    sql(give, nurse.pk, booked)
    sql("UPDATE appointments_heldtime SET staff_id = %s", nurse.pk)
    accepted()


def test_an_additional_host_who_joins_later_brings_their_time(rows: Rows, nurse: Staff) -> None:
    booked = rows.booked(at(10))
    accepted()
    with refused_by(HOLDS):
        rows.additional(booked, nurse)
    rows.additional(booked, nurse)
    rows.hold(booked, at(10), staff_id=nurse.pk)
    accepted()


def test_an_additional_host_who_leaves_takes_their_time_along(rows: Rows, nurse: Staff) -> None:
    booked = rows.booked(at(10))
    rows.additional(booked, nurse)
    rows.hold(booked, at(10), staff_id=nurse.pk)
    accepted()
    with refused_by(HOLDS):
        sql("DELETE FROM appointments_additionalhost")
    sql("DELETE FROM appointments_additionalhost")
    sql("DELETE FROM appointments_heldtime WHERE staff_id = %s", nurse.pk)
    accepted()


def test_a_main_host_is_not_an_additional_one_as_well(rows: Rows) -> None:
    booked = rows.booked(at(10))
    accepted()
    with refused_by(HOLDS):
        rows.additional(booked, rows.doctor)


def test_nobody_is_held_twice_by_one_appointment(rows: Rows) -> None:
    booked = rows.booked(at(10))
    accepted()
    with refused_by("held_time_is_once"):
        rows.hold(booked, at(10), overbooked=True)


def test_held_time_does_not_pass_from_one_appointment_to_another(rows: Rows) -> None:
    first = rows.booked(at(10))
    accepted()
    with refused_by(HOLDS):
        second = rows.appointment(at(10))
        sql("UPDATE appointments_heldtime SET appointment_id = %s, session = %s", second, second)
    assert HeldTime.objects.get().appointment_id == first


@pytest.mark.parametrize(
    ("state", "constraint"),
    [
        ({"status": "requested", "approved": True}, "appointment_request_is_unapproved"),
        ({"status": "booked", "approved": False}, "appointment_request_is_unapproved"),
        ({"status": "cancelled"}, "appointment_cancelled_has_a_moment"),
        ({"status": "booked", "cancelled_at": NOW}, "appointment_cancelled_has_a_moment"),
        ({"status": "lost"}, "appointment_status_is_known"),
    ],
)
def test_a_status_says_one_thing(rows: Rows, state: dict[str, Any], constraint: str) -> None:
    with refused_by(constraint):
        rows.appointment(at(10), **state)
    rows.appointment(at(10), status="requested", approved=False)
    accepted()
    assert Appointment.objects.count() == 1


def test_an_appointment_with_held_time_is_not_deleted(rows: Rows) -> None:
    booked = rows.booked(at(10))
    accepted()
    with refused_by("appointments_heldtime_appointment_id_same_business"):
        sql("DELETE FROM appointments_appointment WHERE id = %s", booked)
