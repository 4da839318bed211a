"""Patients by their links and the desk at once, for one half hour."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from appointments.acceptance import BookingRequest
from appointments.booking import book
from appointments.models import Appointment, HeldTime
from appointments.record import Record
from businesses.actor import Actor
from staff.roles import Role
from tests.factories import member
from tests.races.rivals import RIVALS, Call, Clinic, alteration, at_once, form, noon
from tests.races.serving import Site
from tests.soak import FACTOR

pytestmark = [pytest.mark.soak, pytest.mark.django_db(transaction=True)]

ROUNDS = max(2, FACTOR // 2)


def booked(clinic: Clinic, start: datetime) -> Record:
    request = BookingRequest(
        service_id=clinic.service.pk,
        patient_id=clinic.patient.pk,
        starts_at=start,
        minutes=30,
        staff_id=clinic.staff.pk,
    )
    by = Actor(name="Desk", source="desk")
    return book(business_id=clinic.business.pk, request=request, by=by)


def by_link(clinic: Clinic, record: Record, page: str, **fields: str) -> Call:
    path = f"/{clinic.business.alias}/appointments/{record.id}/{page}?token={record.link_token}"
    sent = urlencode({"seen": record.starts_at.isoformat()} | fields).encode()
    return Call(path, sent, {"Content-Type": "application/x-www-form-urlencoded"})


def at_the_desk(clinic: Clinic, cookies: str, record: Record, start: datetime) -> Call:
    wall = start.astimezone(ZoneInfo(clinic.business.timezone))
    typed = {
        "date": f"{wall:%Y-%m-%d}",
        "time": f"{wall:%H:%M}",
        "duration": "30",
        "staff": str(record.staff_id),
        "version": record.updated_at.astimezone(UTC).isoformat(),
        "action": "move",
    }
    return form(f"/desk/{clinic.business.alias}/appointments/{record.id}/move", cookies, typed)


def test_of_fifty_who_move_into_one_half_hour_by_link_and_at_the_desk_one_gets_it(
    site: Site, clinic: Clinic
) -> None:
    half = timedelta(minutes=30)
    browser = Client()
    user = member(clinic.business, Role.FRONT_DESK)
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    cookies = f"sessionid={browser.cookies['sessionid'].value}"
    for number in range(ROUNDS):
        there = [
            booked(clinic, noon(3 + 8 * number + day) - 8 * half + half * place)
            for day in range(5)
            for place in range(RIVALS // 5)
        ]
        wanted = noon(3 + 8 * number + 6)
        calls = [
            by_link(clinic, one, "reschedule", to=wanted.isoformat())
            if index % 3 == 0
            else alteration(clinic, str(one.id), date=wanted.isoformat())
            if index % 3 == 1
            else at_the_desk(clinic, cookies, one, wanted)
            for index, one in enumerate(there)
        ]
        Random(number).shuffle(calls)
        told = Counter(reply.status for reply in at_once(site, calls))
        assert set(told) <= {200, 302, 303, 409}
        assert HeldTime.objects.filter(starts_at=wanted).count() == 1
        # Whoever lost kept what they had.
        kept = HeldTime.objects.filter(starts_at__lt=wanted, starts_at__gte=there[0].starts_at)
        assert kept.count() == RIVALS - 1


def test_one_form_sent_by_many_at_once_is_done_once(site: Site, clinic: Clinic) -> None:
    for number in range(ROUNDS):
        one = booked(clinic, noon(3 + number))
        wanted = noon(3 + number) + timedelta(hours=1)
        moves = [by_link(clinic, one, "reschedule", to=wanted.isoformat())] * 10
        assert Counter(reply.status for reply in at_once(site, moves)) == {303: 10}
        events = Appointment.pgh_event_model.objects.filter(pgh_obj_id=one.id)  # type: ignore[attr-defined]
        assert events.count() == 2
        moved = one._replace(starts_at=wanted)
        cancels = [by_link(clinic, moved, "cancel", reason="Ill")] * 10
        assert Counter(reply.status for reply in at_once(site, cancels)) == {303: 10}
        assert events.count() == 3
        assert Appointment.objects.get(pk=one.id).cancel_reason == "Ill"
