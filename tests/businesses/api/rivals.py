"""Somebody else who writes at the worst moment: between our check and our write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from django.db import connection


@contextmanager
def just_before(statement: str, rival: Callable[[], Any]) -> Iterator[list[str]]:
    """Runs `rival` once, on another connection, before our first statement that begins so.

    What the rival wrote is committed by then. The list names the statement once it has come.
    """
    met: list[str] = []

    def elsewhere() -> None:
        try:
            rival()
        finally:
            connection.close()

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not met and sql.startswith(statement):
            met.append(statement)
            with ThreadPoolExecutor(1) as pool:
                pool.submit(elsewhere).result(20)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrapper):
        yield met
    assert met == [statement]
