"""Whether a request fits what is offered: the refusals that no other time would lift."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext

from appointments.availability import Person, Wish
from appointments.errors import (
    AdditionalStaffNotBookable,
    AdditionalStaffNotFound,
    AdditionalStaffRepeated,
    AnswerNotNumber,
    BadRequest,
    BusinessDisabled,
    DurationNotOffered,
    PatientArchived,
    PatientNotFound,
    QuestionNotFound,
    RuleEmpty,
    RuleInvalid,
    RuleNotSupported,
    RuleStart,
    RuleTooLong,
    RuleUntil,
    ServiceDisabled,
)
from appointments.record import Record
from appointments.snapshot import Guest, Offer
from businesses.intervals import Interval
from businesses.recurrence import BadRule, Rule

RULE_REFUSALS: dict[str, type[BadRequest]] = {
    one.code: one
    for one in (RuleInvalid, RuleNotSupported, RuleTooLong, RuleEmpty, RuleUntil, RuleStart)
}


Given = tuple[UUID, str | int | float]  # the id of a question, and the answer to it


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
    answers: tuple[Given, ...] = ()
    tags: tuple[str, ...] = ()
    notes: str = ""
    payment_provider: str = ""
    payment_id: str = ""


@dataclass(frozen=True)
class Override:
    """That somebody books over busy time, closed hours or the past on purpose, and why."""

    reason: str = ""


def check_offer(offer: Offer, minutes: int) -> Guest:
    """The patient; refuses what the business, the patient or the service rules out at any time."""
    _check_enabled(offer)
    patient = offer.patient
    if patient is None:
        raise PatientNotFound
    if patient.archived:
        raise PatientArchived
    _check_minutes(offer, minutes)
    return patient


def check_service(offer: Offer, minutes: int) -> None:
    """Refuses what the business or the service rules out at any time, for any patient."""
    _check_enabled(offer)
    _check_minutes(offer, minutes)


def _check_enabled(offer: Offer) -> None:
    if not offer.business_enabled:
        raise BusinessDisabled
    if not offer.enabled:
        raise ServiceDisabled


def _check_minutes(offer: Offer, minutes: int) -> None:
    if minutes not in offer.prices:
        lengths = ", ".join(str(minutes) for minutes in sorted(offer.prices))
        raise DurationNotOffered(
            gettext("This service is offered in lengths of %(lengths)s minutes.")
            % {"lengths": lengths}
            if lengths
            else gettext("This service has no length to be booked in yet.")
        )


def wish_for(offer: Offer, request: BookingRequest) -> Wish:
    """The visit with what it would hold."""
    return wish_at(offer, request.starts_at.astimezone(UTC), request.minutes)


def wish_at(offer: Offer, start: datetime, minutes: int) -> Wish:
    """A visit of that length, from a UTC moment on."""
    return _wish(offer, Interval(start, start + timedelta(minutes=minutes)))


def wish_of(offer: Offer, record: Record, moving: Iterable[UUID] = ()) -> Wish:
    """An appointment that is there already, with what it would hold by today's rules.

    It is in nobody's way itself, nor are others that are moving at the same time.
    """
    wish = _wish(offer, Interval(record.starts_at, record.ends_at))
    return replace(wish, moving=frozenset({record.id, *moving}))


def _wish(offer: Offer, visit: Interval) -> Wish:
    return Wish(
        service_id=offer.service_id,
        visit=visit,
        before=offer.before,
        after=offer.after,
        places=offer.places,
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


def place_of(offer: Offer, location: str) -> tuple[str, str]:
    """The location's type and value: the service's own, unless another is given."""
    if not location:
        return offer.location_type, offer.location_value
    is_link = location.lower().startswith(("http://", "https://"))
    return ("url" if is_link else offer.location_type or "in_person"), location


def answers_of(offer: Offer, given: Iterable[Given]) -> list[dict[str, Any]]:
    """The answers with their questions as asked now, so that later edits don't change them."""
    questions = {question["id"]: question for question in offer.questions}
    answers = []
    for question_id, answer in given:
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


def rule_of(rrule: str) -> Rule:
    """The recurrence rule; refuses what can't be read with a sentence that says what to send."""
    try:
        return Rule.read(rrule)
    except BadRule as wrong:
        raise _refusal_of(wrong) from wrong


def dates_of(rule: Rule, first: datetime, place: ZoneInfo) -> list[datetime]:
    """The UTC starts of a series whose first start is given, by the wall clock of a zone."""
    wall = first.astimezone(place).replace(tzinfo=None)
    try:
        return [one.moment for one in rule.occurrences(wall, place, moment=first)]
    except BadRule as wrong:
        raise _refusal_of(wrong) from wrong


def _refusal_of(wrong: BadRule) -> BadRequest:
    return RULE_REFUSALS[wrong.code](str(wrong))
