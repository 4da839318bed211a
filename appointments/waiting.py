"""The waiting room: who is here and since when, who is late, who comes next, and the day so far."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import Count, Exists, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce

from appointments.capacity import free_minutes
from appointments.models import AdditionalHost, Appointment, Status
from appointments.querysets import AppointmentQuerySet
from businesses.intervals import Interval
from businesses.models import Business
from staff.models import Staff

MINUTE = timedelta(minutes=1)
COMING = timedelta(hours=1)
# Who is still here is shown past midnight too; whoever nobody sent home, half a day at the most.
STILL_HERE = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Only:
    """What part of the clinic somebody looks at: one place, one person, or all of it."""

    location_id: UUID | None = None
    staff_id: UUID | None = None

    def of(self, shown: AppointmentQuerySet) -> AppointmentQuerySet:
        if self.location_id:
            shown = shown.filter(location_id=self.location_id)
        if self.staff_id:
            along = AdditionalHost.objects.filter(
                business_id=OuterRef("business_id"),
                appointment_id=OuterRef("pk"),
                staff_id=self.staff_id,
            )
            shown = shown.filter(Q(staff_id=self.staff_id) | Exists(along))
        return shown


@dataclass(frozen=True, slots=True)
class Line:
    """One visit on the board, and how many minutes it has waited, gone on, or is still away."""

    visit: Any  # an Appointment with `since`
    minutes: int

    @property
    def version(self) -> str:
        """Changes whenever the visit does."""
        return str(self.visit.updated_at.astimezone(UTC).isoformat())


@dataclass(frozen=True, slots=True)
class Board:
    """The visits that concern the desk now, each list with what is most pressing first."""

    late: list[Line] = field(default_factory=list)
    waiting: list[Line] = field(default_factory=list)
    busy: list[Line] = field(default_factory=list)
    coming: list[Line] = field(default_factory=list)

    def __iter__(self) -> Iterator[Line]:
        return iter((*self.late, *self.waiting, *self.busy, *self.coming))


def _since() -> Subquery:
    """When each appointment came to the status that it has, by the history's rows of it.

    The moment is that of the command, which the row has kept as its last change.
    """
    events = apps.get_model("appointments", "AppointmentEvent").objects
    before = (
        events.filter(
            business_id=OuterRef(OuterRef("business_id")), pgh_obj_id=OuterRef(OuterRef("pk"))
        )
        .exclude(status=OuterRef(OuterRef("status")))
        .order_by("-pgh_id")
        .values("pgh_id")[:1]
    )
    return Subquery(
        events.filter(
            business_id=OuterRef("business_id"),
            pgh_obj_id=OuterRef("pk"),
            pgh_id__gt=Coalesce(Subquery(before), Value(0)),
        )
        .order_by("pgh_id")
        .values("updated_at")[:1]
    )


def read_board(business: Business, *, now: datetime, today: Interval, only: Only) -> Board:
    """Who is late, who waits, who is seen, and who comes within the hour. One statement."""
    here = Q(status__in=(Status.ARRIVED, Status.IN_PROGRESS), starts_at__lt=today.end)
    expected = Q(status=Status.BOOKED, starts_at__gte=today.start, starts_at__lt=now + COMING)
    ours = Appointment.objects.of(business).filter(
        starts_at__gte=min(today.start, now - STILL_HERE)
    )
    board = Board()
    for visit in (
        only.of(ours.filter(here | expected))
        .annotate(since=_since())
        .with_names()
        .order_by("starts_at", "id")
    ):
        since = visit.since or visit.updated_at
        if visit.status == Status.ARRIVED:
            board.waiting.append(Line(visit, _minutes(now - since)))
        elif visit.status == Status.IN_PROGRESS:
            board.busy.append(Line(visit, _minutes(now - since)))
        elif visit.starts_at < now:
            board.late.append(Line(visit, _minutes(now - visit.starts_at)))
        else:
            board.coming.append(Line(visit, -_minutes(now - visit.starts_at)))
    for line_up in (board.waiting, board.busy):
        line_up.sort(key=lambda line: -line.minutes)
    return board


def _minutes(length: timedelta) -> int:
    return length // MINUTE


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class Today:
    """How many of the day's appointments are where; what is still free, and what waits."""

    booked: int
    arrived: int
    in_progress: int
    completed: int
    no_show: int
    cancelled: int
    free_minutes: int
    requests: int

    @property
    def free_hours(self) -> float:
        return self.free_minutes / 60


def read_today(
    business: Business,
    *,
    now: datetime,
    today: Interval,
    only: Only,
    people: Sequence[Staff],
) -> Today:
    """The day in numbers; the requests are those from today on. Three statements.

    `people` are those whose free time counts: active, who take bookings.
    """
    of_the_day = only.of(Appointment.objects.of(business).starting_in(today.start, today.end))
    counted = {
        status.value: Count("pk", filter=Q(status=status))
        for status in Status
        if status is not Status.REQUESTED
    }
    found = of_the_day.aggregate(**counted)
    members = [one for one in people if only.staff_id in (None, one.pk)]
    return Today(
        **found,
        free_minutes=free_minutes(members, _minute(now), today.end, location_id=only.location_id),
        requests=only.of(requests_waiting(business, today.start)).count(),
    )


def requests_waiting(business: Business, since: datetime) -> AppointmentQuerySet:
    """What nobody has approved or declined yet, of what is asked for from a moment on."""
    waiting: AppointmentQuerySet = (
        Appointment.objects.of(business).requested().filter(starts_at__gte=since)
    )
    return waiting


def version_of(board: Board, today: Today, now: datetime) -> str:
    """Differs whenever what the board shows does: a visit, a number, or the minute."""
    told = [(line.visit.pk, line.visit.updated_at, line.minutes) for line in board]
    return sha256(repr((told, today, _minute(now))).encode()).hexdigest()[:32]
