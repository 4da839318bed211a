"""The site and PostgreSQL are killed under load: what was confirmed is there, once.

A real site on a cluster of its own, and clients who send every booking again, with its key, until
they have an answer.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from config.postgres.base import USER
from config.postgres.cluster import PORT, Cluster
from tests.races.rivals import PATIENCE, noon, wire
from tests.races.serving import Site, run_python
from tests.soak import FACTOR

pytestmark = pytest.mark.soak

CLIENTS = 6
DATES = 6  # of a series
BETWEEN = 40  # confirmed bookings between one kill and the next
SECRET = "only-for-the-crash-tests-0123456789"
FINAL = {201, 409}  # an answer that is kept; anything else, or none, is asked again


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes


@dataclass
class Clients:
    """They book half hour after half hour until they are told to stop; two want each."""

    name: str
    port: int
    path: str
    token: str
    bodies: Iterator[dict[str, Any]]
    answers: dict[str, Answer] = field(default_factory=dict)
    sent: dict[str, bytes] = field(default_factory=dict)
    broken: int = 0  # requests that met the dead: no answer, or one of 500 and more
    stopping: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, key: str, body: bytes) -> Answer:
        """One request's answer; OSError or HTTPException when there is none."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": key,
        }
        try:
            connection.request("POST", self.path, body, headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.read())
        finally:
            connection.close()

    def insist(self, key: str, body: bytes) -> Answer:
        """The answer in the end, however often it takes."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                answer = self.ask(key, body)
            except (OSError, http.client.HTTPException):
                answer = Answer(0, b"")
            if answer.status in FINAL:
                return answer
            assert answer.status == 0 or answer.status >= 500, answer
            assert time.monotonic() < deadline, answer
            with self.lock:
                self.broken += 1
            time.sleep(0.02)

    def run(self, number: int) -> None:
        while not self.stopping.is_set():
            with self.lock:
                body = json.dumps(next(self.bodies)).encode()
                key = f"{self.name} {number}, request {len(self.sent)}"
                self.sent[key] = body
            answer = self.insist(key, body)
            with self.lock:
                self.answers[key] = answer

    def wait_for(self, more: int) -> None:
        """Until so many more requests are answered."""
        deadline = time.monotonic() + PATIENCE
        enough = len(self.answers) + more
        while len(self.answers) < enough:
            assert time.monotonic() < deadline, (len(self.answers), enough)
            time.sleep(0.005)

    @property
    def booked(self) -> list[list[str]]:
        """The ids of each confirmed booking: one, or those of a series."""
        told = [json.loads(one.body) for one in self.answers.values() if one.status == 201]
        return [
            [one["id"] for one in answer["meta"]["occurrences"]]
            if "meta" in answer
            else [answer["data"]["id"]]
            for answer in told
        ]

    @contextmanager
    def at_work(self) -> Iterator[None]:
        with ThreadPoolExecutor(CLIENTS) as threads:
            working = [threads.submit(self.run, number) for number in range(CLIENTS)]
            try:
                yield
            finally:
                self.stopping.set()
            for one in working:
                one.result()


PLANT = """
import json
from tests.appointments.api.clinic import make_clinic
from tests.factories import StaffFactory

