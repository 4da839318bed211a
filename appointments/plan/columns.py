"""From what is known of people's days to the columns of a grid. No database, no clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from appointments.availability import Busy
from appointments.plan.layout import OFFICE, ROW, Frame, Place, clock_hours, framed, in_lanes
from businesses.intervals import Interval, common, without

# Rows that a visit takes at least, so that its line can be read and pressed. Where that would push
# aside one that comes right after it, all rows are higher and fewer are enough.
LEAST_ROWS, LEAST_ROWS_WHEN_TALL = 3, 2


class Visit(NamedTuple):
    """What a card says of an appointment; the order is that of `reading.VISITS`."""

    id: UUID
    updated_at: datetime
    starts_at: datetime
    ends_at: datetime
    status: str
    staff_id: UUID
    location_id: UUID | None
    location_name: str | None
    group_slot_id: UUID | None
    patient_name: str
    service_id: UUID
    service_name: str
    unpaid: bool
    has_notes: bool
    overbooked: bool
    in_series: bool
    location_type: str
    joined_by: Sequence[UUID]
    is_first: bool
    step: int  # of the service's times, and how long it can be: by these a card is moved
    lengths: Sequence[int]

    @property
    def span(self) -> Interval:
        return Interval(self.starts_at, self.ends_at)

    @property
    def cancelled(self) -> bool:
        return self.status == "cancelled"


@dataclass(frozen=True, slots=True)
class Facts:
    """One local day of one person or room, before anything has its place."""

    id: UUID
    name: str
    day: Interval
    hours: list[Interval]
    busy: list[Busy]
    visits: list[Visit]
    closures: list[tuple[str, Interval]]
    is_room: bool = False

    @property
    def there(self) -> bool:
        """Whether they work or see anybody."""
        return bool(self.visits or common(self.hours, [self.day]))


@dataclass(frozen=True, slots=True)
class Card:
    """One visit, or the visits of one group timeslot."""

    visits: tuple[Visit, ...]
    place: Place
    places: int = 0  # of a group; 0 for a visit of its own
    host: str = ""  # whose visit it is, where that is not the column's own

    @property
    def first(self) -> Visit:
        return self.visits[0]


@dataclass(frozen=True, slots=True)
class Block:
    """Time that is taken by something else than the visits that are shown."""

    kind: str  # time_blocker, external_event, elsewhere, closure
    what: str
    span: Interval
    place: Place


@dataclass(frozen=True, slots=True)
class Gap:
    """Working time that nothing takes."""

    span: Interval
    place: Place


@dataclass(frozen=True, slots=True)
class Column:
    """What one person has, or what is in one room, on one local day."""

    id: UUID
    name: str
    day: date
    frame: Frame
    hours: list[Interval]
    is_room: bool
    open: list[Place]
    blocks: list[Block]
    buffers: list[Place]
    cards: list[Card]
    gaps: list[Gap]

    @property
    def lanes(self) -> int:
        return max((card.place.lanes for card in self.cards), default=1)

    @property
    def visits(self) -> int:
        return sum(not one.cancelled for card in self.cards for one in card.visits)


@dataclass(frozen=True, slots=True)
class Wish:
    """How columns are wanted."""

    place: ZoneInfo
    location_id: UUID | None = None  # visits elsewhere are blocks
    explains: bool = True  # whether the words of blocks may be told
    hosts: Mapping[UUID, str] = field(default_factory=dict)


def columns_of(facts: Sequence[Facts], wish: Wish) -> tuple[list[Column], bool]:
    """The columns, all of the same hours of the clock, and whether their rows are high ones."""
    tall = any(_crowded(one.visits) for one in facts)
    hours = [clock_hours(one.day, _worth_seeing(one), wish.place) for one in facts]
    first, last = min(one[0] for one in hours), max(one[1] for one in hours)
    shown = (first, last) if first < last else OFFICE
    least = LEAST_ROWS_WHEN_TALL if tall else LEAST_ROWS
    return [_column(one, framed(one.day, shown, wish.place), wish, least) for one in facts], tall


def _crowded(visits: Sequence[Visit]) -> bool:
    """Whether one begins before a shorter one before it can be read."""
    least = LEAST_ROWS * ROW
    return any(
        one.ends_at <= other.starts_at < one.starts_at + least
        for one in visits
        if one.ends_at - one.starts_at < least
        for other in visits
    )


def _worth_seeing(one: Facts) -> Iterator[Interval]:
    yield from common(one.hours, [one.day])
    yield from (visit.span for visit in one.visits)


def _column(one: Facts, frame: Frame, wish: Wish, least: int) -> Column:
    here = [visit for visit in one.visits if wish.location_id in (None, visit.location_id)]
    shut = [span for _name, span in one.closures]
    hours = common(one.hours, [frame.span])
    taken = [*shut, *(busy.span for busy in one.busy)]
    return Column(
        id=one.id,
        name=one.name,
        day=one.day.start.astimezone(wish.place).date(),
        frame=frame,
        hours=common(one.hours, [one.day]),
        is_room=one.is_room,
        open=[frame.seat(span) for span in without(hours, shut)],
        blocks=list(_blocks(one, frame, wish)),
        buffers=list(_buffers(one, here, frame)),
        cards=_cards(one, here, frame, wish, least),
        gaps=[Gap(span, frame.seat(span)) for span in without(hours, taken)],
    )


def _blocks(one: Facts, frame: Frame, wish: Wish) -> Iterator[Block]:
    for name, span in one.closures:
        yield from _block("closure", name, span, frame)
    for busy in one.busy:
        if busy.appointment_id is None:
            what = busy.what if wish.explains else ""
            yield from _block(busy.kind, what, busy.span, frame)
    for visit in one.visits:
        if wish.location_id not in (None, visit.location_id) and not visit.cancelled:
            yield from _block("elsewhere", visit.location_name or "", visit.span, frame)


def _block(kind: str, what: str, span: Interval, frame: Frame) -> Iterator[Block]:
    for seen in common([span], [frame.span]):
        yield Block(kind, what, span, frame.seat(seen))


def _buffers(one: Facts, here: Sequence[Visit], frame: Frame) -> Iterator[Place]:
    shown = {visit.id for visit in here}
    spans = {
        (busy.span, busy.visit)
        for busy in one.busy
        if busy.span != busy.visit and busy.appointment_id in shown
    }
    for around, visit in sorted(spans):
        for span in common(without([around], [visit]), [frame.span]):
            yield frame.seat(span)


def _cards(one: Facts, here: Sequence[Visit], frame: Frame, wish: Wish, least: int) -> list[Card]:
    places = {busy.session: busy.places or 0 for busy in one.busy if busy.slot is not None}
    together: dict[UUID, list[Visit]] = {}
    for visit in here:
        key = visit.id if visit.cancelled else visit.group_slot_id or visit.id
        together.setdefault(key, []).append(visit)
    cards = []
    for key, visits in together.items():
        first = visits[0]
        own = one.is_room or first.staff_id == one.id
        cards.append(
            Card(
                visits=tuple(visits),
                place=frame.seat(first.span, least=least),
                places=places.get(key, 0),
                host="" if own and not one.is_room else wish.hosts.get(first.staff_id, ""),
            )
        )
    seats = in_lanes([card.place for card in cards])
    return [replace(card, place=seat) for card, seat in zip(cards, seats, strict=True)]
