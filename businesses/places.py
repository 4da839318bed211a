"""Locations: what is to be at one, taking one away, and bringing it back."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from businesses.models import Location
from businesses.removing import deleted


def half_a_position(lat: float | None, lng: float | None) -> str:
    """Which of the two is missing; nothing where both are there, or neither."""
    if (lat is None) == (lng is None):
        return ""
    return "lat" if lat is None else "lng"


def services_at(location: Location) -> Any:
    """The services that are to be given there."""
    return location.services.filter(archived_at=None)


def rooms_at(location: Location) -> Any:
    """The rooms and devices that stand there."""
    return location.resources.all()


def remove_location(location: Location) -> None:
    """Deletes the location, at which nothing is to be; one with appointments is kept for them.

    Its closures go with it.
    """
    if not deleted(location):
        location.closures.all().delete()
        location.archived_at = timezone.now()
        location.save(update_fields=["archived_at", "updated_at"])


def restore_location(location: Location) -> None:
    """The location, which was kept for its appointments, can be chosen again; it has no closures.

    One that was not put away stays as it is.
    """
    if location.archived_at is not None:
        location.archived_at = None
        location.save(update_fields=["archived_at", "updated_at"])
