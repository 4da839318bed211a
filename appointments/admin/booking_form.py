"""The admin's form for a new appointment: the input of the command `book`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from appointments.acceptance import BookingRequest
from appointments.models import Appointment
from businesses.admin.forms import autocomplete
from businesses.models import Business, Service, ServiceDuration
from businesses.zones import moments_at, zone
from patients.models import Patient
from staff.models import Staff

# What a refusal calls a field, and what this form calls it.
FIELDS = {
    "patientId": "patient",
    "serviceId": "service",
    "duration": "minutes",
    "staffId": "staff",
    "additionalStaffIds": "additional_staff",
    "date": "day",
}
OVERRIDE = ("override", "override_reason")


def choice(label: Any, model: Any, **options: Any) -> forms.ModelChoiceField[Any]:
    return forms.ModelChoiceField(label=label, queryset=model.objects.none(), **options)


class BookingForm(forms.Form):
    """One appointment of one business; the time is read on that business's clock."""

    submission = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    patient = choice(_("Patient"), Patient)
    service = choice(_("Service"), Service)
    minutes = forms.TypedChoiceField(label=_("Length"), coerce=int)
    staff = choice(
        _("Staff member"),
        Staff,
        required=False,
        help_text=_("Empty: whoever provides the service and is least busy."),
    )
    day = forms.DateField(
        label=_("Date"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    time = forms.TimeField(
        label=_("Time"), widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"})
    )
    which = forms.ChoiceField(
        label=_("Which of the two"),
        choices=[("", "—"), ("0", _("The earlier one")), ("1", _("The later one"))],
        required=False,
        help_text=_("Only for a time that comes twice, in the night the clocks go back."),
    )
    additional_staff = forms.ModelMultipleChoiceField(
        label=_("Additional staff"), queryset=Staff.objects.none(), required=False
    )
    location = forms.CharField(
        label=_("Another place"),
        required=False,
        max_length=500,
        widget=AdminTextInputWidget,
        help_text=_("An address or a link. Empty: where the service usually is."),
    )
    tags = forms.CharField(
        label=_("Tags"),
        required=False,
        max_length=500,
        widget=AdminTextInputWidget,
        help_text=_("With commas between."),
    )
    notes = forms.CharField(
        label=_("Notes"),
        required=False,
        max_length=10_000,
        widget=AdminTextareaWidget,
        help_text=_("Seen by staff only."),
    )
    payment_provider = forms.CharField(
        label=_("Payment provider"), required=False, max_length=50, widget=AdminTextInputWidget
    )
    payment_id = forms.CharField(
        label=_("Payment id"), required=False, max_length=200, widget=AdminTextInputWidget
    )
    override = forms.BooleanField(label=_("Book it all the same"), required=False)
    override_reason = forms.CharField(
        label=_("Why"),
        required=False,
        max_length=500,
        widget=AdminTextInputWidget,
        help_text=_("Kept with the appointment, with your name."),
    )

    def __init__(self, *args: Any, business: Business, site: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.business = business
        self.starts_at: datetime | None = None
        self.fields["day"].help_text = self.fields["time"].help_text = _(
            "On the clinic’s clock, in %(zone)s."
        ) % {"zone": business.timezone}
        rows = {"patient": Patient, "service": Service, "staff": Staff, "additional_staff": Staff}
        for name, model in rows.items():
            field: Any = self.fields[name]
            many = name == "additional_staff"
            reference = Appointment._meta.get_field(name)
            widget = autocomplete(reference, site, business, many=many)
            widget.is_required = field.required
            field.widget = widget
            field.queryset = model.objects.of(business)
        minutes: Any = self.fields["minutes"]
        minutes.choices = [("", "---------"), *self._lengths()]

    def _lengths(self) -> list[tuple[int, str]]:
        offered = ServiceDuration.objects.of(self.business).order_by("minutes")
        return [
            (one, ngettext("%(n)d minute", "%(n)d minutes", one) % {"n": one})
            for one in offered.values_list("minutes", flat=True).distinct()
        ]

    def without_override(self) -> None:
        for name in OVERRIDE:
            del self.fields[name]

    def clean_tags(self) -> tuple[str, ...]:
        words = (word.strip() for word in self.cleaned_data["tags"].split(","))
        tags = tuple(dict.fromkeys(filter(None, words)))
        if any(len(tag) > 50 for tag in tags):
            raise forms.ValidationError(_("A tag has at most 50 characters."), code="too_long")
        return tags

    def clean(self) -> dict[str, Any]:
        sent = self.cleaned_data
        if sent.get("day") and sent.get("time"):
            self._read_start(datetime.combine(sent["day"], sent["time"]))
        if sent.get("override") and not sent.get("override_reason"):
            self.add_error("override_reason", _("Say why it is to be booked all the same."))
        return sent

    def _read_start(self, wall: datetime) -> None:
        if not 1900 <= wall.year < 2200:
            self.add_error("day", _("Enter a date between 1900 and 2199."))
            return
        moments = moments_at(wall, zone(self.business.timezone))
        which = str(self.cleaned_data.get("which") or "")
        if not moments:
            self.add_error(
                "time", _("The clocks go forward that night and skip this time. Enter another.")
            )
        elif len(moments) > 1 and not which:
            self.add_error(
                "which", _("The clocks go back that night: this time comes twice. Choose one.")
            )
        else:
            self.starts_at = moments[int(which)] if len(moments) > 1 else moments[0]

    def request(self) -> BookingRequest:
        """The command's input, once the form is valid."""
        sent = self.cleaned_data
        if self.starts_at is None:
            raise ValueError("The form is not valid.")
        found: UUID | None = sent["staff"].pk if sent["staff"] else None
        return BookingRequest(
            service_id=sent["service"].pk,
            patient_id=sent["patient"].pk,
            starts_at=self.starts_at.astimezone(UTC),
            minutes=sent["minutes"],
            staff_id=found,
            additional_staff_ids=tuple(one.pk for one in sent["additional_staff"]),
            location=sent["location"],
            tags=sent["tags"],
            notes=sent["notes"],
            payment_provider=sent["payment_provider"],
            payment_id=sent["payment_id"],
        )


class ReasonForm(forms.Form):
    """Why an appointment is cancelled, or approved although something is in the way."""

    reason = forms.CharField(label=_("Why"), max_length=500, widget=AdminTextInputWidget)

    def __init__(self, *args: Any, required: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["reason"].required = required
