"""How many requests a key may make in a minute."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test import Client
from pytest_django import Settings

from businesses import rate_limits
from businesses.identifiers import new_id
from businesses.models import ApiKey
from businesses.rate_limits import let_through, one_more
from staff.roles import Role
from tests.appointments.api.clinic import Clinic, Reply, counted, nothing_is_written
from tests.factories import api_key, member

NOON = datetime(2030, 1, 7, 12, tzinfo=UTC)
HEADERS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "RateLimit-Policy")


@pytest.fixture(autouse=True)
def a_new_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "_taken", {})


@pytest.fixture
def limited(clinic: Clinic) -> Callable[..., Reply]:
    """A way to ask with a key that may make five requests a minute."""
    token = api_key(clinic.business, rate_limit=5)

    def ask(method: str = "GET", **more: Any) -> Reply:
        return clinic.ask(method, "service-categories", token=token, **more)

    return ask


def standing(reply: Reply) -> list[str]:
    return [reply.headers[name] for name in HEADERS]


def test_every_answer_to_a_key_says_how_it_stands(clinic: Clinic, clock: Any) -> None:
    clock.shift(timedelta(seconds=12.5))
    first, second = (clinic.ask("GET", "service-categories") for _ in range(2))
    assert standing(first) == ["3000", "2999", "48", "3000;w=60"]
    assert standing(second) == ["3000", "2998", "48", "3000;w=60"]
    # What is refused counts as well.
    refused = clinic.ask("GET", "service-categories", query="?color=red")
    assert (refused.status, standing(refused)[1]) == (400, "2997")
    assert standing(clinic.get(new_id()))[1] == "2996"


def test_a_request_too_many_is_refused_until_the_minute_is_over(limited: Any, clock: Any) -> None:
    clock.shift(timedelta(seconds=18))
    assert [limited().status for _ in range(6)] == [200] * 5 + [429]
    with nothing_is_written():
        refused = limited("POST", body={"name": "Movement"})
    assert refused.refused == (429, "rate_limited")
    assert refused.error["title"] == "This key may make 5 requests a minute; go on in 42 seconds."
    assert standing(refused) == ["5", "0", "42", "5;w=60"]
    assert refused.headers["Retry-After"] == "42"
    clock.shift(timedelta(seconds=41))
    assert limited().error["title"].endswith("go on in 1 second.")
    clock.shift(timedelta(seconds=1))
    assert limited("POST", body={"name": "Movement"}).status == 201


def test_the_limit_of_everybody_is_a_setting(clinic: Clinic, settings: Settings) -> None:
    settings.RATE_LIMIT = 2
    statuses = [clinic.ask("GET", "service-categories").status for _ in range(3)]
    assert statuses == [200, 200, 429]


def test_one_key_does_not_count_for_another(clinic: Clinic, limited: Any) -> None:
    assert [limited().status for _ in range(6)][-1] == 429
    assert clinic.ask("GET", "service-categories").status == 200


def test_people_at_the_desk_are_not_counted(clinic: Clinic, settings: Settings) -> None:
    settings.RATE_LIMIT = 1
    client = Client()
    client.force_login(member(clinic.business, Role.MANAGER))
    path = f"/v1/businesses/{clinic.business.pk}/service-categories"
    replies = [client.get(path) for _ in range(3)]
    assert [reply.status_code for reply in replies] == [200] * 3
    assert not any(reply.has_header("RateLimit-Limit") for reply in replies)


@pytest.mark.usefixtures("db")
def test_workers_share_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two that take turns let through as many as one would; so does one that comes later."""
    key = new_id()
    workers: list[dict[Any, Any]] = [{}, {}]
    allowed = []
    for number in range(20):
        monkeypatch.setattr(rate_limits, "_taken", workers[number % 2])
        allowed.append(let_through(key, 10, NOON).allowed)
    assert allowed == [True] * 10 + [False] * 10
    monkeypatch.setattr(rate_limits, "_taken", {})
    assert not let_through(key, 10, NOON).allowed
    assert let_through(key, 10, NOON + timedelta(minutes=1)).allowed


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("limit", [1, 49, 50, 51, 149, 1000, 20_001])
def test_a_worker_alone_lets_through_exactly_the_limit(limit: int) -> None:
    key = new_id()
    remaining = [let_through(key, limit, NOON).remaining for _ in range(limit)]
    assert remaining == list(range(limit - 1, -1, -1))
    assert not let_through(key, limit, NOON).allowed


