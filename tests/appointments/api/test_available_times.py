"""Free times over HTTP: what may be asked, and what is answered."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from appointments.api import availability
from businesses.identifiers import new_id
from businesses.models import ServiceDuration
from staff.models import StaffStatus
from tests.appointments.api.clinic import NOW, TEN, Clinic, Reply, wire
from tests.appointments.api.test_create_rules import save
from tests.factories import ServiceFactory, StaffFactory, provides, works

EIGHT = TEN - timedelta(hours=2)  # in London, when work begins
HOUR = timedelta(hours=1)


def starts(reply: Reply) -> list[str]:
    assert reply.status == 200, reply.content
    times = [one["time"] for one in reply.data]
    assert times == sorted(set(times))
    return times


def quarters(first: Any, number: int) -> list[str]:
    return [wire(first + timedelta(minutes=15 * one)) for one in range(number)]


def who(reply: Reply) -> dict[str, list[str]]:
    assert reply.status == 200, reply.content
    return {one["time"]: [staff["id"] for staff in one["staffs"]] for one in reply.data}


def test_an_open_day_is_free_at_every_step_until_the_last_visit_fits(clinic: Clinic) -> None:
    """Eight to eight in London, every quarter of an hour, the last for half an hour at 19:30."""
    reply = clinic.times()
    assert starts(reply) == quarters(EIGHT, 47)
    assert reply.json["meta"] == {"totalCount": 47}
    assert reply.data[0]["staffs"] == [{"id": str(clinic.staff.pk), "availableSlots": 1}]
    assert starts(clinic.times(duration=60)) == quarters(EIGHT, 45)


def test_what_is_booked_is_not_free(clinic: Clinic) -> None:
    clinic.booked()
    gone = {*quarters(TEN - timedelta(minutes=15), 3)}
    assert starts(clinic.times()) == [one for one in quarters(EIGHT, 47) if one not in gone]


def test_the_range_takes_in_its_start_and_leaves_out_its_end(clinic: Clinic) -> None:
    asked = clinic.times(startDate=wire(TEN), endDate=wire(TEN + HOUR))
    assert starts(asked) == quarters(TEN, 4)
    moment = timedelta(milliseconds=1)
    later = clinic.times(startDate=wire(TEN + moment), endDate=wire(TEN + HOUR + moment))
    assert starts(later) == quarters(TEN + timedelta(minutes=15), 4)


def test_a_range_without_offsets_is_on_the_clocks_of_the_business(clinic: Clinic) -> None:
    asked = clinic.times(startDate="2026-07-02T10:00", endDate="2026-07-02T11:00:00")
    assert starts(asked) == quarters(TEN, 4)
    mixed = clinic.times(startDate="2026-07-02T10:00", endDate="2026-07-02T12:00:00+02:00")
    assert starts(mixed) == quarters(TEN, 4)


def test_only_the_named_staff_are_asked_about(clinic: Clinic) -> None:
    first, second = str(clinic.staff.pk), str(StaffFactory(business=clinic.business).pk)
    third = str(StaffFactory(business=clinic.business).pk)
    moment = {"startDate": wire(TEN), "endDate": wire(TEN + timedelta(minutes=1))}

    def found(**asked: Any) -> set[str]:
        ((_, staff),) = who(clinic.times(**moment, **asked)).items()
        assert len(staff) == len(set(staff))
        return set(staff)

    assert found() == {first, second, third}
    assert found(staffIds=second) == {second}
    assert found(staffIds=[first, third]) == {first, third}
    assert found(staffIds=f"{first},{third}") == {first, third}
    assert found(staffIds=[f"{first},{second}", third]) == {first, second, third}
    assert found(staffIds=[first, first.upper()]) == {first}


def test_staff_are_told_by_name_at_each_time(clinic: Clinic) -> None:
    save(clinic.staff, name="Miller")
    others = [StaffFactory(business=clinic.business, name=name) for name in ("Zhou", "Adams")]
    told = who(clinic.times())[wire(TEN)]
    assert told == [str(one.pk) for one in (others[1], clinic.staff, others[0])]


def unknown_staff(clinic: Clinic) -> Any:
    return new_id()


def staff_of_another_business(clinic: Clinic) -> Any:
    return StaffFactory().pk


def disabled_staff(clinic: Clinic) -> Any:
    return StaffFactory(business=clinic.business, status=StaffStatus.DISABLED).pk


def staff_who_do_not_provide_it(clinic: Clinic) -> Any:
    provides(clinic.staff, clinic.service)
    return StaffFactory(business=clinic.business).pk


@pytest.mark.parametrize("beside", [True, False], ids=["beside a good one", "alone"])
@pytest.mark.parametrize(
    ("given", "code"),
    [
        (unknown_staff, "staff_not_found"),
        (staff_of_another_business, "staff_not_found"),
        (disabled_staff, "staff_not_bookable"),
        (staff_who_do_not_provide_it, "staff_not_provider"),
    ],
)
def test_staff_who_can_not_be_booked_are_refused_by_name(
    clinic: Clinic, given: Any, code: str, beside: bool
) -> None:
    ids = [str(given(clinic)), *([str(clinic.staff.pk)] if beside else [])]
    for reply in (clinic.times(staffIds=ids), clinic.next_times(staffIds=ids)):
        assert reply.refused == (400, code)
        assert reply.wrong == [("staffIds", code)]


DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (wire(TEN), wire(TEN + 62 * DAY)),
        ("2026-07-02T00:00", "2026-09-02T00:00"),
        # 62 days of the clinic's clocks, which go back in between: an hour more.
        ("2026-09-01T00:00", "2026-11-02T00:00"),
        ("2026-09-01T00:00:00%2B01:00", "2026-11-02T00:00:00%2B00:00"),
        # 62 times 24 hours, in which the clocks go forward.
        ("2026-03-01T00:00:00Z", "2026-05-02T00:00:00Z"),
    ],
)
def test_a_range_may_be_sixty_two_days(clinic: Clinic, start: str, end: str) -> None:
    query = f"&startDate={start}&endDate={end}&limit=1"
    assert clinic.times(query, startDate=None, endDate=None).status == 200


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (wire(TEN), wire(TEN + 62 * DAY + timedelta(milliseconds=1))),
        ("2026-07-02T00:00", "2026-09-02T00:00:01"),
        ("2026-09-01T00:00", "2026-11-02T00:00:01"),
        ("1900-01-01T00:00:00Z", "2199-12-31T00:00:00Z"),
    ],
)
def test_a_longer_range_is_refused(clinic: Clinic, start: str, end: str) -> None:
    reply = clinic.times(startDate=start, endDate=end)
    assert reply.refused == (400, "range_too_large")
    assert reply.wrong == [("endDate", "range_too_large")]


SWITCHES = ("includeUnavailableSlots", "explain")


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("&staffId=x", [("staffId", "unknown_field")]),
        ("&staffids=x", [("staffids", "unknown_field")]),
        ("&timezone=Europe/London", [("timezone", "unknown_field")]),
        ("&duration=30", [("duration", "repeated")]),
        ("&startDate=2026-07-02T00:00:00Z", [("startDate", "repeated")]),
        *[(f"&{one}=true&{one}=true", [(one, "repeated")]) for one in SWITCHES],
        *[(f"&{one}=yes", [(one, "invalid")]) for one in SWITCHES],
        *[(f"&{one}=", [(one, "invalid")]) for one in SWITCHES],
        ("&staffIds=", [("staffIds.0", "invalid")]),
        ("&staffIds=,", [("staffIds.0", "invalid"), ("staffIds.1", "invalid")]),
        ("&staffIds=me", [("staffIds.0", "invalid")]),
        ("&staffIds=%00", [("staffIds.0", "invalid")]),
        ("&staffIds=" + "x," * 100 + "x", [("staffIds", "max_length")]),
        ("&limit=0", [("limit", "min_value")]),
        ("&limit=51", [("limit", "max_value")]),
        ("&limit=ten", [("limit", "invalid")]),
        ("&limit=", [("limit", "invalid")]),
        ("&offset=-1", [("offset", "invalid")]),
        ("&offset=10001", [("offset", "max_value")]),
    ],
)
def test_parameters_are_known_and_sent_once(
    clinic: Clinic, query: str, wrong: list[tuple[str, str]]
) -> None:
    reply = clinic.times(query)
    assert (reply.status, reply.wrong) == (400, wrong)


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        ({"startDate": None}, [("startDate", "required")]),
        ({"endDate": None}, [("endDate", "required")]),
        ({"duration": None}, [("duration", "required")]),
        ({"startDate": "soon"}, [("startDate", "invalid")]),
        ({"startDate": "2026-07-02"}, [("startDate", "invalid")]),
        ({"endDate": "2026-07-02T00:00:00Z"}, [("endDate", "invalid")]),
        ({"endDate": "2026-07-01T00:00:00Z"}, [("endDate", "invalid")]),
        ({"endDate": "9999-12-31T00:00:00Z"}, [("endDate", "out_of_range")]),
        ({"startDate": "2026-03-29T01:30"}, [("startDate", "nonexistent_local_time")]),
        ({"endDate": "2026-10-25T01:30"}, [("endDate", "ambiguous_local_time")]),
        ({"duration": "half an hour"}, [("duration", "invalid")]),
        ({"duration": "30.0"}, [("duration", "invalid")]),
        ({"duration": ""}, [("duration", "invalid")]),
        ({"duration": "-30"}, [("duration", "invalid")]),
        ({"duration": "٣٠"}, [("duration", "invalid")]),
        ({"duration": 0}, [("duration", "min_value")]),
        ({"duration": 1441}, [("duration", "max_value")]),
        ({"duration": "9" * 30}, [("duration", "invalid")]),
        ({"duration": 45}, [("duration", "duration_not_offered")]),
    ],
    ids=str,
)
def test_a_range_and_a_length_are_needed(
    clinic: Clinic, asked: dict[str, Any], wrong: list[tuple[str, str]]
) -> None:
    reply = clinic.times(**asked)
    assert (reply.status, reply.wrong) == (400, wrong)


@pytest.mark.parametrize("value", ["true", "TRUE", "1"])
def test_times_that_are_not_free_are_told_when_asked_for(clinic: Clinic, value: str) -> None:
    clinic.booked()
    second = StaffFactory(business=clinic.business)
    reply = clinic.times(includeUnavailableSlots=value)
    assert starts(reply) == quarters(EIGHT, 47)
    slots = {
        one["time"]: {staff["id"]: staff["availableSlots"] for staff in one["staffs"]}
        for one in reply.data
    }
    assert slots[wire(TEN)] == {str(clinic.staff.pk): 0, str(second.pk): 1}
    assert slots[wire(TEN + HOUR)] == {str(clinic.staff.pk): 1, str(second.pk): 1}
    assert all(
        set(staff) == {"id", "availableSlots"} for one in reply.data for staff in one["staffs"]
    )
    assert starts(clinic.times(includeUnavailableSlots="false")) == quarters(EIGHT, 47)
    gone = [staff["id"] for one in clinic.times().data for staff in one["staffs"]]
    assert gone.count(str(clinic.staff.pk)) == 44


def test_free_times_can_be_read_in_pages(clinic: Clinic) -> None:
    def page(**asked: Any) -> tuple[list[str], int]:
        reply = clinic.times(**asked)
        return starts(reply), reply.json["meta"]["totalCount"]

    everything = quarters(EIGHT, 47)
    assert page(limit=2) == (everything[:2], 47)
    assert page(limit=2, offset=2) == (everything[2:4], 47)
    assert page(offset=45) == (everything[45:], 47)
    assert page(limit=50, offset=10_000) == ([], 47)
    assert page(limit=5, includeUnavailableSlots="true") == (everything[:5], 47)


def test_too_many_times_without_a_limit_are_refused(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(availability, "MOST_ROWS", 46)
    reply = clinic.times()
    assert reply.refused == (400, "range_too_large")
    assert reply.wrong == [("endDate", "range_too_large")]
    assert clinic.times(limit=50).json["meta"] == {"totalCount": 47}


def test_a_service_that_is_off_has_no_free_times(clinic: Clinic) -> None:
    save(clinic.service, enabled=False)
    assert clinic.times().refused == (400, "service_disabled")
    assert clinic.next_times().refused == (400, "service_disabled")
    save(clinic.service, enabled=True)
    save(clinic.business, enabled=False)
    assert clinic.times().refused == (400, "business_disabled")


def test_a_service_without_lengths_or_people_has_no_free_times(clinic: Clinic) -> None:
    save(clinic.staff, takes_bookings=False)
    for reply in (clinic.times(), clinic.times(explain="true"), clinic.next_times()):
        assert reply.json == {"data": [], "meta": {"totalCount": 0}}
    ServiceDuration.objects.all().delete()
    assert clinic.times().refused == (400, "duration_not_offered")


@pytest.mark.parametrize("name", ["availableTimes", "nextAvailableTimes"])
def test_a_service_that_is_not_of_the_business_is_404(clinic: Clinic, name: str) -> None:
    query = f"?startDate={wire(TEN)}&endDate={wire(TEN + HOUR)}&duration=30"
    if name == "nextAvailableTimes":
        query = "?duration=30"
    missing = replace(clinic, service=ServiceFactory.build(business=clinic.business))
    theirs = replace(clinic, service=ServiceFactory())
    answers = {one.send("GET", one.service_path(name) + query).content for one in (missing, theirs)}
    reply = theirs.send("GET", theirs.service_path(name) + query)
    assert reply.refused == (404, "not_found")
    assert answers == {reply.content}
    own = clinic.service_path(name)
    assert clinic.send("GET", own + query).status == 200
    for odd in ("x", "0", "%00", str(clinic.service.pk)[:-1], str(clinic.service.pk) + "0"):
        path = own.replace(str(clinic.service.pk), odd)
        assert clinic.send("GET", path + query).refused == (404, "not_found")


def test_the_root_and_v1_tell_the_same_times(clinic: Clinic) -> None:
    assert replace(clinic, prefix="").times().content == clinic.times().content


# --- What shapes them ---------------------------------------------------------------------------


def test_a_lead_time_keeps_the_next_hours_back(clinic: Clinic) -> None:
    save(clinic.service, lead_time=25 * 60)  # from nine today in London
    assert starts(clinic.times()) == quarters(TEN, 39)
    save(clinic.service, lead_time=None)
    save(clinic.business, lead_time=25 * 60 + 1)
    assert starts(clinic.times()) == quarters(TEN + timedelta(minutes=15), 38)


@pytest.mark.parametrize("name", ["availability_limit_days", "lead_time"])
def test_a_horizon_or_a_lead_time_beyond_the_calendars_end_is_for_ever(
    clinic: Clinic, name: str
) -> None:
    usual = clinic.times().data
    save(clinic.service, **{name: 2_000_000_000})
    assert clinic.times().data == (usual if name == "availability_limit_days" else [])


def test_the_horizon_is_so_many_whole_days_ahead(clinic: Clinic) -> None:
    week = {"startDate": wire(NOW), "endDate": wire(NOW + timedelta(days=7))}
    save(clinic.service, availability_limit_days=2)
    days = {time[:10] for time in starts(clinic.times(**week))}
    assert days == {"2026-07-01", "2026-07-02", "2026-07-03"}


def test_nothing_is_free_in_the_past(clinic: Clinic) -> None:
    today = {"startDate": wire(NOW - timedelta(days=3)), "endDate": wire(NOW + HOUR)}
    assert starts(clinic.times(**today)) == quarters(NOW, 4)


def test_the_step_counts_from_the_start_of_each_working_interval(clinic: Clinic) -> None:
    save(clinic.service, time_increment=40)
    works(clinic.staff, {"thursday": [[1010, 1200], [1305, 1430]]}, date_start=NOW.date())
    walls = ["09:10", "09:50", "10:30", "12:05", "12:45"]
    assert starts(clinic.times()) == [f"2026-07-02T{wall}:00.000Z" for wall in walls]


def test_a_staff_booking_may_be_at_any_minute_and_moves_no_step(clinic: Clinic) -> None:
    clinic.booked(date=wire(TEN + timedelta(minutes=7)))
    gone = {*quarters(TEN - timedelta(minutes=15), 4)}
    assert starts(clinic.times()) == [one for one in quarters(EIGHT, 47) if one not in gone]


@pytest.mark.parametrize(
    ("day", "first", "last", "number"),
    [("2026-03-29", "07:00", "18:30", 47), ("2026-10-25", "08:00", "19:30", 47)],
)
def test_working_hours_stay_on_the_clock_when_it_is_changed(
    clinic: Clinic, clock: Any, day: str, first: str, last: str, number: int
) -> None:
    clock.move_to(NOW.replace(month=3, day=1))
    told = starts(clinic.times(startDate=f"{day}T00:00", endDate=f"{day}T23:59"))
    assert (told[0], told[-1], len(told)) == (
        f"{day}T{first}:00.000Z",
        f"{day}T{last}:00.000Z",
        number,
    )


def test_a_group_has_fewer_places_with_each_booking(clinic: Clinic) -> None:
    save(clinic.service, bookings_per_timeslot=3)

    def left() -> int | None:
        told = {one["time"]: one["staffs"] for one in clinic.times().data}
        (staff,) = told.get(wire(TEN), [{"availableSlots": None}])
        slots: int | None = staff["availableSlots"]
        return slots

    counted = [left()]
    for _ in range(3):
        clinic.booked()
        counted.append(left())
    assert counted == [3, 2, 1, None]
    full = {one["time"]: one["staffs"] for one in clinic.times(includeUnavailableSlots="1").data}
    assert full[wire(TEN)] == [{"id": str(clinic.staff.pk), "availableSlots": 0}]
    # A quarter of an hour later is another timeslot, which the group is in the way of.
    assert wire(TEN + timedelta(minutes=15)) not in starts(clinic.times())


def test_every_time_that_is_offered_can_be_booked(clinic: Clinic) -> None:
    clinic.booked(date=wire(TEN + timedelta(minutes=7)))
    second = str(StaffFactory(business=clinic.business).pk)
    narrow = {"startDate": wire(TEN - HOUR), "endDate": wire(TEN + HOUR)}
    while offered := clinic.times(**narrow).data:
        first = offered[0]
        clinic.booked(date=first["time"], staffId=first["staffs"][0]["id"])
    assert clinic.book(date=wire(TEN), without="staffId").refused == (409, "no_staff_available")
    assert second in {one["staffId"] for one in clinic.list(TEN - HOUR, TEN + HOUR).data}
