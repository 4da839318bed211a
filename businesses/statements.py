"""Hand-written SQL statements, and the transaction in which a command runs."""

import random
import re
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar
from uuid import NAMESPACE_URL, UUID, uuid5

import orjson
import psycopg
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections, transaction
from django.db.backends.utils import CursorDebugWrapper

from businesses.actor import Actor

T = TypeVar("T")

DEADLOCK, SERIALIZATION, LOCK_TIMEOUT = "40P01", "40001", "55P03"
OVERLAP, UNIQUE, FOREIGN_KEY = "23P01", "23505", "23503"
ATTEMPTS = 4


def _send(sql: str, params: Sequence[Any] | Mapping[str, Any]) -> psycopg.Cursor[Any]:
    """The cursor of a statement whose parameters were sent apart from its text.

    So PostgreSQL can keep its plan: planning the statements of a booking costs more than running
    them, and psycopg prepares each on its connection when it comes the third time. Django's
    execute wrappers are left out: the one that we have puts a second statement before each, to
    sign it for the history, and a prepared statement can't be two. Commands sign by SIGN.
    """
    database = connections[DEFAULT_DB_ALIAS]
    database.ensure_connection()
    database.validate_no_broken_transaction()
    cursor = _cursor_for(sql, database.connection)
    if isinstance(params, Mapping):
        # psycopg remembers how it reads a statement's text, but not with more than fifty values.
        params = {name: params[name] for name in _named_in(sql)}
    with database.wrap_database_errors:
        if database.queries_logged:
            with CursorDebugWrapper(cursor, database).debug_sql(sql, params):
                cursor.execute(sql, params)
        else:
            cursor.execute(sql, params)
    return cursor


@cache
def _named_in(sql: str) -> tuple[str, ...]:
    """The names of a statement's values."""
    return tuple(dict.fromkeys(re.findall(r"%\((\w+)\)s", sql)))


# psycopg's own reader of moments, in C. Django puts one in Python in its place, to choose the zone;
# here all connections are in UTC, and lists are mostly moments.
MOMENT_LOADER: Any = psycopg.adapters.get_loader(
    psycopg.adapters.types["timestamptz"].oid, psycopg.pq.Format.TEXT
)


def _cursor_for(sql: str, server: Any) -> psycopg.Cursor[Any]:
    """The connection's cursor for this statement, made once.

    It remembers how its values are written and its columns are read, which a new one would find
    out each time: half of what a short statement costs here.
    """
    kept: dict[str, psycopg.Cursor[Any]] = server.__dict__.setdefault("kept_cursors", {})
    cursor = kept.get(sql)
    if cursor is None:
        cursor = kept[sql] = psycopg.Cursor(server)
        cursor.adapters.register_loader("timestamptz", MOMENT_LOADER)
    return cursor


def rows(sql: str, params: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The rows that one statement answers."""
    return _send(sql, params).fetchall()


def run(sql: str, params: Sequence[Any] | Mapping[str, Any]) -> int:
    """How many rows one statement changed that answers none."""
    return _send(sql, params).rowcount


def sqlstate(error: DatabaseError) -> str:
    """PostgreSQL's five-letter code of an error, or nothing."""
    return getattr(error.__cause__, "sqlstate", None) or ""


def violated(error: DatabaseError) -> str:
    """The name of the constraint that an error is about, or nothing."""
    diagnosis = getattr(error.__cause__, "diag", None)
    return getattr(diagnosis, "constraint_name", None) or ""


def in_one_transaction(work: Callable[[], T], *, again: Callable[[DatabaseError], bool]) -> T:
    """What `work` returns, committed; or its exception, and nothing is changed.

    Joins a transaction that is open already. Else, when the database gives up one of two rivals
    (a deadlock), or `again` says that the error is a lost race, the whole work is done over, up
    to three times after short random waits; what remains is raised.
    """
    if connection.in_atomic_block:
        return work()
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic(durable=True):
                return work()
        except DatabaseError as error:
            lost_a_race = sqlstate(error) in (DEADLOCK, SERIALIZATION) or again(error)
            if not lost_a_race or attempt == ATTEMPTS:
                raise
        # Not to break a tie between rivals in secret, so an ordinary generator will do.
        time.sleep(random.uniform(0.005, 0.03) * attempt)  # noqa: S311
    raise AssertionError("unreachable")


SIGN = (
    "set_config('pghistory.context_metadata', %(history)s, true),"
    " set_config('pghistory.context_id', %(request_id)s, true)"
)


def signature(by: Actor) -> dict[str, str]:
    """The values for SIGN: who changes the rows that this transaction writes."""
    return {"history": orjson.dumps(by.trace()).decode(), "request_id": _uuid_of(by.request_id)}


def _uuid_of(request_id: str) -> str:
    """The id of a request for the history's column: its own, or one made of what a client sent."""
    try:
        return str(UUID(request_id)) if request_id else ""
    except ValueError:
        return str(uuid5(NAMESPACE_URL, request_id))


def sign(by: Actor) -> None:
    """Says who changes the rows that this transaction writes, for a command without SIGN."""
    rows(f"SELECT {SIGN}", signature(by))
