"""Who hosts a booking: the staff member who was named, or the least busy one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from appointments.availability import Busy, Calendar, Person, Verdict, Wish, judge
from appointments.calendars import read_calendars
from appointments.errors import (
    Clash,
    NoStaffAvailable,
    OutsideWorkingHours,
    ResourceBusy,
    SlotFull,
    StaffBusy,
    StaffNotBookable,
    StaffNotFound,
    StaffNotProvider,
)
from appointments.ledger import Hold
from appointments.resource_calendars import read_resources
from appointments.resources import NOTHING_NEEDED, Choice, Resource, choose
from appointments.snapshot import Load, Offer, read_loads
from businesses.intervals import Interval
from businesses.zones import opening

NEVER = datetime.min.replace(tzinfo=UTC)

Taken = tuple[frozenset[UUID], Busy]  # the people and resources, and their time


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
            load.day_minutes or 0,
            load.week_minutes or 0,
            load.last_assigned or NEVER,
            load.staff_id,
        ),
    )


@dataclass(frozen=True, slots=True)
class Team:
    """One person who could host a visit, and how they and those who join stand to it."""

    host: Person
    verdicts: Mapping[UUID, Verdict]
    rooms: Choice = NOTHING_NEEDED

    @property
    def free(self) -> bool:
        return self.rooms.enough and all(verdict.free for verdict in self.verdicts.values())

    @property
    def bookable_on_purpose(self) -> bool:
        """Whether nothing is in the way but what an override lifts."""
        return self.rooms.enough and not self.full

    @property
    def full(self) -> bool:
        return any(verdict.full for verdict in self.verdicts.values())

    @property
    def outside_hours(self) -> bool:
        return any(verdict.outside_hours or verdict.closed for verdict in self.verdicts.values())

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
    taken: Sequence[Taken] = ()  # by other dates of the same series, which aren't written yet


@dataclass(frozen=True, slots=True)
class Diary:
    """Everything that one look at the calendars found: who is taken when, and which rooms are."""

    offer: Offer
    joining: Sequence[Person]
    calendars: Mapping[UUID, Calendar]
    resources: Sequence[Resource]

    def team(self, host: Person, wish: Wish) -> Team:
        """How the person, those who join, and the rooms stand to a visit."""
        everyone = [host, *(person for person in self.joining if person.id != host.id)]
        return Team(
            host,
            {
                person.id: judge(self.calendars[person.id], wish, host_id=host.id)
                for person in everyone
            },
            choose(self.offer.needs, self.resources, wish, host_id=host.id),
        )

    def enter(self, taken: Taken) -> None:
        """Whoever and whatever it names has that time no more."""
        who, busy = taken
        for staff_id, calendar in self.calendars.items():
            if staff_id in who:
                calendar.take(busy)
        for resource in self.resources:
            if resource.id in who:
                resource.busy.append(busy)


def read_diary(
    offer: Offer,
    *,
    hosts: Iterable[Person],
    joining: Sequence[Person],
    windows: Iterable[Interval],
    lock: bool = False,
) -> Diary:
    """The calendars of hosts and those who join, and the rooms that the service needs.

    One statement; two more for a service that needs rooms, which `lock` holds until the commit.
    """
    spans = list(windows)
    resources = read_resources(offer, spans, lock=lock)
    asked = {person.id: person for person in (*hosts, *joining)}
    return Diary(offer, joining, read_calendars(offer, asked.values(), spans), resources)


def named_host(people: Mapping[UUID, Person], staff_id: UUID, *, field: str = "staffId") -> Person:
    """The person, if they can be booked for the service at all; `field` is what named them."""
    host = people.get(staff_id)
    if host is None:
        raise StaffNotFound(field=field)
    if not host.active:
        raise StaffNotBookable(field=field)
    if not host.provides:
        raise StaffNotProvider(field=field)
    return host


def possible_hosts(
    people: Mapping[UUID, Person], joining: Iterable[Person], staff_id: UUID | None
) -> list[Person]:
    """The named person, if they can be booked; else everybody who provides the service."""
    if staff_id:
        return [named_host(people, staff_id)]
    joining_ids = {person.id for person in joining}
    return [
        person
        for person in people.values()
        if person.active and person.provides and person.id not in joining_ids
    ]


@dataclass(frozen=True, slots=True)
class Assigned:
    """Who takes a visit, and when nobody was named, among whom they were chosen and why."""

    team: Team
    rule: str = ""
    loads: tuple[Load, ...] = ()


def assign(
    offer: Offer,
    wish: Wish,
    *,
    people: Mapping[UUID, Person],
    joining: list[Person],
    staff_id: UUID | None,
    override: bool,
) -> Assigned:
    """Who takes the visit; one of the clashes when nobody can.

    Named: that person. Else the least busy of those who are free; with `override`, when nobody
    is free, the least busy of all. A full group and a missing room are never lifted. The people
    are locked already. One statement for the calendars, two for rooms, one more to weigh several
    people against each other.
    """
    hosts = possible_hosts(people, joining, staff_id)
    diary = read_diary(offer, hosts=hosts, joining=joining, windows=[wish.held], lock=True)
    teams = tuple(diary.team(host, wish) for host in hosts)
    able = [one for one in teams if one.free]
    if not able and override:
        able = [one for one in teams if one.bookable_on_purpose]
    if not able:
        joining_ids = tuple(person.id for person in joining)
        asked = {person.id: person for person in (*hosts, *joining)}
        kind = clash_of(staff_id, teams, override=override)
        situation = Situation(offer, wish, staff_id, joining_ids, asked, teams)
        raise kind(situations=[(situation, kind)])
    if staff_id:
        return Assigned(able[0])
    chosen, rule, loads = least_busy(offer, [one.host for one in able], wish.visit.start)
    return Assigned(next(one for one in able if one.host.id == chosen), rule, loads)


def least_busy(
    offer: Offer, hosts: Sequence[Person], moment: datetime
) -> tuple[UUID, str, tuple[Load, ...]]:
    """Who of several is the least busy on the local day of a moment, and the rule that decided.

    One statement; none for a single person.
    """
    if len(hosts) == 1:
        return hosts[0].id, "only_one", (Load(hosts[0].id, None, None, None),)
    day, week = day_and_week(moment, offer.zone)
    loads = by_load(
        read_loads(
            business_id=offer.business_id,
            staff_ids=[host.id for host in hosts],
            day=day,
            week=week,
        )
    )
    return loads[0].staff_id, deciding_rule(loads), tuple(loads)


def deciding_rule(loads: Sequence[Load]) -> str:
    """The first thing in which the least busy differs from the next one."""
    first, second = loads[0], loads[1]
    if first.day_minutes != second.day_minutes:
        return "day_minutes"
    if first.week_minutes != second.week_minutes:
        return "week_minutes"
    return "last_assigned" if first.last_assigned != second.last_assigned else "id"


def clash_of(staff_id: UUID | None, teams: Sequence[Team], *, override: bool) -> type[Clash]:
    """The code to refuse with.

    For "anyone", a full group or a missing room only if that is all that lacks. Under an override
    nothing else can lack.
    """
    if override and teams:
        return SlotFull if all(one.full for one in teams) else ResourceBusy
    if staff_id is None:
        free_people = [one for one in teams if not (one.outside_hours or one.busy)]
        if any(one.full for one in free_people):
            return SlotFull
        return ResourceBusy if free_people else NoStaffAvailable
    (only,) = teams
    if only.outside_hours:
        return OutsideWorkingHours
    if only.busy:
        return StaffBusy
    return SlotFull if only.full else ResourceBusy
