"""How fast the day page is, beside the JSON list of the same appointments: `make bench`.

On a database of its own, twenty practitioners see twenty patients each on every day. gunicorn
serves the site, and one browser's connection asks in turn for the page of a day, for its grid
alone as the page refreshes it, for the answer that nothing is different, and for the list that the
API gives of that day: 20 columns and 400 appointments. Prints a table, the statements and what the
page weighs with all that it loads, and writes `.data/desk.json`. Fails when an answer is not what
was asked for; a missed target is only said.
"""

from __future__ import annotations

import gzip
import http.client
import json
import os
import re
import secrets
import subprocess
import sys
import time
from argparse import ArgumentParser
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urljoin

import psycopg

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
sys.path.insert(0, str(PROJECT))

if TYPE_CHECKING:
    from tests.load.bench import Served, database, serving
    from tests.load.clinic import Clinic
else:  # not as a part of `tests`, which sets Django up before there is a database
    from bench import Served, database, serving

COLUMNS, A_DAY = 20, 20
VISITS = COLUMNS * A_DAY
# Times the JSON list, statements, and kilobytes on the wire.
MOST_TIMES, MOST_STATEMENTS, MOST_WEIGHT = 3.0, 12, 150
STATIC = re.compile(r"/static/[\w./-]+")
# Some of everything that a card can show, as on a real day.
VARIED = """
UPDATE appointments_appointment SET
    notes = CASE WHEN n %% 4 = 0 THEN 'Brings the letter of her cardiologist.' ELSE '' END,
    location_type = CASE WHEN n %% 9 = 0 THEN 'phone' ELSE 'in_person' END,
    overbooked = n %% 50 = 0,
    status = CASE n %% 8 WHEN 0 THEN 'completed' WHEN 1 THEN 'arrived' ELSE 'booked' END
FROM (SELECT id AS visit, row_number() OVER (ORDER BY id) AS n FROM appointments_appointment
    WHERE business_id = %(business)s AND starts_at BETWEEN %(day)s AND %(day)s + interval '1 day')
    AS numbered
WHERE id = visit
"""


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    headers: dict[str, str]
    milliseconds: float

    @property
    def text(self) -> str:
        packed = self.headers.get("content-encoding") == "gzip"
        return (gzip.decompress(self.body) if packed else self.body).decode()


@dataclass(frozen=True)
class Asked:
    """One request that is measured, and what its answer has to be."""

    path: str
    headers: dict[str, str]
    status: int = 200


class Browser:
    """One connection that is kept, and answers as they come: packed, where the site packs them."""

    def __init__(self, server: Served) -> None:
        self.connection = http.client.HTTPConnection(server.address.removeprefix("http://"))

    def get(self, asked: Asked) -> Answer:
        start = time.perf_counter()
        self.connection.request("GET", asked.path, headers=asked.headers)
        answer = self.connection.getresponse()
        body = answer.read()
        took = 1000 * (time.perf_counter() - start)
        if answer.status != asked.status:
            raise SystemExit(f"{asked.path}: {answer.status}, not {asked.status}:\n{body[:500]!r}")
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, body, headers, took)


def requests(clinic: Clinic, browser: Browser, session: str) -> dict[str, Asked]:
    """The page, its grid, the grid that is as it was, and the list; all of one day."""
    from businesses.models import Business

    day = clinic.first_day
    business = Business.objects.get(pk=clinic.business_id)
    page = f"/desk/{business.alias}/day?day={day:%Y-%m-%d}"
    seen = {"Cookie": f"sessionid={session}", "Accept-Encoding": "gzip"}
    grid = Asked(page, seen | {"HX-Request": "true", "HX-Target": "plan"})
    tag = browser.get(grid).headers["etag"]
    midnight = day.replace(hour=0)
    span = {
        "startDate": f"{midnight:%Y-%m-%dT%H:%M:%SZ}",
        "endDate": f"{midnight + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}",
    }
    return {
        "list": Asked(
            f"/v1/businesses/{clinic.business_id}/appointments?{urlencode(span)}",
            {"Authorization": f"Bearer {clinic.token}", "Accept-Encoding": "gzip"},
        ),
        "page": Asked(page, seen),
        "grid": grid,
        "same": Asked(page, grid.headers | {"If-None-Match": tag}, status=304),
    }


def check_the_same(page: Answer, listed: Answer) -> None:
    """The page has a card for each appointment that is listed, in as many columns as hosts."""
    ours = {one["id"] for one in json.loads(listed.text)["data"]}
    shown = set(re.findall(r'/appointments/([0-9a-f-]{36})" data-side data-visit', page.text))
    columns = page.text.count("data-column=")
    if ours != shown or len(ours) != VISITS or columns != COLUMNS:
        raise SystemExit(
            f"{len(ours)} listed, {len(shown)} shown in {columns} columns, and not {VISITS} of both"
            f" in {COLUMNS}."
        )


