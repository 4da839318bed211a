"""What appointments to come count on of a room or device."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from businesses.models import Location, Resource


def visits_to_come(resource: Resource) -> Any:
    """The time that appointments hold of it from now on."""
    return resource.held_time.filter(ends_at__gt=timezone.now()).order_by("starts_at")


def stranded_by_a_move(resource: Resource, place: Location | None) -> Any:
    """What appointments to come hold of it somewhere else than at `place`.

    None where it stands at no location: from then on it can be used where it is booked.
    """
    held = visits_to_come(resource)
    return held.none() if place is None else held.exclude(appointment__location=place)
