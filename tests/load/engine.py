"""How fast availability and series are, beside what the database needs for the same: `make bench`.

One clinic of 50 practitioners with 21,000 appointments in 30 days and 79,000 before, then with
900,000 more in the years before. gunicorn serves the site and the floor (`floor.py`), and one
client asks both in turn. Prints a table and adds it to `.data/bench.json` as `engine`. A missed
target is only said; an answer that differs from the floor's fails the run.
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import psycopg

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT))

if TYPE_CHECKING:
    from uuid import UUID

TIMES, GROWTH, STATEMENTS, SERIES = 2.0, 1.2, 6, 20.0
DAYS = 30
MORE = 900_000


@dataclass(frozen=True)
class Clinic:
    business_id: UUID
    service_id: UUID
    staff_ids: list[UUID]
    patient_ids: list[UUID]
    token: str
    start: datetime

    @property
    def end(self) -> datetime:
        return self.start + timedelta(days=DAYS)


VISITS = """
WITH staff AS (
    SELECT id, row_number() OVER (ORDER BY id) - 1 AS number
    FROM staff_staff WHERE business_id = %(business)s
), visit AS (
    SELECT gen_random_uuid() AS id, staff.id AS staff_id,
        start, start + interval '30 minutes' AS finish, start - interval '20 days' AS made
    FROM generate_series(%(from_day)s, %(to_day)s - 1) AS day,
        generate_series(0, 13) AS nth, staff,
        LATERAL (
            -- Two of three half hours, another one free for each person and day.
            SELECT %(first)s + day * interval '1 day'
                + (nth * 3 / 2 + (staff.number + day) %% 3) * interval '30 minutes'
        ) AS s (start)
), booked AS (
    INSERT INTO appointments_appointment (
        id, created_at, updated_at, business_id, service_id, staff_id, patient_id,
        starts_at, ends_at, price, currency, status, approved, cancel_reason, overbooked,
        override_reason, patient_timezone, location_type, location_value, payment_provider,
        payment_id, answers, tags, notes, source, link_token)
    SELECT id, made, made, %(business)s, %(service)s, staff_id, %(patient)s,
        start, finish, 3000, 'eur', 'booked', true, '', false,
        '', 'Europe/Berlin', 'in_person', '', '',
        '', '[]', '{}', '', 'api', replace(gen_random_uuid()::text, '-', '')
    FROM visit
)
INSERT INTO appointments_heldtime (
    id, created_at, updated_at, business_id, appointment_id, staff_id, starts_at, ends_at,
    during, session, place, places, overbooked)
SELECT gen_random_uuid(), made, made, %(business)s, id, staff_id, start, finish,
    tstzrange(start, finish), id, 1, 1, false
FROM visit
"""


def plant(superuser: str) -> Clinic:
    from businesses.hours import DAYS as DAYS_OF_WEEK
    from tests import factories

    business = factories.BusinessFactory(
        timezone="Europe/Berlin",
        currency="eur",
        default_staff_working_hours={day: [[700, 2100]] for day in DAYS_OF_WEEK},
    )
    clinic = Clinic(
        business_id=business.pk,
        service_id=factories.ServiceFactory(business=business).pk,
        staff_ids=[one.pk for one in factories.StaffFactory.create_batch(50, business=business)],
        patient_ids=[
            one.pk for one in factories.PatientFactory.create_batch(60, business=business)
        ],
        token=factories.api_key(business),
        start=datetime.combine(datetime.now(UTC).date(), clock(), UTC) + timedelta(days=2),
    )
    add_visits(clinic, superuser, -113, DAYS)
    return clinic


def add_visits(clinic: Clinic, superuser: str, first: int, last: int) -> None:
    """700 visits a day, from one day to another counted from the clinic's first day."""
    values = {
        "business": clinic.business_id,
        "service": clinic.service_id,
        "patient": clinic.patient_ids[0],
        "first": clinic.start + timedelta(hours=8),
    }
    with psycopg.connect(superuser, autocommit=True) as connection:
        # No triggers and no foreign keys for these rows.
        connection.execute("SET session_replication_role = replica")
        for day in range(first, last, 10):
            connection.execute(VISITS, values | {"from_day": day, "to_day": min(day + 10, last)})
        connection.execute("VACUUM ANALYZE")


