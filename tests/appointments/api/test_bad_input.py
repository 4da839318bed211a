"""Whatever a field is sent as: never a 5xx, always the field named, and nothing written.

Ids of other businesses, of archived patients, of disabled services and staff are in
`test_create_refusals`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from businesses.models import BookingQuestion, QuestionKind
from tests.appointments.api.clinic import (
    Clinic,
)
from tests.appointments.api.trial import (
    ACCEPTED,
    MALFORMED,
    Outcome,
    text,
    tried,
    with_field,
)

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
        # JSON has one kind of number: these are thirty.
        "whole, with a fraction": ACCEPTED,
        "with an exponent": ACCEPTED,
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
