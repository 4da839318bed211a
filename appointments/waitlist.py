"""The waitlist: whom a freed time suits, and which free times suit somebody who waits."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from itertools import chain, islice, takewhile
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from appointments.acceptance import wish_at
from appointments.assignment import Diary
from appointments.availability import Calendar, Person, Wish, free_starts
from appointments.calendars import Almanac, read_almanac
from appointments.models import Appointment, Status, WaitlistEntry
from appointments.offering import Question, free_times, looked_at
from appointments.resource_calendars import read_resources_of
from appointments.snapshot import Offer, read_offer, read_offers
from appointments.starts import moment_of
from businesses.intervals import Interval, without
from businesses.models import Business
from businesses.statements import rows
from businesses.zones import opening, zone

AHEAD = timedelta(days=14)
MOST_FREED = 300  # freed times that are looked at; nobody reads a longer list
MOST = 5  # who fits one of them
LOOKED = timedelta(days=31)
UNTOUCHED = {Status.REQUESTED, Status.BOOKED}

# Where appointments have been that are cancelled, or are elsewhere now, with everybody who hosted
# them. What a request asked for was never held; but whoever declines one has a time to give.
FREED = """
SELECT DISTINCT who.id, e.starts_at, e.ends_at
FROM appointments_appointmentevent e
JOIN appointments_appointment a ON a.business_id = e.business_id AND a.id = e.pgh_obj_id
CROSS JOIN LATERAL (
    SELECT e.staff_id AS id
    UNION
    SELECT h.staff_id FROM appointments_additionalhost h
    WHERE h.business_id = a.business_id AND h.appointment_id = a.id
) who
WHERE e.business_id = %(business)s AND {which} AND e.ends_at > %(now)s
    AND e.status IN ('requested', 'booked')
    AND (a.cancelled_at IS NOT NULL
        OR (a.staff_id, a.starts_at, a.ends_at) <> (e.staff_id, e.starts_at, e.ends_at))
