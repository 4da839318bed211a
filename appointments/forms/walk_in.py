"""Somebody who is here without an appointment."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from appointments.acceptance import BookingRequest
from appointments.forms.asking import AskingForm
from appointments.forms.start import lengths_of
from appointments.forms.whom import WhomForm
from businesses.models import Business, Service
from businesses.zones import read_moment


class WalkInForm(WhomForm, AskingForm):
    """Who is here, for what, and who sees them when."""

    service = forms.ChoiceField(label=_("Service"))
    duration = forms.TypedChoiceField(label=_("Length"), coerce=int)
    seen = forms.CharField(
        label=_("Seen by"),
        max_length=100,
        error_messages={"required": _("Choose who sees them.")},
    )

    def __init__(
        self, *args: Any, business: Business, chosen_service: Service | None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.business = business
        services = Service.objects.of(business).filter(enabled=True).values_list("pk", "name")
        service: Any = self.fields["service"]
        service.choices = [
            ("", _("Choose a service")),
            *((str(pk), name) for pk, name in services),
        ]
        duration: Any = self.fields["duration"]
        duration.choices = lengths_of(chosen_service, business) if chosen_service else []
        self.ask(chosen_service)

    def clean_seen(self) -> tuple[datetime, UUID]:
        """The start and the person that a button of the list stands for."""
        moment, _blank, staff_id = self.cleaned_data["seen"].partition(" ")
        try:
            return read_moment(moment), UUID(staff_id)
        except ValueError:
            raise forms.ValidationError(_("Choose who sees them."), code="invalid") from None

    def request(self, patient_id: UUID) -> BookingRequest:
        """The command's input, once the form is valid."""
        sent = self.cleaned_data
        start, staff_id = sent["seen"]
        return BookingRequest(
            service_id=UUID(sent["service"]),
            patient_id=patient_id,
            starts_at=start,
            minutes=sent["duration"],
            staff_id=staff_id,
            answers=self.answers(),
        )
