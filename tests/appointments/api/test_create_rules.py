"""What a create accepts and keeps, and what it takes a time for, over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from appointments.models import Appointment, HeldTime
from businesses.models import BookingQuestion, QuestionKind, ServiceDuration
from tests.appointments.api.clinic import (
    TEN,
    Clinic,
    nothing_is_written,
    wire,
)
from tests.factories import (
    LocationFactory,
    StaffFactory,
    api_key,
    blocks,
    provides,
)

Changes = dict[str, Any]
ROUND_THE_CLOCK = {day: [[0, 2400]] for day in (
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"
)}  # fmt: skip


def asked(clinic: Clinic, service: Any, kind: str = QuestionKind.TEXT) -> BookingQuestion:
    question: BookingQuestion = BookingQuestion.objects.create(
        business=clinic.business,
        service=service,
        variable_name=f"question_{BookingQuestion.objects.count()}",
        question="How are you?",
        kind=kind,
    )
    return question


def save(row: Any, **fields: Any) -> Any:
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()
    return row


# --- ignoreBusyTimes ----------------------------------------------------------------------------


def test_ignoring_busy_times_books_over_an_appointment_and_says_so(clinic: Clinic) -> None:
    clinic.booked()
    over = clinic.booked(query="?ignoreBusyTimes=true")
    assert (over["overbooked"], over["staffId"]) == (True, str(clinic.staff.pk))
    assert HeldTime.objects.filter(overbooked=True).count() == 1


def test_ignoring_busy_times_books_over_a_blocker_closed_hours_and_the_past(
    clinic: Clinic,
) -> None:
    blocks(clinic.staff, TEN, 30)
    assert clinic.booked(query="?ignoreBusyTimes=true")["overbooked"] is True
    late = clinic.booked(query="?ignoreBusyTimes=true", date="2026-07-02T23:00:00")
    assert late["date"] == "2026-07-02T22:00:00.000Z"
    past = clinic.booked(query="?ignoreBusyTimes=true", date="2026-06-30T10:00:00")
    assert (past["date"], past["overbooked"]) == ("2026-06-30T09:00:00.000Z", False)


def test_ignoring_busy_times_takes_the_least_busy_when_nobody_is_free(clinic: Clinic) -> None:
    second = StaffFactory(business=clinic.business)
    clinic.booked(date=wire(TEN), duration=60)
    clinic.booked(date=wire(TEN), staffId=str(second.pk))
    over = clinic.booked(query="?ignoreBusyTimes=true", without="staffId")
    assert (over["staffId"], over["overbooked"]) == (str(second.pk), True)


def test_ignoring_busy_times_overbooks_nobody_while_somebody_is_free(clinic: Clinic) -> None:
    second = StaffFactory(business=clinic.business)
    clinic.booked()
    other = clinic.booked(query="?ignoreBusyTimes=true", without="staffId")
    assert (other["staffId"], other["overbooked"]) == (str(second.pk), False)


@pytest.mark.parametrize("value", ["true", "True", "TRUE", "1"])
def test_busy_times_are_ignored_for(clinic: Clinic, value: str) -> None:
    clinic.booked()
    assert clinic.booked(query=f"?ignoreBusyTimes={value}")["overbooked"] is True


@pytest.mark.parametrize("value", ["false", "False", "0"])
def test_busy_times_count_for(clinic: Clinic, value: str) -> None:
    clinic.booked()
    with nothing_is_written():
        assert clinic.book(query=f"?ignoreBusyTimes={value}").refused == (409, "staff_busy")


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ("?ignoreBusyTimes=", "ignoreBusyTimes", "invalid"),
        ("?ignoreBusyTimes", "ignoreBusyTimes", "invalid"),
        ("?ignoreBusyTimes=yes", "ignoreBusyTimes", "invalid"),
        ("?ignoreBusyTimes=on", "ignoreBusyTimes", "invalid"),
        ("?ignoreBusyTimes=2", "ignoreBusyTimes", "invalid"),
        ("?ignoreBusyTimes=null", "ignoreBusyTimes", "invalid"),
        ("?ignoreBusyTimes=%00", "ignoreBusyTimes", "invalid"),
        ("?ignoreBusyTimes=%FF", "ignoreBusyTimes", "invalid"),
        ("?ignoreBusyTimes=true&ignoreBusyTimes=false", "ignoreBusyTimes", "repeated"),
        ("?ignorebusytimes=true", "ignorebusytimes", "unknown_field"),
        ("?ignoreBusyTimes=true&x=1", "x", "unknown_field"),
    ],
)
def test_a_switch_is_true_or_false_and_sent_once(
    clinic: Clinic, query: str, field: str, code: str
) -> None:
    with nothing_is_written():
        reply = clinic.book(query=query)
    assert (reply.status, reply.wrong) == (400, [(field, code)])


def test_ignoring_busy_times_needs_a_scope_of_its_own(clinic: Clinic) -> None:
    token = api_key(clinic.business, "appointments:write")
    writer = Clinic(clinic.business, clinic.service, clinic.staff, clinic.patient, token)
    with nothing_is_written():
        assert writer.book(query="?ignoreBusyTimes=true").refused == (403, "missing_scope")
    assert writer.book(query="?ignoreBusyTimes=false").status == 201


# --- Time ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "date", "place"),
    [
        ({"date": "2026-07-02T09:00:00Z"}, "2026-07-02T09:00", "Europe/London"),
        ({"date": "2026-07-02t09:00:00z"}, "2026-07-02T09:00", "Europe/London"),
        ({"date": "2026-07-02 09:00Z"}, "2026-07-02T09:00", "Europe/London"),
        ({"date": "2026-07-02T05:00:00-04:00"}, "2026-07-02T09:00", "Europe/London"),
        ({"date": "2026-07-02T14:45:00+05:45"}, "2026-07-02T09:00", "Europe/London"),
        ({"date": "2026-07-03T00:30:00+14:00"}, "2026-07-02T10:30", "Europe/London"),
        # Without an offset: the clock on the wall of the client, else of the business.
        ({"date": "2026-07-02T10:00:00"}, "2026-07-02T09:00", "Europe/London"),
        ({"date": "2026-12-02T10:00:00"}, "2026-12-02T10:00", "Europe/London"),
        (
            {"date": "2026-07-02T05:00:00", "clientTimezone": "America/New_York"},
            "2026-07-02T09:00",
            "America/New_York",
        ),
        (
            {"date": "2026-07-02T14:45:00", "clientTimezone": "Asia/Kathmandu"},
            "2026-07-02T09:00",
            "Asia/Kathmandu",
        ),
        # With one the zone is only remembered.
        (
            {"date": "2026-07-02T10:00:00+01:00", "clientTimezone": "America/New_York"},
            "2026-07-02T09:00",
            "America/New_York",
        ),
        (
            {"date": "2026-07-02T10:00:00", "clientTimezone": None},
            "2026-07-02T09:00",
            "Europe/London",
        ),
        # Between 2026-10-25 and 2026-11-01 New York is four hours from London, not five.
        (
            {"date": "2026-10-26T10:00:00", "clientTimezone": "America/New_York"},
            "2026-10-26T14:00",
            "America/New_York",
        ),
    ],
)
def test_a_time_is_read_where_it_was_written(
    clinic: Clinic, sent: Changes, date: str, place: str
) -> None:
    booked = clinic.booked(**sent)
    assert (booked["date"], booked["patientTimezone"]) == (f"{date}:00.000Z", place)
    assert Appointment.objects.get().starts_at.isoformat() == f"{date}:00+00:00"


SKIPPED = [
    ("2027-03-28T01:00:00", None),
    ("2027-03-28T01:59:59.999", None),
    ("2027-03-28T01:30", "Europe/London"),
    ("2027-03-14T02:30:00", "America/New_York"),
    ("2026-10-04T02:15:00", "Australia/Lord_Howe"),  # half an hour is skipped there
]
DOUBLED = [
    ("2026-10-25T01:00:00", None, ("00:00:00.000Z", "01:00:00.000Z")),
    ("2026-10-25T01:30:00", "Europe/London", ("00:30:00.000Z", "01:30:00.000Z")),
    ("2026-11-01T01:30:00", "America/New_York", ("05:30:00.000Z", "06:30:00.000Z")),
    ("2027-04-04T01:45:00", "Australia/Lord_Howe", ("14:45:00.000Z", "15:15:00.000Z")),
]


@pytest.mark.parametrize("query", ["", "?ignoreBusyTimes=true"], ids=["plainly", "overriding"])
@pytest.mark.parametrize(("date", "place"), SKIPPED)
def test_a_local_time_that_the_clocks_skip_is_refused(
    clinic: Clinic, date: str, place: str | None, query: str
) -> None:
    with nothing_is_written():
        reply = clinic.book(query=query, date=date, clientTimezone=place)
    assert reply.refused == (400, "nonexistent_local_time")
    assert reply.wrong == [("date", "nonexistent_local_time")]


@pytest.mark.parametrize(("date", "place", "moments"), DOUBLED)
def test_a_local_time_that_comes_twice_is_refused_and_asks_for_an_offset(
    clinic: Clinic, date: str, place: str | None, moments: tuple[str, str]
) -> None:
    save(clinic.staff, weekly_hours=ROUND_THE_CLOCK)
    with nothing_is_written():
        reply = clinic.book(date=date, clientTimezone=place)
    assert reply.refused == (400, "ambiguous_local_time")
    assert reply.wrong == [("date", "ambiguous_local_time")]
    title = reply.error["title"]
    assert "send an offset" in title
    offered = title.rpartition(": ")[2].removesuffix(".").split(" or ")
    told = [clinic.booked(date=one, duration=30)["date"] for one in offered]
    assert tuple(one.partition("T")[2] for one in told) == moments


def test_the_minutes_around_a_clock_change_are_there_once(clinic: Clinic) -> None:
    save(clinic.staff, weekly_hours=ROUND_THE_CLOCK)
    for local, moment in [
        ("2026-10-25T00:59:00", "2026-10-24T23:59:00.000Z"),
        ("2026-10-25T02:00:00", "2026-10-25T02:00:00.000Z"),
        ("2027-03-28T00:59:00", "2027-03-28T00:59:00.000Z"),
        ("2027-03-28T02:00:00", "2027-03-28T01:00:00.000Z"),
    ]:
        assert clinic.booked(query="?ignoreBusyTimes=true", date=local)["date"] == moment


@pytest.mark.parametrize(
    "place",
    [
        "Mars/Olympus",
        "",
        " Europe/London",
        "europe/london",
        "Factory",
        "localtime",
        "../../etc/passwd",
        "/etc/localtime",
        "Europe",
        "+01:00",
        "Europe/London\u0000",
        "Z" * 10_000,
    ],
)
def test_an_unknown_zone_is_refused(clinic: Clinic, place: str) -> None:
    with nothing_is_written():
        reply = clinic.book(clientTimezone=place)
    assert reply.refused == (400, "unknown_zone")
    assert reply.wrong == [("clientTimezone", "unknown_zone")]


# --- What is kept -------------------------------------------------------------------------------


def test_price_and_currency_are_frozen_at_booking(clinic: Clinic) -> None:
    save(clinic.service, currency="EUR")
    booked = clinic.booked(duration=60)
    assert (booked["price"], booked["currency"]) == (5000, "eur")
    save(clinic.service, currency="USD")
    ServiceDuration.objects.update(price=1)
    told = clinic.get(booked["id"]).data
    assert (told["price"], told["currency"]) == (5000, "eur")


def test_the_currency_is_that_of_the_business_unless_the_service_has_one(clinic: Clinic) -> None:
    save(clinic.business, currency="CHF")
    assert clinic.booked()["currency"] == "chf"


def test_answers_keep_the_question_as_it_was_asked(clinic: Clinic) -> None:
    text, number = (
        asked(clinic, clinic.service),
        asked(clinic, clinic.service, QuestionKind.NUMBER),
    )
    booked = clinic.booked(
        answers=[
            {"id": str(number.pk), "answer": 36.6},
            {"id": str(text.pk).upper(), "answer": "Füße tun weh 🦶"},
        ]
    )
    save(text, question="Something else?")
    kept = [
        {
            "id": str(number.pk),
            "variableName": number.variable_name,
            "question": "How are you?",
            "answer": 36.6,
        },
        {
            "id": str(text.pk),
            "variableName": text.variable_name,
            "question": "How are you?",
            "answer": "Füße tun weh 🦶",
        },
    ]
    assert booked["answers"] == kept
    assert clinic.get(booked["id"]).data["answers"] == kept


def test_tags_are_kept_once_each_in_the_order_sent(clinic: Clinic) -> None:
    booked = clinic.booked(tags=["zebra", "ape", " zebra ", "Ape"])
    assert booked["tags"] == ["zebra", "ape", "Ape"]
    assert clinic.get(booked["id"]).data["tags"] == ["zebra", "ape", "Ape"]


def test_notes_are_kept_as_they_were_typed(clinic: Clinic) -> None:
    notes = "  Line one\n\n\tline two — „quoted“ 👩‍⚕️ \u202eright to left\u202c  "
    booked = clinic.booked(notes=notes)
    assert booked["notes"] == notes
    assert clinic.get(booked["id"]).data["notes"] == notes


@pytest.mark.parametrize(
    ("location", "kind"),
    [
        ("2 Other Street", "in_person"),
        ("https://meet.google.com/abc-defg-hij", "url"),
        ("HTTP://meet.example/x", "url"),
        ("javascript:alert(1)", "in_person"),
    ],
)
def test_a_location_that_is_sent_replaces_the_services_own(
    clinic: Clinic, location: str, kind: str
) -> None:
    save(clinic.service, location=LocationFactory(business=clinic.business))
    booked = clinic.booked(location=location)
    assert (booked["location"], booked["locationType"], booked["locationValue"]) == (
        None,
        kind,
        location,
    )


@pytest.mark.parametrize("location", [None, "", "   "])
def test_without_a_location_the_services_own_counts(clinic: Clinic, location: str | None) -> None:
    place = LocationFactory(business=clinic.business, address="")
    save(clinic.service, location=place, location_type="phone", location_value="+44 20 0")
    booked = clinic.booked(location=location)
    assert booked["location"] == {"id": str(place.pk), "name": "Main house", "address": None}
    assert (booked["locationType"], booked["locationValue"]) == ("phone", "+44 20 0")


def test_additional_hosts_are_held_too(clinic: Clinic) -> None:
    second, third = (StaffFactory(business=clinic.business) for _ in range(2))
    provides(clinic.staff, clinic.service)
    provides(third, clinic.service, additional=True)
    ids = [str(second.pk), str(second.pk).upper()]
    booked = clinic.booked(additionalStaffIds=ids)
    assert booked["additionalStaffIds"] == sorted([str(second.pk), str(third.pk)])
    assert clinic.get(booked["id"]).data == booked
    held = HeldTime.objects.values_list("staff_id", flat=True)
    assert set(held) == {clinic.staff.pk, second.pk, third.pk}


def test_a_service_that_needs_approval_is_only_requested_and_holds_no_time(
    clinic: Clinic,
) -> None:
    save(clinic.service, bookings_require_approval=True)
    for _ in range(2):
        booked = clinic.booked()
        assert (booked["approved"], booked["status"]) == (False, "requested")
    assert HeldTime.objects.count() == 0


OPTIONAL = [
    "staffId",
    "clientTimezone",
    "location",
    "additionalStaffIds",
    "answers",
    "tags",
    "notes",
    "paymentProvider",
    "paymentId",
    "rrule",
    "skipConflicts",
    "overrides",
]


@pytest.mark.parametrize("name", OPTIONAL)
def test_null_is_the_same_as_leaving_out(clinic: Clinic, name: str) -> None:
    left_out = clinic.book(**({"without": name} if name == "staffId" else {}))
    later = wire(TEN + timedelta(hours=1))
    changes: Changes = {name: None, "date": later}
    null = clinic.book(**changes)
    own = {"id", "date", "endDate", "rescheduleUrl", "cancelUrl"}
    assert left_out.status == null.status == 201
    assert {name: value for name, value in null.data.items() if name not in own} == {
        name: value for name, value in left_out.data.items() if name not in own
    }


def test_every_wrong_field_is_named_at_once(clinic: Clinic) -> None:
    reply = clinic.book(date="soon", duration="30", staffid="x", patientId=None)
    assert reply.refused == (400, "invalid_request")
    assert reply.wrong == [
        ("date", "invalid"),
        ("patientId", "null"),
        ("duration", "invalid"),
        ("staffid", "unknown_field"),
    ]


def test_a_nested_typo_is_named_with_its_place(clinic: Clinic) -> None:
    question = asked(clinic, clinic.service)
    with nothing_is_written():
        reply = clinic.book(answers=[{"id": str(question.pk), "answer": 1, "anwser": 2}])
    assert reply.wrong == [("answers.0.anwser", "unknown_field")]
