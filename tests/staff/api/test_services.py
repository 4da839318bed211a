"""Services over HTTP: what is told, written and refused."""

from __future__ import annotations

from typing import Any

import pytest

from businesses.models import Service
from staff.models import ServiceHost
from tests.appointments.api.clinic import Clinic, nothing_is_written
from tests.contract import ID, LIST, TEXT, TIME, Table, check_table
from tests.factories import LocationFactory, api_key
from tests.staff.api.offers import PATH, SHORT, category, changed, everything, made, person

SERVICE: Table = [
    ("id", ID, False),
    ("createdAt", TIME, False),
    ("updatedAt", TIME, False),
    ("alias", TEXT, True),
    ("name", TEXT, False),
    ("description", TEXT, True),
    ("bookingURL", TEXT, False),
    ("enabled", bool, False),
    ("staffsIds", LIST, False),
    ("additionalStaffIds", LIST, False),
    ("categoriesIds", LIST, False),
    ("leadTime", int, True),
    ("cancelLeadTime", int, True),
    ("timeIncrement", int, True),
    ("availabilityLimitDays", int, True),
    ("location", dict, True),
    ("locationType", TEXT, True),
    ("locationValue", TEXT, True),
    ("currency", TEXT, True),
    ("durations", LIST, False),
    ("bookingsRequireApproval", bool, False),
    ("bookingsPerTimeslot", int, False),
    ("bufferBeforeMinutes", int, True),
    ("bufferAfterMinutes", int, True),
]
PLACE: Table = [("id", ID, False), ("name", TEXT, False), ("address", TEXT, True)]
DURATION: Table = [("duration", int, False), ("price", int, False)]
LATER = {"updatedAt": "2026-07-01T08:00:01.000Z"}


def test_a_new_service_is_told_as_it_is_stored(clinic: Clinic) -> None:
    body = everything(clinic)
    reply = clinic.ask("POST", PATH, body=body)
    assert reply.status == 200
    check_table(reply.data, SERVICE)
    check_table(reply.data["location"], PLACE)
    for one in reply.data["durations"]:
        check_table(one, DURATION)
    stored = Service.objects.get(alias="massage")
    place = body.pop("locationId")
    assert reply.data == body | {
        "id": str(stored.pk),
        "createdAt": "2026-07-01T08:00:00.000Z",
        "updatedAt": "2026-07-01T08:00:00.000Z",
        "bookingURL": f"http://127.0.0.1:8000/{clinic.business.alias}/services/{stored.pk}",
        "location": {"id": place, "name": "Main house", "address": "1 River Street"},
        "currency": "eur",
        "durations": [{"duration": 30, "price": 0}, {"duration": 60, "price": 5000}],
    }
    assert reply.headers["Location"] == f"/v1/businesses/{clinic.business.pk}/{PATH}/{stored.pk}"
    there = clinic.ask("GET", PATH, stored.pk)
    assert (there.content, there.headers["ETag"]) == (reply.content, reply.headers["ETag"])


def test_a_name_and_a_length_make_a_service(clinic: Clinic) -> None:
    service = made(clinic)
    check_table(service, SERVICE)
    nothing = {name for name, _, nullable in SERVICE if nullable}
    assert {name for name in service if service[name] is None} == nothing
    assert {name: service[name] for name in ("enabled", "staffsIds", "additionalStaffIds")} == {
        "enabled": True,
        "staffsIds": [],
        "additionalStaffIds": [],
    }
    assert (service["bookingsPerTimeslot"], service["bookingsRequireApproval"]) == (1, False)


def test_a_new_service_can_be_booked(clinic: Clinic) -> None:
    service = made(clinic, currency="USD")
    booked = clinic.booked(serviceId=service["id"])
    assert (booked["price"], booked["currency"]) == (3000, service["currency"])


def test_what_is_left_out_of_a_change_stays(clinic: Clinic, clock: Any) -> None:
    service = made(clinic, **everything(clinic))
    clock.shift(1)
    assert changed(clinic, service) == service | LATER
    assert changed(clinic, service, name="Oil") == service | LATER | {"name": "Oil"}


