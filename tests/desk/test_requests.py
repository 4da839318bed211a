"""Requests: what is in their way is told before, and each is decided with one press."""

from typing import Any

import pytest
import time_machine
from pytest_django import DjangoAssertNumQueries

from appointments.booking import approve, cancel
from appointments.models import Appointment, HeldTime
from appointments.views.detail import version_of
from staff.models import Staff
from tests.appointments.desk import written
from tests.desk.clinic import PARTNER, FrontDesk, at, way_back, words_of
from tests.factories import ServiceFactory, blocks


def decide(desk: FrontDesk, one: Any, way: str, seen: str | None = None, **fields: str) -> Any:
    """Presses the button as the page has it now, or as it had when the request was `seen`."""
    if seen is None:
        seen = version_of(Appointment.objects.get(pk=one.id))
    return desk.client.post(desk.url("requests"), {"decide": f"{one.id} {way} {seen}", **fields})


def told(desk: FrontDesk) -> list[list[tuple[str, str, str]]]:
    """What is in the way of each request on the page."""
    lines = desk.get("requests").context["lines"]
    return [[(one.kind, one.what, one.patient_name) for one in line[2]] for line in lines]


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
    decide(desk, asked, "decline", **{f"{asked.id}-reason": " Full ", f"{other.id}-reason": "No"})
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
    page = words_of(decide(desk, asked, "approve"))
    assert "The staff member is busy at that time. Nothing is changed." in page
    assert written() == before


def test_what_another_desk_approved_meanwhile_is_not_cancelled(desk: FrontDesk) -> None:
    asked = desk.book_request()
    approve(business_id=desk.business.pk, appointment_id=asked.id, by=PARTNER)
    before = written()
    assert "Somebody approved it meanwhile." in words_of(decide(desk, asked, "decline"))
    assert written() == before


def test_what_another_desk_decided_meanwhile_is_not_decided_again(desk: FrontDesk) -> None:
    approved, declined = desk.book_request(at(10)), desk.book_request(at(11))
    approve(business_id=desk.business.pk, appointment_id=approved.id, by=PARTNER)
    cancel(business_id=desk.business.pk, appointment_id=declined.id, by=PARTNER)
    before = written()
    for one, told in ((approved, "approved"), (declined, "declined")):
        for way in ("approve", "decline"):
            page = decide(desk, one, way)
            assert f"Somebody {told} it meanwhile." in words_of(page)
            assert "/undo?" not in page.content.decode()
    assert written() == before


@pytest.mark.parametrize("way", ["approve", "decline"])
def test_a_request_that_was_moved_meanwhile_is_not_decided_unseen(
    desk: FrontDesk, clock: time_machine.Traveller, way: str
) -> None:
    asked = desk.book_request()
    (line,) = desk.get("requests").context["lines"]
    clock.shift(1)
    desk.move(asked, date="2030-01-09", time="15:00")
    before = written()
    typed = {f"{asked.id}-reason": "Full that day"}
    for seen in (line[1], ""):
        page = decide(desk, asked, way, seen, **typed)
        words = words_of(page)
        assert "Somebody changed it meanwhile. Nothing was done; look again." in words
        assert "Wed 9 Jan, 15:00" in words
        assert 'value="Full that day"' in page.content.decode()
        assert written() == before
    (again,) = page.context["lines"]
    assert decide(desk, asked, way, again[1]).status_code == 302


@pytest.mark.parametrize(
    ("reason", "why"),
    [("a\x00b", "Null characters are not allowed."), ("x" * 501, "at most 500 characters")],
)
def test_a_reason_that_can_not_be_kept_declines_nothing(
    desk: FrontDesk, reason: str, why: str
) -> None:
    asked = desk.book_request()
    before = written()
    page = decide(desk, asked, "decline", **{f"{asked.id}-reason": reason})
    assert page.status_code == 200
    assert why in words_of(page)
    assert written() == before


def test_it_answers_nothing_while_nothing_changed(
    desk: FrontDesk, clock: time_machine.Traveller
) -> None:
    asked = desk.book_request()
    version = desk.get("requests").context["version"]
    same = desk.get("requests", seen=version)
    assert (same.status_code, same.content) == (204, b"")
    desk.book(at(10))  # comes in its way
    blocked = desk.get("requests", seen=version)
    assert blocked.status_code == 200
    clock.shift(1)
    decide(desk, asked, "decline")
    assert desk.get("requests", seen=blocked.context["version"]).status_code == 200


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
    assert [line[0].pk for line in answer.context["lines"]] == [asked.id]
    assert not HeldTime.objects.filter(appointment_id=asked.id).exists()


@pytest.mark.parametrize("decision", ["", "x", "{} x", "x approve"])
def test_nonsense_decides_nothing(desk: FrontDesk, decision: str) -> None:
    asked = desk.book_request()
    before = written()
    data = {"decide": decision.format(asked.id)}
    assert "Choose a request" in words_of(desk.client.post(desk.url("requests"), data))
    assert written() == before


@pytest.mark.parametrize("way", ["approve", "decline"])
def test_another_clinics_request_is_not_there(
    desk: FrontDesk, neighbour: FrontDesk, way: str
) -> None:
    theirs = neighbour.book_request()
    before = written()
    for seen in (None, ""):
        assert decide(desk, theirs, way, seen).status_code == 404
    assert written() == before


def test_those_that_wait_longest_come_first_if_wanted(
    desk: FrontDesk, clock: time_machine.Traveller
) -> None:
    old = desk.book_request(at(12, day=2))
    clock.shift(60)
    new = desk.book(at(10, day=1), service_id=old.service_id)
    shown = {
        order: [line[0].pk for line in desk.get("requests", order=order).context["lines"]]
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
