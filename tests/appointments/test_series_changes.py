"""One, some or all of a series: cancelled, approved, or told something else."""

from typing import Any

import pytest
import time_machine

from appointments import changing
from appointments.booking import OVERTAKEN_AT_MOST
from appointments.changes import Changes, Scope
from appointments.errors import CalendarBusy, OnlyThis, StaffBusy, WrongStatus
from appointments.models import Status
from appointments.record import Record, lock_records
from businesses.models import BookingQuestion, Service
from staff.models import Staff
from tests.appointments.desk import DESK, at, book, cancelled, held, written
from tests.appointments.moves import (
    change,
    in_rule,
    members,
    move,
    now_is,
    refuses,
    repeat,
    starts,
    step,
    weekly,
)
from tests.factories import LocationFactory, ServiceFactory, StaffFactory, blocks

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]

FIVE_WEEKS = "FREQ=WEEKLY;COUNT=5"


@pytest.fixture
def service() -> Service:
    made: Service = ServiceFactory()
    return made


@pytest.fixture
def doctor(service: Service) -> Staff:
    made: Staff = StaffFactory(business=service.business)
    return made


@pytest.fixture
def five(service: Service, doctor: Staff) -> list[Record]:
    return repeat(service, at(10), FIVE_WEEKS, staff=doctor).records


def statuses(record: Record) -> list[str]:
    return [one.status for one in sorted(members(record), key=lambda one: one.series_number or 0)]


def tell(records: list[Record]) -> list[tuple[int | None, str]]:
    return [(one.series_number, one.notes) for one in records]


# --- Cancelling -----------------------------------------------------------------------------------


def test_one_of_a_series_is_cancelled_alone(five: list[Record], doctor: Staff) -> None:
    told = change(five[1], cancelled=True, cancel_reason="Ill")
    assert (told.status, told.cancel_reason, told.series_id) == (
        "cancelled",
        "Ill",
        five[0].series_id,
    )
    assert statuses(five[0]) == ["booked", "cancelled", "booked", "booked", "booked"]
    assert len(held(doctor)) == 4


def test_from_one_on_all_that_follow_are_cancelled(five: list[Record], doctor: Staff) -> None:
    told = change(five[2], cancelled=True, cancel_reason="Healed", scope=Scope.FOLLOWING)
    assert told.id == five[2].id
    assert statuses(five[0]) == ["booked", "booked", "cancelled", "cancelled", "cancelled"]
    assert {one.cancel_reason for one in members(five[0])} == {"", "Healed"}
    assert [start for start, _ in held(doctor)] == weekly(at(10), 2)
    assert in_rule(five[0]) == weekly(at(10), 5)


def test_all_of_a_series_is_cancelled_moved_ones_too(five: list[Record], doctor: Staff) -> None:
    move(five[3], at(15, day=22))
    change(five[2], status=Status.CANCELLED, scope=Scope.ALL)
    assert set(statuses(five[0])) == {"cancelled"}
    assert held(doctor) == []


def test_cancelling_all_leaves_what_is_over_and_what_has_begun(
    five: list[Record], monday_morning: time_machine.Traveller
) -> None:
    monday_morning.move_to(at(10, 5, day=14))
    step(five[2], Status.ARRIVED)
    change(five[4], cancelled=True, scope=Scope.ALL)
    assert statuses(five[0]) == ["booked", "booked", "arrived", "cancelled", "cancelled"]


def test_cancelling_all_again_changes_nothing(five: list[Record]) -> None:
    change(five[0], cancelled=True, cancel_reason="Snow", scope=Scope.ALL)
    before = written()
    told = change(five[0], cancelled=True, cancel_reason="Ice", scope=Scope.ALL)
    assert told.cancel_reason == "Snow"
    assert written() == before


def test_from_a_cancelled_one_on_the_rest_can_be_cancelled(five: list[Record]) -> None:
    change(five[1], cancelled=True, cancel_reason="Ill")
    change(five[1], cancelled=True, cancel_reason="Moved away", scope=Scope.FOLLOWING)
    assert statuses(five[0]) == ["booked", *["cancelled"] * 4]
    assert now_is(five[1]).cancel_reason == "Ill"


