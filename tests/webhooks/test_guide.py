"""The code of docs/api/webhooks.md verifies what the courier signs, and nothing else."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from standardwebhooks.webhooks import WebhookVerificationError

from businesses.courier import signed_headers
from businesses.delivery import Parcel
from businesses.models import EventName
from businesses.webhooks import new_secret

GUIDE = (Path(settings.BASE_DIR) / "docs/api/webhooks.md").read_text()
BODY = '{"name":"appointment.create","text":"Ångström"}'
OLD, NEW = new_secret(), new_secret()


def code(language: str) -> str:
    found = re.search(f"```{language}\n(.*?)```", GUIDE, re.DOTALL)
    assert found is not None
    return found[1]


def headers(age: timedelta = timedelta()) -> dict[str, str]:
    now = datetime.now(UTC) - age
    ids = UUID(int=1), UUID(int=2), UUID(int=3)
    parcel = Parcel(*ids, BODY, 0, None, "https://a.example", NEW, OLD, now)
    return signed_headers(parcel, now)


def python_says(body: str, sent: dict[str, str], secret: str) -> Any:
    names: dict[str, Any] = {}
    exec(code("python"), names)
    try:
        return names["received"](body.encode(), sent, secret)
    except WebhookVerificationError:
        return None


def node_says(body: str, sent: dict[str, str], secret: str) -> Any:
    call = f"received({json.dumps(body)}, {json.dumps(sent)}, {json.dumps(secret)})"
    ask = f"try {{ console.log(JSON.stringify({call})) }} catch {{ console.log('null') }}"
    done = subprocess.run(
        ["node", "--input-type=module", "-e", f"{code('js')}\n{ask}"],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("says", [python_says, node_says])
def test_the_code_of_the_guide_tells_what_we_signed_from_what_we_did_not(says: Any) -> None:
    told = json.loads(BODY)
    assert says(BODY, headers(), NEW) == told
    assert says(BODY, headers(), OLD) == told
    assert says(BODY, headers(), new_secret()) is None
    assert says(BODY.replace("create", "delete"), headers(), NEW) is None
    assert says(BODY, headers() | {"webhook-id": "x"}, NEW) is None
    assert says(BODY, headers(timedelta(minutes=6)), NEW) is None


def test_the_guide_names_every_event() -> None:
    table = set(re.findall(r"^\| `([a-z]+\.[a-z]+)` \|", GUIDE, re.MULTILINE))
    assert table == set(EventName.values)
