"""What was just done is taken back while others want the hour that it freed, or undo it too."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Collection
from datetime import UTC, timedelta
from uuid import UUID

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client

from appointments import undoing
from appointments.changes import Changes
from appointments.changing import change
from appointments.errors import Refusal
from appointments.models import Appointment, HeldTime
from appointments.record import Record, find_record
from businesses.actor import Actor
from staff.roles import Role
from tests.factories import member
from tests.races import audit
from tests.races.rivals import (
    LONGEST,
    RIVALS,
    Call,
    Clinic,
    Rival,
    at_once,
    creation,
    form,
    noon,
    together,
)
from tests.races.serving import Site
from tests.races.test_links_race import booked
from tests.soak import FACTOR

pytestmark = [
    pytest.mark.soak,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("many_connections"),
]

ROUNDS = max(3, FACTOR)
DESK = Actor(name="Desk", source="desk")


def moved(clinic: Clinic, number: int) -> Record:
    """A visit that was at noon of some day, and is two hours later now."""
    one = booked(clinic, noon(number))
    return change(
        business_id=clinic.business.pk,
        appointment_id=one.id,
        changes=Changes(starts_at=noon(number) + timedelta(hours=2)),
        by=DESK,
    )


def signed_in(clinic: Clinic) -> str:
    browser = Client()
    user = member(clinic.business, Role.FRONT_DESK)
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return f"sessionid={browser.cookies['sessionid'].value}"


def undo(clinic: Clinic, cookies: str, one: Record) -> Call:
    """The button that the desk offers."""
    seen = one.updated_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    path = f"/desk/{clinic.business.alias}/appointments/{one.id}/undo?seen={seen}"
    return form(path, cookies, {})


def start_of(one: Record) -> object:
    return Appointment.objects.get(pk=one.id).starts_at


def changes_of(one: Record) -> int:
    events = apps.get_model("appointments", "AppointmentEvent").objects
    return int(events.filter(pgh_obj_id=one.id).count())


@pytest.mark.parametrize("rivals", [1, RIVALS - 1])
def test_the_hour_that_a_move_freed_goes_to_whoever_comes_first_and_to_nobody_else(
    site: Site, clinic: Clinic, rivals: int
) -> None:
    cookies = signed_in(clinic)
    winners: Counter[str] = Counter()
    for number in range(ROUNDS):
        one, wanted = moved(clinic, number), noon(number)
        calls = [creation(clinic, date=wanted.isoformat()) for _ in range(rivals)]
        place = number % len(calls)
        replies = at_once(site, [*calls[:place], undo(clinic, cookies, one), *calls[place:]])
        told = Counter(reply.status for reply in replies)
        (holder,) = HeldTime.objects.filter(starts_at=wanted)
        back = holder.appointment_id == one.id
        # Undone, it leads to the appointment; else its page says who has the hour.
        assert told[302 if back else 200] == 1
        assert (told[201], told[409]) == ((0, rivals) if back else (1, rivals - 1))
        assert start_of(one) == (wanted if back else wanted + timedelta(hours=2))
        winners["back" if back else "booked"] += 1
        audit.check()
    assert winners.total() == ROUNDS


def test_what_twenty_desks_undo_at_once_is_undone_once(site: Site, clinic: Clinic) -> None:
    cookies = signed_in(clinic)
    for number in range(ROUNDS):
        one = moved(clinic, number)
        replies = at_once(site, [undo(clinic, cookies, one)] * 20)
        assert {reply.status for reply in replies} == {302}
        assert (start_of(one), changes_of(one)) == (noon(number), 3)
        audit.check()


def taking_back(one: Record) -> Rival[str]:
    """The command, on a connection of its own."""

    def ask(wait: Callable[[], object]) -> str:
        try:
            connection.ensure_connection()
            wait()
            undoing.undo(
                business_id=one.business_id, appointment_id=one.id, seen=one.updated_at, by=DESK
            )
        except Refusal as refusal:
            return refusal.code
        else:
            return "done"
        finally:
            connection.close()

    return ask


def test_of_two_that_undo_the_same_the_later_one_is_told(clinic: Clinic) -> None:
    for number in range(ROUNDS):
        one = moved(clinic, number)
        told = Counter(together([taking_back(one)] * 2))
        assert told == {"done": 1, "stale": 1}
        assert changes_of(one) == 3


def test_without_its_lock_the_same_is_undone_twice(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: both look before either of them has written."""
    both = threading.Barrier(2)

    def looked_at(business_id: UUID, *, ids: Collection[UUID]) -> list[Record]:
        found = [find_record(business_id, one) for one in ids]
        both.wait(LONGEST)
        return [one for one in found if one is not None]

    one = booked(clinic, noon(0))
    noted = change(
        business_id=clinic.business.pk,
        appointment_id=one.id,
        changes=Changes(notes="Wheelchair"),
        by=DESK,
    )
    monkeypatch.setattr(undoing, "lock_records", looked_at)
    assert Counter(together([taking_back(noted)] * 2)) == {"done": 2}
    assert changes_of(noted) == 4
