"""Webhooks in the admin: their secret is shown once, and what was given up can be sent again."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from businesses.models import DeliveryStatus, OutgoingWebhook, WebhookAttempt, WebhookDelivery
from businesses.webhooks import MOST
from staff.roles import Role
from tests.admin.clinic import Clinic, as_user, errors, page, told, typed, words
from tests.factories import webhook
from tests.webhooks.queue import put

pytestmark = pytest.mark.django_db
ADD = page(OutgoingWebhook, "add")
ENDPOINT = "https://hooks.example/new"


@pytest.fixture
def client(mine: Clinic) -> Client:
    return as_user(mine.works(Role.DEVELOPER))


def secret_on(response: Any) -> str:
    found = re.search(r'value="(whsec_[^"]+)"', words(response))
    assert found is not None
    return found[1]


def now_is(row: Any) -> Any:
    row.refresh_from_db()
    return row


def test_the_secret_of_a_new_webhook_is_shown_once(mine: Clinic, client: Client) -> None:
    response = client.post(ADD, {"endpoint": ENDPOINT, "enabled": "on"})
    made = OutgoingWebhook.objects.get(endpoint=ENDPOINT)
    assert (response.status_code, secret_on(response)) == (200, made.secret)
    assert "no-store" in response["Cache-Control"]
    assert (made.business, made.enabled) == (mine.business, True)
    for name in ("change", "history"):
        assert made.secret not in words(client.get(page(made, name)))
    assert made.secret not in words(client.get(page(OutgoingWebhook, "changelist")))


def test_an_address_that_is_not_public_is_an_error_of_the_form(
    mine: Clinic, client: Client, settings: Settings
) -> None:
    settings.WEBHOOK_PRIVATE_ADDRESSES = False
    for endpoint in ("https://127.0.0.1/", "http://93.184.215.14/"):
        for address in (ADD, page(mine.hook, "change")):
            response = client.post(address, {"endpoint": endpoint, "enabled": "on"})
            assert list(errors(response)) == ["endpoint"]
    assert OutgoingWebhook.objects.get().endpoint == mine.hook.endpoint


def test_an_eleventh_webhook_is_refused(mine: Clinic, client: Client) -> None:
    for _ in range(MOST - 1):
        webhook(mine.business)
    response = client.post(ADD, {"endpoint": ENDPOINT, "enabled": "on"})
    assert list(errors(response)) == ["__all__"]
    assert OutgoingWebhook.objects.count() == MOST


def test_a_webhook_says_in_words_how_it_fares(mine: Clinic, client: Client) -> None:
    moment = timezone.now() - timedelta(days=2)
    states: list[tuple[dict[str, Any], str]] = [
        ({}, "Works"),
        ({"failing_since": moment}, "Fails since "),
        ({"enabled": False}, "Off"),
        ({"enabled": False, "disabled_at": moment}, "because it had failed for a day"),
    ]
    for values, said in states:
        sound: dict[str, Any] = {"enabled": True, "failing_since": None, "disabled_at": None}
        OutgoingWebhook.objects.update(**(sound | values))
        assert said in words(client.get(page(OutgoingWebhook, "changelist")))
        assert said in words(client.get(page(mine.hook, "change")))
    assert "1 waiting, 0 given up" in words(client.get(page(mine.hook, "change")))


def test_switched_on_again_it_is_taken_for_sound(mine: Clinic, client: Client) -> None:
    OutgoingWebhook.objects.update(
        enabled=False, disabled_at=timezone.now(), failing_since=timezone.now()
    )
    sent = typed(client.get(page(mine.hook, "change"))) | {"enabled": "on"}
    assert client.post(page(mine.hook, "change"), sent).status_code == 302
    on = now_is(mine.hook)
    assert (on.enabled, on.disabled_at, on.failing_since) == (True, None, None)


def test_a_test_event_is_sent_and_its_page_shown(mine: Clinic, client: Client) -> None:
    response = client.post(page(mine.hook, "test"))
    sent = WebhookDelivery.objects.get(name="webhook.test")
    assert response["Location"] == page(sent, "change")
    assert told(response) == ["A test event is on its way; here is how it fares."]


def test_a_new_secret_is_shown_once_and_the_old_one_still_signs(
    mine: Clinic, client: Client
) -> None:
    before = mine.hook.secret
    response = client.post(page(mine.hook, "rotate"))
    assert secret_on(response) == now_is(mine.hook).secret != before
    assert mine.hook.previous_secret == before
    assert "signs as well until" in words(client.get(page(mine.hook, "change")))


def test_all_that_was_given_up_is_sent_again(mine: Clinic, client: Client) -> None:
    put(mine.hook)
    WebhookDelivery.objects.update(status=DeliveryStatus.DEAD)
    response = client.post(page(mine.hook, "replay"))
    assert told(response) == ["2 deliveries are sent again."]
    assert set(WebhookDelivery.objects.values_list("status", flat=True)) == {"pending"}
    assert told(client.post(page(mine.hook, "replay")))[-1] == "0 deliveries are sent again."


def test_one_delivery_is_sent_again_by_its_button_or_from_the_list(
    mine: Clinic, client: Client
) -> None:
    chosen = {"action": "send_again", "_selected_action": [str(mine.delivery.pk)]}
    for address, sent in (
        (page(mine.delivery, "again"), {}),
        (page(WebhookDelivery, "changelist"), chosen),
    ):
        WebhookDelivery.objects.update(status=DeliveryStatus.DEAD)
        assert told(client.post(address, sent))[-1] == "1 delivery is sent again."
        assert now_is(mine.delivery).status == DeliveryStatus.PENDING


def test_nothing_is_sent_to_a_webhook_that_is_off(mine: Clinic, client: Client) -> None:
    WebhookDelivery.objects.update(status=DeliveryStatus.DEAD)
    OutgoingWebhook.objects.update(enabled=False)
    for address in (
        page(mine.hook, "test"),
        page(mine.hook, "replay"),
        page(mine.delivery, "again"),
    ):
        assert told(client.post(address))[-1] == "This webhook is off; switch it on first."
    assert [one.status for one in WebhookDelivery.objects.all()] == [DeliveryStatus.DEAD]


def test_the_page_of_a_delivery_shows_every_attempt_and_nothing_to_edit(
    mine: Clinic, client: Client
) -> None:
    shown = words(client.get(page(mine.delivery, "change")))
    for expected in ("Own answer", "500", "appointment.create"):
        assert expected in shown
    assert client.post(page(mine.delivery, "change"), {"status": "delivered"}).status_code == 403
    assert now_is(mine.delivery).status == DeliveryStatus.PENDING


def test_a_webhook_is_deleted_with_its_log(mine: Clinic, client: Client) -> None:
    assert "Own" in words(client.get(page(mine.hook, "delete")))
    assert client.post(page(mine.hook, "delete"), {"post": "yes"}).status_code == 302
    for model in (OutgoingWebhook, WebhookDelivery, WebhookAttempt):
        assert model.objects.count() == 0


@pytest.mark.parametrize("role", [Role.MANAGER, Role.FRONT_DESK, Role.PRACTITIONER])
def test_webhooks_are_not_for_every_role(role: Role, mine: Clinic) -> None:
    client = as_user(mine.works(role))
    secret = mine.hook.secret
    for model in (OutgoingWebhook, WebhookDelivery):
        assert client.get(page(model, "changelist")).status_code == 403
    for address in (ADD, page(mine.hook, "rotate"), page(mine.delivery, "again")):
        assert client.post(address, {"endpoint": ENDPOINT}).status_code in (302, 403)
    assert now_is(mine.hook).secret == secret
    assert OutgoingWebhook.objects.count() == 1


@pytest.mark.parametrize("count", [1, 3])
def test_a_page_takes_as_many_queries_for_three_deliveries_as_for_one(
    count: int, mine: Clinic, client: Client
) -> None:
    for _ in range(count - 1):
        put(mine.hook)
        WebhookAttempt.objects.create(
            business=mine.business, delivery=mine.delivery, at=timezone.now(), milliseconds=1
        )
    for row, queries in ((mine.hook, 7), (mine.delivery, 6)):
        client.get(page(row, "change"))  # what a process reads once is read
        with CaptureQueriesContext(connection) as sent:
            assert client.get(page(row, "change")).status_code == 200
        assert len(sent) == queries
