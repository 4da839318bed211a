"""A patient with a link, and the clinic that it is of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.test import Client

from appointments.models import Appointment
from appointments.record import Record
from tests.desk.clinic import FrontDesk

Form = dict[str, str]


@dataclass
class Patient:
    """Somebody who is signed in nowhere, with the links of one appointment."""

    desk: FrontDesk
    record: Record

    def path(self, page: str, *, token: str | None = None, **query: str) -> str:
        alias = self.desk.business.alias
        known = {"token": self.record.link_token if token is None else token} | query
        return f"/{alias}/appointments/{self.record.id}/{page}?{urlencode(known)}"

    def get(self, page: str, **query: str) -> Any:
        return Client().get(self.path(page, **query))

    def post(self, page: str, form: Form, **query: str) -> Any:
        return Client(enforce_csrf_checks=True).post(self.path(page, **query), form)

    def move(self, to: datetime, **form: str) -> Any:
        """As the confirmation page sends it."""
        seen = self.record.starts_at.isoformat()
        return self.post("reschedule", {"to": to.isoformat(), "seen": seen} | form)

    def cancel(self, **form: str) -> Any:
        return self.post("cancel", {"seen": self.record.starts_at.isoformat()} | form)

    @property
    def now(self) -> Appointment:
        found: Appointment = Appointment.objects.get(pk=self.record.id)
        return found


def offered(answer: Any) -> list[datetime]:
    """The times that a page lets a patient choose."""
    days = answer.context["days"]
    return [moment_in(one["url"]) for day in days for one in day["times"]]


def moment_in(url: str) -> datetime:
    written = url.split("&to=")[1].replace("%3A", ":").replace("%2B", "+")
    return datetime.fromisoformat(written).astimezone(UTC)
