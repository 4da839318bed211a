"""The booking form: what it offers, what it books, and what it keeps."""

import re
from datetime import date, timedelta
from uuid import uuid4

import pytest
import time_machine
from pytest_django import DjangoAssertNumQueries

from appointments.models import Appointment
from businesses.models import BookingQuestion
from staff.roles import Role
from tests.appointments.desk import written
from tests.desk.clinic import FrontDesk, at, words_of
from tests.factories import PatientFactory, ServiceFactory, StaffFactory, member, provides


def values(desk: FrontDesk, **query: str) -> dict[str, object]:
    form = desk.get("book", **query).context["form"]
    names = ("patient", "service", "duration", "staff", "date", "time")
    return {name: form[name].value() for name in names if form[name].value()}


def choices(answer: object, name: str) -> list[str]:
    """What a list offers."""
    return [str(word) for _, word in answer.context["form"].fields[name].choices]  # type: ignore[attr-defined]


def test_the_form_begins_with_today_and_the_next_time_of_the_business(
    desk: FrontDesk, clock: time_machine.Traveller
) -> None:
    clock.move_to(at(9, 20))
    assert values(desk) == {"date": "2030-01-07", "time": "09:30"}


def test_the_form_offers_no_time_when_the_day_is_over(
    desk: FrontDesk, clock: time_machine.Traveller
) -> None:
    desk.business.default_staff_working_hours = {"monday": [[800, 1200]]}
    desk.business.save()
    clock.move_to(at(11, 50))
    assert values(desk) == {"date": "2030-01-07"}


def test_the_form_begins_with_the_day_that_was_shown(desk: FrontDesk) -> None:
    assert values(desk, day="2030-02-01") == {"date": "2030-02-01"}


def test_today_is_the_clinics_day(desk: FrontDesk, clock: time_machine.Traveller) -> None:
    desk.business.timezone = "Pacific/Auckland"
    desk.business.save()
    clock.move_to(at(12))
    assert values(desk) == {"date": "2030-01-08", "time": "08:00"}


def test_the_form_tells_the_zone_of_its_times(desk: FrontDesk) -> None:
    assert "Times are in Europe/London." in words_of(desk.get("book"))


def test_times_to_choose_from_are_those_of_the_business(desk: FrontDesk) -> None:
    desk.business.time_increment = 240
    desk.business.save()
    assert desk.get("book").context["times"] == ["08:00", "12:00", "16:00"]


def test_a_clinic_that_is_never_open_still_has_times_to_choose_from(desk: FrontDesk) -> None:
    desk.business.default_staff_working_hours = {}
    desk.business.time_increment = 300
    desk.business.save()
    assert desk.get("book").context["times"] == ["08:00", "13:00"]


def test_booking_another_begins_with_the_same_patient_and_service(desk: FrontDesk) -> None:
    query = {"patient": str(desk.patient.pk), "service": str(desk.service.pk)}
    assert values(desk, day="2030-01-08", **query) == {
        **query,
        "date": "2030-01-08",
        "duration": "30",
    }
    answer = desk.get("book", **query)
    assert [one.pk for one in answer.context["matches"]] == [desk.patient.pk]
    assert choices(answer, "duration") == [
        "Choose a length",
        "30 minutes · 30.00 GBP",
        "60 minutes · 50.00 GBP",
    ]


def test_a_service_is_offered_with_its_lengths_prices_people_and_questions(
    desk: FrontDesk,
) -> None:
    nurse = StaffFactory(business=desk.business, name="Nurse Mwangi")
    blood = ServiceFactory(business=desk.business, name="Blood test", durations={15: 0, 20: 990})
    provides(nurse, blood)
    question = BookingQuestion.objects.create(
        business=desk.business, service=blood, question="Are you fasting?", variable_name="fasting"
    )
    ServiceFactory(business=desk.business, name="Gone", enabled=False)
    answer = desk.send(service=str(blood.pk), action="refresh", notes="Afraid of needles")
    assert answer.status_code == 200
    form = answer.context["form"]
    assert choices(answer, "service") == ["Choose a service", "Blood test", "Follow-up"]
    assert choices(answer, "duration") == [
        "Choose a length",
        "15 minutes",
        "20 minutes · 9.90 GBP",
    ]
    assert choices(answer, "staff") == ["Anyone (least busy)", "Nurse Mwangi"]
    assert [one.name for one in answer.context["questions"]] == [f"question_{question.pk}"]
    assert form["notes"].value() == "Afraid of needles"
    assert form.errors == {}
    assert Appointment.objects.count() == 0


def test_the_only_length_is_chosen_already(desk: FrontDesk) -> None:
    call = ServiceFactory(business=desk.business, name="Call", durations={10: 0})
    answer = desk.send(service=str(call.pk), action="refresh", duration="30")
    assert choices(answer, "duration") == ["10 minutes"]
    assert answer.context["form"]["duration"].value() == "10"


def test_a_service_with_one_length_is_booked_without_choosing_it(desk: FrontDesk) -> None:
    call = ServiceFactory(business=desk.business, name="Call", durations={10: 0})
    assert desk.booked(service=str(call.pk), duration="").duration == timedelta(minutes=10)


