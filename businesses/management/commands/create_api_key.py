"""An API key for a business, made where there is no browser."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any
from uuid import UUID

import pghistory
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from businesses.actor import Actor
from businesses.keys import create_key
from businesses.models import Business
from businesses.scopes import EVERY_SCOPE, SCOPES

LONGEST = 36500
FASTEST = 1_000_000


def find_business(named: str) -> Business:
    """The business of that alias or id; CommandError names those there are."""
    found: Business | None = Business.objects.filter(alias__iexact=named).first()
    if found is None:
        try:
            found = Business.objects.filter(pk=UUID(named)).first()
        except ValueError:
            found = None
    if found is None:
        aliases = list(Business.objects.order_by("alias").values_list("alias", flat=True)[:20])
        known = f"There are: {', '.join(aliases)}." if aliases else "There is none yet."
        raise CommandError(f"No business has the alias or id {named!r}. {known}")
    return found


class Command(BaseCommand):
    help = "Makes an API key and prints it, once: only a hash of it is kept."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("business", help="the business's alias or id")
        parser.add_argument("--description", default="Command line", help="what the key is for")
        parser.add_argument(
            "--scope",
            action="append",
            default=[],
            metavar="SCOPE",
            help=f"what it may do, repeatable; all when left out: {', '.join(SCOPES)}",
        )
        parser.add_argument(
            "--expires", type=int, metavar="DAYS", help="days until it ends; never when left out"
        )

        parser.add_argument(
            "--rate-limit",
            type=int,
            metavar="REQUESTS",
            help="how many requests it may make in a minute; as everybody when left out",
        )

    def handle(
        self,
        *,
        business: str,
        description: str,
        scope: list[str],
        expires: int | None,
        rate_limit: int | None,
        **options: Any,
    ) -> None:
        if unknown := sorted(set(scope) - EVERY_SCOPE):
            raise CommandError(
                f"There is no scope {unknown[0]!r}. There are: {', '.join(sorted(SCOPES))}."
            )
        if expires is not None and not 1 <= expires <= LONGEST:
            raise CommandError(f"--expires takes 1 to {LONGEST} days.")
        if rate_limit is not None and not 1 <= rate_limit <= FASTEST:
            raise CommandError(f"--rate-limit takes 1 to {FASTEST} requests a minute.")
        description = description.strip()
        if not 1 <= len(description) <= 200:
            raise CommandError("--description takes 1 to 200 characters.")
        clinic = find_business(business)
        who = Actor(name="manage.py create_api_key", source="system")
        with pghistory.context(**who.trace()):
            key, token = create_key(
                business=clinic,
                description=description,
                scopes=set(scope) or EVERY_SCOPE,
                expires_at=timezone.now() + timedelta(days=expires) if expires else None,
                rate_limit=rate_limit,
            )
        ends = f"until {key.expires_at:%Y-%m-%d %H:%M} UTC" if key.expires_at else "until revoked"
        self.stderr.write(f"{key.description} for {clinic.name}, {ends}. It is shown only now:")
        self.stdout.write(token)
