"""Requests made out of the schema, right ones and wrong ones, at a running server.

Schemathesis makes them and holds each answer against the schema with all its checks: no 5xx, no
undeclared status or body, nothing wrong accepted, nothing right refused, nothing without a key.
Ids are put in that the demo clinic has, so that requests come further than to a 404.

`make soak` sends a thousand, `make test` a few for each operation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from django.apps import apps
from django.test import override_settings
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from pytest_django.live_server_helper import LiveServer
from schemathesis.checks import load_all_checks
from schemathesis.core.failures import FailureGroup
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from businesses.models import ApiKey
from tests.conformance import published
from tests.examples import Demo, make_demo
from tests.places import KIND_OF_NAME, kind_of_path
from tests.soak import FACTOR

pytestmark = [
    pytest.mark.soak,
    # Schemathesis warns itself of what it does itself.
    pytest.mark.filterwarnings("ignore:Do not use the `random` module"),
]

OVERALL = 50 * FACTOR  # a thousand in a soak of twenty
SAME_EVERY_TIME = 20270301

# What no schema can say, and so refuses some requests made by it: how two fields, or a field and
# a row, go together. A field that is refused for its shape alone is an error of the schema.
SHAPE = {
    "bad_character",
    "blank",
    "invalid",
    "invalid_choice",
    "malformed_json",
    "max_length",
    "max_value",
    "min_value",
    "null",
    "required",
    "repeated",
    "unknown_field",
}
# Codes of shape that say how two fields go together, in these fields.
TOGETHER = {
    ("endDate", "invalid"),  # before startDate
    ("dateEnd", "invalid"),
    ("startDate", "required"),  # or updatedSince
    ("endDate", "required"),
}


def refused_for_its_shape(ctx: Any, response: Any, case: Any) -> None:
    """In place of `positive_data_acceptance`, which takes every 400 for one of shape."""
    if response.status_code != 400 or not case.meta.generation.mode.is_positive:
        return
    wrong = [(one["field"], one["code"]) for one in response.json()["error"].get("fields", [])]
    assert wrong, response.text
    of_shape = [one for one in wrong if one[1] in SHAPE and one not in TOGETHER]
    assert not of_shape, f"{of_shape} {case.query} {case.body!r}"


Draw = Callable[[st.SearchStrategy[Any]], Any]


class Ids:
    """Ids that the demo clinic has, of every kind."""

    def __init__(self) -> None:
        self.known: dict[str, list[str]] = {}

    def one(self, label: str, draw: Draw) -> str | None:
        if label not in self.known:
            rows = apps.get_model(label).objects.order_by("pk").values_list("pk", flat=True)[:20]
            self.known[label] = [str(row) for row in rows]
        return draw(st.sampled_from(self.known[label])) if self.known[label] else None

    def put_in(self, sent: Any, draw: Draw, name: str = "") -> Any:
        """The same with ids that are there, where ids were made up."""
        if isinstance(sent, dict):
            return {
                inner: self.put_in(value, draw, f"{name}.{inner}" if inner == "id" else inner)
                for inner, value in sent.items()
            }
        if isinstance(sent, list):
            return [self.put_in(value, draw, name) for value in sent]
        if name in KIND_OF_NAME and isinstance(sent, str):
            return self.one(KIND_OF_NAME[name], draw) or sent
        return sent


def prepared(case: Any, ids: Ids, draw: Draw) -> None:
    """Ids that are there, in the parts of the request that are meant to be right."""

    def is_right(place: ParameterLocation) -> bool:
        return not (case.meta and case.meta.is_negative_at(place))

    if is_right(ParameterLocation.PATH):
        for name in case.path_parameters:
            found = ids.one(kind_of_path(case.operation.path, name), draw)
            case.path_parameters[name] = found or case.path_parameters[name]
    if is_right(ParameterLocation.QUERY) and case.query:
        case.query = ids.put_in(case.query, draw)
    # Nobody can make up what was seen before.
    for name in ("If-Match", "If-None-Match"):
        case.headers.pop(name, None)
    if is_right(ParameterLocation.BODY) and isinstance(case.body, dict):
        case.body = ids.put_in(case.body, draw)


@pytest.fixture
def server(transactional_db: None) -> Iterator[LiveServer]:
    """The site in threads of this process."""
    with override_settings(WHITENOISE_AUTOREFRESH=True):
        running = LiveServer("localhost")
    yield running
    running.stop()


@pytest.fixture
def demo(transactional_db: None) -> Demo:
    """The demo clinic after all examples, with a key that may ask as often as it likes."""
    made = make_demo()
    ApiKey.objects.update(rate_limit=1_000_000)
    return made


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=str)
def test_nothing_that_is_sent_breaks_what_is_published(
    mode: GenerationMode, demo: Demo, server: LiveServer
) -> None:
    load_all_checks()
    api = schemathesis.openapi.from_dict(published().document)
    ids = Ids()
    declared: Any = api.get_all_operations()
    found = [one.ok() for one in declared]
    each = max(2, -(-OVERALL // (2 * len(found))))
    sent: list[int] = []
    failures: dict[str, str] = {}
    # What deletes comes last: the others need what it deletes.
    for operation in sorted(found, key=lambda one: one.method == "delete"):

        @seed(SAME_EVERY_TIME)
        @settings(
            max_examples=each,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode), data=st.data())
        def once(case: Any, data: st.DataObject) -> None:
            prepared(case, ids, data.draw)
            response = case.call_and_validate(
                base_url=server.url,
                headers={"Authorization": f"Bearer {demo.token}"},
                additional_checks=[refused_for_its_shape],
                excluded_checks=[positive_data_acceptance],
            )
            sent.append(response.status_code)

        try:
            once()
        except AssertionError as error:
            failures[operation.definition.raw["operationId"]] = str(error)
        except (FailureGroup, BaseExceptionGroup) as group:
            failures[operation.definition.raw["operationId"]] = "\n".join(
                map(str, group.exceptions)
            )
    assert failures == {}
    assert len(sent) >= len(found)
