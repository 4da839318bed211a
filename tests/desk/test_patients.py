"""The patients' pages at the desk, and the search across all appointments."""

from __future__ import annotations

from datetime import date

import pytest
import time_machine
from pytest_django import DjangoAssertNumQueries

from appointments.forms.patients import PatientForm
from appointments.models import Appointment, EntryStatus
from appointments.views import search
from businesses.models import Location
from patients.models import Patient
from tests.desk.clinic import FrontDesk, at, words_of
from tests.desk.test_waitlist import waits
from tests.factories import (
    LocationFactory,
    PatientFactory,
    ServiceFactory,
    StaffFactory,
    provides,
)


def page_of(desk: FrontDesk, patient: Patient | None = None) -> str:
    return f"patients/{(patient or desk.patient).pk}"


def typed(desk: FrontDesk, **fields: str) -> dict[str, str]:
    """The form to edit a patient, filled in rightly, but for what is given."""
    shown = desk.get(f"{page_of(desk)}/edit").context["form"]["version"].value()
    right = {"name": "Ana Núñez", "phone_mobile": "+44 7700 900123", "email": "", "version": shown}
    return right | fields


def archiving(desk: FrontDesk, **fields: str) -> dict[str, str]:
    """The form that puts a patient away, or takes them out again, as the page shows it."""
    return {"version": desk.get(page_of(desk)).context["archive_form"]["version"].value()} | fields


def edit(desk: FrontDesk, **fields: str) -> dict[str, list[str]]:
    """What the form refuses; nothing once it is saved."""
    answer = desk.client.post(desk.url(f"{page_of(desk)}/edit"), typed(desk, **fields))
    if answer.status_code == 302:
        assert answer["Location"] == desk.url(page_of(desk))
        return {}
    return dict(answer.context["form"].errors)


def test_patients_are_listed_by_name_and_found_by_what_is_typed(desk: FrontDesk) -> None:
    PatientFactory(business=desk.business, name="Bert Stone", dob=date(1980, 4, 23))
    PatientFactory(business=desk.business, name="Old Smith", archived_at=at(0))
    listed = desk.get("patients").context
    assert [one.name for one in listed["patients"]] == ["Ana Núñez", "Bert Stone"]
    for words in ("stone", "23.4.80"):
        found = desk.get("patients", q=words).context["patients"]
        assert [one.name for one in found] == ["Bert Stone"], words
    near = desk.get("patients", q="stome").context
    assert ([*near["patients"]], [one.name for one in near["alike"]]) == ([], ["Bert Stone"])
    assert "Nobody found." in words_of(desk.get("patients", q="smith"))
    old = desk.get("patients", q="smith", archived="on").context["patients"]
    assert [one.name for one in old] == ["Old Smith"]


def test_a_patients_page_tells_facts_alert_and_visits(desk: FrontDesk) -> None:
    desk.patient.alert = "Needs an interpreter"
    desk.patient.save()
    desk.book(at(10))
    coming = desk.book(at(10, day=8))
    answer = desk.get(page_of(desk))
    words = words_of(answer)
    assert "Please note Needs an interpreter" in words
    assert "+44 7700 900123" in words
    assert [one.starts_at for one in answer.context["coming"]] == [at(10), coming.starts_at]
    assert "There were none." in words
    page = words_of(desk.get(f"appointments/{coming.id}"))
    assert "Please note Needs an interpreter" in page


