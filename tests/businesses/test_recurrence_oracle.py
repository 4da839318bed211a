"""Others read the rules the same way: ical.js, rrule-temporal, and python-dateutil as a whole.

`recurrence_oracle.json` holds what the first two make of random rules (`oracle/generate.mjs`);
neither has anything in common with python-dateutil. The last is asked about rules made here.
"""

import json
from datetime import datetime, timedelta
from itertools import dropwhile, islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil import rrule
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from businesses.recurrence import PARTS, STEPS, BadRule, Rule
from tests.soak import FACTOR

UTC = ZoneInfo("UTC")
ORACLE = json.loads((Path(__file__).parent / "recurrence_oracle.json").read_text())
CASES: list[dict[str, Any]] = ORACLE["cases"]


@pytest.mark.parametrize("freq", STEPS)
def test_two_independent_libraries_give_the_same_dates(freq: str) -> None:
    cases = [case for case in CASES if case["rule"].startswith(f"FREQ={freq};")]
    assert len(cases) >= 300
    for case in cases:
        dates = Rule.read(case["rule"]).occurrences(
            datetime.fromisoformat(case["start"]), UTC, most=5000, within_years=30
        )
        assert [f"{date.wall:%Y-%m-%d}" for date in dates] == case["dates"], case["rule"]


def test_the_libraries_were_asked_about_every_part() -> None:
    assert len({case["rule"] for case in CASES}) == len(CASES) >= 1500
    assert len([case for case in CASES if case["by"] == ["ical.js", "rrule-temporal"]]) >= 1400
    for part in PARTS:
        assert len([case for case in CASES if f"{part}=" in case["rule"]]) >= 200, part


def lists(values: st.SearchStrategy[int], most: int) -> st.SearchStrategy[tuple[int, ...]]:
    chosen = st.lists(values, min_size=1, max_size=most, unique=True).map(tuple)
    return st.just(()) | chosen


def both(most: int) -> st.SearchStrategy[int]:
    return st.integers(-most, most).filter(bool)


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    freq = draw(st.sampled_from(list(STEPS)))
    months = draw(lists(st.integers(1, 12), 4))
    dates = () if freq == "WEEKLY" else draw(lists(both(31), 4))
    # Plain days or numbered ones: dateutil takes a mixture for days that are both.
    ordinals = st.just(0)
    if freq in ("MONTHLY", "YEARLY") and draw(st.booleans()):
        ordinals = both(53 if freq == "YEARLY" and not months else 5)
    day = st.tuples(ordinals, st.integers(0, 6))
    days = draw(st.lists(day, max_size=5, unique=True))
    places = draw(lists(both(8), 3)) if months or dates or days else ()
    rule = Rule(
        freq=freq,
        interval=draw(st.integers(1, 8)),
        count=draw(st.integers(1, 20)),
        by_day=tuple(days),
        by_month_day=dates,
        by_month=months,
        by_set_pos=places,
    )
    return Rule.read(rule.written)


starts = st.integers(0, 20 * 365 * 96).map(
    lambda quarters: datetime.fromisoformat("2020-01-01") + timedelta(minutes=15 * quarters)
)


@given(rules(), starts)
@settings(max_examples=200 * FACTOR, deadline=None)
def test_dateutil_gives_the_same_dates(rule: Rule, start: datetime) -> None:
    # A refused start names one that isn't; what is refused then has too few dates for its count.
    code = ""
    try:
        dates = rule.occurrences(start, UTC, within_years=20)
    except BadRule as refused:
        assume(refused.code == "rrule_start")
        start = datetime.fromisoformat(str(refused)[-17:-1])
        try:
            dates = rule.occurrences(start, UTC, within_years=20)
        except BadRule as sparse:
            code = sparse.code
    assert code in ("", "rrule_too_long")
    assume(not code)
    # It lets the first week begin at the start, which matters to BYSETPOS; so it is asked from the
    # Monday on, and for the start's weekday by name.
    begin = start - timedelta(days=start.weekday() if rule.freq == "WEEKLY" else 0)
    days = rule.by_day or (((0, start.weekday()),) if rule.freq == "WEEKLY" else ())
    theirs = rrule.rrule(
        STEPS[rule.freq],
        dtstart=begin,
        interval=rule.interval,
        wkst=rrule.MO,
        bymonth=rule.by_month or None,
        bymonthday=rule.by_month_day or None,
        byweekday=[rrule.weekday(day, ordinal or None) for ordinal, day in days] or None,
        bysetpos=rule.by_set_pos or None,
    )
    from_start = dropwhile(lambda wall: wall < start, theirs)
    assert [date.wall for date in dates] == list(islice(from_start, len(dates)))
