"""Every answer of the API that is no success has the envelope, whoever made it: us or Django."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from appointments.api.views import AppointmentViewSet
from appointments.errors import Refusal
from appointments.models import Appointment
from config import api
from config.urls import urlpatterns
from tests.appointments.api.clinic import JSON, NOBODY, Clinic, row_counts, sent
from tests.contract import IDENTIFIER

PROTECTING = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
SECRET = "the password is hunter2"


@pytest.fixture(params=[False, True], ids=["DEBUG off", "DEBUG on"])
def debug(request: pytest.FixtureRequest, settings: Any) -> bool:
    """Django's own error pages are long and talkative in debug mode."""
    on: bool = request.param
    settings.DEBUG = on
    return on


@pytest.mark.usefixtures("debug")
@pytest.mark.parametrize(
    "path",
    [
        "/v1",
        "/v1/",
        "/v1/nothing",
        "/v1/nothing/",
        "/v1/businesses/",
        "/v1/businesses/{id}/nothing",
        "/businesses/",
        "/businesses/{id}/appointments/",
        "/businesses/x/appointments",
        "/v1/../admin/nothing",
        "/v1//businesses/{id}/appointments",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS"])
def test_an_unknown_path_is_404(clinic: Clinic, path: str, method: str) -> None:
    reply = clinic.send(method, path.format(id=clinic.business.pk))
    assert reply.refused == (404, "not_found")
    assert reply.error["title"] == "There is nothing at this address."
    assert clinic.business.name.encode() not in reply.content


@pytest.mark.usefixtures("debug")
def test_a_head_of_an_unknown_path_is_404_without_a_body(clinic: Clinic) -> None:
    reply = clinic.send("HEAD", "/v1/nothing")
    assert (reply.status, reply.content) == (404, b"")


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("path", ["/nothing", "/v1x", "/businessesx/y", "/desk/x/y/z/nothing"])
def test_outside_the_api_a_missing_page_is_a_page(path: str) -> None:
    reply = sent("GET", path)
    assert reply.status == 404
    assert reply.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    "method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PURGE", "FOO"]
)
def test_a_method_that_an_address_does_not_take_is_405(clinic: Clinic, method: str) -> None:
    pk = clinic.booked()["id"]
    before = row_counts()
    for path, allowed in (
        (clinic.path(), {"GET", "HEAD", "POST"}),
        (clinic.path(pk), {"GET", "HEAD", "PATCH", "DELETE"}),
        (clinic.path(pk, "tags"), {"PUT"}),
        (clinic.path(pk, "assignment"), {"GET", "HEAD"}),
        (clinic.path("preview"), {"POST"}),
        (clinic.path("swap"), {"POST"}),
        (clinic.service_path("availableTimes"), {"GET", "HEAD"}),
        (clinic.service_path("nextAvailableTimes"), {"GET", "HEAD"}),
    ):
        if method in allowed:
            continue
        reply = clinic.send(method, path, content=b"{}")
        assert reply.refused == (405, "method_not_allowed"), path
        assert {*reply.headers["Allow"].split(", ")} - {"OPTIONS"} == allowed
    assert row_counts() == before


@pytest.mark.usefixtures("debug")
@pytest.mark.parametrize("host", ["evil.example", "", "testserver:x", "[::1", "a b"])
def test_a_host_that_is_not_ours_is_400(clinic: Clinic, host: str) -> None:
    reply = clinic.send("GET", clinic.path(), headers={"Host": host})
    assert reply.refused == (400, "bad_request")
    assert clinic.send("GET", "/v1/nothing", headers={"Host": host}).status == 400


def fail(*_: Any, **__: Any) -> Any:
    raise RuntimeError(SECRET)


