"""Outgoing webhooks over HTTP: set up, given new secrets, tested, and their deliveries."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pytest_django import Settings

from businesses.models import (
    DeliveryStatus,
    OutgoingWebhook,
    WebhookAttempt,
    WebhookDelivery,
)
from businesses.sample import SAMPLE_APPOINTMENT
from businesses.webhooks import MOST
from tests.appointments.api.clinic import NOW, Clinic, counted, nothing_is_written
from tests.contract import ID, LIST, TEXT, TIME, Table, check_table
from tests.factories import api_key

WEBHOOK: Table = [
    ("id", ID, False),
    ("createdAt", TIME, False),
    ("updatedAt", TIME, False),
    ("enabled", bool, False),
    ("endpoint", TEXT, False),
]
DELIVERY: Table = [
    ("id", ID, False),
    ("createdAt", TIME, False),
    ("name", TEXT, False),
    ("appointmentId", ID, True),
    ("status", TEXT, False),
    ("attempts", LIST, False),
    ("nextAttemptAt", TIME, True),
]
ATTEMPT: Table = [
    ("at", TIME, False),
    ("milliseconds", int, False),
    ("statusCode", int, True),
    ("error", TEXT, True),
    ("answer", TEXT, False),
]
PATH = "outgoing-webhooks"
ENDPOINT = "https://hooks.example/in"


def made(clinic: Clinic, endpoint: str = ENDPOINT, **more: Any) -> Any:
    reply = clinic.ask("POST", PATH, body={"endpoint": endpoint, **more})
    assert reply.status == 201, reply.content
    return reply.data


def log(clinic: Clinic, hook: Any, query: str = "") -> Any:
    reply = clinic.ask("GET", PATH, hook["id"], "deliveries", query=query)
    assert reply.status == 200, reply.content
    return reply.data


def tried(hook: Any, **values: Any) -> None:
    """The one delivery of the webhook was tried."""
    delivery = WebhookDelivery.objects.get(webhook_id=hook["id"])
    WebhookAttempt.objects.create(
        business_id=delivery.business_id,
        delivery=delivery,
        **({"at": NOW, "milliseconds": 12} | values),
    )


# --- Setting up ---------------------------------------------------------------------------------


def test_a_new_webhook_is_told_as_the_contract_says_and_its_secret_once(clinic: Clinic) -> None:
    reply = clinic.ask("POST", PATH, body={"endpoint": ENDPOINT})
    assert reply.status == 201
    assert list(reply.json) == ["data", "meta"]
    check_table(reply.data, WEBHOOK)
    stored = OutgoingWebhook.objects.get()
    assert reply.data == {
        "id": str(stored.pk),
        "createdAt": "2026-07-01T08:00:00.000Z",
        "updatedAt": "2026-07-01T08:00:00.000Z",
        "enabled": True,
        "endpoint": ENDPOINT,
    }
    secret = reply.json["meta"]["secret"]
    assert (secret[:6], len(secret), secret) == ("whsec_", 50, stored.secret)
    assert reply.headers["Location"] == f"/v1/businesses/{clinic.business.pk}/{PATH}/{stored.pk}"
    there = clinic.ask("GET", PATH, stored.pk)
    assert there.json == {"data": reply.data}
    assert there.headers["ETag"] == reply.headers["ETag"]
    assert clinic.ask("GET", PATH).json == {"data": [reply.data], "meta": {"totalCount": 1}}
    history = OutgoingWebhook.pgh_event_model.objects.values().get()  # type: ignore[attr-defined]
    assert secret not in str(history)


def test_webhooks_are_listed_from_the_oldest_on(clinic: Clinic, clock: Any) -> None:
    first = made(clinic)
    clock.shift(1)
    second = made(clinic, "https://another.example/", enabled=False)
    assert clinic.ask("GET", PATH).data == [first, second]
    assert clinic.ask("GET", PATH, query="?limit=1&offset=1").data == [second]
    assert clinic.ask("GET", PATH, query="?updatedSince=2026-07-01T08:00:01Z").data == [second]


def test_a_webhook_is_changed_and_what_is_left_out_stays(clinic: Clinic, clock: Any) -> None:
    hook = made(clinic)
    clock.shift(1)
    off = clinic.ask("PATCH", PATH, hook["id"], body={"enabled": False})
    assert off.status == 200
    assert off.data == hook | {"enabled": False, "updatedAt": "2026-07-01T08:00:01.000Z"}
    moved = clinic.ask("PATCH", PATH, hook["id"], body={"endpoint": "https://new.example/"})
    assert moved.data == off.data | {"endpoint": "https://new.example/"}
    same = clinic.ask("PATCH", PATH, hook["id"], body={})
    assert same.data == moved.data


def test_switching_it_on_forgets_that_it_failed(clinic: Clinic) -> None:
    hook = made(clinic)
    OutgoingWebhook.objects.update(enabled=False, disabled_at=NOW, failing_since=NOW, told_at=NOW)
    assert clinic.ask("PATCH", PATH, hook["id"], body={"enabled": True}).data == hook
    stored = OutgoingWebhook.objects.get()
    assert (stored.disabled_at, stored.failing_since, stored.told_at) == (None, None, None)


def test_a_deleted_webhook_is_gone_with_its_log(clinic: Clinic) -> None:
    hook, other = made(clinic), made(clinic)
    clinic.ask("POST", PATH, hook["id"], "test")
    tried(hook)
    reply = clinic.ask("DELETE", PATH, hook["id"])
    assert (reply.status, reply.content) == (204, b"")
    assert clinic.ask("GET", PATH, hook["id"]).refused == (404, "not_found")
    assert clinic.ask("DELETE", PATH, hook["id"]).refused == (404, "not_found")
    assert clinic.ask("GET", PATH).data == [other]
    assert (WebhookDelivery.objects.count(), WebhookAttempt.objects.count()) == (0, 0)


def test_a_business_has_at_most_ten(clinic: Clinic) -> None:
    for _ in range(MOST):
        made(clinic)
    with nothing_is_written():
        reply = clinic.ask("POST", PATH, body={"endpoint": ENDPOINT})
        assert reply.refused == (409, "too_many_webhooks")
    assert MOST == 10


def test_a_new_secret_is_told_once_and_the_old_one_signs_for_a_day(clinic: Clinic) -> None:
    hook = made(clinic)
    old = OutgoingWebhook.objects.get().secret
    reply = clinic.ask("POST", PATH, hook["id"], "rotate-secret")
    assert reply.status == 200
    assert reply.json == {"data": hook, "meta": {"secret": OutgoingWebhook.objects.get().secret}}
    stored = OutgoingWebhook.objects.get()
    assert stored.previous_secret == old != stored.secret
    assert stored.previous_until == NOW + timedelta(hours=24)


# --- Refusals -----------------------------------------------------------------------------------

BAD_BODIES: list[tuple[Any, list[tuple[str, str]]]] = [
    ({"endpoint": ""}, [("endpoint", "blank")]),
    ({"endpoint": None}, [("endpoint", "null")]),
    ({"endpoint": 5}, [("endpoint", "invalid")]),
    ({"endpoint": "a\x00b"}, [("endpoint", "bad_character")]),
    ({"endpoint": "hooks.example"}, [("endpoint", "endpoint_invalid")]),
    ({"endpoint": "ftp://hooks.example/"}, [("endpoint", "endpoint_invalid")]),
    ({"endpoint": ENDPOINT + "x" * 2000}, [("endpoint", "endpoint_invalid")]),
    ({"endpoint": ENDPOINT, "enabled": "yes"}, [("enabled", "invalid")]),
    ({"endpoint": ENDPOINT, "enabled": None}, [("enabled", "null")]),
    ({"endpoint": ENDPOINT, "secret": "x"}, [("secret", "unknown_field")]),
    ([], [("", "invalid")]),
]


@pytest.mark.parametrize(("body", "wrong"), BAD_BODIES)
def test_a_bad_body_is_refused_and_nothing_is_written(
    clinic: Clinic, body: Any, wrong: list[tuple[str, str]]
) -> None:
    hook = made(clinic)
    with nothing_is_written():
        assert clinic.ask("POST", PATH, body=body).wrong == wrong
        assert clinic.ask("PATCH", PATH, hook["id"], body=body).wrong == wrong
    assert clinic.ask("GET", PATH).data == [hook]
    assert clinic.ask("POST", PATH, body={}).wrong == [("endpoint", "required")]


@pytest.mark.parametrize(
    ("endpoint", "code"),
    [
        ("https://127.0.0.1/", "endpoint_not_public"),
        ("https://localhost/", "endpoint_not_public"),
        ("https://169.254.169.254/latest/meta-data", "endpoint_not_public"),
        ("https://[::ffff:10.0.0.1]/", "endpoint_not_public"),
        ("http://93.184.215.14/", "endpoint_invalid"),
        ("https://user:password@93.184.215.14/", "endpoint_invalid"),
    ],
)
def test_an_address_that_is_not_public_is_refused_when_it_is_saved(
    clinic: Clinic, settings: Settings, endpoint: str, code: str
) -> None:
    hook = made(clinic)
    settings.WEBHOOK_PRIVATE_ADDRESSES = False
    with nothing_is_written():
        for method, path in (("POST", ()), ("PATCH", (hook["id"],))):
            reply = clinic.ask(method, PATH, *path, body={"endpoint": endpoint})
            assert reply.refused == (400, code)
            assert reply.wrong == [("endpoint", code)]
            assert "end an address" in reply.error["title"]  # what to send instead
    public = clinic.ask("POST", PATH, body={"endpoint": "https://93.184.215.14:8443/in"})
    assert public.status == 201


def test_who_has_seen_something_else_changes_nothing(clinic: Clinic) -> None:
    hook = made(clinic)
    seen = clinic.ask("GET", PATH, hook["id"]).headers["ETag"]
    assert clinic.ask("GET", PATH, hook["id"], have=seen).status == 304
    clinic.ask("PATCH", PATH, hook["id"], body={"enabled": False})
    with nothing_is_written():
        for method, body in (("PATCH", {"enabled": True}), ("DELETE", None)):
            reply = clinic.ask(method, PATH, hook["id"], body=body, match=seen)
            assert reply.refused == (412, "stale")
    assert not OutgoingWebhook.objects.get().enabled


def test_the_rights_are_those_of_webhooks(clinic: Clinic) -> None:
    hook = made(clinic)
    clinic.ask("POST", PATH, hook["id"], "test")
    (sent,) = log(clinic, hook)
    reads = api_key(clinic.business, "webhooks:read")
    none = api_key(clinic.business, "appointments:read", "appointments:write")
    reading = [("GET", ()), ("GET", (hook["id"],)), ("GET", (hook["id"], "deliveries"))]
    writing = [
        ("POST", ()),
        ("PATCH", (hook["id"],)),
        ("DELETE", (hook["id"],)),
        ("POST", (hook["id"], "rotate-secret")),
        ("POST", (hook["id"], "test")),
        ("POST", (hook["id"], "deliveries", sent["id"], "replay")),
    ]
    for method, path in reading:
        assert clinic.ask(method, PATH, *path, token=reads).status == 200
        assert clinic.ask(method, PATH, *path, token=none).refused == (403, "missing_scope")
    with nothing_is_written():
        for method, path in writing:
            reply = clinic.ask(method, PATH, *path, body={}, token=reads)
            assert reply.refused == (403, "missing_scope")


# --- Deliveries ---------------------------------------------------------------------------------


def test_a_test_event_waits_to_be_sent(clinic: Clinic) -> None:
    hook = made(clinic)
    reply = clinic.ask("POST", PATH, hook["id"], "test")
    assert reply.status == 202
    check_table(reply.data, DELIVERY)
    assert reply.data == {
        "id": str(WebhookDelivery.objects.get().pk),
        "createdAt": "2026-07-01T08:00:00.000Z",
        "name": "webhook.test",
        "appointmentId": None,
        "status": "pending",
        "attempts": [],
        "nextAttemptAt": "2026-07-01T08:00:00.000Z",
    }
    assert log(clinic, hook) == [reply.data]


def test_the_example_of_a_test_event_has_every_name_of_an_appointment(clinic: Clinic) -> None:
    booked = clinic.booked()
    assert list(SAMPLE_APPOINTMENT) == list(booked)
    for name, value in booked.items():
        if isinstance(value, dict):
            assert list(SAMPLE_APPOINTMENT[name]) == list(value)


def test_a_delivery_is_told_with_every_attempt(clinic: Clinic) -> None:
    hook = made(clinic)
    booked = clinic.booked()
    tried(hook, error="The connection was refused.")
    tried(hook, at=NOW + timedelta(seconds=5), status_code=200, answer="thank you")
    WebhookDelivery.objects.update(status=DeliveryStatus.DELIVERED, delivered_at=NOW)
    (sent,) = log(clinic, hook)
    check_table(sent, DELIVERY)
    assert (sent["name"], sent["appointmentId"]) == ("appointment.create", booked["id"])
    assert (sent["status"], sent["nextAttemptAt"]) == ("delivered", None)
    for attempt in sent["attempts"]:
        check_table(attempt, ATTEMPT)
    assert sent["attempts"] == [
        {
            "at": "2026-07-01T08:00:00.000Z",
            "milliseconds": 12,
            "statusCode": None,
            "error": "The connection was refused.",
            "answer": "",
        },
        {
            "at": "2026-07-01T08:00:05.000Z",
            "milliseconds": 12,
            "statusCode": 200,
            "error": None,
            "answer": "thank you",
        },
    ]


def test_deliveries_are_listed_from_the_newest_and_can_be_narrowed(clinic: Clinic) -> None:
    hook, other = made(clinic), made(clinic)
    booked = clinic.booked()
    clinic.cancel(booked["id"])
    clinic.ask("POST", PATH, hook["id"], "test")
    names = [one["name"] for one in log(clinic, hook)]
    assert names == ["webhook.test", "appointment.delete", "appointment.create"]
    assert len(log(clinic, other)) == 2
    WebhookDelivery.objects.filter(name="appointment.create").update(status=DeliveryStatus.DEAD)
    for query, found in (
        ("?status=dead", ["appointment.create"]),
        ("?status=delivered", []),
        (f"?appointmentId={booked['id']}", ["appointment.delete", "appointment.create"]),
        (f"?appointmentId={hook['id']}", []),
        ("?limit=1&offset=1", ["appointment.delete"]),
    ):
        assert [one["name"] for one in log(clinic, hook, query)] == found
    for query, wrong in (
        ("?status=late", ("status", "invalid_choice")),
        ("?appointmentId=x", ("appointmentId", "invalid")),
        ("?color=red", ("color", "unknown_field")),
    ):
        reply = clinic.ask("GET", PATH, hook["id"], "deliveries", query=query)
        assert reply.wrong == [wrong]


def test_a_dead_letter_is_replayed(clinic: Clinic) -> None:
    hook = made(clinic)
    clinic.booked()
    tried(hook, status_code=500)
    WebhookDelivery.objects.update(status=DeliveryStatus.DEAD, attempts=12, begun_at=NOW)
    (dead,) = log(clinic, hook)
    reply = clinic.ask("POST", PATH, hook["id"], "deliveries", dead["id"], "replay")
    assert reply.status == 202
    assert reply.data == dead | {
        "status": "pending",
        "nextAttemptAt": "2026-07-01T08:00:00.000Z",
    }
    stored = WebhookDelivery.objects.get()
    assert (stored.attempts, stored.begun_at) == (0, None)


def test_nothing_is_tested_or_replayed_while_the_webhook_is_off(clinic: Clinic) -> None:
    hook = made(clinic)
    sent = clinic.ask("POST", PATH, hook["id"], "test").data
    clinic.ask("PATCH", PATH, hook["id"], body={"enabled": False})
    with nothing_is_written():
        for path in (("test",), ("deliveries", sent["id"], "replay")):
            assert clinic.ask("POST", PATH, hook["id"], *path).refused == (409, "webhook_off")


def test_a_delivery_is_found_under_its_own_webhook_alone(
    clinic: Clinic, other_clinic: Clinic
) -> None:
    hook, second = made(clinic), made(clinic)
    sent = clinic.ask("POST", PATH, hook["id"], "test").data
    foreign = made(other_clinic)
    with nothing_is_written():
        for owner in (second, foreign):
            reply = clinic.ask("POST", PATH, owner["id"], "deliveries", sent["id"], "replay")
            assert reply.refused == (404, "not_found")
        assert clinic.ask("GET", PATH, foreign["id"], "deliveries").refused == (404, "not_found")


# --- Cost ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 3])
def test_how_many_statements_a_request_sends(real_clinic: Clinic, count: int) -> None:
    hook, *_ = [made(real_clinic) for _ in range(count)]
    for _ in range(count):
        sent = real_clinic.ask("POST", PATH, hook["id"], "test").data
    one = (PATH, hook["id"])
    # The key, the count, the rows.
    assert counted(lambda: real_clinic.ask("GET", PATH)) == (200, 3)
    assert counted(lambda: real_clinic.ask("GET", *one)) == (200, 2)
    # The key, the webhook, the count, the deliveries, their attempts.
    assert counted(lambda: real_clinic.ask("GET", *one, "deliveries")) == (200, 5)
    # The key, BEGIN, the signature, the row, what waits, its change, COMMIT.
    body = {"enabled": True}
    assert counted(lambda: real_clinic.ask("PATCH", *one, body=body)) == (200, 7)
    assert sent["status"] == "pending"
