"""Moving an appointment from its page: what is in the way, other times, and who came between."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from appointments.changes import Changes
from appointments.changing import change
from appointments.models import Appointment
from appointments.status import in_words
from tests.appointments.desk import written
from tests.desk.clinic import PARTNER, FrontDesk, at, words_of
from tests.factories import StaffFactory, blocks


def now(one: Any) -> Appointment:
    found: Appointment = Appointment.objects.get(pk=one.id)
    return found


def test_an_appointment_is_moved(desk: FrontDesk) -> None:
    other = StaffFactory(business=desk.business, name="Dr Okafor")
    one = desk.book(at(10))
    answer = desk.move(one, date="2030-01-08", time="11:15", duration="60", staff=str(other.pk))
    assert answer["Location"] == desk.url(f"appointments/{one.id}")
    moved = now(one)
    assert (moved.starts_at, moved.ends_at) == (at(11, 15, day=1), at(12, 15, day=1))
    assert (moved.staff, moved.price) == (other, 5000)
    page = words_of(desk.get(f"appointments/{one.id}"))
    assert "Moved." in page
    assert "First planned for Monday 7 January 2030, 10:00" in page
    assert "Staff member: Dr Hart → Dr Okafor" in page


def test_it_is_not_in_its_own_way(desk: FrontDesk) -> None:
    one = desk.book(at(10))
    desk.move(one, time="10:15")
    assert now(one).starts_at == at(10, 15)


def test_a_form_that_says_what_is_there_changes_nothing(desk: FrontDesk) -> None:
    one = desk.book(datetime(2030, 1, 7, 10, 0, 30, tzinfo=UTC))
    before = written()
    assert desk.move(one).status_code == 302
    assert written() == before
    assert "Nothing was different; it stays as it is." in words_of(
        desk.get(f"appointments/{one.id}")
    )


def test_times_are_the_clinics(desk: FrontDesk) -> None:
    one = desk.book(datetime(2030, 7, 1, 9, tzinfo=UTC))
    form = desk.get(f"appointments/{one.id}").context["move_form"]
    assert f"{form['time'].value():%H:%M}" == "10:00"
    desk.move(one, time="12:00")
    assert now(one).starts_at == datetime(2030, 7, 1, 11, tzinfo=UTC)


def test_a_time_that_comes_twice_asks_which(desk: FrontDesk) -> None:
    desk.business.default_staff_working_hours = {"sunday": [[0, 2400]], "monday": [[0, 2400]]}
    desk.business.save()
    one = desk.book(at(10))
    answer = desk.move(one, date="2030-10-27", time="01:30", which="")
    assert list(answer.context["move_form"].errors) == ["which"]
    assert "The later one, 01:30 GMT" in words_of(answer)
    desk.move(one, date="2030-10-27", time="01:30", which="1")
    assert now(one).starts_at == datetime(2030, 10, 27, 1, 30, tzinfo=UTC)
    desk.move(one, duration="60")  # the later of the two stays the later one
    assert now(one).starts_at == datetime(2030, 10, 27, 1, 30, tzinfo=UTC)


def test_a_length_and_a_host_that_are_not_offered_any_more_stay_as_they_are(
    desk: FrontDesk,
) -> None:
    one = desk.book(at(10))
    desk.service.durations.filter(minutes=30).delete()
    desk.doctor.takes_bookings = False
    desk.doctor.save()
    form = desk.get(f"appointments/{one.id}").context["move_form"]
    assert (form["duration"].value(), form["staff"].value()) == (30, str(desk.doctor.pk))
    assert [str(word) for _, word in form.fields["duration"].choices] == (
        ["30 minutes", "60 minutes · 50.00 GBP"]
    )


# --- In the way -------------------------------------------------------------------------------


def alternatives(answer: Any) -> list[str]:
    return re.findall(r'name="alternative"\s+value="(.*?)"', answer.content.decode())


def test_a_clash_says_what_is_in_the_way_and_keeps_what_was_typed(desk: FrontDesk) -> None:
    one = desk.book(at(10))
    desk.book(at(14))
    before = written()
    answer = desk.move(one, time="14:00", duration="60")
    page = words_of(answer)
    assert "Dr Hart Mon 7 Jan, 14:00–14:30 has an appointment (Follow-up, Ana Núñez)" in page
    assert "Nothing is changed yet. What you typed is still below." in page
    assert "Move it to one of these instead" in page
    form = answer.context["move_form"]
    assert (form["time"].value(), form["duration"].value()) == ("14:00", "60")
    assert written() == before


def test_one_of_the_other_times_is_taken_with_one_press(desk: FrontDesk) -> None:
    one = desk.book(at(10))
    desk.book(at(14))
    (first, *_) = alternatives(desk.move(one, time="14:00"))
    desk.move(one, time="14:00", action=None, alternative=first)
    assert now(one).starts_at == at(14, 30)


def test_an_alternative_that_can_not_be_read_moves_nothing(desk: FrontDesk) -> None:
    one = desk.book(at(10))
    answer = desk.move(one, time="14:00", alternative="x")
    assert answer.status_code == 200
    assert answer.context["move_form"]["time"].value() == "14:00"
    assert now(one).starts_at == at(10)


def test_it_is_moved_over_something_with_a_reason(desk: FrontDesk) -> None:
    one = desk.book(at(10))
    desk.book(at(14))
    empty = desk.move(one, time="14:00", action="override", override_reason=" ")
    assert dict(empty.context["move_form"].errors) == {"override_reason": ["Give a reason."]}
    assert "Say why it is moved all the same." in words_of(empty)
    assert now(one).starts_at == at(10)
    desk.move(one, time="14:00", action="override", override_reason="Both agreed")
    moved = now(one)
    assert (moved.starts_at, moved.overbooked, moved.override_reason) == (
        (at(14), True, "Both agreed")
    )


def test_a_practitioner_moves_over_nothing(practitioner: FrontDesk) -> None:
    one = practitioner.book(at(10))
    practitioner.book(at(14))
    before = written()
    answer = practitioner.move(one, time="14:00", action="override", override_reason="Because")
    assert answer.context["clash"].code == "staff_busy"
    assert "all the same" not in words_of(answer)
    assert written() == before


def test_the_past_is_told_and_entered_with_a_reason(desk: FrontDesk) -> None:
    one = desk.book(at(10))
    answer = desk.move(one, date="2030-01-04")
    assert answer.context["clash"].code == "date_in_past"
    desk.move(one, date="2030-01-04", action="override", override_reason="Came on Friday")
    assert now(one).starts_at == at(10, day=-3)


def test_what_can_not_be_had_at_all_is_said_at_its_field(desk: FrontDesk) -> None:
    one = desk.book(at(10))
    desk.business.enabled = False
    desk.business.save()
    answer = desk.move(one, time="11:00", duration="60")
    assert answer.context["move_form"].errors
    assert "This business takes no bookings at present." in words_of(answer)
    assert now(one).starts_at == at(10)


@pytest.mark.parametrize("status", ["completed", "no_show", "cancelled"])
def test_what_is_over_is_not_offered_to_be_moved(desk: FrontDesk, status: str) -> None:
    one = desk.book(at(10))
    typed = desk.moving(one, time="11:00")
    steps = {"completed": ["arrived", "in_progress", "completed"]}.get(status, [status])
    for each in steps:
        desk.client.post(desk.url(f"appointments/{one.id}/step"), {"status": each})
    answer = desk.get(f"appointments/{one.id}")
    assert "Move or change" not in words_of(answer)
    typed["version"] = answer.context["version"]
    refused = desk.client.post(desk.url(f"appointments/{one.id}/move"), typed)
    assert f"An appointment that is {in_words(status)} can't be moved" in words_of(refused)
    assert now(one).starts_at == at(10)


# --- Two desks --------------------------------------------------------------------------------


def test_a_page_that_somebody_else_overtook_overwrites_nothing(
    desk: FrontDesk, clock: time_machine.Traveller
) -> None:
    one = desk.book(at(10))
    typed = desk.moving(one, duration="60")
    clock.shift(1)
    change(
        business_id=desk.business.pk,
        appointment_id=one.id,
        changes=Changes(starts_at=at(15)),
        by=PARTNER,
    )
    before = written()
    page = desk.url(f"appointments/{one.id}/move")
    answer = desk.client.post(page, typed)
    words = words_of(answer)
    assert "Somebody changed it meanwhile" in words
    assert "It is now Monday 7 January 2030, 15:00–15:30 with Dr Hart." in words
    assert answer.context["move_form"]["duration"].value() == "60"
    assert written() == before
    desk.client.post(page, typed | {"version": answer.context["version"], "time": "15:00"})
    assert (now(one).starts_at, now(one).ends_at) == (at(15), at(16))


@pytest.mark.parametrize("version", ["", "x", None])
def test_a_form_that_does_not_say_what_it_has_seen_overwrites_nothing(
    desk: FrontDesk, version: str | None
) -> None:
    one = desk.book(at(10))
    answer = desk.move(one, time="11:00", version=version)
    assert "Somebody changed it meanwhile" in words_of(answer)
    assert now(one).starts_at == at(10)


# --- Series -----------------------------------------------------------------------------------


def starts() -> list[datetime]:
    return [one.starts_at for one in Appointment.objects.order_by("starts_at")]


@pytest.mark.parametrize(
    ("scope", "hours"), [("this", [10, 12, 10]), ("following", [10, 12, 12]), ("all", [12, 12, 12])]
)
def test_of_a_series_as_many_are_moved_as_were_asked_for(
    desk: FrontDesk, scope: str, hours: list[int]
) -> None:
    _, second, _ = desk.book_series(3)
    desk.move(second, time="12:00", scope=scope)
    assert starts() == [at(hour, day=7 * week) for week, hour in enumerate(hours)]


def test_a_new_length_of_all_leaves_the_times_of_each_alone(desk: FrontDesk) -> None:
    first, second, _ = desk.book_series(3)
    desk.move(second, duration="60", scope="all")
    assert starts() == [at(10, day=7 * week) for week in range(3)]
    assert [one.duration.seconds for one in Appointment.objects.all()] == [3600] * 3
    assert now(first).series_exception is False


def test_a_series_that_clashes_tells_its_dates_and_moves_nothing(desk: FrontDesk) -> None:
    first, _, _ = desk.book_series(3)
    blocks(desk.doctor, at(12, day=7), 60, "Meeting")
    before = written()
    answer = desk.move(first, time="12:00", scope="all")
    page = words_of(answer)
    assert "1 of 3 dates can't be booked." in page
    assert "Mon 14 Jan 2030, 12:00 The staff member is busy at that time." in page
    assert alternatives(answer) == []
    assert answer.context["move_form"]["scope"].value() == "all"
    assert written() == before


def test_days_that_no_rule_would_describe_are_refused_at_the_date(desk: FrontDesk) -> None:
    first = desk.book_series(2, rule="FREQ=MONTHLY;BYDAY=1MO")[0]
    answer = desk.move(first, date="2030-01-09", scope="all")
    assert dict(answer.context["move_form"].errors) == {
        "date": ["This series can't be moved to other days. Choose a time on the same day."]
    }
    assert starts() == [at(10), at(10, day=28)]
