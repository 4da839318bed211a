"""What is dropped on the grid moves as by the form: the same rules, and a toast for answer."""

import re
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from pytest_django import DjangoAssertNumQueries

from appointments.changes import Changes
from appointments.changing import change
from appointments.models import Appointment, Status
from staff.models import Staff
from staff.roles import ROLE_SCOPES, Role
from tests.appointments.desk import written
from tests.desk.clinic import PARTNER, FrontDesk, at, way_back, words_of
from tests.factories import ServiceFactory, StaffFactory

Clock = time_machine.Traveller


def cards(desk: FrontDesk, **query: str) -> list[dict[str, str]]:
    """What the grid says of each card that can be moved."""
    page = desk.get("day", **query).content.decode()
    found = re.findall(r"<a href=\"[^\"]*\" data-side data-visit( data-version[^>]*)>", page)
    return [dict(re.findall(r'data-(\w+)(?:="([^"]*)")?', one)) for one in found]


def drop(desk: FrontDesk, one: Any, start: datetime, **fields: str) -> Any:
    """The card is dropped there; its host and length stay, unless others are given."""
    (card,) = cards(desk)[:1]
    sent = {
        "version": card["version"],
        "alternative": f"{start.isoformat()} {fields.pop('staff', card['staff'])}",
        "duration": card["minutes"],
        "from": "grid",
    }
    headers = {"HX-Request": "true", "HX-Target": "side"}
    page = desk.url(f"appointments/{one.id}/move")
    return desk.client.post(page, sent | fields, headers=headers)


def now(one: Any) -> Appointment:
    found: Appointment = Appointment.objects.get(pk=one.id)
    return found


def test_a_card_says_what_moves_it(desk: FrontDesk) -> None:
    one = desk.book(at(10))
    (card,) = cards(desk)
    assert card == {
        "version": one.updated_at.isoformat(),
        "staff": str(desk.doctor.pk),
        "start": "2030-01-07T10:00:00+00:00",
        "minutes": "30",
        "step": "15",
        "lengths": "30 60",
    }
    desk.service.time_increment = 20
    desk.service.save()
    assert cards(desk)[0]["step"] == "20"


def test_a_card_of_a_series_is_marked_and_one_of_a_group_or_over_is_not_movable(
    desk: FrontDesk,
) -> None:
    desk.book_series(2)
    group = ServiceFactory(business=desk.business, bookings_per_timeslot=3)
    desk.book(at(12), service_id=group.pk)
    gone = desk.book(at(14))
    for status in (Status.ARRIVED, Status.IN_PROGRESS, Status.COMPLETED):
        change(
            business_id=desk.business.pk,
            appointment_id=gone.id,
            changes=Changes(status=status),
            by=PARTNER,
        )
    (card,) = cards(desk)
    assert (card["start"], card["series"]) == ("2030-01-07T10:00:00+00:00", "")


def test_what_is_dropped_is_moved_and_can_be_undone(desk: FrontDesk, clock: Clock) -> None:
    other = StaffFactory(business=desk.business, name="Dr Okafor")
    one = desk.book(at(10))
    clock.shift(60)
    answer = drop(desk, one, at(11, 15), staff=str(other.pk), duration="60")
    assert (answer.status_code, answer["HX-Retarget"], answer["HX-Trigger"]) == (
        200,
        "#toasts",
        "desk:changed",
    )
    assert "Ana Núñez: moved to 7 January," in words_of(answer)
    assert "with Dr Okafor." in words_of(answer)
    assert "<html" not in answer.content.decode()
    moved = now(one)
    assert (moved.starts_at, moved.ends_at, moved.staff) == (at(11, 15), at(12, 15), other)
    clock.shift(60)
    desk.client.post(way_back(answer))
    again = now(one)
    assert (again.starts_at, again.ends_at, again.staff) == (at(10), at(10, 30), desk.doctor)


def test_what_is_made_longer_is_told_so(desk: FrontDesk) -> None:
    one = desk.book(at(10))
    assert "Ana Núñez: lasts until 11" in words_of(drop(desk, one, at(10), duration="60"))
    assert now(one).ends_at == at(11)


def test_what_is_dropped_where_it_was_changes_nothing(desk: FrontDesk) -> None:
    one = desk.book(at(10))
    before = written()
    assert "Nothing was different" in words_of(drop(desk, one, at(10)))
    assert written() == before


def test_a_clash_is_told_in_the_panel_with_the_wish_and_other_times(desk: FrontDesk) -> None:
    one = desk.book(at(10))
    desk.book(at(14))
    before = written()
    answer = drop(desk, one, at(14))
    told = words_of(answer)
    assert "The staff member is busy at that time." in told
    assert "Dr Hart Mon 7 Jan, 14:00–14:30 has an appointment (Follow-up, Ana Núñez)" in told
    assert "Move it to one of these instead" in told
    assert "Move it all the same" in told
    assert "data-side-page" in answer.content.decode()
    assert "HX-Retarget" not in answer
    assert answer.context["move_form"]["time"].value() == "14:00"
    assert written() == before


def test_a_clash_does_not_take_the_panel_from_somebody_who_is_typing(
    desk: FrontDesk, clock: Clock
) -> None:
    one = desk.book(at(10))
    desk.book(at(14))
    (card, _) = cards(desk)
    before = written()
    answer = drop(desk, one, at(14), panel="typed")
    assert "Ana Núñez stays where it was: The staff member is busy at that time." in (
        words_of(answer)
    )
    wish = f"day=2030-01-07&amp;time=14%3A00&amp;staff={desk.doctor.pk}&amp;duration=30"
    assert f"{one.id}?{wish}" in answer.content.decode()
    assert (answer["HX-Retarget"], "HX-Trigger" in answer) == ("#toasts", False)
    assert written() == before
    clock.shift(60)
    change(
        business_id=desk.business.pk,
        appointment_id=one.id,
        changes=Changes(notes="Wheelchair"),
        by=PARTNER,
    )
    told = words_of(drop(desk, one, at(11), version=card["version"], panel="typed"))
    assert "Ana Núñez stays where it was: Somebody changed it meanwhile." in told


