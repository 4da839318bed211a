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


class ChangedMeanwhile(ValueError):
    """Somebody else changed this blocked time, or freed it."""


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
    """Blocks the time of one person; see `block_together`."""
    return block_together(
        people=[staff], starts_at=starts_at, ends_at=ends_at, reason=reason, rule=rule, by=by
    )


def block_together(
    *,
    people: Sequence[Staff],
    starts_at: datetime,
    ends_at: datetime,
    reason: str = "",
    rule: Rule | None = None,
    by: Actor,
) -> list[TimeBlocker]:
    """Blocks the time, and its repeats if there is a rule: for all these people, or for none.

    In order of time for each. Each is as long as the first, in hours that pass. One person's
    repeats share the rule and a series. Appointments that are there already stay. Refused with
    EndsBeforeItBegins and BadRule. Two statements, whatever their number.
    """
    if ends_at <= starts_at:
        raise EndsBeforeItBegins("Blocked time ends after it begins; send a later end.")
    length = ends_at.astimezone(UTC) - starts_at.astimezone(UTC)
    rows = []
    for member in people:
        series = new_id() if rule else None
        rows += [
            TimeBlocker(
                business=member.business,
                staff=member,
                starts_at=start,
                ends_at=start + length,
                reason=reason,
                recurring_blocker_id=series,
                rrule=rule.written if rule else "",
            )
            for start in starts_of(staff=member, starts_at=starts_at, rule=rule)
        ]

    def work() -> list[TimeBlocker]:
        sign(by)
        made: list[TimeBlocker] = TimeBlocker.objects.bulk_create(rows)
        return made

    return in_one_transaction(work, again=_never)


def reblock(
    *,
    blocker: TimeBlocker,
    seen: datetime | None,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    by: Actor,
) -> TimeBlocker:
    """The same blocked time at another time, for another reason; its repeats stay as they are.

    `seen` is when the row that was shown was last changed. Refused with EndsBeforeItBegins, and
    with ChangedMeanwhile if it is another one now: the lock keeps out whoever saves it as well.
    """
    if ends_at <= starts_at:
        raise EndsBeforeItBegins("Blocked time ends after it begins; send a later end.")

    def work() -> TimeBlocker:
        sign(by)
        rows = TimeBlocker.objects.filter(business_id=blocker.business_id, pk=blocker.pk)
        row: TimeBlocker | None = rows.select_for_update(no_key=True).first()
        if row is None or row.updated_at != seen:
            raise ChangedMeanwhile
        row.starts_at, row.ends_at, row.reason = starts_at, ends_at, reason
        row.save(update_fields=["starts_at", "ends_at", "reason", "updated_at"])
        return row

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
