"""What is asked for and not decided yet, and what else is at those times."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from appointments.availability import Busy, Verdict, Wish, judge
from appointments.calendars import read_calendars
from appointments.capacity import AnyService, person_of
from appointments.errors import Obstacle
from appointments.models import Appointment
from businesses.intervals import Interval
from businesses.models import Business
from businesses.zones import zone
from staff.models import Staff


def obstacles_of(business: Business, asked: Sequence[Any]) -> dict[UUID, list[Obstacle]]:
    """By request, what is in the way of it at its host's: whoever approves it should know before.

    What approving itself looks at besides, as rooms and those who come along, is not told here.
    At most three statements, however many requests there are; none for no request.
    """
    if not asked:
        return {}
    hosts = Staff.objects.of(business).filter(pk__in={one.staff_id for one in asked})
    people = {one.pk: person_of(one) for one in hosts.select_related("business")}
    wishes = {one.pk: _wish(business, one) for one in asked}
    calendars = read_calendars(
        AnyService(business.pk, zone(business.timezone)),
        people.values(),
        [wish.held for wish in wishes.values()],
    )
    verdicts = {
        one.pk: judge(calendars[one.staff_id], wishes[one.pk], host_id=one.staff_id)
        for one in asked
    }
    visits = {busy.appointment_id for each in verdicts.values() for busy in each.obstacles}
    named = Appointment.objects.of(business).filter(pk__in=visits - {None})
    names = {
        pk: (service, patient)
        for pk, service, patient in named.values_list("pk", "service__name", "patient__name")
    }
    return {one.pk: _told(verdicts[one.pk], people[one.staff_id].name, names) for one in asked}


def _wish(business: Business, one: Any) -> Wish:
    service = one.service
    before, after = service.buffer_before_minutes, service.buffer_after_minutes
    return Wish(
        service_id=one.service_id,
        visit=Interval(one.starts_at, one.ends_at),
        before=timedelta(minutes=business.buffer_before_minutes if before is None else before),
        after=timedelta(minutes=business.buffer_after_minutes if after is None else after),
        places=service.bookings_per_timeslot,
    )


def _told(verdict: Verdict, name: str, names: dict[UUID, tuple[str, str]]) -> list[Obstacle]:
    found = [_obstacle(busy, name, names) for busy in verdict.obstacles]
    if verdict.closed:
        found.append(Obstacle(kind="closure", staff_name=name))
    elif verdict.outside_hours:
        found.append(Obstacle(kind="hours", staff_name=name))
    if verdict.full:
        found.append(Obstacle(kind="places", staff_name=name))
    return found


def _obstacle(busy: Busy, name: str, names: dict[UUID, tuple[str, str]]) -> Obstacle:
    what, patient = (busy.what, "")
    if busy.appointment_id:
        what, patient = names[busy.appointment_id]
    return Obstacle(
        kind=busy.kind,
        staff_name=name,
        start=busy.visit.start,
        end=busy.visit.end,
        what=what,
        appointment_id=busy.appointment_id,
        patient_name=patient,
    )
