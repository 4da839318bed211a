"""However many ask for the same time in the same moment, it is given away once."""

from collections import Counter
from datetime import timedelta
from itertools import combinations, product
from random import Random
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from appointments.models import Appointment, HeldTime
from businesses.models import Service
from staff.roles import Role
from tests.factories import ServiceFactory, StaffFactory, member
from tests.races.rivals import (
    RIVALS,
    Clinic,
    at_once,
    creation,
    form,
    noon,
    outcome,
    outcomes,
    wire,
)
from tests.races.serving import Site
from tests.soak import FACTOR

pytestmark = [pytest.mark.soak, pytest.mark.django_db(transaction=True)]

ROUNDS = max(3, FACTOR)


def colleagues(clinic: Clinic, number: int) -> list[str]:
    """So many people, the clinic's own among them, who all provide its service."""
    more = StaffFactory.create_batch(number - 1, business=clinic.business)
    return sorted(str(one.pk) for one in (clinic.staff, *more))


def test_of_fifty_who_want_one_persons_half_hour_one_gets_it(site: Site, clinic: Clinic) -> None:
    for day in range(ROUNDS):
        start = noon(day)
        replies = at_once(site, [creation(clinic, date=wire(start))] * RIVALS)
        assert outcomes(replies) == {"booked": 1, "409 staff_busy": RIVALS - 1}
        (winner,) = (reply.data["id"] for reply in replies if reply.status == 201)
        (held,) = HeldTime.objects.filter(starts_at=start)
        assert str(held.appointment_id) == winner
    assert Appointment.objects.count() == ROUNDS


def test_of_fifty_who_want_the_last_place_of_a_class_one_gets_it(
    site: Site, clinic: Clinic
) -> None:
    eight: Service = ServiceFactory(business=clinic.business, bookings_per_timeslot=8)
    for day in range(ROUNDS):
        start = noon(day)
        call = creation(clinic, serviceId=str(eight.pk), date=wire(start))
        assert outcomes([reply for _ in range(7) for reply in at_once(site, [call])]) == {
            "booked": 7
        }
        assert outcomes(at_once(site, [call] * RIVALS)) == {
            "booked": 1,
            "409 slot_full": RIVALS - 1,
        }
        held = HeldTime.objects.filter(starts_at=start)
        assert sorted(held.values_list("place", flat=True)) == [1, 2, 3, 4, 5, 6, 7, 8]
        assert held.values("session").distinct().count() == 1


def test_of_fifty_who_want_an_empty_class_of_eight_eight_get_in(site: Site, clinic: Clinic) -> None:
    eight: Service = ServiceFactory(business=clinic.business, bookings_per_timeslot=8)
    for day in range(ROUNDS):
        call = creation(clinic, serviceId=str(eight.pk), date=wire(noon(day)))
        replies = at_once(site, [call] * RIVALS)
        assert outcomes(replies) == {"booked": 8, "409 slot_full": RIVALS - 8}
        booked = [reply.data["groupBookingId"] for reply in replies if reply.status == 201]
        assert len(set(booked)) == 1


def test_fifty_who_take_anyone_fill_eight_people_once_each(site: Site, clinic: Clinic) -> None:
    eight = colleagues(clinic, 8)
    for day in range(ROUNDS):
        call = creation(clinic, staffId=None, date=wire(noon(day)))
        replies = at_once(site, [call] * RIVALS)
        assert outcomes(replies) == {"booked": 8, "409 no_staff_available": RIVALS - 8}
        assert sorted(reply.data["staffId"] for reply in replies if reply.status == 201) == eight


def test_those_who_take_anyone_at_many_times_of_a_day_are_spread_evenly(
    site: Site, clinic: Clinic
) -> None:
    eight = colleagues(clinic, 8)
    for day in range(ROUNDS):
        first = noon(day) - timedelta(hours=3)
        starts = [first + timedelta(minutes=30 * number) for number in range(16)]
        calls = [creation(clinic, staffId=None, date=wire(start)) for start in starts]
        replies = at_once(site, calls)
        assert outcomes(replies) == {"booked": 16}
        assert Counter(reply.data["staffId"] for reply in replies) == dict.fromkeys(eight, 2)


