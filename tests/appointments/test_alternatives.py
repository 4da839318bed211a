"""What a clash tells: times and people that would do, each of them true."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appointments.clashes import explain
from appointments.errors import (
    Clash,
    NoStaffAvailable,
    OutsideWorkingHours,
    SlotFull,
    StaffBusy,
)
from businesses.hours import DAYS
from businesses.models import Service
from staff.models import Staff
from tests.appointments.desk import NOW, at, book, refused
from tests.factories import (
    BusinessFactory,
    ServiceFactory,
    StaffFactory,
    blocks,
    provides,
    works,
)
from tests.soak import FACTOR

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]

Told = list[tuple[datetime, str]]


def told(clash: Clash) -> Told:
    explain(clash)
    return [(one.time, one.staff_name) for one in clash.alternatives]


def works_out(service: Service, start: datetime, staff: Staff | None, **wish: Any) -> bool:
    """Whether the visit could be booked; nothing is."""
    with transaction.atomic():
        try:
            book(service, start, staff=staff, **wish)
        except Clash:
            return False
        finally:
            transaction.set_rollback(True)
    return True


def alternatives(refusal: type[Clash], service: Service, start: datetime, **wish: Any) -> Told:
    """What the clash offers, after every one of them was tried."""
    clash = refused(refusal, service, start, **wish)
    offered = told(clash)
    wish.pop("staff", None)
    for one in clash.alternatives:
        assert works_out(service, one.time, Staff.objects.get(pk=one.staff_id), **wish)
    return offered


@pytest.fixture
def service() -> Service:
    made: Service = ServiceFactory()
    return made


def person(service: Service, name: str, **fields: Any) -> Staff:
    made: Staff = StaffFactory(business=service.business, name=name, **fields)
    return made


def test_the_same_persons_next_times_are_offered(service: Service) -> None:
    ada = person(service, "Ada")
    book(service, at(10), staff=ada)
    assert alternatives(StaffBusy, service, at(10), staff=ada) == [
        (at(10, 30), "Ada"),
        (at(10, 45), "Ada"),
        (at(11), "Ada"),
    ]


def test_whoever_else_is_free_then_is_offered_first(service: Service) -> None:
    ada, _ = person(service, "Ada"), person(service, "Ben")
    book(service, at(10), staff=ada)
    assert alternatives(StaffBusy, service, at(10), staff=ada) == [
        (at(10), "Ben"),
        (at(10, 30), "Ada"),
        (at(10, 45), "Ada"),
    ]


def test_of_many_who_are_free_two_are_offered_and_the_same_persons_next_time(
    service: Service,
) -> None:
    ada = person(service, "Ada")
    for name in ("Eve", "Dan", "Cyd", "Ben"):
        person(service, name)
    book(service, at(10), staff=ada)
    assert alternatives(StaffBusy, service, at(10), staff=ada) == [
        (at(10), "Ben"),
        (at(10), "Cyd"),
        (at(10, 30), "Ada"),
    ]


def test_others_fill_up_for_somebody_who_has_no_time_left(service: Service) -> None:
    ada = person(service, "Ada", weekly_hours={})
    for name in ("Eve", "Dan", "Cyd", "Ben"):
        person(service, name)
    assert alternatives(OutsideWorkingHours, service, at(10), staff=ada) == [
        (at(10), "Ben"),
        (at(10), "Cyd"),
        (at(10), "Dan"),
    ]


def test_for_anyone_the_next_times_are_offered_each_with_one_person(service: Service) -> None:
    ada, ben = person(service, "Ada"), person(service, "Ben")
    blocks(ada, at(10), 75)
    blocks(ben, at(10), 60)
    assert alternatives(NoStaffAvailable, service, at(10)) == [
        (at(11), "Ben"),
        (at(11, 15), "Ada"),
        (at(11, 30), "Ada"),
    ]


def test_after_closing_the_next_opening_is_offered(service: Service) -> None:
    ada = person(service, "Ada")
    assert alternatives(OutsideWorkingHours, service, at(19, 45), staff=ada) == [
        (at(8, day=1), "Ada"),
        (at(8, 15, day=1), "Ada"),
        (at(8, 30, day=1), "Ada"),
    ]


def test_before_opening_the_opening_is_offered(service: Service) -> None:
    ada = person(service, "Ada")
    assert alternatives(OutsideWorkingHours, service, at(7), staff=ada)[0] == (at(8), "Ada")


def test_starts_are_counted_in_steps_from_the_opening() -> None:
    service = ServiceFactory(time_increment=25)
    ada = person(service, "Ada", weekly_hours={"monday": [[905, 1200], [1310, 1700]]})
    book(service, at(11, 10), staff=ada, minutes=30)
    assert alternatives(StaffBusy, service, at(11), staff=ada) == [
        (at(13, 10), "Ada"),
        (at(13, 35), "Ada"),
        (at(14), "Ada"),
    ]


def test_a_holiday_is_passed_over_within_a_month(service: Service) -> None:
    ada = person(service, "Ada")
    works(ada, {}, date_start=date(2030, 1, 7), date_end=date(2030, 1, 20))
    assert alternatives(OutsideWorkingHours, service, at(10), staff=ada)[0] == (
        at(8, day=14),
        "Ada",
    )


def test_nothing_is_offered_where_there_is_nothing(service: Service) -> None:
    ada = person(service, "Ada", weekly_hours={})
    assert alternatives(OutsideWorkingHours, service, at(10), staff=ada) == []
    assert alternatives(NoStaffAvailable, service, at(10)) == []


def test_times_at_the_end_of_the_window_that_was_looked_at_are_true_as_well(
    service: Service,
) -> None:
    """Two days on, the day goes on beyond the window; what is booked there is still seen."""
    ada = person(service, "Ada")
    blocks(ada, at(10), 2 * 24 * 60)
    book(service, at(10, day=2), staff=ada, minutes=60)
    blocks(ada, at(11, day=2), 4 * 60)
    assert alternatives(StaffBusy, service, at(10), staff=ada) == [
        (at(15, day=2), "Ada"),
        (at(15, 15, day=2), "Ada"),
        (at(15, 30, day=2), "Ada"),
    ]


def test_buffers_of_a_time_at_the_end_of_the_window_are_kept_clear() -> None:
    service = ServiceFactory(buffer_after_minutes=60)
    ada = person(service, "Ada")
    blocks(ada, at(10), 2 * 24 * 60 + 15)
    blocks(ada, at(11, 45, day=2), 60)
    assert alternatives(StaffBusy, service, at(10), staff=ada) == [
        (at(10, 15, day=2), "Ada"),
        (at(12, 45, day=2), "Ada"),
        (at(13, day=2), "Ada"),
    ]


def test_buffers_are_kept_clear_of_what_is_booked() -> None:
    service = ServiceFactory(buffer_before_minutes=10, buffer_after_minutes=10)
    ada = person(service, "Ada")
    book(service, at(10), staff=ada)
    assert alternatives(StaffBusy, service, at(10), staff=ada)[0] == (at(11), "Ada")


def test_a_full_group_offers_the_next_ones_and_places_that_are_left() -> None:
    service = ServiceFactory(bookings_per_timeslot=2, time_increment=30)
    ada, ben = person(service, "Ada"), person(service, "Ben")
    for _ in range(2):
        book(service, at(10), staff=ada)
    book(service, at(10), staff=ben)
    book(service, at(10, 30), staff=ada)
    assert alternatives(SlotFull, service, at(10), staff=ada) == [
        (at(10), "Ben"),
        (at(10, 30), "Ada"),
        (at(11), "Ada"),
    ]


def test_everybody_who_comes_along_is_free_at_what_is_offered(service: Service) -> None:
    ada, nurse = person(service, "Ada"), person(service, "Nurse", takes_bookings=False)
    blocks(nurse, at(10), 60)
    blocks(ada, at(11), 60)
    assert alternatives(StaffBusy, service, at(10), staff=ada, along=[nurse])[0] == (
        at(12),
        "Ada",
    )


def test_staff_of_the_service_who_come_along_are_free_at_what_is_offered(
    service: Service,
) -> None:
    person(service, "Ada")
    nurse = person(service, "Nurse", takes_bookings=False)
    provides(nurse, service, additional=True)
    blocks(nurse, at(10), 60)
    assert alternatives(NoStaffAvailable, service, at(10))[0] == (at(11), "Ada")


def test_only_those_who_provide_the_service_are_offered(service: Service) -> None:
    ada = person(service, "Ada")
    provides(ada, service)
    person(service, "Ben")
    person(service, "Cyd", status="DISABLED")
    book(service, at(10), staff=ada)
    names = {name for _, name in alternatives(StaffBusy, service, at(10), staff=ada)}
    assert names == {"Ada"}


def test_times_in_summer_time_are_offered_by_the_wall_clock() -> None:
    service = ServiceFactory(
        business=BusinessFactory(default_staff_working_hours={day: [[900, 1700]] for day in DAYS})
    )
    ada = person(service, "Ada")
    late = datetime.fromisoformat("2030-03-30T18:00+00:00")
    opening = datetime.fromisoformat("2030-03-31T08:00+00:00")  # nine o'clock
    assert alternatives(OutsideWorkingHours, service, late, staff=ada)[0] == (opening, "Ada")


# --- What is in the way ---------------------------------------------------------------------------


def test_what_is_in_the_way_is_told_by_person_and_time(service: Service) -> None:
    ada = person(service, "Ada")
    other = ServiceFactory(business=service.business, name="Massage", buffer_after_minutes=15)
    booked = book(other, at(10), staff=ada)
    blocks(ada, at(10, 45), 30, reason="Call")
    clash = refused(StaffBusy, service, at(10, 20), staff=ada)
    explain(clash)
    first, second = clash.obstacles
    assert (first.kind, first.staff_name, first.start, first.end) == (
        "appointment",
        "Ada",
        at(10),
        at(10, 45),
    )
    assert (first.what, first.patient_name, first.appointment_id) == (
        "Massage",
        booked.patient_name,
        booked.id,
    )
    assert (second.kind, second.what, second.start, second.end) == (
        "time_blocker",
        "Call",
        at(10, 45),
        at(11, 15),
    )


def test_closed_hours_and_full_groups_are_in_the_way_too() -> None:
    service = ServiceFactory(bookings_per_timeslot=2)
    ada = person(service, "Ada")
    for _ in range(2):
        book(service, at(10), staff=ada)
    full = refused(SlotFull, service, at(10), staff=ada)
    closed = refused(OutsideWorkingHours, service, at(22), staff=ada)
    for clash, kind in ((full, "places"), (closed, "hours")):
        explain(clash)
        assert [(one.kind, one.staff_name) for one in clash.obstacles] == [(kind, "Ada")]


# --- On any calendar ------------------------------------------------------------------------------

spans = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 110), st.integers(1, 24)), max_size=8)


@given(spans, st.integers(0, 80), st.sampled_from([0, 10, 25]), st.booleans())
@settings(
    max_examples=10 * FACTOR,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_on_any_calendar_the_nearest_times_are_offered_and_no_others(
    busy: list[tuple[int, int, int]], quarter: int, buffer: int, named: bool
) -> None:
    """Every step from the wished time to the last one offered is tried by booking it."""
    service = ServiceFactory(buffer_before_minutes=buffer, buffer_after_minutes=buffer)
    team = [person(service, name) for name in ("Ada", "Ben")]
    for who, half_hours, length in busy:
        blocks(team[who], at(6, 30 * half_hours), 30 * length)
    start = at(8, 15 * quarter)
    asked = team[0] if named else None
    try:
        book(service, start, staff=asked)
    except Clash as clash:
        offered = told(clash)
    else:
        return
    assert len(offered) <= 3
    assert offered == sorted(offered)
    if asked is None:
        last = offered[-1][0] if len(offered) == 3 else start + timedelta(days=1)
        expected = [
            (moment, name)
            for moment in steps(start, last)
            for name in free_at(service, moment, team)[:1]
        ]
        assert offered == expected if len(offered) == 3 else offered[: len(expected)] == expected
        return
    others = [(start, "Ben")] if works_out(service, start, team[1]) else []
    mine = [one for one in offered if one not in others]
    assert [one for one in offered if one in others] == others
    last = mine[-1][0] if mine else start
    assert mine == [
        (moment, "Ada") for moment in steps(start, last) if works_out(service, moment, team[0])
    ]
    assert len(offered) == 3


def steps(first: datetime, last: datetime) -> list[datetime]:
    """Quarter hours: every opening in these tests is at a full hour."""
    count = (last - first) // timedelta(minutes=15) + 1
    return [first + timedelta(minutes=15 * number) for number in range(count)]


def free_at(service: Service, moment: datetime, team: list[Staff]) -> list[str]:
    return [one.name for one in team if works_out(service, moment, one)]


def test_nothing_in_the_past_is_offered(service: Service) -> None:
    ada = person(service, "Ada")
    blocks(ada, at(8), 60)
    assert all(moment >= NOW for moment, _ in alternatives(StaffBusy, service, at(8), staff=ada))
