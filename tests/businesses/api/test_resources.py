"""Rooms and devices over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from appointments.models import HeldResource
from businesses.models import Resource, ResourceNeed
from tests.appointments.api.clinic import Clinic, cancel, counted, nothing_is_written
from tests.contract import ID, TEXT, TIME, Table, check_table
from tests.factories import LocationFactory, api_key

RESOURCE: Table = [
    ("id", ID, False),
    ("createdAt", TIME, False),
    ("updatedAt", TIME, False),
    ("name", TEXT, False),
    ("kind", TEXT, False),
    ("locationId", ID, True),
    ("enabled", bool, False),
]
PATH = "resources"


def made(clinic: Clinic, name: str = "Room 1", **more: Any) -> Any:
    reply = clinic.ask("POST", PATH, body={"name": name, "kind": "room"} | more)
    assert reply.status == 201, reply.content
    return reply.data


def needed(clinic: Clinic, room: Any) -> None:
    ResourceNeed.objects.create(
        business=clinic.business, service=clinic.service, resource_id=room["id"]
    )


def test_a_new_room_is_told_as_it_is_stored(clinic: Clinic) -> None:
    place = LocationFactory(business=clinic.business)
    body = {"name": " Room 1", "kind": " Treatment  ROOM ", "locationId": str(place.pk).upper()}
    reply = clinic.ask("POST", PATH, body=body)
    assert reply.status == 201
    check_table(reply.data, RESOURCE)
    stored = Resource.objects.get()
    assert reply.data == {
        "id": str(stored.pk),
        "createdAt": "2026-07-01T08:00:00.000Z",
        "updatedAt": "2026-07-01T08:00:00.000Z",
        "name": "Room 1",
        "kind": "treatment room",
        "locationId": str(place.pk),
        "enabled": True,
    }
    assert reply.headers["Location"] == f"/v1/businesses/{clinic.business.pk}/{PATH}/{stored.pk}"
    there = clinic.ask("GET", PATH, stored.pk)
    assert (there.content, there.headers["ETag"]) == (reply.content, reply.headers["ETag"])


def test_a_room_of_no_location_says_null(clinic: Clinic) -> None:
    room = made(clinic)
    check_table(room, RESOURCE)
    assert room["locationId"] is None


def test_rooms_are_listed_by_name_and_narrowed(clinic: Clinic) -> None:
    place = LocationFactory(business=clinic.business)
    bike = made(clinic, "Bike", kind="bike", enabled=False)
    second = made(clinic, "Room 2", locationId=str(place.pk))
    first = made(clinic, "Room 1")
    assert clinic.ask("GET", PATH).json == {
        "data": [bike, first, second],
        "meta": {"totalCount": 3},
    }
    for query, told in (
        ("?kind=Room", [first, second]),
        ("?kind=sauna", []),
        (f"?locationId={place.pk}", [second]),
        (f"?locationId={bike['id']}", []),
        ("?enabled=false", [bike]),
        ("?enabled=1&kind=room&limit=1&offset=1", [second]),
    ):
        assert clinic.ask("GET", PATH, query=query).data == told, query


def test_what_is_left_out_of_a_change_stays(clinic: Clinic, clock: Any) -> None:
    place = LocationFactory(business=clinic.business)
    before = made(clinic, locationId=str(place.pk))
    clock.shift(1)
    later = {"updatedAt": "2026-07-01T08:00:01.000Z"}
    reply = clinic.ask("PUT", PATH, before["id"], body={"enabled": False})
    assert (reply.status, reply.data) == (200, before | later | {"enabled": False})
    change = {"name": "Gym", "kind": "gym", "locationId": None, "enabled": True}
    reply = clinic.ask("PUT", PATH, before["id"], body=change)
    assert reply.data == before | later | change
    assert clinic.ask("GET", PATH, before["id"]).content == reply.content


BAD_BODIES: list[tuple[Any, list[tuple[str, str]]]] = [
    ({"name": ""}, [("name", "blank")]),
    ({"name": None}, [("name", "null")]),
    ({"name": "x" * 201}, [("name", "max_length")]),
    ({"kind": " "}, [("kind", "blank")]),
    ({"kind": "x" * 51}, [("kind", "max_length")]),
    ({"locationId": "here"}, [("locationId", "invalid")]),
    ({"enabled": "yes"}, [("enabled", "invalid")]),
    ({"enabled": None}, [("enabled", "null")]),
    ({"color": "red"}, [("color", "unknown_field")]),
]


@pytest.mark.parametrize(("body", "wrong"), BAD_BODIES)
def test_a_bad_body_is_refused_and_nothing_is_written(
    clinic: Clinic, body: Any, wrong: list[tuple[str, str]]
) -> None:
    room = made(clinic)
    with nothing_is_written():
        complete = {"name": "Other", "kind": "room"} | body
        assert clinic.ask("POST", PATH, body=complete).wrong == wrong
        assert clinic.ask("PUT", PATH, room["id"], body=body).wrong == wrong
        assert clinic.ask("POST", PATH, body={}).wrong == [
            ("name", "required"),
            ("kind", "required"),
        ]
    assert clinic.ask("GET", PATH).data == [room]


def test_a_room_stands_at_a_location_that_is_there(clinic: Clinic, other_clinic: Clinic) -> None:
    room = made(clinic)
    elsewhere = LocationFactory(business=other_clinic.business)
    put_away = LocationFactory(business=clinic.business, archived_at="2026-01-01T00:00Z")
    with nothing_is_written():
        for place in (elsewhere, put_away):
            body = {"name": "Other", "kind": "room", "locationId": str(place.pk)}
            refused = [("locationId", "location_not_found")]
            assert clinic.ask("POST", PATH, body=body).wrong == refused
            assert clinic.ask("PUT", PATH, room["id"], body=body).wrong == refused


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("?enabled=maybe", ("enabled", "invalid")),
        ("?locationId=x", ("locationId", "invalid")),
        ("?kind=", ("kind", "blank")),
        ("?color=red", ("color", "unknown_field")),
    ],
)
def test_a_bad_query_is_refused(clinic: Clinic, query: str, wrong: tuple[str, str]) -> None:
    assert clinic.ask("GET", PATH, query=query).wrong == [wrong]


def test_two_rooms_do_not_have_one_name(clinic: Clinic, other_clinic: Clinic) -> None:
    first, second = made(clinic), made(clinic, "Room 2")
    with nothing_is_written():
        for reply in (
            clinic.ask("POST", PATH, body={"name": "ROOM 1", "kind": "room"}),
            clinic.ask("PUT", PATH, second["id"], body={"name": "room 1"}),
        ):
            assert reply.refused == (409, "name_taken")
    assert clinic.ask("GET", PATH).data == [first, second]
    assert made(other_clinic)["name"] == "Room 1"


def test_a_room_that_nothing_uses_is_deleted(clinic: Clinic) -> None:
    room = made(clinic)
    reply = clinic.ask("DELETE", PATH, room["id"])
    assert (reply.status, reply.content) == (204, b"")
    assert clinic.ask("GET", PATH, room["id"]).refused == (404, "not_found")
    assert Resource.objects.count() == 0


def test_a_room_that_a_service_needs_is_switched_off_instead(clinic: Clinic) -> None:
    room = made(clinic)
    needed(clinic, room)
    with nothing_is_written():
        reply = clinic.ask("DELETE", PATH, room["id"])
        assert reply.refused == (409, "in_use")
        assert "enabled: false" in reply.error["title"]
    assert clinic.ask("PUT", PATH, room["id"], body={"enabled": False}).status == 200


def test_a_room_that_was_booked_is_not_deleted(clinic: Clinic) -> None:
    room = made(clinic)
    needed(clinic, room)
    clinic.booked()
    ResourceNeed.objects.all().delete()
    assert HeldResource.objects.count() == 1
    with nothing_is_written():
        assert clinic.ask("DELETE", PATH, room["id"]).refused == (409, "in_use")
    assert clinic.ask("GET", PATH, room["id"]).data == room


def test_a_room_with_visits_to_come_stays_where_they_are(clinic: Clinic) -> None:
    here, there = (LocationFactory(business=clinic.business) for _ in range(2))
    clinic.service.location = here
    clinic.service.save()
    room = made(clinic, locationId=str(here.pk))
    needed(clinic, room)
    visit = clinic.booked()
    move = {"locationId": str(there.pk), "name": "Moved"}
    with nothing_is_written():
        reply = clinic.ask("PUT", PATH, room["id"], body=move)
        assert reply.refused == (409, "in_use")
    assert clinic.ask("GET", PATH, room["id"]).data == room
    for place in (None, str(here.pk)):
        change = {"locationId": place}
        assert clinic.ask("PUT", PATH, room["id"], body=change).data["locationId"] == place
    HeldResource.objects.all().delete()
    cancel(visit["id"])
    assert clinic.ask("PUT", PATH, room["id"], body=move).data["locationId"] == str(there.pk)


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_who_has_seen_something_else_changes_nothing(clinic: Clinic, method: str) -> None:
    room = made(clinic)
    seen = clinic.ask("GET", PATH, room["id"])
    assert clinic.ask("GET", PATH, room["id"], have=seen.headers["ETag"]).status == 304
    body = {"name": "Third"} if method == "PUT" else None
    fresh = clinic.ask("PUT", PATH, room["id"], body={"name": "Second"})
    with nothing_is_written():
        reply = clinic.ask(method, PATH, room["id"], body=body, match=seen.headers["ETag"])
        assert reply.refused == (412, "stale")
    reply = clinic.ask(method, PATH, room["id"], body=body, match=fresh.headers["ETag"])
    assert reply.status in (200, 204)


@pytest.mark.parametrize("count", [1, 3])
def test_how_many_statements_a_request_sends(real_clinic: Clinic, count: int) -> None:
    place = LocationFactory(business=real_clinic.business)
    first, *_ = [
        made(real_clinic, f"Room {number}", locationId=str(place.pk)) for number in range(count)
    ]
    one = (PATH, first["id"])
    # The key, the count, the rows.
    assert counted(lambda: real_clinic.ask("GET", PATH)) == (200, 3)
    assert counted(lambda: real_clinic.ask("GET", *one)) == (200, 2)
    # The key, BEGIN, the signature, the row, its change, COMMIT.
    assert counted(lambda: real_clinic.ask("PUT", *one, body={"name": "Other"})) == (200, 6)


def test_a_key_that_may_only_read_writes_nothing(clinic: Clinic) -> None:
    room = made(clinic)
    token = api_key(clinic.business, "services:read")
    assert clinic.ask("GET", PATH, token=token).data == [room]
    with nothing_is_written():
        for method, path in (("POST", ()), ("PUT", (room["id"],)), ("DELETE", (room["id"],))):
            reply = clinic.ask(method, PATH, *path, body={"name": "x"}, token=token)
            assert reply.refused == (403, "missing_scope")
    token = api_key(clinic.business, "business:read")
    assert clinic.ask("GET", PATH, token=token).refused == (403, "missing_scope")