@pytest.mark.usefixtures("debug")
def test_an_error_of_ours_is_500_and_tells_nothing(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("appointments.api.views.book", fail)
    before = row_counts()
    reply = clinic.book()
    assert reply.refused == (500, "server_error")
    assert SECRET.encode() not in reply.content
    assert b"Traceback" not in reply.content
    assert row_counts() == before
    logged = [one for one in caplog.records if one.name == "stilldesk.api"]
    assert [str(one.exc_info[1]) for one in logged if one.exc_info] == [SECRET]


@pytest.mark.usefixtures("debug")
@pytest.mark.parametrize("broken", ["dispatch", "initialize_request", "finalize_response"])
def test_an_error_around_the_view_is_500_and_tells_nothing(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    monkeypatch.setattr(AppointmentViewSet, broken, fail)
    reply = clinic.get(NOBODY)
    assert reply.refused == (500, "server_error")
    assert SECRET.encode() not in reply.content
    assert b"Traceback" not in reply.content


def test_an_error_of_a_page_is_a_page(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    (root,) = (one for one in urlpatterns if getattr(one, "name", "") == "root")
    monkeypatch.setattr(root, "callback", fail)
    reply = sent("GET", "/")
    assert reply.status == 500
    assert reply.headers["Content-Type"].startswith("text/html")
    assert SECRET.encode() not in reply.content


def every_refusal(above: type[Refusal] = Refusal) -> set[type[Refusal]]:
    return {one for sub in above.__subclasses__() for one in (sub, *every_refusal(sub))}


def test_every_refusal_has_a_status_and_a_sentence() -> None:
    concrete = {one for one in every_refusal() if hasattr(one, "code")}
    assert len(concrete) > 20
    told = {one.__name__: int(api.status_of(one())) for one in concrete}
    assert set(told.values()) == {400, 404, 409, 412, 422, 503}
    assert {one.__name__ for one in concrete if not one.title.endswith(".")} == set()


def test_every_answer_has_a_request_id_of_its_own(clinic: Clinic) -> None:
    replies = [
        clinic.book(),
        clinic.book(),
        clinic.get("x"),
        clinic.send("PUT", clinic.path()),
        sent("GET", clinic.path()),
        sent("GET", "/nothing"),
        sent("GET", "/login"),
        sent("GET", "/v1/x", headers={"Host": "evil.example"}),
    ]
    ids = {reply.headers["X-Request-Id"] for reply in replies}
    assert len(ids) == len(replies)
    assert all(IDENTIFIER.fullmatch(one) for one in ids)


@pytest.mark.parametrize(
    "sent_id", ["mine", "0190b5b2-7c1e-7000-8000-3c5f9a1d2e4b", "a.b:c/d=" * 16]
)
def test_a_request_id_of_the_client_comes_back_and_stands_in_the_history(
    clinic: Clinic, sent_id: str
) -> None:
    content = json.dumps(clinic.body()).encode()
    reply = clinic.send("POST", clinic.path(), content=content, headers={"X-Request-Id": sent_id})
    assert (reply.status, reply.headers["X-Request-Id"]) == (201, sent_id)
    (written,) = Appointment.pgh_event_model.objects.all()  # type: ignore[attr-defined]
    assert written.pgh_context["request"] == sent_id


@pytest.mark.parametrize("sent_id", ["", "a b", "x" * 129, "é", "<b>", "a\tb"])
def test_a_request_id_that_can_not_be_written_down_is_replaced(
    clinic: Clinic, sent_id: str
) -> None:
    reply = sent("GET", clinic.path(), headers={"X-Request-Id": sent_id})
    assert IDENTIFIER.fullmatch(reply.headers["X-Request-Id"])


def test_answers_are_json_whatever_is_accepted(clinic: Clinic) -> None:
    client = Client()
    for accept in ("text/html", "application/xml", "*/*", ""):
        response = client.get(
            clinic.path("x"),
            headers={"Authorization": f"Bearer {clinic.token}", "Accept": accept},
        )
        assert response.headers["Content-Type"] == JSON


@pytest.mark.usefixtures("debug")
@pytest.mark.parametrize("path", ["/v1/nothing", "/v1/businesses/x/patients", "/businesses/x"])
def test_django_s_own_errors_keep_the_headers_that_protect_a_browser(db: None, path: str) -> None:
    reply = sent("GET", path)
    assert reply.refused == (404, "not_found")
    assert {name: reply.headers.get(name) for name in PROTECTING} == PROTECTING
    assert reply.headers["Content-Length"] == str(len(reply.content))
