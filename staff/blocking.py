"""Blocking somebody's time, once or again and again, and freeing it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from django.db import DatabaseError

from businesses.actor import Actor
from businesses.identifiers import new_id
from businesses.recurrence import Rule
from businesses.statements import in_one_transaction, sign
from businesses.zones import zone
from staff.models import Staff, TimeBlocker

MOST: Final = 2000
WITHIN_YEARS: Final = 5

Scope = Literal["this", "following", "all"]
SCOPES: Final[Sequence[Scope]] = ("this", "following", "all")


class EndsBeforeItBegins(ValueError):
    """Blocked time ends after it begins."""


def place_of(staff: Staff) -> ZoneInfo:
    """The zone whose clocks the staff member goes by."""
    return zone(staff.timezone or staff.business.timezone)


def starts_of(*, staff: Staff, starts_at: datetime, rule: Rule | None) -> list[datetime]:
    """When it begins, in UTC and in order: at the same time on the staff member's clock each day.

    A repeat that a clock change skips is left out. BadRule says what is wrong with the rule, or
    that it means more than 2,000 repeats or more than five years.
    """
    moment = starts_at.astimezone(UTC)
    if rule is None:
        return [moment]
    place = place_of(staff)
    wall = moment.astimezone(place).replace(tzinfo=None)
    found = rule.occurrences(wall, place, moment=moment, most=MOST, within_years=WITHIN_YEARS)
    return [one.moment for one in found]


def block(
    *,
    staff: Staff,
    starts_at: datetime,
    ends_at: datetime,
    reason: str = "",
    rule: Rule | None = None,
    by: Actor,
) -> list[TimeBlocker]:
    """Blocks the time, and its repeats if there is a rule: all of them or none, in order.

    Each is as long as the first, in hours that pass. They share the rule and a series. Appointments
    that are there already stay. Refused with EndsBeforeItBegins and BadRule.
    """
    if ends_at <= starts_at:
        raise EndsBeforeItBegins("Blocked time ends after it begins; send a later end.")
    length = ends_at.astimezone(UTC) - starts_at.astimezone(UTC)
    series = new_id() if rule else None
    rows = [
        TimeBlocker(
            business=staff.business,
            staff=staff,
            starts_at=start,
            ends_at=start + length,
            reason=reason,
            recurring_blocker_id=series,
            rrule=rule.written if rule else "",
        )
        for start in starts_of(staff=staff, starts_at=starts_at, rule=rule)
    ]

    def work() -> list[TimeBlocker]:
        sign(by)
        made: list[TimeBlocker] = TimeBlocker.objects.bulk_create(rows)
        return made

    return in_one_transaction(work, again=_never)


def meant_by(blocker: TimeBlocker, scope: Scope) -> Any:
    """The rows that a change of this one is about; one that is not repeated stands alone."""
    own = TimeBlocker.objects.filter(business_id=blocker.business_id)
    if scope == "this" or blocker.recurring_blocker_id is None:
        return own.filter(pk=blocker.pk)
    series = own.filter(recurring_blocker_id=blocker.recurring_blocker_id)
    return series if scope == "all" else series.filter(starts_at__gte=blocker.starts_at)


def unblock(*, blocker: TimeBlocker, scope: Scope = "this", by: Actor) -> int:
    """Frees the time of this one, of it and those that begin later, or of its whole series.

    Returns how many rows are gone. Those that stay keep the rule that they were made by.
    """

    def work() -> int:
        sign(by)
        gone: int = meant_by(blocker, scope).delete()[0]
        return gone

    return in_one_transaction(work, again=_never)


def _never(error: DatabaseError) -> bool:
    """Nobody races for blocked time: rows of one person may overlap."""
    return False
