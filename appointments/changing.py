"""Changing appointments that are there: when, with whom, what, and how far they have come."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from uuid import UUID

from django.utils import timezone

from appointments import ledger
from appointments.acceptance import (
    Given,
    Override,
    answers_of,
    check_service,
    place_of,
    rule_of,
    wish_of,
)
from appointments.assignment import Diary, named_host, read_diary
from appointments.availability import Person
from appointments.booking import Overtaken, attempt, cancelled, find
from appointments.errors import (
    AdditionalStaffNotBookable,
    AdditionalStaffNotFound,
    AdditionalStaffRepeated,
    DateInPast,
    DaysNotShifted,
    OnlyThis,
    SkippedTime,
    SwapSame,
    WrongStatus,
)
from appointments.models import Status
from appointments.placing import Places, clash_in, write
from appointments.record import Record, Series, find_series, list_series, lock_records
from appointments.snapshot import Offer, read_offer
from appointments.status import stepped
from businesses.actor import Actor
from businesses.identifiers import new_id
from businesses.recurrence import BadRule
from businesses.statements import sign
from businesses.zones import moments_at, zone

Guard = Callable[[Record], None]


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


MOVABLE = {Status.REQUESTED, Status.BOOKED, Status.ARRIVED, Status.IN_PROGRESS}
FOR_MANY = {None, Status.BOOKED, Status.CANCELLED}
UNTOUCHED = {Status.REQUESTED, Status.BOOKED}


def change(
    *,
    business_id: UUID,
    appointment_id: UUID,
    changes: Changes,
    by: Actor,
    override: Override | None = None,
    scope: Scope = Scope.THIS,
    unchanged: Guard | None = None,
) -> Record:
    """The appointment, changed, and with it the others of its series that `scope` names.

    Checked as a booking is wherever it touches when, with whom or what, and again when a request
    is approved or a cancelled appointment comes back; an appointment is never in its own way.
    All or nothing: one of the refusals, and no change. In a series, what was changed by itself,
    is over, has begun or is cancelled stays as it is. `unchanged` raises if the appointment is not
    what the caller has seen. At most sixteen statements, however long the series is.
    """
    now = timezone.now()

    def work() -> Record:
        seen = find(business_id, appointment_id)
        if unchanged is not None:
            unchanged(seen)
        if seen.series_id is None or scope is Scope.THIS:
            group = [seen]
        else:
            group = list_series(business_id, seen.series_id)
        job = Job(business_id, changes, by, override, now, scope if len(group) > 1 else Scope.THIS)
        return job.run(seen, group)

    return attempt(work)


@dataclass(slots=True)
class Job:
    """One change, carried through for one appointment or for some of a series."""

    business_id: UUID
    changes: Changes
    by: Actor
    override: Override | None
    now: datetime
    scope: Scope
    to: Status | None = None
    _series_row: Series | None = None

    def run(self, seen: Record, group: list[Record]) -> Record:
        self.to = self.changes.wanted(seen)
        affected = [one for one in group if one.id == seen.id or self._follows(one, seen)]
        if self.scope is not Scope.THIS and self.to not in FOR_MANY:
            raise OnlyThis
        drafts = {one.id: self._status(one) for one in affected}
        if self.to is Status.CANCELLED:
            return self._cancel(seen, group, affected)
        placing = self.changes.of_place or any(
            not _holds(one) and _holds(drafts[one.id]) for one in affected
        )
        offer, people = self._look(seen, affected) if placing else (None, {})
        if offer is None:
            sign(self.by)
        # The people first, then the appointments, as everybody does who needs both.
        standing = lock_records(self.business_id, ids=[one.id for one in group])
        if {one.id: one for one in standing} != {one.id: one for one in group}:
            raise Overtaken
        if offer is not None:
            self._check_movable(affected)
            drafts = self._moved(seen, affected, drafts, offer, people)
        drafts = {
            key: self._told(one, offer, named=one.id == seen.id) for key, one in drafts.items()
        }
        split = self._series(seen, group, affected, drafts)
        drafts = {one.id: self._in_series(one, drafts[one.id], split) for one in affected}
        if offer is None:
            return self._write_facts(affected, drafts)[seen.id]
        return self._write_places(seen, affected, drafts, offer, people)[seen.id]

    # --- Which ------------------------------------------------------------------------------

    def _follows(self, one: Record, seen: Record) -> bool:
        """Whether another appointment of the series is changed with the one that was named."""
        assert one.series_number is not None
        assert seen.series_number is not None
        if self.scope is Scope.FOLLOWING and one.series_number < seen.series_number:
            return False
        standing = one.status in UNTOUCHED and one.ends_at > self.now
        if self.to is not None and not self.changes.of_place:
            return standing
        return standing and not one.series_exception and one.service_id == seen.service_id

    def _status(self, record: Record) -> Record:
        return stepped(record, self.to) if self.to else record

    def _check_movable(self, affected: Sequence[Record]) -> None:
        for one in affected:
            if self.changes.of_place and one.status not in MOVABLE:
                raise WrongStatus(
                    f"An appointment that is {one.status} can't be moved or changed like that."
                )

    def _cancel(self, seen: Record, group: list[Record], affected: list[Record]) -> Record:
        sign(self.by)
        standing = lock_records(self.business_id, ids=[one.id for one in affected])
        if sorted(standing) != sorted(affected):
            raise Overtaken
        open_ = [one for one in standing if one.cancelled_at is None]
        reason = self.changes.cancel_reason
        done = cancelled(open_, reason=reason, by=self.by, now=self.now) if open_ else []
        return next((one for one in done if one.id == seen.id), seen)

    # --- When and with whom -----------------------------------------------------------------

    def _look(self, seen: Record, affected: Sequence[Record]) -> tuple[Offer, dict[UUID, Person]]:
        """The service, and everybody who hosts before or after, locked."""
        changes = self.changes
        named = {one.staff_id for one in affected}
        named |= {staff_id for one in affected for staff_id in one.additional_staff_ids}
        named |= {*filter(None, [changes.staff_id]), *(changes.additional_staff_ids or ())}
        offer, people = read_offer(
            business_id=self.business_id,
            service_id=changes.service_id or seen.service_id,
            patient_id=seen.patient_id,
            named=named,
            every_provider=False,
            with_questions=bool(changes.answers),
            by=self.by,
        )
        return offer, people

    def _moved(
        self,
        seen: Record,
        affected: Sequence[Record],
        drafts: dict[UUID, Record],
        offer: Offer,
        people: dict[UUID, Person],
    ) -> dict[UUID, Record]:
        changes = self.changes
        length = (
            seen.ends_at - seen.starts_at
            if changes.minutes is None
            else timedelta(minutes=changes.minutes)
        )
        minutes = length // timedelta(minutes=1)
        priced = changes.minutes is not None or changes.service_id not in (None, seen.service_id)
        if priced:
            check_service(offer, minutes)
        starts = self._starts(seen, affected)
        moved = {}
        for one in affected:
            start = starts[one.id]
            if start != one.starts_at and start < self.now and self.override is None:
                raise DateInPast
            long = length if one.id == seen.id or changes.minutes else one.ends_at - one.starts_at
            draft = drafts[one.id]._replace(
                starts_at=start,
                ends_at=start + long,
                original_starts_at=one.original_starts_at
                or (one.starts_at if start != one.starts_at else None),
            )
            if priced:
                draft = draft._replace(price=offer.prices[minutes], currency=offer.currency)
            if changes.service_id not in (None, one.service_id):
                draft = _served(draft, offer)
            if changes.staff_id is not None:
                draft = draft._replace(staff_id=changes.staff_id)
            if changes.additional_staff_ids is not None:
                draft = draft._replace(additional_staff_ids=sorted(changes.additional_staff_ids))
            moved[one.id] = draft
        return moved

    def _starts(self, seen: Record, affected: Sequence[Record]) -> dict[UUID, datetime]:
        """The new starts: in a series all go as many days and to the same wall-clock time."""
        new = self.changes.starts_at
        if new is None:
            return {one.id: one.starts_at for one in affected}
        starts = {seen.id: new.astimezone(UTC)}
        others = [one for one in affected if one.id != seen.id]
        if others:
            place = zone(self._series_of(seen).timezone)
            wall = new.astimezone(place).replace(tzinfo=None)
            days = wall.date() - seen.starts_at.astimezone(place).date()
            for one in others:
                day = one.starts_at.astimezone(place).date() + days
                moments = moments_at(datetime.combine(day, wall.time()), place)
                if not moments:
                    raise SkippedTime(
                        f"On {day} clocks in {place} skip that time; send another time."
                    )
                starts[one.id] = moments[0]
        return starts

    # --- The other facts --------------------------------------------------------------------

    def _told(self, draft: Record, offer: Offer | None, *, named: bool) -> Record:
        """The draft with what needs no free time. Payment is that of the named one alone."""
        changes = self.changes
        if changes.patient_timezone is not None:
            draft = draft._replace(patient_timezone=changes.patient_timezone)
        if changes.location is not None:
            draft = self._located(draft, offer)
        if changes.answers is not None:
            asked = offer or self._offer_of(draft)
            draft = draft._replace(answers=answers_of(asked, changes.answers))
        if changes.notes is not None:
            draft = draft._replace(notes=changes.notes)
        if changes.tags is not None:
            draft = draft._replace(tags=list(changes.tags))
        if named and changes.payment_provider is not None:
            draft = draft._replace(payment_provider=changes.payment_provider)
        if named and changes.payment_id is not None:
            draft = draft._replace(payment_id=changes.payment_id)
        return draft._replace(updated_at=self.now)

    def _offer_of(self, draft: Record) -> Offer:
        offer, _ = read_offer(
            business_id=self.business_id,
            service_id=draft.service_id,
            patient_id=draft.patient_id,
            named=(),
            every_provider=False,
            with_questions=True,
            by=None,
        )
        return offer

    def _located(self, draft: Record, offer: Offer | None) -> Record:
        location = self.changes.location or ""
        offer = offer or self._offer_of(draft)
        kind, value = place_of(offer, location)
        linked = not location
        return draft._replace(
            location_id=offer.location_id if linked else None,
            location_name=offer.location_name if linked else None,
            location_address=offer.location_address if linked else None,
            location_type=kind,
            location_value=value,
        )

    # --- The series -------------------------------------------------------------------------

    def _series_of(self, seen: Record) -> Series:
        assert seen.series_id is not None
        if self._series_row is None:
            self._series_row = find_series(self.business_id, seen.series_id)
        return self._series_row

    def _series(
        self,
        seen: Record,
        group: Sequence[Record],
        affected: Sequence[Record],
        drafts: dict[UUID, Record],
    ) -> Split | None:
        """Writes what becomes of the series: moved as a whole, or split where the tail begins.

        The tail takes its exceptions and what is cancelled with it. Three statements at most.
        """
        if self.scope is Scope.THIS or not self.changes.of_place or seen.series_id is None:
            return None
        series = self._series_of(seen)
        assert seen.series_number is not None
        place, start = zone(series.timezone), drafts[seen.id].starts_at
        shift = (
            start.astimezone(place).date() - seen.starts_at.astimezone(place).date()
            if start != seen.starts_at
            else timedelta()
        )
        rule = rule_of(series.rrule)
        if shift.days:
            try:
                rule = rule.ending_after(series.dates).shifted(shift.days)
            except BadRule as wrong:
                raise DaysNotShifted(str(wrong)) from wrong
        if self.scope is Scope.ALL or seen.series_number == 1:
            wall = start.astimezone(place).time().replace(tzinfo=None)
            first = (series.starts_at.astimezone(place) + shift).date()
            moments = moments_at(datetime.combine(first, wall), place)
            if start != seen.starts_at:
                rule = rule.ending_after(series.dates)
                ledger.write_series(
                    series_id=series.id,
                    business_id=self.business_id,
                    rrule=rule.written,
                    timezone=series.timezone,
                    starts_at=moments[0] if moments else start,
                    dates=series.dates,
                    now=self.now,
                )
            return Split(series.id, 0, rule.written, {one.id for one in group})
        ended = seen.series_number - 1
        head = rule_of(series.rrule).ending_after(ended)
        tail_id, left = new_id(), series.dates - ended
        tail = rule.ending_after(left)
        ledger.write_series(
            series_id=series.id,
            business_id=self.business_id,
            rrule=head.written,
            timezone=series.timezone,
            starts_at=series.starts_at,
            dates=ended,
            now=self.now,
        )
        ledger.write_series(
            series_id=tail_id,
            business_id=self.business_id,
            rrule=tail.written,
            timezone=series.timezone,
            starts_at=start,
            dates=left,
            now=self.now,
        )
        ledger.move_to_series(self.business_id, series.id, tail_id, after=ended, now=self.now)
        members = {one.id for one in group if (one.series_number or 0) > ended}
        return Split(tail_id, ended, tail.written, members)

    def _in_series(self, was: Record, draft: Record, split: Split | None) -> Record:
        """The draft with its place in its series: moved alone it becomes an exception of it."""
        if draft.series_id is None:
            return draft
        if self.scope is Scope.THIS:
            return draft._replace(
                series_exception=draft.series_exception or _place(was) != _place(draft)
            )
        if split is None or draft.id not in split.members:
            return draft
        assert draft.series_number is not None
        return draft._replace(
            series_id=split.series_id,
            series_number=draft.series_number - split.before,
            rrule=split.rrule,
        )

    # --- Written ----------------------------------------------------------------------------

    def _write_facts(
        self, affected: Sequence[Record], drafts: dict[UUID, Record]
    ) -> dict[UUID, Record]:
        changed = [drafts[one.id] for one in affected if drafts[one.id] != one]
        ledger.rewrite_appointments(changed)
        freed = [one.id for one in affected if _holds(one) and not _holds(drafts[one.id])]
        if freed:
            ledger.release(self.business_id, freed)
        return drafts

    def _write_places(
        self,
        seen: Record,
        affected: Sequence[Record],
        drafts: dict[UUID, Record],
        offer: Offer,
        people: dict[UUID, Person],
    ) -> dict[UUID, Record]:
        ids = [one.id for one in affected]
        wishes = {key: wish_of(offer, draft, ids) for key, draft in drafts.items()}
        hosts = {one.staff_id: named_host(people, one.staff_id) for one in drafts.values()}
        teams = {
            key: self._along(draft, people, named=key == seen.id) for key, draft in drafts.items()
        }
        everybody = {one.id: one for joining in teams.values() for one in joining}
        diary = read_diary(
            offer,
            hosts=hosts.values(),
            joining=list(everybody.values()),
            windows=[wish.held for wish in wishes.values()],
            lock=True,
        )
        places = Places(self.override)
        for key, draft in sorted(drafts.items(), key=lambda one: one[1].starts_at):
            own = Diary(offer, teams[key], diary.calendars, diary.resources)
            places.put(own, draft, wishes[key], hosts[draft.staff_id])
        if places.clashes:
            raise clash_in(places.clashes, dates=len(drafts))
        if any(_holds(one) for one in affected):
            ledger.release(self.business_id, ids)
        records = {one.id: one for one in write(places.placed, now=self.now, new=False)}
        if any(
            sorted(records[one.id].additional_staff_ids) != sorted(one.additional_staff_ids)
            for one in affected
        ):
            ledger.replace_hosts(list(records.values()))
        return records

    def _along(self, draft: Record, people: dict[UUID, Person], *, named: bool) -> list[Person]:
        """Who comes along, as `additional_staff_ids` says."""
        asked = self.changes.additional_staff_ids is not None
        joining = []
        for staff_id in draft.additional_staff_ids:
            if staff_id == draft.staff_id:
                if asked:
                    raise AdditionalStaffRepeated
                continue  # whoever came along hosts it now
            person = people.get(staff_id)
            if person is None:
                raise AdditionalStaffNotFound
            if not person.active and asked:
                raise AdditionalStaffNotBookable
            joining.append(person)
        return sorted(joining, key=lambda one: one.id)


@dataclass(frozen=True, slots=True)
class Split:
    """The series that changed appointments are in from now on, and how many dates went before."""

    series_id: UUID
    before: int
    rrule: str
    members: Collection[UUID]


def _holds(record: Record) -> bool:
    return record.approved and record.cancelled_at is None


def _place(record: Record) -> tuple[object, ...]:
    hosts = (record.staff_id, *sorted(record.additional_staff_ids))
    return record.service_id, record.starts_at, record.ends_at, hosts


def _served(draft: Record, offer: Offer) -> Record:
    """The draft for another service, given where that service is."""
    return draft._replace(
        service_id=offer.service_id,
        service_name=offer.service_name,
        service_alias=offer.service_alias,
        location_id=offer.location_id,
        location_name=offer.location_name,
        location_address=offer.location_address,
        location_type=offer.location_type,
        location_value=offer.location_value,
    )


def swap(
    *,
    business_id: UUID,
    appointment_ids: tuple[UUID, UUID],
    by: Actor,
    override: Override | None = None,
) -> list[Record]:
    """Two appointments, each at the start and with the staff member of the other.

    Services, lengths and patients stay. Both or neither: a Clash if one of them does not fit where
    the other was. At most thirteen statements, seventeen with rooms.
    """
    if appointment_ids[0] == appointment_ids[1]:
        raise SwapSame
    now = timezone.now()

    def work() -> list[Record]:
        first, second = (find(business_id, one) for one in appointment_ids)
        # All of them at once, so that no rival holds one and waits for the other.
        everybody = {
            staff_id
            for one in (first, second)
            for staff_id in (one.staff_id, *one.additional_staff_ids)
        }
        looks = [
            read_offer(
                business_id=business_id,
                service_id=one.service_id,
                patient_id=one.patient_id,
                named=everybody,
                every_provider=False,
                with_questions=False,
                by=by,
            )
            for one in (first, second)
        ]
        standing = lock_records(business_id, ids=appointment_ids)
        if {one.id: one for one in standing} != {one.id: one for one in (first, second)}:
            raise Overtaken
        places = Places(override)
        for (offer, people), one, other in zip(
            looks, (first, second), (second, first), strict=True
        ):
            if one.status not in MOVABLE:
                raise WrongStatus(f"An appointment that is {one.status} can't be swapped.")
            if other.starts_at < now and other.starts_at != one.starts_at and override is None:
                raise DateInPast
            draft = one._replace(
                staff_id=other.staff_id,
                starts_at=other.starts_at,
                ends_at=other.starts_at + (one.ends_at - one.starts_at),
                original_starts_at=one.original_starts_at
                or (one.starts_at if other.starts_at != one.starts_at else None),
                series_exception=one.series_id is not None,
            )
            host = named_host(people, draft.staff_id)
            joining = [people[x] for x in one.additional_staff_ids if x != host.id]
            wish = wish_of(offer, draft, appointment_ids)
            diary = read_diary(offer, hosts=[host], joining=joining, windows=[wish.held], lock=True)
            places.enter(diary)
            places.put(diary, draft, wish, host)
        if places.clashes:
            raise clash_in(places.clashes)
        ledger.release(business_id, appointment_ids)
        written = [record for one in places.placed for record in write([one], now=now, new=False)]
        changed = [
            new
            for new, old in zip(written, (first, second), strict=True)
            if new.additional_staff_ids != old.additional_staff_ids
        ]
        if changed:
            ledger.replace_hosts(changed)
        return written

    return attempt(work)
