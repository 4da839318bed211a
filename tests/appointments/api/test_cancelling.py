"""DELETE cancels, and PUT replaces the tags."""

from __future__ import annotations

from typing import Any

import pytest

from appointments.models import Appointment, HeldTime
from tests.appointments.api.clinic import TEN, Clinic, nothing_is_written, wire
from tests.appointments.api.test_create_rules import save
from tests.factories import api_key

WEEKLY = "FREQ=WEEKLY;COUNT=4"


def test_a_cancelled_visit_frees_its_time_and_stays_to_be_seen(clinic: Clinic) -> None:
    booked = clinic.booked()
    reply = clinic.cancel(booked["id"])
    assert (reply.status, reply.content) == (204, b"")
    told = clinic.get(booked["id"]).data
    assert (told["cancelled"], told["status"], told["approved"]) == (True, "cancelled", True)
    changed = {"updatedAt", "cancelled", "status"}
    assert {name for name in told if told[name] != booked[name]} <= changed
    assert HeldTime.objects.count() == 0
    assert clinic.book().status == 201


def test_repeating_it_is_204_and_writes_nothing(clinic: Clinic) -> None:
    booked = clinic.booked()
    clinic.cancel(booked["id"], "?reason=Ill.")
    told = clinic.get(booked["id"])
    for again in ("", "?reason=Another.", "?scope=this"):
        with nothing_is_written():
            assert clinic.cancel(booked["id"], again).status == 204
    assert clinic.get(booked["id"]).content == told.content
    assert Appointment.objects.get().cancel_reason == "Ill."


def test_the_reason_and_who_gave_it_are_kept(clinic: Clinic) -> None:
    booked = clinic.booked()
    assert clinic.cancel(booked["id"], "?reason=%20Fl%C3%BC%20%26%20fever%20").status == 204
    row = Appointment.objects.get()
    assert (row.cancel_reason, row.cancelled_by) == ("Flü & fever", "Tests")


@pytest.mark.parametrize("letter", ["x", "👩"])
def test_a_reason_may_be_five_hundred_characters(clinic: Clinic, letter: str) -> None:
    booked = clinic.booked()
    with nothing_is_written():
        reply = clinic.cancel(booked["id"], f"?reason={letter * 501}")
    assert (reply.status, reply.wrong) == (400, [("reason", "max_length")])
    assert clinic.cancel(booked["id"], f"?reason={letter * 500}").status == 204
    assert Appointment.objects.get().cancel_reason == letter * 500


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("?reason=a%00b", [("reason", "bad_character")]),
        ("?reason=a&reason=b", [("reason", "repeated")]),
        ("?cancelReason=a", [("cancelReason", "unknown_field")]),
        ("?ignoreBusyTimes=true", [("ignoreBusyTimes", "unknown_field")]),
        ("?scope=", [("scope", "invalid")]),
        ("?scope=everything", [("scope", "invalid")]),
        ("?scope=ALL", [("scope", "invalid")]),
        ("?scope=this&scope=all", [("scope", "repeated")]),
    ],
)
def test_parameters_are_known_and_sent_once(
    clinic: Clinic, query: str, wrong: list[tuple[str, str]]
) -> None:
    booked = clinic.booked()
    with nothing_is_written():
        reply = clinic.cancel(booked["id"], query)
    assert (reply.status, reply.wrong) == (400, wrong)


def test_an_empty_reason_is_none(clinic: Clinic) -> None:
    booked = clinic.booked()
    assert clinic.cancel(booked["id"], "?reason=").status == 204
    assert Appointment.objects.get().cancel_reason == ""


def test_a_request_is_declined(clinic: Clinic) -> None:
    save(clinic.service, bookings_require_approval=True)
    asked = clinic.booked()
    assert clinic.cancel(asked["id"]).status == 204
    told = clinic.get(asked["id"]).data
    assert (told["approved"], told["cancelled"]) == (False, True)


@pytest.mark.parametrize("steps", [["arrived", "in_progress"], ["no_show"]])
def test_what_is_under_way_or_over_can_not_be_cancelled(clinic: Clinic, steps: list[str]) -> None:
    booked = clinic.booked()
    for step in steps:
        clinic.changed(booked["id"], status=step)
    with nothing_is_written():
        assert clinic.cancel(booked["id"]).refused == (409, "wrong_status")


