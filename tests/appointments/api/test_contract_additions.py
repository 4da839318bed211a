"""The other answers, name by name, in order, and whether a name may be null."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from appointments.api import outputs
from businesses.models import Resource, ResourceNeed
from tests.appointments.api.clinic import TEN, Clinic, wire
from tests.appointments.api.test_contract import APPOINTMENT
from tests.contract import ID, LIST, TEXT, TIME, Table, check_table
from tests.factories import StaffFactory, blocks

# Written down by hand: name, type, and whether it may be null.
AVAILABLE: Table = [("time", TIME, False), ("staffs", LIST, False)]
AVAILABLE_STAFF: Table = [("id", ID, False), ("availableSlots", int, False)]
EXPLAINED_STAFF: Table = [*AVAILABLE_STAFF, ("reasons", LIST, False)]
PREVIEWED: Table = [
    ("date", TIME, False),
    ("bookable", bool, False),
    ("staff", dict, True),
    ("reason", dict, True),
    ("alternatives", LIST, False),
]
REASON: Table = [("code", TEXT, False), ("title", TEXT, False)]
NAMED: Table = [("id", ID, False), ("name", TEXT, False)]
ALTERNATIVE: Table = [("time", TIME, False), ("staff", dict, False)]
CLASHING_DATE: Table = [
    ("date", TIME, False),
    ("code", TEXT, False),
    ("title", TEXT, False),
    ("alternatives", LIST, False),
]
OCCURRENCE: Table = [("id", ID, False), ("date", TIME, False)]
SKIPPED: Table = [("date", TIME, False), ("code", TEXT, False)]
RECURRENCE: Table = [
    ("freq", TEXT, False),
    ("interval", int, False),
    ("count", int, True),
    ("until", TEXT, True),
    ("byDay", LIST, False),
    ("byMonthDay", LIST, False),
    ("byMonth", LIST, False),
    ("bySetPos", LIST, False),
]
ASSIGNMENT: Table = [
    ("rule", TEXT, False),
    ("staff", dict, False),
    ("candidates", LIST, False),
    ("resources", LIST, False),
]
CANDIDATE: Table = [
    ("staff", dict, False),
    ("dayMinutes", int, True),
    ("weekMinutes", int, True),
    ("lastAssignedAt", TIME, True),
    ("dates", int, True),
]
RESOURCE: Table = [("id", ID, False), ("name", TEXT, False), ("kind", TEXT, False)]


def check_all(rows: list[dict[str, Any]], table: Table) -> None:
    assert rows
    for one in rows:
        check_table(one, table)


@pytest.mark.parametrize("name", ["times", "next_times"])
def test_free_times(clinic: Clinic, name: str) -> None:
    reply = getattr(clinic, name)()
    assert list(reply.json) == ["data", "meta"]
    assert list(reply.json["meta"]) == ["totalCount"]
    check_all(reply.data, AVAILABLE)
    check_all([staff for one in reply.data for staff in one["staffs"]], AVAILABLE_STAFF)


def test_explained_times_have_reasons_where_nobody_is_free(clinic: Clinic) -> None:
    clinic.booked()
    blocks(clinic.staff, TEN + timedelta(hours=1), 30)
    reply = clinic.times(explain="true")
    for one in reply.data:
        check_table(one, AVAILABLE)
        for staff in one["staffs"]:
            free = staff["availableSlots"] > 0
            check_table(staff, AVAILABLE_STAFF if free else EXPLAINED_STAFF)
    reasons = [
        reason
        for one in reply.data
        for staff in one["staffs"]
        for reason in staff.get("reasons", ())
    ]
    assert {tuple(one) for one in reasons} == {
        ("code", "staffId", "kind", "startDate", "endDate", "appointmentId"),
        ("code", "staffId", "kind", "startDate", "endDate", "what"),
    }
    # What is not known is left out.
    assert all(value is not None for one in reasons for value in one.values())


def test_a_change_tags_and_a_swap_tell_appointments(clinic: Clinic) -> None:
    first, second = (
        clinic.booked(date=wire(TEN + timedelta(hours=hours)))["id"] for hours in range(2)
    )
    replies = [
        clinic.change(first, notes="x"),
        clinic.asked("PUT", first, "tags", body={"tags": ["x"]}),
    ]
    for reply in replies:
        assert list(reply.json) == ["data"]
        check_table(reply.data, APPOINTMENT)
        assert reply.headers["ETag"].startswith('"')
    swapped = clinic.swap(first, second)
    assert list(swapped.json) == ["data"]
    check_all(swapped.data, APPOINTMENT)
    assert len(swapped.data) == 2


def test_a_series(clinic: Clinic) -> None:
    blocks(clinic.staff, TEN + timedelta(days=7), 30)
    refused = clinic.book(rrule="FREQ=WEEKLY;COUNT=3")
    assert list(refused.json) == ["error"]
    assert list(refused.error) == ["code", "title", "alternatives", "dates"]
    check_all(refused.error["dates"], CLASHING_DATE)
    for alternatives in (refused.error["alternatives"], refused.error["dates"][0]["alternatives"]):
        check_all(alternatives, ALTERNATIVE)
        check_all([one["staff"] for one in alternatives], NAMED)
    made = clinic.book(rrule="FREQ=WEEKLY;COUNT=3", skipConflicts=True)
    assert list(made.json) == ["data", "meta"]
    check_table(made.data, APPOINTMENT)
    check_table(made.data["recurrence"], RECURRENCE)
    assert list(made.json["meta"]) == ["occurrences", "skipped"]
    check_all(made.json["meta"]["occurrences"], OCCURRENCE)
    check_all(made.json["meta"]["skipped"], SKIPPED)


def test_a_preview(clinic: Clinic) -> None:
    blocks(clinic.staff, TEN + timedelta(days=7), 30)
    reply = clinic.preview(rrule="FREQ=WEEKLY;COUNT=3")
    assert list(reply.json) == ["data", "meta"]
    assert list(reply.json["meta"]) == ["totalCount"]
    check_all(reply.data, PREVIEWED)
    free, taken, _ = reply.data
    check_table(free["staff"], NAMED)
    check_table(taken["reason"], REASON)
    check_all(taken["alternatives"], ALTERNATIVE)
    assert {name for name in free if free[name] is None} == {"reason"}
    assert {name for name in taken if taken[name] is None} == {"staff"}


def test_an_assignment(clinic: Clinic) -> None:
    StaffFactory(business=clinic.business)
    Resource.objects.create(business=clinic.business, name="Room", kind="room")
    ResourceNeed.objects.create(business=clinic.business, service=clinic.service, kind="room")
    told = clinic.get(clinic.booked(without="staffId")["id"], "assignment")
    assert list(told.json) == ["data"]
    check_table(told.data, ASSIGNMENT)
    check_table(told.data["staff"], NAMED)
    check_all(told.data["candidates"], CANDIDATE)
    check_all([one["staff"] for one in told.data["candidates"]], NAMED)
    check_all(told.data["resources"], RESOURCE)


@pytest.mark.parametrize(
    ("output", "table"),
    [
        (outputs.AvailableTime, AVAILABLE),
        (outputs.AvailableStaff, EXPLAINED_STAFF),
        (outputs.PreviewedDate, PREVIEWED),
        (outputs.PreviewReason, REASON),
        (outputs.OtherStaff, NAMED),
        (outputs.OtherTime, ALTERNATIVE),
        (outputs.ClashingDateOutput, CLASHING_DATE),
        (outputs.Occurrence, OCCURRENCE),
        (outputs.SkippedDate, SKIPPED),
        (outputs.RecurrenceOutput, RECURRENCE),
        (outputs.AssignmentOutput, ASSIGNMENT),
        (outputs.Candidate, CANDIDATE),
        (outputs.UsedResource, RESOURCE),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_the_schema_promises_the_names_that_are_sent(output: Any, table: Table) -> None:
    fields = output().fields
    assert [(name, field.allow_null) for name, field in fields.items()] == [
        (name, nullable) for name, _, nullable in table
    ]
