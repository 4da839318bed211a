"""Rooms and devices that visits need: found, held, shared by a group and given back."""

from datetime import timedelta

import pytest

from appointments.errors import NoStaffAvailable, ResourceBusy, SlotFull, StaffBusy
from appointments.models import HeldResource, Status
from appointments.offering import available_times
from businesses.models import Business, Service
from staff.models import Staff
from tests.appointments.desk import ON_PURPOSE, at, book, cancelled, held, refused
from tests.appointments.moves import (
    alternatives,
    change,
    move,
    needs,
    other_times,
    refuses,
    repeat,
    room,
    starts,
    step,
    taken,
    used,
)
from tests.appointments.rows import Rows, accepted, refused_by, sql
from tests.factories import BusinessFactory, LocationFactory, ServiceFactory, StaffFactory, blocks

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]


@pytest.fixture
def clinic() -> Business:
    made: Business = BusinessFactory()
    return made


@pytest.fixture
def service(clinic: Business) -> Service:
    """It needs any room."""
    made: Service = ServiceFactory(business=clinic)
    needs(made, "room")
    return made


@pytest.fixture
def ada(clinic: Business) -> Staff:
    made: Staff = StaffFactory(business=clinic, name="Ada")
    return made


@pytest.fixture
def ben(clinic: Business) -> Staff:
    made: Staff = StaffFactory(business=clinic, name="Ben")
    return made


def test_a_visit_takes_the_first_free_room_of_the_kind(
    clinic: Business, service: Service, ada: Staff, ben: Staff
) -> None:
    for name in ("Room 2", "Room 1"):
        room(clinic, name)
    room(clinic, "Bike 1", kind="bike")
    assert used(book(service, at(10), staff=ada)) == ["Room 1"]
    assert used(book(service, at(10, 15), staff=ben)) == ["Room 2"]
    third = StaffFactory(business=clinic)
    refused(ResourceBusy, service, at(10), staff=third)
    refused(ResourceBusy, service, at(10))
    assert used(book(service, at(10, 30), staff=third)) == ["Room 1"]


def test_a_service_that_needs_nothing_holds_nothing(clinic: Business, ada: Staff) -> None:
    room(clinic, "Room 1")
    assert used(book(ServiceFactory(business=clinic), at(10), staff=ada)) == []


def test_a_particular_room_is_that_one_or_none(clinic: Business, ada: Staff, ben: Staff) -> None:
    for name in ("Room 1", "Room 2"):
        room(clinic, name)
    scans = ServiceFactory(business=clinic)
    needs(scans, room(clinic, "Scanner", kind="device"))
    assert used(book(scans, at(10), staff=ada)) == ["Scanner"]
    refused(ResourceBusy, scans, at(10), staff=ben)


def test_several_needs_are_all_met_or_none(clinic: Business, service: Service, ada: Staff) -> None:
    needs(service, "room")
    needs(service, "bike")
    room(clinic, "Room 1")
    bike = room(clinic, "Bike 1", kind="bike")
    refused(ResourceBusy, service, at(10), staff=ada)
    room(clinic, "Room 2")
    assert used(book(service, at(10), staff=ada)) == ["Bike 1", "Room 1", "Room 2"]
    bike.enabled = False
    bike.save()
    refused(ResourceBusy, service, at(11), staff=ada)


def test_the_particular_room_is_not_given_away_to_the_kind(
    clinic: Business, service: Service, ada: Staff
) -> None:
    """One room of any kind and Room 1 as well: Room 2 has to be the other one."""
    needs(service, room(clinic, "Room 1"))
    refused(ResourceBusy, service, at(10), staff=ada)
    room(clinic, "Room 2")
    assert used(book(service, at(10), staff=ada)) == ["Room 1", "Room 2"]


