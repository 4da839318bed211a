"""Which appointments a list tells, and what is not sent twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from appointments.models import Appointment
from businesses.identifiers import new_id
from tests.appointments.api.clinic import (
    NOBODY,
    TEN,
    Clinic,
    Reply,
    counted,
    nothing_is_written,
    wire,
)
from tests.factories import LocationFactory, PatientFactory, ServiceFactory, StaffFactory

DAY = f"startDate={wire(TEN.replace(hour=0))}&endDate={wire(TEN.replace(hour=23))}"


def listed(clinic: Clinic, query: str, span: str = f"{DAY}&") -> list[Any]:
    reply = clinic.get(query=f"?{span}{query}")
    assert reply.status == 200, reply.content
    assert reply.json["meta"] == {"totalCount": len(reply.data)}
    found: list[Any] = reply.data
    return found


def hour(clinic: Clinic, hours: int, **changes: Any) -> Any:
    return clinic.booked(date=wire(TEN + timedelta(hours=hours)), **changes)


def by_patient(clinic: Clinic) -> tuple[str, Any]:
    patient = str(PatientFactory(business=clinic.business).pk)
    return f"patientId={patient.upper()}", hour(clinic, 1, patientId=patient)


def by_main_host(clinic: Clinic) -> tuple[str, Any]:
    staff = str(StaffFactory(business=clinic.business).pk)
    return f"staffId={staff}", hour(clinic, 0, staffId=staff)


def by_additional_host(clinic: Clinic) -> tuple[str, Any]:
    staff = str(StaffFactory(business=clinic.business).pk)
    return f"staffId={staff}", hour(clinic, 1, additionalStaffIds=[staff])


def by_service(clinic: Clinic) -> tuple[str, Any]:
    service = str(ServiceFactory(business=clinic.business).pk)
    return f"serviceId={service}", hour(clinic, 1, serviceId=service)


def by_location(clinic: Clinic) -> tuple[str, Any]:
    place = LocationFactory(business=clinic.business)
    service = ServiceFactory(business=clinic.business, location=place)
    return f"locationId={place.pk}", hour(clinic, 1, serviceId=str(service.pk))


def by_tag(clinic: Clinic) -> tuple[str, Any]:
    hour(clinic, 1, tags=["first visit"])
    return "tag=first", hour(clinic, 2, tags=["x", "first"])


def by_status(clinic: Clinic) -> tuple[str, Any]:
    booked = hour(clinic, 1)
    return "status=arrived", clinic.changed(booked["id"], status="arrived")


def by_cancelled(clinic: Clinic) -> tuple[str, Any]:
    booked = hour(clinic, 1)
    return "cancelled=true", clinic.changed(booked["id"], cancelled=True)


def by_approved(clinic: Clinic) -> tuple[str, Any]:
    service = ServiceFactory(business=clinic.business, bookings_require_approval=True)
    return "approved=false", hour(clinic, 1, serviceId=str(service.pk))


def by_several(clinic: Clinic) -> tuple[str, Any]:
    query, one = by_additional_host(clinic)
    hour(clinic, 2, additionalStaffIds=one["additionalStaffIds"], tags=["y"])
    one = clinic.asked("PUT", one["id"], "tags", body={"tags": ["x"]}).data
    return f"{query}&tag=x&cancelled=0&approved=1&status=booked", one


FILTERS: list[Callable[[Clinic], tuple[str, Any]]] = [
    by_patient,
    by_main_host,
    by_additional_host,
    by_service,
    by_location,
    by_tag,
    by_status,
    by_cancelled,
    by_approved,
    by_several,
]


@pytest.mark.parametrize("filtered", FILTERS, ids=[one.__name__ for one in FILTERS])
def test_a_filter_leaves_what_it_names_and_nothing_else(
    clinic: Clinic, filtered: Callable[[Clinic], tuple[str, Any]]
) -> None:
    other = clinic.booked()
    query, wanted = filtered(clinic)
    assert listed(clinic, query) == [wanted]
    assert other in listed(clinic, "")


def test_both_sides_of_a_switch_are_all_there_are(clinic: Clinic) -> None:
    _, cancelled = by_cancelled(clinic)
    standing = hour(clinic, 2)
    assert listed(clinic, "cancelled=false") == [standing]
    assert listed(clinic, "cancelled=true") == [cancelled]
    _, requested = by_approved(clinic)
    assert listed(clinic, "approved=false") == [requested]
    assert listed(clinic, "approved=true") == [cancelled, standing]


def test_pages_of_a_filtered_list_are_its_parts(clinic: Clinic) -> None:
    booked = [hour(clinic, number, tags=["x"] if number % 2 else []) for number in range(6)]
    wanted = booked[1::2]
    parts = [clinic.get(query=f"?{DAY}&tag=x&limit=1&offset={offset}").json for offset in range(4)]
    assert [part["data"] for part in parts] == [*([one] for one in wanted), []]
    assert {part["meta"]["totalCount"] for part in parts} == {3}


@pytest.mark.parametrize("name", ["patientId", "staffId", "serviceId", "locationId"])
def test_what_is_not_of_the_business_has_no_appointments(
    clinic: Clinic, other_clinic: Clinic, name: str
) -> None:
    clinic.booked()
    there = other_clinic.booked()
    theirs = there.get(name) or str(new_id())
    assert listed(clinic, f"{name}={theirs}") == []
    assert listed(clinic, f"{name}={new_id()}") == []
    assert listed(other_clinic, "") == [there]


# --- What is new --------------------------------------------------------------------------------


def test_with_updated_since_no_range_is_needed(clinic: Clinic, clock: Any) -> None:
    old, changed, far = hour(clinic, 0), hour(clinic, 1), hour(clinic, 24 * 300)
    clock.shift(60)
    cancelled = clinic.changed(far["id"], cancelled=True)
    changed = clinic.changed(changed["id"], notes="x")
    new = hour(clinic, 2)
    since = "updatedSince=2026-07-01T08:01:00Z"
    assert listed(clinic, since, span="") == [changed, new, cancelled]
    assert listed(clinic, since) == [changed, new]
    assert listed(clinic, f"{since}&startDate={wire(TEN + timedelta(days=1))}", span="") == [
        cancelled
    ]
    # The same moment on the clinic's clock.
    assert listed(clinic, "updatedSince=2026-07-01T09:01:00", span="") == [changed, new, cancelled]
    assert old in listed(clinic, "")


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("", [("startDate", "required"), ("endDate", "required")]),
        (f"startDate={wire(TEN)}", [("endDate", "required")]),
        ("limit=5&tag=x", [("startDate", "required"), ("endDate", "required")]),
        ("updatedSince=soon", [("updatedSince", "invalid")]),
        (f"startDate={wire(TEN)}&endDate={wire(TEN)}", [("endDate", "invalid")]),
        (f"updatedSince={wire(TEN)}&startDate=x", [("startDate", "invalid")]),
        (
            f"{DAY}&patientId=x&status=late",
            [("patientId", "invalid"), ("status", "invalid_choice")],
        ),
        (f"{DAY}&cancelled=maybe", [("cancelled", "invalid")]),
        (f"{DAY}&tag=", [("tag", "blank")]),
        (f"{DAY}&tag=%00", [("tag", "bad_character")]),
        (f"{DAY}&staffId={NOBODY}&staffId={NOBODY}", [("staffId", "repeated")]),
        (f"{DAY}&staff=x", [("staff", "unknown_field")]),
    ],
)
def test_a_bad_query_is_refused(clinic: Clinic, query: str, wrong: list[tuple[str, str]]) -> None:
    assert sorted(clinic.get(query=f"?{query}").wrong) == sorted(wrong)


def test_an_unknown_parameter_is_told_which_are_known(clinic: Clinic) -> None:
    (wrong,) = clinic.get(query=f"?{DAY}&staff=x").error["fields"]
    assert wrong["title"] == (
        "There is no such parameter; known are updatedSince, startDate, endDate, patientId, "
        "staffId, serviceId, locationId, tag, status, cancelled, approved, limit, offset."
    )


@pytest.mark.parametrize("count", [1, 3])
def test_filters_cost_no_statement(real_clinic: Clinic, count: int) -> None:
    for number in range(count):
        hour(real_clinic, number, tags=["x"])
    query = f"?{DAY}&tag=x&staffId={real_clinic.staff.pk}&status=booked&cancelled=0&approved=1"
    ask = real_clinic.get
    # The key, the count, the rows; on wall clocks the business's zone, once.
    assert counted(lambda: ask(query=query)) == (200, 3)
    assert counted(lambda: ask(query=f"{query}&limit=1&offset=1")) == (200, 3)
    since = "?updatedSince=2026-07-01T00:00"
    assert counted(lambda: ask(query=since)) == (200, 4)
    span = "&startDate=2026-07-01T00:00&endDate=2026-07-09T00:00"
    assert counted(lambda: ask(query=since + span)) == (200, 4)
    assert len(ask(query=since + span).data) == count


# --- What the client has ------------------------------------------------------------------------


def told(clinic: Clinic, booked: Any) -> dict[str, Callable[[str | None], Reply]]:
    """Each kind of GET about an appointment, asked by somebody who has something."""
    own = ("appointments", booked["id"])
    times = ("services", clinic.service.pk)
    return {
        "list": lambda have: clinic.ask("GET", "appointments", query=f"?{DAY}", have=have),
        "detail": lambda have: clinic.ask("GET", *own, have=have),
        "assignment": lambda have: clinic.ask("GET", *own, "assignment", have=have),
        "times": lambda have: clinic.ask(
            "GET", *times, "availableTimes", query=f"?{DAY}&duration=30", have=have
        ),
        "next times": lambda have: clinic.ask(
            "GET", *times, "nextAvailableTimes", query="?duration=30", have=have
        ),
    }


@pytest.mark.parametrize("what", ["list", "detail", "assignment", "times", "next times"])
def test_what_the_client_has_is_not_sent_again(clinic: Clinic, what: str) -> None:
    second = StaffFactory(business=clinic.business)
    booked = hour(clinic, -1)
    ask = told(clinic, booked)[what]
    etag = ask(None).headers["ETag"]
    for have in (etag, "*", f'"other", W/{etag}'):
        again = ask(have)
        assert (again.status, again.content, again.headers["ETag"]) == (304, b"", etag)
    assert ask('"other"').status == 200
    move = wire(TEN.replace(day=1, hour=9))
    clinic.changed(booked["id"], staffId=str(second.pk), date=move)
    hour(clinic, 0)
    changed = ask(etag)
    assert (changed.status, changed.headers["ETag"] != etag) == (200, True)


def test_a_change_is_answered_in_full_whatever_the_client_has(clinic: Clinic) -> None:
    pk = clinic.booked()["id"]
    seen = clinic.get(pk).headers["ETag"]
    reply = clinic.ask("PUT", "appointments", pk, "tags", body={"tags": []}, match=seen, have="*")
    assert (reply.status, reply.data["id"]) == (200, pk)


def test_a_create_and_a_read_have_the_same_tag(clinic: Clinic) -> None:
    reply = clinic.book()
    with nothing_is_written():
        assert clinic.get(reply.data["id"]).headers["ETag"] == reply.headers["ETag"]
    assert Appointment.objects.count() == 1
