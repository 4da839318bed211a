"""Appointments that repeat: booked together or not at all, and looked at date by date before."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext

from appointments import ledger
from appointments.acceptance import (
    BookingRequest,
    Override,
    dates_of,
    joining_staff,
    rule_of,
    wish_at,
)
from appointments.assignment import (
    Diary,
    Situation,
    least_busy,
    possible_hosts,
    read_diary,
)
from appointments.availability import Person, Wish
from appointments.booking import attempt, drafted
from appointments.clashes import alternatives
from appointments.errors import (
    Alternative,
    Clash,
    DateInPast,
    NoStaffAvailable,
    OverrideDateRepeated,
    OverrideDateUnknown,
)
from appointments.placing import Placement, Places, clash_in, write
from appointments.record import Record
from appointments.snapshot import Offer, read_offer
from businesses.actor import Actor
from businesses.identifiers import new_id
from businesses.zones import zone


@dataclass(frozen=True, kw_only=True)
class Repeat:
    """How a booking repeats: its rule, and what to do about dates that can't be had."""

    rrule: str
    skip_conflicts: bool = False
    overrides: tuple[tuple[datetime, datetime], ...] = ()  # a date of the rule, and one instead


class Skipped(NamedTuple):
    """A date of a series that was left out, and the code of the clash."""

    date: datetime
    code: str


class BookedSeries(NamedTuple):
    """The appointments of a new series by start, and the dates that were skipped."""

    records: list[Record]
    skipped: list[Skipped]


class Previewed(NamedTuple):
    """One date as it would be booked: by whom, or why not and what would do instead."""

    date: datetime
    staff: Person | None
    clash: type[Clash] | type[DateInPast] | None
    alternatives: list[Alternative]


class Date(NamedTuple):
    """One date of a series: its number, when the rule has it, and when it shall be."""

    number: int
    date: datetime
    start: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """A booking, single or repeated, as far as it is decided before anything is written."""

    offer: Offer
    people: Mapping[UUID, Person]
    draft: Record
    dates: Sequence[Date]
    past: Collection[int]  # numbers of dates, as in the two below
    hosts: Mapping[int, Person]
    clashes: Mapping[int, tuple[Situation, type[Clash]]]
    timezone: str
    placed: Sequence[Placement]
    reason: ledger.Reason | None


def book_series(
    *,
    business_id: UUID,
    request: BookingRequest,
    repeat: Repeat,
    by: Actor,
    override: Override | None = None,
    needs_approval: bool = True,
) -> BookedSeries:
    """The request on each date of the rule, with one staff member: all of them or none.

    With `skip_conflicts` those that can be booked, if any can. Who is not named is the least busy
    of those who can take most dates. Refused with one Clash that has the `dates` which clash, or
    as a single booking is; one of past dates alone is DateInPast. At most twelve statements,
    however many dates there are.
    """
    now = timezone.now()

    def work() -> BookedSeries:
        plan = _plan(
            business_id,
            request,
            repeat,
            by=by,
            lock=True,
            override=override,
            needs_approval=needs_approval,
            now=now,
        )
        if plan.past and not (repeat.skip_conflicts and len(plan.past) < len(plan.dates)):
            raise DateInPast
        if plan.clashes and not (repeat.skip_conflicts and plan.placed):
            dates = {one.number: one.date for one in plan.dates}
            raise clash_in(
                list(plan.clashes.values()),
                dates=len(plan.dates),
                on=[dates[number] for number in plan.clashes],
            )
        series_id = plan.draft.series_id
        assert series_id is not None
        ledger.write_series(
            series_id=series_id,
            business_id=business_id,
            rrule=plan.draft.rrule,
            timezone=plan.timezone,
            starts_at=plan.dates[0].date,
            dates=len(plan.dates),
            now=now,
        )
        records = write(plan.placed, now=now, new=True)
        if plan.reason:
            ledger.write_reasons(records, plan.reason)
        skipped = [
            Skipped(one.date, _refusal(plan, one.number).code)
            for one in plan.dates
            if one.number not in plan.hosts
        ]
        return BookedSeries(sorted(records, key=lambda one: (one.starts_at, one.id)), skipped)

    return attempt(work)


def preview(
    *,
    business_id: UUID,
    request: BookingRequest,
    repeat: Repeat | None,
    by: Actor,
    override: Override | None = None,
) -> list[Previewed]:
    """What a booking would come to, date by date.

    With up to three alternatives for each date that can't be had. Writes and locks nothing.
    Refuses what the booking itself would refuse whatever the date. At most eleven statements.
    """
    now = timezone.now()
    plan = _plan(
        business_id,
        request,
        repeat,
        by=by,
        lock=False,
        override=override,
        needs_approval=True,
        now=now,
    )
    asked = [one for one in plan.dates if one.number not in plan.hosts]
    others: dict[int, list[Alternative]] = {}
    if asked:
        wishes = [wish_at(plan.offer, one.start, request.minutes) for one in asked]
        found = alternatives(_situation(plan, request, repeat), wishes, now)
        others = {one.number: each for one, each in zip(asked, found, strict=True)}
    return [
        Previewed(one.date, host, None, [])
        if (host := plan.hosts.get(one.number))
        else Previewed(one.date, None, _refusal(plan, one.number), others[one.number])
        for one in plan.dates
    ]


def _refusal(plan: Plan, number: int) -> type[Clash] | type[DateInPast]:
    return DateInPast if number in plan.past else plan.clashes[number][1]