class Server:
    """One connection to a server, kept open."""

    def __init__(self, address: str, token: str) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=120)
        self.used = time.monotonic()
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def ask(self, path: str, body: object = None) -> tuple[float, int, bytes]:
        """Milliseconds until the whole answer was there, its status and its body."""
        method = "GET" if body is None else "POST"
        sent = None if body is None else json.dumps(body)
        if time.monotonic() - self.used > 1:
            self.connection.close()  # the server does not keep it open for long
        begun = time.perf_counter()
        self.connection.request(method, path, sent, self.headers)
        answer = self.connection.getresponse()
        told = answer.read()
        taken = 1000 * (time.perf_counter() - begun)
        self.used = time.monotonic()
        return taken, answer.status, told


def in_turn(rounds: int, **asked: Callable[[], float]) -> dict[str, float]:
    """The median milliseconds of each, asked one after the other so many times."""
    taken: dict[str, list[float]] = {name: [] for name in asked}
    for number in range(rounds + 3):
        for name, ask in asked.items():
            one = ask()
            if number >= 3:  # the first ones warm up
                taken[name].append(one)
    return {name: median(found) for name, found in taken.items()}


def measure_times(clinic: Clinic, site: Server, floor: Server, superuser: str, rounds: int) -> Any:
    query = (
        f"startDate={clinic.start:%Y-%m-%dT%H:%M:%SZ}&endDate={clinic.end:%Y-%m-%dT%H:%M:%SZ}"
        f"&duration=30"
    )
    path = (
        f"/v1/businesses/{clinic.business_id}/services/{clinic.service_id}/availableTimes?{query}"
    )
    floors = f"/v1/businesses/{clinic.business_id}/times?{query}"
    mine, theirs = (
        json.loads(server.ask(one)[2]) for server, one in ((site, path), (floor, floors))
    )
    if sorted_times(mine["data"]) != sorted_times(theirs["data"]):
        raise SystemExit("The site's free times are not the floor's.")
    offered = sum(len(one["staffs"]) for one in mine["data"])

    from floor import TIMES as STATEMENT  # type: ignore[import-not-found]

    with psycopg.connect(superuser) as connection:

        def statement() -> float:
            begun = time.perf_counter()
            connection.execute(
                STATEMENT,
                {"business": clinic.business_id, "start": clinic.start, "end": clinic.end},
            ).fetchall()
            return 1000 * (time.perf_counter() - begun)

        found = in_turn(
            rounds,
            statement=statement,
            floor=lambda: floor.ask(floors)[0],
            site=lambda: site.ask(path)[0],
        )
    return found | {"offered": offered}


def sorted_times(times: list[dict[str, Any]]) -> list[tuple[datetime, list[str]]]:
    return sorted(
        (datetime.fromisoformat(one["time"]), sorted(who["id"] for who in one["staffs"]))
        for one in times
    )


def statements_of(clinic: Clinic, path: str, body: object = None) -> int:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(headers={"Authorization": f"Bearer {clinic.token}", "Host": "127.0.0.1"})
    with CaptureQueriesContext(connection) as queries:
        if body is None:
            answer = client.get(path)
        else:
            answer = client.post(path, body, content_type="application/json")
        assert answer.status_code in (200, 201), answer.content
    return len(queries.captured_queries)


def measure_series(clinic: Clinic, site: Server) -> dict[str, float]:
    """A weekly series of 52 in one request beside 52 single bookings, in turn."""
    path = f"/v1/businesses/{clinic.business_id}/appointments"

    def body(number: int, start: datetime, **more: Any) -> dict[str, Any]:
        return {
            "date": start.isoformat(),
            "duration": 30,
            "serviceId": str(clinic.service_id),
            "staffId": str(clinic.staff_ids[number]),
            "patientId": str(clinic.patient_ids[number]),
            **more,
        }

    series, singles = [], []
    for number in range(9):
        start = clinic.start + timedelta(days=40, hours=8 + number / 2)
        taken, status, told = site.ask(path, body(number, start, rrule="FREQ=WEEKLY;COUNT=52"))
        assert status == 201, told
        one_by_one = 0.0
        for week in range(52):
            alone = body(number + 20, start + timedelta(weeks=week))
            one, status, told = site.ask(path, alone)
            assert status == 201, told
            one_by_one += one
        if number:
            series.append(taken)
            singles.append(one_by_one)
    return {
        "series_of_52": median(series),
        "52_single_creates": median(singles),
        "series_statements": statements_of(
            clinic,
            path,
            body(45, clinic.start + timedelta(days=40, hours=8), rrule="FREQ=WEEKLY;COUNT=52"),
        ),
    }


