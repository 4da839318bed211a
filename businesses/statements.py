"""Hand-written SQL statements, and the transaction in which a command runs."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import orjson
import psycopg
from django.db import DatabaseError, connection, transaction
from django.db.backends.utils import CursorDebugWrapper, CursorWrapper

from businesses.actor import Actor

T = TypeVar("T")

DEADLOCK, SERIALIZATION, LOCK_TIMEOUT = "40P01", "40001", "55P03"
OVERLAP, UNIQUE = "23P01", "23505"
ATTEMPTS = 4


class _Signed:
    """A cursor whose statements are sent as they are.

    Django's execute wrappers are left out: the one that we have puts a second statement before
    each to sign it for the history, and a prepared statement can't be two. Commands sign their
    transactions by SIGN.
    """

    def _execute_with_wrappers(self, sql: str, params: Any, many: bool, executor: Any) -> Any:
        return executor(sql, params, many, {})


class _Cursor(_Signed, CursorWrapper):
    pass


class _LoggedCursor(_Signed, CursorDebugWrapper):
    pass


def _prepared_cursor() -> CursorWrapper:
    """A cursor that sends parameters apart from the text, so that PostgreSQL can keep the plan.

    Planning the statements of a booking costs more than running them; psycopg prepares each on
    its connection when it comes the third time.
    """
    connection.ensure_connection()
    wrapper = _LoggedCursor if connection.queries_logged else _Cursor
    return wrapper(psycopg.Cursor(connection.connection), connection)


def rows(sql: str, params: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The rows that one statement answers."""
    with _prepared_cursor() as cursor:
        cursor.execute(sql, params)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def run(sql: str, params: Sequence[Any] | Mapping[str, Any]) -> int:
    """How many rows one statement changed that answers none."""
    with _prepared_cursor() as cursor:
        cursor.execute(sql, params)
        changed: int = cursor.rowcount
    return changed


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
    "set_config('pghistory.context_metadata', %s, true),"
    " set_config('pghistory.context_id', %s, true)"
)


def signature(by: Actor) -> tuple[str, str]:
    """The two values for SIGN: who changes the rows that this transaction writes."""
    return orjson.dumps(by.trace()).decode(), by.request_id


def sign(by: Actor) -> None:
    """Says who changes the rows that this transaction writes, for a command without SIGN."""
    rows(f"SELECT {SIGN}", signature(by))
