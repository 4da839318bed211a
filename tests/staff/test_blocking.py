"""Blocked time: once, again and again, and freed in part."""

from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock
from zoneinfo import ZoneInfo

import pytest
from django.db import DatabaseError
from pghistory.core import event_models

from businesses.actor import Actor
from businesses.recurrence import BadRule, Rule
from staff.blocking import EndsBeforeItBegins, Scope, block, unblock
from staff.models import Staff, TimeBlocker
from tests.factories import BusinessFactory, StaffFactory

pytestmark = pytest.mark.django_db

LONDON, BERLIN = ZoneInfo("Europe/London"), ZoneInfo("Europe/Berlin")
BOSS = Actor(name="Ben Ashworth", source="desk")


@pytest.fixture
def grace() -> Staff:
    found: Staff = StaffFactory(name="Grace")
    return found


def blocked(staff: Staff, start: datetime, hours: float = 1, rule: str = "") -> list[TimeBlocker]:
    return block(
        staff=staff,
        starts_at=start,
        ends_at=start + timedelta(hours=hours),
        reason="Meeting",
        rule=Rule.read(rule) if rule else None,
        by=BOSS,
    )


def walls(rows: list[TimeBlocker], place: ZoneInfo = LONDON) -> list[str]:
    return [f"{row.starts_at.astimezone(place):%m-%d %H:%M}" for row in rows]


def test_time_is_blocked_once(grace: Staff) -> None:
    (row,) = blocked(grace, datetime(2027, 3, 1, 9, tzinfo=LONDON))
    row.refresh_from_db()
    assert (row.business_id, row.staff_id, row.reason) == (grace.business_id, grace.pk, "Meeting")
    assert (row.recurring_blocker_id, row.rrule) == (None, "")
    assert row.ends_at - row.starts_at == timedelta(hours=1)


def test_a_weekly_meeting_keeps_its_time_when_the_clocks_change(grace: Staff) -> None:
    start = datetime(2027, 3, 17, 9, tzinfo=LONDON)
    rows = blocked(grace, start, rule="FREQ=WEEKLY;BYDAY=WE;UNTIL=20270407")
    assert walls(rows) == ["03-17 09:00", "03-24 09:00", "03-31 09:00", "04-07 09:00"]
    assert [row.starts_at.astimezone(UTC).hour for row in rows] == [9, 9, 8, 8]


def test_repeats_share_a_series_and_its_rule(grace: Staff) -> None:
    start = datetime(2027, 3, 15, 9, tzinfo=LONDON)
    rows = blocked(grace, start, rule="freq=weekly;byday=we,mo;until=20270324")
    assert TimeBlocker.objects.count() == len(rows) == 4
    assert len({row.recurring_blocker_id for row in rows}) == 1
    assert rows[0].recurring_blocker_id is not None
    assert {row.rrule for row in rows} == {"FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20270324"}
    other = blocked(grace, start, rule="FREQ=DAILY;COUNT=2")
    assert other[0].recurring_blocker_id != rows[0].recurring_blocker_id


def test_the_clock_is_that_of_the_staff_member() -> None:
    business = BusinessFactory(timezone="America/New_York")
    berliner = StaffFactory(business=business, timezone="Europe/Berlin")
    # New York changes its clocks two weeks before Berlin.
    start = datetime(2027, 3, 10, 15, tzinfo=BERLIN)
    rows = blocked(berliner, start, rule="FREQ=WEEKLY;COUNT=4")
    assert walls(rows, BERLIN) == ["03-10 15:00", "03-17 15:00", "03-24 15:00", "03-31 15:00"]
    newyorker = StaffFactory(business=business)
    rows = blocked(newyorker, start, rule="FREQ=WEEKLY;COUNT=4")
    assert walls(rows, BERLIN) == ["03-10 15:00", "03-17 14:00", "03-24 14:00", "03-31 15:00"]


def test_each_is_as_long_as_the_first_over_a_clock_change_too(grace: Staff) -> None:
    night = datetime(2027, 3, 26, 22, tzinfo=LONDON)
    rows = blocked(grace, night, hours=8, rule="FREQ=DAILY;COUNT=3")
    assert {row.ends_at - row.starts_at for row in rows} == {timedelta(hours=8)}
    ends = [row.ends_at.astimezone(LONDON).hour for row in rows]
    assert ends == [6, 7, 6]  # the second night is an hour short


def test_a_first_one_over_a_clock_change_gives_its_true_length(grace: Staff) -> None:
    start = datetime(2027, 3, 27, 22, tzinfo=LONDON)
    end = datetime(2027, 3, 28, 6, tzinfo=LONDON)
    rows = block(
        staff=grace, starts_at=start, ends_at=end, rule=Rule.read("FREQ=DAILY;COUNT=2"), by=BOSS
    )
    assert {row.ends_at - row.starts_at for row in rows} == {timedelta(hours=7)}


