"""Who may do what: scopes of keys, roles of people, and the history of what they did."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from appointments.models import Appointment
from businesses.keys import revoke_key
from businesses.models import ApiKey
from businesses.scopes import EVERY_SCOPE
from businesses.statements import rows
from staff.models import Staff, StaffStatus
from staff.roles import Role
from tests.appointments.api.clinic import (
    TEN,
    Clinic,
    Reply,
    nothing_is_written,
    sent,
    wire,
)
from tests.factories import UserFactory, api_key, member

LIST = f"?startDate={wire(TEN)}&endDate={wire(TEN + timedelta(days=1))}"
TOKEN = "c" * 32


def holding(clinic: Clinic, *scopes: str) -> Clinic:
    return replace(clinic, token=api_key(clinic.business, *scopes))


@pytest.mark.parametrize(
    ("scope", "ask"),
    [
        ("appointments:read", lambda clinic: clinic.get(query=LIST)),
        ("appointments:read", lambda clinic: clinic.get("00000000-0000-7000-8000-000000000000")),
        ("appointments:write", lambda clinic: clinic.book()),
        ("appointments:write", lambda clinic: clinic.book(key="k")),
        ("appointments:write", lambda clinic: clinic.send("POST", clinic.path(), content=b"{")),
        ("appointments:override", lambda clinic: clinic.book(query="?ignoreBusyTimes=true")),
    ],
    ids=["list", "get", "create", "create once", "bad create", "override"],
)
def test_a_key_needs_the_scope_of_what_it_does(clinic: Clinic, scope: str, ask: Any) -> None:
    lacking = holding(clinic, *(EVERY_SCOPE - {scope}))
    with nothing_is_written():
        reply: Reply = ask(lacking)
    assert reply.refused == (403, "missing_scope")
    assert scope in reply.error["title"]
    needed = {scope, "appointments:write"} if scope == "appointments:override" else {scope}
    assert ask(holding(clinic, *needed)).status in (200, 201, 400, 404)


def test_a_key_that_may_nothing_is_still_of_the_business(clinic: Clinic) -> None:
    """403, not 404: it is this business's key."""
    ApiKey.objects.update(scopes=[])
    assert clinic.get(query=LIST).refused == (403, "missing_scope")


def test_a_revoked_key_ends_at_once(clinic: Clinic) -> None:
    assert clinic.get(query=LIST).status == 200
    revoke_key(ApiKey.objects.get())
    assert clinic.get(query=LIST).refused == (401, "invalid_api_key")


def test_a_key_lasts_until_the_moment_it_expires(
    clinic: Clinic, clock: time_machine.Traveller
) -> None:
    brief = replace(
        clinic,
        token=api_key(clinic.business, expires_at=TEN),
    )
    clock.move_to(TEN - timedelta(milliseconds=1))
    assert brief.get(query=LIST).status == 200
    clock.move_to(TEN)
    assert brief.get(query=LIST).refused == (401, "invalid_api_key")


def test_the_last_use_of_a_key_is_noted_within_the_minute(
    clinic: Clinic, clock: time_machine.Traveller
) -> None:
    def used() -> Any:
        return ApiKey.objects.get().last_used_at

    clock.move_to(TEN)
    assert used() is None
    clinic.get(query=LIST)
    assert used() == TEN
    clock.shift(timedelta(seconds=60))
    clinic.get(query=LIST)
    assert used() == TEN
    clock.shift(timedelta(seconds=1))
    clinic.get(query=LIST)
    assert used() == TEN + timedelta(seconds=61)


def test_a_key_that_is_refused_is_not_used(clinic: Clinic) -> None:
    revoke_key(ApiKey.objects.get())
    clinic.get(query=LIST)
    assert ApiKey.objects.get().last_used_at is None


# --- Sessions of the desk -----------------------------------------------------------------------


def signed_in(user: Any) -> Client:
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    client.force_login(user)
    client.cookies["csrftoken"] = TOKEN
    return client


def asked(clinic: Clinic, client: Client, *, token: str = TOKEN, query: str = "") -> Reply:
    content = json.dumps(clinic.body()).encode()
    headers = {"X-CSRFToken": token} if token else {}
    return sent("POST", clinic.path() + query, content=content, headers=headers, client=client)


def test_somebody_at_the_desk_books_with_their_session(clinic: Clinic) -> None:
    client = signed_in(member(clinic.business, Role.FRONT_DESK))
    reply = asked(clinic, client)
    assert (reply.status, reply.data["source"]) == (201, "api")
    there = sent("GET", clinic.path(reply.data["id"]), client=client)
    assert there.content == reply.content


