"""Service categories over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from businesses.models import ServiceCategory, ServiceInCategory
from tests.appointments.api.clinic import Clinic, counted, impatient, nothing_is_written
from tests.contract import ID, TEXT, TIME, Table, check_table
from tests.factories import api_key

CATEGORY: Table = [
    ("id", ID, False),
    ("createdAt", TIME, False),
    ("updatedAt", TIME, False),
    ("name", TEXT, False),
    ("bookingURL", TEXT, False),
]
PATH = "service-categories"


def made(clinic: Clinic, name: str = "Movement") -> Any:
    reply = clinic.ask("POST", PATH, body={"name": name})
    assert reply.status == 201, reply.content
    return reply.data


def test_a_new_category_is_told_as_it_is_stored(clinic: Clinic) -> None:
    reply = clinic.ask("POST", PATH, body={"name": "  Movement "})
    assert reply.status == 201
    check_table(reply.data, CATEGORY)
    stored = ServiceCategory.objects.get()
    assert reply.data == {
        "id": str(stored.pk),
        "createdAt": "2026-07-01T08:00:00.000Z",
        "updatedAt": "2026-07-01T08:00:00.000Z",
        "name": "Movement",
        "bookingURL": f"http://127.0.0.1:8000/{clinic.business.alias}/categories/{stored.pk}",
    }
    assert reply.headers["Location"] == f"/v1/businesses/{clinic.business.pk}/{PATH}/{stored.pk}"
    there = clinic.ask("GET", PATH, stored.pk)
    assert (there.content, there.headers["ETag"]) == (reply.content, reply.headers["ETag"])


def test_categories_are_listed_by_name_then_id(clinic: Clinic) -> None:
    second, third, first = (made(clinic, name) for name in ("Movement", "Movement", "Breath"))
    reply = clinic.ask("GET", PATH)
    assert reply.json == {"data": [first, second, third], "meta": {"totalCount": 3}}
    part = clinic.ask("GET", PATH, query="?limit=1&offset=1")
    assert part.json == {"data": [second], "meta": {"totalCount": 3}}


def test_what_is_new_can_be_listed(clinic: Clinic, clock: Any) -> None:
    old, changed = made(clinic, "Old"), made(clinic, "Changed")
    clock.shift(60)
    new = made(clinic, "New")
    changed = clinic.ask("PUT", PATH, changed["id"], body={"name": "Renamed"}).data
    reply = clinic.ask("GET", PATH, query="?updatedSince=2026-07-01T08:01:00Z")
    assert reply.data == [new, changed]
    # The same moment on the clinic's clock: London is an hour ahead.
    assert clinic.ask("GET", PATH, query="?updatedSince=2026-07-01T09:01:00").data == [new, changed]
    assert old not in reply.data


def test_a_category_is_renamed(clinic: Clinic, clock: Any) -> None:
    before = made(clinic)
    clock.shift(1)
    reply = clinic.ask("PUT", PATH, before["id"], body={"name": "Exercise"})
    assert reply.status == 200
    assert reply.data == before | {"name": "Exercise", "updatedAt": "2026-07-01T08:00:01.000Z"}
    assert clinic.ask("GET", PATH, before["id"]).content == reply.content


def test_a_deleted_category_is_gone_and_its_services_stay(clinic: Clinic) -> None:
    category = made(clinic)
    ServiceInCategory.objects.create(
        business=clinic.business, service=clinic.service, category_id=category["id"]
    )
    reply = clinic.ask("DELETE", PATH, category["id"])
    assert (reply.status, reply.content) == (204, b"")
    assert clinic.ask("GET", PATH, category["id"]).refused == (404, "not_found")
    assert clinic.ask("DELETE", PATH, category["id"]).refused == (404, "not_found")
    assert ServiceInCategory.objects.count() == 0


def test_a_service_that_loses_its_category_is_told_as_changed(clinic: Clinic, clock: Any) -> None:
    category = made(clinic)
    clinic.ask("PUT", "services", clinic.service.pk, body={"categoriesIds": [category["id"]]})
    clock.shift(60)
    clinic.ask("DELETE", PATH, category["id"])
    (changed,) = clinic.ask("GET", "services", query="?updatedSince=2026-07-01T08:01:00Z").data
    assert (changed["id"], changed["categoriesIds"]) == (str(clinic.service.pk), [])


BAD_BODIES: list[tuple[Any, list[tuple[str, str]]]] = [
    ({}, [("name", "required")]),
    ({"name": ""}, [("name", "blank")]),
    ({"name": None}, [("name", "null")]),
    ({"name": 5}, [("name", "invalid")]),
    ({"name": "x" * 201}, [("name", "max_length")]),
    ({"name": "a\x00b"}, [("name", "bad_character")]),
    ({"name": "x", "color": "red"}, [("color", "unknown_field")]),
    ([], [("", "invalid")]),
]


@pytest.mark.parametrize(("body", "wrong"), BAD_BODIES)
def test_a_bad_body_is_refused_and_nothing_is_written(
    clinic: Clinic, body: Any, wrong: list[tuple[str, str]]
) -> None:
    category = made(clinic)
    with nothing_is_written():
        assert clinic.ask("POST", PATH, body=body).wrong == wrong
        assert clinic.ask("PUT", PATH, category["id"], body=body).wrong == wrong
    assert clinic.ask("GET", PATH).data == [category]


BAD_QUERIES = [
    ("?limit=0", ("limit", "min_value")),
    ("?limit=51", ("limit", "max_value")),
    ("?offset=-1", ("offset", "invalid")),
    ("?offset=10001", ("offset", "max_value")),
    ("?limit=1&limit=2", ("limit", "repeated")),
    ("?color=red", ("color", "unknown_field")),
    ("?updatedSince=yesterday", ("updatedSince", "invalid")),
    ("?updatedSince=", ("updatedSince", "invalid")),
    ("?updatedSince=2026-03-29T01:30:00", ("updatedSince", "nonexistent_local_time")),
]


@pytest.mark.parametrize(("query", "wrong"), BAD_QUERIES)
def test_a_bad_query_is_refused(clinic: Clinic, query: str, wrong: tuple[str, str]) -> None:
    assert clinic.ask("GET", PATH, query=query).wrong == [wrong]


def test_an_unknown_parameter_is_told_which_are_known(clinic: Clinic) -> None:
    (wrong,) = clinic.ask("GET", PATH, query="?color=red").error["fields"]
    assert wrong["title"] == ("There is no such parameter; known are updatedSince, limit, offset.")


def test_what_the_client_has_is_not_sent_again(clinic: Clinic) -> None:
    category = made(clinic)
    for path in ((PATH,), (PATH, category["id"])):
        first = clinic.ask("GET", *path)
        etag = first.headers["ETag"]
        again = clinic.ask("GET", *path, have=etag)
        assert (again.status, again.content, again.headers["ETag"]) == (304, b"", etag)
        for known in ("*", f'"x", W/{etag}'):
            assert clinic.ask("GET", *path, have=known).status == 304
        clinic.ask("PUT", PATH, category["id"], body={"name": path[-1]})
        changed = clinic.ask("GET", *path, have=etag)
        assert (changed.status, changed.headers["ETag"] != etag) == (200, True)


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_who_has_seen_something_else_changes_nothing(clinic: Clinic, method: str) -> None:
    category = made(clinic)
    seen = clinic.ask("GET", PATH, category["id"]).headers["ETag"]
    body = {"name": "Third"} if method == "PUT" else None
    clinic.ask("PUT", PATH, category["id"], body={"name": "Second"})
    with nothing_is_written():
        reply = clinic.ask(method, PATH, category["id"], body=body, match=seen)
        assert reply.refused == (412, "stale")
    fresh = clinic.ask("GET", PATH, category["id"])
    assert fresh.data["name"] == "Second"
    etag = fresh.headers["ETag"]
    assert clinic.ask(method, PATH, category["id"], body=body, match=etag).status in (200, 204)


def test_what_a_change_answers_may_be_sent_as_seen(clinic: Clinic) -> None:
    category = made(clinic)
    first = clinic.ask("PUT", PATH, category["id"], body={"name": "Second"})
    reply = clinic.ask(
        "PUT", PATH, category["id"], body={"name": "Third"}, match=first.headers["ETag"]
    )
    assert reply.data["name"] == "Third"


def test_the_history_says_which_key_wrote(clinic: Clinic) -> None:
    category = made(clinic)
    clinic.ask("PUT", PATH, category["id"], body={"name": "Second"})
    clinic.ask("DELETE", PATH, category["id"])
    written = [
        (one.pgh_label, one.pgh_context["name"], one.pgh_context["source"])
        for one in ServiceCategory.pgh_event_model.objects.order_by("pgh_id")  # type: ignore[attr-defined]
    ]
    assert written == [(label, "Tests", "api") for label in ("insert", "update", "delete")]


def test_who_finds_a_row_held_by_somebody_else_is_told_to_try_again(real_clinic: Clinic) -> None:
    category = made(real_clinic)
    rival = connection.copy()
    try:
        rival.set_autocommit(False)
        with rival.cursor() as cursor:
            cursor.execute("SELECT FROM businesses_servicecategory FOR UPDATE")
        with impatient(), nothing_is_written():
            reply = real_clinic.ask("PUT", PATH, category["id"], body={"name": "Other"})
        assert reply.refused == (503, "calendar_busy")
        assert reply.headers["Retry-After"] == "1"
    finally:
        rival.close()
    assert real_clinic.ask("GET", PATH, category["id"]).data == category


@pytest.mark.parametrize("count", [1, 3])
def test_how_many_statements_a_request_sends(real_clinic: Clinic, count: int) -> None:
    first, *_ = [made(real_clinic, f"Category {number}") for number in range(count)]
    one = (PATH, first["id"])
    body = {"name": "Other"}
    # The key, the count, the rows.
    assert counted(lambda: real_clinic.ask("GET", PATH)) == (200, 3)
    assert counted(lambda: real_clinic.ask("GET", *one)) == (200, 2)
    # The key, BEGIN, the signature, the row, its change, COMMIT.
    assert counted(lambda: real_clinic.ask("PUT", *one, body=body)) == (200, 6)
    assert counted(lambda: real_clinic.ask("POST", PATH, body=body)) == (201, 6)


def test_a_key_that_may_only_read_writes_nothing(clinic: Clinic) -> None:
    category = made(clinic)
    token = api_key(clinic.business, "services:read")
    assert clinic.ask("GET", PATH, token=token).data == [category]
    with nothing_is_written():
        for method, path in (
            ("POST", ()),
            ("PUT", (category["id"],)),
            ("DELETE", (category["id"],)),
        ):
            reply = clinic.ask(method, PATH, *path, body={"name": "x"}, token=token)
            assert reply.refused == (403, "missing_scope")
