"""Setting up the clinic itself."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine

from businesses.history import history_of
from businesses.models import Business
from tests.desk.clinic import words_of
from tests.factories import BusinessFactory
from tests.staff.setup import Setup, errors_of

PAGE = "setup/clinic"


def now(owner: Setup) -> Business:
    found: Business = Business.objects.get(pk=owner.business.pk)
    return found


def test_saving_an_untouched_clinic_changes_nothing(owner: Setup) -> None:
    before = Business.objects.filter(pk=owner.business.pk).values().get()
    assert owner.send(PAGE).status_code == 302
    after = Business.objects.filter(pk=owner.business.pk).values().get()
    assert before | {"updated_at": None} == after | {"updated_at": None}


def test_the_rules_for_patients_are_changed_and_signed(owner: Setup) -> None:
    answer = owner.send(PAGE, name="Harbour Clinic", lead_time="120", currency="EUR")
    assert answer["Location"] == owner.url(PAGE)
    clinic = now(owner)
    assert (clinic.name, clinic.lead_time, clinic.currency) == ("Harbour Clinic", 120, "eur")
    entry = history_of(clinic)[0]
    assert (entry.who, entry.source) == ("Olga Owner", "Front desk")


@time_machine.travel(datetime(2026, 11, 20, 12, tzinfo=UTC))
def test_another_clock_is_told_before_it_is_saved(owner: Setup) -> None:
    answer = owner.send(PAGE, timezone="Asia/Tokyo")
    told = errors_of(answer)["__all__"]
    assert told[0].startswith("Opening hours and closures count by the clock of Asia/Tokyo")
    assert told[-1] == "Nothing is saved yet; save again if you want that."
    assert now(owner).timezone == "Europe/London"
    seen = answer.context["form"]["seen"].value()
    assert owner.send(PAGE, timezone="Asia/Tokyo", seen=seen).status_code == 302
    assert now(owner).timezone == "Asia/Tokyo"


def test_what_was_seen_of_one_clock_does_not_count_for_another(owner: Setup) -> None:
    answer = owner.send(PAGE, timezone="Asia/Tokyo")
    seen = answer.context["form"]["seen"].value()
    assert owner.send(PAGE, timezone="Asia/Seoul", seen=seen).status_code == 200
    assert now(owner).timezone == "Europe/London"


def test_another_short_name_is_told_first_and_leads_to_the_new_address(owner: Setup) -> None:
    answer = owner.send(PAGE, alias="harbour")
    assert errors_of(answer)["__all__"][0].startswith("With another short name, links in mails")
    assert now(owner).alias == owner.business.alias
    seen = answer.context["form"]["seen"].value()
    answer = owner.send(PAGE, alias="harbour", seen=seen)
    assert answer["Location"] == "/desk/harbour/setup/clinic"
    assert "is saved" in words_of(owner.client.get(answer["Location"]))


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"alias": "admin"}, {"alias": ["The site uses “admin” itself; write another word."]}),
        ({"alias": "Not so"}, {"alias": ["Write small letters, digits and single hyphens."]}),
        ({"alias": "taken"}, {"alias": ["Another business has this alias."]}),
        ({"currency": "euro"}, {"currency": ["Ensure this value has at most 3 characters (it has"
                                             " 4)."]}),
        ({"currency": "e1"}, {"currency": ["Write a three-letter currency code such as USD."]}),
        ({"email": ""}, {"email": ["This field is required."]}),
        ({"time_increment": "0"}, {"time_increment": ["Ensure this value is greater than or equal"
                                                      " to 1."]}),
        ({"lead_time": "-1"}, {"lead_time": ["Ensure this value is greater than or equal to 0."]}),
        ({"buffer_after_minutes": "1441"}, {"buffer_after_minutes": [
            "Ensure this value is less than or equal to 1440."]}),
    ],
)  # fmt: skip
def test_a_clinic_that_can_not_be_is_refused_in_words(
    owner: Setup, fields: dict[str, str], errors: dict[str, list[str]]
) -> None:
    BusinessFactory(alias="taken")
    before = now(owner).updated_at
    assert errors_of(owner.send(PAGE, **fields)) == errors
    assert now(owner).updated_at == before


def test_what_a_colleague_has_changed_of_the_clinic_is_not_written_over(real_owner: Setup) -> None:
    owner = real_owner
    mine = owner.shown(PAGE)
    owner.client.post(owner.url(PAGE), mine | {"name": "Harbour Clinic"})
    answer = owner.client.post(owner.url(PAGE), mine | {"name": "Hill Clinic"})
    stale, news = errors_of(answer)["__all__"]
    assert stale.startswith("Somebody else changed this")
    assert "Name is now Harbour Clinic" in news
    assert now(owner).name == "Harbour Clinic"