def test_null_empties(clinic: Clinic) -> None:
    service = made(clinic, **everything(clinic))
    emptied = {name: None for name, _, nullable in SERVICE if nullable}
    lists = ("staffsIds", "additionalStaffIds", "categoriesIds")
    told = changed(clinic, service, **emptied, **dict.fromkeys(lists))
    check_table(told, SERVICE)
    assert told == service | emptied | {name: [] for name in lists}


def test_lists_are_replaced_as_a_whole(clinic: Clinic, clock: Any) -> None:
    service = made(clinic, **everything(clinic))
    clock.shift(1)
    first, second = service["additionalStaffIds"][0], person(clinic)
    lists: dict[str, Any] = {
        "durations": [{"duration": 30, "price": 100}, {"duration": 45, "price": 4000}],
        "staffsIds": sorted([first, second]),
        "additionalStaffIds": [str(clinic.staff.pk)],
        "categoriesIds": sorted([*service["categoriesIds"], category(clinic, "Breath")]),
    }
    assert changed(clinic, service, **lists) == service | LATER | lists
    # What is named twice counts once.
    twice = changed(clinic, service, staffsIds=[second, second])
    assert twice["staffsIds"] == [second]


@pytest.mark.parametrize("name", ["durations", "staffsIds", "additionalStaffIds", "categoriesIds"])
def test_a_change_to_a_list_is_a_change_to_the_service(
    clinic: Clinic, clock: Any, name: str
) -> None:
    service = made(clinic)
    lists = {
        "durations": [{"duration": 5, "price": 1}],
        "staffsIds": [person(clinic)],
        "additionalStaffIds": [person(clinic)],
        "categoriesIds": [category(clinic)],
    }
    clock.shift(1)
    assert changed(clinic, service, **{name: lists[name]}) == service | LATER | {name: lists[name]}
    told = clinic.ask("GET", PATH, query="?updatedSince=2026-07-01T08:00:01Z").data
    assert [one["id"] for one in told] == [service["id"]]


def test_a_line_that_stays_is_not_written_anew(clinic: Clinic) -> None:
    service = made(clinic, staffsIds=[str(clinic.staff.pk)])
    (host,) = ServiceHost.objects.all()
    changed(clinic, service, staffsIds=[str(clinic.staff.pk), person(clinic)])
    events = ServiceHost.pgh_event_model.objects  # type: ignore[attr-defined]
    assert [one.pgh_label for one in events.filter(id=host.pk)] == ["insert"]


def test_what_was_told_of_a_location_can_be_sent_back(clinic: Clinic) -> None:
    place = LocationFactory(business=clinic.business, address="")
    service = made(clinic, locationId=str(place.pk))
    assert service["location"] == {"id": str(place.pk), "name": "Main house", "address": None}
    other = changed(clinic, service, location=None)
    assert other["location"] is None
    again = changed(clinic, service, location=service["location"], locationId=str(place.pk))
    assert again["location"] == service["location"]


