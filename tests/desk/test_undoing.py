"""What was done at the desk can be undone for a while, by nobody over somebody else's change."""

from typing import Any

import pytest
import time_machine
from django.test import Client

from appointments.acceptance import Override
from appointments.changes import Changes
from appointments.changing import change
from appointments.models import Appointment
from staff.roles import Role
from tests.appointments.desk import written
from tests.desk.clinic import PARTNER, FrontDesk, at, way_back, words_of
from tests.factories import StaffFactory, member, provides

Clock = time_machine.Traveller


def post(desk: FrontDesk, one: Any, page: str, clock: Clock, **fields: str) -> Any:
    """Sends a form of the appointment a minute later; the page that it leads to."""
    clock.shift(60)
    return desk.client.post(desk.url(f"appointments/{one.id}/{page}"), fields, follow=True)


def undo(desk: FrontDesk, answer: Any, clock: Clock) -> Any:
    """Presses Undo a minute later."""
    clock.shift(60)
    return desk.client.post(way_back(answer), follow=True)


def now(one: Any) -> Appointment:
    found: Appointment = Appointment.objects.get(pk=one.id)
    return found


def test_a_step_is_undone(desk: FrontDesk, clock: Clock) -> None:
    one = desk.book(at(10))
    answer = post(desk, one, "step", clock, status="arrived")
    assert "Undone." in words_of(undo(desk, answer, clock))
    assert (now(one).status, now(one).status_before) == ("booked", "")


def test_a_move_is_undone_with_its_length_and_its_host(desk: FrontDesk, clock: Clock) -> None:
    other = StaffFactory(business=desk.business, name="Dr Okafor")
    one = desk.book(at(10))
    clock.shift(60)
    typed = desk.moving(one, date="2030-01-08", duration="60", staff=str(other.pk))
    answer = desk.client.post(desk.url(f"appointments/{one.id}/move"), typed, follow=True)
    assert now(one).staff == other
    undo(desk, answer, clock)
    again = now(one)
    assert (again.starts_at, again.ends_at, again.staff) == (at(10), at(10, 30), desk.doctor)
    assert (again.price, again.original_starts_at) == (one.price, None)


def test_a_cancellation_is_undone(desk: FrontDesk, clock: Clock) -> None:
    one = desk.book(at(10))
    answer = post(desk, one, "cancel", clock, reason="Ill")
    undo(desk, answer, clock)
    assert (now(one).status, now(one).cancel_reason) == ("booked", "")


def test_the_cancellation_of_a_series_is_undone_as_a_whole(desk: FrontDesk, clock: Clock) -> None:
    _, second, _ = desk.book_series(3)
    answer = post(desk, second, "cancel", clock, scope="following")
    statuses = Appointment.objects.order_by("starts_at").values_list("status", flat=True)
    assert list(statuses) == ["booked", "cancelled", "cancelled"]
    undo(desk, answer, clock)
    assert list(statuses.all()) == ["booked"] * 3


@pytest.mark.parametrize(("page", "told"), [("approve", "Approved."), ("cancel", "Declined.")])
def test_a_decision_about_a_request_is_undone(
    desk: FrontDesk, clock: Clock, page: str, told: str
) -> None:
    one = desk.book_request()
    answer = post(desk, one, page, clock)
    assert told in words_of(answer)
    undo(desk, answer, clock)
    assert now(one).status == "requested"


def test_a_booking_is_undone_by_cancelling_it(desk: FrontDesk, clock: Clock) -> None:
    one = desk.booked()
    answer = desk.get(f"appointments/{one.pk}")
    assert "Booked." in words_of(answer)
    undo(desk, answer, clock)
    assert (now(one).status, now(one).cancelled_by) == ("cancelled", "Sofia Marchetti")


def test_who_came_between_is_told_and_not_overwritten(desk: FrontDesk, clock: Clock) -> None:
    one = desk.book(at(10))
    answer = post(desk, one, "step", clock, status="arrived")
    clock.shift(60)
    change(
        business_id=desk.business.pk,
        appointment_id=one.id,
        changes=Changes(notes="Wheelchair"),
        by=PARTNER,
    )
    before = written()
    told = words_of(undo(desk, answer, clock))
    assert "Not undone: Partner has changed it since (Changed)." in told
    assert written() == before


