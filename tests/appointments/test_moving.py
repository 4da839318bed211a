"""Another time, person, service or length for a visit that is booked."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
import time_machine

from appointments import changing
from appointments.changes import Changes
from appointments.errors import (
    AdditionalStaffNotBookable,
    AdditionalStaffNotFound,
    AdditionalStaffRepeated,
    AppointmentNotFound,
    DateInPast,
    DurationNotOffered,
    OutsideWorkingHours,
    ServiceDisabled,
    ServiceNotFound,
    StaffBusy,
    StaffNotBookable,
    StaffNotFound,
    StaffNotProvider,
    Stale,
    WrongStatus,
)
from appointments.models import Appointment, HeldTime, Status
from appointments.record import Record
from businesses.models import BookingQuestion, Service
from staff.models import Staff
from tests.appointments.desk import DESK, NOW, ON_PURPOSE, at, book, cancelled, held, written
from tests.appointments.moves import (
    alternatives,
    change,
    move,
    now_is,
    other_times,
    refuses,
    step,
)
from tests.factories import (
    BusinessFactory,
    LocationFactory,
    ServiceFactory,
    StaffFactory,
    blocks,
    provides,
    works,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]


@pytest.fixture
def service() -> Service:
    made: Service = ServiceFactory()
    return made


@pytest.fixture
def doctor(service: Service) -> Staff:
    made: Staff = StaffFactory(business=service.business)
    return made


@pytest.fixture
def visit(service: Service, doctor: Staff) -> Record:
    return book(service, at(10), staff=doctor)


def test_a_moved_visit_holds_its_new_time_and_gives_up_the_old(
    visit: Record, doctor: Staff
) -> None:
    told = move(visit, at(14))
    assert told == visit._replace(
        starts_at=at(14), ends_at=at(14, 30), original_starts_at=at(10), updated_at=NOW
    )
    assert held(doctor) == [(at(14), at(14, 30))]


def test_the_first_start_is_kept_through_later_moves(visit: Record) -> None:
    once = move(visit, at(14))
    twice = move(once, at(15, day=1))
    assert (once.original_starts_at, twice.original_starts_at) == (at(10), at(10))
    assert move(twice, at(10)).original_starts_at == at(10)


def test_a_visit_is_never_in_its_own_way(doctor: Staff) -> None:
    service = ServiceFactory(
        business=doctor.business, buffer_before_minutes=15, buffer_after_minutes=15
    )
    record = book(service, at(10), staff=doctor)
    for start in (at(10, 15), at(9, 50), at(10, 40), at(10, 40)):
        record = move(record, start)
        assert held(doctor) == [(start - timedelta(minutes=15), start + timedelta(minutes=45))]


def test_the_same_time_again_is_no_move(visit: Record, doctor: Staff) -> None:
    before = written()
    told = change(visit, starts_at=at(10), minutes=30, staff_id=doctor.pk, additional_staff_ids=())
    assert told == visit
    assert written() == before


def test_what_was_overbooked_on_purpose_may_be_told_its_own_time_again(
    service: Service, doctor: Staff, visit: Record
) -> None:
    over = book(service, at(10), staff=doctor, override=ON_PURPOSE)
    told = change(over, starts_at=at(10), notes="Will wait")
    assert told == over._replace(notes="Will wait", updated_at=NOW)
    assert held(doctor) == [(at(10), at(10, 30))] * 2


def test_an_overbooked_visit_that_finds_a_free_time_is_overbooked_no_more(
    service: Service, doctor: Staff, visit: Record
) -> None:
    over = book(service, at(10), staff=doctor, override=ON_PURPOSE)
    told = move(over, at(12))
    assert (told.overbooked, told.override_reason) == (False, "")
    assert not HeldTime.objects.filter(overbooked=True).exists()


def test_another_staff_member_takes_the_visit(visit: Record, doctor: Staff) -> None:
    other = StaffFactory(business=doctor.business)
    told = change(visit, staff_id=other.pk)
    assert (told.staff_id, told.staff_name, told.staff_email) == (
        other.pk,
        other.name,
        other.email,
    )
    assert told.original_starts_at is None
    assert (held(doctor), held(other)) == ([], [(at(10), at(10, 30))])


def test_the_price_stays_unless_the_length_or_the_service_changes(
    service: Service, visit: Record
) -> None:
    service.durations.update(price=9900)
    assert move(visit, at(12)).price == 3000
    assert change(visit, minutes=30).price == 3000
    longer = change(visit, minutes=60)
    assert (longer.price, longer.ends_at) == (9900, at(13))
    dearer = ServiceFactory(business=service.business, durations={60: 12000}, currency="EUR")
    told = change(longer, service_id=dearer.pk)
    assert (told.price, told.currency) == (12000, "eur")


def test_a_longer_visit_holds_more_and_a_shorter_one_less(visit: Record, doctor: Staff) -> None:
    change(visit, minutes=60)
    assert held(doctor) == [(at(10), at(11))]
    change(visit, minutes=30)
    assert held(doctor) == [(at(10), at(10, 30))]


def test_a_length_that_is_not_offered_is_refused(visit: Record) -> None:
    refuses(DurationNotOffered, change, visit, minutes=45)


def test_a_length_that_is_offered_no_more_stays_as_it_is(service: Service, visit: Record) -> None:
    service.durations.filter(minutes=30).delete()
    assert move(visit, at(12)).ends_at == at(12, 30)
    refuses(
        DurationNotOffered,
        change,
        visit,
        service_id=ServiceFactory(business=service.business, durations={60: 1}).pk,
    )


def test_another_service_brings_its_place_and_its_buffers(visit: Record, doctor: Staff) -> None:
    annex = LocationFactory(business=doctor.business, name="Annex", address="2 Hill Road")
    other = ServiceFactory(
        business=doctor.business, location=annex, location_type="in_person", buffer_after_minutes=20
    )
    told = change(visit, service_id=other.pk)
    assert (told.service_id, told.service_name) == (other.pk, other.name)
    assert (told.location_id, told.location_name, told.location_address) == (
        annex.pk,
        "Annex",
        "2 Hill Road",
    )
    assert told.location_type == "in_person"
    assert held(doctor) == [(at(10), at(10, 50))]


def test_a_service_that_is_off_or_elsewhere_is_not_changed_to(visit: Record) -> None:
    off = ServiceFactory(business_id=visit.business_id, enabled=False)
    refuses(ServiceDisabled, change, visit, service_id=off.pk)
    refuses(ServiceNotFound, change, visit, service_id=ServiceFactory().pk)


def test_what_is_at_another_address_is_linked_to_no_location(
    service: Service, doctor: Staff
) -> None:
    service.location = LocationFactory(business=service.business)
    service.location_type, service.location_value = "in_person", "Room 3"
    service.save()
    record = book(service, at(10), staff=doctor)
    link = change(record, location="https://meet.example/abc")
    assert (link.location_id, link.location_type, link.location_value) == (
        None,
        "url",
        "https://meet.example/abc",
    )
    back = change(link, location="")
    assert (back.location_id, back.location_type, back.location_value) == (
        service.location.pk,
        "in_person",
        "Room 3",
    )
    assert back.location_name == "Main house"


def test_answers_notes_tags_and_payment_change_without_a_look_at_the_calendar(
    service: Service, doctor: Staff, visit: Record
) -> None:
    asked = BookingQuestion.objects.create(
        business=service.business, service=service, variable_name="why", question="Why?"
    )
    blocks(doctor, at(9), 120)
    rows = held(doctor)
    told = change(
        visit,
        answers=((asked.pk, "Knee"),),
        notes="Lift",
        tags=("first",),
        payment_provider="stripe",
        payment_id="pi_1",
        patient_timezone="Europe/Paris",
    )
    answer = {"id": str(asked.pk), "variableName": "why", "question": "Why?", "answer": "Knee"}
    assert told == visit._replace(
        answers=[answer],
        notes="Lift",
        tags=["first"],
        payment_provider="stripe",
        payment_id="pi_1",
        patient_timezone="Europe/Paris",
        updated_at=NOW,
    )
    assert held(doctor) == rows
    assert change(told, answers=(), tags=()).answers == []


def test_additional_staff_come_and_go(visit: Record, doctor: Staff) -> None:
    nurse, trainee = (StaffFactory(business=doctor.business) for _ in range(2))
    told = change(visit, additional_staff_ids=(nurse.pk, trainee.pk))
    assert told.additional_staff_ids == sorted([nurse.pk, trainee.pk])
    assert held(nurse) == held(trainee) == held(doctor)
    moved = move(told, at(12))
    assert held(nurse) == held(trainee) == held(doctor) == [(at(12), at(12, 30))]
    assert change(moved, additional_staff_ids=(nurse.pk,)).additional_staff_ids == [nurse.pk]
    assert held(trainee) == []
    assert change(moved, additional_staff_ids=()).additional_staff_ids == []
    assert (held(nurse), held(doctor)) == ([], [(at(12), at(12, 30))])


def test_whoever_came_along_may_become_the_host(visit: Record, doctor: Staff) -> None:
    nurse = StaffFactory(business=doctor.business)
    change(visit, additional_staff_ids=(nurse.pk,))
    told = change(visit, staff_id=nurse.pk)
    assert (told.staff_id, told.additional_staff_ids) == (nurse.pk, [])
    assert (held(doctor), held(nurse)) == ([], [(at(10), at(10, 30))])


def test_nobody_is_host_and_additional_at_once(visit: Record, doctor: Staff) -> None:
    nurse = StaffFactory(business=doctor.business)
    refuses(AdditionalStaffRepeated, change, visit, additional_staff_ids=(doctor.pk,))
    change(visit, additional_staff_ids=(nurse.pk,))
    both = {"staff_id": nurse.pk, "additional_staff_ids": (nurse.pk,)}
    refuses(AdditionalStaffRepeated, change, visit, **both)


def test_additional_staff_are_active_people_of_the_business(visit: Record, doctor: Staff) -> None:
    refuses(AdditionalStaffNotFound, change, visit, additional_staff_ids=(StaffFactory().pk,))
    left = StaffFactory(business=doctor.business, status="DISABLED")
    refuses(AdditionalStaffNotBookable, change, visit, additional_staff_ids=(left.pk,))


def test_additional_staff_who_are_busy_are_in_the_way(visit: Record, doctor: Staff) -> None:
    nurse = StaffFactory(business=doctor.business)
    blocks(nurse, at(12), 30)
    refuses(StaffBusy, change, visit, starts_at=at(12), additional_staff_ids=(nurse.pk,))


def test_the_new_staff_member_can_be_booked_for_the_service(
    service: Service, visit: Record, doctor: Staff
) -> None:
    provides(doctor, service)
    other = StaffFactory(business=doctor.business)
    refuses(StaffNotProvider, change, visit, staff_id=other.pk)
    refuses(StaffNotProvider, change, visit, staff_id=other.pk, override=ON_PURPOSE)
    gone = StaffFactory(business=doctor.business, status="DISABLED")
    provides(gone, service)
    refuses(StaffNotBookable, change, visit, staff_id=gone.pk)
    refuses(StaffNotFound, change, visit, staff_id=StaffFactory().pk)


def test_a_clash_leaves_everything_and_names_other_times(
    service: Service, visit: Record, doctor: Staff
) -> None:
    other = StaffFactory(business=doctor.business, name="Dr Other")
    book(service, at(14), staff=doctor)
    clash = refuses(StaffBusy, move, visit, at(14))
    assert other_times(clash) == [
        (at(14), other.pk),
        (at(14, 30), doctor.pk),
        (at(14, 45), doctor.pk),
    ]
    assert [one.what for one in clash.obstacles] == [service.name]
    for one in alternatives(clash):
        told = change(visit, starts_at=one.time, staff_id=one.staff_id)
        assert (told.starts_at, told.staff_id) == (one.time, one.staff_id)


def test_the_times_that_a_visit_holds_itself_are_among_its_alternatives(
    visit: Record, doctor: Staff
) -> None:
    """A visit that can't go to 9:45 for the meeting before it can still go to 10:15."""
    blocks(doctor, at(9), 60)
    clash = refuses(StaffBusy, move, visit, at(9, 45))
    assert [time for time, _ in other_times(clash)] == [at(10), at(10, 15), at(10, 30)]


