"""Clients that all ask in the same moment."""

from __future__ import annotations

import http.client
import json
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from tests.appointments.api.clinic import Clinic, Reply, wire
from tests.races.serving import Site

RIVALS = 50
PATIENCE = 60  # seconds; longer than any answer may take


@dataclass(frozen=True)
class Call:
    """One request, ready to be sent."""

    path: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def creation(clinic: Clinic, *, key: str | None = None, **changes: Any) -> Call:
    """A booking through the API; None leaves a field out."""
    body = {name: value for name, value in clinic.body(**changes).items() if value is not None}
    headers = {"Authorization": f"Bearer {clinic.token}", "Content-Type": "application/json"}
    if key is not None:
        headers["Idempotency-Key"] = key
    return Call(clinic.path(), json.dumps(body).encode(), headers)


def form(path: str, cookies: str, fields: Mapping[str, str]) -> Call:
    """A page's form, sent by somebody who is logged in."""
    token = "t" * 32
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": f"{cookies}; csrftoken={token}",
        "X-CSRFToken": token,
    }
    return Call(path, urlencode(fields).encode(), headers)


def at_once(site: Site, calls: Sequence[Call]) -> list[Reply]:
    """The answers, in the order of the calls.

    All connections stand before the first request is sent.
    """
    barrier = threading.Barrier(len(calls))

    def ask(call: Call) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=PATIENCE)
        try:
            connection.connect()
            barrier.wait(PATIENCE)
            connection.request("POST", call.path, call.body, dict(call.headers))
            answer = connection.getresponse()
            return Reply(answer.status, dict(answer.headers.items()), answer.read())
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(ask, calls))


def outcome(reply: Reply) -> str:
    """What an answer of the API comes to: "booked", or the status and code of the refusal."""
    if reply.status == 201:
        return "booked"
    status, code = reply.refused
    return f"{status} {code}"


def outcomes(replies: Sequence[Reply]) -> Counter[str]:
    return Counter(map(outcome, replies))


def noon(day: int) -> datetime:
    """Noon UTC, so many days from tomorrow; the server goes by the real clock."""
    tomorrow = datetime.now(UTC).date() + timedelta(days=1 + day)
    return datetime.combine(tomorrow, time(12), UTC)


__all__ = [
    "RIVALS",
    "Call",
    "Clinic",
    "Reply",
    "at_once",
    "creation",
    "form",
    "noon",
    "outcome",
    "outcomes",
    "wire",
]
