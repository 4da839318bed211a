"""Ids in a body: the rows of the same business that they name, or a refusal that says which not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from businesses.api.query import refused
from businesses.models import Location


def named(rows: QuerySet[Any], pk: UUID | None, field: str, thing: str) -> Any:
    """The row of that id; none for null. Refuses an id that is not among `rows`."""
    if pk is None:
        return None
    row = rows.filter(pk=pk).first()
    if row is None:
        raise unknown(field, thing, pk)
    return row


def all_named(rows: QuerySet[Any], ids: Sequence[UUID], field: str, thing: str) -> list[UUID]:
    """The ids, each once, if all are among `rows`. One statement."""
    once = list(dict.fromkeys(ids))
    there = {*rows.filter(pk__in=once).values_list("pk", flat=True)}
    for pk in once:
        if pk not in there:
            raise unknown(field, thing, pk)
    return once


def unknown(field: str, thing: str, pk: UUID) -> Exception:
    """400 `location_not_found` on a field, with the id that is not known here."""
    code = f"{thing.replace(' ', '_')}_not_found"
    return refused(field, f"There is no {thing} {pk} here; send the id of one.", code)


def location_named(business_id: UUID, pk: UUID | None, field: str) -> Location | None:
    """The location of that id, locked until the commit; none for null. Refuses an archived one.

    The rival that the lock keeps out: somebody who puts the location away because nothing refers
    to it yet.
    """
    rows = Location.objects.filter(business_id=business_id, archived_at=None)
    place: Location | None = named(rows.select_for_update(no_key=True), pk, field, "location")
    return place
