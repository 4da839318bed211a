"""When somebody can be booked: whose hours count, in which zone, on every day of the year."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine

from appointments.errors import NoStaffAvailable, OutsideWorkingHours
from businesses.hours import DAYS
from businesses.models import Business, Service
from staff.models import Staff
from tests.appointments.desk import at, book, held, refused
from tests.factories import (
    BusinessFactory,
    ServiceFactory,
    StaffFactory,
    works,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]


def every_day(*pairs: list[int]) -> dict[str, Any]:
    return {day: [list(pair) for pair in pairs] for day in DAYS}


def clinic(**business: Any) -> tuple[Service, Business]:
    made = BusinessFactory(**business)
    return ServiceFactory(business=made), made


def open_at(service: Service, doctor: Staff, *starts: datetime, minutes: int = 30) -> None:
    for start in starts:
        assert book(service, start, staff=doctor, minutes=minutes).starts_at == start


def closed_at(service: Service, doctor: Staff, *starts: datetime, minutes: int = 30) -> None:
    for start in starts:
        refused(OutsideWorkingHours, service, start, staff=doctor, minutes=minutes)


def test_the_first_visit_starts_at_opening_and_the_last_ends_at_closing() -> None:
    service, business = clinic()  # 8 to 20
    doctor = StaffFactory(business=business)
    open_at(service, doctor, at(8), at(19, 30))
    closed_at(service, doctor, at(7, 59), at(19, 31), at(20), at(7, 30), at(3, day=1))


def test_a_visit_lies_wholly_within_the_hours() -> None:
    service, business = clinic(default_staff_working_hours=every_day([900, 930]))
    doctor = StaffFactory(business=business)
    closed_at(service, doctor, at(8, 45), at(9), at(9, 15), minutes=60)
    open_at(service, doctor, at(9))


def test_without_hours_of_their_own_somebody_has_those_of_the_business() -> None:
    service, business = clinic(default_staff_working_hours=every_day([1000, 1100]))
    doctor = StaffFactory(business=business)
    open_at(service, doctor, at(10))
    closed_at(service, doctor, at(9, 30), at(11))


def test_hours_of_their_own_replace_those_of_the_business() -> None:
    service, business = clinic(default_staff_working_hours=every_day([1000, 1100]))
    doctor = StaffFactory(business=business, weekly_hours=every_day([1400, 1500]))
    open_at(service, doctor, at(14))
    closed_at(service, doctor, at(10), at(13, 30))


def test_somebody_whose_own_hours_are_empty_never_works() -> None:
    service, business = clinic()
    closed_at(service, StaffFactory(business=business, weekly_hours={}), at(10), at(10, day=5))


def test_nobody_works_where_no_hours_are_written_anywhere() -> None:
    service, business = clinic(default_staff_working_hours=None)
    closed_at(service, StaffFactory(business=business), at(10), at(10, day=5))
    refused(NoStaffAvailable, service, at(10))


def test_a_dated_schedule_replaces_the_weekly_hours_on_its_dates() -> None:
    service, business = clinic()
    doctor = StaffFactory(business=business, weekly_hours=every_day([900, 1200]))
    works(
        doctor,
        every_day([1500, 1800]),
        date_start=date(2030, 1, 8),
        date_end=date(2030, 1, 9),
    )
    open_at(service, doctor, at(9), at(15, day=1), at(17, 30, day=2), at(9, day=3))
    closed_at(service, doctor, at(15), at(9, day=1), at(11, 30, day=2), at(15, day=3))


def test_a_schedule_without_a_last_day_counts_from_then_on() -> None:
    service, business = clinic()
    doctor = StaffFactory(business=business)
    works(doctor, every_day([1500, 1800]), date_start=date(2030, 1, 8))
    open_at(service, doctor, at(9), at(15, day=1), at(15, day=700))
    closed_at(service, doctor, at(9, day=1), at(9, day=700))


def test_an_empty_schedule_is_a_holiday() -> None:
    service, business = clinic()
    doctor = StaffFactory(business=business)
    works(doctor, {}, date_start=date(2030, 1, 8), date_end=date(2030, 1, 8))
    open_at(service, doctor, at(9), at(9, day=2))
    closed_at(service, doctor, at(9, day=1))


def test_of_several_schedules_the_one_of_the_date_counts() -> None:
    service, business = clinic()
    doctor = StaffFactory(business=business)
    early, late = every_day([600, 700]), every_day([2200, 2300])
    works(doctor, early, date_start=date(2030, 1, 7), date_end=date(2030, 1, 7))
    works(doctor, late, date_start=date(2030, 1, 8), date_end=date(2030, 1, 8))
    open_at(service, doctor, at(6), at(22, day=1))
    closed_at(service, doctor, at(22), at(6, day=1))


def test_one_persons_schedule_is_nobody_elses() -> None:
    service, business = clinic()
    works(StaffFactory(business=business), {}, date_start=date(2030, 1, 7))
    open_at(service, StaffFactory(business=business), at(10))


def test_a_split_shift_is_closed_at_lunch() -> None:
    service, business = clinic()
    doctor = StaffFactory(business=business, weekly_hours=every_day([900, 1200], [1300, 1700]))
    closed_at(service, doctor, at(11, 45), at(12), at(12, 30), at(12, 45))
    open_at(service, doctor, at(11, 30), at(13))


def test_two_pairs_that_meet_are_one_shift() -> None:
    service, business = clinic()
    doctor = StaffFactory(business=business, weekly_hours=every_day([900, 1200], [1200, 1700]))
    open_at(service, doctor, at(11, 30), minutes=60)


def test_a_visit_may_cross_midnight_within_a_night_shift() -> None:
    service, business = clinic()
    night = {"monday": [[2200, 2400]], "tuesday": [[0, 600]]}
    doctor = StaffFactory(business=business, weekly_hours=night)
    open_at(service, doctor, at(22), at(23, 30), at(5, day=1), minutes=60)
    closed_at(service, doctor, at(21, 30), at(5, 30, day=1), at(23, 30, day=1), minutes=60)


def test_a_night_shift_may_begin_in_weekly_hours_and_end_in_a_schedule() -> None:
    service, business = clinic()
    doctor = StaffFactory(business=business, weekly_hours={"monday": [[2200, 2400]]})
    works(doctor, {"tuesday": [[0, 200]]}, date_start=date(2030, 1, 8))
    open_at(service, doctor, at(23, 30), minutes=60)


# --- Service hours ------------------------------------------------------------------------------


def test_service_hours_narrow_the_hours_of_staff() -> None:
    business = BusinessFactory(default_staff_working_hours=every_day([1200, 1700]))
    doctor = StaffFactory(business=business)
    service = ServiceFactory(business=business, working_hours=every_day([1200, 1300]))
    open_at(service, doctor, at(12), at(12, 30))
    closed_at(service, doctor, at(11, 30), at(12, 45), at(13), at(16))


def test_service_hours_never_add_to_the_hours_of_staff() -> None:
    business = BusinessFactory(default_staff_working_hours=every_day([1200, 1700]))
    doctor = StaffFactory(business=business)
    service = ServiceFactory(business=business, working_hours=every_day([900, 1100]))
    closed_at(service, doctor, at(9), at(10, 30), at(12), at(16))


def test_service_hours_narrow_a_dated_schedule_as_well() -> None:
    business = BusinessFactory()
    doctor = StaffFactory(business=business)
    works(doctor, every_day([600, 1000]), date_start=date(2030, 1, 7))
    service = ServiceFactory(business=business, working_hours=every_day([900, 1100]))
    open_at(service, doctor, at(9), at(9, 30))
    closed_at(service, doctor, at(8, 45), at(10))


def test_service_hours_of_a_split_day_meet_each_part() -> None:
    business = BusinessFactory(default_staff_working_hours=every_day([900, 1200], [1300, 1700]))
    doctor = StaffFactory(business=business)
    service = ServiceFactory(business=business, working_hours=every_day([1130, 1330]))
    open_at(service, doctor, at(11, 30), at(13))
    closed_at(service, doctor, at(11, 15), at(12), at(12, 45), at(13, 15))


# --- Zones --------------------------------------------------------------------------------------


def test_hours_are_read_in_the_zone_of_the_business() -> None:
    service, business = clinic(
        timezone="Asia/Kathmandu", default_staff_working_hours=every_day([1400, 1500])
    )
    doctor = StaffFactory(business=business)
    open_at(service, doctor, at(8, 15))  # 14:00 in Kathmandu
    closed_at(service, doctor, at(8, 14), at(9), at(14))


def test_hours_are_read_in_the_zone_of_the_staff_member_if_they_have_one() -> None:
    service, business = clinic(timezone="Asia/Kathmandu")
    doctor = StaffFactory(
        business=business, timezone="America/New_York", weekly_hours=every_day([900, 1000])
    )
    open_at(service, doctor, at(14))  # 9:00 in New York
    closed_at(service, doctor, at(9), at(13, 45), at(14, 45))


def test_hours_of_the_business_are_read_in_the_zone_of_the_staff_member_too() -> None:
    service, business = clinic(default_staff_working_hours=every_day([900, 1000]))
    doctor = StaffFactory(business=business, timezone="America/New_York")
    open_at(service, doctor, at(14))
    closed_at(service, doctor, at(9))


def test_a_schedule_is_read_in_its_own_zone_if_it_has_one() -> None:
    service, business = clinic(timezone="Asia/Kathmandu")
    doctor = StaffFactory(business=business, timezone="America/New_York")
    works(
        doctor,
        every_day([900, 1000]),
        timezone="Europe/London",
        date_start=date(2030, 1, 8),
        date_end=date(2030, 1, 8),
    )
    works(doctor, every_day([900, 1000]), date_start=date(2030, 1, 9))
    open_at(service, doctor, at(9, day=1), at(14, day=2))
    closed_at(service, doctor, at(14, day=1), at(9, day=2))


def test_service_hours_are_read_in_the_zone_that_the_staff_members_hours_are() -> None:
    business = BusinessFactory(default_staff_working_hours=every_day([800, 1800]))
    service = ServiceFactory(business=business, working_hours=every_day([900, 1000]))
    abroad = StaffFactory(business=business, timezone="America/New_York")
    here = StaffFactory(business=business)
    open_at(service, abroad, at(14))
    closed_at(service, abroad, at(9))
    open_at(service, here, at(9))
    closed_at(service, here, at(14))


def test_a_visit_may_lie_on_another_date_for_the_staff_member_than_in_utc() -> None:
    service, business = clinic(timezone="Pacific/Auckland")
    hours = {"tuesday": [[800, 1200]]}
    doctor = StaffFactory(business=business, weekly_hours=hours)
    open_at(service, doctor, at(19))  # Tuesday, 8:00 in Auckland
    closed_at(service, doctor, at(18, 45), at(22, 45), at(19, day=1))


# --- The days on which clocks change --------------------------------------------------------------


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_nine_in_the_morning_stays_nine_when_summer_time_begins() -> None:
    service, business = clinic(default_staff_working_hours=every_day([900, 1700]))
    doctor = StaffFactory(business=business)
    open_at(service, doctor, moment("2030-03-30 09:00"), moment("2030-03-31 08:00"))
    closed_at(service, doctor, moment("2030-03-30 08:00"), moment("2030-03-31 16:00"))


def test_nine_in_the_morning_stays_nine_when_summer_time_ends() -> None:
    service, business = clinic(default_staff_working_hours=every_day([900, 1700]))
    doctor = StaffFactory(business=business)
    open_at(service, doctor, moment("2030-10-26 08:00"), moment("2030-10-27 09:00"))
    closed_at(service, doctor, moment("2030-10-26 16:00"), moment("2030-10-27 08:00"))


def test_a_visit_over_the_skipped_hour_lasts_as_long_as_any() -> None:
    service, business = clinic(default_staff_working_hours=every_day([0, 300]))
    doctor = StaffFactory(business=business)
    # From 0:30 to 2:30 on the clock is one hour in the night of 31 March.
    open_at(service, doctor, moment("2030-03-31 00:30"), minutes=60)
    assert held(doctor) == [(moment("2030-03-31 00:30"), moment("2030-03-31 01:30"))]
    closed_at(service, doctor, moment("2030-03-31 01:31"))
    open_at(service, doctor, moment("2030-03-31 01:30"))  # until 3:00 on the clock


def test_the_hour_that_comes_twice_has_room_for_two_visits() -> None:
    service, business = clinic(default_staff_working_hours=every_day([100, 200]))
    doctor = StaffFactory(business=business)
    first, second = moment("2030-10-27 00:00"), moment("2030-10-27 01:00")
    open_at(service, doctor, first, second, minutes=60)
    closed_at(service, doctor, moment("2030-10-26 23:45"), moment("2030-10-27 01:45"))


def test_half_an_hour_is_skipped_on_lord_howe_island() -> None:
    service, business = clinic(
        timezone="Australia/Lord_Howe", default_staff_working_hours=every_day([130, 330])
    )
    doctor = StaffFactory(business=business)
    # 1:30 to 3:30 is an hour and a half on 6 October, since 2:00 to 2:30 is skipped.
    open_at(service, doctor, moment("2030-10-05 15:00"), minutes=60)
    closed_at(service, doctor, moment("2030-10-05 16:01"))
    open_at(service, doctor, moment("2030-10-05 16:00"))


def test_a_day_that_a_zone_skips_has_no_hours() -> None:
    with time_machine.travel(moment("2011-12-20 00:00"), tick=False):
        service, business = clinic(
            timezone="Pacific/Apia", default_staff_working_hours={"friday": [[0, 2400]]}
        )
        doctor = StaffFactory(business=business, weekly_hours={"friday": [[0, 2400]]})
        # Thursday the 29th is followed by Saturday the 31st.
        closed_at(
            service, doctor, moment("2011-12-30 09:30"), moment("2011-12-30 10:00"), minutes=30
        )
        open_at(service, doctor, moment("2011-12-23 10:00"))  # the Friday before


def test_a_night_shift_runs_through_a_day_that_a_zone_skips() -> None:
    with time_machine.travel(moment("2011-12-20 00:00"), tick=False):
        service, business = clinic(timezone="Pacific/Apia")
        doctor = StaffFactory(business=business, weekly_hours=every_day([0, 2400]))
        open_at(service, doctor, moment("2011-12-30 09:30"), minutes=60)


def test_a_day_that_begins_at_one_o_clock_is_open_from_then() -> None:
    with time_machine.travel(moment("2018-11-01 00:00"), tick=False):
        service, business = clinic(
            timezone="America/Sao_Paulo", default_staff_working_hours={"sunday": [[0, 200]]}
        )
        doctor = StaffFactory(business=business)
        closed_at(service, doctor, moment("2018-11-04 02:45"), moment("2018-11-04 03:31"))
        open_at(service, doctor, moment("2018-11-04 03:00"), moment("2018-11-04 03:30"))
