"""Finding a patient as somebody types."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from businesses.models import Business
from patients.models import Patient
from patients.search import birth_dates_in
from tests.factories import BusinessFactory, PatientFactory

pytestmark = [pytest.mark.django_db]


@pytest.fixture
def business() -> Business:
    made: Business = BusinessFactory()
    return made


def patient(business: Business, name: str, **fields: Any) -> Patient:
    made: Patient = PatientFactory(business=business, name=name, **({"email": None} | fields))
    return made


def found(business: Business, typed: str) -> list[str]:
    return [one.name for one in Patient.objects.of(business).matching(typed)]


@pytest.mark.parametrize(
    "typed",
    [
        "Zoë",
        "zoe",
        "ZOË",
        "Müller-Łukasz",
        "muller-lukasz",
        "lukasz zoe",
        "zoe  muller",
        "  zoe ",
        "uller",
        "søren",
        "soren",
        "zoe soren",
    ],
)
def test_a_name_is_found_without_accents_case_or_order(business: Business, typed: str) -> None:
    patient(business, "Zoë Søren Müller-Łukasz")
    patient(business, "Ada Byron")
    assert found(business, typed) == ["Zoë Søren Müller-Łukasz"]


def test_every_word_that_was_typed_counts(business: Business) -> None:
    patient(business, "Ada Byron")
    patient(business, "Ada King")
    assert found(business, "ada king") == ["Ada King"]
    assert found(business, "ada queen") == []


def test_the_shortest_match_comes_first_and_equals_by_name(business: Business) -> None:
    for name in ("Anna Maria Bell", "Hanna Bell", "Anna Bell", "Anna Ball"):
        patient(business, name)
    assert found(business, "anna") == ["Anna Ball", "Anna Bell", "Hanna Bell", "Anna Maria Bell"]


def test_nothing_typed_is_everybody(business: Business) -> None:
    patient(business, "Ada")
    patient(business, "Bo")
    assert found(business, "  ") == ["Bo", "Ada"]


@pytest.mark.parametrize(
    "typed", ["+44 20 7946 0958", "2079460958", "20 7946", "7946-0958", "0958", "+442079460958"]
)
def test_a_phone_number_is_found_however_it_is_spaced(business: Business, typed: str) -> None:
    patient(business, "Ada", phone_mobile="+44 20 7946-0958")
    patient(business, "Bo", phone_mobile="+44 20 1234-5678")
    assert found(business, typed) == ["Ada"]


def test_an_email_is_found_by_a_part_of_it_and_in_any_case(business: Business) -> None:
    patient(business, "Ada", email="Ada.Byron@Mail.example")
    patient(business, "Bo", email="bo@mail.example")
    assert found(business, "BYRON@mail") == ["Ada"]
    assert sorted(found(business, "mail.example")) == ["Ada", "Bo"]


@pytest.mark.parametrize(
    "typed", ["1980-04-23", "23.4.1980", "23.04.1980", "23/4/1980", "1980-4-23"]
)
def test_a_birth_date_is_found_as_it_is_written(business: Business, typed: str) -> None:
    patient(business, "Ada", dob=date(1980, 4, 23))
    patient(business, "Bo", dob=date(1980, 4, 24))
    patient(business, "Cy")
    assert found(business, typed) == ["Ada"]
    assert found(business, f"ada {typed}") == ["Ada"]
    assert found(business, f"{typed} bo") == []


@pytest.mark.parametrize(
    ("word", "days"),
    [
        ("29.2.1980", [date(1980, 2, 29)]),
        ("29.2.1981", []),
        ("31/4/1980", []),
        ("1980-13-01", []),
        ("0000-01-01", []),
        ("1980", []),
        ("4.1980", []),
        ("23.4.80", [date(1980, 4, 23)]),
        ("23/4/80", [date(1980, 4, 23)]),
        ("1.2.29", [date(2029, 2, 1)]),
        ("1.2.31", [date(1931, 2, 1)]),
        ("23041980", [date(1980, 4, 23)]),
        ("19800423", [date(1980, 4, 23)]),
        ("99999999", []),
        ("123.4.1980", []),
        ("23.4.19800", []),
        ("", []),
    ],
)
def test_only_a_date_of_the_calendar_is_a_birth_date(word: str, days: list[date]) -> None:
    with time_machine.travel(datetime(2030, 1, 7, tzinfo=UTC), tick=False):
        assert birth_dates_in(word) == days


@pytest.mark.parametrize(
    ("language", "first", "second"),
    [("en-us", (3, 4), (4, 3)), ("en", (4, 3), (3, 4)), ("de", (4, 3), (3, 4))],
)
def test_day_and_month_are_read_in_the_order_of_the_readers_language_first(
    language: str, first: tuple[int, int], second: tuple[int, int]
) -> None:
    with translation.override(language):
        for word in ("3/4/1980", "03041980"):
            assert birth_dates_in(word) == [date(1980, *first), date(1980, *second)]
        assert birth_dates_in("3.4.1980") == [date(1980, 4, 3)], "dots put the day first anywhere"


def test_eight_digits_are_a_birth_date_or_a_phone_number(business: Business) -> None:
    patient(business, "Ada", dob=date(1980, 4, 23))
    patient(business, "Bo", phone_mobile="+49 23041980")
    assert sorted(found(business, "23041980")) == ["Ada", "Bo"]


def test_signs_that_mean_something_to_sql_mean_themselves(business: Business) -> None:
    patient(business, "100% Bio")
    patient(business, "Under_score")
    patient(business, "Back\\slash")
    patient(business, "O'Neill")
    assert found(business, "%") == ["100% Bio"]
    assert found(business, "_") == ["Under_score"]
    assert found(business, "\\") == ["Back\\slash"]
    assert found(business, "o'neill") == ["O'Neill"]
    assert found(business, "100%bio") == []
    assert found(business, "r_s") == ["Under_score"]


def test_what_is_found_follows_what_is_changed(business: Business) -> None:
    ada = patient(business, "Ada Byron")
    Patient.objects.filter(pk=ada.pk).update(name="Ada Lovelace", phone_mobile="0123 456")
    assert found(business, "byron") == []
    assert found(business, "lovelace 0123456") == ["Ada Lovelace"]


def test_patients_of_another_business_are_not_found(business: Business) -> None:
    patient(BusinessFactory(), "Ada")
    assert found(business, "ada") == []


def test_archived_patients_are_found_unless_they_are_left_out(business: Business) -> None:
    patient(business, "Ada", archived_at=timezone.now())
    assert found(business, "ada") == ["Ada"]
    assert not Patient.objects.of(business).unarchived().matching("ada").exists()


def test_a_search_is_one_query(business: Business) -> None:
    for number in range(3):
        patient(business, f"Ada {number}", dob=date(1980, 4, 23))
    with CaptureQueriesContext(connection) as queries:
        assert len(found(business, "ada 23.4.1980")) == 3
    assert len(queries) == 1


# --- One address, one patient ---------------------------------------------------------------------


def test_a_family_shares_an_email_by_giving_it_once(business: Business) -> None:
    """One of them has the address; the others are saved without it."""
    patient(business, "Mother", email="family@mail.example")
    patient(business, "Child", phone_mobile="0123")
    patient(business, "Other child")
    assert Patient.objects.of(business).filter(email__isnull=True).count() == 2


@pytest.mark.parametrize("again", ["family@mail.example", "Family@MAIL.example"])
def test_an_email_is_one_patients_in_a_business_whatever_its_case(
    business: Business, again: str
) -> None:
    patient(business, "Mother", email="family@mail.example")
    with pytest.raises(IntegrityError, match="patient_email_is_unique"), transaction.atomic():
        patient(business, "Child", email=again)
    assert [one.name for one in Patient.objects.of(business)] == ["Mother"]


def test_somebody_may_be_a_patient_of_two_businesses(business: Business) -> None:
    patient(business, "Ada", email="ada@mail.example")
    patient(BusinessFactory(), "Ada", email="ada@mail.example")
    assert Patient.objects.filter(email="ada@mail.example").count() == 2


def test_no_email_is_none_and_never_empty_text(business: Business) -> None:
    with (
        pytest.raises(IntegrityError, match="patient_email_is_null_or_given"),
        transaction.atomic(),
    ):
        patient(business, "Ada", email="")
    assert not Patient.objects.exists()


def test_the_sentence_about_a_taken_email_names_the_reason(business: Business) -> None:
    patient(business, "Mother", email="family@mail.example")
    child = Patient(business=business, name="Child", email="FAMILY@mail.example")
    with pytest.raises(ValidationError) as refused:
        child.full_clean()
    assert refused.value.messages == ["Another patient has this e-mail address."]
