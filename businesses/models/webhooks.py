"""Where a business's events are sent, what is waiting to be sent, and what became of each try."""

from __future__ import annotations

import pghistory
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from businesses.models.practice import TenantModel, business_of_its_references, reference


class EventName(models.TextChoices):
    CREATE = "appointment.create", _("Booked")
    REQUEST = "appointment.request", _("Requested")
    UPDATE = "appointment.update", _("Changed")
    DELETE = "appointment.delete", _("Cancelled")
    TEST = "webhook.test", _("Test")


class DeliveryStatus(models.TextChoices):
    PENDING = "pending", _("Waiting")
    DELIVERED = "delivered", _("Delivered")
    DEAD = "dead", _("Given up")


# Secrets stay out of the history, and so does what the courier notes with every failure.
NOT_IN_HISTORY = [
    "secret",
    "previous_secret",
    "previous_until",
    "failing_since",
    "rests_until",
    "told_at",
]


@pghistory.track(exclude=NOT_IN_HISTORY)
class OutgoingWebhook(TenantModel):
    """An address that is told of a business's appointments, and the secret that signs it.

    The secret is kept as it is: every delivery is signed with it.
    """

    endpoint = models.CharField(
        _("address"),
        max_length=2000,
        help_text=_("Such as https://example.com/hooks. It is sent each event by POST."),
    )
    enabled = models.BooleanField(
        _("switched on"), default=True, help_text=_("Off: nothing is sent, and nothing is kept.")
    )
    secret = models.CharField(max_length=100, editable=False)
    previous_secret = models.CharField(max_length=100, blank=True, default="", editable=False)
    previous_until = models.DateTimeField(
        _("the previous secret signs until"), null=True, blank=True, editable=False
    )
    failing_since = models.DateTimeField(_("failing since"), null=True, blank=True, editable=False)
    rests_until = models.DateTimeField(null=True, blank=True, editable=False)
    disabled_at = models.DateTimeField(
        _("switched off because it failed"), null=True, blank=True, editable=False
    )
    told_at = models.DateTimeField(_("owner told"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ("created_at", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(disabled_at__isnull=True) | Q(enabled=False),
                name="webhook_switched_off_is_off",
            ),
        )

    def __str__(self) -> str:
        return self.endpoint


class WebhookDelivery(TenantModel):
    """One event for one webhook: written with what it tells of, then sent until it has arrived.

    Not part of the history: it tells of rows that are. `number` says which event of an
    appointment came first: whoever changes an appointment holds its row until the commit, so for
    one appointment the numbers are in the order of the commits.
    """

    business = business_of_its_references()
    webhook = reference(
        OutgoingWebhook, models.CASCADE, related_name="deliveries", verbose_name=_("webhook")
    )
    number = models.BigIntegerField(
        _("number"),
        editable=False,
        db_default=models.Func(
            models.Value("businesses_webhookdelivery_number"), function="nextval"
        ),
    )
    # The appointment; no reference, because the example of a test event is none.
    subject = models.UUIDField(_("appointment"))
    name = models.CharField(_("event"), max_length=40, choices=EventName.choices)
    body = models.TextField(_("body"))
    status = models.CharField(
        _("status"),
        max_length=10,
        choices=DeliveryStatus.choices,
        default=DeliveryStatus.PENDING,
    )
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    begun_at = models.DateTimeField(_("first attempt"), null=True, blank=True)
    due_at = models.DateTimeField(_("next attempt"))
    leased_until = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(_("delivered"), null=True, blank=True)

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        ordering = ("-number",)
        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=DeliveryStatus.values),
                name="webhook_delivery_status_is_known",
            ),
            models.CheckConstraint(
                condition=Q(leased_until__isnull=True) | Q(status=DeliveryStatus.PENDING),
                name="webhook_delivery_on_its_way_is_pending",
            ),
        )
        indexes = (
            # The courier: what is due at one address.
            models.Index(
                fields=("business", "webhook", "due_at", "number"),
                condition=Q(status=DeliveryStatus.PENDING),
                name="webhook_deliveries_due",
            ),
            # The courier: whether an earlier event of the same appointment is still to come.
            models.Index(
                fields=("business", "webhook", "subject", "number"),
                condition=Q(status=DeliveryStatus.PENDING),
                name="webhook_deliveries_in_order",
            ),
            # The courier: how many are on their way to one address.
            models.Index(
                fields=("business", "webhook"),
                condition=Q(leased_until__isnull=False),
                name="webhook_deliveries_in_flight",
            ),
            # The log of a webhook, newest first.
            models.Index(fields=("business", "webhook", "number"), name="webhook_deliveries_log"),
            # The worker removes the old ones.
            models.Index(fields=("updated_at",), name="webhook_deliveries_by_age"),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.pk}"


class WebhookAttempt(TenantModel):
    """One try of a delivery: when, how long it took, and how it was answered."""

    business = business_of_its_references()
    delivery = reference(
        WebhookDelivery, models.CASCADE, related_name="tries", verbose_name=_("delivery")
    )
    at = models.DateTimeField(_("at"))
    milliseconds = models.PositiveIntegerField(_("milliseconds"))
    status_code = models.PositiveSmallIntegerField(_("status"), null=True, blank=True)
    error = models.CharField(_("what went wrong"), max_length=500, blank=True, default="")
    answer = models.TextField(_("answer"), blank=True, default="")

    class Meta:
        verbose_name = _("webhook attempt")
        verbose_name_plural = _("webhook attempts")
        ordering = ("at", "id")
        indexes = (
            # The tries of a delivery.
            models.Index(
                fields=("business", "delivery", "at"), name="webhook_attempts_of_delivery"
            ),
        )

    def __str__(self) -> str:
        return str(self.at)