def test_a_time_that_was_taken_meanwhile_is_told_with_other_times(
    desk: FrontDesk, clock: Clock
) -> None:
    one = desk.book(at(10))
    clock.shift(60)
    typed = desk.moving(one, time="14:00")
    answer = desk.client.post(desk.url(f"appointments/{one.id}/move"), typed, follow=True)
    desk.book(at(10))
    before = written()
    refused = undo(desk, answer, clock)
    told = words_of(refused)
    assert "Dr Hart Mon 7 Jan, 10:00–10:30 has an appointment (Follow-up, Ana Núñez)" in told
    assert "Move it to one of these instead" in told
    form = refused.context["move_form"]
    assert f"{form['date'].value()} {form['time'].value():%H:%M}" == "2030-01-07 10:00"
    assert written() == before


def test_a_cancelled_visit_whose_time_is_taken_can_be_booked_anew(
    desk: FrontDesk, clock: Clock
) -> None:
    one = desk.book(at(10))
    answer = post(desk, one, "cancel", clock)
    desk.book(at(10))
    before = written()
    refused = undo(desk, answer, clock)
    told = words_of(refused)
    assert "Dr Hart Mon 7 Jan, 10:00–10:30 has an appointment (Follow-up, Ana Núñez)" in told
    assert "Book it anew at another time" in told
    assert "Take it back all the same" in told
    assert f"staff={desk.doctor.pk}&amp;duration=30&amp;day=2030-01-07&amp;time=10:30" in (
        refused.content.decode()
    )
    assert written() == before


def over(desk: FrontDesk, clock: Clock) -> Any:
    """The page after what was booked over another visit was moved from there by somebody."""
    desk.book(at(10))
    one = desk.book(at(10), override=Override("Acute pain"))
    clock.shift(60)
    return desk.client.post(
        desk.url(f"appointments/{one.id}/move"), desk.moving(one, time="14:00"), follow=True
    )


def test_what_was_booked_over_another_visit_goes_back_over_it(
    desk: FrontDesk, clock: Clock
) -> None:
    assert "Undone." in words_of(undo(desk, over(desk, clock), clock))
    assert Appointment.objects.filter(starts_at=at(10)).count() == 2


def test_nobody_undoes_over_another_visit_who_may_not_book_over_one(
    practitioner: FrontDesk, clock: Clock
) -> None:
    moved = over(practitioner, clock)
    before = written()
    told = words_of(undo(practitioner, moved, clock))
    assert "The staff member is busy at that time." in told
    assert "all the same" not in told
    assert written() == before


def test_whoever_came_along_is_brought_back(desk: FrontDesk, clock: Clock) -> None:
    nurse = StaffFactory(business=desk.business, name="Nurse Mwangi")
    for who in (desk.doctor, nurse):
        provides(who, desk.service)
    one = desk.book(at(10), additional_staff_ids=(nurse.pk,))
    clock.shift(60)
    typed = desk.moving(one, staff=str(nurse.pk))
    answer = desk.client.post(desk.url(f"appointments/{one.id}/move"), typed, follow=True)
    assert (now(one).staff, now(one).additional_hosts.count()) == (nurse, 0)
    undo(desk, answer, clock)
    again = now(one)
    assert (again.staff, [host.staff for host in again.additional_hosts.all()]) == (
        desk.doctor,
        [nurse],
    )


def test_somebody_of_the_same_name_is_somebody_else(desk: FrontDesk, clock: Clock) -> None:
    one = desk.book(at(10))
    seen = desk.get(f"appointments/{one.id}").context["version"]
    namesake = Client()
    user = member(desk.business, Role.FRONT_DESK, name=desk.user.name, email="other@x.example")
    namesake.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    clock.shift(60)
    namesake.post(desk.url(f"appointments/{one.id}/step"), {"status": "arrived"})
    (news,) = desk.get(f"appointments/{one.id}", seen=seen).context["news"]
    assert (news.who, news.what) == (desk.user.name, "Arrived")


