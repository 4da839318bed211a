"""What an appointment keeps as it was when it was booked."""

import re

import pytest

from appointments.record import find_record
from businesses.models import BookingQuestion, Service
from staff.models import Staff
from tests.appointments.desk import at, book
from tests.factories import (
    BusinessFactory,
    LocationFactory,
    PatientFactory,
    ServiceFactory,
    StaffFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]


@pytest.fixture
def service() -> Service:
    made: Service = ServiceFactory(durations={30: 2500, 60: 4000})
    return made


@pytest.fixture
def doctor(service: Service) -> Staff:
    made: Staff = StaffFactory(business=service.business)
    return made


def test_the_price_is_that_of_the_length_when_it_was_booked(
    service: Service, doctor: Staff
) -> None:
    assert book(service, at(9), minutes=30).price == 2500
    record = book(service, at(10), minutes=60)
    service.durations.filter(minutes=60).update(price=9900)
    again = find_record(record.business_id, record.id)
    assert again is not None
    assert (record.price, again.price) == (4000, 4000)
    assert book(service, at(12), minutes=60).price == 9900


def test_a_booked_length_may_go_out_of_the_offer(service: Service, doctor: Staff) -> None:
    record = book(service, at(10), minutes=60)
    service.durations.filter(minutes=60).delete()
    again = find_record(record.business_id, record.id)
    assert again is not None
    assert again.ends_at == at(11)


@pytest.mark.parametrize(
    ("of_business", "of_service", "expected"),
    [("gbp", "", "gbp"), ("GBP", "", "gbp"), ("gbp", "EUR", "eur")],
)
def test_the_currency_is_that_of_the_service_else_of_the_business(
    of_business: str, of_service: str, expected: str
) -> None:
    business = BusinessFactory(currency=of_business)
    service = ServiceFactory(business=business, currency=of_service)
    StaffFactory(business=business)
    record = book(service, at(10))
    business.currency = service.currency = "jpy"
    business.save()
    service.save()
    again = find_record(record.business_id, record.id)
    assert again is not None
    assert (record.currency, again.currency) == (expected, expected)


def ask(service: Service, name: str, kind: str = "text") -> BookingQuestion:
    made: BookingQuestion = BookingQuestion.objects.create(
        business=service.business,
        service=service,
        variable_name=name,
        question=f"What about {name}?",
        kind=kind,
    )
    return made


def test_answers_are_kept_with_their_questions_as_asked(service: Service, doctor: Staff) -> None:
    reason, pain = ask(service, "reason"), ask(service, "pain", "number")
    record = book(service, at(10), answers=((pain.pk, 7.5), (reason.pk, "Knie – ça fait mal")))
    expected = [
        {
            "id": str(pain.pk),
            "variableName": "pain",
            "question": "What about pain?",
            "answer": 7.5,
        },
        {
            "id": str(reason.pk),
            "variableName": "reason",
            "question": "What about reason?",
            "answer": "Knie – ça fait mal",
        },
    ]
    assert record.answers == expected
    reason.question = "Why?"
    reason.save()
    pain.delete()
    again = find_record(record.business_id, record.id)
    assert again is not None
    assert again.answers == expected


def test_an_unasked_question_is_not_among_the_answers(service: Service, doctor: Staff) -> None:
    ask(service, "reason")
    assert book(service, at(10)).answers == []


def test_the_zone_is_that_of_the_request_else_of_the_business(
    service: Service, doctor: Staff
) -> None:
    assert book(service, at(9)).patient_timezone == "Europe/London"
    record = book(service, at(10), patient_timezone="Asia/Kathmandu")
    assert (record.patient_timezone, record.starts_at) == ("Asia/Kathmandu", at(10))


def test_the_place_is_that_of_the_service(doctor: Staff) -> None:
    house = LocationFactory(business=doctor.business)
    service = ServiceFactory(
        business=doctor.business,
        location=house,
        location_type="in_person",
        location_value="Room 2",
    )
    record = book(service, at(10))
    assert (record.location_type, record.location_value) == ("in_person", "Room 2")
    assert (record.location_id, record.location_name, record.location_address) == (
        house.pk,
        "Main house",
        "1 River Street",
    )
    service.location_value = "Room 9"
    service.save()
    again = find_record(record.business_id, record.id)
    assert again is not None
    assert again.location_value == "Room 2"


PLACES = [
    ("meet", "https://zoom.example/1", "url"),
    ("meet", "HTTP://zoom.example/1", "url"),
    ("phone", "+44 20 7946 0958", "phone"),
    ("", "The patient's home", "in_person"),
]


@pytest.mark.parametrize(("of_service", "given", "kind"), PLACES)
def test_another_place_may_be_given_for_one_visit(
    doctor: Staff, of_service: str, given: str, kind: str
) -> None:
    service = ServiceFactory(
        business=doctor.business,
        location=LocationFactory(business=doctor.business),
        location_type=of_service,
        location_value="Room 2",
    )
    record = book(service, at(10), location=given)
    assert (record.location_type, record.location_value, record.location_id) == (kind, given, None)


def test_what_is_noted_is_kept_to_the_letter(service: Service, doctor: Staff) -> None:
    notes = "Ring twice.\n“Zahra” – nicht Sarah! 🦷 \\ % _ '; DROP TABLE"
    record = book(
        service,
        at(10),
        notes=notes,
        tags=("new", "Überweisung", "a,b", 'c"d', "{}"),
        payment_provider="stripe",
        payment_id="pi_1",
    )
    again = find_record(record.business_id, record.id)
    assert again is not None
    assert again.notes == notes
    assert again.tags == ["new", "Überweisung", "a,b", 'c"d', "{}"]
    assert (again.payment_provider, again.payment_id) == ("stripe", "pi_1")


def test_each_appointment_has_a_secret_of_its_own_for_the_patients_links(
    service: Service, doctor: Staff
) -> None:
    tokens = {book(service, at(hour)).link_token for hour in range(9, 13)}
    assert len(tokens) == 4
    assert all(re.fullmatch("[0-9a-f]{32}", token) for token in tokens)


def test_names_are_told_as_they_are_now(service: Service, doctor: Staff) -> None:
    """A person's name is no fact of the appointment: who marries is told by the new one."""
    patient = PatientFactory(business=service.business, name="Ada Byron")
    record = book(service, at(10), patient=patient)
    patient.name = "Ada Lovelace"
    patient.save()
    again = find_record(record.business_id, record.id)
    assert again is not None
    assert (record.patient_name, again.patient_name) == ("Ada Byron", "Ada Lovelace")
