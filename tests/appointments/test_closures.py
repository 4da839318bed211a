"""Days on which the business or one of its locations is closed."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine

from appointments.errors import NoStaffAvailable, OutsideWorkingHours
from businesses.hours import DAYS
from businesses.models import Business, Closure, Location, Service
from staff.models import Staff
from tests.appointments.desk import ON_PURPOSE, at, book, refused
from tests.appointments.moves import (
    alternatives,
    move,
    other_times,
    preview,
    refuses,
    repeat,
    starts,
)
from tests.factories import BusinessFactory, LocationFactory, ServiceFactory, StaffFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]


def clinic(zone: str = "Europe/London") -> Business:
    """It never sleeps."""
    made: Business = BusinessFactory(
        timezone=zone, default_staff_working_hours={day: [[0, 2400]] for day in DAYS}
    )
    return made


def closed(business: Business, first: date, last: date | None = None, **more: Any) -> Closure:
    made: Closure = Closure.objects.create(
        business=business, name="Closed", date_start=first, date_end=last or first, **more
    )
    return made


def offered(business: Business, location: Location | None = None) -> tuple[Service, Staff]:
    service = ServiceFactory(business=business, location=location, durations={30: 1})
    return service, StaffFactory(business=business)


def utc(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2030, month, day, hour, minute, tzinfo=UTC)


def test_nothing_is_booked_on_a_day_on_which_the_business_is_closed() -> None:
    business = clinic()
    service, doctor = offered(business)
    closed(business, date(2030, 1, 8), date(2030, 1, 9))
    for start in (at(0, day=1), at(12, day=2), at(23, 30, day=2), at(23, 45)):
        refused(OutsideWorkingHours, service, start, staff=doctor)
    refused(NoStaffAvailable, service, at(12, day=1))
    book(service, at(23, 30), staff=doctor)
    book(service, at(0, day=3), staff=doctor)


def test_what_was_booked_before_stays_and_is_not_moved_into_it() -> None:
    business = clinic()
    service, doctor = offered(business)
    there = book(service, at(10, day=1), staff=doctor)
    closed(business, date(2030, 1, 8))
    refuses(OutsideWorkingHours, move, there, at(11, day=1))
    assert move(there, at(11, day=2)).starts_at == at(11, day=2)


def test_a_closure_is_told_and_followed_by_the_next_open_times() -> None:
    business = clinic()
    service, doctor = offered(business)
    closed(business, date(2030, 1, 8), date(2030, 1, 9))
    clash = refused(OutsideWorkingHours, service, at(10, day=1), staff=doctor)
    assert [time for time, _ in other_times(clash)] == [
        at(0, day=3),
        at(0, 15, day=3),
        at(0, 30, day=3),
    ]
    assert [one.kind for one in clash.obstacles] == ["closure"]
    book(service, alternatives(clash)[0].time, staff=doctor)


def test_on_purpose_a_closed_day_is_worked() -> None:
    business = clinic()
    service, doctor = offered(business)
    closed(business, date(2030, 1, 8))
    record = book(service, at(10, day=1), staff=doctor, override=ON_PURPOSE)
    assert (record.overbooked, record.override_reason) == (False, "Emergency")


def test_a_closed_location_closes_its_own_services_alone() -> None:
    business = clinic()
    house, annex = (LocationFactory(business=business, name=name) for name in ("House", "Annex"))
    (here, doctor), (there, _), (anywhere, _) = (
        offered(business, location) for location in (house, annex, None)
    )
    closed(business, date(2030, 1, 8), location=house)
    refused(OutsideWorkingHours, here, at(10, day=1), staff=doctor)
    book(there, at(10, day=1), staff=doctor)
    book(anywhere, at(11, day=1), staff=doctor)
    closed(business, date(2030, 1, 9))
    for service in (here, there, anywhere):
        refused(OutsideWorkingHours, service, at(10, day=2), staff=doctor)


def test_a_closure_of_another_business_closes_nothing() -> None:
    service, doctor = offered(clinic())
    closed(clinic(), date(2030, 1, 8))
    book(service, at(10, day=1), staff=doctor)


def test_the_day_of_a_location_is_that_of_its_own_clock() -> None:
    """Auckland is thirteen hours ahead in January."""
    business = clinic()
    far = LocationFactory(business=business, timezone="Pacific/Auckland")
    service, doctor = offered(business, far)
    closed(business, date(2030, 1, 9), location=far)
    book(service, at(10, 30, day=1), staff=doctor)
    refused(OutsideWorkingHours, service, at(11, day=1), staff=doctor)
    refused(OutsideWorkingHours, service, at(10, 30, day=2), staff=doctor)
    book(service, at(11, day=2), staff=doctor)


def test_the_day_of_a_business_is_that_of_its_own_clock() -> None:
    business = clinic("America/New_York")
    service, doctor = offered(business)
    closed(business, date(2030, 1, 9))
    book(service, at(4, 30, day=2), staff=doctor)
    refused(OutsideWorkingHours, service, at(5, day=2), staff=doctor)
    refused(OutsideWorkingHours, service, at(4, 30, day=3), staff=doctor)
    book(service, at(5, day=3), staff=doctor)


@pytest.mark.parametrize(
    ("day", "opens", "closes"),
    [
        (date(2030, 3, 31), utc(3, 31, 0), utc(3, 31, 23)),  # 23 hours
        (date(2030, 10, 27), utc(10, 26, 23), utc(10, 28, 0)),  # 25 hours
    ],
    ids=["spring", "autumn"],
)
def test_a_day_on_which_clocks_change_is_closed_from_midnight_to_midnight(
    day: date, opens: datetime, closes: datetime
) -> None:
    business = clinic()
    service, doctor = offered(business)
    closed(business, day)
    half = timedelta(minutes=30)
    book(service, opens - half, staff=doctor)
    refused(OutsideWorkingHours, service, opens, staff=doctor)
    refused(OutsideWorkingHours, service, closes - half, staff=doctor)
    book(service, closes, staff=doctor)


def test_a_day_that_a_place_skips_closes_nothing() -> None:
    """Samoa went from Thursday, 29 December 2011 to Saturday at once."""
    with time_machine.travel(datetime(2011, 12, 1, tzinfo=UTC), tick=False):
        business = clinic("Pacific/Apia")
        service, doctor = offered(business)
        closed(business, date(2011, 12, 30))
        midnight = datetime(2011, 12, 30, 10, tzinfo=UTC)  # Thursday's last and Saturday's first
        book(service, midnight.replace(hour=9, minute=30), staff=doctor)
        book(service, midnight, staff=doctor)


def test_a_closure_over_a_day_that_is_skipped_ends_with_the_day_before_it() -> None:
    with time_machine.travel(datetime(2011, 12, 1, tzinfo=UTC), tick=False):
        business = clinic("Pacific/Apia")
        service, doctor = offered(business)
        closed(business, date(2011, 12, 29), date(2011, 12, 30))
        midnight = datetime(2011, 12, 30, 10, tzinfo=UTC)
        refused(OutsideWorkingHours, service, datetime(2011, 12, 29, 10, tzinfo=UTC), staff=doctor)
        refused(OutsideWorkingHours, service, midnight.replace(hour=9, minute=30), staff=doctor)
        book(service, midnight, staff=doctor)


def test_a_series_over_a_holiday_skips_it_or_is_refused() -> None:
    business = clinic()
    service, doctor = offered(business)
    closed(business, date(2030, 1, 14))
    weekly = "FREQ=WEEKLY;COUNT=3"
    refuses(OutsideWorkingHours, repeat, service, at(10), weekly, staff=doctor, minutes=30)
    shown = preview(service, at(10), weekly, staff=doctor)
    assert [one.clash for one in shown] == [None, OutsideWorkingHours, None]
    booked = repeat(service, at(10), weekly, staff=doctor, skip_conflicts=True)
    assert starts(booked.records) == [at(10), at(10, day=14)]
    assert booked.skipped == [(at(10, day=7), "outside_working_hours")]


def test_a_visit_over_midnight_into_a_closed_day_is_refused() -> None:
    business = clinic()
    service, doctor = offered(business)
    closed(business, date(2030, 1, 8))
    refused(OutsideWorkingHours, service, at(23, 31), staff=doctor)
    # Its buffers may reach into it.
    tidy = ServiceFactory(business=business, durations={30: 1}, buffer_after_minutes=60)
    book(tidy, at(23, 30), staff=doctor)
