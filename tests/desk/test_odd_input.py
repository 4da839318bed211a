"""Whatever a form or an address is filled with, the answer is a page."""

from typing import Any

import pytest

from appointments.models import Appointment
from tests.desk.clinic import FrontDesk, at

ODD = (
    "",
    " ",
    "\x00",
    "a\x00b",
    "0",
    "-1",
    "nan",
    "1e400",
    "99999999999999999999999999",
    "٣",
    "null",
    "[]",
    "../../etc/passwd",
    "%s%n",
    "' OR 1=1 --",
    "<script>alert(1)</script>",
    "\u202e\u0301\U0001f600",
    "\ufffe",
    "x" * 100_000,
    "00000000-0000-0000-0000-000000000000",
    "{00000000-0000-0000-0000-000000000000}",
    "urn:uuid:00000000-0000-0000-0000-000000000000",
    "2030-01-07T10:00:00Z",
    "0000-00-00",
    "9999-12-31",
    "23:59:59.999999",
)
FIELDS = (
    "submission",
    "q",
    "patient",
    "new_name",
    "new_phone",
    "new_email",
    "new_birth_date",
    "service",
    "duration",
    "staff",
    "date",
    "time",
    "which",
    "location",
    "notes",
    "tags",
    "override_reason",
    "alternative",
    "action",
    "repeat",
    "times",
    "question_00000000-0000-0000-0000-000000000000",
)


@pytest.mark.parametrize("field", FIELDS)
def test_no_field_of_the_booking_form_breaks_the_page(desk: FrontDesk, field: str) -> None:
    usual = {"q": "ana", "override_reason": "Why"}
    for number, value in enumerate(ODD):
        action = ("book", "override", "find")[number % 3]
        answer = desk.send(**usual | {"action": action, field: value})
        assert answer.status_code in (200, 302), (field, value[:50], action)


@pytest.mark.parametrize("field", ["seen", "of", "choice", "date", "time"])
def test_no_field_of_a_preview_breaks_the_page(desk: FrontDesk, field: str) -> None:
    desk.book(at(10, day=7))
    usual = {"repeat": "weekly", "times": "2"}
    looked = desk.send(**usual)
    usual |= {
        "seen": looked.context["preview"].seen,
        "date-2-of": at(10, day=7).isoformat(),
        "date-2-choice": "other",
        "date-2-date": "2030-01-14",
        "date-2-time": "10:00",
    }
    name = field if field == "seen" else f"date-2-{field}"
    for value in ODD:
        answer = desk.send(**usual | {"action": "series", name: value})
        assert answer.status_code in (200, 302), value[:50]


@pytest.mark.parametrize("page", ["book", "appointments", "requests", "blocked", "blocked/new"])
def test_no_query_breaks_a_page(desk: FrontDesk, page: str) -> None:
    names = ("day", "staff", "status", "patient", "service", "time", "q")
    for value in ODD:
        answer = desk.get(page, **dict.fromkeys(names, value))
        assert answer.status_code == 200, value[:50]


@pytest.mark.parametrize(
    "field",
    ["version", "date", "time", "which", "duration", "staff", "scope", "alternative", "action"],
)
def test_no_field_of_the_form_that_moves_breaks_the_page(desk: FrontDesk, field: str) -> None:
    appointment = desk.book_series(2)[0]
    for number, value in enumerate(ODD):
        action = ("move", "override")[number % 2]
        typed = desk.moving(appointment, action=action, override_reason="Why") | {field: value}
        answer = desk.client.post(desk.url(f"appointments/{appointment.id}/move"), typed)
        assert answer.status_code in (200, 302), value[:50]


@pytest.mark.parametrize("field", ["reason", "scope"])
def test_no_field_breaks_a_cancellation(desk: FrontDesk, field: str) -> None:
    appointment = desk.book_series(2)[0]
    for value in ODD:
        page = desk.url(f"appointments/{appointment.id}/cancel")
        assert desk.client.post(page, {field: value}).status_code in (200, 302), value[:50]


@pytest.mark.parametrize("value", ODD)
def test_a_step_to_nowhere_changes_nothing(desk: FrontDesk, value: str) -> None:
    appointment = desk.book(at(10))
    page = desk.url(f"appointments/{appointment.id}/step")
    assert desk.client.post(page, {"status": value}).status_code == 302
    assert Appointment.objects.get().status == "booked"


@pytest.mark.parametrize("page", ["approve", "cancel"])
def test_no_reason_breaks_a_decision(desk: FrontDesk, page: str) -> None:
    appointment = desk.book_request()
    for value in ODD:
        answer = desk.client.post(
            desk.url(f"appointments/{appointment.id}/{page}"),
            {"reason": value, "override_reason": value},
        )
        assert answer.status_code in (200, 302), value[:50]


@pytest.mark.parametrize(
    "path",
    [
        "appointments/x",
        "appointments/00000000-0000-0000-0000-000000000000",
        "appointments/00000000-0000-0000-0000-000000000000/approve",
        "appointments/%00",
        "book/",
        "../nowhere/book",
    ],
)
def test_an_address_of_nothing_is_not_found(desk: FrontDesk, path: str) -> None:
    assert desk.client.get(desk.url(path), follow=True).status_code == 404
    assert desk.client.post(desk.url(path)).status_code in (404, 405)


def test_a_body_that_is_no_form_is_a_page(desk: FrontDesk) -> None:
    bodies: list[tuple[bytes, str]] = [
        (b'{"patient": 1}', "application/json"),
        (b"\xff\xfe=%zz&a", "application/x-www-form-urlencoded"),
        (b"--x", "multipart/form-data; boundary=x"),
    ]
    for body, kind in bodies:
        answer: Any = desk.client.post(desk.url("book"), body, content_type=kind)
        assert answer.status_code == 200
    assert Appointment.objects.count() == 0


def test_words_of_patients_are_shown_as_text(desk: FrontDesk) -> None:
    evil = "<img src=x onerror=alert(1)>"
    desk.patient.name = evil
    desk.patient.save()
    appointment = desk.booked(notes=evil, tags="<b>", location=f"https://x.example/{evil}")
    pages = [
        desk.get("book", patient=str(desk.patient.pk)),
        desk.get("appointments", day="2030-01-07"),
        desk.get(f"appointments/{appointment.pk}"),
        desk.send(q=evil),
    ]
    for answer in pages:
        assert "<img src=x" not in answer.content.decode()
        assert "&lt;img src=x onerror=alert(1)&gt;" in answer.content.decode()
