"""The commands that write appointments: the only way to book, approve or cancel one."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from django.db import DatabaseError
from django.utils import timezone

from appointments import ledger
from appointments.acceptance import (
    BookingRequest,
    Override,
    answers_of,
    check_offer,
    joining_staff,
    place_of,
    wish_for,
    wish_of,
)
from appointments.assignment import Assigned, assign
from appointments.availability import Person
from appointments.errors import AppointmentNotFound, CalendarBusy, DateInPast, WrongStatus
from appointments.models import Status
from appointments.placing import Placement, hosted, write
from appointments.record import Record, find_record, hold_record, lock_records
from appointments.replies import Reply
from appointments.snapshot import Offer, read_offer
from appointments.status import stepped
from businesses.actor import Actor
from businesses.identifiers import new_id
from businesses.models import EventName
from businesses.statements import (
    DEADLOCK,
    LOCK_TIMEOUT,
    OVERLAP,
    SERIALIZATION,
    UNIQUE,
    in_one_transaction,
    rows,
    sqlstate,
    violated,
)

T = TypeVar("T")

GUARDS = {
    "held_time_does_not_overlap",
    "held_resource_does_not_overlap",
    "group_place_is_taken_once",
}
NOBODY = UUID(int=0)  # hosts what is only drafted
OVERTAKEN_AT_MOST = 10
UNLUCKY = {LOCK_TIMEOUT, DEADLOCK, SERIALIZATION}
# Before any other lock, and in order, so that nobody in the line holds what another waits for.
WAIT_IN_LINE = """
SELECT pg_advisory_xact_lock(hashtextextended(one, 0)) FROM unnest(%s::text[]) AS what (one)
"""


def lost_to_a_rival(error: DatabaseError) -> bool:
    """Whether a guard of the database refused what our check had allowed.

    It can't happen between bookings that take their people's locks; a rival that writes by other
    means is met here, and the next attempt sees what it wrote.
    """
    return sqlstate(error) in (OVERLAP, UNIQUE) and violated(error) in GUARDS


class Overtaken(Exception):
    """Something was changed between a look at it and the lock on it; `what` has its ids."""

    def __init__(self, *what: UUID) -> None:
        super().__init__(*what)
        self.what = what


# Whether this thread is inside somebody's attempt.
_attempting: ContextVar[bool] = ContextVar("attempting", default=False)


def attempt(work: Callable[[], T]) -> T:
    """The work in one transaction; CalendarBusy when a lock did not come in time.

    Whoever was overtaken looks again when their turn comes: of twenty who change one appointment
    fifteen had given up while each looked again at once. One statement more for that. Work within
    other work is part of it, and done over with it: a booking with its claim.
    """
    if _attempting.get():
        return work()
    mark = _attempting.set(True)
    try:
        return _until_it_is_done(work)
    finally:
        _attempting.reset(mark)


def _until_it_is_done(work: Callable[[], T]) -> T:
    line: list[str] = []

    def in_line() -> T:
        if line:
            rows(WAIT_IN_LINE, (line,))
        return work()

    for _ in range(OVERTAKEN_AT_MOST):
        try:
            return in_one_transaction(in_line, again=lost_to_a_rival)
        except DatabaseError as error:
            if sqlstate(error) in UNLUCKY or lost_to_a_rival(error):
                raise CalendarBusy from error
            raise
        except Overtaken as overtaken:
            # The next look sees what the rival wrote. A series that was parted has two lines.
            line = sorted({*line, *map(str, overtaken.what)})
    raise CalendarBusy


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
        draft = drafted(offer, request, by=by, now=now, needs_approval=needs_approval)
        if request.starts_at < now and override is None:
            raise DateInPast
        wish = wish_for(offer, request)
        joining = joining_staff(request, people)
        assigned = assign(
            offer,
            wish,
            people=people,
            joining=joining,
            staff_id=request.staff_id,
            override=override is not None,
        )
        team, requested = assigned.team, not draft.approved
        slot, places, slot_id = wish.slot(team.host.id), 1, None
        if slot is not None and not requested:
            slot_id, places = ledger.open_group_slots(
                business_id=business_id, slots=[slot], places=offer.places, now=now
            )[slot]
        record = hosted(draft, team, joining, override)._replace(group_slot_id=slot_id)
        ledger.write_booking(
            record,
            [] if requested else team.holds(wish),
            places=places,
            rooms=team.rooms.resources,
            reason=reason_of(assigned, people),
            reply=reply,
            announced=offer.announced,
        )
        return record

    return attempt(work)


def drafted(
    offer: Offer, request: BookingRequest, *, by: Actor, now: datetime, needs_approval: bool
) -> Record:
    """The appointment that a request is for, before anybody hosts it.

    Refuses what no other time or person would lift.
    """
    patient = check_offer(offer, request.minutes)
    answers = answers_of(offer, request.answers)
    requested = needs_approval and offer.requires_approval
    location_type, location_value = place_of(offer, request.location)
    linked = not request.location
    start = request.starts_at.astimezone(UTC)
    return Record(
        id=new_id(),
        created_at=now,
        updated_at=now,
        business_id=offer.business_id,
        business_alias=offer.business_alias,
        business_name=offer.business_name,
        service_id=offer.service_id,
        service_name=offer.service_name,
        service_alias=offer.service_alias,
        staff_id=NOBODY,
        staff_name="",
        staff_email="",
        patient_id=patient.id,
        patient_name=patient.name,
        patient_email=patient.email,
        location_id=offer.location_id if linked else None,
        location_name=offer.location_name if linked else None,
        location_address=offer.location_address if linked else None,
        additional_staff_ids=[],
        starts_at=start,
        ends_at=start + timedelta(minutes=request.minutes),
        original_starts_at=None,
        price=offer.prices[request.minutes],
        currency=offer.currency,
        group_slot_id=None,
        cancelled_at=None,
        cancel_reason="",
        cancelled_by="",
        approved=not requested,
        status=Status.REQUESTED.value if requested else Status.BOOKED.value,
        status_before="",
        overbooked=False,
        override_reason="",
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


def reason_of(assigned: Assigned, people: Mapping[UUID, Person]) -> ledger.Reason | None:
    """Why nobody named went to that host: what is kept for those who ask later."""
    if not assigned.rule:
        return None
    return ledger.Reason(
        assigned.rule,
        [
            {
                "staffId": load.staff_id,
                "name": people[load.staff_id].name,
                "dayMinutes": load.day_minutes,
                "weekMinutes": load.week_minutes,
                "lastAssignedAt": load.last_assigned,
            }
            for load in assigned.loads
        ],
    )


def approve(
    *, business_id: UUID, appointment_id: UUID, by: Actor, override: Override | None = None
) -> Record:
    """The requested appointment, booked: it holds its time from now on.

    Checked as if it were booked now, so a Clash is possible, which an `override` lifts. One that
    is booked already comes back unchanged; WrongStatus for a cancelled one. Six statements.
    """
    now = timezone.now()

    def work() -> Record:
        asked = find(business_id, appointment_id)
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
        # The people first, then the appointment, as everybody does who needs both.
        if lock_records(business_id, ids=[appointment_id]) != [asked]:
            raise Overtaken(appointment_id)
        wish = wish_of(offer, asked)
        joining = [people[one] for one in asked.additional_staff_ids]
        team = assign(
            offer,
            wish,
            people=people,
            joining=joining,
            staff_id=asked.staff_id,
            override=override is not None,
        ).team
        record = hosted(asked, team, joining, override)._replace(
            approved=True, status=Status.BOOKED.value, status_before=Status.REQUESTED.value
        )
        return write([Placement(record, offer, wish, team)], now=now, new=False)[0]

    return attempt(work)


def cancel(*, business_id: UUID, appointment_id: UUID, by: Actor, reason: str = "") -> Record:
    """The appointment, cancelled: its time is free again. A request is declined the same way.

    One that is cancelled already comes back unchanged, with its first reason; WrongStatus once it
    is under way. Four statements.
    """
    now = timezone.now()

    def work() -> Record:
        hold_record(business_id, appointment_id, by=by)
        standing = find(business_id, appointment_id)
        if standing.cancelled_at is not None:
            return standing
        stepped(standing, Status.CANCELLED)
        return cancelled([standing], reason=reason, by=by, now=now)[0]

    return attempt(work)


def cancelled(standing: Sequence[Record], *, reason: str, by: Actor, now: datetime) -> list[Record]:
    """The appointments, which are locked and stand, cancelled. Two statements."""
    records = [
        record._replace(
            status=Status.CANCELLED.value,
            status_before=record.status,
            cancelled_at=now,
            cancel_reason=reason,
            cancelled_by=by.name[:200],
            updated_at=now,
        )
        for record in standing
    ]
    ledger.rewrite_appointments(records, EventName.DELETE)
    ledger.release(records[0].business_id, [record.id for record in records])
    return records


def find(business_id: UUID, appointment_id: UUID) -> Record:
    record = find_record(business_id, appointment_id)
    if record is None:
        raise AppointmentNotFound
    return record
