"""Requests: what is in their way is told before, and each is decided with one press."""

from typing import Any

import pytest
import time_machine
from pytest_django import DjangoAssertNumQueries

from appointments.booking import approve, cancel
from appointments.models import Appointment, HeldTime
from staff.models import Staff
from tests.appointments.desk import written
from tests.desk.clinic import PARTNER, FrontDesk, at, way_back, words_of
from tests.factories import ServiceFactory, blocks


def decide(desk: FrontDesk, one: Any, way: str, **fields: str) -> Any:
    return desk.client.post(desk.url("requests"), {"decide": f"{one.id} {way}", **fields})


def told(desk: FrontDesk) -> list[list[tuple[str, str, str]]]:
    """What is in the way of each request on the page."""
    lines = desk.get("requests").context["lines"]
    return [[(one.kind, one.what, one.patient_name) for one in found] for _, found in lines]


def test_one_press_approves(desk: FrontDesk) -> None:
    asked = desk.book_request()
    answer = decide(desk, asked, "approve")
    assert answer["Location"] == desk.url("requests")
    assert Appointment.objects.get(pk=asked.id).status == "booked"
    assert HeldTime.objects.filter(appointment_id=asked.id).count() == 1
    page = words_of(desk.get("requests"))
    assert "Ana Núñez: approved." in page
    assert "No request waits." in page


def test_one_press_declines_and_the_reason_is_kept(desk: FrontDesk) -> None:
    asked, other = desk.book_request(at(10)), desk.book_request(at(11))
    decide(desk, asked, "decline", **{f"reason-{asked.id}": " Full ", f"reason-{other.id}": "No"})
    found = Appointment.objects.get(pk=asked.id)
    assert (found.status, found.cancel_reason) == ("cancelled", "Full")
    assert "Ana Núñez: declined." in words_of(desk.get("requests"))
    decide(desk, other, "decline")
    assert Appointment.objects.get(pk=other.id).cancel_reason == ""


def test_what_is_in_the_way_is_told_before(desk: FrontDesk) -> None:
    desk.book_request(at(10))
    assert told(desk) == [[]]
    desk.book(at(10, 15))
    blocks(desk.doctor, at(9, 45), 30, reason="Delivery")
    assert told(desk) == [
        [("time_blocker", "Delivery", ""), ("appointment", "Follow-up", "Ana Núñez")]
    ]
    Staff.objects.filter(pk=desk.doctor.pk).update(weekly_hours={"monday": [[1300, 1800]]})
    assert told(desk)[0][-1] == ("hours", "", "")
    assert "Dr Hart does not work then" in words_of(desk.get("requests"))


def test_another_persons_appointment_is_in_nobodys_way(
    desk: FrontDesk, neighbour: FrontDesk
) -> None:
    desk.book_request(at(10))
    desk.book(at(10, 30))
    neighbour.book(at(10))
    assert told(desk) == [[]]


def test_a_request_that_clashes_is_not_approved_and_says_why(desk: FrontDesk) -> None:
    asked = desk.book_request(at(10))
    desk.book(at(10))
    before = written()
    decide(desk, asked, "approve")
    page = words_of(desk.get("requests"))
    assert "The staff member is busy at that time. Nothing is changed." in page
    assert written() == before


def test_what_another_desk_approved_meanwhile_is_not_cancelled(desk: FrontDesk) -> None:
    asked = desk.book_request()
    approve(business_id=desk.business.pk, appointment_id=asked.id, by=PARTNER)
    before = written()
    decide(desk, asked, "decline")
    assert "Somebody approved it meanwhile." in words_of(desk.get("requests"))
    assert written() == before


def test_what_another_desk_decided_meanwhile_is_not_decided_again(desk: FrontDesk) -> None:
    approved, declined = desk.book_request(at(10)), desk.book_request(at(11))
    approve(business_id=desk.business.pk, appointment_id=approved.id, by=PARTNER)
    cancel(business_id=desk.business.pk, appointment_id=declined.id, by=PARTNER)
    before = written()
    for one, told in ((approved, "approved"), (declined, "declined")):
        for way in ("approve", "decline"):
            decide(desk, one, way)
            page = desk.get("requests")
            assert f"Somebody {told} it meanwhile." in words_of(page)
            assert "/undo?" not in page.content.decode()
    assert written() == before


@pytest.mark.parametrize("way", ["approve", "decline"])
def test_a_decision_by_mistake_is_undone_where_it_was_made(
    desk: FrontDesk, clock: time_machine.Traveller, way: str
) -> None:
    asked = desk.book_request()
    clock.shift(60)
    decide(desk, asked, way)
    clock.shift(60)
    answer = desk.client.post(way_back(desk.get("requests")), follow=True)
    assert answer.redirect_chain == [(desk.url("requests"), 302)]
    assert "Undone." in words_of(answer)
    assert [one.pk for one, _ in answer.context["lines"]] == [asked.id]
    assert not HeldTime.objects.filter(appointment_id=asked.id).exists()


@pytest.mark.parametrize("decision", ["", "x", "{} x", "x approve"])
def test_nonsense_decides_nothing(desk: FrontDesk, decision: str) -> None:
    asked = desk.book_request()
    before = written()
    data = {"decide": decision.format(asked.id)}
    assert desk.client.post(desk.url("requests"), data).status_code == 302
    assert "Choose a request" in words_of(desk.get("requests"))
    assert written() == before


@pytest.mark.parametrize("way", ["approve", "decline"])
def test_another_clinics_request_is_not_there(
    desk: FrontDesk, neighbour: FrontDesk, way: str
) -> None:
    theirs = neighbour.book_request()
    before = written()
    assert decide(desk, theirs, way).status_code == 404
    assert written() == before


def test_those_that_wait_longest_come_first_if_wanted(
    desk: FrontDesk, clock: time_machine.Traveller
) -> None:
    old = desk.book_request(at(12, day=2))
    clock.shift(60)
    new = desk.book(at(10, day=1), service_id=old.service_id)
    shown = {
        order: [one.pk for one, _ in desk.get("requests", order=order).context["lines"]]
        for order in ("", "asked", "odd")
    }
    assert shown == {"": [new.id, old.id], "asked": [old.id, new.id], "odd": [new.id, old.id]}


def test_the_navigation_says_how_many_wait(desk: FrontDesk) -> None:
    desk.book_request(at(10))
    desk.book_request(at(11))
    for page in ("appointments", "requests", "waiting"):
        entries = {one["label"]: one["count"] for one in desk.get(page).context["nav"]}
        assert entries["Requests"] == 2, page


@pytest.mark.parametrize("count", [1, 3])
def test_what_is_in_the_way_takes_no_more_queries_for_three(
    desk: FrontDesk, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    service = ServiceFactory(business=desk.business, bookings_require_approval=True)
    for hour in range(count):
        desk.book(at(9 + hour), service_id=service.pk)
        desk.book(at(9 + hour))
    with django_assert_num_queries(8):
        assert len(desk.get("requests").context["lines"]) == count
