"""What the worker does from time to time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.sessions.models import Session
from django.utils import timezone

from businesses import rate_limits
from businesses.models import DeliveryStatus, IdempotentAnswer, WebhookAttempt, WebhookDelivery
from config.mails import tell_of_webhooks

DELIVERED_KEPT: Final = timedelta(days=30)
DEAD_KEPT: Final = timedelta(days=90)
AT_ONCE: Final = 5000  # deliveries removed in one statement
ANSWERS_KEPT: Final = timedelta(hours=24)
LOGINS_KEPT: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do every so often; `run` returns a few words on what it did, or nothing.

    It may run in several workers at once, so it must not matter if it is done twice.
    """

    name: str
    every: timedelta
    run: Callable[[], str]


def removed(count: int) -> str:
    return f"removed {count}" if count else ""


def forget_answers() -> str:
    """Removes answers kept for a repeated `Idempotency-Key` after their day."""
    old = IdempotentAnswer.objects.filter(created_at__lt=timezone.now() - ANSWERS_KEPT)
    return removed(old.delete()[0])


def end_sessions() -> str:
    """Removes sessions that have expired."""
    return removed(Session.objects.filter(expire_date__lt=timezone.now()).delete()[0])


def forget_logins() -> str:
    """Removes what was noted of logins, with their addresses, after thirty days."""
    before = timezone.now() - LOGINS_KEPT
    count = 0
    for kept in (AccessAttempt, AccessFailureLog, AccessLog):
        count += kept.objects.filter(attempt_time__lt=before).delete()[0]
    return removed(count)


def forget_counts() -> str:
    """Removes how often keys, addresses and links asked, an hour after."""
    return removed(rate_limits.forget(timezone.now()))


def forget_deliveries() -> str:
    """Removes what was delivered after 30 days, and what was given up after 90.

    What waits is kept, also for a webhook that is off.
    """
    count = 0
    for status, kept in (
        (DeliveryStatus.DELIVERED, DELIVERED_KEPT),
        (DeliveryStatus.DEAD, DEAD_KEPT),
    ):
        old = WebhookDelivery.objects.filter(
            status=status, updated_at__lt=timezone.now() - kept
        ).order_by("updated_at")
        while ids := list(old.values_list("pk", flat=True)[:AT_ONCE]):
            tries = WebhookAttempt.objects.filter(delivery_id__in=ids)
            tries._raw_delete(tries.db)
            # One that is replayed just now is pending again, and stays.
            gone = WebhookDelivery.objects.filter(pk__in=ids, status=status)
            count += gone._raw_delete(gone.db)
    return removed(count)


def tell_owners() -> str:
    """Mails to the owners of webhooks that were switched off because they failed."""
    count = tell_of_webhooks()
    return f"told {count}" if count else ""


JOBS: Final = (
    Job("webhooks switched off", timedelta(minutes=1), tell_owners),
    Job("old webhook deliveries", timedelta(hours=1), forget_deliveries),
    Job("idempotent answers", timedelta(minutes=10), forget_answers),
    Job("expired sessions", timedelta(hours=1), end_sessions),
    Job("old counts of requests", timedelta(hours=1), forget_counts),
    Job("old logins", timedelta(hours=6), forget_logins),
)
