"""How fast an appointment and a list of fifty are read, beside bare Django views: `make bench`.

On a database of its own with 100,000 appointments, gunicorn serves the site and the floor
(`floor.py`) with two workers each, and wrk sends both the same GETs over eight connections, in
turn. The floor of one appointment reads its row by its key and answers a constant; the floor of a
list is one SQL statement that returns the finished JSON, whose appointments must be the site's.
Prints a table and writes `.data/reads.json`. Fails when an answer is not 200.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from argparse import ArgumentParser
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import psycopg

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
sys.path.insert(0, str(PROJECT))

if TYPE_CHECKING:
    from tests.load.bench import CONNECTIONS, Served, database, serving, workers_cpu
    from tests.load.clinic import Clinic
else:  # not as a part of `tests`, which sets Django up before there is a database
    from bench import CONNECTIONS, Served, database, serving, workers_cpu

ONES = 500  # appointments that are asked for in turn
LISTED = 50
# The least share of the floor's requests a second, and the most of its 99th percentile.
SHARES = {"one": 0.5, "list": 0.35}
TAIL = 3.0


@dataclass(frozen=True)
class Round:
    """What wrk saw of one server; times in milliseconds, the web processors' for each request."""

    per_second: float
    p50: float
    p99: float
    web_cpu: float


def measure(server: Served, paths: Path, token: str, seconds: int) -> Round:
    before = workers_cpu(server.master)
    done = subprocess.run(
        [
            *("wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "30s"),
            *("-s", str(HERE / "read.lua"), server.address, "--", str(paths), token),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    line = done.stdout.rpartition("RESULT ")[2]
    if done.returncode or not line:
        raise SystemExit(f"wrk failed:\n{done.stdout}{done.stderr}")
    result: dict[str, Any] = json.loads(line)
    if result["refused"] or result["broken"]:
        raise SystemExit(f"Not every answer was 200: {line}")
    used = workers_cpu(server.master) - before
    return Round(
        result["requests"] / result["seconds"],
        result["p50"],
        result["p99"],
        1000 * used / result["requests"],
    )


def addresses(superuser: str, clinic: Clinic, folder: Path) -> dict[str, Path]:
    """Files with the paths of single appointments, and of lists of fifty on different days."""
    with psycopg.connect(superuser) as connection:
        found = connection.execute(
            "SELECT id FROM appointments_appointment WHERE business_id = %s"
            " ORDER BY md5(id::text) LIMIT %s",
            (clinic.business_id, ONES),
        ).fetchall()
    base = f"/v1/businesses/{clinic.business_id}/appointments"
    days = [clinic.first_day + timedelta(days=number) for number in range(20)]
    paths = {
        "one": [f"{base}/{one}" for (one,) in found],
        "list": [
            f"{base}?startDate={day:%Y-%m-%dT%H:%M:%SZ}"
            f"&endDate={day + timedelta(days=7):%Y-%m-%dT%H:%M:%SZ}&limit={LISTED}"
            for day in days
        ],
    }
    files = {}
    for name, lines in paths.items():
        files[name] = folder / f"{name}.paths"
        files[name].write_text("\n".join(lines) + "\n")
    return files


def check_the_same(servers: dict[str, Served], files: dict[str, Path], token: str) -> None:
    """Both servers list the same appointments in the same order, with the same facts."""
    path = files["list"].read_text().splitlines()[0]

    def listed(server: Served) -> Any:
        request = Request(server.address + path, headers={"Authorization": f"Bearer {token}"})
        with urlopen(request) as answer:
            return json.load(answer)

    site, floor = (listed(servers[name])["data"] for name in ("site", "floor"))
    names = list(floor[0])
    if len(floor) != LISTED or [{name: one[name] for name in names} for one in site] != floor:
        raise SystemExit("The floor lists other appointments than the site.")


def main() -> None:
    parser = ArgumentParser(description="Measures reading beside bare Django views.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=6, help="of each server in each round")
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
    rounds: dict[str, list[Round]] = {}
    with ExitStack() as stack:
        superuser = stack.enter_context(database(folder))
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=PROJECT, check=True)
        from tests.load.clinic import plant  # sets Django up, with the settings above

        clinic = plant(superuser)
        files = addresses(superuser, clinic, folder)
        servers = {
            name: stack.enter_context(serving(application, folder / f"{name}.log"))
            for name, application in {"floor": "floor:application", "site": "config.wsgi"}.items()
        }
        check_the_same(servers, files, clinic.token)
        for number in range(options.rounds + 1):
            for what, paths in files.items():
                for name, server in servers.items():
                    # The first round is to warm up.
                    seconds = options.seconds if number else 2
                    seen = measure(server, paths, clinic.token, seconds)
                    if number:
                        rounds.setdefault(f"{what} {name}", []).append(seen)
    report(rounds, folder.parent / "reads.json")


def report(rounds: dict[str, list[Round]], file: Path) -> None:
    def middle(name: str, word: str) -> float:
        return float(median(getattr(one, word) for one in rounds[name]))

    print(f"\n{'':12}{'req/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'web cpu':>9}")
    for name in rounds:
        values = (middle(name, word) for word in ("per_second", "p50", "p99", "web_cpu"))
        print(f"{name:12}" + "".join(f"{value:>9.2f}" for value in values))
    result = {}
    for what, target in SHARES.items():
        share = middle(f"{what} site", "per_second") / middle(f"{what} floor", "per_second")
        tail = middle(f"{what} site", "p99") / middle(f"{what} floor", "p99")
        result[what] = {"share_of_floor": round(share, 3), "p99_over_floor": round(tail, 2)}
        print(
            f"\n{what}: {share:.3f} of the floor's requests a second (target {target} or more:"
            f" {'reached' if share >= target else 'MISSED'}),\n  99th percentile {tail:.2f} times"
            f" (target {TAIL:.0f} or less: {'reached' if tail <= TAIL else 'MISSED'})"
        )
    measured = {name: [asdict(one) for one in seen] for name, seen in rounds.items()}
    file.write_text(json.dumps({"result": result, "rounds": measured}, indent=2) + "\n")


if __name__ == "__main__":
    main()
