"""The day as a grid: who and what has a place in it, and who may see it."""

from __future__ import annotations

import gzip
import re
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from pytest_django import DjangoAssertNumQueries

from appointments import booking
from appointments.acceptance import BookingRequest, Override
from appointments.models import HiddenColumns
from appointments.plan.columns import Column
from businesses.models import Closure
from staff.models import ExternalEvent
from staff.roles import Role
from tests.desk.clinic import PARTNER, FrontDesk, at, open_desk, words_of
from tests.factories import (
    LocationFactory,
    PatientFactory,
    ServiceFactory,
    StaffFactory,
    blocks,
    provides,
    works,
)

CLOSED: dict[str, Any] = {}


def columns(answer: Any) -> dict[str, Column]:
    return {one["column"].name: one["column"] for one in answer.context["columns"]}


def names(column: Column) -> list[str]:
    """The patients in a column, in order of its cards."""
    return [one.patient_name for card in column.cards for one in card.visits]


def clock(column: Column, what: str) -> list[str]:
    """The times of its gaps or blocks, as its clocks show them."""
    place = column.frame.place
    return [
        f"{one.span.start.astimezone(place):%H:%M}–{one.span.end.astimezone(place):%H:%M}"
        for one in getattr(column, what)
    ]


def links(answer: Any) -> list[str]:
    """Where the cards and the free times lead."""
    page = answer.content.decode()
    found = re.findall(r'<a href="([^"]*)" data-side data-(?:visit|free)', page)
    return [one.replace("&amp;", "&") for one in found]


def test_a_card_shows_the_patient_first(desk: FrontDesk) -> None:
    one = desk.book(at(10), notes="Brings an X-ray")
    answer = desk.get("day")
    assert "Ana Núñez10:00–10:30 Follow-upBooked, first visit, has notes" in words_of(answer)
    assert f"/desk/{desk.business.alias}/appointments/{one.id}" in links(answer)


def test_a_card_is_marked_with_what_the_desk_should_know(desk: FrontDesk) -> None:
    call = ServiceFactory(
        business=desk.business, name="Call", durations={30: 0}, location_type="phone"
    )
    desk.book(at(8))
    desk.book(at(11), service_id=call.pk)
    desk.book_series(2, at(13))
    over = ServiceFactory(business=desk.business, name="Acute", durations={30: 0})
    booking.book(
        business_id=desk.business.pk,
        request=BookingRequest(
            service_id=over.pk,
            patient_id=PatientFactory(business=desk.business).pk,
            starts_at=at(8),
            minutes=30,
            staff_id=desk.doctor.pk,
        ),
        by=PARTNER,
        override=Override("Pain"),
    )
    page = words_of(desk.get("day"))
    assert "11:00–11:30 CallBooked, by phone" in page
    assert "13:00–13:30 Follow-upBooked, in a series" in page
    assert "08:00–08:30 AcuteBooked, first visit, overbooked" in page


def test_a_price_is_due_when_the_patient_is_there(desk: FrontDesk) -> None:
    one = desk.book(at(10))
    paid = desk.book(at(11), payment_provider="till", payment_id="till-1")
    assert "not paid" not in words_of(desk.get("day"))
    for visit in (one, paid):
        desk.client.post(desk.url(f"appointments/{visit.id}/step"), {"status": "arrived"})
    page = words_of(desk.get("day"))
    assert "Arrived, first visit, not paid" in page
    assert page.count("not paid") == 1


def test_what_was_cancelled_or_missed_was_no_first_visit(desk: FrontDesk) -> None:
    gone = desk.book(at(8))
    booking.cancel(business_id=desk.business.pk, appointment_id=gone.id, by=PARTNER)
    desk.book(at(9))
    desk.book(at(10))
    (column,) = columns(desk.get("day")).values()
    assert [card.first.is_first for card in column.cards] == [True, False]


