"""Refusals: why something can't be booked or changed. One class a fact; no HTTP in here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from appointments.assignment import Situation


@dataclass(frozen=True, slots=True)
class Alternative:
    """A start that would have worked, and who is free then."""

    time: datetime
    staff_id: UUID
    staff_name: str


class Refusal(Exception):
    """Something that can't be done, with a stable code and a sentence for people.

    `for_software` says the same to who sends codes: it names theirs where the sentence has words.
    """

    code: ClassVar[str]
    title: ClassVar[StrOrPromise]

    def __init__(self, title: str = "") -> None:
        self.sentence = str(title or self.title)  # in the language of whoever is refused
        self.for_software = self.sentence
        super().__init__(self.sentence)


class BadRequest(Refusal):
    """What was asked for can't be done by anyone at any time; `field` is the input to change."""

    field: str

    def __init__(self, title: str = "", *, field: str = "") -> None:
        super().__init__(title)
        self.field = field or self.field


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing in the way of a visit: what kind, whose time, from when until when."""

    kind: str  # appointment, time_blocker, external_event, hours, or places
    staff_name: str
    start: datetime | None = None
    end: datetime | None = None
    what: str = ""
    appointment_id: UUID | None = None
    patient_name: str = ""


@dataclass(frozen=True, slots=True)
class ClashingDate:
    """One date of a series that can't be booked, and which times would do instead."""

    date: datetime
    code: str
    title: str
    alternatives: list[Alternative]


class Clash(Refusal):
    """What was asked for is in the way of something else; another time or person may do.

    `situations` is what the decision saw, with the class of each refusal; more than one for a
    series. `appointments.clashes.explain` turns them into `obstacles`, which only staff may see,
    `alternatives` and, for a series, `dates`, outside the transaction.
    """

    def __init__(
        self,
        title: str = "",
        *,
        situations: Sequence[tuple[Situation, type[Clash]]] = (),
        series: bool = False,
        on: Sequence[datetime] = (),
    ) -> None:
        super().__init__(title)
        self.situations = situations
        self.series = series
        self.on = on or [situation.wish.visit.start for situation, _ in situations]
        self.obstacles: list[Obstacle] = []
        self.alternatives: list[Alternative] = []
        self.dates: list[ClashingDate] = []

    @property
    def situation(self) -> Situation | None:
        return self.situations[0][0] if self.situations else None


class AppointmentNotFound(Refusal):
    code = "not_found"
    title = _("There is no such appointment in this business.")


class NoSuchService(Refusal):
    code = "not_found"
    title = _("There is no such service in this business.")


class PatientNotFound(BadRequest):
    code, field = "patient_not_found", "patientId"
    title = _("There is no such patient in this business.")


class PatientArchived(BadRequest):
    code, field = "patient_archived", "patientId"
    title = _("This patient is archived; restore the patient before booking.")


class ServiceNotFound(BadRequest):
    code, field = "service_not_found", "serviceId"
    title = _("There is no such service in this business.")


class ServiceDisabled(BadRequest):
    code, field = "service_disabled", "serviceId"
    title = _("This service can't be booked at present.")


class BusinessDisabled(BadRequest):
    code, field = "business_disabled", "serviceId"
    title = _("This business takes no bookings at present.")


class DurationNotOffered(BadRequest):
    code, field = "duration_not_offered", "duration"
    title = _("This service is not offered in that length.")


class StaffNotFound(BadRequest):
    code, field = "staff_not_found", "staffId"
    title = _("There is no such staff member in this business.")


class StaffNotBookable(BadRequest):
    code, field = "staff_not_bookable", "staffId"
    title = _("This staff member is not active.")


class StaffNotProvider(BadRequest):
    code, field = "staff_not_provider", "staffId"
    title = _("This staff member does not provide the service.")


class AdditionalStaffNotFound(BadRequest):
    code, field = "staff_not_found", "additionalStaffIds"
    title = _("There is no such staff member in this business.")


