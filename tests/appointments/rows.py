"""Rows in plain SQL: what the database makes of them with no code of ours in between."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from businesses.models import Resource, Service
from businesses.statements import violated
from patients.models import Patient
from staff.models import Staff
from tests.appointments.desk import NOW, written
from tests.factories import PatientFactory, ServiceFactory, StaffFactory


def sql(statement: str, *params: Any) -> int:
    """How many rows the statement wrote."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return int(cursor.rowcount)


def insert(table: str, **values: Any) -> UUID:
    """A new row with an id of its own; the id."""
    row = {"id": uuid4(), "created_at": NOW, "updated_at": NOW} | values
    columns, marks = ", ".join(row), ", ".join(["%s"] * len(row))
    sql(f"INSERT INTO {table} ({columns}) VALUES ({marks})", *row.values())
    return UUID(str(row["id"]))


@contextmanager
def committed() -> Iterator[None]:
    """As a transaction of its own, with the constraints that wait for its end."""
    with transaction.atomic():
        yield
        connection.check_constraints()


@contextmanager
def refused_by(constraint: str) -> Iterator[None]:
    """At once or at the commit the database refuses by that constraint, and nothing is changed."""
    before = written()
    with pytest.raises(IntegrityError) as caught, committed():
        yield
    assert violated(caught.value) == constraint
    assert written() == before


def accepted() -> None:
    """What was written would be committed: the constraints that wait for it hold as well."""
    connection.check_constraints()


@dataclass(frozen=True)
class Rows:
    """Rows of one doctor, one service and one patient."""

    service: Service
    doctor: Staff
    patient: Patient

    @classmethod
    def of_a_clinic(cls) -> Rows:
        service = ServiceFactory()
        return cls(
            service,
            StaffFactory(business=service.business),
            PatientFactory(business=service.business),
        )

    @property
    def business(self) -> UUID:
        business: UUID = self.service.business_id
        return business

    def timeslot(self, start: datetime, *, places: int, minutes: int = 30, **more: Any) -> UUID:
        values = {
            "business_id": self.business,
            "service_id": self.service.pk,
            "staff_id": self.doctor.pk,
            "starts_at": start,
            "ends_at": start + timedelta(minutes=minutes),
            "places": places,
        }
        return insert("appointments_groupslot", **(values | more))

    def appointment(self, start: datetime, *, minutes: int = 30, **more: Any) -> UUID:
        """An approved appointment that holds nothing yet."""
        values = {
            "business_id": self.business,
            "service_id": self.service.pk,
            "staff_id": self.doctor.pk,
            "patient_id": self.patient.pk,
            "starts_at": start,
            "ends_at": start + timedelta(minutes=minutes),
            "price": 3000,
            "currency": "gbp",
            "status": "booked",
            "approved": True,
            "cancel_reason": "",
            "overbooked": False,
            "override_reason": "",
            "patient_timezone": "",
            "location_type": "",
            "location_value": "",
            "payment_provider": "",
            "payment_id": "",
            "answers": "[]",
            "tags": [],
            "notes": "",
            "source": "api",
            "link_token": uuid4().hex,
        }
        return insert("appointments_appointment", **(values | more))

    def hold(self, appointment: UUID, start: datetime, *, minutes: int = 30, **more: Any) -> UUID:
        """The time that the appointment holds for the doctor."""
        end = start + timedelta(minutes=minutes)
        values = {
            "business_id": self.business,
            "appointment_id": appointment,
            "staff_id": self.doctor.pk,
            "starts_at": start,
            "ends_at": end,
            "during": f"[{start.isoformat()},{end.isoformat()})",
            "session": more.get("group_slot_id") or appointment,
            "place": 1,
            "places": 1,
            "overbooked": False,
        }
        return insert("appointments_heldtime", **(values | more))

    def use(self, appointment: UUID, start: datetime, resource: Resource, **more: Any) -> UUID:
        """The half hour for which the appointment holds a room or device."""
        end = start + timedelta(minutes=30)
        values = {
            "business_id": self.business,
            "appointment_id": appointment,
            "resource_id": resource.pk,
            "starts_at": start,
            "ends_at": end,
            "during": f"[{start.isoformat()},{end.isoformat()})",
            "session": more.get("group_slot_id") or appointment,
        }
        return insert("appointments_heldresource", **(values | more))

    def booked(self, start: datetime, *, minutes: int = 30, **hold: Any) -> UUID:
        """An approved appointment with the time that it holds."""
        appointment = self.appointment(start, minutes=minutes)
        self.hold(appointment, start, minutes=minutes, **hold)
        return appointment

    def takes_place(self, slot: UUID, start: datetime, **hold: Any) -> UUID:
        """An approved appointment in a timeslot, at a place of it."""
        appointment = self.appointment(start, group_slot_id=slot)
        self.hold(appointment, start, group_slot_id=slot, **hold)
        return appointment

    def additional(self, appointment: UUID, staff: Staff) -> UUID:
        return insert(
            "appointments_additionalhost",
            business_id=self.business,
            appointment_id=appointment,
            staff_id=staff.pk,
        )
