"""What is in the way: told, kept, got round, or overridden."""

import re

import pytest

from appointments.models import Appointment, HeldTime
from patients.models import Patient
from staff.roles import Role
from tests.appointments.desk import written
from tests.desk.clinic import FrontDesk, at, open_desk, words_of
from tests.factories import ServiceFactory, StaffFactory, blocks


def test_a_clash_says_what_is_in_the_way_and_keeps_everything_typed(desk: FrontDesk) -> None:
    desk.book(at(10))
    before = written()
    typed = desk.typed(
        q="ana", notes="Calls back", tags="new", location="12 Hill Road", time="10:15"
    )
    answer = desk.client.post(desk.url("book"), typed)
    assert answer.status_code == 200
    assert answer.context["clash"].code == "staff_busy"
    page = words_of(answer)
    assert "The staff member is busy at that time." in page
    assert "Dr Hart Mon 7 Jan, 10:00–10:30 has an appointment (Follow-up, Ana Núñez)" in page
    assert "Nothing is booked yet. What you typed is still below." in page
    form = answer.context["form"]
    kept = {name: form[name].value() for name in typed if name not in ("submission", "action")}
    assert kept == {name: typed[name] for name in kept}
    assert answer.context["chosen"] == str(desk.patient.pk)
    assert [one.name for one in answer.context["matches"]] == ["Ana Núñez"]
    assert written() == before


def test_other_things_in_the_way_are_told(desk: FrontDesk) -> None:
    blocks(desk.doctor, at(10), 60, "Meeting")
    page = words_of(desk.send())
    assert "Dr Hart Mon 7 Jan, 10:00–11:00 is blocked (Meeting)" in page
    page = words_of(desk.send(time="07:00"))
    assert "That time is not within the staff member's hours for this service." in page
    assert "Dr Hart does not work then" in page


def test_one_of_the_other_times_is_booked_with_one_press(desk: FrontDesk) -> None:
    desk.book(at(10))
    answer = desk.send(notes="Calls back")
    offered = re.findall(r'name="alternative"\s+value="(.*?)"', answer.content.decode())
    assert offered[0] == f"2030-01-07T10:30:00+00:00 {desk.doctor.pk}"
    taken = desk.booked(alternative=offered[0], action=None, notes="Calls back")
    assert (taken.starts_at, taken.staff, taken.notes) == (at(10, 30), desk.doctor, "Calls back")


def test_somebody_else_at_the_same_time_is_an_alternative(desk: FrontDesk) -> None:
    other = StaffFactory(business=desk.business, name="Dr Okafor")
    desk.book(at(10))
    answer = desk.send()
    offered = re.findall(r'name="alternative"\s+value="(.*?)"', answer.content.decode())
    taken = desk.booked(alternative=offered[0], action=None)
    assert (taken.starts_at, taken.staff) == (at(10), other)


@pytest.mark.parametrize(
    "alternative",
    ["", "x", "9999-12-31T23:59:59-14:00 x", "0001-01-01T00:00:00+14:00 ", "\x00", "2030-99-99 1"],
)
def test_an_alternative_that_can_not_be_read_books_nothing(
    desk: FrontDesk, alternative: str
) -> None:
    answer = desk.send(alternative=alternative)
    assert answer.status_code == 200
    assert answer.context["form"]["time"].value() == "10:00"
    assert Appointment.objects.count() == 0


def test_a_role_that_may_override_books_over_with_a_reason(desk: FrontDesk) -> None:
    desk.book(at(10))
    answer = desk.send()
    assert answer.context["may_override"] is True
    assert "Book it all the same" in words_of(answer)
    appointment = desk.booked(action="override", override_reason="  Acute pain ")
    assert appointment.starts_at == at(10)
    assert (appointment.overbooked, appointment.override_reason) == (True, "Acute pain")
    assert HeldTime.objects.filter(overbooked=True).count() == 1
    page = words_of(desk.get(f"appointments/{appointment.pk}"))
    assert "Overbooked on purpose Acute pain" in page
    assert "Overbooked" in words_of(desk.get("appointments"))


@pytest.mark.parametrize("reason", ["", "   ", None])
def test_an_override_needs_a_reason(desk: FrontDesk, reason: str | None) -> None:
    desk.book(at(10))
    before = written()
    answer = desk.send(action="override", override_reason=reason, notes="Calls back")
    assert dict(answer.context["form"].errors) == {"override_reason": ["Give a reason."]}
    assert "Say why it is booked all the same." in words_of(answer)
    assert answer.context["form"]["notes"].value() == "Calls back"
    assert written() == before


def test_a_practitioner_is_not_offered_to_override_and_can_not_by_a_forged_form(
    practitioner: FrontDesk,
) -> None:
    practitioner.book(at(10))
    before = written()
    for fields in ({}, {"action": "override", "override_reason": "Because"}):
        answer = practitioner.send(**fields)
        assert answer.status_code == 200
        assert answer.context["clash"].code == "staff_busy"
        assert answer.context["may_override"] is False
        assert 'value="override"' not in answer.content.decode()
    assert written() == before


def test_a_practitioner_books_what_is_free(practitioner: FrontDesk) -> None:
    appointment = practitioner.booked(action="override", override_reason="Because")
    assert (appointment.overbooked, appointment.override_reason) == (False, "")


@pytest.mark.parametrize("role", [Role.OWNER, Role.ADMIN, Role.MANAGER, Role.FRONT_DESK])
@pytest.mark.usefixtures("db", "clock")
def test_these_roles_may_override(role: Role) -> None:
    desk = open_desk(role)
    desk.book(at(10))
    assert desk.booked(action="override", override_reason="Acute pain").overbooked is True


def test_a_visit_in_the_past_is_entered_with_a_reason(desk: FrontDesk) -> None:
    answer = desk.send(date="2030-01-04")
    assert answer.context["clash"].code == "date_in_past"
    assert "It will be entered as a visit that has begun already." in words_of(answer)
    assert Appointment.objects.count() == 0
    appointment = desk.booked(
        date="2030-01-04", action="override", override_reason="Walked in on Friday"
    )
    assert (appointment.starts_at, appointment.overbooked) == (at(10, day=-3), False)
    page = words_of(desk.get(f"appointments/{appointment.pk}"))
    assert "Booked against the rules, on purpose Walked in on Friday" in page


def test_outside_hours_is_booked_with_a_reason(desk: FrontDesk) -> None:
    appointment = desk.booked(time="21:00", action="override", override_reason="Late clinic")
    assert appointment.starts_at == at(21)


def test_a_full_group_is_not_offered_to_be_overridden(desk: FrontDesk) -> None:
    group = ServiceFactory(business=desk.business, bookings_per_timeslot=2, durations={60: 1000})
    for _ in range(2):
        desk.booked(service=str(group.pk), duration="60")
    for fields in ({}, {"action": "override", "override_reason": "Please"}):
        answer = desk.send(service=str(group.pk), duration="60", **fields)
        assert answer.context["clash"].code == "slot_full"
        assert 'value="override"' not in answer.content.decode()
    assert Appointment.objects.count() == 2


def test_a_new_patient_is_kept_when_the_clash_is_overridden(desk: FrontDesk) -> None:
    desk.book(at(10))
    appointment = desk.booked(
        patient="", new_name="Bert Stone", action="override", override_reason="Acute pain"
    )
    assert appointment.patient == Patient.objects.get(name="Bert Stone")
