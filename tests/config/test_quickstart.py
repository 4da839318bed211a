"""The commands of docs/api/quickstart.md are run in bash and answer what the page shows."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings
from pytest_django.live_server_helper import LiveServer

from tests.examples import make_demo

PAGE = Path(settings.BASE_DIR) / "docs/api/quickstart.md"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
END = "--- end of block ---"
# The day that the page takes, and what it shows of it.
DAY, SHOWN = ["date", "-d", "next monday + 7 days", "+%F"], "2027-03-08"


def blocks() -> list[tuple[str, str]]:
    """Each block of commands, with what is shown to come of it, or nothing."""
    found: list[tuple[str, str]] = []
    for kind, content in BLOCK.findall(PAGE.read_text()):
        if kind == "sh":
            found.append((content, ""))
        else:
            assert found[-1][1] == "", content
            found[-1] = (found[-1][0], content)
    return found


def check_shown(told: Any, shown: Any, where: str) -> None:
    """What is shown is what came; "…" is anything, and as a name it is all that is not shown."""
    if shown == "…":
        return
    if isinstance(shown, dict):
        names = shown.keys() - {"…"}
        assert names == told.keys() or ("…" in shown and names < told.keys()), where
        for name in names:
            check_shown(told[name], shown[name], f"{where}.{name}")
    elif isinstance(shown, list):
        assert len(told) == len(shown), where
        for number, (one, other) in enumerate(zip(told, shown, strict=True)):
            check_shown(one, other, f"{where}.{number}")
    else:
        assert told == shown, where


@pytest.fixture
def server(transactional_db: None) -> Iterator[LiveServer]:
    """The site in threads of this process, as `make serve` would have it."""
    with override_settings(WHITENOISE_AUTOREFRESH=True):
        running = LiveServer("127.0.0.1")
    yield running
    running.stop()


def test_every_command_answers_what_the_page_shows(server: LiveServer, tmp_path: Path) -> None:
    demo = make_demo()
    day = subprocess.check_output(DAY, text=True).strip()
    commands = "".join(f"{content}\necho '{END}'\n" for content, _ in blocks())
    script = commands.replace("http://127.0.0.1:8000", server.url).replace(
        "KEY=…", f"KEY={demo.token}"
    )
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    outputs = done.stdout.split(f"{END}\n")
    assert outputs.pop() == ""
    for (command, shown), output in zip(blocks(), outputs, strict=True):
        if shown.startswith("{"):
            check_shown(json.loads(output), json.loads(shown.replace(SHOWN, day)), command)
        elif shown:
            assert output.split() == shown.split(), command


def test_the_page_shows_something_for_most_of_its_commands() -> None:
    """So that the test above has something to compare."""
    assert len(blocks()) == 15
    assert len([shown for _, shown in blocks() if shown]) == 9
