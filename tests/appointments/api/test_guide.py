"""The guide's commands are run, in its order, and answer what it shows."""

from __future__ import annotations

import json
import re
import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.conf import settings

from tests.appointments.api.clinic import Clinic, Reply, make_clinic, sent
from tests.factories import blocks

GUIDE = Path(settings.BASE_DIR) / "docs/api/availability-and-series.md"
BLOCK = re.compile(r"```(sh|json)\n(.*?)```", re.DOTALL)


def steps() -> list[tuple[str, Any]]:
    """Each command with the answer that is shown after it, if one is."""
    found: list[tuple[str, Any]] = []
    for kind, content in BLOCK.findall(GUIDE.read_text()):
        if kind == "json":
            assert found[-1][1] is None
            found[-1] = (found[-1][0], content)
        elif content.startswith("curl"):
            found.append((content, None))
    return found


def filled(content: str, known: dict[str, str]) -> str:
    return re.sub(r"\$([A-Z]+)", lambda name: known[name[1]], content)


def run(command: str, known: dict[str, str]) -> Reply:
    """What curl would send."""
    _, *words = shlex.split(filled(command.replace("\\\n", ""), known))
    method, url, in_query = "", "", False
    headers: dict[str, str] = {}
    data: list[str] = []
    while words:
        word = words.pop(0)
        if word == "-G":
            in_query = True
        elif word == "-X":
            method = words.pop(0)
        elif word == "-H":
            name, _, value = words.pop(0).partition(": ")
            headers[name] = value
        elif word == "-d":
            data.append(words.pop(0))
        else:
            assert not url
            url = word
    if in_query:
        pairs = [one.partition("=")[::2] for one in data]
        return sent("GET", f"{url}?{urlencode(pairs)}", headers=headers)
    method = method or ("POST" if data else "GET")
    return sent(method, url, content="".join(data).encode(), headers=headers)


def check_shown(told: Any, shown: Any, *, part: bool) -> None:
    """The answer is what is shown; of an appointment a part is."""
    if isinstance(shown, list):
        assert len(told) == len(shown)
        for one, other in zip(told, shown, strict=True):
            check_shown(one, other, part=part)
    elif isinstance(shown, dict):
        whole = not (part and "id" in shown and "date" in shown and "rrule" in told)
        assert not whole or list(told) == list(shown)
        for name, value in shown.items():
            check_shown(told[name], value, part=part)
    else:
        assert told == shown


@pytest.fixture
def guided(db: None) -> Any:
    with time_machine.travel(datetime(2029, 12, 20, 9, tzinfo=UTC), tick=False):
        clinic = make_clinic()
        clinic.staff.name = "Dr Ama Boateng"
        clinic.staff.save()
        meeting = datetime(2030, 1, 8, 9, 45, tzinfo=UTC)
        blocks(clinic.staff, meeting, 15, reason="Team meeting")
        yield clinic


def test_every_command_of_the_guide_answers_what_it_shows(guided: Clinic) -> None:
    known = {
        "API": f"/v1/businesses/{guided.business.pk}",
        "AUTH": f"Authorization: Bearer {guided.token}",
        "JSON": "Content-Type: application/json",
        "SERVICE": str(guided.service.pk),
        "STAFF": str(guided.staff.pk),
        "PATIENT": str(guided.patient.pk),
    }
    statuses = []
    for command, shown in steps():
        reply = run(command, known)
        statuses.append(reply.status)
        if shown is None:
            assert reply.content == b""
            continue
        if reply.status == 201:
            ids = [one["id"] for one in reply.json["meta"]["occurrences"]]
            known |= dict(zip(("FIRST", "SECOND", "THIRD"), ids, strict=True))
            known["ETAG"] = guided.get(known["THIRD"]).headers["ETag"].replace('"', '\\"')
        check_shown(reply.json, json.loads(filled(shown, known)), part=True)
    assert statuses == [200, 200, 200, 200, 201, 200, 204, 200, 200]
