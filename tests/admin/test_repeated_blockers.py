"""Blocked time that repeats: chosen in the admin, and deleted alone or with others."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from staff.models import TimeBlocker
from staff.roles import Role
from tests.admin.clinic import Clinic, as_user, errors, page, told, typed, words

pytestmark = pytest.mark.django_db

LONDON = ZoneInfo("Europe/London")


@pytest.fixture
def owner(mine: Clinic) -> Client:
    return as_user(mine.works(Role.OWNER))


def add(client: Client, clinic: Clinic, **changes: Any) -> Any:
    """A meeting on Wednesday 17 March 2027 from nine to ten, as it is typed, with changes."""
    sent = typed(client.get(page(TimeBlocker, "add")))
    sent |= {
        "staff": str(clinic.staff.pk),
        "starts_at_0": "2027-03-17",
        "starts_at_1": "09:00",
        "ends_at_0": "2027-03-17",
        "ends_at_1": "10:00",
        "reason": "Team meeting",
    }
    return client.post(page(TimeBlocker, "add"), sent | changes)


def meetings() -> list[str]:
    rows = TimeBlocker.objects.filter(reason="Team meeting").order_by("starts_at")
    return [f"{row.starts_at.astimezone(LONDON):%m-%d %H:%M}" for row in rows]


def series(clinic: Clinic, client: Client) -> list[TimeBlocker]:
    """Four Wednesdays over the clock change."""
    add(client, clinic, repeats="WEEKLY", until="2027-04-07")
    return list(TimeBlocker.objects.filter(reason="Team meeting").order_by("starts_at"))


def test_time_is_blocked_once_unless_it_is_said_to_repeat(mine: Clinic, owner: Client) -> None:
    assert add(owner, mine).status_code == 302
    assert meetings() == ["03-17 09:00"]
    row = TimeBlocker.objects.get(reason="Team meeting")
    assert (row.recurring_blocker_id, row.rrule) == (None, "")
    assert "Repeats" not in words(owner.get(page(row, "change")))


@pytest.mark.parametrize(
    ("chosen", "rule", "days"),
    [
        (
            {"repeats": "WEEKLY", "until": "2027-04-07"},
            "FREQ=WEEKLY;BYDAY=WE;UNTIL=20270407",
            ["03-17 09:00", "03-24 09:00", "03-31 09:00", "04-07 09:00"],
        ),
        (
            {"repeats": "WEEKLY", "weekdays": ["FR", "WE"], "until": "2027-03-26"},
            "FREQ=WEEKLY;BYDAY=WE,FR;UNTIL=20270326",
            ["03-17 09:00", "03-19 09:00", "03-24 09:00", "03-26 09:00"],
        ),
        (
            {"repeats": "DAILY", "until": "2027-03-19", "weekdays": ["MO"]},
            "FREQ=DAILY;UNTIL=20270319",
            ["03-17 09:00", "03-18 09:00", "03-19 09:00"],
        ),
        (
            {"repeats": "MONTHLY", "until": "2027-06-16"},
            "FREQ=MONTHLY;BYMONTHDAY=17;UNTIL=20270616",
            ["03-17 09:00", "04-17 09:00", "05-17 09:00"],
        ),
    ],
)
def test_repeats_are_rows_at_the_same_time_of_day(
    chosen: dict[str, Any], rule: str, days: list[str], mine: Clinic, owner: Client
) -> None:
    response = add(owner, mine, **chosen)
    assert response.status_code == 302
    assert told(response)[0].startswith(f"It repeats: {len(days)} times in all, the last on ")
    assert meetings() == days
    rows = TimeBlocker.objects.filter(reason="Team meeting")
    assert set(rows.values_list("rrule", flat=True)) == {rule}
    assert rows.values("recurring_blocker_id").distinct().count() == 1


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"repeats": "DAILY"}, {"until": ["Say until which day it repeats."]}),
        (
            {"repeats": "DAILY", "until": "2027-03-16"},
            {"until": ["That is before the first day."]},
        ),
        (
            {"repeats": "DAILY", "until": "2032-03-18"},
            {"until": ["It repeats at most 2000 times within 5 years."]},
        ),
        (
            {"repeats": "WEEKLY", "weekdays": ["MO", "FR"], "until": "2027-04-07"},
            {"weekdays": ["It begins on a Wednesday, which is not among these."]},
        ),
    ],
)
def test_repeats_that_can_not_be_are_errors_of_the_form(
    chosen: dict[str, Any], said: dict[str, list[str]], mine: Clinic, owner: Client
) -> None:
    assert errors(add(owner, mine, **chosen)) == said
    assert meetings() == []


@pytest.mark.parametrize(
    ("field", "value"),
    [("repeats", "SECONDLY"), ("weekdays", ["XX"]), ("until", "never"), ("until", "9999-12-31")],
)
def test_nonsense_is_an_error_of_its_field(
    field: str, value: Any, mine: Clinic, owner: Client
) -> None:
    sent = {"repeats": "WEEKLY", "until": "2027-04-07"} | {field: value}
    assert list(errors(add(owner, mine, **sent))) == [field]
    assert meetings() == []


def test_repeats_of_time_that_ends_before_it_begins_are_refused(
    mine: Clinic, owner: Client
) -> None:
    sent = {"repeats": "DAILY", "until": "2027-03-19", "ends_at_1": "08:00"}
    assert errors(add(owner, mine, **sent)) == {"ends_at": ["It ends before it begins."]}
    assert meetings() == []


def test_the_clock_is_that_of_the_staff_member(mine: Clinic, owner: Client) -> None:
    mine.staff.timezone = "America/New_York"  # summer time since 14 March
    mine.staff.save()
    add(owner, mine, repeats="WEEKLY", until="2027-03-31")
    assert meetings() == ["03-17 09:00", "03-24 09:00", "03-31 10:00"]


def test_a_row_of_a_series_says_what_it_is_part_of(mine: Clinic, owner: Client) -> None:
    row = series(mine, owner)[1]
    response = owner.get(page(row, "change"))
    assert "Every week on Wednesday, until 7 Apr 2027." in words(response)
    found = owner.get(
        page(TimeBlocker, "changelist"),
        {"recurring_blocker_id__exact": str(row.recurring_blocker_id)},
    )
    assert len(found.context["cl"].result_list) == 4
    filtered = owner.get(page(TimeBlocker, "changelist"), {"repeated": "no"})
    assert list(filtered.context["cl"].result_list) == [mine.blocker]


def test_a_change_of_one_leaves_the_others(mine: Clinic, owner: Client) -> None:
    row = series(mine, owner)[1]
    sent = typed(owner.get(page(row, "change"))) | {"starts_at_1": "08:30"}
    assert owner.post(page(row, "change"), sent).status_code == 302
    assert meetings() == ["03-17 09:00", "03-24 08:30", "03-31 09:00", "04-07 09:00"]


@pytest.mark.parametrize(
    ("scope", "left"),
    [
        (None, ["03-17 09:00", "03-31 09:00", "04-07 09:00"]),
        ("this", ["03-17 09:00", "03-31 09:00", "04-07 09:00"]),
        ("following", ["03-17 09:00"]),
        ("all", []),
    ],
)
def test_a_repeat_is_deleted_alone_or_with_others(
    scope: str | None, left: list[str], mine: Clinic, owner: Client
) -> None:
    row = series(mine, owner)[1]
    sent = {"post": "yes"} | ({"scope": scope} if scope else {})
    response = owner.post(page(row, "delete"), sent)
    assert response.status_code == 302
    assert meetings() == left
    gone = 4 - len(left)
    assert (f"{gone} time blockers are deleted." in told(response)) is (gone > 1)
    assert TimeBlocker.objects.filter(pk=mine.blocker.pk).exists()


def test_the_page_offers_what_may_be_deleted_with_it(mine: Clinic, owner: Client) -> None:
    row = series(mine, owner)[1]
    response = owner.get(page(row, "delete"))
    assert [(scope, count) for scope, _, count in response.context["scopes"]] == [
        ("this", 1),
        ("following", 3),
        ("all", 4),
    ]
    assert 'value="following"' in words(response)
    assert "scopes" not in owner.get(page(mine.blocker, "delete")).context


def test_another_word_deletes_nothing(mine: Clinic, owner: Client) -> None:
    row = series(mine, owner)[1]
    sent = {"post": "yes", "scope": "everything"}
    assert owner.post(page(row, "delete"), sent).status_code == 400
    assert len(meetings()) == 4


def test_a_series_of_another_business_is_not_deleted(
    mine: Clinic, theirs: Clinic, owner: Client
) -> None:
    row = series(theirs, as_user(theirs.works(Role.OWNER)))[0]
    response = owner.post(page(row, "delete"), {"post": "yes", "scope": "all"})
    assert response.status_code == 302
    assert len(meetings()) == 4


def test_who_only_reads_staff_neither_blocks_nor_frees(mine: Clinic, owner: Client) -> None:
    row = series(mine, owner)[0]
    client = as_user(mine.works(Role.FRONT_DESK))
    assert client.get(page(TimeBlocker, "add")).status_code == 403
    response = client.post(page(row, "delete"), {"post": "yes", "scope": "all"})
    assert response.status_code == 403
    assert len(meetings()) == 4


def test_the_history_names_who_blocked_the_time(mine: Clinic) -> None:
    user = mine.works(Role.MANAGER)
    client = as_user(user)
    row = series(mine, client)[3]
    (entry,) = client.get(page(row, "history")).context["entries"]
    assert (entry.who, entry.source, entry.label) == (str(user), "Admin", "Added")