@pytest.mark.usefixtures("db")
def test_what_a_worker_keeps_for_itself_is_a_fiftieth(monkeypatch: pytest.MonkeyPatch) -> None:
    key = new_id()
    assert let_through(key, 1000, NOON).allowed  # this worker took twenty
    monkeypatch.setattr(rate_limits, "_taken", {})
    assert sum(let_through(key, 1000, NOON).allowed for _ in range(1100)) == 980


@pytest.mark.usefixtures("db")
def test_a_clock_that_is_behind_opens_no_second_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    key = new_id()
    assert sum(let_through(key, 5, NOON).allowed for _ in range(6)) == 5
    monkeypatch.setattr(rate_limits, "_taken", {})
    assert not let_through(key, 5, NOON - timedelta(seconds=2)).allowed


@pytest.mark.usefixtures("db")
def test_a_worker_forgets_keys_that_it_saw_long_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "MOST_KEPT", 3)
    for _ in range(5):
        let_through(new_id(), 5, NOON)
    assert len(rate_limits._taken) == 3


def test_threads_together_are_let_through_as_often_as_the_limit_says(
    transactional_db: None,
) -> None:
    key = new_id()

    def rival(_: int) -> int:
        try:
            return sum(let_through(key, 60, NOON).allowed for _ in range(20))
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as crowd:
        assert sum(crowd.map(rival, range(8))) == 60


def test_most_requests_cost_no_statement_more(real_clinic: Clinic) -> None:
    nobody = new_id()
    assert counted(lambda: real_clinic.get(nobody)) == (404, 4)  # the key, its use, its share, row
    assert counted(lambda: real_clinic.get(nobody)) == (404, 2)
    taken = 3000 // rate_limits.SHARE
    statements = [counted(lambda: real_clinic.get(nobody))[1] for _ in range(2, taken + 1)]
    assert statements == [2] * (taken - 2) + [3]


def test_a_key_that_used_up_its_minute_costs_no_statement_more(limited: Any) -> None:
    for _ in range(6):
        limited()
    assert counted(limited) == (429, 1)


def test_a_key_is_made_with_a_limit_on_the_command_line(clinic: Clinic, capsys: Any) -> None:
    call_command("create_api_key", clinic.business.alias, "--rate-limit", "120")
    token = capsys.readouterr().out.strip()
    assert standing(clinic.ask("GET", "service-categories", token=token))[0] == "120"
    with pytest.raises(CommandError, match="--rate-limit takes 1 to 1000000"):
        call_command("create_api_key", clinic.business.alias, "--rate-limit", "0")
    assert ApiKey.objects.filter(rate_limit__isnull=False).count() == 1


# --- Who has no key ---------------------------------------------------------------------------


def test_somebody_without_a_key_is_counted_exactly_in_every_minute(db: None) -> None:
    told = [one_more("address", "198.51.100.7", 2, NOON) for _ in range(3)]
    assert [(one.allowed, one.remaining) for one in told] == [(True, 1), (True, 0), (False, 0)]
    assert one_more("address", "198.51.100.8", 2, NOON).allowed
    assert one_more("link", "198.51.100.7", 2, NOON).allowed
    later = NOON + timedelta(minutes=1)
    assert one_more("address", "198.51.100.7", 2, later).allowed


def test_counts_are_forgotten_after_an_hour_and_never_name_an_address(db: None) -> None:
    one_more("address", "198.51.100.7", 2, NOON)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM businesses_keyuse")
        assert "198.51.100.7" not in str(cursor.fetchall())
    assert rate_limits.forget(NOON + timedelta(minutes=60)) == 0
    assert rate_limits.forget(NOON + timedelta(minutes=61)) == 1
