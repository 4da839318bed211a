"""Whether the HTML that the server sends is valid, as html-validate reads it."""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
PACKAGES = Path(sys.prefix) / "html-validate"


@cache
def _reader() -> subprocess.Popen[str]:
    """One process for all pages: it takes longer to start than to read them."""
    assert (PACKAGES / "node_modules").is_dir(), "`make test` installs html-validate."
    process = subprocess.Popen(
        ["node", str(HERE / "html" / "validate.mjs"), str(PACKAGES)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def stop() -> None:
        process.communicate()

    atexit.register(stop)
    return process


def objections(html: str) -> list[str]:
    """What is not as the standard has it: the rule, and where."""
    reader = _reader()
    assert reader.stdin is not None
    assert reader.stdout is not None
    reader.stdin.write(json.dumps(html) + "\n")
    reader.stdin.flush()
    found: list[str] = json.loads(reader.stdout.readline())
    return found
