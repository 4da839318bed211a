"""The embedded PostgreSQL server by hand."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from config.postgres.base import embedded
from config.postgres.cluster import Cluster
from config.postgres.keeper import ClusterError

STOPPED = 3  # what `systemctl status` and `pg_ctl status` answer


class Command(BaseCommand):
    help = (
        "Starts or stops the embedded PostgreSQL server, tells whether it runs, or deletes its"
        " databases. It starts by itself when it is needed, and then ends five minutes after the"
        " last connection; one that `start` started stays until `stop`."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=["start", "stop", "status", "reset"])
        parser.add_argument("--yes", action="store_true", help="reset without asking")

    def handle(self, *, action: str, yes: bool, **options: Any) -> None:
        cluster = embedded(connection.settings_dict)
        if cluster is None:
            raise CommandError("DATABASE_URL names a server of its own; there is none to manage.")
        try:
            if action == "start":
                self.start(cluster)
            elif action == "stop":
                self.stdout.write("stopped" if cluster.stop() else "not running")
            elif action == "status":
                self.status(cluster)
            else:
                self.reset(cluster, yes=yes)
        except ClusterError as error:
            raise CommandError(str(error)) from None

    def start(self, cluster: Cluster) -> None:
        started = cluster.start(idle_after=0)
        self.stdout.write("started" if started else "running already")

    def status(self, cluster: Cluster) -> None:
        pid = cluster.pid()
        self.stdout.write("stopped" if pid is None else "running")
        if pid is None:
            sys.exit(STOPPED)
        self.stderr.write(f"process {pid}, folder {cluster.folder}")

    def reset(self, cluster: Cluster, *, yes: bool) -> None:
        if not yes:
            answer = input(f"Delete every database in {cluster.folder}? Type yes: ")
            if answer != "yes":
                raise CommandError("Nothing was deleted.")
        cluster.reset()
        self.stdout.write("deleted")
