"""The answers of the appointment endpoints, name by name, as integrations were promised them."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from appointments import record
from appointments.api.outputs import AppointmentOutput
from appointments.models import Appointment
from businesses.models import BookingQuestion, QuestionKind
from tests.appointments.api.clinic import TEN, Clinic, cancel, wire
from tests.contract import ID, LIST, TEXT, TIME, Table, check_table, nullable
from tests.factories import LocationFactory, StaffFactory, api_key

# Written down from the contract by hand: name, type, and whether it may be null.
APPOINTMENT: Table = [
    ("id", ID, False),
    ("createdAt", TIME, False),
    ("updatedAt", TIME, False),
    ("service", dict, False),
    ("staff", dict, False),
    ("patient", dict, False),
    ("location", dict, True),
    ("serviceId", ID, False),
    ("staffId", ID, False),
    ("staffName", TEXT, False),
    ("patientId", ID, False),
    ("additionalStaffIds", LIST, False),
    ("date", TIME, False),
    ("originalDate", TIME, True),
    ("duration", int, False),
    ("price", int, False),
    ("currency", TEXT, False),
    ("groupBookingId", ID, True),
    ("cancelled", bool, False),
    ("approved", bool, False),
    ("patientTimezone", TEXT, True),
    ("locationType", TEXT, True),
    ("locationValue", TEXT, True),
    ("paymentProvider", TEXT, True),
    ("paymentId", TEXT, True),
    ("answers", LIST, False),
    ("recurringAppointmentId", ID, True),
    ("rrule", TEXT, True),
    ("recurrence", dict, True),
    ("rescheduleUrl", TEXT, False),
    ("cancelUrl", TEXT, False),
    ("tags", LIST, False),
    ("endDate", TIME, False),
    ("status", TEXT, False),
    ("overbooked", bool, False),
    ("notes", TEXT, False),
    ("source", TEXT, False),
]
NAMES = [name for name, _, _ in APPOINTMENT]
NULLABLE = nullable(APPOINTMENT)
WITHIN = {
    "service": [("id", ID, False), ("name", TEXT, False), ("alias", TEXT, True)],
    "staff": [("id", ID, False), ("name", TEXT, False), ("email", TEXT, False)],
    "patient": [("id", ID, False), ("name", TEXT, False), ("email", TEXT, True)],
    "location": [("id", ID, False), ("name", TEXT, False), ("address", TEXT, True)],
}


def test_every_name_is_there_in_the_order_of_the_contract(clinic: Clinic) -> None:
    booked = clinic.booked()
    check_table(booked, APPOINTMENT)
    for name in ("service", "staff", "patient"):
        check_table(booked[name], WITHIN[name])


def test_what_is_not_known_is_null_and_nothing_else_is(clinic: Clinic) -> None:
    """The zone is known even when the client sends none: it is the business's."""
    booked = clinic.booked()
    assert {name for name in NAMES if booked[name] is None} == NULLABLE - {"patientTimezone"}
    assert booked["service"]["alias"] is None


def test_what_is_known_is_told(clinic: Clinic) -> None:
    place = LocationFactory(business=clinic.business)
    clinic.service.location = place
    clinic.service.location_type = "in_person"
    clinic.service.location_value = "Room 2"
    clinic.service.alias = "consultation"
    clinic.service.save()
    second = StaffFactory(business=clinic.business)
    question = BookingQuestion.objects.create(
        business=clinic.business,
        service=clinic.service,
        variable_name="age",
        question="How old are you?",
        kind=QuestionKind.NUMBER,
    )
    booked = clinic.booked(
        additionalStaffIds=[str(second.pk)],
        answers=[{"id": str(question.pk), "answer": 44}],
        clientTimezone="America/New_York",
        notes="Uses the side door.",
        paymentId="pi_1",
        paymentProvider="stripe",
        tags=["new", "referred"],
    )
    check_table(booked, APPOINTMENT)
    check_table(booked["location"], WITHIN["location"])
    told = {
        name: booked[name] for name in NAMES if name not in ("id", "rescheduleUrl", "cancelUrl")
    }
    staff, patient = clinic.staff, clinic.patient
    assert told == {
        "createdAt": "2026-07-01T08:00:00.000Z",
        "updatedAt": "2026-07-01T08:00:00.000Z",
        "service": {
            "id": str(clinic.service.pk),
            "name": clinic.service.name,
            "alias": "consultation",
        },
        "staff": {"id": str(staff.pk), "name": staff.name, "email": staff.email},
        "patient": {"id": str(patient.pk), "name": patient.name, "email": patient.email},
        "location": {"id": str(place.pk), "name": "Main house", "address": "1 River Street"},
        "serviceId": str(clinic.service.pk),
        "staffId": str(staff.pk),
        "staffName": staff.name,
        "patientId": str(patient.pk),
        "additionalStaffIds": [str(second.pk)],
        "date": "2026-07-02T09:00:00.000Z",
        "originalDate": None,
        "duration": 30,
        "price": 3000,
        "currency": "gbp",
        "groupBookingId": None,
        "cancelled": False,
        "approved": True,
        "patientTimezone": "America/New_York",
        "locationType": "in_person",
        "locationValue": "Room 2",
        "paymentProvider": "stripe",
        "paymentId": "pi_1",
        "answers": [
            {
                "id": str(question.pk),
                "variableName": "age",
                "question": "How old are you?",
                "answer": 44,
            }
        ],
        "recurringAppointmentId": None,
        "rrule": None,
        "recurrence": None,
        "tags": ["new", "referred"],
        "endDate": "2026-07-02T09:30:00.000Z",
        "status": "booked",
        "overbooked": False,
        "notes": "Uses the side door.",
        "source": "api",
    }
    assert list(booked["answers"][0]) == ["id", "variableName", "question", "answer"]


