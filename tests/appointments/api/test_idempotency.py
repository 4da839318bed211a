"""`Idempotency-Key`: whatever happens to a request, sending it again books once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
import time_machine
from django.db import connection

from appointments.api.representation import clash
from appointments.booking import book
from appointments.models import Appointment
from businesses.models import IdempotentAnswer
from businesses.statements import rows
from tests.appointments.api.clinic import (
    TEN,
    Clinic,
    Reply,
    cancel,
    impatient,
    make_clinic,
    nothing_is_written,
    sent,
    wire,
)
from tests.factories import api_key

KEY = "9f1c6a3e-retry"
REPLAYED = "Idempotency-Replayed"


def check_replay(first: Reply, again: Reply) -> None:
    """The same answer, byte for byte, that says it is one."""
    assert REPLAYED not in first.headers
    assert again.headers[REPLAYED] == "true"
    assert (again.status, again.content) == (first.status, first.content)
    for name in ("Content-Type", "Location", "ETag"):
        assert again.headers.get(name) == first.headers.get(name)


def test_a_repeat_gets_the_first_answer_and_books_nothing(clinic: Clinic) -> None:
    first = clinic.book(key=KEY)
    assert first.status == 201
    with nothing_is_written():
        again = clinic.book(key=KEY)
    check_replay(first, again)
    assert {"Location", "ETag"} <= again.headers.keys()


def test_the_first_answer_stays_as_it_was_whatever_changed_since(clinic: Clinic) -> None:
    first = clinic.book(key=KEY)
    clinic.patient.name = "Renamed"
    clinic.patient.save()
    clinic.service.enabled = False
    clinic.service.save()
    check_replay(first, clinic.book(key=KEY))


def test_without_a_key_the_same_request_is_another_booking(clinic: Clinic) -> None:
    assert clinic.book().status == 201
    assert clinic.book().refused == (409, "staff_busy")
    assert IdempotentAnswer.objects.count() == 0


def test_v1_and_the_root_are_the_same_request(clinic: Clinic) -> None:
    first = clinic.book(key=KEY)
    check_replay(first, clinic.book(key=KEY, prefix=""))


def test_the_case_of_an_id_in_the_path_makes_no_other_request(clinic: Clinic) -> None:
    first = clinic.book(key=KEY)
    shouted = replace(clinic, business=replace_pk(clinic))
    check_replay(first, shouted.book(key=KEY))


def replace_pk(clinic: Clinic) -> Any:
    """A stand-in for the business that only knows its id, in capitals."""

    class Shouted:
        pk = str(clinic.business.pk).upper()

    return Shouted()


@pytest.mark.parametrize(
    "other", [{"notes": "x"}, {"duration": 60}, {"query": "?ignoreBusyTimes=true"}]
)
def test_the_same_key_with_another_request_is_422(clinic: Clinic, other: dict[str, Any]) -> None:
    first = clinic.book(key=KEY)
    with nothing_is_written():
        assert clinic.book(key=KEY, **other).refused == (422, "idempotency_key_reused")
    check_replay(first, clinic.book(key=KEY))


def test_a_key_is_kept_for_a_day(clinic: Clinic, clock: time_machine.Traveller) -> None:
    first = clinic.book(key=KEY)
    clock.shift(timedelta(hours=24, milliseconds=-1))
    check_replay(first, clinic.book(key=KEY))
    clock.shift(timedelta(milliseconds=1))
    later = clinic.book(key=KEY, date=wire(TEN + timedelta(days=1)))
    assert (later.status, REPLAYED in later.headers) == (201, False)
    assert later.data["id"] != first.data["id"]
    check_replay(later, clinic.book(key=KEY, date=wire(TEN + timedelta(days=1))))


def test_a_replay_does_not_make_a_key_last_longer(
    clinic: Clinic, clock: time_machine.Traveller
) -> None:
    clinic.book(key=KEY)
    clock.shift(timedelta(hours=23))
    clinic.book(key=KEY)
    clock.shift(timedelta(hours=1))
    assert clinic.book(key=KEY, date=wire(TEN + timedelta(days=1))).status == 201


def test_two_businesses_may_use_the_same_key(clinic: Clinic, other_clinic: Clinic) -> None:
    mine, theirs = clinic.book(key=KEY), other_clinic.book(key=KEY)
    assert mine.status == theirs.status == 201
    assert REPLAYED not in theirs.headers
    check_replay(mine, clinic.book(key=KEY))
    check_replay(theirs, other_clinic.book(key=KEY))


def test_one_integration_does_not_get_the_answers_of_another(clinic: Clinic) -> None:
    clinic.booked(key=KEY)
    colleague = replace(clinic, token=api_key(clinic.business))
    later = colleague.book(key=KEY, date=wire(TEN + timedelta(hours=1)))
    assert (later.status, REPLAYED in later.headers) == (201, False)


def test_a_read_takes_no_notice_of_a_key(clinic: Clinic) -> None:
    booked = clinic.booked(key=KEY)
    reply = clinic.send("GET", clinic.path(booked["id"]), headers={"Idempotency-Key": KEY})
    assert (reply.status, reply.data, REPLAYED in reply.headers) == (200, booked, False)


@pytest.mark.parametrize("key", ["k", "K" * 255, 'quo"ted', "with blanks", "ké ÿ"])
def test_any_printable_text_is_a_key(clinic: Clinic, key: str) -> None:
    check_replay(clinic.book(key=key), clinic.book(key=key))


@pytest.mark.parametrize("key", ["", "K" * 256, "a\tb", "a\x00b", "\x7f", "\x85"])
def test_what_can_be_no_key_is_refused(clinic: Clinic, key: str) -> None:
    with nothing_is_written():
        reply = clinic.book(key=key)
    assert (reply.status, reply.wrong) == (400, [("Idempotency-Key", "invalid")])


# --- With transactions that end -----------------------------------------------------------------


def test_a_clash_is_an_answer_and_is_kept(real_clinic: Clinic) -> None:
    booked = real_clinic.booked()
    first = real_clinic.book(key=KEY)
    assert first.refused == (409, "staff_busy")
    cancel(booked["id"])
    with nothing_is_written():
        check_replay(first, real_clinic.book(key=KEY))
        assert real_clinic.book(key=KEY, notes="x").refused == (422, "idempotency_key_reused")
    assert real_clinic.book(key="another").status == 201


def test_other_refusals_keep_nothing_and_the_key_may_be_used_again(
    real_clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = replace(real_clinic, token=api_key(real_clinic.business, "appointments:write"))
    path, headers = real_clinic.path(), {"Idempotency-Key": KEY}
    with nothing_is_written():
        assert real_clinic.book(key=KEY, duration="long").refused == (400, "invalid")
        assert real_clinic.book(key=KEY, duration=45).refused == (400, "duration_not_offered")
        assert real_clinic.send("POST", path, content=b"{", headers=headers).refused == (
            400,
            "malformed_json",
        )
        assert sent("POST", path, content=b"{}", headers=headers).refused == (
            401,
            "unauthenticated",
        )
        assert writer.book(key=KEY, query="?ignoreBusyTimes=true").refused == (
            403,
            "missing_scope",
        )
        assert real_clinic.send(
            "POST", path, content=b"x", content_type="text/plain", headers=headers
        ).refused == (415, "unsupported_media_type")
        with monkeypatch.context() as broken:
            broken.setattr("appointments.api.views.created", None)
            assert real_clinic.book(key=KEY).refused == (500, "server_error")
    for who in (real_clinic, writer):
        date = wire(TEN if who is writer else TEN + timedelta(hours=1))
        mended = who.book(key=KEY, date=date)
        assert (mended.status, REPLAYED in mended.headers) == (201, False)
        check_replay(mended, who.book(key=KEY, date=date))


def test_a_calendar_that_is_busy_keeps_nothing(real_clinic: Clinic) -> None:
    rival = connection.copy()
    try:
        rival.set_autocommit(False)
        with rival.cursor() as cursor:
            cursor.execute("SELECT FROM staff_staff FOR UPDATE")
        with nothing_is_written(), impatient():
            assert real_clinic.book(key=KEY).refused == (503, "calendar_busy")
    finally:
        rival.close()
    mended = real_clinic.book(key=KEY)
    assert (mended.status, REPLAYED in mended.headers) == (201, False)


def test_a_crash_leaves_the_key_usable_and_no_booking(
    real_clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database goes away after everything was written and before it was committed."""

    def dies(**wanted: Any) -> Any:
        record = book(**wanted)
        assert Appointment.objects.filter(pk=record.id).exists()
        rows("SELECT pg_terminate_backend(pg_backend_pid())", ())
        return record

    with monkeypatch.context() as broken:
        broken.setattr("appointments.api.views.book", dies)
        assert real_clinic.book(key=KEY).refused == (503, "calendar_busy")
    connection.close()
    assert (Appointment.objects.count(), IdempotentAnswer.objects.count()) == (0, 0)
    first = real_clinic.book(key=KEY)
    assert first.status == 201
    check_replay(first, real_clinic.book(key=KEY))
    assert Appointment.objects.count() == 1


