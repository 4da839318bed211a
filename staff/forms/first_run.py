"""The first three things of a new clinic: the clinic, somebody who sees patients, and a service."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext_lazy

from businesses.fields import RESERVED
from businesses.forms.lines import LengthsField
from businesses.forms.setup import SetupForm
from businesses.forms.tenancy import ZoneSelect, zone_choices
from businesses.forms.week import WeekField
from businesses.hours import nine_to_five
from businesses.lines import replace_lines
from businesses.models import Business, Service, ServiceDuration
from staff.forms.hours import SPANS
from staff.forms.people import PersonForm
from staff.models import Staff
from staff.roles import Role


class FirstClinicForm(forms.ModelForm[Business]):
    """The clinic itself; what it doesn't ask has values that most clinics keep."""

    timezone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        choices=zone_choices(),
        widget=ZoneSelect({"data-guess-zone": ""}),
        initial="UTC",
    )
    default_staff_working_hours = WeekField(
        label=gettext_lazy("Opening hours"), help_text=SPANS, initial=nine_to_five
    )

    class Meta:
        model = Business
        fields = ("name", "email", "timezone", "currency", "default_staff_working_hours")
        labels = {"name": gettext_lazy("Name of the clinic")}
        help_texts = {
            "email": gettext_lazy("Where patients can write to."),
            "currency": gettext_lazy("Three letters, such as EUR."),
        }

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).lower()

    def clean(self) -> dict[str, Any] | None:
        """The short name in web addresses is made of the clinic's name, with a number if taken."""
        cleaned = super().clean() or {}
        if name := cleaned.get("name"):
            words = slugify(name).replace("_", "-").split("-")
            alias = "-".join(word for word in words if word)[:50].strip("-") or "clinic"
            there = Business.objects.values_list("alias", flat=True)
            taken = RESERVED | {one.lower() for one in there}
            numbered = (f"{alias}-{number}" for number in range(2, len(taken) + 3))
            self.instance.alias = (
                alias if alias not in taken else next(one for one in numbered if one not in taken)
            )
        return cleaned


class FirstPersonForm(PersonForm):
    """Somebody who sees patients; perhaps the one who sets the clinic up."""

    is_me = forms.BooleanField(
        label=gettext_lazy("This is me"),
        required=False,
        help_text=gettext_lazy("Then you are the clinic’s owner, and sign in as you do now."),
    )

    class Meta:
        model = Staff
        fields = ("name", "email")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("services", "timezone", "roles", "takes_bookings", "alias"):
            self.fields.pop(name, None)
        self.initial.update(name=self.user.name, email=self.user.email, is_me=True)

    def save(self, commit: bool = True) -> Staff:
        member: Staff = self.instance
        member.takes_bookings, member.roles = True, [Role.PRACTITIONER.value]
        if self.cleaned_data["is_me"]:
            member.user, member.roles = self.user, [Role.OWNER.value, Role.PRACTITIONER.value]
        member.save(force_insert=True)
        return member


class FirstServiceForm(SetupForm):
    """Something that can be booked."""

    lengths = LengthsField(label=gettext_lazy("Lengths and prices"))

    class Meta:
        model = Service
        fields = ("name",)
        help_texts = {"name": gettext_lazy("Such as First consultation.")}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["lengths"]
        if self.clinic is not None:
            field.currency = field.widget.currency = self.clinic.currency
        self.initial.setdefault("lengths", [{"minutes": "30", "price": ""}])

    def save(self, commit: bool = True) -> Service:
        service: Service = super().save(commit)
        prices = {minutes: {"price": price} for minutes, price in self.cleaned_data["lengths"]}
        replace_lines(ServiceDuration, service, "minutes", prices)
        return service
