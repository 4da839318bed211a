"""Who waits too long for the database is told to come again, wherever the wait was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
from django.db import OperationalError, connection

from businesses.models import ApiKey
from config.api import answer_to
from tests.appointments.api.clinic import (
    TEN,
    Clinic,
    impatient,
    make_clinic,
    nothing_is_written,
)
from tests.factories import blocks

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clinic(transactional_db: None) -> Clinic:
    return make_clinic()


@contextmanager
def held_by_another(table: str, row_id: UUID) -> Iterator[None]:
    """Another connection holds the row, while ours waits a twentieth of a second."""
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(f"SELECT 1 FROM {table} WHERE id = %s FOR UPDATE", [row_id])
        with impatient():
            yield
        cursor.execute("ROLLBACK")
    other.close()


@pytest.mark.parametrize("query", ["", "?scope=all"])
def test_a_blocker_that_somebody_holds_is_not_freed(clinic: Clinic, query: str) -> None:
    blocker = blocks(clinic.staff, TEN, 30)
    assert clinic.ask("GET", "time-blockers", blocker.pk).status == 200
    with held_by_another("staff_timeblocker", blocker.pk), nothing_is_written():
        reply = clinic.ask("DELETE", "time-blockers", blocker.pk, query=query)
    assert reply.refused == (503, "calendar_busy")
    assert reply.headers["Retry-After"] == "1"
    assert clinic.ask("DELETE", "time-blockers", blocker.pk, query=query).status == 204


def test_a_key_whose_row_somebody_holds_can_not_be_used_for_a_moment(clinic: Clinic) -> None:
    with held_by_another("businesses_apikey", ApiKey.objects.get().pk):
        reply = clinic.ask("GET", "patients")
    assert reply.refused == (503, "calendar_busy")
    assert clinic.ask("GET", "patients").status == 200


def test_a_database_that_does_not_answer_is_503_and_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answer = answer_to(OperationalError("no connection is free"), {})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert answer.data["error"]["code"] == "calendar_busy"
    assert [one.message for one in caplog.records] == ["the database did not answer"]
