"""Who hosts a booking: the staff member who was named, or the least busy one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from appointments.availability import Calendar, Person, Verdict, Wish, judge
from appointments.errors import (
    Clash,
    NoStaffAvailable,
    OutsideWorkingHours,
    SlotFull,
    StaffBusy,
    StaffNotBookable,
    StaffNotFound,
    StaffNotProvider,
)
from appointments.ledger import Hold
from appointments.snapshot import Load, Offer, read_calendars, read_loads
from businesses.intervals import Interval
from businesses.zones import opening

NEVER = datetime.min.replace(tzinfo=UTC)


def local_days(first: date, days: int, place: ZoneInfo) -> Interval:
    """So many whole days of the wall clock in `place`, as UTC moments."""
    last = first + timedelta(days=days)
    return Interval(
        opening(datetime.combine(first, time()), place),
        opening(datetime.combine(last, time()), place),
    )


def day_and_week(moment: datetime, place: ZoneInfo) -> tuple[Interval, Interval]:
    """The local day and the local week, Monday to Sunday, in which a moment lies."""
    day = moment.astimezone(place).date()
    monday = day - timedelta(days=day.weekday())
    return local_days(day, 1, place), local_days(monday, 7, place)


def by_load(loads: Iterable[Load]) -> list[Load]:
    """Least busy first: fewest booked minutes that day, then that week, then whoever was assigned
    longest ago, then the lowest id.
    """
    return sorted(
        loads,
        key=lambda load: (
            load.day_minutes,
            load.week_minutes,
            load.last_assigned or NEVER,
            load.staff_id,
        ),
    )


@dataclass(frozen=True, slots=True)
class Team:
    """One person who could host a visit, and how they and those who join stand to it."""

    host: Person
    verdicts: Mapping[UUID, Verdict]

    @property
    def free(self) -> bool:
        return all(verdict.free for verdict in self.verdicts.values())

    @property
    def full(self) -> bool:
        return any(verdict.full for verdict in self.verdicts.values())

    @property
    def outside_hours(self) -> bool:
        return any(verdict.outside_hours for verdict in self.verdicts.values())

    @property
    def busy(self) -> bool:
        return any(verdict.obstacles for verdict in self.verdicts.values())

    def holds(self, wish: Wish) -> list[Hold]:
        """What each of them holds: the same free place of the group, if it is one."""
        taken = {busy.place for verdict in self.verdicts.values() for busy in verdict.sharing}
        place = next(number for number in range(1, len(taken) + 2) if number not in taken)
        return [
            Hold(
                staff_id=staff_id,
                held=wish.held,
                place=place,
                overbooked=any(one.kind == "appointment" for one in verdict.obstacles),
            )
            for staff_id, verdict in self.verdicts.items()
        ]


@dataclass(frozen=True, slots=True)
class Situation:
    """What a decision saw: enough to say afterwards what was in the way, and what would do."""

    offer: Offer
    wish: Wish
    staff_id: UUID | None
    joining: tuple[UUID, ...]
    people: Mapping[UUID, Person]
    teams: tuple[Team, ...]


def team(
    host: Person, joining: Iterable[Person], calendars: Mapping[UUID, Calendar], wish: Wish
) -> Team:
    everyone = [host, *(person for person in joining if person.id != host.id)]
    return Team(
        host,
        {person.id: judge(calendars[person.id], wish, host_id=host.id) for person in everyone},
    )


def named_host(people: Mapping[UUID, Person], staff_id: UUID) -> Person:
    """The person, if they can be booked for the service at all."""
    host = people.get(staff_id)
    if host is None:
        raise StaffNotFound
    if not host.active:
        raise StaffNotBookable
    if not host.provides:
        raise StaffNotProvider
    return host


def assign(
    offer: Offer,
    wish: Wish,
    *,
    people: Mapping[UUID, Person],
    joining: list[Person],
    staff_id: UUID | None,
    override: bool,
) -> Team:
    """Who takes the visit; one of the clashes when nobody can.

    Named: that person. Else the least busy of those who are free; with `override`, when nobody
    is free, the least busy of all. A full group is never lifted. The people are locked already.
    One statement for the calendars, one more to weigh several people against each other.
    """
    joining_ids = {person.id for person in joining}
    hosts = (
        [named_host(people, staff_id)]
        if staff_id
        else [
            person
            for person in people.values()
            if person.active and person.provides and person.id not in joining_ids
        ]
    )
    asked = {person.id: person for person in (*hosts, *joining)}
    calendars = read_calendars(offer, asked.values(), wish.held)
    teams = tuple(team(host, joining, calendars, wish) for host in hosts)
    able = [one for one in teams if one.free]
    if not able and override:
        able = [one for one in teams if not one.full]
    if not able:
        raise _clash(staff_id, teams, override=override)(
            situation=Situation(offer, wish, staff_id, tuple(joining_ids), asked, teams)
        )
    if len(able) == 1:
        return able[0]
    day, week = day_and_week(wish.visit.start, offer.zone)
    loads = read_loads(
        business_id=offer.business_id,
        staff_ids=[one.host.id for one in able],
        day=day,
        week=week,
    )
    chosen = by_load(loads)[0].staff_id
    return next(one for one in able if one.host.id == chosen)


def _clash(staff_id: UUID | None, teams: tuple[Team, ...], *, override: bool) -> type[Clash]:
    """The code to refuse with: for "anyone", a full group only if a place is all that lacks.

    Under an override that is all that can lack.
    """
    if override and teams:
        return SlotFull
    if staff_id is None:
        lacking_place = any(one.full and not (one.outside_hours or one.busy) for one in teams)
        return SlotFull if lacking_place else NoStaffAvailable
    (only,) = teams
    if only.outside_hours:
        return OutsideWorkingHours
    return StaffBusy if only.busy else SlotFull
