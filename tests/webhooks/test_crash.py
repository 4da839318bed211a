"""Workers are killed while they deliver: nothing is lost, and each appointment's order is kept."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
from aiohttp import web
from django.conf import settings

from businesses.identifiers import new_id
from businesses.models import Business, DeliveryStatus, OutgoingWebhook, WebhookDelivery
from tests.factories import webhook
from tests.races.conftest import database_url
from tests.soak import FACTOR
from tests.webhooks.receiver import Received, Receiver

pytestmark = pytest.mark.soak

log = logging.getLogger(__name__)

EVENTS = min(300 * FACTOR, 10_000)
OF_ONE = 10  # events of one appointment
# As in the product, but a test of a few hundred events need not wait a minute for a dead worker.
LEASE = 60 if FACTOR > 1 else 12
WORKER = """
from datetime import timedelta
import django
django.setup()
from django.core.management import call_command
from businesses import delivery
delivery.LEASE = timedelta(seconds={lease})
call_command("run_worker")
"""


def worker() -> subprocess.Popen[bytes]:
    variables = {
        "DEBUG": "true",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": database_url(),
        "WEBHOOK_PRIVATE_ADDRESSES": "true",
    }
    return subprocess.Popen(
        [sys.executable, "-c", WORKER.format(lease=LEASE)],
        cwd=settings.BASE_DIR,
        env=os.environ | variables,
        stderr=subprocess.DEVNULL,
    )


@contextmanager
def three_workers() -> Iterator[list[subprocess.Popen[bytes]]]:
    running = [worker() for _ in range(3)]
    try:
        yield running
    finally:
        for one in running:
            one.terminate()
        for one in running:
            one.wait(30)


def fill(hook: OutgoingWebhook) -> None:
    """Events of many appointments, ten of each, all mixed."""
    subjects = [new_id() for _ in range(EVENTS // OF_ONE) for _ in range(OF_ONE)]
    random.shuffle(subjects)
    count: Counter[UUID] = Counter()
    rows = []
    for subject in subjects:
        count[subject] += 1
        delivery_id = new_id()
        body = {"id": str(delivery_id), "data": {"id": str(subject), "nth": count[subject]}}
        rows.append(
            WebhookDelivery(
                id=delivery_id,
                business_id=hook.business_id,
                webhook=hook,
                subject=subject,
                name="appointment.update",
                body=json.dumps(body),
                due_at=hook.created_at,
            )
        )
    WebhookDelivery.objects.bulk_create(rows, batch_size=1000)


def wait_for(receiver: Receiver, number: int) -> None:
    deadline = time.monotonic() + 600
    while len({one.headers["webhook-id"] for one in list(receiver.received)}) < number:
        assert time.monotonic() < deadline, (len(receiver.received), number)
        time.sleep(0.05)


def wait_until_settled() -> None:
    deadline = time.monotonic() + 600
    while WebhookDelivery.objects.filter(status=DeliveryStatus.PENDING).exists():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def out_of_order(received: list[Received]) -> list[tuple[str, int, int]]:
    """Where an event came after a later one of its appointment; one may come twice in a row."""
    last: defaultdict[str, int] = defaultdict(int)
    wrong = []
    for one in received:
        about = one.body["data"]
        if about["nth"] not in (last[about["id"]], last[about["id"]] + 1):
            wrong.append((about["id"], last[about["id"]], about["nth"]))
        last[about["id"]] = about["nth"]
    return wrong


def test_two_of_three_workers_die_and_no_event_is_lost_or_overtaken(
    business: Business, receiver: Receiver, record_property: Callable[[str, object], None]
) -> None:
    async def takes_a_moment(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.005)
        return web.Response()

    receiver.answer = takes_a_moment
    hook = webhook(business, receiver.at())
    fill(hook)
    started = time.monotonic()
    with three_workers() as workers:
        for nth, victim in enumerate(workers[:2], start=1):
            wait_for(receiver, nth * EVENTS // 4)
            os.kill(victim.pid, signal.SIGKILL)
            assert victim.wait(10) == -signal.SIGKILL
        wait_for(receiver, EVENTS)
        wait_until_settled()
    seconds = time.monotonic() - started
    for one in receiver.received:
        one.verified(hook.secret)
    times = Counter(one.headers["webhook-id"] for one in receiver.received)
    twice = sum(number - 1 for number in times.values())
    record_property("measured", f"{EVENTS} events, {twice} twice, {seconds:.0f} s")
    log.warning("%d events, %d came twice, %.1f s", EVENTS, twice, seconds)
    assert set(times) == {str(one) for one in WebhookDelivery.objects.values_list("pk", flat=True)}
    assert len(times) == EVENTS
    assert out_of_order(receiver.received) == []
    assert twice <= 16  # at most what two workers had on their way


def test_the_check_for_order_would_notice() -> None:
    """The control: the same check on a disorder that was made on purpose."""

    def came(nth: int) -> Received:
        return Received("/", {}, json.dumps({"data": {"id": "a", "nth": nth}}).encode())

    assert out_of_order([came(1), came(2), came(2), came(3)]) == []
    assert out_of_order([came(1), came(3), came(2)]) == [("a", 1, 3), ("a", 3, 2)]
    assert out_of_order([came(1), came(2), came(1)]) == [("a", 2, 1)]
