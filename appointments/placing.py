"""Several visits decided and written together: nobody is in two of them at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext

from appointments import ledger
from appointments.acceptance import Override
from appointments.assignment import Diary, Situation, Taken, Team, clash_of
from appointments.availability import Busy, Person, SlotKey, Wish
from appointments.errors import Clash
from appointments.models import Status
from appointments.record import Record
from appointments.snapshot import Offer


@dataclass(frozen=True, slots=True)
class Placement:
    """An appointment as it shall be, and who and what it holds for that."""

    record: Record
    offer: Offer
    wish: Wish
    team: Team


def hosted(
    draft: Record, team: Team, joining: Iterable[Person], override: Override | None
) -> Record:
    """The appointment with its hosts."""
    return draft._replace(
        staff_id=team.host.id,
        staff_name=team.host.name,
        staff_email=team.host.email,
        additional_staff_ids=[one.id for one in joining if one.id != team.host.id],
        overbooked=team.busy,
        override_reason=override.reason if override else "",
    )


@dataclass(slots=True)
class Places:
    """What has been decided so far: each visit is judged with those before it in its place."""

    override: Override | None
    placed: list[Placement] = field(default_factory=list)
    clashes: list[tuple[Situation, type[Clash]]] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)

    def put(
        self,
        diary: Diary,
        draft: Record,
        wish: Wish,
        host: Person,
        *,
        anyone: Sequence[Person] = (),
    ) -> bool:
        """Whether the visit could be placed with that host; else it is among the clashes.

        Where nobody was named, `anyone` is everybody who provides the service.
        """
        team = diary.team(host, wish)
        if not self._possible(team):
            self.clashes.append(self._clash(diary, wish, team, anyone))
            return False
        record = hosted(draft, team, diary.joining, self.override)
        self.placed.append(Placement(record, diary.offer, wish, team))
        busy = Busy(
            kind="appointment",
            span=wish.held,
            visit=wish.visit,
            slot=wish.slot(host.id),
            place=team.holds(wish)[0].place,
            places=wish.places,
        )
        rooms = {room.id for room in team.rooms.resources}
        self.taken.append((frozenset({*team.verdicts, *rooms}), busy))
        diary.enter(self.taken[-1])
        return True

    def enter(self, diary: Diary) -> None:
        """Lets a diary that was read later know of what has been placed."""
        for taken in self.taken:
            diary.enter(taken)

    def _possible(self, team: Team) -> bool:
        return team.free or (self.override is not None and team.bookable_on_purpose)

    def _clash(
        self, diary: Diary, wish: Wish, team: Team, anyone: Sequence[Person]
    ) -> tuple[Situation, type[Clash]]:
        teams = [team]
        if anyone:
            every = (diary.team(one, wish) for one in anyone)
            teams = [one for one in every if not self._possible(one)]
        named = None if anyone else team.host.id
        situation = Situation(
            diary.offer,
            wish,
            team.host.id,
            tuple(person.id for person in diary.joining),
            {person.id: person for person in (*anyone, team.host, *diary.joining)},
            tuple(teams),
            self.taken,
        )
        return situation, clash_of(named, teams, override=self.override is not None)


def clash_in(
    clashes: Sequence[tuple[Situation, type[Clash]]],
    *,
    dates: int = 1,
    on: Sequence[datetime] = (),
) -> Clash:
    """One clash that tells of all; its code is that of the first.

    `on` are the dates of the rule that they are about, where some were given another time.
    """
    _, kind = clashes[0]
    if dates == 1:
        return kind(situations=[clashes[0]])
    count = len(clashes)
    return kind(
        gettext("%(count)s of %(dates)s dates can't be booked. %(why)s")
        % {"count": count, "dates": dates, "why": kind.title},
        situations=clashes,
        series=True,
        on=on,
    )


def write(placements: Iterable[Placement], *, now: datetime, new: bool) -> list[Record]:
    """The appointments, written with all that they hold: anew, or over what they are.

    Those that are there must be locked and hold nothing. Requests hold nothing. At most six
    statements, however many there are; that of the appointments tells the webhooks.
    """
    decided = list(placements)
    slots = ledger.open_group_slots(
        business_id=decided[0].offer.business_id,
        slots=[slot for one in decided if _holds(one) and (slot := _slot(one)) is not None],
        places=max(one.wish.places for one in decided),
        now=now,
    )
    announced = any(one.offer.announced for one in decided)
    records, held, used = [], [], []
    for one in decided:
        slot = _slot(one) if _holds(one) else None
        slot_id, places = slots[slot] if slot else (None, 1)
        record = one.record
        if record.group_slot_id != slot_id or record.updated_at != now:
            record = record._replace(group_slot_id=slot_id, updated_at=now)
        records.append(record)
        if _holds(one):
            held += ledger.held_rows(record, one.team.holds(one.wish), places=places)
            used += ledger.used_rows(record, one.wish.held, one.team.rooms.resources)
    if new:
        ledger.write_appointments(records, announced=announced)
        ledger.write_hosts(records)
    else:
        ledger.rewrite_appointments(records, announced=announced)
    ledger.write_many(ledger.HELD_TIME, held)
    ledger.write_many(ledger.HELD_RESOURCE, used)
    return records


def _holds(one: Placement) -> bool:
    return one.record.status != Status.REQUESTED.value


def _slot(one: Placement) -> SlotKey | None:
    return one.wish.slot(one.team.host.id)