def test_a_room_serves_the_services_of_its_location(clinic: Business, ada: Staff) -> None:
    house, annex = (LocationFactory(business=clinic, name=name) for name in ("House", "Annex"))
    here, there, anywhere = (
        ServiceFactory(business=clinic, location=location) for location in (house, annex, None)
    )
    for one in (here, there, anywhere):
        needs(one, "room")
    room(clinic, "Room of the house", location=house)
    assert used(book(here, at(10), staff=ada)) == ["Room of the house"]
    assert used(book(anywhere, at(11), staff=ada)) == ["Room of the house"]
    refused(ResourceBusy, there, at(12), staff=ada)
    room(clinic, "Van")
    assert used(book(there, at(12), staff=ada)) == ["Van"]


def test_a_room_of_another_business_is_none_of_ours(service: Service, ada: Staff) -> None:
    room(BusinessFactory(), "Room 1")
    refused(ResourceBusy, service, at(10), staff=ada)


def test_a_room_that_is_out_of_use_is_not_used(
    clinic: Business, service: Service, ada: Staff
) -> None:
    only = room(clinic, "Room 1", enabled=False)
    refused(ResourceBusy, service, at(10), staff=ada)
    only.enabled = True
    only.save()
    record = book(service, at(10), staff=ada)
    only.enabled = False
    only.save()
    assert taken(only) == [(at(10), at(10, 30))]
    refuses(ResourceBusy, move, record, at(11))


def test_a_room_is_held_with_the_buffers(clinic: Business, ada: Staff, ben: Staff) -> None:
    service = ServiceFactory(business=clinic, buffer_before_minutes=10, buffer_after_minutes=20)
    needs(service, "room")
    only = room(clinic, "Room 1")
    book(service, at(10), staff=ada)
    assert taken(only) == [(at(9, 50), at(10, 50))]
    refused(ResourceBusy, service, at(10, 59), staff=ben)
    book(service, at(11), staff=ben)


def test_whoever_is_busy_is_told_that_first(clinic: Business, service: Service, ada: Staff) -> None:
    room(clinic, "Room 1")
    book(service, at(10), staff=ada)
    refused(StaffBusy, service, at(10), staff=ada)
    refused(NoStaffAvailable, service, at(10))


def test_anyone_without_a_room_is_told_of_the_room(
    clinic: Business, service: Service, ada: Staff, ben: Staff
) -> None:
    room(clinic, "Room 1")
    book(service, at(10), staff=ada)
    clash = refused(ResourceBusy, service, at(10))
    alternatives(clash)
    assert ("room", "room") in [(one.kind, one.what) for one in clash.obstacles]
    blocks(ben, at(10), 30)
    refused(NoStaffAvailable, service, at(10))


def test_nobody_overrides_a_room_that_is_taken(
    clinic: Business, service: Service, ada: Staff, ben: Staff
) -> None:
    refused(ResourceBusy, service, at(10), staff=ben, override=ON_PURPOSE)
    room(clinic, "Room 1")
    book(service, at(10), staff=ada)
    refused(ResourceBusy, service, at(10), staff=ben, override=ON_PURPOSE)
    refused(ResourceBusy, service, at(10), staff=ada, override=ON_PURPOSE)
    refused(ResourceBusy, service, at(10), override=ON_PURPOSE)
    late = book(service, at(12), staff=ben)
    refuses(ResourceBusy, move, late, at(10, 15), override=ON_PURPOSE)


def test_alternatives_are_times_at_which_there_is_a_room(
    clinic: Business, service: Service, ada: Staff, ben: Staff
) -> None:
    room(clinic, "Room 1")
    book(service, at(10), staff=ada, minutes=60)
    clash = refused(ResourceBusy, service, at(10), staff=ben)
    assert other_times(clash) == [
        (at(11), ben.pk),
        (at(11, 15), ben.pk),
        (at(11, 30), ben.pk),
    ]
    for one in alternatives(clash):
        record = book(service, one.time, staff=ben)
        assert used(record) == ["Room 1"]
        cancelled(record)


