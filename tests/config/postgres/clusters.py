"""Clusters of the tests' own, and processes that use them."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from config.postgres.cluster import Cluster

ROOT = os.geteuid() == 0
PROJECT = Path(__file__).resolve().parents[3]
SETTINGS = """
import os

SECRET_KEY = "only-for-these-tests"
INSTALLED_APPS = ["config"]
USE_TZ = True
folder = os.environ.get("FOLDER")
real = {"HOST": "/nowhere", "USER": "clinic"}
pool = {"min_size": 1, "max_size": 4, "timeout": 10}
DATABASES = {
    "default": {
        "ENGINE": "config.postgres",
        "NAME": "stilldesk",
        "OPTIONS": {"pool": pool if os.environ.get("POOL") else False},
        **({"EMBEDDED": folder} if folder else real),
    }
}
"""


def new_place() -> Path:
    """A folder with a short name, away from the checkout: a socket's path has 107 bytes at most."""
    place = Path(tempfile.mkdtemp(prefix="sd-", dir="/tmp"))
    place.chmod(0o755)
    (place / "scratch.py").write_text(SETTINGS)
    return place


def server(cluster: Cluster) -> int:
    """The process of the server, which must run."""
    pid = cluster.pid()
    assert pid is not None
    return pid


def connect(cluster: Cluster) -> psycopg.Connection:
    host = str(cluster.folder)
    return psycopg.connect(
        host=host, port=5432, user="stilldesk", dbname="stilldesk", autocommit=True
    )


def python(place: Path, *arguments: str, **variables: str) -> "subprocess.Popen[str]":
    """Python in a process of its own, with the project and `SETTINGS` at hand."""
    paths = [str(place), str(PROJECT), os.environ.get("PYTHONPATH", "")]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "DJANGO_SETTINGS_MODULE": "scratch",
        **variables,
    }
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=place,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def outcome(process: "subprocess.Popen[str]", typed: str = "") -> tuple[int, str, str]:
    """Exit code, output and errors."""
    out, err = process.communicate(typed, timeout=120)
    return process.returncode, out.strip(), err.strip()


def wait_until(fact: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline
        time.sleep(0.01)
