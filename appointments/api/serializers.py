"""What the appointment endpoints take."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from rest_framework.exceptions import ErrorDetail, ValidationError

from appointments.acceptance import BookingRequest
from appointments.changes import Changes
from appointments.models import Status
from appointments.series import Repeat
from businesses.api.fields import (
    Answer,
    Flag,
    Identifier,
    Input,
    Moment,
    Several,
    Text,
    WholeNumber,
    Word,
    ZoneName,
)
from businesses.api.moments import instant
from businesses.models import Business
from businesses.zones import zone

DAY = 24 * 60


class AnswerInput(Input):
    id = Identifier()
    answer = Answer()


class OverrideInput(Input):
    """Another time for one date of a series."""

    date = Moment(help_text="A date of the rule.")
    newDate = Moment(help_text="When it shall be instead.")


@dataclass
class Clock:
    """Turns wall-clock times into moments: those of a named zone, else of the business's."""

    timezone: str
    business_id: UUID

    def instant(self, value: datetime, field: str) -> datetime:
        """The UTC moment; one statement, once, where no zone was named and none is sent."""
        if value.tzinfo is None and not self.timezone:
            self.timezone = Business.objects.values_list("timezone", flat=True).get(
                pk=self.business_id
            )
        return instant(value, zone(self.timezone or "UTC"), field=field)


def optional(**more: Any) -> dict[str, Any]:
    """Left out or null is the same."""
    return {"required": False, "allow_null": True, **more}


class BookingInput(Input):
    """The body of a create."""

    date = Moment(help_text="Start. Without an offset it is wall-clock time in clientTimezone.")
    patientId = Identifier()
    serviceId = Identifier()
    duration = WholeNumber(min_value=1, max_value=DAY, help_text="Minutes, as the service offers.")
    staffId = Identifier(**optional(help_text="Left out: the least busy who can take it."))
    clientTimezone = ZoneName(**optional(help_text="Left out: the business's zone."))
    location = Text(**optional(max_length=500, allow_blank=True))
    additionalStaffIds = Several(
        **optional(child=Identifier(), max_length=20, help_text="Further hosts.")
    )
    answers = Several(**optional(child=AnswerInput(), max_length=100))
    tags = Several(**optional(child=Text(max_length=50), max_length=50))
    notes = Text(**optional(max_length=10_000, allow_blank=True, trim_whitespace=False))
    paymentProvider = Text(**optional(max_length=50, allow_blank=True))
    paymentId = Text(**optional(max_length=200, allow_blank=True))
    rrule = Text(
        **optional(
            max_length=500,
            allow_blank=True,
            help_text="Repeats the booking: an RFC 5545 rule, such as FREQ=WEEKLY;COUNT=10.",
        )
    )
    skipConflicts = Flag(
        **optional(help_text="With rrule: book the dates that can be booked, skip the others.")
    )
    overrides = Several(
        **optional(
            child=OverrideInput(),
            max_length=104,
            help_text="With rrule: other times for some of its dates.",
        )
    )

    def request(self, data: Any, business_id: UUID) -> tuple[BookingRequest, Repeat | None]:
        """The command's input, and how it repeats, if it does.

        One statement for wall-clock times that name no zone.
        """
        sent = self.read(data)
        named_zone = sent.get("clientTimezone") or ""
        clock = Clock(named_zone, business_id)
        repeat = self._repeat(sent, clock)
        booking = BookingRequest(
            service_id=sent["serviceId"],
            patient_id=sent["patientId"],
            starts_at=clock.instant(sent["date"], "date"),
            minutes=sent["duration"],
            staff_id=sent.get("staffId"),
            additional_staff_ids=tuple(dict.fromkeys(sent.get("additionalStaffIds") or ())),
            patient_timezone=named_zone,
            location=sent.get("location") or "",
            answers=tuple((one["id"], one["answer"]) for one in sent.get("answers") or ()),
            tags=tuple(dict.fromkeys(sent.get("tags") or ())),
            notes=sent.get("notes") or "",
            payment_provider=sent.get("paymentProvider") or "",
            payment_id=sent.get("paymentId") or "",
        )
        return booking, repeat

    def _repeat(self, sent: dict[str, Any], clock: Clock) -> Repeat | None:
        if not sent.get("rrule"):
            for name in ("skipConflicts", "overrides"):
                if sent.get(name):
                    raise ValidationError(
                        {name: [ErrorDetail("Send this only with rrule.", "needs_rrule")]}
                    )
            return None
        return Repeat(
            rrule=sent["rrule"],
            skip_conflicts=sent.get("skipConflicts") or False,
            overrides=tuple(
                (
                    clock.instant(one["date"], f"overrides.{number}.date"),
                    clock.instant(one["newDate"], f"overrides.{number}.newDate"),
                )
                for number, one in enumerate(sent.get("overrides") or ())
            ),
        )


