"""Time is blocked, changed and freed at the desk; visits that lie in it are told and stay."""

import re
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from pghistory.core import event_models
from pytest_django import DjangoAssertNumQueries

from appointments.models import Appointment
from staff.blocking import FACTS
from staff.models import Staff, TimeBlocker
from tests.desk.clinic import FrontDesk, at, words_of
from tests.factories import StaffFactory, blocks

DAY = timedelta(days=1)


def block(desk: FrontDesk, **fields: Any) -> Any:
    """Sends the form, filled in rightly but for what is given; None leaves a field out."""
    whole = {
        "people": [str(desk.doctor.pk)],
        "first": "2030-01-07",
        "start": "12:00",
        "end": "13:00",
        "reason": "Team meeting",
    } | fields
    sent = {name: value for name, value in whole.items() if value is not None}
    return desk.client.post(desk.url("blocked/new"), sent)


def spans() -> list[tuple[Any, Any, str]]:
    rows = TimeBlocker.objects.order_by("starts_at", "staff__name")
    return [(one.starts_at, one.ends_at, one.staff.name) for one in rows]


def shown(desk: FrontDesk, one: TimeBlocker, **changes: Any) -> dict[str, Any]:
    """The form of blocked time as its page first shows it, but for what is given."""
    form = desk.get(f"blocked/{one.pk}").context["form"]
    values = {name: form[name].value() for name in form.fields} | changes
    return {name: str(value) for name, value in values.items() if value not in (None, False)}


def change(desk: FrontDesk, one: TimeBlocker, **changes: Any) -> Any:
    return desk.client.post(desk.url(f"blocked/{one.pk}"), shown(desk, one, **changes))


def free(desk: FrontDesk, one: TimeBlocker, scope: str = "this", **fields: str) -> Any:
    """Presses the button of its page, as it is now but for what is given."""
    version = desk.get(f"blocked/{one.pk}").context["version"]
    sent = {"scope": scope, "version": version} | fields
    return desk.client.post(desk.url(f"blocked/{one.pk}/free"), sent)


def way_back(desk: FrontDesk) -> str:
    """Where the Undo button of the list's message sends."""
    (found,) = re.findall(
        r'<form action="([^"]*/again[^"]*)"', desk.get("blocked").content.decode()
    )
    return unescape(found)


def facts() -> list[dict[str, Any]]:
    return list(TimeBlocker.objects.order_by("pk").values(*FACTS))


def test_an_hour_of_several_people_is_blocked_at_once(desk: FrontDesk) -> None:
    other = StaffFactory(business=desk.business, name="Zoe")
    answer = block(desk, people=[str(desk.doctor.pk), str(other.pk)])
    assert answer["Location"] == desk.url(f"blocked?staff={desk.doctor.pk}&day=2030-01-07")
    assert spans() == [(at(12), at(13), "Dr Hart"), (at(12), at(13), "Zoe")]
    page = words_of(desk.client.get(answer["Location"]))
    assert "The time is blocked." in page
    assert "Team meeting" in page
    assert [one.staff.name for one in desk.get("blocked").context["blocks"]] == ["Dr Hart", "Zoe"]
    assert desk.send(time="12:30").status_code == 200
    assert not Appointment.objects.exists()


def test_who_blocked_it_is_in_the_history(real_desk: FrontDesk) -> None:
    block(real_desk)
    events: Any = next(iter(event_models(references_model=TimeBlocker)))
    (event,) = events.objects.all()
    assert event.pgh_context["user"] == str(real_desk.user.pk)


def test_whole_days_are_blocked_from_midnight_to_midnight(desk: FrontDesk) -> None:
    block(desk, all_day="on", last="2030-01-09", start=None, end=None)
    assert [one[:2] for one in spans()] == [(at(0), at(0, day=3))]
    (one,) = TimeBlocker.objects.all()
    again = shown(desk, one)
    assert (again["all_day"], again["last"]) == ("True", "2030-01-09")
    assert "start" not in again


