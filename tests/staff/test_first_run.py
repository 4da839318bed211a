"""From an empty database to a clinic in which something can be booked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.test import Client

from appointments.models import Appointment
from businesses.history import history_of
from businesses.hours import nine_to_five
from businesses.models import Business, Service
from staff.models import Staff, User
from staff.roles import Role
from tests.desk.clinic import words_of
from tests.factories import BusinessFactory, UserFactory
from tests.staff.setup import Setup, errors_of, set_up, signed_in, typed


@pytest.fixture
def operator(db: None) -> User:
    user: User = UserFactory(name="Olga", email="olga@new.example", is_superuser=True, password="!")
    return user


@pytest.fixture
def client(operator: User) -> Client:
    return signed_in(operator)


def clinic(**fields: Any) -> dict[str, Any]:
    given = {
        "name": "Harbour Clinic",
        "email": "desk@harbour.example",
        "timezone": "Europe/Lisbon",
        "currency": "EUR",
        "default_staff_working_hours-monday-start": ["09:00"],
        "default_staff_working_hours-monday-end": ["17:00"],
    }
    return given | fields


def test_an_operator_without_a_clinic_is_led_to_the_first_step(client: Client) -> None:
    assert client.get("/desk/")["Location"] == "/desk/start"
    BusinessFactory(alias="there")
    assert client.get("/desk/")["Location"] == "/desk/there/day"


def test_a_new_clinic_is_open_on_weekdays_unless_it_says_otherwise(client: Client) -> None:
    shown = typed(client.get("/desk/start").context["form"])
    client.post("/desk/start", shown | {"name": "Harbour Clinic", "currency": "eur"})
    assert Business.objects.get().default_staff_working_hours == nine_to_five()


def test_three_steps_make_a_clinic_with_somebody_and_something_to_book(
    client: Client, operator: User
) -> None:
    answer = client.post("/desk/start", clinic())
    assert answer["Location"] == "/desk/harbour-clinic/start/person"
    person = {"name": "Olga", "email": operator.email, "is_me": "on"}
    answer = client.post(answer["Location"], person)
    assert answer["Location"] == "/desk/harbour-clinic/start/service"
    service = {"name": "Consultation", "lengths-minutes": ["30"], "lengths-price": ["65"]}
    answer = client.post(answer["Location"], service)
    assert answer["Location"] == "/desk/harbour-clinic/start/done"
    assert "Book the first appointment" in words_of(client.get(answer["Location"]))
    made = Business.objects.get()
    assert (made.name, made.timezone, made.currency) == ("Harbour Clinic", "Europe/Lisbon", "eur")
    assert made.default_staff_working_hours["monday"] == [[900, 1700]]
    me = Staff.objects.get()
    assert (me.user, me.takes_bookings, me.roles) == (operator, True, ["OWNER", "PRACTITIONER"])
    offered = Service.objects.get()
    assert list(offered.durations.values_list("minutes", "price")) == [(30, 6500)]
    for row in (made, me, offered):
        assert {entry.who for entry in history_of(row)} == {"Olga"}


def test_the_first_appointment_is_booked_right_after(client: Client, operator: User) -> None:
    client.post("/desk/start", clinic())
    person = {"name": "Olga", "email": operator.email, "is_me": "on"}
    client.post("/desk/harbour-clinic/start/person", person)
    service = {"name": "Consultation", "lengths-minutes": ["30"], "lengths-price": ["65"]}
    client.post("/desk/harbour-clinic/start/service", service)
    today = datetime.now(UTC).date()
    visit = {
        "submission": str(uuid4()),
        "new_name": "Carla Diaz",
        "new_phone": "+351 210 000 000",
        "service": str(Service.objects.get().pk),
        "duration": "30",
        "staff": str(Staff.objects.get().pk),
        "date": str(today + timedelta(days=14 - today.weekday())),
        "time": "10:00",
        "action": "book",
    }
    answer = client.post("/desk/harbour-clinic/book", visit)
    assert answer.status_code == 302, words_of(answer)
    (booked,) = Appointment.objects.all()
    assert (booked.patient.name, booked.staff.name, booked.price) == ("Carla Diaz", "Olga", 6500)


def test_somebody_else_sees_patients_and_has_no_login_yet(client: Client) -> None:
    client.post("/desk/start", clinic())
    client.post(
        "/desk/harbour-clinic/start/person", {"name": "Dr Lima", "email": "lima@harbour.example"}
    )
    lima = Staff.objects.get()
    assert (lima.user, lima.roles, lima.takes_bookings) == (None, ["PRACTITIONER"], True)


@pytest.mark.parametrize(
    ("name", "alias"),
    [
        ("Harbour Clinic", "harbour-clinic-2"),
        ("Praxis Grün & Söhne", "praxis-grun-sohne"),
        ("診療所", "clinic"),
        ("__x__", "x"),
    ],
)
def test_the_address_of_a_clinic_is_made_of_its_name(client: Client, name: str, alias: str) -> None:
    BusinessFactory(alias="harbour-clinic")
    client.post("/desk/start", clinic(name=name))
    assert Business.objects.get(name=name).alias == alias


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"name": ""}, "name"),
        ({"email": "nobody"}, "email"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"currency": "€"}, "currency"),
        (
            {"default_staff_working_hours-monday-end": ["08:00"]},
            "default_staff_working_hours",
        ),
    ],
)
def test_a_clinic_that_can_not_be_is_refused_and_what_was_typed_stays(
    client: Client, fields: dict[str, Any], wrong: str
) -> None:
    answer = client.post("/desk/start", clinic(**fields))
    assert list(errors_of(answer)) == [wrong]
    assert "desk@harbour.example" in answer.content.decode() or wrong == "email"
    assert not Business.objects.exists()


def test_a_person_who_is_there_already_is_not_added_again(client: Client, operator: User) -> None:
    client.post("/desk/start", clinic())
    person = {"name": "Olga", "email": operator.email, "is_me": "on"}
    client.post("/desk/harbour-clinic/start/person", person)
    again = person | {"email": "other@harbour.example"}
    answer = client.post("/desk/harbour-clinic/start/person", again)
    assert errors_of(answer) == {"__all__": ["Another staff member here has this login already."]}
    assert Staff.objects.count() == 1


def test_only_operators_open_a_clinic(owner: Setup) -> None:
    assert owner.client.get("/desk/start").status_code == 404
    assert owner.client.post("/desk/start", clinic()).status_code == 404
    assert Client().get("/desk/start")["Location"] == "/login?next=/desk/start"
    assert Business.objects.count() == 1


def test_the_steps_are_for_those_who_may_set_up(owner: Setup) -> None:
    desk = set_up(Role.FRONT_DESK)
    for page in ("start/person", "start/service", "start/done"):
        assert owner.get(page).status_code == 200
        assert desk.get(page).status_code == 404
        assert desk.client.get(owner.url(page)).status_code == 404


def test_the_first_operator_is_made_on_the_command_line(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "correct horse battery staple")
    call_command("createsuperuser", email="First@New.example", interactive=False, verbosity=0)
    first = User.objects.get()
    assert (first.email, first.is_superuser) == ("first@new.example", True)
    assert signed_in(first).get("/desk/")["Location"] == "/desk/start"


@pytest.mark.parametrize("name", ["Admin", "Desk", "v1"])
def test_a_clinic_with_the_name_of_a_page_is_numbered(client: Client, name: str) -> None:
    answer = client.post("/desk/start", clinic(name=name))
    assert answer["Location"] == f"/desk/{name.lower()}-2/start/person"
