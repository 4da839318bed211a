"""Businesses over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from businesses.hours import DAYS
from businesses.models import Business
from staff.models import User
from staff.roles import Role
from tests.appointments.api.clinic import (
    Clinic,
    Reply,
    counted,
    nothing_is_written,
    sent,
)
from tests.contract import ID, TEXT, TIME, Table, check_table
from tests.factories import BusinessFactory, StaffFactory, UserFactory, api_key, member

BUSINESS: Table = [
    ("id", ID, False),
    ("createdAt", TIME, False),
    ("updatedAt", TIME, False),
    ("alias", TEXT, False),
    ("name", TEXT, False),
    ("email", TEXT, False),
    ("logoURL", TEXT, True),
    ("defaultStaffWorkingHours", dict, True),
    ("enabled", bool, False),
    ("timezone", TEXT, True),
]
EVERY = "/v1/businesses"


def businesses(clinic: Clinic, query: str = "", **more: Any) -> Reply:
    return clinic.send("GET", f"{EVERY}{query}", **more)


def seen_by(user: User) -> Reply:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return sent("GET", EVERY, client=client)


def test_a_key_sees_its_business(clinic: Clinic, other_clinic: Clinic) -> None:
    reply = clinic.ask("GET")
    assert reply.status == 200
    check_table(reply.data, BUSINESS)
    assert reply.data == {
        "id": str(clinic.business.pk),
        "createdAt": "2026-07-01T08:00:00.000Z",
        "updatedAt": "2026-07-01T08:00:00.000Z",
        "alias": clinic.business.alias,
        "name": clinic.business.name,
        "email": "desk@clinic.example",
        "logoURL": None,
        "defaultStaffWorkingHours": {day: [[800, 2000]] for day in DAYS},
        "enabled": True,
        "timezone": "Europe/London",
    }
    assert businesses(clinic).json == {"data": [reply.data], "meta": {"totalCount": 1}}
    for path in ("/businesses", f"/businesses/{clinic.business.pk}"):
        assert clinic.send("GET", path).content == clinic.send("GET", f"/v1{path}").content
    theirs = clinic.send("GET", f"{EVERY}/{other_clinic.business.pk}")
    assert theirs.refused == (404, "not_found")


def test_a_day_without_hours_is_told_as_empty_and_no_hours_as_null(clinic: Clinic) -> None:
    mine = Business.objects.filter(pk=clinic.business.pk)
    mine.update(default_staff_working_hours={"friday": [[1300, 1700], [900, 1200]]})
    week: dict[str, Any] = {day: [] for day in DAYS} | {"friday": [[900, 1200], [1300, 1700]]}
    told = clinic.ask("GET").data["defaultStaffWorkingHours"]
    assert (told, list(told)) == (week, list(DAYS))
    mine.update(default_staff_working_hours=None, logo_url="https://clinic.example/logo.png")
    told = clinic.ask("GET").data
    check_table(told, BUSINESS)
    assert (told["defaultStaffWorkingHours"], told["logoURL"]) == (
        None,
        "https://clinic.example/logo.png",
    )


def test_a_person_sees_the_businesses_in_which_they_work(clinic: Clinic) -> None:
    user = member(clinic.business, Role.FRONT_DESK)
    second = BusinessFactory(name="A second one")
    StaffFactory(business=second, user=user, roles=[Role.PRACTITIONER.value])
    left = BusinessFactory()
    StaffFactory(business=left, user=user, roles=[Role.OWNER.value], status="ARCHIVED")
    without_a_role = BusinessFactory()
    StaffFactory(business=without_a_role, user=user, roles=[])
    names = [one["name"] for one in seen_by(user).data]
    assert names == ["A second one", clinic.business.name]


def test_an_operator_sees_every_business(clinic: Clinic, other_clinic: Clinic) -> None:
    reply = seen_by(UserFactory(is_superuser=True))
    ids = {str(clinic.business.pk), str(other_clinic.business.pk)}
    assert ({one["id"] for one in reply.data}, len(reply.data)) == (ids, 2)


def test_who_works_nowhere_sees_nothing(clinic: Clinic) -> None:
    assert seen_by(UserFactory()).refused == (404, "not_found")
    assert sent("GET", EVERY).refused == (401, "unauthenticated")


def test_businesses_can_be_asked_what_is_new(clinic: Clinic) -> None:
    for query, count in (
        ("?updatedSince=2026-07-01T08:00:00Z", 1),
        ("?updatedSince=2026-07-01T08:00:01Z", 0),
        # No one business is asked, so a time without an offset is UTC.
        ("?updatedSince=2026-07-01T08:00:00", 1),
        ("?limit=1&offset=1", 0),
    ):
        assert len(businesses(clinic, query).data) == count, query
    assert businesses(clinic, "?name=x").wrong == [("name", "unknown_field")]
    etag = businesses(clinic).headers["ETag"]
    assert businesses(clinic, headers={"If-None-Match": etag}).status == 304


def test_what_is_left_out_of_a_change_stays(clinic: Clinic, clock: Any) -> None:
    before = clinic.ask("GET").data
    clock.shift(1)
    later = {"updatedAt": "2026-07-01T08:00:01.000Z"}
    reply = clinic.ask("PUT", body={"name": " Riverside "})
    assert (reply.status, reply.data) == (200, before | later | {"name": "Riverside"})
    change = {"email": "new@clinic.example", "timezone": "America/New_York"}
    reply = clinic.ask("PUT", body=change)
    assert reply.data == before | later | {"name": "Riverside"} | change
    assert clinic.ask("GET").content == reply.content


BAD_BODIES: list[tuple[Any, list[tuple[str, str]]]] = [
    ({"name": ""}, [("name", "blank")]),
    ({"name": None}, [("name", "null")]),
    ({"name": "x" * 201}, [("name", "max_length")]),
    ({"email": "desk"}, [("email", "invalid")]),
    ({"timezone": "Europe/Nowhere"}, [("timezone", "unknown_zone")]),
    ({"timezone": None}, [("timezone", "null")]),
    ({"alias": "new"}, [("alias", "unknown_field")]),
    ([], [("", "invalid")]),
]


@pytest.mark.parametrize(("body", "wrong"), BAD_BODIES)
def test_a_bad_body_is_refused_and_nothing_is_written(
    clinic: Clinic, body: Any, wrong: list[tuple[str, str]]
) -> None:
    before = clinic.ask("GET").data
    with nothing_is_written():
        assert clinic.ask("PUT", body=body).wrong == wrong
    assert clinic.ask("GET").data == before


def test_who_has_seen_something_else_changes_nothing(clinic: Clinic) -> None:
    seen = clinic.ask("GET").headers["ETag"]
    assert clinic.ask("GET", have=seen).status == 304
    fresh = clinic.ask("PUT", body={"name": "Second"}).headers["ETag"]
    with nothing_is_written():
        assert clinic.ask("PUT", body={"name": "Third"}, match=seen).refused == (412, "stale")
    assert clinic.ask("PUT", body={"name": "Third"}, match=fresh).data["name"] == "Third"


@pytest.mark.parametrize("count", [1, 3])
def test_how_many_statements_a_request_sends(real_clinic: Clinic, count: int) -> None:
    user = member(real_clinic.business, Role.OWNER)
    for _ in range(count - 1):
        StaffFactory(business=BusinessFactory(), user=user, roles=[Role.OWNER.value])
    real_clinic.ask("GET")
    # The key, the count, the rows.
    assert counted(lambda: businesses(real_clinic)) == (200, 3)
    assert counted(lambda: real_clinic.ask("GET")) == (200, 2)
    # The key, BEGIN, the signature, the row, its change, COMMIT.
    assert counted(lambda: real_clinic.ask("PUT", body={"name": "Other"})) == (200, 6)
    client = Client()
    client.force_login(user)
    # The session, the person, their places of work, the count, the rows.
    assert counted(lambda: sent("GET", EVERY, client=client)) == (200, 5)


def test_a_key_that_may_only_read_writes_nothing(clinic: Clinic) -> None:
    token = api_key(clinic.business, "business:read")
    assert clinic.ask("GET", token=token).status == 200
    with nothing_is_written():
        reply = clinic.ask("PUT", body={"name": "x"}, token=token)
        assert reply.refused == (403, "missing_scope")
    token = api_key(clinic.business, "services:read")
    assert clinic.ask("GET", token=token).refused == (403, "missing_scope")
    bearer = {"Authorization": f"Bearer {token}"}
    assert businesses(clinic, headers=bearer).refused == (403, "missing_scope")