BAD_BODIES: list[tuple[Any, list[tuple[str, str]]]] = [
    ({"name": ""}, [("name", "blank")]),
    ({"name": None}, [("name", "null")]),
    ({"alias": "Deep Tissue"}, [("alias", "bad_alias")]),
    ({"alias": ""}, [("alias", "blank")]),
    ({"enabled": 1}, [("enabled", "invalid")]),
    ({"enabled": None}, [("enabled", "null")]),
    ({"durations": None}, [("durations", "null")]),
    ({"durations": []}, [("durations", "empty")]),
    ({"durations": {}}, [("durations", "not_a_list")]),
    ({"durations": [30]}, [("durations.0", "invalid")]),
    (
        {"durations": [{"duration": 30, "price": 1}, {"duration": 0, "price": -1}]},
        [("durations.1.duration", "min_value"), ("durations.1.price", "min_value")],
    ),
    (
        {"durations": [{"duration": 1441, "price": 2**31}]},
        [("durations.0.duration", "max_value"), ("durations.0.price", "max_value")],
    ),
    ({"durations": [{"duration": 30, "price": 9.5}]}, [("durations.0.price", "invalid")]),
    ({"durations": [{"duration": 30}]}, [("durations.0.price", "required")]),
    (
        {"durations": [{"duration": 30, "price": 1, "currency": "eur"}]},
        [("durations.0.currency", "unknown_field")],
    ),
    ({"durations": [{"duration": 30, "price": 1}] * 2}, [("durations", "repeated")]),
    ({"durations": [{"duration": 30, "price": 1}] * 101}, [("durations", "max_length")]),
    ({"staffsIds": ["x"]}, [("staffsIds.0", "invalid")]),
    ({"staffsIds": "x"}, [("staffsIds", "not_a_list")]),
    ({"leadTime": -1}, [("leadTime", "min_value")]),
    ({"cancelLeadTime": 525_601}, [("cancelLeadTime", "max_value")]),
    ({"timeIncrement": 0}, [("timeIncrement", "min_value")]),
    ({"availabilityLimitDays": 3651}, [("availabilityLimitDays", "max_value")]),
    ({"location": "here"}, [("location", "invalid")]),
    ({"location": {"name": "x"}}, [("location.id", "required")]),
    ({"locationId": "here"}, [("locationId", "invalid")]),
    ({"locationType": "x" * 51}, [("locationType", "max_length")]),
    ({"currency": "euro"}, [("currency", "bad_currency")]),
    ({"bookingsPerTimeslot": 0}, [("bookingsPerTimeslot", "min_value")]),
    ({"bookingsPerTimeslot": None}, [("bookingsPerTimeslot", "null")]),
    ({"bookingsRequireApproval": None}, [("bookingsRequireApproval", "null")]),
    ({"bufferBeforeMinutes": 1441}, [("bufferBeforeMinutes", "max_value")]),
    ({"bufferAfterMinutes": True}, [("bufferAfterMinutes", "invalid")]),
    ({"staffIds": []}, [("staffIds", "unknown_field")]),
]


@pytest.mark.parametrize(("body", "wrong"), BAD_BODIES)
def test_a_bad_body_is_refused_and_nothing_is_written(
    clinic: Clinic, body: Any, wrong: list[tuple[str, str]]
) -> None:
    service = made(clinic)
    with nothing_is_written():
        assert clinic.ask("POST", PATH, body=SHORT | body).wrong == wrong
        assert clinic.ask("PUT", PATH, service["id"], body=body).wrong == wrong
    assert clinic.ask("GET", PATH, service["id"]).data == service


def test_a_service_has_a_name_and_a_length(clinic: Clinic) -> None:
    with nothing_is_written():
        wrong = clinic.ask("POST", PATH, body={}).wrong
        assert sorted(wrong) == [("durations", "required"), ("name", "required")]


def test_whom_a_service_names_is_there(clinic: Clinic, other_clinic: Clinic) -> None:
    """Ids of another business are as unknown as those of nobody."""
    service, theirs = made(clinic), made(other_clinic)
    place = str(LocationFactory(business=other_clinic.business).pk)
    archived = LocationFactory(business=clinic.business, archived_at="2026-01-01T00:00Z")
    people = [str(clinic.staff.pk), str(other_clinic.staff.pk)]
    bad: list[tuple[Any, tuple[str, str]]] = [
        ({"staffsIds": people}, ("staffsIds", "staff_not_found")),
        ({"additionalStaffIds": people}, ("additionalStaffIds", "staff_not_found")),
        ({"categoriesIds": [category(other_clinic)]}, ("categoriesIds", "category_not_found")),
        ({"locationId": place}, ("locationId", "location_not_found")),
        ({"location": {"id": place}}, ("location.id", "location_not_found")),
        ({"locationId": str(archived.pk)}, ("locationId", "location_not_found")),
    ]
    with nothing_is_written():
        for body, wrong in bad:
            reply = clinic.ask("POST", PATH, body=SHORT | body)
            assert reply.wrong == [wrong]
            assert other_clinic.business.name not in reply.content.decode()
            assert clinic.ask("PUT", PATH, service["id"], body=body).wrong == [wrong]
        assert clinic.ask("GET", PATH, theirs["id"]).refused == (404, "not_found")
        assert clinic.ask("PUT", PATH, theirs["id"], body={}).refused == (404, "not_found")
        assert clinic.ask("DELETE", PATH, theirs["id"]).refused == (404, "not_found")
    assert clinic.ask("GET", PATH, service["id"]).data == service


