"""Changing appointments that are there: when, with whom, what, and how far they have come."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext

from appointments import ledger
from appointments.acceptance import (
    Override,
    answers_of,
    check_service,
    place_of,
    wish_of,
)
from appointments.assignment import Diary, named_host, read_diary
from appointments.availability import Person
from appointments.booking import Overtaken, attempt, cancelled, find
from appointments.changes import Changes, Scope
from appointments.errors import (
    AdditionalStaffNotBookable,
    AdditionalStaffNotFound,
    AdditionalStaffRepeated,
    DateInPast,
    OnlyThis,
    WrongStatus,
)
from appointments.models import Status
from appointments.placing import Places, clash_in, write
from appointments.record import Record, find_series, list_series, lock_records
from appointments.shifting import Course, Parted
from appointments.snapshot import Offer, read_offer
from appointments.status import MOVABLE, in_words, stepped
from businesses.actor import Actor
from businesses.identifiers import new_id
from businesses.statements import sign

Guard = Callable[[Record], None]


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
    what the caller has seen. At most twenty statements, however long the series is.
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
            if seen not in group:  # the rival came between the two looks
                raise Overtaken(seen.series_id)
        alone = scope is Scope.THIS or seen.series_id is None
        wanted = changes.beside(seen) if alone else changes
        job = Job(business_id, wanted, by, override, now, Scope.THIS if alone else scope)
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
    _offers: dict[UUID, Offer] = field(default_factory=dict)

    def run(self, seen: Record, group: list[Record]) -> Record:
        self.to = self.changes.wanted(seen)
        affected = [one for one in group if one.id == seen.id or self._follows(one, seen)]
        if self.scope is not Scope.THIS and self.to not in FOR_MANY:
            raise OnlyThis
        drafts = {one.id: self._status(one) for one in affected}
        if self.to is Status.CANCELLED:
            return self._cancel(seen, affected)
        placed = [
            one
            for one in affected
            if self.changes.of_place or (not _holds(one) and _holds(drafts[one.id]))
        ]
        offer, people = self._look(seen, placed) if placed else (None, {})
        if offer is None:
            sign(self.by)
        # The people first, then the appointments, as everybody does who needs both.
        standing = lock_records(self.business_id, ids=[one.id for one in group])
        if {one.id: one for one in standing} != {one.id: one for one in group}:
            raise Overtaken(seen.series_id or seen.id)
        parted = None
        if offer is not None and self.changes.of_place:
            self._check_movable(affected)
            parted, starts = self._course(seen, group, affected)
            drafts = self._moved(affected, drafts, starts, offer)
            if self.changes.asks_again and offer.requires_approval:
                drafts = {key: _asked_again(one) for key, one in drafts.items()}
        drafts = {one.id: self._told(one, drafts[one.id], seen) for one in affected}
        if parted is not None:
            drafts |= self._left(group, drafts, parted)
        was = {one.id: one for one in group}
        drafts = {key: self._in_series(was[key], draft, parted) for key, draft in drafts.items()}
        wanted = {one.id: drafts.pop(one.id) for one in placed}
        places = self._placed(wanted, offer, people) if offer else None
        # Decided: from here on it is written.
        if parted is not None:
            self._write_series(parted)
        self._write_facts(was, drafts)
        if places is not None:
            drafts |= self._write_places(placed, places)
        return drafts[seen.id]

    # --- Which ------------------------------------------------------------------------------

    def _follows(self, one: Record, seen: Record) -> bool:
        """Whether another appointment of the series is changed with the one that was named."""
        assert one.series_number is not None
        assert seen.series_number is not None
        if self.scope is Scope.FOLLOWING and one.series_number < seen.series_number:
            return False
        standing = one.status in UNTOUCHED and one.ends_at > self.now
        alike = standing and one.service_id == seen.service_id
        if self.changes.of_place or self.to is None:
            return alike and not one.series_exception
        if self.to is Status.CANCELLED:
            return standing and (one.status == Status.REQUESTED or not self.changes.declines)
        # Approved: every request is; but with a cancelled one that comes back, no other does.
        asked = one.status == Status.REQUESTED and seen.status != Status.CANCELLED
        return alike and (asked or (self.to == seen.status and not one.series_exception))

    def _status(self, record: Record) -> Record:
        return stepped(record, self.to) if self.to else record

    def _check_movable(self, affected: Sequence[Record]) -> None:
        for one in affected:
            if one.status not in MOVABLE:
                raise WrongStatus(
                    gettext(
                        "An appointment that is %(status)s can't be moved or changed like that."
                    )
                    % {"status": in_words(one.status)}
                )

    def _cancel(self, seen: Record, affected: list[Record]) -> Record:
        if self.changes.of_place:
            raise WrongStatus(gettext("An appointment that is cancelled can't be moved as well."))
        sign(self.by)
        standing = lock_records(self.business_id, ids=[one.id for one in affected])
        if sorted(standing) != sorted(affected):
            raise Overtaken(seen.series_id or seen.id)
        told = {one.id: self._told(one, one, seen) for one in standing}
        open_ = [one for one in told.values() if one.cancelled_at is None]
        if open_:
            reason = self.changes.cancel_reason
            done = cancelled(open_, reason=reason, by=self.by, now=self.now)
            told |= {one.id: one for one in done}
        gone = {one.id: one for one in standing if one.cancelled_at is not None}
        self._write_facts(gone, {key: told[key] for key in gone})
        return told[seen.id]

    # --- When and with whom -----------------------------------------------------------------

    def _look(self, seen: Record, placed: Sequence[Record]) -> tuple[Offer, dict[UUID, Person]]:
        """The service, and everybody who hosts before or after, locked."""
        changes = self.changes
        named = {one.staff_id for one in placed}
        named |= {staff_id for one in placed for staff_id in one.additional_staff_ids}
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
        self._offers[offer.service_id] = offer
        return offer, people

    def _moved(
        self,
        affected: Sequence[Record],
        drafts: dict[UUID, Record],
        starts: dict[UUID, datetime],
        offer: Offer,
    ) -> dict[UUID, Record]:
        changes = self.changes
        moved = {}
        for one in affected:
            start, length = starts[one.id], one.ends_at - one.starts_at
            if start != one.starts_at and start < self.now and self.override is None:
                raise DateInPast
            long = length if changes.minutes is None else timedelta(minutes=changes.minutes)
            draft = drafts[one.id]._replace(
                starts_at=start,
                ends_at=start + long,
                original_starts_at=one.original_starts_at
                or (one.starts_at if start != one.starts_at else None),
            )
            if long != length or offer.service_id != one.service_id:
                minutes = long // timedelta(minutes=1)
                check_service(offer, minutes)
                draft = draft._replace(price=offer.prices[minutes], currency=offer.currency)
            if offer.service_id != one.service_id:
                draft = _served(draft, offer)
            if changes.staff_id is not None:
                draft = draft._replace(staff_id=changes.staff_id)
            if changes.additional_staff_ids is not None:
                draft = draft._replace(additional_staff_ids=sorted(changes.additional_staff_ids))
            moved[one.id] = draft
        return moved

    # --- The other facts --------------------------------------------------------------------

    def _told(self, was: Record, draft: Record, seen: Record) -> Record:
        """The draft with what needs no free time. Payment is that of the named one alone."""
        changes = self.changes
        if changes.patient_timezone is not None:
            draft = draft._replace(patient_timezone=changes.patient_timezone)
        if changes.location is not None:
            draft = _located(draft, self._offer_of(draft), changes.location)
        if changes.answers is not None:
            draft = draft._replace(answers=answers_of(self._offer_of(draft), changes.answers))
        if changes.notes is not None:
            draft = draft._replace(notes=changes.notes)
        if changes.tags is not None:
            draft = draft._replace(tags=list(changes.tags))
        if was.id == seen.id and changes.payment_provider is not None:
            draft = draft._replace(payment_provider=changes.payment_provider)
        if was.id == seen.id and changes.payment_id is not None:
            draft = draft._replace(payment_id=changes.payment_id)
        return draft

    def _offer_of(self, draft: Record) -> Offer:
        """The service of an appointment, looked up once."""
        if draft.service_id not in self._offers:
            self._offers[draft.service_id], _ = read_offer(
                business_id=self.business_id,
                service_id=draft.service_id,
                patient_id=draft.patient_id,
                named=(),
                every_provider=False,
                with_questions=True,
                by=None,
            )
        return self._offers[draft.service_id]

    # --- The series -------------------------------------------------------------------------

    def _course(
        self, seen: Record, group: Sequence[Record], affected: Sequence[Record]
    ) -> tuple[Parted | None, dict[UUID, datetime]]:
        """What becomes of the series, if anything does, and when everything starts."""
        new, number = self.changes.starts_at, seen.series_number
        starts = {one.id: one.starts_at for one in affected}
        if self.scope is Scope.THIS or seen.series_id is None or number is None:
            return None, starts | ({seen.id: new.astimezone(UTC)} if new else {})
        first = self._first(seen, group, affected)
        if new is None and first == 1:
            return None, starts
        course = Course.of(find_series(self.business_id, seen.series_id))
        move = course.move(number, new) if new else None
        if move is not None:
            starts = course.starts(affected, move)
        return course.parted(first, move, new_id()), starts

    def _first(self, seen: Record, group: Sequence[Record], affected: Sequence[Record]) -> int:
        """The number from which on the series is another one: 1, unless something stays before."""
        if self.scope is Scope.FOLLOWING:
            return seen.series_number or 1
        first = min(one.series_number or 1 for one in affected)
        stays = any(
            (one.series_number or 1) < first
            and not one.series_exception
            and one.cancelled_at is None
            for one in group
        )
        return first if stays and self.changes.starts_at is not None else 1

    def _left(
        self, group: Sequence[Record], drafts: Collection[UUID], parted: Parted
    ) -> dict[UUID, Record]:
        """What stays where it is though its series, or the rule of its series, is another now."""
        moved = self.changes.starts_at is not None
        return {
            one.id: one
            for one in group
            if one.id not in drafts
            and (one.series_number or 0) >= parted.first
            and (parted.head is not None or (moved and not one.series_exception))
        }

    def _in_series(self, was: Record, draft: Record, parted: Parted | None) -> Record:
        """The draft with its place in its series: off its rule it becomes an exception of it."""
        if draft.series_id is not None and self.scope is Scope.THIS:
            alone = _place(was) != _place(draft)
            draft = draft._replace(series_exception=was.series_exception or alone)
        if parted is not None and (number := was.series_number or 0) >= parted.first:
            off = draft.starts_at != parted.date(number)
            draft = draft._replace(
                series_id=parted.tail.id,
                series_number=number - parted.first + 1,
                series_exception=was.series_exception or off,
                rrule=parted.tail.rrule,
            )
        return draft if draft == was else draft._replace(updated_at=self.now)

    # --- Decided ----------------------------------------------------------------------------

    def _placed(
        self, drafts: dict[UUID, Record], offer: Offer, people: dict[UUID, Person]
    ) -> Places:
        """All of them with who and what they hold; one Clash if any is in the way of something."""
        wishes = {key: wish_of(offer, draft, drafts) for key, draft in drafts.items()}
        hosts = {one.staff_id: named_host(people, one.staff_id) for one in drafts.values()}
        teams = {key: self._along(draft, people) for key, draft in drafts.items()}
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
        return places

    def _along(self, draft: Record, people: dict[UUID, Person]) -> list[Person]:
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

    # --- Written ----------------------------------------------------------------------------

    def _write_series(self, parted: Parted) -> None:
        """Two statements at most."""
        for series in filter(None, (parted.head, parted.tail)):
            ledger.write_series(
                series_id=series.id,
                business_id=self.business_id,
                rrule=series.rrule,
                timezone=series.timezone,
                starts_at=series.starts_at,
                dates=series.dates,
                now=self.now,
            )

    def _write_facts(self, was: dict[UUID, Record], drafts: dict[UUID, Record]) -> None:
        changed = [one for key, one in drafts.items() if one != was[key]]
        if changed:
            ledger.rewrite_appointments(changed)
        freed = [one.id for one in changed if _holds(was[one.id]) and not _holds(one)]
        if freed:
            ledger.release(self.business_id, freed)

    def _write_places(self, was: Sequence[Record], places: Places) -> dict[UUID, Record]:
        if any(_holds(one) for one in was):
            ledger.release(self.business_id, [one.id for one in was])
        records = {one.id: one for one in write(places.placed, now=self.now, new=False)}
        if any(
            sorted(records[one.id].additional_staff_ids) != sorted(one.additional_staff_ids)
            for one in was
        ):
            ledger.replace_hosts(list(records.values()))
        return records


def _holds(record: Record) -> bool:
    return record.approved and record.cancelled_at is None


def _asked_again(record: Record) -> Record:
    """What was booked waits for approval once more; at its old time it holds nothing."""
    if record.status != Status.BOOKED:
        return record
    return record._replace(
        status=Status.REQUESTED.value, status_before="", approved=False, group_slot_id=None
    )


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


def _located(draft: Record, offer: Offer, location: str) -> Record:
    """The draft at an address or under a link; where its service is, if none is given."""
    kind, value = place_of(offer, location)
    linked = not location
    return draft._replace(
        location_id=offer.location_id if linked else None,
        location_name=offer.location_name if linked else None,
        location_address=offer.location_address if linked else None,
        location_type=kind,
        location_value=value,
    )
