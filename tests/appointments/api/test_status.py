"""How far a visit has come: one step after another, and the last one back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from appointments.models import Appointment, HeldTime
from tests.appointments.api.clinic import TEN, Clinic, nothing_is_written, wire
from tests.appointments.api.test_create_rules import save

STEPS = {
    "requested": {"booked", "cancelled"},
    "booked": {"arrived", "no_show", "cancelled"},
    "arrived": {"in_progress", "cancelled"},
    "in_progress": {"completed"},
    "completed": set(),
    "no_show": set(),
    "cancelled": set(),
}
# How a test gets an appointment there.
ROADS: dict[str, Sequence[str]] = {
    "requested": (),
    "booked": (),
    "arrived": ("arrived",),
    "in_progress": ("arrived", "in_progress"),
    "completed": ("arrived", "in_progress", "completed"),
    "no_show": ("no_show",),
    "cancelled": ("cancelled",),
}
HOLDING = set(STEPS) - {"requested", "cancelled"}


def brought(clinic: Clinic, status: str) -> Any:
    """A visit that has come so far, from a request or a booking."""
    save(clinic.service, bookings_require_approval=status == "requested")
    told = clinic.booked()
    for step in ROADS[status]:
        told = clinic.changed(told["id"], status=step)
    assert told["status"] == status
    return told


@pytest.mark.parametrize("now", STEPS)
@pytest.mark.parametrize("to", STEPS)
def test_a_status_follows_another_or_is_refused(clinic: Clinic, now: str, to: str) -> None:
    """The last step can be undone; the status that it has already is no step."""
    told = brought(clinic, now)
    before = Appointment.objects.get().status_before
    possible = STEPS[now] | {now} | ({before} if before else set())
    if to in possible:
        changed = clinic.changed(told["id"], status=to)
        assert (changed["status"], changed["cancelled"], changed["approved"]) == (
            to,
            to == "cancelled",
            not (to == "requested" or (to == "cancelled" and now == "requested")),
        )
        assert HeldTime.objects.count() == (to in HOLDING)
    else:
        with nothing_is_written():
            reply = clinic.change(told["id"], status=to)
        assert reply.refused == (409, "wrong_status")
        told_of = reply.error["title"].partition("; ")[2]
        named = {one for one in STEPS if f" {one}" in told_of}
        assert named == possible - {now}
        assert clinic.get(told["id"]).data == told


def test_only_the_last_step_can_be_undone(clinic: Clinic) -> None:
    told = brought(clinic, "in_progress")
    assert clinic.changed(told["id"], status="arrived")["status"] == "arrived"
    with nothing_is_written():
        assert clinic.change(told["id"], status="booked").refused == (409, "wrong_status")


def test_a_request_is_approved(clinic: Clinic) -> None:
    for wish in ({"approved": True}, {"status": "booked"}):
        asked = brought(clinic, "requested")
        assert HeldTime.objects.count() == 0
        told = clinic.changed(asked["id"], **wish)
        assert (told["approved"], told["status"]) == (True, "booked")
        assert HeldTime.objects.count() == 1
        assert clinic.changed(asked["id"], **wish)["status"] == "booked"
        assert clinic.cancel(asked["id"]).status == 204


def test_a_request_for_a_time_that_was_taken_meanwhile_can_not_be_approved(clinic: Clinic) -> None:
    asked = brought(clinic, "requested")
    save(clinic.service, bookings_require_approval=False)
    clinic.booked()
    with nothing_is_written():
        reply = clinic.change(asked["id"], approved=True)
    assert reply.refused == (409, "staff_busy")
    assert len(reply.error["alternatives"]) == 3
    assert clinic.get(asked["id"]).data == asked
    over = clinic.changed(asked["id"], approved=True, query="?ignoreBusyTimes=true")
    assert (over["status"], over["overbooked"]) == ("booked", True)


@pytest.mark.parametrize(
    "wish", [{"approved": False}, {"cancelled": True}, {"status": "cancelled"}], ids=str
)
def test_a_request_is_declined(clinic: Clinic, wish: dict[str, Any]) -> None:
    asked = brought(clinic, "requested")
    told = clinic.changed(asked["id"], **wish, cancelReason="We moved.")
    assert (told["approved"], told["cancelled"], told["status"]) == (False, True, "cancelled")
    assert Appointment.objects.get().cancel_reason == "We moved."


def test_an_approval_is_taken_back(clinic: Clinic) -> None:
    asked = brought(clinic, "requested")
    clinic.changed(asked["id"], approved=True)
    told = clinic.changed(asked["id"], approved=False)
    assert (told["approved"], told["status"]) == (False, "requested")
    assert HeldTime.objects.count() == 0


def test_what_was_never_requested_can_not_become_a_request(clinic: Clinic) -> None:
    booked = clinic.booked()
    for wish in ({"approved": False}, {"status": "requested"}):
        with nothing_is_written():
            reply = clinic.change(booked["id"], **wish)
        assert reply.refused == (409, "wrong_status")


@pytest.mark.parametrize("wish", [{"cancelled": True}, {"status": "cancelled"}], ids=str)
def test_a_booking_is_cancelled_and_frees_its_time(clinic: Clinic, wish: dict[str, Any]) -> None:
    booked = clinic.booked()
    told = clinic.changed(booked["id"], **wish, cancelReason="Ill.")
    assert (told["cancelled"], told["approved"], told["status"]) == (True, True, "cancelled")
    assert HeldTime.objects.count() == 0
    clinic.booked()
    # A second time changes nothing, not even the reason.
    with nothing_is_written():
        again = clinic.change(booked["id"], **wish, cancelReason="Another.")
    assert again.data == told
    assert Appointment.objects.get(pk=booked["id"]).cancel_reason == "Ill."


def test_a_cancellation_is_taken_back_while_the_time_is_free(clinic: Clinic) -> None:
    booked = clinic.booked()
    clinic.changed(booked["id"], cancelled=True, cancelReason="Ill.")
    told = clinic.changed(booked["id"], cancelled=False)
    assert {**told, "updatedAt": ""} == {**booked, "updatedAt": ""}
    assert HeldTime.objects.count() == 1
    row = Appointment.objects.get()
    assert (row.cancel_reason, row.cancelled_by, row.cancelled_at) == ("", "", None)
    clinic.changed(booked["id"], cancelled=True)
    clinic.booked(date=wire(TEN))
    with nothing_is_written():
        reply = clinic.change(booked["id"], cancelled=False)
    assert reply.refused == (409, "staff_busy")


def test_a_declined_request_comes_back_as_a_request(clinic: Clinic) -> None:
    asked = brought(clinic, "requested")
    clinic.changed(asked["id"], approved=False)
    told = clinic.changed(asked["id"], cancelled=False)
    assert (told["status"], told["approved"], told["cancelled"]) == ("requested", False, False)
    assert HeldTime.objects.count() == 0


@pytest.mark.parametrize("status", ["completed", "no_show", "cancelled"])
def test_a_visit_that_is_over_or_cancelled_can_not_be_moved(clinic: Clinic, status: str) -> None:
    told = brought(clinic, status)
    for wish in ({"date": wire(TEN.replace(hour=15))}, {"duration": 60}):
        with nothing_is_written():
            reply = clinic.change(told["id"], **wish)
        assert reply.refused == (409, "wrong_status")
    assert clinic.changed(told["id"], notes="late note")["notes"] == "late note"


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"approved": True, "cancelled": False}, "cancelled"),
        ({"approved": True, "status": "booked"}, "status"),
        ({"cancelled": True, "status": "cancelled"}, "status"),
        ({"approved": True, "cancelled": False, "status": "arrived"}, "status"),
    ],
    ids=str,
)
def test_one_step_is_taken_at_a_time(clinic: Clinic, wish: dict[str, Any], field: str) -> None:
    booked = clinic.booked()
    with nothing_is_written():
        reply = clinic.change(booked["id"], **wish)
    assert reply.refused == (400, "one_step_only")
    assert reply.wrong == [(field, "one_step_only")]


@pytest.mark.parametrize(
    "wish", [{}, {"cancelled": False}, {"approved": True}, {"status": "arrived"}], ids=str
)
def test_a_reason_without_a_cancellation_is_refused(clinic: Clinic, wish: dict[str, Any]) -> None:
    booked = clinic.booked()
    with nothing_is_written():
        reply = clinic.change(booked["id"], **wish, cancelReason="Ill.")
    assert (reply.status, reply.wrong) == (400, [("cancelReason", "needs_cancellation")])
    for empty in ("", None):
        assert clinic.change(booked["id"], cancelReason=empty).status == 200


def test_a_visit_may_be_moved_and_told_to_have_arrived_at_once(clinic: Clinic) -> None:
    booked = clinic.booked()
    told = clinic.changed(booked["id"], status="arrived", date=wire(TEN.replace(hour=15)))
    assert (told["status"], told["date"]) == ("arrived", wire(TEN.replace(hour=15)))
