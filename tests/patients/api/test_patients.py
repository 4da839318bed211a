"""Patients over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from patients.models import Patient
from tests.appointments.api.clinic import Clinic, Reply, counted, nothing_is_written
from tests.contract import DAY, ID, TEXT, TIME, Table, check_table, nullable
from tests.factories import PatientFactory, StaffFactory, api_key

PATIENT: Table = [
    ("id", ID, False),
    ("createdAt", TIME, False),
    ("updatedAt", TIME, False),
    ("archivedAt", TIME, True),
    ("archivedReason", TEXT, True),
    ("email", TEXT, True),
    ("name", TEXT, False),
    ("phoneMobile", TEXT, True),
    ("biologicalSex", TEXT, True),
    ("gender", TEXT, True),
    ("timezone", TEXT, True),
    ("dob", DAY, True),
    ("height", float, True),
    ("weight", float, True),
]
PATH = "patients"
ADA = {"name": "Ada", "email": "ada@mail.example"}
# Everything that may be said of somebody.
WHOLE = ADA | {
    "phoneMobile": "+44 20 7946 0958",
    "dob": "1980-02-29",
    "biologicalSex": "FEMALE",
    "gender": "woman",
    "timezone": "Asia/Tokyo",
    "height": 170.5,
    "weight": 60,
}


@pytest.fixture
def clinic(clinic: Clinic) -> Clinic:
    """A clinic that has seen nobody yet."""
    Patient.objects.all().delete()
    return clinic


def post(clinic: Clinic, **body: Any) -> Reply:
    return clinic.ask("POST", PATH, body=ADA | body)


def made(clinic: Clinic, **body: Any) -> Any:
    reply = post(clinic, **body)
    assert reply.status == 201, reply.content
    return reply.data


def named(clinic: Clinic, *names: str) -> list[Any]:
    return [made(clinic, name=name, email=f"{name}@mail.example".lower()) for name in names]


def put(clinic: Clinic, patient: Any, **body: Any) -> Any:
    """The patient as a change answers it, which is not wrapped."""
    reply = clinic.ask("PUT", PATH, patient["id"], body=body)
    assert reply.status == 200, reply.content
    assert clinic.ask("GET", PATH, patient["id"]).data == reply.json
    return reply.json


def names(reply: Reply) -> list[str]:
    return [one["name"] for one in reply.data]


# --- Adding -------------------------------------------------------------------------------------


def test_a_new_patient_is_told_as_they_are_stored(clinic: Clinic) -> None:
    reply = post(clinic, **WHOLE, primaryStaffId=str(clinic.staff.pk))
    assert reply.status == 201
    check_table(reply.data, PATIENT)
    stored = Patient.objects.get()
    assert reply.data == WHOLE | {
        "id": str(stored.pk),
        "createdAt": "2026-07-01T08:00:00.000Z",
        "updatedAt": "2026-07-01T08:00:00.000Z",
        "archivedAt": None,
        "archivedReason": None,
    }
    assert stored.primary_staff_id == clinic.staff.pk
    assert reply.headers["Location"] == f"/v1/businesses/{clinic.business.pk}/{PATH}/{stored.pk}"
    there = clinic.ask("GET", PATH, stored.pk)
    assert (there.content, there.headers["ETag"]) == (reply.content, reply.headers["ETag"])


def test_what_is_not_known_of_a_patient_is_null(clinic: Clinic) -> None:
    patient = made(clinic)
    check_table(patient, PATIENT)
    assert {name for name, value in patient.items() if value is None} == nullable(PATIENT) - {
        "email"
    }
    # Whoever came by telephone has no address; the desk knows no more.
    desk = PatientFactory(business=clinic.business, email=None)
    assert clinic.ask("GET", PATH, desk.pk).data["email"] is None


@pytest.mark.parametrize("mode", [{}, {"mode": "upsert"}])
def test_an_upsert_updates_who_has_that_address_and_leaves_the_rest(
    clinic: Clinic, clock: Any, mode: dict[str, str]
) -> None:
    before = made(clinic, **WHOLE)
    clock.shift(60)
    reply = post(clinic, name="Ada L", email="ADA@mail.example", height=None, **mode)
    assert reply.status == 200
    assert reply.data == before | {
        "updatedAt": "2026-07-01T08:01:00.000Z",
        "name": "Ada L",
        "email": "ADA@mail.example",
        "height": None,
    }
    assert clinic.ask("GET", PATH).data == [reply.data]


def test_an_upsert_of_an_archived_patient_changes_them_and_leaves_them_archived(
    clinic: Clinic,
) -> None:
    patient = made(clinic)
    clinic.ask("DELETE", PATH, patient["id"], query="?reason=moved")
    reply = post(clinic, gender="woman")
    assert reply.status == 200
    assert (reply.data["gender"], reply.data["archivedAt"], reply.data["archivedReason"]) == (
        "woman",
        "2026-07-01T08:00:00.000Z",
        "moved",
    )


@pytest.mark.parametrize("email", [ADA["email"], "Ada@Mail.Example"])
def test_a_create_of_a_known_address_is_refused(clinic: Clinic, email: str) -> None:
    patient = made(clinic)
    with nothing_is_written():
        assert post(clinic, mode="create", name="Eve", email=email).refused == (409, "email_taken")
    assert clinic.ask("GET", PATH).data == [patient]


def test_the_same_address_in_two_businesses_is_two_patients(
    clinic: Clinic, other_clinic: Clinic
) -> None:
    ours, theirs = made(clinic), made(other_clinic, mode="create", name="Another Ada")
    assert ours["id"] != theirs["id"]
    assert clinic.ask("GET", PATH, ours["id"]).data == ours


# --- Finding ------------------------------------------------------------------------------------


def test_patients_are_listed_ten_at_a_time_by_name_then_id(clinic: Clinic) -> None:
    same = [made(clinic, name="Bo", email=f"bo{number}@mail.example") for number in range(10)]
    first, last = named(clinic, "Ada", "Cy")
    reply = clinic.ask("GET", PATH)
    assert reply.json == {"data": [first, *same[:9]], "meta": {"totalCount": 12}}
    rest = clinic.ask("GET", PATH, query="?offset=10&limit=50")
    assert rest.json == {"data": [same[9], last], "meta": {"totalCount": 12}}


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("zoe", ["Zoë Adams"]),
        ("adams", ["Bo Adamson", "Zoë Adams"]),  # by name, not the shortest first
        ("adams+bo", ["Bo Adamson"]),
        ("2079460958", ["Cy Young"]),
        ("29.2.1980", ["Cy Young"]),
        ("bo%40mail", ["Bo Adamson"]),
        ("", ["Bo Adamson", "Cy Young", "Zoë Adams"]),
        ("nobody", []),
    ],
)
def test_patients_are_found_as_the_desk_finds_them(
    clinic: Clinic, typed: str, found: list[str]
) -> None:
    made(clinic, name="Zoë Adams", email="z@mail.example")
    made(clinic, name="Bo Adamson", email="bo@mail.example")
    made(clinic, **WHOLE | {"name": "Cy Young", "email": "cy@mail.example"})
    assert names(clinic.ask("GET", PATH, query=f"?search={typed}")) == found


def test_a_patient_is_found_by_the_whole_address_in_any_case(clinic: Clinic) -> None:
    ada, _ = named(clinic, "Ada", "Bada")
    assert clinic.ask("GET", PATH, query="?email=ADA@Mail.example").data == [ada]
    assert clinic.ask("GET", PATH, query="?email=da@mail.example").data == []


def test_archived_patients_are_left_out_unless_asked_for(clinic: Clinic) -> None:
    gone, _ = named(clinic, "Ada", "Bo")
    clinic.ask("DELETE", PATH, gone["id"])
    for query, found in (
        ("", ["Bo"]),
        ("?includeArchived=false", ["Bo"]),
        ("?includeArchived=true", ["Ada", "Bo"]),
        ("?includeArchived=1&search=ada", ["Ada"]),
        ("?search=ada", []),
        ("?email=ada@mail.example", []),
    ):
        assert names(clinic.ask("GET", PATH, query=query)) == found, query


def test_whoever_keeps_a_copy_is_told_of_the_archived_too(clinic: Clinic, clock: Any) -> None:
    gone, _same, _changed = named(clinic, "Ada", "Bo", "Cy")
    clock.shift(60)
    clinic.ask("DELETE", PATH, gone["id"])
    put(clinic, _changed, name="Cyd")
    since = "updatedSince=2026-07-01T08:01:00Z"
    assert names(clinic.ask("GET", PATH, query=f"?{since}")) == ["Ada", "Cyd"]
    assert names(clinic.ask("GET", PATH, query=f"?{since}&includeArchived=false")) == ["Cyd"]


def test_patients_of_others_are_found_by_nobody(clinic: Clinic, other_clinic: Clinic) -> None:
    patient = made(clinic)
    query = f"?search=ada&email={ADA['email']}&includeArchived=true"
    assert clinic.ask("GET", PATH, query=query).data == [patient]
    assert other_clinic.ask("GET", PATH, query=query).data == []
    with nothing_is_written():
        for method, body in (("GET", None), ("PUT", {"name": "Eve"}), ("DELETE", None)):
            reply = other_clinic.ask(method, PATH, patient["id"], body=body)
            assert reply.refused == (404, "not_found")


# --- Changing -----------------------------------------------------------------------------------


def test_what_a_change_leaves_out_stays(clinic: Clinic, clock: Any) -> None:
    before = made(clinic, **WHOLE)
    clock.shift(60)
    after = put(clinic, before, gender="man")
    assert after == before | {"gender": "man", "updatedAt": "2026-07-01T08:01:00.000Z"}
    assert list(after) == [name for name, _, _ in PATIENT]


@pytest.mark.parametrize("name", sorted(WHOLE.keys() - {"name"}))
def test_null_empties(clinic: Clinic, name: str) -> None:
    before = made(clinic, **WHOLE)
    assert put(clinic, before, **{name: None}) == before | {name: None}


def test_who_usually_sees_a_patient_can_be_changed_and_emptied(clinic: Clinic) -> None:
    patient = made(clinic, primaryStaffId=str(clinic.staff.pk))
    second = StaffFactory(business=clinic.business)
    for staff_id in (second.pk, None):
        put(clinic, patient, primaryStaffId=staff_id and str(staff_id))
        assert Patient.objects.get().primary_staff_id == staff_id


def test_an_address_that_another_patient_has_is_refused(clinic: Clinic) -> None:
    ada, bo = named(clinic, "Ada", "Bo")
    with nothing_is_written():
        reply = clinic.ask("PUT", PATH, bo["id"], body={"name": "x", "email": "ADA@mail.example"})
        assert reply.refused == (409, "email_taken")
    assert clinic.ask("GET", PATH).data == [ada, bo]


# --- Archiving ----------------------------------------------------------------------------------


def test_a_deleted_patient_is_archived_and_still_told(clinic: Clinic, clock: Any) -> None:
    patient = made(clinic)
    clock.shift(60)
    reply = clinic.ask("DELETE", PATH, patient["id"], query="?reason=Moved+away")
    assert (reply.status, reply.content) == (204, b"")
    assert clinic.ask("GET", PATH, patient["id"]).data == patient | {
        "updatedAt": "2026-07-01T08:01:00.000Z",
        "archivedAt": "2026-07-01T08:01:00.000Z",
        "archivedReason": "Moved away",
    }


def test_a_second_delete_keeps_the_first_moment_and_reason(clinic: Clinic, clock: Any) -> None:
    patient = made(clinic)
    clinic.ask("DELETE", PATH, patient["id"], query="?reason=Moved")
    first = clinic.ask("GET", PATH, patient["id"])
    clock.shift(60)
    with nothing_is_written():
        again = clinic.ask("DELETE", PATH, patient["id"], query="?reason=Other")
    assert (again.status, again.content) == (204, b"")
    assert clinic.ask("GET", PATH, patient["id"]).content == first.content


def test_an_archived_patient_can_be_restored(clinic: Clinic) -> None:
    patient = made(clinic)
    clinic.ask("DELETE", PATH, patient["id"], query="?reason=Moved")
    assert put(clinic, patient, archived=False) == patient
    assert put(clinic, patient, archived=False) == patient


def test_a_change_may_archive_too_and_keeps_the_first_moment(clinic: Clinic, clock: Any) -> None:
    patient = made(clinic)
    first = put(clinic, patient, archived=True)
    assert first == patient | {"archivedAt": "2026-07-01T08:00:00.000Z"}
    clock.shift(60)
    assert put(clinic, patient, archived=True)["archivedAt"] == first["archivedAt"]


def test_an_archived_patient_is_not_booked_until_restored(clinic: Clinic) -> None:
    patient = made(clinic)
    clinic.ask("DELETE", PATH, patient["id"])
    with nothing_is_written():
        assert clinic.book(patientId=patient["id"]).refused == (400, "patient_archived")
    put(clinic, patient, archived=False)
    assert clinic.book(patientId=patient["id"]).status == 201


# --- Refusals -----------------------------------------------------------------------------------

# For a create and for a change.
BAD_FIELDS: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({"name": ""}, [("name", "blank")]),
    ({"name": None}, [("name", "null")]),
    ({"name": "x" * 201}, [("name", "max_length")]),
    ({"email": "ada"}, [("email", "invalid")]),
    ({"email": ""}, [("email", "blank")]),
    ({"phoneMobile": 5}, [("phoneMobile", "invalid")]),
    ({"phoneMobile": "1" * 51}, [("phoneMobile", "max_length")]),
    ({"primaryStaffId": "x"}, [("primaryStaffId", "invalid")]),
    (
        {"primaryStaffId": "0190b5b2-7c1e-7000-8000-3c5f9a1d2e4b"},
        [("primaryStaffId", "staff_not_found")],
    ),
    ({"dob": "29.2.1980"}, [("dob", "invalid")]),
    ({"dob": "1981-02-29"}, [("dob", "invalid")]),
    ({"biologicalSex": "female"}, [("biologicalSex", "invalid_choice")]),
    ({"gender": "x" * 101}, [("gender", "max_length")]),
    ({"timezone": "Mars/Olympus"}, [("timezone", "unknown_zone")]),
    ({"height": 300.5}, [("height", "max_value")]),
    ({"height": "170"}, [("height", "invalid")]),
    ({"weight": -1}, [("weight", "min_value")]),
    ({"name": "a\x00b"}, [("name", "bad_character")]),
    ({"age": 5}, [("age", "unknown_field")]),
    ({"dob": "x", "timezone": "x"}, [("dob", "invalid"), ("timezone", "unknown_zone")]),
]


@pytest.mark.parametrize(("body", "wrong"), BAD_FIELDS)
def test_a_bad_body_is_refused_and_nothing_is_written(
    clinic: Clinic, body: dict[str, Any], wrong: list[tuple[str, str]]
) -> None:
    patient = made(clinic, **WHOLE)
    with nothing_is_written():
        assert post(clinic, **{"email": "new@mail.example"} | body).wrong == wrong
        assert post(clinic, **body).wrong == wrong
        assert clinic.ask("PUT", PATH, patient["id"], body=body).wrong == wrong
    assert clinic.ask("GET", PATH).data == [patient]


def test_what_a_new_patient_needs_is_named(clinic: Clinic) -> None:
    with nothing_is_written():
        reply = clinic.ask("POST", PATH, body={"mode": "replace"})
        assert reply.wrong == [
            ("name", "required"),
            ("email", "required"),
            ("mode", "invalid_choice"),
        ]
        assert clinic.ask("POST", PATH, body=ADA | {"email": None}).wrong == [("email", "null")]
        assert post(clinic, archived=False).wrong == [("archived", "unknown_field")]


def test_staff_of_others_see_nobody_of_ours(clinic: Clinic, other_clinic: Clinic) -> None:
    with nothing_is_written():
        reply = post(clinic, primaryStaffId=str(other_clinic.staff.pk))
        assert reply.wrong == [("primaryStaffId", "staff_not_found")]


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("?limit=51", ("limit", "max_value")),
        ("?search=a&search=b", ("search", "repeated")),
        ("?search=%00", ("search", "bad_character")),
        ("?email=ada", ("email", "invalid")),
        ("?includeArchived=yes", ("includeArchived", "invalid")),
        ("?updatedSince=now", ("updatedSince", "invalid")),
    ],
)
def test_a_bad_query_is_refused(clinic: Clinic, query: str, wrong: tuple[str, str]) -> None:
    assert clinic.ask("GET", PATH, query=query).wrong == [wrong]


def test_an_unknown_parameter_is_told_which_are_known(clinic: Clinic) -> None:
    (wrong,) = clinic.ask("GET", PATH, query="?name=ada").error["fields"]
    assert (wrong["code"], wrong["title"]) == (
        "unknown_field",
        "There is no such parameter; known are updatedSince, search, email, includeArchived, "
        "limit, offset.",
    )
    reply = clinic.ask("DELETE", PATH, made(clinic)["id"], query="?why=x")
    assert reply.wrong == [("why", "unknown_field")]
    assert Patient.objects.get().archived_at is None


def test_what_the_client_has_is_not_sent_again(clinic: Clinic) -> None:
    patient = made(clinic)
    for path in ((PATH,), (PATH, patient["id"])):
        etag = clinic.ask("GET", *path).headers["ETag"]
        again = clinic.ask("GET", *path, have=etag)
        assert (again.status, again.content, again.headers["ETag"]) == (304, b"", etag)
        put(clinic, patient, name=str(path))
        changed = clinic.ask("GET", *path, have=etag)
        assert (changed.status, changed.headers["ETag"] != etag) == (200, True)


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_who_has_seen_something_else_changes_nothing(clinic: Clinic, method: str) -> None:
    patient = made(clinic)
    seen = clinic.ask("GET", PATH, patient["id"]).headers["ETag"]
    body = {"name": "Third"} if method == "PUT" else None
    after = clinic.ask("PUT", PATH, patient["id"], body={"name": "Second"}, match=seen)
    with nothing_is_written():
        reply = clinic.ask(method, PATH, patient["id"], body=body, match=seen)
        assert reply.refused == (412, "stale")
    assert clinic.ask("GET", PATH, patient["id"]).data == after.json
    etag = after.headers["ETag"]
    assert clinic.ask(method, PATH, patient["id"], body=body, match=etag).status in (200, 204)


def test_the_history_says_which_key_wrote(clinic: Clinic) -> None:
    patient = made(clinic)
    post(clinic, name="Second")
    clinic.ask("DELETE", PATH, patient["id"])
    events = Patient.pgh_event_model.objects.filter(pgh_obj_id=patient["id"])  # type: ignore[attr-defined]
    written = [
        (one.pgh_label, one.pgh_context["name"], one.pgh_context["source"])
        for one in events.order_by("pgh_id")
    ]
    assert written == [(label, "Tests", "api") for label in ("insert", "update", "update")]


@pytest.mark.parametrize("count", [1, 3])
def test_how_many_statements_a_request_sends(real_clinic: Clinic, count: int) -> None:
    Patient.objects.all().delete()
    first, *_ = named(real_clinic, *("Ada", "Bo", "Cy")[:count])
    one = (PATH, first["id"])
    # The key, the count, the rows.
    listed = "?search=mail&email=ada@mail.example&includeArchived=true"
    assert counted(lambda: real_clinic.ask("GET", PATH)) == (200, 3)
    assert counted(lambda: real_clinic.ask("GET", PATH, query=listed)) == (200, 3)
    assert counted(lambda: real_clinic.ask("GET", *one)) == (200, 2)
    # The key, BEGIN, the signature, the row, its change, COMMIT.
    assert counted(lambda: real_clinic.ask("PUT", *one, body={"name": "x"})) == (200, 6)
    assert counted(lambda: real_clinic.ask("DELETE", *one)) == (204, 6)
    assert counted(lambda: real_clinic.ask("DELETE", *one)) == (204, 5)
    # The key, BEGIN, the signature, the row or nothing, who has the address, COMMIT.
    assert counted(lambda: post(real_clinic, email="new@mail.example")) == (201, 6)
    assert counted(lambda: post(real_clinic, email="new@mail.example")) == (200, 7)


def test_a_key_that_may_only_read_writes_nothing(clinic: Clinic) -> None:
    patient = made(clinic)
    token = api_key(clinic.business, "patients:read")
    assert clinic.ask("GET", PATH, token=token).data == [patient]
    assert clinic.ask("GET", PATH, patient["id"], token=token).data == patient
    other = api_key(clinic.business, "appointments:read", "patients:write")
    with nothing_is_written():
        for method, path in (("POST", ()), ("PUT", (patient["id"],)), ("DELETE", (patient["id"],))):
            reply = clinic.ask(method, PATH, *path, body=ADA, token=token)
            assert reply.refused == (403, "missing_scope")
        for path in ((), (patient["id"],)):
            assert clinic.ask("GET", PATH, *path, token=other).refused == (403, "missing_scope")