ORDER BY e.starts_at, e.ends_at DESC, who.id LIMIT %(limit)s
"""
COMING = FREED.format(
    which="e.starts_at > %(now)s - interval '24 hours' AND e.starts_at < %(until)s"
)
OF_ONE = FREED.format(which="e.pgh_obj_id = %(appointment)s")


class Freed(NamedTuple):
    """Time of one person that an appointment had and has no more."""

    staff_id: UUID
    span: Interval


class Match(NamedTuple):
    """Somebody who waits, and the visit that would suit them."""

    entry: WaitlistEntry
    visit: Interval
    staff_id: UUID


@dataclass(frozen=True, slots=True)
class Chance:
    """A freed time, whose it is, and whom it suits: most pressing first, at most MOST."""

    staff_id: UUID
    staff_name: str
    span: Interval
    matches: list[Match]


def freed_times(business: Business, now: datetime) -> list[Freed]:
    """What has been freed of the next two weeks, by start; some of it may be taken again.

    One statement.
    """
    return _freed(COMING, business, now, {"until": now + AHEAD})


def freed_by(business: Business, appointment_id: UUID, now: datetime) -> list[Freed]:
    """What one appointment has freed of the time to come. One statement."""
    return _freed(OF_ONE, business, now, {"appointment": appointment_id})


def _freed(sql: str, business: Business, now: datetime, more: dict[str, object]) -> list[Freed]:
    values = {"business": business.pk, "now": now, "limit": MOST_FREED} | more
    return [Freed(who, Interval(start, end)) for who, start, end in rows(sql, values)]


def chances(business: Business, freed: Sequence[Freed], now: datetime) -> list[Chance]:
    """The freed times that suit somebody who waits, by start. At most six statements.

    A time suits by the wishes of who waits, if the visit could be booked at it as anything is
    booked, and the patient has no other visit then. What was taken again suits nobody.
    """
    today = now.astimezone(zone(business.timezone)).date()
    waiting = WaitlistEntry.objects.of(business).hoping(today)
    entries: list[WaitlistEntry] = (
        list(waiting.filter(patient__archived_at=None, service__enabled=True).with_names())
        if freed and business.enabled
        else []
    )
    if not entries:
        return []
    looked = _Looked.at(business, entries, freed, now)
    found = []
    for one in looked.standing(freed):
        matches = list(islice(looked.matches(one), MOST))
        if matches:
            name = looked.people[one.staff_id].name
            found.append(Chance(one.staff_id, name, one.span, matches))
    return found


def suits(entry: WaitlistEntry, start: datetime, place: ZoneInfo, now: datetime) -> bool:
    """Whether a start is as the patient wished: the day, the time of the day, and soon enough."""
    local = start.astimezone(place)
    day, clock = local.date(), local.time()
    sooner = given_up(entry)
    return (
        start >= now + timedelta(hours=entry.notice_hours)
        and entry.first_day <= day
        and not (entry.last_day and entry.last_day < day)
        and not (entry.weekdays and day.isoweekday() not in entry.weekdays)
        and not (entry.not_before and clock < entry.not_before)
        and not (entry.not_after and clock >= entry.not_after)
        and not (sooner and start >= sooner.starts_at)
    )


def given_up(entry: WaitlistEntry) -> Appointment | None:
    """The appointment that is moved if the entry is booked; none if it is cancelled by now."""
    other: Appointment | None = entry.instead_of
    return None if other is None or other.cancelled else other


def is_too_late(entry: WaitlistEntry, now: datetime) -> bool:
    """Whether what the patient would like earlier has begun, or taken place."""
    other = given_up(entry)
    return other is not None and (other.starts_at <= now or other.status not in UNTOUCHED)


@dataclass(frozen=True, slots=True)
class _Looked:
    """All that was read to find whom freed times suit."""

    entries: list[WaitlistEntry]
    place: ZoneInfo
    now: datetime
    offers: Mapping[UUID, tuple[Offer, Mapping[UUID, Person]]]
    people: Mapping[UUID, Person]
    almanac: Almanac
    diaries: Mapping[UUID, Diary]
    visits: Mapping[UUID, list[tuple[UUID, Interval]]]  # of the patients

    @classmethod
    def at(
        cls,
        business: Business,
        entries: list[WaitlistEntry],
        freed: Sequence[Freed],
        now: datetime,
    ) -> _Looked:
        offers = read_offers(business.pk, {one.service_id for one in entries})
        hosts = {one.staff_id for one in freed}
        people = {
            one.id: one
            for _, everybody in offers.values()
            for one in everybody.values()
            if one.active and (one.id in hosts or one.joins)
        }
        around = max(_around(one, offers[one.service_id][0]) for one in entries)
        windows = [one.span.widened(before=around, after=around) for one in freed]
        services = [offer for offer, _ in offers.values()]
        almanac = read_almanac(services, people.values(), windows)
        rooms = read_resources_of(services, windows)
        diaries = {}
        for key, (offer, everybody) in offers.items():
            known = [one for one in everybody.values() if one.id in people]
            joining = [one for one in known if one.joins]
            diaries[key] = Diary(offer, joining, almanac.calendars(offer, known), rooms[key])
        span = Interval(min(one.start for one in windows), max(one.end for one in windows))
        return cls(
            [one for one in entries if not is_too_late(one, now)],
            zone(business.timezone),
            now,
            offers,
            people,
            almanac,
            diaries,
            _visits(business.pk, {one.patient_id for one in entries}, span),
        )

    def standing(self, freed: Iterable[Freed]) -> Iterator[Freed]:
        """What of it nobody has taken again, by start, and none of it twice."""
        told: list[Freed] = []
        for one in freed:
            if one.staff_id not in self.people:
                continue
            # A group may have a place left at a time at which its host is busy with it.
            busy = [it.span for it in self.almanac.busy[one.staff_id] if it.slot is None]
            for part in without([one.span], busy):
                this = Freed(one.staff_id, part)
                if not any(it.staff_id == this.staff_id and it.span.contains(part) for it in told):
                    told.append(this)
        return iter(sorted(told, key=lambda one: (one.span.start, one.span.end)))

    def matches(self, freed: Freed) -> Iterator[Match]:
        """Who could be seen in the freed time, most pressing first."""
        for entry in self.entries:
            if entry.staff_ids and freed.staff_id not in entry.staff_ids:
                continue
            start = next(self._starts(entry, freed), None)
            if start is not None:
                visit = Interval(start, start + timedelta(minutes=entry.minutes))
                yield Match(entry, visit, freed.staff_id)

    def _starts(self, entry: WaitlistEntry, freed: Freed) -> Iterator[datetime]:
        """Starts that suit, those nearest to where the freed time begins first."""
        offer, everybody = self.offers[entry.service_id]
        host = everybody.get(freed.staff_id)
        if (
            host is None
            or not host.active
            or not host.provides
            or entry.minutes not in offer.prices
        ):
            return
        diary = self.diaries[entry.service_id]
        other = given_up(entry)
        moving = frozenset({other.pk} if other else ())
        wish = replace(wish_at(offer, freed.span.start, entry.minutes), moving=moving)
        theirs = [span for pk, span in self.visits.get(entry.patient_id, ()) if pk not in moving]
        for start in _near(freed.span, wish, diary.calendars[host.id], offer.step):
            wanted = wish.at(start)
            if (
                suits(entry, start, self.place, self.now)
                and not any(span.overlaps(wanted.visit) for span in theirs)
                and diary.team(host, wanted).free
            ):
                yield start


def _around(entry: WaitlistEntry, offer: Offer) -> timedelta:
    """How far a visit may reach out of the time that it uses some of, buffers included."""
    return timedelta(minutes=entry.minutes) + offer.before + offer.after


def _near(freed: Interval, wish: Wish, calendar: Calendar, step: timedelta) -> Iterator[datetime]:
    """Starts of visits within the freed time, or around it: its own start first, then steps."""
    low, high = sorted((freed.start, freed.end - wish.visit.length))
    free = free_starts(calendar, wish, step=step, after=low)
    steps = set(takewhile(lambda start: start <= high, free)) - {freed.start}
    return chain([freed.start], sorted(steps, key=lambda start: abs(start - freed.start)))


def _visits(
    business_id: UUID, patients: Collection[UUID], span: Interval
) -> dict[UUID, list[tuple[UUID, Interval]]]:
    """What patients have in a span of time, requests too, which become visits. One query."""
    found: dict[UUID, list[tuple[UUID, Interval]]] = {}
    theirs = Appointment.objects.filter(
        business_id=business_id,
        patient_id__in=patients,
        cancelled_at=None,
        starts_at__gt=span.start - timedelta(days=1),  # none is longer
        starts_at__lt=span.end,
    )
    for patient_id, pk, *visit in theirs.values_list("patient_id", "pk", "starts_at", "ends_at"):
        found.setdefault(patient_id, []).append((pk, Interval(*visit)))
    return found


def visits_of(entry: WaitlistEntry, span: Interval) -> list[Interval]:
    """What else the patient has in a span of time, without what is given up. One query."""
    found = _visits(entry.business_id, [entry.patient_id], span).get(entry.patient_id, [])
    other = given_up(entry)
    return [visit for pk, visit in found if other is None or pk != other.pk]


class Suiting(NamedTuple):
    """A free time that suits an entry, and with whom."""

    start: datetime
    staff_id: UUID
    staff_name: str


def times_for(entry: WaitlistEntry, now: datetime, limit: int) -> list[Suiting]:
    """The first free times within a month from when it suits. At most five statements.

    With more than one person free the first of those wished for by name.
    """
    place = zone(entry.business.timezone)
    first = opening(datetime.combine(entry.first_day, time()), place).astimezone(UTC)
    start = max(now + timedelta(hours=entry.notice_hours), first)
    end = start + LOOKED
    if entry.last_day:
        after = datetime.combine(entry.last_day + timedelta(days=1), time())
        end = min(end, opening(after, place).astimezone(UTC))
    if other := given_up(entry):
        end = min(end, other.starts_at)
    if start >= end or is_too_late(entry, now):
        return []
    offer, people = read_offer(
        business_id=entry.business_id,
        service_id=entry.service_id,
        patient_id=entry.patient_id,
        named=(),
        every_provider=True,
        with_questions=False,
        by=None,
    )
    bookable = offer.enabled and offer.business_enabled and entry.minutes in offer.prices
    if not bookable or offer.patient is None or offer.patient.archived:
        return []
    joining = [one for one in people.values() if one.joins and one.active]
    hosts = [
        one
        for one in sorted(people.values(), key=lambda one: (one.name, one.id))
        if one.active and one.provides and (not entry.staff_ids or one.id in entry.staff_ids)
    ]
    question = Question(
        offer=offer,
        wish=wish_at(offer, start, entry.minutes),
        hosts=hosts,
        joining=joining,
        start=start,
        end=end,
        earliest=start,
        latest=end,
    )
    theirs = visits_of(entry, question.window)
    names = {one.id: one.name for one in hosts}
    able = (
        Suiting(moment, staff_id, names[staff_id])
        for moment, staff_id in _offered(question)
        if suits(entry, moment, place, now)
        and not any(span.overlaps(question.wish.at(moment).visit) for span in theirs)
    )
    return list(islice(able, limit))


def _offered(question: Question) -> Iterator[tuple[datetime, UUID]]:
    if not question.hosts:
        return
    if question.offer.places == 1:
        for number, free in free_times(question).by_time():
            yield moment_of(number), free[0]
    else:
        for one in looked_at(question, all_of_it=False, explain=False):
            yield one.moment, one.staffs[0].id
