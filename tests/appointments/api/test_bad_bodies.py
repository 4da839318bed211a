"""Whatever the body is as a whole: JSON or not, large, of another kind, of a form."""

from __future__ import annotations

import json

import pytest
from django.db import transaction
from django.test import Client

from staff.roles import Role
from tests.appointments.api.clinic import (
    Clinic,
    row_counts,
    sent,
)
from tests.appointments.api.trial import (
    ACCEPTED,
    MALFORMED,
    Outcome,
    outcome,
    tried,
    with_field,
)
from tests.factories import member

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
    assert told == dict.fromkeys(MEDIA_TYPES, (415, "unsupported_media_type"))


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
