"""Half-open intervals: two visits that only meet are not in each other's way."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from businesses.intervals import Interval, common, merged, without
from tests.soak import FACTOR

NOON = datetime(2030, 1, 7, 12, tzinfo=UTC)


def at(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


def span(start: int, end: int) -> Interval:
    return Interval(at(start), at(end))


# The thirteen relations of two intervals, each with what overlap says of it. The other is 10–20.
OTHER = span(10, 20)
RELATIONS = {
    "before": (span(0, 5), False),
    "meets": (span(0, 10), False),
    "overlaps": (span(5, 15), True),
    "starts": (span(10, 15), True),
    "during": (span(12, 18), True),
    "finishes": (span(15, 20), True),
    "equals": (span(10, 20), True),
    "is started by": (span(10, 25), True),
    "contains": (span(5, 25), True),
    "is finished by": (span(5, 20), True),
    "is overlapped by": (span(15, 25), True),
    "is met by": (span(20, 30), False),
    "after": (span(25, 30), False),
}


@pytest.mark.parametrize(("one", "overlap"), RELATIONS.values(), ids=RELATIONS.keys())
def test_overlap_in_each_of_the_thirteen_relations(one: Interval, overlap: bool) -> None:
    assert one.overlaps(OTHER) is overlap
    assert OTHER.overlaps(one) is overlap


def overlaps_in_sql(one: Interval, other: Interval) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tstzrange(%s, %s) && tstzrange(%s, %s)",
            (one.start, one.end, other.start, other.end),
        )
        ((answer,),) = cursor.fetchall()
    assert isinstance(answer, bool)
    return answer


@pytest.mark.django_db
@pytest.mark.parametrize(("one", "overlap"), RELATIONS.values(), ids=RELATIONS.keys())
def test_the_database_means_the_same_by_overlap(one: Interval, overlap: bool) -> None:
    assert overlaps_in_sql(one, OTHER) is overlap
    assert overlaps_in_sql(OTHER, one) is overlap


@pytest.mark.parametrize(("start", "end"), [(5, 5), (6, 5)], ids=["empty", "backwards"])
def test_an_interval_ends_after_it_starts(start: int, end: int) -> None:
    with pytest.raises(ValueError) as refused:
        span(start, end)
    assert str(refused.value) == "An interval ends after it starts."


def test_buffers_widen_an_interval_on_both_sides() -> None:
    widened = span(10, 20).widened(before=timedelta(minutes=3), after=timedelta(minutes=7))
    assert widened == span(7, 27)
    assert widened.length == timedelta(minutes=20)


def test_an_interval_contains_itself_and_nothing_that_reaches_out_of_it() -> None:
    assert OTHER.contains(OTHER)
    assert OTHER.contains(span(12, 18))
    assert not OTHER.contains(span(9, 18))
    assert not OTHER.contains(span(12, 21))


# Arithmetic on sets of moments, held against the plainest account of it: the set of minutes.
spans = st.builds(
    lambda start, length: span(start, start + length), st.integers(0, 60), st.integers(1, 30)
)
several = st.lists(spans, max_size=6)


def minutes(intervals: list[Interval]) -> set[int]:
    return {
        minute
        for interval in intervals
        for minute in range(
            int((interval.start - NOON).total_seconds()) // 60,
            int((interval.end - NOON).total_seconds()) // 60,
        )
    }


def apart(intervals: list[Interval]) -> bool:
    """In order, and no two of them meet."""
    return all(one.end < other.start for one, other in pairwise(intervals))


@given(spans, spans)
@settings(max_examples=100 * FACTOR)
def test_intervals_overlap_exactly_when_they_share_a_minute(one: Interval, other: Interval) -> None:
    assert one.overlaps(other) is bool(minutes([one]) & minutes([other]))
    assert one.contains(other) is (minutes([other]) <= minutes([one]))


@given(several)
@settings(max_examples=100 * FACTOR)
def test_merging_keeps_every_minute_in_the_fewest_intervals(some: list[Interval]) -> None:
    result = merged(some)
    assert minutes(result) == minutes(some)
    assert apart(result)


@given(several, several)
@settings(max_examples=100 * FACTOR)
def test_common_time_is_every_minute_in_both(some: list[Interval], others: list[Interval]) -> None:
    result = common(some, others)
    assert minutes(result) == minutes(some) & minutes(others)
    assert apart(merged(result))


@given(several, several)
@settings(max_examples=100 * FACTOR)
def test_what_is_left_is_every_minute_of_one_and_none_of_the_other(
    some: list[Interval], others: list[Interval]
) -> None:
    result = without(some, others)
    assert minutes(result) == minutes(some) - minutes(others)
    assert result == sorted(result)