def main() -> None:
    parser = ArgumentParser(description="Measures availability and series beside the database.")
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--more", type=int, default=MORE, help="appointments to grow by")
    options = parser.parse_args()
    from bench import database, serving  # type: ignore[import-not-found]

    folder = Path(os.environ.get("DATA_DIR", PROJECT / ".data")).absolute() / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    os.environ |= {
        "DEBUG": "false",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ALLOWED_HOSTS": "127.0.0.1",
        "PUBLIC_URL": "http://127.0.0.1",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    with ExitStack() as stack:
        superuser = stack.enter_context(database(folder))
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=PROJECT, check=True)

        import tests  # noqa: F401  (sets Django up, with the settings above)

        print("Planting 100,000 appointments …", flush=True)
        clinic = plant(superuser)
        site, floor = (
            Server(
                stack.enter_context(serving(application, folder / f"{name}.log")).address,
                clinic.token,
            )
            for name, application in (("booking", "config.wsgi"), ("floor", "floor:application"))
        )
        path = (
            f"/v1/businesses/{clinic.business_id}/services/{clinic.service_id}/availableTimes"
            f"?startDate={clinic.start:%Y-%m-%dT%H:%M:%SZ}"
            f"&endDate={clinic.end:%Y-%m-%dT%H:%M:%SZ}&duration=30"
        )
        before = measure_times(clinic, site, floor, superuser, options.rounds)
        print(before, flush=True)
        result: dict[str, Any] = before | {"times_statements": statements_of(clinic, path)}
        result |= measure_series(clinic, site)
        print(result, flush=True)
        days = options.more // 700
        print(f"Planting {days * 700:,} more …", flush=True)
        with psycopg.connect(superuser, autocommit=True) as connection:
            connection.execute(DROP)
            add_visits(clinic, superuser, -113 - days, -113)
            connection.execute(RESTORE)
        after = measure_times(clinic, site, floor, superuser, options.rounds)
        result |= {"site_with_a_million": after["site"], "floor_with_a_million": after["floor"]}
    show(result)
    report = folder.parent / "bench.json"
    kept = json.loads(report.read_text()) if report.exists() else {}
    report.write_text(json.dumps(kept | {"engine": result}, indent=2) + "\n")


# Nearly all of the time that a million rows take goes into this index; built at once it is quick.
DROP = "ALTER TABLE appointments_heldtime DROP CONSTRAINT held_time_does_not_overlap"
RESTORE = """
ALTER TABLE appointments_heldtime ADD CONSTRAINT held_time_does_not_overlap
EXCLUDE USING gist (staff_id WITH =, during WITH &&, session WITH <>, business_id WITH =)
WHERE (NOT overbooked)
"""


def show(result: dict[str, Any]) -> None:
    def verdict(value: float, target: float, *, least: bool = False) -> str:
        reached = value >= target if least else value <= target
        return f"target {target:g}: {'reached' if reached else 'MISSED'}"

    ratio = result["site"] / result["statement"]
    growth = result["site_with_a_million"] / result["site"]
    faster = result["52_single_creates"] / result["series_of_52"]
    print(
        f"\nFree times of 50 people in 30 days, {result['offered']:,} of them, 21,000 taken"
        f"\n  one statement      {result['statement']:8.1f} ms"
        f"\n  in a bare view     {result['floor']:8.1f} ms"
        f"\n  the site           {result['site']:8.1f} ms, {result['times_statements']} statements"
        f"\n  site to statement  {ratio:8.2f}    ({verdict(ratio, TIMES)})"
        f"\n  with ten times as many appointments {growth:.2f} times as long"
        f" ({verdict(growth, GROWTH)}; the floor"
        f" {result['floor_with_a_million'] / result['floor']:.2f})"
        f"\nA weekly series of 52"
        f"\n  at once            {result['series_of_52']:8.1f} ms,"
        f" {result['series_statements']} statements"
        f"\n  one by one         {result['52_single_creates']:8.1f} ms"
        f"\n  times as fast      {faster:8.1f}    ({verdict(faster, SERIES, least=True)})"
    )


if __name__ == "__main__":
    main()
