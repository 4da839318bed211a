"""Somebody is here without an appointment: who can see them next, and taking them in."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.utils import timezone

from appointments.acceptance import BookingRequest
from appointments.assignment import local_days, read_diary
from appointments.availability import free_starts
from appointments.booking import attempt, book
from appointments.changes import Changes
from appointments.changing import change
from appointments.models import Status
from appointments.offering import ask
from appointments.record import Record
from businesses.actor import Actor

# Nobody waits until tomorrow; around midnight that is no tomorrow yet.
AT_LEAST = timedelta(hours=2)
MINUTE = timedelta(minutes=1)


class Next(NamedTuple):
    """When somebody can see a patient who is here."""

    start: datetime
    staff_id: UUID
    name: str


def next_minute(moment: datetime) -> datetime:
    """The minute that begins then or next: what has begun already is a visit of the past."""
    return (moment + MINUTE - timedelta.resolution).replace(second=0, microsecond=0)


def who_is_next(*, business_id: UUID, service_id: UUID, minutes: int) -> list[Next]:
    """For each host their first start today from the next minute on, soonest first.

    Lead times are for those who are not here yet. Whoever is free this minute need not wait for
    the next step. Two statements, four where rooms are needed.
    """
    now = next_minute(timezone.now())
    asked = ask(
        business_id=business_id,
        service_id=service_id,
        start=now,
        end=now + AT_LEAST,
        minutes=minutes,
        staff_ids=(),
    )
    place = asked.offer.zone
    today = local_days(now.astimezone(place).date(), 1, place)
    question = replace(asked, end=max(asked.end, today.end))
    diary = read_diary(
        question.offer,
        hosts=question.hosts,
        joining=question.joining,
        windows=[question.window],
    )
    found = []
    for host in question.hosts:
        steps = free_starts(
            diary.calendars[host.id], question.wish, step=question.offer.step, after=now
        )
        starts = (one for one in (now, *steps) if now <= one < question.end)
        able = (one for one in starts if diary.team(host, question.wish.at(one)).free)
        if (start := next(able, None)) is not None:
            found.append(Next(start, host.id, host.name))
    return sorted(found, key=lambda one: (one.start, one.name, one.staff_id))


def take_in(*, business_id: UUID, request: BookingRequest, by: Actor) -> Record:
    """The appointment, booked and at once arrived; or a refusal of `book`, and no change.

    A start that has passed while the page was open becomes the next minute. It needs no approval:
    who takes somebody in approves it.
    """

    def work() -> Record:
        now = next_minute(timezone.now())
        record = book(
            business_id=business_id,
            request=replace(request, starts_at=max(request.starts_at, now)),
            by=by,
            needs_approval=False,
        )
        return change(
            business_id=business_id,
            appointment_id=record.id,
            changes=Changes(status=Status.ARRIVED),
            by=by,
        )

    return attempt(work)