@pytest.mark.parametrize(
    "words", ["nunez", "ANA", "núñez ana", "7700900123", "1980-04-23", "23.4.1980", "patient-ana@"]
)
def test_patients_are_found_by_name_phone_mail_and_birth_date(desk: FrontDesk, words: str) -> None:
    desk.patient.dob = date(1980, 4, 23)
    desk.patient.email = "patient-ana@mail.example"
    desk.patient.save()
    PatientFactory(business=desk.business, name="Bert Stone")
    answer = desk.send(action="find", q=words, patient="", notes="Calls back")
    assert [one.name for one in answer.context["matches"]] == ["Ana Núñez"]
    assert answer.context["form"]["notes"].value() == "Calls back"
    assert answer.context["form"].errors == {}


def test_a_search_that_finds_nobody_says_so(desk: FrontDesk) -> None:
    answer = desk.send(action="find", q="zzz", patient="")
    assert "Nobody found." in words_of(answer)


def test_eight_patients_are_shown_and_that_there_are_more_is_told(desk: FrontDesk) -> None:
    for _ in range(9):
        PatientFactory(business=desk.business, name="Jo Miller")
    answer = desk.send(action="find", q="miller", patient="")
    assert len(answer.context["matches"]) == 8
    assert "There are more: type a little more" in words_of(answer)


def test_the_chosen_patient_stays_in_the_list_of_another_search(desk: FrontDesk) -> None:
    PatientFactory(business=desk.business, name="Bert Stone")
    answer = desk.send(action="find", q="bert")
    assert [one.name for one in answer.context["matches"]] == ["Ana Núñez", "Bert Stone"]
    assert answer.context["chosen"] == str(desk.patient.pk)


def test_archived_patients_and_those_of_other_clinics_are_not_found(
    desk: FrontDesk, neighbour: FrontDesk
) -> None:
    PatientFactory(business=desk.business, name="Old Smith", archived_at=at(0))
    PatientFactory(business=neighbour.business, name="Other Smith")
    PatientFactory(business=desk.business, name="Our Smith")
    answer = desk.send(action="find", q="smith", patient=str(neighbour.patient.pk))
    assert [one.name for one in answer.context["matches"]] == ["Our Smith"]


