"""Who may do what: scopes of keys, roles of people, and the history of what they did."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from appointments.api.availability import AvailabilityViewSet
from appointments.api.views import AppointmentViewSet
from businesses.keys import revoke_key
from businesses.models import ApiKey
from businesses.scopes import EVERY_SCOPE
from staff.models import Staff, StaffStatus
from staff.roles import Role
from tests.appointments.api.clinic import (
    NOBODY,
    TEN,
    Clinic,
    Reply,
    nothing_is_written,
    sent,
    wire,
)
from tests.factories import UserFactory, api_key, member

LATER = TEN + timedelta(hours=2)
DAILY = "FREQ=DAILY;COUNT=2"
LIST = f"?startDate={wire(TEN)}&endDate={wire(TEN + timedelta(days=1))}"
TOKEN = "c" * 32


def holding(clinic: Clinic, *scopes: str) -> Clinic:
    return replace(clinic, token=api_key(clinic.business, *scopes))


OVER = "?ignoreBusyTimes=true"
# What is done, the scope it needs, and the answer to whoever holds that scope alone (or with
# the one for writing).
NEEDED: dict[str, tuple[str, Any, int]] = {
    "list": ("read", lambda clinic, _: clinic.get(query=LIST), 200),
    "get": ("read", lambda clinic, pk: clinic.get(pk), 200),
    "get nobody's": ("read", lambda clinic, _: clinic.get(NOBODY), 404),
    "free times": ("read", lambda clinic, _: clinic.times(), 200),
    "explained": ("read", lambda clinic, _: clinic.times(explain="true"), 200),
    "bad search": ("read", lambda clinic, _: clinic.times(duration="x"), 400),
    "next times": ("read", lambda clinic, _: clinic.next_times(), 200),
    "create": ("write", lambda clinic, _: clinic.book(date=wire(LATER)), 201),
    "create once": ("write", lambda clinic, _: clinic.book(date=wire(LATER), key="k"), 201),
    "bad create": (
        "write",
        lambda clinic, _: clinic.send("POST", clinic.path(), content=b"{"),
        400,
    ),
    "series": ("write", lambda clinic, _: clinic.book(rrule=DAILY, date=wire(LATER)), 201),
    "preview": ("write", lambda clinic, _: clinic.preview(), 200),
    "change": ("write", lambda clinic, pk: clinic.change(pk, notes="x"), 200),
    "change nobody's": ("write", lambda clinic, _: clinic.change(NOBODY, notes="x"), 404),
    "stale change": ("write", lambda clinic, pk: clinic.change(pk, match='"x"', notes="x"), 412),
    "cancel": ("write", lambda clinic, pk: clinic.cancel(pk), 204),
    "cancel nobody's": ("write", lambda clinic, _: clinic.cancel(NOBODY), 404),
    "tags": (
        "write",
        lambda clinic, pk: clinic.asked("PUT", pk, "tags", body={"tags": ["x"]}),
        200,
    ),
    "swap": ("write", lambda clinic, pk: clinic.swap(pk, NOBODY), 404),
    "assignment": ("explain", lambda clinic, pk: clinic.get(pk, "assignment"), 200),
    "create over": ("override", lambda clinic, _: clinic.book(query=OVER), 201),
    "series over": ("override", lambda clinic, _: clinic.book(rrule=DAILY, query=OVER), 201),
    "preview over": ("override", lambda clinic, _: clinic.preview(query=OVER), 200),
    "change over": ("override", lambda clinic, pk: clinic.change(pk, query=OVER, notes="x"), 200),
    "swap over": ("override", lambda clinic, pk: clinic.swap(pk, NOBODY, query=OVER), 404),
}


@pytest.mark.parametrize("done", NEEDED)
def test_a_key_needs_the_scope_of_what_it_does(clinic: Clinic, done: str) -> None:
    word, ask, status = NEEDED[done]
    scope, pk = f"appointments:{word}", clinic.booked()["id"]
    lacking = holding(clinic, *(EVERY_SCOPE - {scope}))
    with nothing_is_written():
        reply: Reply = ask(lacking, pk)
    assert reply.refused == (403, "missing_scope")
    assert scope in reply.error["title"]
    needed = {scope, "appointments:write"} if word == "override" else {scope}
    assert ask(holding(clinic, *needed), pk).status == status


@pytest.mark.parametrize("done", NEEDED)
def test_a_key_of_another_business_is_told_that_there_is_nothing(
    clinic: Clinic, other_clinic: Clinic, done: str
) -> None:
    """Whatever it asks for, and whatever it may at home."""
    _, ask, _ = NEEDED[done]
    pk = clinic.booked()["id"]
    with nothing_is_written():
        reply: Reply = ask(replace(clinic, token=other_clinic.token), pk)
    assert reply.refused == (404, "not_found")
    assert reply.error["title"] == "There is nothing at this address."


def test_every_action_declares_its_scope(clinic: Clinic) -> None:
    """Else nobody could use it; and the table above has all that there are."""
    for viewset in (AppointmentViewSet, AvailabilityViewSet):
        assert set(viewset.scopes.values()) <= EVERY_SCOPE
    words = {word for word, _, _ in NEEDED.values()}
    declared = {*AppointmentViewSet.scopes.values(), *AvailabilityViewSet.scopes.values()}
    assert {f"appointments:{word}" for word in words - {"override"}} == declared


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


WRITES: dict[str, tuple[str, str, Any]] = {
    "change": ("PATCH", "", {"notes": "x"}),
    "cancel": ("DELETE", "", None),
    "tags": ("PUT", "tags", {"tags": ["x"]}),
}


@pytest.mark.parametrize("done", WRITES)
def test_somebody_at_the_desk_changes_with_their_session(clinic: Clinic, done: str) -> None:
    """And with the CSRF token of the page, without which nothing happens."""
    method, rest, body = WRITES[done]
    path = clinic.path(clinic.booked()["id"], *filter(None, [rest]))
    content = b"" if body is None else json.dumps(body).encode()
    client = signed_in(member(clinic.business, Role.FRONT_DESK))
    for headers in ({}, {"X-CSRFToken": "x" * 32}):
        with nothing_is_written():
            reply = sent(method, path, content=content, headers=headers, client=client)
        assert reply.refused == (403, "csrf_failed")
    good = {"X-CSRFToken": TOKEN}
    assert sent(method, path, content=content, headers=good, client=client).status in (200, 204)


def test_a_session_previews_and_swaps_only_with_its_csrf_token(clinic: Clinic) -> None:
    ids = [clinic.booked(date=wire(TEN + timedelta(hours=one)))["id"] for one in range(2)]
    client = signed_in(member(clinic.business, Role.FRONT_DESK))
    for rest, body in (
        ("preview", clinic.body()),
        ("swap", {"appointmentIds": ids}),
    ):
        content = json.dumps(body).encode()
        with nothing_is_written():
            reply = sent("POST", clinic.path(rest), content=content, client=client)
        assert reply.refused == (403, "csrf_failed")
        good = {"X-CSRFToken": TOKEN}
        path = clinic.path(rest)
        assert sent("POST", path, content=content, headers=good, client=client).status == 200


@pytest.mark.parametrize(
    ("role", "times", "preview", "assignment", "detail"),
    [
        (Role.OWNER, 200, 200, 200, True),
        (Role.ADMIN, 200, 200, 200, True),
        (Role.MANAGER, 200, 200, 200, True),
        (Role.FRONT_DESK, 200, 200, 200, True),
        (Role.PRACTITIONER, 200, 200, 200, True),
        (Role.DEVELOPER, 403, 403, 403, False),
    ],
)
def test_a_person_sees_of_calendars_what_their_role_may(
    clinic: Clinic, role: Role, times: int, preview: int, assignment: int, detail: bool
) -> None:
    pk = clinic.booked()["id"]
    client = signed_in(member(clinic.business, role))
    free = f"{clinic.service_path('availableTimes')}{LIST}&duration=30&explain=true"
    content = json.dumps(clinic.body()).encode()
    token = {"X-CSRFToken": TOKEN}
    replies = (
        sent("GET", free, client=client),
        sent("POST", clinic.path("preview"), content=content, headers=token, client=client),
        sent("GET", clinic.path(pk, "assignment"), client=client),
    )
    assert tuple(reply.status for reply in replies) == (times, preview, assignment)
    assert (pk.encode() in replies[0].content) == detail


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
    nowhere = f"/v1/businesses/{NOBODY}/appointments{LIST}"
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