@pytest.mark.parametrize("token", ["", "x" * 32, "c" * 31, "c" * 64])
def test_a_session_writes_nothing_without_its_csrf_token(clinic: Clinic, token: str) -> None:
    client = signed_in(member(clinic.business, Role.OWNER))
    with nothing_is_written():
        assert asked(clinic, client, token=token).refused == (403, "csrf_failed")


def test_a_session_from_another_site_writes_nothing(clinic: Clinic) -> None:
    client = signed_in(member(clinic.business, Role.OWNER))
    headers = {"X-CSRFToken": TOKEN, "Origin": "https://evil.example"}
    content = json.dumps(clinic.body()).encode()
    with nothing_is_written():
        reply = sent("POST", clinic.path(), content=content, headers=headers, client=client)
    assert reply.refused == (403, "csrf_failed")


@pytest.mark.parametrize(
    ("role", "list_status", "create_status", "override_status"),
    [
        (Role.OWNER, 200, 201, 201),
        (Role.ADMIN, 200, 201, 201),
        (Role.MANAGER, 200, 201, 201),
        (Role.FRONT_DESK, 200, 201, 201),
        (Role.PRACTITIONER, 200, 201, 403),
        (Role.DEVELOPER, 403, 403, 403),
    ],
)
def test_a_person_may_what_their_role_may(
    clinic: Clinic, role: Role, list_status: int, create_status: int, override_status: int
) -> None:
    client = signed_in(member(clinic.business, role))
    statuses = (
        sent("GET", clinic.path() + LIST, client=client).status,
        asked(clinic, client).status,
        asked(clinic, client, query="?ignoreBusyTimes=true").status,
    )
    assert statuses == (list_status, create_status, override_status)


def test_a_person_has_the_rights_of_all_their_roles(clinic: Clinic) -> None:
    client = signed_in(member(clinic.business, Role.DEVELOPER, Role.FRONT_DESK))
    assert asked(clinic, client).status == 201


def test_roles_count_in_the_business_in_which_they_were_given(
    clinic: Clinic, other_clinic: Clinic
) -> None:
    user = member(clinic.business, Role.OWNER)
    Staff.objects.create(
        business=other_clinic.business, user=user, name="x", email=user.email, roles=["DEVELOPER"]
    )
    client = signed_in(user)
    assert sent("GET", clinic.path() + LIST, client=client).status == 200
    assert sent("GET", other_clinic.path() + LIST, client=client).refused == (403, "missing_scope")


@pytest.mark.parametrize("status", [one for one in StaffStatus if one != StaffStatus.ACTIVE])
def test_somebody_who_does_not_work_here_any_more_is_a_stranger(
    clinic: Clinic, status: StaffStatus
) -> None:
    user = member(clinic.business, Role.OWNER)
    client = signed_in(user)
    assert sent("GET", clinic.path() + LIST, client=client).status == 200
    Staff.objects.filter(user=user).update(status=status)
    assert sent("GET", clinic.path() + LIST, client=client).refused == (404, "not_found")


def test_an_operator_sees_every_business_that_there_is(
    clinic: Clinic, other_clinic: Clinic
) -> None:
    client = signed_in(UserFactory(is_superuser=True))
    for one in (clinic, other_clinic):
        assert sent("GET", one.path() + LIST, client=client).status == 200
    nowhere = f"/v1/businesses/00000000-0000-7000-8000-000000000000/appointments{LIST}"
    assert sent("GET", nowhere, client=client).refused == (404, "not_found")


def test_a_key_counts_before_a_session(clinic: Clinic, other_clinic: Clinic) -> None:
    """With a key no CSRF token is needed; with a bad one a good session does not help."""
    client = signed_in(member(clinic.business, Role.OWNER))
    headers = {"Authorization": f"Bearer {clinic.token}"}
    content = json.dumps(clinic.body()).encode()
    by_key = sent("POST", clinic.path(), content=content, headers=headers, client=client)
    assert by_key.status == 201
    bad = sent("GET", clinic.path() + LIST, headers={"Authorization": "Bearer x"}, client=client)
    assert bad.refused == (401, "invalid_api_key")
    theirs = {"Authorization": f"Bearer {other_clinic.token}"}
    assert sent("GET", clinic.path() + LIST, headers=theirs, client=client).status == 404


# --- History ------------------------------------------------------------------------------------


def signatures(appointment_id: str) -> list[dict[str, Any]]:
    found = rows(
        "SELECT pgh_context FROM appointments_appointmentevent WHERE id = %s", (appointment_id,)
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
