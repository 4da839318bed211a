"""A business with a row in every table that businesses have."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pghistory.models
from django.apps import apps
from django.db import models

from appointments.models import (
    AdditionalHost,
    Appointment,
    Assignment,
    GroupSlot,
    HeldResource,
    HeldTime,
    HiddenColumns,
    Series,
    WaitlistEntry,
)
from businesses.models import (
    ApiKey,
    BookingQuestion,
    Business,
    Closure,
    IdempotentAnswer,
    OutgoingWebhook,
    Resource,
    ResourceNeed,
    Service,
    ServiceCategory,
    ServiceInCategory,
    WebhookAttempt,
    WebhookDelivery,
)
from staff.models import (
    ExternalEvent,
    Management,
    ServiceHost,
    TimeBlocker,
    User,
    WorkingHoursSchedule,
)
from tests.appointments.desk import NOW, at
from tests.appointments.rows import Rows
from tests.factories import (
    LocationFactory,
    PatientFactory,
    ServiceFactory,
    StaffFactory,
    UserFactory,
    api_key,
    blocks,
    works,
)

# Copies of what the history has already: answers, and what webhooks are told; and what somebody
# likes to see.
WITHOUT_HISTORY = (IdempotentAnswer, WebhookDelivery, WebhookAttempt, HiddenColumns)
APPS = ("businesses", "staff", "patients", "appointments")


def our_models() -> list[type[models.Model]]:
    """Every model of ours, without the history that is kept of it."""
    return [
        model
        for name in APPS
        for model in apps.get_app_config(name).get_models()
        if not issubclass(model, pghistory.models.Event)
    ]


def tenant_models() -> list[type[models.Model]]:
    """Every model whose rows belong to a business."""
    return [model for model in our_models() if model not in (Business, User)]


def history_of(model: type[models.Model]) -> type[models.Model]:
    """The model of the rows that tell what became of a row."""
    return apps.get_model(model._meta.app_label, f"{model.__name__}Event")


def furnish(business: Business) -> dict[type[models.Model], Any]:
    """One row in each table, referring to the others wherever it can."""
    location = LocationFactory(business=business)
    service = ServiceFactory(business=business, location=location, bookings_per_timeslot=8)
    category = ServiceCategory.objects.create(business=business, name="Movement")
    filed = ServiceInCategory.objects.create(business=business, service=service, category=category)
    question = BookingQuestion.objects.create(
        business=business, service=service, variable_name="why", question="Why?"
    )
    api_key(business)
    answer = IdempotentAnswer.objects.create(
        business=business,
        principal="key:1",
        key="first",
        request_hash=b"0" * 32,
        created_at=NOW,
    )
    webhook = OutgoingWebhook.objects.create(
        business=business, endpoint="https://hooks.example/x", secret="whsec_eA=="
    )
    delivery = WebhookDelivery.objects.create(
        business=business,
        webhook=webhook,
        subject=webhook.pk,
        name="webhook.test",
        body="{}",
        due_at=NOW,
    )
    tried = WebhookAttempt.objects.create(
        business=business, delivery=delivery, at=NOW, milliseconds=1
    )
    doctor, nurse = (StaffFactory(business=business) for _ in range(2))
    patient = PatientFactory(business=business, primary_staff=doctor)
    rows = Rows(service, doctor, patient)
    # In a group, with somebody along; the same minute may not be held twice, so both are new.
    slot = rows.timeslot(at(10), places=8)
    room = Resource.objects.create(business=business, name="Room 1", kind="room", location=location)
    series = Series.objects.create(
        business=business, rrule="FREQ=DAILY;COUNT=3", timezone="UTC", starts_at=at(10), dates=3
    )
    booked = rows.appointment(
        at(10), group_slot_id=slot, location_id=location.pk, series_id=series.pk, series_number=1
    )
    held = rows.hold(booked, at(10), group_slot_id=slot, places=8)
    along = rows.additional(booked, nurse)
    rows.hold(booked, at(10), group_slot_id=slot, places=8, staff_id=nurse.pk)
    used = rows.use(booked, at(10), room, group_slot_id=slot)
    return {
        type(location): location,
        Closure: Closure.objects.create(
            business=business,
            location=location,
            name="Works",
            date_start=date(2030, 3, 1),
            date_end=date(2030, 3, 2),
        ),
        Resource: room,
        ResourceNeed: ResourceNeed.objects.create(
            business=business, service=service, resource=room
        ),
        Series: series,
        HeldResource: HeldResource.objects.get(pk=used),
        Assignment: Assignment.objects.create(
            business=business, appointment_id=booked, staff=doctor, rule="only", candidates=[]
        ),
        Service: service,
        ServiceCategory: category,
        ServiceInCategory: filed,
        type(service.durations.first()): service.durations.first(),
        BookingQuestion: question,
        ApiKey: ApiKey.objects.get(business=business),
        IdempotentAnswer: answer,
        OutgoingWebhook: webhook,
        WebhookDelivery: delivery,
        WebhookAttempt: tried,
        type(doctor): doctor,
        Management: Management.objects.create(business=business, manager=doctor, managed=nurse),
        ServiceHost: ServiceHost.objects.create(business=business, service=service, staff=doctor),
        WorkingHoursSchedule: works(doctor, {}, date_start=date(2030, 2, 1)),
        TimeBlocker: blocks(doctor, at(12), 30),
        ExternalEvent: ExternalEvent.objects.create(
            business=business,
            staff=doctor,
            starts_at=at(13),
            ends_at=at(13) + timedelta(minutes=30),
        ),
        type(patient): patient,
        GroupSlot: GroupSlot.objects.get(pk=slot),
        Appointment: Appointment.objects.get(pk=booked),
        AdditionalHost: AdditionalHost.objects.get(pk=along),
        HeldTime: HeldTime.objects.get(pk=held),
        WaitlistEntry: WaitlistEntry.objects.create(
            business=business,
            patient=patient,
            service=service,
            minutes=30,
            first_day=date(2030, 1, 7),
            status="booked",
            appointment_id=booked,
            instead_of_id=booked,
        ),
        HiddenColumns: HiddenColumns.objects.create(
            business=business, user=UserFactory(), hidden=[nurse.pk]
        ),
    }
