"""Who is booked when anyone will do: the least busy, by rules that anybody can check."""

from datetime import datetime, timedelta

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appointments.errors import NoStaffAvailable
from businesses.hours import DAYS
from businesses.models import Business, Service
from staff.models import Staff
from tests.appointments.desk import NOW, ON_PURPOSE, at, book, cancelled, refused
from tests.factories import (
    BusinessFactory,
    ServiceFactory,
    StaffFactory,
    blocks,
)
from tests.soak import FACTOR

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]


@pytest.fixture
def service() -> Service:
    made: Service = ServiceFactory(durations={30: 2000, 60: 3000, 120: 5000})
    return made


@pytest.fixture
def team(service: Service) -> list[Staff]:
    """Three people, by id."""
    return sorted(
        (StaffFactory(business=service.business) for _ in range(3)), key=lambda one: one.pk
    )


def test_whoever_has_the_fewest_minutes_that_day_is_booked(
    service: Service, team: list[Staff]
) -> None:
    busy, busier, busiest = team
    book(service, at(8), staff=busiest, minutes=120)
    book(service, at(8), staff=busy, minutes=30)
    book(service, at(8), staff=busier, minutes=60)
    assert book(service, at(15)).staff_id == busy.pk


def test_minutes_count_and_not_the_number_of_visits(service: Service, team: list[Staff]) -> None:
    one_long, three_short, busiest = team
    book(service, at(8), staff=one_long, minutes=120)
    for hour in (8, 9, 10):
        book(service, at(hour), staff=three_short, minutes=30)
    book(service, at(8), staff=busiest, minutes=120)
    book(service, at(10), staff=busiest, minutes=30)
    assert book(service, at(15)).staff_id == three_short.pk


def test_buffers_are_no_booked_minutes(service: Service, team: list[Staff]) -> None:
    buffered = ServiceFactory(business=service.business, buffer_after_minutes=120)
    short, longer, longest = team
    book(buffered, at(8), staff=short, minutes=30)
    book(service, at(8), staff=longer, minutes=60)
    book(service, at(8), staff=longest, minutes=60)
    assert book(service, at(15)).staff_id == short.pk


def test_blocked_time_is_no_booked_time(service: Service, team: list[Staff]) -> None:
    in_meetings, booked, also_booked = team
    blocks(in_meetings, at(8), 6 * 60)
    book(service, at(8), staff=booked)
    book(service, at(8), staff=also_booked)
    assert book(service, at(15)).staff_id == in_meetings.pk


def test_after_an_equal_day_the_fewest_minutes_that_week_decide(
    service: Service, team: list[Staff]
) -> None:
    first, second, third = team
    book(service, at(8, day=1), staff=first, minutes=60)
    book(service, at(8, day=6), staff=second, minutes=30)  # Sunday is the week's last day
    book(service, at(8, day=3), staff=third, minutes=120)
    assert book(service, at(15)).staff_id == second.pk


def test_the_week_is_from_monday_to_sunday(service: Service, team: list[Staff]) -> None:
    first, second, third = team
    book(service, at(8, day=6), staff=first, minutes=120)  # the Sunday before
    book(service, at(8, day=7), staff=second, minutes=30)  # Monday
    book(service, at(8, day=14), staff=third, minutes=120)  # the Monday after
    on_wednesday = [book(service, at(15, day=9)).staff_id for _ in team]
    assert on_wednesday == [first.pk, third.pk, second.pk]


def test_after_an_equal_week_whoever_was_assigned_longest_ago_is_booked(
    service: Service, team: list[Staff], monday_morning: time_machine.Traveller
) -> None:
    first, second, third = team
    for one in (second, third, first):
        book(service, at(8, day=14), staff=one)
        monday_morning.shift(60)
    assert [book(service, at(10)).staff_id for _ in team] == [second.pk, third.pk, first.pk]


def test_whoever_was_never_assigned_comes_before_all_others(
    service: Service, team: list[Staff], monday_morning: time_machine.Traveller
) -> None:
    first, second, third = team
    book(service, at(8, day=14), staff=first)
    book(service, at(8, day=14), staff=third)
    monday_morning.shift(60)
    assert book(service, at(10)).staff_id == second.pk


def test_at_last_the_lowest_id_decides(service: Service, team: list[Staff]) -> None:
    assert [book(service, at(10)).staff_id for _ in team] == [one.pk for one in team]
    refused(NoStaffAvailable, service, at(10))


def test_a_group_session_counts_once_however_many_take_part(
    service: Service, team: list[Staff]
) -> None:
    class_of_four = ServiceFactory(business=service.business, bookings_per_timeslot=4)
    teacher, other, third = team
    for _ in range(4):
        book(class_of_four, at(8), staff=teacher, minutes=30)
    book(service, at(8), staff=other, minutes=60)
    book(service, at(8), staff=third, minutes=60)
    assert book(service, at(15)).staff_id == teacher.pk


def test_joining_a_visit_is_work_as_well(service: Service, team: list[Staff]) -> None:
    first, second, third = team
    book(service, at(8), staff=third, along=[first], minutes=60)
    assert book(service, at(15)).staff_id == second.pk


def test_requests_and_cancelled_visits_are_no_booked_time(
    service: Service, team: list[Staff]
) -> None:
    first, second, third = team
    asks = ServiceFactory(business=service.business, bookings_require_approval=True)
    book(asks, at(8), staff=first, minutes=60)
    cancelled(book(service, at(9), staff=first, minutes=120))
    book(service, at(8), staff=second)
    book(service, at(8), staff=third)
    assert book(service, at(15)).staff_id == first.pk


