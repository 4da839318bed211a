"""External events over HTTP."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from staff.models import ExternalEvent, Staff
from tests.appointments.api.clinic import TEN, Clinic, Reply, counted, nothing_is_written, wire
from tests.contract import ID, TEXT, TIME, Table, check_table, nullable
from tests.factories import StaffFactory, api_key, blocks

EVENT: Table = [
    ("id", ID, False),
    ("createdAt", TIME, False),
    ("updatedAt", TIME, False),
    ("staffId", ID, False),
    ("startDate", TIME, False),
    ("endDate", TIME, False),
    ("title", TEXT, True),
    ("busy", bool, False),
    ("externalId", TEXT, True),
]
PATH = "external-events"
HOUR = timedelta(hours=1)


def body(clinic: Clinic, **changes: Any) -> dict[str, Any]:
    return {
        "staffId": str(clinic.staff.pk),
        "startDate": wire(TEN),
        "endDate": wire(TEN + HOUR),
    } | changes


def made(clinic: Clinic, **changes: Any) -> Any:
    reply = clinic.ask("POST", PATH, body=body(clinic, **changes))
    assert reply.status == 201, reply.content
    return reply.data


def test_a_new_event_is_told_as_stored_and_takes_time(clinic: Clinic) -> None:
    reply = clinic.ask("POST", PATH, body=body(clinic, title="School", externalId="abc@cal"))
    assert reply.status == 201
    check_table(reply.data, EVENT)
    stored = ExternalEvent.objects.get()
    assert reply.data == {
        "id": str(stored.pk),
        "createdAt": "2026-07-01T08:00:00.000Z",
        "updatedAt": "2026-07-01T08:00:00.000Z",
        "staffId": str(clinic.staff.pk),
        "startDate": "2026-07-02T09:00:00.000Z",
        "endDate": "2026-07-02T10:00:00.000Z",
        "title": "School",
        "busy": True,
        "externalId": "abc@cal",
    }
    there = clinic.ask("GET", PATH, stored.pk)
    assert (there.content, there.headers["ETag"]) == (reply.content, reply.headers["ETag"])
    assert reply.headers["Location"] == f"/v1/businesses/{clinic.business.pk}/{PATH}/{stored.pk}"
    assert clinic.book().refused == (409, "staff_busy")


def test_what_an_event_is_about_is_told_to_who_may_see_why_people_are_busy(clinic: Clinic) -> None:
    told = made(clinic, title="Oncologist")
    blocker = blocks(clinic.staff, TEN + 2 * HOUR, 30, reason="Hearing")
    token = api_key(clinic.business, "staff:read")
    for path, row, private in (
        (PATH, told["id"], "title"),
        ("time-blockers", blocker.pk, "reason"),
    ):
        shown, hidden = (clinic.ask("GET", path, row, token=one) for one in (None, token))
        assert shown.data[private] in ("Oncologist", "Hearing")
        assert hidden.data == shown.data | {private: None}
        assert clinic.ask("GET", path, token=token).data == [hidden.data]


def test_an_event_that_is_not_busy_takes_no_time(clinic: Clinic) -> None:
    told = made(clinic, busy=False)
    assert nullable(EVENT) == {"title", "externalId"}
    assert (told["busy"], told["title"], told["externalId"]) == (False, None, None)
    assert clinic.book().status == 201


def test_times_without_an_offset_are_on_the_clock_of_the_business(clinic: Clinic) -> None:
    Staff.objects.update(timezone="Asia/Tokyo")
    told = made(clinic, startDate="2026-07-02T10:00:00", endDate="2026-07-02T11:00:00")
    assert (told["startDate"], told["endDate"]) == (wire(TEN), wire(TEN + HOUR))


def test_an_event_that_is_sent_again_becomes_what_is_sent(clinic: Clinic, clock: Any) -> None:
    first = made(clinic, externalId="abc", title="School", busy=False)
    clock.shift(1)
    later = {"startDate": wire(TEN + HOUR), "endDate": wire(TEN + 2 * HOUR)}
    reply = clinic.ask("POST", PATH, body=body(clinic, externalId="abc", **later))
    assert reply.status == 200
    assert reply.data == first | later | {
        "title": None,
        "busy": True,
        "updatedAt": "2026-07-01T08:00:01.000Z",
    }
    there = clinic.ask("GET", PATH, first["id"])
    assert (there.content, there.headers["ETag"]) == (reply.content, reply.headers["ETag"])
    assert clinic.ask("GET", PATH).json["meta"] == {"totalCount": 1}


def test_an_id_of_another_calendar_is_one_persons_own(clinic: Clinic) -> None:
    colleague = str(StaffFactory(business=clinic.business).pk)
    first, theirs = (
        made(clinic, externalId="abc"),
        made(clinic, externalId="abc", staffId=colleague),
    )
    assert first["id"] != theirs["id"]
    # Without one, each is an event of its own.
    assert made(clinic)["id"] != made(clinic)["id"]
    assert made(clinic, externalId="")["id"] != made(clinic, externalId=None)["id"]


def test_two_who_send_the_same_event_at_once_make_one(real_clinic: Clinic) -> None:
    rounds, at_once = 6, Barrier(2, timeout=30)
    real_clinic.ask("GET", PATH)  # what a process reads once is read

    def send(number: int) -> list[Reply]:
        replies = []
        for one in range(rounds):
            sent = body(real_clinic, externalId=f"event {one}", title=f"from {number}")
            at_once.wait()
            replies.append(real_clinic.ask("POST", PATH, body=sent))
        connection.close()
        return replies

    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(send, range(2)))
    assert [sorted((one.status, two.status)) for one, two in zip(*both, strict=True)] == [
        [200, 201]
    ] * rounds
    events = list(ExternalEvent.objects.order_by("external_id"))
    assert [event.external_id for event in events] == [f"event {one}" for one in range(rounds)]
    for one, two, event in zip(*both, events, strict=True):
        assert {one.data["id"], two.data["id"]} == {str(event.pk)}
        last = one if one.status == 200 else two
        assert event.title == last.data["title"]


def test_events_are_listed_by_start_and_by_what_they_touch(clinic: Clinic) -> None:
    late = made(clinic, startDate=wire(TEN + 2 * HOUR), endDate=wire(TEN + 3 * HOUR), busy=False)
    early = made(clinic, externalId="abc")
    other = str(StaffFactory(business=clinic.business).pk)
    theirs = made(clinic, staffId=other, endDate=late["endDate"], externalId="abcd")
    first, second = sorted((early, theirs), key=lambda one: str(one["id"]))

    def listed(query: str) -> Any:
        return clinic.ask("GET", PATH, query=query).data

    assert listed("") == [first, second, late]
    assert listed("?limit=1&offset=2") == [late]
    assert listed(f"?startDate={wire(TEN + HOUR)}") == [theirs, late]
    assert listed(f"?endDate={wire(TEN)}") == []
    assert listed(f"?staffId={other}") == [theirs]
    assert listed("?externalId=abc") == [early]
    assert listed("?busy=false") == [late]
    assert listed(f"?busy=true&startDate={wire(TEN + HOUR)}") == [theirs]


def test_a_change_keeps_what_is_left_out(clinic: Clinic, clock: Any) -> None:
    told = made(clinic, externalId="abc", title="School")
    colleague = str(StaffFactory(business=clinic.business).pk)
    clock.shift(1)
    told |= {"updatedAt": "2026-07-01T08:00:01.000Z"}
    for change in (
        {"startDate": wire(TEN - HOUR)},
        {"endDate": wire(TEN + 3 * HOUR)},
        {"title": "Choir"},
        {"title": None},
        {"busy": False},
        {"externalId": None},
        {"externalId": "abd"},
        {"staffId": colleague},
        {},
        body(clinic, title="All of it", busy=True, externalId="x"),
    ):
        reply = clinic.ask("PUT", PATH, told["id"], body=change)
        told |= change
        assert (reply.status, reply.data) == (200, told)
        there = clinic.ask("GET", PATH, told["id"])
        assert (there.content, there.headers["ETag"]) == (reply.content, reply.headers["ETag"])


def test_an_event_can_not_take_the_id_of_another_one(clinic: Clinic) -> None:
    made(clinic, externalId="abc")
    other = made(clinic, externalId="abd")
    with nothing_is_written():
        reply = clinic.ask("PUT", PATH, other["id"], body={"externalId": "abc"})
        assert reply.refused == (409, "external_id_taken")
    assert clinic.ask("GET", PATH, other["id"]).data == other


def test_the_time_of_a_deleted_event_is_free_again(clinic: Clinic) -> None:
    event = made(clinic)
    reply = clinic.ask("DELETE", PATH, event["id"])
    assert (reply.status, reply.content) == (204, b"")
    assert clinic.ask("GET", PATH, event["id"]).refused == (404, "not_found")
    assert clinic.ask("DELETE", PATH, event["id"]).refused == (404, "not_found")
    assert clinic.book().status == 201


BAD: list[tuple[dict[str, Any], tuple[str, str]]] = [
    ({"staffId": "x"}, ("staffId", "invalid")),
    ({"staffId": "0190b5b2-7c1e-7000-8000-3c5f9a1d2e4b"}, ("staffId", "staff_not_found")),
    ({"startDate": "2026-03-29T01:30:00"}, ("startDate", "nonexistent_local_time")),
    ({"startDate": wire(TEN + HOUR)}, ("endDate", "invalid")),
    ({"endDate": wire(TEN)}, ("endDate", "invalid")),
    ({"endDate": None}, ("endDate", "null")),
    ({"title": "x" * 501}, ("title", "max_length")),
    ({"externalId": "x" * 501}, ("externalId", "max_length")),
    ({"externalId": 5}, ("externalId", "invalid")),
    ({"busy": "yes"}, ("busy", "invalid")),
    ({"reason": "x"}, ("reason", "unknown_field")),
]


@pytest.mark.parametrize(("changes", "wrong"), BAD)
def test_a_bad_body_is_refused_and_nothing_is_written(
    clinic: Clinic, changes: dict[str, Any], wrong: tuple[str, str]
) -> None:
    event = made(clinic)
    with nothing_is_written():
        assert clinic.ask("POST", PATH, body=body(clinic, **changes)).wrong == [wrong]
        assert clinic.ask("PUT", PATH, event["id"], body=changes).wrong == [wrong]
    assert clinic.ask("GET", PATH).data == [event]


def test_what_is_missing_is_named(clinic: Clinic) -> None:
    with nothing_is_written():
        wrong = clinic.ask("POST", PATH, body={}).wrong
        assert wrong == [(name, "required") for name in ("staffId", "startDate", "endDate")]


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        (f"?startDate={wire(TEN)}&endDate={wire(TEN)}", ("endDate", "invalid")),
        ("?externalId=", ("externalId", "blank")),
        ("?busy=maybe", ("busy", "invalid")),
        ("?title=x", ("title", "unknown_field")),
    ],
)
def test_a_bad_query_is_refused(clinic: Clinic, query: str, wrong: tuple[str, str]) -> None:
    assert clinic.ask("GET", PATH, query=query).wrong == [wrong]


def test_events_of_another_business_are_not_found(clinic: Clinic, other_clinic: Clinic) -> None:
    theirs, own = made(other_clinic, externalId="abc"), made(clinic, externalId="abc")
    staff_id = {"staffId": str(other_clinic.staff.pk)}
    with nothing_is_written():
        for method, sent in (("GET", None), ("PUT", {"title": "x"}), ("DELETE", None)):
            reply = clinic.ask(method, PATH, theirs["id"], body=sent)
            assert reply.refused == (404, "not_found")
        for reply in (
            clinic.ask("POST", PATH, body=body(clinic, externalId="abc", **staff_id)),
            clinic.ask("PUT", PATH, own["id"], body=staff_id),
        ):
            assert reply.wrong == [("staffId", "staff_not_found")]
    assert clinic.ask("GET", PATH, query=f"?staffId={other_clinic.staff.pk}").data == []
    assert clinic.ask("GET", PATH, query="?externalId=abc").data == [own]


def test_what_the_client_has_is_not_sent_again(clinic: Clinic) -> None:
    event = made(clinic)
    for path in ((PATH,), (PATH, event["id"])):
        etag = clinic.ask("GET", *path).headers["ETag"]
        assert clinic.ask("GET", *path, have=etag).status == 304
        clinic.ask("PUT", PATH, event["id"], body={"title": f"Title {len(path)}"})
        assert clinic.ask("GET", *path, have=etag).status == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_who_has_seen_something_else_changes_nothing(clinic: Clinic, method: str) -> None:
    event = made(clinic)
    seen = clinic.ask("GET", PATH, event["id"]).headers["ETag"]
    changed = clinic.ask("PUT", PATH, event["id"], body={"title": "Second"})
    sent = {"title": "Third"} if method == "PUT" else None
    with nothing_is_written():
        reply = clinic.ask(method, PATH, event["id"], body=sent, match=seen)
        assert reply.refused == (412, "stale")
    assert clinic.ask("GET", PATH, event["id"]).data == changed.data
    etag = changed.headers["ETag"]
    assert clinic.ask(method, PATH, event["id"], body=sent, match=etag).status in (200, 204)


@pytest.mark.parametrize("count", [1, 3])
def test_how_many_statements_a_request_sends(real_clinic: Clinic, count: int) -> None:
    there, *_ = [(PATH, made(real_clinic, externalId=str(one))["id"]) for one in range(count)]

    def sent(**changes: Any) -> tuple[int, int]:
        return counted(lambda: real_clinic.ask("POST", PATH, body=body(real_clinic, **changes)))

    # The key, the count, the rows.
    assert counted(lambda: real_clinic.ask("GET", PATH)) == (200, 3)
    assert counted(lambda: real_clinic.ask("GET", *there)) == (200, 2)
    # The key, the staff member, BEGIN, the signature, the row, COMMIT.
    assert sent() == (201, 6)
    # Again: the row is looked for, held and changed, within savepoints.
    assert sent(externalId="0") == (200, 9)
    # New: it is looked for and not found.
    assert sent(externalId="new") == (201, 11)
    # The key, BEGIN, the signature, the row, its change or end, COMMIT.
    assert counted(lambda: real_clinic.ask("PUT", *there, body={"title": "x"})) == (200, 6)
    assert counted(lambda: real_clinic.ask("DELETE", *there)) == (204, 6)


def test_a_key_that_may_only_read_writes_nothing(clinic: Clinic) -> None:
    token, blind = (api_key(clinic.business, f"{what}:read") for what in ("staff", "services"))
    there = (PATH, made(clinic)["id"])
    assert clinic.ask("GET", *there, token=token).status == 200
    with nothing_is_written():
        assert clinic.ask("GET", *there, token=blind).refused == (403, "missing_scope")
        for method, where, sent in (
            ("POST", (PATH,), body(clinic)),
            ("PUT", there, {"title": "x"}),
            ("DELETE", there, None),
        ):
            reply = clinic.ask(method, *where, body=sent, token=token)
            assert reply.refused == (403, "missing_scope")
    writer = api_key(clinic.business, "staff:write")
    assert clinic.ask("DELETE", *there, token=writer).status == 204
