"""Closures in the admin: typed by hand, and public holidays that are looked over and imported."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from businesses.actor import Actor
from businesses.holidays import import_holidays
from businesses.models import Closure
from staff.roles import Role
from tests.admin.clinic import Clinic, as_user, errors, operator, page, told, typed, words
from tests.factories import StaffFactory

pytestmark = pytest.mark.django_db

IMPORT = "/admin/businesses/closure/import/"
BAVARIA = {"country": "DE", "region": "BY", "first_year": "2027", "last_year": "2027"}
DAYS = ["2027-01-01", "2027-01-06"]


@pytest.fixture(autouse=True)
def november() -> Any:
    with time_machine.travel(datetime(2026, 11, 20, 12, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def owner(mine: Clinic) -> Client:
    return as_user(mine.works(Role.OWNER))


def made() -> list[tuple[str, date, date, str]]:
    """The closures that the test made: those of the clinics' fixtures are of 2001."""
    return list(
        Closure.objects.filter(date_start__year__gt=2001)
        .order_by("date_start", "name")
        .values_list("name", "date_start", "date_end", "region")
    )


def save(client: Client, row: Any, **changes: Any) -> Any:
    address = page(row, "add" if isinstance(row, type) else "change")
    return client.post(address, typed(client.get(address)) | changes)


# --- By hand ----------------------------------------------------------------------------------


def test_a_closure_is_typed(mine: Clinic, owner: Client) -> None:
    sent = {"name": "Winter break", "date_start": "2027-12-24", "date_end": "2028-01-02"}
    assert save(owner, Closure, **sent).status_code == 302
    assert made() == [("Winter break", date(2027, 12, 24), date(2028, 1, 2), "")]


def test_a_closure_without_a_last_day_is_one_day_long(mine: Clinic, owner: Client) -> None:
    assert save(owner, Closure, name="Outing", date_start="2027-06-01").status_code == 302
    assert made() == [("Outing", date(2027, 6, 1), date(2027, 6, 1), "")]


def test_a_closure_ends_after_it_starts(mine: Clinic, owner: Client) -> None:
    sent = {"name": "Outing", "date_start": "2027-06-02", "date_end": "2027-06-01"}
    assert errors(save(owner, Closure, **sent)) == {
        "date_end": ["The last day is before the first."]
    }
    assert made() == []


@pytest.mark.parametrize(
    ("days", "field"),
    [
        ({"date_start": "2027-06-02", "date_end": "9999-12-31"}, "date_end"),
        ({"date_start": "9999-12-31"}, "date_start"),
        ({"date_start": "0001-01-01", "date_end": "2027-06-02"}, "date_start"),
    ],
)
def test_a_closure_lies_where_there_are_days_after_it(
    mine: Clinic, owner: Client, days: dict[str, str], field: str
) -> None:
    """After the last day of the calendar no midnight comes at which it would end."""
    assert errors(save(owner, Closure, name="Outing", **days)) == {
        field: ["That is too far away; look at the year again."]
    }
    assert made() == []


def test_the_same_closure_is_there_once(mine: Clinic, owner: Client) -> None:
    sent = {"name": "Outing", "date_start": "2027-06-01", "date_end": "2027-06-01"}
    save(owner, Closure, **sent)
    assert errors(save(owner, Closure, **sent)) == {"name": ["This closure is there already."]}
    save(owner, Closure, **sent, location=str(mine.location.pk))
    assert len(made()) == 2


def test_what_a_closure_was_imported_for_can_not_be_changed(mine: Clinic, owner: Client) -> None:
    assert "Own land" in words(owner.get(page(mine.closure, "change")))
    assert save(owner, mine.closure, name="Renamed", region="DE").status_code == 302
    mine.closure.refresh_from_db()
    assert (mine.closure.name, mine.closure.region) == ("Renamed", "Own land")


