"""Which JSON values the fields of bodies take, and what they say of others."""

from datetime import date
from typing import Any

import pytest
from rest_framework.exceptions import ValidationError

from businesses.api.fields import Day, Email, Number

GOOD: list[tuple[Any, Any, Any]] = [
    (Number(), 5, 5.0),
    (Number(), -0.25, -0.25),
    (Email(), " jo@example.org ", "jo@example.org"),
    (Day(), "2024-02-29", date(2024, 2, 29)),
    (Day(), "1900-01-01", date(1900, 1, 1)),
]
BAD: list[tuple[Any, Any, str]] = [
    (Number(), "5", "invalid"),
    (Number(), True, "invalid"),
    (Number(), 1e15, "invalid"),
    (Number(), float("nan"), "invalid"),
    (Number(max_value=300), 300.5, "max_value"),
    (Email(), "jo", "invalid"),
    (Email(), "jo@", "invalid"),
    (Email(), 5, "invalid"),
    (Email(), "", "blank"),
    (Email(), f"{'j' * 250}@x.org", "max_length"),
    (Email(), "jo\x00@example.org", "bad_character"),
    (Day(), "2023-02-29", "invalid"),
    (Day(), "20240229", "invalid"),
    (Day(), "2024-W09-4", "invalid"),
    (Day(), "2024-02-29T00:00:00Z", "invalid"),
    (Day(), "٢٠٢٤-02-29", "invalid"),
    (Day(), 20240229, "invalid"),
    (Day(), "1899-12-31", "out_of_range"),
]


@pytest.mark.parametrize(("field", "sent", "value"), GOOD)
def test_what_is_right_is_taken(field: Any, sent: Any, value: Any) -> None:
    read = field.run_validation(sent)
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(("field", "sent", "code"), BAD)
def test_what_only_looks_right_is_refused(field: Any, sent: Any, code: str) -> None:
    with pytest.raises(ValidationError) as refused:
        field.run_validation(sent)
    assert [one.code for one in refused.value.detail] == [code]  # type: ignore[union-attr]