def weigh(browser: Browser, page: Answer) -> dict[str, int]:
    """Bytes on the wire of the page and of everything that it loads from the site."""
    weights = {"page": len(page.body)}
    found = set(STATIC.findall(page.text))
    while found:
        path = found.pop()
        answer = browser.get(Asked(path, {"Accept-Encoding": "gzip"}))
        weights[path.rpartition("/")[2]] = len(answer.body)
        if path.endswith(".css"):
            inside = re.findall(r"url\(\"?([^\")]+)", answer.text)
            found |= {urljoin(path, one) for one in inside}
    return weights


def statements_of(clinic: Clinic, asked: Asked) -> int:
    """What the page sends to the database, whatever for."""
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(headers={"Host": "127.0.0.1"})
    client.cookies[settings.SESSION_COOKIE_NAME] = asked.headers["Cookie"].partition("=")[2]
    client.get(asked.path)  # the first one may read what the process keeps
    with CaptureQueriesContext(connection) as sent:
        answer = client.get(asked.path)
    if answer.status_code != asked.status:
        raise SystemExit(f"{asked.path}: {answer.status_code}")
    return len(sent)


def main() -> None:
    parser = ArgumentParser(description="Measures the day page beside the list of the API.")
    parser.add_argument("--rounds", type=int, default=40)
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
        for command in (["migrate"], ["collectstatic", "--noinput"]):
            subprocess.run([sys.executable, "manage.py", *command, "-v0"], cwd=PROJECT, check=True)
        from tests.load.clinic import plant  # sets Django up, with the settings above

        clinic = plant(superuser, staff=COLUMNS, days=50, a_day=A_DAY, pitch=timedelta(minutes=30))
        with psycopg.connect(superuser, autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            values = {"business": clinic.business_id, "day": clinic.first_day.replace(hour=0)}
            connection.execute(VARIED, values)
            connection.execute("VACUUM ANALYZE appointments_appointment")
        server = stack.enter_context(serving("config.wsgi", folder / "site.log"))
        browser = Browser(server)
        asked = requests(clinic, browser, signed_in(clinic))
        check_the_same(browser.get(asked["page"]), browser.get(asked["list"]))
        times: dict[str, list[float]] = {name: [] for name in asked}
        for number in range(options.rounds + 3):
            for name, one in asked.items():
                took = browser.get(one).milliseconds
                if number > 2:  # the first rounds are to warm up
                    times[name].append(took)
        weights = weigh(browser, browser.get(asked["page"]))
        statements = statements_of(clinic, asked["page"])
    report(times, statements, weights, folder.parent / "desk.json")


def signed_in(clinic: Clinic) -> str:
    """The session of a receptionist."""
    from django.test import Client

    from businesses.models import Business
    from staff.roles import Role
    from tests.factories import member

    client = Client()
    receptionist = member(Business.objects.get(pk=clinic.business_id), Role.FRONT_DESK)
    client.force_login(receptionist, backend="django.contrib.auth.backends.ModelBackend")
    return client.cookies["sessionid"].value


def report(
    times: dict[str, list[float]], statements: int, weights: dict[str, int], file: Path
) -> None:
    listed = median(times["list"])
    print(f"\n{'':10}{'ms':>9}{'of the list':>13}")
    for name, seen in times.items():
        print(f"{name:10}{median(seen):>9.1f}{median(seen) / listed:>13.2f}")
    weight = sum(weights.values()) / 1000
    result: dict[str, Any] = {
        "times_the_list": round(median(times["page"]) / listed, 2),
        "statements": statements,
        "kilobytes": round(weight, 1),
    }
    print(f"\n{'':24}{'bytes':>9}")
    for name, size in sorted(weights.items(), key=lambda one: -one[1])[:8]:
        print(f"{name[:24]:24}{size:>9}")
    print(f"{f'all {len(weights)}':24}{sum(weights.values()):>9}\n")
    for (name, value), most in zip(
        result.items(), (MOST_TIMES, MOST_STATEMENTS, MOST_WEIGHT), strict=True
    ):
        met = "reached" if value <= most else "MISSED"
        print(f"The day page: {value} {name.replace('_', ' ')} (target {most} or less: {met})")
    file.write_text(json.dumps({"result": result, "weights": weights, "times": times}) + "\n")


if __name__ == "__main__":
    main()
