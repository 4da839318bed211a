"""What the database alone refuses: plain SQL, and none of our code in between.

Each refusal stands beside a control that shows the same rows are fine without what is wrong.
"""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from appointments.models import HeldTime
from staff.models import Staff
from tests.appointments.desk import at
from tests.appointments.rows import Rows, accepted, insert, refused_by, sql
from tests.factories import StaffFactory

pytestmark = [pytest.mark.django_db]


@pytest.fixture
def rows() -> Rows:
    return Rows.of_a_clinic()


@pytest.fixture
def nurse(rows: Rows) -> Staff:
    made: Staff = StaffFactory(business=rows.service.business)
    return made


# --- Nobody is in two places at once --------------------------------------------------------------

# The doctor is held from 12 to 13; each of the thirteen relations to that hour, in minutes of it.
RELATIONS = {
    "before": (-60, 30, True),
    "meets": (-30, 30, True),
    "overlaps": (-30, 60, False),
    "starts": (0, 30, False),
    "during": (15, 30, False),
    "finishes": (30, 30, False),
    "equals": (0, 60, False),
    "is started by": (0, 90, False),
    "contains": (-30, 120, False),
    "is finished by": (-30, 90, False),
    "is overlapped by": (30, 60, False),
    "is met by": (60, 30, True),
    "after": (90, 30, True),
}


@pytest.mark.parametrize(("start", "minutes", "fits"), RELATIONS.values(), ids=RELATIONS.keys())
def test_held_times_of_one_person_never_overlap(
    rows: Rows, start: int, minutes: int, fits: bool
) -> None:
    rows.booked(at(12), minutes=60)
    if fits:
        rows.booked(at(12, start), minutes=minutes)
        accepted()
        assert HeldTime.objects.count() == 2
    else:
        with refused_by("held_time_does_not_overlap"):
            rows.booked(at(12, start), minutes=minutes)


def test_held_time_is_not_moved_over_another(rows: Rows) -> None:
    rows.booked(at(10))
    second = rows.booked(at(11))
    move = (
        "WITH it AS"
        " (UPDATE appointments_appointment SET starts_at = %s, ends_at = %s WHERE id = %s)"
        " UPDATE appointments_heldtime SET starts_at = %s, ends_at = %s, during = tstzrange(%s, %s)"
        " WHERE appointment_id = %s"
    )
    late, over = (at(12), at(12, 30)), (at(10, 15), at(10, 45))
    with refused_by("held_time_does_not_overlap"):
        sql(move, *over, second, *over, *over, second)
    assert sql(move, *late, second, *late, *late, second) == 1
    accepted()


def test_another_person_is_free_at_that_time(rows: Rows, nurse: Staff) -> None:
    rows.booked(at(10))
    Rows(rows.service, nurse, rows.patient).booked(at(10))
    accepted()
    assert HeldTime.objects.count() == 2


def test_additional_hosts_are_in_one_place_at_a_time_as_well(rows: Rows, nurse: Staff) -> None:
    first = rows.booked(at(10))
    rows.additional(first, nurse)
    rows.hold(first, at(10), staff_id=nurse.pk)
    accepted()
    with refused_by("held_time_does_not_overlap"):
        Rows(rows.service, nurse, rows.patient).booked(at(10))


def test_buffers_are_held_like_the_visit_itself(rows: Rows) -> None:
    rows.booked(at(10), during=f"[{at(9, 50).isoformat()},{at(10, 40).isoformat()})")
    accepted()
    with refused_by("held_time_does_not_overlap"):
        rows.booked(at(10, 39))
    rows.booked(at(10, 40))
    accepted()


def test_a_row_that_is_overbooked_on_purpose_may_overlap(rows: Rows) -> None:
    rows.booked(at(10))
    with refused_by("held_time_does_not_overlap"):
        rows.booked(at(10))
    rows.booked(at(10), overbooked=True)
    accepted()


def test_a_mark_of_overbooking_is_not_taken_off_where_times_overlap(rows: Rows) -> None:
    rows.booked(at(10))
    over = rows.booked(at(10), overbooked=True)
    accepted()
    with refused_by("held_time_does_not_overlap"):
        sql("UPDATE appointments_heldtime SET overbooked = false WHERE appointment_id = %s", over)


@pytest.mark.parametrize("forged", [{"session": uuid4()}, {"place": 2, "places": 2}])
def test_a_single_visit_is_a_session_of_its_own(rows: Rows, forged: dict[str, Any]) -> None:
    with refused_by("held_time_session_is_known"):
        rows.booked(at(10), **forged)
    rows.booked(at(10))
    accepted()


