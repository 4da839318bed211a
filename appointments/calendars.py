"""When people are there and taken, read for some windows of time."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from sys import byteorder
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson

from appointments.availability import (
    LONGEST_SHIFT,
    Busy,
    Calendar,
    Person,
    Schedule,
    SlotKey,
    open_hours,
)
from appointments.snapshot import Offer, weekly_hours
from appointments.starts import Span, number_of
from businesses.hours import WeeklyHours
from businesses.intervals import Interval, merged
from businesses.statements import rows
from businesses.zones import opening, zone

# A visit lasts a day at the most and so does each of its buffers (checked by the database), so
# what is held within a window starts at most two days before it and one day after. The index is
# asked once for each person and window, whatever the size of the tables; OFFSET 0 keeps it so.
HELD = """
    SELECT h.* FROM unnest(%(windows)s::tstzmultirange) AS w (span)
    CROSS JOIN LATERAL (
        SELECT h.* FROM {table} h
        WHERE h.business_id = %(business)s AND h.{whose} = who.id
            AND h.starts_at > lower(w.span) - interval '48 hours'
            AND h.starts_at < upper(w.span) + interval '24 hours'
            AND h.during && w.span
        OFFSET 0
    ) h
"""
# Everything that shapes somebody's time, and once for everybody when the place is closed.
CALENDARS = f"""
SELECT who.id, found.* FROM unnest(%(staff)s::uuid[]) AS who (id)
CROSS JOIN LATERAL (
    SELECT 'appointment' AS kind, lower(h.during), upper(h.during), h.starts_at, h.ends_at,
        h.session, h.place, h.places, g.service_id, g.staff_id AS host, h.appointment_id,
        '' AS what, NULL::jsonb AS hours, NULL::date AS first, NULL::date AS last
    FROM ({HELD.format(table="appointments_heldtime", whose="staff_id")}) h
    LEFT JOIN appointments_groupslot g
        ON g.business_id = %(business)s AND g.id = h.group_slot_id
    UNION ALL
    SELECT 'time_blocker', t.starts_at, t.ends_at, t.starts_at, t.ends_at,
        NULL, NULL, NULL, NULL, NULL, NULL, t.reason, NULL, NULL, NULL
    FROM staff_timeblocker t
    WHERE t.business_id = %(business)s AND t.staff_id = who.id
        AND t.ends_at > %(start)s AND t.starts_at < %(end)s
    UNION ALL
    SELECT 'external_event', e.starts_at, e.ends_at, e.starts_at, e.ends_at,
        NULL, NULL, NULL, NULL, NULL, NULL, e.title, NULL, NULL, NULL
    FROM staff_externalevent e
    WHERE e.business_id = %(business)s AND e.staff_id = who.id AND e.busy
        AND e.ends_at > %(start)s AND e.starts_at < %(end)s
    UNION ALL
    SELECT 'schedule', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
        w.timezone, w.working_hours, w.date_start, w.date_end
    FROM staff_workinghoursschedule w
    WHERE w.business_id = %(business)s AND w.staff_id = who.id
        AND w.date_start <= %(last)s AND (w.date_end IS NULL OR w.date_end >= %(first)s)
) found
UNION ALL
SELECT c.location_id, 'closure', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    l.timezone, NULL, c.date_start, c.date_end
FROM businesses_closure c
LEFT JOIN businesses_location l ON l.business_id = c.business_id AND l.id = c.location_id
WHERE c.business_id = %(business)s AND c.date_end >= %(first)s AND c.date_start <= %(last)s
    AND (c.location_id IS NULL OR c.location_id = ANY(%(locations)s))
"""  # noqa: S608


class Asking(Protocol):
    """For what somebody's time is looked at: a service as it is offered, or none in particular."""

    @property
    def business_id(self) -> UUID: ...
    @property
    def location_id(self) -> UUID | None: ...
    @property
    def zone(self) -> ZoneInfo: ...
    @property
    def hours(self) -> WeeklyHours | None: ...


