"""Small clinics around clock changes, drawn at random."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from enum import Enum
from functools import cache, lru_cache
from typing import TypeVar

from hypothesis import strategies as st

from tests.appointments.properties.clinic import (
    DAY,
    HOUR,
    Clinic,
    Closure,
    Event,
    Need,
    OwnRules,
    Part,
    Place,
    Room,
    Rules,
    Schedule,
    Service,
    Someone,
    Span,
    State,
    Visit,
    Week,
)
from tests.appointments.properties.model import Model

T = TypeVar("T")

# A zone, and a moment at which its clocks are changed, if they are; UTC.
MOMENTS = [
    ("Europe/London", "2030-03-31 01:00"),
    ("Europe/London", "2030-10-27 01:00"),
    ("America/New_York", "2030-03-10 07:00"),
    ("America/New_York", "2030-11-03 06:00"),
    ("Australia/Lord_Howe", "2030-04-06 15:00"),  # by half an hour
    ("Australia/Lord_Howe", "2030-10-05 15:30"),
    ("Pacific/Apia", "2011-12-30 10:00"),  # over a whole day
    ("Pacific/Apia", "2012-03-31 14:00"),
    ("Africa/Casablanca", "2030-02-10 02:00"),  # after Ramadan
    ("Africa/Casablanca", "2030-12-22 02:00"),  # before it
    ("America/Sao_Paulo", "2017-10-15 03:00"),  # midnight is skipped
    ("America/Sao_Paulo", "2018-02-18 02:00"),  # the hour before midnight comes twice
    ("America/St_Johns", "2030-03-10 05:30"),
    ("America/St_Johns", "2030-11-03 04:30"),
    ("America/Havana", "2030-11-03 05:00"),  # midnight comes twice
    ("Asia/Tehran", "2021-03-21 20:30"),
    ("Asia/Tehran", "2021-09-21 19:30"),
    ("Asia/Kathmandu", "2030-01-07 03:15"),
    ("UTC", "2030-06-12 12:00"),
]
ZONES = sorted({zone for zone, _ in MOMENTS} | {"Pacific/Kiritimati", "Pacific/Pago_Pago"})


def minute_of(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) // 60


def day_of(moment: int) -> date:
    return datetime.fromtimestamp(60 * moment, UTC).date()


@lru_cache(maxsize=None, typed=True)
def one_of(*choices: T) -> st.SearchStrategy[T]:
    """Each as often as it is named; made once, since making it costs more than using it."""
    return st.sampled_from(choices)


@cache
def zones_around(home: str) -> st.SearchStrategy[str]:
    return one_of(*[home] * 8, *ZONES)


@cache
def own_zones(home: str) -> st.SearchStrategy[str]:
    """Empty, home or another."""
    return one_of(*[""] * 8, *[home] * 4, *ZONES)


# --- Hours ------------------------------------------------------------------------------------

FULL = ((0, DAY),)
NIGHT = ((0, 6 * HOUR), (22 * HOUR, DAY))
DAYTIME = ((8 * HOUR, 12 * HOUR), (13 * HOUR, 20 * HOUR))

# Mostly quarters of an hour, sometimes any five minutes, seldom any minute.
times = st.one_of(
    st.integers(0, 95).map(lambda number: 15 * number),
    st.integers(0, 95).map(lambda number: 15 * number),
    st.integers(0, 287).map(lambda number: 5 * number),
    st.integers(0, DAY - 1),
)


def _spans(marks: list[int]) -> tuple[tuple[int, int], ...]:
    """Spans from one mark to the next, and from the third to the fourth; the last till midnight."""
    ordered = sorted(marks)
    if len(ordered) % 2:
        ordered.append(DAY)
    return tuple(zip(ordered[::2], ordered[1::2], strict=True))


hours_of_a_day = st.one_of(
    st.sampled_from([DAYTIME, FULL, FULL, NIGHT, ()]),
    st.lists(times, min_size=1, max_size=4, unique=True).map(_spans),
    # Around the time of night at which most clocks are changed; two that meet are one.
    st.tuples(st.sampled_from([0, 30, 60, 75, 90]), st.sampled_from([120, 150, 165, 180, 420])).map(
        lambda pair: (pair, (pair[1], 12 * HOUR))
    ),
)


def _week(days: list[tuple[tuple[int, int], ...]]) -> Week:
    """The days by turns; closed twice a week if it would be open for ever."""
    if all(day == FULL for day in days):
        return FULL, (), FULL, FULL, (), FULL, FULL
    return tuple((days * 7)[:7])


weeks: st.SearchStrategy[Week] = st.one_of(
    *[st.lists(hours_of_a_day, min_size=1, max_size=3).map(_week)] * 6,
    times.map(lambda opens: ((), (), ((opens, DAY),), FULL, (), ((opens, DAY),), FULL)),
)


# --- Rules ------------------------------------------------------------------------------------

usually = one_of(*[True] * 7, False)
buffers = st.sampled_from([*[0] * 8, *[5, 10, 15, 30, 60, 7] * 2, DAY])
steps = st.sampled_from([15, 30, 60, 20, 45, 50, 10, 25, 7])
leads = st.sampled_from([*[0] * 12, HOUR, 3 * HOUR, DAY, 2 * DAY])
horizons = st.sampled_from([*[365] * 12, 1, 2, 3])
lengths = st.sampled_from([*[30, 60, 15, 20, 45, 90] * 3, 25, 1, 240, DAY])


def rules_of_the_business() -> st.SearchStrategy[Rules]:
    return st.builds(Rules, before=buffers, after=buffers, step=steps, lead=leads, days=horizons)


def rules_of_a_service() -> st.SearchStrategy[OwnRules]:
    none = st.none()
    return st.builds(
        OwnRules,
        before=none | buffers,
        after=none | buffers,
        step=none | steps,
        lead=none | leads,
        days=none | horizons,
    )


# --- People and rooms -------------------------------------------------------------------------


@st.composite
def people(draw: st.DrawFn, home: str, window: Span, services: int) -> Someone:
    middle = day_of((window.start + window.end) // 2)

    def schedules() -> tuple[Schedule, ...]:
        """One, or two of which the first ends the day before the other begins."""
        cut = date.fromordinal(middle.toordinal() + draw(st.integers(-1, 2)))
        before = date.fromordinal(cut.toordinal() - 1)
        first = Schedule(
            date.fromordinal(before.toordinal() - draw(st.integers(0, 2))),
            before,
            draw(weeks),
            draw(own_zones(home)),
        )
        rest = Schedule(
            cut,
            draw(one_of(None, cut)),
            draw(weeks),
            draw(own_zones(home)),
        )
        return draw(one_of((first,), (rest,), (first, rest)))

    return Someone(
        zone=draw(own_zones(home)),
        week=draw(weeks) if draw(st.booleans()) else None,
        schedules=schedules() if draw(st.integers(0, 3)) == 3 else (),
        active=draw(usually),
        takes_bookings=draw(usually),
        parts=tuple(
            draw(one_of(*[Part.NEITHER] * 8, Part.PROVIDES, Part.JOINS)) for _ in range(services)
        ),
    )


@st.composite
def some_needs(draw: st.DrawFn, rooms: tuple[Room, ...]) -> tuple[Need, ...]:
    kinds = one_of(*[room.kind for room in rooms] * 4, "bike")
    found = [Need(kind=draw(kinds)) for _ in range(draw(one_of(0, 1, 1, 2)))]
    if draw(one_of(True, False, False)):
        found.append(Need(room=draw(st.integers(0, len(rooms) - 1))))
    return tuple(found)


@st.composite
def services(
    draw: st.DrawFn, places: tuple[Place, ...], rooms: tuple[Room, ...], minutes: int
) -> Service:
    return Service(
        durations=tuple(sorted({minutes, draw(lengths)})),
        rules=draw(rules_of_a_service()),
        week=draw(weeks) if draw(one_of(True, False, False, False)) else None,
        places=draw(one_of(1, 1, 2, 3)),
        place=draw(st.none() | st.integers(0, len(places) - 1)) if places else None,
        needs=draw(some_needs(rooms)) if draw(st.booleans()) and rooms else (),
    )


# --- A clinic, and what is in its calendar ----------------------------------------------------


class About(Enum):
    """What a clinic surely has to do with, besides what it has by chance."""

    ANYTHING = "anything"
    SINGLES = "singles"  # one place, and no room needed
    GROUPS = "groups"
    ROOMS = "rooms"
    COMPANY = "company"  # somebody who always comes along
    CLOSURES = "closures"


@st.composite
def empty_clinics(draw: st.DrawFn, about: About) -> Clinic:
    """A clinic in which nothing is booked or blocked."""
    home, text = draw(st.sampled_from(MOMENTS))
    change = minute_of(text)
    start = change - 30 * draw(st.integers(-40, 60)) - draw(one_of(0, 0, 0, 0, 0, 1, 13))
    window = Span(start, start + HOUR * draw(one_of(24, 30, 48, 72)))
    minutes = draw(lengths)
    places = tuple(Place(draw(zones_around(home))) for _ in range(draw(one_of(0, 1, 2))))
    at_some_place = st.none() | st.integers(0, len(places) - 1) if places else st.none()
    rooms = tuple(
        Room(
            draw(one_of("room", "room", "bike")),
            draw(at_some_place),
            draw(usually),
        )
        for _ in range(draw(one_of(0, 0, 1, 2, 3)))
    )
    if about is About.ROOMS:
        rooms = (Room("room"), Room("room", enabled=draw(st.booleans())), *rooms[:1])
    offered = [draw(services(places, rooms, minutes)) for _ in range(2)]
    if about is About.SINGLES:
        offered[0] = replace(offered[0], places=1, needs=())
    if about is About.GROUPS:
        offered[0] = replace(offered[0], places=draw(one_of(2, 3)), needs=())
    if about is About.ROOMS:
        either, named = Need(kind="room"), Need(room=0)
        wanted = one_of((either,), (either, named), (named,))
        offered = [replace(one, needs=draw(wanted)) for one in offered]
    day = day_of(change).toordinal()
    closures = []
    for _ in range(1 if about is About.CLOSURES else draw(one_of(0, 0, 0, 1, 2))):
        first = day + draw(st.integers(-1, 1))
        last = first + draw(one_of(0, 0, 1))
        closures.append(
            Closure(date.fromordinal(first), date.fromordinal(last), draw(at_some_place))
        )
    someone = people(home, window, len(offered))
    practitioner = replace(
        draw(someone), active=True, takes_bookings=True, parts=(Part.NEITHER,) * len(offered)
    )
    others = [draw(someone) for _ in range(draw(one_of(0, 1, 2, 3)))]
    if about is About.COMPANY:
        along = replace(draw(someone), active=True, parts=(Part.JOINS, Part.NEITHER))
        others = [*others[:2], along]
    return Clinic(
        zone=draw(zones_around(home)),
        week=draw(weeks) if draw(usually) else None,
        rules=draw(rules_of_the_business()),
        staff=(practitioner, *others),
        services=tuple(offered),
        window=window,
        now=window.start - draw(one_of(0, 1, HOUR, DAY, DAY, 10 * DAY, -100)),
        minutes=minutes,
        places=places,
        rooms=rooms,
        closures=tuple(closures),
    )


@st.composite
def clinics(draw: st.DrawFn, about: About = About.ANYTHING) -> Clinic:
    """A clinic with up to twelve things in its calendar, around a clock change.

    Visits stand in nobody's way, or were overbooked: as commands would have left them.
    """
    clinic = draw(empty_clinics(about))
    someone = st.integers(0, len(clinic.staff) - 1)
    model = Model(clinic)
    starts = sorted({at for who in model.hosts for at in model.grid(who)})
    if starts:
        # Something that surely is in the way of what would be offered.
        visit = replace(
            draw(visits(clinic, starts)),
            service=0,
            host=draw(one_of(*model.hosts)),
            along=tuple(model.joining),
            start=draw(st.sampled_from(starts)),
            minutes=clinic.minutes,
            state=State.BOOKED,
        )
        for _ in range(draw(one_of(1, 2, 3)) if about is About.GROUPS else 1):
            clinic = _with(clinic, visit)
    for _ in range(draw(one_of(*range(12)))):
        kind = draw(one_of("visit", "visit", "visit", "visit", "event", "blocker"))
        if kind == "visit":
            clinic = _with(clinic, draw(visits(clinic, starts)))
            continue
        who, span = draw(someone), draw(spans(clinic.window))
        if draw(st.booleans()) and starts:
            start = draw(st.sampled_from(starts))
            span = Span(start, start + span.end - span.start)
        person = clinic.staff[who]
        if kind == "blocker":
            person = replace(person, blockers=(*person.blockers, span))
        else:
            event = Event(span, draw(one_of(True, True, True, False)))
            person = replace(person, events=(*person.events, event))
        staff = (*clinic.staff[:who], person, *clinic.staff[who + 1 :])
        clinic = replace(clinic, staff=staff)
    return clinic


@st.composite
def spans(draw: st.DrawFn, window: Span) -> Span:
    """Something that may be long, and mostly begins within the window."""
    length = draw(one_of(*[30, 60, 15, 90] * 4, 5, 1, 240, DAY, 2 * DAY, 20 * DAY))
    first, last = window.start // 5, window.end // 5
    earlier = draw(one_of(0, 0, 0, 0, 2 * DAY // 5, 20 * DAY // 5 if length > DAY else DAY // 5))
    later = DAY // 5 if draw(one_of(False, False, False, True)) else 0
    start = 5 * draw(st.integers(first - earlier, last + later)) + draw(one_of(0, 0, 0, 0, 0, 1, 3))
    return Span(start, start + length)


@st.composite
def visits(draw: st.DrawFn, clinic: Clinic, starts: list[int]) -> Visit:
    """A visit, often at a start that is offered, or together with one that is there already."""
    state = draw(one_of(*[State.BOOKED] * 6, State.REQUESTED, State.CANCELLED))
    if draw(st.booleans()) and clinic.visits:
        # One more in the same timeslot, if that is a group's; else overbooked.
        like = draw(st.sampled_from(clinic.visits))
        return replace(like, state=state)
    service = draw(one_of(0, 0, 1))
    offered = clinic.services[service]
    start = draw(spans(clinic.window)).start
    if draw(st.booleans()) and starts:
        start = draw(st.sampled_from(starts))
    joining = clinic.people(service, Part.JOINS)
    everyone = tuple(range(len(clinic.staff)))
    who = draw(one_of(*(clinic.people(service, Part.PROVIDES) * 3), *everyone))
    return Visit(
        service=service,
        host=who,
        start=start,
        minutes=draw(one_of(*offered.durations, *[clinic.minutes] * (3 if service == 0 else 0))),
        # The rules may have been others when it was made, and it may have named somebody.
        before=clinic.rule(service, "before") if draw(usually) else draw(buffers),
        after=clinic.rule(service, "after") if draw(usually) else draw(buffers),
        along=tuple({*joining, *(() if draw(usually) else [draw(one_of(*everyone))])} - {who}),
        state=state,
    )


def _with(clinic: Clinic, visit: Visit) -> Clinic:
    """The clinic with that visit, overbooked where somebody is busy, in rooms that are free.

    One that asks for a place of a full group is left out.
    """
    if visit.state is State.CANCELLED or visit.state is State.REQUESTED:
        return replace(clinic, visits=(*clinic.visits, visit))
    standing = [one for one in clinic.visits if one.state in (State.BOOKED, State.OVERBOOKED)]
    offered = clinic.services[visit.service]
    together = [one for one in standing if offered.places > 1 and one.timeslot == visit.timeslot]
    if together and len(together) >= offered.places:
        return clinic
    others = [one for one in standing if one not in together and one.held.touches(visit.held)]
    team = {visit.host, *visit.along}
    busy = any(team & {one.host, *one.along} for one in others)
    if together:
        rooms = together[0].rooms
    else:
        taken = {room for one in others for room in one.rooms}
        rooms = _rooms(clinic, visit.service, taken)
    state = State.OVERBOOKED if busy else State.BOOKED
    return replace(clinic, visits=(*clinic.visits, replace(visit, state=state, rooms=rooms)))


def _rooms(clinic: Clinic, service: int, taken: set[int]) -> tuple[int, ...]:
    """What a visit uses; nothing if it can't have all, as if it had been made before the need."""
    chosen: list[int] = []
    for need in sorted(clinic.services[service].needs, key=lambda need: need.room is None):
        free = [one for one in clinic.usable(service, need) if one not in {*taken, *chosen}]
        if not free:
            return ()
        chosen.append(free[0])
    return tuple(chosen)
