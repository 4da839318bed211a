"""The change feed over HTTP: what to get again, for somebody who keeps a copy."""

from __future__ import annotations

import time
from typing import Any

import pytest

from appointments.api.feed import cursor
from appointments.feed import Position
from tests.appointments.api.clinic import TEN, Clinic, Reply, counted, nothing_is_written, wire
from tests.contract import ID, TEXT, TIME, Table, check_table
from tests.factories import StaffFactory, api_key, provides

CHANGE: Table = [("resource", TEXT, False), ("id", ID, False), ("action", TEXT, False)]
PATIENCE = 30.0


def feed(clinic: Clinic, since: str = "", **more: Any) -> Reply:
    reply = clinic.ask("GET", "changes", query=f"?since={since}" if since else "", **more)
    assert reply.status == 200, reply.content
    assert list(reply.json) == ["data", "meta"]
    assert list(reply.json["meta"]) == ["cursor", "more"]
    return reply


def now(clinic: Clinic) -> str:
    reply = feed(clinic, "now")
    assert reply.data == []
    assert reply.json["meta"]["more"] is False
    told: str = reply.json["meta"]["cursor"]
    return told


def short(reply: Reply) -> list[tuple[str, str, str]]:
    return [(one["resource"], one["id"], one["action"]) for one in reply.data]


def told(clinic: Clinic, since: str, expected: int, **more: Any) -> list[tuple[str, str, str]]:
    """What came after a cursor, once so many have: other databases of the server may hold it up."""
    for _ in range(int(PATIENCE / 0.05)):
        found = short(feed(clinic, since, **more))
        if len(found) >= expected:
            break
        time.sleep(0.05)
    return found


def test_what_is_booked_changed_and_cancelled_is_told(real_clinic: Clinic) -> None:
    start = now(real_clinic)
    booked = real_clinic.booked()
    assert told(real_clinic, start, 1) == [("appointment", booked["id"], "create")]
    (change,) = feed(real_clinic, start).data
    check_table(change, [*CHANGE, ("at", TIME, False)])
    then = feed(real_clinic, start).json["meta"]["cursor"]
    nurse = StaffFactory(business=real_clinic.business)
    real_clinic.changed(booked["id"], additionalStaffIds=[str(nurse.pk)])
    real_clinic.cancel(booked["id"])
    assert told(real_clinic, then, 3) == [
        ("staff", str(nurse.pk), "create"),
        ("appointment", booked["id"], "update"),
        ("appointment", booked["id"], "update"),
    ]


def test_a_series_that_is_parted_tells_what_became_of_each(real_clinic: Clinic) -> None:
    first = real_clinic.booked(rrule="FREQ=DAILY;COUNT=4")
    ids = [one["id"] for one in real_clinic.list(TEN, TEN.replace(day=20)).data]
    before = {pk: real_clinic.get(pk).data for pk in ids}
    start = now(real_clinic)
    reply = real_clinic.change(
        ids[2], query="?scope=following", date=wire(TEN.replace(day=4, hour=12))
    )
    assert reply.status == 200, reply.content
    after = {pk: real_clinic.get(pk).data for pk in ids}
    different = {pk for pk in ids if before[pk] != after[pk]}
    assert {ids[2], ids[3]} <= different
    found = told(real_clinic, start, len(different))
    # Those before it have another rule now, though their own rows are as they were.
    assert {pk for _, pk, _ in found} == different == set(ids)
    assert first["id"] == ids[0]


def test_each_resource_is_told_by_its_name(real_clinic: Clinic) -> None:
    start = now(real_clinic)
    made = {
        "serviceCategory": ("service-categories", {"name": "Movement"}),
        "patient": ("patients", {"name": "Ada", "email": "ada@mail.example"}),
    }
    ids = {
        name: real_clinic.ask("POST", path, body=body).data["id"]
        for name, (path, body) in made.items()
    }
    assert told(real_clinic, start, 2) == [(name, ids[name], "create") for name in made]
    start = feed(real_clinic, start).json["meta"]["cursor"]
    real_clinic.ask("DELETE", "service-categories", ids["serviceCategory"])
    real_clinic.ask("DELETE", "patients", ids["patient"])
    # Whoever is archived is still there.
    assert told(real_clinic, start, 2) == [
        ("serviceCategory", ids["serviceCategory"], "delete"),
        ("patient", ids["patient"], "update"),
    ]