clinic = make_clinic()
more = StaffFactory.create_batch(2, business=clinic.business)
print(json.dumps({
    "path": clinic.path(),
    "token": clinic.token,
    "staff": [str(one.pk) for one in (clinic.staff, *more)],
    "body": clinic.body(),
}))
"""


def visits(body: dict[str, Any], staff: list[str]) -> Iterator[dict[str, Any]]:
    """One half hour after the other, each asked for twice in a row."""
    for number in count():
        day, nth = divmod(number // len(staff), 8)
        start = noon(day) + timedelta(minutes=30 * nth)
        wanted = body | {"staffId": staff[number % len(staff)], "date": wire(start)}
        yield wanted
        yield wanted


def series(body: dict[str, Any], staff: list[str]) -> Iterator[dict[str, Any]]:
    """One after the other, in the hours before those visits, each asked for twice in a row."""
    for number in count():
        day, nth = divmod(number // len(staff), 8)
        weeks, weekday = divmod(day, 7)
        start = noon(7 * DATES * weeks + weekday) - timedelta(hours=4) + timedelta(minutes=30 * nth)
        wanted = body | {
            "staffId": staff[number % len(staff)],
            "date": wire(start),
            "rrule": f"FREQ=WEEKLY;COUNT={DATES}",
        }
        yield wanted
        yield wanted


@dataclass
class Run:
    """A site, its cluster, and what clients were told in all."""

    site: Site
    cluster: Cluster
    path: str
    token: str
    visits: Iterator[dict[str, Any]]
    series: Iterator[dict[str, Any]]
    confirmed: list[str] = field(default_factory=list)

    def clients(self, name: str, bodies: Iterator[dict[str, Any]]) -> Clients:
        return Clients(name, self.site.port, self.path, self.token, bodies)

    def kill_the_site(self) -> None:
        self.site.kill()
        self.site.start()

    def kill_the_database(self) -> None:
        """kill -9 of the postmaster; the site starts another when it next connects."""
        pid = self.cluster.pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        address = make_conninfo(
            host=str(self.cluster.folder), port=PORT, user=USER, dbname="stilldesk"
        )
        with psycopg.connect(address) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    # A short path, for the server's socket.
    place = Path(tempfile.mkdtemp(prefix="sd-", dir="/tmp"))
    place.chmod(0o755)
    variables = {
        "DEBUG": "false",
        "SECRET_KEY": SECRET,
        "ALLOWED_HOSTS": "127.0.0.1,testserver",
        "DATABASE_URL": "embedded",
        "DATA_DIR": str(place),
    }
    cluster = Cluster(place / "postgres")
    site = Site(log=tmp_path_factory.mktemp("site") / "log", environment=variables)
    try:
        run_python("manage.py", "migrate", "-v0", **variables)
        clinic = json.loads(run_python("-c", PLANT, **variables))
        site.start()
        wanted = clinic["body"], clinic["staff"]
        path, token = clinic["path"], clinic["token"]
        yield Run(site, cluster, path, token, visits(*wanted), series(*wanted))
    finally:
        site.kill()
        cluster.stop()
        shutil.rmtree(place)


OVERLAPS = """
SELECT a.id, b.id FROM appointments_heldtime a JOIN appointments_heldtime b
ON a.staff_id = b.staff_id AND a.id < b.id AND a.during && b.during
"""
IN_PARTS = f"""
SELECT s.id FROM appointments_series s LEFT JOIN appointments_appointment a ON a.series_id = s.id
GROUP BY s.id, s.dates HAVING count(a.id) <> s.dates OR s.dates <> {DATES}
"""


@pytest.mark.parametrize("victim", ["the site", "the database", "both"])
def test_what_was_confirmed_before_a_crash_is_there_afterwards_and_once(
    running: Run, victim: str
) -> None:
    clients = running.clients(victim, running.visits)
    with clients.at_work():
        clients.wait_for(BETWEEN)
        for _ in range(FACTOR):
            before = clients.broken
            if victim != "the site":
                running.kill_the_database()
            if victim != "the database":
                running.kill_the_site()
            clients.wait_for(BETWEEN)
            assert clients.broken > before  # it was in the middle of the load
    assert {len(ids) for ids in clients.booked} == {1}
    check(running, clients)


def test_a_series_is_there_whole_or_not_at_all_when_a_worker_was_killed(running: Run) -> None:
    clients = running.clients("a worker", running.series)
    with clients.at_work():
        clients.wait_for(BETWEEN)
        for _ in range(FACTOR):
            before = clients.broken
            for _ in range(3):
                running.site.kill_a_worker()
                clients.wait_for(BETWEEN // 4)
            assert clients.broken > before
    assert {len(ids) for ids in clients.booked} == {DATES}
    check(running, clients)
    assert running.rows(IN_PARTS) == []


def check(running: Run, clients: Clients) -> None:
    """Just what was confirmed is there, and asking once more changes nothing."""
    assert clients.answers.keys() == clients.sent.keys()
    running.confirmed += [one for ids in clients.booked for one in ids]
    assert len(set(running.confirmed)) == len(running.confirmed)
    stored = running.rows("SELECT id::text FROM appointments_appointment")
    assert sorted(one for (one,) in stored) == sorted(running.confirmed)
    holding = running.rows("SELECT appointment_id::text FROM appointments_heldtime")
    assert sorted(holding) == sorted(stored)
    assert running.rows(OVERLAPS) == []
    # Every key still has the answer that it had, and none books a second time.
    again = {key: clients.insist(key, body) for key, body in clients.sent.items()}
    assert again == clients.answers
    assert running.rows("SELECT id::text FROM appointments_appointment") == stored
