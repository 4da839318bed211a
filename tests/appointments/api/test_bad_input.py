"""Whatever is sent: never a 5xx, always the envelope with the field named, and nothing written.

Ids of other businesses, of archived patients, of disabled services and staff are in
`test_create_rules`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from businesses.models import BookingQuestion, QuestionKind
from staff.roles import Role
from tests.appointments.api.clinic import (
    JSON,
    TEN,
    Clinic,
    Reply,
    anything_booked,
    row_counts,
    sent,
    wire,
)
from tests.factories import member
from tests.soak import FACTOR

ACCEPTED = "accepted"
MALFORMED = (400, "malformed_json")
Outcome = str | tuple[int, str] | list[tuple[str, str]]


def outcome(reply: Reply) -> Outcome:
    """Accepted; or the wrong fields, each with its code; or, without fields, status and code."""
    if reply.status == 201:
        return ACCEPTED
    return reply.wrong if reply.status == 400 and "fields" in reply.error else reply.refused


def tried(clinic: Clinic, content: bytes, **more: Any) -> Outcome:
    """What a create answers to these bytes; taken back afterwards, so that each is the first."""
    with transaction.atomic():
        reply = clinic.send("POST", clinic.path(), content=content, **more)
        assert reply.status < 500, (content[:200], reply.content)
        assert anything_booked() == (reply.status == 201), content[:200]
        transaction.set_rollback(True)
    return outcome(reply)


def with_field(clinic: Clinic, name: str, value: str) -> bytes:
    """A good body in which one field is this piece of JSON; of the last of two, none is left."""
    body = {key: json.dumps(one) for key, one in clinic.body().items()} | {name: value}
    pairs = ", ".join(f"{json.dumps(key)}: {one}" for key, one in body.items())
    return f"{{{pairs}}}".encode("utf-8", "surrogatepass")


def text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


LONG = "x" * 10_000
# Name: a piece of JSON. What each field makes of it stands in the tables below.
NOT_JSON = {
    "NaN": "NaN",
    "Infinity": "Infinity",
    "minus Infinity": "-Infinity",
    "a number that is too large": "1e400",
    "half a surrogate pair, escaped": '"\\ud800"',
    "half a surrogate pair, raw": '"\ud800"',
    "a raw control character": '"a\nb"',
    "single quotes": "'x'",
    "nothing": "",
    "a word": "undefined",
    "a leading zero": "030",
    "hexadecimal": "0x1e",
    "brackets": "[" * 100_000 + "]" * 100_000,
    "braces": '{"a":' * 40_000 + "1" + "}" * 40_000,
}
NUMBERS = {
    "zero": "0",
    "minus zero": "-0",
    "negative": "-30",
    "one": "1",
    "fractional": "30.5",
    "whole, with a fraction": "30.0",
    "with an exponent": "3e1",
    "beyond 32 bits": "2147483648",
    "beyond 64 bits": "9" * 25,
    "huge": "1e308",
    "tiny": "1e-320",
}
OTHERS = {
    "true": "true",
    "false": "false",
    "an object": '{"id": 1}',
    "an empty object": "{}",
    "nested": "[" * 500 + "]" * 500,
}
LISTS = {
    "an empty list": "[]",
    "a list": '["x"]',
    "a list of null": "[null]",
    "a list of lists": "[[], [[]]]",
}
TEXTS = {
    "empty": '""',
    "blank": '" \\t "',
    "a word in quotes": '"x"',
    "a number in quotes": '"30"',
    "null in quotes": '"null"',
    "NaN in quotes": '"NaN"',
    "emoji": text("👩‍⚕️🦷"),
    "right to left": text("\u202eabc\u200f"),
    "combining": text("e\u0301\u0301\u0301"),
    "not a character": text("\uffff\ufffe"),
    "a byte order mark": text("\ufeff"),
    "quotes and SQL": text("'; DROP TABLE patients; --\"\\"),
    "markup": text("<script>alert(1)</script>"),
    "a format": text("%s %(x)s {0} ${x}"),
}
TOO_LONG = {"long": text(LONG + "x"), "long, of emoji": text("👩" * 10_001)}
NUL = {"NUL": '"a\\u0000b"', "NUL alone": '"\\u0000"'}
STRINGS = TEXTS | TOO_LONG | NUL
EVERYTHING = NOT_JSON | NUMBERS | OTHERS | LISTS | STRINGS | {"null": "null"}


def all_of(values: Mapping[str, str], result: Outcome) -> dict[str, Outcome]:
    return dict.fromkeys(values, result)


def expected(name: str, code: str, *, null: str = "") -> dict[str, Outcome]:
    """Every value is refused for the field with one code, save those that are named."""
    return {
        **all_of(EVERYTHING, [(name, code)]),
        **all_of(NOT_JSON, MALFORMED),
        "null": [(name, null)] if null else ACCEPTED,
    }


def expected_text(name: str) -> dict[str, Outcome]:
    return {
        **expected(name, "invalid"),
        **all_of(TEXTS, ACCEPTED),
        **all_of(NUL, [(name, "bad_character")]),
        **all_of(TOO_LONG, [(name, "max_length")]),
    }


def expected_list(name: str, of_list: dict[str, Outcome]) -> dict[str, Outcome]:
    return {
        **expected(name, "not_a_list"),
        "an empty list": ACCEPTED,
        **of_list,
    }


FIELDS: dict[str, dict[str, Outcome]] = {
    "date": expected("date", "invalid", null="null"),
    "patientId": expected("patientId", "invalid", null="null"),
    "serviceId": expected("serviceId", "invalid", null="null"),
    "duration": {
        **expected("duration", "invalid", null="null"),
        "zero": [("duration", "min_value")],
        "minus zero": [("duration", "min_value")],
        "negative": [("duration", "min_value")],
        "one": [("duration", "duration_not_offered")],
        "beyond 32 bits": [("duration", "max_value")],
    },
    "staffId": expected("staffId", "invalid"),
    "clientTimezone": expected("clientTimezone", "unknown_zone"),
    "location": expected_text("location"),
    "additionalStaffIds": expected_list(
        "additionalStaffIds",
        {
            "a list": [("additionalStaffIds.0", "invalid")],
            "a list of null": [("additionalStaffIds.0", "null")],
            "a list of lists": [
                ("additionalStaffIds.0", "invalid"),
                ("additionalStaffIds.1", "invalid"),
            ],
            "nested": [("additionalStaffIds.0", "invalid")],
        },
    ),
    "answers": expected_list(
        "answers",
        {
            "a list": [("answers.0", "invalid")],
            "a list of null": [("answers.0", "null")],
            "a list of lists": [("answers.0", "invalid"), ("answers.1", "invalid")],
            "nested": [("answers.0", "invalid")],
        },
    ),
    "tags": expected_list(
        "tags",
        {
            "a list": ACCEPTED,
            "a list of null": [("tags.0", "null")],
            "a list of lists": [("tags.0", "invalid"), ("tags.1", "invalid")],
            "nested": [("tags.0", "invalid")],
        },
    ),
    "notes": expected_text("notes"),
    "paymentProvider": expected_text("paymentProvider"),
    "paymentId": expected_text("paymentId"),
    "rrule": {
        **expected_text("rrule"),
        **all_of(TEXTS, [("rrule", "invalid_rrule")]),
        "empty": ACCEPTED,
        "blank": ACCEPTED,
    },
    "skipConflicts": {
        **expected("skipConflicts", "invalid"),
        "true": [("skipConflicts", "needs_rrule")],
        "false": ACCEPTED,
    },
    "overrides": expected_list(
        "overrides",
        {
            "a list": [("overrides.0", "invalid")],
            "a list of null": [("overrides.0", "null")],
            "a list of lists": [("overrides.0", "invalid"), ("overrides.1", "invalid")],
            "nested": [("overrides.0", "invalid")],
        },
    ),
}


@pytest.mark.parametrize("name", FIELDS)
def test_whatever_a_field_is_sent_as(clinic: Clinic, name: str) -> None:
    assert {
        value: tried(clinic, with_field(clinic, name, written))
        for value, written in EVERYTHING.items()
    } == FIELDS[name]


def test_the_table_has_every_field_of_the_contract() -> None:
    assert list(FIELDS) == [
        "date",
        "patientId",
        "serviceId",
        "duration",
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


def test_what_is_required_and_what_may_be_left_out(clinic: Clinic) -> None:
    full = clinic.body(
        clientTimezone="UTC",
        location="x",
        additionalStaffIds=[],
        answers=[],
        tags=[],
        notes="",
        paymentProvider="",
        paymentId="",
        rrule="",
        skipConflicts=False,
        overrides=[],
    )
    assert full.keys() == FIELDS.keys()
    left_out = {
        name: tried(clinic, json.dumps({key: full[key] for key in full if key != name}).encode())
        for name in FIELDS
    }
    required = ("date", "patientId", "serviceId", "duration")
    assert left_out == {
        name: [(name, "required")] if name in required else ACCEPTED for name in FIELDS
    }


DATES: dict[str, Outcome] = {
    "2026-07-02": [("date", "invalid")],
    "2026-07-02T": [("date", "invalid")],
    "2026-07-02T09": [("date", "invalid")],
    "20260702T090000Z": [("date", "invalid")],
    "2026-W27-4T09:00:00Z": [("date", "invalid")],
    "2026-183T09:00:00Z": [("date", "invalid")],
    "2026-13-01T09:00:00Z": [("date", "invalid")],
    "2026-02-29T09:00:00Z": [("date", "invalid")],
    "2026-07-00T09:00:00Z": [("date", "invalid")],
    "2026-07-02T24:00:00Z": [("date", "invalid")],
    "2026-07-02T09:60:00Z": [("date", "invalid")],
    "2026-07-02T09:00:60Z": [("date", "invalid")],
    "2026-07-02T09:00:00.Z": [("date", "invalid")],
    "2026-07-02T09:00:00,5Z": [("date", "invalid")],
    "2026-07-02T09:00:00+0100": [("date", "invalid")],
    "2026-07-02T09:00:00+1": [("date", "invalid")],
    "2026-07-02T09:00:00+24:00": [("date", "invalid")],
    "2026-07-02T09:00:00+99:99": [("date", "invalid")],
    "2026-07-02T09:00:00 Z": [("date", "invalid")],
    " 2026-07-02T09:00:00Z": [("date", "invalid")],
    "2026-07-02T09:00:00Z\n": [("date", "invalid")],
    "2026-07-02T09:00:00[Europe/London]": [("date", "invalid")],
    "２０２６-07-02T09:00:00Z": [("date", "invalid")],
    "٢٠٢٦-07-02T09:00:00Z": [("date", "invalid")],
    "tomorrow": [("date", "invalid")],
    "1782982800": [("date", "invalid")],
    "-2026-07-02T09:00:00Z": [("date", "invalid")],
    "+12026-07-02T09:00:00Z": [("date", "invalid")],
    "12026-07-02T09:00:00Z": [("date", "invalid")],
    "0000-07-02T09:00:00Z": [("date", "invalid")],
    "0001-01-01T00:00:00Z": [("date", "out_of_range")],
    "0001-01-01T00:00:00+14:00": [("date", "out_of_range")],
    "1899-12-31T23:59:59Z": [("date", "out_of_range")],
    "1900-01-01T00:00:00+14:00": [("date", "date_in_past")],
    "1900-01-01T00:00:00": [("date", "date_in_past")],
    "2200-01-01T00:00:00Z": [("date", "out_of_range")],
    "9999-12-31T23:59:59.999999999-14:00": [("date", "out_of_range")],
    "2199-12-31T23:59:59-14:00": ACCEPTED,
    "2199-12-31T23:59:59Z": (409, "outside_working_hours"),
    "2199-12-31T10:00:00": ACCEPTED,
    "2026-07-02T09:00:00.000000001Z": ACCEPTED,
    "2026-07-02T09:00Z": ACCEPTED,
    "2026-07-02T09:00:00-00:00": ACCEPTED,
}


def test_odd_dates(clinic: Clinic) -> None:
    told = {date: tried(clinic, with_field(clinic, "date", json.dumps(date))) for date in DATES}
    assert told == DATES


@pytest.mark.parametrize("year", ["1900", "2199"])
def test_the_first_and_the_last_year_can_be_booked_on_purpose(clinic: Clinic, year: str) -> None:
    booked = clinic.booked(date=f"{year}-06-01T10:00:00Z", query="?ignoreBusyTimes=true")
    assert booked["date"] == f"{year}-06-01T10:00:00.000Z"


def test_odd_ids(clinic: Clinic) -> None:
    good = str(clinic.patient.pk)
    odd = [
        good.replace("-", ""),
        "{" + good + "}",
        f"urn:uuid:{good}",
        f" {good}",
        f"{good}\n",
        good[:-1],
        good + "0",
        good[:-1] + "g",
        good[:-1] + "０",
        "\u202e" + good,
        "0",
        "-1",
        "me",
    ]
    told = {value: tried(clinic, with_field(clinic, "patientId", text(value))) for value in odd}
    assert told == all_of(dict.fromkeys(odd, ""), [("patientId", "invalid")])
    missing = ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"]
    told = {value: tried(clinic, with_field(clinic, "patientId", text(value))) for value in missing}
    assert told == all_of(dict.fromkeys(missing, ""), [("patientId", "patient_not_found")])


@pytest.mark.parametrize(
    ("name", "longest"),
    [("location", 500), ("notes", 10_000), ("paymentProvider", 50), ("paymentId", 200)],
)
def test_a_text_may_be_so_long_counted_in_characters(
    clinic: Clinic, name: str, longest: int
) -> None:
    for letter in ("x", "ü", "👩"):
        fits = with_field(clinic, name, text(letter * longest))
        assert tried(clinic, fits) == ACCEPTED
        assert tried(clinic, with_field(clinic, name, text(letter * (longest + 1)))) == [
            (name, "max_length")
        ]


def test_odd_tags(clinic: Clinic) -> None:
    tags: dict[str, Outcome] = {
        '[""]': [("tags.0", "blank")],
        '["  "]': [("tags.0", "blank")],
        '["a", 3, null, true]': [
            ("tags.1", "invalid"),
            ("tags.2", "null"),
            ("tags.3", "invalid"),
        ],
        '["a\\u0000"]': [("tags.0", "bad_character")],
        json.dumps(["x" * 51]): [("tags.0", "max_length")],
        json.dumps(["x" * 50]): ACCEPTED,
        json.dumps([str(number) for number in range(50)]): ACCEPTED,
        json.dumps([str(number) for number in range(51)]): [("tags", "max_length")],
        text('["a,b", "{c}", "\\"d\\"", "NULL"]'): [("tags", "not_a_list")],
        '["a,b", "{c}", "\\"d\\"", "NULL", "\\\\"]': ACCEPTED,
    }
    told = {value: tried(clinic, with_field(clinic, "tags", value)) for value in tags}
    assert told == tags


def test_odd_additional_staff(clinic: Clinic) -> None:
    many = json.dumps([str(clinic.service.pk)] * 21)
    assert tried(clinic, with_field(clinic, "additionalStaffIds", many)) == [
        ("additionalStaffIds", "max_length")
    ]
    not_staff = json.dumps([str(clinic.service.pk)] * 20)
    assert tried(clinic, with_field(clinic, "additionalStaffIds", not_staff)) == [
        ("additionalStaffIds", "staff_not_found")
    ]


@pytest.mark.parametrize("kind", QuestionKind.values)
def test_odd_answers(clinic: Clinic, kind: str) -> None:
    question = BookingQuestion.objects.create(
        business=clinic.business,
        service=clinic.service,
        variable_name="x",
        question="How?",
        kind=kind,
    )
    words: Outcome = ACCEPTED if kind == "text" else [("answers", "answer_not_a_number")]
    wrong: Outcome = [("answers.0.answer", "invalid")]
    answers: dict[str, Outcome] = {
        **all_of(NOT_JSON, MALFORMED),
        **all_of(NUMBERS, ACCEPTED),
        **all_of(OTHERS, wrong),
        **all_of(LISTS, wrong),
        **all_of(TEXTS, words),
        **all_of(TOO_LONG, wrong),
        **all_of(NUL, wrong),
        "null": [("answers.0.answer", "null")],
        "beyond 64 bits": wrong,
        "huge": wrong,
    }

    def answered(value: str) -> Outcome:
        one = f'[{{"id": "{question.pk}", "answer": {value}}}]'
        return tried(clinic, with_field(clinic, "answers", one))

    assert {value: answered(written) for value, written in EVERYTHING.items()} == answers
    assert answered(text("x" * 2000)) == words
    assert answered(text("x" * 2001)) == wrong
    for one, told in {
        '{"answer": 1}': [("answers.0.id", "required")],
        f'{{"id": "{question.pk}"}}': [("answers.0.answer", "required")],
        '{"id": 1, "answer": 1}': [("answers.0.id", "invalid")],
        '{"id": null, "answer": 1}': [("answers.0.id", "null")],
        "{}": [("answers.0.id", "required"), ("answers.0.answer", "required")],
    }.items():
        assert tried(clinic, with_field(clinic, "answers", f"[{one}]")) == told


def test_unknown_fields_are_named_however_odd(clinic: Clinic) -> None:
    names = [
        "Date",
        "staff_id",
        "patientid",
        "id",
        "",
        " date",
        "__proto__",
        "constructor",
        "👩‍⚕️",
        "\u202edate",
        "a\x00b",
        "a.b",
        "0",
        LONG,
    ]
    told = {name: tried(clinic, with_field(clinic, name, "1")) for name in names}
    assert told == {name: [(name, "unknown_field")] for name in names}


# --- The body as a whole ------------------------------------------------------------------------

BODIES: dict[bytes, Outcome] = {
    b"": [(name, "required") for name in ("date", "patientId", "serviceId", "duration")],
    b"{}": [(name, "required") for name in ("date", "patientId", "serviceId", "duration")],
    b" ": MALFORMED,
    b"null": [("", "null")],
    b"[]": [("", "invalid")],
    b"[{}]": [("", "invalid")],
    b"0": [("", "invalid")],
    b"1.5": [("", "invalid")],
    b'"x"': [("", "invalid")],
    b'""': [("", "invalid")],
    b"true": [("", "invalid")],
    b"false": [("", "invalid")],
    b"{": MALFORMED,
    b"}": MALFORMED,
    b"[" * 100_000: MALFORMED,
    b"[" * 100_000 + b"]" * 100_000: MALFORMED,
    b'{"a":' * 40_000: MALFORMED,
    b'{"date": }': MALFORMED,
    b'{"date": "2026-07-02T09:00:00Z",}': MALFORMED,
    b"{'date': 1}": MALFORMED,
    b"{date: 1}": MALFORMED,
    b'{"a": 1} {"b": 2}': MALFORMED,
    b'{"a": 1}\x00': MALFORMED,
    b"\x00": MALFORMED,
    b"\x00" * 1000: MALFORMED,
    b'{"notes": "\x00"}': MALFORMED,
    b'{"notes": "\xff"}': MALFORMED,
    b'{"notes": "\xed\xa0\x80"}': MALFORMED,
    b'{"notes": "\xc0\x80"}': MALFORMED,
    b'{"\xff": 1}': MALFORMED,
    b"\xef\xbb\xbf{}": MALFORMED,
    "{}".encode("utf-16"): MALFORMED,
    b"date=2026-07-02": MALFORMED,
    b"<xml/>": MALFORMED,
    b"NaN": MALFORMED,
    b"// comment\n{}": MALFORMED,
    b"x" * 2_000_000: (400, "body_too_large"),
    b'{"notes": "' + b"x" * 2_000_000 + b'"}': (400, "body_too_large"),
    b"[" * 2_000_000: (400, "body_too_large"),
    b"x" * 3_000_000: (400, "body_too_large"),  # more than Django itself would read
}


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "k"}], ids=["", "with a key"])
def test_whatever_the_body_is(clinic: Clinic, headers: dict[str, str]) -> None:
    if headers:
        # Under the test's own transaction a refusal is not rolled back by itself.
        told = {}
        for number, content in enumerate(BODIES):
            with transaction.atomic():
                told[content] = outcome(
                    clinic.send(
                        "POST",
                        clinic.path(),
                        content=content,
                        headers={"Idempotency-Key": f"k{number}"},
                    )
                )
                transaction.set_rollback(True)
    else:
        told = {content: tried(clinic, content) for content in BODIES}
    assert told == BODIES


def test_a_body_may_be_so_large(clinic: Clinic) -> None:
    body = json.dumps(clinic.body()).encode()
    assert tried(clinic, body.ljust(256 * 1024)) == ACCEPTED
    assert tried(clinic, body.ljust(256 * 1024 + 1)) == (400, "body_too_large")


def test_of_a_field_that_is_sent_twice_the_last_counts(clinic: Clinic) -> None:
    body = json.dumps(clinic.body()).encode()
    reply = clinic.send("POST", clinic.path(), content=body[:-1] + b', "duration": 60}')
    assert (reply.status, reply.data["duration"]) == (201, 60)


def test_a_long_list_of_mistakes_is_not_answered_at_length(clinic: Clinic) -> None:
    unknown = ",".join(f'"{number:x}":0' for number in range(5_000))
    reply = clinic.send("POST", clinic.path(), content=f"{{{unknown}}}".encode())
    assert len(reply.wrong) == 50
    assert len(reply.content) < 16 * 1024


@pytest.mark.parametrize("name", ["additionalStaffIds", "answers", "tags", "overrides"])
def test_a_list_that_is_too_long_is_refused_unread(clinic: Clinic, name: str) -> None:
    """Looking at a hundred thousand items would take seconds."""
    assert tried(clinic, with_field(clinic, name, f"[{'0,' * 100_000}0]")) == [(name, "max_length")]


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "APPLICATION/JSON",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        "application/json ; charset=latin-1",
        "application/json; charset=no-such-thing",
        "application/json; boundary=x; x",
    ],
)
def test_json_is_read_as_utf_8_whatever_its_parameters(clinic: Clinic, content_type: str) -> None:
    body = json.dumps(clinic.body(notes="Füße 👣"), ensure_ascii=False).encode()
    reply = clinic.send("POST", clinic.path(), content=body, content_type=content_type)
    assert (reply.status, reply.data["notes"]) == (201, "Füße 👣")


MEDIA_TYPES = [
    "text/plain",
    "text/json",
    "application/xml",
    "application/vnd.api+json",
    "application/json-patch+json",
    "application/octet-stream",
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=utf-16",
    "multipart/form-data",
    "multipart/form-data; boundary=x",
    "multipart/form-data; boundary=" + "x" * 1000,
    "*/*",
    "application/*",
    "json",
    "/",
    ";",
    "\x00",
    "é",
    "application/json/json",
    "application/json, text/plain",
]


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "k"}], ids=["", "with a key"])
def test_other_media_types_are_415(clinic: Clinic, headers: dict[str, str]) -> None:
    body = json.dumps(clinic.body()).encode()
    told = {
        content_type: tried(clinic, body, content_type=content_type, headers=headers)
        for content_type in MEDIA_TYPES
    }
    assert told == all_of(dict.fromkeys(MEDIA_TYPES, ""), (415, "unsupported_media_type"))


FORMS = [
    (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n',
    ),
    ("multipart/form-data; boundary=x", b"x"),
    ("multipart/form-data; boundary=\xff", b"x"),
    ("multipart/form-data", b"x"),
    ("application/x-www-form-urlencoded", b"a=1"),
    ("application/x-www-form-urlencoded; charset=utf-16", b"a=1"),
    ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % one for one in range(2000))),
    ("application/x-www-form-urlencoded", b"a=" + b"x" * 3_000_000),
]


@pytest.mark.parametrize("enforced", [True, False], ids=["without its token", "with it"])
def test_a_form_from_a_session_is_415_as_well(clinic: Clinic, enforced: bool) -> None:
    """Django would look into a form for its CSRF token and read the body away."""
    client = Client(raise_request_exception=False, enforce_csrf_checks=enforced)
    client.force_login(member(clinic.business, Role.OWNER))
    client.cookies["csrftoken"] = "x" * 32
    before = row_counts()
    told = [
        sent(
            "POST",
            clinic.path(),
            content=content,
            content_type=content_type,
            headers=headers,
            client=client,
        ).refused
        for content_type, content in FORMS
        for headers in ({}, {"Idempotency-Key": "k"})
    ]
    assert told == [(415, "unsupported_media_type")] * 2 * len(FORMS)
    assert row_counts() == before


# --- Addresses and headers ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/v1/businesses/x/appointments",
        "/v1/businesses/00000000-0000-0000-0000-00000000000/appointments",
        "/v1/businesses/{00000000-0000-0000-0000-000000000000}/appointments",
        "/v1/businesses/00000000000000000000000000000000/appointments",
        "/v1/businesses//appointments",
        "/v1/businesses/%00/appointments",
        "/v1/businesses/%FF/appointments",
        "/v1/businesses/..%2F..%2Fadmin/appointments",
        "/v1/businesses/{business}/appointments/",
        "/v1/businesses/{business}/appointments/x",
        "/v1/businesses/{business}/appointments/1",
        "/v1/businesses/{business}/appointments/{business}",
        "/v1/businesses/{business}/appointments/{business}/",
        "/v1/businesses/{business}/appointments/%00",
        "/v1/businesses/{business}/appointments/" + "a" * 5000,
        "/v1/businesses/{business}/Appointments",
        "/v1/v1/businesses/{business}/appointments",
        "/v1/businesses/{business}/appointments%0A",
    ],
)
def test_an_address_that_is_none_is_404(clinic: Clinic, path: str) -> None:
    reply = clinic.send("GET", path.replace("{business}", str(clinic.business.pk)))
    assert reply.refused == (404, "not_found")


AUTHORIZATIONS = {
    "": "unauthenticated",
    " ": "unauthenticated",
    "Bearer": "invalid_api_key",
    "Bearer ": "invalid_api_key",
    "Bearer x y": "invalid_api_key",
    "Basic dXNlcjpwYXNz": "invalid_api_key",
    "Token {token}": "invalid_api_key",
    "{token}": "invalid_api_key",
    "Bearer{token}": "invalid_api_key",
    "Bearer {token}x": "invalid_api_key",
    "Bearer {token},": "invalid_api_key",
    "Bearer {token}, Bearer {token}": "invalid_api_key",
    'Bearer "{token}"': "invalid_api_key",
    "Bearer sdk_": "invalid_api_key",
    "Bearer \x00": "invalid_api_key",
    "Bearer é\xff": "invalid_api_key",
    "Bearer ' OR 1=1 --": "invalid_api_key",
    "Bearer '/**/OR/**/1=1": "invalid_api_key",
    "Bearer " + "x" * 100_000: "invalid_api_key",
}


def test_odd_keys_are_401(clinic: Clinic) -> None:
    clinic.booked()
    told = {}
    for header in AUTHORIZATIONS:
        reply = clinic.send(
            "GET",
            clinic.path(),
            headers={"Authorization": header.replace("{token}", clinic.token)},
        )
        assert reply.headers["WWW-Authenticate"] == "Bearer"
        told[header] = reply.refused
    assert told == {header: (401, code) for header, code in AUTHORIZATIONS.items()}


@pytest.mark.parametrize("scheme", ["Bearer {}", "bearer {}", "BEARER   {}", " Bearer {} "])
def test_the_word_bearer_may_be_written_in_any_case(clinic: Clinic, scheme: str) -> None:
    headers = {"Authorization": scheme.format(clinic.token)}
    body = json.dumps(clinic.body()).encode()
    assert clinic.send("POST", clinic.path(), content=body, headers=headers).status == 201


@pytest.mark.parametrize(
    "headers",
    [
        {"Accept": "text/html"},
        {"Accept": "application/xml;q=0.9, nothing"},
        {"Accept": "\x00"},
        {"Accept-Language": "xx-YY, *;q=x"},
        {"Accept-Encoding": "gzip, br, nonsense"},
        {"If-Match": '"stale"'},
        {"If-None-Match": "*"},
        {"If-Modified-Since": "yesterday"},
        {"Range": "bytes=0-0"},
        {"X-Forwarded-For": "' OR 1=1"},
        {"X-Forwarded-Proto": "gopher"},
        {"X-HTTP-Method-Override": "DELETE"},
        {"X-Request-Id": "x" * 10_000},
        {"Cookie": "sessionid=nonsense; csrftoken=\x00; ="},
        {"Origin": "https://evil.example"},
        {"Content-Encoding": "gzip"},
        {"Expect": "everything"},
    ],
    ids=lambda headers: next(iter(headers)),
)
def test_other_headers_change_nothing(clinic: Clinic, headers: dict[str, str]) -> None:
    body = json.dumps(clinic.body()).encode()
    reply = clinic.send("POST", clinic.path(), content=body, headers=headers)
    assert reply.status == 201
    assert reply.headers["Content-Type"] == JSON


# --- Whatever it is -----------------------------------------------------------------------------

letters = st.text(max_size=20)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(min_value=-(10**20), max_value=10**20)
    | st.floats()
    | letters
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(letters, inner, max_size=4),
    max_leaves=12,
)
dates = st.datetimes(timezones=st.timezones() | st.none()).map(lambda one: one.isoformat())
likely: st.SearchStrategy[Any] = st.sampled_from(
    ["Europe/London", "America/New_York", "https://x.example", "x", 15, 30, 60, 45, [], {}, None]
)


def near(clinic: Clinic) -> st.SearchStrategy[dict[str, Any]]:
    """A good body in which some fields are something else, some are missing, some unknown."""
    ids = st.sampled_from([str(row.pk) for row in (clinic.patient, clinic.service, clinic.staff)])
    values = likely | ids | st.lists(ids | letters, max_size=3) | dates | anything
    changed = st.dictionaries(st.sampled_from(list(FIELDS)), values, max_size=4)
    more = st.dictionaries(letters, anything, max_size=1)
    dropped = st.sets(st.sampled_from(list(FIELDS)), max_size=1)
    return st.builds(
        lambda change, unknown, drop: {
            name: value
            for name, value in (clinic.body() | change | unknown).items()
            if name not in drop
        },
        changed,
        more,
        dropped,
    )


@settings(
    max_examples=60 * FACTOR,
    deadline=None,
    derandomize=FACTOR == 1,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_any_json_is_booked_or_refused(clinic: Clinic, data: st.DataObject) -> None:
    body = data.draw(near(clinic) | anything, label="body")
    query = data.draw(st.sampled_from(["", "?ignoreBusyTimes=true"]), label="query")
    content = json.dumps(body, ensure_ascii=data.draw(st.booleans())).encode(
        "utf-8", "surrogatepass"
    )
    with transaction.atomic():
        reply = clinic.send("POST", clinic.path() + query, content=content)
        assert reply.status in (201, 400, 409), reply.content
        if reply.status == 201:
            assert clinic.get(reply.data["id"]).content == reply.content
        else:
            assert reply.error["code"]
            assert not anything_booked()
        transaction.set_rollback(True)


@settings(
    max_examples=60 * FACTOR,
    deadline=None,
    derandomize=FACTOR == 1,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(content=st.binary(max_size=200))
def test_any_bytes_are_refused(clinic: Clinic, content: bytes) -> None:
    assert tried(clinic, content) != ACCEPTED


@settings(
    max_examples=40 * FACTOR,
    deadline=None,
    derandomize=FACTOR == 1,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    query=st.dictionaries(
        st.sampled_from(["startDate", "endDate", "limit", "offset"]) | letters,
        dates | letters | st.integers().map(str) | st.just(wire(TEN)),
        max_size=5,
    )
)
def test_any_query_is_answered_or_refused(clinic: Clinic, query: dict[str, str]) -> None:
    client = Client(raise_request_exception=False)
    headers = {"Authorization": f"Bearer {clinic.token}"}
    response = client.get(clinic.path(), query, headers=headers)
    reply = Reply(response.status_code, dict(response.headers.items()), response.content)
    assert reply.status == 200 or reply.wrong, reply.content