def test_what_belongs_to_a_service_is_a_change_of_the_service(real_clinic: Clinic) -> None:
    start = now(real_clinic)
    provides(real_clinic.staff, real_clinic.service)
    assert told(real_clinic, start, 1) == [("service", str(real_clinic.service.pk), "update")]


def test_a_key_is_told_of_what_it_may_read_only(real_clinic: Clinic) -> None:
    start = now(real_clinic)
    real_clinic.booked()
    patient = real_clinic.ask(
        "POST", "patients", body={"name": "Ada", "email": "ada@mail.example"}
    ).data
    assert len(told(real_clinic, start, 2)) == 2
    some = api_key(real_clinic.business, "business:read", "patients:read")
    assert short(feed(real_clinic, start, token=some)) == [("patient", patient["id"], "create")]
    none = api_key(real_clinic.business, "patients:read", "appointments:read")
    reply = real_clinic.ask("GET", "changes", token=none)
    assert reply.refused == (403, "missing_scope")


def test_another_business_is_told_nothing_of_ours(
    real_clinic: Clinic, other_clinic: Clinic
) -> None:
    start = now(real_clinic)
    real_clinic.booked()
    assert len(told(real_clinic, start, 1)) == 1
    assert feed(other_clinic, start).data == []


def test_pages_follow_one_another(real_clinic: Clinic) -> None:
    start = now(real_clinic)
    booked = [
        real_clinic.booked(date=wire(TEN.replace(hour=9 + number)))["id"] for number in range(3)
    ]
    told(real_clinic, start, 3)
    seen, at, more = [], start, True
    while more:
        reply = real_clinic.ask("GET", "changes", query=f"?since={at}&limit=1")
        seen += [one["id"] for one in reply.data]
        at, more = reply.json["meta"]["cursor"], reply.json["meta"]["more"]
    assert seen == booked
    # Nothing more: the same answer again, so that it need not be sent.
    etag = feed(real_clinic, at).headers["ETag"]
    assert real_clinic.ask("GET", "changes", query=f"?since={at}", have=etag).status == 304


BAD_CURSORS = [
    "x",
    "MTIz",
    "é",
    "a b",
    cursor(Position(2**63)),
    cursor(Position(1, 0, 2**31)),
    cursor(Position(5)) + "=",
    # From before the database was restored: it has not come to that yet.
    cursor(Position(2**62)),
]


@pytest.mark.parametrize("since", BAD_CURSORS)
def test_what_is_no_cursor_of_ours_is_refused(clinic: Clinic, since: str) -> None:
    with nothing_is_written():
        reply = clinic.ask("GET", "changes", query=f"?since={since}")
        assert reply.wrong == [("since", "bad_cursor")]


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("?limit=0", ("limit", "min_value")),
        ("?limit=51", ("limit", "max_value")),
        ("?since=", ("since", "blank")),
        ("?after=x", ("after", "unknown_field")),
    ],
)
def test_a_bad_query_is_refused(clinic: Clinic, query: str, wrong: tuple[str, str]) -> None:
    assert clinic.ask("GET", "changes", query=query).wrong == [wrong]


@pytest.mark.parametrize("count", [1, 3])
def test_it_costs_one_statement(real_clinic: Clinic, count: int) -> None:
    start = now(real_clinic)
    for number in range(count):
        real_clinic.booked(date=wire(TEN.replace(hour=9 + number)))
    assert len(told(real_clinic, start, count)) == count
    ask = real_clinic.ask
    assert counted(lambda: ask("GET", "changes", query=f"?since={start}")) == (200, 2)
    assert counted(lambda: ask("GET", "changes")) == (200, 2)
    assert counted(lambda: ask("GET", "changes", query="?since=now")) == (200, 2)
