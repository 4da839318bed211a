"""The history of what came through the API names who did it, and in which request."""

from __future__ import annotations

import json
from typing import Any

from appointments.models import Appointment
from businesses.models import ApiKey
from businesses.statements import rows
from staff.roles import Role
from tests.appointments.api.clinic import Clinic, wire
from tests.appointments.api.test_rights import LATER, asked, signed_in
from tests.factories import member


def test_each_change_is_signed_with_the_key_and_its_request(clinic: Clinic) -> None:
    pk = clinic.booked()["id"]
    requests = [
        reply.headers["X-Request-Id"]
        for reply in (
            clinic.change(pk, notes="x"),
            clinic.change(pk, date=wire(LATER)),
            clinic.asked("PUT", pk, "tags", body={"tags": ["x"]}),
            clinic.cancel(pk),
        )
    ]
    signed = signatures(pk)[1:]
    assert [one["request"] for one in signed] == requests
    assert {(one["name"], one["source"]) for one in signed} == {("Tests", "api")}


def signatures(appointment_id: str) -> list[dict[str, Any]]:
    found = rows(
        "SELECT pgh_context FROM appointments_appointmentevent WHERE id = %s ORDER BY pgh_id",
        (appointment_id,),
    )
    return [row[0] if isinstance(row[0], dict) else json.loads(row[0]) for row in found]


def test_the_history_names_the_key_and_the_request(clinic: Clinic) -> None:
    reply = clinic.book(key="k")
    assert signatures(reply.data["id"]) == [
        {
            "name": "Tests",
            "source": "api",
            "user": None,
            "key": str(ApiKey.objects.get().pk),
            "request": reply.headers["X-Request-Id"],
        }
    ]


def test_the_history_names_the_person_and_the_request(clinic: Clinic) -> None:
    user = member(clinic.business, Role.FRONT_DESK)
    reply = asked(clinic, signed_in(user))
    assert signatures(reply.data["id"]) == [
        {
            "name": str(user),
            "source": "api",
            "user": str(user.pk),
            "key": None,
            "request": reply.headers["X-Request-Id"],
        }
    ]
    assert Appointment.objects.count() == 1
