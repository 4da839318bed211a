"""People of a business: what may be said of them, and by whom."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from businesses.forms.setup import SetupForm
from businesses.forms.tenancy import Sentences, TenantForm, ZoneSelect, zone_choices
from businesses.models import Service
from staff.logins import LAST_OWNER, grantable_in, keeps_an_owner, may_rule
from staff.models import ServiceHost, Staff
from staff.roles import Role

STAFF_SENTENCES: Sentences = {
    "staff_email_is_unique": (
        "email",
        gettext_lazy("Another staff member here has this e-mail address."),
    ),
    "staff_alias_is_unique": (
        "alias",
        gettext_lazy("Another staff member here has this alias."),
    ),
    "staff_login_is_unique": (
        "user",
        gettext_lazy("Another staff member here has this login already."),
    ),
}


class StaffForm(TenantForm):
    """A staff member; roles are given and taken only by those who may, the last owner stays."""

    class Meta:
        model = Staff
        fields = "__all__"

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields.get("roles")
        if field is not None and self.clinic is not None:
            grantable = grantable_in(self.user, self.clinic.pk)
            field.choices = [one for one in Role.choices if one[0] in grantable]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        if self.instance._state.adding or self.errors:
            return cleaned
        user_id = self.instance.user_id
        if "user" in cleaned:
            user_id = cleaned["user"].pk if cleaned["user"] else None
        kept = keeps_an_owner(
            self.instance,
            status=cleaned.get("status", self.instance.status),
            roles=cleaned.get("roles", self.instance.roles),
            user_id=user_id,
        )
        if not kept:
            self.refuse("roles", LAST_OWNER)
        return cleaned


# What makes a staff member who they are; only those who may hand out their roles change it.
IDENTITY = ("name", "email", "roles", "alias")


class PersonForm(SetupForm, StaffForm):
    """A staff member at the desk, with the services for which they are named.

    A service that names nobody is open to everybody who takes bookings: it is not offered here,
    because naming one person would close it to all others.
    """

    services = forms.ModelMultipleChoiceField(
        Service.objects.none(),
        label=gettext_lazy("Services"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    timezone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        required=False,
        widget=ZoneSelect,
        help_text=gettext_lazy("For somebody who works in another one."),
    )
    roles = forms.TypedMultipleChoiceField(
        label=gettext_lazy("May work as"),
        choices=Role.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("What they may see and do once they can sign in."),
    )
    sentences = STAFF_SENTENCES
    parts = ((ServiceHost, "staff"),)

    class Meta:
        model = Staff
        fields = ("name", "email", "takes_bookings", "roles", "timezone", "alias")
        labels = {"takes_bookings": gettext_lazy("Sees patients: can be booked")}
        help_texts = {
            "takes_bookings": gettext_lazy("Leave it off for a receptionist."),
            "alias": gettext_lazy("The short name in web addresses, such as dr-hart."),
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        fields: dict[str, Any] = self.fields
        is_new = self.instance._state.adding
        if not is_new and not may_rule(self.user, self.instance):
            for name in IDENTITY:
                del fields[name]
        fields["timezone"].choices = zone_choices(_("As the clinic"))
        named = ServiceHost.objects.of(self.clinic).filter(additional=False)
        fields["services"].queryset = Service.objects.of(self.clinic).filter(
            Exists(named.filter(service_id=OuterRef("pk"))), archived_at=None
        )
        if is_new:
            self.initial.setdefault("takes_bookings", True)
            offered = [value for value, _label in fields["roles"].choices]
            self.initial["roles"] = [one for one in (Role.PRACTITIONER.value,) if one in offered]
        else:
            mine = named.filter(staff=self.instance)
            self.initial["services"] = list(mine.values_list("service_id", flat=True))

    def clean_alias(self) -> str | None:
        return self.cleaned_data["alias"] or None

    def clean_services(self) -> Any:
        """Refuses to leave a service to nobody: it would be open to everybody."""
        chosen = self.cleaned_data["services"]
        left = {*self.initial.get("services", ())} - {one.pk for one in chosen}
        others = ServiceHost.objects.of(self.clinic).filter(additional=False)
        alone = Service.objects.of(self.clinic).filter(
            ~Exists(others.filter(service_id=OuterRef("pk")).exclude(staff=self.instance)),
            pk__in=left,
        )
        if names := ", ".join(alone.values_list("name", flat=True)):
            raise ValidationError(
                _(
                    "Nobody else is named for %(services)s, and then everybody could be booked for"
                    " it. Name somebody else on the service’s page first, or switch it off."
                ),
                code="nobody_left",
                params={"services": names},
            )
        return chosen

    def save(self, commit: bool = True) -> Staff:
        """The staff member, and a line for each service; what is so already is left alone."""
        member: Staff = super().save(commit)
        hosting = ServiceHost.objects.of(member.business).filter(staff=member)
        before, chosen = {*self.initial.get("services", ())}, self.cleaned_data["services"]
        hosting.filter(additional=False).exclude(service__in=chosen).filter(
            service_id__in=before
        ).delete()
        for service in chosen:
            if service.pk not in before:
                hosting.update_or_create(
                    service=service,
                    staff=member,
                    business=member.business,
                    defaults={"additional": False},
                )
        return member