def test_names_are_written_as_they_are_and_nothing_else(desk: FrontDesk) -> None:
    sly = PatientFactory(business=desk.business, name='<b onclick="x">Eve</b>')
    desk.service.name = "<i>Knee</i> & hip"
    desk.service.save()
    desk.book(at(10), patient_id=sly.pk)
    blocks(desk.doctor, at(12), 30, reason="<u>Lunch</u>")
    page = desk.get("day").content.decode()
    for sent in ("<b onclick", "<i>Knee", "<u>Lunch"):
        assert sent not in page
    assert "&lt;b onclick=&quot;x&quot;&gt;Eve&lt;/b&gt;" in page
    assert "&lt;i&gt;Knee&lt;/i&gt; &amp; hip" in page


def test_overlapping_cards_lie_side_by_side(desk: FrontDesk) -> None:
    desk.book_request(at(10, 30))
    desk.book(at(10), minutes=60)
    desk.book(at(12))
    (column,) = columns(desk.get("day")).values()
    assert [(c.place.lane, c.place.lanes) for c in column.cards] == [(0, 2), (1, 2), (0, 1)]


def test_working_time_is_clear_and_what_is_taken_is_not_offered(desk: FrontDesk) -> None:
    works(desk.doctor, {"monday": [[900, 1700]]}, date_start=date(2030, 1, 1))
    desk.service.buffer_after_minutes = 15
    desk.service.save()
    desk.book(at(10))
    blocks(desk.doctor, at(12), 60, reason="Lunch")
    ExternalEvent.objects.create(
        business=desk.business, staff=desk.doctor, title="Dentist",
        starts_at=at(16), ends_at=at(18),
    )  # fmt: skip
    (column,) = columns(desk.get("day")).values()
    assert [one.row for one in column.open] == [0]
    assert clock(column, "gaps") == ["09:00–10:00", "10:45–12:00", "13:00–16:00"]
    assert [(one.kind, one.what) for one in column.blocks] == [
        ("time_blocker", "Lunch"),
        ("external_event", "Dentist"),
    ]
    assert [(one.row, one.rows) for one in column.buffers] == [(18, 3)]


def test_a_free_time_leads_to_the_booking_form_with_the_time_in_it(desk: FrontDesk) -> None:
    works(desk.doctor, {"monday": [[900, 1100]]}, date_start=date(2030, 1, 1))
    desk.book(at(9), minutes=60)
    free = [one for one in links(desk.get("day")) if "/book" in one]
    assert free == [
        f"/desk/{desk.business.alias}/book?day=2030-01-07&time=10:00&staff={desk.doctor.pk}".replace(
            ":", "%3A"
        )
    ]


def test_what_is_over_is_not_offered(desk: FrontDesk, clock: time_machine.Traveller) -> None:
    works(desk.doctor, {"monday": [[900, 1100]]}, date_start=date(2030, 1, 1))
    clock.move_to(at(10, 12))
    (free,) = [one for one in links(desk.get("day")) if "/book" in one]
    assert "time=10%3A15" in free
    clock.move_to(at(10, 58))
    assert [one for one in links(desk.get("day")) if "/book" in one] == []


def test_a_holiday_closes_every_column_and_says_its_name(desk: FrontDesk) -> None:
    day = date(2030, 1, 7)
    Closure.objects.create(
        business=desk.business, name="Founders' Day", date_start=day, date_end=day
    )
    answer = desk.get("day")
    (column,) = columns(answer).values()
    assert (column.open, column.gaps) == ([], [])
    assert "Founders' Day" in words_of(answer)


def test_a_place_that_is_closed_closes_the_day_of_that_place_alone(desk: FrontDesk) -> None:
    day = date(2030, 1, 7)
    other = LocationFactory(business=desk.business, name="Hill House")
    Closure.objects.create(
        business=desk.business, location=other, name="Works", date_start=day, date_end=day
    )
    answer = desk.get("day")
    assert "Hill House is closed: Works." in words_of(answer)
    assert columns(answer)["Dr Hart"].gaps != []
    assert columns(desk.get("day", location=str(other.pk)))["Dr Hart"].gaps == []


