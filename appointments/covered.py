"""The visits that lie in time which is about to be blocked, and stay there."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef

from appointments.models import Appointment, HeldTime
from businesses.intervals import Interval
from businesses.models import Business

MOST = 2000


def visits_in(
    business: Business, people: Collection[UUID], spans: Sequence[Interval], now: datetime
) -> list[Any]:
    """Visits of these people that lie in one of the spans and aren't over yet, the next first.

    `spans` are in order of time and don't overlap. With their patients at hand; at most 2,000
    are looked at. One query.
    """
    if not spans:
        return []
    hosted = HeldTime.objects.filter(
        business_id=OuterRef("business_id"), appointment_id=OuterRef("pk"), staff_id__in=people
    )
    near = (
        Appointment.objects.of(business)
        .holding_time()
        .filter(
            Exists(hosted),
            starts_at__lt=spans[-1].end,
            ends_at__gt=max(spans[0].start, now),
        )
        .select_related("patient", "staff")
        .order_by("starts_at", "id")[:MOST]
    )
    ends = [one.end for one in spans]

    def covered(visit: Any) -> bool:
        index = bisect_left(ends, visit.starts_at)
        return any(
            one.start < visit.ends_at and visit.starts_at < one.end
            for one in spans[index : index + 2]
        )

    return [one for one in near if covered(one)]
