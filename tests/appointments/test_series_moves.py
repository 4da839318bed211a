"""Moving a series: as a whole or from one date on, and what its rule says afterwards."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from appointments.changes import Scope
from appointments.errors import (
    DateInPast,
    DaysNotShifted,
    DurationNotOffered,
    OutsideWorkingHours,
    SkippedTime,
    StaffBusy,
)
from appointments.models import Appointment, Series, Status
from appointments.record import Record
from businesses.hours import DAYS
from businesses.models import Service
from staff.models import Staff
from tests.appointments.desk import ON_PURPOSE, at, book, cancelled, held
from tests.appointments.moves import (
    alternatives,
    change,
    in_rule,
    members,
    move,
    needs,
    now_is,
    refuses,
    repeat,
    room,
    starts,
    step,
    taken,
    walls,
    weekly,
)
from tests.factories import BusinessFactory, ServiceFactory, StaffFactory, blocks

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]

FIVE_WEEKS = "FREQ=WEEKLY;COUNT=5"


@pytest.fixture
def service() -> Service:
    made: Service = ServiceFactory()
    return made


@pytest.fixture
def doctor(service: Service) -> Staff:
    made: Staff = StaffFactory(business=service.business)
    return made


@pytest.fixture
def five(service: Service, doctor: Staff) -> list[Record]:
    return repeat(service, at(10), FIVE_WEEKS, staff=doctor).records


# --- All ------------------------------------------------------------------------------------------


def test_a_series_is_moved_to_another_time_of_day(five: list[Record], doctor: Staff) -> None:
    told = move(five[2], at(14, 15, day=14), scope=Scope.ALL)
    assert starts(members(told)) == in_rule(told) == weekly(at(14, 15), 5)
    assert [start for start, _ in held(doctor)] == weekly(at(14, 15), 5)
    assert told.series_id == five[0].series_id
    assert [one.original_starts_at for one in members(told)] == weekly(at(10), 5)
    assert not any(one.series_exception for one in members(told))


def test_a_weekly_series_is_moved_to_another_weekday(five: list[Record]) -> None:
    told = move(five[1], at(9, day=10), scope=Scope.ALL)
    assert starts(members(told)) == in_rule(told) == weekly(at(9, day=3), 5)
    assert told.rrule == FIVE_WEEKS


def test_the_days_that_its_rule_names_move_along(service: Service, doctor: Staff) -> None:
    rule = "FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20300123"
    records = repeat(service, at(10), rule, staff=doctor).records
    told = move(records[1], at(10, day=3), scope=Scope.ALL)
    assert told.rrule == "FREQ=WEEKLY;BYDAY=TU,TH;COUNT=6"
    assert starts(members(told)) == in_rule(told)
    assert walls(members(told))[:3] == ["Tue 08 Jan 10:00", "Thu 10 Jan 10:00", "Tue 15 Jan 10:00"]


def test_a_monthly_series_is_moved_to_another_time_but_to_no_other_day(
    service: Service, doctor: Staff
) -> None:
    records = repeat(service, at(10), "FREQ=MONTHLY;BYDAY=1MO;COUNT=3", staff=doctor).records
    refuses(DaysNotShifted, move, records[0], at(10, day=1), scope=Scope.ALL)
    refuses(DaysNotShifted, move, records[1], at(10, day=29), scope=Scope.FOLLOWING)
    told = move(records[0], at(11), scope=Scope.ALL)
    assert walls(members(told)) == ["Mon 07 Jan 11:00", "Mon 04 Feb 11:00", "Mon 04 Mar 11:00"]
    assert starts(members(told)) == in_rule(told)


def test_a_series_keeps_its_wall_clock_when_it_is_moved_across_a_clock_change(
    service: Service, doctor: Staff
) -> None:
    first = datetime(2030, 3, 18, 10, tzinfo=UTC)
    records = repeat(service, first, "FREQ=WEEKLY;COUNT=4", staff=doctor).records
    told = move(records[0], first + timedelta(hours=5), scope=Scope.ALL)
    assert {one[-5:] for one in walls(members(told))} == {"15:00"}
    assert starts(members(told)) == in_rule(told)
    later = move(records[3], records[3].starts_at + timedelta(days=1), scope=Scope.ALL)
    assert {one[-5:] for one in walls(members(later))} == {"10:00"}


def around_the_clock() -> Service:
    business = BusinessFactory(default_staff_working_hours={day: [[0, 2400]] for day in DAYS})
    made: Service = ServiceFactory(business=business)
    return made


def test_a_time_that_a_clock_change_skips_on_one_date_is_refused() -> None:
    service = around_the_clock()
    doctor = StaffFactory(business=service.business)
    first = datetime(2030, 3, 30, 10, tzinfo=UTC)
    records = repeat(service, first, "FREQ=DAILY;COUNT=3", staff=doctor).records
    to = first.replace(hour=1, minute=30)
    refuses(SkippedTime, move, records[0], to, scope=Scope.ALL)
    assert move(records[0], to).starts_at == to


def test_a_series_that_left_a_date_out_for_its_hour_keeps_to_such_hours() -> None:
    """At ten it would have had that date; no rule has the dates as they are."""
    service = around_the_clock()
    doctor = StaffFactory(business=service.business)
    first = datetime(2030, 3, 30, 1, 30, tzinfo=UTC)
    records = repeat(service, first, "FREQ=DAILY;COUNT=3", staff=doctor).records
    refuses(DaysNotShifted, move, records[0], first.replace(hour=10), scope=Scope.ALL)
    told = move(records[0], first.replace(minute=45), scope=Scope.ALL)
    assert starts(members(told)) == in_rule(told)


def test_a_series_gets_longer_dearer_and_another_host(
    service: Service, five: list[Record], doctor: Staff
) -> None:
    other = StaffFactory(business=service.business)
    told = change(five[0], minutes=60, staff_id=other.pk, scope=Scope.ALL)
    assert {(one.price, one.staff_id) for one in members(told)} == {(5000, other.pk)}
    assert held(doctor) == []
    assert held(other) == [(one, one + timedelta(hours=1)) for one in weekly(at(10), 5)]
    assert (told.rrule, told.original_starts_at) == (FIVE_WEEKS, None)
    refuses(DurationNotOffered, change, five[0], minutes=45, scope=Scope.ALL)


def test_a_series_of_a_single_service_becomes_a_class(five: list[Record], doctor: Staff) -> None:
    yoga = ServiceFactory(business=doctor.business, bookings_per_timeslot=3)
    there = repeat(yoga, at(15), FIVE_WEEKS, staff=doctor).records
    told = change(five[0], service_id=yoga.pk, starts_at=at(15), scope=Scope.ALL)
    assert [one.group_slot_id for one in members(told)] == [one.group_slot_id for one in there]


def test_dates_of_a_series_are_not_in_each_others_way(service: Service, doctor: Staff) -> None:
    records = repeat(service, at(10), "FREQ=DAILY;COUNT=5", staff=doctor).records
    told = move(records[0], at(10, day=1), scope=Scope.ALL)
    assert starts(members(told)) == [at(10, day=day) for day in range(1, 6)]
    assert len(held(doctor)) == 5


def test_the_rooms_of_a_series_move_along(doctor: Staff) -> None:
    service = ServiceFactory(business=doctor.business)
    only = room(doctor.business, "Room 1")
    needs(service, "room")
    records = repeat(service, at(10), FIVE_WEEKS, staff=doctor).records
    move(records[0], at(10, 15), scope=Scope.ALL)
    assert [start for start, _ in taken(only)] == weekly(at(10, 15), 5)


def test_a_series_of_requests_is_moved_and_holds_nothing(doctor: Staff) -> None:
    asks = ServiceFactory(business=doctor.business, bookings_require_approval=True)
    records = repeat(asks, at(10), FIVE_WEEKS, staff=doctor).records
    told = move(records[0], at(14), scope=Scope.ALL)
    assert (starts(members(told)), held(doctor)) == (weekly(at(14), 5), [])
    blocks(doctor, at(16, day=28), 30)
    refuses(StaffBusy, move, records[0], at(16), scope=Scope.ALL)


# --- Exceptions -----------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", [Scope.FOLLOWING, Scope.ALL])
def test_what_was_moved_or_cancelled_alone_keeps_its_place_when_the_rest_moves(
    five: list[Record], scope: Scope
) -> None:
    moved, gone = move(five[2], at(16, day=15)), cancelled(five[3])
    told = move(five[1], at(9, day=8), scope=scope)
    first = at(9, day=1) if scope is Scope.ALL else at(10)
    assert now_is(five[0]).starts_at == first
    assert (now_is(five[1]).starts_at, now_is(five[4]).starts_at) == (at(9, day=8), at(9, day=29))
    still, off = now_is(moved), now_is(gone)
    assert (still.starts_at, still.series_exception) == (at(16, day=15), True)
    assert (off.starts_at, off.status, off.cancelled_at) == (
        at(10, day=21),
        "cancelled",
        gone.cancelled_at,
    )
    assert {one.series_id for one in (still, off)} == {told.series_id}
    in_rule(told)


def test_a_cancellation_that_is_taken_back_after_the_rest_moved_is_an_exception(
    five: list[Record],
) -> None:
    cancelled(five[3])
    told = move(five[0], at(12), scope=Scope.ALL)
    back = step(five[3], Status.BOOKED)
    assert (back.starts_at, back.series_exception) == (at(10, day=21), True)
    assert in_rule(told) == weekly(at(12), 5)


def test_an_exception_that_is_named_takes_the_rest_to_its_new_time(five: list[Record]) -> None:
    """It was on Tuesday; to Wednesday with all that follow means Wednesdays, not one day later."""
    moved = move(five[2], at(15, day=15))
    told = move(moved, at(11, day=16), scope=Scope.FOLLOWING)
    assert starts(members(told)) == in_rule(told) == weekly(at(11, day=16), 3)
    assert starts(members(five[0])) == weekly(at(10), 2)


def test_another_host_for_all_leaves_an_exception_with_its_own(
    five: list[Record], doctor: Staff
) -> None:
    other, third = (StaffFactory(business=doctor.business) for _ in range(2))
    change(five[1], staff_id=other.pk)
    told = change(five[0], staff_id=third.pk, scope=Scope.ALL)
    hosts = [one.staff_id for one in members(told)]
    assert hosts == [third.pk, other.pk, third.pk, third.pk, third.pk]


# --- From one date on -----------------------------------------------------------------------------


def test_what_follows_gets_a_series_of_its_own(five: list[Record], doctor: Staff) -> None:
    told = move(five[2], at(14, day=16), scope=Scope.FOLLOWING)
    head, tail = members(five[0]), members(told)
    assert told.series_id not in (None, five[0].series_id)
    assert starts(head) == in_rule(head[0]) == weekly(at(10), 2)
    assert starts(tail) == in_rule(told) == weekly(at(14, day=16), 3)
    assert ({one.rrule for one in head}, {one.rrule for one in tail}) == (
        {"FREQ=WEEKLY;COUNT=2"},
        {"FREQ=WEEKLY;COUNT=3"},
    )
    assert [one.series_number for one in tail] == [1, 2, 3]
    assert len(held(doctor)) == 5


def test_a_tail_is_split_again_and_the_head_moved_by_itself(five: list[Record]) -> None:
    tail = move(five[2], at(14, day=14), scope=Scope.FOLLOWING)
    last = move(five[4], at(16, day=28), scope=Scope.FOLLOWING)
    move(five[0], at(8), scope=Scope.ALL)
    assert starts(members(five[0])) == in_rule(five[0]) == weekly(at(8), 2)
    assert starts(members(tail)) == in_rule(tail) == weekly(at(14, day=14), 2)
    assert starts(members(last)) == in_rule(last) == [at(16, day=28)]
    assert Series.objects.count() == 3


def test_from_the_first_date_on_is_the_whole_series(five: list[Record]) -> None:
    told = move(five[0], at(12), scope=Scope.FOLLOWING)
    assert told.series_id == five[0].series_id
    assert starts(members(told)) == in_rule(told) == weekly(at(12), 5)


def test_another_host_from_one_date_on_splits_the_series_too(
    five: list[Record], doctor: Staff
) -> None:
    other = StaffFactory(business=doctor.business)
    moved = move(five[3], at(16, day=22))
    told = change(five[2], staff_id=other.pk, scope=Scope.FOLLOWING)
    assert in_rule(five[0]) == weekly(at(10), 2)
    assert in_rule(told) == weekly(at(10, day=14), 3)
    assert [one.staff_id for one in members(told)] == [other.pk, doctor.pk, other.pk]
    assert now_is(moved).series_id == told.series_id


def test_a_rule_with_several_days_is_split_between_them(service: Service, doctor: Staff) -> None:
    rule = "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR;COUNT=6"
    records = repeat(service, at(10), rule, staff=doctor).records
    told = move(records[3], at(12, day=18), scope=Scope.FOLLOWING)
    assert starts(members(records[0])) == in_rule(records[0])
    assert starts(members(told)) == in_rule(told)
    assert walls(members(told)) == ["Fri 25 Jan 12:00", "Mon 04 Feb 12:00", "Fri 08 Feb 12:00"]


def test_dates_that_were_skipped_are_counted_when_a_series_is_split(
    service: Service, doctor: Staff
) -> None:
    for day in (7, 21):
        blocks(doctor, at(10, day=day), 30)
    records = repeat(service, at(10), FIVE_WEEKS, staff=doctor, skip_conflicts=True).records
    told = move(records[1], at(12, day=14), scope=Scope.FOLLOWING)
    assert in_rule(records[0]) == weekly(at(10), 2)
    assert in_rule(told) == weekly(at(12, day=14), 3)
    assert starts(members(told)) == [at(12, day=14), at(12, day=28)]


# --- What stays -----------------------------------------------------------------------------------


def test_what_is_over_or_has_begun_stays_and_keeps_its_rule(
    five: list[Record], monday_morning: time_machine.Traveller
) -> None:
    monday_morning.move_to(at(9, 55, day=7))
    step(five[1], Status.ARRIVED)
    told = move(five[3], at(14, day=22), scope=Scope.ALL)
    assert starts(members(five[0])) == in_rule(five[0]) == weekly(at(10), 2)
    assert starts(members(told)) == in_rule(told) == weekly(at(14, day=15), 3)
    assert told.series_id != five[0].series_id


def test_a_later_one_that_has_begun_stays_as_an_exception(five: list[Record]) -> None:
    step(five[3], Status.ARRIVED)
    told = move(five[0], at(12), scope=Scope.ALL)
    stays = now_is(five[3])
    assert (stays.starts_at, stays.series_exception) == (at(10, day=21), True)
    assert in_rule(told) == weekly(at(12), 5)


def test_no_date_is_moved_into_the_past(
    five: list[Record], monday_morning: time_machine.Traveller
) -> None:
    monday_morning.move_to(at(9))
    refuses(DateInPast, move, five[1], at(8, day=7), scope=Scope.ALL)
    told = move(five[1], at(8, day=7), scope=Scope.ALL, override=ON_PURPOSE)
    assert starts(members(told)) == weekly(at(8), 5)


# --- All or nothing -------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", [Scope.FOLLOWING, Scope.ALL])
def test_a_clash_on_the_last_date_leaves_everything(
    service: Service, five: list[Record], doctor: Staff, scope: Scope
) -> None:
    book(service, at(14, day=28), staff=doctor)
    clash = refuses(StaffBusy, move, five[1], at(14, day=7), scope=scope)
    alternatives(clash)
    assert [(one.date, one.code) for one in clash.dates] == [(at(14, day=28), "staff_busy")]
    assert [one.time for one in clash.dates[0].alternatives] == [
        at(14, 30, day=28),
        at(14, 45, day=28),
        at(15, day=28),
    ]
    refuses(OutsideWorkingHours, move, five[1], at(21, day=7), scope=scope)
    told = move(five[1], at(14, day=7), scope=scope, override=ON_PURPOSE)
    assert [one.overbooked for one in members(told)][-1] is True
    assert Appointment.objects.filter(overbooked=True).count() == 1