def test_two_names_for_the_location_may_not_contradict_each_other(clinic: Clinic) -> None:
    service = made(clinic)
    one, other = (str(LocationFactory(business=clinic.business).pk) for _ in range(2))
    with nothing_is_written():
        for location in (None, {"id": other}):
            body = {"locationId": one, "location": location}
            reply = clinic.ask("PUT", PATH, service["id"], body=body)
            assert reply.wrong == [("locationId", "contradictory")]


def test_nobody_both_hosts_a_service_and_joins_it(clinic: Clinic) -> None:
    one = str(clinic.staff.pk)
    service = made(clinic, additionalStaffIds=[one])
    both = {"staffsIds": [one], "additionalStaffIds": [one]}
    with nothing_is_written():
        for method, path in (("POST", ()), ("PUT", (service["id"],))):
            reply = clinic.ask(method, PATH, *path, body=SHORT | both)
            assert reply.wrong == [("additionalStaffIds", "staff_in_both")]
        # What is left out counts too.
        reply = clinic.ask("PUT", PATH, service["id"], body={"staffsIds": [one]})
        assert reply.wrong == [("staffsIds", "staff_in_both")]
    lists: Any = {"staffsIds": [one], "additionalStaffIds": []}
    assert changed(clinic, service, **lists) == service | lists


def test_who_is_named_for_a_service_is_who_can_be_booked_for_it(clinic: Clinic) -> None:
    service = made(clinic, staffsIds=[person(clinic)])
    refused = clinic.book(serviceId=service["id"])
    assert refused.wrong == [("staffId", "staff_not_provider")]
    changed(clinic, service, staffsIds=[])
    assert clinic.book(serviceId=service["id"]).status == 201


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
@pytest.mark.parametrize(
    "between", [{"name": "Second"}, {"durations": [{"duration": 5, "price": 0}]}]
)
def test_who_has_seen_something_else_changes_nothing(
    clinic: Clinic, clock: Any, method: str, between: Any
) -> None:
    service = made(clinic)
    seen = clinic.ask("GET", PATH, service["id"])
    assert clinic.ask("GET", PATH, service["id"], have=seen.headers["ETag"]).status == 304
    clock.shift(1)
    fresh = clinic.ask("PUT", PATH, service["id"], body=between)
    body = {"name": "Third"} if method == "PUT" else None
    with nothing_is_written():
        reply = clinic.ask(method, PATH, service["id"], body=body, match=seen.headers["ETag"])
        assert reply.refused == (412, "stale")
    reply = clinic.ask(method, PATH, service["id"], body=body, match=fresh.headers["ETag"])
    assert reply.status in (200, 204)


def test_a_key_that_may_only_read_writes_nothing(clinic: Clinic) -> None:
    service = made(clinic)
    token = api_key(clinic.business, "services:read")
    assert clinic.ask("GET", PATH, service["id"], token=token).data == service
    with nothing_is_written():
        for method, path in (
            ("POST", ()),
            ("PUT", (service["id"],)),
            ("DELETE", (service["id"],)),
        ):
            reply = clinic.ask(method, PATH, *path, body=SHORT, token=token)
            assert reply.refused == (403, "missing_scope")
    token = api_key(clinic.business, "staff:read")
    assert clinic.ask("GET", PATH, token=token).refused == (403, "missing_scope")
