"""Series, moves, swaps, steps and single bookings at once: whatever wins, the calendar is right."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest
from django.db import transaction

from appointments.models import Appointment, Status
from tests.factories import LocationFactory
from tests.races import audit
from tests.races.crowd import BUSY, Practice, Wish, make_practice
from tests.races.rivals import LONGEST, alteration, at_once, creation, outcomes, wire
from tests.races.serving import Site
from tests.soak import FACTOR

pytestmark = [
    pytest.mark.soak,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("many_connections"),
]

ROUNDS = max(3, FACTOR)
WEEKLY = "FREQ=WEEKLY;COUNT=6"
WAITING = """
SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE NOT l.granted AND a.datname = current_database()
"""


def practices() -> Iterator[Practice]:
    """One for each round."""
    return (make_practice() for _ in range(ROUNDS))


def there(practice: Practice) -> list[Appointment]:
    """All appointments of the practice, by start."""
    return list(Appointment.objects.filter(business=practice.clinic.business))


def placed(practice: Practice) -> set[tuple[object, ...]]:
    return {(one.pk, one.starts_at, one.staff_id) for one in there(practice)}


def book(practice: Practice, *, service: int = 0, place: int = 0, **more: object) -> None:
    """For the first of the people, at a place of the first afternoon."""
    body = {
        "serviceId": str(practice.services[service].pk),
        "staffId": str(practice.people[0].pk),
        "date": wire(practice.start(0, place)),
    } | more
    practice.does(Wish("series" if "rrule" in body else "single", body))


def kept(wish: Wish, told: str, number: int, practice: Practice) -> bool:
    """Whether all that is there for a wish is what was told: the whole series, or nothing."""
    written = sum(one.tags == [f"wish {number}"] for one in there(practice))
    if told != "booked":
        return written == 0
    if wish.kind == "single":
        return written == 1
    dates = int(wish.body["rrule"].rpartition("=")[2])
    return 1 <= written <= dates if wish.body["skipConflicts"] else written == dates


def test_whatever_fifty_do_at_once_nobody_is_in_two_places(site: Site) -> None:
    told: Counter[tuple[str, str]] = Counter()
    for number, practice in enumerate(practices()):
        practice.fill()
        wishes = practice.wishes(Random(number))
        answers = practice.rush(site, wishes)
        audit.check()
        for nth, (wish, one) in enumerate(zip(wishes, answers, strict=True)):
            assert kept(wish, one, nth, practice), (number, wish, one)
            told[wish.kind, one] += 1
    assert {kind for kind, one in told if one in ("booked", "done")} == {kind for kind, _ in told}
    assert {one for _, one in told if one[:3] in ("404", "500", "503")} <= {BUSY}
    assert sum(many for (_, one), many in told.items() if one == BUSY) <= ROUNDS


@pytest.mark.parametrize("desks", [2, 20])
def test_two_visits_that_are_swapped_at_once_are_where_the_number_of_swaps_puts_them(
    site: Site, desks: int
) -> None:
    practice = make_practice()
    book(practice)
    book(practice, place=2, staffId=str(practice.people[1].pk), duration=60)
    one, two = there(practice)
    ids = [str(one.pk), str(two.pk)]
    ways = [Wish("swap", {"appointmentIds": each}) for each in (ids, ids[::-1])]
    for _ in range(ROUNDS):
        before = placed(practice)
        told = Counter(practice.rush(site, ways * (desks // 2)))
        assert told.keys() <= {"done", BUSY}
        assert told["done"] > desks // 2
        assert (placed(practice) == before) is (told["done"] % 2 == 0)
        audit.check()


def test_a_date_that_is_moved_alone_stays_there_when_the_series_moves_in_the_same_moment(
    site: Site,
) -> None:
    for practice in practices():
        book(practice, rrule=WEEKLY)
        _, second, third, *_ = there(practice)
        guest = practice.people[3]
        alone = [
            Wish("move", {"date": wire(practice.start(2, place)), "staffId": str(guest.pk)}, of)
            for place in range(5)
            for of in [str(third.pk)]
        ]
        following = [
            Wish("move", {"date": wire(practice.start(week, place))}, str(of.pk), scope)
            for place, (week, of, scope) in enumerate(
                [(1, second, "following"), (2, third, "all"), (2, third, "following")] * 2, start=1
            )
        ]
        told = practice.rush(site, [*alone, *following])
        assert set(told) == {"done"}
        audit.check()
        assert [one.status for one in there(practice)] == ["booked"] * 6
        third.refresh_from_db()
        assert (third.staff_id, third.series_exception) == (guest.pk, True)


def test_what_is_cancelled_while_others_move_it_is_cancelled(site: Site) -> None:
    for practice in practices():
        book(practice)
        (visit,) = there(practice)
        moves = [
            Wish("move", {"staffId": str(host.pk)}, str(visit.pk)) for host in practice.people * 2
        ]
        cancel = Wish("cancel", of=str(visit.pk))
        told = practice.rush(site, [*moves[:4], cancel, cancel, *moves[4:]])
        assert told[4:6] == ["done"] * 2
        assert set(told) <= {"done", "409 wrong_status"}
        audit.check()
        visit.refresh_from_db()
        assert visit.status == Status.CANCELLED


@pytest.mark.parametrize("what", ["its host", "its place"])
def test_a_cancellation_that_waits_for_a_change_keeps_what_was_changed(what: str) -> None:
    practice = make_practice()
    service, guest = practice.services[0], practice.people[1]
    service.location = LocationFactory(business=practice.clinic.business)
    service.save()
    book(practice, location="Elsewhere")
    (visit,) = there(practice)
    changes = {"its host": {"staffId": str(guest.pk)}, "its place": {"location": ""}}[what]
    cancel = Wish("cancel", of=str(visit.pk)).called(practice.clinic)
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            practice.does(Wish("move", changes, str(visit.pk)))
            visit.refresh_from_db()
            changed = visit.staff, visit.location
            cancelling = threads.submit(cancel, lambda: None)
            wait_for_somebody_who_waits()
        assert cancelling.result() == "done"
    visit.refresh_from_db()
    assert visit.status == Status.CANCELLED
    assert (visit.staff, visit.location) == changed
    assert changed != (practice.people[0], None)
    audit.check()


def wait_for_somebody_who_waits() -> None:
    """Until a lock is asked for that somebody else has."""
    deadline = time.monotonic() + LONGEST
    while audit.rows(WAITING) == [(0,)]:
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_series_that_is_cancelled_while_its_dates_move_is_cancelled_whole(site: Site) -> None:
    for practice in practices():
        book(practice, rrule=WEEKLY)
        dates = there(practice)
        moves = [
            Wish("move", {"date": wire(practice.start(week, week + 1))}, str(one.pk), scope)
            for week, one in enumerate(dates)
            for scope in ("this", "following")
        ]
        cancel = Wish("cancel", of=str(dates[0].pk), scope="all")
        told = practice.rush(site, [*moves[:6], cancel, *moves[6:]])
        assert told[6] == "done"
        assert set(told) <= {"done", "409 wrong_status"}
        audit.check()
        parts = {one.series_id for one in there(practice) if not one.cancelled}
        # A part that was taken off it first is another series by now.
        assert dates[0].series_id not in parts


def test_a_request_that_is_approved_while_others_move_it_stands_where_it_is_in_the_end(
    site: Site,
) -> None:
    for practice in practices():
        book(practice, service=3)
        (visit,) = there(practice)
        of = str(visit.pk)
        moves = [
            Wish("move", {"staffId": str(host.pk), "date": wire(practice.start(0, place))}, of)
            for place, host in enumerate(practice.people * 2)
        ]
        approve = Wish("decide", {"approved": True}, of)
        told = practice.rush(site, [*moves[:4], approve, approve, *moves[4:]])
        assert set(told) == {"done"}
        audit.check()
        visit.refresh_from_db()
        assert visit.status == Status.BOOKED


@pytest.mark.parametrize("scope", ["this", "following", "all"])
def test_of_twenty_desks_that_saw_the_same_one_changes_it(site: Site, scope: str) -> None:
    for practice in practices():
        first = creation(practice.clinic, date=wire(practice.first), rrule=WEEKLY)
        (reply,) = at_once(site, [first])
        of, seen = reply.data["id"], reply.headers["ETag"]
        calls = [
            alteration(
                practice.clinic,
                of,
                scope=scope,
                match=seen,
                date=wire(practice.start(0, number % 6 + 1)),
                notes=f"Desk {number}",
            )
            for number in range(20)
        ]
        replies = at_once(site, calls)
        told = outcomes(replies)
        assert told == {"done": 1, "412 stale": 19}
        (winner,) = (one.data for one in replies if one.status == 200)
        visit = Appointment.objects.get(pk=of)
        assert (wire(visit.starts_at), visit.notes) == (winner["date"], winner["notes"])
        audit.check()


def test_one_key_with_a_series_by_twenty_clients_books_it_once_and_gets_one_answer(
    site: Site,
) -> None:
    for practice in practices():
        call = creation(practice.clinic, key="weekly", date=wire(practice.first), rrule=WEEKLY)
        replies = at_once(site, [call] * 20)
        assert outcomes(replies) == {"booked": 20}
        assert len({reply.content for reply in replies}) == 1
        assert len({(reply.headers["Location"], reply.headers["ETag"]) for reply in replies}) == 1
        replayed = Counter(reply.headers.get("Idempotency-Replayed") for reply in replies)
        assert replayed == {None: 1, "true": 19}
        told = [one["id"] for one in replies[0].json["meta"]["occurrences"]]
        assert [str(one.pk) for one in there(practice)] == told
        assert len(told) == 6
        audit.check()