def test_until_midnight_is_the_end_of_the_day(desk: FrontDesk) -> None:
    block(desk, start="17:00", end="00:00")
    assert [one[:2] for one in spans()] == [(at(17), at(0, day=1))]


def test_a_day_of_a_clock_change_is_blocked_whole(desk: FrontDesk) -> None:
    block(desk, first="2030-03-31", all_day="on")
    (one,) = TimeBlocker.objects.all()
    assert one.ends_at - one.starts_at == timedelta(hours=23)


def test_it_repeats_until_a_day(desk: FrontDesk) -> None:
    block(desk, repeats="WEEKLY", weekdays=["MO", "WE"], until="2030-01-16")
    starts = [one[0] for one in spans()]
    assert starts == [at(12), at(12, day=2), at(12, day=7), at(12, day=9)]
    assert "Blocked 4 times." in words_of(desk.get("blocked"))


def test_visits_in_it_are_told_first_and_stay(desk: FrontDesk) -> None:
    mine, before = desk.book(at(12, 30)), desk.book(at(11, 30))
    answer = block(desk)
    assert (answer.status_code, spans()) == (200, [])
    assert [one.pk for one in answer.context["visits"]] == [mine.id]
    assert "1 visit lies in this time. It stays, and nothing is blocked yet." in words_of(answer)
    assert answer.context["form"]["reason"].value() == "Team meeting"
    assert block(desk, confirmed=answer.context["key"]).status_code == 302
    assert [one[:2] for one in spans()] == [(at(12), at(13))]
    standing = Appointment.objects.standing().values_list("pk", flat=True)
    assert set(standing) == {mine.id, before.id}


def test_what_was_not_told_is_not_blocked_all_the_same(desk: FrontDesk) -> None:
    other = StaffFactory(business=desk.business, name="Zoe")
    first = desk.book(at(12, 30))
    key = block(desk).context["key"]
    theirs = desk.book(at(15), staff_id=other.pk)
    for fields in (
        {"confirmed": "1"},
        {"confirmed": key, "first": "2030-01-07", "start": "12:15"},
        {"confirmed": key, "end": "15:00"},
        {"confirmed": key, "people": [str(desk.doctor.pk), str(other.pk)]},
    ):
        assert (block(desk, **fields).status_code, spans()) == (200, []), fields
    second = desk.book(at(12))
    answer = block(desk, confirmed=key)
    assert [one.pk for one in answer.context["visits"]] == [second.id, first.id]
    assert spans() == []
    wider = {"people": [str(desk.doctor.pk), str(other.pk)], "end": "16:00"}
    told = block(desk, **wider)
    assert [one.pk for one in told.context["visits"]] == [second.id, first.id, theirs.id]
    assert block(desk, confirmed=told.context["key"], **wider).status_code == 302


def test_each_is_blocked_and_told_by_their_own_clock(desk: FrontDesk) -> None:
    # New York changes its clocks on 10 March 2030, London three weeks later.
    doctor = StaffFactory(business=desk.business, name="Zoe", timezone="America/New_York")
    mine = desk.book(at(16, 30, day=65))
    theirs = desk.book(at(15, 30, day=65), staff_id=doctor.pk)
    desk.book(at(15, 30, day=65))
    for people in ([desk.doctor.pk, doctor.pk], [doctor.pk, desk.doctor.pk]):
        fields = {
            "people": [str(one) for one in people],
            "first": "2030-03-06",
            "start": "16:00",
            "end": "17:00",
            "repeats": "WEEKLY",
            "until": "2030-03-13",
        }
        told = block(desk, **fields)
        assert [one.pk for one in told.context["visits"]] == [theirs.id, mine.id]
        assert block(desk, confirmed=told.context["key"], **fields).status_code == 302
        assert [(one[0], one[2]) for one in spans()] == [
            (at(16, day=58), "Dr Hart"),
            (at(16, day=58), "Zoe"),
            (at(15, day=65), "Zoe"),
            (at(16, day=65), "Dr Hart"),
        ]
        TimeBlocker.objects.all().delete()