def test_who_neither_works_nor_sees_anybody_is_folded_away(desk: FrontDesk) -> None:
    off = StaffFactory(business=desk.business, name="Dr Off", weekly_hours=CLOSED)
    called_in = StaffFactory(business=desk.business, name="Dr Called", weekly_hours=CLOSED)
    StaffFactory(business=desk.business, name="Reception", takes_bookings=False)
    booking.book(
        business_id=desk.business.pk,
        request=BookingRequest(
            service_id=desk.service.pk,
            patient_id=desk.patient.pk,
            starts_at=at(10),
            minutes=30,
            staff_id=called_in.pk,
        ),
        by=PARTNER,
        override=Override("Pain"),
    )
    answer = desk.get("day")
    assert list(columns(answer)) == ["Dr Called", "Dr Hart"]
    assert f"Not in today: {off.name} Show them" in words_of(answer)
    assert list(columns(desk.get("day", all="1"))) == ["Dr Called", "Dr Hart", "Dr Off"]


def test_a_visit_is_in_the_columns_of_all_who_host_it(desk: FrontDesk) -> None:
    nurse = StaffFactory(business=desk.business, name="Nurse Mwangi", takes_bookings=False)
    surgery = ServiceFactory(business=desk.business, name="Surgery")
    provides(desk.doctor, surgery)
    provides(nurse, surgery, additional=True)
    desk.book(at(10), service_id=surgery.pk)
    answer = desk.get("day")
    found = columns(answer)
    assert {name: names(one) for name, one in found.items()} == {
        "Dr Hart": ["Ana Núñez"],
        "Nurse Mwangi": ["Ana Núñez"],
    }
    assert [card.host for card in found["Nurse Mwangi"].cards] == ["Dr Hart"]
    assert "Surgery · with Dr Hart" in words_of(answer)
    assert answer.context["plan"].visits == 1


def test_a_group_is_one_card_that_tells_how_full_it_is(desk: FrontDesk) -> None:
    course = ServiceFactory(business=desk.business, name="Yoga", bookings_per_timeslot=8)
    for number in range(5):
        patient = PatientFactory(business=desk.business, name=f"Yogi {number}")
        desk.book(at(18), service_id=course.pk, patient_id=patient.pk)
    answer = desk.get("day")
    (card,) = columns(answer)["Dr Hart"].cards
    assert (len(card.visits), card.places) == (5, 8)
    page = words_of(answer)
    assert "Yoga5 of 8" in page
    assert "Yogi 4" in page
    assert "Book a place" in page


def test_cancelled_visits_are_shown_to_those_who_ask(desk: FrontDesk) -> None:
    gone = desk.book(at(10))
    booking.cancel(business_id=desk.business.pk, appointment_id=gone.id, by=PARTNER)
    assert names(columns(desk.get("day"))["Dr Hart"]) == []
    answer = desk.get("day", cancelled="1")
    column = columns(answer)["Dr Hart"]
    assert names(column) == ["Ana Núñez"]
    assert column.visits == answer.context["plan"].visits == 0
    assert len(column.gaps) == 1, "its time is free again"


def test_a_day_of_one_place_shows_visits_elsewhere_as_taken_time(desk: FrontDesk) -> None:
    other = LocationFactory(business=desk.business, name="Hill House")
    desk.book(at(10))
    answer = desk.get("day", location=str(other.pk))
    column = columns(answer)["Dr Hart"]
    assert names(column) == []
    assert [(one.kind, one.what) for one in column.blocks] == [("elsewhere", "Main house")]
    assert "10:00–10:30" not in clock(column, "gaps")
    assert "At Main house 10:00–10:30" in words_of(answer)
    assert all(f"location={other.pk}" in one for one in links(answer) if "/book" in one)


def test_rooms_have_columns_of_their_own(desk: FrontDesk) -> None:
    desk.room("Room 1")
    desk.room("Room 2")
    desk.book(at(10))
    found = columns(desk.get("day", by="rooms"))
    assert {name: len(names(one)) for name, one in found.items()} == {"Room 1": 1, "Room 2": 0}
    assert clock(found["Room 1"], "gaps") == ["08:00–10:00", "10:30–20:00"]


