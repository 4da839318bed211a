"""Whether a request fits what is offered: the refusals that no other time would lift."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from appointments.availability import Person, Wish
from appointments.errors import (
    AdditionalStaffNotBookable,
    AdditionalStaffNotFound,
    AdditionalStaffRepeated,
    AnswerNotNumber,
    BusinessDisabled,
    DurationNotOffered,
    PatientArchived,
    QuestionNotFound,
    ServiceDisabled,
)
from appointments.record import Record
from appointments.snapshot import Offer
from businesses.intervals import Interval


@dataclass(frozen=True, kw_only=True)
class BookingRequest:
    """What somebody wants to book. Times are UTC; lengths are whole minutes."""

    service_id: UUID
    patient_id: UUID
    starts_at: datetime
    minutes: int
    staff_id: UUID | None = None  # none: the least busy who can take it
    additional_staff_ids: tuple[UUID, ...] = ()
    patient_timezone: str = ""  # empty: the business's
    location: str = ""  # empty: the service's own
    answers: tuple[tuple[UUID, str | int | float], ...] = ()
    tags: tuple[str, ...] = ()
    notes: str = ""
    payment_provider: str = ""
    payment_id: str = ""


def check_offer(offer: Offer, request: BookingRequest) -> None:
    """Refuses what the business, the service or the patient rules out at any time."""
    if not offer.business_enabled:
        raise BusinessDisabled
    if not offer.enabled:
        raise ServiceDisabled
    if offer.patient_archived:
        raise PatientArchived
    if request.minutes not in offer.prices:
        lengths = ", ".join(str(minutes) for minutes in sorted(offer.prices))
        raise DurationNotOffered(
            f"This service is offered in lengths of {lengths} minutes."
            if lengths
            else "This service has no length to be booked in yet."
        )


def wish_for(offer: Offer, request: BookingRequest) -> Wish:
    """The visit with what it would hold."""
    start = request.starts_at.astimezone(UTC)
    return Wish(
        service_id=offer.service_id,
        visit=Interval(start, start + timedelta(minutes=request.minutes)),
        before=offer.before,
        after=offer.after,
        places=offer.places,
    )


def wish_of(offer: Offer, record: Record) -> Wish:
    """An appointment that is there already, with what it would hold by today's rules."""
    return Wish(
        service_id=offer.service_id,
        visit=Interval(record.starts_at, record.ends_at),
        before=offer.before,
        after=offer.after,
        places=offer.places,
        moving=record.id,
    )


def joining_staff(request: BookingRequest, people: Mapping[UUID, Person]) -> list[Person]:
    """Who comes along besides the main host: those of the service and those of the request.

    Refuses staff of other businesses, inactive ones whom the request names, and the main host.
    """
    if request.staff_id in request.additional_staff_ids:
        raise AdditionalStaffRepeated
    joining = {
        person.id: person
        for person in people.values()
        if person.joins and person.active and person.id != request.staff_id
    }
    for staff_id in request.additional_staff_ids:
        person = people.get(staff_id)
        if person is None:
            raise AdditionalStaffNotFound
        if not person.active:
            raise AdditionalStaffNotBookable
        joining[staff_id] = person
    return sorted(joining.values(), key=lambda person: person.id)


def place_of(offer: Offer, request: BookingRequest) -> tuple[str, str]:
    """The location's type and value: the service's own, unless the request gives another."""
    if not request.location:
        return offer.location_type, offer.location_value
    is_link = request.location.lower().startswith(("http://", "https://"))
    return ("url" if is_link else offer.location_type or "in_person"), request.location


def answers_of(offer: Offer, request: BookingRequest) -> list[dict[str, Any]]:
    """The answers with their questions as asked now, so that later edits don't change them."""
    questions = {question["id"]: question for question in offer.questions}
    answers = []
    for question_id, answer in request.answers:
        question = questions.get(str(question_id))
        if question is None:
            raise QuestionNotFound
        if question["kind"] == "number" and isinstance(answer, str):
            raise AnswerNotNumber
        answers.append(
            {
                "id": question["id"],
                "variableName": question["variableName"],
                "question": question["question"],
                "answer": answer,
            }
        )
    return answers
