"""Public holidays: which places are known, and closures that are imported once."""

from datetime import UTC, date, datetime
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from pghistory.core import event_models

from businesses.actor import Actor
from businesses.holidays import (
    Area,
    Holiday,
    UnknownCountry,
    UnknownRegion,
    YearsOutOfReach,
    countries,
    country_of,
    holidays_of,
    import_holidays,
    regions_of,
)
from businesses.models import Closure
from tests.factories import BusinessFactory, LocationFactory

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BOSS = Actor(name="Ben Ashworth", source="desk")


@pytest.fixture(autouse=True)
def november() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


# --- What is known ----------------------------------------------------------------------------


def test_countries_and_regions_have_names() -> None:
    assert countries()["DE"] == "Germany"
    assert regions_of("DE")["BY"] == "Bayern"
    assert regions_of("GB") == {
        "ENG": "England",
        "NIR": "Northern Ireland",
        "SCT": "Scotland",
        "WLS": "Wales",
    }
    assert regions_of("MC") == {}


def test_countries_are_in_the_order_of_their_names() -> None:
    names = list(countries().values())
    assert (names[0], names[1]) == ("Afghanistan", "Åland Islands")
    assert len(names) > 200
    assert all(len(code) == 2 for code in countries())


def test_every_region_fits_the_column() -> None:
    longest = Closure._meta.get_field("region").max_length
    areas = [
        str(Area(country, region)) for country in countries() for region in regions_of(country)
    ]
    assert longest is not None
    assert max(map(len, areas)) <= longest


def test_a_time_zone_lies_in_a_country() -> None:
    found = [country_of(name) for name in ("Europe/Berlin", "Europe/London", "America/New_York")]
    assert found == ["DE", "GB", "US"]
    assert country_of("UTC") == ""


def test_bavaria_has_a_day_that_berlin_has_not() -> None:
    epiphany = Holiday(date(2027, 1, 6), "Epiphany")
    assert epiphany in holidays_of(Area("DE", "BY"), [2027])
    assert epiphany not in holidays_of(Area("DE", "BE"), [2027])
    assert epiphany not in holidays_of(Area("DE"), [2027])


def test_the_days_of_several_years_are_in_order_and_no_others() -> None:
    days = [one.day for one in holidays_of(Area("GB", "SCT"), [2028, 2027])]
    assert days == sorted(set(days))
    assert {day.year for day in days} == {2027, 2028}


