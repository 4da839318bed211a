"""Finding patients at the desk: what is forgiven, and who comes first."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from pytest_django import DjangoAssertNumQueries

from appointments import guests
from appointments.guests import at_hand, find_patients, likely_the_same, visits_of
from patients.models import Patient
from tests.desk.clinic import MONDAY, FrontDesk, at, open_desk
from tests.factories import PatientFactory


@pytest.fixture
def desk(db: None) -> Any:
    with time_machine.travel(MONDAY, tick=False):
        yield open_desk()


def add(desk: FrontDesk, name: str, **fields: Any) -> Patient:
    made: Patient = PatientFactory(business=desk.business, name=name, **({"email": None} | fields))
    return made


def names(desk: FrontDesk, typed: str, **options: Any) -> tuple[list[str], list[str]]:
    """Who matches, and who nearly does."""
    found = find_patients(desk.business, typed, limit=8, **options)
    return [one.name for one in found.patients], [one.name for one in found.alike]


def test_one_or_two_letters_are_the_beginning_of_a_word(desk: FrontDesk) -> None:
    add(desk, "Bert Stone")
    add(desk, "Albert Quist")
    assert names(desk, "be") == (["Bert Stone"], [])
    assert names(desk, "q") == (["Albert Quist"], [])
    assert sorted(names(desk, "ber")[0]) == ["Albert Quist", "Bert Stone"]


@pytest.mark.parametrize(
    "typed", ["23.04.1980", "1980-04-23", "23/4/80", "23041980", "ada 23.4.80", "byron 1980-04-23"]
)
def test_a_birth_date_is_found_as_people_type_it(desk: FrontDesk, typed: str) -> None:
    add(desk, "Ada Byron", dob=date(1980, 4, 23))
    add(desk, "Bo Byron", dob=date(1980, 4, 24))
    assert names(desk, typed) == (["Ada Byron"], [])


@pytest.mark.parametrize(
    "typed", ["Muelle", "Müllr", "Mülller", "Mülelr", "Möller", "mullet", "Jörgen Müllr"]
)
def test_one_slip_in_a_word_is_forgiven(desk: FrontDesk, typed: str) -> None:
    add(desk, "Jørgen Müller")
    add(desk, "Bert Stone")
    assert names(desk, typed) == ([], ["Jørgen Müller"])


@pytest.mark.parametrize("typed", ["Mxxler", "Mlr", "7700900124"])
def test_two_slips_short_words_and_wrong_digits_are_not(desk: FrontDesk, typed: str) -> None:
    add(desk, "Jørgen Müller", phone_mobile="+44 7700 900125")
    assert names(desk, typed) == ([], [])


def test_who_is_spelled_like_that_comes_before_who_nearly_is(desk: FrontDesk) -> None:
    add(desk, "Ida Meyer")
    add(desk, "Ida Meier")
    assert names(desk, "meier") == (["Ida Meier"], ["Ida Meyer"])


def test_whole_words_come_before_beginnings_and_these_before_the_rest(desk: FrontDesk) -> None:
    for name in ("Joanna Ray", "Annabel Ray", "Anna Raymond-Smith"):
        add(desk, name)
    assert names(desk, "anna")[0] == ["Anna Raymond-Smith", "Annabel Ray", "Joanna Ray"]


def test_of_equal_matches_who_was_seen_lately_or_is_coming_is_first(desk: FrontDesk) -> None:
    for name in ("Jo Abel", "Jo Bond", "Jo Cole", "Jo Dunn"):
        add(desk, name)
    cole = Patient.objects.get(name="Jo Cole")
    desk.book(at(10, day=3), patient_id=cole.pk)
    assert names(desk, "jo")[0] == ["Jo Cole", "Jo Abel", "Jo Bond", "Jo Dunn"]
    with time_machine.travel(at(10, day=3) + timedelta(days=366), tick=False):
        assert names(desk, "jo")[0] == ["Jo Abel", "Jo Bond", "Jo Cole", "Jo Dunn"]


def test_of_very_many_matches_those_who_have_a_visit_these_days_are_first(
    desk: FrontDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guests, "RANKED", 2)
    for number in range(6):
        add(desk, f"Jo Miller {number}")
    for number in (3, 5):
        one = Patient.objects.get(name=f"Jo Miller {number}")
        desk.book(at(10 + number, day=1), patient_id=one.pk)
    assert names(desk, "miller")[0][:2] == ["Jo Miller 3", "Jo Miller 5"]
    assert names(desk, "bert")[0] == []


def test_archived_patients_are_found_only_when_asked_for(desk: FrontDesk) -> None:
    add(desk, "Old Smith", archived_at=at(0))
    assert names(desk, "smith") == ([], [])
    assert names(desk, "smyth", archived=True) == ([], ["Old Smith"])


def test_patients_of_other_clinics_are_not_found(desk: FrontDesk) -> None:
    PatientFactory(name="Other Smith", dob=date(1980, 4, 23))
    for typed in ("smith", "smyth", "sm", "23.4.1980", "%", "_"):
        assert names(desk, typed) == ([], []), typed


def test_nothing_finds_nobody(desk: FrontDesk) -> None:
    assert names(desk, " \x00 ") == ([], [])


@pytest.mark.parametrize("people", [1, 3])
def test_a_search_is_three_statements_however_many_it_finds(
    desk: FrontDesk, people: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(people):
        add(desk, "Jo Miller")
    with django_assert_num_queries(3):
        found = find_patients(desk.business, "miller", limit=8)
    assert len(found.patients) == people


@pytest.mark.parametrize(
    ("name", "phone", "born", "same"),
    [
        ("Ana Nunez", "07700 900123", None, True),
        ("Ana Nunes", "+44 7700 900123", None, True),
        ("Nunez", "", date(1980, 4, 23), True),
        ("Ana Nunez", "", None, False),
        ("Ana Nunez", "07700 900124", date(1980, 4, 24), False),
        ("Bert Stone", "07700 900123", date(1980, 4, 23), False),
        ("Ana Nunez", "123", None, False),
    ],
)
def test_the_same_name_with_the_same_phone_or_birth_date_is_likely_the_same(
    desk: FrontDesk, name: str, phone: str, born: date | None, same: bool
) -> None:
    desk.patient.dob = date(1980, 4, 23)
    desk.patient.save()
    found = likely_the_same(desk.business, name=name, phone=phone, birth_date=born)
    assert [one.name for one in found] == (["Ana Núñez"] if same else [])


def test_the_last_three_visits_and_the_next_are_told(desk: FrontDesk) -> None:
    for day in range(5):
        desk.book(at(9, day=day))
    gone = desk.book(at(12, day=2))
    with time_machine.travel(at(12, day=3), tick=False):
        visits = visits_of(desk.patient)
    assert [one.starts_at for one in visits.last] == [at(9, day=3), gone.starts_at, at(9, day=2)]
    assert visits.next is not None
    assert visits.next.starts_at == at(9, day=4)


def test_an_empty_box_offers_whom_this_desk_booked_and_who_is_expected(desk: FrontDesk) -> None:
    first, second, third = (add(desk, f"Patient {one}") for one in "ABC")
    desk.book(at(9), patient_id=first.pk)
    desk.book(at(15), patient_id=second.pk)
    with time_machine.travel(at(12), tick=False):
        found = at_hand(desk.business, lately=[third.pk], start=at(0), end=at(0, day=1), limit=3)
    assert [one.name for one in found] == ["Patient C", "Patient B", "Patient A"]
