"""A clinic as an integration sees it: ids, a key, and JSON over HTTP."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.apps import apps
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from appointments.models import Appointment, HeldTime
from businesses.models import Business, Service
from patients.models import Patient
from staff.models import Staff
from tests.factories import (
    BusinessFactory,
    PatientFactory,
    ServiceFactory,
    StaffFactory,
    api_key,
)

NOW = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
TEN = datetime(2026, 7, 2, 9, 0, tzinfo=UTC)  # ten o'clock in London, tomorrow
NOBODY = "00000000-0000-7000-8000-000000000000"  # an id that nothing has
JSON = "application/json"
OURS = ("businesses", "staff", "patients", "appointments")

SLUG = re.compile(r"[a-z]+(_[a-z]+)*")


def wire(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True)
class Reply:
    """One answer."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        assert self.headers["Content-Type"] == JSON
        return json.loads(self.content)

    @property
    def data(self) -> Any:
        return self.json["data"]

    @property
    def error(self) -> dict[str, Any]:
        """What the envelope holds; nothing else may be in the answer."""
        assert self.status >= 400
        assert list(self.json) == ["error"]
        error: dict[str, Any] = self.json["error"]
        assert list(error)[:2] == ["code", "title"]
        assert error.keys() <= {"code", "title", "fields", "alternatives", "dates"}
        assert SLUG.fullmatch(error["code"])
        assert error["title"].endswith((".", "?")), error["title"]
        for wrong in error.get("fields", ()):
            assert list(wrong) == ["field", "code", "title"]
            assert SLUG.fullmatch(wrong["code"])
            assert wrong["title"]
        return error

    @property
    def refused(self) -> tuple[int, str]:
        return self.status, self.error["code"]

    @property
    def wrong(self) -> list[tuple[str, str]]:
        """The fields that a 400 names, each with its code."""
        assert self.status == 400
        return [(one["field"], one["code"]) for one in self.error.get("fields", ())]


def sent(
    method: str,
    path: str,
    *,
    content: bytes = b"",
    content_type: str = JSON,
    headers: Mapping[str, str] | None = None,
    client: Client | None = None,
) -> Reply:
    """The answer to one request. An unhandled exception is an answer too: 500."""
    client = client or Client(raise_request_exception=False)
    response = client.generic(method, path, content, content_type, headers=dict(headers or {}))
    assert response["X-Request-Id"]
    return Reply(response.status_code, dict(response.headers.items()), response.content)


