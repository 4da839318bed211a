"""Setting up what can be booked."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from businesses.history import history_of
from businesses.models import (
    BookingQuestion,
    Resource,
    Service,
    ServiceCategory,
    ServiceDuration,
)
from businesses.money import read_amount, typed_amount
from staff.models import ServiceHost
from tests.factories import LocationFactory, ServiceFactory, provides
from tests.staff.setup import Setup, errors_of


def lengths(*pairs: tuple[str, str]) -> dict[str, list[str]]:
    return {
        "lengths-minutes": [minutes for minutes, _price in pairs],
        "lengths-price": [price for _minutes, price in pairs],
    }


def asked(*lines: tuple[str, str, str], kinds: tuple[str, ...] = ()) -> dict[str, list[str]]:
    """Questions: id, words, whether they must be answered."""
    return {
        "questions-id": [line[0] for line in lines],
        "questions-name": ["" for _line in lines],
        "questions-question": [line[1] for line in lines],
        "questions-kind": list(kinds) or ["text" for _line in lines],
        "questions-required": [line[2] for line in lines],
    }


def new(**fields: Any) -> dict[str, Any]:
    given = {"name": "Check-up", "enabled": "on", "when": "always", "bookings_per_timeslot": "1"}
    return given | lengths(("30", "65.00"), ("", "")) | fields


def lengths_of(service: Service) -> list[tuple[int, int]]:
    return list(service.durations.values_list("minutes", "price"))


def test_a_service_is_added_with_lengths_prices_heading_and_questions(owner: Setup) -> None:
    questions = asked(("", "Any allergies?", "yes"), ("", "Any allergies?", ""), ("", "", ""))
    fields = new(new_category="Doctors", **lengths(("30", "65"), ("60", "120,5")), **questions)
    answer = owner.post("setup/services/new", **fields)
    assert answer["Location"] == owner.url("setup/services")
    made = Service.objects.get(name="Check-up")
    assert (made.business, lengths_of(made)) == (owner.business, [(30, 6500), (60, 12050)])
    assert [one.name for one in made.categories.all()] == ["Doctors"]
    assert list(made.questions.values_list("question", "variable_name", "required")) == [
        ("Any allergies?", "any_allergies", True),
        ("Any allergies?", "any_allergies_2", False),
    ]
    (entry,) = history_of(made)
    assert (entry.who, entry.source) == ("Olga Owner", "Front desk")


def test_saving_an_untouched_service_changes_nothing_of_it(owner: Setup) -> None:
    service = full_service(owner)
    parts = ("durations", "questions", "needs", "categories")
    before = {name: list(getattr(service, name).values()) for name in parts}
    hosts = list(ServiceHost.objects.filter(service=service).values())
    page = f"setup/services/{service.pk}"
    assert owner.client.post(owner.url(page), shown(owner, page)).status_code == 302
    assert {name: list(getattr(service, name).values()) for name in parts} == before
    assert list(ServiceHost.objects.filter(service=service).values()) == hosts
    service.refresh_from_db()
    assert (service.working_hours, service.alias) == ({"monday": [[900, 1200]]} | closed(), None)


def closed() -> dict[str, list[Any]]:
    days = ("tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    return {day: [] for day in days}


def full_service(owner: Setup) -> Service:
    business = owner.business
    service: Service = ServiceFactory(
        business=business,
        name="Scan",
        location=LocationFactory(business=business),
        working_hours={"monday": [[900, 1200]]},
    )
    provides(owner.doctor, service)
    provides(owner.nurse, service, additional=True)
    room = Resource.objects.create(business=business, name="Room 1", kind="room")
    service.needs.create(business=business, kind="room")
    service.needs.create(business=business, kind="room")
    service.needs.create(business=business, resource=room)
    heading = ServiceCategory.objects.create(business=business, name="Doctors")
    service.categories.add(heading, through_defaults={"business": business})
    service.questions.create(business=business, question="Why?", variable_name="why")
    service.questions.create(
        business=business, question="How many?", variable_name="n", kind="number", position=1
    )
    return service


def shown(owner: Setup, page: str) -> dict[str, Any]:
    """As `Setup.shown`, with the lines of the short tables."""
    sent = owner.shown(page)
    form = owner.get(page).context["form"]
    for name in ("lengths", "questions"):
        sent.pop(name, None)
        for column in form.fields[name].widget.columns:
            sent[f"{name}-{column}"] = [line[column] for line in form[name].value()]
    return sent


@pytest.mark.parametrize("line", ["9" * 5000, "-1", "99", "x", "²"])
def test_a_question_that_there_is_not_is_not_moved(owner: Setup, line: str) -> None:
    questions = asked(("", "Allergies?", "yes"), ("", "Medicines?", ""))
    answer = owner.post("setup/services/new", **new(**questions), **{"questions-up": line})
    assert answer.status_code in (200, 302)
    typed = [one["question"] for one in answer.context["form"]["questions"].value() or []]
    assert typed[:2] == ["Allergies?", "Medicines?"]


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        (lengths(("", "")), {"lengths": ["Write at least one length."]}),
        (lengths(("0", "5")), {"lengths": ["Length 1: write 1 to 1440 minutes."]}),
        (lengths(("1441", "5")), {"lengths": ["Length 1: write 1 to 1440 minutes."]}),
        (lengths(("½", "5")), {"lengths": ["Length 1: write 1 to 1440 minutes."]}),
        (lengths(("", "5")), {"lengths": ["Length 1: write 1 to 1440 minutes."]}),
        (lengths(("30", "5.005")), {"lengths": ["Length 1: write the price like 50.00."]}),
        (lengths(("30", "-5")), {"lengths": ["Length 1: write the price like 50.00."]}),
        (lengths(("30", "99999999999")), {"lengths": ["Length 1: write the price like 50.00."]}),
        (lengths(("30", "5"), ("30", "6")), {"lengths": ["Write each length once."]}),
        (
            asked(("", "Why?", ""), kinds=("colour",)),
            {"questions": ["Question 1: choose what kind of answer it has."]},
        ),
        (
            asked(("nonsense", "Why?", "")),
            {"questions": ["Question 1 was deleted meanwhile; write it anew."]},
        ),
        ({"name": ""}, {"name": ["This field is required."]}),
        (
            {"bookings_per_timeslot": "0"},
            {"bookings_per_timeslot": ["Ensure this value is greater than or equal to 1."]},
        ),
        (
            {"buffer_after_minutes": "1441"},
            {"buffer_after_minutes": ["Ensure this value is less than or equal to 1440."]},
        ),
    ],
)
def test_a_service_that_can_not_be_is_refused_in_words(
    owner: Setup, fields: dict[str, Any], errors: dict[str, list[str]]
) -> None:
    answer = owner.post("setup/services/new", **new(**fields))
    assert errors_of(answer) == errors
    assert Service.objects.of(owner.business).count() == 1


def test_rows_of_another_clinic_are_not_chosen(owner: Setup, neighbour: Setup) -> None:
    theirs = full_service(neighbour)
    room = Resource.objects.of(neighbour.business).get()
    heading = ServiceCategory.objects.of(neighbour.business).get()
    foreign = {
        "hosts": neighbour.doctor.pk,
        "along": neighbour.nurse.pk,
        "location": theirs.location_id,
        "categories": heading.pk,
        "rooms": room.pk,
    }
    for name, value in foreign.items():
        answer = owner.post("setup/services/new", **new(**{name: str(value)}))
        assert list(errors_of(answer)) == [name]
    question = theirs.questions.get(variable_name="why")
    answer = owner.post("setup/services/new", **new(**asked((str(question.pk), "Mine?", ""))))
    assert list(errors_of(answer)) == ["questions"]
    assert Service.objects.of(owner.business).count() == 1
    assert theirs.questions.get(pk=question.pk).question == "Why?"


def test_nobody_does_a_service_and_comes_along_to_it(owner: Setup) -> None:
    both = {"hosts": str(owner.nurse.pk), "along": str(owner.nurse.pk)}
    answer = owner.post("setup/services/new", **new(**both))
    assert list(errors_of(answer)) == ["along"]


def test_a_length_is_changed_added_and_taken_away(owner: Setup) -> None:
    page = f"setup/services/{owner.service.pk}"
    half_hour = ServiceDuration.objects.get(service=owner.service, minutes=30)
    sent = shown(owner, page) | lengths(("30", "33.00"), ("45", "0"))
    owner.client.post(owner.url(page), sent)
    assert lengths_of(owner.service) == [(30, 3300), (45, 0)]
    assert ServiceDuration.objects.filter(pk=half_hour.pk).exists()


def test_questions_are_reordered_without_a_script_and_stay_the_same_questions(
    owner: Setup,
) -> None:
    service = full_service(owner)
    page = f"setup/services/{service.pk}"
    before = list(service.questions.values_list("pk", flat=True))
    answer = owner.client.post(owner.url(page), shown(owner, page) | {"questions-down": "0"})
    assert answer.status_code == 200
    assert list(service.questions.values_list("pk", flat=True)) == before
    moved = answer.context["form"]["questions"].value()
    assert [line["question"] for line in moved] == ["How many?", "Why?"]
    columns = {f"questions-{name}": [line[name] for line in moved] for name in moved[0]}
    owner.client.post(owner.url(page), shown(owner, page) | columns)
    assert list(service.questions.values_list("pk", flat=True)) == before[::-1]
    assert list(service.questions.values_list("variable_name", flat=True)) == ["n", "why"]


@pytest.mark.parametrize("moved", ["9", "-1", "x", "²", ""])
def test_a_line_that_is_not_there_is_not_moved(owner: Setup, moved: str) -> None:
    page = f"setup/services/{full_service(owner).pk}"
    answer = owner.client.post(owner.url(page), shown(owner, page) | {"questions-up": moved})
    lines = answer.context["form"]["questions"].value()
    assert [line["question"] for line in lines] == ["Why?", "How many?"]


def test_a_question_without_words_is_taken_away(owner: Setup) -> None:
    service = full_service(owner)
    page = f"setup/services/{service.pk}"
    sent = shown(owner, page)
    sent["questions-question"] = [" ", "How many?"]
    owner.client.post(owner.url(page), sent)
    assert [one.question for one in BookingQuestion.objects.filter(service=service)] == [
        "How many?"
    ]


def test_what_a_colleague_has_changed_of_a_service_is_not_written_over(owner: Setup) -> None:
    page = f"setup/services/{owner.service.pk}"
    mine = shown(owner, page)
    owner.client.post(owner.url(page), mine | lengths(("20", "10.00")))
    answer = owner.client.post(owner.url(page), mine | lengths(("25", "10.00")))
    assert errors_of(answer)["__all__"][0].startswith("Somebody else changed this")
    assert lengths_of(owner.service) == [(20, 1000)]


def test_a_service_is_deleted_once_nothing_keeps_it(owner: Setup) -> None:
    owner.post(f"setup/services/{owner.service.pk}/delete")
    assert not Service.objects.filter(pk=owner.service.pk).exists()


def test_services_ask_as_much_for_one_as_for_three(owner: Setup) -> None:
    def statements(page: str) -> int:
        with CaptureQueriesContext(connection) as sent:
            assert owner.get(page).status_code == 200
        return len(sent)

    pages = ("setup/services", f"setup/services/{owner.service.pk}", "setup")
    full_service(owner)
    before = [statements(page) for page in pages]
    for number in range(2):
        other = ServiceFactory(business=owner.business, name=f"Other {number}")
        provides(owner.doctor, other)
    assert [statements(page) for page in pages] == before


@pytest.mark.parametrize(
    ("typed", "currency", "minor"),
    [("30", "gbp", 3000), ("30.5", "eur", 3050), ("0,05", "eur", 5), ("3000", "jpy", 3000),
     ("1.234", "kwd", 1234), ("007", "usd", 700)],
)  # fmt: skip
def test_prices_are_typed_in_the_units_of_the_currency(
    typed: str, currency: str, minor: int
) -> None:
    assert read_amount(typed, currency) == minor
    assert read_amount(typed_amount(minor, currency), currency) == minor


@pytest.mark.parametrize("typed", ["", ".5", "1.005", "1e3", "-1", "1,000.00", "٣"])
def test_what_is_not_a_price_is_not_read_as_one(typed: str) -> None:
    with pytest.raises(ValueError):
        read_amount(typed, "gbp")