def test_a_weekday_is_that_of_each_ones_clock(desk: FrontDesk) -> None:
    far = StaffFactory(business=desk.business, name="Zoe", timezone="Pacific/Auckland")
    people = [str(desk.doctor.pk), str(far.pk)]
    block(desk, people=people, repeats="WEEKLY", until="2030-01-15")
    rules = {one.staff.name: one.rrule for one in TimeBlocker.objects.select_related("staff")}
    assert rules == {
        "Dr Hart": "FREQ=WEEKLY;BYDAY=MO;UNTIL=20300115",
        "Zoe": "FREQ=WEEKLY;BYDAY=TU;UNTIL=20300115",
    }
    assert [one[0] for one in spans()] == [at(12), at(12), at(12, day=7), at(12, day=7)]


def test_visits_in_its_repeats_and_of_those_who_come_along_are_told(desk: FrontDesk) -> None:
    other = StaffFactory(business=desk.business)
    along = desk.book(at(12, day=7), additional_staff_ids=(other.pk,))
    desk.book(at(12, day=3))
    fields = {"repeats": "WEEKLY", "until": "2030-01-21", "people": [str(other.pk)]}
    assert [one.pk for one in block(desk, **fields).context["visits"]] == [along.id]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"people": None}, "people"),
        ({"people": [str(uuid4())]}, "people"),
        ({"first": ""}, "first"),
        ({"first": "1066-01-07"}, "first"),
        ({"last": "2030-01-06"}, "last"),
        ({"start": ""}, "start"),
        ({"end": ""}, "end"),
        ({"end": "11:59"}, "end"),
        ({"end": "12:00"}, "end"),
        ({"start": "25:00"}, "start"),
        ({"first": "2030-03-31", "start": "01:30"}, "start"),
        ({"reason": "x" * 501}, "reason"),
        ({"reason": "a\x00b"}, "reason"),
        ({"repeats": "DAILY"}, "until"),
        ({"repeats": "DAILY", "until": "2030-01-06"}, "until"),
        ({"repeats": "DAILY", "until": "2036-01-07"}, "until"),
        ({"repeats": "WEEKLY", "weekdays": ["TU"], "until": "2030-02-07"}, "weekdays"),
        ({"repeats": "HOURLY", "until": "2030-02-07"}, "repeats"),
    ],
)
def test_what_makes_no_sense_blocks_nothing(
    desk: FrontDesk, fields: dict[str, Any], field: str
) -> None:
    answer = block(desk, **fields)
    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == [field]
    assert not TimeBlocker.objects.exists()


def test_an_address_fills_the_form_in(desk: FrontDesk) -> None:
    asked = {"staff": desk.doctor.pk, "day": "2030-01-07", "time": "23:30", "duration": 45}
    form = desk.get("blocked/new", **asked).context["form"]
    assert form["people"].value() == [str(desk.doctor.pk)]
    assert str(form["first"].value()) == "2030-01-07"
    assert (str(form["start"].value()), str(form["end"].value())) == ("23:30:00", "00:15:00")
    odd = {"staff": "x", "day": "x", "time": "x", "duration": "9" * 400}
    assert desk.get("blocked/new", **odd).status_code == 200
    assert desk.get("blocked/new", **(asked | {"duration": "9" * 400})).status_code == 200


def test_one_is_changed_alone(desk: FrontDesk) -> None:
    block(desk, repeats="DAILY", until="2030-01-08")
    one = TimeBlocker.objects.earliest("starts_at")
    assert change(desk, one, start="14:00", end="15:00").status_code == 302
    assert [each[0] for each in spans()] == [at(14), at(12, day=1)]
    visit = desk.book(at(9))
    again = change(desk, TimeBlocker.objects.get(pk=one.pk), start="08:00", end="10:00")
    assert [found.pk for found in again.context["visits"]] == [visit.id]
    assert [each[0] for each in spans()] == [at(14), at(12, day=1)]


