"""Which times are offered, and why others are not."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from heapq import merge
from itertools import chain, groupby, islice, repeat, takewhile
from operator import itemgetter
from typing import NamedTuple
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext

from appointments.acceptance import check_service, wish_at
from appointments.assignment import Team, local_days, named_host, read_diary
from appointments.availability import Busy, Person, Wish, free_starts
from appointments.calendars import Timetable, read_timetables
from appointments.errors import NoSuchService, RangeTooLarge, ServiceNotFound
from appointments.resource_calendars import read_resources
from appointments.resources import Resource
from appointments.snapshot import Offer, read_offer
from appointments.starts import Span, allowed, crowded, forbidden, moment_of, number_of, united
from businesses.intervals import Interval

LONGEST_RANGE = timedelta(days=62)
A_YEAR = timedelta(days=366)
# A gap is mostly near; where there is none, a few wider looks reach a year.
MOST_JUDGED = 250_000  # a few seconds of work; nobody reads a longer answer
LOOKS = (timedelta(days=4), timedelta(days=31), A_YEAR)


class Reason(NamedTuple):
    """One thing in the way of a time; only `code` is for everybody, the rest is for staff."""

    code: str
    staff_id: UUID | None = None
    kind: str = ""  # appointment, time_blocker or external_event
    start: datetime | None = None
    end: datetime | None = None
    what: str = ""
    appointment_id: UUID | None = None


class OfferedStaff(NamedTuple):
    """Somebody at a time: how many more visits they can take then, and if none, why."""

    id: UUID
    slots: int
    reasons: tuple[Reason, ...] = ()


class OfferedTime(NamedTuple):
    moment: datetime
    staffs: list[OfferedStaff]


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody asks for: a service, a length, people, and the moments to look at."""

    offer: Offer
    wish: Wish
    hosts: Sequence[Person]
    joining: Sequence[Person]
    start: datetime
    end: datetime
    earliest: datetime  # by the lead time
    latest: datetime  # by the horizon; not offered any more

    @property
    def window(self) -> Interval:
        wish = self.wish
        return Interval(self.start - wish.before, self.end + wish.visit.length + wish.after)

    @property
    def open(self) -> bool:
        """Whether anything may be offered at all."""
        return max(self.start, self.earliest) < min(self.end, self.latest)


def ask(
    *,
    business_id: UUID,
    service_id: UUID,
    start: datetime,
    end: datetime,
    minutes: int,
    staff_ids: Collection[UUID],
) -> Question:
    """The question, with what it is about looked up. One statement.

    Refuses what can't be booked at any time, and people who don't provide the service.
    """
    now = timezone.now()
    try:
        offer, people = read_offer(
            business_id=business_id,
            service_id=service_id,
            patient_id=None,
            named=staff_ids,
            every_provider=not staff_ids,
            with_questions=False,
            by=None,
        )
    except ServiceNotFound as refusal:  # it is what was asked for, not an input to mend
        raise NoSuchService from refusal
    check_service(offer, minutes)
    joining = [one for one in people.values() if one.joins and one.active]
    hosts = [one for one in people.values() if one.active and one.provides]
    for staff_id in staff_ids:
        named_host(people, staff_id, field="staffIds")
    return asked(
        offer,
        wish_at(offer, start, minutes),
        hosts=sorted(hosts, key=lambda one: (one.name, one.id)),
        joining=[one for one in joining if one.id not in staff_ids],
        start=start,
        end=end,
        now=now,
    )


def asked(
    offer: Offer,
    wish: Wish,
    *,
    hosts: Sequence[Person],
    joining: Sequence[Person],
    start: datetime,
    end: datetime,
    now: datetime,
) -> Question:
    """The question of somebody whom lead time and horizon bind, for people who are known."""
    today = now.astimezone(offer.zone).date()
    return Question(
        offer=offer,
        wish=wish,
        hosts=hosts,
        joining=joining,
        start=start,
        end=end,
        earliest=now + offer.lead_time,
        latest=local_days(today, offer.horizon.days + 1, offer.zone).end,
    )


@dataclass(frozen=True, slots=True)
class Free:
    """The free starts of each host, as ranges of microseconds in order."""

    starts: dict[UUID, list[range]]

    def first(self, limit: int) -> list[OfferedTime]:
        each = (
            zip(islice(chain(*ranges), limit), repeat(staff_id), strict=False)
            for staff_id, ranges in self.starts.items()
        )
        by_time = groupby(merge(*each, key=itemgetter(0)), key=itemgetter(0))
        return [
            OfferedTime(moment_of(start), [OfferedStaff(one, 1) for _, one in options])
            for start, options in islice(by_time, limit)
        ]

    def by_time(self) -> list[tuple[int, list[UUID]]]:
        """Who is free at each start, by start."""
        times: dict[int, list[UUID]] = {}
        for staff_id, ranges in self.starts.items():
            for starts in ranges:
                for start in starts:
                    if start in times:
                        times[start].append(staff_id)
                    else:
                        times[start] = [staff_id]
        return sorted(times.items())


