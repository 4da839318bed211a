"""Webhooks as they are set up: made, changed, given a new secret, tested, replayed."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import orjson
from django.db import transaction
from django.utils import timezone

from businesses.identifiers import new_id
from businesses.models import (
    Business,
    DeliveryStatus,
    EventName,
    OutgoingWebhook,
    WebhookAttempt,
    WebhookDelivery,
)
from businesses.sample import SAMPLE_APPOINTMENT
from businesses.zones import written

MOST: Final = 10
PREVIOUS_SIGNS: Final = timedelta(hours=24)
MARK: Final = "whsec_"


class TooManyWebhooks(Exception):
    """The business has as many webhooks as one may have."""


class WebhookOff(Exception):
    """The webhook is switched off, so nothing is sent to it."""


def new_secret() -> str:
    return MARK + base64.b64encode(secrets.token_bytes(32)).decode()


@transaction.atomic
def create_webhook(*, business_id: UUID, endpoint: str, enabled: bool = True) -> OutgoingWebhook:
    """A new webhook with a secret of its own; TooManyWebhooks. Three statements."""
    # The rival this keeps out: another eleventh.
    Business.objects.select_for_update(no_key=True).get(pk=business_id)
    if OutgoingWebhook.objects.filter(business_id=business_id).count() >= MOST:
        raise TooManyWebhooks
    made: OutgoingWebhook = OutgoingWebhook.objects.create(
        business_id=business_id, endpoint=endpoint, enabled=enabled, secret=new_secret()
    )
    return made


def held(webhook: OutgoingWebhook) -> OutgoingWebhook:
    """The webhook, locked until the commit: the worker writes it as well."""
    mine = OutgoingWebhook.objects.select_for_update(no_key=True)
    found: OutgoingWebhook = mine.get(business_id=webhook.business_id, pk=webhook.pk)
    return found


def change_webhook(
    webhook: OutgoingWebhook, *, endpoint: str | None = None, enabled: bool | None = None
) -> OutgoingWebhook:
    """The webhook, which is locked, at another address, or switched on or off.

    Whoever switches it on takes it for sound, also where it is on: what waits for it goes out
    at once, and has a day to arrive. So it is with another address.
    """
    if endpoint is not None and endpoint != webhook.endpoint:
        webhook.endpoint, afresh = endpoint, True
    else:
        afresh = bool(enabled)
    if enabled is not None:
        webhook.enabled = enabled
    if webhook.enabled and afresh:
        webhook.failing_since = webhook.rests_until = webhook.disabled_at = webhook.told_at = None
        waiting = WebhookDelivery.objects.filter(
            business_id=webhook.business_id,
            webhook=webhook,
            status=DeliveryStatus.PENDING,
            leased_until__isnull=True,
        )
        waiting.update(due_at=timezone.now(), attempts=0, begun_at=None)
    webhook.save()
    return webhook


def delete_webhook(webhook: OutgoingWebhook) -> None:
    """The webhook, which is locked, is gone, and its log with it. Three statements."""
    of_it = {"business_id": webhook.business_id}
    deliveries = WebhookDelivery.objects.filter(**of_it, webhook=webhook)
    tries = WebhookAttempt.objects.filter(**of_it, delivery__in=deliveries)
    tries._raw_delete(tries.db)
    deliveries._raw_delete(deliveries.db)
    webhook.delete()


def rotate_secret(webhook: OutgoingWebhook) -> OutgoingWebhook:
    """The webhook, which is locked, with a new secret; the one before signs for a day as well."""
    webhook.previous_secret = webhook.secret
    webhook.previous_until = timezone.now() + PREVIOUS_SIGNS
    webhook.secret = new_secret()
    webhook.save()
    return webhook


def secrets_of(webhook: OutgoingWebhook, now: datetime) -> list[str]:
    """The secrets that sign at that moment, the newest first."""
    until = webhook.previous_until
    return [webhook.secret, *([webhook.previous_secret] if until and until > now else [])]


def send_test(webhook: OutgoingWebhook) -> WebhookDelivery:
    """A test event, waiting to be sent, about an appointment that there is not. WebhookOff."""
    if not webhook.enabled:
        raise WebhookOff
    now, delivery_id = timezone.now(), new_id()
    body = {
        "id": str(delivery_id),
        "createdAt": written(now),
        "name": EventName.TEST.value,
        "business": {"id": str(webhook.business_id), "name": webhook.business.name},
        "data": SAMPLE_APPOINTMENT,
    }
    made: WebhookDelivery = WebhookDelivery.objects.create(
        id=delivery_id,
        business_id=webhook.business_id,
        webhook=webhook,
        subject=new_id(),  # not that of the example: no test waits for another
        name=EventName.TEST,
        body=orjson.dumps(body).decode(),
        due_at=now,
    )
    return made


def replay(webhook: OutgoingWebhook, *, delivery_id: UUID | None = None) -> int:
    """Sends again what was given up, or one delivery, whatever became of it; how many.

    Each keeps its id, so that a receiver knows it again, and its place among the events of its
    appointment. What is on its way stays on its way. WebhookOff. One statement.
    """
    if not webhook.enabled:
        raise WebhookOff
    chosen = WebhookDelivery.objects.filter(
        business_id=webhook.business_id, webhook=webhook, leased_until__isnull=True
    )
    if delivery_id is None:
        chosen = chosen.filter(status=DeliveryStatus.DEAD)
    else:
        chosen = chosen.filter(pk=delivery_id)
    now = timezone.now()
    count: int = chosen.update(
        status=DeliveryStatus.PENDING,
        due_at=now,
        attempts=0,
        begun_at=None,
        delivered_at=None,
        updated_at=now,
    )
    return count
