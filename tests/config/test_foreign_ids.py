"""An id of another business is like one that isn't there, wherever the schema takes an id."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from businesses.identifiers import new_id
from config.schema import operations
from tests.appointments.api.clinic import NOW, Reply
from tests.appointments.api.test_strangers import House, build_house, everything, reveals
from tests.conformance import all_operations, published
from tests.examples import MONDAY, VARYING, Demo, Example, examples, make_demo
from tests.places import KIND_OF_NAME, kind_of_path

Schema = dict[str, Any]


def ids_in(schema: Schema, name: str = "") -> Iterator[str]:
    """The places of ids in a body, dotted."""
    document = published().document
    if reference := schema.get("$ref", "").rpartition("/")[2]:
        schema = document["components"]["schemas"][reference]
    if schema.get("format") == "uuid":
        yield name
    for one in schema.get("oneOf", []) + schema.get("allOf", []):
        yield from ids_in(one, name)
    for inner, one in schema.get("properties", {}).items():
        yield from ids_in(one, f"{name}.{inner}".strip("."))
    if "items" in schema:
        yield from ids_in(schema["items"], name)


def places() -> list[tuple[str, str, str]]:
    """Operation, where (path, query or body), and name of every id but the business's."""
    found = []
    for _, _, operation in operations(published().document):
        name = operation["operationId"]
        found += [
            (name, one["in"], one["name"])
            for one in operation["parameters"]
            if list(ids_in(one["schema"], "x")) and one["name"] != "businessId"
        ]
        content = operation.get("requestBody", {}).get("content", {})
        if content:
            found += [(name, "body", one) for one in ids_in(content["application/json"]["schema"])]
    return found


# How an id is put where the example has none, if not under its name alone.
AROUND: dict[str, Any] = {
    "answers.id": lambda one: {"answers": [{"id": one, "answer": "x"}]},
    "location.id": lambda one: {"location": {"id": one}},
    "questions.id": lambda one: {"questions": [{"id": one, "variableName": "x", "question": "x?"}]},
    "resources.resourceId": lambda one: {"resources": [{"resourceId": one}]},
}
SWAPPED = ("swapAppointments", "body", "appointmentIds")
# Of the example's own fields, what would say the same in another way.
CONTRARY = {"location.id": ("locationId",)}


def with_id(body: Any, name: str, one: str) -> Any:
    if name in AROUND:
        around = AROUND[name](one)
        rest = {
            inner: value for inner, value in body.items() if inner not in CONTRARY.get(name, ())
        }
        return rest | around
    if name == "appointmentIds":
        return {name: [body[name][0], one]}
    return body | {name: [one] if name.endswith("Ids") else one}


def asked(demo: Demo, example: Example, where: str, name: str, one: str) -> Reply:
    """The example with this id at that place."""
    body = demo.mine(example.get("request"))
    if where == "path":
        return demo.send(example, demo.address(example, **{name: one}), body)
    if where == "query":
        other = example | {"query": example.get("query", {}) | {name: one}}
        return demo.send(other, demo.address(other), body)
    return demo.send(example, demo.address(example), with_id(body, name, one))


@pytest.fixture
def house(db: None) -> House:
    with time_machine.travel(NOW, tick=False):
        return build_house()


def test_ids_of_others_are_as_if_they_were_not(house: House) -> None:
    """Each request is an example, which is accepted as it is."""
    wanted = places()
    assert {operation for operation, _, _ in wanted} <= set(all_operations())
    looked: set[tuple[str, str, str]] = set()
    told: dict[tuple[str, str, str], Any] = {}
    with time_machine.travel(MONDAY, tick=False):
        demo = make_demo()
        for example in examples():
            for place in wanted:
                operation, where, name = place
                if example["operation"] != operation or example["status"] >= 300 or place in looked:
                    continue
                looked.add(place)
                path = published_path(operation)
                kind = kind_of_path(path, name) if where == "path" else KIND_OF_NAME[name]
                before = everything()
                foreign = asked(demo, example, where, name, house.row(kind))
                missing = asked(demo, example, where, name, str(new_id()))
                assert everything() == before, place
                sent = json.dumps([house.row(kind)])
                assert reveals(dict(foreign.headers), foreign.content, house, sent) == [], place
                if told_of(foreign) != told_of(missing):
                    told[place] = (told_of(foreign), told_of(missing))
                elif where == "path":
                    assert foreign.refused == (404, "not_found"), place
                elif where == "query" and foreign.status == 200:
                    assert foreign.data == [], place
                else:
                    status, code = foreign.refused
                    as_told = (status, code) == (404, "not_found")  # both are what is asked for
                    if place != SWAPPED and (status, code.endswith("_not_found")) != (400, True):
                        told[place] = told_of(foreign)
                    assert place != SWAPPED or as_told
            reply = demo.ask(example)
            assert reply.status == example["status"], example["operation"]
            demo.learn(reply.json if reply.content else None, example["response"])
    assert told == {}
    assert looked == set(wanted)


def told_of(reply: Reply) -> tuple[int, str]:
    """An answer without the id that was asked for, which it may repeat."""
    return reply.status, VARYING.sub("…", reply.content.decode())


def published_path(operation: str) -> str:
    return next(
        path for path, _, one in operations(published().document) if one["operationId"] == operation
    )
