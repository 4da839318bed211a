"""One booking: what it writes, what it tells, and whether any calendar can mislead it."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appointments.errors import Clash
from appointments.models import AdditionalHost, Appointment, GroupSlot, HeldTime
from appointments.record import find_record, list_records
from businesses.models import BookingQuestion
from tests.appointments.desk import ON_PURPOSE, at, book, held
from tests.factories import (
    BusinessFactory,
    LocationFactory,
    PatientFactory,
    ServiceFactory,
    StaffFactory,
    blocks,
)
from tests.soak import FACTOR

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]


def test_what_is_told_of_a_new_booking_is_what_is_stored() -> None:
    business = BusinessFactory()
    service = ServiceFactory(
        business=business,
        alias="first-visit",
        location=LocationFactory(business=business),
        location_type="in_person",
        bookings_per_timeslot=3,
    )
    doctor, nurse, student = (StaffFactory(business=business) for _ in range(3))
    question = BookingQuestion.objects.create(
        business=business, service=service, variable_name="why", question="Why?"
    )
    told = book(
        service,
        at(10),
        staff=doctor,
        along=[student, nurse],
        patient=PatientFactory(business=business, email=None),
        answers=((question.pk, "Pain"),),
        tags=("new",),
        notes="Ring twice",
        patient_timezone="Asia/Kathmandu",
        payment_provider="stripe",
        payment_id="pi_1",
        override=ON_PURPOSE,
    )
    assert find_record(business.pk, told.id) == told


def test_what_is_told_of_a_request_and_of_an_overbooking_is_what_is_stored() -> None:
    service = ServiceFactory(bookings_require_approval=True)
    doctor = StaffFactory(business=service.business)
    request = book(service, at(10), staff=doctor)
    booked = book(service, at(10), staff=doctor, needs_approval=False)
    overbooked = book(service, at(10), override=ON_PURPOSE, needs_approval=False)
    for told in (request, booked, overbooked):
        assert find_record(service.business_id, told.id) == told


def test_an_appointment_is_not_found_in_another_business() -> None:
    service = ServiceFactory()
    StaffFactory(business=service.business)
    told = book(service, at(10))
    assert find_record(BusinessFactory().pk, told.id) is None


def test_a_list_is_half_open_and_by_start() -> None:
    service = ServiceFactory()
    one, other = (StaffFactory(business=service.business) for _ in range(2))
    late = book(service, at(12), staff=one)
    early = book(service, at(10), staff=one)
    same = book(service, at(10), staff=other)
    book(service, at(13), staff=one)
    StaffFactory(business=(elsewhere := ServiceFactory()).business)
    book(elsewhere, at(11))
    wanted = Appointment.objects.filter(business=service.business).starting_in(at(10), at(13))
    found, total = list_records(service.business_id, wanted, limit=50, offset=0)
    assert found == [*sorted((early, same), key=lambda one: str(one.id)), late]
    assert total == 3


def test_a_start_is_an_instant_whatever_the_offset_it_is_written_in() -> None:
    service = ServiceFactory()
    doctor = StaffFactory(business=service.business)
    kathmandu = timezone(timedelta(hours=5, minutes=45))
    told = book(service, datetime(2030, 1, 7, 15, 45, tzinfo=kathmandu), staff=doctor)
    assert told.starts_at == at(10)
    assert str(told.starts_at.tzinfo) == "UTC"
    assert held(doctor) == [(at(10), at(10, 30))]


def test_one_booking_writes_one_appointment_and_one_held_time_for_each_person() -> None:
    service = ServiceFactory()
    doctor, nurse = (StaffFactory(business=service.business) for _ in range(2))
    told = book(service, at(10), staff=doctor, along=[nurse])
    assert [row.pk for row in Appointment.objects.all()] == [told.id]
    assert [row.staff_id for row in AdditionalHost.objects.all()] == [nurse.pk]
    rows = HeldTime.objects.all()
    assert {row.staff_id for row in rows} == {doctor.pk, nurse.pk}
    assert {row.session for row in rows} == {told.id}
    assert not GroupSlot.objects.exists()


# --- On any calendar ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wanted:
    """One wish of a random series; times in quarter hours after 8."""

    kind: int
    start: int
    long: bool
    host: int
    helper: int | None


# Places, minutes before, minutes after: a single visit, one with buffers, a class of three.
KINDS = ((1, 0, 0), (1, 10, 20), (3, 5, 5))
wishes = st.lists(
    st.builds(
        Wanted,
        kind=st.integers(0, 2),
        start=st.integers(0, 12),
        long=st.booleans(),
        host=st.integers(0, 1),
        helper=st.one_of(st.none(), st.just(2)),
    ),
    min_size=2,
    max_size=10,
)


@given(wishes, st.integers(0, 12))
@settings(
    max_examples=12 * FACTOR,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_on_any_calendar_exactly_what_fits_is_booked(wishes: list[Wanted], blocked: int) -> None:
    """The command against the plainest account of the rules: a list of what each person holds."""
    business = BusinessFactory()
    services = [
        ServiceFactory(
            business=business,
            bookings_per_timeslot=places,
            buffer_before_minutes=before,
            buffer_after_minutes=after,
        )
        for places, before, after in KINDS
    ]
    people = [StaffFactory(business=business) for _ in range(3)]
    blocks(people[0], at(8, 15 * blocked), 20)
    # For each person: from, until, and the timeslot that it belongs to.
    diary: list[list[tuple[datetime, datetime, tuple[object, ...]]]] = [
        [(at(8, 15 * blocked), at(8, 15 * blocked + 20), ("blocked",))],
        [],
        [],
    ]
    for number, wish in enumerate(wishes):
        places, before, after = KINDS[wish.kind]
        minutes = 60 if wish.long else 30
        start = at(8, 15 * wish.start)
        since = start - timedelta(minutes=before)
        until = start + timedelta(minutes=minutes + after)
        group = ("group", wish.kind, wish.start, minutes, wish.host)
        slot: tuple[object, ...] = group if places > 1 else ("visit", number)
        team = [wish.host] + ([wish.helper] if wish.helper is not None else [])
        fits = True
        for who in team:
            clashes = [one for one in diary[who] if one[0] < until and since < one[1]]
            others = [one for one in clashes if one[2] != slot]
            fits = fits and not others and len(clashes) < places
        try:
            book(
                services[wish.kind],
                start,
                staff=people[wish.host],
                minutes=minutes,
                along=[people[wish.helper]] if wish.helper is not None else [],
            )
        except Clash:
            assert not fits
        else:
            assert fits
            for who in team:
                diary[who].append((since, until, slot))
    connection.check_constraints()
    for who, person in enumerate(people):
        mine = sorted((since, until) for since, until, slot in diary[who] if slot != ("blocked",))
        assert sorted(held(person)) == mine