def test_of_two_desks_the_second_is_told_and_keeps_what_it_typed(
    desk: FrontDesk, clock: time_machine.Traveller
) -> None:
    block(desk)
    one = TimeBlocker.objects.get()
    mine = shown(desk, one, reason="Mine")
    clock.shift(1)
    change(desk, one, reason="Theirs")
    answer = desk.client.post(desk.url(f"blocked/{one.pk}"), mine)
    assert "Somebody else changed this while you had it open" in words_of(answer)
    assert answer.context["form"]["reason"].value() == "Mine"
    assert TimeBlocker.objects.get().reason == "Theirs"
    version = answer.context["form"]["version"].value()
    desk.client.post(desk.url(f"blocked/{one.pk}"), mine | {"version": version})
    assert TimeBlocker.objects.get().reason == "Mine"


@pytest.mark.parametrize(("scope", "left"), [("this", 2), ("following", 1), ("all", 0), ("", 2)])
def test_one_the_later_ones_or_all_are_freed(desk: FrontDesk, scope: str, left: int) -> None:
    block(desk, repeats="DAILY", until="2030-01-09")
    middle = TimeBlocker.objects.get(starts_at=at(12, day=1))
    free(desk, middle, scope)
    assert TimeBlocker.objects.count() == left
    words = "The time is free again." if left == 2 else f"{3 - left} times are free again."
    assert words in words_of(desk.get("blocked"))


def test_what_is_over_stays_as_what_it_was(desk: FrontDesk) -> None:
    block(desk, first="2030-01-05", repeats="DAILY", until="2030-01-09")
    one = TimeBlocker.objects.get(starts_at=at(12, day=2))
    scopes = desk.get(f"blocked/{one.pk}").context["scopes"]
    assert [number for _, _, number in scopes] == [1, 1, 3]
    free(desk, one, "all")
    assert [each[0] for each in spans()] == [at(12, day=-2), at(12, day=-1)]
    past = TimeBlocker.objects.get(starts_at=at(12, day=-2))
    free(desk, past, "following")
    assert [each[0] for each in spans()] == [at(12, day=-1)]


def test_what_another_desk_has_moved_is_not_freed_unseen(
    desk: FrontDesk, clock: time_machine.Traveller
) -> None:
    block(desk)
    one = TimeBlocker.objects.get()
    seen = desk.get(f"blocked/{one.pk}").context["version"]
    clock.shift(1)
    change(desk, one, start="14:00", end="15:00")
    before = facts()
    for version in (seen, "", "x", "2030-01-07"):
        answer = free(desk, one, version=version)
        assert answer["Location"] == desk.url(f"blocked/{one.pk}")
        words = words_of(desk.client.get(answer["Location"]))
        assert "Somebody changed it meanwhile. Nothing is freed; look again." in words
    assert facts() == before


@pytest.mark.parametrize("scope", ["this", "following", "all"])
def test_what_was_freed_by_mistake_is_blocked_again(
    desk: FrontDesk, clock: time_machine.Traveller, scope: str
) -> None:
    block(desk, repeats="DAILY", until="2030-01-09")
    block(desk, first="2030-01-20")
    before = facts()
    clock.shift(1)
    free(desk, TimeBlocker.objects.get(starts_at=at(12, day=1)), scope)
    gone = 4 - TimeBlocker.objects.count()
    back = way_back(desk)
    answer = desk.client.post(back)
    words = "The time is blocked again." if gone == 1 else f"{gone} times are blocked again."
    assert words in words_of(desk.client.get(answer["Location"]))
    assert facts() == before
    desk.client.post(back)
    assert "Not undone: somebody has changed it since." in words_of(desk.get("blocked"))
    assert facts() == before


