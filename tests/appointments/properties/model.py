"""The booking rules once more, as naively as they can be told: minute by minute.

A clinic is described by plain values, and every answer comes from walking the minutes of UTC one
by one and looking at what clocks show. Nothing of the product is imported. Moments are counted in
minutes of UTC since 1970, wall times in minutes since the first of January of the year 1.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, cached_property, lru_cache
from zoneinfo import ZoneInfo

from tests.appointments.properties.clinic import (
    DAY,
    HOLDING,
    HOUR,
    Clinic,
    Part,
    Schedule,
    Service,
    Span,
    Visit,
    Week,
)

# What may have begun before the days that are looked at: hours that go on over several midnights.
EARLIER, LATER = 4 * DAY, DAY


# --- Clocks -----------------------------------------------------------------------------------


@cache
def _shown_on(zone: str, day: int) -> tuple[int, ...]:
    place = ZoneInfo(zone)
    shown = (datetime.fromtimestamp(60 * (DAY * day + minute), place) for minute in range(DAY))
    return tuple(wall(one.date(), HOUR * one.hour + one.minute) for one in shown)


def wall(day: date, minute: int) -> int:
    """The wall time so many minutes after midnight, as clocks count that never change."""
    return DAY * day.toordinal() + minute


class Clock:
    """What a clock shows at each minute of some days of UTC."""

    def __init__(self, zone: str, days: range) -> None:
        self.first = DAY * days.start
        self.shown = [minute for day in days for minute in _shown_on(zone, day)]
        self._moments: defaultdict[int, list[int]] = defaultdict(list)
        for moment, shown in enumerate(self.shown, self.first):
            self._moments[shown].append(moment)

    def _later_than(self, shown: int) -> int:
        """The first minute at which the clock shows a later time than that."""
        end = self.first + len(self.shown)
        found = (at for at, one in enumerate(self.shown, self.first) if one > shown)
        return next(found, end)

    def opens(self, shown: int) -> int:
        """When something starts that starts at that time: the first time that clocks show it.

        When they jump over it, then.
        """
        moments = self._moments.get(shown)
        return moments[0] if moments else self._later_than(shown)

    def closes(self, shown: int) -> int:
        """When something ends that ends at that time: the last time that clocks show it."""
        moments = self._moments.get(shown)
        return moments[-1] if moments else self._later_than(shown)

    def dates_at(self, moments: Iterable[int]) -> list[int]:
        """The dates, counted in days, that a calendar on the wall shows at those minutes."""
        return [self.shown[moment - self.first] // DAY for moment in moments]

    def days(self, first: date, last: date) -> range:
        """From the first minute to the last at which a calendar on the wall shows these dates."""
        shown = range(wall(first, 0), wall(last, 0) + DAY)
        minutes = [moment for moment, one in enumerate(self.shown, self.first) if one in shown]
        return range(minutes[0], minutes[-1] + 1) if minutes else range(0)


@lru_cache(maxsize=64)
def clock(zone: str, first: int, last: int) -> Clock:
    """The clock of a zone from one moment to another, with a day to spare."""
    return Clock(zone, range(first // DAY - 1, last // DAY + 2))


# --- The rules --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Hours:
    """When somebody works on the service: each such minute, with its place in the interval."""

    since: dict[int, int]  # how long the working interval has lasted
    left: dict[int, int]  # how long it lasts yet, closures not counted

    @classmethod
    def of(cls, minutes: set[int]) -> Hours:
        since: dict[int, int] = {}
        left: dict[int, int] = {}
        for minute in sorted(minutes):
            since[minute] = since.get(minute - 1, -1) + 1
        for minute in sorted(minutes, reverse=True):
            left[minute] = left.get(minute + 1, 0) + 1
        return cls(since, left)


@lru_cache(maxsize=32)
def hours_of(
    week: Week | None,
    zone: str,
    schedules: tuple[Schedule, ...],
    service_week: Week | None,
    window: Span,
) -> Hours:
    """A dated schedule, else the weekly hours; with the service's hours, where it has some, in
    the zone of the hours that they narrow.
    """
    start, end = window.start - EARLIER, window.end + LATER

    def between(day: date, week: Week, shows: Clock) -> set[int]:
        minutes: set[int] = set()
        for opens, closes in week[day.weekday()]:
            minutes.update(range(shows.opens(wall(day, opens)), shows.closes(wall(day, closes))))
        return minutes

    open_minutes: set[int] = set()
    for number in range(start // DAY - 1, end // DAY + 2):
        day = date.fromordinal(date(1970, 1, 1).toordinal() + number)
        that_day, place = week, zone
        for schedule in schedules:
            if schedule.first <= day and (schedule.last is None or day <= schedule.last):
                that_day, place = schedule.week, schedule.zone or zone
        if that_day is None:
            continue
        shows = clock(place, start, end)
        minutes = between(day, that_day, shows)
        if service_week is not None:
            minutes &= between(day, service_week, shows)
        open_minutes |= minutes
    return Hours.of(open_minutes)


@dataclass
class Model:
    """What the rules say about the first service of a clinic."""

    clinic: Clinic
    service: int = 0

    @cached_property
    def offered(self) -> Service:
        return self.clinic.services[self.service]

    @cached_property
    def hosts(self) -> list[int]:
        return self.clinic.people(self.service, Part.PROVIDES)

    @cached_property
    def joining(self) -> list[int]:
        return self.clinic.people(self.service, Part.JOINS)

    def _clock(self, zone: str) -> Clock:
        window = self.clinic.window
        return clock(zone, window.start - EARLIER, window.end + LATER)

    # When

    def hours(self, who: int) -> Hours:
        person = self.clinic.staff[who]
        week = self.clinic.week if person.week is None else person.week
        zone = person.zone or self.clinic.zone
        return hours_of(week, zone, person.schedules, self.offered.week, self.clinic.window)

    @cached_property
    def closed(self) -> set[int]:
        """The minutes of the days on which the business or the service's place is closed."""
        minutes: set[int] = set()
        for closure in self.clinic.closures:
            if closure.place is None:
                shows = self._clock(self.clinic.zone)
            elif closure.place == self.offered.place:
                shows = self._clock(self.clinic.places[closure.place].zone)
            else:
                continue
            minutes.update(shows.days(closure.first, closure.last))
        return minutes

    @cached_property
    def endless(self) -> bool:
        """Whether somebody's hours in the window began before all that is looked at."""
        begin = self.clinic.window.start - EARLIER
        return any(
            minute - since <= begin
            for who in self.hosts
            for minute, since in self.hours(who).since.items()
            if minute >= self.clinic.window.start
        )

    def grid(self, who: int) -> list[int]:
        """The starts that are offered if they are free: by steps from each opening, as long as
        the visit ends within the hours.
        """
        step, hours = self.clinic.rule(self.service, "step"), self.hours(who)
        return [
            minute
            for minute in range(self.clinic.window.start, self.clinic.window.end)
            if hours.left.get(minute, 0) >= self.clinic.minutes and hours.since[minute] % step == 0
        ]

    @cached_property
    def _too_far_ahead(self) -> set[int]:
        """The minutes of days that come later than so many days after the business's today."""
        shows = self._clock(self.clinic.zone)
        (today,) = clock(self.clinic.zone, self.clinic.now, self.clinic.now).dates_at(
            [self.clinic.now]
        )
        last = today + self.clinic.rule(self.service, "days")
        minutes = range(self.clinic.window.start, self.clinic.window.end)
        dates = zip(minutes, shows.dates_at(minutes), strict=True)
        return {moment for moment, day in dates if day > last}

    # Who and where

    def held(self, start: int) -> Span:
        return Span(
            start - self.clinic.rule(self.service, "before"),
            start + self.clinic.minutes + self.clinic.rule(self.service, "after"),
        )

    @cached_property
    def _standing(self) -> list[Visit]:
        return [visit for visit in self.clinic.visits if visit.state in HOLDING]

    def _together(self, start: int, host: int) -> list[Visit]:
        """The visits with which one at that time would share a group timeslot."""
        if self.offered.places == 1:
            return []
        slot = (self.service, host, Span(start, start + self.clinic.minutes))
        return [visit for visit in self._standing if visit.timeslot == slot]

    def places_left(self, start: int, host: int) -> int:
        return self.offered.places - len(self._together(start, host))

    def _in_the_way(self, start: int, host: int, who: int) -> set[str]:
        visit, held = Span(start, start + self.clinic.minutes), self.held(start)
        person = self.clinic.staff[who]
        together = self._together(start, host)
        others = [
            one for one in self._standing if who in (one.host, *one.along) and one not in together
        ]
        # Each thing that takes time, as (what it is, the time itself, the time with buffers).
        things = [
            *(("staff_busy", one.span, one.held) for one in others),
            *(("staff_busy", one.span, one.span) for one in person.events if one.busy),
            *(("blocked", one, one) for one in person.blockers),
        ]
        return {
            what if itself.touches(visit) else "buffer"
            for what, itself, around in things
            if around.touches(held)
        }

    def _lacks_a_room(self, start: int, host: int) -> bool:
        together = self._together(start, host)
        held = self.held(start)
        taken = {
            room
            for visit in self._standing
            if visit not in together and visit.held.touches(held)
            for room in visit.rooms
        }
        used = set(taken)
        for need in sorted(self.offered.needs, key=lambda need: need.room is None):
            suited = [one for one in self.clinic.usable(self.service, need) if one not in used]
            if not suited:
                return True
            used.add(suited[0])
        return False

    # The answer

    def in_the_way(self, start: int, host: int) -> frozenset[str]:
        """Every reason why the person can't be booked for that time by the desk; none: free."""
        found: set[str] = set()
        minutes = range(start, start + self.clinic.minutes)
        for who in (host, *(one for one in self.joining if one != host)):
            if self.hours(who).left.get(start, 0) < self.clinic.minutes:
                found.add("outside_working_hours")
            found |= self._in_the_way(start, host, who)
        if any(minute in self.closed for minute in minutes):
            found.add("closure")
        if self.places_left(start, host) < 1:
            found.add("slot_full")
        if self._lacks_a_room(start, host):
            found.add("resource_busy")
        return frozenset(found)

    def reasons(self, start: int, host: int) -> frozenset[str]:
        """The same with what binds patients alone; none: it is offered, if it is on the grid."""
        found = set(self.in_the_way(start, host))
        if start < self.clinic.now + self.clinic.rule(self.service, "lead"):
            found.add("lead_time")
        if start in self._too_far_ahead:
            found.add("horizon")
        return frozenset(found)

    def code(self, start: int, host: int) -> str:
        """With which code the desk is refused that time with that person; empty: it is booked."""
        if start < self.clinic.now:
            return "date_in_past"
        found = self.in_the_way(start, host)
        for code, reasons in (
            ("outside_working_hours", {"outside_working_hours", "closure"}),
            ("staff_busy", {"staff_busy", "blocked", "buffer"}),
            ("slot_full", {"slot_full"}),
            ("resource_busy", {"resource_busy"}),
        ):
            if found & reasons:
                return code
        return ""

    def code_for_anyone(self, start: int) -> str:
        """The same when nobody is named: what lacks if a place or a room is all that does."""
        if start < self.clinic.now:
            return "date_in_past"
        each = [self.in_the_way(start, host) for host in self.hosts]
        if frozenset() in each:
            return ""
        nearly = [found for found in each if found <= {"slot_full", "resource_busy"}]
        if any("slot_full" in found for found in nearly):
            return "slot_full"
        return "resource_busy" if nearly else "no_staff_available"
