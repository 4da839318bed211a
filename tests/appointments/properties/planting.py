"""Writes a described clinic into the database: one statement a table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import time_machine
from django.db import connection, models, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from appointments.models import (
    AdditionalHost,
    Appointment,
    GroupSlot,
    HeldResource,
    HeldTime,
    Status,
)
from businesses.hours import DAYS
from businesses.models import (
    Business,
    Closure,
    Location,
    Resource,
    ResourceNeed,
    Service,
    ServiceDuration,
)
from patients.models import Patient
from staff.models import (
    ExternalEvent,
    ServiceHost,
    Staff,
    StaffStatus,
    TimeBlocker,
    WorkingHoursSchedule,
)
from tests.appointments.properties.clinic import (
    HOLDING,
    Clinic,
    Part,
    Span,
    State,
    Visit,
    Week,
)

numbers = count(1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(minute: int) -> datetime:
    return EPOCH + timedelta(minutes=minute)


def minute(at: datetime) -> int:
    minutes, rest = divmod(at - EPOCH, timedelta(minutes=1))
    assert not rest
    return minutes


def written(week: Week | None) -> dict[str, list[list[int]]] | None:
    """Hours as they are stored: pairs of HHMM."""
    if week is None:
        return None
    return {
        name: [[100 * (at // 60) + at % 60 for at in span] for span in spans]
        for name, spans in zip(DAYS, week, strict=True)
    }


@dataclass(frozen=True)
class Planted:
    """Where a described clinic is in the database; the numbers are those of the description."""

    clinic: Clinic
    business: Business
    services: list[Service]
    staff: list[Staff]
    patient: Patient
    appointments: list[Appointment]

    def number_of(self, staff_id: UUID) -> int:
        return [one.pk for one in self.staff].index(staff_id)


@contextmanager
def planted(clinic: Clinic) -> Iterator[Planted]:
    """The clinic in the database at the moment at which it is looked at, and gone afterwards."""
    with time_machine.travel(moment(clinic.now), tick=False), transaction.atomic():
        yield _plant(clinic)
        transaction.set_rollback(True)


def _plant(clinic: Clinic) -> Planted:
    business = Business.objects.create(
        name="Clinic",
        alias=f"random-{next(numbers)}",
        email="desk@clinic.example",
        timezone=clinic.zone,
        default_staff_working_hours=written(clinic.week),
        lead_time=clinic.rules.lead,
        time_increment=clinic.rules.step,
        availability_limit_days=clinic.rules.days,
        buffer_before_minutes=clinic.rules.before,
        buffer_after_minutes=clinic.rules.after,
    )

    def rows(model: type[models.Model], values: list[dict[str, Any]]) -> list[Any]:
        made = [model(business=business, **one) for one in values]
        model._default_manager.bulk_create(made)
        return made

    places = rows(
        Location,
        [
            {"name": f"Place {number}", "timezone": place.zone}
            for number, place in enumerate(clinic.places)
        ],
    )

    def place(number: int | None) -> Location | None:
        return None if number is None else places[number]

    rows(
        Closure,
        [
            {
                "name": f"Closure {number}",
                "location": place(one.place),
                "date_start": one.first,
                "date_end": one.last,
            }
            for number, one in enumerate(clinic.closures)
        ],
    )
    rooms = rows(
        Resource,
        [
            {
                "name": f"Room {number}",
                "kind": one.kind,
                "location": place(one.place),
                "enabled": one.enabled,
            }
            for number, one in enumerate(clinic.rooms)
        ],
    )
    services = rows(
        Service,
        [
            {
                "name": f"Service {number}",
                "location": place(one.place),
                "working_hours": written(one.week),
                "bookings_per_timeslot": one.places,
                "lead_time": one.rules.lead,
                "time_increment": one.rules.step,
                "availability_limit_days": one.rules.days,
                "buffer_before_minutes": one.rules.before,
                "buffer_after_minutes": one.rules.after,
            }
            for number, one in enumerate(clinic.services)
        ],
    )
    rows(
        ServiceDuration,
        [
            {"service": service, "minutes": minutes, "price": 1000}
            for service, one in zip(services, clinic.services, strict=True)
            for minutes in one.durations
        ],
    )
    rows(
        ResourceNeed,
        [
            {
                "service": service,
                "kind": need.kind,
                "resource": None if need.room is None else rooms[need.room],
            }
            for service, one in zip(services, clinic.services, strict=True)
            for need in one.needs
        ],
    )
    staff = rows(
        Staff,
        [
            {
                "name": f"Staff {number}",
                "email": f"staff{number}@clinic.example",
                "timezone": one.zone,
                "weekly_hours": written(one.week),
                "status": StaffStatus.ACTIVE if one.active else StaffStatus.DISABLED,
                "takes_bookings": one.takes_bookings,
            }
            for number, one in enumerate(clinic.staff)
        ],
    )
    everyone = list(zip(staff, clinic.staff, strict=True))
    rows(
        ServiceHost,
        [
            {"staff": person, "service": service, "additional": part is Part.JOINS}
            for person, one in everyone
            for service, part in zip(services, one.parts, strict=True)
            if part is not Part.NEITHER
        ],
    )
    rows(
        WorkingHoursSchedule,
        [
            {
                "staff": person,
                "working_hours": written(schedule.week),
                "timezone": schedule.zone,
                "date_start": schedule.first,
                "date_end": schedule.last,
            }
            for person, one in everyone
            for schedule in one.schedules
        ],
    )
    rows(
        TimeBlocker,
        [{"staff": person} | _ends(span) for person, one in everyone for span in one.blockers],
    )
    rows(
        ExternalEvent,
        [
            {"staff": person, "busy": event.busy} | _ends(event.span)
            for person, one in everyone
            for event in one.events
        ],
    )
    (patient,) = rows(Patient, [{"name": "Patient", "email": "patient@mail.example"}])
    calendar = _Calendar(clinic, [one.pk for one in services], [one.pk for one in staff])
    for visit in clinic.visits:
        calendar.add(visit, patient.pk, [rooms[number].pk for number in visit.rooms])
    rows(GroupSlot, list(calendar.slots.values()))
    appointments = rows(Appointment, calendar.appointments)
    rows(AdditionalHost, calendar.along)
    rows(HeldTime, calendar.held_time)
    rows(HeldResource, calendar.held_rooms)
    # What was written would be committed: the constraints that wait for that hold.
    connection.check_constraints()
    return Planted(clinic, business, services, staff, patient, appointments)


def _ends(span: Span) -> dict[str, datetime]:
    return {"starts_at": moment(span.start), "ends_at": moment(span.end)}


class _Calendar:
    """The rows of visits, as commands would have left them."""

    def __init__(self, clinic: Clinic, services: list[UUID], staff: list[UUID]) -> None:
        self.clinic, self.services, self.staff = clinic, services, staff
        self.slots: dict[tuple[int, int, Span], dict[str, Any]] = {}
        self.taken: defaultdict[UUID, int] = defaultdict(int)
        self.appointments: list[dict[str, Any]] = []
        self.along: list[dict[str, Any]] = []
        self.held_time: list[dict[str, Any]] = []
        self.held_rooms: list[dict[str, Any]] = []

    def add(self, visit: Visit, patient: UUID, rooms: list[UUID]) -> None:
        appointment, holds = uuid4(), visit.state in HOLDING
        slot, place, places = self._place(visit) if holds else (None, 1, 1)
        status = {State.REQUESTED: Status.REQUESTED, State.CANCELLED: Status.CANCELLED}
        hosts = [self.staff[one] for one in (visit.host, *visit.along)]
        self.appointments.append(
            {
                "id": appointment,
                "service_id": self.services[visit.service],
                "staff_id": hosts[0],
                "patient_id": patient,
                "group_slot_id": slot,
                "price": 1000,
                "currency": "usd",
                "status": status.get(visit.state, Status.BOOKED),
                "approved": visit.state is not State.REQUESTED,
                "cancelled_at": (
                    moment(self.clinic.now) if visit.state is State.CANCELLED else None
                ),
                "overbooked": visit.state is State.OVERBOOKED,
                "source": "desk",
                "link_token": uuid4().hex,
            }
            | _ends(visit.span)
        )
        self.along += [{"appointment_id": appointment, "staff_id": host} for host in hosts[1:]]
        if not holds:
            return
        held = {
            "appointment_id": appointment,
            "during": DateTimeTZRange(moment(visit.held.start), moment(visit.held.end)),
            "session": slot or appointment,
            "group_slot_id": slot,
        } | _ends(visit.span)
        self.held_time += [
            held
            | {
                "staff_id": host,
                "place": place,
                "places": places,
                "overbooked": visit.state is State.OVERBOOKED,
            }
            for host in hosts
        ]
        self.held_rooms += [held | {"resource_id": room} for room in rooms]

    def _place(self, visit: Visit) -> tuple[UUID | None, int, int]:
        """The group timeslot of the visit, its next place, and how many it has."""
        places = self.clinic.services[visit.service].places
        if places == 1:
            return None, 1, 1
        slot = self.slots.setdefault(
            visit.timeslot,
            {
                "id": uuid4(),
                "service_id": self.services[visit.service],
                "staff_id": self.staff[visit.host],
                "places": places,
            }
            | _ends(visit.span),
        )
        slot_id: UUID = slot["id"]
        self.taken[slot_id] += 1
        return slot_id, self.taken[slot_id], places
