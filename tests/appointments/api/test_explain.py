"""Why a time is not free: codes for everybody, details for those who may see calendars."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from appointments.models import HeldResource
from businesses.models import Closure, Resource, ResourceNeed
from businesses.scopes import EVERY_SCOPE
from staff.models import ExternalEvent
from tests.appointments.api.clinic import NOW, TEN, Clinic, Reply, wire
from tests.appointments.api.test_create_rules import save
from tests.factories import PatientFactory, ServiceFactory, StaffFactory, api_key, blocks, works

HOUR = timedelta(hours=1)
SECRET = "Zarathustra"


def without_explain(clinic: Clinic) -> Clinic:
    return replace(
        clinic, token=api_key(clinic.business, *(EVERY_SCOPE - {"appointments:explain"}))
    )


def asked(clinic: Clinic, start: Any = TEN, **more: Any) -> Reply:
    """One time alone."""
    end = start + timedelta(minutes=1)
    return clinic.times(startDate=wire(start), endDate=wire(end), explain="true", **more)


def reasons(reply: Reply) -> list[dict[str, Any]]:
    (time,) = reply.data
    (staff,) = time["staffs"]
    assert list(staff) == ["id", "availableSlots", "reasons"]
    assert staff["availableSlots"] == 0
    found: list[dict[str, Any]] = staff["reasons"]
    return found


def an_event(clinic: Clinic, start: Any, minutes: int = 30, **more: Any) -> ExternalEvent:
    event: ExternalEvent = ExternalEvent.objects.create(
        business=clinic.business,
        staff=clinic.staff,
        starts_at=start,
        ends_at=start + timedelta(minutes=minutes),
        title=f"{SECRET} event",
        **more,
    )
    return event


def test_who_may_not_see_calendars_is_told_codes_and_nothing_else(clinic: Clinic) -> None:
    """With a patient, a blocker, an event, a room and a second service that could be told."""
    patient = PatientFactory(business=clinic.business, name=f"{SECRET} Patient")
    colleague = StaffFactory(business=clinic.business, name=f"{SECRET} Colleague")
    save(clinic.staff, name=f"{SECRET} Doctor")
    room = Resource.objects.create(business=clinic.business, name=f"{SECRET} room", kind="room")
    other = ServiceFactory(business=clinic.business, name=f"{SECRET} therapy")
    for service in (clinic.service, other):
        ResourceNeed.objects.create(business=clinic.business, service=service, resource=room)
    booked = clinic.booked(
        patientId=str(patient.pk), serviceId=str(other.pk), notes=SECRET, tags=[SECRET]
    )
    blocker = blocks(clinic.staff, TEN + HOUR, 30, reason=f"{SECRET} meeting")
    event = an_event(clinic, TEN + 2 * HOUR)
    Closure.objects.create(
        business=clinic.business,
        name=f"{SECRET} day",
        date_start=date(2026, 7, 3),
        date_end=date(2026, 7, 3),
    )
    hidden = [booked["id"], *map(str, (patient.pk, blocker.pk, event.pk, room.pk, other.pk))]
    hidden.append(str(HeldResource.objects.get().pk))
    days = {"startDate": "2026-07-02T00:00", "endDate": "2026-07-04T00:00", "explain": "true"}
    staff = [str(clinic.staff.pk), str(colleague.pk)]

    full, plain = clinic.times(**days), without_explain(clinic).times(**days)
    assert SECRET.encode() in full.content
    assert booked["id"].encode() in full.content
    told = plain.content.decode()
    assert SECRET not in told
    assert [one for one in hidden if one in told] == []
    codes = set()
    for time in plain.data:
        assert list(time) == ["time", "staffs"]
        for one in time["staffs"]:
            assert one["id"] in staff
            for reason in one.get("reasons", ()):
                assert list(reason) == ["code"]
                codes.add(reason["code"])
    assert codes == {"staff_busy", "blocked", "resource_busy", "closure"}
    # Otherwise both answers are the same.
    for time in full.data:
        for one in time["staffs"]:
            if "reasons" in one:
                known = dict.fromkeys(reason["code"] for reason in one["reasons"])
                one["reasons"] = [{"code": code} for code in known]
    assert full.json["meta"] == plain.json["meta"]
    assert [time["time"] for time in full.data] == [time["time"] for time in plain.data]


def test_an_appointment_is_named_by_its_id_and_times(clinic: Clinic) -> None:
    booked = clinic.booked()
    assert reasons(asked(clinic)) == [
        {
            "code": "staff_busy",
            "staffId": str(clinic.staff.pk),
            "kind": "appointment",
            "startDate": "2026-07-02T09:00:00.000Z",
            "endDate": "2026-07-02T09:30:00.000Z",
            "appointmentId": booked["id"],
        }
    ]
    assert reasons(asked(without_explain(clinic))) == [{"code": "staff_busy"}]


def test_a_patient_is_never_named(clinic: Clinic) -> None:
    save(clinic.patient, name=f"{SECRET} Patient", email="zarathustra@mail.example")
    clinic.booked(notes=f"{SECRET} notes")
    for who in (clinic, without_explain(clinic)):
        content = asked(who).content
        assert SECRET.lower().encode() not in content.lower()
        assert str(clinic.patient.pk).encode() not in content


def test_a_blocker_is_told_with_its_reason(clinic: Clinic) -> None:
    blocks(clinic.staff, TEN, 30, reason="Team meeting")
    (reason,) = reasons(asked(clinic))
    assert (reason["code"], reason["kind"], reason["what"]) == (
        "blocked",
        "time_blocker",
        "Team meeting",
    )
    assert reasons(asked(without_explain(clinic))) == [{"code": "blocked"}]


def test_an_external_event_is_told_with_its_title_if_it_is_busy(clinic: Clinic) -> None:
    event = an_event(clinic, TEN)
    (reason,) = reasons(asked(clinic))
    assert (reason["code"], reason["kind"], reason["what"]) == (
        "staff_busy",
        "external_event",
        f"{SECRET} event",
    )
    save(event, busy=False)
    (time,) = asked(clinic).data
    assert time["staffs"] == [{"id": str(clinic.staff.pk), "availableSlots": 1}]


def test_each_reason_has_its_code(clinic: Clinic) -> None:
    """What is in the way is told apart: lead time, horizon, hours, buffers, rooms, places."""
    codes: dict[str, list[str]] = {}

    def note(name: str, start: Any = TEN, **more: Any) -> None:
        codes[name] = [
            one["code"] for one in reasons(asked(without_explain(clinic), start, **more))
        ]

    save(clinic.service, lead_time=26 * 60)
    note("lead time")
    save(clinic.service, lead_time=None, availability_limit_days=1)
    note("horizon", TEN + timedelta(days=1))
    save(clinic.service, availability_limit_days=None, buffer_after_minutes=10)
    clinic.booked(date=wire(TEN - timedelta(minutes=30)))
    note("buffer")
    colleague = StaffFactory(business=clinic.business)
    alone = {"staffIds": str(clinic.staff.pk)}
    Closure.objects.create(
        business=clinic.business, name="x", date_start=date(2026, 7, 4), date_end=date(2026, 7, 5)
    )
    note("closure", TEN + timedelta(days=2), **alone)
    room = Resource.objects.create(business=clinic.business, name="Room", kind="room")
    ResourceNeed.objects.create(business=clinic.business, service=clinic.service, kind="room")
    clinic.booked(date=wire(TEN + HOUR), staffId=str(colleague.pk))
    note("room", TEN + HOUR, **alone)
    save(room, enabled=False)
    note("no room", TEN + 4 * HOUR, **alone)
    assert codes == {
        "lead time": ["lead_time"],
        "horizon": ["horizon"],
        "buffer": ["buffer"],
        "closure": ["closure"],
        "room": ["resource_busy"],
        "no room": ["resource_busy"],
    }


def test_a_time_outside_somebodys_hours_is_told_as_such(clinic: Clinic) -> None:
    early = StaffFactory(business=clinic.business)
    works(early, {"thursday": [[600, 700]]}, date_start=NOW.date())
    reply = asked(clinic)
    (time,) = reply.data
    assert {one["id"]: one.get("reasons") for one in time["staffs"]} == {
        str(clinic.staff.pk): None,
        str(early.pk): [{"code": "outside_working_hours", "staffId": str(early.pk)}],
    }


def test_a_full_group_is_told_as_full(clinic: Clinic) -> None:
    save(clinic.service, bookings_per_timeslot=2)
    clinic.booked()
    clinic.booked()
    assert reasons(asked(clinic)) == [{"code": "slot_full", "staffId": str(clinic.staff.pk)}]


def test_several_reasons_are_all_told_each_code_once(clinic: Clinic) -> None:
    blocks(clinic.staff, TEN, 20)
    blocks(clinic.staff, TEN + timedelta(minutes=20), 10)
    clinic.booked(query="?ignoreBusyTimes=true")
    save(clinic.service, lead_time=26 * 60)
    told = [one["code"] for one in reasons(asked(clinic))]
    assert sorted(told) == ["blocked", "blocked", "lead_time", "staff_busy"]
    brief = [one["code"] for one in reasons(asked(without_explain(clinic)))]
    assert brief == list(dict.fromkeys(told))


@pytest.mark.parametrize("value", ["false", "0", "False"])
def test_without_asking_no_reason_is_told(clinic: Clinic, value: str) -> None:
    clinic.booked()
    reply = clinic.times(explain=value, includeUnavailableSlots="true")
    assert reply.status == 200
    assert b"reasons" not in reply.content
    assert b"staff_busy" not in clinic.times(explain=value).content


def test_the_next_times_explain_nothing(clinic: Clinic) -> None:
    reply = clinic.next_times(explain="true")
    assert (reply.status, reply.wrong) == (400, [("explain", "unknown_field")])
