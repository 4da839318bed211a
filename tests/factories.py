"""Dull rows for tests: a clinic in London that is open every day from 8 to 20."""

from datetime import datetime, timedelta
from functools import cache
from typing import Any

import factory
from django.contrib.auth.hashers import make_password
from factory.django import DjangoModelFactory

from businesses.hours import DAYS
from businesses.keys import create_key
from businesses.models import Business, Location, OutgoingWebhook, Service, ServiceDuration
from businesses.scopes import EVERY_SCOPE
from businesses.webhooks import create_webhook
from patients.models import Patient
from staff.models import ServiceHost, Staff, TimeBlocker, User, WorkingHoursSchedule
from staff.roles import Role

EIGHT_TO_EIGHT: dict[str, Any] = {day: [[800, 2000]] for day in DAYS}
PASSWORD = "correct horse battery staple"


class BusinessFactory(DjangoModelFactory[Business]):
    class Meta:
        model = Business

    name = factory.Sequence(lambda number: f"Clinic {number}")
    alias = factory.Sequence(lambda number: f"clinic-{number}")
    email = "desk@clinic.example"
    timezone = "Europe/London"
    currency = "gbp"
    default_staff_working_hours = factory.LazyFunction(lambda: dict(EIGHT_TO_EIGHT))


class LocationFactory(DjangoModelFactory[Location]):
    class Meta:
        model = Location

    business = factory.SubFactory(BusinessFactory)
    name = "Main house"
    address = "1 River Street"
    timezone = "Europe/London"


class ServiceFactory(DjangoModelFactory[Service]):
    """A service of half an hour (30.00) and of an hour (50.00), unless `durations` are given."""

    class Meta:
        model = Service

    business = factory.SubFactory(BusinessFactory)
    name = factory.Sequence(lambda number: f"Consultation {number}")

    @classmethod
    def _create(cls, model_class: type[Service], *_: Any, **fields: Any) -> Service:
        durations = fields.pop("durations", {30: 3000, 60: 5000})
        service: Service = model_class.objects.create(**fields)
        for minutes, price in durations.items():
            ServiceDuration.objects.create(
                business=service.business, service=service, minutes=minutes, price=price
            )
        return service


class StaffFactory(DjangoModelFactory[Staff]):
    """A practitioner who takes bookings."""

    class Meta:
        model = Staff

    business = factory.SubFactory(BusinessFactory)
    name = factory.Sequence(lambda number: f"Dr Staff {number}")
    email = factory.Sequence(lambda number: f"staff{number}@clinic.example")
    roles = factory.LazyFunction(lambda: [Role.PRACTITIONER.value])
    takes_bookings = True


class PatientFactory(DjangoModelFactory[Patient]):
    class Meta:
        model = Patient

    business = factory.SubFactory(BusinessFactory)
    name = factory.Sequence(lambda number: f"Patient {number}")
    email = factory.Sequence(lambda number: f"patient{number}@mail.example")


@cache
def hashed_password() -> str:
    """PASSWORD as it is stored; made once, since it is slow on purpose."""
    return make_password(PASSWORD)


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda number: f"user{number}@clinic.example")
    name = factory.Sequence(lambda number: f"User {number}")
    password = factory.LazyFunction(hashed_password)


def member(business: Business, *roles: Role, **fields: Any) -> User:
    """Somebody who can log in and has these roles in the business."""
    user: User = UserFactory(**fields)
    StaffFactory(
        business=business,
        user=user,
        name=user.name,
        email=user.email,
        roles=[role.value for role in roles],
        takes_bookings=False,
    )
    return user


def api_key(business: Business, *scopes: str, **fields: Any) -> str:
    """The token of a new key; with every scope unless some are named."""
    _, token = create_key(
        business=business, description="Tests", scopes=scopes or EVERY_SCOPE, **fields
    )
    return token


def webhook(business: Business, endpoint: str = "https://hooks.example/in") -> OutgoingWebhook:
    """A webhook that is on."""
    return create_webhook(business_id=business.pk, endpoint=endpoint)


def provides(staff: Staff, service: Service, *, additional: bool = False) -> ServiceHost:
    host: ServiceHost = ServiceHost.objects.create(
        business=staff.business, staff=staff, service=service, additional=additional
    )
    return host


def blocks(staff: Staff, start: datetime, minutes: int, reason: str = "Meeting") -> TimeBlocker:
    blocker: TimeBlocker = TimeBlocker.objects.create(
        business=staff.business,
        staff=staff,
        starts_at=start,
        ends_at=start + timedelta(minutes=minutes),
        reason=reason,
    )
    return blocker


def works(staff: Staff, hours: dict[str, Any], **fields: Any) -> WorkingHoursSchedule:
    schedule: WorkingHoursSchedule = WorkingHoursSchedule.objects.create(
        business=staff.business, staff=staff, working_hours=hours, **fields
    )
    return schedule