def test_who_may_not_override_is_not_offered_to(practitioner: FrontDesk) -> None:
    one = practitioner.book(at(10))
    practitioner.book(at(14))
    before = written()
    told = words_of(drop(practitioner, one, at(14)))
    assert "Move it to one of these instead" in told
    assert "all the same" not in told
    assert "busy" in words_of(
        drop(practitioner, one, at(14), action="override", override_reason="x")
    )
    assert written() == before


def test_into_the_past_nothing_is_dropped(desk: FrontDesk, clock: Clock) -> None:
    one = desk.book(at(10))
    clock.move_to(at(9))
    before = written()
    assert "in the past" in words_of(drop(desk, one, at(8, 30)))
    assert written() == before


def test_a_card_that_somebody_changed_meanwhile_is_not_moved(desk: FrontDesk, clock: Clock) -> None:
    one = desk.book(at(10))
    (card,) = cards(desk)
    clock.shift(60)
    change(
        business_id=desk.business.pk,
        appointment_id=one.id,
        changes=Changes(starts_at=at(15)),
        by=PARTNER,
    )
    before = written()
    told = words_of(drop(desk, one, at(11), version=card["version"]))
    assert "Somebody changed it meanwhile Partner: Changed" in told
    assert "Nothing that you sent is saved yet" in told
    assert "Somebody changed it" in words_of(drop(desk, one, at(11), version=""))
    assert written() == before


@pytest.mark.parametrize("alternative", ["", "x", "2030-01-07T10:00:00+00:00", "2030 {}"])
def test_nonsense_moves_nothing(desk: FrontDesk, alternative: str) -> None:
    one = desk.book(at(10))
    before = written()
    drop(desk, one, at(11), alternative=alternative.format(uuid4()))
    assert written() == before


def test_a_card_is_not_dropped_on_somebody_of_another_clinic(
    desk: FrontDesk, neighbour: FrontDesk
) -> None:
    one, theirs = desk.book(at(10)), neighbour.book(at(10))
    before = written()
    told = words_of(drop(desk, one, at(11), staff=str(neighbour.doctor.pk)))
    assert Staff.objects.get(pk=neighbour.doctor.pk).business.name not in told
    assert drop(desk, theirs, at(11)).status_code == 404
    assert written() == before


def test_who_may_only_read_sees_cards_that_stand(
    desk: FrontDesk,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    one = desk.book(at(10))
    (card,) = cards(desk)
    reads = ROLE_SCOPES[Role.FRONT_DESK] - {"appointments:write", "appointments:override"}
    monkeypatch.setitem(ROLE_SCOPES, Role.FRONT_DESK, reads)
    assert cards(desk) == []
    page = desk.get("day").content.decode()
    assert "data-move" not in page
    assert "Ana Núñez" in page
    with django_assert_num_queries(12):
        desk.get("day")
    before = written()
    sent = {"version": card["version"], "duration": "30", "from": "grid"}
    sent["alternative"] = f"{at(11).isoformat()} {desk.doctor.pk}"
    assert desk.client.post(desk.url(f"appointments/{one.id}/move"), sent).status_code == 404
    assert written() == before


def test_on_the_day_the_clocks_go_back_a_card_goes_to_the_hour_that_it_is_dropped_on(
    desk: FrontDesk,
) -> None:
    desk.doctor.weekly_hours = {"sunday": [[0, 2400]]}
    desk.doctor.save()
    night = datetime.fromisoformat("2030-10-27T00:00:00+00:00")
    one = desk.book(night.replace(hour=5))
    (card,) = cards(desk, day="2030-10-27")
    for hour in (0, 1):  # both are one o'clock
        sent = {"version": card["version"], "duration": "30", "from": "grid"}
        sent["alternative"] = f"{night.replace(hour=hour, minute=30).isoformat()} {card['staff']}"
        desk.client.post(
            desk.url(f"appointments/{one.id}/move"), sent, headers={"HX-Request": "true"}
        )
        assert now(one).starts_at == night.replace(hour=hour, minute=30)
        (card,) = cards(desk, day="2030-10-27")


# --- A wish in the address --------------------------------------------------------------------


def test_an_address_fills_in_the_form_that_moves(desk: FrontDesk) -> None:
    other = StaffFactory(business=desk.business, name="Dr Okafor")
    first, *_ = desk.book_series(2)
    before = written()
    wish = {"day": "2030-01-08", "time": "11:15", "duration": "60", "staff": str(other.pk)}
    answer = desk.get(f"appointments/{first.id}", **wish)
    form = answer.context["move_form"]
    assert {name: form[name].value() for name in ("date", "time", "duration", "staff")} == {
        "date": "2030-01-08",
        "time": "11:15",
        "duration": "60",
        "staff": str(other.pk),
    }
    assert "Choose which of the series to move" in words_of(answer)
    assert written() == before


@pytest.mark.parametrize("name", ["day", "time", "duration", "staff"])
def test_an_address_with_nonsense_shows_the_appointment(desk: FrontDesk, name: str) -> None:
    one = desk.book(at(10))
    answer = desk.get(f"appointments/{one.id}", **{name: "<x>"})
    assert answer.status_code == 200
    assert "<x>" not in answer.content.decode()
