"""What somebody wants different about an appointment, and for which of its series."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from uuid import UUID

from appointments.acceptance import Given
from appointments.models import Status
from appointments.record import Record


class Scope(Enum):
    """Which appointments of a series a change is for."""

    THIS = "this"
    FOLLOWING = "following"
    ALL = "all"


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What somebody wants different; None leaves a thing as it is. Times are UTC."""

    starts_at: datetime | None = None
    minutes: int | None = None
    staff_id: UUID | None = None
    service_id: UUID | None = None
    patient_timezone: str | None = None
    location: str | None = None  # empty: the service's own
    additional_staff_ids: tuple[UUID, ...] | None = None
    answers: tuple[Given, ...] | None = None
    notes: str | None = None
    payment_provider: str | None = None
    payment_id: str | None = None
    tags: tuple[str, ...] | None = None
    status: Status | None = None
    approved: bool | None = None
    cancelled: bool | None = None
    cancel_reason: str = ""
    asks_again: bool = False  # moved, a service that needs approval is asked for once more

    def wanted(self, record: Record) -> Status | None:
        """The status that they want of an appointment, in whichever words they say it.

        Not to approve a request is to decline it; not to cancel is to take a cancellation back.
        """
        now, before = Status(record.status), record.status_before
        if self.cancelled is True or (self.approved is False and now is Status.REQUESTED):
            return Status.CANCELLED
        if self.cancelled is False and now is Status.CANCELLED:
            return Status(before) if before else Status.BOOKED
        if self.approved is True and now in (Status.REQUESTED, Status.CANCELLED):
            return Status.BOOKED
        if self.approved is False and now is not Status.CANCELLED:
            return Status.REQUESTED
        return self.status

    def beside(self, record: Record) -> Changes:
        """Without what the appointment is already of when, with whom and what."""
        length = (record.ends_at - record.starts_at) // timedelta(minutes=1)
        along = self.additional_staff_ids
        same_along = along is not None and sorted(along) == sorted(record.additional_staff_ids)
        return replace(
            self,
            starts_at=None if self.starts_at == record.starts_at else self.starts_at,
            minutes=None if self.minutes == length else self.minutes,
            staff_id=None if self.staff_id == record.staff_id else self.staff_id,
            service_id=None if self.service_id == record.service_id else self.service_id,
            additional_staff_ids=None
            if same_along and self.staff_id not in record.additional_staff_ids
            else along,
        )

    @property
    def declines(self) -> bool:
        return self.approved is False

    @property
    def of_place(self) -> bool:
        """Whether they touch when, with whom or what: what has to be free."""
        return any(
            one is not None
            for one in (
                self.starts_at,
                self.minutes,
                self.staff_id,
                self.service_id,
                self.additional_staff_ids,
            )
        )
