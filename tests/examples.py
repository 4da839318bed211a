"""The examples of the interface: requests to the demo clinic with the answers that they get.

They are in `docs/api/examples.json`, in an order in which they can be sent, and are a part of the
published document. `make examples` writes the answers anew; a test sends the requests and compares.

To add one, write its `operation`, `path`, `query` and `request` there; `"$createPatient"` stands
for the id that the example before was answered with, `"$createAppointment.Clash"` for that of the
one with this `name`. Then `make examples openapi`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from config.demo.clinic import BUSINESS_ID
from config.demo.planting import plant, usable_token
from config.schema import EXAMPLES, operations
from tests.appointments.api.clinic import Reply, sent
from tests.conformance import published

MONDAY = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
# What is another on every run: ids of new rows, secrets, and cursors.
VARYING = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|(?<=token=)[0-9a-f]{32}|whsec_[A-Za-z0-9+/=]+|changes_[\w-]+"
)
NAMED = re.compile(r"\$(\w+(?:\.\w+)?)")

Example = dict[str, Any]


def examples() -> list[Example]:
    found: list[Example] = json.loads((Path(settings.BASE_DIR) / EXAMPLES).read_text())
    return found


def id_in(answer: Any) -> str:
    """The id of what was answered, in its envelope or without."""
    found = answer.get("data", answer)
    told: str = (found[0] if isinstance(found, list) else found)["id"]
    return told


def renamed(told: Any, names: dict[str, str]) -> Any:
    """The same with other ids."""
    text = VARYING.sub(lambda one: names.get(one[0], one[0]), json.dumps(told))
    return json.loads(text)


@dataclass
class Demo:
    """A fresh demo clinic, and what its ids are instead of those in the examples."""

    token: str
    known: dict[str, str] = field(default_factory=dict)

    def mine(self, shown: Any) -> Any:
        """The same with this clinic's ids."""
        return renamed(shown, self.known)

    def learn(self, told: Any, shown: Any) -> None:
        """Takes down which ids of this clinic stand where the example has others."""
        if isinstance(told, dict) and isinstance(shown, dict):
            for name in told.keys() & shown.keys():
                self.learn(told[name], shown[name])
        elif isinstance(told, list) and isinstance(shown, list):
            for one, other in zip(told, shown, strict=False):
                self.learn(one, other)
        elif isinstance(told, str) and isinstance(shown, str):
            for one, other in zip(VARYING.findall(told), VARYING.findall(shown), strict=False):
                self.known.setdefault(other, one)

    def address(self, example: Example, **other: str) -> str:
        """Where an example is sent; `other` are other values in its path."""
        template = template_of(example["operation"])
        path = self.mine(example.get("path", {})) | {"businessId": str(BUSINESS_ID)} | other
        address = re.sub(r"\{(\w+)\}", lambda name: path[name[1]], template)
        query = self.mine(example.get("query", {}))
        return f"{address}?{urlencode(query, doseq=True)}" if query else address

    def ask(self, example: Example, **headers: str) -> Reply:
        return self.send(example, self.address(example), self.mine(example.get("request")), headers)

    def send(
        self, example: Example, address: str, body: Any, headers: dict[str, str] | None = None
    ) -> Reply:
        return sent(
            method_of(example["operation"]),
            address,
            content=b"" if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}"} | (headers or {}),
        )


def make_demo() -> Demo:
    plant()
    return Demo(usable_token()[0])


def place_of(operation_id: str) -> tuple[str, str]:
    return next(
        (path, method)
        for path, method, operation in operations(published().document)
        if operation["operationId"] == operation_id
    )


def template_of(operation_id: str) -> str:
    return place_of(operation_id)[0]


def method_of(operation_id: str) -> str:
    return place_of(operation_id)[1].upper()


def record() -> None:
    """Sends all requests to a fresh demo clinic and writes down what it answers.

    Ids that the examples have already are kept, so that only what is new is another.
    """
    demo = make_demo()
    written: list[Example] = []
    named: dict[str, str] = {}
    for example in examples():
        text = NAMED.sub(lambda one: named.get(one[1], one[0]), json.dumps(example))
        example = json.loads(text)
        reply = demo.ask(example)
        answer = reply.json if reply.content else None
        demo.learn(answer, example.get("response"))
        theirs = {mine: shown for shown, mine in demo.known.items()}
        told = renamed(answer, theirs)
        kept = {name: one for name, one in example.items() if name not in ("status", "response")}
        written.append(kept | {"status": reply.status, "response": told})
        if reply.status < 300 and told:
            try:
                named[example["operation"]] = id_in(told)
                named[f"{example['operation']}.{example.get('name')}"] = id_in(told)
            except (KeyError, IndexError):
                continue
    text = json.dumps(written, indent=1, ensure_ascii=False)
    (Path(settings.BASE_DIR) / EXAMPLES).write_text(text + "\n")
