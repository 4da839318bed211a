"""A capacity is what the rules say minute by minute, and what is available is what is offered."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appointments.capacity import Capacity, read_capacity
from appointments.offering import available_times
from tests.appointments.properties.clinic import (
    HOLDING,
    Clinic,
    OwnRules,
    Part,
    Service,
    Someone,
    Span,
)
from tests.appointments.properties.clinics import MOMENTS, About, clinics
from tests.appointments.properties.model import Model
from tests.appointments.properties.planting import Planted, moment, planted
from tests.appointments.properties.test_one_predicate import WEEKS, around, examples, seeds, some

pytestmark = pytest.mark.django_db

# A service of one minute at every minute, by everybody.
ANY_MINUTE = Service(durations=(1,), rules=OwnRules(before=0, after=0, step=1, lead=0, days=365))


def with_any_minute(clinic: Clinic) -> Clinic:
    """The clinic with that service as its last, before the window begins."""

    def provider(one: Someone) -> Someone:
        return replace(one, parts=(*one.parts, Part.PROVIDES))

    return replace(
        clinic,
        services=(*clinic.services, ANY_MINUTE),
        staff=tuple(map(provider, clinic.staff)),
        now=min(clinic.now, clinic.window.start),
    )


def expected(clinic: Clinic, who: int, span: Span) -> Capacity:
    """The same by counting minutes."""
    model, person = Model(clinic, service=len(clinic.services) - 1), clinic.staff[who]
    asked = range(span.start, span.end)
    bookable = {at for at in asked if at in model.hours(who).left} - model.closed
    hosted = [
        visit
        for visit in clinic.visits
        if visit.state in HOLDING and who in (visit.host, *visit.along)
    ]
    seen = [
        visit.timeslot if clinic.services[visit.service].places > 1 else number
        for number, visit in enumerate(hosted)
    ]
    once = [visit for number, visit in enumerate(hosted) if seen.index(seen[number]) == number]

    def under(spans: list[Span]) -> set[int]:
        return {at for at in bookable if any(one.start <= at < one.end for one in spans)}

    events = under([event.span for event in person.events if event.busy])
    blockers = under(list(person.blockers))
    held = under([visit.held for visit in hosted])
    return Capacity(
        external_events=len(events),
        time_blockers=len(blockers),
        bookable=len(bookable),
        available=len(bookable - events - blockers - held) if person.active else 0,
        booked=sum(
            max(0, min(visit.span.end, span.end) - max(visit.span.start, span.start))
            for visit in once
        ),
    )


def found(there: Planted, who: int, span: Span) -> Capacity | None:
    return read_capacity(
        business_id=there.business.pk,
        staff_id=there.staff[who].pk,
        start=moment(span.start),
        end=moment(span.end),
    )


def offered(there: Planted, who: int, span: Span) -> int:
    """How many minutes of the service of one minute are offered with that person."""
    return len(
        available_times(
            business_id=there.business.pk,
            service_id=there.services[-1].pk,
            start=moment(span.start),
            end=moment(span.end),
            minutes=1,
            staff_ids=[there.staff[who].pk],
        )
    )


@pytest.mark.parametrize("about", About, ids=lambda about: about.value)
@given(data=st.data(), seed=seeds)
@examples(8)
def test_a_capacity_is_what_the_minutes_of_the_span_add_up_to(
    about: About, data: st.DataObject, seed: int
) -> None:
    clinic = with_any_minute(data.draw(clinics(about)))
    minutes = range(clinic.window.start, clinic.window.end + 1)
    part = Span(*sorted(some(Random(seed), minutes, 2)))
    with planted(clinic) as there:
        for who, person in enumerate(clinic.staff):
            for span in (clinic.window, part):
                capacity = found(there, who, span)
                assert capacity == expected(clinic, who, span)
                if person.active:
                    assert capacity.available == offered(there, who, span)


@pytest.mark.parametrize(("zone", "change"), MOMENTS)
def test_minutes_around_a_clock_change_are_those_that_pass(zone: str, change: str) -> None:
    """Hours that begin, end or lie within what clocks skip or show twice; one person each."""
    clinic = with_any_minute(around(zone, change, weeks=WEEKS, step=15))
    with planted(clinic) as there:
        for who in range(len(clinic.staff)):
            capacity = found(there, who, clinic.window)
            assert capacity == expected(clinic, who, clinic.window)
            assert capacity.available == capacity.bookable == offered(there, who, clinic.window)