@pytest.mark.parametrize("visits", [1, 3])
def test_a_patients_page_takes_eight_queries_however_many_visits(
    desk: FrontDesk, visits: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for day in range(visits):
        desk.book(at(10, day=day))
    with django_assert_num_queries(8):
        desk.get(page_of(desk))


@pytest.mark.parametrize("entries", [1, 3])
def test_what_the_patient_waits_for_is_told_and_takes_one_more(
    desk: FrontDesk, entries: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(entries):
        waits(desk, patient=desk.patient, staff_ids=[desk.doctor.pk], note=f"{number}")
    theirs = waits(desk, patient=PatientFactory(business=desk.business))
    over = waits(desk, patient=desk.patient, status=EntryStatus.WITHDRAWN)
    with django_assert_num_queries(9):
        page = desk.get(page_of(desk)).content.decode()
    assert page.count("Follow-up, 30 minutes, with Dr Hart") == entries
    assert not [one for one in (theirs, over) if str(one.pk) in page]


def test_who_waits_for_nothing_has_no_waitlist_on_the_page(desk: FrontDesk) -> None:
    assert "On the waitlist" not in words_of(desk.get(page_of(desk)))


def test_what_is_known_of_a_patient_is_changed(desk: FrontDesk) -> None:
    assert (
        edit(desk, name="Ana Gil", dob="1980-04-23", email="ana@mail.example", alert="Deaf") == {}
    )
    desk.patient.refresh_from_db()
    assert (desk.patient.name, desk.patient.dob, desk.patient.email, desk.patient.alert) == (
        "Ana Gil",
        date(1980, 4, 23),
        "ana@mail.example",
        "Deaf",
    )


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"name": " "}, {"name": ["This field is required."]}),
        ({"dob": "2030-01-08"}, {"dob": ["Enter a date that has been."]}),
        ({"dob": "23 April"}, {"dob": ["Enter a valid date."]}),
        (
            {"email": "BERT@mail.example"},
            {"email": ["Bert Stone has this e-mail address. Enter another, or leave it empty."]},
        ),
        (
            {"alert": "x" * 301},
            {"alert": ["Ensure this value has at most 300 characters (it has 301)."]},
        ),
    ],
)
def test_what_is_wrong_about_a_patient_is_said_at_its_field_and_nothing_is_changed(
    desk: FrontDesk, fields: dict[str, str], errors: dict[str, list[str]]
) -> None:
    PatientFactory(business=desk.business, name="Bert Stone", email="bert@mail.example")
    before = Patient.objects.values().get(pk=desk.patient.pk)
    assert edit(desk, **fields) == errors
    assert Patient.objects.values().get(pk=desk.patient.pk) == before


def test_what_another_desk_changed_about_a_patient_is_told_and_not_written_over(
    desk: FrontDesk,
) -> None:
    mine = typed(desk, alert="Deaf")
    # The history has PostgreSQL's own clock, which the tests don't set.
    mine["version"] = mine["version"].partition("@")[0] + "@2020-01-01T00:00:00+00:00"
    with time_machine.travel(at(7), tick=False):
        assert edit(desk, phone_mobile="+44 7700 900555") == {}
    answer = desk.client.post(desk.url(f"{page_of(desk)}/edit"), mine)
    stale, *news = answer.context["form"].errors["__all__"]
    assert stale.startswith("Somebody else changed this while you had it open")
    assert any("is now +44 7700 900555 (it was +44 7700 900123)" in one for one in news)
    desk.patient.refresh_from_db()
    assert (desk.patient.phone_mobile, desk.patient.alert) == ("+44 7700 900555", "")
    again = answer.context["form"]["version"].value()
    assert edit(desk, **mine | {"version": again}) == {}
    desk.patient.refresh_from_db()
    assert (desk.patient.phone_mobile, desk.patient.alert) == ("+44 7700 900123", "Deaf")


def test_a_patient_is_put_away_with_a_reason_and_taken_out_again(desk: FrontDesk) -> None:
    archive = desk.url(f"{page_of(desk)}/archive")
    desk.client.post(archive, archiving(desk, reason="Moved away"))
    desk.patient.refresh_from_db()
    assert (desk.patient.archived_at, desk.patient.archived_reason) == (at(6), "Moved away")
    words = words_of(desk.get(page_of(desk)))
    assert "Moved away" in words
    assert desk.url("book") + "?patient=" not in desk.get(page_of(desk)).content.decode()
    assert "This patient is archived" in words_of(desk.get("book", patient=str(desk.patient.pk)))
    desk.client.post(archive, archiving(desk, restore="1"))
    desk.patient.refresh_from_db()
    assert (desk.patient.archived_at, desk.patient.archived_reason) == (None, "")


