"""What keeps somebody busy, to the minute."""

import pytest

from appointments.errors import StaffBusy
from businesses.models import Service
from staff.models import ExternalEvent, Staff
from tests.appointments.desk import at, book, cancelled, held, refused
from tests.factories import BusinessFactory, ServiceFactory, StaffFactory, blocks

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]


@pytest.fixture
def service() -> Service:
    made: Service = ServiceFactory(durations={15: 1000, 30: 2000, 60: 3000, 120: 5000})
    return made


@pytest.fixture
def doctor(service: Service) -> Staff:
    made: Staff = StaffFactory(business=service.business)
    return made


# The doctor is booked from 12 to 13; each of the thirteen relations to that hour.
AROUND_NOON = {
    "before": (10, 0, 60, True),
    "meets": (11, 0, 60, True),
    "overlaps": (11, 30, 60, False),
    "starts": (12, 0, 30, False),
    "during": (12, 15, 30, False),
    "finishes": (12, 30, 30, False),
    "equals": (12, 0, 60, False),
    "is started by": (12, 0, 120, False),
    "contains": (11, 30, 120, False),
    "is finished by": (11, 0, 120, False),
    "is overlapped by": (12, 30, 60, False),
    "is met by": (13, 0, 60, True),
    "after": (14, 0, 60, True),
}


@pytest.mark.parametrize(
    ("hour", "minute", "minutes", "fits"), AROUND_NOON.values(), ids=AROUND_NOON.keys()
)
def test_two_visits_of_one_person_never_share_a_minute(
    service: Service, doctor: Staff, hour: int, minute: int, minutes: int, fits: bool
) -> None:
    book(service, at(12), staff=doctor, minutes=60)
    if fits:
        record = book(service, at(hour, minute), staff=doctor, minutes=minutes)
        assert (record.starts_at, record.approved) == (at(hour, minute), True)
        assert len(held(doctor)) == 2
    else:
        refused(StaffBusy, service, at(hour, minute), staff=doctor, minutes=minutes)


def test_a_visit_may_start_the_moment_another_ends(service: Service, doctor: Staff) -> None:
    book(service, at(10), staff=doctor)
    book(service, at(10, 30), staff=doctor)
    assert held(doctor) == [(at(10), at(10, 30)), (at(10, 30), at(11))]


def test_a_visit_may_end_the_moment_another_starts(service: Service, doctor: Staff) -> None:
    book(service, at(10, 30), staff=doctor)
    book(service, at(10), staff=doctor)
    assert held(doctor) == [(at(10), at(10, 30)), (at(10, 30), at(11))]


def test_a_visit_of_any_other_service_keeps_its_host_busy(service: Service, doctor: Staff) -> None:
    book(ServiceFactory(business=service.business), at(10), staff=doctor)
    refused(StaffBusy, service, at(10), staff=doctor)


def test_a_visit_keeps_nobody_else_busy(service: Service, doctor: Staff) -> None:
    colleague = StaffFactory(business=service.business)
    book(service, at(10), staff=doctor)
    book(service, at(10), staff=colleague)
    assert held(doctor) == held(colleague) == [(at(10), at(10, 30))]


def test_a_clinic_next_door_has_nobody_busy_here(service: Service, doctor: Staff) -> None:
    elsewhere = ServiceFactory(business=BusinessFactory())
    book(elsewhere, at(10), staff=StaffFactory(business=elsewhere.business))
    assert book(service, at(10)).staff_id == doctor.pk


def test_a_time_blocker_keeps_somebody_busy_to_the_minute(service: Service, doctor: Staff) -> None:
    blocks(doctor, at(12), 60)
    refused(StaffBusy, service, at(11, 31), staff=doctor)
    refused(StaffBusy, service, at(12, 59), staff=doctor)
    book(service, at(11, 30), staff=doctor)
    book(service, at(13), staff=doctor)
    assert held(doctor) == [(at(11, 30), at(12)), (at(13), at(13, 30))]


def test_a_time_blocker_of_several_days_blocks_the_days_between(
    service: Service, doctor: Staff
) -> None:
    blocks(doctor, at(12), 72 * 60, reason="Holiday")
    refused(StaffBusy, service, at(10, day=1), staff=doctor)
    refused(StaffBusy, service, at(11, 45, day=3), staff=doctor)
    assert book(service, at(12, day=3), staff=doctor).starts_at == at(12, day=3)


def event(doctor: Staff, *, busy: bool) -> None:
    ExternalEvent.objects.create(
        business=doctor.business,
        staff=doctor,
        starts_at=at(12),
        ends_at=at(13),
        title="School",
        busy=busy,
    )


def test_an_event_of_another_calendar_that_is_marked_busy_keeps_somebody_busy(
    service: Service, doctor: Staff
) -> None:
    event(doctor, busy=True)
    refused(StaffBusy, service, at(11, 45), staff=doctor)
    refused(StaffBusy, service, at(12, 45), staff=doctor)
    book(service, at(11, 30), staff=doctor)
    book(service, at(13), staff=doctor)
    assert len(held(doctor)) == 2


def test_an_event_of_another_calendar_that_is_marked_free_keeps_nobody_busy(
    service: Service, doctor: Staff
) -> None:
    event(doctor, busy=False)
    book(service, at(12), staff=doctor)
    assert held(doctor) == [(at(12), at(12, 30))]


def test_a_cancelled_visit_holds_no_time(service: Service, doctor: Staff) -> None:
    first = book(service, at(10), staff=doctor)
    refused(StaffBusy, service, at(10), staff=doctor)
    cancelled(first)
    assert book(service, at(10), staff=doctor).id != first.id
    assert held(doctor) == [(at(10), at(10, 30))]


@pytest.mark.parametrize("status", ["arrived", "in_progress", "completed", "no_show"])
def test_a_visit_keeps_its_time_whatever_became_of_it(
    service: Service, doctor: Staff, status: str
) -> None:
    first = book(service, at(10), staff=doctor)
    service.appointments.filter(pk=first.id).update(status=status)
    refused(StaffBusy, service, at(10), staff=doctor)