def test_nobody_sits_in_the_session_of_another_visit(rows: Rows) -> None:
    first = rows.booked(at(10))
    with refused_by("held_time_session_is_known"):
        rows.booked(at(10), session=first)


# --- Times are times ------------------------------------------------------------------------------


@pytest.mark.parametrize("minutes", [0, -30], ids=["is over at once", "ends before it starts"])
def test_what_starts_ends_later(rows: Rows, minutes: int) -> None:
    with refused_by("appointment_ends_after_it_starts"):
        rows.appointment(at(10), minutes=minutes, status="requested", approved=False)
    with refused_by("group_slot_ends_after_it_starts"):
        rows.timeslot(at(10), places=8, minutes=minutes)
    appointment = rows.appointment(at(10))
    with refused_by("held_time_ends_after_it_starts"):
        rows.hold(appointment, at(10), ends_at=at(10, minutes))
    rows.hold(appointment, at(10))
    accepted()


RANGES = {
    "empty": "empty",
    "of no length": "[{start},{start})",
    "without a start": "(,{end})",
    "without an end": "[{start},)",
    "for ever": "(,)",
    "without its first moment": "({start},{end})",
    "with its last moment": "[{start},{end}]",
    "from later on": "[{late},{end})",
    "until before the end": "[{start},{late})",
    "at another time": "[{end},{later})",
}


@pytest.mark.parametrize("written", RANGES.values(), ids=RANGES.keys())
def test_held_time_is_a_span_that_covers_the_visit(rows: Rows, written: str) -> None:
    moments = {
        "start": at(10).isoformat(),
        "late": at(10, 15).isoformat(),
        "end": at(10, 30).isoformat(),
        "later": at(11).isoformat(),
    }
    with refused_by("held_time_covers_the_visit"):
        rows.booked(at(10), during=written.format(**moments))
    rows.booked(at(10), during="[{start},{later})".format(**moments))
    accepted()


def test_held_time_has_a_start_and_an_end_in_finite_time(rows: Rows) -> None:
    with refused_by("held_time_is_finite"):
        rows.booked(at(10), during=f"[{at(10).isoformat()},infinity)")
    with refused_by("held_time_is_finite"):
        rows.booked(at(10), during=f"[-infinity,{at(11).isoformat()})")
    with refused_by("held_time_is_finite"):
        booked = rows.appointment(at(10), ends_at="infinity")
        rows.hold(booked, at(10), ends_at="infinity", during=f"[{at(10).isoformat()},infinity)")
    rows.booked(at(10))
    accepted()


# --- The calendars of staff -----------------------------------------------------------------------


def test_blocked_time_and_events_end_after_they_start(rows: Rows) -> None:
    def span(table: str, minutes: int, **more: Any) -> None:
        insert(
            table,
            business_id=rows.business,
            staff_id=rows.doctor.pk,
            starts_at=at(10),
            ends_at=at(10) + timedelta(minutes=minutes),
            **more,
        )

    event = {"title": "", "busy": True, "external_id": ""}
    for minutes in (0, -1):
        with refused_by("time_blocker_ends_after_start"):
            span("staff_timeblocker", minutes, reason="")
        with refused_by("external_event_ends_after_start"):
            span("staff_externalevent", minutes, **event)
    span("staff_timeblocker", 1, reason="")
    span("staff_externalevent", 1, **event)
    accepted()


def test_two_schedules_of_one_person_share_no_day(rows: Rows, nurse: Staff) -> None:
    def schedule(first: str, last: str | None, staff: Staff = rows.doctor) -> None:
        insert(
            "staff_workinghoursschedule",
            business_id=rows.business,
            staff_id=staff.pk,
            working_hours="{}",
            timezone="",
            date_start=first,
            date_end=last,
        )

    schedule("2030-01-07", "2030-01-13")
    name = "schedules_of_one_person_do_not_overlap"
    for first, last in (
        ("2030-01-13", "2030-01-20"),
        ("2030-01-01", "2030-01-07"),
        ("2030-01-10", None),
        ("2030-01-01", None),
    ):
        with refused_by(name):
            schedule(first, last)
    with refused_by("schedule_ends_after_it_starts"):
        schedule("2030-02-02", "2030-02-01")
    schedule("2030-01-14", None)
    schedule("2030-01-06", "2030-01-06")
    schedule("2030-01-07", "2030-01-13", nurse)
    accepted()
