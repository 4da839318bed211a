"""Visits that repeat: every date with one staff member, all of them or none."""

from datetime import date, timedelta
from typing import Any

import pytest

from appointments.errors import (
    NoStaffAvailable,
    OutsideWorkingHours,
    OverrideDateRepeated,
    OverrideDateUnknown,
    SlotFull,
    StaffBusy,
    StaffNotBookable,
)
from appointments.models import Series
from businesses.hours import DAYS
from businesses.models import BookingQuestion, Service
from staff.models import Staff
from tests.appointments.desk import ON_PURPOSE, at, book, held, refused
from tests.appointments.moves import (
    alternatives,
    in_rule,
    other_times,
    refuses,
    repeat,
    starts,
    weekly,
)
from tests.factories import (
    BusinessFactory,
    ServiceFactory,
    StaffFactory,
    blocks,
    works,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]

FOUR_WEEKS = "FREQ=WEEKLY;COUNT=4"


@pytest.fixture
def service() -> Service:
    made: Service = ServiceFactory()
    return made


@pytest.fixture
def doctor(service: Service) -> Staff:
    made: Staff = StaffFactory(business=service.business)
    return made


def open_all_day(**business: object) -> Service:
    made: Service = ServiceFactory(
        business=BusinessFactory(
            default_staff_working_hours={day: [[0, 2400]] for day in DAYS}, **business
        ),
        durations={30: 1, 1440: 1},
    )
    return made


def test_a_series_is_a_visit_on_each_date_of_its_rule(service: Service, doctor: Staff) -> None:
    asked = BookingQuestion.objects.create(
        business=service.business, service=service, variable_name="why", question="Why?"
    )
    booked = repeat(
        service,
        at(10),
        "FREQ=WEEKLY;BYDAY=MO,TH;COUNT=4",
        staff=doctor,
        notes="Knee",
        tags=("physio",),
        answers=((asked.pk, "Pain"),),
    )
    dates = [at(10, day=day) for day in (0, 3, 7, 10)]
    assert (starts(booked.records), booked.skipped) == (dates, [])
    assert held(doctor) == [(one, one + timedelta(minutes=30)) for one in dates]
    assert [one.series_number for one in booked.records] == [1, 2, 3, 4]
    assert {one.rrule for one in booked.records} == {"FREQ=WEEKLY;BYDAY=MO,TH;COUNT=4"}
    assert {(one.notes, one.price, one.status) for one in booked.records} == {
        ("Knee", 3000, "booked")
    }
    assert all(one.tags == ["physio"] and one.answers for one in booked.records)
    assert len({one.link_token for one in booked.records}) == 4
    row = Series.objects.get()
    assert (row.dates, row.timezone, row.starts_at) == (4, "Europe/London", at(10))


def test_one_date_that_clashes_refuses_them_all(service: Service, doctor: Staff) -> None:
    other = StaffFactory(business=service.business)
    book(service, at(10, day=14), staff=doctor)
    works(doctor, {}, date_start=date(2030, 1, 28), date_end=date(2030, 1, 28))
    clash = refuses(StaffBusy, repeat, service, at(10), FOUR_WEEKS, staff=doctor)
    assert clash.sentence == f"2 of 4 dates can't be booked. {StaffBusy.title}"
    alternatives(clash)
    assert [(one.date, one.code) for one in clash.dates] == [
        (at(10, day=14), "staff_busy"),
        (at(10, day=21), "outside_working_hours"),
    ]
    assert [[(one.time, one.staff_id) for one in each.alternatives] for each in clash.dates] == [
        [
            (at(10, day=14), other.pk),
            (at(10, 30, day=14), doctor.pk),
            (at(10, 45, day=14), doctor.pk),
        ],
        [
            (at(10, day=21), other.pk),
            (at(8, day=22), doctor.pk),
            (at(8, 15, day=22), doctor.pk),
        ],
    ]
    assert clash.alternatives == clash.dates[0].alternatives


def test_dates_that_clash_may_be_skipped(service: Service, doctor: Staff) -> None:
    book(service, at(10, day=7), staff=doctor)
    works(doctor, {}, date_start=date(2030, 1, 21), date_end=date(2030, 1, 21))
    booked = repeat(service, at(10), FOUR_WEEKS, staff=doctor, skip_conflicts=True)
    assert starts(booked.records) == [at(10), at(10, day=21)]
    assert [one.series_number for one in booked.records] == [1, 4]
    assert booked.skipped == [
        (at(10, day=7), "staff_busy"),
        (at(10, day=14), "outside_working_hours"),
    ]
    assert in_rule(booked.records[0]) == weekly(at(10), 4)


