"""The commands that write appointments: the only way to book, approve or cancel one."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from django.db import DatabaseError
from django.utils import timezone

from appointments import ledger
from appointments.acceptance import (
    BookingRequest,
    answers_of,
    check_offer,
    joining_staff,
    place_of,
    wish_for,
    wish_of,
)
from appointments.assignment import assign
from appointments.errors import AppointmentNotFound, CalendarBusy, DateInPast, WrongStatus
from appointments.models import Status
from appointments.record import Record, find_record
from appointments.replies import Reply
from appointments.snapshot import read_offer
from businesses.actor import Actor
from businesses.identifiers import new_id
from businesses.statements import (
    DEADLOCK,
    LOCK_TIMEOUT,
    OVERLAP,
    SERIALIZATION,
    UNIQUE,
    in_one_transaction,
    sign,
    sqlstate,
    violated,
)

T = TypeVar("T")

GUARDS = {"held_time_does_not_overlap", "group_place_is_taken_once"}
UNLUCKY = {LOCK_TIMEOUT, DEADLOCK, SERIALIZATION}


@dataclass(frozen=True)
class Override:
    """That somebody books over busy time, closed hours or the past on purpose, and why."""

    reason: str = ""


def lost_to_a_rival(error: DatabaseError) -> bool:
    """Whether a guard of the database refused what our check had allowed.

    It can't happen between bookings that take their people's locks; a rival that writes by other
    means is met here, and the next attempt sees what it wrote.
    """
    return sqlstate(error) in (OVERLAP, UNIQUE) and violated(error) in GUARDS


def attempt(work: Callable[[], T]) -> T:
    """The work in one transaction; CalendarBusy when a lock did not come in time."""
    try:
        return in_one_transaction(work, again=lost_to_a_rival)
    except DatabaseError as error:
        if sqlstate(error) in UNLUCKY or lost_to_a_rival(error):
            raise CalendarBusy from error
        raise


def book(
    *,
    business_id: UUID,
    request: BookingRequest,
    by: Actor,
    override: Override | None = None,
    needs_approval: bool = True,
    reply: Reply | None = None,
) -> Record:
    """The appointment, booked; or one of the refusals of `appointments.errors`, and no change.

    Where the service needs approval and `needs_approval` is left on, it is requested instead:
    checked the same, but holding no time. An `override` lifts busy times, closed hours and a
    start in the past, never a full group. A `reply` is kept in the statement that books. Three
    statements for named staff, four for "anyone",
    one more for a group.
    """
    now = timezone.now()

    def work() -> Record:
        # From here until the commit no other booking can look at these people's time.
        offer, people = read_offer(
            business_id=business_id,
            service_id=request.service_id,
            patient_id=request.patient_id,
            named=[*filter(None, [request.staff_id]), *request.additional_staff_ids],
            every_provider=request.staff_id is None,
            with_questions=bool(request.answers),
            by=by,
        )
        check_offer(offer, request)
        answers = answers_of(offer, request)
        if request.starts_at < now and override is None:
            raise DateInPast
        wish = wish_for(offer, request)
        joining = joining_staff(request, people)
        team = assign(
            offer,
            wish,
            people=people,
            joining=joining,
            staff_id=request.staff_id,
            override=override is not None,
        )
        requested = needs_approval and offer.requires_approval
        slot, places = wish.slot(team.host.id), 1
        slot_id: UUID | None = None
        if slot is not None and not requested:
            slot_id, places = ledger.open_group_slot(
                business_id=business_id, slot=slot, places=offer.places, now=now
            )
        location_type, location_value = place_of(offer, request)
        linked = not request.location
        record = Record(
            id=new_id(),
            created_at=now,
            updated_at=now,
            business_id=business_id,
            business_alias=offer.business_alias,
            service_id=offer.service_id,
            service_name=offer.service_name,
            service_alias=offer.service_alias,
            staff_id=team.host.id,
            staff_name=team.host.name,
            staff_email=team.host.email,
            patient_id=offer.patient_id,
            patient_name=offer.patient_name,
            patient_email=offer.patient_email,
            location_id=offer.location_id if linked else None,
            location_name=offer.location_name if linked else None,
            location_address=offer.location_address if linked else None,
            additional_staff_ids=[one.id for one in joining if one.id != team.host.id],
            starts_at=wish.visit.start,
            ends_at=wish.visit.end,
            original_starts_at=None,
            price=offer.prices[request.minutes],
            currency=offer.currency,
            group_slot_id=slot_id,
            cancelled_at=None,
            cancel_reason="",
            cancelled_by="",
            approved=not requested,
            status=Status.REQUESTED.value if requested else Status.BOOKED.value,
            status_before="",
            overbooked=team.busy,
            override_reason=override.reason if override else "",
            patient_timezone=request.patient_timezone or str(offer.zone),
            location_type=location_type,
            location_value=location_value,
            payment_provider=request.payment_provider,
            payment_id=request.payment_id,
            answers=answers,
            series_id=None,
            series_number=None,
            series_exception=False,
            rrule="",
            link_token=secrets.token_hex(16),
            tags=list(request.tags),
            notes=request.notes,
            source=by.source,
        )
        ledger.write_booking(
            record, [] if requested else team.holds(wish), places=places, reply=reply
        )
        return record

    return attempt(work)


def approve(
    *, business_id: UUID, appointment_id: UUID, by: Actor, override: Override | None = None
) -> Record:
    """The requested appointment, booked: it holds its time from now on.

    Checked as if it were booked now, so a Clash is possible, which an `override` lifts. One that
    is booked already comes back unchanged; WrongStatus for a cancelled one. Six statements.
    """
    now = timezone.now()

    def work() -> Record:
        asked = _find(business_id, appointment_id)
        if asked.cancelled_at is not None:
            raise WrongStatus
        if asked.approved:
            return asked
        offer, people = read_offer(
            business_id=business_id,
            service_id=asked.service_id,
            patient_id=asked.patient_id,
            named=[asked.staff_id, *asked.additional_staff_ids],
            every_provider=False,
            with_questions=False,
            by=by,
        )
        wish = wish_of(offer, asked)
        team = assign(
            offer,
            wish,
            people=people,
            joining=[people[one] for one in asked.additional_staff_ids],
            staff_id=asked.staff_id,
            override=override is not None,
        )
        slot, places, slot_id = wish.slot(team.host.id), 1, None
        if slot is not None:
            slot_id, places = ledger.open_group_slot(
                business_id=business_id, slot=slot, places=offer.places, now=now
            )
        record = asked._replace(
            approved=True,
            status=Status.BOOKED.value,
            group_slot_id=slot_id,
            overbooked=team.busy,
            override_reason=override.reason if override else "",
            updated_at=now,
        )
        if not ledger.write_approval(record):
            raise WrongStatus
        ledger.write_holds(record, team.holds(wish), places=places)
        return record

    return attempt(work)


def cancel(*, business_id: UUID, appointment_id: UUID, by: Actor, reason: str = "") -> Record:
    """The appointment, cancelled: its time is free again. A request is declined the same way.

    One that is cancelled already comes back unchanged, with its first reason. Four statements.
    """
    now = timezone.now()

    def work() -> Record:
        standing = _find(business_id, appointment_id)
        sign(by)
        record = standing._replace(
            status=Status.CANCELLED.value, cancelled_at=now, cancel_reason=reason, updated_at=now
        )
        if not ledger.write_cancellation(record):
            return _find(business_id, appointment_id)
        ledger.release(business_id, appointment_id)
        return record

    return attempt(work)


def _find(business_id: UUID, appointment_id: UUID) -> Record:
    record = find_record(business_id, appointment_id)
    if record is None:
        raise AppointmentNotFound
    return record
