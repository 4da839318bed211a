"""A list takes as many queries for three rows as for one; so does a page with parts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from appointments.models import (
    AdditionalHost,
    Appointment,
    GroupSlot,
    HeldResource,
    HeldTime,
    WaitlistEntry,
)
from businesses.keys import create_key
from businesses.models import (
    ApiKey,
    BookingQuestion,
    Business,
    Closure,
    IdempotentAnswer,
    Location,
    OutgoingWebhook,
    Resource,
    ResourceNeed,
    Service,
    ServiceCategory,
    ServiceInCategory,
    WebhookDelivery,
)
from patients.models import Patient
from staff.models import ExternalEvent, Staff, TimeBlocker, User, WorkingHoursSchedule
from staff.roles import Role
from tests.admin.clinic import Clinic, as_user, next_monday, operator, page
from tests.factories import (
    BusinessFactory,
    LocationFactory,
    PatientFactory,
    ServiceFactory,
    StaffFactory,
    UserFactory,
    blocks,
    provides,
    webhook,
    works,
)
from tests.webhooks.queue import put

pytestmark = pytest.mark.django_db


def another_visit(clinic: Clinic, number: int) -> Appointment:
    """With a patient, a host and a helper of its own."""
    host = StaffFactory(business=clinic.business)
    provides(host, clinic.service)
    return clinic.booked(
        next_monday(10) + timedelta(days=number),
        staff=host,
        patient=PatientFactory(business=clinic.business),
        joined_by=(StaffFactory(business=clinic.business).pk,),
    )


def another_group(clinic: Clinic, number: int) -> Appointment:
    service = ServiceFactory(business=clinic.business, bookings_per_timeslot=3)
    host = StaffFactory(business=clinic.business)
    return clinic.booked(next_monday(8 + number), staff=host, service=service)


def another_use(clinic: Clinic, number: int) -> HeldResource:
    return clinic.in_the_room(next_monday(10) + timedelta(days=number))


def another_service(clinic: Clinic, number: int) -> Service:
    house = LocationFactory(business=clinic.business)
    found: Service = ServiceFactory(business=clinic.business, location=house)
    return found


def another_room(clinic: Clinic, number: int) -> Resource:
    house = LocationFactory(business=clinic.business)
    return Resource.objects.create(
        business=clinic.business, name=f"Room {number}", kind=f"kind {number}", location=house
    )


def another_event(clinic: Clinic, number: int) -> ExternalEvent:
    start = next_monday(8 + number)
    found: ExternalEvent = ExternalEvent.objects.create(
        business=clinic.business,
        staff=StaffFactory(business=clinic.business),
        starts_at=start,
        ends_at=start + timedelta(hours=1),
    )
    return found


def another_answer(clinic: Clinic, number: int) -> IdempotentAnswer:
    return IdempotentAnswer.objects.create(
        business=clinic.business,
        principal="key:2",
        key=str(number),
        request_hash=b"",
        created_at=timezone.now(),
    )


MAKERS: dict[type[Model], Callable[[Clinic, int], Any]] = {
    Business: lambda clinic, number: BusinessFactory(),
    Location: lambda clinic, number: LocationFactory(business=clinic.business),
    Closure: lambda clinic, number: Closure.objects.create(
        business=clinic.business,
        location=LocationFactory(business=clinic.business),
        name=str(number),
        date_start=next_monday(1).date(),
        date_end=next_monday(1).date(),
    ),
    Resource: another_room,
    ServiceCategory: lambda clinic, number: ServiceCategory.objects.create(
        business=clinic.business, name=str(number)
    ),
    Service: another_service,
    ApiKey: lambda clinic, number: create_key(
        business=clinic.business, description=str(number), scopes=[]
    ),
    IdempotentAnswer: another_answer,
    OutgoingWebhook: lambda clinic, number: webhook(clinic.business, f"https://a.example/{number}"),
    WebhookDelivery: lambda clinic, number: put(clinic.hook),
    Staff: lambda clinic, number: StaffFactory(business=clinic.business, user=UserFactory()),
    WorkingHoursSchedule: lambda clinic, number: works(
        StaffFactory(business=clinic.business), {}, date_start=next_monday(1).date()
    ),
    TimeBlocker: lambda clinic, number: blocks(
        StaffFactory(business=clinic.business), next_monday(8), 60
    ),
    ExternalEvent: another_event,
    User: lambda clinic, number: UserFactory(),
    Patient: lambda clinic, number: PatientFactory(business=clinic.business),
    Appointment: another_visit,
    GroupSlot: another_group,
    HeldTime: another_visit,
    HeldResource: another_use,
    AdditionalHost: another_visit,
    WaitlistEntry: lambda clinic, number: clinic.waits(),
}


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        response = client.get(address)
    assert response.status_code == 200
    return len(captured)


@pytest.mark.parametrize("model", MAKERS, ids=lambda model: model.__name__)
def test_a_list_takes_as_many_queries_for_three_rows_as_for_one(
    model: type[Model], mine: Clinic
) -> None:
    client = as_user(operator())
    BusinessFactory()  # with several businesses there is a column more
    make = MAKERS[model]
    make(mine, 0)
    one = queries(client, page(model, "changelist"))
    make(mine, 1)
    make(mine, 2)
    assert queries(client, page(model, "changelist")) == one


def test_the_appointments_of_a_clinic_take_a_dozen_queries(mine: Clinic) -> None:
    """Session and user, roles, the zone, counts, dates, filters, rows."""
    client = as_user(mine.works(Role.OWNER))
    assert queries(client, page(Appointment, "changelist")) == 12


def test_a_page_takes_as_many_queries_for_three_parts_as_for_one(mine: Clinic) -> None:
    client = as_user(mine.works(Role.OWNER))
    own = {"business": mine.business, "service": mine.service}
    ResourceNeed.objects.create(**own, resource=mine.room)
    client.get(page(mine.service, "change"))  # what a process reads once is read
    one = queries(client, page(mine.service, "change"))
    for number in (1, 2):
        category = ServiceCategory.objects.create(business=mine.business, name=str(number))
        ServiceInCategory.objects.create(
            business=mine.business, service=mine.service, category=category
        )
        BookingQuestion.objects.create(
            business=mine.business, service=mine.service, variable_name=str(number), question="?"
        )
        provides(StaffFactory(business=mine.business), mine.service)
    ResourceNeed.objects.create(**own, kind="laser")
    ResourceNeed.objects.create(**own, resource=another_room(mine, 1))
    assert queries(client, page(mine.service, "change")) == one


def test_a_staff_members_page_takes_as_many_queries_for_three_parts_as_for_one(
    mine: Clinic,
) -> None:
    client = as_user(mine.works(Role.OWNER))
    client.get(page(mine.staff, "change"))  # what a process reads once is read
    one = queries(client, page(mine.staff, "change"))
    for number in (2, 3):
        provides(mine.staff, ServiceFactory(business=mine.business))
        day = mine.schedule.date_start.replace(month=number)
        works(mine.staff, {}, date_start=day, date_end=day)
    assert queries(client, page(mine.staff, "change")) == one


@pytest.mark.parametrize("dates", [1, 3])
def test_the_page_of_an_appointment_takes_as_many_queries_however_long_its_series(
    dates: int, mine: Clinic
) -> None:
    """Session, user, roles, zone, the row and what it refers to, why, rooms, and the series."""
    client = as_user(mine.works(Role.OWNER))
    first = mine.repeated(next_monday(13), dates)[0]
    client.get(page(first, "change"))
    assert queries(client, page(first, "change")) == 12
