"""What is offered is what can be booked, and both are what the rules say, on any day of the year.

Each example is a small clinic around a clock change; `model` tells by a walk over its minutes what
is free and why the rest is not. A time is written as minutes of UTC since 1970, somebody as their
number in the clinic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from random import Random
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from appointments.booking import cancel
from appointments.errors import (
    DateInPast,
    NoStaffAvailable,
    OutsideWorkingHours,
    Refusal,
    ResourceBusy,
    SlotFull,
    StaffBusy,
)
from appointments.offering import OfferedTime, available_times, next_available_times
from tests.appointments.desk import DESK, book, refused
from tests.appointments.properties.clinic import (
    DAY,
    HOLDING,
    HOUR,
    Clinic,
    Closure,
    Need,
    Part,
    Place,
    Room,
    Rules,
    Service,
    Someone,
    Span,
    Visit,
    Week,
)
from tests.appointments.properties.clinics import (
    FULL,
    MOMENTS,
    NIGHT,
    About,
    clinics,
    day_of,
    minute_of,
)
from tests.appointments.properties.model import Model
from tests.appointments.properties.planting import Planted, minute, moment, planted
from tests.soak import FACTOR

pytestmark = pytest.mark.django_db

REFUSALS: dict[str, type[Refusal]] = {
    one.code: one
    for one in (
        DateInPast,
        OutsideWorkingHours,
        StaffBusy,
        SlotFull,
        ResourceBusy,
        NoStaffAvailable,
    )
}
# Whole days; nights; spans that meet where clocks are changed; and what a change may skip whole.
WEEKS: list[Week] = [
    (FULL, (), FULL, FULL, (), FULL, FULL),
    (NIGHT,) * 7,
    (((60, 150), (150, 720)),) * 7,
    (((0, 60),),) * 7,
    (((30, 90), (120, 180)),) * 7,
    (((0, 150), (1380, DAY)),) * 7,
]
seeds = st.integers(0, 2**32 - 1)


def examples(number: int) -> Callable[[Any], Any]:
    """So many in the suite, the same each time; at length, others each time."""
    return settings(
        max_examples=number * FACTOR,
        derandomize=FACTOR == 1,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


# What a time offers to each person: how many more visits, and what is in the way.
Offers = dict[tuple[int, int], tuple[int, frozenset[str]]]
NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Desk:
    """Asks and books in a clinic that is in the database."""

    there: Planted
    model: Model

    @property
    def clinic(self) -> Clinic:
        return self.there.clinic

    def _asked(self, hosts: Iterable[int]) -> dict[str, Any]:
        return {
            "business_id": self.there.business.pk,
            "service_id": self.there.services[0].pk,
            "minutes": self.clinic.minutes,
            "staff_ids": [self.there.staff[host].pk for host in hosts],
        }

    def offers(self, span: Span, hosts: Iterable[int] = (), **more: Any) -> Offers:
        """What `available_times` says, with the order of its answer checked."""
        times = available_times(
            start=moment(span.start), end=moment(span.end), **self._asked(hosts), **more
        )
        return self._read(times)

    def next(self, after: int, limit: int) -> Offers:
        times = next_available_times(after=moment(after), limit=limit, **self._asked(()))
        assert len(times) == limit
        return self._read(times)

    def _read(self, times: list[OfferedTime]) -> Offers:
        assert [one.moment for one in times] == sorted({one.moment for one in times})
        found = {
            (minute(time.moment), self.there.number_of(one.id)): (
                one.slots,
                frozenset(reason.code for reason in one.reasons),
            )
            for time in times
            for one in time.staffs
        }
        assert len(found) == sum(len(time.staffs) for time in times)
        return found

    def expected(self, hosts: Iterable[int]) -> Offers:
        """What the rules say of every time of these people."""
        grids = {host: set(self.model.grid(host)) for host in hosts}
        found: Offers = {}
        for start in set().union(*grids.values()):
            for host, grid in grids.items():
                reasons = self.model.reasons(start, host)
                if reasons:
                    found[start, host] = 0, reasons
                elif start in grid:
                    found[start, host] = self.model.places_left(start, host), NOTHING
        return found

    def books(self, start: int, host: int) -> None:
        """The visit is booked with that person and would be committed; then it is undone."""
        with transaction.atomic():
            record = self._book(start, host)
            assert (record.staff_id, record.overbooked) == (self.there.staff[host].pk, False)
            assert (minute(record.starts_at), minute(record.ends_at)) == (
                start,
                start + self.clinic.minutes,
            )
            connection.check_constraints()
            left = self.model.places_left(start, host) - 1
            instead = self.offers(Span(start, start + 1), [host])
            assert instead in ({}, {(start, host): (left, NOTHING)})
            assert left or not instead
            transaction.set_rollback(True)

    def books_anyone(self, start: int) -> int:
        """Who is booked when anyone will do; it is undone."""
        with transaction.atomic():
            record = self._book(start, None)
            connection.check_constraints()
            transaction.set_rollback(True)
        return self.there.number_of(record.staff_id)

    def _book(self, start: int, host: int | None) -> Any:
        return book(self.there.services[0], moment(start), **self._wish(host))

    def refuses(self, start: int, host: int | None, code: str) -> None:
        refused(REFUSALS[code], self.there.services[0], moment(start), **self._wish(host))

    def _wish(self, host: int | None) -> dict[str, Any]:
        return {
            "staff": None if host is None else self.there.staff[host],
            "minutes": self.clinic.minutes,
            "patient": self.there.patient,
        }


def free(offers: Offers) -> Offers:
    return {key: offer for key, offer in offers.items() if offer[0]}


def unlike(found: Offers, expected: Offers) -> dict[tuple[str, int], Any]:
    """The first few entries in which they differ, as (found, expected); by time and person."""
    keys = sorted(key for key in found | expected if found.get(key) != expected.get(key))
    return {
        (f"{moment(start):%Y-%m-%d %H:%M}", host): (
            found.get((start, host)),
            expected.get((start, host)),
        )
        for start, host in keys[:5]
    }


def edges(model: Model) -> list[int]:
    """Starts at which something begins or ceases to be in the way, and those beside them."""
    clinic, minutes = model.clinic, model.clinic.minutes
    before, after = clinic.rule(0, "before"), clinic.rule(0, "after")
    found = {visit.start for visit in clinic.visits}
    for taken in (
        *(visit.held for visit in clinic.visits),
        *(span for one in clinic.staff for span in one.blockers),
        *(event.span for one in clinic.staff for event in one.events),
    ):
        found |= {taken.start - after - minutes, taken.end + before}
    for hours in map(model.hours, model.hosts):
        found |= {at for at, since in hours.since.items() if since == 0}
        found |= {at + 1 - minutes for at, left in hours.left.items() if left == 1}
    window = range(clinic.window.start, clinic.window.end)
    return sorted({at + by for at in found for by in (-1, 0, 1)} & set(window))


def some(chance: Random, choices: Iterable[Any], most: int) -> list[Any]:
    ordered = sorted(choices)
    return chance.sample(ordered, min(most, len(ordered)))


@pytest.mark.parametrize("about", About, ids=lambda about: about.value)
@given(data=st.data(), seed=seeds)
@examples(12)
def test_what_is_offered_is_what_can_be_booked_and_nothing_else(
    about: About, data: st.DataObject, seed: int
) -> None:
    clinic = data.draw(clinics(about))
    model, chance = Model(clinic), Random(seed)
    assume(not model.endless)
    with planted(clinic) as there:
        desk = Desk(there, model)
        all_that_is_true = desk.expected(model.hosts)
        offered = free(all_that_is_true)
        # Offered and not, with every reason; by both ways of asking.
        every = desk.offers(clinic.window, include_unavailable=True, explain=True)
        assert unlike(every, all_that_is_true) == {}
        assert unlike(desk.offers(clinic.window), offered) == {}
        # What is offered can be booked; at any other minute the desk is refused or not by the
        # same rules, without those that bind patients.
        for start, host in some(chance, offered, 2):
            desk.books(start, host)
        minutes = range(clinic.window.start, clinic.window.end)
        starts = [*some(chance, edges(model), 3), chance.choice(minutes)]
        for start in starts if model.hosts else ():
            host = chance.choice(model.hosts)
            if code := model.code(start, host):
                desk.refuses(start, host, code)
            else:
                desk.books(start, host)
        # Anyone can be booked exactly when somebody can.
        for start in starts[-2:]:
            if code := model.code_for_anyone(start):
                desk.refuses(start, None, code)
            else:
                assert not model.in_the_way(start, desk.books_anyone(start))


def around(zone: str, change: str, *, weeks: list[Week], step: int) -> Clinic:
    """A clinic with nothing in its calendar, from a day before a moment to a day after it."""
    at = minute_of(change)
    return Clinic(
        zone=zone,
        week=None,
        rules=Rules(before=0, after=0, step=step, lead=0, days=365),
        staff=tuple(Someone(week=week, parts=(Part.NEITHER,)) for week in weeks),
        services=(Service(durations=(15,)),),
        window=Span(at - DAY, at + DAY),
        now=at - 2 * DAY,
        minutes=15,
    )


@pytest.mark.parametrize(("zone", "change"), MOMENTS)
@pytest.mark.parametrize("closed", [None, -1, 0], ids=["open", "closed before", "closed"])
def test_all_hours_around_a_clock_change_are_offered(
    zone: str, change: str, closed: int | None
) -> None:
    """Hours that begin, end or lie within what clocks skip or show twice; one person each."""
    clinic = around(zone, change, weeks=WEEKS, step=15)
    if closed is not None:
        day = date.fromordinal(day_of(minute_of(change)).toordinal() + closed)
        clinic = replace(clinic, closures=(Closure(day, day),))
    model = Model(clinic)
    with planted(clinic) as there:
        desk = Desk(there, model)
        expected = desk.expected(model.hosts)
        every = desk.offers(clinic.window, include_unavailable=True, explain=True)
        assert unlike(every, expected) == {}
        assert unlike(desk.offers(clinic.window), free(expected)) == {}


@pytest.mark.parametrize("before", [True, False])
def test_a_visit_of_a_day_with_a_day_around_it_is_seen_from_afar(before: bool) -> None:
    """As far as anything can reach: what is held lies up to two days from where it began."""
    clinic = around(
        "UTC", "2030-01-09 12:00", weeks=[(FULL, FULL, FULL, FULL, FULL, (), ())], step=15
    )
    day_around = Visit(0, 0, clinic.window.start, DAY, before=DAY, after=DAY)
    start = clinic.window.end + DAY - 30 if before else clinic.window.start - 2 * DAY + 30
    clinic = replace(
        clinic,
        visits=(replace(day_around, start=start),),
        window=Span(clinic.window.end - HOUR, clinic.window.end)
        if before
        else Span(clinic.window.start, clinic.window.start + HOUR),
        now=clinic.now - DAY,
    )
    model = Model(clinic)
    with planted(clinic) as there:
        desk = Desk(there, model)
        expected = desk.expected(model.hosts)
        assert {reasons for _, reasons in expected.values()} == {NOTHING, frozenset({"buffer"})}
        every = desk.offers(clinic.window, include_unavailable=True, explain=True)
        assert unlike(every, expected) == {}
        assert unlike(desk.offers(clinic.window), free(expected)) == {}
        for start, host in expected:
            if model.code(start, host):
                desk.refuses(start, host, "staff_busy")
            else:
                desk.books(start, host)


def test_a_room_of_another_place_serves_no_visit_here_unless_it_is_named() -> None:
    need = Need(kind="room")
    clinic = around("UTC", "2030-01-07 12:00", weeks=[(FULL, FULL, (), (), (), (), ())], step=60)
    service = replace(clinic.services[0], place=0, needs=(need,))
    places, rooms = (Place("UTC"), Place("UTC")), (Room("room", place=1),)
    clinic = replace(clinic, services=(service,), places=places, rooms=rooms)
    model = Model(clinic)
    with planted(clinic) as there:
        desk = Desk(there, model)
        expected = desk.expected(model.hosts)
        assert {reasons for _, reasons in expected.values()} == {frozenset({"resource_busy"})}
        every = desk.offers(clinic.window, include_unavailable=True, explain=True)
        assert unlike(every, expected) == {}
        assert desk.offers(clinic.window) == {}
        desk.refuses(clinic.window.start + DAY, 0, "resource_busy")


@given(clinics(), seeds)
@examples(20)
def test_a_part_of_the_question_has_that_part_of_the_answer(clinic: Clinic, seed: int) -> None:
    """Of a shorter span, of some of the people, and of the first times only."""
    model, chance = Model(clinic), Random(seed)
    assume(model.hosts and not model.endless)
    hosts = some(chance, model.hosts, chance.randint(1, len(model.hosts)))
    start, end = sorted(some(chance, range(clinic.window.start, clinic.window.end + 1), 2))
    with planted(clinic) as there:
        desk = Desk(there, model)
        every = desk.expected(model.hosts)
        part = {
            (at, host): offer
            for (at, host), offer in desk.expected(hosts).items()
            if start <= at < end
        }
        asked = desk.offers(Span(start, end), hosts, include_unavailable=True, explain=True)
        assert unlike(asked, part) == {}
        unexplained = desk.offers(Span(start, end), hosts, include_unavailable=True)
        assert unexplained == {key: (slots, NOTHING) for key, (slots, _) in part.items()}
        assert unlike(desk.offers(Span(start, end), hosts), free(part)) == {}
        later = sorted({at for at, _ in free(every) if at >= start})
        if later:
            limit = chance.randint(1, min(len(later), 5))
            first = {
                (at, host): offer
                for (at, host), offer in free(every).items()
                if start <= at <= later[limit - 1]
            }
            assert unlike(desk.next(start, limit), first) == {}


@given(clinics())
@examples(10)
def test_when_everything_is_cancelled_all_is_free_but_closed_and_blocked_time(
    clinic: Clinic,
) -> None:
    model = Model(replace(clinic, visits=()))
    assume(any(visit.state in HOLDING for visit in clinic.visits) and not model.endless)
    with planted(clinic) as there:
        for visit, appointment in zip(clinic.visits, there.appointments, strict=True):
            if visit.state in HOLDING:
                cancel(business_id=there.business.pk, appointment_id=appointment.pk, by=DESK)
        desk = Desk(there, model)
        assert unlike(desk.offers(clinic.window), free(desk.expected(model.hosts))) == {}


@given(clinics(), seeds)
@examples(10)
def test_a_time_is_offered_or_not_whatever_the_span_that_is_asked_for(
    clinic: Clinic, seed: int
) -> None:
    start, end = sorted(some(Random(seed), range(clinic.window.start, clinic.window.end + 1), 2))
    with planted(clinic) as there:
        assert_same_in_part(Desk(there, Model(clinic)), Span(start, end))


def test_steps_count_from_the_opening_even_when_that_was_two_nights_ago() -> None:
    weekend: Week = ((), (), (), (), ((8 * HOUR, DAY),), FULL, ((0, 20 * HOUR),))
    clinic = around("UTC", "2030-01-06 12:00", weeks=[weekend], step=50)
    opening = minute_of("2030-01-04 08:00")
    noon, closing = minute_of("2030-01-06 12:00"), minute_of("2030-01-06 20:00")
    with planted(clinic) as there:
        offered = Desk(there, Model(clinic)).offers(Span(noon, clinic.window.end))
    starts = [at for at in range(opening, closing - 14, 50) if at >= noon]
    assert unlike(offered, {(at, 0): (1, NOTHING) for at in starts}) == {}


@pytest.mark.parametrize("step", [7, 50, 60])
def test_where_hours_have_no_beginning_steps_do_not_count_from_the_span_that_is_asked_for(
    step: int,
) -> None:
    clinic = around(*MOMENTS[4], weeks=[(FULL,) * 7], step=step)
    with planted(clinic) as there:
        desk = Desk(there, Model(clinic))
        for hours in (5, 20, 30, 47):
            start = clinic.window.start + 60 * hours
            assert_same_in_part(desk, Span(start, clinic.window.end))


def assert_same_in_part(desk: Desk, part: Span) -> None:
    """What is offered in a part of the window is what was offered there in all of it."""
    every = desk.offers(desk.clinic.window).items()
    there = {key: offer for key, offer in every if part.start <= key[0] < part.end}
    assert unlike(desk.offers(part), there) == {}