def test_taking_one_cancellation_back_leaves_the_others(five: list[Record]) -> None:
    change(five[0], cancelled=True, scope=Scope.ALL)
    told = change(five[2], cancelled=False, scope=Scope.ALL)
    assert told == five[2]
    assert statuses(five[0]) == ["cancelled", "cancelled", "booked", "cancelled", "cancelled"]


# --- Approving ------------------------------------------------------------------------------------


@pytest.fixture
def requests(doctor: Staff) -> list[Record]:
    asks = ServiceFactory(business=doctor.business, bookings_require_approval=True)
    return repeat(asks, at(10), FIVE_WEEKS, staff=doctor).records


def test_all_requests_of_a_series_are_approved_together(
    requests: list[Record], doctor: Staff
) -> None:
    told = change(requests[2], approved=True, scope=Scope.ALL)
    assert told.id == requests[2].id
    assert statuses(told) == ["booked"] * 5
    assert [start for start, _ in held(doctor)] == weekly(at(10), 5)


def test_one_request_that_clashes_leaves_them_all(requests: list[Record], doctor: Staff) -> None:
    blocks(doctor, at(10, day=28), 30)
    clash = refuses(StaffBusy, change, requests[0], approved=True, scope=Scope.ALL)
    assert clash.sentence.startswith("1 of 5 dates")
    change(requests[4], approved=False)
    change(requests[0], approved=True, scope=Scope.ALL)
    assert statuses(requests[0]) == ["booked"] * 4 + ["cancelled"]


def test_what_is_approved_already_is_not_looked_at_again(
    requests: list[Record], doctor: Staff
) -> None:
    step(requests[0], Status.BOOKED)
    blocks(doctor, at(10), 30)
    change(requests[0], status=Status.BOOKED, scope=Scope.ALL)
    assert statuses(requests[0]) == ["booked"] * 5


def test_a_request_for_another_service_waits_for_its_own_approval(
    requests: list[Record], doctor: Staff
) -> None:
    """Its buffers, rooms and places are others."""
    other = ServiceFactory(business=doctor.business, bookings_per_timeslot=3)
    change(requests[1], service_id=other.pk)
    change(requests[0], approved=True, scope=Scope.ALL)
    assert statuses(requests[0]) == ["booked", "requested", "booked", "booked", "booked"]
    assert change(requests[1], approved=True).group_slot_id is not None


def test_declining_the_rest_leaves_what_was_approved(requests: list[Record]) -> None:
    step(requests[3], Status.BOOKED)
    change(requests[1], approved=False, scope=Scope.FOLLOWING)
    assert statuses(requests[0]) == ["requested", "cancelled", "cancelled", "booked", "cancelled"]


@pytest.mark.parametrize("status", [Status.ARRIVED, Status.NO_SHOW, Status.REQUESTED])
def test_other_steps_are_taken_one_at_a_time(requests: list[Record], status: Status) -> None:
    change(requests[0], approved=True, scope=Scope.ALL)
    for scope in (Scope.FOLLOWING, Scope.ALL):
        refuses(OnlyThis, step, requests[0], status, scope=scope)
    assert step(requests[0], status).status == status


def test_for_a_single_visit_the_scope_means_nothing(service: Service, doctor: Staff) -> None:
    single = book(service, at(15), staff=doctor)
    for scope in Scope:
        assert change(single, notes=scope.value, scope=scope).notes == scope.value
    assert step(single, Status.ARRIVED, scope=Scope.ALL).status == "arrived"


# --- What needs no free time ----------------------------------------------------------------------


def test_notes_and_tags_of_all_or_of_those_that_follow(five: list[Record]) -> None:
    change(five[3], notes="Bring shoes", tags=("gym",), scope=Scope.FOLLOWING)
    told = members(five[0])
    assert tell(told) == [(1, ""), (2, ""), (3, ""), (4, "Bring shoes"), (5, "Bring shoes")]
    assert [one.tags for one in told] == [[], [], [], ["gym"], ["gym"]]
    change(five[3], notes="Towel", scope=Scope.ALL)
    assert {one.notes for one in members(five[0])} == {"Towel"}
    assert {one.series_id for one in members(five[0])} == {five[0].series_id}


def test_the_payment_is_that_of_the_named_one_alone(five: list[Record]) -> None:
    change(five[1], payment_provider="stripe", payment_id="pi_1", notes="Paid", scope=Scope.ALL)
    told = members(five[0])
    assert [one.payment_id for one in told] == ["", "pi_1", "", "", ""]
    assert {one.notes for one in told} == {"Paid"}


