"""Webhooks: where events are sent, in the admin and at the desk."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from businesses.endpoints import EndpointRefused, checked
from businesses.forms.setup import SetupForm
from businesses.forms.tenancy import TenantForm
from businesses.models import Business, OutgoingWebhook
from businesses.webhooks import MOST, change_webhook, create_webhook


class OutgoingWebhookForm(TenantForm):
    """Where events are sent, and whether they are."""

    class Meta:
        model = OutgoingWebhook
        fields = ("endpoint", "enabled")

    def clean_endpoint(self) -> str:
        endpoint: str = self.cleaned_data["endpoint"]
        if endpoint == self.initial.get("endpoint"):
            return endpoint
        try:
            return checked(endpoint)
        except EndpointRefused as refused:
            raise ValidationError(str(refused), code=refused.code) from refused

    def clean(self) -> Any:
        if self.instance._state.adding and self.clinic is not None:
            there = OutgoingWebhook.objects.filter(business_id=self.clinic.pk).count()
            if there >= MOST:
                raise ValidationError(
                    _("A business has at most %(most)d webhooks; delete one, or change one.")
                    % {"most": MOST}
                )
        return super().clean()


class WebhookForm(SetupForm, OutgoingWebhookForm):
    """A webhook at the desk, written by the commands of `businesses.webhooks`."""

    class Meta:
        model = OutgoingWebhook
        fields = ("endpoint", "enabled")
        labels = {"enabled": gettext_lazy("Switched on")}
        help_texts = {
            "endpoint": gettext_lazy("Such as https://example.com/hooks."),
            "enabled": gettext_lazy("Off: nothing is sent, and nothing is kept for later."),
        }

    def clean(self) -> Any:
        """The business is locked first, by whoever adds one: the rival is another eleventh."""
        if self.instance._state.adding and self.clinic is not None:
            Business.objects.select_for_update(no_key=True).get(pk=self.clinic.pk)
        return super().clean()

    def save(self, commit: bool = True) -> OutgoingWebhook:
        """The webhook; a new one with its secret."""
        given = {name: self.cleaned_data[name] for name in ("endpoint", "enabled")}
        if self.instance._state.adding:
            made = create_webhook(business_id=self.instance.business_id, **given)
            self.instance.pk, self.instance.secret = made.pk, made.secret
            return made
        row = OutgoingWebhook.objects.get(
            business_id=self.instance.business_id, pk=self.instance.pk
        )
        changed = {name: value for name, value in given.items() if name in self.changed_data}
        return change_webhook(row, **changed)
