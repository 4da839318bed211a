"""A service: its lengths and prices, its rules, who hosts it, what it needs and what is asked."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from businesses.forms.lines import LengthsField, QuestionsField
from businesses.forms.rooms import kinds_in_use
from businesses.forms.setup import SetupForm
from businesses.forms.tenancy import Sentences
from businesses.forms.week import WeekField
from businesses.lines import replace_lines, replace_needs, replace_questions
from businesses.models import (
    BookingQuestion,
    Location,
    Resource,
    ResourceNeed,
    Service,
    ServiceCategory,
    ServiceDuration,
    ServiceInCategory,
)
from staff.models import ServiceHost, Staff

SERVICE_SENTENCES: Sentences = {
    "service_alias_is_unique": ("alias", gettext_lazy("Another service here has this alias.")),
    "service_has_a_place": ("bookings_per_timeslot", gettext_lazy("Write 1 or more.")),
    "service_buffers_fit_a_day": ("", gettext_lazy("A buffer is at most 1440 minutes.")),
}
ALWAYS, AT_TIMES = "always", "times"
INHERITED = (
    "buffer_before_minutes",
    "buffer_after_minutes",
    "time_increment",
    "lead_time",
    "cancel_lead_time",
    "availability_limit_days",
)


def several(label: Any, help_text: Any = "") -> forms.ModelMultipleChoiceField[Any]:
    """Rows to tick; which there are, the form says."""
    return forms.ModelMultipleChoiceField(
        Service.objects.none(),
        label=label,
        help_text=help_text,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


class ServiceForm(SetupForm):
    """A service with all that belongs to it."""

    lengths = LengthsField(
        label=gettext_lazy("Lengths and prices"),
        help_text=gettext_lazy("One line for each length in which it can be booked."),
    )
    categories = several(gettext_lazy("Headings"))
    new_category = forms.CharField(
        label=gettext_lazy("A new heading"), max_length=200, required=False
    )
    hosts = several(
        gettext_lazy("Who does it"),
        gettext_lazy("Nobody ticked: everybody who can be booked."),
    )
    along = several(
        gettext_lazy("Who always comes along"),
        gettext_lazy("They must be free too; they are not booked by themselves."),
    )
    when = forms.ChoiceField(
        label=gettext_lazy("Offered"),
        choices=[
            (ALWAYS, gettext_lazy("whenever those who do it work")),
            (AT_TIMES, gettext_lazy("only at some times of the week")),
        ],
        widget=forms.RadioSelect,
        initial=ALWAYS,
    )
    working_hours = WeekField(label=gettext_lazy("Times of the week"))
    rooms = several(gettext_lazy("These rooms and devices"))
    questions = QuestionsField(
        label=gettext_lazy("Questions to patients"),
        help_text=gettext_lazy(
            "Asked when it is booked. What patients must answer, the desk may leave out."
        ),
    )
    sentences = SERVICE_SENTENCES
    parts = (
        (ServiceDuration, "service"),
        (BookingQuestion, "service"),
        (ResourceNeed, "service"),
        (ServiceInCategory, "service"),
        (ServiceHost, "service"),
    )

    class Meta:
        model = Service
        fields = (
            "name",
            "description",
            "enabled",
            "location",
            "location_type",
            "location_value",
            "bookings_per_timeslot",
            "bookings_require_approval",
            *INHERITED,
            "working_hours",
            "alias",
        )
        widgets = {"description": forms.Textarea({"rows": 2})}
        labels = {
            "enabled": gettext_lazy("Can be booked"),
            "bookings_per_timeslot": gettext_lazy("Places at the same time"),
            "bookings_require_approval": gettext_lazy("Bookings wait for approval"),
            "buffer_before_minutes": gettext_lazy("Minutes kept free before"),
            "buffer_after_minutes": gettext_lazy("Minutes kept free after"),
            "time_increment": gettext_lazy("Minutes between offered starts"),
            "lead_time": gettext_lazy("Minutes ahead until which patients may book"),
            "cancel_lead_time": gettext_lazy("Minutes ahead until which patients may cancel"),
            "availability_limit_days": gettext_lazy("Days ahead that patients may book"),
        }
        help_texts = dict.fromkeys(INHERITED, "") | {
            "bookings_per_timeslot": gettext_lazy("More than one makes it a group."),
            "bookings_require_approval": gettext_lazy(
                "Those of patients and other software; they hold no time until then."
            ),
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        fields: dict[str, Any] = self.fields
        clinic: Any = self.clinic
        service = self.instance
        currency = service.currency or clinic.currency
        fields["lengths"].currency = fields["lengths"].widget.currency = currency
        self.kinds = {f"kind-{kind}": kind for kind in kinds_in_use(clinic)}
        for name, kind in self.kinds.items():
            fields[name] = forms.IntegerField(
                label=kind.capitalize(), min_value=0, max_value=20, required=False
            )
        for name in INHERITED:
            fields[name].widget.attrs["placeholder"] = getattr(clinic, name)
        fields["location"].queryset = Location.objects.of(clinic).filter(archived_at=None)
        fields["location"].empty_label = _("Anywhere")
        fields["categories"].queryset = ServiceCategory.objects.of(clinic)
        fields["rooms"].queryset = Resource.objects.of(clinic)
        people = Staff.objects.of(clinic)
        hosting: list[tuple[UUID, bool]] = []
        if not service._state.adding:
            hosting = list(
                ServiceHost.objects.of(clinic)
                .filter(service=service)
                .values_list("staff_id", "additional")
            )
        shown = Q(status="ACTIVE") | Q(pk__in=[pk for pk, _additional in hosting])
        fields["hosts"].queryset = fields["along"].queryset = people.filter(shown)
        self._begin(hosting)

    def _begin(self, hosting: list[tuple[UUID, bool]]) -> None:
        """What is there, as the fields show it. Four queries for a service that is there."""
        fields: dict[str, Any] = self.fields
        service = self.instance
        fields["questions"].there = {}
        if service._state.adding:
            self.initial.setdefault("lengths", [{"minutes": "30", "price": ""}])
            self.initial["working_hours"] = self.clinic and self.clinic.default_staff_working_hours
            return
        questions = list(service.questions.all())
        needs = list(service.needs.values_list("kind", "resource_id"))
        fields["questions"].there = {one.pk: one.variable_name for one in questions}
        counted = Counter(kind for kind, _resource in needs if kind)
        lengths = service.durations.values_list("minutes", "price")
        shown: dict[str, Any] = {
            "lengths": fields["lengths"].typed(lengths),
            "questions": fields["questions"].typed(questions),
            "categories": [one.pk for one in service.categories.all()],
            "hosts": [pk for pk, additional in hosting if not additional],
            "along": [pk for pk, additional in hosting if additional],
            "rooms": [resource for _kind, resource in needs if resource],
            "when": ALWAYS if service.working_hours is None else AT_TIMES,
        }
        self.initial.update(shown)
        self.initial.update({name: counted[kind] or None for name, kind in self.kinds.items()})
        if service.working_hours is None and self.clinic is not None:
            self.initial["working_hours"] = self.clinic.default_staff_working_hours

    @property
    def kind_fields(self) -> list[Any]:
        return [self[name] for name in self.kinds]

    @property
    def inherited_fields(self) -> list[Any]:
        return [self[name] for name in INHERITED]

    def clean_alias(self) -> str | None:
        return self.cleaned_data["alias"] or None

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        if cleaned.get("when") == ALWAYS:
            self.errors.pop("working_hours", None)
            cleaned["working_hours"] = None
        both = {*cleaned.get("hosts", ())} & {*cleaned.get("along", ())}
        if both:
            names = ", ".join(sorted(one.name for one in both))
            sentence = _("%(names)s can’t both do it and come along; untick one of the two.")
            self.add_error(
                "along", ValidationError(sentence, code="staff_in_both", params={"names": names})
            )
        return cleaned

    def save(self, commit: bool = True) -> Service:
        """The service and its lists, in the transaction that has locked it."""
        service: Service = super().save(commit)
        given = self.cleaned_data
        prices = {minutes: {"price": price} for minutes, price in given["lengths"]}
        replace_lines(ServiceDuration, service, "minutes", prices)
        headings: dict[Any, dict[str, Any]] = {one.pk: {} for one in given["categories"]}
        if given["new_category"]:
            made = ServiceCategory.objects.create(
                business=service.business, name=given["new_category"]
            )
            headings[made.pk] = {}
        replace_lines(ServiceInCategory, service, "category_id", headings)
        hosts = {one.pk: {"additional": False} for one in given["hosts"]}
        hosts |= {one.pk: {"additional": True} for one in given["along"]}
        replace_lines(ServiceHost, service, "staff_id", hosts)
        wanted: Counter[tuple[str, UUID | None]] = Counter(
            {(kind, None): given[name] or 0 for name, kind in self.kinds.items()}
        )
        wanted.update(("", one.pk) for one in given["rooms"])
        replace_needs(service, wanted)
        replace_questions(service, given["questions"])
        return service
