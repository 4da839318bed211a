"""How fast a booking is, beside the least that a Django view could do: `make bench`.

In one run, on one database with 100,000 appointments, gunicorn serves the site (`config.wsgi`)
and the floor (`floor.py`) with two workers each, and wrk sends both the same creates over eight
connections, in turn. Prints a table and writes `.data/bench.json`. Fails when an answer is not
201 or an acknowledged booking is not in the database; a missed target is only said.

`DATABASE_URL` names a server to make a database on, as a superuser; without it the embedded one
is used, in a folder of its own.
"""

from __future__ import annotations

import json
import os
import resource
import secrets
import socket
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.conninfo import make_conninfo

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
sys.path.insert(0, str(PROJECT))

if TYPE_CHECKING:
    from tests.load.clinic import Clinic

DATABASE = "stilldesk_bench"
CONNECTIONS, WORKERS = 8, 2
# The least share of the floor's requests a second, and the most of its 99th percentile.
SHARE, TAIL = 0.35, 3.0
QUIET = 0.1  # the most that other programs may take of the processors
SERVERS = {"floor": "floor:application", "booking": "config.wsgi"}


@dataclass(frozen=True)
class Round:
    """What wrk saw of one server, and what each request cost; times in milliseconds."""

    requests: int
    per_second: float
    p50: float
    p99: float
    slowest: float
    web_cpu: float  # of gunicorn's workers
    database_cpu: float  # of their connections; 0 if the server is on another machine
    others: float  # what other programs took of the processors, 0 to 1


@contextmanager
def database(folder: Path) -> Iterator[str]:
    """An empty database, as a superuser reaches it; DATABASE_URL names it. Gone afterwards."""
    given = os.environ.get("DATABASE_URL", "")
    if given.rstrip(":/") not in ("", "embedded"):
        with psycopg.connect(given, autocommit=True) as server:
            server.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
            server.execute(f"CREATE DATABASE {DATABASE}")
        os.environ["DATABASE_URL"] = make_conninfo(given, dbname=DATABASE)
        try:
            yield os.environ["DATABASE_URL"]
        finally:
            with psycopg.connect(given, autocommit=True) as server:
                server.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")
        return
    from config.postgres.base import USER
    from config.postgres.cluster import PORT, Cluster
    from config.postgres.keeper import SUPERUSER

    cluster = Cluster(folder / "postgres")
    cluster.reset()
    cluster.ensure(USER, "stilldesk")
    os.environ |= {"DATABASE_URL": "embedded", "DATA_DIR": str(folder)}
    try:
        yield make_conninfo(host=str(cluster.folder), port=PORT, user=SUPERUSER, dbname="stilldesk")
    finally:
        cluster.reset()


@dataclass(frozen=True)
class Served:
    address: str
    master: int  # gunicorn's process


def stat(process: Path) -> list[str]:
    """The fields of /proc/…/stat from the state on; none if the process is gone."""
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def workers_cpu(master: int) -> float:
    """Seconds that the workers of a gunicorn have used."""
    everybody = map(stat, Path("/proc").glob("[0-9]*"))
    return sum(seconds(fields) for fields in everybody if fields and int(fields[1]) == master)


def database_cpu(superuser: str) -> dict[int, float]:
    """Seconds that each connection of others to the database has used, by process."""
    with psycopg.connect(superuser) as connection:
        found = connection.execute(
            "SELECT pid FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchall()
    processes = {pid: Path(f"/proc/{pid}") for (pid,) in found}
    return {
        pid: seconds(fields)
        for pid, process in processes.items()
        if (fields := stat(process)) and (process / "comm").read_text() == "postgres\n"
    }


def seconds(fields: list[str]) -> float:
    """User and system time."""
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def machine() -> tuple[float, float]:
    """Seconds that all processors together were busy since the start, and seconds that passed."""
    line = Path("/proc/stat").read_text().partition("\n")[0]
    user, nice, system, idle, waiting, *interrupts = (
        int(word) / os.sysconf("SC_CLK_TCK") for word in line.split()[1:8]
    )
    busy = user + nice + system + sum(interrupts)
    return busy, busy + idle + waiting


def client_cpu() -> float:
    """Seconds that the programs which we started and waited for have used: wrk, mostly."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextmanager
def serving(application: str, log: Path) -> Iterator[Served]:
    """gunicorn with the settings for production, once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "--config", "config/gunicorn.py", application]
    environment = os.environ | {
        "PORT": str(port),
        "WEB_WORKERS": str(WORKERS),
        "PYTHONPATH": f"{PROJECT}:{HERE}",
    }
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command, cwd=PROJECT, env=environment, stdout=output, stderr=output
        ) as server,
    ):
        try:
            deadline = time.monotonic() + 30
            while socket.socket().connect_ex(("127.0.0.1", port)):
                if server.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"{application} did not start:\n{log.read_text()[-2000:]}")
                time.sleep(0.05)
            yield Served(f"http://127.0.0.1:{port}", server.pid)
        finally:
            server.terminate()