def test_a_patient_may_have_no_email(clinic: Clinic) -> None:
    clinic.patient.email = None
    clinic.patient.save()
    assert clinic.booked()["patient"] == {
        "id": str(clinic.patient.pk),
        "name": clinic.patient.name,
        "email": None,
    }


def test_the_links_of_the_patient_carry_one_token(clinic: Clinic, settings: Any) -> None:
    settings.PUBLIC_URL = "https://book.clinic.example"
    booked = clinic.booked()
    token = Appointment.objects.get(pk=booked["id"]).link_token
    page = f"https://book.clinic.example/{clinic.business.alias}/appointments/{booked['id']}"
    assert len(token) == 32
    assert set(token) <= set("0123456789abcdef")
    assert booked["rescheduleUrl"] == f"{page}/reschedule?token={token}"
    assert booked["cancelUrl"] == f"{page}/cancel?token={token}"


def test_the_schema_promises_the_names_that_are_sent(clinic: Clinic) -> None:
    booked = clinic.booked()
    fields = AppointmentOutput().fields
    assert list(fields) == list(booked)
    assert {name for name, field in fields.items() if field.allow_null} == NULLABLE
    for name, table in WITHIN.items():
        inner: Any = fields[name]
        assert [(one, field.allow_null) for one, field in inner.fields.items()] == [
            (one, nullable) for one, _, nullable in table
        ]
    answer: Any = fields["answers"]
    assert list(answer.child.fields) == ["id", "variableName", "question", "answer"]


def test_a_create_answers_201_and_says_where_the_appointment_is(clinic: Clinic) -> None:
    reply = clinic.book()
    assert reply.status == 201
    assert list(reply.json) == ["data"]
    assert reply.headers["Location"] == clinic.path(reply.data["id"])
    there = clinic.send("GET", reply.headers["Location"])
    assert (there.status, there.content) == (200, reply.content)
    assert there.headers["ETag"] == reply.headers["ETag"]


def test_the_etag_follows_what_is_told(clinic: Clinic) -> None:
    first = clinic.book()
    assert clinic.get(first.data["id"]).headers["ETag"] == first.headers["ETag"]
    clinic.patient.name = "Somebody Else"
    clinic.patient.save()
    assert clinic.get(first.data["id"]).headers["ETag"] != first.headers["ETag"]


def test_the_root_and_v1_answer_alike(clinic: Clinic) -> None:
    booked = clinic.booked()
    other = clinic.booked(prefix="", date=wire(TEN + timedelta(hours=1)))
    span = "?startDate=2026-07-02T00:00:00Z&endDate=2026-07-03T00:00:00Z"
    for rest in (clinic.path(booked["id"]), clinic.path(other["id"]), clinic.path() + span):
        under_v1 = clinic.send("GET", rest)
        at_root = clinic.send("GET", rest.removeprefix("/v1"))
        assert under_v1.status == 200
        assert (at_root.status, at_root.content) == (200, under_v1.content)
        assert at_root.headers.get("ETag") == under_v1.headers.get("ETag")
    at_root = clinic.book(prefix="", date="soon")
    assert at_root.status == 400
    assert at_root.content == clinic.book(date="soon").content


def test_the_location_header_is_under_v1_wherever_the_booking_came_in(clinic: Clinic) -> None:
    reply = clinic.book(prefix="")
    assert reply.headers["Location"] == clinic.path(reply.data["id"], prefix="/v1")


