"""The visits that lie inside a closure: they stay booked, and whoever closes is told of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django.db.models import Q
from django.utils import timezone

from businesses.intervals import Interval
from businesses.models import Business, Closure
from businesses.zones import opening, zone

# Further away nobody plans anything, and the last day of the calendar has no midnight after it.
FIRST_DAY: Final = date(1900, 1, 1)
LAST_DAY: Final = date(2199, 12, 31)
ONE_DAY: Final = timedelta(days=1)


def span_of(closure: Closure) -> Interval | None:
    """Whole days of the place's own clock; nothing for a day that its zone skips."""
    place = zone((closure.location or closure.business).timezone)
    start = opening(datetime.combine(closure.date_start, time()), place)
    end = opening(datetime.combine(closure.date_end + ONE_DAY, time()), place)
    return Interval(start, end) if start < end else None


def visits_to_come(business: Business) -> Any:
    """Visits that are not over and not cancelled, requests among them, in order."""
    return business.appointment.filter(cancelled_at__isnull=True, ends_at__gt=timezone.now())


def inside(closure: Closure) -> Q:
    """Which visits lie on these days, at least in part, and at the location if it has one."""
    span = span_of(closure)
    if span is None:
        return Q(pk__in=[])
    # No visit is longer than a day, and so the index by start serves.
    lies = Q(starts_at__gt=span.start - ONE_DAY, starts_at__lt=span.end, ends_at__gt=span.start)
    return lies & Q(location=closure.location_id) if closure.location_id else lies


def visits_inside(closure: Closure) -> Any:
    """The visits to come that lie inside."""
    return visits_to_come(closure.business).filter(inside(closure))


def counts_inside(business: Business, closures: Sequence[Closure]) -> list[int]:
    """How many visits to come lie inside each. One query, none for no closures."""
    if not closures:
        return []
    wanted = Q()
    for closure in closures:
        wanted |= inside(closure)
    visits = [
        (Interval(start, end), place)
        for start, end, place in visits_to_come(business)
        .filter(wanted)
        .values_list("starts_at", "ends_at", "location_id")
    ]
    spans = [(span_of(closure), closure.location_id) for closure in closures]
    return [
        sum(
            span is not None and visit.overlaps(span) and place in (None, where)
            for visit, where in visits
        )
        for span, place in spans
    ]
