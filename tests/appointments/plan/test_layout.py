"""Rows, lanes and hours of the grid."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appointments.plan.layout import ROW, Frame, Place, clock_hours, framed, in_lanes
from businesses.intervals import Interval
from businesses.zones import opening

LONDON = ZoneInfo("Europe/London")
PLACES = st.lists(st.builds(Place, st.integers(0, 40), st.integers(1, 12)), max_size=25)


def day_in(place: ZoneInfo, *date: int) -> Interval:
    first = datetime(*date)  # type: ignore[arg-type]  # noqa: DTZ001
    return Interval(opening(first, place), opening(first + timedelta(days=1), place))


def at(day: Interval, minutes: int, length: int) -> Interval:
    start = day.start + timedelta(minutes=minutes)
    return Interval(start, start + timedelta(minutes=length))


def share_a_row(one: Place, other: Place) -> bool:
    return one.row < other.end and other.row < one.end


@settings(deadline=None)
@given(PLACES)
def test_nothing_hides_anything(places: list[Place]) -> None:
    seated = in_lanes(places)
    assert [(one.row, one.rows) for one in seated] == [(one.row, one.rows) for one in places]
    for number, one in enumerate(seated):
        assert 0 <= one.lane < one.lanes
        for other in seated[:number]:
            if share_a_row(one, other):
                assert one.lane != other.lane
                assert one.lanes == other.lanes


@settings(deadline=None)
@given(PLACES)
def test_there_are_no_more_lanes_than_things_at_once(places: list[Place]) -> None:
    most = max((sum(one.row <= row < one.end for one in places) for row in range(60)), default=0)
    assert max((one.lanes for one in in_lanes(places)), default=0) == most


def test_what_only_meets_has_the_whole_width() -> None:
    seated = in_lanes([Place(0, 6), Place(6, 6), Place(12, 6)])
    assert [(one.lane, one.lanes) for one in seated] == [(0, 1)] * 3


def test_two_at_once_share_the_width_and_a_third_takes_the_free_lane() -> None:
    seated = in_lanes([Place(0, 12), Place(3, 3), Place(6, 3), Place(20, 3)])
    assert [(one.lane, one.lanes) for one in seated] == [(0, 2), (1, 2), (1, 2), (0, 1)]


def frame_of(day: Interval, *shown: Interval, place: ZoneInfo = LONDON) -> Frame:
    return framed(day, clock_hours(day, shown, place), place)


def test_a_frame_is_of_whole_hours() -> None:
    day = day_in(LONDON, 2030, 1, 7)
    frame = frame_of(day, at(day, 9 * 60 + 20, 30), at(day, 16 * 60, 75))
    assert [tick.moment.hour for tick in frame.ticks()] == list(range(9, 18))
    assert (frame.span.length, frame.rows) == (timedelta(hours=9), 108)


def test_a_frame_ends_with_the_full_hour_at_which_the_last_thing_does() -> None:
    day = day_in(LONDON, 2030, 1, 7)
    assert frame_of(day, at(day, 9 * 60, 60)).rows == 12


@pytest.mark.parametrize(
    ("date", "rows", "hours"),
    [
        ((2030, 3, 31), 276, [0, *range(2, 24)]),  # the clocks skip one to two
        ((2030, 10, 27), 300, [0, 1, 1, *range(2, 24)]),
        ((2030, 1, 7), 288, list(range(24))),
    ],
)
def test_a_day_on_which_the_clocks_change_has_as_many_rows_as_hours(
    date: tuple[int, int, int], rows: int, hours: list[int]
) -> None:
    day = day_in(LONDON, *date)
    frame = frame_of(day, day)
    assert frame.rows == rows
    assert [tick.moment.astimezone(LONDON).hour for tick in frame.ticks()] == hours


def test_an_afternoon_is_drawn_right_after_the_clocks_changed() -> None:
    day = day_in(LONDON, 2030, 3, 31)
    noon = Interval(
        datetime(2030, 3, 31, 11, tzinfo=UTC), datetime(2030, 3, 31, 11, 30, tzinfo=UTC)
    )
    frame = frame_of(day, noon)
    assert [tick.moment.hour for tick in frame.ticks()] == [12]
    assert frame.seat(noon) == Place(0, 6)


def test_half_an_hours_change_keeps_the_full_hours_on_the_clock() -> None:
    lord_howe = ZoneInfo("Australia/Lord_Howe")
    day = day_in(lord_howe, 2030, 4, 7)  # 02:00 becomes 01:30
    frame = frame_of(day, day, place=lord_howe)
    assert frame.rows == 294
    ticks = frame.ticks()
    assert {tick.moment.minute for tick in ticks} == {0}
    assert [tick.row for tick in ticks[:4]] == [0, 12, 30, 42]


def test_what_began_the_day_before_is_cut_at_midnight() -> None:
    day = day_in(LONDON, 2030, 1, 7)
    night = at(day, -60, 120)
    frame = frame_of(day, night)
    assert frame.span == Interval(day.start, day.start + timedelta(hours=1))
    assert frame.seat(night) == Place(0, 12)


def test_a_short_visit_takes_the_rows_that_it_needs_to_be_read() -> None:
    day = day_in(LONDON, 2030, 1, 7)
    frame = frame_of(day, at(day, 9 * 60, 60))
    assert frame.seat(at(day, 9 * 60 + 30, 5), least=3) == Place(6, 3)
    # At the end of the frame there is no room below it.
    assert frame.seat(at(day, 9 * 60 + 55, 5), least=3) == Place(9, 3)


@settings(deadline=None)
@given(st.integers(0, 23 * 60), st.integers(1, 600))
def test_whatever_is_shown_lies_in_its_frame(start: int, length: int) -> None:
    day = day_in(LONDON, 2030, 10, 27)
    shown = at(day, start, length)
    frame = frame_of(day, shown)
    place = frame.seat(shown)
    assert place.row >= 0
    assert place.end <= frame.rows
    if shown.end <= day.end:
        assert frame.span.contains(shown)
        assert place.rows * ROW >= shown.length
