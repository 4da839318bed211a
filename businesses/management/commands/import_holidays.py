"""Public holidays as closures, for whoever sets up a business without a browser."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from businesses.actor import Actor
from businesses.holidays import (
    Area,
    UnknownCountry,
    UnknownRegion,
    YearsOutOfReach,
    countries,
    import_holidays,
)
from businesses.management.commands.create_api_key import find_business
from businesses.models import Business, Location

MAKER = Actor(name="manage.py import_holidays", source="system")


def find_location(business: Business, named: str) -> Location:
    """The location of that name; CommandError names those there are."""
    found: Location | None = (
        Location.objects.of(business).filter(name__iexact=named.strip()).order_by("id").first()
    )
    if found is None:
        names = list(Location.objects.of(business).values_list("name", flat=True)[:20])
        known = f"There are: {', '.join(names)}." if names else "There is none yet."
        raise CommandError(f"{business} has no location {named!r}. {known}")
    return found


class Command(BaseCommand):
    help = (
        "Closes a business, or one of its locations, on public holidays. Running it again adds"
        " nothing; what was typed or imported before stays."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("business", help="the business's alias or id")
        parser.add_argument("--country", required=True, help="its two-letter code, such as DE")
        parser.add_argument("--region", default="", help="its code or name, such as BY or Bayern")
        parser.add_argument(
            "--years", required=True, nargs="+", type=int, metavar="YEAR", help="such as 2027 2028"
        )
        parser.add_argument("--location", metavar="NAME", help="this one only, not the business")

    def handle(
        self,
        *,
        business: str,
        country: str,
        region: str,
        years: list[int],
        location: str | None,
        **options: Any,
    ) -> None:
        clinic = find_business(business)
        place = find_location(clinic, location) if location is not None else None
        try:
            area = Area.read(country, region)
            added = import_holidays(
                business=clinic,
                country=country,
                region=region,
                years=years,
                location=place,
                by=MAKER,
            )
        except (UnknownCountry, UnknownRegion, YearsOutOfReach) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{place or clinic}: {added} public holidays of"
            f" {countries()[area.country]} ({area}) added."
        )