@pytest.mark.parametrize("found", [1, 3])
def test_a_search_as_somebody_types_takes_eight_queries_however_many_it_finds(
    desk: FrontDesk, found: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(found):
        PatientFactory(business=desk.business, name="Jo Miller")
    typed = desk.typed(action="find", q="miller")
    with django_assert_num_queries(8):
        answer = desk.client.post(desk.url("book"), typed, headers={"HX-Target": "matches"})
    assert len(answer.context["matches"]) == found + 1


def test_booking_leads_to_the_appointment_with_all_that_was_typed(desk: FrontDesk) -> None:
    appointment = desk.booked(
        notes="Brings an X-ray", tags=" new, X-ray ,new,", location="12 Hill Road"
    )
    assert (appointment.patient, appointment.service, appointment.staff) == (
        desk.patient,
        desk.service,
        desk.doctor,
    )
    assert (appointment.starts_at, appointment.ends_at) == (at(10), at(10, 30))
    assert (appointment.status, appointment.approved, appointment.source) == (
        "booked",
        True,
        "desk",
    )
    assert (appointment.notes, appointment.tags) == ("Brings an X-ray", ["new", "X-ray"])
    assert (appointment.location_value, appointment.location) == ("12 Hill Road", None)
    assert (appointment.price, appointment.currency) == (3000, "gbp")
    page = words_of(desk.get(f"appointments/{appointment.pk}?saved=1"))
    assert "Booked." in page


def test_the_page_after_booking_forgets_the_draft_of_that_form(desk: FrontDesk) -> None:
    answer = desk.client.post(desk.url("book"), desk.typed(), follow=True)
    draft = f"book-{desk.business.alias}-{desk.user.pk}"
    assert re.findall(r'data-typed-saved="(.*?)"', answer.content.decode()) == [draft]
    form = desk.get("book").content.decode()
    assert re.findall(r'data-keep="(.*?)"', form) == [draft]


def test_times_are_the_clinics_wall_clock(desk: FrontDesk) -> None:
    assert desk.booked(date="2030-07-01").starts_at == at(9, day=175)


def test_anyone_is_whoever_is_least_busy(desk: FrontDesk) -> None:
    second = StaffFactory(business=desk.business)
    desk.book(at(15))
    assert desk.booked(staff="").staff == second


def test_the_desk_books_at_once_what_others_can_only_request(desk: FrontDesk) -> None:
    desk.service.bookings_require_approval = True
    desk.service.save()
    assert desk.booked().status == "booked"


def test_answers_are_kept_with_their_questions(desk: FrontDesk) -> None:
    children, pills = (
        BookingQuestion.objects.create(
            business=desk.business,
            service=desk.service,
            question=text,
            variable_name=name,
            kind=kind,
        )
        for text, name, kind in (
            ("How many children?", "children", "number"),
            ("Which pills?", "pills", "text"),
        )
    )
    appointment = desk.booked(
        **{f"question_{children.pk}": "2", f"question_{pills.pk}": "Apixaban"}
    )
    told = {one["question"]: one["answer"] for one in appointment.answers}
    assert told == {"How many children?": 2, "Which pills?": "Apixaban"}
    page = words_of(desk.get(f"appointments/{appointment.pk}"))
    assert "How many children? 2 " in page
    errors = desk.errors(**{f"question_{children.pk}": "two"})
    assert errors == {f"question_{children.pk}": ["Enter a number."]}


def test_a_form_that_is_sent_twice_books_once(desk: FrontDesk) -> None:
    typed = desk.typed()
    first = desk.client.post(desk.url("book"), typed)
    again = desk.client.post(desk.url("book"), typed | {"csrfmiddlewaretoken": "another"})
    assert first.status_code == again.status_code == 302
    assert again["Location"] == first["Location"]
    assert Appointment.objects.count() == 1


def test_a_form_that_was_changed_after_it_booked_books_nothing_and_says_so(
    desk: FrontDesk,
) -> None:
    typed = desk.typed()
    desk.client.post(desk.url("book"), typed)
    before = written()
    answer = desk.client.post(desk.url("book"), typed | {"time": "15:00"})
    assert answer.status_code == 200
    assert "This page has booked an appointment already." in words_of(answer)
    assert answer.context["form"]["time"].value() == "15:00"
    assert answer.context["submission"] != typed["submission"]
    assert written() == before


def test_two_people_may_send_the_same_submission(desk: FrontDesk) -> None:
    submission = str(uuid4())
    desk.booked(submission=submission)
    colleague = member(desk.business, Role.FRONT_DESK)
    desk.client.force_login(colleague, backend="django.contrib.auth.backends.ModelBackend")
    desk.booked(submission=submission, time="11:00")
    assert Appointment.objects.count() == 2


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"patient": ""}, {"patient": ["Choose a patient, or add a new one."]}),
        ({"patient": "Ana"}, {"patient": ["Choose a patient from the list."]}),
        ({"service": ""}, {"service": ["This field is required."]}),
        ({"duration": ""}, {"duration": ["This field is required."]}),
        ({"date": ""}, {"date": ["This field is required."]}),
        ({"time": ""}, {"time": ["This field is required."]}),
        ({"date": "2030-02-30"}, {"date": ["Enter a valid date."]}),
        ({"date": "1899-12-31"}, {"date": ["Enter a date between 1900 and 2199."]}),
        ({"date": "2200-01-01"}, {"date": ["Enter a date between 1900 and 2199."]}),
        ({"time": "25:00"}, {"time": ["Enter a valid time."]}),
        ({"tags": "x" * 51}, {"tags": ["A tag has at most 50 characters."]}),
        (
            {"notes": "n" * 10_001},
            {"notes": ["Ensure this value has at most 10000 characters (it has 10001)."]},
        ),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_booked(
    desk: FrontDesk, fields: dict[str, str], errors: dict[str, list[str]]
) -> None:
    before = written()
    assert desk.errors(**fields) == errors
    assert written() == before


def test_a_length_that_is_not_offered_is_refused(desk: FrontDesk) -> None:
    assert desk.errors(duration="31") == {
        "duration": ["Select a valid choice. 31 is not one of the available choices."]
    }


def test_somebody_who_does_not_provide_the_service_is_refused(desk: FrontDesk) -> None:
    provides(StaffFactory(business=desk.business), desk.service)
    assert desk.errors() == {
        "staff": [f"Select a valid choice. {desk.doctor.pk} is not one of the available choices."]
    }


def test_a_disabled_service_is_refused(desk: FrontDesk) -> None:
    desk.service.enabled = False
    desk.service.save()
    assert list(desk.errors()) == ["service"]


def test_an_archived_patient_is_refused(desk: FrontDesk) -> None:
    desk.patient.archived_at = at(0)
    desk.patient.save()
    before = written()
    assert desk.errors() == {
        "patient": ["This patient is archived; restore the patient before booking."]
    }
    assert written() == before


def test_a_business_that_takes_no_bookings_says_so(desk: FrontDesk) -> None:
    desk.business.enabled = False
    desk.business.save()
    assert desk.errors() == {"service": ["This business takes no bookings at present."]}


def test_rows_of_another_clinic_are_not_there(desk: FrontDesk, neighbour: FrontDesk) -> None:
    before = written()
    assert desk.errors(patient=str(neighbour.patient.pk)) == {
        "patient": ["There is no such patient in this business."]
    }
    theirs = str(neighbour.service.pk)
    assert desk.errors(service=theirs)["service"] == [
        f"Select a valid choice. {theirs} is not one of the available choices."
    ]
    theirs = str(neighbour.doctor.pk)
    assert desk.errors(staff=theirs) == {
        "staff": [f"Select a valid choice. {theirs} is not one of the available choices."]
    }
    assert written() == before
