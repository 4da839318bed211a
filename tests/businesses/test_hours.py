"""Weekly hours: how they are written, and what they mean on the days on which clocks change."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from businesses.hours import DAYS, BadHours, WeeklyHours, nine_to_five
from businesses.intervals import Interval, merged
from businesses.zones import zone
from tests.soak import FACTOR


def every_day(*pairs: list[int]) -> WeeklyHours:
    return WeeklyHours.read({day: [list(pair) for pair in pairs] for day in DAYS})


def opened(hours: WeeklyHours, day: str, place: str) -> list[tuple[str, str]]:
    """The open intervals of a date, in UTC as text."""
    return [
        (f"{span.start:%m-%d %H:%M}", f"{span.end:%m-%d %H:%M}")
        for span in hours.on(date.fromisoformat(day), zone(place))
    ]


def test_a_new_business_is_open_from_monday_to_friday_from_9_to_17() -> None:
    hours = WeeklyHours.read(nine_to_five())
    assert hours.days == (((540, 1020),),) * 5 + ((), ())


def test_a_day_that_is_left_out_is_closed() -> None:
    hours = WeeklyHours.read({"monday": [[900, 1200], [1300, 1700]]})
    assert opened(hours, "2030-01-07", "UTC") == [
        ("01-07 09:00", "01-07 12:00"),
        ("01-07 13:00", "01-07 17:00"),
    ]
    assert opened(hours, "2030-01-08", "UTC") == []


def test_pairs_may_be_written_in_any_order_and_may_meet() -> None:
    hours = WeeklyHours.read({"monday": [[1200, 1700], [800, 1200]]})
    assert hours.days[0] == ((480, 720), (720, 1020))


def test_a_whole_day_is_written_0_to_2400() -> None:
    hours = every_day([0, 2400])
    assert opened(hours, "2030-01-07", "Europe/London") == [("01-07 00:00", "01-08 00:00")]


def test_a_shift_past_midnight_is_two_pairs_that_count_as_one() -> None:
    hours = WeeklyHours.read({"monday": [[2200, 2400]], "tuesday": [[0, 600]]})
    place = zone("Europe/London")
    night = merged(hours.on(date(2030, 1, 7), place) + hours.on(date(2030, 1, 8), place))
    assert night == [
        Interval(datetime(2030, 1, 7, 22, tzinfo=UTC), datetime(2030, 1, 8, 6, tzinfo=UTC))
    ]


def test_hours_are_written_with_all_days_in_order_and_each_day_from_morning_to_night() -> None:
    written = WeeklyHours.read({"tuesday": [[1330, 2400], [0, 905]], "monday": [[900, 1200]]})
    told = written.written()
    assert list(told) == list(DAYS)
    assert told == {day: [] for day in DAYS} | {
        "monday": [[900, 1200]],
        "tuesday": [[0, 905], [1330, 2400]],
    }
    assert WeeklyHours.read(told) == written


BAD: dict[str, tuple[Any, str]] = {
    "no object": ([], 'Write an object such as {"monday": [[900, 1700]]}.'),
    "nothing": (None, 'Write an object such as {"monday": [[900, 1700]]}.'),
    "text": ("9-17", 'Write an object such as {"monday": [[900, 1700]]}.'),
    "a day in another language": (
        {"montag": []},
        "'montag' is not a day; write monday, tuesday, wednesday, thursday, friday, saturday,"
        " sunday.",
    ),
    "a day in capitals": (
        {"Monday": []},
        "'Monday' is not a day; write monday, tuesday, wednesday, thursday, friday, saturday,"
        " sunday.",
    ),
    "no list": (
        {"monday": None},
        "monday: write a list of pairs such as [[900, 1200], [1300, 1700]].",
    ),
    "one pair without its list": (
        {"monday": [900, 1700]},
        "monday: write a list of pairs such as [[900, 1200], [1300, 1700]].",
    ),
    "three times": (
        {"monday": [[900, 1200, 1700]]},
        "monday: write a list of pairs such as [[900, 1200], [1300, 1700]].",
    ),
    "one time": (
        {"monday": [[900]]},
        "monday: write a list of pairs such as [[900, 1200], [1300, 1700]].",
    ),
    "text for a time": (
        {"sunday": [["900", 1700]]},
        "sunday: '900' is not a time; write a number such as 930 for 9:30.",
    ),
    "a fraction": (
        {"sunday": [[900.5, 1700]]},
        "sunday: 900.5 is not a time; write a number such as 930 for 9:30.",
    ),
    "true": (
        {"sunday": [[True, 1700]]},
        "sunday: True is not a time; write a number such as 930 for 9:30.",
    ),
    "minute sixty": (
        {"friday": [[960, 1700]]},
        "friday: 960 is not a time of day; write 0 to 2359, or 2400 as an end.",
    ),
    "before midnight": (
        {"friday": [[-100, 1700]]},
        "friday: -100 is not a time of day; write 0 to 2359, or 2400 as an end.",
    ),
    "after midnight": (
        {"friday": [[900, 2401]]},
        "friday: 2401 is not a time of day; write 0 to 2359, or 2400 as an end.",
    ),
    "2400 as a start": (
        {"friday": [[2400, 2400]]},
        "friday: 2400 is not a time of day; write 0 to 2359, or 2400 as an end.",
    ),
    "hour 25": (
        {"friday": [[900, 2500]]},
        "friday: 2500 is not a time of day; write 0 to 2359, or 2400 as an end.",
    ),
    "a long text": (
        {"friday": [["9" * 10_000, 1700]]},
        "friday: '999999999999...9999999999999' is not a time; write a number such as 930 for"
        " 9:30.",
    ),
    "backwards": ({"friday": [[1700, 900]]}, "friday: a pair must end after it starts."),
    "empty": ({"friday": [[900, 900]]}, "friday: a pair must end after it starts."),
    "overlapping": ({"friday": [[900, 1300], [1200, 1700]]}, "friday: two pairs overlap."),
    "twice the same": ({"friday": [[900, 1300], [900, 1300]]}, "friday: two pairs overlap."),
}


@pytest.mark.parametrize(("written", "sentence"), BAD.values(), ids=BAD.keys())
def test_hours_that_are_not_hours_are_refused_in_a_sentence(written: Any, sentence: str) -> None:
    with pytest.raises(BadHours) as refused:
        WeeklyHours.read(written)
    assert str(refused.value) == sentence


CLOCK_CHANGES = [
    # London loses 1:00–2:00 on 31 March 2030, and has it twice on 27 October.
    ("Europe/London", "2030-03-31", [[900, 1700]], [("03-31 08:00", "03-31 16:00")]),
    ("Europe/London", "2030-03-30", [[900, 1700]], [("03-30 09:00", "03-30 17:00")]),
    ("Europe/London", "2030-03-31", [[0, 2400]], [("03-31 00:00", "03-31 23:00")]),
    ("Europe/London", "2030-03-31", [[0, 130]], [("03-31 00:00", "03-31 01:00")]),
    ("Europe/London", "2030-03-31", [[130, 300]], [("03-31 01:00", "03-31 02:00")]),
    ("Europe/London", "2030-03-31", [[100, 200]], []),
    ("Europe/London", "2030-10-27", [[900, 1700]], [("10-27 09:00", "10-27 17:00")]),
    ("Europe/London", "2030-10-27", [[0, 2400]], [("10-26 23:00", "10-28 00:00")]),
    ("Europe/London", "2030-10-27", [[100, 200]], [("10-27 00:00", "10-27 02:00")]),
    ("Europe/London", "2030-10-27", [[0, 130]], [("10-26 23:00", "10-27 01:30")]),
    ("Europe/London", "2030-10-27", [[130, 300]], [("10-27 00:30", "10-27 03:00")]),
    # Lord Howe Island changes by half an hour, at 2:00.
    ("Australia/Lord_Howe", "2030-10-06", [[0, 2400]], [("10-05 13:30", "10-06 13:00")]),
    ("Australia/Lord_Howe", "2030-10-06", [[200, 400]], [("10-05 15:30", "10-05 17:00")]),
    ("Australia/Lord_Howe", "2030-04-07", [[0, 2400]], [("04-06 13:00", "04-07 13:30")]),
    ("Australia/Lord_Howe", "2030-04-07", [[130, 200]], [("04-06 14:30", "04-06 15:30")]),
    # Apia went from 29 to 31 December 2011.
    ("Pacific/Apia", "2011-12-29", [[0, 2400]], [("12-29 10:00", "12-30 10:00")]),
    ("Pacific/Apia", "2011-12-30", [[0, 2400]], []),
    ("Pacific/Apia", "2011-12-30", [[900, 1700]], []),
    ("Pacific/Apia", "2011-12-31", [[0, 2400]], [("12-30 10:00", "12-31 10:00")]),
    # São Paulo's 4 November 2018 began at 1:00.
    ("America/Sao_Paulo", "2018-11-04", [[0, 800]], [("11-04 03:00", "11-04 10:00")]),
    ("America/Sao_Paulo", "2018-11-03", [[2200, 2400]], [("11-04 01:00", "11-04 03:00")]),
    ("America/Sao_Paulo", "2018-11-04", [[0, 30]], []),
    # Kathmandu is 5:45 from UTC, always.
    ("Asia/Kathmandu", "2030-03-31", [[900, 1700]], [("03-31 03:15", "03-31 11:15")]),
    ("Asia/Kathmandu", "2030-01-07", [[0, 2400]], [("01-06 18:15", "01-07 18:15")]),
]


@pytest.mark.parametrize(
    ("place", "day", "pairs", "expected"),
    CLOCK_CHANGES,
    ids=[f"{place} {day} {pairs[0]}" for place, day, pairs, _ in CLOCK_CHANGES],
)
def test_hours_are_wall_clock_hours_on_the_days_on_which_clocks_change(
    place: str, day: str, pairs: list[list[int]], expected: list[tuple[str, str]]
) -> None:
    assert opened(every_day(*pairs), day, place) == expected


@pytest.mark.parametrize(
    ("place", "first"),
    [
        ("Europe/London", date(2030, 3, 30)),
        ("Europe/London", date(2030, 10, 26)),
        ("Australia/Lord_Howe", date(2030, 4, 6)),
        ("Australia/Lord_Howe", date(2030, 10, 5)),
        ("Pacific/Apia", date(2011, 12, 29)),
        ("America/Sao_Paulo", date(2018, 11, 3)),
        ("America/Sao_Paulo", date(2018, 2, 17)),
        ("America/Havana", date(2030, 11, 2)),
    ],
)
def test_who_is_open_day_and_night_has_no_gap_at_a_clock_change(place: str, first: date) -> None:
    hours = every_day([0, 2400])
    days = [hours.on(first + timedelta(days=n), zone(place)) for n in range(3)]
    whole = merged(span for spans in days for span in spans)
    assert len(whole) == 1


times = st.integers(0, 24 * 60)


@st.composite
def written_days(draw: st.DrawFn) -> list[list[int]]:
    """A correct day: an even number of different times, two by two."""
    edges = sorted(draw(st.sets(times, max_size=6)))
    pairs = zip(edges[::2], edges[1::2], strict=False)
    return [[minute // 60 * 100 + minute % 60 for minute in pair] for pair in pairs]


@given(
    written_days(),
    st.sampled_from(["Europe/London", "Australia/Lord_Howe", "America/Sao_Paulo", "UTC"]),
    st.dates(date(2017, 1, 1), date(2037, 12, 31)),
)
@settings(max_examples=60 * FACTOR)
def test_a_minute_is_open_exactly_when_the_clock_shows_a_time_within_a_pair(
    pairs: list[list[int]], place: str, day: date
) -> None:
    """Asked minute by minute of the instants, which is the long way round."""
    spans = every_day(*pairs).on(day, zone(place))
    midday = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    for minute in range(-38 * 60, 38 * 60, 13):
        moment = midday + timedelta(minutes=minute)
        local = moment.astimezone(zone(place))
        written = local.hour * 100 + local.minute
        within = local.date() == day and any(start <= written < end for start, end in pairs)
        is_open = any(span.start <= moment < span.end for span in spans)
        # In an hour that comes twice, a pair that ends or starts within it keeps the rest of
        # one round open: see the table above.
        twice = local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()
        assert twice or is_open == within
