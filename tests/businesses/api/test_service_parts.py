"""What a service needs, and what is asked for it, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from appointments.models import HeldResource
from businesses.models import BookingQuestion, Resource, ResourceNeed, Service
from tests.appointments.api.clinic import Clinic, counted, nothing_is_written
from tests.businesses.api.rivals import just_before
from tests.contract import ID, TEXT, Table, check_table
from tests.factories import api_key

NEED: Table = [("kind", TEXT, True), ("resourceId", ID, True)]
QUESTION: Table = [
    ("id", ID, False),
    ("variableName", TEXT, False),
    ("question", TEXT, False),
    ("kind", TEXT, False),
    ("required", bool, False),
]
WHY: Any = {"variableName": "why", "question": "Why?"}
PARTS = ("resources", "questions")


def path(clinic: Clinic, what: str) -> tuple[object, ...]:
    return ("services", clinic.service.pk, what)


def room(clinic: Clinic, name: str = "Room 1") -> str:
    rows = Resource.objects
    return str(rows.create(business=clinic.business, name=name, kind="room").pk)


def replaced(clinic: Clinic, what: str, *lines: Any) -> Any:
    """What a PUT answers; a GET tells the same."""
    reply = clinic.ask("PUT", *path(clinic, what), body={what: lines})
    assert reply.status == 200, reply.content
    there = clinic.ask("GET", *path(clinic, what))
    assert (there.content, there.headers["ETag"]) == (reply.content, reply.headers["ETag"])
    assert reply.json == {"data": reply.data, "meta": {"totalCount": len(lines)}}
    return reply.data


# --- Rooms and devices --------------------------------------------------------------------------


def test_a_service_needs_kinds_and_particular_rooms(clinic: Clinic) -> None:
    assert replaced(clinic, "resources") == []
    one = room(clinic)
    told = replaced(
        clinic,
        "resources",
        {"resourceId": one.upper()},
        {"kind": " Laser  Device"},
        {"kind": "bike", "resourceId": None},
        {"kind": "bike"},
    )
    for need in told:
        check_table(need, NEED)
    by_kind = [("bike", None), ("bike", None), ("laser device", None), (None, one)]
    assert sorted((str(need["kind"]), need["resourceId"]) for need in told) == sorted(
        (str(kind), pk) for kind, pk in by_kind
    )
    # What was told can be sent back, and changes nothing.
    events = ResourceNeed.pgh_event_model.objects  # type: ignore[attr-defined]
    before = events.count()
    assert replaced(clinic, "resources", *told) == told
    assert events.count() == before


def test_what_a_service_needs_is_held_by_its_bookings(clinic: Clinic) -> None:
    one = room(clinic)
    replaced(clinic, "resources", {"resourceId": one})
    clinic.booked()
    assert [str(held.resource_id) for held in HeldResource.objects.all()] == [one]
    replaced(clinic, "resources", {"kind": "sauna"})
    refused = clinic.book(date="2026-07-02T12:00:00Z")
    assert refused.refused == (409, "resource_busy")
    assert HeldResource.objects.count() == 1


def test_a_need_that_stays_is_not_written_anew(clinic: Clinic) -> None:
    replaced(clinic, "resources", {"kind": "room"}, {"kind": "bike"})
    kept = ResourceNeed.objects.get(kind="room").pk
    replaced(clinic, "resources", {"kind": "room"}, {"kind": "room"})
    assert ResourceNeed.objects.filter(kind="room").count() == 2
    assert ResourceNeed.objects.filter(pk=kept).exists()
    assert not ResourceNeed.objects.filter(kind="bike").exists()


BAD_NEEDS: list[tuple[Any, list[tuple[str, str]]]] = [
    ({}, [("resources", "required")]),
    ({"resources": None}, [("resources", "null")]),
    ({"resources": {"kind": "room"}}, [("resources", "not_a_list")]),
    ({"resources": ["room"]}, [("resources.0", "invalid")]),
    ({"resources": [{}]}, [("resources.0", "kind_or_resource")]),
    ({"resources": [{"kind": None}]}, [("resources.0", "kind_or_resource")]),
    ({"resources": [{"kind": ""}]}, [("resources.0.kind", "blank")]),
    ({"resources": [{"kind": "x" * 51}]}, [("resources.0.kind", "max_length")]),
    ({"resources": [{"resourceId": "x"}]}, [("resources.0.resourceId", "invalid")]),
    ({"resources": [{"kind": "room", "count": 2}]}, [("resources.0.count", "unknown_field")]),
    ({"resources": [{"kind": "room"}] * 51}, [("resources", "max_length")]),
    ({"needs": [], "resources": []}, [("needs", "unknown_field")]),
]


@pytest.mark.parametrize(("body", "wrong"), BAD_NEEDS)
def test_bad_needs_are_refused_and_nothing_is_written(
    clinic: Clinic, body: Any, wrong: list[tuple[str, str]]
) -> None:
    told = replaced(clinic, "resources", {"kind": "room"})
    with nothing_is_written():
        assert clinic.ask("PUT", *path(clinic, "resources"), body=body).wrong == wrong
    assert clinic.ask("GET", *path(clinic, "resources")).data == told


def test_a_need_is_for_a_room_that_is_there(clinic: Clinic, other_clinic: Clinic) -> None:
    mine, theirs = room(clinic), room(other_clinic)
    bad: list[tuple[Any, tuple[str, str]]] = [
        ([{"kind": "room"}, {"resourceId": theirs}], ("1.resourceId", "resource_not_found")),
        ([{"resourceId": mine}, {"resourceId": mine}], ("1.resourceId", "repeated")),
        ([{"resourceId": mine, "kind": "room"}], ("0", "kind_or_resource")),
    ]
    with nothing_is_written():
        for needs, (field, code) in bad:
            reply = clinic.ask("PUT", *path(clinic, "resources"), body={"resources": needs})
            assert reply.wrong == [(f"resources.{field}", code)]


def test_a_room_that_a_rival_deletes_at_the_last_moment_is_not_needed(
    real_clinic: Clinic,
) -> None:
    one = room(real_clinic)
    rival = Resource.objects.get(pk=one).delete
    with just_before('INSERT INTO "businesses_resourceneed"', rival):
        reply = real_clinic.ask(
            "PUT", *path(real_clinic, "resources"), body={"resources": [{"resourceId": one}]}
        )
    assert reply.refused == (409, "resource_not_found")
    assert ResourceNeed.objects.count() == 0


# --- Questions ----------------------------------------------------------------------------------


def test_questions_are_told_in_their_order_and_answered_by_their_ids(clinic: Clinic) -> None:
    assert replaced(clinic, "questions") == []
    age = {"variableName": "age", "question": "How old?", "kind": "number", "required": True}
    told = replaced(clinic, "questions", WHY, age)
    for one in told:
        check_table(one, QUESTION)
    ids = [one["id"] for one in told]
    assert told == [
        {"id": ids[0], **WHY, "kind": "text", "required": False},
        {"id": ids[1], **age},
    ]
    booked = clinic.booked(answers=[{"id": ids[1], "answer": 40}])
    assert [(one["variableName"], one["answer"]) for one in booked["answers"]] == [("age", 40)]


def test_a_question_whose_id_is_sent_stays_that_question(clinic: Clinic) -> None:
    why, age, sex = replaced(
        clinic, "questions", WHY, WHY | {"variableName": "age"}, WHY | {"variableName": "sex"}
    )
    changed = age | {"question": "How old?", "kind": "number"}
    told = replaced(clinic, "questions", changed, WHY | {"variableName": "new"}, why)
    assert [told[0], told[2]] == [changed, why]
    assert told[1]["id"] not in {why["id"], age["id"], sex["id"]}
    assert BookingQuestion.objects.count() == 3


def test_questions_may_swap_their_names(clinic: Clinic) -> None:
    why, age, sex = replaced(
        clinic, "questions", WHY, WHY | {"variableName": "age"}, WHY | {"variableName": "sex"}
    )
    told = replaced(
        clinic,
        "questions",
        why | {"variableName": "age"},
        age | {"variableName": "sex"},
        sex | {"variableName": "why"},
    )
    assert [one["id"] for one in told] == [why["id"], age["id"], sex["id"]]
    assert [one["variableName"] for one in told] == ["age", "sex", "why"]
    # A new one may have the name of one that goes or is renamed.
    told = replaced(clinic, "questions", WHY, told[0] | {"variableName": "years"})
    assert [one["variableName"] for one in told] == ["why", "years"]


def test_what_was_told_of_questions_can_be_sent_back(clinic: Clinic) -> None:
    told = replaced(clinic, "questions", WHY, WHY | {"variableName": "age"})
    events = BookingQuestion.pgh_event_model.objects  # type: ignore[attr-defined]
    before = events.count()
    assert replaced(clinic, "questions", *told) == told
    assert events.count() == before


BAD_QUESTIONS: list[tuple[Any, list[tuple[str, str]]]] = [
    ({}, [("questions", "required")]),
    ({"questions": "why"}, [("questions", "not_a_list")]),
    (
        {"questions": [{}]},
        [("questions.0.variableName", "required"), ("questions.0.question", "required")],
    ),
    (
        {"questions": [WHY | {"variableName": "x" * 65}]},
        [("questions.0.variableName", "max_length")],
    ),
    ({"questions": [WHY | {"question": ""}]}, [("questions.0.question", "blank")]),
    ({"questions": [WHY | {"kind": "date"}]}, [("questions.0.kind", "invalid_choice")]),
    ({"questions": [WHY | {"required": "yes"}]}, [("questions.0.required", "invalid")]),
    ({"questions": [WHY | {"id": "x"}]}, [("questions.0.id", "invalid")]),
    ({"questions": [WHY | {"id": None}]}, [("questions.0.id", "null")]),
    ({"questions": [WHY, WHY]}, [("questions.1.variableName", "repeated")]),
    ({"questions": [WHY | {"answer": "x"}]}, [("questions.0.answer", "unknown_field")]),
]


@pytest.mark.parametrize(("body", "wrong"), BAD_QUESTIONS)
def test_bad_questions_are_refused_and_nothing_is_written(
    clinic: Clinic, body: Any, wrong: list[tuple[str, str]]
) -> None:
    told = replaced(clinic, "questions", WHY)
    with nothing_is_written():
        assert clinic.ask("PUT", *path(clinic, "questions"), body=body).wrong == wrong
    assert clinic.ask("GET", *path(clinic, "questions")).data == told


def test_the_question_of_another_service_is_unknown(clinic: Clinic, other_clinic: Clinic) -> None:
    (why,) = replaced(clinic, "questions", WHY)
    (theirs,) = replaced(other_clinic, "questions", WHY)
    age = WHY | {"id": why["id"], "variableName": "age"}
    bad: list[tuple[Any, tuple[str, str]]] = [
        ([theirs], ("questions.0.id", "question_not_found")),
        ([why, age], ("questions.1.id", "repeated")),
    ]
    with nothing_is_written():
        for questions, wrong in bad:
            body = {"questions": questions}
            assert clinic.ask("PUT", *path(clinic, "questions"), body=body).wrong == [wrong]


# --- Both ---------------------------------------------------------------------------------------

LINES: dict[str, Any] = {"resources": {"kind": "room"}, "questions": WHY}


@pytest.mark.parametrize("what", PARTS)
def test_replacing_a_part_is_a_change_to_the_service(clinic: Clinic, clock: Any, what: str) -> None:
    clock.shift(1)
    replaced(clinic, what, LINES[what])
    told = clinic.ask("GET", "services", query="?updatedSince=2026-07-01T08:00:01Z").data
    assert [one["id"] for one in told] == [str(clinic.service.pk)]


@pytest.mark.parametrize("what", PARTS)
def test_parts_are_told_in_pieces(clinic: Clinic, what: str) -> None:
    key = {"resources": "kind", "questions": "variableName"}[what]
    lines = [LINES[what] | {key: f"x{number}"} for number in range(3)]
    told = replaced(clinic, what, *lines)
    reply = clinic.ask("GET", *path(clinic, what), query="?limit=1&offset=1")
    assert reply.json == {"data": [told[1]], "meta": {"totalCount": 3}}
    for query, wrong in (
        ("?limit=0", ("limit", "min_value")),
        ("?updatedSince=2026-07-01T08:00:00Z", ("updatedSince", "unknown_field")),
    ):
        assert clinic.ask("GET", *path(clinic, what), query=query).wrong == [wrong]


@pytest.mark.parametrize("what", PARTS)
def test_who_has_seen_something_else_changes_nothing(clinic: Clinic, what: str) -> None:
    seen = clinic.ask("GET", *path(clinic, what)).headers["ETag"]
    assert clinic.ask("GET", *path(clinic, what), have=seen).status == 304
    replaced(clinic, what, LINES[what])
    body: dict[str, Any] = {what: []}
    with nothing_is_written():
        reply = clinic.ask("PUT", *path(clinic, what), body=body, match=seen)
        assert reply.refused == (412, "stale")
    fresh = clinic.ask("GET", *path(clinic, what)).headers["ETag"]
    assert clinic.ask("PUT", *path(clinic, what), body=body, match=fresh).data == []


@pytest.mark.parametrize("what", PARTS)
def test_a_service_that_is_not_there_has_no_parts(
    clinic: Clinic, other_clinic: Clinic, what: str
) -> None:
    Service.objects.filter(pk=clinic.service.pk).update(
        enabled=False, archived_at="2026-01-01T00:00Z"
    )
    with nothing_is_written():
        for service in (clinic.service, other_clinic.service):
            for method in ("GET", "PUT"):
                reply = clinic.ask(method, "services", service.pk, what, body={what: []})
                assert reply.refused == (404, "not_found")


@pytest.mark.parametrize("what", PARTS)
@pytest.mark.parametrize("count", [1, 3])
def test_how_many_statements_a_request_sends(real_clinic: Clinic, count: int, what: str) -> None:
    key = {"resources": "kind", "questions": "variableName"}[what]
    lines = [LINES[what] | {key: f"x{number}"} for number in range(count)]
    replaced(real_clinic, what, *lines)
    # The key, the service, its lines.
    assert counted(lambda: real_clinic.ask("GET", *path(real_clinic, what))) == (200, 3)


@pytest.mark.parametrize("what", PARTS)
def test_a_key_that_may_only_read_writes_nothing(clinic: Clinic, what: str) -> None:
    token = api_key(clinic.business, "services:read")
    assert clinic.ask("GET", *path(clinic, what), token=token).data == []
    with nothing_is_written():
        reply = clinic.ask("PUT", *path(clinic, what), body={what: []}, token=token)
        assert reply.refused == (403, "missing_scope")
    token = api_key(clinic.business, "business:read")
    reply = clinic.ask("GET", *path(clinic, what), token=token)
    assert reply.refused == (403, "missing_scope")
