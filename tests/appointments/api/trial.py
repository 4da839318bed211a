"""One create with odd bytes, and what becomes of it."""

from __future__ import annotations

import json
from typing import Any

from django.db import transaction

from tests.appointments.api.clinic import (
    Clinic,
    Reply,
    anything_booked,
)

ACCEPTED = "accepted"
MALFORMED = (400, "malformed_json")
Outcome = str | tuple[int, str] | list[tuple[str, str]]


def outcome(reply: Reply) -> Outcome:
    """Accepted; or the wrong fields, each with its code; or, without fields, status and code."""
    if reply.status == 201:
        return ACCEPTED
    return reply.wrong if reply.status == 400 and "fields" in reply.error else reply.refused


def tried(clinic: Clinic, content: bytes, **more: Any) -> Outcome:
    """What a create answers to these bytes; taken back afterwards, so that each is the first."""
    with transaction.atomic():
        reply = clinic.send("POST", clinic.path(), content=content, **more)
        assert reply.status < 500, (content[:200], reply.content)
        assert anything_booked() == (reply.status == 201), content[:200]
        transaction.set_rollback(True)
    return outcome(reply)


def with_field(clinic: Clinic, name: str, value: str) -> bytes:
    """A good body in which one field is this piece of JSON; of the last of two, none is left."""
    body = {key: json.dumps(one) for key, one in clinic.body().items()} | {name: value}
    pairs = ", ".join(f"{json.dumps(key)}: {one}" for key, one in body.items())
    return f"{{{pairs}}}".encode("utf-8", "surrogatepass")


def text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
