"""What can't be booked at any time, with the input to change."""

from uuid import UUID, uuid4

import pytest

from appointments import booking, errors
from appointments.acceptance import BookingRequest
from appointments.errors import (
    AnswerNotNumber,
    BadRequest,
    BusinessDisabled,
    DurationNotOffered,
    PatientArchived,
    PatientNotFound,
    QuestionNotFound,
    Refusal,
    ServiceDisabled,
    ServiceNotFound,
    StaffNotFound,
)
from businesses.models import BookingQuestion, Service
from staff.models import Staff
from tests.appointments.desk import DESK, NOW, at, book, refused, written
from tests.factories import BusinessFactory, PatientFactory, ServiceFactory, StaffFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]


@pytest.fixture
def service() -> Service:
    made: Service = ServiceFactory()
    return made


@pytest.fixture
def doctor(service: Service) -> Staff:
    made: Staff = StaffFactory(business=service.business)
    return made


def every_refusal(kind: type[Refusal] = Refusal) -> list[type[Refusal]]:
    return [one for child in kind.__subclasses__() for one in (child, *every_refusal(child))]


def test_each_refusal_has_a_code_and_a_sentence_and_a_bad_request_names_the_input() -> None:
    concrete = [one for one in every_refusal() if not one.__subclasses__()]
    assert len(concrete) > 15
    for one in concrete:
        assert one.__module__ == errors.__name__
        assert one.code == one.code.lower().replace(" ", "_")
        assert one.title.endswith(".")
        if issubclass(one, BadRequest):
            assert one.field


def test_each_refusal_of_one_input_has_a_code_of_its_own() -> None:
    told = [
        (one.code, getattr(one, "field", None))
        for one in every_refusal()
        if not one.__subclasses__() and one.code != "not_found"  # what is not there is no input
    ]
    assert len(told) == len(set(told))


def ask(business_id: UUID, service_id: UUID, patient_id: UUID) -> None:
    booking.book(
        business_id=business_id,
        request=BookingRequest(
            service_id=service_id, patient_id=patient_id, starts_at=at(10), minutes=30
        ),
        by=DESK,
    )


def test_a_service_that_is_not_there_is_not_found(service: Service, doctor: Staff) -> None:
    patient = PatientFactory(business=service.business)
    before = written()
    with pytest.raises(ServiceNotFound) as unknown:
        ask(service.business_id, uuid4(), patient.pk)
    assert (unknown.value.code, unknown.value.field) == ("service_not_found", "serviceId")
    assert written() == before


def test_a_patient_who_is_not_there_is_not_found(service: Service, doctor: Staff) -> None:
    before = written()
    with pytest.raises(PatientNotFound) as unknown:
        ask(service.business_id, service.pk, uuid4())
    assert (unknown.value.code, unknown.value.field) == ("patient_not_found", "patientId")
    assert written() == before


def test_another_business_is_as_good_as_nothing(service: Service, doctor: Staff) -> None:
    patient = PatientFactory(business=service.business)
    abroad = BusinessFactory()
    their_service = ServiceFactory(business=abroad)
    their_doctor = StaffFactory(business=abroad)
    their_patient = PatientFactory(business=abroad)
    before = written()
    with pytest.raises(ServiceNotFound):
        ask(service.business_id, their_service.pk, patient.pk)
    with pytest.raises(ServiceNotFound):
        ask(abroad.pk, service.pk, their_patient.pk)
    with pytest.raises(PatientNotFound):
        ask(service.business_id, service.pk, their_patient.pk)
    assert written() == before
    refused(StaffNotFound, service, at(10), staff=their_doctor)
    # The same requests within one business are fine.
    ask(service.business_id, service.pk, patient.pk)
    ask(abroad.pk, their_service.pk, their_patient.pk)


def test_a_business_that_is_off_takes_no_bookings(service: Service, doctor: Staff) -> None:
    service.business.enabled = False
    service.business.save()
    refusal = refused(BusinessDisabled, service, at(10))
    assert (refusal.code, refusal.field) == ("business_disabled", "serviceId")


def test_a_service_that_is_off_takes_no_bookings(service: Service, doctor: Staff) -> None:
    service.enabled = False
    service.save()
    refusal = refused(ServiceDisabled, service, at(10))
    assert (refusal.code, refusal.field) == ("service_disabled", "serviceId")


def test_an_archived_patient_is_not_booked(service: Service, doctor: Staff) -> None:
    gone = PatientFactory(business=service.business, archived_at=NOW)
    refusal = refused(PatientArchived, service, at(10), patient=gone)
    assert (refusal.code, refusal.field) == ("patient_archived", "patientId")


@pytest.mark.parametrize("minutes", [1, 29, 31, 45, 90, 1440])
def test_only_the_lengths_of_the_service_are_offered(
    service: Service, doctor: Staff, minutes: int
) -> None:
    ServiceFactory(business=service.business, durations={minutes: 100})  # another service's
    refusal = refused(DurationNotOffered, service, at(10), minutes=minutes)
    assert (refusal.code, refusal.field) == ("duration_not_offered", "duration")


def question(service: Service, kind: str = "text") -> BookingQuestion:
    made: BookingQuestion = BookingQuestion.objects.create(
        business=service.business,
        service=service,
        variable_name=f"{kind}_question",
        question="What brings you here?",
        kind=kind,
    )
    return made


def test_a_question_of_another_service_is_not_answered_here(
    service: Service, doctor: Staff
) -> None:
    foreign = question(ServiceFactory(business=service.business))
    refusal = refused(QuestionNotFound, service, at(10), answers=((foreign.pk, "Pain"),))
    assert (refusal.code, refusal.field) == ("question_not_found", "answers")
    refused(QuestionNotFound, service, at(10), answers=((uuid4(), "Pain"),))


def test_a_question_for_a_number_is_not_answered_with_text(service: Service, doctor: Staff) -> None:
    pain = question(service, "number")
    refusal = refused(AnswerNotNumber, service, at(10), answers=((pain.pk, "much"),))
    assert (refusal.code, refusal.field) == ("answer_not_a_number", "answers")
    assert book(service, at(10), answers=((pain.pk, 7),)).answers[0]["answer"] == 7


def test_what_is_wrong_at_any_time_is_said_before_what_is_wrong_at_this_one(
    service: Service, doctor: Staff
) -> None:
    """A client that is told to choose another time must be able to succeed with one."""
    book(service, at(10), staff=doctor)
    refused(DurationNotOffered, service, at(10), staff=doctor, minutes=45)
    service.enabled = False
    service.save()
    refused(ServiceDisabled, service, at(3, day=-1), staff=doctor)