def read_calendars(
    offer: Asking, people: Iterable[Person], windows: Iterable[Interval]
) -> dict[UUID, Calendar]:
    """Hours, closures and busy times of people in windows of time. One statement.

    Under the people's lock this must be a statement of its own: one that began before the lock
    came would not see what the rival wrote meanwhile.
    """
    asked = list(people)
    return read_almanac([offer], asked, windows).calendars(offer, asked)


@dataclass(frozen=True, slots=True)
class Almanac:
    """What shapes people's time in some windows, whatever service they are asked for."""

    windows: list[Interval]
    busy: dict[UUID, dict[Busy, None]]
    # Time zone, hours, first and last day.
    schedules: dict[UUID, list[tuple[str, Any, date, date | None]]]
    # Location, its time zone, first and last day; no location is the whole business.
    closures: list[tuple[UUID | None, str | None, date, date]]

    def calendars(self, offer: Asking, people: Iterable[Person]) -> dict[UUID, Calendar]:
        """The time of these people, of whom it knows, for one of the services it was read for."""
        shut = merged(
            span
            for place, timezone, first, last in self.closures
            if place is None or place == offer.location_id
            for span in _closed(offer, timezone, first, last)
        )
        return {
            person.id: Calendar.of(
                person,
                busy=self.busy[person.id],
                schedules=[_schedule(person, *one) for one in self.schedules[person.id]],
                service_hours=offer.hours,
                windows=self.windows,
                shut=shut,
            )
            for person in people
        }


def read_almanac(
    offers: Sequence[Asking], people: Iterable[Person], windows: Iterable[Interval]
) -> Almanac:
    """The time of people for services of one business. One statement."""
    asked = {person.id for person in people}
    found = Almanac(
        merged(windows), {one: {} for one in asked}, {one: [] for one in asked}, closures=[]
    )
    values = span_of(offers[0], found.windows) | {
        "staff": list(asked),
        "locations": [one.location_id for one in offers if one.location_id],
    }
    for row in rows(CALENDARS, values):
        whose, kind, start, end, visit_start, visit_end, session = row[:7]
        place, places, slot_service, slot_host, appointment_id, what, hours, since, until = row[7:]
        if kind == "closure":
            found.closures.append((whose, what, since, until))
        elif kind == "schedule":
            found.schedules[whose].append((what, hours, since, until))
        else:
            visit = Interval(visit_start, visit_end)
            one = Busy(
                kind=kind,
                span=Interval(start, end),
                visit=visit,
                slot=SlotKey(slot_service, slot_host, visit) if slot_service else None,
                session=session,
                place=place,
                places=places,
                appointment_id=appointment_id,
                what=what,
            )
            found.busy[whose][one] = None  # once, though it may lie in two windows
    return found


def span_of(offer: Asking, windows: Sequence[Interval]) -> dict[str, object]:
    """What the statements about some windows in order take: whose, where, and from when to when."""
    start, end = windows[0].start, windows[-1].end
    return {
        "business": offer.business_id,
        "location": offer.location_id,
        "windows": "{"
        + ",".join(f"[{one.start.isoformat()},{one.end.isoformat()})" for one in windows)
        + "}",
        "start": start,
        "end": end,
        # A zone is at most 14 hours from UTC: two days more on each side hold every local date, and
        # hours that run on over midnight may have begun earlier.
        "first": start.date() - timedelta(days=2 + LONGEST_SHIFT),
        "last": end.date() + timedelta(days=2),
    }


def _schedule(
    person: Person, timezone: str, hours: Any, first: date, last: date | None
) -> Schedule:
    weekly = weekly_hours(hours)
    assert weekly is not None
    return Schedule(first, last or date.max, weekly, zone(timezone) if timezone else person.zone)


def _closed(offer: Asking, timezone: str | None, first: date, last: date) -> Iterator[Interval]:
    """Whole days of the place's own wall clock; nothing for a day that its zone skips."""
    place = zone(timezone) if timezone else offer.zone
    start = opening(datetime.combine(first, time()), place)
    end = opening(datetime.combine(last + timedelta(days=1), time()), place)
    if start < end:
        yield Interval(start, end)