def free_times(question: Question) -> Free:
    """When each host can be booked for a service of one place. Two statements, four with rooms."""
    if not question.open:
        return Free({})
    offer, wish = question.offer, question.wish
    length, before, after = (number(one) for one in (wish.visit.length, wish.before, wish.after))
    people = {one.id: one for one in (*question.hosts, *question.joining)}
    tables = read_timetables(offer, people.values(), question.window)
    resources = read_resources(offer, [question.window])
    common = [
        *_without_rooms(offer, resources, length=length, before=before, after=after),
        *(
            span
            for one in question.joining
            for span in _unfit(tables[one.id], length=length, before=before, after=after)
        ),
    ]
    found: dict[UUID, list[range]] = {}
    for host in question.hosts:
        table = tables[host.id]
        no = forbidden(table.busy, length=length, before=before, after=after)
        shut = forbidden(table.shut, length=length, before=0, after=0)
        found[host.id] = list(
            allowed(
                table.hours,
                united([*no, *shut, *common]) if shut or common else no,
                length=length,
                step=number(offer.step),
                earliest=number_of(max(question.start, question.earliest)),
                latest=number_of(min(question.end, question.latest)),
            )
        )
    return Free(found)


def number(length: timedelta) -> int:
    return length // timedelta(microseconds=1)


FOREVER = 1 << 62


def _unfit(table: Timetable, *, length: int, before: int, after: int) -> Iterator[Span]:
    """When somebody who comes along can't start: taken, or not at work for long enough."""
    yield from forbidden(table.busy, length=length, before=before, after=after)
    since = -FOREVER
    for opens, closes in table.hours:
        if opens + length <= closes:
            yield since, opens
            since = closes - length
    yield since, FOREVER


def _without_rooms(
    offer: Offer, resources: Sequence[Resource], *, length: int, before: int, after: int
) -> Iterator[Span]:
    """When a room or device that the service needs is lacking."""
    named = {need.resource_id for need in offer.needs if need.resource_id}
    taken = {
        one.id: forbidden(
            ((number_of(busy.span.start), number_of(busy.span.end)) for busy in one.busy),
            length=length,
            before=before,
            after=after,
        )
        for one in resources
    }
    for resource_id in named:
        yield from taken.get(resource_id, [(-FOREVER, FOREVER)])
    kinds = [need.kind for need in offer.needs if need.kind]
    for kind in set(kinds):
        pool = [taken[one.id] for one in resources if one.kind == kind and one.id not in named]
        spare = len(pool) - kinds.count(kind)
        if spare < 0:
            yield -FOREVER, FOREVER
        else:
            yield from crowded(pool, at_least=spare + 1)


def available_times(
    *,
    business_id: UUID,
    service_id: UUID,
    start: datetime,
    end: datetime,
    minutes: int,
    staff_ids: Collection[UUID] = (),
    include_unavailable: bool = False,
    explain: bool = False,
) -> list[OfferedTime]:
    """The starts in `[start, end)` at which the service can be booked, and with whom, by time.

    Counted by the service's step from the start of each working interval, within lead time and
    horizon. With `include_unavailable` every step of everybody's hours, and everybody at each of
    them; with `explain` also why they are not free. At most five statements.
    """
    question = ask(
        business_id=business_id,
        service_id=service_id,
        start=start,
        end=end,
        minutes=minutes,
        staff_ids=staff_ids,
    )
    if question.offer.places == 1 and not include_unavailable and not explain:
        return [
            OfferedTime(moment_of(moment), [OfferedStaff(one, 1) for one in hosts])
            for moment, hosts in free_times(question).by_time()
        ]
    return looked_at(question, all_of_it=include_unavailable or explain, explain=explain)


