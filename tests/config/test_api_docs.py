"""The published interface: the document, and the page that shows it."""

from __future__ import annotations

import json

from django.conf import settings
from django.test import Client

from tests.conformance import published


def test_the_document_is_the_one_in_the_repository(client: Client) -> None:
    response = client.get("/v1/openapi.json")
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert response.content == (settings.BASE_DIR / "docs/api/openapi.json").read_bytes()
    assert json.loads(response.content) == published().document
    again = client.get("/v1/openapi.json", headers={"If-None-Match": response["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_only_the_page_may_load_anything(client: Client) -> None:
    """Scripts and styles of our own; beyond other pages' policy only images in its stylesheet."""
    page = client.get("/v1/docs")
    assert page.status_code == 200
    policy = dict(part.strip().split(" ", 1) for part in page["Content-Security-Policy"].split(";"))
    login = client.get("/login")["Content-Security-Policy"]
    usual = dict(part.strip().split(" ", 1) for part in login.split(";"))
    assert policy == usual | {"img-src": "'self' data:"}
    assert "unsafe" not in page["Content-Security-Policy"]
    nothing = client.get("/v1/openapi.json")["Content-Security-Policy"]
    assert nothing == "default-src 'none'; frame-ancestors 'none'"


def test_what_describes_the_interface_takes_nothing(client: Client) -> None:
    for path in ("/v1/openapi.json", "/v1/docs"):
        response = client.post(path)
        assert (response.status_code, response.json()["error"]["code"]) == (
            405,
            "method_not_allowed",
        )
