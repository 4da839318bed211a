"""API keys: shown once, kept as a hash, ended at once."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from businesses.keys import KeyHolder, create_key, holder_of, revoke_key
from businesses.models import ApiKey, Business
from tests.factories import BusinessFactory

pytestmark = [pytest.mark.django_db]

NOON = datetime(2030, 1, 7, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def business() -> Business:
    made: Business = BusinessFactory()
    return made


def key_of(business: Business, *, expires_at: datetime | None = None) -> tuple[ApiKey, str]:
    return create_key(
        business=business,
        description="Website",
        scopes=["staff:read", "appointments:write"],
        expires_at=expires_at,
    )


def test_a_key_says_whose_it_is_and_what_it_may_do(business: Business) -> None:
    key, token = key_of(business)
    assert holder_of(token) == KeyHolder(
        key.pk, business.pk, "Website", frozenset({"staff:read", "appointments:write"})
    )


def test_a_key_is_256_random_bits_behind_a_mark_that_scanners_know(business: Business) -> None:
    tokens = {key_of(business)[1] for _ in range(20)}
    assert len(tokens) == 20
    assert all(re.fullmatch(r"sdk_[A-Za-z0-9_-]{43}", token) for token in tokens)


def test_only_a_hash_of_a_key_is_stored_in_any_table(business: Business) -> None:
    """Its first letters are kept, so that people can tell keys apart."""
    key, token = key_of(business)
    key.refresh_from_db()
    assert bytes(key.secret_hash) == sha256(token.encode()).digest()
    assert key.prefix == token[:10]
    secret = token[10:]
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(
                f'SELECT count(*) FROM "{table}" t WHERE t::text LIKE %s', [f"%{secret}%"]
            )
            assert cursor.fetchone() == (0,), table
            # The control: what is kept would be found this way.
        cursor.execute(
            "SELECT count(*) FROM businesses_apikey t WHERE t::text LIKE %s", [f"%{token[:10]}%"]
        )
        assert cursor.fetchone() == (1,)


@pytest.mark.parametrize(
    "token", ["", "sdk_", "sdk_" + "x" * 43, "Bearer", "' OR true --", "ключ", "\x00", "x" * 10_000]
)
def test_what_is_no_key_opens_nothing(business: Business, token: str) -> None:
    key_of(business)
    assert holder_of(token) is None


def test_a_key_but_for_its_last_letter_opens_nothing(business: Business) -> None:
    _, token = key_of(business)
    assert holder_of(token[:-1]) is None
    assert holder_of(token + " ") is None
    assert holder_of(token.upper()) is None
    assert holder_of(token) is not None


def test_a_key_opens_until_the_moment_it_expires(
    business: Business, clock: time_machine.Traveller
) -> None:
    _, token = key_of(business, expires_at=NOON + timedelta(hours=1))
    clock.move_to(NOON + timedelta(minutes=59, seconds=59))
    assert holder_of(token) is not None
    clock.move_to(NOON + timedelta(hours=1))
    assert holder_of(token) is None


def test_a_revoked_key_opens_nothing_from_that_moment(business: Business) -> None:
    key, token = key_of(business)
    _, other = key_of(business)
    assert holder_of(token) is not None
    assert revoke_key(key).revoked_at == NOON
    assert holder_of(token) is None
    assert holder_of(other) is not None


def test_a_key_that_is_revoked_again_keeps_the_first_moment(
    business: Business, clock: time_machine.Traveller
) -> None:
    key, token = key_of(business)
    revoke_key(key)
    clock.shift(3600)
    assert revoke_key(key).revoked_at == NOON
    assert holder_of(token) is None


def test_the_last_use_is_written_down_at_most_once_a_minute(
    business: Business, clock: time_machine.Traveller
) -> None:
    key, token = key_of(business)

    def used() -> datetime | None:
        key.refresh_from_db()
        return key.last_used_at

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert holder_of(token) is not None
        return len(captured)

    assert used() is None
    assert queries() == 2
    assert used() == NOON
    clock.shift(60)
    assert queries() == 1
    assert used() == NOON
    clock.shift(1)
    assert queries() == 2
    assert used() == NOON + timedelta(seconds=61)


def test_a_refused_key_is_not_marked_as_used(business: Business) -> None:
    revoked, token = key_of(business)
    revoke_key(revoked)
    _, other = key_of(business, expires_at=NOON)
    assert holder_of(token) is holder_of(other) is None
    assert set(ApiKey.objects.values_list("last_used_at", flat=True)) == {None}
