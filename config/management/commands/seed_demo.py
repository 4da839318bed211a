"""The demo clinic, for trying things and for programs that test against it."""

import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.demo.clinic import NAME
from config.demo.planting import AliasTaken, plant
from config.demo.welcome import described


class Command(BaseCommand):
    help = (
        "Makes the demo clinic, or what is missing of it, and books a week of appointments into"
        " days that have none. Running it again changes nothing else and prints the same."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--json", action="store_true", help="print the clinic, its logins and its API key"
        )
        parser.add_argument(
            "--force", action="store_true", help="also with DEBUG off, beside real clinics"
        )

    def handle(self, *, force: bool, **options: Any) -> None:
        if not (settings.DEBUG or force):
            raise CommandError(
                "With DEBUG off this may be a real site; the demo clinic has logins and a key that"
                " this command prints. Add --force if that is what you want."
            )
        try:
            booked = plant()
        except AliasTaken as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(described(), ensure_ascii=False, indent=2))
        else:
            self.stdout.write(f"{NAME}: {booked} appointments added.")
