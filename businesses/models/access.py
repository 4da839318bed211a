"""The keys of other software, and the answers that are kept for its repeats."""

from __future__ import annotations

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from businesses.fields import IdField
from businesses.models.practice import Business, TenantModel
from businesses.scopes import SCOPES


@pghistory.track(exclude=["secret_hash", "last_used_at"])
class ApiKey(TenantModel):
    """A secret with which other software acts for a business. Only a hash of it is stored."""

    description = models.CharField(_("description"), max_length=200)
    prefix = models.CharField(_("begins with"), max_length=16, editable=False)
    secret_hash = models.BinaryField(max_length=32, editable=False)
    scopes = ArrayField(
        models.CharField(max_length=40, choices=SCOPES.items()),
        verbose_name=_("scopes"),
    )
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)
    rate_limit = models.PositiveIntegerField(
        _("requests a minute"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(1_000_000)],
        help_text=_("How many requests it may make. Empty: as everybody."),
    )
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ("-created_at",)
        indexes = (
            # Every API request finds its key by this hash.
            models.Index(fields=("secret_hash",), name="api_key_by_hash"),
        )

    def __str__(self) -> str:
        return f"{self.description} ({self.prefix}…)"


class IdempotentAnswer(models.Model):
    """The first answer to a request with an `Idempotency-Key`, kept for a day.

    The row is claimed in the transaction of the booking: a repeat waits for it, and a crash
    leaves nothing behind. Not part of the history: it is a copy of an answer.
    """

    id = IdField()
    business = models.ForeignKey(Business, models.CASCADE, db_index=False, related_name="+")
    principal = models.CharField(_("who asked"), max_length=64)
    key = models.CharField(_("key"), max_length=255)
    request_hash = models.BinaryField(max_length=32)
    created_at = models.DateTimeField(_("created"))
    status = models.PositiveSmallIntegerField(_("status"), null=True)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(null=True)

    class Meta:
        verbose_name = _("idempotent answer")
        verbose_name_plural = _("idempotent answers")
        constraints = (
            models.UniqueConstraint(
                fields=("business", "principal", "key"), name="idempotency_key_is_unique"
            ),
        )
        indexes = (
            # The worker deletes the old ones.
            models.Index(fields=("created_at",), name="idempotent_answer_by_age"),
        )

    def __str__(self) -> str:
        return self.key