@pytest.mark.parametrize(("word", "names"), [("yes", ["Own closure"]), ("no", ["Outing"])])
def test_public_holidays_are_sorted_out(
    word: str, names: list[str], mine: Clinic, owner: Client
) -> None:
    save(owner, Closure, name="Outing", date_start="2027-06-01")
    response = owner.get(page(Closure, "changelist"), {"imported": word})
    assert [one.name for one in response.context["cl"].result_list] == names


def test_the_location_of_another_business_is_refused(
    mine: Clinic, theirs: Clinic, owner: Client
) -> None:
    sent = {"name": "Outing", "date_start": "2027-06-01", "location": str(theirs.location.pk)}
    assert list(errors(save(owner, Closure, **sent))) == ["location"]
    assert made() == []


# --- Public holidays --------------------------------------------------------------------------


def test_the_list_of_closures_leads_to_the_import(mine: Clinic, owner: Client) -> None:
    assert reverse("admin:businesses_closure_import") == IMPORT
    assert f'href="{IMPORT}"' in words(owner.get(page(Closure, "changelist")))
    reader = as_user(mine.works(Role.FRONT_DESK))
    assert IMPORT not in words(reader.get(page(Closure, "changelist")))


def test_the_page_proposes_the_country_of_the_clinics_clock(mine: Clinic, owner: Client) -> None:
    response = owner.get(IMPORT)
    form = response.context["form"]
    assert form.initial == {"country": "GB", "first_year": 2026, "last_year": 2027}
    assert 'value="GB" selected' in words(response)
    assert "Scotland (SCT)" in words(response)
    assert response.context["lines"] == []


def test_looking_at_the_days_changes_nothing(mine: Clinic, owner: Client) -> None:
    response = owner.get(IMPORT, BAVARIA)
    lines = response.context["lines"]
    assert (len(lines), lines[1].holiday.name) == (12, "Epiphany")
    assert {(line.there, line.ticked) for line in lines} == {(False, True)}
    assert "Wed 6 Jan 2027" in words(response)
    assert made() == []


def test_the_ticked_days_are_imported(mine: Clinic, owner: Client) -> None:
    response = owner.post(IMPORT, BAVARIA | {"days": DAYS})
    assert (response.status_code, response["Location"]) == (302, page(Closure, "changelist"))
    assert told(response) == ["2 public holidays are added."]
    assert made() == [
        ("New Year's Day", date(2027, 1, 1), date(2027, 1, 1), "DE-BY"),
        ("Epiphany", date(2027, 1, 6), date(2027, 1, 6), "DE-BY"),
    ]


def test_days_that_are_there_are_told_and_not_added_again(mine: Clinic, owner: Client) -> None:
    owner.post(IMPORT, BAVARIA | {"days": DAYS})
    response = owner.get(IMPORT, BAVARIA)
    there = [line.holiday.day.isoformat() for line in response.context["lines"] if line.there]
    assert there == DAYS
    assert "there already" in words(response)
    again = owner.post(IMPORT, BAVARIA | {"days": DAYS})
    assert told(again)[-1] == "0 public holidays are added."
    assert len(made()) == 2


def test_one_location_is_closed(mine: Clinic, owner: Client) -> None:
    owner.post(IMPORT, BAVARIA | {"days": DAYS, "location": str(mine.location.pk)})
    assert Closure.objects.filter(location=mine.location, region="DE-BY").count() == 2


def test_the_history_names_who_imported(mine: Clinic) -> None:
    user = mine.works(Role.OWNER)
    client = as_user(user)
    client.post(IMPORT, BAVARIA | {"days": DAYS})
    response = client.get(page(Closure.objects.get(name="Epiphany"), "history"))
    (entry,) = response.context["entries"]
    assert (entry.who, entry.source, entry.label) == (str(user), "Admin", "Added")