def test_an_address_that_somebody_got_at_that_moment_is_said_at_its_field(
    desk: FrontDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    PatientFactory(business=desk.business, name="Bert Stone", email="bert@mail.example")
    looked, judged = PatientForm.clean_email, PatientForm.check_constraints
    looks: list[PatientForm] = []  # the first comes before the other desk has saved

    def look(form: PatientForm) -> str | None:
        looks.append(form)
        return looked(form) if len(looks) > 1 else form.cleaned_data["email"]

    def judge(form: PatientForm) -> None:
        if len(looks) > 1:
            judged(form)

    monkeypatch.setattr(PatientForm, "clean_email", look)
    monkeypatch.setattr(PatientForm, "check_constraints", judge)
    assert edit(desk, email="bert@mail.example") == {
        "email": ["Bert Stone has this e-mail address. Enter another, or leave it empty."]
    }
    assert len(looks) == 2
    desk.patient.refresh_from_db()
    assert desk.patient.email != "bert@mail.example"


def test_a_patient_who_was_changed_meanwhile_is_not_put_away_or_taken_out_unseen(
    desk: FrontDesk, clock: time_machine.Traveller
) -> None:
    archive = desk.url(f"{page_of(desk)}/archive")
    mine = archiving(desk, reason="Deceased")
    clock.shift(1)
    desk.client.post(archive, archiving(desk, reason="Moved away"))
    answer = desk.client.post(archive, mine)
    assert "Somebody else changed this while you had it open" in words_of(answer)
    assert answer.context["archive_form"]["reason"].value() == "Deceased"
    assert 'value="Deceased"' in answer.content.decode()
    desk.patient.refresh_from_db()
    assert desk.patient.archived_reason == "Moved away"
    assert desk.client.post(archive, {"restore": "1"}).status_code == 200
    desk.patient.refresh_from_db()
    assert desk.patient.archived_at is not None


def test_appointments_are_found_by_patient_service_person_place_notes_and_date(
    desk: FrontDesk,
) -> None:
    Location.objects.filter(pk=desk.service.location_id).update(name="North Wing")
    surgery = ServiceFactory(business=desk.business, name="Surgery")
    bert = PatientFactory(business=desk.business, name="Bert Stone")
    first = desk.book(at(10), notes="Brings an X-ray")
    second = desk.book(at(11, day=1), patient_id=bert.pk, service_id=surgery.pk)

    def found(words: str) -> list[object]:
        return [one.pk for one in desk.get("search", q=words).context["visits"]]

    assert found("nunez") == [first.id]
    assert found("SURGERY") == [second.id]
    assert found("dr hart") == [first.id, second.id]
    assert found("x-ray") == [first.id]
    assert found("north wing") == [first.id]
    assert found("hart 8.1.2030") == [second.id]
    assert found("stone x-ray") == []
    assert "Nothing found." in words_of(desk.get("search", q="zzz"))
    assert found("") == []


def test_with_more_namesakes_than_are_looked_at_every_visit_is_found(
    desk: FrontDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MOST_PATIENTS", 2)
    namesakes = PatientFactory.create_batch(5, business=desk.business, name="Ana Lu")
    visits = {desk.book(at(8 + n), patient_id=one.pk).id for n, one in enumerate(namesakes)}
    assert {one.pk for one in desk.get("search", q="ana lu").context["visits"]} == visits


def test_who_is_spelled_alike_is_not_among_those_who_were_searched_for(desk: FrontDesk) -> None:
    near = PatientFactory(business=desk.business, name="Jo Nunes")
    first = desk.book(at(10))
    second = desk.book(at(11), patient_id=near.pk)

    def found(words: str) -> list[object]:
        return [one.pk for one in desk.get("search", q=words).context["visits"]]

    assert (found("nunez"), found("nunes")) == ([first.id], [second.id])
    assert found("nunep") == [first.id, second.id]


def test_the_same_again_fills_in_what_the_patient_had(
    desk: FrontDesk, neighbour: FrontDesk
) -> None:
    visit = desk.book(at(10), minutes=60)
    theirs = neighbour.book(at(10))
    blank = {"service": "", "duration": "", "staff": "", "action": None}
    form = desk.send(**blank, again=str(visit.id), date="2030-01-09").context["form"]
    assert [form[name].value() for name in ("service", "duration", "staff")] == [
        str(desk.service.pk),
        "60",
        str(desk.doctor.pk),
    ]
    for other in (str(theirs.id), "nonsense"):
        form = desk.send(**blank, again=other).context["form"]
        assert form["service"].value() == ""
    assert Appointment.objects.filter(business=desk.business).count() == 1


def test_what_stands_against_a_visit_is_told_before_it_is_sent(desk: FrontDesk) -> None:
    desk.book(at(10))
    words = words_of(desk.send(action="refresh"))
    assert "Dr Hart Mon 7 Jan, 10:00–10:30 has an appointment (Follow-up, Ana Núñez)" in words
    assert "The patient has another visit then:" in words
    assert "That time has passed." in words_of(desk.send(action="refresh", date="2029-12-31"))
    assert "does not work then" in words_of(desk.send(action="refresh", time="21:00"))
    assert desk.send(action="refresh", time="11:00").context["outlook"].warns is False


def test_every_free_time_that_is_offered_is_booked(desk: FrontDesk) -> None:
    desk.book(at(10))
    times = desk.send(action="refresh").context["free_times"]
    assert times == [at(10, 30), at(10, 45), at(11), at(11, 15), at(11, 30), at(11, 45)]
    for start in times[::2]:
        assert desk.booked(date=f"{start:%Y-%m-%d}", time=f"{start:%H:%M}").starts_at == start


def test_a_likely_double_is_offered_before_a_new_patient_is_made(desk: FrontDesk) -> None:
    fields = {"patient": "", "new_name": "Ana Nunes", "new_phone": "07700 900123"}
    answer = desk.send(**fields)
    assert [one.pk for one in answer.context["duplicates"]] == [desk.patient.pk]
    assert (Patient.objects.count(), Appointment.objects.count()) == (1, 0)
    form = desk.send(**fields, same=str(desk.patient.pk)).context["form"]
    assert (form["patient"].value(), form["new_name"].value()) == (str(desk.patient.pk), "")
    assert desk.booked(**fields, new_anyway="on").patient.name == "Ana Nunes"


def test_a_column_offers_what_its_person_provides(desk: FrontDesk) -> None:
    surgery = ServiceFactory(business=desk.business, name="Surgery")
    surgeon = StaffFactory(business=desk.business, name="Dr Knife")
    provides(surgeon, surgery)

    def offered(**query: str) -> list[str]:
        choices = desk.get("book", **query).context["form"].fields["service"].choices
        return [str(name) for _, name in choices][1:]

    assert offered() == [desk.service.name, "Surgery"]
    assert offered(staff=str(desk.doctor.pk)) == [desk.service.name]
    assert offered(staff=str(surgeon.pk)) == [desk.service.name, "Surgery"]
    again = desk.send(action=None, everybody="1", column=str(desk.doctor.pk)).context["form"]
    assert len(again.fields["service"].choices) == 3


def test_a_locations_day_offers_what_there_is_in_it(desk: FrontDesk, neighbour: FrontDesk) -> None:
    ServiceFactory(business=desk.business, name="Anywhere", location=None)
    studio = LocationFactory(business=desk.business, name="Studio")
    ServiceFactory(business=desk.business, name="Back class", location=studio)

    def offered(place: object) -> list[str]:
        form = desk.get("book", location=str(place)).context["form"]
        assert form["location"].value() in (None, "")
        return [str(name) for _, name in form.fields["service"].choices][1:]

    assert offered(studio.pk) == ["Anywhere", "Back class"]
    everything = ["Anywhere", "Back class", desk.service.name]
    for other in (neighbour.service.location_id, "nonsense", ""):
        assert offered(other) == everything
    again = desk.send(action=None, everybody="1", place=str(studio.pk)).context["form"]
    assert len(again.fields["service"].choices) == 1 + len(everything)


def test_the_length_that_was_drawn_is_kept_where_the_service_has_it(desk: FrontDesk) -> None:
    form = desk.get("book", duration="60").context["form"]
    assert form.fields["duration"].choices == [("60", "60 minutes")]
    blank = {"action": "refresh", "service": str(desk.service.pk)}
    for drawn, length in (("60", "60"), ("50", "60"), ("20", "30"), ("", "30"), ("x", "30")):
        shown = desk.send(**blank, duration=drawn).context["form"]
        assert (drawn, shown["duration"].value()) == (drawn, length)
    for nonsense in ("-5", "0", "999999", "x"):
        assert desk.get("book", duration=nonsense).context["form"].fields["duration"].choices == [
            ("", "Choose a length")
        ]


def test_pages_of_another_clinics_patient_are_not_there(
    desk: FrontDesk, neighbour: FrontDesk
) -> None:
    before = Patient.objects.values().get(pk=neighbour.patient.pk)
    for page in ("", "/edit", "/archive"):
        path = desk.url(f"{page_of(desk, neighbour.patient)}{page}")
        assert desk.client.get(path).status_code == 404
        if page:
            assert desk.client.post(path, {"name": "Mine", "reason": "x"}).status_code == 404
    assert Patient.objects.values().get(pk=neighbour.patient.pk) == before
