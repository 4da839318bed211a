"""Closures over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from businesses.models import Closure
from tests.appointments.api.clinic import Clinic, counted, nothing_is_written
from tests.contract import DAY, ID, TEXT, TIME, Table, check_table
from tests.factories import LocationFactory, api_key

CLOSURE: Table = [
    ("id", ID, False),
    ("createdAt", TIME, False),
    ("updatedAt", TIME, False),
    ("name", TEXT, False),
    ("dateStart", DAY, False),
    ("dateEnd", DAY, False),
    ("locationId", ID, True),
]
PATH = "closures"


def made(clinic: Clinic, name: str = "Works", start: str = "2026-07-02", **more: Any) -> Any:
    reply = clinic.ask("POST", PATH, body={"name": name, "dateStart": start} | more)
    assert reply.status == 201, reply.content
    return reply.data


def test_a_new_closure_is_told_as_it_is_stored(clinic: Clinic) -> None:
    place = LocationFactory(business=clinic.business)
    body = {
        "name": " Works",
        "dateStart": "2026-08-01",
        "dateEnd": "2026-08-14",
        "locationId": str(place.pk),
    }
    reply = clinic.ask("POST", PATH, body=body)
    assert reply.status == 201
    check_table(reply.data, CLOSURE)
    stored = Closure.objects.get()
    assert reply.data == {
        "id": str(stored.pk),
        "createdAt": "2026-07-01T08:00:00.000Z",
        "updatedAt": "2026-07-01T08:00:00.000Z",
        **body,
        "name": "Works",
    }
    assert reply.headers["Location"] == f"/v1/businesses/{clinic.business.pk}/{PATH}/{stored.pk}"
    there = clinic.ask("GET", PATH, stored.pk)
    assert (there.content, there.headers["ETag"]) == (reply.content, reply.headers["ETag"])


@pytest.mark.parametrize("last", [{}, {"dateEnd": None}])
def test_a_closure_without_a_last_day_is_one_day_of_the_whole_business(
    clinic: Clinic, last: dict[str, Any]
) -> None:
    closure = made(clinic, **last)
    check_table(closure, CLOSURE)
    assert (closure["dateStart"], closure["dateEnd"]) == ("2026-07-02", "2026-07-02")
    assert closure["locationId"] is None


def test_nothing_can_be_booked_on_a_closed_day_until_the_closure_is_deleted(
    clinic: Clinic,
) -> None:
    free = clinic.times().data
    assert free != []
    closure = made(clinic)
    assert clinic.times().data == []
    assert clinic.book().refused == (409, "outside_working_hours")
    assert clinic.ask("DELETE", PATH, closure["id"]).status == 204
    assert clinic.times().data == free


def test_closures_are_listed_by_day_then_name_then_id(clinic: Clinic) -> None:
    third = made(clinic, "B", "2026-08-02")
    second = made(clinic, "A", "2026-08-02")
    first = made(clinic, "Z", "2026-08-01")
    fourth = made(clinic, "B", "2026-08-02", dateEnd="2026-08-03")
    assert clinic.ask("GET", PATH).json == {
        "data": [first, second, third, fourth],
        "meta": {"totalCount": 4},
    }
    assert clinic.ask("GET", PATH, query="?limit=2&offset=1").data == [second, third]


@pytest.mark.parametrize(
    ("query", "there"),
    [
        ("?startDate=2026-08-10&endDate=2026-08-10", True),
        ("?startDate=2026-08-12&endDate=2026-08-12", True),
        ("?startDate=2026-08-01&endDate=2026-08-31", True),
        ("?startDate=2026-08-13", False),
        ("?endDate=2026-08-09", False),
        ("?startDate=2026-08-12", True),
        ("?endDate=2026-08-10", True),
    ],
)
def test_closures_of_some_days_are_those_that_share_a_day_with_them(
    clinic: Clinic, query: str, there: bool
) -> None:
    closure = made(clinic, start="2026-08-10", dateEnd="2026-08-12")
    assert clinic.ask("GET", PATH, query=query).data == [closure] * there


def test_closures_of_one_location_can_be_listed(clinic: Clinic) -> None:
    place = LocationFactory(business=clinic.business)
    made(clinic)
    closure = made(clinic, locationId=str(place.pk))
    assert clinic.ask("GET", PATH, query=f"?locationId={place.pk}").data == [closure]
    assert clinic.ask("GET", PATH, query=f"?locationId={closure['id']}").data == []


def test_what_is_left_out_of_a_change_stays(clinic: Clinic, clock: Any) -> None:
    place = LocationFactory(business=clinic.business)
    before = made(clinic, dateEnd="2026-07-05", locationId=str(place.pk))
    clock.shift(1)
    later = {"updatedAt": "2026-07-01T08:00:01.000Z"}
    reply = clinic.ask("PUT", PATH, before["id"], body={"name": "Holiday"})
    assert (reply.status, reply.data) == (200, before | later | {"name": "Holiday"})
    reply = clinic.ask("PUT", PATH, before["id"], body={"dateEnd": None, "locationId": None})
    changed = {"name": "Holiday", "dateEnd": "2026-07-02", "locationId": None}
    assert reply.data == before | later | changed
    assert clinic.ask("GET", PATH, before["id"]).content == reply.content


BAD_BODIES: list[tuple[Any, list[tuple[str, str]]]] = [
    ({"name": ""}, [("name", "blank")]),
    ({"dateStart": None}, [("dateStart", "null")]),
    ({"dateStart": "2026-02-30"}, [("dateStart", "invalid")]),
    ({"dateStart": "2026-07-02T00:00:00Z"}, [("dateStart", "invalid")]),
    ({"dateStart": "1800-01-01"}, [("dateStart", "out_of_range")]),
    ({"dateEnd": 20260702}, [("dateEnd", "invalid")]),
    ({"dateEnd": "2026-07-01"}, [("dateEnd", "ends_before_start")]),
    ({"locationId": "here"}, [("locationId", "invalid")]),
    ({"region": "DE"}, [("region", "unknown_field")]),
]


@pytest.mark.parametrize(("body", "wrong"), BAD_BODIES)
def test_a_bad_body_is_refused_and_nothing_is_written(
    clinic: Clinic, body: Any, wrong: list[tuple[str, str]]
) -> None:
    closure = made(clinic)
    with nothing_is_written():
        complete = {"name": "Other", "dateStart": "2026-07-02"} | body
        assert clinic.ask("POST", PATH, body=complete).wrong == wrong
        assert clinic.ask("PUT", PATH, closure["id"], body=body).wrong == wrong
        assert clinic.ask("POST", PATH, body={}).wrong == [
            ("name", "required"),
            ("dateStart", "required"),
        ]
    assert clinic.ask("GET", PATH).data == [closure]


def test_a_first_day_after_the_last_is_refused(clinic: Clinic) -> None:
    closure = made(clinic)
    with nothing_is_written():
        reply = clinic.ask("PUT", PATH, closure["id"], body={"dateStart": "2026-07-03"})
        assert reply.wrong == [("dateEnd", "ends_before_start")]


def test_a_closure_is_of_a_location_that_is_there(clinic: Clinic, other_clinic: Clinic) -> None:
    closure = made(clinic)
    elsewhere = LocationFactory(business=other_clinic.business)
    with nothing_is_written():
        body = {"name": "x", "dateStart": "2026-07-02", "locationId": str(elsewhere.pk)}
        refused = [("locationId", "location_not_found")]
        assert clinic.ask("POST", PATH, body=body).wrong == refused
        assert clinic.ask("PUT", PATH, closure["id"], body=body).wrong == refused


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("?startDate=tomorrow", ("startDate", "invalid")),
        ("?endDate=2026-07-02T00:00:00Z", ("endDate", "invalid")),
        ("?locationId=x", ("locationId", "invalid")),
        ("?name=x", ("name", "unknown_field")),
    ],
)
def test_a_bad_query_is_refused(clinic: Clinic, query: str, wrong: tuple[str, str]) -> None:
    assert clinic.ask("GET", PATH, query=query).wrong == [wrong]


def test_the_same_closure_is_there_once(clinic: Clinic) -> None:
    first, second = made(clinic), made(clinic, "Other")
    with nothing_is_written():
        for reply in (
            clinic.ask("POST", PATH, body={"name": "Works", "dateStart": "2026-07-02"}),
            clinic.ask("PUT", PATH, second["id"], body={"name": "Works"}),
        ):
            assert reply.refused == (409, "closure_exists")
    assert clinic.ask("GET", PATH).data == [second, first]


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_who_has_seen_something_else_changes_nothing(clinic: Clinic, method: str) -> None:
    closure = made(clinic)
    seen = clinic.ask("GET", PATH, closure["id"])
    assert clinic.ask("GET", PATH, closure["id"], have=seen.headers["ETag"]).status == 304
    body = {"name": "Third"} if method == "PUT" else None
    fresh = clinic.ask("PUT", PATH, closure["id"], body={"name": "Second"})
    with nothing_is_written():
        reply = clinic.ask(method, PATH, closure["id"], body=body, match=seen.headers["ETag"])
        assert reply.refused == (412, "stale")
    reply = clinic.ask(method, PATH, closure["id"], body=body, match=fresh.headers["ETag"])
    assert reply.status in (200, 204)


@pytest.mark.parametrize("count", [1, 3])
def test_how_many_statements_a_request_sends(real_clinic: Clinic, count: int) -> None:
    first, *_ = [made(real_clinic, f"Closure {number}") for number in range(count)]
    one = (PATH, first["id"])
    # The key, the count, the rows.
    assert counted(lambda: real_clinic.ask("GET", PATH)) == (200, 3)
    assert counted(lambda: real_clinic.ask("GET", *one)) == (200, 2)
    # The key, BEGIN, the signature, the row, its change, COMMIT.
    assert counted(lambda: real_clinic.ask("PUT", *one, body={"name": "Other"})) == (200, 6)


def test_a_key_that_may_only_read_writes_nothing(clinic: Clinic) -> None:
    closure = made(clinic)
    token = api_key(clinic.business, "business:read")
    assert clinic.ask("GET", PATH, token=token).data == [closure]
    with nothing_is_written():
        for method, path in (
            ("POST", ()),
            ("PUT", (closure["id"],)),
            ("DELETE", (closure["id"],)),
        ):
            reply = clinic.ask(method, PATH, *path, body={"name": "x"}, token=token)
            assert reply.refused == (403, "missing_scope")
    token = api_key(clinic.business, "services:read")
    assert clinic.ask("GET", PATH, token=token).refused == (403, "missing_scope")
