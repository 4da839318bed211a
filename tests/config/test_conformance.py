"""That an answer which isn't as published fails the test that sees it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conformance import Published

ID = "01a20459-2c40-74f0-8fcb-61fe74095a67"
PATH = f"/v1/businesses/{ID}/things"
THING = {"id": ID, "madeAt": "2026-07-01T10:00:00.000Z", "note": None, "part": {"size": 5}}
REFUSED = {"code": "invalid", "title": "No.", "fields": []}
DOCUMENT: dict[str, Any] = {
    "paths": {
        "/v1/businesses/{businessId}/things": {
            "get": {
                "operationId": "listThings",
                "responses": {
                    "200": {
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}
                        }
                    },
                    "204": {"description": "Nothing."},
                    "400": {
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Error"}}
                        }
                    },
                },
                "x-error-codes": {"400": ["invalid", "invalid_request"]},
            },
        },
        "/v1/businesses/{businessId}/things/{id}": {"put": {}},
        "/v1/businesses/{businessId}/things/swap": {"post": {"operationId": "swapThings"}},
    },
    "components": {
        "schemas": {
            "Thing": {
                "type": "object",
                "properties": {
                    "id": {"type": "string", "format": "uuid"},
                    "madeAt": {"type": "string", "format": "date-time"},
                    "note": {"type": ["string", "null"]},
                    "part": {"type": "object", "properties": {"size": {"type": "integer"}}},
                },
                "required": ["id", "madeAt", "note", "part"],
            },
            "Error": {
                "type": "object",
                "properties": {"error": {"type": "object"}},
                "required": ["error"],
            },
        }
    },
}
PUBLISHED = Published(DOCUMENT)


def check(body: Any, status: int = 200, kind: str = "application/json", path: str = PATH) -> None:
    content = b"" if body is None else json.dumps(body).encode()
    PUBLISHED.check("GET", path, status, kind, content)


def test_what_is_published_passes_under_both_addresses() -> None:
    for path in (PATH, PATH.removeprefix("/v1")):
        check(THING, path=path)
        check(None, 204, "", path=path)
        check({"error": REFUSED}, 400, path=path)


WRONG = [
    (THING | {"extra": 1}, 200, "Additional properties are not allowed ('extra' was unexpected)"),
    (THING | {"part": {"size": 5, "colour": "red"}}, 200, "('colour' was unexpected)"),
    (THING | {"part": {"size": "5"}}, 200, "$.part.size: '5' is not of type 'integer'"),
    (THING | {"id": None}, 200, "$.id: None is not of type 'string'"),
    (THING | {"id": ID.upper()}, 200, "is not a 'uuid'"),
    (THING | {"madeAt": "2026-07-01T10:00:00Z"}, 200, "is not a 'date-time'"),
    ({name: THING[name] for name in ("id", "madeAt", "part")}, 200, "'note' is a required"),
    (THING, 201, "listThings answered 201, which it does not declare"),
    (THING, 204, "listThings answered 204 with a body"),
    ({"error": REFUSED | {"code": "odd"}}, 400, "400 odd, which it does not declare"),
    ({"error": REFUSED, "meta": {}}, 400, "('meta' was unexpected)"),
    (
        {"error": REFUSED | {"fields": [{"field": "size", "code": "odd", "title": "No."}]}},
        400,
        "400 odd of size, which it does not declare",
    ),
]


@pytest.mark.parametrize(("body", "status", "said"), WRONG)
def test_what_is_not_published_fails(body: Any, status: int, said: str) -> None:
    with pytest.raises(AssertionError) as failed:
        check(body, status)
    assert said in str(failed.value)


def test_a_page_is_no_answer() -> None:
    with pytest.raises(AssertionError, match="listThings answered 200 as text/html"):
        check(THING, kind="text/html")


def test_a_path_that_is_spelt_out_goes_before_an_id() -> None:
    assert PUBLISHED.operation("POST", f"{PATH}/swap") == {"operationId": "swapThings"}
    assert PUBLISHED.operation("PUT", f"{PATH}/{ID}") == {}
    assert PUBLISHED.operation("PUT", f"{PATH}/{ID}/parts") is None


def test_an_answer_to_a_test_is_held_against_the_schema(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fixture does look: with a schema in which nothing may be answered, a request fails."""
    address = f"/v1/businesses/{ID}/service-categories"
    assert client.get(address).status_code == 401
    strict = Published(
        DOCUMENT
        | {
            "paths": {
                "/v1/businesses/{businessId}/service-categories": {
                    "get": {"operationId": "listNothing", "responses": {}}
                }
            }
        }
    )
    monkeypatch.setattr("tests.conftest.published", lambda: strict)
    with pytest.raises(AssertionError, match="listNothing answered 401"):
        client.get(address)