def test_the_rooms_follow_a_visit_wherever_it_goes(
    clinic: Business, service: Service, ada: Staff, ben: Staff
) -> None:
    first, second = room(clinic, "Room 1"), room(clinic, "Room 2")
    record, other = book(service, at(10), staff=ada), book(service, at(12), staff=ben)
    assert used(move(record, at(10, 15))) == ["Room 1"]
    assert used(move(record, at(12))) == ["Room 2"]
    assert (taken(first), taken(second)) == ([(at(12), at(12, 30))], [(at(12), at(12, 30))])
    cancelled(other)
    assert taken(first) == []
    assert used(change(record, minutes=60)) == ["Room 1"]
    bare = ServiceFactory(business=clinic)
    assert used(change(record, service_id=bare.pk)) == []
    assert used(change(record, service_id=service.pk)) == ["Room 1"]


def test_steps_leave_the_room_and_cancelling_gives_it_back(
    clinic: Business, service: Service, ada: Staff, ben: Staff
) -> None:
    room(clinic, "Room 1")
    record = book(service, at(10), staff=ada)
    assert used(step(record, Status.ARRIVED)) == ["Room 1"]
    assert used(step(record, Status.CANCELLED)) == []
    book(service, at(10), staff=ben)
    refuses(ResourceBusy, step, record, Status.ARRIVED)
    refuses(ResourceBusy, step, record, Status.ARRIVED, override=ON_PURPOSE)


def test_a_request_holds_no_room_until_it_is_approved(
    clinic: Business, ada: Staff, ben: Staff
) -> None:
    asks = ServiceFactory(business=clinic, bookings_require_approval=True)
    needs(asks, "room")
    refused(ResourceBusy, asks, at(10), staff=ada)
    room(clinic, "Room 1")
    first, second = book(asks, at(10), staff=ada), book(asks, at(10), staff=ben)
    assert used(first) == used(second) == []
    assert used(step(second, Status.BOOKED)) == ["Room 1"]
    refuses(ResourceBusy, step, first, Status.BOOKED)
    assert used(step(second, Status.REQUESTED)) == []
    assert used(step(first, Status.BOOKED)) == ["Room 1"]


# --- Groups ---------------------------------------------------------------------------------------


@pytest.fixture
def yoga(clinic: Business) -> Service:
    made: Service = ServiceFactory(business=clinic, bookings_per_timeslot=3)
    needs(made, "room")
    return made


def test_a_group_shares_one_room_and_stays_in_it(
    clinic: Business, service: Service, yoga: Service, ada: Staff, ben: Staff
) -> None:
    """It began in Room 2; that Room 1 is free by now moves nobody."""
    first, second = room(clinic, "Room 1"), room(clinic, "Room 2")
    early = book(service, at(10), staff=ben)
    members = [book(yoga, at(10), staff=ada)]
    cancelled(early)
    members += [book(yoga, at(10), staff=ada) for _ in range(2)]
    assert [used(one) for one in members] == [["Room 2"]] * 3
    assert (taken(first), taken(second)) == ([], [(at(10), at(10, 30))] * 3)
    refused(SlotFull, yoga, at(10), staff=ada)


def test_the_groups_of_two_hosts_are_in_two_rooms(
    clinic: Business, yoga: Service, ada: Staff, ben: Staff
) -> None:
    room(clinic, "Room 1")
    book(yoga, at(10), staff=ada)
    refused(ResourceBusy, yoga, at(10), staff=ben)
    room(clinic, "Room 2")
    assert used(book(yoga, at(10), staff=ben)) == ["Room 2"]


def test_who_joins_a_group_comes_into_its_room_and_the_last_who_leaves_frees_it(
    clinic: Business, yoga: Service, ada: Staff
) -> None:
    only = room(clinic, "Room 1")
    first, late = book(yoga, at(10), staff=ada), book(yoga, at(14), staff=ada)
    assert used(move(late, at(10))) == ["Room 1"]
    assert taken(only) == [(at(10), at(10, 30))] * 2
    cancelled(first)
    assert taken(only) == [(at(10), at(10, 30))]
    cancelled(late)
    assert taken(only) == []


# --- Series ---------------------------------------------------------------------------------------