def test_another_country_is_shown_without_the_region_of_the_first(
    mine: Clinic, owner: Client
) -> None:
    response = owner.get(IMPORT, BAVARIA | {"country": "GB"})
    assert response.context["form"].errors == {}
    assert "May Day" in words(response)


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"country": "XX"}, ["country"]),
        ({"country": ""}, ["country"]),
        ({"first_year": "2032"}, ["first_year"]),
        ({"last_year": "never"}, ["last_year"]),
        ({"first_year": "2028"}, ["last_year"]),
        ({"location": "nonsense"}, ["location"]),
        ({"location": str(uuid4())}, ["location"]),
    ],
)
def test_nonsense_is_an_error_of_its_field(
    changes: dict[str, str], wrong: list[str], mine: Clinic, owner: Client
) -> None:
    for response in (
        owner.get(IMPORT, BAVARIA | changes),
        owner.post(IMPORT, BAVARIA | changes | {"days": DAYS}),
    ):
        assert response.status_code == 200
        assert set(wrong) <= set(response.context["form"].errors)
        assert response.context["lines"] == []
    assert made() == []


@pytest.mark.parametrize("days", [[], ["2027-02-02"], ["nonsense"], [*DAYS, "2028-01-01"]])
def test_only_days_that_were_offered_are_imported(
    days: list[str], mine: Clinic, owner: Client
) -> None:
    response = owner.post(IMPORT, BAVARIA | {"days": days})
    assert response.status_code == 200
    assert list(response.context["chosen"].errors) == ["days"]
    assert made() == []


def test_a_region_of_another_country_is_not_imported(mine: Clinic, owner: Client) -> None:
    response = owner.post(IMPORT, BAVARIA | {"country": "GB", "days": DAYS})
    assert "region" in response.context["form"].errors
    assert made() == []


@pytest.mark.parametrize("role", [Role.FRONT_DESK, Role.PRACTITIONER, Role.DEVELOPER])
def test_who_does_not_write_services_imports_nothing(role: Role, mine: Clinic) -> None:
    client = as_user(mine.works(role))
    assert client.get(IMPORT).status_code == 403
    assert client.post(IMPORT, BAVARIA | {"days": DAYS}).status_code == 403
    assert made() == []


def test_nothing_is_imported_into_another_business(
    mine: Clinic, theirs: Clinic, owner: Client
) -> None:
    address = f"{IMPORT}?business={theirs.business.pk}"
    assert owner.get(address).status_code == 404
    assert owner.post(address, BAVARIA | {"days": DAYS}).status_code == 404
    foreign = {"days": DAYS, "location": str(theirs.location.pk)}
    response = owner.post(IMPORT, BAVARIA | foreign)
    assert list(response.context["form"].errors) == ["location"]
    assert "Zzfern" not in words(response)
    assert made() == []


def test_days_of_another_business_are_not_there_already(
    mine: Clinic, theirs: Clinic, owner: Client
) -> None:
    import_holidays(
        business=theirs.business,
        country="DE",
        region="BY",
        years=[2027],
        by=Actor(name="Them", source="desk"),
    )
    response = owner.get(IMPORT, BAVARIA)
    assert not [line for line in response.context["lines"] if line.there]


def test_of_several_businesses_one_is_chosen_first(mine: Clinic, theirs: Clinic) -> None:
    user = mine.works(Role.OWNER)
    StaffFactory(business=theirs.business, user=user, roles=[Role.OWNER.value])
    client = as_user(user)
    choices = client.get(IMPORT).context["choices"]
    assert [business for business, _ in choices] == [mine.business, theirs.business]
    address = f"{IMPORT}?business={theirs.business.pk}"
    assert "Zzfern clinic" in words(client.get(address))
    client.post(address, BAVARIA | {"days": DAYS})
    assert Closure.objects.filter(business=theirs.business, region="DE-BY").count() == 2


def test_an_operator_imports_into_the_only_business(mine: Clinic) -> None:
    response = as_user(operator()).post(IMPORT, BAVARIA | {"days": DAYS})
    assert told(response) == ["2 public holidays are added."]


def test_a_request_without_a_token_changes_nothing(mine: Clinic) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(mine.works(Role.OWNER))
    assert client.post(IMPORT, BAVARIA | {"days": DAYS}).status_code == 403
    assert made() == []