def looked_at(question: Question, *, all_of_it: bool, explain: bool) -> list[OfferedTime]:
    """The same times, each judged by itself, so that it is known what is in the way."""
    offer, wish = question.offer, question.wish
    diary = read_diary(
        offer, hosts=question.hosts, joining=question.joining, windows=[question.window]
    )
    moments = {
        moment
        for host in question.hosts
        for hours in diary.calendars[host.id].hours
        for moment in _steps(hours, question)
    }
    if len(moments) * len(question.hosts) > MOST_JUDGED:
        raise RangeTooLarge(
            gettext("That is too much to look at; send a shorter range, or fewer staffIds.")
        )
    offered = []
    for moment in sorted(moments):
        wanted = wish.at(moment)
        staffs = []
        for host in question.hosts:
            team = diary.team(host, wanted)
            if team.free and question.earliest <= moment < question.latest:
                hours = diary.calendars[host.id].hours_around(wanted.visit)
                if hours and (moment - hours.start) % offer.step == NONE:
                    staffs.append(OfferedStaff(host.id, _places_left(team, wanted)))
            elif all_of_it:
                why = tuple(reasons(team, wanted, question)) if explain else ()
                staffs.append(OfferedStaff(host.id, 0, why))
        if staffs:
            offered.append(OfferedTime(moment, staffs))
    return offered


NONE = timedelta()


def _steps(hours: Interval, question: Question) -> Iterator[datetime]:
    """The starts within somebody's working interval at which the visit would end within it."""
    step, start = question.offer.step, hours.start
    if start < question.start:
        start += -((start - question.start) // step) * step
    while start < question.end and start + question.wish.visit.length <= hours.end:
        yield start
        start += step


def _places_left(team: Team, wish: Wish) -> int:
    return wish.places - max(len(verdict.sharing) for verdict in team.verdicts.values())


def reasons(team: Team, wish: Wish, question: Question) -> Iterator[Reason]:
    """Everything that keeps the host and those who come along from taking the visit."""
    if wish.visit.start < question.earliest:
        yield Reason("lead_time")
    if wish.visit.start >= question.latest:
        yield Reason("horizon")
    for staff_id, verdict in team.verdicts.items():
        if verdict.closed:
            yield Reason("closure", staff_id)
        if verdict.outside_hours:
            yield Reason("outside_working_hours", staff_id)
        for busy in verdict.obstacles:
            yield Reason(
                _code(busy, wish),
                staff_id,
                busy.kind,
                busy.span.start,
                busy.span.end,
                busy.what,
                busy.appointment_id,
            )
        if verdict.full:
            yield Reason("slot_full", staff_id)
    for need in team.rooms.lacking:
        yield Reason("resource_busy", what=need.kind)


def _code(busy: Busy, wish: Wish) -> str:
    """Whether the thing itself is in the way, or only the time around it or around the visit."""
    if not busy.visit.overlaps(wish.visit):
        return "buffer"
    return "blocked" if busy.kind == "time_blocker" else "staff_busy"


def next_available_times(
    *,
    business_id: UUID,
    service_id: UUID,
    after: datetime,
    minutes: int,
    staff_ids: Collection[UUID] = (),
    limit: int,
) -> list[OfferedTime]:
    """The first so many times from `after` on at which somebody is free, within a year.

    Gaps are found by subtracting what is taken from what is open, first nearby, then in a month,
    then in a year. At most seven statements, thirteen where rooms are needed.
    """
    question = ask(
        business_id=business_id,
        service_id=service_id,
        start=after,
        end=after + A_YEAR,
        minutes=minutes,
        staff_ids=staff_ids,
    )
    return first_times(question, limit)


def first_times(question: Question, limit: int) -> list[OfferedTime]:
    """The first so many free times of a question, which may be about as long as a year."""
    found: list[OfferedTime] = []
    since = max(question.start, question.earliest)
    for length in LOOKS:
        look = replace(question, start=since, end=min(question.end, since + length))
        if not look.open:
            break
        found = _first(look, limit)
        if len(found) >= limit:
            break
    return found[:limit]


def _first(question: Question, limit: int) -> list[OfferedTime]:
    offer, wish = question.offer, question.wish
    if offer.places == 1:
        return free_times(question).first(limit)
    diary = read_diary(
        offer, hosts=question.hosts, joining=question.joining, windows=[question.window]
    )
    until = min(question.end, question.latest)

    def able(host: Person) -> Iterator[tuple[datetime, OfferedStaff]]:
        starts = free_starts(
            diary.calendars[host.id],
            wish,
            step=offer.step,
            after=max(question.start, question.earliest),
        )
        for moment in takewhile(lambda moment: moment < until, starts):
            wanted = wish.at(moment)
            team = diary.team(host, wanted)
            if team.free:
                yield moment, OfferedStaff(host.id, _places_left(team, wanted))

    each = (islice(able(host), limit) for host in question.hosts)
    by_time = groupby(merge(*each, key=itemgetter(0)), key=itemgetter(0))
    return [
        OfferedTime(moment, [one for _, one in options])
        for moment, options in islice(by_time, limit)
    ]
