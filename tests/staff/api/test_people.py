"""Staff over HTTP."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from staff.models import Management, Staff, StaffStatus
from staff.roles import Role
from tests.appointments.api.clinic import Clinic, Reply, counted, nothing_is_written, sent
from tests.contract import ID, LIST, TEXT, TIME, Table, check_table, nullable
from tests.factories import ServiceFactory, StaffFactory, api_key, member, provides

MEMBER: Table = [
    ("id", ID, False),
    ("createdAt", TIME, False),
    ("updatedAt", TIME, False),
    ("businessId", ID, False),
    ("email", TEXT, False),
    ("alias", TEXT, True),
    ("name", TEXT, False),
    ("status", TEXT, False),
    ("enabled", bool, False),
    ("bookingURL", TEXT, False),
    ("roles", LIST, False),
    ("managedStaffIds", LIST, False),
    ("timezone", TEXT, True),
]
PATH = "staff"
NEW = {"name": "Ada Byron", "email": "ada@clinic.example"}


@pytest.fixture
def alone(clinic: Clinic) -> Clinic:
    """A clinic in which nobody works."""
    Staff.objects.all().delete()
    return clinic


def made(clinic: Clinic, name: str = "Ada Byron", **fields: Any) -> Any:
    """A staff member as the API tells them."""
    there = StaffFactory(business=clinic.business, name=name, **fields)
    return clinic.ask("GET", PATH, there.pk).data


def names(reply: Reply) -> list[str]:
    return [one["name"] for one in reply.data]


def test_a_new_staff_member_is_told_as_stored_and_takes_no_bookings(clinic: Clinic) -> None:
    reply = clinic.ask("POST", PATH, body={"name": " Ada Byron ", "email": "Ada@clinic.example"})
    assert reply.status == 200
    check_table(reply.data, MEMBER)
    stored = Staff.objects.get(email="Ada@clinic.example")
    assert reply.data == {
        "id": str(stored.pk),
        "createdAt": "2026-07-01T08:00:00.000Z",
        "updatedAt": "2026-07-01T08:00:00.000Z",
        "businessId": str(clinic.business.pk),
        "email": "Ada@clinic.example",
        "alias": None,
        "name": "Ada Byron",
        "status": "NOT_INVITED",
        "enabled": False,
        "bookingURL": f"http://127.0.0.1:8000/{clinic.business.alias}/staff/{stored.pk}",
        "roles": [],
        "managedStaffIds": [],
        "timezone": None,
    }
    assert (stored.takes_bookings, stored.user_id) == (False, None)
    there = clinic.ask("GET", PATH, stored.pk)
    assert (there.content, there.headers["ETag"]) == (reply.content, reply.headers["ETag"])
    refused = clinic.book(staffId=str(stored.pk))
    assert refused.refused == (400, "staff_not_bookable")


def test_all_that_is_known_of_somebody_is_told(clinic: Clinic) -> None:
    ada = StaffFactory(
        business=clinic.business,
        alias="ada",
        roles=["OWNER", "PRACTITIONER"],
        timezone="Europe/Paris",
    )
    managed = sorted((StaffFactory(business=clinic.business) for _ in range(2)), key=by_id)
    for one in reversed(managed):
        Management.objects.create(business=clinic.business, manager=ada, managed=one)
    told = clinic.ask("GET", PATH, ada.pk).data
    check_table(told, MEMBER)
    assert (told["alias"], told["roles"], told["timezone"]) == (
        "ada",
        ["OWNER", "PRACTITIONER"],
        "Europe/Paris",
    )
    assert (told["status"], told["enabled"]) == ("ACTIVE", True)
    assert told["managedStaffIds"] == [str(one.pk) for one in managed]
    assert nullable(MEMBER) == {"alias", "timezone"}


def by_id(staff: Staff) -> Any:
    return staff.pk


def test_staff_are_listed_by_name_then_id_and_the_archived_among_them(alone: Clinic) -> None:
    second, third = sorted((made(alone, "Bea") for _ in range(2)), key=lambda one: str(one["id"]))
    first = made(alone, "Ada", status="ARCHIVED")
    reply = alone.ask("GET", PATH)
    assert reply.json == {"data": [first, second, third], "meta": {"totalCount": 3}}
    part = alone.ask("GET", PATH, query="?limit=1&offset=1")
    assert part.json == {"data": [second], "meta": {"totalCount": 3}}


def test_staff_are_found_by_status_name_and_email(alone: Clinic) -> None:
    for number, status in enumerate(StaffStatus.values):
        made(alone, f"{number} {status}", status=status, email=f"{status}@x.example")
    for number, status in enumerate(StaffStatus.values):
        assert names(alone.ask("GET", PATH, query=f"?status={status}")) == [f"{number} {status}"]
    assert names(alone.ask("GET", PATH, query="?enabled=true")) == ["0 ACTIVE"]
    assert names(alone.ask("GET", PATH, query="?enabled=false")) == [
        "1 DISABLED",
        "2 ARCHIVED",
        "3 PENDING_INVITE",
        "4 NOT_INVITED",
    ]
    assert names(alone.ask("GET", PATH, query="?search=2+arch")) == ["2 ARCHIVED"]
    assert names(alone.ask("GET", PATH, query="?search=Disabled@X")) == ["1 DISABLED"]
    assert names(alone.ask("GET", PATH, query="?search=%25")) == []
    assert names(alone.ask("GET", PATH, query="?search=2&status=ACTIVE")) == []


def test_who_can_be_booked_for_a_service_is_found_by_its_id(
    alone: Clinic, other_clinic: Clinic
) -> None:
    everybody, named = (ServiceFactory(business=alone.business) for _ in range(2))
    ada, bea, joins = (
        StaffFactory(business=alone.business, name=name) for name in ("Ada", "Bea", "Joy")
    )
    StaffFactory(business=alone.business, name="Desk", takes_bookings=False)
    StaffFactory(business=alone.business, name="Gone", status="ARCHIVED")
    provides(bea, named)
    provides(joins, everybody, additional=True)

    def asked(service: Any) -> list[str]:
        return names(alone.ask("GET", PATH, query=f"?serviceId={service.pk}"))

    assert asked(everybody) == [ada.name, bea.name]
    assert asked(named) == [bea.name]
    assert asked(other_clinic.service) == []
    assert asked(alone.staff) == []  # an id of something else


def test_a_change_keeps_what_is_left_out_and_is_answered_unwrapped(
    clinic: Clinic, clock: Any
) -> None:
    before = made(clinic)
    clock.shift(1)
    changed = before | {"updatedAt": "2026-07-01T08:00:01.000Z"}
    for body in (
        {"name": "Ada King"},
        {"email": "king@clinic.example"},
        {"timezone": "Europe/Paris"},
        {"timezone": None},
        {},
    ):
        reply = clinic.ask("PUT", PATH, before["id"], body=body)
        assert reply.status == 200
        changed |= body
        assert reply.json == changed
        check_table(reply.json, MEMBER)
        there = clinic.ask("GET", PATH, before["id"])
        assert there.data == changed
        assert there.headers["ETag"] == reply.headers["ETag"]


def test_a_changed_email_leaves_the_login_as_it_is(clinic: Clinic) -> None:
    login = member(clinic.business, Role.PRACTITIONER, email="ada@clinic.example")
    ada = Staff.objects.get(user=login)
    reply = clinic.ask("PUT", PATH, ada.pk, body={"email": "new@clinic.example"})
    assert reply.json["email"] == "new@clinic.example"
    login.refresh_from_db()
    ada.refresh_from_db()
    assert (login.email, ada.user_id) == ("ada@clinic.example", login.pk)


def test_an_email_that_somebody_else_here_has_is_refused(
    clinic: Clinic, other_clinic: Clinic
) -> None:
    made(clinic, email="taken@clinic.example", status="ARCHIVED")
    ada = made(clinic)
    taken = {"email": "Taken@Clinic.example"}
    with nothing_is_written():
        for reply in (
            clinic.ask("POST", PATH, body=NEW | taken),
            clinic.ask("PUT", PATH, ada["id"], body=taken),
        ):
            assert reply.refused == (409, "email_taken")
    assert clinic.ask("GET", PATH, ada["id"]).data == ada
    assert other_clinic.ask("POST", PATH, body=NEW | taken).status == 200


def test_an_archived_staff_member_is_told_as_archived_and_can_not_be_booked(
    clinic: Clinic, clock: Any
) -> None:
    booked = clinic.booked()
    clock.shift(1)
    before = clinic.ask("GET", PATH, clinic.staff.pk).data
    reply = clinic.ask("DELETE", PATH, clinic.staff.pk)
    assert (reply.status, reply.content) == (204, b"")
    there = clinic.ask("GET", PATH, clinic.staff.pk).data
    assert there == before | {
        "status": "ARCHIVED",
        "enabled": False,
        "updatedAt": "2026-07-01T08:00:01.000Z",
    }
    assert clinic.book().refused == (400, "staff_not_bookable")
    assert clinic.get(booked["id"]).data == booked
    clock.shift(1)
    assert clinic.ask("DELETE", PATH, clinic.staff.pk).status == 204
    assert clinic.ask("GET", PATH, clinic.staff.pk).data == there


def test_the_last_owner_who_can_log_in_is_not_archived(clinic: Clinic) -> None:
    owner = Staff.objects.get(user=member(clinic.business, Role.OWNER))
    StaffFactory(business=clinic.business, roles=["OWNER"])  # without a login
    with nothing_is_written():
        reply = clinic.ask("DELETE", PATH, owner.pk)
        assert reply.refused == (409, "last_owner")
    owner.refresh_from_db()
    assert owner.status == "ACTIVE"
    member(clinic.business, Role.OWNER)
    assert clinic.ask("DELETE", PATH, owner.pk).status == 204


def test_of_two_last_owners_who_are_archived_at_once_one_stays(real_clinic: Clinic) -> None:
    at_once = Barrier(2, timeout=30)

    def archive(owner: Staff) -> int:
        at_once.wait()
        status = real_clinic.ask("DELETE", PATH, owner.pk).status
        connection.close()
        return status

    for _ in range(4):
        Staff.objects.filter(roles=["OWNER"]).delete()
        for _ in range(2):
            member(real_clinic.business, Role.OWNER)
        owners = Staff.objects.filter(roles=["OWNER"])
        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(archive, owners)) == [204, 409]
        assert owners.active().count() == 1


def in_the_browser(clinic: Clinic, role: Role, method: str, staff: Staff, body: Any) -> Reply:
    client = Client(raise_request_exception=False)
    client.force_login(member(clinic.business, role))
    path = f"/v1/businesses/{clinic.business.pk}/staff/{staff.pk}"
    return sent(method, path, content=json.dumps(body).encode(), client=client)


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_manager_changes_practitioners_and_not_owners(clinic: Clinic, method: str) -> None:
    owner = Staff.objects.get(user=member(clinic.business, Role.OWNER))
    body = {"name": "Changed"}
    before = clinic.ask("GET", PATH, owner.pk).data
    refused = in_the_browser(clinic, Role.MANAGER, method, owner, body)
    assert refused.refused == (403, "beyond_your_role")
    assert clinic.ask("GET", PATH, owner.pk).data == before
    for role, staff in ((Role.MANAGER, clinic.staff), (Role.OWNER, owner)):
        assert in_the_browser(clinic, role, method, staff, body).status in (200, 204)


BAD_NEW: list[tuple[Any, list[tuple[str, str]]]] = [
    ({}, [("name", "required"), ("email", "required")]),
    (NEW | {"name": ""}, [("name", "blank")]),
    (NEW | {"name": None}, [("name", "null")]),
    (NEW | {"name": "x" * 201}, [("name", "max_length")]),
    (NEW | {"email": "ada"}, [("email", "invalid")]),
    (NEW | {"email": 5}, [("email", "invalid")]),
    (NEW | {"email": f"{'x' * 250}@clinic.example"}, [("email", "max_length")]),
    (NEW | {"name": "a\x00b"}, [("name", "bad_character")]),
    (NEW | {"roles": ["OWNER"]}, [("roles", "unknown_field")]),
    ([], [("", "invalid")]),
]
BAD_CHANGES: list[tuple[Any, list[tuple[str, str]]]] = [
    ({"name": ""}, [("name", "blank")]),
    ({"email": None}, [("email", "null")]),
    ({"email": "ada"}, [("email", "invalid")]),
    ({"timezone": "London"}, [("timezone", "unknown_zone")]),
    ({"timezone": ""}, [("timezone", "unknown_zone")]),
    ({"status": "ACTIVE"}, [("status", "unknown_field")]),
    ("x", [("", "invalid")]),
]


@pytest.mark.parametrize(
    ("method", "body", "wrong"),
    [
        *(("POST", body, wrong) for body, wrong in BAD_NEW),
        *(("PUT", body, wrong) for body, wrong in BAD_CHANGES),
    ],
)
def test_a_bad_body_is_refused_and_nothing_is_written(
    clinic: Clinic, method: str, body: Any, wrong: list[tuple[str, str]]
) -> None:
    path = (PATH, clinic.staff.pk) if method == "PUT" else (PATH,)
    with nothing_is_written():
        assert sorted(clinic.ask(method, *path, body=body).wrong) == sorted(wrong)


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("?status=active", ("status", "invalid_choice")),
        ("?enabled=yes", ("enabled", "invalid")),
        ("?serviceId=5", ("serviceId", "invalid")),
        ("?search=", ("search", "blank")),
        ("?role=OWNER", ("role", "unknown_field")),
        ("?limit=51", ("limit", "max_value")),
    ],
)
def test_a_bad_query_is_refused(clinic: Clinic, query: str, wrong: tuple[str, str]) -> None:
    assert clinic.ask("GET", PATH, query=query).wrong == [wrong]


def test_what_the_client_has_is_not_sent_again(clinic: Clinic) -> None:
    ada = made(clinic)
    for path in ((PATH,), (PATH, ada["id"])):
        etag = clinic.ask("GET", *path).headers["ETag"]
        assert clinic.ask("GET", *path, have=etag).status == 304
        clinic.ask("PUT", PATH, ada["id"], body={"name": f"Ada {len(path)}"})
        assert clinic.ask("GET", *path, have=etag).status == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_who_has_seen_something_else_changes_nothing(clinic: Clinic, method: str) -> None:
    ada = made(clinic)
    seen = clinic.ask("GET", PATH, ada["id"]).headers["ETag"]
    changed = clinic.ask("PUT", PATH, ada["id"], body={"name": "Second"})
    body = {"name": "Third"} if method == "PUT" else None
    with nothing_is_written():
        reply = clinic.ask(method, PATH, ada["id"], body=body, match=seen)
        assert reply.refused == (412, "stale")
    etag = changed.headers["ETag"]
    assert clinic.ask(method, PATH, ada["id"], body=body, match=etag).status in (200, 204)


def test_staff_of_another_business_are_not_found(clinic: Clinic, other_clinic: Clinic) -> None:
    with nothing_is_written():
        for method, body in (("GET", None), ("PUT", {"name": "x"}), ("DELETE", None)):
            reply = clinic.ask(method, PATH, other_clinic.staff.pk, body=body)
            assert reply.refused == (404, "not_found")


@pytest.mark.parametrize("count", [1, 3])
def test_how_many_statements_a_request_sends(real_clinic: Clinic, count: int) -> None:
    for _ in range(count - 1):
        other = StaffFactory(business=real_clinic.business)
        Management.objects.create(
            business=real_clinic.business, manager=real_clinic.staff, managed=other
        )
    one = (PATH, real_clinic.staff.pk)
    real_clinic.ask("GET", *one)
    # The key, the count, the rows; and the service.
    assert counted(lambda: real_clinic.ask("GET", PATH)) == (200, 3)
    by_service = f"?serviceId={real_clinic.service.pk}"
    assert counted(lambda: real_clinic.ask("GET", PATH, query=by_service)) == (200, 4)
    assert counted(lambda: real_clinic.ask("GET", *one)) == (200, 2)
    # The key, BEGIN, the signature, the row, its change, COMMIT.
    assert counted(lambda: real_clinic.ask("PUT", *one, body={"name": "Other"})) == (200, 6)
    # The key, BEGIN, the signature, its row, COMMIT, and what is told.
    assert counted(lambda: real_clinic.ask("POST", PATH, body=NEW)) == (200, 6)
    # Two more: the row before it is held, and whether it is an owner.
    assert counted(lambda: real_clinic.ask("DELETE", *one)) == (204, 8)


def test_a_key_that_may_only_read_writes_nothing(clinic: Clinic) -> None:
    token, blind = (api_key(clinic.business, f"{what}:read") for what in ("staff", "services"))
    one = (PATH, clinic.staff.pk)
    assert clinic.ask("GET", *one, token=token).status == 200
    with nothing_is_written():
        for method, path, body in (
            ("POST", (PATH,), NEW),
            ("PUT", one, {"name": "x"}),
            ("DELETE", one, None),
        ):
            reply = clinic.ask(method, *path, body=body, token=token)
            assert reply.refused == (403, "missing_scope")
        assert clinic.ask("GET", *one, token=blind).refused == (403, "missing_scope")
    writer = api_key(clinic.business, "staff:write")
    assert clinic.ask("PUT", *one, body={"name": "x"}, token=writer).status == 200
