"""How much of somebody's time can be booked, and how much of it is taken: in whole minutes."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from appointments.availability import Person
from appointments.calendars import read_calendars
from businesses.hours import WeeklyHours
from businesses.intervals import Interval, common, without
from businesses.zones import zone
from staff.models import Staff

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Capacity:
    """Minutes of one person in a span of time; docs/availability.md says what each counts."""

    external_events: int = 0
    time_blockers: int = 0
    bookable: int = 0
    available: int = 0
    booked: int = 0


@dataclass(frozen=True, slots=True)
class AnyService:
    """A business alone: no service's hours narrow anybody's; closures of one location, if any."""

    business_id: UUID
    zone: ZoneInfo
    location_id: UUID | None = None
    hours: None = None


def read_capacity(
    *, business_id: UUID, staff_id: UUID, start: datetime, end: datetime
) -> Capacity | None:
    """What a staff member can take in `[start, end)`; None if there is no such staff member.

    A minute of which a part lies outside doesn't count, and one that is taken in part is taken.
    Two statements, whatever the span.
    """
    members = Staff.objects.filter(business_id=business_id, pk=staff_id)
    member: Staff | None = members.select_related("business").first()
    if member is None:
        return None
    if _next_minute(start) >= _minute(end):
        return Capacity()
    window = Interval(_next_minute(start), _minute(end))
    person = person_of(member)
    place = AnyService(business_id, zone(member.business.timezone))
    calendar = read_calendars(place, [person], [window])[person.id]
    bookable = without(common(calendar.hours, [window]), calendar.shut)
    taken: dict[str, list[Interval]] = {"external_event": [], "time_blocker": [], "appointment": []}
    for busy in calendar.busy:
        whole = Interval(_minute(busy.span.start), _next_minute(busy.span.end))
        taken[busy.kind].append(whole)
    free = without(bookable, [span for spans in taken.values() for span in spans])
    # The visits of a group timeslot share a session: they take the host's time once.
    visits = {(busy.session, busy.visit) for busy in calendar.busy if busy.kind == "appointment"}
    return Capacity(
        external_events=_minutes(common(bookable, taken["external_event"])),
        time_blockers=_minutes(common(bookable, taken["time_blocker"])),
        bookable=_minutes(bookable),
        available=_minutes(free) if person.active else 0,
        booked=sum(_minutes(common([visit], [window])) for _, visit in visits),
    )


def free_minutes(
    members: Collection[Staff], start: datetime, end: datetime, *, location_id: UUID | None = None
) -> int:
    """Minutes in `[start, end)` that members of one business, who all work, have free, together.

    With a location its closures count as well. One statement, none for nobody.
    """
    if not members or _next_minute(start) >= _minute(end):
        return 0
    window = Interval(_next_minute(start), _minute(end))
    business = next(iter(members)).business
    place = AnyService(business.pk, zone(business.timezone), location_id)
    calendars = read_calendars(place, map(person_of, members), [window])
    return sum(
        _minutes(
            without(
                without(common(calendar.hours, [window]), calendar.shut),
                [
                    Interval(_minute(busy.span.start), _next_minute(busy.span.end))
                    for busy in calendar.busy
                ],
            )
        )
        for calendar in calendars.values()
    )


def person_of(member: Staff) -> Person:
    """A staff member as a calendar knows them: for no service, with the hours they inherit."""
    hours = member.weekly_hours
    if hours is None:
        hours = member.business.default_staff_working_hours
    return Person(
        id=member.pk,
        name=member.name,
        email=member.email,
        active=member.is_active,
        zone=zone(member.timezone or member.business.timezone),
        weekly=None if hours is None else WeeklyHours.read(hours),
        provides=False,
        joins=False,
    )


def _minute(moment: datetime) -> datetime:
    """The minute in which the moment lies; in UTC, in which no clock is changed."""
    return moment.replace(second=0, microsecond=0)


def _next_minute(moment: datetime) -> datetime:
    """The moment itself if a minute begins with it, else the next one's beginning."""
    return _minute(moment + MINUTE - timedelta.resolution)


def _minutes(intervals: Iterable[Interval]) -> int:
    return sum(one.length // MINUTE for one in intervals)
