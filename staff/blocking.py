"""Blocking somebody's time, once or again and again, and freeing it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import DatabaseError
from django.db.models import Q

from businesses.actor import Actor
from businesses.history import event_model
from businesses.identifiers import new_id
from businesses.models import Business
from businesses.recurrence import Rule
from businesses.statements import in_one_transaction, sign
from businesses.zones import zone
from staff.models import Staff, TimeBlocker

MOST: Final = 2000
WITHIN_YEARS: Final = 5

# What is freed and blocked again.
FACTS: Final = (
    "id",
    "business_id",
    "staff_id",
    "starts_at",
    "ends_at",
    "reason",
    "recurring_blocker_id",
    "rrule",
)

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
        whose=[(staff, rule)], starts_at=starts_at, ends_at=ends_at, reason=reason, by=by
    )


def block_together(
    *,
    whose: Sequence[tuple[Staff, Rule | None]],
    starts_at: datetime,
    ends_at: datetime,
    reason: str = "",
    by: Actor,
) -> list[TimeBlocker]:
    """Blocks the time, and its repeats if there is a rule: for all these people, or for none.

    Each has a rule of their own, since they may go by clocks of their own. In order of time for
    each. Each is as long as the first, in hours that pass. One person's repeats share the rule and
    a series. Appointments that are there already stay. Refused with EndsBeforeItBegins and BadRule.
    Two statements, whatever their number.
    """
    if ends_at <= starts_at:
        raise EndsBeforeItBegins("Blocked time ends after it begins; send a later end.")
    length = ends_at.astimezone(UTC) - starts_at.astimezone(UTC)
    rows = []
    for member, rule in whose:
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


def meant_by(blocker: TimeBlocker, scope: Scope, *, since: datetime | None = None) -> Any:
    """The rows that a change of this one is about; one that is not repeated stands alone.

    Of the others those alone that are not over at a moment, if that is given.
    """
    own = TimeBlocker.objects.filter(business_id=blocker.business_id)
    if scope == "this" or blocker.recurring_blocker_id is None:
        return own.filter(pk=blocker.pk)
    series = own.filter(recurring_blocker_id=blocker.recurring_blocker_id)
    if since is not None:
        series = series.filter(Q(ends_at__gt=since) | Q(pk=blocker.pk))
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


def unblock_as_seen(
    *, blocker: TimeBlocker, seen: datetime | None, scope: Scope, since: datetime, by: Actor
) -> int:
    """Frees the time as `unblock` does, but what was over at a moment stays as what it was.

    ChangedMeanwhile if the row was changed after it was `seen`, or is gone: its lock keeps out
    whoever saves it as well.
    """

    def work() -> int:
        sign(by)
        rows = TimeBlocker.objects.filter(business_id=blocker.business_id, pk=blocker.pk)
        row: TimeBlocker | None = rows.select_for_update().first()
        if row is None or row.updated_at != seen:
            raise ChangedMeanwhile
        gone: int = meant_by(row, scope, since=since).delete()[0]
        return gone

    return in_one_transaction(work, again=_never)


def block_again(
    *, business: Business, blocker_id: UUID, seen: datetime | None, by: Actor
) -> list[TimeBlocker]:
    """What was freed together with that one, which was what it was when `seen`, blocked as it was.

    The history has it. ChangedMeanwhile unless that is the last thing that happened to it, and the
    person is still there; DoesNotExist for what this business never had. Five statements, whatever
    their number.
    """
    events = event_model(TimeBlocker).objects.filter(business_id=business.pk)

    def work() -> list[TimeBlocker]:
        sign(by)
        last = events.filter(pgh_obj_id=blocker_id).order_by("-pgh_id").first()
        if last is None:
            raise TimeBlocker.DoesNotExist
        if last.pgh_label != "delete" or last.updated_at != seen:
            raise ChangedMeanwhile
        if not Staff.objects.of(business).filter(pk=last.staff_id).exists():
            raise ChangedMeanwhile
        gone = events.filter(
            pgh_label="delete",
            pgh_created_at=last.pgh_created_at,
            pgh_context_id=last.pgh_context_id,
            staff_id=last.staff_id,
        ).filter(
            Q(pgh_obj_id=blocker_id)
            | Q(recurring_blocker_id__isnull=False, recurring_blocker_id=last.recurring_blocker_id)
        )
        rows = [TimeBlocker(**{name: getattr(one, name) for name in FACTS}) for one in gone]
        # The rival that this keeps out: somebody who presses the same button of another page.
        TimeBlocker.objects.bulk_create(rows, ignore_conflicts=True)
        return sorted(rows, key=lambda row: row.starts_at)

    return in_one_transaction(work, again=_never)


def _never(error: DatabaseError) -> bool:
    """Nobody races for blocked time: rows of one person may overlap."""
    return False