@dataclass(frozen=True, slots=True)
class Timetable:
    """One person's hours, closures and busy times, as spans of microseconds."""

    hours: list[Span]
    shut: list[Span]
    busy: list[Span]


# What takes somebody's time, as PostgreSQL keeps moments itself: eight bytes each, microseconds
# since 2000. Twenty thousand of them cost a tenth of what as many rows of dates do.
TIMETABLES = """
SELECT who.id, 'person', taken.spans, dated.schedules, NULL, NULL::date, NULL::date
FROM unnest(%(staff)s::uuid[]) AS who (id)
CROSS JOIN LATERAL (
    SELECT string_agg(timestamptz_send(x.start) || timestamptz_send(x.finish), ''::bytea) AS spans
    FROM (
        SELECT lower(h.during) AS start, upper(h.during) AS finish
        FROM appointments_heldtime h
        WHERE h.business_id = %(business)s AND h.staff_id = who.id
            AND h.starts_at > %(start)s - interval '48 hours'
            AND h.starts_at < %(end)s + interval '24 hours'
        UNION ALL
        SELECT t.starts_at, t.ends_at FROM staff_timeblocker t
        WHERE t.business_id = %(business)s AND t.staff_id = who.id
            AND t.ends_at > %(start)s AND t.starts_at < %(end)s
        UNION ALL
        SELECT e.starts_at, e.ends_at FROM staff_externalevent e
        WHERE e.business_id = %(business)s AND e.staff_id = who.id AND e.busy
            AND e.ends_at > %(start)s AND e.starts_at < %(end)s
    ) x
) taken
CROSS JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_array(w.timezone, w.working_hours::text, w.date_start, w.date_end))
        AS schedules
    FROM staff_workinghoursschedule w
    WHERE w.business_id = %(business)s AND w.staff_id = who.id
        AND w.date_start <= %(last)s AND (w.date_end IS NULL OR w.date_end >= %(first)s)
) dated
UNION ALL
SELECT NULL, 'closure', NULL, NULL, l.timezone, c.date_start, c.date_end
FROM businesses_closure c
LEFT JOIN businesses_location l ON l.business_id = c.business_id AND l.id = c.location_id
WHERE c.business_id = %(business)s AND c.date_end >= %(first)s AND c.date_start <= %(last)s
    AND (c.location_id IS NULL OR c.location_id = %(location)s)
"""


def read_timetables(
    offer: Offer, people: Iterable[Person], window: Interval
) -> dict[UUID, Timetable]:
    """The same as `read_calendars` knows, for counting instead of explaining. One statement."""
    asked = {person.id: person for person in people}
    found: dict[UUID, tuple[list[Span], list[Interval]]] = {}
    shut: list[Span] = []
    for row in rows(TIMETABLES, span_of(offer, [window]) | {"staff": list(asked)}):
        staff_id, kind, spans, schedules, timezone, first, last = row
        if kind == "closure":
            shut += _numbered(_closed(offer, timezone, first, last))
            continue
        person = asked[staff_id]
        hours = open_hours(
            person,
            schedules=[_written_schedule(person, *one) for one in _json(schedules) or ()],
            service_hours=offer.hours,
            windows=[window],
        )
        found[staff_id] = _spans_in(spans), hours
    return {
        staff_id: Timetable(_numbered(hours), shut, busy)
        for staff_id, (busy, hours) in found.items()
    }


def _numbered(intervals: Iterable[Interval]) -> list[Span]:
    return [(number_of(one.start), number_of(one.end)) for one in intervals]


def _spans_in(sent: bytes | None) -> list[Span]:
    numbers = array("q")
    numbers.frombytes(sent or b"")
    if byteorder == "little":
        numbers.byteswap()
    moments = iter(numbers)
    return list(zip(moments, moments, strict=True))


def _written_schedule(
    person: Person, timezone: str, hours: str, first: str, last: str | None
) -> Schedule:
    until = date.fromisoformat(last) if last else None
    return _schedule(person, timezone, hours, date.fromisoformat(first), until)


def _json(value: Any) -> Any:
    return orjson.loads(value) if isinstance(value, str | bytes) else value
