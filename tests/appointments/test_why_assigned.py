"""Why a visit that named nobody went to whom, and that work is spread evenly."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
import time_machine

from appointments.errors import NoStaffAvailable
from appointments.models import Appointment, Assignment
from appointments.record import Record
from businesses.models import Service
from staff.models import Staff
from tests.appointments.desk import ON_PURPOSE, at, book, refused
from tests.appointments.moves import move, repeat
from tests.factories import PatientFactory, ServiceFactory, StaffFactory, blocks
from tests.soak import FACTOR

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]


@pytest.fixture
def service() -> Service:
    made: Service = ServiceFactory()
    return made


@pytest.fixture
def team(service: Service) -> list[Staff]:
    """Three people, by id."""
    return sorted(
        (StaffFactory(business=service.business) for _ in range(3)), key=lambda one: one.pk
    )


def why(record: Record) -> tuple[str, list[tuple[Any, ...]]]:
    """The rule that decided, and each candidate with the minutes of the day and of the week."""
    row = Assignment.objects.get(appointment_id=record.id)
    assert row.staff_id == record.staff_id
    return row.rule, [
        (one["name"], one["dayMinutes"], one["weekMinutes"]) for one in row.candidates
    ]


def names(*people: Staff) -> list[str]:
    return [one.name for one in people]


def test_whoever_was_named_needs_no_reason(service: Service, team: list[Staff]) -> None:
    book(service, at(10), staff=team[0])
    assert Assignment.objects.count() == 0


def test_the_only_one_who_can_is_told_as_such(service: Service, team: list[Staff]) -> None:
    for one in team[1:]:
        blocks(one, at(10), 30)
    assert why(book(service, at(10))) == ("only_one", [(team[0].name, None, None)])


def test_the_minutes_of_the_day_decide_first(service: Service, team: list[Staff]) -> None:
    first, second, third = team
    book(service, at(15), staff=first, minutes=60)
    book(service, at(15), staff=second)
    book(service, at(15, day=1), staff=third, minutes=60)
    assert why(book(service, at(10))) == (
        "day_minutes",
        [(third.name, 0, 60), (second.name, 30, 30), (first.name, 60, 60)],
    )


def test_after_an_equal_day_the_minutes_of_the_week_decide(
    service: Service, team: list[Staff]
) -> None:
    first, second, third = team
    book(service, at(15, day=1), staff=first, minutes=60)
    book(service, at(15, day=2), staff=second)
    book(service, at(15, day=3), staff=third, minutes=60)
    rule, candidates = why(book(service, at(10)))
    assert (rule, candidates[0]) == ("week_minutes", (second.name, 0, 30))


def test_after_an_equal_week_whoever_was_assigned_longest_ago(
    service: Service, team: list[Staff], monday_morning: time_machine.Traveller
) -> None:
    for one in (team[1], team[2], team[0]):
        book(service, at(15), staff=one)
        monday_morning.shift(60)
    record = book(service, at(10))
    assert why(record) == (
        "last_assigned",
        [(one.name, 30, 30) for one in (team[1], team[2], team[0])],
    )
    told = Assignment.objects.get().candidates
    assert [datetime.fromisoformat(one["lastAssignedAt"]) for one in told] == [
        at(6, minute) for minute in (0, 1, 2)
    ]
    assert [UUID(one["staffId"]) for one in told] == [team[1].pk, team[2].pk, team[0].pk]


def test_at_last_the_id_decides(service: Service, team: list[Staff]) -> None:
    assert why(book(service, at(10))) == ("id", [(one, 0, 0) for one in names(*team)])


def test_whoever_is_not_free_is_no_candidate_unless_nobody_is(
    service: Service, team: list[Staff]
) -> None:
    blocks(team[0], at(10), 30)
    assert [name for name, *_ in why(book(service, at(10)))[1]] == names(*team[1:])
    refused_before = Assignment.objects.count()
    book(service, at(10))
    refused(NoStaffAvailable, service, at(10))
    assert Assignment.objects.count() == refused_before + 1
    on_purpose = book(service, at(10), override=ON_PURPOSE)
    assert sorted(name for name, *_ in why(on_purpose)[1]) == sorted(names(*team))


def test_a_request_that_named_nobody_has_its_reason_too(team: list[Staff]) -> None:
    asks = ServiceFactory(business=team[0].business, bookings_require_approval=True)
    assert why(book(asks, at(10)))[0] == "id"


def test_each_date_of_a_series_has_the_reason_of_the_series(
    service: Service, team: list[Staff]
) -> None:
    blocks(team[0], at(10, day=7), 30)
    blocks(team[2], at(10, day=14), 30)
    records = repeat(service, at(10), "FREQ=WEEKLY;COUNT=3").records
    assert {why(one)[0] for one in records} == {"most_dates"}
    for row in Assignment.objects.all():
        assert [(one["name"], one["dates"]) for one in row.candidates] == [
            (team[1].name, 3),
            (team[0].name, 2),
            (team[2].name, 2),
        ]
    assert Assignment.objects.count() == 3


def test_between_those_who_can_take_all_dates_the_usual_rules_decide(
    service: Service, team: list[Staff]
) -> None:
    book(service, at(15), staff=team[0])
    records = repeat(service, at(10), "FREQ=WEEKLY;COUNT=3").records
    assert why(records[0])[0] == "id"
    book(service, at(16), staff=team[1])
    records = repeat(service, at(11), "FREQ=WEEKLY;COUNT=3").records
    assert why(records[0])[0] == "day_minutes"


def test_a_reason_is_kept_when_the_visit_moves(service: Service, team: list[Staff]) -> None:
    record = book(service, at(10))
    before = why(record)
    assert why(move(record, at(15))) == before


# --- Even -----------------------------------------------------------------------------------------


def loads(people: Sequence[Staff]) -> dict[date, list[int]]:
    """The booked minutes of everybody on each day on which there was work."""
    keys = [one.pk for one in people]
    found: dict[date, dict[UUID, int]] = defaultdict(lambda: dict.fromkeys(keys, 0))
    for row in Appointment.objects.all():
        minutes = (row.ends_at - row.starts_at) // timedelta(minutes=1)
        found[row.starts_at.date()][row.staff_id] += minutes
    return {day: list(each.values()) for day, each in found.items()}


@pytest.mark.parametrize("at_once", [True, False], ids=["several at once", "one after another"])
def test_at_the_end_of_each_day_no_two_differ_by_more_than_one_visit(at_once: bool) -> None:
    """Two thousand bookings under soak: several visits of one length at the same time, or one at
    a time of any length, so that whoever has least to do is free for the next.
    """
    lengths = [30] if at_once else [15, 30, 45, 60]
    service = ServiceFactory(durations=dict.fromkeys(lengths, 1))
    team: list[Staff] = [StaffFactory(business=service.business) for _ in range(5)]
    patient = PatientFactory(business=service.business)
    chance, left, day = Random(2030), min(150 * FACTOR, 2000), 0
    while left:
        day += 1
        for hour in range(8, 19):  # in summer it closes at 19, UTC
            crowd = min(chance.randint(0, len(team)) if at_once else 1, left)
            for _ in range(crowd):
                length = chance.choice(lengths)
                book(service, at(hour, day=day), minutes=length, patient=patient)
            left -= crowd
    for minutes in loads(team).values():
        assert max(minutes) - min(minutes) <= max(lengths)
    assert Appointment.objects.count() == min(150 * FACTOR, 2000)
    assert Assignment.objects.count() == Appointment.objects.count()