@pytest.mark.parametrize("language", ["de", "th", "xx"])
def test_names_do_not_hang_on_the_language_of_the_machine(
    language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANGUAGE", language)
    assert holidays_of(Area("DE"), [2027])[0].name == "New Year's Day"
    assert holidays_of(Area("GB"), [2027])[0].name == "New Year's Day"


def test_a_region_is_read_by_its_code_or_name() -> None:
    assert str(Area.read("de", "by")) == str(Area.read(" DE ", "Bayern")) == "DE-BY"
    assert str(Area.read("fr")) == "FR"


def test_an_unknown_country_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(UnknownCountry) as caught:
        Area.read("Bavaria")
    assert str(caught.value).startswith(
        "There is no country 'Bavaria' with known holidays. There are: AD, AE, AF,"
    )


def test_an_unknown_region_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(UnknownRegion) as caught:
        Area.read("GB", "Cornwall")
    assert str(caught.value) == (
        "Britain (UK) has no region 'Cornwall'. There are: ENG (England), NIR (Northern Ireland),"
        " SCT (Scotland), WLS (Wales)."
    )
    with pytest.raises(UnknownRegion) as caught:
        Area.read("MC", "Monte Carlo")
    assert str(caught.value) == "Monaco has no regions here; leave the region out."


# --- What is imported -------------------------------------------------------------------------


def bavarian(business: Any, *years: int, **more: Any) -> int:
    return import_holidays(
        business=business, country="DE", region="BY", years=years or [2027], by=BOSS, **more
    )


@pytest.mark.django_db
def test_holidays_become_closures_of_one_whole_day() -> None:
    business = BusinessFactory()
    assert bavarian(business, 2027, 2028) == Closure.objects.count() == 24
    first = Closure.objects.order_by("date_start")[0]
    assert (first.name, first.date_start, first.date_end, first.region, first.location) == (
        ("New Year's Day", date(2027, 1, 1), date(2027, 1, 1), "DE-BY", None)
    )


@pytest.mark.django_db
def test_a_second_import_adds_nothing() -> None:
    business = BusinessFactory()
    assert bavarian(business) == 12
    before = list(Closure.objects.order_by("id").values())
    assert bavarian(business) == 0
    assert list(Closure.objects.order_by("id").values()) == before


@pytest.mark.django_db
def test_a_holiday_that_has_another_name_by_now_is_not_there_twice() -> None:
    business = BusinessFactory()
    bavarian(business)
    Closure.objects.filter(date_start=date(2027, 1, 6)).update(name="Three Kings")
    assert bavarian(business) == 0
    assert Closure.objects.get(date_start=date(2027, 1, 6)).name == "Three Kings"


@pytest.mark.django_db
def test_a_closure_that_was_deleted_is_added_again() -> None:
    business = BusinessFactory()
    bavarian(business)
    Closure.objects.filter(date_start=date(2027, 1, 6)).delete()
    assert bavarian(business) == 1


@pytest.mark.django_db
def test_what_people_typed_stays() -> None:
    business = BusinessFactory()
    day = {"business": business, "date_start": date(2027, 1, 1)}
    same = Closure.objects.create(name="New Year's Day", date_end=date(2027, 1, 1), **day)
    week = Closure.objects.create(name="Winter break", date_end=date(2027, 1, 8), **day)
    assert bavarian(business) == 11
    kept = Closure.objects.filter(region="").order_by("name")
    assert list(kept) == [same, week]


@pytest.mark.django_db
def test_a_location_has_holidays_of_its_own() -> None:
    house = LocationFactory()
    assert bavarian(house.business) == 12
    assert bavarian(house.business, location=house) == 12
    assert bavarian(house.business, location=house) == 0
    assert Closure.objects.filter(location=house).count() == 12


@pytest.mark.django_db
def test_businesses_do_not_see_each_others_closures() -> None:
    assert bavarian(BusinessFactory()) == bavarian(BusinessFactory()) == 12


@pytest.mark.django_db
def test_only_the_chosen_days_are_imported() -> None:
    business = BusinessFactory()
    assert bavarian(business, days={date(2027, 1, 6), date(2027, 2, 2)}) == 1
    assert Closure.objects.get().date_start == date(2027, 1, 6)


@pytest.mark.django_db
@pytest.mark.parametrize("years", [[2025], [2026, 2032], []])
def test_holidays_are_imported_for_five_years_ahead_at_most(years: list[int]) -> None:
    business = BusinessFactory()
    with pytest.raises(YearsOutOfReach) as caught:
        import_holidays(business=business, country="DE", years=years, by=BOSS)
    assert str(caught.value) == "Holidays can be imported for the years 2026 to 2031."
    assert not Closure.objects.exists()


@pytest.mark.django_db
def test_the_year_is_that_of_the_business() -> None:
    auckland = BusinessFactory(timezone="Pacific/Auckland")
    with time_machine.travel(datetime(2026, 12, 31, 12, tzinfo=UTC), tick=False):
        assert import_holidays(business=auckland, country="NZ", years=[2032], by=BOSS) > 5


@pytest.mark.django_db
def test_the_history_says_who_imported_them() -> None:
    bavarian(BusinessFactory())
    events: Any = event_models(tracks_model=Closure)[0]
    assert {event.pgh_context["name"] for event in events.objects.all()} == {"Ben Ashworth"}


# --- From the command line --------------------------------------------------------------------


def imported(*words: str) -> str:
    out = StringIO()
    call_command("import_holidays", *words, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_the_command_imports_and_counts() -> None:
    house = LocationFactory(name="Main house")
    house.business.alias, house.business.name = "riverside", "Riverside"
    house.business.save()
    words = ("riverside", "--country", "de", "--region", "by", "--years", "2027", "2028")
    assert imported(*words) == "Riverside: 24 public holidays of Germany (DE-BY) added.\n"
    assert imported(*words) == "Riverside: 0 public holidays of Germany (DE-BY) added.\n"
    assert imported(*words, "--location", "main house") == (
        "Main house: 24 public holidays of Germany (DE-BY) added.\n"
    )
    events: Any = event_models(tracks_model=Closure)[0]
    assert events.objects.first().pgh_context["name"] == "manage.py import_holidays"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--country", "XX"], "There is no country 'XX' with known holidays. There are: AD,"),
        (["--country", "GB", "--region", "BY"], "Britain (UK) has no region 'BY'. There are: ENG"),
        (["--country", "GB", "--years", "1999"], "Holidays can be imported for the years 2026 to"),
        (["--country", "GB", "--location", "Moon"], "Riverside has no location 'Moon'. There is n"),
    ],
)
def test_the_command_refuses_in_words(words: list[str], sentence: str) -> None:
    BusinessFactory(alias="riverside", name="Riverside")
    with pytest.raises(CommandError) as caught:
        imported("riverside", "--years", "2027", *words)
    assert str(caught.value).startswith(sentence)
    assert not Closure.objects.exists()