def test_a_visit_is_not_moved_out_of_the_hours(visit: Record, doctor: Staff) -> None:
    refuses(OutsideWorkingHours, move, visit, at(19, 45))
    works(doctor, {}, date_start=date(2030, 1, 8))
    refuses(OutsideWorkingHours, move, visit, at(10, day=1))


def test_a_visit_is_not_moved_into_the_past(visit: Record) -> None:
    refuses(DateInPast, move, visit, at(9, day=-3))
    told = move(visit, at(9, day=-3), override=ON_PURPOSE)
    assert (told.starts_at, told.original_starts_at) == (at(9, day=-3), at(10))


def test_a_visit_that_has_begun_may_get_longer(
    visit: Record, monday_morning: time_machine.Traveller
) -> None:
    monday_morning.move_to(at(10, 10))
    assert change(visit, minutes=60).ends_at == at(11)


def test_an_override_moves_over_busy_time_and_closed_hours(
    service: Service, visit: Record, doctor: Staff
) -> None:
    book(service, at(14), staff=doctor)
    told = move(visit, at(14), override=ON_PURPOSE)
    assert (told.overbooked, told.override_reason) == (True, "Emergency")
    assert held(doctor) == [(at(14), at(14, 30))] * 2
    late = move(visit, at(22), override=ON_PURPOSE)
    assert (late.overbooked, late.override_reason) == (False, "Emergency")


