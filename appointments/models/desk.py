"""How somebody likes their desk."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from businesses.models import TenantModel


class HiddenColumns(TenantModel):
    """The people and rooms whose columns one login does not want to see on the day's page.

    Those who are hidden, not those who are shown: whoever is new in the business is there at once.
    It says nothing about a patient or a visit, so no history is kept of it.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("login")
    )
    hidden = ArrayField(models.UUIDField(), default=list, blank=True, verbose_name=_("hidden"))

    class Meta:
        verbose_name = _("hidden columns")
        verbose_name_plural = _("hidden columns")
        constraints = (
            models.UniqueConstraint(
                fields=("business", "user"), name="hidden_columns_are_kept_once"
            ),
        )

    def __str__(self) -> str:
        return str(self.user_id)
