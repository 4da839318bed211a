"""What becomes of old deliveries, and who is told of a webhook that was switched off."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from businesses.models import DeliveryStatus, OutgoingWebhook, WebhookAttempt, WebhookDelivery
from config.jobs import DEAD_KEPT, DELIVERED_KEPT, forget_deliveries, tell_owners
from staff.models import Staff, StaffStatus
from staff.roles import Role
from tests.factories import BusinessFactory, member, webhook
from tests.webhooks.queue import put

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def test_delivered_events_are_forgotten_after_30_days_and_dead_ones_after_90() -> None:
    hook = webhook(BusinessFactory())
    ages = [
        (DeliveryStatus.DELIVERED, DELIVERED_KEPT - MINUTE),
        (DeliveryStatus.DELIVERED, DELIVERED_KEPT + MINUTE),
        (DeliveryStatus.DEAD, DEAD_KEPT - MINUTE),
        (DeliveryStatus.DEAD, DEAD_KEPT + MINUTE),
        (DeliveryStatus.PENDING, timedelta(days=1000)),
    ]
    rows = []
    for status, age in ages:
        row = put(hook)
        WebhookAttempt.objects.create(
            business=hook.business, delivery=row, at=timezone.now(), milliseconds=1
        )
        WebhookDelivery.objects.filter(pk=row.pk).update(
            status=status, updated_at=timezone.now() - age
        )
        rows.append(row.pk)
    assert forget_deliveries() == "removed 2"
    kept = {rows[0], rows[2], rows[4]}
    assert set(WebhookDelivery.objects.values_list("pk", flat=True)) == kept
    assert set(WebhookAttempt.objects.values_list("delivery_id", flat=True)) == kept
    assert forget_deliveries() == ""
    assert (DELIVERED_KEPT.days, DEAD_KEPT.days) == (30, 90)


def test_the_business_and_its_owners_are_told_once() -> None:
    business = BusinessFactory(name="Riverside", email="desk@riverside.example")
    member(business, Role.OWNER, email="owner@riverside.example")
    member(business, Role.ADMIN, email="admin@riverside.example")
    left = member(business, Role.OWNER, email="left@riverside.example")
    Staff.objects.filter(user=left).update(status=StaffStatus.ARCHIVED)
    member(BusinessFactory(), Role.OWNER, email="owner@elsewhere.example")
    hook = webhook(business, "https://hooks.example/in?a=1&b=2")
    assert tell_owners() == ""
    moment = timezone.now()
    OutgoingWebhook.objects.update(enabled=False, disabled_at=moment)
    assert tell_owners() == "told 1"
    (sent,) = mail.outbox
    assert sent.to == ["desk@riverside.example", "owner@riverside.example"]
    assert sent.subject == "Riverside: a webhook was switched off"
    assert "https://hooks.example/in?a=1&b=2 of Riverside was switched off" in sent.body
    page = f"http://127.0.0.1:8000/admin/businesses/outgoingwebhook/{hook.pk}/change/"
    assert page in sent.body
    hook.refresh_from_db()
    assert hook.told_at is not None
    assert (tell_owners(), len(mail.outbox)) == ("", 1)


def test_a_mail_that_could_not_be_sent_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    webhook(BusinessFactory())
    OutgoingWebhook.objects.update(enabled=False, disabled_at=timezone.now())

    def broken(*args: object, **more: object) -> None:
        raise OSError("no mail server")

    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.EmailMessage.send", broken)
        with pytest.raises(OSError, match="no mail server"):
            tell_owners()
    assert OutgoingWebhook.objects.get().told_at is None
    assert tell_owners() == "told 1"