def test_of_two_clashes_with_one_key_the_faster_is_the_answer(
    real_clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clash is kept after its rollback; a repeat may come in between."""
    real_clinic.booked()
    between: list[Reply] = []

    def slow(refusal: Any) -> Any:
        monkeypatch.setattr("appointments.api.idempotency.clash_body", clash)
        between.append(real_clinic.book(key=KEY))
        return clash(refusal)

    monkeypatch.setattr("appointments.api.idempotency.clash_body", slow)
    outer = real_clinic.book(key=KEY)
    assert between[0].refused == (409, "staff_busy")
    check_replay(between[0], outer)
    assert IdempotentAnswer.objects.count() == 1


@contextmanager
def running(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Any, Event, Any]]:
    """A first request that has booked and not yet committed; until the event is set."""
    booked, finish = Event(), Event()

    def slow(**wanted: Any) -> Any:
        record = book(**wanted)
        booked.set()
        assert finish.wait(20)
        return record

    def ask() -> Reply:
        try:
            return clinic.book(key=KEY)
        finally:
            connection.close()

    monkeypatch.setattr("appointments.api.views.book", slow)
    with ThreadPoolExecutor(2) as pool:
        try:
            first: Future[Reply] = pool.submit(ask)
            assert booked.wait(20)
            monkeypatch.setattr("appointments.api.views.book", book)
            yield first, finish, lambda: pool.submit(ask)
        finally:
            finish.set()


def somebody_waits_for_a_lock() -> bool:
    return bool(
        rows(
            "SELECT 1 FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event = 'transactionid'",
            (),
        )
    )


def test_a_repeat_waits_for_the_first_and_gets_its_answer(
    real_clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(real_clinic, monkeypatch) as (first, finish, ask):
        second = ask()
        for _ in range(400):
            if somebody_waits_for_a_lock():
                break
            time.sleep(0.01)
        else:
            pytest.fail("The repeat does not wait.")
        assert not second.done()
        finish.set()
        assert first.result(20).status == 201
        check_replay(first.result(), second.result(20))
    assert Appointment.objects.count() == 1


def test_a_repeat_that_waits_too_long_is_told_that_the_first_is_still_running(
    real_clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(real_clinic, monkeypatch) as (first, finish, _):
        with impatient():
            assert real_clinic.book(key=KEY).refused == (409, "in_progress")
        finish.set()
        assert first.result(20).status == 201
    check_replay(first.result(), real_clinic.book(key=KEY))
    assert Appointment.objects.count() == 1


def test_another_key_does_not_wait(real_clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else's time is booked while the first request is still running."""
    other = make_clinic()
    with running(real_clinic, monkeypatch) as (first, _, _):
        with impatient():
            assert other.book(key=KEY).status == 201
        assert not first.done()
