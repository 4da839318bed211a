"""Whoever follows the changes of a business misses none, whatever order they are committed in."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from random import Random
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import connection

from appointments.feed import RESOURCES, SOURCES, Position, horizon, read_changes
from businesses.identifiers import new_id
from businesses.models import Business
from tests.factories import BusinessFactory
from tests.soak import FACTOR

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS, EACH = 20, 5 * FACTOR
PATIENCE = 30.0


@contextmanager
def somebody() -> Iterator[psycopg.Connection[Any]]:
    """Somebody else who writes, on a connection of their own."""
    wanted = {
        name: value
        for name, value in connection.get_connection_params().items()
        if name in ("dbname", "host", "port", "user", "password")
    }
    with psycopg.connect(**wanted) as one:
        yield one


def add(who: psycopg.Connection[Any], business: Business) -> UUID:
    """A new category, not committed yet."""
    pk = new_id()
    who.execute(
        "INSERT INTO businesses_servicecategory (id, created_at, updated_at, name, business_id)"
        " VALUES (%s, now(), now(), 'x', %s)",
        (pk, business.pk),
    )
    return pk


class Follower:
    """Somebody who keeps a copy, page after page."""

    def __init__(self, business: Business) -> None:
        self.business = business
        self.at = horizon()
        self.told: list[UUID] = []

    def look(self) -> None:
        more = True
        while more:
            page = read_changes(self.business.pk, ("serviceCategory",), after=self.at, limit=7)
            self.told += [one.id for one in page.changes]
            self.at, more = page.position, page.more

    def look_until(self, number: int) -> None:
        """Other databases of the server have transactions too: what is told may come late."""
        until = time.monotonic() + PATIENCE
        while len(self.told) < number and time.monotonic() < until:
            self.look()
            time.sleep(0.01)
        self.look()


def test_who_commits_late_is_still_told_and_nobody_twice() -> None:
    business = BusinessFactory()
    follower = Follower(business)
    with somebody() as early, somebody() as late:
        first = add(late, business)
        second = add(early, business)
        early.commit()
        follower.look()
        # What is committed may have to wait for what began before it.
        assert follower.told == []
        late.commit()
    follower.look_until(2)
    assert follower.told == [first, second]


def test_who_gives_up_holds_nobody_up() -> None:
    business = BusinessFactory()
    follower = Follower(business)
    with somebody() as early, somebody() as late:
        add(late, business)
        second = add(early, business)
        early.commit()
        late.rollback()
    follower.look_until(1)
    assert follower.told == [second]


@pytest.mark.parametrize("cursor", ["pgh_id", "pgh_created_at"])
def test_a_cursor_of_numbers_or_times_would_lose_who_commits_late(cursor: str) -> None:
    """The control: what is read up to the newest row has gone past the older one."""
    business = BusinessFactory()
    naive = f"SELECT id, {cursor} FROM businesses_servicecategoryevent WHERE business_id = %s"
    with somebody() as early, somebody() as late, somebody() as reader:
        reader.autocommit = True
        first = add(late, business)
        second = add(early, business)
        early.commit()
        ((told, last),) = reader.execute(naive, (business.pk,)).fetchall()
        late.commit()
        rest = reader.execute(f"{naive} AND {cursor} > %s", (business.pk, last)).fetchall()
        assert (told, rest) == (second, [])
        everything = reader.execute(naive, (business.pk,)).fetchall()
        assert {id_ for id_, _ in everything} == {first, second}


def test_of_many_who_write_at_once_every_change_is_told_once() -> None:
    business = BusinessFactory()
    follower = Follower(business)

    def write(seed: int) -> list[UUID]:
        chance = Random(seed)
        done: list[UUID] = []
        with somebody() as who:
            for _ in range(EACH):
                made = []
                for _ in range(chance.randint(1, 3)):
                    made.append(add(who, business))
                    time.sleep(chance.random() * 0.02)
                if chance.random() < 0.2:
                    who.rollback()
                else:
                    who.commit()
                    done += made
                time.sleep(chance.random() * 0.01)
        return done

    with ThreadPoolExecutor(WRITERS) as pool:
        writing = [pool.submit(write, seed) for seed in range(WRITERS)]
        while not all(one.done() for one in writing):
            follower.look()
        written = [pk for one in writing for pk in one.result()]
    assert len(written) > WRITERS
    follower.look_until(len(written))
    assert Counter(follower.told) == Counter(written)


def test_the_pages_of_a_long_read_are_its_parts() -> None:
    business = BusinessFactory()
    start = horizon()
    with somebody() as who:
        for _ in range(5):
            add(who, business)
        who.commit()
    follower = Follower(business)
    follower.at = start
    follower.look_until(5)
    for limit in (1, 2, 3, 5, 50):
        told, at, more = [], start, True
        while more:
            page = read_changes(business.pk, RESOURCES, after=at, limit=limit)
            assert len(page.changes) <= limit
            told += [one.id for one in page.changes]
            at, more = page.position, page.more
        assert told == follower.told


def test_every_table_that_is_told_of_has_the_number_of_the_transaction() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.columns"
            " WHERE column_name = 'xid' AND table_schema = 'public'"
        )
        found = {name for (name,) in cursor.fetchall()}
    assert found == {one.table for one in SOURCES}


def test_a_page_reads_each_index_from_where_the_reader_stands() -> None:
    """Whatever the length of the history behind."""
    business = BusinessFactory()
    with somebody() as who:
        for _ in range(300):
            add(who, business)
        who.commit()
        who.autocommit = True
        who.execute("ANALYZE businesses_servicecategoryevent")
        plan = who.execute(
            "EXPLAIN SELECT 1 FROM businesses_servicecategoryevent e WHERE e.business_id = %s"
            " AND e.xid < pg_snapshot_xmin(pg_current_snapshot())"
            " AND (e.xid, e.pgh_id) > ('5'::xid8, 7) ORDER BY e.xid, e.pgh_id LIMIT 51",
            (business.pk,),
        ).fetchall()
    text = "\n".join(line for (line,) in plan)
    assert "businesses_servicecategoryevent_feed" in text
    assert "Sort" not in text


def test_a_position_of_nothing_reads_from_the_beginning() -> None:
    business = BusinessFactory()
    until = time.monotonic() + PATIENCE
    told: list[Any] = []
    while not told and time.monotonic() < until:
        page = read_changes(business.pk, RESOURCES, after=None, limit=50)
        told = [(one.resource, one.id, one.action) for one in page.changes]
    assert told == [("business", business.pk, "create")]
    assert page.position > Position(0)
