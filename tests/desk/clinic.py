"""A clinic at its front desk: somebody who is signed in, and the forms that they send."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from uuid import uuid4

from django.test import Client

from appointments import booking, series
from appointments.acceptance import BookingRequest, Override
from appointments.models import Appointment
from appointments.record import Record
from businesses.actor import Actor
from businesses.models import Business, Resource, ResourceNeed, Service
from patients.models import Patient
from staff.models import Staff, User
from staff.roles import Role
from tests.factories import (
    BusinessFactory,
    LocationFactory,
    PatientFactory,
    ServiceFactory,
    StaffFactory,
    member,
)

MONDAY = datetime(2030, 1, 7, 6, tzinfo=UTC)
PARTNER = Actor(name="Partner", source="api")


def at(hour: int, minute: int = 0, *, day: int = 0) -> datetime:
    """A time on that Monday, or so many days later; London's and UTC's."""
    return MONDAY.replace(hour=0) + timedelta(days=day, hours=hour, minutes=minute)


def words_of(answer: Any) -> str:
    """What a page says, in one line."""
    shown = re.sub(r"(?s)<(script|style|head)\b.*?</\1>|<!--.*?-->", " ", answer.content.decode())
    shown = re.sub(r"</(p|li|td|th|dt|dd|option|h1|h2|h3|div|button|a|label)>", r" ", shown)
    return " ".join(unescape(re.sub(r"<[^>]+>", "", shown)).split())


def way_back(answer: Any) -> str:
    """The address of the Undo button on the page."""
    (found,) = re.findall(r'<form action="([^"]*/undo\?[^"]*)"', answer.content.decode())
    return unescape(found)


@dataclass
class FrontDesk:
    business: Business
    user: User
    client: Client
    doctor: Staff
    service: Service
    patient: Patient

    def url(self, page: str) -> str:
        return f"/desk/{self.business.alias}/{page}"

    def get(self, page: str, **query: Any) -> Any:
        return self.client.get(self.url(page), query)

    def typed(self, **fields: Any) -> dict[str, Any]:
        """A form that is filled in rightly, but for what is given; None leaves a field out."""
        whole = {
            "submission": str(uuid4()),
            "patient": str(self.patient.pk),
            "service": str(self.service.pk),
            "duration": "30",
            "staff": str(self.doctor.pk),
            "date": "2030-01-07",
            "time": "10:00",
            "action": "book",
        } | fields
        return {name: value for name, value in whole.items() if value is not None}

    def send(self, **fields: Any) -> Any:
        return self.client.post(self.url("book"), self.typed(**fields))

    def booked(self, **fields: Any) -> Appointment:
        """Sends the form, is led to the appointment's page, and returns the appointment."""
        answer = self.send(**fields)
        assert answer.status_code == 302, words_of(answer)
        found: Appointment = Appointment.objects.get(pk=answer["Location"].split("/")[-1][:36])
        assert answer["Location"] == self.url(f"appointments/{found.pk}?saved=1")
        return found

    def errors(self, **fields: Any) -> dict[str, list[str]]:
        """What the form refuses, by field."""
        answer = self.send(**fields)
        assert answer.status_code == 200
        return dict(answer.context["form"].errors)

    def book(self, start: datetime, *, override: Override | None = None, **more: Any) -> Record:
        """Books past the desk."""
        request = {
            "service_id": self.service.pk,
            "patient_id": self.patient.pk,
            "starts_at": start,
            "minutes": 30,
            "staff_id": self.doctor.pk,
        } | more
        return booking.book(
            business_id=self.business.pk,
            request=BookingRequest(**request),
            by=PARTNER,
            override=override,
        )

    def book_series(
        self,
        dates: int,
        start: datetime | None = None,
        *,
        rule: str = "FREQ=WEEKLY",
        **more: Any,
    ) -> list[Record]:
        """Books a series past the desk."""
        request = {
            "service_id": self.service.pk,
            "patient_id": self.patient.pk,
            "starts_at": start or at(10),
            "minutes": 30,
            "staff_id": self.doctor.pk,
        } | more
        return series.book_series(
            business_id=self.business.pk,
            request=BookingRequest(**request),
            repeat=series.Repeat(rrule=f"{rule};COUNT={dates}"),
            by=PARTNER,
        ).records

    def moving(self, one: Record | Appointment, **fields: Any) -> dict[str, Any]:
        """The form that moves, as the appointment's page first shows it, but for what is given."""
        answer = self.get(f"appointments/{one.id}")
        form = answer.context["move_form"]
        shown = {name: form[name].value() for name in form.fields}
        shown |= {"version": answer.context["version"], "action": "move"}
        shown["date"], shown["time"] = str(shown["date"]), f"{shown['time']:%H:%M}"
        shown["override_reason"] = ""
        return {name: value for name, value in (shown | fields).items() if value is not None}

    def move(self, one: Record | Appointment, **fields: Any) -> Any:
        page = self.url(f"appointments/{one.id}/move")
        return self.client.post(page, self.moving(one, **fields))

    def room(self, name: str, kind: str = "room") -> Resource:
        """A room or device, of which the service needs one of its kind from now on."""
        resource: Resource = Resource.objects.create(
            business=self.business, name=name, kind=kind, location=self.service.location
        )
        ResourceNeed.objects.get_or_create(business=self.business, service=self.service, kind=kind)
        return resource

    def book_request(self, start: datetime | None = None) -> Record:
        """What a patient asked for, of the same doctor, and nobody has decided yet."""
        service = ServiceFactory(
            business=self.business, name="Follow-up", bookings_require_approval=True
        )
        return self.book(start or at(10), service_id=service.pk)


def open_desk(*roles: Role) -> FrontDesk:
    """A clinic with one doctor, one service and one patient, and somebody with these roles."""
    business = BusinessFactory()
    user = member(business, *(roles or (Role.FRONT_DESK,)), name="Sofia Marchetti", password="!")
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return FrontDesk(
        business=business,
        user=user,
        client=client,
        doctor=StaffFactory(business=business, name="Dr Hart"),
        service=ServiceFactory(
            business=business, name="Follow-up", location=LocationFactory(business=business)
        ),
        patient=PatientFactory(business=business, name="Ana Núñez", phone_mobile="+44 7700 900123"),
    )
