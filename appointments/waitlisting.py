"""What becomes of an entry of the waitlist: booked, offered a time, taken off, put back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from appointments.acceptance import BookingRequest
from appointments.booking import attempt, book
from appointments.changes import Changes
from appointments.changing import change
from appointments.errors import Clash, PatientArchived, Stale, WrongStatus
from appointments.models import Appointment, EntryStatus, Status, WaitlistEntry
from appointments.record import Record
from appointments.waitlist import given_up, is_too_late, visits_of
from businesses.actor import Actor
from businesses.intervals import Interval
from businesses.statements import sign


def book_entry(*, entry: WaitlistEntry, starts_at: datetime, staff_id: UUID, by: Actor) -> Record:
    """The appointment, booked or moved to that time, and the entry closed with it.

    Refused as `book` and `change` refuse; WrongStatus for an entry that somebody closed meanwhile,
    PatientArchived, and a Clash where the patient has another visit at that time. It needs no
    approval. Four statements more than the booking or the move.
    """
    now = timezone.now()

    def work() -> Record:
        held = _held(entry)
        if not held.is_open:
            raise WrongStatus(_closed(held))
        if held.patient.archived_at is not None:
            raise PatientArchived
        if is_too_late(held, now):
            raise WrongStatus(_("The appointment that was to be earlier has begun, or is over."))
        visit = Interval(starts_at, starts_at + timedelta(minutes=held.minutes))
        if any(span.overlaps(visit) for span in visits_of(held, visit)):
            raise Clash(_("The patient has another visit at that time."))
        record = _moved(held, starts_at, staff_id, by) or _booked(held, starts_at, staff_id, by)
        WaitlistEntry.objects.filter(pk=held.pk, business_id=held.business_id).update(
            status=EntryStatus.BOOKED,
            offered_time=None,
            appointment_id=record.id,
            updated_at=now,
        )
        return record

    return attempt(work)


def _held(entry: WaitlistEntry) -> WaitlistEntry:
    """The entry as it is now, held until the commit. Two statements.

    The rival this keeps out: another desk that books the same entry at another time. Always before
    the people, and nobody who holds people asks for an entry. What it is, and what it refers to,
    only a later statement can tell: that of the lock joins the new row with old ones.
    """
    mine = WaitlistEntry.objects.filter(pk=entry.pk, business_id=entry.business_id)
    mine.select_for_update(no_key=True).values_list("pk").get()
    held: WaitlistEntry = mine.with_names().get()
    return held


def _closed(entry: WaitlistEntry) -> str:
    if entry.status == EntryStatus.BOOKED:
        return _("Somebody has booked this entry of the waitlist meanwhile.")
    return _("This entry is not on the waitlist any more.")


def _booked(entry: WaitlistEntry, starts_at: datetime, staff_id: UUID, by: Actor) -> Record:
    return book(
        business_id=entry.business_id,
        request=BookingRequest(
            service_id=entry.service_id,
            patient_id=entry.patient_id,
            starts_at=starts_at,
            minutes=entry.minutes,
            staff_id=staff_id,
        ),
        by=by,
        needs_approval=False,
    )


def _moved(entry: WaitlistEntry, starts_at: datetime, staff_id: UUID, by: Actor) -> Record | None:
    """What the patient had already, at the new time; a request is approved with it."""
    other = given_up(entry)
    if other is None:
        return None
    return change(
        business_id=entry.business_id,
        appointment_id=other.pk,
        changes=Changes(
            starts_at=starts_at,
            minutes=entry.minutes,
            staff_id=staff_id,
            service_id=entry.service_id,
            approved=True if other.status == Status.REQUESTED else None,
        ),
        by=by,
    )


def change_wishes(
    *, entry: WaitlistEntry, seen: datetime | None, wishes: Mapping[str, Any], by: Actor
) -> None:
    """What the patient waits for, changed as long as the entry is open. Four statements.

    WrongStatus for an entry that somebody closed meanwhile, Stale if it was changed after it was
    `seen`: nothing is written then.
    """

    def work() -> None:
        sign(by)
        held = _held(entry)
        if not held.is_open:
            raise WrongStatus(_closed(held))
        if held.updated_at != seen:
            raise Stale
        for name, value in wishes.items():
            setattr(held, name, value)
        held.save(update_fields=[*wishes, "updated_at"])

    attempt(work)


def take_off(*, entry: WaitlistEntry, by: Actor) -> None:
    """The patient does not wait any more; WrongStatus if that is so already. Two statements."""
    _set(entry, by, status=EntryStatus.WITHDRAWN, offered_time=None)


def offer(*, entry: WaitlistEntry, time: datetime, by: Actor) -> None:
    """The patient was told of a time and thinks about it, which holds nothing. Two statements."""
    _set(
        entry,
        by,
        status=EntryStatus.OFFERED,
        offered_time=time,
        tried_at=timezone.now(),
        tries=F("tries") + 1,
    )


def note_try(*, entry: WaitlistEntry, by: Actor) -> None:
    """Somebody tried to reach the patient, in vain. Two statements."""
    _set(entry, by, tried_at=timezone.now(), tries=F("tries") + 1)


def _set(entry: WaitlistEntry, by: Actor, **facts: Any) -> None:
    """Changes an entry that is open. The rival that its condition keeps out: whoever closes it."""

    def work() -> None:
        sign(by)
        mine = WaitlistEntry.objects.filter(pk=entry.pk, business_id=entry.business_id)
        if not mine.open().update(**facts, updated_at=timezone.now()):
            raise WrongStatus(_closed(mine.get()))

    attempt(work)


def put_back(*, entry: WaitlistEntry, by: Actor) -> None:
    """The patient waits again, in the place that the entry had before.

    WrongStatus while what was booked from it stands, unless that can be earlier still; and where
    the patient waits for the same by another entry. At most four statements.
    """

    def work() -> None:
        sign(by)
        held = _held(entry)
        if held.is_open:
            return
        if not may_be_put_back(held):
            raise WrongStatus(_("What was booked from the waitlist stands. Cancel it first."))
        others = WaitlistEntry.objects.filter(business_id=held.business_id).open()
        if held.instead_of_id and others.filter(instead_of_id=held.instead_of_id).exists():
            raise WrongStatus(_("The patient waits for an earlier time by another entry already."))
        held.status, held.appointment, held.offered_time = EntryStatus.WAITING, None, None
        held.save(update_fields=("status", "appointment", "offered_time", "updated_at"))

    attempt(work)


def may_be_put_back(entry: WaitlistEntry) -> bool:
    """Whether a closed entry can be opened again: nothing that was booked from it stands."""
    booked: Appointment | None = entry.appointment
    return booked is None or booked.cancelled or booked.pk == entry.instead_of_id
