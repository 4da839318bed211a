"""`If-Match`: nobody changes what they have not seen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.appointments.api.clinic import TEN, Clinic, Reply, nothing_is_written, wire

Change = Callable[[Clinic, str, str | None], Reply]


def notes(clinic: Clinic, appointment_id: str, match: str | None) -> Reply:
    return clinic.change(appointment_id, match=match, notes="x")


def move(clinic: Clinic, appointment_id: str, match: str | None) -> Reply:
    return clinic.change(appointment_id, match=match, date=wire(TEN + timedelta(hours=1)))


def cancel(clinic: Clinic, appointment_id: str, match: str | None) -> Reply:
    return clinic.change(appointment_id, match=match, cancelled=True)


def delete(clinic: Clinic, appointment_id: str, match: str | None) -> Reply:
    return clinic.cancel(appointment_id, match=match)


def tag(clinic: Clinic, appointment_id: str, match: str | None) -> Reply:
    return clinic.asked("PUT", appointment_id, "tags", match=match, body={"tags": ["x"]})


CHANGES = [notes, move, cancel, delete, tag]


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_seen_last_may_be_changed(clinic: Clinic, change: Change) -> None:
    booked = clinic.booked()
    seen = clinic.get(booked["id"]).headers["ETag"]
    reply = change(clinic, booked["id"], seen)
    assert reply.status in (200, 204)
    there = clinic.get(booked["id"])
    assert there.headers["ETag"] != seen
    if reply.status == 200:
        assert reply.headers["ETag"] == there.headers["ETag"]
        assert reply.content == there.content


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_changed_since_may_not(clinic: Clinic, change: Change) -> None:
    booked = clinic.booked()
    seen = clinic.get(booked["id"]).headers["ETag"]
    changed = clinic.changed(booked["id"], notes="Somebody else was faster.")
    with nothing_is_written():
        reply = change(clinic, booked["id"], seen)
    assert reply.refused == (412, "stale")
    assert clinic.get(booked["id"]).data == changed


def test_a_change_of_what_it_is_told_with_counts_too(clinic: Clinic) -> None:
    """A patient was renamed: whoever shows the appointment shows something old."""
    booked = clinic.booked()
    seen = clinic.get(booked["id"]).headers["ETag"]
    clinic.patient.name = "Somebody Else"
    clinic.patient.save()
    assert notes(clinic, booked["id"], seen).refused == (412, "stale")


def lists(etag: str) -> dict[str, bool]:
    return {
        "*": True,
        " * ": True,
        etag: True,
        f" {etag} ": True,
        f'"other", {etag}': True,
        f'{etag},"other"': True,
        f'"other" ,{etag} , "third"': True,
        '"other"': False,
        '"other", "third"': False,
        etag.strip('"'): False,
        f"W/{etag}": True,  # as a proxy that compresses sends it
        etag.upper(): False,
        etag[:-1]: False,
        '""': False,
        ",": False,
        "nonsense": False,
        '"*"': False,
    }


def test_one_of_several_is_enough_and_a_star_is_anything(clinic: Clinic) -> None:
    booked = clinic.booked()
    told, expected = {}, {}
    for number in range(len(lists('"x"'))):
        etag = clinic.get(booked["id"]).headers["ETag"]
        header, accepted = list(lists(etag).items())[number]
        reply = clinic.change(booked["id"], match=header, notes=str(number))
        told[header], expected[header] = reply.status, 200 if accepted else 412
    assert told == expected


@pytest.mark.parametrize("match", [None, ""], ids=["none", "empty"])
def test_without_the_header_whatever_is_there_is_changed(clinic: Clinic, match: Any) -> None:
    booked = clinic.booked()
    clinic.changed(booked["id"], notes="x")
    assert clinic.change(booked["id"], match=match, notes="y").status == 200


@pytest.mark.parametrize("match", ["*", '"other"'])
@pytest.mark.parametrize("change", CHANGES)
def test_what_is_not_there_is_404_whatever_was_seen(
    clinic: Clinic, other_clinic: Clinic, change: Change, match: str
) -> None:
    theirs = other_clinic.booked()
    assert change(clinic, theirs["id"], match).refused == (404, "not_found")
    assert other_clinic.get(theirs["id"]).data == theirs


def test_bad_input_comes_before_a_stale_look(clinic: Clinic) -> None:
    booked = clinic.booked()
    reply = clinic.change(booked["id"], match='"other"', duration="long")
    assert (reply.status, reply.wrong) == (400, [("duration", "invalid")])


def test_a_repeated_cancellation_with_the_first_look_is_stale(clinic: Clinic) -> None:
    """It did change since. Without the header it is 204 again."""
    booked = clinic.booked()
    seen = clinic.get(booked["id"]).headers["ETag"]
    assert clinic.cancel(booked["id"], match=seen).status == 204
    assert clinic.cancel(booked["id"], match=seen).refused == (412, "stale")
    assert clinic.cancel(booked["id"]).status == 204
