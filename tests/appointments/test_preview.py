"""What a booking would come to: the answer that the booking then gives, and nothing written."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appointments.errors import (
    Clash,
    DateInPast,
    DurationNotOffered,
    NoStaffAvailable,
    OutsideWorkingHours,
    OverrideDateUnknown,
    Refusal,
    ResourceBusy,
    RuleInvalid,
    SlotFull,
    StaffBusy,
    StaffNotBookable,
)
from appointments.series import Previewed
from businesses.models import Service
from staff.models import Staff
from tests.appointments.desk import ON_PURPOSE, at, book, cancelled, refused
from tests.appointments.moves import (
    alternatives,
    needs,
    preview,
    refuses,
    repeat,
    room,
    weekly,
)
from tests.factories import PatientFactory, ServiceFactory, StaffFactory, blocks
from tests.soak import FACTOR

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]

FOUR_WEEKS = "FREQ=WEEKLY;COUNT=4"


@pytest.fixture
def service() -> Service:
    made: Service = ServiceFactory()
    return made


@pytest.fixture
def doctor(service: Service) -> Staff:
    made: Staff = StaffFactory(business=service.business)
    return made


def codes(shown: list[Previewed]) -> list[str]:
    """One word a date: who would take it is told apart."""
    assert all((one.staff is None) == (one.clash is not None) for one in shown)
    assert not any(one.alternatives for one in shown if one.clash is None)
    return [one.clash.code if one.clash else "free" for one in shown]


def test_a_series_is_shown_date_by_date(service: Service, doctor: Staff) -> None:
    book(service, at(10, day=7), staff=doctor)
    shown = preview(service, at(10), FOUR_WEEKS, staff=doctor)
    assert [one.date for one in shown] == weekly(at(10), 4)
    assert codes(shown) == ["free", "staff_busy", "free", "free"]
    assert [one.staff.name if one.staff else "" for one in shown] == [
        doctor.name,
        "",
        doctor.name,
        doctor.name,
    ]
    assert [one.time for one in shown[1].alternatives] == [
        at(10, 30, day=7),
        at(10, 45, day=7),
        at(11, day=7),
    ]


def test_a_single_booking_is_shown_as_one_date(service: Service, doctor: Staff) -> None:
    (shown,) = preview(service, at(10))
    assert (shown.date, shown.staff and shown.staff.id, shown.clash) == (at(10), doctor.pk, None)


def test_whoever_would_be_assigned_is_shown(service: Service) -> None:
    busy, idle = (StaffFactory(business=service.business) for _ in range(2))
    book(service, at(15), staff=busy)
    (shown,) = preview(service, at(10))
    assert shown.staff is not None
    assert shown.staff.id == book(service, at(10)).staff_id == idle.pk


def test_dates_in_the_past_are_shown_as_such(service: Service, doctor: Staff) -> None:
    past = at(10, day=-7)
    shown = preview(service, past, FOUR_WEEKS, staff=doctor)
    assert codes(shown) == ["date_in_past", "free", "free", "free"]
    assert (
        codes(preview(service, past, FOUR_WEEKS, staff=doctor, override=ON_PURPOSE)) == ["free"] * 4
    )
    assert codes(preview(service, past)) == ["date_in_past"]
    (shown_one,) = preview(service, at(5), staff=doctor)
    assert [one.time for one in shown_one.alternatives] == [at(8), at(8, 15), at(8, 30)]
    refused(DateInPast, service, at(5), staff=doctor)


def test_other_times_for_a_date_are_shown_as_they_will_be(service: Service, doctor: Staff) -> None:
    blocks(doctor, at(10, day=7), 30)
    other = ((at(10, day=7), at(11, day=7)),)
    shown = preview(service, at(10), FOUR_WEEKS, staff=doctor, overrides=other)
    assert [one.date for one in shown] == weekly(at(10), 4)
    assert codes(shown) == ["free"] * 4
    onto_another = ((at(10, day=7), at(10, day=14)),)
    shown = preview(service, at(10), FOUR_WEEKS, staff=doctor, overrides=onto_another)
    assert codes(shown) == ["free", "free", "staff_busy", "free"]


def test_what_the_booking_refuses_whatever_the_date_the_preview_refuses(
    service: Service, doctor: Staff
) -> None:
    refuses(DurationNotOffered, preview, service, at(10), staff=doctor, minutes=45)
    refuses(RuleInvalid, preview, service, at(10), "FREQ=WEEKLY", staff=doctor)
    strange = ((at(11), at(12)),)
    refuses(
        OverrideDateUnknown, preview, service, at(10), FOUR_WEEKS, staff=doctor, overrides=strange
    )
    doctor.status = "DISABLED"
    doctor.save()
    refuses(StaffNotBookable, preview, service, at(10), staff=doctor)
    refuses(NoStaffAvailable, preview, service, at(10))


def someone_is_busy(service: Service, team: list[Staff]) -> None:
    book(service, at(10), staff=team[0])


def everybody_is_busy(service: Service, team: list[Staff]) -> None:
    for one in team:
        blocks(one, at(9), 120)


def nobody_works(service: Service, team: list[Staff]) -> None:
    Staff.objects.update(weekly_hours={"monday": [[1500, 1600]]})


def the_room_is_taken(service: Service, team: list[Staff]) -> None:
    needs(service, "room")
    room(service.business, "Room 1")
    book(service, at(10), staff=team[0])


def one_is_busy_and_there_is_no_room(service: Service, team: list[Staff]) -> None:
    needs(service, "room")
    blocks(team[0], at(9), 120)
    blocks(team[1], at(9), 120)


def the_group_is_full(service: Service, team: list[Staff]) -> None:
    Service.objects.update(bookings_per_timeslot=2)
    for one in team:
        for _ in range(2):
            book(service, at(10), staff=one)


def one_group_is_full_and_the_others_are_away(service: Service, team: list[Staff]) -> None:
    Service.objects.update(bookings_per_timeslot=2)
    for _ in range(2):
        book(service, at(10), staff=team[2])
    for one in team[:2]:
        blocks(one, at(9), 120)


CASES: list[Callable[[Service, list[Staff]], None]] = [
    someone_is_busy,
    everybody_is_busy,
    nobody_works,
    the_room_is_taken,
    one_is_busy_and_there_is_no_room,
    the_group_is_full,
    one_group_is_full_and_the_others_are_away,
]


@pytest.mark.parametrize("named", [True, False], ids=["named", "anyone"])
@pytest.mark.parametrize("override", [None, ON_PURPOSE], ids=["plain", "on purpose"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_one_date_is_shown_as_it_is_then_booked_or_refused(
    service: Service, case: Callable[..., None], override: Any, named: bool
) -> None:
    team = [StaffFactory(business=service.business) for _ in range(3)]
    case(service, team)
    wish: dict[str, Any] = {"staff": team[0] if named else None, "override": override}
    (shown,) = preview(service, at(10), **wish)
    if shown.staff is not None:
        assert book(service, at(10), **wish).staff_id == shown.staff.id
        return
    clash = refused(shown.clash, service, at(10), **wish)  # type: ignore[arg-type]
    assert isinstance(clash, Clash)
    assert alternatives(clash) == shown.alternatives


def test_nothing_is_locked(service: Service, doctor: Staff) -> None:
    needs(service, "room")
    room(service.business, "Room 1")
    book(service, at(10, day=7), staff=doctor)
    wish = {"patient": PatientFactory(business=service.business)}
    with CaptureQueriesContext(connection) as asked:
        assert codes(preview(service, at(10), FOUR_WEEKS, **wish)).count("free") == 3
    sent = [one["sql"] for one in asked.captured_queries]
    assert not [sql for sql in sent if "FOR NO KEY" in sql or "FOR UPDATE" in sql]
    assert not [sql for sql in sent if "set_config" in sql or sql.startswith(("INSERT", "UPDATE"))]


def test_each_alternative_can_be_booked_alone_and_in_its_series(
    service: Service, doctor: Staff
) -> None:
    needs(service, "room")
    for name in ("Room 1", "Room 2"):
        room(service.business, name)
    others = [StaffFactory(business=service.business) for _ in range(2)]
    for other in others:
        book(service, at(10, day=1), staff=other)
    book(service, at(10, 30, day=2), staff=doctor, minutes=60)
    blocks(doctor, at(8, day=3), 12 * 60)
    daily = "FREQ=DAILY;COUNT=5"
    shown = preview(service, at(10, 15), daily, staff=doctor)
    assert codes(shown) == ["free", "resource_busy", "staff_busy", "staff_busy", "free"]
    tried = 0
    for date in shown:
        for one in date.alternatives:
            host = Staff.objects.get(pk=one.staff_id)
            cancelled(book(service, one.time, staff=host))
            if host == doctor:
                with transaction.atomic():
                    booked = repeat(
                        service,
                        at(10, 15),
                        daily,
                        staff=doctor,
                        overrides=((date.date, one.time),),
                        skip_conflicts=True,
                    )
                    assert one.time in [record.starts_at for record in booked.records]
                    assert date.date not in [skip.date for skip in booked.skipped]
                    transaction.set_rollback(True)
            tried += 1
    assert tried == 9


def test_an_alternative_of_one_date_is_not_the_time_of_another(
    service: Service, doctor: Staff
) -> None:
    blocks(doctor, at(8, day=1), 12 * 60)
    shown = preview(service, at(8), "FREQ=DAILY;COUNT=3", staff=doctor)
    assert shown[1].alternatives[0].time == at(8, 30, day=2)


# --- On any calendar ------------------------------------------------------------------------------

spans = st.tuples(st.integers(0, 2), st.integers(0, 9), st.integers(0, 23), st.integers(1, 8))


@given(
    blockers=st.lists(spans, max_size=8),
    visits=st.lists(spans, max_size=8),
    first=st.tuples(st.integers(-2, 2), st.integers(0, 23)),
    rule=st.sampled_from(["FREQ=DAILY;COUNT=6", "FREQ=DAILY;INTERVAL=2;COUNT=4"]),
    named=st.booleans(),
    rooms=st.integers(-1, 2),  # -1: none is needed
    places=st.integers(1, 2),
    buffers=st.sampled_from([0, 15, 1440]),
    shifted=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 40)), max_size=2),
    override=st.sampled_from([None, None, ON_PURPOSE]),
)
@settings(
    max_examples=12 * FACTOR,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_what_is_shown_as_free_is_what_is_booked(
    blockers: list[tuple[int, int, int, int]],
    visits: list[tuple[int, int, int, int]],
    first: tuple[int, int],
    rule: str,
    named: bool,
    rooms: int,
    places: int,
    buffers: int,
    shifted: list[tuple[int, int]],
    override: Any,
) -> None:
    service = ServiceFactory(bookings_per_timeslot=places, buffer_after_minutes=buffers)
    other = ServiceFactory(business=service.business)
    team = [StaffFactory(business=service.business) for _ in range(3)]
    if rooms >= 0:
        needs(service, "room")
        needs(other, "room")
    for number in range(rooms):
        room(service.business, f"Room {number}")
    for who, day, half_hours, length in blockers:
        blocks(team[who], at(8, half_hours * 30, day=day), length * 30)
    for who, day, half_hours, length in visits:
        try:
            start = at(8, half_hours * 30, day=day)
            book(service if length % 2 else other, start, staff=team[who])
        except Refusal:
            continue
    start = at(8, first[1] * 30, day=first[0])
    step = timedelta(days=2 if "INTERVAL" in rule else 1)
    overrides = {
        start + number * step: start + number * step + timedelta(minutes=later * 45)
        for number, later in shifted
    }
    wish: dict[str, Any] = {
        "staff": team[0] if named else None,
        "patient": PatientFactory(business=service.business),
        "overrides": tuple(overrides.items()),
        "override": override,
    }
    shown = preview(service, start, rule, **wish)
    free = {one.date: one.staff.id for one in shown if one.staff}
    lost = [(one.date, one.clash.code) for one in shown if one.clash]
    with transaction.atomic():
        if not free:
            with pytest.raises(Refusal) as caught:
                repeat(service, start, rule, skip_conflicts=True, **wish)
            assert caught.value.code in {code for _, code in lost}
        else:
            booked = repeat(service, start, rule, skip_conflicts=True, **wish)
            dates = [one.original_starts_at or one.starts_at for one in booked.records]
            hosts = [one.staff_id for one in booked.records]
            assert dict(zip(dates, hosts, strict=True)) == free
            assert [tuple(one) for one in booked.skipped] == lost
        transaction.set_rollback(True)
    assert {code for _, code in lost} <= {
        one.code
        for one in (
            DateInPast,
            NoStaffAvailable,
            OutsideWorkingHours,
            ResourceBusy,
            SlotFull,
            StaffBusy,
        )
    }