def test_whoever_is_busy_is_passed_over(service: Service, team: list[Staff]) -> None:
    first, second, third = team
    blocks(first, at(15), 30)
    book(service, at(8), staff=second, minutes=120)
    book(service, at(8), staff=third, minutes=60)
    assert book(service, at(15)).staff_id == third.pk
    assert book(service, at(15)).staff_id == second.pk
    refused(NoStaffAvailable, service, at(15))


def test_an_override_still_prefers_whoever_is_free(service: Service, team: list[Staff]) -> None:
    free, *others = team
    book(service, at(8), staff=free, minutes=120)
    for other in others:
        blocks(other, at(15), 30)
    record = book(service, at(15), override=ON_PURPOSE)
    assert (record.staff_id, record.overbooked) == (free.pk, False)


def test_an_override_takes_the_least_busy_of_all_when_nobody_is_free(
    service: Service, team: list[Staff]
) -> None:
    first, second, third = team
    for one, minutes in ((first, 60), (second, 30), (third, 120)):
        book(service, at(15), staff=one, minutes=minutes)
    record = book(service, at(15), override=ON_PURPOSE)
    assert (record.staff_id, record.overbooked) == (second.pk, True)


def around_the_clock(zone: str) -> tuple[Business, Service]:
    business = BusinessFactory(
        timezone=zone, default_staff_working_hours={day: [[0, 2400]] for day in DAYS}
    )
    return business, ServiceFactory(business=business, durations={30: 1, 60: 1, 120: 1})


def test_the_day_is_the_local_day_of_the_business() -> None:
    business, service = around_the_clock("Pacific/Auckland")  # 13 hours ahead in January
    first, second = sorted((StaffFactory(business=business) for _ in range(2)), key=_id)
    book(service, at(9), staff=first, minutes=120)  # Monday, 22:00 to 24:00 in Auckland
    book(service, at(11, day=1), staff=first, minutes=60)  # Wednesday, 0:00 there
    book(service, at(11), staff=second, minutes=30)  # Tuesday, 0:00 there
    assert book(service, at(20)).staff_id == first.pk  # Tuesday, 9:00 there


def test_a_visit_over_midnight_counts_on_each_day_with_its_part() -> None:
    business, service = around_the_clock("Europe/London")
    first, second = sorted((StaffFactory(business=business) for _ in range(2)), key=_id)
    book(service, at(23, 15), staff=first, minutes=60)  # 45 minutes on Monday, 15 on Tuesday
    book(service, at(23, 30), staff=second, minutes=60)  # half an hour on each
    assert book(service, at(12)).staff_id == second.pk
    assert book(service, at(12, day=1)).staff_id == first.pk


def test_the_week_begins_at_midnight_of_the_business() -> None:
    business, service = around_the_clock("America/New_York")  # 5 hours behind in January
    first, second = sorted((StaffFactory(business=business) for _ in range(2)), key=_id)
    book(service, at(3, day=7), staff=first, minutes=60)  # Sunday, 22:00 in New York
    book(service, at(15, day=8), staff=second, minutes=30)  # Tuesday
    assert book(service, at(15, day=9)).staff_id == first.pk


def _id(staff: Staff) -> str:
    return str(staff.pk)


visits = st.lists(
    st.tuples(
        st.integers(0, 2),  # who
        st.integers(-8, 8),  # which day
        st.integers(0, 23),  # half hours after 8
        st.sampled_from([30, 60]),
    ),
    max_size=12,
)


@given(visits)
@settings(
    max_examples=8 * FACTOR,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_the_rule_holds_on_any_two_weeks(visits: list[tuple[int, int, int, int]]) -> None:
    """The same, by the plainest account of it: sums in Python over what was booked."""
    service = ServiceFactory()
    people = sorted((StaffFactory(business=service.business) for _ in range(3)), key=_id)
    booked: list[tuple[int, datetime, datetime, datetime]] = []  # who, from, until, made

    def free(who: int, start: datetime, end: datetime) -> bool:
        return not any(
            who == other and start < until and since < end for other, since, until, _ in booked
        )

    def load(who: int) -> tuple[timedelta, timedelta, datetime, int]:
        mine = [one for one in booked if one[0] == who]
        that_day = [end - start for _, start, end, _ in mine if start.date() == wish.date()]
        that_week = [
            end - start for _, start, end, _ in mine if at(0, day=7) <= start < at(0, day=14)
        ]
        last = max((made for _, _, _, made in mine), default=NOW)
        return sum(that_day, timedelta()), sum(that_week, timedelta()), last, who

    wednesday = 9
    made = NOW
    for who, day, half_hours, minutes in visits:
        start = at(8, half_hours * 30, day=wednesday + day)
        end = start + timedelta(minutes=minutes)
        if free(who, start, end) and end <= at(20, day=wednesday + day):
            made += timedelta(minutes=1)
            with time_machine.travel(made, tick=False):
                book(service, start, staff=people[who], minutes=minutes)
            booked.append((who, start, end, made))
    wish = at(19, 30, day=wednesday)
    able = [who for who in range(3) if free(who, wish, at(20, day=wednesday))]
    if able:
        assert book(service, wish).staff_id == people[min(able, key=load)].pk
    else:
        refused(NoStaffAvailable, service, wish)
