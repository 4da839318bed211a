"""Time blockers over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from staff.models import Staff, TimeBlocker
from tests.appointments.api.clinic import TEN, Clinic, counted, nothing_is_written, wire
from tests.contract import ID, TEXT, TIME, Table, check_table, nullable
from tests.factories import StaffFactory, api_key, blocks

BLOCKER: Table = [
    ("id", ID, False),
    ("createdAt", TIME, False),
    ("updatedAt", TIME, False),
    ("staffId", ID, False),
    ("startDate", TIME, False),
    ("endDate", TIME, False),
    ("reason", TEXT, True),
]
PATH = "time-blockers"
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


def test_blocked_time_is_told_as_stored_and_can_not_be_booked(clinic: Clinic) -> None:
    reply = clinic.ask("POST", PATH, body=body(clinic, reason=" Paperwork "))
    assert reply.status == 201
    assert list(reply.json) == ["data"]
    check_table(reply.data, BLOCKER)
    stored = TimeBlocker.objects.get()
    assert reply.data == {
        "id": str(stored.pk),
        "createdAt": "2026-07-01T08:00:00.000Z",
        "updatedAt": "2026-07-01T08:00:00.000Z",
        "staffId": str(clinic.staff.pk),
        "startDate": "2026-07-02T09:00:00.000Z",
        "endDate": "2026-07-02T10:00:00.000Z",
        "reason": "Paperwork",
    }
    there = clinic.ask("GET", PATH, stored.pk)
    assert (there.content, there.headers["ETag"]) == (reply.content, reply.headers["ETag"])
    assert reply.headers["Location"] == f"/v1/businesses/{clinic.business.pk}/{PATH}/{stored.pk}"
    assert clinic.book().refused == (409, "staff_busy")


@pytest.mark.parametrize("reason", [None, "", "  "])
def test_a_reason_that_says_nothing_is_told_as_null(clinic: Clinic, reason: str | None) -> None:
    assert nullable(BLOCKER) == {"reason"}
    assert made(clinic, reason=reason)["reason"] is None


def test_times_without_an_offset_are_on_the_clock_of_the_business(clinic: Clinic) -> None:
    Staff.objects.update(timezone="Asia/Tokyo")
    told = made(clinic, startDate="2026-07-02T10:00:00", endDate="2026-07-02T11:00:00")
    assert (told["startDate"], told["endDate"]) == (wire(TEN), wire(TEN + HOUR))


def test_time_is_blocked_again_and_again_by_a_rule(clinic: Clinic) -> None:
    sent = body(clinic, rrule="FREQ=WEEKLY;COUNT=3", reason="Team meeting")
    reply = clinic.ask("POST", PATH, body=sent)
    assert reply.status == 201
    rows = list(TimeBlocker.objects.order_by("starts_at"))
    assert [wire(row.starts_at) for row in rows] == [
        "2026-07-02T09:00:00.000Z",
        "2026-07-09T09:00:00.000Z",
        "2026-07-16T09:00:00.000Z",
    ]
    assert reply.data == clinic.ask("GET", PATH, rows[0].pk).data
    assert reply.json["meta"] == {
        "occurrences": [{"id": str(row.pk), "date": wire(row.starts_at)} for row in rows]
    }
    there = clinic.ask("GET", PATH, rows[0].pk)
    assert reply.headers["ETag"] == there.headers["ETag"]


def test_blockers_are_listed_by_start_and_by_what_they_touch(clinic: Clinic) -> None:
    late = made(clinic, startDate=wire(TEN + 2 * HOUR), endDate=wire(TEN + 3 * HOUR))
    early = made(clinic)
    other = StaffFactory(business=clinic.business)
    theirs = made(
        clinic, staffId=str(other.pk), startDate=wire(TEN + HOUR), endDate=late["endDate"]
    )

    def listed(query: str) -> Any:
        return clinic.ask("GET", PATH, query=query).data

    assert listed("") == [early, theirs, late]
    assert listed("?limit=1&offset=1") == [theirs]
    # Half-open: what only meets the span does not touch it.
    assert listed(f"?startDate={wire(TEN + HOUR)}") == [theirs, late]
    assert listed(f"?endDate={wire(TEN + HOUR)}") == [early]
    assert listed(f"?startDate={wire(TEN - HOUR)}&endDate={wire(TEN)}") == []
    assert listed("?startDate=2026-07-02T10:59:00&endDate=2026-07-02T11:01:00") == [early, theirs]
    assert listed(f"?staffId={other.pk}") == [theirs]
    assert listed(f"?staffId={clinic.staff.pk}&endDate={wire(TEN + HOUR)}") == [early]
    assert clinic.ask("GET", PATH, query=f"?staffId={other.pk}").json["meta"] == {"totalCount": 1}


def series(clinic: Clinic) -> list[str]:
    reply = clinic.ask("POST", PATH, body=body(clinic, rrule="FREQ=DAILY;COUNT=3"))
    return [one["id"] for one in reply.json["meta"]["occurrences"]]


@pytest.mark.parametrize(
    ("query", "left"),
    [("", [0, 2]), ("?scope=this", [0, 2]), ("?scope=following", [0]), ("?scope=all", [])],
)
def test_time_is_freed_once_from_one_date_on_or_altogether(
    clinic: Clinic, query: str, left: list[int]
) -> None:
    ids = series(clinic)
    reply = clinic.ask("DELETE", PATH, ids[1], query=query)
    assert (reply.status, reply.content) == (204, b"")
    assert [one["id"] for one in clinic.ask("GET", PATH).data] == [ids[number] for number in left]
    assert clinic.ask("DELETE", PATH, ids[1], query=query).refused == (404, "not_found")


def test_freed_time_can_be_booked(clinic: Clinic) -> None:
    blocker = made(clinic)
    assert clinic.book().refused == (409, "staff_busy")
    clinic.ask("DELETE", PATH, blocker["id"], query="?scope=all")
    assert clinic.book().status == 201


BAD: list[tuple[dict[str, Any], tuple[str, str]]] = [
    ({"staffId": "x"}, ("staffId", "invalid")),
    ({"staffId": "0190b5b2-7c1e-7000-8000-3c5f9a1d2e4b"}, ("staffId", "staff_not_found")),
    ({"startDate": "tomorrow"}, ("startDate", "invalid")),
    ({"startDate": "2026-03-29T01:30:00"}, ("startDate", "nonexistent_local_time")),
    ({"endDate": "2026-10-25T01:30:00"}, ("endDate", "ambiguous_local_time")),
    ({"endDate": wire(TEN)}, ("endDate", "invalid")),
    ({"endDate": wire(TEN - HOUR)}, ("endDate", "invalid")),
    ({"endDate": None}, ("endDate", "null")),
    ({"reason": "x" * 501}, ("reason", "max_length")),
    ({"reason": 5}, ("reason", "invalid")),
    ({"rrule": "every week"}, ("rrule", "invalid_rrule")),
    ({"rrule": "FREQ=SECONDLY;COUNT=2"}, ("rrule", "rrule_not_supported")),
    ({"rrule": "FREQ=WEEKLY;BYDAY=MO;COUNT=2"}, ("rrule", "rrule_start")),
    ({"rrule": "FREQ=DAILY;UNTIL=20260701"}, ("rrule", "rrule_until")),
    ({"rrule": "FREQ=DAILY"}, ("rrule", "invalid_rrule")),
    ({"rrule": "FREQ=DAILY;COUNT=2001"}, ("rrule", "rrule_too_long")),
    ({"busy": True}, ("busy", "unknown_field")),
]


@pytest.mark.parametrize(("changes", "wrong"), BAD)
def test_a_bad_body_is_refused_and_nothing_is_written(
    clinic: Clinic, changes: dict[str, Any], wrong: tuple[str, str]
) -> None:
    with nothing_is_written():
        assert clinic.ask("POST", PATH, body=body(clinic, **changes)).wrong == [wrong]


def test_what_is_missing_is_named(clinic: Clinic) -> None:
    with nothing_is_written():
        wrong = clinic.ask("POST", PATH, body={}).wrong
        assert wrong == [(name, "required") for name in ("staffId", "startDate", "endDate")]


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        (f"?startDate={wire(TEN)}&endDate={wire(TEN)}", ("endDate", "invalid")),
        ("?startDate=now", ("startDate", "invalid")),
        ("?endDate=2026-10-25T01:30:00", ("endDate", "ambiguous_local_time")),
        ("?staffId=5", ("staffId", "invalid")),
        ("?reason=x", ("reason", "unknown_field")),
    ],
)
def test_a_bad_query_is_refused(clinic: Clinic, query: str, wrong: tuple[str, str]) -> None:
    assert clinic.ask("GET", PATH, query=query).wrong == [wrong]


def test_a_scope_that_is_not_known_frees_nothing(clinic: Clinic) -> None:
    ids = series(clinic)
    with nothing_is_written():
        reply = clinic.ask("DELETE", PATH, ids[0], query="?scope=some")
        assert reply.wrong == [("scope", "invalid_choice")]


def test_blockers_of_another_business_are_not_found(clinic: Clinic, other_clinic: Clinic) -> None:
    theirs = blocks(other_clinic.staff, TEN, 30)
    with nothing_is_written():
        for method in ("GET", "DELETE"):
            assert clinic.ask(method, PATH, theirs.pk).refused == (404, "not_found")
        reply = clinic.ask("POST", PATH, body=body(other_clinic))
        assert reply.wrong == [("staffId", "staff_not_found")]
    assert clinic.ask("GET", PATH, query=f"?staffId={other_clinic.staff.pk}").data == []


def test_what_the_client_has_is_not_sent_again_and_what_it_has_not_seen_is_not_freed(
    clinic: Clinic,
) -> None:
    there = (PATH, made(clinic)["id"])
    for path in ((PATH,), there):
        etag = clinic.ask("GET", *path).headers["ETag"]
        assert clinic.ask("GET", *path, have=etag).status == 304
    TimeBlocker.objects.update(reason="Other")
    with nothing_is_written():
        assert clinic.ask("DELETE", *there, match=etag).refused == (412, "stale")
    etag = clinic.ask("GET", *there, have=etag).headers["ETag"]
    assert clinic.ask("DELETE", *there, match=etag).status == 204


def test_the_history_says_which_key_wrote(clinic: Clinic) -> None:
    clinic.ask("DELETE", PATH, made(clinic)["id"])
    written = [
        (one.pgh_label, one.pgh_context["name"], one.pgh_context["source"])
        for one in TimeBlocker.pgh_event_model.objects.order_by("pgh_id")  # type: ignore[attr-defined]
    ]
    assert written == [(label, "Tests", "api") for label in ("insert", "delete")]


@pytest.mark.parametrize("count", [1, 3])
def test_how_many_statements_a_request_sends(real_clinic: Clinic, count: int) -> None:
    there, *_ = [(PATH, made(real_clinic)["id"]) for _ in range(count)]
    # The key, the count, the rows.
    assert counted(lambda: real_clinic.ask("GET", PATH)) == (200, 3)
    assert counted(lambda: real_clinic.ask("GET", *there)) == (200, 2)
    # The key, the staff member, BEGIN, the signature, all rows, COMMIT.
    sent = body(real_clinic, rrule=f"FREQ=DAILY;COUNT={count}")
    assert counted(lambda: real_clinic.ask("POST", PATH, body=sent)) == (201, 6)
    # The key, the row, BEGIN, the signature, its end, COMMIT.
    assert counted(lambda: real_clinic.ask("DELETE", *there)) == (204, 6)


def test_a_key_that_may_only_read_writes_nothing(clinic: Clinic) -> None:
    token, blind = (api_key(clinic.business, f"{what}:read") for what in ("staff", "services"))
    there = (PATH, made(clinic)["id"])
    assert clinic.ask("GET", *there, token=token).status == 200
    with nothing_is_written():
        assert clinic.ask("GET", *there, token=blind).refused == (403, "missing_scope")
        for method, where in (("POST", (PATH,)), ("DELETE", there)):
            reply = clinic.ask(method, *where, body=body(clinic), token=token)
            assert reply.refused == (403, "missing_scope")
    writer = api_key(clinic.business, "staff:write")
    assert clinic.ask("DELETE", *there, token=writer).status == 204
