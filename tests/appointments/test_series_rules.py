"""Which dates a series has: by the wall clock, within limits, and none of the past."""

from datetime import UTC, datetime

import pytest

from appointments.errors import (
    DateInPast,
    DurationNotOffered,
    PatientArchived,
    Refusal,
    RuleEmpty,
    RuleInvalid,
    RuleNotSupported,
    RuleStart,
    RuleTooLong,
    RuleUntil,
)
from appointments.models import Series
from businesses.hours import DAYS
from businesses.models import Service
from staff.models import Staff
from tests.appointments.desk import NOW, ON_PURPOSE, at
from tests.appointments.moves import refuses, repeat, starts, walls, weekly
from tests.factories import BusinessFactory, PatientFactory, ServiceFactory, StaffFactory

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


def test_the_time_of_day_is_kept_across_both_clock_changes(service: Service, doctor: Staff) -> None:
    spring = datetime(2030, 3, 24, 10, tzinfo=UTC)
    booked = repeat(service, spring, "FREQ=WEEKLY;COUNT=2", staff=doctor)
    assert walls(booked.records) == ["Sun 24 Mar 10:00", "Sun 31 Mar 10:00"]
    assert starts(booked.records) == [spring, datetime(2030, 3, 31, 9, tzinfo=UTC)]
    autumn = datetime(2030, 10, 26, 9, tzinfo=UTC)
    booked = repeat(service, autumn, "FREQ=DAILY;COUNT=3", staff=doctor)
    assert walls(booked.records) == ["Sat 26 Oct 10:00", "Sun 27 Oct 10:00", "Mon 28 Oct 10:00"]
    assert booked.records[1].starts_at == datetime(2030, 10, 27, 10, tzinfo=UTC)


def test_the_wall_clock_is_that_of_the_patient_where_one_is_named(
    service: Service, doctor: Staff
) -> None:
    """New York's clocks change three weeks before London's."""
    first = datetime(2030, 3, 4, 14, tzinfo=UTC)
    booked = repeat(service, first, FOUR_WEEKS, staff=doctor, patient_timezone="America/New_York")
    assert {one[-5:] for one in walls(booked.records, "America/New_York")} == {"09:00"}
    assert [one.starts_at.hour for one in booked.records] == [14, 13, 13, 13]
    assert Series.objects.get().timezone == "America/New_York"


def test_a_date_on_which_clocks_skip_the_time_is_left_out_and_not_counted() -> None:
    service = open_all_day()
    doctor = StaffFactory(business=service.business)
    first = datetime(2030, 3, 30, 1, 30, tzinfo=UTC)
    booked = repeat(service, first, "FREQ=DAILY;COUNT=3", staff=doctor)
    assert walls(booked.records) == ["Sat 30 Mar 01:30", "Mon 01 Apr 01:30", "Tue 02 Apr 01:30"]
    assert (booked.skipped, [one.series_number for one in booked.records]) == ([], [1, 2, 3])


def test_a_date_on_which_the_time_comes_twice_takes_the_first() -> None:
    service = open_all_day()
    doctor = StaffFactory(business=service.business)
    first = datetime(2030, 10, 26, 0, 30, tzinfo=UTC)
    booked = repeat(service, first, "FREQ=DAILY;COUNT=3", staff=doctor)
    assert [one.starts_at.isoformat()[8:16] for one in booked.records] == [
        "26T00:30",
        "27T00:30",
        "28T01:30",
    ]


# --- Limits and refusals --------------------------------------------------------------------------

RULES: dict[str, tuple[str, type[Refusal]]] = {
    "unreadable": ("every monday", RuleInvalid),
    "nothing": ("", RuleInvalid),
    "no end": ("FREQ=WEEKLY", RuleInvalid),
    "every hour": ("FREQ=HOURLY;COUNT=2", RuleNotSupported),
    "a time of day": ("FREQ=DAILY;BYHOUR=9;COUNT=2", RuleNotSupported),
    "105 dates": ("FREQ=DAILY;COUNT=105", RuleTooLong),
    "past two years": ("FREQ=MONTHLY;COUNT=26", RuleTooLong),
    "until far away": ("FREQ=MONTHLY;UNTIL=20400101", RuleTooLong),
    "no date": ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=1", RuleEmpty),
    "over before": ("FREQ=WEEKLY;UNTIL=20300106", RuleUntil),
    "another weekday": ("FREQ=WEEKLY;BYDAY=TU;COUNT=3", RuleStart),
}


@pytest.mark.parametrize(("rrule", "refusal"), RULES.values(), ids=RULES.keys())
def test_a_rule_that_makes_no_series_is_refused(
    service: Service, doctor: Staff, rrule: str, refusal: type[Refusal]
) -> None:
    refuses(refusal, repeat, service, at(10), rrule, staff=doctor)
    refuses(refusal, repeat, service, at(10), rrule, staff=doctor, skip_conflicts=True)


def test_a_series_has_104_dates_at_most(service: Service, doctor: Staff) -> None:
    booked = repeat(service, at(10), "FREQ=DAILY;COUNT=104", staff=doctor)
    assert len(booked.records) == 104


def test_what_no_date_would_lift_is_refused_as_for_one(service: Service, doctor: Staff) -> None:
    gone = PatientFactory(business=service.business, archived_at=NOW)
    refuses(PatientArchived, repeat, service, at(10), FOUR_WEEKS, staff=doctor, patient=gone)
    refuses(DurationNotOffered, repeat, service, at(10), FOUR_WEEKS, staff=doctor, minutes=45)


def test_a_series_that_began_in_the_past_is_refused(service: Service, doctor: Staff) -> None:
    past = at(10, day=-7)
    refuses(DateInPast, repeat, service, past, FOUR_WEEKS, staff=doctor)
    whole = repeat(service, past, FOUR_WEEKS, staff=doctor, override=ON_PURPOSE)
    assert starts(whole.records) == weekly(past, 4)


def test_past_dates_may_be_skipped_like_others(service: Service, doctor: Staff) -> None:
    past = at(10, day=-7)
    booked = repeat(service, past, FOUR_WEEKS, staff=doctor, skip_conflicts=True)
    assert starts(booked.records) == weekly(at(10), 3)
    assert booked.skipped == [(past, "date_in_past")]
    long_ago = {"staff": doctor, "skip_conflicts": True}
    refuses(DateInPast, repeat, service, at(10, day=-70), FOUR_WEEKS, **long_ago)