def test_ids_are_taken_in_any_case_and_told_in_lower_case(clinic: Clinic) -> None:
    reply = clinic.send(
        "POST",
        clinic.path().replace(str(clinic.business.pk), str(clinic.business.pk).upper()),
        content=b"""{"date": "2026-07-02T10:00:00+01:00", "duration": 30,
            "patientId": "%s", "serviceId": "%s", "staffId": "%s"}"""
        % tuple(
            str(one.pk).upper().encode() for one in (clinic.patient, clinic.service, clinic.staff)
        ),
    )
    assert reply.status == 201
    check_table(reply.data, APPOINTMENT)
    shouted = clinic.get(reply.data["id"].upper())
    assert (shouted.status, shouted.content) == (200, reply.content)


def test_times_are_told_in_utc_with_milliseconds(clinic: Clinic) -> None:
    booked = clinic.booked(date="2026-07-02T10:00:00.1239+01:00")
    assert booked["date"] == "2026-07-02T09:00:00.123Z"
    assert booked["endDate"] == "2026-07-02T09:30:00.123Z"
    assert clinic.get(booked["id"]).data["date"] == "2026-07-02T09:00:00.123Z"


def test_an_appointment_that_does_not_exist_is_404(clinic: Clinic) -> None:
    booked = clinic.booked()
    missing = booked["id"][:-4] + ("0000" if booked["id"][-4:] != "0000" else "1111")
    assert clinic.get(missing).refused == (404, "not_found")


def test_a_cancelled_appointment_is_still_told(clinic: Clinic) -> None:
    booked = clinic.booked()
    cancel(booked["id"])
    told = clinic.get(booked["id"]).data
    assert (told["cancelled"], told["status"]) == (True, "cancelled")


# --- The list ---------------------------------------------------------------------------------


def test_a_list_wraps_what_it_found_and_counts_it(clinic: Clinic) -> None:
    booked = clinic.booked()
    reply = clinic.list(TEN, TEN + timedelta(hours=1))
    assert reply.status == 200
    assert reply.json == {"data": [booked], "meta": {"totalCount": 1}}
    assert list(reply.json) == ["data", "meta"]
    check_table(reply.data[0], APPOINTMENT)


def test_an_empty_list_is_a_list(clinic: Clinic) -> None:
    reply = clinic.list(TEN, TEN + timedelta(hours=1))
    assert (reply.status, reply.json) == (200, {"data": [], "meta": {"totalCount": 0}})


def test_a_list_takes_in_its_start_and_leaves_out_its_end(clinic: Clinic) -> None:
    """By the start of the visit: one that began before and still goes on is not in it."""
    starts = [TEN, TEN + timedelta(minutes=30), TEN + timedelta(minutes=60)]
    ids = [clinic.booked(date=wire(start))["id"] for start in starts]

    def found(start: datetime, end: datetime) -> list[str]:
        return [one["id"] for one in clinic.list(start, end).data]

    moment = timedelta(milliseconds=1)
    assert found(starts[0], starts[2]) == ids[:2]
    assert found(starts[0], starts[2] + moment) == ids
    assert found(starts[0] + moment, starts[2]) == ids[1:2]
    assert found(starts[0] + moment, starts[1]) == []


def test_a_list_is_ordered_by_start_then_id(clinic: Clinic) -> None:
    others = [StaffFactory(business=clinic.business) for _ in range(4)]
    later = clinic.booked(date=wire(TEN + timedelta(hours=1)))["id"]
    together = [clinic.booked(staffId=str(one.pk))["id"] for one in reversed(others)]
    earlier = clinic.booked(date=wire(TEN - timedelta(hours=1)))["id"]
    told = [one["id"] for one in clinic.list(TEN - timedelta(days=1), TEN + timedelta(days=1)).data]
    assert told == [earlier, *sorted(together), later]


def test_a_list_can_be_read_in_pages(clinic: Clinic) -> None:
    ids = [
        clinic.booked(date=wire(TEN + timedelta(minutes=30 * number)))["id"] for number in range(5)
    ]
    day = (TEN, TEN + timedelta(days=1))

    def page(more: str) -> tuple[list[str], int]:
        reply = clinic.list(*day, more)
        return [one["id"] for one in reply.data], reply.json["meta"]["totalCount"]

    assert page("") == (ids, 5)
    assert page("&limit=2") == (ids[:2], 5)
    assert page("&limit=2&offset=2") == (ids[2:4], 5)
    assert page("&limit=50&offset=4") == (ids[4:], 5)
    assert page("&offset=3") == (ids[3:], 5)
    assert page("&offset=10000") == ([], 5)