def test_a_series_of_which_no_date_can_be_booked_is_refused_whatever_is_skipped(
    service: Service, doctor: Staff
) -> None:
    refuses(
        OutsideWorkingHours,
        repeat,
        service,
        at(21),
        FOUR_WEEKS,
        staff=doctor,
        skip_conflicts=True,
    )


def test_a_date_may_be_given_another_time(service: Service, doctor: Staff) -> None:
    blocks(doctor, at(9, day=7), 120)
    overrides = ((at(10, day=7), at(15, day=8)),)
    booked = repeat(service, at(10), FOUR_WEEKS, staff=doctor, overrides=overrides)
    assert starts(booked.records) == [at(10), at(15, day=8), at(10, day=14), at(10, day=21)]
    second = booked.records[1]
    assert (second.series_number, second.series_exception) == (2, True)
    assert second.original_starts_at == at(10, day=7)
    assert [one.series_exception for one in booked.records] == [False, True, False, False]


def test_the_other_time_is_checked_like_any(service: Service, doctor: Staff) -> None:
    blocks(doctor, at(15, day=8), 60)
    overrides = ((at(10, day=7), at(15, day=8)),)
    refuses(StaffBusy, repeat, service, at(10), FOUR_WEEKS, staff=doctor, overrides=overrides)
    booked = repeat(
        service, at(10), FOUR_WEEKS, staff=doctor, overrides=overrides, skip_conflicts=True
    )
    assert booked.skipped == [(at(10, day=7), "staff_busy")]


def test_a_date_is_not_moved_onto_another_of_its_series(service: Service, doctor: Staff) -> None:
    overrides = ((at(10, day=7), at(10, 15, day=14)),)
    refuses(StaffBusy, repeat, service, at(10), FOUR_WEEKS, staff=doctor, overrides=overrides)
    same = ((at(10, day=7), at(10, day=14)),)
    booked = repeat(service, at(10), FOUR_WEEKS, staff=doctor, overrides=same, skip_conflicts=True)
    assert starts(booked.records) == [at(10), at(10, day=14), at(10, day=21)]
    assert len(booked.skipped) == 1


def test_another_time_is_given_to_dates_of_the_rule_and_once_each(
    service: Service, doctor: Staff
) -> None:
    strange = ((at(10, day=6), at(11, day=6)),)
    refuses(
        OverrideDateUnknown, repeat, service, at(10), FOUR_WEEKS, staff=doctor, overrides=strange
    )
    twice = ((at(10, day=7), at(11, day=7)), (at(10, day=7), at(12, day=7)))
    refuses(
        OverrideDateRepeated, repeat, service, at(10), FOUR_WEEKS, staff=doctor, overrides=twice
    )


def test_on_purpose_a_series_is_booked_over_what_is_in_the_way(
    service: Service, doctor: Staff
) -> None:
    book(service, at(10, day=7), staff=doctor)
    booked = repeat(service, at(10), FOUR_WEEKS, staff=doctor, override=ON_PURPOSE)
    assert [one.overbooked for one in booked.records] == [False, True, False, False]
    assert len(held(doctor)) == 5


def test_all_dates_are_with_one_staff_member(service: Service) -> None:
    team = [StaffFactory(business=service.business) for _ in range(3)]
    hosts = {one.staff_id for one in repeat(service, at(10), FOUR_WEEKS).records}
    assert len(hosts) == 1
    assert hosts < {one.pk for one in team}


def test_whoever_can_take_most_dates_is_chosen(service: Service) -> None:
    none, some, most = (StaffFactory(business=service.business) for _ in range(3))
    for day in (0, 7, 14, 21):
        blocks(none, at(10, day=day), 30)
    for day in (7, 14):
        blocks(some, at(10, day=day), 30)
    blocks(most, at(10, day=21), 30)
    refuses(NoStaffAvailable, repeat, service, at(10), FOUR_WEEKS)
    booked = repeat(service, at(10), FOUR_WEEKS, skip_conflicts=True)
    assert {one.staff_id for one in booked.records} == {most.pk}
    assert booked.skipped == [(at(10, day=21), "no_staff_available")]


def test_among_those_who_can_take_most_the_least_busy_of_the_first_day(service: Service) -> None:
    busy, idle, away = (StaffFactory(business=service.business) for _ in range(3))
    book(service, at(15), staff=busy)
    blocks(away, at(10, day=7), 30)
    assert {one.staff_id for one in repeat(service, at(10), FOUR_WEEKS).records} == {idle.pk}


