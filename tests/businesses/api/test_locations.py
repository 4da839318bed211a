"""Locations over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from appointments.models import Appointment
from businesses.models import Closure, Location, Resource
from tests.appointments.api.clinic import Clinic, counted, nothing_is_written
from tests.businesses.api.rivals import just_before
from tests.contract import ID, LIST, TEXT, TIME, Table, check_table
from tests.factories import LocationFactory, ServiceFactory, api_key

LOCATION: Table = [
    ("id", ID, False),
    ("name", TEXT, False),
    ("description", TEXT, True),
    ("instructions", TEXT, True),
    ("address", TEXT, True),
    ("lat", float, True),
    ("lng", float, True),
    ("phone", TEXT, True),
    ("email", TEXT, True),
    ("pictureUrl", TEXT, True),
    ("timezone", TEXT, False),
    ("services", LIST, False),
    ("createdAt", TIME, False),
    ("updatedAt", TIME, False),
]
THERE: Table = [("id", ID, False), ("name", TEXT, False)]
PATH = "locations"
EVERYTHING = {
    "name": "Annexe",
    "description": "Behind the house.",
    "instructions": "Ring twice.",
    "address": "2 River Street",
    "lat": 51.5,
    "lng": -0.25,
    "phone": "+44 20 7946 0000",
    "email": "annexe@clinic.example",
    "pictureUrl": "https://clinic.example/annexe.jpg",
    "timezone": "Europe/Lisbon",
}


def made(clinic: Clinic, **body: Any) -> Any:
    reply = clinic.ask("POST", PATH, body={"name": "Annexe"} | body)
    assert reply.status == 201, reply.content
    return reply.data


def offered_at(clinic: Clinic, place: Any, **fields: Any) -> Any:
    return ServiceFactory(business=clinic.business, location_id=place["id"], **fields)


def test_a_new_location_is_told_as_it_is_stored(clinic: Clinic) -> None:
    reply = clinic.ask("POST", PATH, body=EVERYTHING)
    assert reply.status == 201
    check_table(reply.data, LOCATION)
    stored = Location.objects.get()
    assert reply.data == EVERYTHING | {
        "id": str(stored.pk),
        "services": [],
        "createdAt": "2026-07-01T08:00:00.000Z",
        "updatedAt": "2026-07-01T08:00:00.000Z",
    }
    assert reply.headers["Location"] == f"/v1/businesses/{clinic.business.pk}/{PATH}/{stored.pk}"
    there = clinic.ask("GET", PATH, stored.pk)
    assert (there.content, there.headers["ETag"]) == (reply.content, reply.headers["ETag"])


def test_a_name_makes_a_location_in_the_zone_of_the_business(clinic: Clinic) -> None:
    place = made(clinic)
    check_table(place, LOCATION)
    nothing = {name for name, _, nullable in LOCATION if nullable}
    assert {name for name in place if place[name] is None} == nothing
    assert place["timezone"] == "Europe/London"


def test_a_location_tells_the_services_that_are_offered_there(clinic: Clinic) -> None:
    place = made(clinic)
    second, first = (offered_at(clinic, place, name=name) for name in ("B", "A"))
    offered_at(clinic, place, name="Gone", enabled=False, archived_at="2026-01-01T00:00Z")
    told = clinic.ask("GET", PATH, place["id"]).data
    for one in told["services"]:
        check_table(one, THERE)
    services = [{"id": str(one.pk), "name": one.name} for one in (first, second)]
    assert told == place | {"services": services}
    assert clinic.ask("GET", PATH).data == [told]


def test_locations_are_listed_by_name_then_id(clinic: Clinic) -> None:
    second, third, first = (made(clinic, name=name) for name in ("B", "B", "A"))
    LocationFactory(business=clinic.business, archived_at="2026-01-01T00:00Z")
    reply = clinic.ask("GET", PATH)
    assert reply.json == {"data": [first, second, third], "meta": {"totalCount": 3}}
    assert clinic.ask("GET", PATH, query="?limit=1&offset=1").data == [second]


def test_what_is_left_out_of_a_change_stays_and_null_empties(clinic: Clinic, clock: Any) -> None:
    before = made(clinic, **EVERYTHING)
    clock.shift(1)
    later = before | {"updatedAt": "2026-07-01T08:00:01.000Z"}
    reply = clinic.ask("PUT", PATH, before["id"], body={"name": "House"})
    assert (reply.status, reply.data) == (200, later | {"name": "House"})
    emptied = {name: None for name, _, nullable in LOCATION if nullable}
    reply = clinic.ask("PUT", PATH, before["id"], body=emptied)
    check_table(reply.data, LOCATION)
    assert reply.data == later | {"name": "House"} | emptied
    assert clinic.ask("GET", PATH, before["id"]).content == reply.content


BAD_BODIES: list[tuple[Any, list[tuple[str, str]]]] = [
    ({"name": ""}, [("name", "blank")]),
    ({"name": None}, [("name", "null")]),
    ({"lat": 91, "lng": 181}, [("lat", "max_value"), ("lng", "max_value")]),
    ({"lat": -91, "lng": -181}, [("lat", "min_value"), ("lng", "min_value")]),
    ({"lat": "51", "lng": 0}, [("lat", "invalid")]),
    ({"lat": 51}, [("lng", "lat_without_lng")]),
    ({"lng": 0}, [("lat", "lat_without_lng")]),
    ({"email": "annexe"}, [("email", "invalid")]),
    ({"pictureUrl": "javascript:alert(1)"}, [("pictureUrl", "invalid")]),
    ({"phone": "1" * 51}, [("phone", "max_length")]),
    ({"timezone": "Europe/Nowhere"}, [("timezone", "unknown_zone")]),
    ({"timezone": None}, [("timezone", "null")]),
    ({"services": []}, [("services", "unknown_field")]),
]


@pytest.mark.parametrize(("body", "wrong"), BAD_BODIES)
def test_a_bad_body_is_refused_and_nothing_is_written(
    clinic: Clinic, body: Any, wrong: list[tuple[str, str]]
) -> None:
    place = made(clinic)
    with nothing_is_written():
        assert clinic.ask("POST", PATH, body={"name": "x"} | body).wrong == wrong
        assert clinic.ask("PUT", PATH, place["id"], body=body).wrong == wrong
        assert clinic.ask("POST", PATH, body={}).wrong == [("name", "required")]
    assert clinic.ask("GET", PATH).data == [place]


def test_half_of_a_position_is_not_taken_away(clinic: Clinic) -> None:
    place = made(clinic, lat=51.5, lng=0)
    with nothing_is_written():
        reply = clinic.ask("PUT", PATH, place["id"], body={"lng": None})
        assert reply.wrong == [("lng", "lat_without_lng")]


def test_a_location_that_nothing_refers_to_is_deleted_with_its_closures(clinic: Clinic) -> None:
    place = made(clinic)
    body = {"name": "Works", "dateStart": "2026-08-01", "locationId": place["id"]}
    assert clinic.ask("POST", "closures", body=body).status == 201
    reply = clinic.ask("DELETE", PATH, place["id"])
    assert (reply.status, reply.content) == (204, b"")
    assert clinic.ask("GET", PATH, place["id"]).refused == (404, "not_found")
    assert (Location.objects.count(), Closure.objects.count()) == (0, 0)


def test_a_location_with_services_or_rooms_is_not_deleted(clinic: Clinic) -> None:
    place = made(clinic)
    service = offered_at(clinic, place, name="Massage")
    room = Resource.objects.create(
        business=clinic.business, name="Room 1", kind="room", location_id=place["id"]
    )
    told = []
    for gone in (service.durations.all(), service, room):
        with nothing_is_written():
            reply = clinic.ask("DELETE", PATH, place["id"])
            assert reply.refused == (409, "location_in_use")
            told.append(reply.error["title"])
        gone.delete()
    assert told == [
        f"It is still used by {what}; give them another location."
        for what in (
            "the services Massage and the rooms and devices Room 1",
            "the services Massage and the rooms and devices Room 1",
            "the rooms and devices Room 1",
        )
    ]
    assert clinic.ask("DELETE", PATH, place["id"]).status == 204


def booked_at(clinic: Clinic) -> tuple[Any, Any]:
    """A location at which nothing is offered any more, and an appointment there."""
    place = made(clinic, name="Old house")
    clinic.service.location_id = place["id"]
    clinic.service.save()
    visit = clinic.booked()
    assert visit["location"]["id"] == place["id"]
    clinic.service.location = None
    clinic.service.save()
    return place, visit


def test_a_location_of_appointments_is_put_away_and_they_keep_it(clinic: Clinic) -> None:
    place, visit = booked_at(clinic)
    body = {"name": "Works", "dateStart": "2026-08-01", "locationId": place["id"]}
    assert clinic.ask("POST", "closures", body=body).status == 201
    assert clinic.ask("DELETE", PATH, place["id"]).status == 204
    for method in ("GET", "PUT", "DELETE"):
        reply = clinic.ask(method, PATH, place["id"], body={"name": "x"})
        assert reply.refused == (404, "not_found")
    assert clinic.ask("GET", PATH).data == []
    assert clinic.ask("GET", "closures").data == []
    assert clinic.get(visit["id"]).data == visit
    assert Location.objects.get().archived_at is not None


def test_a_location_that_is_booked_at_the_last_moment_is_put_away(real_clinic: Clinic) -> None:
    """Django looks for appointments before it deletes; the database looks again."""
    place = made(real_clinic)
    visit = real_clinic.booked()

    def rival() -> None:
        Appointment.objects.filter(pk=visit["id"]).update(location_id=place["id"])

    with just_before('DELETE FROM "businesses_location"', rival):
        assert real_clinic.ask("DELETE", PATH, place["id"]).status == 204
    assert real_clinic.get(visit["id"]).data["location"]["id"] == place["id"]
    assert Location.objects.get().archived_at is not None


def test_nothing_new_refers_to_a_location_that_is_deleted_meanwhile(real_clinic: Clinic) -> None:
    place = made(real_clinic)

    def rival() -> None:
        assert real_clinic.ask("DELETE", PATH, place["id"]).status == 204

    body = {"name": "Room 1", "kind": "room", "locationId": place["id"]}
    with just_before('SELECT "businesses_location"', rival):
        reply = real_clinic.ask("POST", "resources", body=body)
    assert reply.wrong == [("locationId", "location_not_found")]
    assert Resource.objects.count() == 0


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_who_has_seen_something_else_changes_nothing(clinic: Clinic, method: str) -> None:
    place = made(clinic)
    seen = clinic.ask("GET", PATH, place["id"])
    assert clinic.ask("GET", PATH, place["id"], have=seen.headers["ETag"]).status == 304
    body = {"name": "Third"} if method == "PUT" else None
    fresh = clinic.ask("PUT", PATH, place["id"], body={"name": "Second"})
    with nothing_is_written():
        reply = clinic.ask(method, PATH, place["id"], body=body, match=seen.headers["ETag"])
        assert reply.refused == (412, "stale")
    reply = clinic.ask(method, PATH, place["id"], body=body, match=fresh.headers["ETag"])
    assert reply.status in (200, 204)


@pytest.mark.parametrize("count", [1, 3])
def test_how_many_statements_a_request_sends(real_clinic: Clinic, count: int) -> None:
    first, *_ = places = [made(real_clinic, name=f"House {number}") for number in range(count)]
    for place in places:
        for _ in range(count):
            offered_at(real_clinic, place)
    one = (PATH, first["id"])
    # The key, the count, the rows, their services.
    assert counted(lambda: real_clinic.ask("GET", PATH)) == (200, 4)
    assert counted(lambda: real_clinic.ask("GET", *one)) == (200, 3)
    # The key, BEGIN, the signature, the row, its services, its change, COMMIT.
    assert counted(lambda: real_clinic.ask("PUT", *one, body={"name": "Other"})) == (200, 7)


def test_a_key_that_may_only_read_writes_nothing(clinic: Clinic) -> None:
    place = made(clinic)
    token = api_key(clinic.business, "services:read")
    assert clinic.ask("GET", PATH, token=token).data == [place]
    with nothing_is_written():
        for method, path in (("POST", ()), ("PUT", (place["id"],)), ("DELETE", (place["id"],))):
            reply = clinic.ask(method, PATH, *path, body={"name": "x"}, token=token)
            assert reply.refused == (403, "missing_scope")
    token = api_key(clinic.business, "business:read")
    assert clinic.ask("GET", PATH, token=token).refused == (403, "missing_scope")