def test_a_time_that_the_clocks_skip_is_left_out(grace: Staff) -> None:
    start = datetime(2027, 3, 27, 1, 30, tzinfo=LONDON)
    rows = blocked(grace, start, rule="FREQ=DAILY;UNTIL=20270329")
    assert walls(rows) == ["03-27 01:30", "03-29 01:30"]


def test_a_month_without_the_day_is_left_out(grace: Staff) -> None:
    start = datetime(2027, 1, 31, 9, tzinfo=LONDON)
    rows = blocked(grace, start, rule="FREQ=MONTHLY;BYMONTHDAY=31;UNTIL=20270601")
    assert walls(rows) == ["01-31 09:00", "03-31 09:00", "05-31 09:00"]


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;UNTIL=20330101",  # more than five years
        "FREQ=DAILY;COUNT=2001",
        "FREQ=WEEKLY;BYDAY=FR;UNTIL=20270601",  # doesn't begin on a Friday
        "FREQ=DAILY;UNTIL=20270101",  # over before it begins
    ],
)
def test_a_rule_that_can_not_be_followed_blocks_nothing(rule: str, grace: Staff) -> None:
    with pytest.raises(BadRule):
        blocked(grace, datetime(2027, 3, 1, 9, tzinfo=LONDON), rule=rule)
    assert not TimeBlocker.objects.exists()


def test_five_years_of_days_are_not_too_many(grace: Staff) -> None:
    rows = blocked(grace, datetime(2027, 3, 1, 9, tzinfo=LONDON), rule="FREQ=DAILY;UNTIL=20320229")
    assert TimeBlocker.objects.count() == len(rows) == 1827


def test_blocked_time_ends_after_it_begins(grace: Staff) -> None:
    with pytest.raises(EndsBeforeItBegins):
        blocked(grace, datetime(2027, 3, 1, 9, tzinfo=LONDON), hours=0)
    assert not TimeBlocker.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_all_repeats_are_there_or_none(grace: Staff) -> None:
    def fails(rows: list[TimeBlocker]) -> None:
        rows[0].save(force_insert=True)
        raise DatabaseError("The disk is full.")

    with (
        mock.patch.object(TimeBlocker.objects, "bulk_create", side_effect=fails),
        pytest.raises(DatabaseError),
    ):
        blocked(grace, datetime(2027, 3, 1, 9, tzinfo=LONDON), rule="FREQ=DAILY;COUNT=3")
    assert not TimeBlocker.objects.exists()


# --- Freed ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scope", "gone", "left"),
    [
        ("this", 1, ["03-01 09:00", "03-03 09:00", "03-04 09:00"]),
        ("following", 3, ["03-01 09:00"]),
        ("all", 4, []),
    ],
)
def test_a_repeat_is_freed_alone_or_with_those_after_it_or_with_all(
    scope: Scope, gone: int, left: list[str], grace: Staff
) -> None:
    start = datetime(2027, 3, 1, 9, tzinfo=LONDON)
    rows = blocked(grace, start, rule="FREQ=DAILY;COUNT=4")
    (alone,) = blocked(grace, start + timedelta(days=1))
    assert unblock(blocker=rows[1], scope=scope, by=BOSS) == gone
    assert walls(list(TimeBlocker.objects.exclude(pk=alone.pk))) == left
    assert TimeBlocker.objects.filter(pk=alone.pk).exists()


@pytest.mark.parametrize("scope", ["this", "following", "all"])
def test_what_is_not_repeated_is_freed_alone(scope: Scope, grace: Staff) -> None:
    start = datetime(2027, 3, 1, 9, tzinfo=LONDON)
    (one,), (other,) = blocked(grace, start), blocked(grace, start + timedelta(days=1))
    assert unblock(blocker=one, scope=scope, by=BOSS) == 1
    assert TimeBlocker.objects.get() == other


def test_the_history_says_who_blocked_and_who_freed(grace: Staff) -> None:
    start = datetime(2027, 3, 1, 9, tzinfo=LONDON)
    rows = blocked(grace, start, rule="FREQ=DAILY;COUNT=2")
    unblock(blocker=rows[0], scope="all", by=Actor(name="Sofia Marchetti", source="desk"))
    events: Any = event_models(tracks_model=TimeBlocker)[0]
    told = events.objects.order_by("pgh_id").values_list("pgh_label", "pgh_context__name")
    assert list(told) == [
        ("insert", "Ben Ashworth"),
        ("insert", "Ben Ashworth"),
        ("delete", "Sofia Marchetti"),
        ("delete", "Sofia Marchetti"),
    ]


def test_however_many_they_are_written_by_two_statements(
    grace: Staff, django_assert_num_queries: Any
) -> None:
    start = datetime(2027, 3, 1, 9, tzinfo=LONDON)
    with django_assert_num_queries(2):
        blocked(grace, start, rule="FREQ=DAILY;COUNT=100")
