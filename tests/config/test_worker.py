"""The worker: what it does from time to time, and what it survives."""

import logging
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.utils import timezone

from businesses.models import Business, IdempotentAnswer
from config.jobs import ANSWERS_KEPT, JOBS, LOGINS_KEPT, Job
from config.management.commands import run_worker
from config.stopping import StopRequest

MINUTE = timedelta(minutes=1)


def run_once() -> None:
    call_command("run_worker", "--once")


@pytest.mark.django_db
def test_an_answer_to_an_idempotency_key_is_forgotten_after_a_day() -> None:
    business = Business.objects.create(alias="clinic", name="Clinic", email="a@clinic.example")
    for name, age in {"new": MINUTE, "day": ANSWERS_KEPT - MINUTE, "old": ANSWERS_KEPT}.items():
        IdempotentAnswer.objects.create(
            business=business,
            principal="key:1",
            key=name,
            request_hash=bytes(32),
            created_at=timezone.now() - age,
        )
    run_once()
    assert set(IdempotentAnswer.objects.values_list("key", flat=True)) == {"new", "day"}


@pytest.mark.django_db
def test_a_session_that_has_expired_is_removed_and_no_other() -> None:
    now = timezone.now()
    for key, until in {"open": now + MINUTE, "over": now - MINUTE}.items():
        Session.objects.create(session_key=key, session_data="", expire_date=until)
    run_once()
    assert list(Session.objects.values_list("session_key", flat=True)) == ["open"]


@pytest.mark.django_db
@pytest.mark.parametrize("kept", [AccessAttempt, AccessFailureLog, AccessLog])
def test_what_was_noted_of_a_login_is_forgotten_after_thirty_days(
    kept: type[AccessAttempt | AccessFailureLog | AccessLog],
) -> None:
    extra = {"failures_since_start": 1} if kept is AccessAttempt else {}
    for name, age in {"recent": LOGINS_KEPT - MINUTE, "old": LOGINS_KEPT + MINUTE}.items():
        row = kept.objects.create(username=name, user_agent=name, ip_address="192.0.2.1", **extra)
        kept.objects.filter(pk=row.pk).update(attempt_time=timezone.now() - age)
    run_once()
    assert list(kept.objects.values_list("username", flat=True)) == ["recent"]


@pytest.mark.django_db
def test_a_job_that_fails_is_logged_with_its_traceback_and_stops_no_other(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    done = []

    def fail() -> str:
        raise RuntimeError("the disk is full")

    def work() -> str:
        done.append("worked")
        return "did it"

    jobs = (Job("broken", MINUTE, fail), Job("sound", MINUTE, work))
    monkeypatch.setattr(run_worker, "JOBS", jobs)
    caplog.set_level(logging.INFO, "stilldesk.worker")
    with pytest.raises(CommandError) as caught:
        run_once()
    assert str(caught.value) == "Failed: broken."
    assert done == ["worked"]
    failure, success = caplog.records
    assert failure.getMessage() == "broken: failed"
    assert failure.exc_info is not None
    assert str(failure.exc_info[1]) == "the disk is full"
    assert success.getMessage().startswith("sound: did it (")


def test_each_job_runs_at_once_and_again_when_it_is_due() -> None:
    runs = []
    with StopRequest() as stop:

        def quick() -> str:
            runs.append("quick")
            if runs.count("quick") == 3:
                os.kill(os.getpid(), signal.SIGTERM)
            return ""

        def slow() -> str:
            runs.append("slow")
            return ""

        jobs = (
            Job("quick", timedelta(milliseconds=20), quick),
            Job("slow", timedelta(hours=1), slow),
        )
        run_worker.run_until(stop, jobs)
    assert runs == ["quick", "slow", "quick", "quick"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_wait_at_once_and_leaves_the_handlers_as_they_were(
    number: signal.Signals,
) -> None:
    before = signal.getsignal(number)
    with StopRequest() as stop:
        assert stop.wait(0) is False
        os.kill(os.getpid(), number)
        started = time.monotonic()
        assert stop.wait(60) is True
        assert time.monotonic() - started < 5
    assert signal.getsignal(number) is before


@pytest.mark.django_db(transaction=True)
def test_sigterm_ends_the_worker_cleanly(database_url: str) -> None:
    worker = subprocess.Popen(
        [sys.executable, "manage.py", "run_worker"],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DEBUG": "true", "DATABASE_URL": database_url},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert worker.stderr is not None
    with worker.stderr:
        first = worker.stderr.readline()
        worker.terminate()
        rest = worker.stderr.read()
    assert worker.wait(30) == 0
    assert first.endswith(f"worker started: {', '.join(job.name for job in JOBS)}\n")
    assert rest.endswith("stilldesk.worker worker stopped\n")


def test_names_of_jobs_are_different() -> None:
    assert len({job.name for job in JOBS}) == len(JOBS)
