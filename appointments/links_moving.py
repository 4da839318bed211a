"""What a patient does by their own links: find another time, move one visit, cancel it.

The same commands as the desk's and the same predicate as every other offer. Besides, the clinic's
rules for patients hold: lead time, horizon and step for the new time, the cancel lead time for
moving and cancelling. All of them are looked at again inside the command's transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from uuid import UUID

from django.utils import timezone

from appointments.acceptance import wish_of
from appointments.assignment import local_days, named_host
from appointments.changes import Changes
from appointments.changing import change
from appointments.errors import BadRequest
from appointments.links import Stage, Visit, told_of
from appointments.offering import A_YEAR, Question, asked, first_times, looked_at
from appointments.record import Record
from appointments.snapshot import read_offer
from businesses.actor import Actor
from businesses.weeks import first_of_week

WEEK = timedelta(days=7)


class Declined(Exception):
    """What a patient can't do by their link; it is told on the page, and nothing is changed."""


class NotOpen(Declined):
    """Too late, begun, cancelled or over."""


class Changed(Declined):
    """The clinic has moved the appointment since the patient's page was made."""


class NotOffered(Declined):
    """The time is not among those that patients may choose."""


class NotOnline(Declined):
    """Moving it is for the clinic: its service, its host or the clinic takes no bookings."""


@dataclass(frozen=True, slots=True)
class Week:
    """The free times of one week, by day of the patient's calendar."""

    begins: date
    days: list[tuple[date, list[datetime]]]
    previous: date | None
    next: date | None
    first_free: datetime | None  # after the week, where it has none itself
    notice: timedelta  # no new time is nearer than that

    @property
    def ends(self) -> date:
        return self.begins + timedelta(days=6)


def question_of(visit: Visit, now: datetime) -> Question:
    """When the visit could be instead: as long, with the same people. One statement.

    NotOnline where no time would do. It is not in its own way.
    """
    record = visit.record
    try:
        offer, people = read_offer(
            business_id=record.business_id,
            service_id=record.service_id,
            patient_id=None,
            named=[record.staff_id, *record.additional_staff_ids],
            every_provider=False,
            with_questions=False,
            by=None,
        )
        host = named_host(people, record.staff_id)
    except BadRequest as refusal:
        raise NotOnline from refusal
    if not (offer.enabled and offer.business_enabled):
        raise NotOnline
    return asked(
        offer,
        wish_of(offer, record),
        hosts=[host],
        joining=[people[one] for one in record.additional_staff_ids if one != host.id],
        start=now,
        end=now + A_YEAR,
        now=now,
    )


def week_of_times(visit: Visit, wanted: date | None, now: datetime) -> Week:
    """The free times of the week of a day; without one, of the visit's own week.

    Where that has none, of the first that has. At most five statements, nine with rooms.
    """
    question = question_of(visit, now)
    place = visit.zone
    first = first_of_week(
        max(now, min(question.earliest, question.latest)).astimezone(place).date()
    )
    last = first_of_week(max(now, question.latest).astimezone(place).date())
    own = visit.record.starts_at.astimezone(place).date()
    begins = min(max(first_of_week(wanted or own), first), last)
    times = _times_in(question, begins, visit)
    free = None
    if not times:
        since = local_days(first if wanted is None else begins + WEEK, 1, place).start
        later = replace(question, start=since, end=since + A_YEAR)
        free = next((one.moment for one in first_times(later, 1)), None)
        if free is not None and wanted is None:
            begins = first_of_week(free.astimezone(place).date())
            times, free = _times_in(question, begins, visit), None
    by_day = groupby(times, key=lambda moment: moment.astimezone(place).date())
    return Week(
        begins=begins,
        days=[(day, list(moments)) for day, moments in by_day],
        previous=begins - WEEK if begins > first else None,
        next=begins + WEEK if begins < last else None,
        first_free=free,
        notice=question.offer.lead_time,
    )


def _times_in(question: Question, begins: date, visit: Visit) -> list[datetime]:
    """The free starts of a week, without the one that the visit has."""
    span = local_days(begins, 7, visit.zone)
    start, end = max(span.start, question.earliest), min(span.end, question.latest)
    if start >= end:
        return []
    found = looked_at(replace(question, start=start, end=end), all_of_it=False, explain=False)
    return [one.moment for one in found if one.moment != visit.record.starts_at]


def check_offered(visit: Visit, moment: datetime, now: datetime) -> None:
    """Refuses a time that is not on offer, or is its own. Two statements, four with rooms."""
    question = question_of(visit, now)
    if moment == visit.record.starts_at or not question.earliest <= moment < question.latest:
        raise NotOffered
    instant = replace(question, start=moment, end=moment + timedelta(microseconds=1))
    if not looked_at(instant, all_of_it=False, explain=False):
        raise NotOffered


def patient_of(record: Record, request_id: str) -> Actor:
    return Actor(name=record.patient_name, source="patient", request_id=request_id)


def move(visit: Visit, *, to: datetime, seen: datetime | None, by: Actor) -> Record:
    """The appointment at another time; alone, though it may be one of a series.

    Where its service needs approval it is a request again, and its old time is free. One that is
    there already stays as it is, so that a second press does nothing. Declined, a Clash where a
    rival was faster, or another refusal: nothing is changed. `seen` is the start that the patient
    was shown.
    """

    def check(now: datetime, standing: Visit) -> None:
        _check_open(now, standing, seen)
        check_offered(standing, to, now)

    return _change(
        visit,
        Changes(starts_at=to, asks_again=True),
        by,
        done=lambda record: record.starts_at == to != seen and record.cancelled_at is None,
        check=check,
    )


def cancel(visit: Visit, *, reason: str, seen: datetime | None, by: Actor) -> Record:
    """The appointment, cancelled; of a series this one alone.

    One that is cancelled already stays as it is. Declined or refused: nothing is changed.
    """

    def check(now: datetime, standing: Visit) -> None:
        _check_open(now, standing, seen)

    return _change(
        visit,
        Changes(cancelled=True, cancel_reason=reason),
        by,
        done=lambda record: record.cancelled_at is not None,
        check=check,
    )


def _check_open(now: datetime, standing: Visit, seen: datetime | None) -> None:
    if standing.stage(now) is not Stage.OPEN:
        raise NotOpen
    if seen != standing.record.starts_at:
        raise Changed


def _change(
    visit: Visit,
    changes: Changes,
    by: Actor,
    *,
    done: Callable[[Record], bool],
    check: Callable[[datetime, Visit], None],
) -> Record:
    now = timezone.now()

    def unchanged(record: Record) -> None:
        # Of what is judged here, nothing is different when it is written: the command compares
        # the appointment with what it has locked, and looks at the calendars under the lock.
        if not done(record):
            check(now, told_of(record))

    business_id: UUID = visit.record.business_id
    return change(
        business_id=business_id,
        appointment_id=visit.record.id,
        changes=changes,
        by=by,
        unchanged=unchanged,
    )