def test_an_old_undo_takes_back_nobody_elses_freeing(
    desk: FrontDesk, clock: time_machine.Traveller
) -> None:
    block(desk)
    one = TimeBlocker.objects.get()
    free(desk, one)
    back = way_back(desk)
    clock.shift(1)
    desk.client.post(back)
    free(desk, one)
    for address in (back, back.partition("?")[0], f"{back}x"):
        desk.client.post(address)
    assert not TimeBlocker.objects.exists()


def test_who_was_booked_meanwhile_is_told_when_it_is_blocked_again(
    desk: FrontDesk, neighbour: FrontDesk
) -> None:
    block(desk)
    free(desk, TimeBlocker.objects.get())
    back = way_back(desk)
    visit = desk.book(at(12, 15))
    assert neighbour.client.post(back).status_code == 404
    theirs = back.replace(desk.business.alias, neighbour.business.alias)
    assert neighbour.client.post(theirs).status_code == 404
    assert not TimeBlocker.objects.exists()
    answer = desk.client.post(back)
    words = words_of(desk.client.get(answer["Location"]))
    assert "1 visit lies in it, and stays." in words
    assert Appointment.objects.standing().get().pk == visit.id
    assert desk.client.get(back).status_code == 405


def test_what_is_gone_or_a_neighbours_is_not_found(desk: FrontDesk, neighbour: FrontDesk) -> None:
    theirs = blocks(neighbour.doctor, at(9), 30, reason="Secret")
    for page in (f"blocked/{theirs.pk}", f"blocked/{uuid4()}"):
        assert desk.get(page).status_code == 404
        assert desk.client.post(desk.url(page), {}).status_code == 404
        assert desk.client.post(desk.url(f"{page}/free"), {}).status_code == 404
    assert desk.get(f"blocked/{theirs.pk}/free").status_code == 405
    assert block(desk, people=[str(neighbour.doctor.pk)]).context["form"].errors["people"]
    assert "Secret" not in words_of(desk.get("blocked", staff=neighbour.doctor.pk))
    assert [one.pk for one in TimeBlocker.objects.all()] == [theirs.pk]


def test_what_is_over_is_not_listed(desk: FrontDesk) -> None:
    blocks(desk.doctor, at(9) - DAY, 30)
    later = blocks(desk.doctor, at(9, day=2), 30)
    assert [one.pk for one in desk.get("blocked").context["blocks"]] == [later.pk]
    assert desk.get("blocked", day="2030-01-10").context["blocks"] == []
    assert len(desk.get("blocked", day="2030-01-06").context["blocks"]) == 2
    assert [one.pk for one in desk.get("blocked", day="0001-01-01").context["blocks"]] == [later.pk]


def test_a_block_in_the_grid_leads_to_it(desk: FrontDesk) -> None:
    blocks(desk.doctor, at(9), 30, reason="Paperwork")
    page = desk.get("day", day="2030-01-07").content.decode()
    address = desk.url(f"blocked?staff={desk.doctor.pk}&amp;day=2030-01-07")
    assert f'<a href="{address}" data-side>Paperwork' in page


@pytest.mark.parametrize("number", [1, 3])
def test_the_queries_do_not_grow(
    desk: FrontDesk, django_assert_num_queries: DjangoAssertNumQueries, number: int
) -> None:
    for hour in range(number):
        blocks(desk.doctor, at(8 + hour), 30)
        desk.book(at(12, 30) + hour * DAY)
    one = TimeBlocker.objects.earliest("starts_at")
    with django_assert_num_queries(6):
        desk.get("blocked")
    with django_assert_num_queries(5):
        desk.get(f"blocked/{one.pk}")
    with django_assert_num_queries(7):
        block(desk, repeats="DAILY", until="2030-01-10")


def test_staff_who_have_left_are_not_offered(desk: FrontDesk) -> None:
    Staff.objects.filter(pk=desk.doctor.pk).update(status="DISABLED")
    assert block(desk).context["form"].errors["people"]