@pytest.mark.parametrize(
    ("more", "field", "code"),
    [
        ("&limit=0", "limit", "min_value"),
        ("&limit=51", "limit", "max_value"),
        ("&limit=-1", "limit", "invalid"),
        ("&limit=ten", "limit", "invalid"),
        ("&limit=1.0", "limit", "invalid"),
        ("&limit=", "limit", "invalid"),
        ("&limit=" + "9" * 5000, "limit", "invalid"),
        ("&limit=%D9%A3", "limit", "invalid"),
        ("&limit=5&limit=6", "limit", "repeated"),
        ("&offset=-1", "offset", "invalid"),
        ("&offset=10001", "offset", "max_value"),
        ("&offset=null", "offset", "invalid"),
        ("&page=2", "page", "unknown_field"),
        ("&startDate=2026-07-02T00:00:00Z", "startDate", "repeated"),
    ],
)
def test_a_page_out_of_bounds_is_refused(clinic: Clinic, more: str, field: str, code: str) -> None:
    reply = clinic.list(TEN, TEN + timedelta(days=1), more)
    assert (reply.status, reply.wrong) == (400, [(field, code)])


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("", [("startDate", "required"), ("endDate", "required")]),
        ("?startDate=2026-07-02T00:00:00Z", [("endDate", "required")]),
        ("?startDate=&endDate=2026-07-03T00:00:00Z", [("startDate", "invalid")]),
        ("?startDate=2026-07-02&endDate=2026-07-03T00:00:00Z", [("startDate", "invalid")]),
        (
            "?startDate=2026-07-02T00:00:00Z&endDate=2026-07-02T00:00:00Z",
            [("endDate", "invalid")],
        ),
        (
            "?startDate=2026-07-03T00:00:00Z&endDate=2026-07-02T00:00:00Z",
            [("endDate", "invalid")],
        ),
        (
            "?startDate=0001-01-01T00:00:00Z&endDate=9999-12-31T23:59:59Z",
            [("startDate", "out_of_range"), ("endDate", "out_of_range")],
        ),
        (
            "?startDate=2026-03-29T01:30:00&endDate=2026-07-02T00:00:00Z",
            [("startDate", "nonexistent_local_time")],
        ),
        (
            "?startDate=2026-07-02T00:00:00Z&endDate=2026-10-25T01:30:00",
            [("endDate", "ambiguous_local_time")],
        ),
        ("?startDate=%00&endDate=%FF%FE", [("startDate", "invalid"), ("endDate", "invalid")]),
    ],
)
def test_a_list_needs_a_range_that_goes_forward(
    clinic: Clinic, query: str, wrong: list[tuple[str, str]]
) -> None:
    reply = clinic.get(query=query)
    assert (reply.status, reply.wrong) == (400, wrong)


def test_a_range_without_offsets_is_in_the_zone_of_the_business(clinic: Clinic) -> None:
    booked = clinic.booked()  # ten in London is nine in UTC
    assert clinic.list("2026-07-02T10:00", "2026-07-02T10:01").data == [booked]
    assert clinic.list("2026-07-02T09:00", "2026-07-02T10:00").data == []


def test_a_plus_sign_that_was_not_encoded_is_refused_and_not_misread(clinic: Clinic) -> None:
    reply = clinic.list("2026-07-02T10:00:00+01:00", TEN + timedelta(days=1))
    assert (reply.status, reply.wrong) == (400, [("startDate", "invalid")])
    encoded = clinic.list("2026-07-02T10:00:00%2B01:00", TEN + timedelta(days=1))
    assert encoded.status == 200


def test_a_list_without_limit_is_refused_when_it_would_be_too_long(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "MOST_ROWS", 2)
    for number in range(2):
        clinic.booked(date=wire(TEN + timedelta(minutes=30 * number)))
    day = (TEN, TEN + timedelta(days=1))
    assert len(clinic.list(*day).data) == 2
    clinic.booked(date=wire(TEN + timedelta(minutes=60)))
    reply = clinic.list(*day)
    assert reply.refused == (400, "range_too_large")
    assert reply.wrong == [("endDate", "range_too_large")]
    paged = clinic.list(*day, "&limit=50")
    assert (len(paged.data), paged.json["meta"]) == (3, {"totalCount": 3})


def test_a_list_holds_only_what_is_of_the_business(clinic: Clinic, other_clinic: Clinic) -> None:
    mine, theirs = clinic.booked(), other_clinic.booked()
    day = (TEN, TEN + timedelta(days=1))
    assert clinic.list(*day).json == {"data": [mine], "meta": {"totalCount": 1}}
    assert other_clinic.list(*day).json == {"data": [theirs], "meta": {"totalCount": 1}}


def test_reading_needs_no_right_to_write(clinic: Clinic) -> None:
    booked = clinic.booked()
    reader = api_key(clinic.business, "appointments:read")
    reply = clinic.send(
        "GET", clinic.path(booked["id"]), headers={"Authorization": f"Bearer {reader}"}
    )
    assert (reply.status, reply.data) == (200, booked)


def test_a_list_never_changes_anything(clinic: Clinic, nothing_written: None) -> None:
    assert clinic.list(TEN, TEN + timedelta(days=1)).status == 200
    assert clinic.send("HEAD", clinic.path() + "?startDate=x").content == b""
