"""The page for somebody who is here without an appointment."""

from typing import Any
from uuid import uuid4

import pytest
import time_machine

from appointments.models import Appointment
from businesses.models import BookingQuestion
from patients.models import Patient
from staff.roles import Role
from tests.appointments.desk import written
from tests.desk.clinic import FrontDesk, at, open_desk, words_of


@pytest.fixture(autouse=True)
def just_before_ten(clock: time_machine.Traveller) -> None:
    clock.move_to(at(9, 58))


def typed(desk: FrontDesk, **fields: Any) -> dict[str, Any]:
    whole = {
        "submission": str(uuid4()),
        "patient": str(desk.patient.pk),
        "service": str(desk.service.pk),
        "duration": "30",
        "seen": f"{at(9, 58).isoformat()} {desk.doctor.pk}",
    } | fields
    return {name: value for name, value in whole.items() if value is not None}


def send(desk: FrontDesk, **fields: Any) -> Any:
    return desk.client.post(desk.url("walk-in"), typed(desk, **fields))


def test_one_press_takes_in_and_leads_to_the_waiting_room(desk: FrontDesk) -> None:
    answer = send(desk)
    one = Appointment.objects.get()
    assert answer["Location"] == desk.url(f"waiting?done={one.pk}")
    assert (one.status, one.starts_at, one.staff_id) == ("arrived", at(9, 58), desk.doctor.pk)
    page = desk.client.get(answer["Location"])
    assert "Ana Núñez: Arrived." in words_of(page)
    assert [line.visit.pk for line in page.context["board"].waiting] == [one.pk]


def test_a_form_that_is_sent_twice_takes_in_once(desk: FrontDesk) -> None:
    form = typed(desk)
    answers = [desk.client.post(desk.url("walk-in"), form) for _ in range(2)]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert Appointment.objects.count() == 1


def test_the_search_and_the_service_show_what_there_is_to_choose(desk: FrontDesk) -> None:
    found = desk.client.post(desk.url("walk-in"), {"action": "find", "q": "ana nu"})
    assert [one.pk for one in found.context["matches"]] == [desk.patient.pk]
    shown = desk.client.post(
        desk.url("walk-in"),
        {"action": "refresh", "service": str(desk.service.pk), "patient": str(desk.patient.pk)},
    )
    assert [(one.start, one.name) for one in shown.context["nexts"]] == [(at(9, 58), "Dr Hart")]
    assert "at 09:58 by Dr Hart" in words_of(shown)
    assert shown.context["chosen"] == str(desk.patient.pk)


def test_somebody_new_is_written_down_and_taken_in(desk: FrontDesk) -> None:
    send(desk, patient=None, new_name="Bea Olsen", new_phone="0123")
    one = Appointment.objects.select_related("patient").get()
    assert (one.patient.name, one.patient.phone_mobile, one.status) == (
        ("Bea Olsen", "0123", "arrived")
    )


def test_a_walk_in_is_asked_what_the_service_asks(desk: FrontDesk) -> None:
    pills = BookingQuestion.objects.create(
        business=desk.business, service=desk.service, question="Which pills?", variable_name="pills"
    )
    shown = desk.client.post(
        desk.url("walk-in"), {"action": "refresh", "service": str(desk.service.pk)}
    )
    assert "Which pills?" in words_of(shown)
    send(desk, **{f"question_{pills.pk}": "Apixaban"})
    (answer,) = Appointment.objects.get().answers
    assert (answer["question"], answer["answer"]) == ("Which pills?", "Apixaban")


def test_a_walk_in_who_is_here_already_is_offered_before_somebody_new_is_made(
    desk: FrontDesk,
) -> None:
    fields = {"patient": None, "new_name": "Ana Nunes", "new_phone": "07700 900123"}
    answer = send(desk, **fields)
    assert answer.context["duplicates"] == [desk.patient]
    assert (Patient.objects.count(), Appointment.objects.count()) == (1, 0)
    form = send(desk, **fields, same=str(desk.patient.pk)).context["form"]
    assert (form["patient"].value(), form["new_name"].value()) == (str(desk.patient.pk), "")
    assert Appointment.objects.count() == 0
    send(desk, **fields, new_anyway="on")
    assert Appointment.objects.get().patient.name == "Ana Nunes"


def test_the_same_again_fills_in_what_a_walk_in_had(desk: FrontDesk) -> None:
    visit = desk.book(at(12, day=7), minutes=60)
    blank = {"service": "", "duration": "", "seen": None}
    answer = send(desk, **blank, again=str(visit.id))
    form = answer.context["form"]
    assert (form["service"].value(), form["duration"].value()) == (str(desk.service.pk), "60")
    assert [one.name for one in answer.context["nexts"]] == ["Dr Hart"]
    assert Appointment.objects.count() == 1


def test_what_was_taken_meanwhile_is_refused_with_who_is_free_now(real_desk: FrontDesk) -> None:
    desk = real_desk
    desk.book(at(10))
    before, patients = written(), Patient.objects.count()
    answer = send(desk, patient=None, new_name="Bea Olsen")
    assert answer.status_code == 200
    words = words_of(answer)
    assert "The staff member is busy at that time." in words
    assert "at 10:30 by Dr Hart" in words
    assert 'value="Bea Olsen"' in answer.content.decode()
    assert (written(), Patient.objects.count()) == (before, patients)


def test_where_nobody_is_free_the_booking_page_is_offered(
    desk: FrontDesk, clock: time_machine.Traveller
) -> None:
    clock.move_to(at(19, 45))
    desk.client.force_login(desk.user, backend="django.contrib.auth.backends.ModelBackend")
    answer = desk.client.post(
        desk.url("walk-in"),
        {"service": str(desk.service.pk), "patient": str(desk.patient.pk)},
    )
    assert "is free today any more." in words_of(answer)
    wanted = f"patient={desk.patient.pk}&amp;service={desk.service.pk}&amp;duration=30"
    assert desk.url(f"book?{wanted}") in answer.content.decode()


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"patient": None}, "patient"),
        ({"patient": "x"}, "patient"),
        ({"new_name": "Bea"}, "patient"),
        ({"service": "x"}, "service"),
        ({"seen": "x"}, "seen"),
        ({"seen": ""}, "seen"),
        ({"seen": f"2030-01-07T10:00 {uuid4()}"}, "seen"),
        ({"seen": f"{at(10).isoformat()} {uuid4()}"}, "seen"),
        ({"patient": str(uuid4())}, "seen"),
    ],
)
def test_bad_input_takes_nobody_in(desk: FrontDesk, fields: dict[str, Any], wrong: str) -> None:
    before = written()
    answer = send(desk, **fields)
    assert answer.status_code == 200
    assert wrong in answer.context["form"].errors
    assert written() == before


def test_other_clinics_patients_people_and_services_are_not_there(
    desk: FrontDesk, neighbour: FrontDesk
) -> None:
    before = written()
    theirs = f"{at(9, 58).isoformat()} {neighbour.doctor.pk}"
    for fields in (
        {"patient": str(neighbour.patient.pk)},
        {"service": str(neighbour.service.pk)},
        {"seen": theirs},
    ):
        answer = send(desk, **fields)
        assert answer.status_code == 200
        assert neighbour.doctor.pk not in {one.staff_id for one in answer.context["nexts"]}
        assert neighbour.patient not in answer.context["matches"]
    assert written() == before


@pytest.mark.usefixtures("db")
def test_a_developer_takes_nobody_in() -> None:
    developer = open_desk(Role.DEVELOPER)
    assert send(developer).status_code == 404
    assert not Appointment.objects.exists()