def test_whose_columns_are_shown_is_remembered_for_each_login(desk: FrontDesk) -> None:
    other = StaffFactory(business=desk.business, name="Dr Okafor")
    listed = [str(desk.doctor.pk), str(other.pk)]
    answer = desk.client.post(
        desk.url("day/show"),
        {"listed": listed, "shown": [listed[1]], "day": "2030-01-08", "cancelled": "1"},
    )
    assert answer["Location"] == desk.url("day?day=2030-01-08&cancelled=1")
    assert list(columns(desk.get("day"))) == ["Dr Okafor"]
    desk.client.post(desk.url("day/show"), {"listed": listed[:1], "shown": listed[:1]})
    assert list(columns(desk.get("day"))) == ["Dr Hart", "Dr Okafor"]
    assert HiddenColumns.objects.get().hidden == []
    StaffFactory(business=desk.business, name="Dr New")
    assert "Dr New" in columns(desk.get("day")), "whoever is new is there at once"


def test_another_clinics_people_are_not_remembered(desk: FrontDesk, neighbour: FrontDesk) -> None:
    desk.client.post(desk.url("day/show"), {"listed": [str(neighbour.doctor.pk), "nonsense", ""]})
    assert HiddenColumns.objects.get().hidden == []
    assert list(columns(neighbour.get("day"))) == ["Dr Hart"]


def test_a_week_of_one_person_has_a_column_for_each_day(desk: FrontDesk) -> None:
    StaffFactory(business=desk.business, name="Dr Okafor")
    desk.book(at(10))
    desk.book(at(15, day=3))
    answer = desk.get("day", view="week", staff=str(desk.doctor.pk), day="2030-01-09")
    found = [one["column"] for one in answer.context["columns"]]
    assert [one.day for one in found] == [date(2030, 1, 7) + timedelta(days=n) for n in range(7)]
    assert [len(names(one)) for one in found] == [1, 0, 0, 1, 0, 0, 0]
    assert {one.frame.rows for one in found} == {144}
    page = words_of(answer)
    assert "Dr Hart 7 Jan – 13 Jan 2030" in page
    assert "day=2030-01-16" in answer.content.decode()


def test_a_week_in_which_the_clocks_change_shows_the_same_hours_of_each_day(
    desk: FrontDesk,
) -> None:
    answer = desk.get("day", view="week", staff=str(desk.doctor.pk), day="2030-03-31")
    found = [one["column"] for one in answer.context["columns"]]
    starts = {one.frame.span.start.astimezone(one.frame.place).hour for one in found}
    assert (starts, {one.frame.rows for one in found}) == ({8}, {144})


def test_a_day_with_a_clock_change_says_how_long_it_is(desk: FrontDesk) -> None:
    desk.doctor.weekly_hours = {"sunday": [[0, 2400]]}
    desk.doctor.save()
    answer = desk.get("day", day="2030-03-31")
    assert "this day has 23 hours" in words_of(answer)
    assert columns(answer)["Dr Hart"].frame.rows == 23 * 12
    answer = desk.get("day", day="2030-10-27")
    assert "this day has 25 hours" in words_of(answer)
    assert columns(answer)["Dr Hart"].frame.rows == 25 * 12
    assert "01:00BST 01:00GMT 02:00GMT" in words_of(answer)
    assert "The clocks change" not in words_of(desk.get("day"))


def test_a_day_of_a_clinic_without_anybody_says_so(desk: FrontDesk) -> None:
    desk.doctor.delete()
    assert "Nobody is in on this day, and nothing is booked." in words_of(desk.get("day"))


def test_where_a_time_lies_is_said_by_classes_alone(desk: FrontDesk) -> None:
    desk.book(at(10))
    page = desk.get("day").content.decode()
    assert "style=" not in page
    assert re.search(r'<li class="visit visit-booked r-24 h-6">', page)