class ChangeInput(Input):
    """The body of a change: what is left out stays."""

    date = Moment(required=False, help_text="Another start.")
    duration = WholeNumber(required=False, min_value=1, max_value=DAY)
    staffId = Identifier(required=False)
    serviceId = Identifier(required=False)
    clientTimezone = ZoneName(required=False)
    location = Text(**optional(max_length=500, allow_blank=True))
    additionalStaffIds = Several(**optional(child=Identifier(), max_length=20))
    answers = Several(**optional(child=AnswerInput(), max_length=100))
    notes = Text(**optional(max_length=10_000, allow_blank=True, trim_whitespace=False))
    approved = Flag(required=False, help_text="true approves a request, false declines it.")
    cancelled = Flag(required=False, help_text="false takes a cancellation back.")
    status = Word(
        choices=Status.choices,
        required=False,
        help_text="The next step, or the one before to undo the last.",
    )
    cancelReason = Text(**optional(max_length=500, allow_blank=True))
    paymentProvider = Text(**optional(max_length=50, allow_blank=True))
    paymentId = Text(**optional(max_length=200, allow_blank=True))

    def changes(self, data: Any, business_id: UUID) -> Changes:
        """The command's input. One statement for a wall-clock time that names no zone."""
        sent = self.read(data)
        steps = [name for name in ("approved", "cancelled", "status") if name in sent]
        if len(steps) > 1:
            title = f"Send one of {', '.join(steps)}, not several."
            raise ValidationError({steps[-1]: [ErrorDetail(title, "one_step_only")]})
        if sent.get("cancelReason") and not _cancels(sent):
            title = "Send a reason only with what cancels: cancelled, status or approved."
            raise ValidationError({"cancelReason": [ErrorDetail(title, "needs_cancellation")]})
        clock = Clock(sent.get("clientTimezone") or "", business_id)
        return Changes(
            starts_at=clock.instant(sent["date"], "date") if "date" in sent else None,
            minutes=sent.get("duration"),
            staff_id=sent.get("staffId"),
            service_id=sent.get("serviceId"),
            patient_timezone=sent.get("clientTimezone"),
            location=_emptied(sent, "location"),
            additional_staff_ids=_several(sent, "additionalStaffIds"),
            answers=tuple((one["id"], one["answer"]) for one in sent["answers"] or ())
            if "answers" in sent
            else None,
            notes=_emptied(sent, "notes"),
            payment_provider=_emptied(sent, "paymentProvider"),
            payment_id=_emptied(sent, "paymentId"),
            status=Status(sent["status"]) if "status" in sent else None,
            approved=sent.get("approved"),
            cancelled=sent.get("cancelled"),
            cancel_reason=sent.get("cancelReason") or "",
        )


def _cancels(sent: dict[str, Any]) -> bool:
    """Whether a change cancels or declines."""
    return (
        sent.get("cancelled") is True
        or sent.get("approved") is False
        or sent.get("status") == Status.CANCELLED
    )


def _emptied(sent: dict[str, Any], name: str) -> str | None:
    """What was sent, null as empty; None if nothing was."""
    return (sent[name] or "") if name in sent else None


def _several(sent: dict[str, Any], name: str) -> tuple[UUID, ...] | None:
    return tuple(dict.fromkeys(sent[name] or ())) if name in sent else None


class ReasonInput(Input):
    """The query of a cancellation, without its scope."""

    reason = Text(max_length=500, allow_blank=True, required=False)


class TagsInput(Input):
    """The body that replaces all tags."""

    tags = Several(child=Text(max_length=50), max_length=50)


class SwapInput(Input):
    """The body of a swap."""

    appointmentIds = Several(child=Identifier(), min_length=2, max_length=2)


class TimesInput(Input):
    """The query of the available times; numbers and switches are text there."""

    startDate = Moment()
    endDate = Moment()
    duration = WholeNumber(min_value=1, max_value=DAY)
    staffIds = Several(child=Identifier(), required=False, max_length=100)
    includeUnavailableSlots = Flag(required=False)
    explain = Flag(required=False)
    limit = WholeNumber(min_value=1, max_value=50, required=False)
    offset = WholeNumber(min_value=0, max_value=10_000, required=False)


class NextTimesInput(Input):
    """The query of the next available times."""

    after = Moment(required=False)
    duration = WholeNumber(min_value=1, max_value=DAY)
    staffIds = Several(child=Identifier(), required=False, max_length=100)
    limit = WholeNumber(min_value=1, max_value=50, required=False)


BOOKING = BookingInput()
CHANGE = ChangeInput()
REASON = ReasonInput()
TAGS = TagsInput()
SWAP = SwapInput()
TIMES = TimesInput()
NEXT_TIMES = NextTimesInput()
