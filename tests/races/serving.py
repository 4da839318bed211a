"""The site in processes of its own, as it is run: gunicorn, on a free port of this machine."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def run_python(*words: str, **variables: str) -> str:
    """What a Python process in the project's folder prints."""
    done = subprocess.run(
        [sys.executable, *words],
        cwd=PROJECT,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@dataclass
class Site:
    """gunicorn with `config/gunicorn.py`; it can be started again after it was killed."""

    log: Path
    environment: Mapping[str, str]
    workers: int = 2
    threads: int = 4

    def __post_init__(self) -> None:
        self.port = free_port()
        self.master: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when it accepts connections."""
        variables = {
            "PORT": str(self.port),
            "WEB_WORKERS": str(self.workers),
            "WEB_THREADS": str(self.threads),
            "DATABASE_POOL": str(self.threads),
            "ALLOWED_HOSTS": "127.0.0.1",
            "PUBLIC_URL": f"http://127.0.0.1:{self.port}",
        }
        command = [sys.executable, "-m", "gunicorn", "--config", "config/gunicorn.py"]
        with self.log.open("ab") as log:
            self.master = subprocess.Popen(
                [*command, "config.wsgi"],
                cwd=PROJECT,
                env=os.environ | variables | dict(self.environment),
                stdout=log,
                stderr=log,
                start_new_session=True,  # so that the workers can be killed with it
            )
        deadline = time.monotonic() + 60
        while not self._answers():
            assert self.master.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.02)

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def kill_a_worker(self) -> None:
        """kill -9 of one worker; the master starts another."""
        assert self.master is not None
        master = self.master.pid
        worker, *_ = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        os.kill(int(worker), signal.SIGKILL)

    def kill(self) -> None:
        """kill -9 of the master and its workers, all at once; nothing if they are gone."""
        if self.master is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.master.pid, signal.SIGKILL)
            self.master.wait()