@dataclass(frozen=True)
class Clinic:
    """A business with one service, one staff member and one patient."""

    business: Business
    service: Service
    staff: Staff
    patient: Patient
    token: str
    prefix: str = "/v1"
    headers: Mapping[str, str] = field(default_factory=dict)

    def path(self, *rest: object, prefix: str | None = None) -> str:
        root = self.prefix if prefix is None else prefix
        return "/".join((f"{root}/businesses/{self.business.pk}/appointments", *map(str, rest)))

    def send(self, method: str, path: str, *, content: bytes = b"", **more: Any) -> Reply:
        headers = {"Authorization": f"Bearer {self.token}", **(more.pop("headers", None) or {})}
        return sent(method, path, content=content, headers=headers, **more)

    def ask(
        self,
        method: str,
        *path: object,
        query: str = "",
        body: Any = None,
        match: str | None = None,
        have: str | None = None,
        token: str | None = None,
    ) -> Reply:
        """The answer to a request below the business: `ask("GET", "staff", staff.pk)`.

        `match` is sent as If-Match, `have` as If-None-Match.
        """
        address = "/".join((f"{self.prefix}/businesses/{self.business.pk}", *map(str, path)))
        headers = {"If-Match": match, "If-None-Match": have}
        given = {name: value for name, value in headers.items() if value is not None}
        if token is not None:
            given["Authorization"] = f"Bearer {token}"
        content = b"" if body is None else json.dumps(body).encode()
        return self.send(method, address + query, content=content, headers=given)

    def get(self, *rest: object, query: str = "") -> Reply:
        return self.send("GET", self.path(*rest) + query)

    def list(self, start: object, end: object, more: str = "") -> Reply:
        first, last = (wire(one) if isinstance(one, datetime) else str(one) for one in (start, end))
        return self.get(query=f"?startDate={first}&endDate={last}{more}")

    def body(self, **changes: Any) -> dict[str, Any]:
        """The body of a create that is accepted."""
        return {
            "date": wire(TEN),
            "patientId": str(self.patient.pk),
            "serviceId": str(self.service.pk),
            "duration": 30,
            "staffId": str(self.staff.pk),
            **changes,
        }

    def book(
        self,
        *,
        query: str = "",
        key: str | None = None,
        prefix: str | None = None,
        without: str = "",
        **changes: Any,
    ) -> Reply:
        body = self.body(**changes)
        if without:
            del body[without]
        headers = {} if key is None else {"Idempotency-Key": key}
        content = json.dumps(body).encode()
        return self.send("POST", self.path(prefix=prefix) + query, content=content, headers=headers)

    def asked(
        self,
        method: str,
        *rest: object,
        query: str = "",
        match: str | None = None,
        body: Any = None,
    ) -> Reply:
        """The answer to a request about appointments, with what the client has seen."""
        content = b"" if body is None else json.dumps(body).encode()
        headers = {} if match is None else {"If-Match": match}
        return self.send(method, self.path(*rest) + query, content=content, headers=headers)

    def change(
        self, appointment_id: str, *, query: str = "", match: str | None = None, **changes: Any
    ) -> Reply:
        return self.asked("PATCH", appointment_id, query=query, match=match, body=changes)

    def changed(self, appointment_id: str, **changes: Any) -> Any:
        """The appointment that a change answers with; a GET tells the same."""
        reply = self.change(appointment_id, **changes)
        assert reply.status == 200, reply.content
        there = self.get(appointment_id)
        assert (there.content, there.headers["ETag"]) == (reply.content, reply.headers["ETag"])
        return reply.data

    def cancel(self, appointment_id: str, query: str = "", match: str | None = None) -> Reply:
        return self.asked("DELETE", appointment_id, query=query, match=match)

    def preview(self, *, query: str = "", without: str = "", **changes: Any) -> Reply:
        body = self.body(**changes)
        body.pop(without, None)
        return self.asked("POST", "preview", query=query, body=body)

    def swap(self, *ids: str, query: str = "") -> Reply:
        return self.asked("POST", "swap", query=query, body={"appointmentIds": ids})

    def service_path(self, *rest: object) -> str:
        root = f"{self.prefix}/businesses/{self.business.pk}/services"
        return "/".join((root, str(self.service.pk), *map(str, rest)))

    def times(self, query: str = "", **asked: Any) -> Reply:
        """Free times of the service on the day of TEN, in lengths of half an hour."""
        start = TEN.replace(hour=0)
        sent = {
            "startDate": wire(start),
            "endDate": wire(start + timedelta(days=1)),
            "duration": 30,
        } | asked
        known = {name: value for name, value in sent.items() if value is not None}
        text = urlencode(known, doseq=True)
        return self.send("GET", f"{self.service_path('availableTimes')}?{text}{query}")

    def next_times(self, query: str = "", **asked: Any) -> Reply:
        text = urlencode({"duration": 30} | asked, doseq=True)
        return self.send("GET", f"{self.service_path('nextAvailableTimes')}?{text}{query}")

    def booked(self, **changes: Any) -> Any:
        """The appointment that a create answers with."""
        reply = self.book(**changes)
        assert reply.status == 201, reply.content
        return reply.data


def make_clinic() -> Clinic:
    business = BusinessFactory()
    return Clinic(
        business=business,
        service=ServiceFactory(business=business),
        staff=StaffFactory(business=business),
        patient=PatientFactory(business=business),
        token=api_key(business),
    )


def cancel(appointment_id: str) -> None:
    """The appointment is cancelled and its time is free again."""
    with transaction.atomic():
        HeldTime.objects.filter(appointment_id=appointment_id).delete()
        Appointment.objects.filter(pk=appointment_id).update(cancelled_at=NOW, status="cancelled")


def tables_of(*labels: str) -> list[str]:
    return sorted(
        model._meta.db_table for model in apps.get_models() if model._meta.app_label in labels
    )


def anything_booked() -> bool:
    """Whether there is any row, or any history, of an appointment or of a kept answer."""
    tables = [*tables_of("appointments"), "businesses_idempotentanswer"]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {' OR '.join(f'EXISTS (SELECT FROM {one})' for one in tables)}")
        (found,) = cursor.fetchone()
    return bool(found)


def row_counts() -> dict[str, int]:
    """How many rows each table of ours has, its history included."""
    tables = tables_of(*OURS)
    sql = " UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in tables)
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return dict(cursor.fetchall())


@contextmanager
def nothing_is_written() -> Iterator[None]:
    before = row_counts()
    yield
    assert row_counts() == before


def counted(ask: Callable[[], Reply]) -> tuple[int, int]:
    """The status of an answer, and how many statements it took, BEGIN and COMMIT among them.

    Ask for it with a `real_clinic`, whose key has just been used: that is noted once a minute.
    """
    with CaptureQueriesContext(connection) as seen:
        reply = ask()
    return reply.status, len(seen)


@contextmanager
def impatient(milliseconds: int = 50) -> Iterator[None]:
    """Our connection waits this long for a lock, instead of three seconds."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = {milliseconds}")
        yield
        cursor.execute("RESET lock_timeout")
