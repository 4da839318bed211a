"""The history of a row: who, when, what, through which request."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from businesses.models import BookingQuestion, ServiceDuration
from staff.roles import Role
from tests.admin.clinic import Clinic, as_user, operator, page, typed, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(mine: Clinic) -> Client:
    return as_user(mine.works(Role.OWNER))


def entries(client: Client, row: Any) -> list[Any]:
    found: list[Any] = client.get(page(row, "history")).context["entries"]
    return found


def told(entry: Any) -> list[tuple[str, str, str]]:
    return [(one.label, one.before, one.after) for one in entry.changes]


def test_a_change_tells_who_what_and_which_request(mine: Clinic, owner: Client) -> None:
    sent = typed(owner.get(page(mine.patient, "change")))
    sent |= {"name": "Ada", "primary_staff": str(mine.staff.pk), "dob": "1980-04-23"}
    request_id = owner.post(page(mine.patient, "change"), sent)["X-Request-Id"]
    newest, first = entries(owner, mine.patient)
    assert (newest.label, newest.source, newest.request) == ("Changed", "Admin", request_id)
    assert newest.who.startswith("User ")
    assert told(newest) == [
        ("Name", "Own patient", "Ada"),
        ("Date of birth", "", "1980-04-23"),
        ("Usually seen by", "", "Own doctor"),
    ]
    assert first.label == "Added"
    assert request_id in words(owner.get(page(mine.patient, "history")))


def test_a_row_that_was_saved_as_it_was_has_no_entry(mine: Clinic, owner: Client) -> None:
    before = len(entries(owner, mine.patient))
    owner.post(page(mine.patient, "change"), typed(owner.get(page(mine.patient, "change"))))
    assert len(entries(owner, mine.patient)) == before


def test_the_parts_of_a_row_are_in_its_history_also_when_they_are_gone(
    mine: Clinic, owner: Client
) -> None:
    sent = typed(owner.get(page(mine.service, "change")))
    question = BookingQuestion.objects.get(service=mine.service)
    sent |= {"serviceduration-0-price": "3500", "bookingquestion-0-DELETE": "on"}
    assert owner.post(page(mine.service, "change"), sent).status_code == 302
    assert not BookingQuestion.objects.filter(pk=question.pk).exists()
    parts = [(one.label, one.thing) for one in entries(owner, mine.service) if one.thing]
    assert parts.count(("Changed", "duration")) == 1
    assert parts.count(("Deleted", "booking question")) == 1
    changed = next(one for one in entries(owner, mine.service) if one.label == "Changed")
    assert told(changed) == [("Price", "3000", "3500")]


def test_hours_and_roles_are_told_in_words(mine: Clinic, owner: Client) -> None:
    sent = typed(owner.get(page(mine.second, "change")))
    sent |= {"roles": ["FRONT_DESK", "MANAGER"], "weekly_hours_monday": "9-12, 13-17"}
    owner.post(page(mine.second, "change"), sent)
    newest = entries(owner, mine.second)[0]
    assert told(newest) == [
        ("Roles", "Practitioner", "Front desk; Manager"),
        (
            "Working hours",
            "",
            "Monday 09:00–12:00, 13:00–17:00; Tuesday closed; Wednesday closed; Thursday closed;"
            " Friday closed; Saturday closed; Sunday closed",
        ),
    ]


def test_an_appointments_history_is_told_in_the_clinics_time(mine: Clinic, owner: Client) -> None:
    owner.post(page(mine.visit, "cancel"), {"reason": "Ill"})
    newest, first = entries(owner, mine.visit)
    changes = {label: (before, after) for label, before, after in told(newest)}
    assert changes["Status"] == ("Booked", "Cancelled")
    assert changes["Why cancelled"] == ("", "Ill")
    facts = {label: after for label, _, after in told(first)}
    assert facts["Start"].endswith("10:00")  # nine in UTC
    assert facts["Price"] == "30.00 GBP"
    assert (first.who, first.source) == ("Reception", "Front desk")


def test_no_secret_is_in_the_history(mine: Clinic, owner: Client) -> None:
    shown = words(owner.get(page(mine.key, "history")))
    assert mine.token not in shown
    assert "hash" not in shown.lower()
    assert mine.visit.link_token not in words(owner.get(page(mine.visit, "history")))


def test_the_history_of_a_business_is_in_its_own_hands(
    mine: Clinic, theirs: Clinic, owner: Client
) -> None:
    for row in (theirs.business, theirs.patient, theirs.visit):
        response = owner.get(page(row, "history"))
        assert (response.status_code, "Zzfern" in words(response)) == (302, False)


def test_the_history_needs_the_scope_of_the_row(mine: Clinic) -> None:
    client = as_user(mine.works(Role.DEVELOPER))
    assert client.get(page(mine.patient, "history")).status_code == 403
    assert client.get(page(mine.service, "history")).status_code == 200


def test_there_is_no_second_log(mine: Clinic, owner: Client) -> None:
    sent = typed(owner.get(page(mine.patient, "change"))) | {"gender": "x"}
    owner.post(page(mine.patient, "change"), sent)
    assert LogEntry.objects.count() == 0


def test_the_history_takes_a_fixed_number_of_queries(mine: Clinic) -> None:
    client = as_user(operator())
    counted = []
    for price in (1, 2, 3):
        ServiceDuration.objects.filter(service=mine.service).update(price=price)
        with CaptureQueriesContext(connection) as queries:
            client.get(page(mine.service, "history"))
        counted.append(len(queries))
    assert len(set(counted)) == 1
