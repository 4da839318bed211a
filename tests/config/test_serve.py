"""`make serve`: one command that brings up the site and its worker, and takes both down."""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from django.core.management import CommandError

from appointments.models import Appointment
from businesses.models import Business
from config.management.commands import serve
from config.postgres.base import embedded

LAST_LINE = "Ctrl-C stops it."
WAIT = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def command(port: int, database_url: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "manage.py", "serve"],
        cwd=project.BASE_DIR,
        env=os.environ | {"DEBUG": "true", "PORT": str(port), "DATABASE_URL": database_url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@dataclass
class Serving:
    process: subprocess.Popen[str]
    port: int


@pytest.fixture
def a_business(transactional_db: None) -> Business:
    created: Business = Business.objects.create(alias="own", name="Own", email="a@own.example")
    return created


@pytest.fixture
def serving(transactional_db: None, database_url: str) -> Iterator[Serving]:
    port = free_port()
    process = command(port, database_url)
    try:
        yield Serving(process, port)
    finally:
        if process.poll() is None:
            process.terminate()
            process.communicate(timeout=WAIT)


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def started(process: subprocess.Popen[str]) -> str:
    """Everything printed up to the last line of the summary, which must come."""
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if line.strip() == LAST_LINE:
            return "".join(lines)
    raise AssertionError("".join(lines) + process.communicate()[1])


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """The exit code and what was printed since, on either stream."""
    out, err = process.communicate(timeout=WAIT)
    return process.returncode, out, err


def children_of(process: subprocess.Popen[str]) -> list[int]:
    """The site and the worker, in this order."""
    found = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    assert len(found) == 2
    return sorted(map(int, found))


def test_it_prints_logins_and_a_command_that_books_and_ends_on_ctrl_c(serving: Serving) -> None:
    process = serving.process
    summary = started(process)
    assert f"Stilldesk is running at http://127.0.0.1:{serving.port}\n" in summary
    for role in ("Owner", "Front desk", "Practitioner"):
        assert re.search(rf"^  {role} +\S+@riverside\.example +\S+$", summary, re.MULTILINE)
    date, booked = paste(summary)
    assert booked["date"] == date.replace("Z", ".000Z")
    assert Appointment.objects.get(pk=booked["id"]).business_id == Business.objects.get().pk

    children = children_of(process)
    process.send_signal(signal.SIGINT)
    code, out, err = ended(process)
    assert (code, out) == (0, "\nStopping.\nStopped.\n")
    assert err.splitlines()[-1].endswith("worker stopped")
    assert "Traceback" not in err
    assert not is_open(serving.port)
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]


@pytest.mark.parametrize(("position", "name"), [(0, "site"), (1, "worker")])
def test_when_one_of_the_two_ends_it_stops_the_other_and_says_so(
    a_business: Business, serving: Serving, position: int, name: str
) -> None:
    assert "Owner" not in started(serving.process)  # not a demo, so nothing of a demo's
    children = children_of(serving.process)
    os.kill(children[position], signal.SIGKILL)
    code, out, err = ended(serving.process)
    assert (code, out) == (1, "")
    assert err.endswith(f"CommandError: The {name} has ended (exit -9); see above.\n")
    assert not is_open(serving.port)
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]


def paste(summary: str) -> tuple[str, dict[str, Any]]:
    """What the printed command asks for and is answered, sent as a shell would read it."""
    words = shlex.split(summary[summary.index("curl ") :].replace("\\\n", ""))
    assert words[:3] == ["curl", "-X", "POST"]
    headers = [words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "-H"]
    body = words[words.index("-d") + 1].encode()
    request = urllib.request.Request(words[3], body, dict(headers), method="POST")
    with urllib.request.urlopen(request, timeout=WAIT) as answer:
        assert answer.status == 201
        return json.loads(body)["date"], json.load(answer)["data"]


def test_an_occupied_port_is_one_clear_line(database_url: str) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        out, err = (process := command(port, database_url)).communicate(timeout=WAIT)
    assert (process.returncode, out) == (1, "")
    assert err == (
        f"CommandError: Port {port} is in use by another program;"
        f" choose another: make serve PORT={port + 1}\n"
    )


def test_a_port_that_has_just_been_left_can_be_taken_again() -> None:
    port = free_port()
    with serve.claimed(port) as listener, socket.create_connection(("127.0.0.1", port)) as client:
        listener.accept()[0].close()  # whoever closes first leaves the port waiting
        assert client.recv(1) == b""
    with serve.claimed(port) as listener:
        assert listener.getsockname()[1] == port


def test_two_starters_do_not_both_get_the_port() -> None:
    port = free_port()
    with serve.claimed(port), pytest.raises(CommandError, match="is in use"), serve.claimed(port):
        pass


@pytest.fixture
def entry() -> Iterator[dict[str, Any]]:
    """An embedded server of its own; near the root, since a socket's path must be short."""
    place = Path(tempfile.mkdtemp(prefix="stilldesk-", dir="/tmp"))
    entry = {"EMBEDDED": str(place / "postgres")}
    yield entry
    if server := embedded(entry):
        server.stop()
    shutil.rmtree(place)


def test_it_ends_the_embedded_server_that_it_started(entry: dict[str, Any]) -> None:
    server = embedded(entry)
    assert server is not None
    with serve.database(entry) as about:
        assert about == f"PostgreSQL in {entry['EMBEDDED']}, started"
        assert server.pid() is not None
    assert server.pid() is None


def test_it_leaves_an_embedded_server_that_was_there(entry: dict[str, Any]) -> None:
    server = embedded(entry)
    assert server is not None
    assert server.start()
    with serve.database(entry) as about:
        assert about == f"PostgreSQL in {entry['EMBEDDED']}, joined"
    assert server.pid() is not None


def test_a_server_that_cannot_start_is_said_in_a_sentence() -> None:
    with (
        pytest.raises(CommandError, match="at most 107"),
        serve.database({"EMBEDDED": "/tmp/" + "x" * 120}),
    ):
        pass
