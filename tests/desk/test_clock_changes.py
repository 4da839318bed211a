"""The two nights a year on which London's clocks change."""

from datetime import UTC, datetime

import pytest

from appointments.models import Appointment
from tests.desk.clinic import FrontDesk, words_of

FORWARD, BACK = "2030-03-31", "2030-10-27"


@pytest.fixture
def night_clinic(desk: FrontDesk) -> FrontDesk:
    desk.business.default_staff_working_hours = {"sunday": [[0, 2400]]}
    desk.business.save()
    return desk


def test_a_time_that_the_clocks_skip_is_refused(night_clinic: FrontDesk) -> None:
    assert night_clinic.errors(date=FORWARD, time="01:30") == {
        "time": ["The clocks go forward that night and skip this time. Enter another."]
    }
    assert Appointment.objects.count() == 0


def test_a_time_that_comes_twice_asks_which(night_clinic: FrontDesk) -> None:
    answer = night_clinic.send(date=BACK, time="01:30")
    assert dict(answer.context["form"].errors) == {
        "which": ["The clocks go back that night: this time comes twice. Choose one."]
    }
    page = words_of(answer)
    assert "The earlier one, 01:30 BST" in page
    assert "The later one, 01:30 GMT" in page
    assert Appointment.objects.count() == 0


@pytest.mark.parametrize(("which", "hour"), [("0", 0), ("1", 1)])
def test_either_of_the_two_can_be_booked(night_clinic: FrontDesk, which: str, hour: int) -> None:
    appointment = night_clinic.booked(date=BACK, time="01:30", which=which)
    assert appointment.starts_at == datetime(2030, 10, 27, hour, 30, tzinfo=UTC)


def test_the_choice_is_not_asked_for_on_other_nights(night_clinic: FrontDesk) -> None:
    answer = night_clinic.send(date=FORWARD, time="03:30", which="1")
    assert answer.status_code == 302
    assert "Which of the two" not in words_of(night_clinic.get("book"))


def test_an_alternative_in_the_second_of_two_hours_is_that_hour(night_clinic: FrontDesk) -> None:
    moment = f"2030-10-27T01:30:00+00:00 {night_clinic.doctor.pk}"
    taken = night_clinic.booked(alternative=moment, action=None, date=BACK, time="00:30")
    assert taken.starts_at == datetime(2030, 10, 27, 1, 30, tzinfo=UTC)
    moment = f"2030-10-27T01:30:00+01:00 {night_clinic.doctor.pk}"
    taken = night_clinic.booked(alternative=moment, action=None, date=BACK, time="00:30")
    assert taken.starts_at == datetime(2030, 10, 27, 0, 30, tzinfo=UTC)