class AdditionalStaffNotBookable(BadRequest):
    code, field = "staff_not_bookable", "additionalStaffIds"
    title = _("An additional staff member is not active.")


class AdditionalStaffRepeated(BadRequest):
    code, field = "staff_repeated", "additionalStaffIds"
    title = _("The main staff member can't be an additional one as well.")


class QuestionNotFound(BadRequest):
    code, field = "question_not_found", "answers"
    title = _("An answer's id is not that of a question of this service.")


class AnswerNotNumber(BadRequest):
    code, field = "answer_not_a_number", "answers"
    title = _("That question wants a number.")


class DateInPast(BadRequest):
    code, field = "date_in_past", "date"
    title = _("The start is in the past.")


class RuleInvalid(BadRequest):
    code, field = "invalid_rrule", "rrule"
    title = _("The recurrence rule can't be read.")


class RuleNotSupported(BadRequest):
    code, field = "rrule_not_supported", "rrule"
    title = _("That part of a recurrence rule is not supported.")


class RuleTooLong(BadRequest):
    code, field = "rrule_too_long", "rrule"
    title = _("A series has at most 104 dates within two years.")


class RuleEmpty(BadRequest):
    code, field = "rrule_empty", "rrule"
    title = _("The recurrence rule has no date.")


class RuleUntil(BadRequest):
    code, field = "rrule_until", "rrule"
    title = _("The recurrence rule ends before the start.")


class RuleStart(BadRequest):
    code, field = "rrule_start", "date"
    title = _("The start is not one of the dates of the rule.")


class OverrideDateUnknown(BadRequest):
    code, field = "override_date_unknown", "overrides"
    title = _("An override names a date that the series doesn't have.")


class OverrideDateRepeated(BadRequest):
    code, field = "override_date_repeated", "overrides"
    title = _("Two overrides name the same date.")


class DaysNotShifted(BadRequest):
    code, field = "series_day_shift", "date"
    title = _("This series can't be moved to other days; send a time on the same day.")


class SkippedTime(BadRequest):
    code, field = "nonexistent_local_time", "date"
    title = _("On one of the dates clocks skip that time; send another time.")


class OnlyThis(BadRequest):
    code, field = "scope_not_allowed", "scope"
    title = _("That can be changed for one appointment at a time; leave out scope.")


class SwapSame(BadRequest):
    code, field = "swap_same_appointment", "appointmentIds"
    title = _("Send two different appointments.")


class RangeTooLarge(BadRequest):
    code, field = "range_too_large", "endDate"
    title = _("That is too many appointments; send a shorter range, or limit and offset.")


class StaffBusy(Clash):
    code = "staff_busy"
    title = _("The staff member is busy at that time.")


class OutsideWorkingHours(Clash):
    code = "outside_working_hours"
    title = _("That time is not within the staff member's hours for this service.")


class NoStaffAvailable(Clash):
    code = "no_staff_available"
    title = _("Nobody who provides this service is free at that time.")


class SlotFull(Clash):
    code = "slot_full"
    title = _("The group has no place left at that time.")


class ResourceBusy(Clash):
    code = "resource_busy"
    title = _("A room or device that the service needs is taken at that time.")


class WrongStatus(Clash):
    code = "wrong_status"
    title = _("The appointment's status does not allow that.")


class Stale(Refusal):
    code = "stale"
    title = _("The appointment has been changed since; get it again and send its new ETag.")


class KeyReused(Refusal):
    code = "idempotency_key_reused"
    title = _("This Idempotency-Key came with another request; send a new key for a new request.")


class InProgress(Refusal):
    code = "in_progress"
    title = _("The first request with this Idempotency-Key is still running; try again.")


class CalendarBusy(Refusal):
    """Another transaction held the calendar for too long; the same request may work now."""

    code = "calendar_busy"
    title = _("The calendar is busy; try again in a second.")