@pytest.mark.parametrize("people", [1, 3, 12])
def test_a_day_takes_twelve_queries_however_full_it_is(
    desk: FrontDesk, people: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(people):
        person = StaffFactory(business=desk.business)
        for hour in range(number % 3 + 1):
            desk.book(at(9 + hour), staff_id=person.pk)
        blocks(person, at(15), 30)
    with django_assert_num_queries(12):
        desk.get("day")


@pytest.mark.parametrize("dates", [1, 3])
def test_a_week_takes_as_many(
    desk: FrontDesk, dates: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    desk.book_series(dates, rule="FREQ=DAILY")
    with django_assert_num_queries(12):
        desk.get("day", view="week", staff=str(desk.doctor.pk))


@pytest.mark.parametrize("rooms", [1, 3])
def test_rooms_take_no_more(
    desk: FrontDesk, rooms: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(rooms):
        desk.room(f"Room {number}")
    desk.book(at(10))
    with django_assert_num_queries(12):
        desk.get("day", by="rooms")


def test_other_clinics_are_not_in_the_day(desk: FrontDesk, neighbour: FrontDesk) -> None:
    neighbour.room("Their room")
    neighbour.book(at(10))
    there = neighbour.doctor
    for query in (
        {},
        {"by": "rooms"},
        {"view": "week", "staff": str(there.pk)},
        {"location": str(neighbour.service.location_id)},
    ):
        answer = desk.get("day", **query)
        assert answer.status_code == 200
        page = answer.content.decode()
        for theirs in (str(there.pk), neighbour.business.name, "Their room", "data-visit"):
            if theirs not in query.values():
                assert theirs not in page


@pytest.mark.parametrize("role", [Role.OWNER, Role.ADMIN, Role.MANAGER, Role.PRACTITIONER])
@pytest.mark.usefixtures("db", "clock")
def test_these_roles_see_the_day(role: Role) -> None:
    one = open_desk(role)
    one.book(at(10))
    assert names(columns(one.get("day"))["Dr Hart"]) == ["Ana Núñez"]


def look(desk: FrontDesk, tag: str = "", **query: Any) -> Any:
    """As the grid on the page asks whether anything has changed."""
    headers = {"HX-Request": "true", "HX-Target": "plan", "If-None-Match": tag}
    return desk.client.get(desk.url("day"), query, headers=headers)


def test_a_grid_that_is_as_it_was_is_not_sent_again(
    desk: FrontDesk, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    desk.book(at(10))
    tag = desk.get("day").context["tag"]
    full = look(desk)
    assert (full.status_code, full["ETag"]) == (200, look(desk)["ETag"])
    assert "<html" not in full.content.decode()
    with django_assert_num_queries(6):
        again = look(desk, full["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert tag == full["ETag"]


def test_a_day_is_packed_for_who_can_unpack_it(desk: FrontDesk) -> None:
    desk.book(at(10))
    packed = desk.client.get(desk.url("day"), headers={"Accept-Encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert "Ana Núñez" in gzip.decompress(packed.content).decode()
    headers = {"Accept-Encoding": "gzip", "HX-Request": "true", "HX-Target": "plan"}
    tag = desk.client.get(desk.url("day"), headers=headers)["ETag"]
    assert tag == f"W/{packed.context['tag']}"
    for one in (tag, packed.context["tag"]):
        again = desk.client.get(desk.url("day"), headers=headers | {"If-None-Match": one})
        assert again.status_code == 304


def test_whatever_is_different_is_noticed(desk: FrontDesk, clock: time_machine.Traveller) -> None:
    one = desk.book(at(10))
    tag = look(desk)["ETag"]

    def noticed() -> bool:
        nonlocal tag
        before, tag = tag, look(desk)["ETag"]
        clock.shift(timedelta(seconds=1))
        return bool(before != tag)

    assert not noticed()
    desk.book(at(12))
    assert noticed()
    booking.cancel(business_id=desk.business.pk, appointment_id=one.id, by=PARTNER)
    assert noticed()
    desk.patient.name = "Ana Núñez de la Vega"
    desk.patient.save()
    assert noticed()
    blocker = blocks(desk.doctor, at(15), 30)
    assert noticed()
    blocker.delete()
    assert noticed()
    works(desk.doctor, {"monday": [[900, 1100]]}, date_start=date(2030, 1, 1))
    assert noticed()
    StaffFactory(business=desk.business)
    assert noticed()
    desk.client.post(desk.url("day/show"), {"listed": [str(desk.doctor.pk)]})
    assert noticed()
    desk.book(at(10, day=7))
    assert not noticed()
    clock.shift(timedelta(minutes=5))
    assert noticed(), "the line of the hour has moved"


def test_the_grid_shows_who_is_signed_in_also_beside_somebodys_week(desk: FrontDesk) -> None:
    whole, week = desk.get("day"), desk.get("day", view="week", staff=str(desk.doctor.pk))
    for answer in (whole, week):
        assert f"Signed in as {desk.user.email}" in words_of(answer)
