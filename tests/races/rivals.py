"""Clients that all ask in the same moment."""

from __future__ import annotations

import http.client
import json
import threading
import time as clock
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlencode

from tests.appointments.api.clinic import Clinic, Reply, wire
from tests.races.serving import Site

T = TypeVar("T")
Rival = Callable[[Callable[[], object]], T]  # it is given what waits for all the others

RIVALS = 50
LONGEST = 30  # seconds that any answer may take
PATIENCE = 60


@dataclass(frozen=True)
class Call:
    """One request, ready to be sent."""

    path: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"


def creation(clinic: Clinic, *, key: str | None = None, **changes: Any) -> Call:
    """A booking through the API; None leaves a field out."""
    body = {name: value for name, value in clinic.body(**changes).items() if value is not None}
    headers = {} if key is None else {"Idempotency-Key": key}
    return asked(clinic, "POST", body=body, headers=headers)


def alteration(
    clinic: Clinic, appointment_id: str, *, scope: str = "", match: str = "", **changes: Any
) -> Call:
    """A change through the API, by somebody who has seen what `match` says."""
    query = f"?scope={scope}" if scope else ""
    headers = {"If-Match": match} if match else {}
    return asked(clinic, "PATCH", appointment_id, query=query, body=changes, headers=headers)


def cancellation(clinic: Clinic, appointment_id: str, scope: str = "") -> Call:
    return asked(clinic, "DELETE", appointment_id, query=f"?scope={scope}" if scope else "")


def exchange(clinic: Clinic, *appointment_ids: str) -> Call:
    """A swap through the API."""
    return asked(clinic, "POST", "swap", body={"appointmentIds": appointment_ids})


def asked(
    clinic: Clinic,
    method: str,
    *rest: str,
    query: str = "",
    body: Any = None,
    headers: Mapping[str, str] | None = None,
) -> Call:
    known = {"Authorization": f"Bearer {clinic.token}", "Content-Type": "application/json"}
    content = b"" if body is None else json.dumps(body).encode()
    return Call(clinic.path(*rest) + query, content, known | dict(headers or {}), method)


def form(path: str, cookies: str, fields: Mapping[str, str]) -> Call:
    """A page's form, sent by somebody who is logged in."""
    token = "t" * 32
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": f"{cookies}; csrftoken={token}",
        "X-CSRFToken": token,
    }
    return Call(path, urlencode(fields).encode(), headers)


def together(rivals: Sequence[Rival[T]]) -> list[T]:
    """What each of them comes to; when one waits for the others, it goes on with all of them."""
    barrier = threading.Barrier(len(rivals))

    def start(rival: Rival[T]) -> T:
        return rival(partial(barrier.wait, PATIENCE))

    with ThreadPoolExecutor(len(rivals)) as threads:
        return list(threads.map(start, rivals))


def client(site: Site, call: Call) -> Rival[Reply]:
    """Somebody with a connection that stands before the request is sent."""

    def ask(wait: Callable[[], object]) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=PATIENCE)
        try:
            connection.connect()
            wait()
            begun = clock.monotonic()
            connection.request(call.method, call.path, call.body, dict(call.headers))
            answer = connection.getresponse()
            reply = Reply(answer.status, dict(answer.headers.items()), answer.read())
            assert clock.monotonic() - begun < LONGEST
            return reply
        finally:
            connection.close()

    return ask


def at_once(site: Site, calls: Sequence[Call]) -> list[Reply]:
    """The answers, in the order of the calls.

    All connections stand before the first request is sent.
    """
    return together([client(site, call) for call in calls])


def outcome(reply: Reply) -> str:
    """What an answer of the API comes to: "booked" or "done", or the refusal's status and code."""
    if reply.status < 400:
        return "booked" if reply.status == 201 else "done"
    status, code = reply.refused
    return f"{status} {code}"


def outcomes(replies: Sequence[Reply]) -> Counter[str]:
    return Counter(map(outcome, replies))


def noon(day: int) -> datetime:
    """Noon UTC, so many days from tomorrow; the server goes by the real clock."""
    tomorrow = datetime.now(UTC).date() + timedelta(days=1 + day)
    return datetime.combine(tomorrow, time(12), UTC)


__all__ = [
    "LONGEST",
    "PATIENCE",
    "RIVALS",
    "Call",
    "Clinic",
    "Reply",
    "Rival",
    "alteration",
    "asked",
    "at_once",
    "cancellation",
    "client",
    "creation",
    "exchange",
    "form",
    "noon",
    "outcome",
    "outcomes",
    "together",
    "wire",
]
