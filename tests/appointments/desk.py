"""The desk: books for real, and notices when a refusal leaves anything behind."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
from django.apps import apps
from django.db import connection

from appointments import booking
from appointments.acceptance import BookingRequest, Override
from appointments.errors import Refusal
from appointments.models import HeldTime
from appointments.record import Record
from businesses.actor import Actor
from businesses.models import Service
from patients.models import Patient
from staff.models import Staff
from tests.factories import PatientFactory

NOW = datetime(2030, 1, 7, 6, tzinfo=UTC)
DESK = Actor(name="Front desk", source="desk")
ON_PURPOSE = Override(reason="Emergency")

R = TypeVar("R", bound=Refusal)


def at(hour: int, minute: int = 0, *, day: int = 0) -> datetime:
    """A time on that Monday, or so many days later; London's and UTC's."""
    midnight = NOW.replace(hour=0)
    return midnight + timedelta(days=day, hours=hour, minutes=minute)


def book(
    service: Service,
    start: datetime,
    *,
    staff: Staff | None = None,  # none: anyone
    minutes: int = 30,
    patient: Patient | None = None,
    along: Collection[Staff] = (),
    override: Override | None = None,
    needs_approval: bool = True,
    by: Actor = DESK,
    **more: Any,
) -> Record:
    someone = patient or PatientFactory(business=service.business)
    return booking.book(
        business_id=service.business_id,
        request=BookingRequest(
            service_id=service.pk,
            patient_id=someone.pk,
            starts_at=start,
            minutes=minutes,
            staff_id=staff.pk if staff else None,
            additional_staff_ids=tuple(one.pk for one in along),
            **more,
        ),
        by=by,
        override=override,
        needs_approval=needs_approval,
    )


def written() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table that a booking writes, the history's included."""
    found = {}
    with connection.cursor() as cursor:
        for model in apps.get_app_config("appointments").get_models():
            table = model._meta.db_table
            cursor.execute(f'SELECT * FROM "{table}" ORDER BY 1, 2')
            found[table] = cursor.fetchall()
    return found


def refused(
    refusal: type[R],
    service: Service,
    start: datetime,
    *,
    patient: Patient | None = None,
    **wish: Any,
) -> R:
    """The refusal with which a booking ends, after which nothing is changed."""
    someone = patient or PatientFactory(business=service.business)
    before = written()
    with pytest.raises(Refusal) as caught:
        book(service, start, patient=someone, **wish)
    assert type(caught.value) is refusal
    assert written() == before
    assert isinstance(caught.value, refusal)
    return caught.value


def cancelled(record: Record) -> Record:
    return booking.cancel(business_id=record.business_id, appointment_id=record.id, by=DESK)


def held(staff: Staff) -> list[tuple[datetime, datetime]]:
    """What somebody holds, buffers included, by start."""
    rows = HeldTime.objects.filter(staff=staff).order_by("during")
    return [(row.during.lower, row.during.upper) for row in rows]
