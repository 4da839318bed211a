"""The desk changes its mind: moves, steps, series and rooms, each checked against the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from appointments import changing, series, swapping
from appointments.acceptance import BookingRequest, Override
from appointments.changes import Changes, Scope
from appointments.clashes import explain
from appointments.errors import Alternative, Clash, Refusal
from appointments.models import Appointment, HeldResource, Series, Status
from appointments.record import Record, find_record, list_series
from appointments.series import BookedSeries, Previewed, Repeat
from businesses.actor import Actor
from businesses.models import Business, Resource, ResourceNeed, Service
from businesses.recurrence import Rule
from businesses.zones import zone
from patients.models import Patient
from staff.models import Staff
from tests.appointments.desk import DESK, written
from tests.appointments.rows import accepted
from tests.factories import PatientFactory

R = TypeVar("R", bound=Refusal)


def now_is(record: Record) -> Record:
    """The appointment as the database has it."""
    found = find_record(record.business_id, record.id)
    assert found is not None
    return found


def change(
    record: Record,
    *,
    override: Override | None = None,
    scope: Scope = Scope.THIS,
    by: Actor = DESK,
    **changes: Any,
) -> Record:
    """The changed appointment, which the database would commit and has as it was told."""
    told = changing.change(
        business_id=record.business_id,
        appointment_id=record.id,
        changes=Changes(**changes),
        by=by,
        override=override,
        scope=scope,
    )
    accepted()
    assert now_is(told) == told
    return told


def move(record: Record, to: datetime, **more: Any) -> Record:
    return change(record, starts_at=to, **more)


def step(record: Record, status: Status, **more: Any) -> Record:
    return change(record, status=status, **more)


def swap(first: Record, second: Record, override: Override | None = None) -> list[Record]:
    told = swapping.swap(
        business_id=first.business_id,
        appointment_ids=(first.id, second.id),
        by=DESK,
        override=override,
    )
    accepted()
    assert [now_is(one) for one in told] == told
    return told


def refuses(refusal: type[R], work: Callable[..., object], *args: Any, **more: Any) -> R:
    """The refusal with which it ends, after which nothing is changed."""
    before = written()
    with pytest.raises(Refusal) as caught:
        work(*args, **more)
    assert type(caught.value) is refusal
    assert written() == before
    assert isinstance(caught.value, refusal)
    return caught.value


def alternatives(clash: Clash) -> list[Alternative]:
    """What the refusal offers instead."""
    explain(clash)
    return clash.alternatives


def other_times(clash: Clash) -> list[tuple[datetime, UUID]]:
    return [(one.time, one.staff_id) for one in alternatives(clash)]


def request(
    service: Service,
    start: datetime,
    *,
    staff: Staff | None = None,
    minutes: int = 30,
    patient: Patient | None = None,
    **more: Any,
) -> BookingRequest:
    someone = patient or PatientFactory(business=service.business)
    return BookingRequest(
        service_id=service.pk,
        patient_id=someone.pk,
        starts_at=start,
        minutes=minutes,
        staff_id=staff.pk if staff else None,
        **more,
    )


def repeat(
    service: Service,
    start: datetime,
    rrule: str,
    *,
    skip_conflicts: bool = False,
    overrides: tuple[tuple[datetime, datetime], ...] = (),
    override: Override | None = None,
    needs_approval: bool = True,
    **wish: Any,
) -> BookedSeries:
    """A booked series, which the database would commit and has as it was told."""
    booked = series.book_series(
        business_id=service.business_id,
        request=request(service, start, **wish),
        repeat=Repeat(rrule=rrule, skip_conflicts=skip_conflicts, overrides=overrides),
        by=DESK,
        override=override,
        needs_approval=needs_approval,
    )
    accepted()
    assert members(booked.records[0]) == booked.records
    in_rule(booked.records[0])
    return booked


def preview(
    service: Service,
    start: datetime,
    rrule: str = "",
    *,
    overrides: tuple[tuple[datetime, datetime], ...] = (),
    override: Override | None = None,
    **wish: Any,
) -> list[Previewed]:
    """What is shown, of which nothing is left behind."""
    wanted = request(service, start, **wish)
    before = written()
    shown = series.preview(
        business_id=service.business_id,
        request=wanted,
        repeat=Repeat(rrule=rrule, overrides=overrides) if rrule else None,
        by=DESK,
        override=override,
    )
    assert written() == before
    return shown


def members(record: Record) -> list[Record]:
    """Everything in the series of an appointment, by start."""
    assert record.series_id is not None
    found = list_series(record.business_id, record.series_id)
    return sorted(found, key=lambda one: (one.starts_at, one.id))


def in_rule(record: Record) -> list[datetime]:
    """The dates of the series by its rule; all of it that is no exception is on them."""
    assert record.series_id is not None
    row = Series.objects.get(pk=record.series_id)
    place = zone(row.timezone)
    wall = row.starts_at.astimezone(place).replace(tzinfo=None)
    rule = Rule.read(row.rrule)
    dates = [one.moment for one in rule.occurrences(wall, place, moment=row.starts_at)]
    assert len(dates) == row.dates
    for one in list_series(record.business_id, record.series_id):
        assert one.rrule == row.rrule
        assert one.series_number is not None
        assert one.series_exception or one.starts_at == dates[one.series_number - 1]
    return dates


def starts(records: list[Record]) -> list[datetime]:
    return [one.starts_at for one in records]


def walls(records: list[Record], place: str = "Europe/London") -> list[str]:
    """The starts as clocks in the place show them."""
    return [f"{one.starts_at.astimezone(ZoneInfo(place)):%a %d %b %H:%M}" for one in records]


def weekly(start: datetime, count: int, *, days: int = 7) -> list[datetime]:
    return [start + timedelta(days=days * number) for number in range(count)]


def room(business: Business, name: str, kind: str = "room", **more: Any) -> Resource:
    made: Resource = Resource.objects.create(business=business, name=name, kind=kind, **more)
    return made


def needs(service: Service, what: str | Resource) -> None:
    """The service needs one of a kind, or that one."""
    ResourceNeed.objects.create(
        business=service.business,
        service=service,
        kind=what if isinstance(what, str) else "",
        resource=None if isinstance(what, str) else what,
    )


def used(record: Record) -> list[str]:
    """The names of the rooms and devices that an appointment holds."""
    held = HeldResource.objects.filter(appointment_id=record.id)
    return sorted(held.values_list("resource__name", flat=True))


def taken(resource: Resource) -> list[tuple[datetime, datetime]]:
    """When a room is held, by start."""
    rows = HeldResource.objects.filter(resource=resource).order_by("during")
    return [(row.during.lower, row.during.upper) for row in rows]


def count() -> int:
    found: int = Appointment.objects.count()
    return found
