"""How far an appointment has come: one press a step, and one back."""

from typing import Any

import pytest

from appointments.booking import cancel
from appointments.models import Appointment, HeldTime
from tests.appointments.desk import written
from tests.desk.clinic import PARTNER, FrontDesk, at, words_of


def press(desk: FrontDesk, one: Any, status: str, **fields: str) -> Any:
    page = desk.url(f"appointments/{one.id}/step")
    return desk.client.post(page, {"status": status, **fields})


def offered(desk: FrontDesk, one: Any) -> list[tuple[str, bool]]:
    """The steps on the page, and which of them leads back."""
    steps = desk.get(f"appointments/{one.id}").context["steps"]
    return [(step.value, undoes) for step, undoes in steps]


def now(one: Any) -> str:
    found: str = Appointment.objects.get(pk=one.id).status
    return found


def test_a_visit_goes_from_booked_to_completed(desk: FrontDesk) -> None:
    one = desk.book(at(10))
    assert offered(desk, one) == [("arrived", False), ("no_show", False)]
    seen = []
    for status in ("arrived", "in_progress", "completed"):
        answer = press(desk, one, status)
        assert answer["Location"] == desk.url(f"appointments/{one.id}")
        seen.append((now(one), offered(desk, one)))
    assert seen == [
        ("arrived", [("in_progress", False), ("booked", True)]),
        ("in_progress", [("completed", False), ("arrived", True)]),
        ("completed", [("in_progress", True)]),
    ]
    history = desk.get(f"appointments/{one.id}").context["history"]
    assert [entry.what for entry in history] == ["Completed", "In progress", "Arrived", "Booked"]


def test_the_page_says_what_the_last_press_did(desk: FrontDesk) -> None:
    one = desk.book(at(10))
    press(desk, one, "arrived")
    page = words_of(desk.get(f"appointments/{one.id}"))
    assert "Arrived." in page
    assert "Undo: back to “Booked”" in page


def test_the_last_step_is_undone(desk: FrontDesk) -> None:
    one = desk.book(at(10))
    press(desk, one, "no_show")
    assert offered(desk, one) == [("booked", True)]
    press(desk, one, "booked")
    assert now(one) == "booked"
    assert offered(desk, one) == [("arrived", False), ("no_show", False)]


def test_a_step_that_was_taken_twice_changes_nothing_more(desk: FrontDesk) -> None:
    one = desk.book(at(10))
    press(desk, one, "arrived")
    before = written()
    assert press(desk, one, "arrived").status_code == 302
    assert written() == before


def test_a_step_that_is_not_possible_any_more_says_so(desk: FrontDesk) -> None:
    one = desk.book(at(10))
    press(desk, one, "arrived")
    before = written()
    answer = press(desk, one, "no_show")
    assert answer.status_code == 200
    assert "An appointment that is arrived can't become a no-show" in words_of(answer)
    assert "all the same" not in words_of(answer)
    assert written() == before


def test_a_cancellation_is_taken_back(desk: FrontDesk) -> None:
    one = desk.book(at(10))
    cancel(business_id=desk.business.pk, appointment_id=one.id, by=PARTNER, reason="Ill")
    page = words_of(desk.get(f"appointments/{one.id}"))
    assert "Cancelled on 7 January 2030, 06:00 by Partner Ill" in page
    assert "Take the cancellation back" in page
    assert "Move or change" not in page
    press(desk, one, "booked")
    found = Appointment.objects.get(pk=one.id)
    assert (found.status, found.cancel_reason, found.cancelled_by) == ("booked", "", "")
    assert HeldTime.objects.filter(appointment_id=one.id).count() == 1
    assert "It is booked again." in words_of(desk.get(f"appointments/{one.id}"))


def test_a_cancellation_whose_time_is_taken_says_by_what(desk: FrontDesk) -> None:
    one = desk.book(at(10))
    cancel(business_id=desk.business.pk, appointment_id=one.id, by=PARTNER)
    desk.book(at(10))
    before = written()
    answer = press(desk, one, "booked")
    page = words_of(answer)
    assert "Dr Hart Mon 7 Jan, 10:00–10:30 has an appointment (Follow-up, Ana Núñez)" in page
    assert "Take it back all the same" in page
    assert 'name="alternative"' not in answer.content.decode()
    assert written() == before
    empty = press(desk, one, "booked", override_reason=" ")
    assert dict(empty.context["form"].errors) == {"override_reason": ["This field is required."]}
    press(desk, one, "booked", override_reason="Both agreed")
    found = Appointment.objects.get(pk=one.id)
    assert (found.status, found.overbooked, found.override_reason) == (
        ("booked", True, "Both agreed")
    )


def test_a_practitioner_takes_no_cancellation_back_over_something_else(
    practitioner: FrontDesk,
) -> None:
    one = practitioner.book(at(10))
    cancel(business_id=practitioner.business.pk, appointment_id=one.id, by=PARTNER)
    practitioner.book(at(10))
    before = written()
    answer = press(practitioner, one, "booked", override_reason="Because")
    assert "Take it back all the same" not in words_of(answer)
    assert written() == before


def test_following_a_link_to_a_step_changes_nothing(desk: FrontDesk) -> None:
    one = desk.book(at(10))
    before = written()
    answer = desk.get(f"appointments/{one.id}/step", status="arrived")
    assert answer["Location"] == desk.url(f"appointments/{one.id}")
    assert written() == before


@pytest.mark.parametrize("page", ["step", "move"])
def test_another_clinics_appointment_is_not_there(
    desk: FrontDesk, neighbour: FrontDesk, page: str
) -> None:
    theirs = neighbour.book(at(10))
    typed = neighbour.moving(theirs, status="arrived", time="11:00")
    before = written()
    answer = desk.client.post(desk.url(f"appointments/{theirs.id}/{page}"), typed)
    assert answer.status_code == 404
    assert written() == before


# --- Series -----------------------------------------------------------------------------------


def cancel_some(desk: FrontDesk, one: Any, scope: str) -> list[str]:
    """Cancels from the page; the statuses of the series afterwards."""
    page = desk.url(f"appointments/{one.id}/cancel")
    desk.client.post(page, {"reason": "Moves away", "scope": scope})
    found = Appointment.objects.order_by("series_number")
    assert {each.cancel_reason for each in found if each.cancelled} == {"Moves away"}
    return [each.status for each in found]


@pytest.mark.parametrize(
    ("scope", "statuses"),
    [
        ("this", ["booked", "cancelled", "booked"]),
        ("following", ["booked", "cancelled", "cancelled"]),
        ("all", ["cancelled", "cancelled", "cancelled"]),
        ("", ["booked", "cancelled", "booked"]),
    ],
)
def test_of_a_series_as_many_are_cancelled_as_were_asked_for(
    desk: FrontDesk, scope: str, statuses: list[str]
) -> None:
    _, second, _ = desk.book_series(3)
    assert cancel_some(desk, second, scope) == statuses


def test_a_single_appointment_asks_for_no_part_of_a_series(desk: FrontDesk) -> None:
    one = desk.book(at(10))
    assert "Which of the series" not in words_of(desk.get(f"appointments/{one.id}"))
    (first, _) = desk.book_series(2, at(12))
    assert "Which of the series" in words_of(desk.get(f"appointments/{first.id}"))
