"""A clinic with a row of everything in it, and pages of the admin by name."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from appointments.acceptance import BookingRequest
from appointments.booking import book
from appointments.models import (
    Appointment,
    GroupSlot,
    HeldResource,
    HeldTime,
    WaitlistEntry,
)
from appointments.series import Repeat, book_series
from businesses.actor import Actor
from businesses.keys import create_key
from businesses.models import (
    BookingQuestion,
    Business,
    Closure,
    IdempotentAnswer,
    Location,
    Resource,
    ResourceNeed,
    Service,
    ServiceCategory,
    ServiceInCategory,
    WebhookAttempt,
    WebhookDelivery,
)
from businesses.scopes import EVERY_SCOPE
from patients.models import Patient
from staff.models import ExternalEvent, Management, Staff, TimeBlocker, User, WorkingHoursSchedule
from staff.roles import Role
from tests.factories import (
    EIGHT_TO_EIGHT,
    BusinessFactory,
    LocationFactory,
    PatientFactory,
    ServiceFactory,
    StaffFactory,
    UserFactory,
    blocks,
    member,
    provides,
    webhook,
)

BOOKER = Actor(name="Reception", source="desk", scopes=EVERY_SCOPE)


def next_monday(hour: int, minute: int = 0) -> datetime:
    """A Monday in the summer after next new year: British Summer Time, UTC+1."""
    day = date(timezone.now().year + 1, 7, 1)
    day += timedelta(days=-day.weekday() % 7)
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


@dataclass
class Clinic:
    """One business with one row in every table; everything in it carries the `mark`."""

    mark: str
    business: Business = field(init=False)

    def __post_init__(self) -> None:
        mark = self.mark
        self.business = BusinessFactory(name=f"{mark} clinic")
        own = {"business": self.business}
        self.location: Location = LocationFactory(name=f"{mark} house", **own)
        self.category = ServiceCategory.objects.create(name=f"{mark} category", **own)
        self.service: Service = ServiceFactory(
            name=f"{mark} service", location=self.location, **own
        )
        ServiceInCategory.objects.create(service=self.service, category=self.category, **own)
        self.closure = Closure.objects.create(
            name=f"{mark} closure",
            location=self.location,
            date_start=date(2001, 1, 1),
            date_end=date(2001, 1, 2),
            region=f"{mark} land",
            **own,
        )
        self.room = Resource.objects.create(
            name=f"{mark} room", kind=f"{mark.lower()} room", location=self.location, **own
        )
        self.scan = self.spare_service()
        ResourceNeed.objects.create(service=self.scan, resource=self.room, **own)
        self.question = BookingQuestion.objects.create(
            service=self.service, variable_name="why", question=f"{mark} question", **own
        )
        self.staff: Staff = StaffFactory(name=f"{mark} doctor", **own)
        self.second: Staff = StaffFactory(name=f"{mark} assistant", **own)
        Management.objects.create(manager=self.staff, managed=self.second, **own)
        provides(self.staff, self.service)
        self.schedule = WorkingHoursSchedule.objects.create(
            staff=self.staff,
            working_hours=EIGHT_TO_EIGHT,
            date_start=date(2001, 1, 1),
            date_end=date(2001, 1, 31),
            **own,
        )
        self.blocker: TimeBlocker = blocks(
            self.second, next_monday(8), 60, reason=f"{mark} meeting"
        )
        self.event = ExternalEvent.objects.create(
            staff=self.second,
            starts_at=next_monday(12),
            ends_at=next_monday(13),
            title=f"{mark} event",
            **own,
        )
        self.patient: Patient = PatientFactory(name=f"{mark} patient", **own)
        self.key, self.token = create_key(
            business=self.business, description=f"{mark} key", scopes=["patients:read"]
        )
        self.answer = IdempotentAnswer.objects.create(
            principal="key:1",
            key=f"{mark} idempotency",
            request_hash=b"1",
            created_at=timezone.now(),
            **own,
        )
        self.hook = webhook(self.business, f"https://hooks.example/{mark}")
        self.visit = self.booked(next_monday(9), staff=self.staff)
        self.delivery = WebhookDelivery.objects.get(webhook=self.hook)
        WebhookAttempt.objects.create(
            delivery=self.delivery,
            at=timezone.now(),
            milliseconds=12,
            status_code=500,
            answer=f"{mark} answer",
            **own,
        )

    def spare_service(self) -> Service:
        """One that needs the room, and that nothing else is about."""
        found: Service = ServiceFactory(
            name=f"{self.mark} scan", location=self.location, business=self.business
        )
        return found

    def booked(self, start: datetime, **given: Any) -> Appointment:
        """An appointment of half an hour."""
        staff: Staff | None = given.get("staff")
        service: Service = given.get("service", self.service)
        record = book(
            business_id=self.business.pk,
            request=BookingRequest(
                service_id=service.pk,
                patient_id=given.get("patient", self.patient).pk,
                starts_at=start,
                minutes=30,
                staff_id=staff.pk if staff else None,
                additional_staff_ids=given.get("joined_by", ()),
            ),
            by=BOOKER,
            needs_approval=given.get("needs_approval", False),
        )
        found: Appointment = Appointment.objects.get(pk=record.id)
        return found

    def repeated(self, start: datetime, dates: int, **given: Any) -> list[Appointment]:
        """A weekly series of the service, with whoever is least busy."""
        records = book_series(
            business_id=self.business.pk,
            request=BookingRequest(
                service_id=self.service.pk,
                patient_id=self.patient.pk,
                starts_at=start,
                minutes=30,
                **given,
            ),
            repeat=Repeat(rrule=f"FREQ=WEEKLY;COUNT={dates}"),
            by=BOOKER,
        ).records
        return [Appointment.objects.get(pk=record.id) for record in records]

    def group(self) -> GroupSlot:
        service = ServiceFactory(
            business=self.business, name=f"{self.mark} class", bookings_per_timeslot=3
        )
        self.booked(next_monday(15), staff=self.staff, service=service)
        found: GroupSlot = GroupSlot.objects.get(business=self.business)
        return found

    def works(self, *roles: Role) -> User:
        """Somebody with these roles here, who can log in."""
        return member(self.business, *roles)

    def rows(self) -> list[Model]:
        """One row of every model that has pages of its own."""
        return [
            self.business,
            self.location,
            self.closure,
            self.room,
            self.category,
            self.service,
            self.staff,
            self.schedule,
            self.blocker,
            self.event,
            self.patient,
            self.key,
            self.answer,
            self.hook,
            self.delivery,
            self.visit,
            HeldTime.objects.get(appointment=self.visit),
            self.in_the_room(next_monday(18)),
            self.group(),
            self.joined(),
            self.waits(),
        ]

    def waits(self) -> WaitlistEntry:
        """Somebody who would like a time that is taken."""
        entry: WaitlistEntry = WaitlistEntry.objects.create(
            business=self.business,
            patient=self.patient,
            service=self.service,
            minutes=30,
            first_day=next_monday(9).date(),
        )
        return entry

    def in_the_room(self, start: datetime) -> HeldResource:
        """What a visit holds of the room."""
        visit = self.booked(start, staff=self.second, service=self.scan)
        found: HeldResource = HeldResource.objects.get(appointment=visit)
        return found

    def joined(self) -> Model:
        visit = self.booked(next_monday(17), staff=self.staff, joined_by=(self.second.pk,))
        found: Model = visit.additional_hosts.get()
        return found


def as_user(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def operator() -> User:
    found: User = UserFactory(is_superuser=True)
    return found


def page(row: Any, name: str) -> str:
    """The address of a row's page, or of a model's list or new row."""
    meta = row._meta
    args = [row.pk] if isinstance(row, Model) else []
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{name}", args=args)


def words(response: Any) -> str:
    return str(response.content, "utf-8")


def told(response: Any) -> list[str]:
    """The messages that a response leaves for the next page."""
    return [str(message) for message in response.wsgi_request._messages]


def errors(response: Any) -> dict[str, list[str]]:
    """The errors of the page's form and of its parts, by field."""
    found = dict(response.context["adminform"].form.errors)
    for inline in response.context["inline_admin_formsets"]:
        for number, form_errors in enumerate(inline.formset.errors):
            found |= {
                f"{inline.formset.prefix}-{number}-{name}": list(sentences)
                for name, sentences in form_errors.items()
            }
    return {name: list(sentences) for name, sentences in found.items()}


def typed(response: Any) -> dict[str, Any]:
    """What a browser would send if the form were submitted as it stands."""
    fields = list(response.context["adminform"].form)
    for inline in response.context["inline_admin_formsets"]:
        fields += list(inline.formset.management_form)
        for form in inline.formset.forms:
            fields += list(form)
    sent: dict[str, Any] = {}
    for bound in fields:
        value = bound.value()
        widget: Any = bound.field.widget
        if hasattr(widget, "widgets_names"):  # several inputs
            parts = value if isinstance(value, list) else widget.decompress(value)
            for suffix, part, line in zip(widget.widgets_names, parts, widget.widgets, strict=True):
                sent[f"{bound.html_name}{suffix}"] = line.format_value(part) or ""
        elif value is True:
            sent[bound.html_name] = "on"
        elif isinstance(value, list | tuple):
            sent[bound.html_name] = [str(one) for one in value]
        elif value is not None and value is not False:
            sent[bound.html_name] = value
    return sent


def registered() -> list[type[Model]]:
    own = ("businesses", "staff", "patients", "appointments")
    return [model for model in admin.site._registry if model._meta.app_label in own]
