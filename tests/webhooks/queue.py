"""Deliveries for tests: put into the outbox, carried, and looked at."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import orjson
from django.utils import timezone

from businesses.courier import Courier
from businesses.identifiers import new_id
from businesses.models import OutgoingWebhook, WebhookAttempt, WebhookDelivery


def put(
    hook: OutgoingWebhook,
    *,
    subject: UUID | None = None,
    name: str = "appointment.update",
    due_at: datetime | None = None,
    **body: object,
) -> WebhookDelivery:
    """An event as a booking writes it."""
    delivery_id, about = new_id(), subject or new_id()
    told = {"id": str(delivery_id), "name": name, "data": {"id": str(about)} | body}
    made: WebhookDelivery = WebhookDelivery.objects.create(
        id=delivery_id,
        business_id=hook.business_id,
        webhook=hook,
        subject=about,
        name=name,
        body=orjson.dumps(told).decode(),
        due_at=due_at or timezone.now(),
    )
    return made


def carry() -> None:
    """Delivers what is due until nothing is."""
    Courier().run(once=True)


def now_is(delivery: WebhookDelivery) -> WebhookDelivery:
    found: WebhookDelivery = WebhookDelivery.objects.get(pk=delivery.pk)
    return found


def tries(delivery: WebhookDelivery) -> list[tuple[int | None, str]]:
    """How each attempt was answered, and what went wrong."""
    found = WebhookAttempt.objects.filter(delivery_id=delivery.pk).order_by("at", "id")
    return [(one.status_code, one.error) for one in found]
