"""The waiting room's page: what it shows, its steps, and how it refreshes itself."""

import re
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from appointments.models import Appointment, Status
from staff.roles import Role
from tests.appointments.desk import written
from tests.desk.clinic import FrontDesk, at, open_desk, words_of
from tests.factories import StaffFactory

HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def ten_o_clock(desk: FrontDesk, clock: time_machine.Traveller) -> None:
    """One visit is late, one comes within the hour, one comes later."""
    for hour, minute in ((9, 30), (10, 15), (12, 0)):
        desk.book(at(hour, minute))
    clock.move_to(at(10))


def visits() -> list[Appointment]:
    return list(Appointment.objects.order_by("starts_at"))


def press(desk: FrontDesk, one: Any, status: str, page: str = "waiting", **headers: str) -> Any:
    return desk.client.post(desk.url(page), {"step": f"{one.pk} {status}"}, headers=headers)


def test_the_page_says_who_is_late_and_who_comes(desk: FrontDesk) -> None:
    words = words_of(desk.get("waiting"))
    assert "Late 1 30 min due 09:30 Ana Núñez Follow-up with Dr Hart · Main house" in words
    assert "Coming within the hour 1 10:15 in 15 min Ana Núñez" in words
    assert "Here, waiting 0 Nobody waits." in words
    assert "To come 3" in words


def test_one_press_notes_the_arrival_and_another_takes_it_back(desk: FrontDesk) -> None:
    late = visits()[0]
    answer = press(desk, late, "arrived")
    assert answer["Location"] == desk.url(f"waiting?done={late.pk}")
    page = desk.client.get(answer["Location"])
    assert "Ana Núñez: Arrived. Undo" in words_of(page)
    assert f'value="{late.pk} booked ' in page.content.decode()
    assert [line.visit.pk for line in page.context["board"].waiting] == [late.pk]
    press(desk, late, "booked")
    assert visits()[0].status == Status.BOOKED


def test_a_visit_goes_its_way_from_the_waiting_room_alone(desk: FrontDesk) -> None:
    late = visits()[0]
    seen = []
    for status in ("arrived", "in_progress", "completed"):
        page = press(desk, late, status, **HTMX)
        assert page.headers["HX-Trigger"] == '{"desk:changed": {}}'
        board = page.context["board"]
        seen.append((visits()[0].status, len(board.waiting), len(board.busy), len(board.late)))
    assert seen == [("arrived", 1, 0, 0), ("in_progress", 0, 1, 0), ("completed", 0, 0, 0)]
    assert f'value="{late.pk} in_progress ' in page.content.decode()


def test_the_filters_stay_after_a_step(desk: FrontDesk) -> None:
    late = visits()[0]
    answer = press(desk, late, "no_show", f"waiting?staff={desk.doctor.pk}&location=")
    assert answer["Location"] == desk.url(f"waiting?staff={desk.doctor.pk}&done={late.pk}")
    page = desk.client.get(answer["Location"])
    assert page.context["only"].staff_id == desk.doctor.pk


def test_a_step_that_is_not_possible_any_more_is_told(desk: FrontDesk) -> None:
    late = visits()[0]
    press(desk, late, "no_show")
    before = written()
    for headers in ({}, HTMX):
        answer = press(desk, late, "arrived", **headers)
        assert answer.status_code == 200
        words = words_of(answer)
        assert "Ana Núñez: An appointment that is a no-show can't become arrived" in words
        assert "Undo" not in words
    assert written() == before


def steps_on(page: Any) -> dict[str, str]:
    """What the buttons of a page send, by their words."""
    buttons = re.findall(
        r'(?s)<button[^>]*name="step"\s+value="([^"]+)"[^>]*>(.*?)</button>', page.content.decode()
    )
    return {re.sub(r"<[^>]+>", "", inside).strip(): value for value, inside in buttons}


