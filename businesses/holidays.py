"""Public holidays: the countries and regions that are known, their days, and closures of them.

From the `holidays` package, which needs neither a network nor a clock. Only `already_closed` and
`import_holidays` touch the database.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any, Final

import holidays as package
from django.utils import timezone
from holidays.registry import COUNTRIES

from businesses.actor import Actor
from businesses.models import Business, Closure, Location
from businesses.statements import UNIQUE, in_one_transaction, sign, sqlstate
from businesses.zones import zone

YEARS_AHEAD: Final = 5


class UnknownCountry(ValueError):
    """The package knows no holidays of that country; the message names those that it knows."""


class UnknownRegion(ValueError):
    """The country has no such region; the message names those that it has."""


class YearsOutOfReach(ValueError):
    """Holidays are imported from this year on, for five years at most; the message says which."""


@dataclass(frozen=True, slots=True)
class Holiday:
    day: date
    name: str


@dataclass(frozen=True, slots=True)
class Area:
    """A country, or a region of it, whose holidays are known."""

    country: str
    region: str = ""

    @classmethod
    def read(cls, country: str, region: str = "") -> "Area":
        """From codes in any letter case, or a region's name. UnknownCountry, UnknownRegion."""
        code = country.strip().upper()
        if code not in countries():
            raise UnknownCountry(
                f"There is no country {country!r} with known holidays."
                f" There are: {', '.join(sorted(countries()))}."
            )
        wanted = region.strip().casefold()
        if not wanted:
            return cls(code)
        regions = regions_of(code)
        for known, name in regions.items():
            if wanted in (known.casefold(), name.casefold()):
                return cls(code, known)
        if not regions:
            raise UnknownRegion(f"{countries()[code]} has no regions here; leave the region out.")
        told = ", ".join(
            known if known == name else f"{known} ({name})" for known, name in regions.items()
        )
        raise UnknownRegion(f"{countries()[code]} has no region {region!r}. There are: {told}.")

    def __str__(self) -> str:
        return f"{self.country}-{self.region}" if self.region else self.country


@cache
def _names_of_countries() -> dict[str, str]:
    """The codes of ISO 3166 with English names, as the time zone database lists them."""
    return dict(line.split("\t")[:2] for line in _table("iso3166.tab") if not line.startswith("#"))


def _table(name: str) -> list[str]:
    return (resources.files("tzdata.zoneinfo") / name).read_text("utf-8").splitlines()


def _plain(name: str) -> str:
    """For putting names in order: Å among the A."""
    letters = unicodedata.normalize("NFKD", name)
    return "".join(one for one in letters if not unicodedata.combining(one)).casefold()


@cache
def countries() -> dict[str, str]:
    """Two-letter codes with names, in the order of the names."""
    named = {
        code: _names_of_countries().get(code) or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
        for name, code, *_ in COUNTRIES.values()
    }
    return dict(sorted(named.items(), key=lambda one: _plain(one[1])))


@cache
def regions_of(country: str) -> dict[str, str]:
    """The codes of a country's regions with names, in the order of the names; perhaps none."""
    calendar = package.country_holidays(country)
    names: dict[str, str] = {}
    for name, code in calendar.subdivisions_aliases.items():
        names.setdefault(code, name)
    named = {code: names.get(code, code) for code in calendar.subdivisions}
    return dict(sorted(named.items(), key=lambda one: _plain(one[1])))


@cache
def country_of(zone_name: str) -> str:
    """The code of the country in which a time zone lies; nothing for one like UTC."""
    for line in _table("zone.tab"):
        if not line.startswith("#") and line.split("\t")[2] == zone_name:
            code = line.split("\t")[0]
            return code if code in countries() else ""
    return ""


def holidays_of(area: Area, years: Iterable[int]) -> list[Holiday]:
    """The public holidays of those years, by date: one a day, which may have several names.

    The names are English where the package has them so, else the country's own.
    """
    found: Any = package.country_holidays(
        area.country,
        subdiv=area.region or None,
        years=list(years),
        expand=False,
        language=_language(area.country),
    )
    return [Holiday(day, name) for day, name in sorted(found.items())]


@cache
def _language(country: str) -> str | None:
    calendar = package.country_holidays(country)
    own = calendar.default_language
    if own is None or own.startswith("en") or "en_US" not in calendar.supported_languages:
        return own
    return "en_US"


def years_in_reach(business: Business) -> range:
    """This year, at the business, and the five after it."""
    this_year = timezone.now().astimezone(zone(business.timezone)).year
    return range(this_year, this_year + YEARS_AHEAD + 1)


def already_closed(
    *, business: Business, location: Location | None, area: Area, found: Iterable[Holiday]
) -> set[date]:
    """The days of these holidays that an import would leave out; one query."""
    names = {one.day: one.name for one in found}
    there = Closure.objects.of(business).filter(location=location, date_start__in=names)
    return {
        first
        for first, last, name, region in there.values_list(
            "date_start", "date_end", "name", "region"
        )
        if region == str(area) or (last == first and name == names[first])
    }


def import_holidays(
    *,
    business: Business,
    country: str,
    region: str = "",
    years: Iterable[int],
    location: Location | None = None,
    days: Collection[date] | None = None,
    by: Actor,
) -> int:
    """Makes a closure of each public holiday, or of those on `days`; the number that it added.

    The rule: one closure for each day of a region, at the same location. What was imported before
    stays as it is, also where its name is another one by now, and so does what people typed
    themselves. A closure that somebody has deleted or moved to another day is missing, and is
    added again. Refused with UnknownCountry, UnknownRegion, YearsOutOfReach.
    """
    area = Area.read(country, region)
    wanted, reach = sorted(set(years)), years_in_reach(business)
    if not wanted or wanted[0] not in reach or wanted[-1] not in reach:
        raise YearsOutOfReach(f"Holidays can be imported for the years {reach[0]} to {reach[-1]}.")
    found = [one for one in holidays_of(area, wanted) if days is None or one.day in days]

    def work() -> int:
        sign(by)
        # The rival is another import: it waits here, and then finds what this one has added.
        Business.objects.select_for_update(no_key=True).get(pk=business.pk)
        there = already_closed(business=business, location=location, area=area, found=found)
        closures = [
            Closure(
                business=business,
                location=location,
                name=one.name[:200],
                date_start=one.day,
                date_end=one.day,
                region=str(area),
            )
            for one in found
            if one.day not in there
        ]
        Closure.objects.bulk_create(closures)
        return len(closures)

    # Somebody may type the very same closure meanwhile; then it is there the next time.
    return in_one_transaction(work, again=lambda error: sqlstate(error) == UNIQUE)
