"""Taking back the last change of an appointment, unless somebody has changed it since."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.utils import timezone

from appointments import ledger
from appointments.acceptance import Override, wish_of
from appointments.assignment import Diary, named_host, read_diary
from appointments.availability import Person
from appointments.booking import Overtaken, attempt, cancelled, find
from appointments.errors import AdditionalStaffNotFound, Stale
from appointments.models import Status
from appointments.placing import Places, clash_in, write
from appointments.record import Record, Series, list_series, lock_records
from appointments.resource_calendars import hold_resources
from appointments.snapshot import Offer, read_offer
from appointments.status import stepped
from businesses.actor import Actor
from businesses.models import EventName
from businesses.statements import sign

# What an appointment was before, as its history has it.
FACTS = tuple(name for name in ledger.CHANGED if name != "updated_at")


def undo(
    *,
    business_id: UUID,
    appointment_id: UUID,
    seen: datetime,
    by: Actor,
    may_override: bool = False,
) -> Record:
    """The appointment as it was before its last change, which made it what it was when `seen`.

    A booking is cancelled. What was changed together, as dates of a series, is taken back
    together, and the series with it. Where time is held again it is checked as when it was booked:
    a Clash says who took it meanwhile. What was against the rules on purpose is so again only for
    somebody who `may_override`, else it is a Clash too. Stale where any was changed once more.
    Six statements for a step or a booking, thirteen for a move, two more for whoever came along,
    four more for a series, however long it is.
    """
    now = timezone.now()

    def work() -> Record:
        record = find(business_id, appointment_id)
        if record.updated_at != seen:
            raise Stale
        return _Undoing(business_id, record, by, now, may_override).run()

    return attempt(work)


@dataclass(frozen=True, slots=True)
class _Undoing:
    """One change being taken back, for all the appointments that it was for."""

    business_id: UUID
    seen: Record
    by: Actor
    now: datetime
    may_override: bool

    def run(self) -> Record:
        group = self._group()
        before = self._before(group)
        changed = [one for one in group if one.id in before]
        if any(was is None for was in before.values()):
            return self._unbook(changed)
        drafts = {
            one.id: one._replace(**before[one.id] or {}, updated_at=self.now) for one in changed
        }
        series = self._series_before(changed, drafts)
        drafts = {
            key: draft._replace(rrule=series[draft.series_id].rrule)
            if draft.series_id in series
            else draft
            for key, draft in drafts.items()
        }
        placed = [drafts[one.id] for one in changed if _is_placed(one, drafts[one.id])]
        places = self._look(group, changed, placed)
        self._write_series(series)
        holding = [
            one.id
            for one in changed
            if _holds(one) and (_moves(one, drafts[one.id]) or not _holds(drafts[one.id]))
        ]
        if holding:
            ledger.release(self.business_id, holding)
        written = write(places.placed, now=self.now, new=False) if places.placed else []
        told = {one.id: one for one in written}
        joined = [
            (drafts | told)[one.id]
            for one in changed
            if one.additional_staff_ids != drafts[one.id].additional_staff_ids
        ]
        if joined:
            ledger.replace_hosts(joined)
        rest = [draft for key, draft in drafts.items() if key not in told]
        for name, some in (
            (EventName.DELETE, [one for one in rest if one.cancelled_at]),
            (EventName.UPDATE, [one for one in rest if not one.cancelled_at]),
        ):
            if some:
                ledger.rewrite_appointments(some, name)
        left = _series_of(changed) - _series_of(drafts.values())
        if left:
            ledger.remove_series(self.business_id, left)
        return (drafts | told)[self.seen.id]

    # --- Which, and what it was -------------------------------------------------------------

    def _group(self) -> list[Record]:
        """The appointment, and the others of its series and of the one that it was parted from."""
        if self.seen.series_id is None:
            return [self.seen]
        events = _events("AppointmentEvent", self.business_id, [self.seen.id], ("series_id",))
        ids = {self.seen.series_id, *(one["series_id"] for one in events[self.seen.id][-2:])}
        found = [one for key in sorted(filter(None, ids)) for one in self._series(key)]
        if self.seen not in found:  # the rival came between the two looks
            raise Overtaken(self.seen.series_id)
        return found

    def _series(self, series_id: UUID) -> list[Record]:
        return list_series(self.business_id, series_id)

    def _before(self, group: Sequence[Record]) -> dict[UUID, dict[str, Any] | None]:
        """Of each that the last change was for, what it was before; None where it was booked by it.

        Stale if one of them has been changed since.
        """
        found: dict[UUID, dict[str, Any] | None] = {}
        stamp = self.seen.updated_at
        names = (*FACTS, "updated_at", "pgh_created_at")
        events = _events("AppointmentEvent", self.business_id, [one.id for one in group], names)
        for key, versions in events.items():
            of_this = [i for i, one in enumerate(versions) if one["updated_at"] == stamp]
            if not of_this:
                continue
            if of_this[-1] != len(versions) - 1:
                raise Stale
            last = versions[-2] if len(versions) > 1 else None
            found[key] = {name: last[name] for name in FACTS} if last else None
        begun = events[self.seen.id][-1]["pgh_created_at"]
        joined = self._joined_before([one for one in group if found.get(one.id)], begun)
        for key, staff_ids in joined.items():
            found[key] = (found[key] or {}) | {"additional_staff_ids": staff_ids}
        return found

    def _joined_before(self, changed: Sequence[Record], begun: datetime) -> dict[UUID, list[UUID]]:
        """Who came along before the last change, whose transaction had `begun` then. One query.

        Only of those of whom it changed that: all of their rows were written anew by it.
        """
        events = apps.get_model("appointments", "AdditionalHostEvent").objects.filter(
            business_id=self.business_id,
            appointment_id__in=[one.id for one in changed],
            pgh_created_at=begun,
        )
        found: dict[UUID, set[UUID]] = {}
        shown = ("pgh_label", "appointment_id", "staff_id", "created_at")
        for label, key, staff_id, made in events.values_list(*shown):
            if label == "delete":
                found.setdefault(key, set()).add(staff_id)
            elif made == self.seen.updated_at:
                found.setdefault(key, set())
        return {key: sorted(of_this) for key, of_this in found.items()}

    def _series_before(
        self, changed: Sequence[Record], drafts: Mapping[UUID, Record]
    ) -> dict[UUID, Series]:
        """What the rules of their series were, if the last change was for those too."""
        ids = _series_of(changed) | _series_of(drafts.values())
        if not ids:
            return {}
        names = (*Series._fields, "updated_at")
        found = {}
        for key, versions in _events("SeriesEvent", self.business_id, ids, names).items():
            stamps = [one["updated_at"] for one in versions]
            if self.seen.updated_at in stamps[:-1]:
                raise Stale
            if len(stamps) > 1 and stamps[-1] == self.seen.updated_at:
                found[key] = Series(**{name: versions[-2][name] for name in Series._fields})
        return found

    # --- What was booked --------------------------------------------------------------------

    def _unbook(self, booked: Sequence[Record]) -> Record:
        for one in booked:
            stepped(one, Status.CANCELLED)
        self._lock(booked)
        done = cancelled(booked, reason="", by=self.by, now=self.now)
        return next(one for one in done if one.id == self.seen.id)

    # --- Whether it can be so again ---------------------------------------------------------

    def _lock(self, group: Sequence[Record], *, signed: bool = False) -> None:
        """The rival that this keeps out: whoever else changes one of them."""
        if not signed:
            sign(self.by)
        standing = lock_records(self.business_id, ids=[one.id for one in group])
        if {one.id: one for one in standing} != {one.id: one for one in group}:
            raise Overtaken(self.seen.series_id or self.seen.id)

    def _look(
        self, group: Sequence[Record], changed: Sequence[Record], placed: Sequence[Record]
    ) -> Places:
        """Who and what they would hold; one Clash if something is in the way of any."""
        places = Places(None)
        if not placed:
            self._lock(group)
            return places
        # The people first, then the appointments, then the rooms, as everybody does.
        everybody = {one for record in (*changed, *placed) for one in _team(record)}
        looks = {
            one.service_id: read_offer(
                business_id=self.business_id,
                service_id=one.service_id,
                patient_id=one.patient_id,
                named=everybody,
                every_provider=False,
                with_questions=False,
                by=self.by,
            )
            for one in {one.service_id: one for one in placed}.values()
        }
        self._lock(group, signed=True)
        hold_resources(
            self.business_id, [need for offer, _ in looks.values() for need in offer.needs]
        )
        for offer, people in looks.values():
            self._place(places, placed, offer, people)
        if places.clashes:
            raise clash_in(places.clashes, dates=len(placed))
        return places

    def _place(
        self, places: Places, placed: Sequence[Record], offer: Offer, people: Mapping[UUID, Person]
    ) -> None:
        """Those of one service, one after the other, each judged with those before it."""
        moving = [one.id for one in placed]
        drafts = [one for one in placed if one.service_id == offer.service_id]
        hosts = {one.staff_id: named_host(people, one.staff_id) for one in drafts}
        along = {key for one in drafts for key in one.additional_staff_ids}
        wishes = {one.id: wish_of(offer, one, moving) for one in drafts}
        diary = read_diary(
            offer,
            hosts=hosts.values(),
            joining=[_somebody(people, one) for one in sorted(along - hosts.keys())],
            windows=[one.held for one in wishes.values()],
        )
        places.enter(diary)
        for draft in sorted(drafts, key=lambda one: (one.starts_at, one.id)):
            joining = [_somebody(people, one) for one in draft.additional_staff_ids]
            own = Diary(offer, joining, diary.calendars, diary.resources)
            on_purpose = self.may_override and (draft.overbooked or draft.override_reason)
            places.override = Override(draft.override_reason) if on_purpose else None
            places.put(own, draft, wishes[draft.id], hosts[draft.staff_id])

    # --- Written ----------------------------------------------------------------------------

    def _write_series(self, series: Mapping[UUID, Series]) -> None:
        """The rules as they were."""
        for one in series.values():
            ledger.write_series(
                series_id=one.id,
                business_id=self.business_id,
                rrule=one.rrule,
                timezone=one.timezone,
                starts_at=one.starts_at,
                dates=one.dates,
                now=self.now,
            )


def _events(
    model: str, business_id: UUID, ids: Collection[UUID], names: Sequence[str]
) -> dict[UUID, list[dict[str, Any]]]:
    """Everything that these rows have been, by row, oldest first. One query."""
    found: dict[UUID, list[dict[str, Any]]] = {}
    events = apps.get_model("appointments", model).objects.filter(
        business_id=business_id, pgh_obj_id__in=ids
    )
    for event in events.order_by("pgh_id").values("pgh_obj_id", *names):
        found.setdefault(event.pop("pgh_obj_id"), []).append(event)
    return found


def _holds(record: Record) -> bool:
    return record.approved and record.cancelled_at is None


def _team(record: Record) -> list[UUID]:
    return [record.staff_id, *record.additional_staff_ids]


def _somebody(people: Mapping[UUID, Person], staff_id: UUID) -> Person:
    if staff_id not in people:
        raise AdditionalStaffNotFound
    return people[staff_id]


def _series_of(records: Iterable[Record]) -> set[UUID]:
    return {one.series_id for one in records if one.series_id is not None}


def _moves(was: Record, draft: Record) -> bool:
    """Whether it is to be at another time, or with somebody else."""
    return _place(was) != _place(draft)


def _place(one: Record) -> tuple[object, ...]:
    return one.service_id, _team(one), one.starts_at, one.ends_at


def _is_placed(was: Record, draft: Record) -> bool:
    """Whether it needs time that it does not have now."""
    comes_back = _holds(draft) and not _holds(was)
    return comes_back or (draft.cancelled_at is None and _moves(was, draft))