def test_nothing_is_undone_twice(desk: FrontDesk, clock: Clock) -> None:
    one = desk.book(at(10))
    answer = post(desk, one, "step", clock, status="arrived")
    undo(desk, answer, clock)
    before = written()
    assert "Not undone: Sofia Marchetti" in words_of(undo(desk, answer, clock))
    assert written() == before


@pytest.mark.parametrize("seen", ["", "x", "2030-01-07", "2030-13-01T00:00:00+00:00"])
def test_an_address_that_does_not_say_what_it_undoes_undoes_nothing(
    desk: FrontDesk, seen: str
) -> None:
    one = desk.book(at(10))
    before = written()
    page = desk.url(f"appointments/{one.id}/undo")
    assert desk.client.post(f"{page}?seen={seen}").status_code == 302
    assert desk.client.get(f"{page}?seen={one.updated_at.isoformat()}").status_code in (302, 405)
    assert written() == before


def test_of_another_clinic_nothing_is_undone(
    desk: FrontDesk, neighbour: FrontDesk, clock: Clock
) -> None:
    theirs = neighbour.book(at(10))
    answer = post(neighbour, theirs, "step", clock, status="arrived")
    before = written()
    address = way_back(answer).replace(neighbour.business.alias, desk.business.alias)
    assert desk.client.post(address).status_code == 404
    assert desk.client.post(way_back(answer)).status_code == 404
    assert written() == before


# --- The page stays true ----------------------------------------------------------------------


def test_a_page_that_is_still_true_is_told_nothing(desk: FrontDesk, clock: Clock) -> None:
    one = desk.book(at(10))
    seen = desk.get(f"appointments/{one.id}").context["version"]
    assert desk.get(f"appointments/{one.id}", seen=seen).status_code == 204
    clock.shift(60)
    change(
        business_id=desk.business.pk,
        appointment_id=one.id,
        changes=Changes(starts_at=at(15)),
        by=PARTNER,
    )
    answer = desk.get(f"appointments/{one.id}", seen=seen)
    assert "Somebody changed it meanwhile Partner: Changed" in words_of(answer)
    assert "<html" not in answer.content.decode()


def test_ones_own_changes_are_no_news(desk: FrontDesk, clock: Clock) -> None:
    one = desk.book(at(10))
    seen = desk.get(f"appointments/{one.id}").context["version"]
    post(desk, one, "step", clock, status="arrived")
    answer = desk.get(f"appointments/{one.id}", seen=seen)
    assert answer.context["news"] == []


@pytest.mark.parametrize(
    ("page", "fields"), [("step", {"status": "arrived"}), ("cancel", {"reason": "Moves away"})]
)
def test_a_stale_page_does_nothing_and_keeps_what_was_typed(
    desk: FrontDesk, clock: Clock, page: str, fields: dict[str, str]
) -> None:
    one = desk.book(at(10))
    version = desk.get(f"appointments/{one.id}").context["version"]
    clock.shift(60)
    change(
        business_id=desk.business.pk,
        appointment_id=one.id,
        changes=Changes(starts_at=at(15)),
        by=PARTNER,
    )
    before = written()
    answer = post(desk, one, page, clock, version=version, **fields)
    assert "Somebody changed it meanwhile" in words_of(answer)
    assert all(word in answer.content.decode() for word in fields.values())
    assert written() == before


def test_the_next_free_times_are_one_press_each(desk: FrontDesk) -> None:
    one = desk.book(at(10))
    desk.book(at(10, 30))
    answer = desk.get(f"appointments/{one.id}", times="1")
    found = [f"{other.time:%H:%M}" for other in answer.context["next_times"]]
    assert (len(found), found[0]) == (6, "11:00")
    value = f"{answer.context['next_times'][0].time.isoformat()} {desk.doctor.pk}"
    desk.move(one, action=None, alternative=value)
    assert now(one).starts_at == at(11)


def test_a_slip_says_when_where_with_whom_and_what_to_bring(desk: FrontDesk) -> None:
    desk.service.description = "Bring your insurance card."
    desk.service.save()
    one = desk.book(at(10))
    page = desk.get(f"appointments/{one.id}").content.decode()
    slip = page[page.index('class="slip') : page.index("</section>", page.index('class="slip'))]
    for word in ("Ana Núñez", "Dr Hart", "Main house", "Bring your insurance card.", "Monday"):
        assert word in slip
