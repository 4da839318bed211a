"""Webhooks over HTTP: how they are signed, what counts as arrived, and who is never waited for."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from aiohttp import web
from django.utils import timezone
from pytest_django import Settings
from standardwebhooks.webhooks import WebhookVerificationError

from businesses import courier, delivery
from businesses.courier import Courier, guarded_socket
from businesses.models import Business, DeliveryStatus, OutgoingWebhook, WebhookAttempt
from businesses.webhooks import PREVIOUS_SIGNS, rotate_secret, send_test
from tests.factories import webhook
from tests.races.serving import free_port
from tests.webhooks.queue import carry, now_is, put, tries
from tests.webhooks.receiver import Answer, Receiver, answers, hangs


@pytest.fixture
def hook(business: Business, receiver: Receiver) -> OutgoingWebhook:
    return webhook(business, receiver.at())


def test_an_event_arrives_signed_and_as_it_was_written(
    hook: OutgoingWebhook, receiver: Receiver
) -> None:
    sent = put(hook, text="Ångström – “quoted”")
    carry()
    (got,) = receiver.received
    assert got.content == sent.body.encode()
    assert got.verified(hook.secret)["id"] == str(sent.pk)
    assert got.headers["webhook-id"] == str(sent.pk)
    assert got.headers["Content-Type"] == "application/json"
    assert abs(int(got.headers["webhook-timestamp"]) - time.time()) < 30
    done = now_is(sent)
    assert (done.status, done.attempts, done.leased_until) == (DeliveryStatus.DELIVERED, 1, None)
    (tried,) = WebhookAttempt.objects.all()
    assert (tried.status_code, tried.error, tried.answer) == (200, "", "thank you")
    assert tried.business_id == hook.business_id


def test_what_somebody_else_signed_is_told_apart(hook: OutgoingWebhook, receiver: Receiver) -> None:
    put(hook)
    carry()
    with pytest.raises(WebhookVerificationError):
        receiver.received[0].verified("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")


def test_for_a_day_after_a_rotation_both_secrets_verify(
    hook: OutgoingWebhook, receiver: Receiver
) -> None:
    old = hook.secret
    new = rotate_secret(hook).secret
    assert new != old
    put(hook)
    carry()
    assert receiver.received[0].verified(old) == receiver.received[0].verified(new)
    OutgoingWebhook.objects.update(previous_until=timezone.now())
    put(hook)
    carry()
    assert receiver.received[1].verified(new)
    with pytest.raises(WebhookVerificationError):
        receiver.received[1].verified(old)
    assert timedelta(hours=24) == PREVIOUS_SIGNS


def test_the_test_event_has_an_appointment_that_there_is_not(
    hook: OutgoingWebhook, receiver: Receiver
) -> None:
    send_test(hook)
    carry()
    body = receiver.received[0].verified(hook.secret)
    assert list(body) == ["id", "createdAt", "name", "business", "data"]
    assert body["name"] == "webhook.test"
    assert body["business"] == {"id": str(hook.business_id), "name": "Riverside"}
    assert body["data"]["patient"]["name"] == "Example Patient"


REFUSED: list[tuple[Answer, tuple[int | None, str]]] = [
    (answers(500, "broken"), (500, "")),
    (answers(404), (404, "")),
    (answers(199 + 201), (400, "")),
    (
        answers(302, Location="http://127.0.0.1/"),
        (302, "The answer was a redirect, and redirects are not followed."),
    ),
]


@pytest.mark.parametrize(("answer", "logged"), REFUSED)
def test_only_a_success_counts_as_arrived(
    hook: OutgoingWebhook, receiver: Receiver, answer: Answer, logged: tuple[int, str]
) -> None:
    receiver.answer = answer
    sent = put(hook)
    carry()
    after = now_is(sent)
    assert (after.status, after.attempts) == (DeliveryStatus.PENDING, 1)
    assert after.due_at > timezone.now()
    assert tries(sent) == [logged]
    assert [one.path for one in receiver.received] == ["/in"]


def test_a_redirect_to_this_machine_is_not_followed(
    hook: OutgoingWebhook, receiver: Receiver
) -> None:
    receiver.answer = answers(307, Location=receiver.at("/secret"))
    put(hook)
    carry()
    assert [one.path for one in receiver.received] == ["/in"]


def test_a_refused_connection_is_logged_in_words(business: Business, settings: Settings) -> None:
    settings.WEBHOOK_PRIVATE_ADDRESSES = True
    sent = put(webhook(business, f"http://127.0.0.1:{free_port()}/"))
    carry()
    assert tries(sent) == [(None, "The connection was refused.")]


def test_of_a_huge_answer_the_first_kilobyte_is_kept(
    hook: OutgoingWebhook, receiver: Receiver
) -> None:
    receiver.answer = answers(200, "ä\x00" * 5_000_000)
    sent = put(hook)
    carry()
    assert now_is(sent).status == DeliveryStatus.DELIVERED
    kept = WebhookAttempt.objects.get().answer
    assert kept == "ä\ufffd" * 341 + "\ufffd"


async def drips(request: web.Request) -> web.StreamResponse:
    """A byte now and then: every read is quick, and the whole never ends."""
    response = web.StreamResponse()
    await response.prepare(request)
    for _ in range(600):
        await response.write(b".")
        await asyncio.sleep(0.1)
    return response


@pytest.mark.parametrize("answer", [hangs, drips])
def test_an_answer_that_does_not_end_is_given_up_after_the_deadline(
    hook: OutgoingWebhook, receiver: Receiver, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courier, "DEADLINE", 1)
    receiver.answer = answer
    sent = put(hook)
    started = time.monotonic()
    carry()
    assert time.monotonic() - started < 5
    ((_, error),) = tries(sent)
    assert error == "There was no whole answer within 1 seconds."
    assert now_is(sent).status == DeliveryStatus.PENDING


def test_the_deadline_is_ten_seconds() -> None:
    assert courier.DEADLINE == 10


@pytest.mark.parametrize("endpoint", ["https://127.0.0.1:{}/", "https://localhost:{}/"])
def test_an_address_that_is_not_public_any_more_is_not_connected_to(
    business: Business, receiver: Receiver, settings: Settings, endpoint: str
) -> None:
    """Saved when its name led elsewhere, or while the setting allowed it."""
    sent = put(webhook(business, endpoint.format(receiver.port).replace("https", "http")))
    settings.WEBHOOK_PRIVATE_ADDRESSES = False
    carry()
    ((status, error),) = tries(sent)
    assert status is None
    assert "in a private network" in error
    assert receiver.received == []
    settings.WEBHOOK_PRIVATE_ADDRESSES = True  # the control
    type(sent).objects.update(due_at=timezone.now())
    OutgoingWebhook.objects.update(rests_until=None)
    carry()
    assert len(receiver.received) == 1


def test_it_is_the_address_of_the_connection_that_counts(settings: Settings) -> None:
    """A name may have another address each time it is looked up: there is no second look."""
    settings.WEBHOOK_PRIVATE_ADDRESSES = False
    with pytest.raises(OSError, match=r"169\.254\.169\.254 is in a private network"):
        guarded_socket((2, 1, 6, "", ("169.254.169.254", 80)))
    guarded_socket((2, 1, 6, "", ("1.1.1.1", 443))).close()


@contextmanager
def running() -> Iterator[Courier]:
    """A courier in a thread of its own, as in the worker."""
    carrier = Courier()
    thread = threading.Thread(target=carrier.run_until_stopped)
    thread.start()
    try:
        yield carrier
    finally:
        carrier.stop()
        thread.join(20)
        assert not thread.is_alive()


def eventually(true: object, *, within: float) -> float:
    """After how many seconds it was true."""
    started = time.monotonic()
    while not true():  # type: ignore[operator]
        assert time.monotonic() - started < within
        time.sleep(0.01)
    return time.monotonic() - started


def test_fifty_addresses_that_hang_keep_no_other_waiting(
    business: Business, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courier, "GRACE", 0.1)
    receiver.answers = {f"/hangs/{number}": hangs for number in range(50)}
    for path in receiver.answers:
        slow = OutgoingWebhook.objects.create(
            business=business, endpoint=receiver.at(path), secret="whsec_eA=="
        )
        for _ in range(20):
            put(slow)
    good = webhook_beside(business, receiver)
    with running():
        eventually(lambda: len(receiver.received) >= 250, within=10)
        put(good)
        quick = eventually(lambda: "/good" in {one.path for one in receiver.received}, within=10)
    assert quick < 2


def webhook_beside(business: Business, receiver: Receiver) -> OutgoingWebhook:
    made: OutgoingWebhook = OutgoingWebhook.objects.create(
        business=business, endpoint=receiver.at("/good"), secret="whsec_eA=="
    )
    return made


def test_when_it_is_stopped_what_arrives_is_noted_and_what_hangs_is_put_back(
    hook: OutgoingWebhook, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slow(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.5)
        return web.Response()

    monkeypatch.setattr(courier, "GRACE", 1.5)
    receiver.answers = {"/in": slow, "/hangs": hangs}
    arrives = put(hook)
    hanging = put(webhook(hook.business, receiver.at("/hangs")))
    with running():
        eventually(lambda: len(receiver.received) == 2, within=10)
    assert now_is(arrives).status == DeliveryStatus.DELIVERED
    back = now_is(hanging)
    assert (back.status, back.leased_until, back.attempts) == (DeliveryStatus.PENDING, None, 0)
    assert back.due_at <= timezone.now()


def test_a_crash_is_logged_and_it_starts_again(
    hook: OutgoingWebhook,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(courier, "AFTER_A_CRASH", 0.05)
    crashes = iter([RuntimeError("the disk is full")])
    before = delivery.take

    def take(**more: int) -> list[delivery.Parcel]:
        for crash in crashes:
            raise crash
        return before(**more)

    monkeypatch.setattr(courier, "take", take)
    put(hook)
    with running(), caplog.at_level(logging.ERROR, "stilldesk.webhooks"):
        eventually(lambda: len(receiver.received) == 1, within=10)
    (record,) = [one for one in caplog.records if one.name == "stilldesk.webhooks"]
    assert record.getMessage() == "webhooks: failed, and starts again"
    assert record.exc_info is not None
    assert str(record.exc_info[1]) == "the disk is full"