@dataclass
class Load:
    """Sends creates to a server; every one books another free time."""

    clinic: Clinic
    server: Served
    superuser: str
    folder: Path
    share: int  # how many free times one round may use
    used: int = 0

    def run(self, seconds: int) -> tuple[Round, list[str]]:
        """What one round measured, and the addresses of the appointments it was told of."""
        web, database = workers_cpu(self.server.master), database_cpu(self.superuser)
        busy, passed, client = *machine(), client_cpu()
        result, told = self._send(seconds)
        busy, passed, client = (
            after - before
            for after, before in zip(
                (*machine(), client_cpu()), (busy, passed, client), strict=True
            )
        )
        web = workers_cpu(self.server.master) - web
        connections = database_cpu(self.superuser)
        theirs = sum(used - database.get(pid, 0.0) for pid, used in connections.items())
        number = result["requests"]
        return (
            Round(
                requests=number,
                per_second=number / result["seconds"],
                p50=result["p50"],
                p99=result["p99"],
                slowest=result["slowest"],
                web_cpu=1000 * web / number,
                database_cpu=1000 * theirs / number,
                others=max(busy - web - theirs - client, 0.0) / passed,
            ),
            told,
        )

    def _send(self, seconds: int) -> tuple[dict[str, Any], list[str]]:
        words, told = self.folder / "words", self.folder / "told"
        words.write_text(self.clinic.words())
        address = f"{self.server.address}/v1/businesses/{self.clinic.business_id}/appointments"
        done = subprocess.run(
            [
                *("wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "30s"),
                *("-s", str(HERE / "create.lua"), address, "--"),
                *map(str, (words, self.used, self.share, told)),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        self.used += self.share
        line = done.stdout.rpartition("RESULT ")[2]
        if done.returncode or not line:
            raise SystemExit(f"wrk failed:\n{done.stdout}{done.stderr}")
        result: dict[str, Any] = json.loads(line)
        if result["refused"] or result["broken"]:
            raise SystemExit(f"Not every answer was 201: {line}")
        return result, told.read_text().split()


def statements_of_a_create(clinic: Clinic) -> list[str]:
    """What one create sends to the database, BEGIN and COMMIT included."""
    from datetime import timedelta

    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(headers={"Authorization": f"Bearer {clinic.token}", "Host": "127.0.0.1"})
    at = clinic.first_day - timedelta(days=1)  # a day that no round books

    def create(minutes: int) -> int:
        return client.post(
            f"/v1/businesses/{clinic.business_id}/appointments",
            {
                "date": (at + timedelta(minutes=minutes)).isoformat(),
                "duration": 30,
                "serviceId": str(clinic.service_id),
                "staffId": str(clinic.staff_ids[0]),
                "patientId": str(clinic.patient_ids[0]),
            },
            content_type="application/json",
            headers={"Idempotency-Key": f"statements-{minutes}"},
        ).status_code

    assert create(30) == 201  # notes the use of the key, which is done once a minute
    with CaptureQueriesContext(connection) as queries:
        assert create(60) == 201
    return [query["sql"] for query in queries.captured_queries]


OVERLAPS = """
SELECT count(*) FROM appointments_heldtime a JOIN appointments_heldtime b
    ON b.business_id = a.business_id AND b.staff_id = a.staff_id AND b.id > a.id
    AND b.during && a.during
"""
UNHELD = """
SELECT count(*) FROM appointments_appointment a WHERE NOT EXISTS (
    SELECT FROM appointments_heldtime h
    WHERE h.business_id = a.business_id AND h.appointment_id = a.id
        AND h.staff_id = a.staff_id AND h.starts_at = a.starts_at AND h.ends_at = a.ends_at)
"""


def verify(superuser: str, told: list[str]) -> None:
    """Every appointment that was acknowledged is there, holds its time, and none overlaps."""
    ids = [address.rpartition("/")[2] for address in told]
    with psycopg.connect(superuser) as connection:

        def number(sql: str, *values: object) -> int:
            row = connection.execute(sql, values).fetchone()
            assert row is not None
            return int(row[0])

        stored = number("SELECT count(*) FROM appointments_appointment WHERE id = ANY(%s)", ids)
        found = {
            "acknowledged twice": len(ids) - len(set(ids)),
            "acknowledged and missing": len(ids) - stored,
            "without their time": number(UNHELD),
            "overlapping": number(OVERLAPS),
        }
    if any(found.values()):
        raise SystemExit(f"The database is wrong: {found}")
    print(f"Checked: all {len(ids)} acknowledged bookings are stored once, and none overlaps.")


def summary(rounds: dict[str, list[Round]]) -> dict[str, float]:
    """Medians over the rounds, and the booking's share of the floor."""
    middle = {
        f"{name}_{word}": round(median(getattr(one, word) for one in measured), 2)
        for name, measured in rounds.items()
        for word in ("per_second", "p50", "p99", "web_cpu", "database_cpu")
    }
    share = middle["booking_per_second"] / middle["floor_per_second"]
    tail = middle["booking_p99"] / middle["floor_p99"]
    return middle | {"share_of_floor": round(share, 3), "p99_over_floor": round(tail, 2)}


COLUMNS = ("per_second", "p50", "p99", "web_cpu", "database_cpu")


def show(rounds: dict[str, list[Round]], result: dict[str, float]) -> None:
    heads = ("round", "req/s", "p50 ms", "p99 ms", "web cpu", "db cpu")
    print("\n" + " " * 10 + "".join(f"{head:>9}" for head in heads))

    def line(name: str, number: object, values: Iterable[float]) -> None:
        print(f"{name:10}{number:>9}" + "".join(f"{value:>9.2f}" for value in values))

    for name, measured in rounds.items():
        for number, one in enumerate(measured, 1):
            line(name, number, (getattr(one, word) for word in COLUMNS))
        line(name, "median", (result[f"{name}_{word}"] for word in COLUMNS))
    share, tail = result["share_of_floor"], result["p99_over_floor"]
    print(
        f"\nRequests a second: {share:.3f} of the floor"
        f" (target {SHARE} or more: {'reached' if share >= SHARE else 'MISSED'})"
        f"\n99th percentile:   {tail:.2f} times the floor's"
        f" (target {TAIL:.0f} or less: {'reached' if tail <= TAIL else 'MISSED'})"
        f"\nOne create sends {result['statements']:.0f} statements, BEGIN and COMMIT included."
    )
    others = max(one.others for measured in rounds.values() for one in measured)
    if others > QUIET:
        print(
            f"\nOther programs took up to {others:.0%} of the processors meanwhile. That slows the"
            "\nbooking more than the floor: it and the database take turns more often."
        )


def main() -> None:
    parser = ArgumentParser(description="Measures a booking beside a bare Django view.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=8, help="of each server in each round")
    options = parser.parse_args()
    folder = Path(os.environ.get("DATA_DIR", PROJECT / ".data")).absolute() / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    os.environ |= {
        "DEBUG": "false",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ALLOWED_HOSTS": "127.0.0.1",
        "PUBLIC_URL": "http://127.0.0.1",
        "RATE_LIMIT": "1000000",
    }
    with ExitStack() as stack:
        superuser = stack.enter_context(database(folder))
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=PROJECT, check=True)
        # Sets Django up, with the settings above.
        from tests.load.clinic import APPOINTMENTS, FREE, plant

        print(f"Planting {APPOINTMENTS:,} appointments …", flush=True)
        clinic = plant(superuser)
        statements = statements_of_a_create(clinic)
        loads = {
            name: Load(
                clinic,
                stack.enter_context(serving(application, folder / f"{name}.log")),
                superuser,
                folder,
                share=FREE // (options.rounds + 1),
            )
            for name, application in SERVERS.items()
        }
        rounds: dict[str, list[Round]] = {name: [] for name in SERVERS}
        told: list[str] = []
        for number in range(options.rounds + 1):
            for name, load in loads.items():
                # The first is to warm up: imports, prepared statements, the database's cache.
                one, more = load.run(options.seconds if number else 3)
                told += more
                if number:
                    rounds[name].append(one)
                    print(f"round {number} {name:8} {one.per_second:6.0f} requests/s", flush=True)
        result = summary(rounds) | {"statements": len(statements)}
        show(rounds, result)
        verify(superuser, told)
    report = {
        "result": result,
        "rounds": {name: [asdict(one) for one in measured] for name, measured in rounds.items()},
        "statements": statements,
    }
    (folder.parent / "bench.json").write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
