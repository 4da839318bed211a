"""The background worker: delivers webhooks and runs the jobs of `config.jobs` until it ends."""

import logging
import threading
import time
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections

from businesses.courier import Courier
from config.jobs import JOBS, Job
from config.stopping import StopRequest

log = logging.getLogger("stilldesk.worker")


def perform(job: Job) -> bool:
    """Runs the job; whether it succeeded. A failure is logged and is no other job's business."""
    started = time.monotonic()
    try:
        outcome = job.run()
    except Exception:  # whatever it is, it must not end the others
        log.exception("%s: failed", job.name)
        return False
    if outcome:
        log.info("%s: %s (%.0f ms)", job.name, outcome, 1000 * (time.monotonic() - started))
    return True


class Command(BaseCommand):
    help = (
        "Delivers webhooks and runs the periodic jobs until SIGTERM or Ctrl-C; what has begun is"
        " finished first."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--once",
            action="store_true",
            help="run each job and deliver what is due, once; exit 1 if a job fails",
        )

    def handle(self, *, once: bool, **options: Any) -> None:
        if once:
            failed = [job.name for job in JOBS if not perform(job)]
            Courier().run(once=True)
            if failed:
                raise CommandError(f"Failed: {', '.join(failed)}.")
            return
        with StopRequest() as stop:
            log.info("worker started: %s", ", ".join(job.name for job in JOBS))
            with delivering():
                run_until(stop, JOBS)
        log.info("worker stopped")


@contextmanager
def delivering() -> Iterator[None]:
    """Webhooks are delivered meanwhile, in a thread of their own: a long job delays none."""
    courier = Courier()
    thread = threading.Thread(target=courier.run_until_stopped, name="courier")
    thread.start()
    try:
        yield
    finally:
        courier.stop()
        thread.join()


def run_until(stop: StopRequest, jobs: Sequence[Job]) -> None:
    """Runs each job at once and then whenever it is due, until the stop request comes."""
    due = dict.fromkeys(jobs, time.monotonic())
    while not stop.wait(min(due.values()) - time.monotonic()):
        job = min(jobs, key=due.__getitem__)
        perform(job)
        close_old_connections()  # a lost one must not fail every job to come
        due[job] = time.monotonic() + job.every.total_seconds()