def test_the_place_and_the_answers_of_all_change_in_one_go(
    service: Service, five: list[Record]
) -> None:
    asked = BookingQuestion.objects.create(
        business=service.business, service=service, variable_name="why", question="Why?"
    )
    service.location = LocationFactory(business=service.business)
    service.save()
    change(five[0], location="", answers=((asked.pk, "Knee"),), scope=Scope.ALL)
    for one in members(five[0]):
        assert (one.location_name, one.answers[0]["answer"]) == ("Main house", "Knee")


def test_telling_all_leaves_exceptions_what_is_over_and_what_is_cancelled(
    five: list[Record], monday_morning: time_machine.Traveller
) -> None:
    move(five[2], at(15, day=14))
    cancelled(five[3])
    monday_morning.move_to(at(12))
    change(five[4], notes="New", scope=Scope.ALL)
    told = sorted(members(five[0]), key=lambda one: one.series_number or 0)
    assert tell(told) == [(1, ""), (2, "New"), (3, ""), (4, ""), (5, "New")]


# --- Alone ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", [Scope.FOLLOWING, Scope.ALL])
def test_what_is_cancelled_is_not_moved_with_others(five: list[Record], scope: Scope) -> None:
    cancelled(five[1])
    refuses(WrongStatus, move, five[1], at(12, day=7), scope=scope)


def test_a_date_that_was_moved_alone_is_an_exception(five: list[Record]) -> None:
    told = move(five[1], at(15, day=8))
    assert (told.series_exception, told.series_number) == (True, 2)
    assert told.original_starts_at == at(10, day=7)
    assert in_rule(told) == weekly(at(10), 5)


def test_what_does_not_touch_its_place_makes_no_exception(five: list[Record]) -> None:
    assert not change(five[1], notes="Late", tags=("x",)).series_exception
    assert not change(five[1], starts_at=at(10, day=7)).series_exception
    assert not step(five[0], Status.ARRIVED).series_exception


# --- Rivals ---------------------------------------------------------------------------------------


def meanwhile(monkeypatch: pytest.MonkeyPatch, rival: Any, *, times: int = 1) -> list[int]:
    """Somebody else acts between the first look and the lock; how often, afterwards."""
    real, done = lock_records, list[int]()

    def after_the_rival(*args: Any, **more: Any) -> list[Record]:
        if len(done) < times:
            done.append(len(done))
            with monkeypatch.context() as patched:
                patched.setattr(changing, "lock_records", real)
                rival(len(done))
        return real(*args, **more)

    monkeypatch.setattr(changing, "lock_records", after_the_rival)
    return done


def test_what_a_second_desk_moved_meanwhile_is_an_exception_already(
    five: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    done = meanwhile(monkeypatch, lambda _: move(five[3], at(16, day=22)))
    move(five[0], at(12), scope=Scope.ALL)
    assert done == [0]
    expected = weekly(at(12), 5)
    expected[3] = at(16, day=22)
    assert starts(members(five[0])) == expected


def test_a_date_that_a_second_desk_cancelled_meanwhile_stays_cancelled(
    five: list[Record], monkeypatch: pytest.MonkeyPatch, doctor: Staff
) -> None:
    meanwhile(monkeypatch, lambda _: cancelled(five[2]))
    change(five[1], cancelled=True, cancel_reason="Ill", scope=Scope.FOLLOWING)
    assert statuses(five[0]) == ["booked", *["cancelled"] * 4]
    assert now_is(five[2]).cancel_reason == ""
    assert len(held(doctor)) == 1


def test_a_series_that_never_rests_is_too_busy_to_be_changed(
    five: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    done = meanwhile(monkeypatch, lambda n: change(five[2], notes=f"Call {n}"), times=99)
    with pytest.raises(CalendarBusy):
        changing.change(
            business_id=five[0].business_id,
            appointment_id=five[0].id,
            changes=Changes(notes="All"),
            by=DESK,
            scope=Scope.ALL,
        )
    assert len(done) == OVERTAKEN_AT_MOST
    assert {one.notes for one in members(five[0])} == {"", f"Call {OVERTAKEN_AT_MOST}"}
