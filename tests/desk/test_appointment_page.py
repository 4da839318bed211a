"""The page of one appointment: its facts, its history, and what can be decided."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from appointments.booking import cancel
from appointments.models import Appointment, HeldTime
from tests.appointments.desk import written
from tests.desk.clinic import PARTNER, FrontDesk, at, words_of
from tests.factories import StaffFactory, provides


def decide(desk: FrontDesk, appointment: Any, what: str, **fields: str) -> Any:
    return desk.client.post(desk.url(f"appointments/{appointment.id}/{what}"), fields)


def page_of(desk: FrontDesk, appointment: Any) -> str:
    return words_of(desk.get(f"appointments/{appointment.id}"))


def history(desk: FrontDesk, appointment: Any) -> list[tuple[str, str, str]]:
    entries = desk.get(f"appointments/{appointment.id}").context["history"]
    return [(one.what, one.who, one.where) for one in entries]


def status(appointment: Any) -> str:
    found: str = Appointment.objects.get(pk=appointment.id).status
    return found


def test_the_page_tells_all_its_facts(desk: FrontDesk) -> None:
    nurse = StaffFactory(business=desk.business, name="Nurse Mwangi")
    provides(nurse, desk.service, additional=True)
    appointment = desk.booked(duration="60", notes="Brings an\nX-ray", tags="new")
    page = page_of(desk, appointment)
    for fact in (
        "Monday 7 January 2030, 10:00–until11:00",
        "Service Follow-up",
        "With Dr Hart, Nurse Mwangi",
        "Length 1 hour",
        "Where Main house",
        "Price 50.00 GBP",
        "Tags new",
        "Notes Brings anX-ray",
        "Time zone Europe/London",
        "Name Ana Núñez",
        "Phone +44 7700 900123",
    ):
        assert fact in page


def test_the_page_shows_the_clinics_time(desk: FrontDesk) -> None:
    appointment = desk.booked(date="2030-07-01", time="10:00")
    assert "Monday 1 July 2030, 10:00" in page_of(desk, appointment)


@pytest.mark.parametrize("hosts", [1, 3])
def test_the_page_takes_eleven_queries(
    desk: FrontDesk, hosts: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Two are for the form that moves it: the lengths of the service, and who provides it."""
    for _ in range(hosts):
        provides(StaffFactory(business=desk.business), desk.service, additional=True)
    appointment = desk.booked()
    desk.get(f"appointments/{appointment.pk}")  # takes the message away
    with django_assert_num_queries(11):
        answer = desk.get(f"appointments/{appointment.pk}")
    assert len(answer.context["hosts"]) == hosts
    decide(desk, appointment, "cancel")
    desk.get(f"appointments/{appointment.pk}")
    with django_assert_num_queries(9):
        desk.get(f"appointments/{appointment.pk}")


def test_the_history_tells_who_did_what_and_where(desk: FrontDesk) -> None:
    asked = desk.book_request()
    assert history(desk, asked) == [("Requested", "Partner", "Other software")]
    decide(desk, asked, "approve")
    decide(desk, asked, "cancel", reason="The doctor is ill")
    assert history(desk, asked) == [
        ("Cancelled", "Sofia Marchetti", "Front desk"),
        ("Booked", "Sofia Marchetti", "Front desk"),
        ("Requested", "Partner", "Other software"),
    ]
    assert "Why cancelled: – → The doctor is ill" in page_of(desk, asked)


def test_a_request_is_approved(desk: FrontDesk) -> None:
    asked = desk.book_request()
    assert "Waits for approval It holds no time until it is approved." in page_of(desk, asked)
    answer = decide(desk, asked, "approve")
    assert answer["Location"] == desk.url(f"appointments/{asked.id}")
    assert status(asked) == "booked"
    assert HeldTime.objects.filter(appointment_id=asked.id).count() == 1
    assert "Approved." in page_of(desk, asked)


def test_approving_twice_changes_nothing_more(desk: FrontDesk) -> None:
    asked = desk.book_request()
    decide(desk, asked, "approve")
    before = written()
    assert decide(desk, asked, "approve").status_code == 302
    assert written() == before