def test_two_people_who_are_wanted_in_either_order_are_booked_together_once(
    site: Site, clinic: Clinic
) -> None:
    first, second = colleagues(clinic, 2)
    for day in range(ROUNDS):
        start = noon(day)
        either = [
            creation(clinic, staffId=host, additionalStaffIds=[guest], date=wire(start))
            for host, guest in ((first, second), (second, first))
        ]
        assert outcomes(at_once(site, either * (RIVALS // 2))) == {
            "booked": 1,
            "409 staff_busy": RIVALS - 1,
        }
        held = HeldTime.objects.filter(starts_at=start)
        assert sorted(str(one.staff_id) for one in held) == [first, second]


def test_visits_that_overlap_in_part_are_given_out_without_any_overlap(
    site: Site, clinic: Clinic
) -> None:
    wishes = list(product(range(0, 240, 10), (30, 60)))
    for day in range(ROUNDS):
        chosen = Random(day).choices(wishes, k=RIVALS)
        spans = [
            (noon(day) + timedelta(minutes=after), timedelta(minutes=length))
            for after, length in chosen
        ]
        replies = at_once(
            site,
            [
                creation(clinic, date=wire(start), duration=length // timedelta(minutes=1))
                for start, length in spans
            ],
        )
        assert outcomes(replies).keys() == {"booked", "409 staff_busy"}
        told = [
            (start, start + length)
            for (start, length), reply in zip(spans, replies, strict=True)
            if outcome(reply) == "booked"
        ]
        held = [
            (one.during.lower, one.during.upper)
            for one in HeldTime.objects.filter(
                starts_at__gte=noon(day), starts_at__lt=noon(day + 1)
            )
        ]
        assert sorted(held) == sorted(told)
        assert not [
            (one, other)
            for one, other in combinations(held, 2)
            if one[0] < other[1] and other[0] < one[1]
        ]
        # Nobody was refused for a time that stayed free.
        for start, length in spans:
            assert any(start < end and begin < start + length for begin, end in held)


def test_one_key_sent_by_twenty_clients_at_once_books_once_and_gets_one_answer(
    site: Site, clinic: Clinic
) -> None:
    for day in range(ROUNDS):
        call = creation(clinic, key=f"visit {day}", date=wire(noon(day)))
        replies = at_once(site, [call] * 20)
        assert outcomes(replies) == {"booked": 20}
        assert len({reply.content for reply in replies}) == 1
        assert len({(reply.headers["Location"], reply.headers["ETag"]) for reply in replies}) == 1
        replayed = Counter(reply.headers.get("Idempotency-Replayed") for reply in replies)
        assert replayed == {None: 1, "true": 19}
    assert Appointment.objects.count() == ROUNDS


def test_one_key_sent_by_twenty_clients_at_once_is_refused_with_one_answer(
    site: Site, clinic: Clinic
) -> None:
    for day in range(ROUNDS):
        taken = creation(clinic, date=wire(noon(day)))
        assert outcomes(at_once(site, [taken])) == {"booked": 1}
        call = creation(clinic, key=f"late {day}", date=wire(noon(day)))
        replies = at_once(site, [call] * 20)
        assert outcomes(replies) == {"409 staff_busy": 20}
        assert len({reply.content for reply in replies}) == 1
    assert Appointment.objects.count() == ROUNDS


def test_software_the_desk_and_the_admin_at_once_book_one_half_hour_once(
    site: Site, clinic: Clinic
) -> None:
    user = member(clinic.business, Role.FRONT_DESK)
    browser = Client()
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    cookies = f"sessionid={browser.cookies['sessionid'].value}"
    desk, admin = f"/desk/{clinic.business.alias}/book", "/admin/appointments/appointment/add/"
    for day in range(ROUNDS):
        start = noon(day)
        wall = start.astimezone(ZoneInfo(clinic.business.timezone))
        chosen = {
            "patient": str(clinic.patient.pk),
            "service": str(clinic.service.pk),
            "staff": str(clinic.staff.pk),
            "time": f"{wall:%H:%M}",
        }
        calls = []
        for _ in range(RIVALS // 3):
            typed = chosen | {"duration": "30", "date": f"{wall:%Y-%m-%d}"}
            drawn = chosen | {"minutes": "30", "day": f"{wall:%Y-%m-%d}"}
            calls += [
                creation(clinic, date=wire(start)),
                form(desk, cookies, typed | {"submission": str(uuid4())}),
                form(admin, cookies, drawn | {"submission": str(uuid4())}),
            ]
        Random(day).shuffle(calls)
        replies = at_once(site, calls)
        words = {201: "booked", 302: "booked", 409: "busy", 200: "busy"}
        told = Counter(words[reply.status] for reply in replies)
        assert told == {"booked": 1, "busy": len(calls) - 1}
        # Every refusal says the same, in JSON and on both pages.
        for reply in replies:
            if reply.status in (200, 409):
                assert b"The staff member is busy at that time." in reply.content
        assert HeldTime.objects.filter(starts_at=start).count() == 1
    assert Appointment.objects.count() == ROUNDS