@pytest.mark.parametrize(
    ("scope", "cancelled"),
    [
        ("", [1]),
        ("?scope=this", [1]),
        ("?scope=following", [1, 2, 3]),
        ("?scope=all", [0, 1, 2, 3]),
    ],
)
def test_a_scope_says_how_much_of_a_series_is_cancelled(
    clinic: Clinic, scope: str, cancelled: list[int]
) -> None:
    ids = [one["id"] for one in clinic.book(rrule=WEEKLY).json["meta"]["occurrences"]]
    for _ in range(2):
        assert clinic.cancel(ids[1], scope).status == 204
    told = [number for number, one in enumerate(ids) if clinic.get(one).data["cancelled"]]
    assert told == cancelled
    assert HeldTime.objects.count() == 4 - len(cancelled)


def test_a_visit_of_no_series_is_cancelled_alone_in_every_scope(clinic: Clinic) -> None:
    for scope in ("following", "all"):
        booked, other = clinic.booked(), clinic.booked(date=wire(TEN.replace(hour=12)))
        assert clinic.cancel(booked["id"], f"?scope={scope}").status == 204
        assert clinic.get(other["id"]).data == other
        clinic.cancel(other["id"])


# --- Tags ---------------------------------------------------------------------------------------


def tagged(clinic: Clinic, appointment_id: str, body: Any, query: str = "") -> Any:
    return clinic.asked("PUT", appointment_id, "tags", body=body, query=query)


def test_tags_are_replaced_as_a_whole(clinic: Clinic) -> None:
    booked = clinic.booked(tags=["old"])
    for sent, kept in (
        (["new", "referred"], ["new", "referred"]),
        (["zebra", "ape", " zebra ", "Ape"], ["zebra", "ape", "Ape"]),
        ([], []),
    ):
        reply = tagged(clinic, booked["id"], {"tags": sent})
        assert (reply.status, reply.data["tags"]) == (200, kept)
        there = clinic.get(booked["id"])
        assert (there.content, there.headers["ETag"]) == (reply.content, reply.headers["ETag"])
        assert {name for name in booked if booked[name] != reply.data[name]} <= {
            "tags",
            "updatedAt",
        }


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, [("tags", "required")]),
        ({"tags": None}, [("tags", "null")]),
        ({"tags": "a,b"}, [("tags", "not_a_list")]),
        ({"tags": [1, None, "", "x" * 51, "a\x00", ["a"]]}, [
            ("tags.0", "invalid"),
            ("tags.1", "null"),
            ("tags.2", "blank"),
            ("tags.3", "max_length"),
            ("tags.4", "bad_character"),
            ("tags.5", "invalid"),
        ]),
        ({"tags": [str(one) for one in range(51)]}, [("tags", "max_length")]),
        ({"tags": ["a"], "tag": "b"}, [("tag", "unknown_field")]),
        (["a"], [("", "invalid")]),
        (None, [("tags", "required")]),
    ],
    ids=str,
)  # fmt: skip
def test_tags_that_can_not_be_are_refused(
    clinic: Clinic, body: Any, wrong: list[tuple[str, str]]
) -> None:
    booked = clinic.booked(tags=["old"])
    with nothing_is_written():
        reply = tagged(clinic, booked["id"], body)
    assert (reply.status, reply.wrong) == (400, wrong)


def test_fifty_tags_of_fifty_characters_fit(clinic: Clinic) -> None:
    booked = clinic.booked()
    tags = [f"{number:>050}" for number in range(50)]
    assert tagged(clinic, booked["id"], {"tags": tags}).data["tags"] == tags


def test_tags_have_no_parameters_and_cancelled_visits_keep_theirs(clinic: Clinic) -> None:
    booked = clinic.booked()
    with nothing_is_written():
        reply = tagged(clinic, booked["id"], {"tags": []}, "?scope=all")
    assert (reply.status, reply.wrong) == (400, [("scope", "unknown_field")])
    clinic.cancel(booked["id"])
    assert tagged(clinic, booked["id"], {"tags": ["late"]}).data["tags"] == ["late"]


# --- Addresses ----------------------------------------------------------------------------------


def test_what_is_not_of_the_business_is_404(clinic: Clinic, other_clinic: Clinic) -> None:
    theirs = other_clinic.booked()["id"]
    missing = theirs[:-4] + ("0000" if theirs[-4:] != "0000" else "1111")
    with nothing_is_written():
        for one in (theirs, missing, "x", theirs + "0"):
            replies = [
                clinic.change(one, notes="x"),
                clinic.cancel(one),
                tagged(clinic, one, {"tags": []}),
                clinic.get(one, "assignment"),
            ]
            assert {reply.refused for reply in replies} == {(404, "not_found")}, one


def test_whoever_may_only_read_cancels_nothing(clinic: Clinic) -> None:
    booked = clinic.booked()
    key = {"Authorization": f"Bearer {api_key(clinic.business, 'appointments:read')}"}
    with nothing_is_written():
        reply = clinic.send("DELETE", clinic.path(booked["id"]), headers=key)
    assert reply.refused == (403, "missing_scope")