def test_a_request_that_clashes_by_now_says_with_what(desk: FrontDesk) -> None:
    asked = desk.book_request()
    desk.book(at(10))
    before = written()
    answer = decide(desk, asked, "approve")
    assert answer.status_code == 200
    page = words_of(answer)
    assert "The staff member is busy at that time." in page
    assert "Dr Hart Mon 7 Jan, 10:00–10:30 has an appointment (Follow-up, Ana Núñez)" in page
    assert "Approve it all the same" in page
    assert 'name="alternative"' not in answer.content.decode()
    assert written() == before


def test_a_request_that_clashes_is_approved_with_a_reason(desk: FrontDesk) -> None:
    asked = desk.book_request()
    desk.book(at(10))
    answer = decide(desk, asked, "approve", override_reason=" ")
    assert dict(answer.context["form"].errors) == {"override_reason": ["This field is required."]}
    assert status(asked) == "requested"
    decide(desk, asked, "approve", override_reason="Both agreed")
    appointment = Appointment.objects.get(pk=asked.id)
    assert (appointment.status, appointment.overbooked) == ("booked", True)
    assert "Overbooked on purpose Both agreed" in page_of(desk, asked)


def test_a_practitioner_approves_and_can_not_override(practitioner: FrontDesk) -> None:
    asked = practitioner.book_request()
    practitioner.book(at(10))
    before = written()
    answer = decide(practitioner, asked, "approve", override_reason="Because")
    assert answer.status_code == 200
    assert "Approve it all the same" not in words_of(answer)
    assert written() == before
    free = practitioner.book_request(at(15))
    decide(practitioner, free, "approve")
    assert status(free) == "booked"


def test_a_request_is_declined_with_a_reason(desk: FrontDesk) -> None:
    asked = desk.book_request()
    assert "Decline this request" in page_of(desk, asked)
    decide(desk, asked, "cancel", reason="We don't do this on Mondays")
    assert status(asked) == "cancelled"
    page = page_of(desk, asked)
    told = "Cancelled on 7 January 2030, 06:00 by Sofia Marchetti We don't do this on Mondays"
    assert told in page
    assert "Decline this request" not in page
    assert "Approve" not in page


def test_a_cancelled_appointment_frees_its_time(desk: FrontDesk) -> None:
    appointment = desk.booked()
    answer = decide(desk, appointment, "cancel", reason="")
    assert answer["Location"] == desk.url(f"appointments/{appointment.pk}")
    assert status(appointment) == "cancelled"
    assert desk.booked().starts_at == at(10)


def test_cancelling_twice_keeps_the_first_reason(desk: FrontDesk) -> None:
    appointment = desk.booked()
    decide(desk, appointment, "cancel", reason="First")
    before = written()
    decide(desk, appointment, "cancel", reason="Second")
    assert written() == before


def test_a_reason_that_is_too_long_is_refused_at_its_field(desk: FrontDesk) -> None:
    appointment = desk.booked()
    answer = decide(desk, appointment, "cancel", reason="x" * 501)
    assert list(answer.context["cancel_form"].errors) == ["reason"]
    assert status(appointment) == "booked"


def test_a_cancelled_request_can_not_be_approved(desk: FrontDesk) -> None:
    asked = desk.book_request()
    cancel(business_id=desk.business.pk, appointment_id=asked.id, by=PARTNER)
    before = written()
    answer = decide(desk, asked, "approve")
    assert "The appointment's status does not allow that." in words_of(answer)
    assert "Approve it all the same" not in words_of(answer)
    assert written() == before


@pytest.mark.parametrize("what", ["approve", "cancel"])
def test_following_a_link_to_a_decision_changes_nothing(desk: FrontDesk, what: str) -> None:
    asked = desk.book_request()
    before = written()
    answer = desk.get(f"appointments/{asked.id}/{what}")
    assert answer["Location"] == desk.url(f"appointments/{asked.id}")
    assert written() == before


@pytest.mark.parametrize("what", ["approve", "cancel"])
def test_another_clinics_appointment_is_not_there(
    desk: FrontDesk, neighbour: FrontDesk, what: str
) -> None:
    theirs = neighbour.book_request()
    before = written()
    assert desk.get(f"appointments/{theirs.id}").status_code == 404
    assert decide(desk, theirs, what).status_code == 404
    assert written() == before
