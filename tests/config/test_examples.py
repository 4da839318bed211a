"""The examples of the published interface are what a fresh demo clinic answers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from pytest_django import Settings

from config.schema import operations
from tests.conformance import all_operations, published
from tests.examples import MONDAY, VARYING, Demo, Example, examples, make_demo, record


@pytest.fixture
def on_monday(db: None, settings: Settings) -> Iterator[None]:
    """The Monday of the examples, at the address that they show."""
    settings.PUBLIC_URL = "http://127.0.0.1:8000"
    with time_machine.travel(MONDAY, tick=False):
        yield


def check_like(told: Any, shown: Any, demo: Demo, where: str) -> None:
    """The answer is the example's; where that has an id, it is the same one throughout."""
    if isinstance(shown, dict):
        assert isinstance(told, dict), where
        assert list(told) == list(shown), where
        for name, value in shown.items():
            check_like(told[name], value, demo, f"{where}.{name}")
    elif isinstance(shown, list):
        assert isinstance(told, list), where
        assert len(told) == len(shown), where
        for number, (one, other) in enumerate(zip(told, shown, strict=True)):
            check_like(one, other, demo, f"{where}.{number}")
    elif isinstance(shown, str):
        assert isinstance(told, str), where
        assert VARYING.sub("…", told) == VARYING.sub("…", shown), where
        for one, other in zip(VARYING.findall(told), VARYING.findall(shown), strict=True):
            assert demo.known.setdefault(other, one) == one, where
    else:
        assert (type(told), told) == (type(shown), shown), where


def test_the_examples_are_recorded(on_monday: None) -> None:
    """Sent in their order to a fresh demo clinic, they are answered as they say."""
    if os.environ.get("RECORD_EXAMPLES"):
        record()  # `make examples`
        return
    demo = make_demo()
    for number, example in enumerate(examples()):
        where = f"{number}: {example['operation']}"
        reply = demo.ask(example)
        assert reply.status == example["status"], f"{where}: {reply.content!r}"
        check_like(reply.json if reply.content else None, example["response"], demo, where)


def named(operation: str) -> list[Example]:
    return [one for one in examples() if one["operation"] == operation]


@pytest.mark.parametrize("operation", all_operations())
def test_every_operation_has_an_example_that_succeeds(operation: str) -> None:
    assert [one for one in named(operation) if one["status"] < 300], (
        f"Write an example of {operation} (tests/examples.py says how)."
    )


def shown(content: dict[str, Any]) -> bool:
    """Whether a body, if there is one, has an example."""
    return not content or "examples" in content["application/json"]


def test_every_body_is_shown() -> None:
    for _, _, operation in operations(published().document):
        name = operation["operationId"]
        assert shown(operation.get("requestBody", {}).get("content", {})), name
        answers = [
            answer.get("content", {})
            for status, answer in operation["responses"].items()
            if status.startswith("2")
        ]
        assert any(map(shown, answers)), name