def test_a_series_needs_a_room_on_each_date(
    clinic: Business, service: Service, ada: Staff, ben: Staff
) -> None:
    room(clinic, "Room 1")
    book(service, at(10, day=7), staff=ben)
    weekly = "FREQ=WEEKLY;COUNT=3"
    refuses(ResourceBusy, repeat, service, at(10), weekly, staff=ada)
    refuses(ResourceBusy, repeat, service, at(10), weekly, staff=ada, override=ON_PURPOSE)
    booked = repeat(service, at(10), weekly, staff=ada, skip_conflicts=True)
    assert (starts(booked.records), booked.skipped) == (
        [at(10), at(10, day=14)],
        [(at(10, day=7), "resource_busy")],
    )
    room(clinic, "Room 2")
    again = repeat(service, at(11), weekly, staff=ada)
    assert [used(one) for one in again.records] == [["Room 1"]] * 3


# --- The database ---------------------------------------------------------------------------------


def test_the_database_refuses_one_room_to_two_visits_at_once() -> None:
    rows = Rows.of_a_clinic()
    only = room(rows.service.business, "Room 1")
    other = StaffFactory(business=rows.service.business)
    rows.use(rows.booked(at(10)), at(10), only)
    second = rows.appointment(at(10, 15), staff_id=other.pk)
    rows.hold(second, at(10, 15), staff_id=other.pk)
    accepted()
    with refused_by("held_resource_does_not_overlap"):
        rows.use(second, at(10, 15), only)
    third = rows.booked(at(10, 30))
    rows.use(third, at(10, 30), only)
    accepted()
    with refused_by("held_resource_does_not_overlap"):
        sql(
            "UPDATE appointments_heldresource SET during = tstzrange(%s, %s)"
            " WHERE appointment_id = %s",
            at(10, 29),
            at(11),
            third,
        )


def test_the_database_lets_the_visits_of_one_timeslot_share_a_room() -> None:
    rows = Rows.of_a_clinic()
    only = room(rows.service.business, "Room 1")
    slot = rows.timeslot(at(10), places=2)
    for place in (1, 2):
        visit = rows.takes_place(slot, at(10), place=place, places=2)
        rows.use(visit, at(10), only, group_slot_id=slot)
    accepted()
    assert HeldResource.objects.count() == 2


def test_the_database_refuses_a_room_to_what_does_not_stand() -> None:
    """A room is held for the appointment's own time, and by nothing that is cancelled."""
    rows = Rows.of_a_clinic()
    only = room(rows.service.business, "Room 1")
    visit = rows.booked(at(10))
    with refused_by("appointment_holds_its_time"):
        rows.use(visit, at(11), only)
    rows.use(visit, at(10), only)
    accepted()
    with refused_by("appointment_holds_its_time"):
        sql("DELETE FROM appointments_heldtime WHERE appointment_id = %s", visit)
        sql(
            "UPDATE appointments_appointment SET status = 'cancelled', cancelled_at = now()"
            " WHERE id = %s",
            visit,
        )


def test_held_time_and_held_rooms_are_the_same_spans(
    clinic: Business, service: Service, ada: Staff
) -> None:
    only = room(clinic, "Room 1")
    records = repeat(service, at(10), "FREQ=DAILY;COUNT=3", staff=ada).records
    move(records[1], at(15, day=1))
    cancelled(records[2])
    assert taken(only) == held(ada)
    assert taken(only)[1] == (at(15, day=1), at(15, day=1) + timedelta(minutes=30))


def test_a_room_that_is_named_is_not_counted_among_those_of_its_kind(
    clinic: Business, service: Service, ada: Staff
) -> None:
    first, second = room(clinic, "Room 1"), room(clinic, "Room 2")
    needs(service, first)  # besides any other
    elsewhere = ServiceFactory(business=clinic)
    needs(elsewhere, second)
    book(elsewhere, at(10), staff=StaffFactory(business=clinic))
    offered = available_times(
        business_id=clinic.pk,
        service_id=service.pk,
        start=at(9, 30),
        end=at(11),
        minutes=30,
        staff_ids=[ada.pk],
    )
    assert [one.moment for one in offered] == [at(9, 30), at(10, 30), at(10, 45)]