def test_an_old_undo_takes_back_nobody_elses_step(
    desk: FrontDesk, clock: time_machine.Traveller
) -> None:
    late = visits()[0]
    mine = steps_on(press(desk, late, "arrived", **HTMX))["Undo"]
    clock.shift(1)
    press(desk, late, "booked")
    press(desk, late, "no_show")
    before = written()
    answer = desk.client.post(desk.url("waiting"), {"step": mine}, headers=HTMX)
    words = words_of(answer)
    assert "Ana Núñez: Somebody changed it meanwhile. Nothing was done; look again." in words
    assert "Undo" not in steps_on(answer)
    assert written() == before
    press(desk, late, "booked")
    clock.shift(1)
    fresh = steps_on(press(desk, late, "arrived", **HTMX))["Undo"]
    desk.client.post(desk.url("waiting"), {"step": fresh})
    assert visits()[0].status == Status.BOOKED


def test_a_visit_that_was_moved_meanwhile_does_not_arrive(
    desk: FrontDesk, clock: time_machine.Traveller
) -> None:
    late = visits()[0]
    arrived = next(
        value
        for value in re.findall(r'value="([^"]+)"', desk.get("waiting").content.decode())
        if value.startswith(f"{late.pk} arrived ")
    )
    clock.shift(1)
    desk.move(late, date="2030-01-08")
    before = written()
    answer = desk.client.post(desk.url("waiting"), {"step": arrived})
    assert "Somebody changed it meanwhile." in words_of(answer)
    assert written() == before


@pytest.mark.parametrize("step", ["", "nonsense", "{} nonsense", "nonsense arrived"])
def test_nonsense_changes_nothing(desk: FrontDesk, step: str) -> None:
    before = written()
    data = {"step": step.format(visits()[0].pk)}
    assert desk.client.post(desk.url("waiting"), data).status_code == 200
    assert written() == before
    for query in ({"staff": step}, {"location": "\x00"}, {"done": step}):
        assert len(list(desk.get("waiting", **query).context["board"])) == 2


def test_another_clinics_visits_are_not_there(desk: FrontDesk, neighbour: FrontDesk) -> None:
    theirs = neighbour.book(at(10, 30))
    before = written()
    pk = theirs.id
    answer = desk.client.post(desk.url("waiting"), {"step": f"{pk} arrived"})
    assert answer.status_code == 404
    assert written() == before
    assert desk.get("waiting", done=pk).context["done"] is None
    page = desk.get("waiting", staff=neighbour.doctor.pk, location=neighbour.service.location_id)
    assert (page.context["only"].staff_id, page.context["only"].location_id) == (None, None)
    assert neighbour.patient.pk not in {
        line.visit.patient_id for line in desk.get("waiting").context["board"]
    }


def test_somebody_who_may_not_book_sees_no_way_in() -> None:
    developer = open_desk(Role.DEVELOPER)
    assert developer.get("waiting").status_code == 404
    assert developer.client.post(developer.url("waiting"), {"step": ""}).status_code == 404
    assert Client().get(developer.url("waiting")).status_code == 302


def test_it_answers_nothing_while_nothing_changed(
    desk: FrontDesk, clock: time_machine.Traveller
) -> None:
    version = desk.get("waiting").context["version"]
    clock.shift(30)
    same = desk.get("waiting", seen=version)
    assert (same.status_code, same.content) == (204, b"")
    press(desk, visits()[0], "arrived")
    changed = desk.get("waiting", seen=version)
    assert changed.status_code == 200
    assert desk.get("waiting", seen=changed.context["version"]).status_code == 204
    clock.shift(30)
    assert desk.get("waiting", seen=changed.context["version"]).status_code == 200


@pytest.mark.parametrize("more", [0, 2])
def test_the_number_of_queries_stays(
    desk: FrontDesk, more: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    others = StaffFactory.create_batch(2, business=desk.business)
    for number in range(more):
        desk.book(at(10, 45), staff_id=others[number].pk)
    with django_assert_num_queries(10):
        desk.get("waiting")
