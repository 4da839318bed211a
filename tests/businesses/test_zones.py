"""Wall clocks and instants, on the days on which clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from businesses.zones import (
    UnknownZone,
    closing,
    jump_over,
    moments_at,
    opening,
    zone,
    zone_names,
)
from tests.soak import FACTOR

LONDON = "Europe/London"
LORD_HOWE = "Australia/Lord_Howe"  # its clocks change by half an hour
APIA = "Pacific/Apia"  # had no 30 December 2011
SAO_PAULO = "America/Sao_Paulo"  # its days used to begin at 1:00 once a year
KATHMANDU = "Asia/Kathmandu"  # 5:45 from UTC, no clock changes
HAVANA = "America/Havana"  # its midnight comes twice once a year


def wall(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    assert moment.tzinfo is None
    return moment


def utc(*texts: str) -> list[datetime]:
    return [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in texts]


MOMENTS = [
    (LONDON, "2030-01-07 09:00", ["2030-01-07 09:00"]),
    (LONDON, "2030-07-01 09:00", ["2030-07-01 08:00"]),
    (LONDON, "2030-03-31 00:59", ["2030-03-31 00:59"]),
    (LONDON, "2030-03-31 01:00", []),
    (LONDON, "2030-03-31 01:59", []),
    (LONDON, "2030-03-31 02:00", ["2030-03-31 01:00"]),
    (LONDON, "2030-10-27 00:59", ["2030-10-26 23:59"]),
    (LONDON, "2030-10-27 01:00", ["2030-10-27 00:00", "2030-10-27 01:00"]),
    (LONDON, "2030-10-27 01:59", ["2030-10-27 00:59", "2030-10-27 01:59"]),
    (LONDON, "2030-10-27 02:00", ["2030-10-27 02:00"]),
    (LORD_HOWE, "2030-10-06 02:15", []),
    (LORD_HOWE, "2030-10-06 02:30", ["2030-10-05 15:30"]),
    (LORD_HOWE, "2030-04-07 01:45", ["2030-04-06 14:45", "2030-04-06 15:15"]),
    (LORD_HOWE, "2030-04-07 02:00", ["2030-04-06 15:30"]),
    (APIA, "2011-12-29 23:59", ["2011-12-30 09:59"]),
    (APIA, "2011-12-30 00:00", []),
    (APIA, "2011-12-30 12:00", []),
    (APIA, "2011-12-31 00:00", ["2011-12-30 10:00"]),
    (SAO_PAULO, "2018-11-04 00:00", []),
    (SAO_PAULO, "2018-11-04 01:00", ["2018-11-04 03:00"]),
    (SAO_PAULO, "2018-02-17 23:30", ["2018-02-18 01:30", "2018-02-18 02:30"]),
    (KATHMANDU, "2030-01-07 09:00", ["2030-01-07 03:15"]),
    (HAVANA, "2030-11-03 00:00", ["2030-11-03 04:00", "2030-11-03 05:00"]),
]


@pytest.mark.parametrize(
    ("name", "text", "moments"), MOMENTS, ids=[f"{name} {text}" for name, text, _ in MOMENTS]
)
def test_a_wall_time_comes_never_once_or_twice(name: str, text: str, moments: list[str]) -> None:
    assert moments_at(wall(text), zone(name)) == utc(*moments)


JUMPS = [
    (LONDON, "2030-03-31 01:00", "2030-03-31 01:00"),
    (LONDON, "2030-03-31 01:59", "2030-03-31 01:00"),
    (LORD_HOWE, "2030-10-06 02:15", "2030-10-05 15:30"),
    (APIA, "2011-12-30 00:00", "2011-12-30 10:00"),
    (APIA, "2011-12-30 23:59", "2011-12-30 10:00"),
    (SAO_PAULO, "2018-11-04 00:30", "2018-11-04 03:00"),
]


@pytest.mark.parametrize(
    ("name", "text", "moment"), JUMPS, ids=[f"{name} {text}" for name, text, _ in JUMPS]
)
def test_a_skipped_time_counts_as_the_moment_of_the_clock_change(
    name: str, text: str, moment: str
) -> None:
    (change,) = utc(moment)
    place = zone(name)
    assert moments_at(wall(text), place) == []
    assert jump_over(wall(text), place) == change
    assert opening(wall(text), place) == change
    assert closing(wall(text), place) == change


def test_of_two_equal_wall_times_one_opens_at_the_first_and_closes_at_the_last() -> None:
    half_past_one = wall("2030-10-27 01:30")
    assert [opening(half_past_one, zone(LONDON))] == utc("2030-10-27 00:30")
    assert [closing(half_past_one, zone(LONDON))] == utc("2030-10-27 01:30")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Mars/Olympus",
        "europe/london",
        " Europe/London",
        "Europe/London\x00",
        "../../etc/passwd",
        "/usr/share/zoneinfo/Europe/London",
        "localtime",
        "Factory",
        "A" * 10_000,
    ],
)
def test_only_names_of_the_time_zone_database_are_zones(name: str) -> None:
    with pytest.raises(UnknownZone) as refused:
        zone(name)
    assert str(refused.value) == name[:64]


def test_every_zone_that_may_be_chosen_can_be_read() -> None:
    assert {LONDON, "UTC", KATHMANDU} <= zone_names()
    for name in zone_names():
        assert zone(name).key == name


places = st.sampled_from(sorted(zone_names())).map(ZoneInfo)
instants = st.integers(0, 48 * 365 * 24 * 60).map(
    lambda minutes: datetime(1990, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@given(places, instants)
@settings(max_examples=150 * FACTOR)
def test_every_instant_is_found_by_what_clocks_show_at_it(
    place: ZoneInfo, moment: datetime
) -> None:
    shown = moment.astimezone(place).replace(tzinfo=None)
    found = moments_at(shown, place)
    assert moment in found
    assert opening(shown, place) == found[0] <= moment <= found[-1] == closing(shown, place)


@given(places, instants, st.integers(0, 48 * 60))
@settings(max_examples=150 * FACTOR)
def test_later_wall_times_never_open_or_close_before_earlier_ones_close(
    place: ZoneInfo, moment: datetime, later: int
) -> None:
    """What opens at a time and closes at the same or a later one is never backwards."""
    first = moment.replace(tzinfo=None)
    second = first + timedelta(minutes=later)
    assert opening(first, place) <= closing(second, place)
