"""Refusals: why something can't be booked or changed. One class a fact; no HTTP in here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar
from uuid import UUID

if TYPE_CHECKING:
    from appointments.assignment import Situation


@dataclass(frozen=True, slots=True)
class Alternative:
    """A start that would have worked, and who is free then."""

    time: datetime
    staff_id: UUID
    staff_name: str


class Refusal(Exception):
    """Something that can't be done, with a stable code and a sentence for people."""

    code: ClassVar[str]
    title: ClassVar[str]

    def __init__(self, title: str = "") -> None:
        self.sentence = title or self.title
        super().__init__(self.sentence)


class BadRequest(Refusal):
    """What was asked for can't be done by anyone at any time; `field` is the input to change."""

    field: ClassVar[str]


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


class Clash(Refusal):
    """What was asked for is in the way of something else; another time or person may do.

    `situation` is what the decision saw. `appointments.clashes.explain` turns it into
    `obstacles`, which only staff may see, and `alternatives`, outside the transaction.
    """

    def __init__(self, title: str = "", *, situation: Situation | None = None) -> None:
        super().__init__(title)
        self.situation = situation
        self.obstacles: list[Obstacle] = []
        self.alternatives: list[Alternative] = []


class AppointmentNotFound(Refusal):
    code = "not_found"
    title = "There is no such appointment in this business."


class PatientNotFound(BadRequest):
    code, field = "patient_not_found", "patientId"
    title = "There is no such patient in this business."


class PatientArchived(BadRequest):
    code, field = "patient_archived", "patientId"
    title = "This patient is archived; restore the patient before booking."


class ServiceNotFound(BadRequest):
    code, field = "service_not_found", "serviceId"
    title = "There is no such service in this business."


class ServiceDisabled(BadRequest):
    code, field = "service_disabled", "serviceId"
    title = "This service can't be booked at present."


class BusinessDisabled(BadRequest):
    code, field = "business_disabled", "serviceId"
    title = "This business takes no bookings at present."


class DurationNotOffered(BadRequest):
    code, field = "duration_not_offered", "duration"
    title = "This service is not offered in that length."


class StaffNotFound(BadRequest):
    code, field = "staff_not_found", "staffId"
    title = "There is no such staff member in this business."


class StaffNotBookable(BadRequest):
    code, field = "staff_not_bookable", "staffId"
    title = "This staff member is not active."


class StaffNotProvider(BadRequest):
    code, field = "staff_not_provider", "staffId"
    title = "This staff member does not provide the service."


class AdditionalStaffNotFound(BadRequest):
    code, field = "staff_not_found", "additionalStaffIds"
    title = "There is no such staff member in this business."


class AdditionalStaffNotBookable(BadRequest):
    code, field = "staff_not_bookable", "additionalStaffIds"
    title = "An additional staff member is not active."


class AdditionalStaffRepeated(BadRequest):
    code, field = "staff_repeated", "additionalStaffIds"
    title = "The main staff member can't be an additional one as well."


class QuestionNotFound(BadRequest):
    code, field = "question_not_found", "answers"
    title = "An answer's id is not that of a question of this service."


class AnswerNotNumber(BadRequest):
    code, field = "answer_not_a_number", "answers"
    title = "That question wants a number."


class DateInPast(BadRequest):
    code, field = "date_in_past", "date"
    title = "The start is in the past."


class RangeTooLarge(BadRequest):
    code, field = "range_too_large", "endDate"
    title = "That is too many appointments; send a shorter range, or limit and offset."


class StaffBusy(Clash):
    code = "staff_busy"
    title = "The staff member is busy at that time."


class OutsideWorkingHours(Clash):
    code = "outside_working_hours"
    title = "That time is not within the staff member's hours for this service."


class NoStaffAvailable(Clash):
    code = "no_staff_available"
    title = "Nobody who provides this service is free at that time."


class SlotFull(Clash):
    code = "slot_full"
    title = "The group has no place left at that time."


class WrongStatus(Clash):
    code = "wrong_status"
    title = "The appointment's status does not allow that."


class KeyReused(Refusal):
    code = "idempotency_key_reused"
    title = "This Idempotency-Key came with another request; send a new key for a new request."


class InProgress(Refusal):
    code = "in_progress"
    title = "The first request with this Idempotency-Key is still running; try again."


class CalendarBusy(Refusal):
    """Another transaction held the calendar for too long; the same request may work now."""

    code = "calendar_busy"
    title = "The calendar is busy; try again in a second."
