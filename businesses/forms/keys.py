"""A new API key: in the admin, and at the desk."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from businesses.forms.setup import SetupForm
from businesses.forms.tenancy import TenantForm
from businesses.keys import create_key
from businesses.models import ApiKey
from businesses.scopes import SCOPES, scopes_in
from businesses.zones import closing, zone


class ApiKeyForm(TenantForm):
    """What a new key is for, what it may do and for how long."""

    scopes = forms.MultipleChoiceField(
        label=pgettext_lazy("what a key is allowed to do", "May"),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Only what you may do yourself is offered."),
    )
    last_day = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        help_text=gettext_lazy(
            "The key works until the end of this day at the clinic. Empty: until it is revoked."
        ),
    )

    class Meta:
        model = ApiKey
        fields = ("description", "scopes", "rate_limit")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["scopes"]
        held = scopes_in(self.user, self.clinic.pk) if self.clinic else frozenset()
        field.choices = [
            (scope, f"{label} ({scope})") for scope, label in SCOPES.items() if scope in held
        ]

    def clean_last_day(self) -> datetime | None:
        day = self.cleaned_data["last_day"]
        if day is None or self.clinic is None:
            return None
        try:
            midnight = datetime.combine(day + timedelta(days=1), time())
            ends = closing(midnight, zone(self.clinic.timezone))
        except OverflowError as error:
            raise ValidationError(_("That is too far away."), code="too_late") from error
        if ends <= timezone.now():
            raise ValidationError(_("That day is over."), code="in_past")
        return ends


class KeyForm(SetupForm, ApiKeyForm):
    """A new key at the desk. Its token is there once it is saved, and never again."""

    token = ""

    class Meta:
        model = ApiKey
        fields = ("description", "scopes", "rate_limit")
        labels = {"description": gettext_lazy("What it is for")}
        help_texts = {
            "description": gettext_lazy("Such as Website, or the software that uses it."),
            "rate_limit": gettext_lazy("How many requests it may make. Empty: as everybody."),
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        fields: dict[str, Any] = self.fields
        fields["scopes"].choices = [
            (scope, scope_told(scope)) for scope, _label in fields["scopes"].choices
        ]
        fields["last_day"].widget = forms.DateInput({"type": "date"}, "%Y-%m-%d")

    def save(self, commit: bool = True) -> ApiKey:
        given = self.cleaned_data
        key, self.token = create_key(
            business=self.instance.business,
            description=given["description"],
            scopes=given["scopes"],
            expires_at=given["last_day"],
            rate_limit=given["rate_limit"],
        )
        return key


def scope_told(scope: str) -> str:
    """What may be done, in words alone."""
    return str(SCOPES.get(scope, scope))
