"""Whatever a change, a preview, a swap or a search is sent as: refused by name, or done."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.appointments.api.clinic import TEN, Clinic, Reply, nothing_is_written, row_counts, wire
from tests.appointments.api.test_bad_bodies import MEDIA_TYPES
from tests.appointments.api.test_bad_input import (
    EVERYTHING,
    LISTS,
    NOT_JSON,
    NUL,
    TEXTS,
    TOO_LONG,
    all_of,
    expected,
)
from tests.appointments.api.test_odd_requests import anything, dates, letters, likely
from tests.appointments.api.trial import ACCEPTED, MALFORMED, Outcome, text
from tests.soak import FACTOR


def outcome(reply: Reply) -> Outcome:
    if reply.status == 200:
        return ACCEPTED
    return reply.wrong if reply.status == 400 and "fields" in reply.error else reply.refused


def tried(clinic: Clinic, pk: str, content: bytes, **more: Any) -> Outcome:
    """What a change answers to these bytes; taken back afterwards."""
    before = row_counts()
    with transaction.atomic():
        reply = clinic.send("PATCH", clinic.path(pk), content=content, **more)
        assert reply.status < 500, (content[:200], reply.content)
        if reply.status != 200:
            assert row_counts() == before, content[:200]
        transaction.set_rollback(True)
    return outcome(reply)


def optional_text(name: str) -> dict[str, Outcome]:
    return {
        **expected(name, "invalid"),
        **all_of(TEXTS, ACCEPTED),
        **all_of(NUL, [(name, "bad_character")]),
        **all_of(TOO_LONG, [(name, "max_length")]),
    }


def a_list(name: str) -> dict[str, Outcome]:
    return {
        **expected(name, "not_a_list"),
        "an empty list": ACCEPTED,
        "a list": [(f"{name}.0", "invalid")],
        "a list of null": [(f"{name}.0", "null")],
        "a list of lists": [(f"{name}.0", "invalid"), (f"{name}.1", "invalid")],
        "nested": [(f"{name}.0", "invalid")],
    }


FIELDS: dict[str, dict[str, Outcome]] = {
    "date": expected("date", "invalid", null="null"),
    "duration": {
        **expected("duration", "invalid", null="null"),
        "zero": [("duration", "min_value")],
        "minus zero": [("duration", "min_value")],
        "negative": [("duration", "min_value")],
        "one": [("duration", "duration_not_offered")],
        "whole, with a fraction": ACCEPTED,
        "with an exponent": ACCEPTED,
        "beyond 32 bits": [("duration", "max_value")],
    },
    "staffId": expected("staffId", "invalid", null="null"),
    "serviceId": expected("serviceId", "invalid", null="null"),
    "clientTimezone": expected("clientTimezone", "unknown_zone", null="null"),
    "location": optional_text("location"),
    "additionalStaffIds": a_list("additionalStaffIds"),
    "answers": a_list("answers"),
    "notes": optional_text("notes"),
    "approved": {
        **expected("approved", "invalid", null="null"),
        "true": ACCEPTED,
        "false": (409, "wrong_status"),
    },
    "cancelled": {
        **expected("cancelled", "invalid", null="null"),
        "true": ACCEPTED,
        "false": ACCEPTED,
    },
    "status": expected("status", "invalid_choice", null="null"),
    "cancelReason": {
        **optional_text("cancelReason"),
        **all_of(TEXTS, [("cancelReason", "needs_cancellation")]),
        "empty": ACCEPTED,
        "blank": ACCEPTED,
    },
    "paymentProvider": optional_text("paymentProvider"),
    "paymentId": optional_text("paymentId"),
}


@pytest.mark.parametrize("name", FIELDS)
def test_whatever_a_field_is_changed_to(clinic: Clinic, name: str) -> None:
    pk = clinic.booked()["id"]
    told = {
        value: tried(clinic, pk, f'{{"{name}": {written}}}'.encode("utf-8", "surrogatepass"))
        for value, written in EVERYTHING.items()
    }
    assert told == FIELDS[name]


def test_what_can_not_be_changed_is_an_unknown_field(clinic: Clinic) -> None:
    booked = clinic.booked()
    pk = booked["id"]
    never = [
        *(booked.keys() - FIELDS.keys()),
        *("rrule", "skipConflicts", "overrides", "tags", "patientId", "Date", "", "a\x00b"),
    ]
    with nothing_is_written():
        told = {name: clinic.asked("PATCH", pk, body={name: None}).wrong for name in never}
    assert told == {name: [(name, "unknown_field")] for name in never}


@pytest.mark.parametrize(
    ("name", "longest"),
    [
        ("location", 500),
        ("notes", 10_000),
        ("cancelReason", 500),
        ("paymentProvider", 50),
        ("paymentId", 200),
    ],
)
def test_a_text_may_be_so_long_counted_in_characters(
    clinic: Clinic, name: str, longest: int
) -> None:
    pk = clinic.booked()["id"]
    step = '"cancelled": true, ' if name == "cancelReason" else ""
    for letter in ("x", "👩"):
        fits, over = (
            f'{{{step}"{name}": {text(letter * length)}}}'.encode()
            for length in (longest, longest + 1)
        )
        assert tried(clinic, pk, fits) == ACCEPTED
        assert tried(clinic, pk, over) == [(name, "max_length")]


BODIES: dict[bytes, Outcome] = {
    b"": ACCEPTED,
    b"{}": ACCEPTED,
    b"null": [("", "null")],
    b"[]": [("", "invalid")],
    b"1": [("", "invalid")],
    b'"x"': [("", "invalid")],
    b"{": MALFORMED,
    b"\xff": MALFORMED,
    b"x" * 300_000: (400, "body_too_large"),
}


def test_whatever_the_body_is(clinic: Clinic) -> None:
    pk = clinic.booked()["id"]
    assert {content: tried(clinic, pk, content) for content in BODIES} == BODIES


def test_other_media_types_are_415(clinic: Clinic) -> None:
    pk = clinic.booked()["id"]
    told = {
        (method, rest, kind): clinic.send(
            method, clinic.path(*rest), content=b"{}", content_type=kind
        ).refused
        for kind in MEDIA_TYPES[:5]
        for method, rest in (
            ("PATCH", (pk,)),
            ("PUT", (pk, "tags")),
            ("POST", ("preview",)),
            ("POST", ("swap",)),
        )
    }
    assert set(told.values()) == {(415, "unsupported_media_type")}


def test_a_preview_refuses_what_a_create_refuses(clinic: Clinic) -> None:
    """The same bytes, the same refusal."""
    bodies = [
        *(content for content in BODIES if BODIES[content] != ACCEPTED),
        *(f'{{"{name}": {one}}}'.encode() for name in ("date", "rrule") for one in LISTS.values()),
        *(f'{{"overrides": {one}}}'.encode() for one in LISTS.values()),
        *(f'{{"skipConflicts": {one}}}'.encode() for one in ("1", '"true"', "[]", "null")),
        NOT_JSON["NaN"].encode(),
    ]
    with nothing_is_written():
        for content in bodies:
            told = clinic.send("POST", clinic.path("preview"), content=content)
            made = clinic.send("POST", clinic.path(), content=content)
            assert (told.status, told.content) == (400, made.content), content[:100]


# --- Whatever it is -----------------------------------------------------------------------------

QUIET = settings(
    max_examples=50 * FACTOR,
    deadline=None,
    derandomize=FACTOR == 1,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
words = st.sampled_from(["booked", "arrived", "cancelled", "requested", True, False])


@QUIET
@given(data=st.data())
def test_any_json_is_done_or_refused(clinic: Clinic, data: st.DataObject) -> None:
    with transaction.atomic():
        pk = clinic.booked()["id"]
        names = st.sampled_from(list(FIELDS)) | letters
        body = data.draw(
            st.dictionaries(names, likely | words | dates | anything, max_size=4) | anything
        )
        scope = data.draw(st.sampled_from(["", "?scope=all", "?ignoreBusyTimes=true"]))
        content = json.dumps(body).encode("utf-8", "surrogatepass")
        before = row_counts()
        reply = clinic.send("PATCH", clinic.path(pk) + scope, content=content)
        assert reply.status in (200, 400, 409), reply.content
        if reply.status == 200:
            assert clinic.get(pk).content == reply.content
        else:
            assert reply.error["code"]
            assert row_counts() == before
        transaction.set_rollback(True)


rules = st.lists(
    st.tuples(
        st.sampled_from(["FREQ", "COUNT", "UNTIL", "BYDAY", "INTERVAL", "BYMONTHDAY", "BYSETPOS"]),
        st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "MO", "1TH", "-1", "20260901", "0"])
        | st.integers(-5, 200).map(str)
        | letters,
    ).map("=".join),
    max_size=4,
).map(";".join)


@QUIET
@given(
    rrule=rules | rules.map(lambda rest: f"FREQ=DAILY;COUNT=3;{rest}") | letters,
    skip=st.booleans(),
    overrides=st.lists(st.fixed_dictionaries({"date": dates, "newDate": dates}), max_size=2),
)
def test_any_rule_is_booked_or_refused(
    clinic: Clinic, rrule: str, skip: bool, overrides: list[dict[str, str]]
) -> None:
    before = row_counts()
    body: dict[str, Any] = {"rrule": rrule, "skipConflicts": skip, "overrides": overrides}
    previewed = clinic.preview(**body)
    assert previewed.status in (200, 400), previewed.content
    assert row_counts() == before
    with transaction.atomic():
        reply = clinic.book(**body)
        assert reply.status in (201, 400, 409), reply.content
        if reply.status != 201:
            assert row_counts() == before
        transaction.set_rollback(True)
    if previewed.status == 400:
        assert reply.content == previewed.content


@QUIET
@given(
    query=st.dictionaries(
        st.sampled_from(
            ["startDate", "endDate", "after", "duration", "staffIds", "limit", "offset", "explain"]
        )
        | letters,
        dates | letters | st.integers().map(str) | st.sampled_from(["30", "true", wire(TEN)]),
        max_size=5,
    ),
    name=st.sampled_from(["availableTimes", "nextAvailableTimes"]),
)
def test_any_query_is_answered_or_refused(clinic: Clinic, query: dict[str, str], name: str) -> None:
    client = Client(raise_request_exception=False)
    headers = {"Authorization": f"Bearer {clinic.token}"}
    response = client.get(clinic.service_path(name), query, headers=headers)
    reply = Reply(response.status_code, dict(response.headers.items()), response.content)
    assert reply.status == 200 or reply.wrong, reply.content
