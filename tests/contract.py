"""How answers are held against tables that were written down from the contract by hand.

A table is a list of (name, type, whether it may be null), in the order of the wire.
"""

from __future__ import annotations

import re
from typing import Any

IDENTIFIER = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
DATE = re.compile(r"\d{4}-\d\d-\d\d")

ID, TIME, DAY, TEXT, LIST = "id", "moment", "day", str, list
Table = list[tuple[str, Any, bool]]
PATTERNS = {ID: IDENTIFIER, TIME: MOMENT, DAY: DATE}


def is_a(value: Any, kind: Any) -> bool:
    if kind in PATTERNS:
        return isinstance(value, str) and bool(PATTERNS[kind].fullmatch(value))
    return type(value) is kind


def check_table(told: dict[str, Any], table: Table) -> None:
    """Exactly these names in this order, each of its type, and null only where it may be."""
    assert list(told) == [name for name, _, _ in table]
    wrong = {
        name: told[name]
        for name, kind, nullable in table
        if not (is_a(told[name], kind) or (nullable and told[name] is None))
    }
    assert wrong == {}


def nullable(table: Table) -> set[str]:
    return {name for name, _, may_be_null in table if may_be_null}