def test_a_request_is_moved_like_a_booking_and_holds_nothing(doctor: Staff) -> None:
    service = ServiceFactory(business=doctor.business, bookings_require_approval=True)
    asked = book(service, at(10), staff=doctor)
    blocks(doctor, at(12), 60)
    refuses(StaffBusy, move, asked, at(12))
    told = move(asked, at(14))
    assert (told.status, told.approved, told.original_starts_at) == ("requested", False, at(10))
    assert held(doctor) == []


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.NO_SHOW, Status.CANCELLED])
def test_what_is_over_is_not_moved(visit: Record, doctor: Staff, status: Status) -> None:
    ways = {
        Status.COMPLETED: [Status.ARRIVED, Status.IN_PROGRESS, Status.COMPLETED],
        Status.NO_SHOW: [Status.NO_SHOW],
        Status.CANCELLED: [Status.CANCELLED],
    }
    for one in ways[status]:
        step(visit, one)
    other = StaffFactory(business=doctor.business)
    for changes in ({"starts_at": at(14)}, {"staff_id": other.pk}, {"minutes": 60}):
        refuses(WrongStatus, change, visit, **changes)
        refuses(WrongStatus, change, visit, override=ON_PURPOSE, **changes)
    assert change(visit, notes="Called").notes == "Called"


def test_what_has_been_changed_meanwhile_is_not_changed_unseen(visit: Record) -> None:
    move(visit, at(11))

    def as_seen(now: Record) -> None:
        if now != visit:
            raise Stale

    refuses(
        Stale,
        changing.change,
        business_id=visit.business_id,
        appointment_id=visit.id,
        changes=Changes(notes="Late"),
        by=DESK,
        unchanged=as_seen,
    )


def test_what_is_not_there_is_not_moved(visit: Record) -> None:
    refuses(AppointmentNotFound, move, visit._replace(id=uuid4()), at(12))
    refuses(AppointmentNotFound, move, visit._replace(business_id=BusinessFactory().pk), at(12))
    assert now_is(visit) == visit


def test_a_moved_visit_guards_its_time_against_the_next(service: Service, doctor: Staff) -> None:
    first, second = book(service, at(10), staff=doctor), book(service, at(11), staff=doctor)
    move(first, at(12))
    refuses(StaffBusy, move, second, at(12, 15))
    move(second, at(10))
    assert held(doctor) == [(at(10), at(10, 30)), (at(12), at(12, 30))]
    cancelled(first)
    assert move(second, at(12, 15)).starts_at == at(12, 15)
    assert Appointment.objects.count() == 2
