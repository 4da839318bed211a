"""Whatever else is odd about a request: its address, its headers, and all of it at random."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.appointments.api.clinic import (
    JSON,
    TEN,
    Clinic,
    Reply,
    anything_booked,
    wire,
)
from tests.appointments.api.test_bad_input import FIELDS
from tests.appointments.api.trial import (
    ACCEPTED,
    tried,
)
from tests.soak import FACTOR


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
