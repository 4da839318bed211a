"""`make serve`: the site and its worker in one terminal, on a database that is ready for both."""

import errno
import multiprocessing
import os
import select
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor
from gunicorn.app import wsgiapp

from businesses.models import Business
from config.demo.planting import plant
from config.demo.welcome import welcome
from config.postgres.base import DatabaseWrapper, embedded
from config.postgres.keeper import ClusterError
from config.stopping import SIGNALS, StopRequest

HOST = "127.0.0.1"
PATIENCE = 60  # seconds for the site to answer for the first time
GRACE = 30  # seconds for the site and the worker to finish what they do
LOOK_EVERY = 0.25


class Command(BaseCommand):
    help = "Prepares the database, runs the site and its worker, and stops both on Ctrl-C."
    requires_system_checks = ()  # they have passed before a release; a start takes no second longer

    def handle(self, **options: Any) -> None:
        with StopRequest() as stop, claimed(settings.PORT) as listener:
            with database(settings.DATABASES["default"]) as about:
                self.say(f"3/4 Database: {about}")
                self.prepare()
                self.say("4/4 Site and worker")
                with children(listener.fileno()) as running:
                    summary = self.summary()  # takes a second, and so does the start of the site
                    if answers(running, stop):
                        self.say(summary)
                        while not stop.wait(LOOK_EVERY):
                            running.check()
                    self.say("\nStopping.")
            self.say("Stopped.")

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def prepare(self) -> None:
        """Migrates what is not migrated, and in development gives an empty site a clinic."""
        executor = MigrationExecutor(connection)
        if plan := executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.say(f"    migrations to apply: {len(plan)}")
            call_command("migrate", interactive=False, verbosity=0)
        if settings.DEBUG and not Business.objects.exists():
            self.say("    making a demo clinic")
            plant()

    def summary(self) -> str:
        at = settings.PUBLIC_URL
        return "\n".join(
            [
                "",
                f"Stilldesk is running at {at}",
                "",
                f"  Front desk     {at}/desk/",
                f"  Admin          {at}/admin/",
                f"  API            {at}/v1/docs",
                *welcome(),
                "",
                "Ctrl-C stops it.",
            ]
        )


@contextmanager
def claimed(port: int) -> Iterator[socket.socket]:
    """The port, taken before anything else is done, for the site to accept connections on."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
            listener.listen()
        except OSError as error:
            another = f"make serve PORT={port + 1 if port < 65535 else 8000}"
            if error.errno == errno.EADDRINUSE:
                raise CommandError(
                    f"Port {port} is in use by another program; choose another: {another}"
                ) from error
            raise CommandError(
                f"Port {port}: {error.strerror}; choose another: {another}"
            ) from error
        yield listener


@contextmanager
def database(entry: Mapping[str, Any]) -> Iterator[str]:
    """Has the embedded server running, where that is the one; ends it if it was started here."""
    server = embedded(entry)
    if server is None:
        yield "the server of DATABASE_URL"
        return
    try:
        started = server.start()
    except ClusterError as error:
        raise CommandError(str(error)) from error
    try:
        yield f"PostgreSQL in {server.folder}, {'started' if started else 'joined'}"
    finally:
        connections.close_all()
        if started:
            server.stop()


class Running:
    """The site and the worker as processes of their own.

    Forked, because everything is imported here already: it halves the time to the first page.
    """

    def __init__(self, listener: int) -> None:
        work: dict[str, Callable[[], object]] = {
            "site": lambda: run_site(listener),
            "worker": lambda: call_command("run_worker"),
        }
        # No connection, and no thread of the pool, may be alive in two processes.
        connections.close_all()
        database = connections["default"]
        assert isinstance(database, DatabaseWrapper)
        database.close_pool()
        fork = multiprocessing.get_context("fork")
        self.processes = {
            name: fork.Process(target=apart, args=(target,), name=name)
            for name, target in work.items()
        }
        for process in self.processes.values():
            process.start()

    def check(self) -> None:
        """Refuses to go on with half of it."""
        for name, process in self.processes.items():
            if process.exitcode is not None:
                raise CommandError(f"The {name} has ended (exit {process.exitcode}); see above.")

    def stop(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            process.join(GRACE)
            if process.is_alive():
                process.kill()
                process.join()


def apart(work: Callable[[], object]) -> None:
    """Does it in a session of its own: Ctrl-C is for the parent, which then asks us to stop."""
    os.setsid()
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    work()


def run_site(listener: int) -> None:
    config = settings.BASE_DIR / "config" / "gunicorn.py"
    sys.argv = ["gunicorn", "--config", str(config), "--bind", f"fd://{listener}", "config.wsgi"]
    wsgiapp.run(prog="gunicorn")


@contextmanager
def children(listener: int) -> Iterator[Running]:
    running = Running(listener)
    try:
        yield running
    finally:
        running.stop()


def answers(running: Running, stop: StopRequest) -> bool:
    """Waits until the site answers a request; false if the request to stop comes first."""
    port = settings.PORT
    with socket.create_connection((HOST, port)) as client:
        host = settings.ALLOWED_HOSTS[0].lstrip(".")
        request = f"GET /login HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        client.sendall(request.encode())
        for _ in range(int(PATIENCE / LOOK_EVERY)):
            if stop.received:
                return False
            running.check()
            if select.select([client], [], [], LOOK_EVERY)[0]:
                status = client.recv(12)[9:].decode(errors="replace")
                while client.recv(65536):
                    pass
                if "200" <= status < "500":
                    return True
                raise CommandError(f"The site can't show its login page ({status}); see above.")
    raise CommandError(f"The site doesn't answer within {PATIENCE} seconds.")
