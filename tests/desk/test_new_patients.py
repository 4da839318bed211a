"""Patients who are not in the books yet."""

import threading
import time
from datetime import date
from typing import Any

import pytest
from django.db import connection, transaction

from appointments.models import Appointment
from patients.models import Patient
from tests.desk.clinic import FrontDesk, at, words_of
from tests.factories import PatientFactory


def newcomer(**fields: str) -> dict[str, Any]:
    return {"patient": "", "new_name": "Bert Stone", "new_phone": "+44 20 7946 0001"} | fields


def test_a_new_patient_is_saved_with_the_booking(desk: FrontDesk) -> None:
    appointment = desk.booked(
        **newcomer(new_email="Bert@Mail.example", new_birth_date="1990-02-03")
    )
    bert = appointment.patient
    assert (bert.name, bert.phone_mobile, bert.email, bert.dob) == (
        "Bert Stone",
        "+44 20 7946 0001",
        "Bert@Mail.example",
        date(1990, 2, 3),
    )
    assert bert.business == desk.business


def test_a_name_is_enough(desk: FrontDesk) -> None:
    assert desk.booked(patient="", new_name="Bert").patient.email is None


def test_a_new_patient_is_not_left_behind_by_a_clash(real_desk: FrontDesk) -> None:
    real_desk.book(at(10))
    answer = real_desk.send(**newcomer())
    assert answer.context["clash"].code == "staff_busy"
    assert list(Patient.objects.values_list("name", flat=True)) == ["Ana Núñez"]
    assert answer.context["form"]["new_name"].value() == "Bert Stone"
    assert answer.context["new_patient_open"] is True


def test_a_new_patient_is_not_left_behind_by_a_refusal(real_desk: FrontDesk) -> None:
    real_desk.business.enabled = False
    real_desk.business.save()
    assert real_desk.errors(**newcomer()) == {
        "service": ["This business takes no bookings at present."]
    }
    assert Patient.objects.count() == 1


def test_sending_twice_saves_a_new_patient_once(desk: FrontDesk) -> None:
    typed = desk.typed(**newcomer())
    desk.client.post(desk.url("book"), typed)
    desk.client.post(desk.url("book"), typed)
    assert Patient.objects.filter(name="Bert Stone").count() == 1


def test_an_address_that_somebody_has_names_them(desk: FrontDesk) -> None:
    desk.patient.email = "ana@mail.example"
    desk.patient.save()
    errors = desk.errors(**newcomer(new_email="ANA@mail.example"))
    assert errors == {
        "new_email": ["Ana Núñez has this e-mail address. Choose that patient, or leave it empty."]
    }
    assert Patient.objects.count() == 1


def test_an_address_of_another_clinics_patient_is_free(
    desk: FrontDesk, neighbour: FrontDesk
) -> None:
    PatientFactory(business=neighbour.business, email="bert@mail.example")
    assert desk.booked(**newcomer(new_email="bert@mail.example")).patient.business == desk.business


def test_somebody_from_the_list_and_somebody_new_is_one_too_many(desk: FrontDesk) -> None:
    answer = desk.send(**newcomer(patient=str(desk.patient.pk)))
    assert dict(answer.context["form"].errors) == {
        "patient": ["A patient is chosen and a new one is typed in. Empty the new one's fields."]
    }
    assert answer.context["new_patient_open"] is True, "the fields to empty are in sight"
    assert (Patient.objects.count(), Appointment.objects.count()) == (1, 0)


def test_a_phone_number_alone_asks_for_the_name(desk: FrontDesk) -> None:
    assert desk.errors(**newcomer(new_name=" ")) == {"new_name": ["Enter the new patient's name."]}


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("new_email", "bert", "Enter a valid email address."),
        ("new_birth_date", "3 Feb", "Enter a valid date."),
        ("new_name", "B" * 201, "Ensure this value has at most 200 characters (it has 201)."),
        ("new_phone", "1" * 51, "Ensure this value has at most 50 characters (it has 51)."),
    ],
)
def test_what_is_wrong_about_a_new_patient_is_said_at_its_field(
    desk: FrontDesk, field: str, value: str, error: str
) -> None:
    assert desk.errors(**newcomer(**{field: value})) == {field: [error]}
    assert Patient.objects.count() == 1


def test_two_desks_that_add_the_same_person_at_once_make_one_patient(
    real_desk: FrontDesk,
) -> None:
    answers = []

    def other_desk() -> None:
        try:
            answers.append(real_desk.send(**newcomer(new_email="bert@mail.example")))
        finally:
            connection.close()

    rival = threading.Thread(target=other_desk)
    with transaction.atomic():
        PatientFactory(business=real_desk.business, name="Bert S.", email="bert@mail.example")
        rival.start()
        _wait_until_somebody_waits_for_a_lock()
    rival.join()
    (answer,) = answers
    assert answer.status_code == 200
    assert dict(answer.context["form"].errors) == {
        "new_email": ["Bert S. has this e-mail address. Choose that patient, or leave it empty."]
    }
    assert "Please check this" in words_of(answer)
    assert Patient.objects.filter(email="bert@mail.example").count() == 1
    assert Appointment.objects.count() == 0


def _wait_until_somebody_waits_for_a_lock() -> None:
    for _ in range(500):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone()[0]:
                return
        time.sleep(0.01)
    raise AssertionError("The rival did not wait.")
