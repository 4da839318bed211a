"""Several change the same visit at once, or somebody else holds a calendar for too long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection

from appointments.models import Appointment, HeldTime
from businesses.statements import rows
from tests.appointments.api.clinic import TEN, Clinic, Reply, impatient, nothing_is_written, wire

RIVALS = 6
LATER = TEN + timedelta(hours=1)


def at_once(ask: Callable[[int], Reply]) -> list[Reply]:
    """The answers to the same question by several, who begin together."""
    start = Barrier(RIVALS)

    def one(number: int) -> Reply:
        start.wait(20)
        try:
            return ask(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(RIVALS) as pool:
        return list(pool.map(one, range(RIVALS)))


def statuses(replies: list[Reply]) -> Counter[int]:
    return Counter(reply.status for reply in replies)


def test_of_several_who_saw_the_same_one_changes_it(real_clinic: Clinic) -> None:
    pk = real_clinic.booked()["id"]
    seen = real_clinic.get(pk).headers["ETag"]
    replies = at_once(lambda number: real_clinic.change(pk, match=seen, notes=str(number)))
    assert statuses(replies) == {200: 1, 412: RIVALS - 1}
    (won,) = (reply for reply in replies if reply.status == 200)
    assert real_clinic.get(pk).content == won.content


def test_without_having_to_have_seen_it_several_do(real_clinic: Clinic) -> None:
    """The control: without If-Match the last one wins, and nobody is told that it was not alone.

    Whoever is overtaken again and again is asked to come back.
    """
    pk = real_clinic.booked()["id"]
    told = statuses(at_once(lambda number: real_clinic.change(pk, notes=str(number))))
    assert told.keys() <= {200, 503}
    assert told[200] > 1


def test_of_several_who_saw_the_same_one_moves_it(real_clinic: Clinic) -> None:
    pk = real_clinic.booked()["id"]
    seen = real_clinic.get(pk).headers["ETag"]
    times = [wire(LATER + timedelta(hours=number)) for number in range(RIVALS)]
    replies = at_once(lambda number: real_clinic.change(pk, match=seen, date=times[number]))
    assert statuses(replies) == {200: 1, 412: RIVALS - 1}
    assert HeldTime.objects.count() == 1


def test_several_cancel_the_same_visit_once(real_clinic: Clinic) -> None:
    pk = real_clinic.booked()["id"]
    replies = at_once(lambda number: real_clinic.cancel(pk, f"?reason={number}"))
    assert statuses(replies) == {204: RIVALS}
    events = "SELECT count(*) FROM appointments_appointmentevent WHERE id = %s"
    assert rows(events, (pk,)) == [(2,)]
    assert HeldTime.objects.count() == 0


def test_several_series_for_the_same_dates_and_one_is_booked(real_clinic: Clinic) -> None:
    replies = at_once(lambda _: real_clinic.book(rrule="FREQ=WEEKLY;COUNT=4"))
    assert statuses(replies) == {201: 1, 409: RIVALS - 1}
    assert (Appointment.objects.count(), HeldTime.objects.count()) == (4, 4)


def test_a_series_that_is_sent_several_times_is_booked_once(real_clinic: Clinic) -> None:
    replies = at_once(lambda _: real_clinic.book(rrule="FREQ=WEEKLY;COUNT=4", key="k"))
    assert statuses(replies) == {201: RIVALS}
    assert len({reply.content for reply in replies}) == 1
    replayed = Counter("Idempotency-Replayed" in reply.headers for reply in replies)
    assert replayed == {True: RIVALS - 1, False: 1}
    assert Appointment.objects.count() == 4


def test_the_same_two_are_swapped_once_for_each_who_is_told_so(real_clinic: Clinic) -> None:
    dates = [wire(TEN), wire(LATER)]
    ids = [real_clinic.booked(date=date)["id"] for date in dates]
    told = statuses(at_once(lambda _: real_clinic.swap(*ids)))
    assert told.keys() <= {200, 503}
    assert told[200] > 1
    swapped = dates if told[200] % 2 == 0 else dates[::-1]
    assert [real_clinic.get(one).data["date"] for one in ids] == swapped


@pytest.mark.parametrize("locked", ["staff_staff", "appointments_appointment"])
def test_a_calendar_that_stays_locked_is_503_and_says_when_to_retry(
    real_clinic: Clinic, locked: str
) -> None:
    ids = [real_clinic.booked(date=wire(one))["id"] for one in (TEN, LATER)]
    rival = connection.copy()
    try:
        rival.set_autocommit(False)
        with rival.cursor() as cursor:
            cursor.execute(f"SELECT FROM {locked} FOR UPDATE")
        with nothing_is_written(), impatient():
            replies = [
                real_clinic.change(ids[0], date=wire(LATER + timedelta(hours=1))),
                real_clinic.swap(*ids),
            ]
            if locked == "appointments_appointment":
                replies += [
                    real_clinic.change(ids[0], notes="x"),
                    real_clinic.cancel(ids[0]),
                    real_clinic.asked("PUT", ids[0], "tags", body={"tags": []}),
                ]
            # Whoever only looks is not kept waiting.
            looked = [real_clinic.times(), real_clinic.preview(), real_clinic.next_times()]
        for reply in replies:
            assert reply.refused == (503, "calendar_busy")
            assert reply.headers["Retry-After"] == "1"
        assert [reply.status for reply in looked] == [200, 200, 200]
    finally:
        rival.close()
    assert real_clinic.change(ids[0], notes="x").status == 200
