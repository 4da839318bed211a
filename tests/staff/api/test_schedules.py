"""Working-hours schedules over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from staff.models import Staff, WorkingHoursSchedule
from tests.appointments.api.clinic import TEN, Clinic, counted, nothing_is_written, wire
from tests.contract import DAY, ID, TEXT, TIME, Table, check_table, nullable
from tests.factories import StaffFactory, api_key, works

SCHEDULE: Table = [
    ("id", ID, False),
    ("createdAt", TIME, False),
    ("updatedAt", TIME, False),
    ("staffId", ID, False),
    ("workingHours", dict, False),
    ("timezone", TEXT, False),
    ("dateStart", DAY, False),
    ("dateEnd", DAY, True),
]
CLOSED: dict[str, Any] = {
    day: []
    for day in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
}
HOURS = {"thursday": [[1300, 1700], [900, 1200]]}
NEW = {"dateStart": "2026-07-01", "dateEnd": "2026-07-31", "workingHours": HOURS}


def path(staff: Staff, *rest: object) -> tuple[object, ...]:
    return "staff", staff.pk, "working-hours-schedules", *rest


def made(clinic: Clinic, **fields: Any) -> Any:
    reply = clinic.ask("POST", *path(clinic.staff), body=NEW | fields)
    assert reply.status == 200, reply.content
    return reply.data


def test_a_new_schedule_is_told_with_all_days_in_order(clinic: Clinic) -> None:
    told = made(clinic)
    check_table(told, SCHEDULE)
    assert nullable(SCHEDULE) == {"dateEnd"}
    stored = WorkingHoursSchedule.objects.get()
    assert told == {
        "id": str(stored.pk),
        "createdAt": "2026-07-01T08:00:00.000Z",
        "updatedAt": "2026-07-01T08:00:00.000Z",
        "staffId": str(clinic.staff.pk),
        "workingHours": CLOSED | {"thursday": [[900, 1200], [1300, 1700]]},
        "timezone": "Europe/London",
        "dateStart": "2026-07-01",
        "dateEnd": "2026-07-31",
    }
    assert list(told["workingHours"]) == list(CLOSED)
    there = clinic.ask("GET", *path(clinic.staff, stored.pk))
    assert there.json == told  # not wrapped
    assert list(there.json["workingHours"]) == list(CLOSED)


def test_the_etag_of_a_new_schedule_is_that_of_what_is_there(clinic: Clinic) -> None:
    reply = clinic.ask("POST", *path(clinic.staff), body=NEW)
    there = clinic.ask("GET", *path(clinic.staff, reply.data["id"]))
    assert there.headers["ETag"] == reply.headers["ETag"]


def test_hours_of_a_schedule_are_those_that_can_be_booked(clinic: Clinic) -> None:
    made(clinic)  # a Thursday, nine to twelve and one to five in London
    refused = clinic.book(date="2026-07-02T12:00:00")
    assert refused.refused == (409, "outside_working_hours")
    assert clinic.book(date="2026-07-02T09:00:00").status == 201
    assert wire(TEN) == "2026-07-02T09:00:00.000Z"
    assert clinic.book().status == 201  # ten in London


def test_the_zone_that_counts_is_told(clinic: Clinic) -> None:
    there = works(clinic.staff, HOURS, date_start=date(2026, 7, 1))

    def told() -> Any:
        return clinic.ask("GET", *path(clinic.staff, there.pk)).json["timezone"]

    assert told() == "Europe/London"
    Staff.objects.update(timezone="Europe/Paris")
    assert told() == "Europe/Paris"
    WorkingHoursSchedule.objects.update(timezone="Asia/Tokyo")
    assert told() == "Asia/Tokyo"
    sent = made(clinic, dateStart="2026-06-01", dateEnd="2026-06-30", timezone="Africa/Cairo")
    assert sent["timezone"] == "Africa/Cairo"
    nothing = made(clinic, dateStart="2026-05-01", dateEnd="2026-05-31", timezone=None)
    assert nothing["timezone"] == "Europe/Paris"


def test_schedules_are_listed_by_their_first_day(clinic: Clinic) -> None:
    third = made(clinic, dateStart="2026-09-01", dateEnd=None)
    first = made(clinic, dateStart="2026-07-01", dateEnd="2026-07-01")
    second = made(clinic, dateStart="2026-07-02", dateEnd="2026-08-31")
    works(StaffFactory(business=clinic.business), HOURS, date_start=date(2026, 7, 1))
    reply = clinic.ask("GET", *path(clinic.staff))
    assert reply.json == {"data": [first, second, third], "meta": {"totalCount": 3}}
    part = clinic.ask("GET", *path(clinic.staff), query="?limit=1&offset=2")
    assert part.json == {"data": [third], "meta": {"totalCount": 3}}
    assert third["dateEnd"] is None


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2026-07-31", "2026-08-31"),
        ("2026-06-01", "2026-07-01"),
        ("2026-07-10", "2026-07-11"),
        ("2026-06-01", None),
    ],
)
def test_a_schedule_may_not_share_a_day_with_another_of_the_same_person(
    clinic: Clinic, first: str, last: str | None
) -> None:
    made(clinic)
    days = {"dateStart": first, "dateEnd": last}
    with nothing_is_written():
        reply = clinic.ask("POST", *path(clinic.staff), body=NEW | days)
        assert reply.refused == (409, "schedule_overlaps")
    colleague = StaffFactory(business=clinic.business)
    assert clinic.ask("POST", *path(colleague), body=NEW | days).status == 200


def test_a_deleted_schedule_is_gone_and_the_weekly_hours_count_again(clinic: Clinic) -> None:
    there = path(clinic.staff, made(clinic, workingHours={})["id"])
    assert clinic.book().refused == (409, "outside_working_hours")
    reply = clinic.ask("DELETE", *there)
    assert (reply.status, reply.content) == (204, b"")
    assert clinic.ask("GET", *there).refused == (404, "not_found")
    assert clinic.ask("DELETE", *there).refused == (404, "not_found")
    assert clinic.book().status == 201


BAD: list[tuple[dict[str, Any], tuple[str, str]]] = [
    ({"dateStart": None}, ("dateStart", "null")),
    ({"dateStart": "1.7.2026"}, ("dateStart", "invalid")),
    ({"dateStart": "2026-02-30"}, ("dateStart", "invalid")),
    ({"dateStart": "2300-01-01", "dateEnd": None}, ("dateStart", "out_of_range")),
    ({"dateEnd": "2026-06-30"}, ("dateEnd", "invalid")),
    ({"dateEnd": ""}, ("dateEnd", "invalid")),
    ({"workingHours": None}, ("workingHours", "null")),
    ({"workingHours": []}, ("workingHours", "bad_hours")),
    ({"workingHours": {"monday": [[900, 800]]}}, ("workingHours", "bad_hours")),
    ({"timezone": "London"}, ("timezone", "unknown_zone")),
    ({"staffId": "x"}, ("staffId", "unknown_field")),
]


@pytest.mark.parametrize(("changes", "wrong"), BAD)
def test_a_bad_body_is_refused_and_nothing_is_written(
    clinic: Clinic, changes: dict[str, Any], wrong: tuple[str, str]
) -> None:
    with nothing_is_written():
        assert clinic.ask("POST", *path(clinic.staff), body=NEW | changes).wrong == [wrong]


def test_what_is_missing_is_named(clinic: Clinic) -> None:
    with nothing_is_written():
        reply = clinic.ask("POST", *path(clinic.staff), body={})
        assert reply.wrong == [("dateStart", "required"), ("workingHours", "required")]


def test_bad_hours_are_refused_with_what_to_write_instead(clinic: Clinic) -> None:
    body = NEW | {"workingHours": {"monday": [[900, 1260]]}}
    (wrong,) = clinic.ask("POST", *path(clinic.staff), body=body).error["fields"]
    assert wrong == {
        "field": "workingHours",
        "code": "bad_hours",
        "title": "monday: 1260 is not a time of day; write 0 to 2359, or 2400 as an end.",
    }


def test_staff_of_another_business_are_not_found_whatever_the_body(
    clinic: Clinic, other_clinic: Clinic
) -> None:
    theirs = works(other_clinic.staff, HOURS, date_start=date(2026, 7, 1))
    colleague = StaffFactory(business=clinic.business)
    own = made(clinic)
    with nothing_is_written():
        for method, where, body in (
            ("GET", path(other_clinic.staff), None),
            ("POST", path(other_clinic.staff), NEW),
            ("POST", path(other_clinic.staff), {"nonsense": 1}),
            ("GET", path(other_clinic.staff, theirs.pk), None),
            ("DELETE", path(other_clinic.staff, theirs.pk), None),
            ("GET", path(clinic.staff, theirs.pk), None),
            ("DELETE", path(clinic.staff, theirs.pk), None),
            # It is somebody else's.
            ("GET", path(colleague, own["id"]), None),
            ("DELETE", path(colleague, own["id"]), None),
        ):
            assert clinic.ask(method, *where, body=body).refused == (404, "not_found")


def test_what_the_client_has_is_not_sent_again_and_what_it_has_not_seen_is_not_deleted(
    clinic: Clinic,
) -> None:
    there = path(clinic.staff, made(clinic)["id"])
    etag = clinic.ask("GET", *there).headers["ETag"]
    assert clinic.ask("GET", *there, have=etag).status == 304
    WorkingHoursSchedule.objects.update(timezone="Europe/Paris")
    with nothing_is_written():
        assert clinic.ask("DELETE", *there, match=etag).refused == (412, "stale")
    etag = clinic.ask("GET", *there, have=etag).headers["ETag"]
    assert clinic.ask("DELETE", *there, match=etag).status == 204


@pytest.mark.parametrize("count", [1, 3])
def test_how_many_statements_a_request_sends(real_clinic: Clinic, count: int) -> None:
    for month in range(1, 1 + count):
        days = {"dateStart": f"2027-0{month}-01", "dateEnd": f"2027-0{month}-28"}
        there = path(real_clinic.staff, made(real_clinic, **days)["id"])
    # The key, the staff member, the count, the rows.
    assert counted(lambda: real_clinic.ask("GET", *path(real_clinic.staff))) == (200, 4)
    assert counted(lambda: real_clinic.ask("GET", *there)) == (200, 2)
    # The key, the staff member, BEGIN, the signature, the row, COMMIT, and what is told.
    new = lambda: real_clinic.ask("POST", *path(real_clinic.staff), body=NEW)  # noqa: E731
    assert counted(new) == (200, 7)
    # The key, BEGIN, the signature, the row, its end, COMMIT.
    assert counted(lambda: real_clinic.ask("DELETE", *there)) == (204, 6)


def test_a_key_that_may_only_read_writes_nothing(clinic: Clinic) -> None:
    token, blind = (api_key(clinic.business, f"{what}:read") for what in ("staff", "services"))
    there = path(clinic.staff, made(clinic)["id"])
    assert clinic.ask("GET", *there, token=token).status == 200
    with nothing_is_written():
        assert clinic.ask("GET", *there, token=blind).refused == (403, "missing_scope")
        for method, where, body in (("POST", path(clinic.staff), NEW), ("DELETE", there, None)):
            reply = clinic.ask(method, *where, body=body, token=token)
            assert reply.refused == (403, "missing_scope")
    writer = api_key(clinic.business, "staff:write")
    assert clinic.ask("DELETE", *there, token=writer).status == 204
