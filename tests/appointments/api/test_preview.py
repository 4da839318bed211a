"""A preview takes the body of a create, writes nothing, and says what the create would come to."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from businesses.models import Resource, ResourceNeed
from tests.appointments.api.clinic import NOBODY, NOW, TEN, Clinic, nothing_is_written, wire
from tests.appointments.api.test_create_rules import save
from tests.factories import PatientFactory, StaffFactory, api_key, blocks

WEEK = timedelta(days=7)
WEEKLY = "FREQ=WEEKLY;COUNT=4"


def previewed(clinic: Clinic, **body: Any) -> list[dict[str, Any]]:
    """What a preview tells, date by date; it writes nothing."""
    with nothing_is_written():
        reply = clinic.preview(**body)
    assert reply.status == 200, reply.content
    assert list(reply.json) == ["data", "meta"]
    assert reply.json["meta"] == {"totalCount": len(reply.data)}
    found: list[dict[str, Any]] = reply.data
    for one in found:
        assert list(one) == ["date", "bookable", "staff", "reason", "alternatives"]
    return found


def test_what_can_be_booked_is_told_with_who_would_take_it(clinic: Clinic) -> None:
    assert previewed(clinic) == [
        {
            "date": wire(TEN),
            "bookable": True,
            "staff": {"id": str(clinic.staff.pk), "name": clinic.staff.name},
            "reason": None,
            "alternatives": [],
        }
    ]
    assert clinic.book().status == 201


def test_what_can_not_be_booked_is_told_with_its_reason_and_alternatives(clinic: Clinic) -> None:
    clinic.booked()
    refused = clinic.book()
    assert previewed(clinic) == [
        {
            "date": wire(TEN),
            "bookable": False,
            "staff": None,
            "reason": {"code": "staff_busy", "title": "The staff member is busy at that time."},
            "alternatives": refused.error["alternatives"],
        }
    ]


def test_a_series_is_told_date_by_date(clinic: Clinic) -> None:
    blocks(clinic.staff, TEN + WEEK, 30)
    found = previewed(clinic, rrule=WEEKLY)
    assert [(one["date"], one["bookable"]) for one in found] == [
        (wire(TEN + number * WEEK), number != 1) for number in range(4)
    ]
    assert [one["reason"] and one["reason"]["code"] for one in found] == [
        None,
        "staff_busy",
        None,
        None,
    ]
    assert [len(one["alternatives"]) for one in found] == [0, 3, 0, 0]


def a_free_day(clinic: Clinic) -> None:
    pass


def two_taken_weeks(clinic: Clinic) -> None:
    clinic.booked(date=wire(TEN))
    blocks(clinic.staff, TEN + 2 * WEEK, 30)


def a_colleague(clinic: Clinic) -> None:
    second = StaffFactory(business=clinic.business)
    blocks(clinic.staff, TEN + 3 * WEEK, 30)
    blocks(second, TEN, 30)
    blocks(second, TEN + WEEK, 30)


def a_group_that_fills_up(clinic: Clinic) -> None:
    save(clinic.service, bookings_per_timeslot=2)
    for _ in range(2):
        clinic.booked(date=wire(TEN + WEEK))


def a_room_that_is_taken(clinic: Clinic) -> None:
    Resource.objects.create(business=clinic.business, name="Room", kind="room")
    ResourceNeed.objects.create(business=clinic.business, service=clinic.service, kind="room")
    colleague = StaffFactory(business=clinic.business)
    clinic.booked(date=wire(TEN + WEEK), staffId=str(colleague.pk))


def one_who_is_away_and_one_whose_group_is_full(clinic: Clinic) -> None:
    second = StaffFactory(business=clinic.business)
    save(clinic.service, bookings_per_timeslot=2)
    for _ in range(2):
        clinic.booked(staffId=str(second.pk))
    blocks(clinic.staff, TEN, 30)


def hours_that_are_too_short(clinic: Clinic) -> None:
    save(clinic.service, working_hours={"thursday": [[1000, 1015]]})


SCENES = [
    a_free_day,
    two_taken_weeks,
    a_colleague,
    a_group_that_fills_up,
    a_room_that_is_taken,
    one_who_is_away_and_one_whose_group_is_full,
    hours_that_are_too_short,
]


@pytest.mark.parametrize("query", ["", "?ignoreBusyTimes=true"], ids=["plainly", "overriding"])
@pytest.mark.parametrize("without", ["", "staffId"], ids=["named", "anyone"])
@pytest.mark.parametrize("scene", SCENES)
def test_a_preview_of_a_series_agrees_with_its_booking(
    clinic: Clinic, scene: Any, without: str, query: str
) -> None:
    scene(clinic)
    found = previewed(clinic, rrule=WEEKLY, without=without, query=query)
    bookable = [one["date"] for one in found if one["bookable"]]
    clashing = [(one["date"], one["reason"]["code"]) for one in found if not one["bookable"]]
    if clashing:
        with nothing_is_written():
            strict = clinic.book(rrule=WEEKLY, without=without, query=query)
        assert strict.status == 409
        assert [(one["date"], one["code"]) for one in strict.error["dates"]] == clashing
        assert [one["alternatives"] for one in strict.error["dates"]] == [
            one["alternatives"] for one in found if not one["bookable"]
        ]
    made = clinic.book(rrule=WEEKLY, without=without, query=query, skipConflicts=True)
    if not bookable:
        assert made.status == 409
        return
    assert [one["date"] for one in made.json["meta"]["occurrences"]] == bookable
    assert [(one["date"], one["code"]) for one in made.json["meta"]["skipped"]] == clashing
    assert {one["staff"]["id"] for one in found if one["staff"]} == {made.data["staffId"]}


@pytest.mark.parametrize("query", ["", "?ignoreBusyTimes=true"], ids=["plainly", "overriding"])
@pytest.mark.parametrize("without", ["", "staffId"], ids=["named", "anyone"])
@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("week", [0, 1])
def test_a_preview_of_one_visit_agrees_with_its_booking(
    clinic: Clinic, scene: Any, without: str, query: str, week: int
) -> None:
    scene(clinic)
    date = wire(TEN + week * WEEK)
    (told,) = previewed(clinic, date=date, without=without, query=query)
    made = clinic.book(date=date, without=without, query=query)
    if told["bookable"]:
        assert (made.status, made.data["staffId"]) == (201, told["staff"]["id"])
    else:
        assert made.refused == (409, told["reason"]["code"])
        assert made.error["alternatives"] == told["alternatives"]


def test_other_times_are_previewed_too(clinic: Clinic) -> None:
    busy = TEN + WEEK + timedelta(hours=1)
    blocks(clinic.staff, busy, 30)
    free = busy + timedelta(hours=1)
    told = []
    for new in (busy, free):
        overrides = [{"date": wire(TEN + WEEK), "newDate": wire(new)}]
        found = previewed(clinic, rrule=WEEKLY, overrides=overrides)
        assert [one["date"] for one in found] == [wire(TEN + week * WEEK) for week in range(4)]
        told.append(found[1]["bookable"])
    assert told == [False, True]


def test_a_date_in_the_past_can_not_be_booked(clinic: Clinic) -> None:
    past = wire(NOW - timedelta(hours=1))
    (told,) = previewed(clinic, date=past)
    assert (told["bookable"], told["reason"]["code"]) == (False, "date_in_past")
    assert len(told["alternatives"]) == 3
    assert all(one["time"] >= wire(NOW) for one in told["alternatives"])
    (told,) = previewed(clinic, date=past, query="?ignoreBusyTimes=true")
    assert told["bookable"]
    first, *others = previewed(clinic, date=past, rrule=WEEKLY)
    assert first["reason"]["code"] == "date_in_past"
    assert {one["bookable"] for one in others} == {True}


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"patientId": NOBODY}, "patientId", "patient_not_found"),
        ({"serviceId": NOBODY}, "serviceId", "service_not_found"),
        ({"staffId": NOBODY}, "staffId", "staff_not_found"),
        ({"duration": 45}, "duration", "duration_not_offered"),
        ({"date": "soon"}, "date", "invalid"),
        ({"date": "2026-10-25T01:30"}, "date", "ambiguous_local_time"),
        ({"rule": WEEKLY}, "rule", "unknown_field"),
        ({"answers": [{"id": NOBODY, "answer": 1}]}, "answers", "question_not_found"),
    ],
    ids=str,
)
def test_what_nobody_can_book_is_refused_as_the_booking_is(
    clinic: Clinic, changes: dict[str, Any], field: str, code: str
) -> None:
    with nothing_is_written():
        told, made = clinic.preview(**changes), clinic.book(**changes)
    assert (told.status, told.wrong) == (400, [(field, code)])
    assert told.content == made.content


def test_parameters_are_known_and_a_key_is_not_claimed(clinic: Clinic) -> None:
    reply = clinic.preview(query="?scope=all")
    assert (reply.status, reply.wrong) == (400, [("scope", "unknown_field")])
    headers = {"Idempotency-Key": "k"}
    content = json.dumps(clinic.body()).encode()
    with nothing_is_written():
        told = clinic.send("POST", clinic.path("preview"), content=content, headers=headers)
    assert told.status == 200
    assert clinic.book(key="k").status == 201


def test_what_is_in_the_way_is_not_told(clinic: Clinic) -> None:
    clinic.booked(notes="Secret notes")
    save(clinic.patient, name="Secretive Patient")
    blocks(clinic.staff, TEN + timedelta(minutes=30), 30, reason="Secret meeting")
    other = PatientFactory(business=clinic.business)
    assert b"ecret" not in clinic.preview(patientId=str(other.pk), duration=60).content


def test_ignoring_busy_times_needs_the_right_to(clinic: Clinic) -> None:
    key = api_key(clinic.business, "appointments:write")
    body = json.dumps(clinic.body()).encode()
    headers = {"Authorization": f"Bearer {key}"}
    for query, status in (("", 200), ("?ignoreBusyTimes=true", 403)):
        path = clinic.path("preview") + query
        assert clinic.send("POST", path, content=body, headers=headers).status == status