def _situation(plan: Plan, request: BookingRequest, repeat: Repeat | None) -> Situation:
    """What the alternatives of a preview are sought for: like those of the refused booking."""
    for situation, _ in plan.clashes.values():
        return situation if repeat else replace(situation, staff_id=request.staff_id)
    joining = tuple(one.id for one in joining_staff(request, plan.people))
    wish = wish_at(plan.offer, plan.dates[0].start, request.minutes)
    return Situation(plan.offer, wish, request.staff_id, joining, plan.people, ())


def _plan(
    business_id: UUID,
    request: BookingRequest,
    repeat: Repeat | None,
    *,
    by: Actor,
    lock: bool,
    override: Override | None,
    needs_approval: bool,
    now: datetime,
) -> Plan:
    """Reads, locks on request, and decides. At most six statements."""
    rule = rule_of(repeat.rrule) if repeat else None
    offer, people = read_offer(
        business_id=business_id,
        service_id=request.service_id,
        patient_id=request.patient_id,
        named=[*filter(None, [request.staff_id]), *request.additional_staff_ids],
        every_provider=request.staff_id is None,
        with_questions=bool(request.answers),
        by=by if lock else None,
    )
    draft = drafted(offer, request, by=by, now=now, needs_approval=needs_approval)
    place = request.patient_timezone or str(offer.zone)
    dates = [Date(1, draft.starts_at, draft.starts_at)]
    if rule and repeat:
        occurrences = dates_of(rule, draft.starts_at, zone(place))
        instead = _instead(repeat, occurrences)
        dates = [
            Date(number, date, instead.get(date, date))
            for number, date in enumerate(occurrences, start=1)
        ]
        draft = draft._replace(series_id=new_id(), rrule=rule.written)
    joining = joining_staff(request, people)
    hosts = possible_hosts(people, joining, request.staff_id)
    wishes = {one.number: wish_at(offer, one.start, request.minutes) for one in dates}
    diary = read_diary(
        offer,
        hosts=hosts,
        joining=joining,
        windows=[wish.held for wish in wishes.values()],
        lock=lock,
    )
    past = {one.number for one in dates if one.start < now and override is None}
    open_ = [one for one in dates if one.number not in past]
    host, reason = _same_host(
        diary, hosts, [wishes[one.number] for one in open_ or dates], request, override
    )
    places, taken, clashes = Places(override), {}, {}
    for one in sorted(open_, key=lambda one: one.start):
        anyone = hosts if request.staff_id is None else ()
        if places.put(diary, _dated(draft, one), wishes[one.number], host, anyone=anyone):
            taken[one.number] = host
        else:
            clashes[one.number] = places.clashes[-1]
    return Plan(offer, people, draft, dates, past, taken, clashes, place, places.placed, reason)


def _instead(repeat: Repeat, dates: Sequence[datetime]) -> dict[datetime, datetime]:
    instead: dict[datetime, datetime] = {}
    for date, new_date in repeat.overrides:
        if date not in dates:
            raise OverrideDateUnknown(
                gettext("The series has no date %(date)s; send one of its dates.")
                % {"date": date.astimezone(UTC).isoformat()}
            )
        if date in instead:
            raise OverrideDateRepeated
        instead[date] = new_date
    return instead


def _dated(draft: Record, one: Date) -> Record:
    """The appointment of one date; one that was given another time is an exception."""
    moved = one.start != one.date
    repeated = draft.series_id is not None
    return draft._replace(
        id=new_id(),
        starts_at=one.start,
        ends_at=one.start + (draft.ends_at - draft.starts_at),
        original_starts_at=one.date if moved else None,
        link_token=secrets.token_hex(16),
        series_number=one.number if repeated else None,
        series_exception=repeated and moved,
    )


def _same_host(
    diary: Diary,
    hosts: Sequence[Person],
    wishes: Sequence[Wish],
    request: BookingRequest,
    override: Override | None,
) -> tuple[Person, ledger.Reason | None]:
    """The named host; else the least busy, on the first day, of those who can take most dates.

    One statement to weigh several people against each other.
    """
    if request.staff_id is not None:
        return hosts[0], None
    if not hosts:
        raise NoStaffAvailable
    able: dict[UUID, int] = {}
    for host in hosts:
        teams = [diary.team(host, wish) for wish in wishes]
        free = sum(one.free for one in teams)
        possible = sum(one.bookable_on_purpose for one in teams) if override else 0
        able[host.id] = free * (len(wishes) + 1) + possible
    most = max(able.values())
    best = [host for host in hosts if able[host.id] == most]
    chosen, rule, loads = least_busy(diary.offer, best, wishes[0].visit.start)
    if len(best) == 1 and len(hosts) > 1:
        rule = "most_dates"
    found = {load.staff_id: load for load in loads}
    reason = ledger.Reason(
        rule,
        [
            {
                "staffId": host.id,
                "name": host.name,
                "dayMinutes": found[host.id].day_minutes if host.id in found else None,
                "weekMinutes": found[host.id].week_minutes if host.id in found else None,
                "lastAssignedAt": found[host.id].last_assigned if host.id in found else None,
                "dates": able[host.id] // (len(wishes) + 1),
            }
            for host in sorted(hosts, key=lambda one: (-able[one.id], one.id))
        ],
    )
    return next(host for host in best if host.id == chosen), reason
