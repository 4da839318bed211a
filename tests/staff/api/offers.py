"""Services as an integration makes and changes them."""

from __future__ import annotations

from typing import Any

from businesses.models import ServiceCategory
from tests.appointments.api.clinic import Clinic
from tests.factories import LocationFactory, StaffFactory

PATH = "services"
SHORT: Any = {"name": "Massage", "durations": [{"duration": 30, "price": 3000}]}


def made(clinic: Clinic, **more: Any) -> Any:
    reply = clinic.ask("POST", PATH, body=SHORT | more)
    assert reply.status == 200, reply.content
    return reply.data


def changed(clinic: Clinic, service: Any, **body: Any) -> Any:
    reply = clinic.ask("PUT", PATH, service["id"], body=body)
    assert reply.status == 200, reply.content
    there = clinic.ask("GET", PATH, service["id"])
    assert (there.content, there.headers["ETag"]) == (reply.content, reply.headers["ETag"])
    return reply.data


def category(clinic: Clinic, name: str = "Movement") -> str:
    return str(ServiceCategory.objects.create(business=clinic.business, name=name).pk)


def person(clinic: Clinic) -> str:
    return str(StaffFactory(business=clinic.business).pk)


def everything(clinic: Clinic) -> dict[str, Any]:
    """A body with a value for each field."""
    return {
        "name": "Massage",
        "durations": [{"duration": 60, "price": 5000}, {"duration": 30, "price": 0}],
        "alias": "massage",
        "description": "With oil.",
        "enabled": False,
        "staffsIds": [str(clinic.staff.pk)],
        "additionalStaffIds": [person(clinic)],
        "categoriesIds": [category(clinic)],
        "leadTime": 60,
        "cancelLeadTime": 120,
        "timeIncrement": 5,
        "availabilityLimitDays": 30,
        "locationId": str(LocationFactory(business=clinic.business).pk),
        "locationType": "in_person",
        "locationValue": "2nd floor",
        "currency": "EUR",
        "bookingsRequireApproval": True,
        "bookingsPerTimeslot": 3,
        "bufferBeforeMinutes": 5,
        "bufferAfterMinutes": 10,
    }