def test_whoever_is_named_is_taken_or_nobody(service: Service, doctor: Staff) -> None:
    StaffFactory(business=service.business)
    blocks(doctor, at(10, day=21), 30)
    refuses(StaffBusy, repeat, service, at(10), FOUR_WEEKS, staff=doctor)
    doctor.status = "DISABLED"
    doctor.save()
    refuses(StaffNotBookable, repeat, service, at(10), FOUR_WEEKS, staff=doctor)


def test_without_anybody_who_provides_it_there_is_no_series(service: Service) -> None:
    refuses(NoStaffAvailable, repeat, service, at(10), FOUR_WEEKS)


# --- Each other -----------------------------------------------------------------------------------


def test_dates_that_would_overlap_each_other_clash() -> None:
    """A day long with a quarter of an hour after it, every day: the second begins in the first."""
    service = open_all_day(buffer_after_minutes=15)
    doctor = StaffFactory(business=service.business)
    wish: dict[str, Any] = {"minutes": 1440, "staff": doctor}
    daily = "FREQ=DAILY;COUNT=5"
    clash = refuses(StaffBusy, repeat, service, at(0, day=1), daily, **wish)
    alternatives(clash)
    assert [one.date for one in clash.dates] == [at(0, day=2), at(0, day=4)]
    booked = repeat(service, at(0, day=1), daily, skip_conflicts=True, **wish)
    assert starts(booked.records) == [at(0, day=1), at(0, day=3), at(0, day=5)]


def test_on_purpose_they_may_overlap_each_other() -> None:
    service = open_all_day(buffer_after_minutes=15)
    doctor = StaffFactory(business=service.business)
    booked = repeat(
        service,
        at(0, day=1),
        "FREQ=DAILY;COUNT=3",
        staff=doctor,
        minutes=1440,
        override=ON_PURPOSE,
    )
    assert [one.overbooked for one in booked.records] == [False, True, True]


def test_dates_that_touch_do_not_clash() -> None:
    service = open_all_day()
    doctor = StaffFactory(business=service.business)
    booked = repeat(service, at(0, day=1), "FREQ=DAILY;COUNT=3", staff=doctor, minutes=1440)
    assert len(booked.records) == 3


def test_the_alternatives_of_a_date_leave_the_other_dates_their_time(
    service: Service, doctor: Staff
) -> None:
    blocks(doctor, at(8, day=1), 12 * 60)
    daily = "FREQ=DAILY;COUNT=3"
    clash = refuses(StaffBusy, repeat, service, at(8), daily, staff=doctor)
    assert [time for time, _ in other_times(clash)] == [
        at(8, 30, day=2),
        at(8, 45, day=2),
        at(9, day=2),
    ]


# --- Groups and approval --------------------------------------------------------------------------


def test_a_series_of_a_class_takes_a_place_on_each_date(doctor: Staff) -> None:
    yoga = ServiceFactory(business=doctor.business, bookings_per_timeslot=2)
    first = repeat(yoga, at(10), FOUR_WEEKS, staff=doctor)
    second = repeat(yoga, at(10), FOUR_WEEKS, staff=doctor)
    assert [one.group_slot_id for one in first.records] == [
        one.group_slot_id for one in second.records
    ]
    assert len({one.group_slot_id for one in first.records}) == 4
    refuses(SlotFull, repeat, yoga, at(10), FOUR_WEEKS, staff=doctor)
    refuses(SlotFull, repeat, yoga, at(10), FOUR_WEEKS, staff=doctor, override=ON_PURPOSE)
    refuses(SlotFull, repeat, yoga, at(10), FOUR_WEEKS)


def test_a_series_that_needs_approval_is_requested_on_each_date(doctor: Staff) -> None:
    asks = ServiceFactory(business=doctor.business, bookings_require_approval=True)
    booked = repeat(asks, at(10), FOUR_WEEKS, staff=doctor)
    assert {(one.status, one.approved) for one in booked.records} == {("requested", False)}
    assert held(doctor) == []
    blocks(doctor, at(10, day=7), 30)
    refuses(StaffBusy, repeat, asks, at(10), FOUR_WEEKS, staff=doctor)
    at_once = repeat(asks, at(12), FOUR_WEEKS, staff=doctor, needs_approval=False)
    assert {one.status for one in at_once.records} == {"booked"}


def test_additional_staff_come_along_on_each_date(service: Service, doctor: Staff) -> None:
    nurse = StaffFactory(business=service.business)
    along: dict[str, Any] = {"staff": doctor, "additional_staff_ids": (nurse.pk,)}
    booked = repeat(service, at(10), FOUR_WEEKS, **along)
    assert {tuple(one.additional_staff_ids) for one in booked.records} == {(nurse.pk,)}
    assert len(held(nurse)) == 4
    refused(StaffBusy, service, at(10, day=14), staff=nurse)
