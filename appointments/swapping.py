"""Two appointments that change places."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext

from appointments import ledger
from appointments.acceptance import (
    Override,
    wish_of,
)
from appointments.assignment import named_host, read_diary
from appointments.booking import Overtaken, attempt, find
from appointments.errors import (
    DateInPast,
    SwapSame,
    WrongStatus,
)
from appointments.placing import Places, clash_in, write
from appointments.record import Record, lock_records
from appointments.resource_calendars import hold_resources
from appointments.snapshot import read_offer
from appointments.status import MOVABLE, in_words
from businesses.actor import Actor


def swap(
    *,
    business_id: UUID,
    appointment_ids: tuple[UUID, UUID],
    by: Actor,
    override: Override | None = None,
) -> list[Record]:
    """Two appointments, each at the start and with the staff member of the other.

    Services, lengths and patients stay. Both or neither: a Clash if one of them does not fit where
    the other was. At most thirteen statements, eighteen with rooms.
    """
    if appointment_ids[0] == appointment_ids[1]:
        raise SwapSame
    now = timezone.now()

    def work() -> list[Record]:
        first, second = (find(business_id, one) for one in appointment_ids)
        everybody = {
            staff_id
            for one in (first, second)
            for staff_id in (one.staff_id, *one.additional_staff_ids)
        }
        # All people with the first look, and later all rooms in one statement, so that no rival
        # holds one of them and waits for another.
        looks = [
            read_offer(
                business_id=business_id,
                service_id=one.service_id,
                patient_id=one.patient_id,
                named=everybody,
                every_provider=False,
                with_questions=False,
                by=by if one is first else None,
            )
            for one in (first, second)
        ]
        standing = lock_records(business_id, ids=appointment_ids)
        if {one.id: one for one in standing} != {one.id: one for one in (first, second)}:
            raise Overtaken(*(one.series_id or one.id for one in (first, second)))
        hold_resources(business_id, [need for offer, _ in looks for need in offer.needs])
        places = Places(override)
        for (offer, people), one, other in zip(
            looks, (first, second), (second, first), strict=True
        ):
            if one.status not in MOVABLE:
                raise WrongStatus(
                    gettext("An appointment that is %(status)s can't be swapped.")
                    % {"status": in_words(one.status)}
                )
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
            diary = read_diary(offer, hosts=[host], joining=joining, windows=[wish.held])
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
