"""What webhooks are told: each committed change of an appointment, once, in its own transaction."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import orjson
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from appointments import booking
from appointments.changes import Scope
from appointments.errors import AppointmentNotFound, StaffBusy
from appointments.models import Appointment, Status
from appointments.record import Record, find_record
from appointments.telling import appointment
from businesses.identifiers import new_id
from businesses.models import DeliveryStatus, OutgoingWebhook, Service, WebhookDelivery
from businesses.webhooks import delete_webhook
from staff.models import Staff
from tests.appointments.desk import DESK, NOW, at, book, cancelled, refused
from tests.appointments.moves import change, move, refuses, repeat, step, swap
from tests.factories import BusinessFactory, ServiceFactory, StaffFactory, webhook

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]


@pytest.fixture
def service() -> Service:
    made: Service = ServiceFactory()
    return made


@pytest.fixture
def doctor(service: Service) -> Staff:
    made: Staff = StaffFactory(business=service.business)
    return made


@pytest.fixture
def hook(service: Service) -> OutgoingWebhook:
    return webhook(service.business)


def outbox() -> list[WebhookDelivery]:
    return list(WebhookDelivery.objects.order_by("number"))


def told() -> list[tuple[str, UUID]]:
    """Which events of which appointments are waiting; then they are forgotten."""
    found = [(one.name.removeprefix("appointment."), one.subject) for one in outbox()]
    WebhookDelivery.objects.all().delete()
    return found


def told_of(*records: Record) -> set[tuple[str, UUID]]:
    return {("update", one.id) for one in records}


def test_a_booking_is_told_to_each_webhook_that_is_on(
    service: Service, doctor: Staff, hook: OutgoingWebhook
) -> None:
    second = webhook(service.business, "https://hooks.example/second")
    OutgoingWebhook.objects.create(
        business=service.business, endpoint="https://hooks.example/off", enabled=False, secret="x"
    )
    webhook(BusinessFactory())
    record = book(service, at(10), staff=doctor)
    rows = outbox()
    assert {one.webhook_id for one in rows} == {hook.pk, second.pk}
    for one in rows:
        assert (one.business_id, one.subject) == (service.business_id, record.id)
        assert (one.status, one.attempts, one.due_at) == (DeliveryStatus.PENDING, 0, NOW)
        assert (one.created_at, one.leased_until, one.begun_at) == (NOW, None, None)
        assert one.pk.version == 7


def test_the_body_is_that_of_the_contract_and_as_the_api_tells_it(
    service: Service, doctor: Staff, hook: OutgoingWebhook
) -> None:
    service.business.name = 'The "Quoted" Clinic – Ångström\\'
    service.business.save()
    record = book(service, at(10), staff=doctor, notes='He said "no"\n', tags=("a",))
    (row,) = outbox()
    body = json.loads(row.body)
    assert list(body) == ["id", "createdAt", "name", "business", "data"]
    there = find_record(service.business_id, record.id)
    assert there is not None
    assert body == {
        "id": str(row.pk),
        "createdAt": "2030-01-07T06:00:00.000Z",
        "name": "appointment.create",
        "business": {"id": str(service.business_id), "name": service.business.name},
        "data": orjson.loads(orjson.dumps(appointment(there))),
    }
    assert list(body["data"]) == list(appointment(there))


def test_each_step_of_an_appointments_life_is_told_once_and_in_order(
    service: Service, doctor: Staff, hook: OutgoingWebhook
) -> None:
    record = book(service, at(10), staff=doctor)
    record = move(record, at(11))
    record = change(record, notes="x")
    record = change(record, tags=("a", "b"))
    record = step(record, Status.ARRIVED)
    record = step(record, Status.BOOKED)
    cancelled(record)
    record = change(record, cancelled=False)
    record = change(record, cancelled=True)
    record = change(record, notes="after all")
    bodies = [json.loads(one.body) for one in outbox()]
    told_as = [one["name"].removeprefix("appointment.") for one in bodies]
    assert told_as == ["create", *["update"] * 5, "delete", "update", "delete", "update"]
    assert {one["data"]["id"] for one in bodies} == {str(record.id)}
    assert [one["data"]["date"][11:16] for one in bodies] == ["10:00"] + ["11:00"] * 9
    statuses = [one["data"]["status"] for one in bodies]
    assert statuses[:6] == [*["booked"] * 4, "arrived", "booked"]
    assert statuses[6:] == ["cancelled", "booked", "cancelled", "cancelled"]
    assert [one["data"]["cancelled"] for one in bodies] == [
        one["data"]["status"] == "cancelled" for one in bodies
    ]


def test_a_request_is_told_as_one_and_its_approval_as_a_change(
    service: Service, doctor: Staff, hook: OutgoingWebhook
) -> None:
    service.bookings_require_approval = True
    service.save()
    first, second = (book(service, at(hour), staff=doctor) for hour in (10, 11))
    assert told() == [("request", first.id), ("request", second.id)]
    approved = booking.approve(business_id=service.business_id, appointment_id=first.id, by=DESK)
    assert approved.approved
    change(second, approved=False)  # declined
    assert told() == [("update", first.id), ("delete", second.id)]
    third = book(service, at(12), needs_approval=False)
    assert told() == [("create", third.id)]


def test_a_series_is_told_date_by_date_and_so_is_a_change_of_some_of_it(
    service: Service, doctor: Staff, hook: OutgoingWebhook
) -> None:
    records = repeat(service, at(10), "FREQ=WEEKLY;COUNT=4", staff=doctor).records
    assert told() == [("create", one.id) for one in records]
    move(records[1], at(12, day=7))  # one by itself: an exception from here on
    assert told() == [("update", records[1].id)]
    move(records[2], at(9, day=14), scope=Scope.FOLLOWING)
    assert set(told()) == told_of(*records[2:])
    change(records[0], cancelled=True, scope=Scope.ALL)
    gone = told()
    assert {name for name, _ in gone} == {"delete"}
    assert len(gone) == len(set(gone))


def test_whatever_has_a_new_updated_at_has_been_told_and_nothing_else(
    service: Service, doctor: Staff, hook: OutgoingWebhook, monday_morning: Any
) -> None:
    """Also an exception that only goes along when its series is parted."""
    records = repeat(service, at(10), "FREQ=WEEKLY;COUNT=5", staff=doctor).records
    move(records[3], at(15, day=21))
    cancelled(records[4])
    told()
    monday_morning.shift(60)
    move(records[2], at(11, day=14), scope=Scope.FOLLOWING)
    changed = Appointment.objects.filter(updated_at__gt=NOW).values_list("pk", flat=True)
    assert set(changed) == {one.id for one in records[2:]}
    assert sorted(told()) == sorted(("update", one) for one in changed)
    tail = set(Appointment.objects.filter(pk__in=changed).values_list("series_id", flat=True))
    assert len(tail) == 1
    assert records[0].series_id not in tail


def test_both_of_a_swap_are_told(service: Service, doctor: Staff, hook: OutgoingWebhook) -> None:
    first, second = book(service, at(10), staff=doctor), book(service, at(11), staff=doctor)
    told()
    assert set(told_of(*swap(first, second))) == set(told())


def test_what_is_refused_or_changes_nothing_tells_nothing(
    service: Service, doctor: Staff, hook: OutgoingWebhook
) -> None:
    record = book(service, at(10), staff=doctor)
    gone = cancelled(book(service, at(12), staff=doctor))
    told()
    refused(StaffBusy, service, at(10), staff=doctor)
    other = book(service, at(11), staff=doctor)
    told()
    refuses(StaffBusy, move, other, at(10))
    with pytest.raises(AppointmentNotFound):
        booking.cancel(business_id=service.business_id, appointment_id=new_id(), by=DESK)
    cancelled(gone)
    change(record, starts_at=at(10), notes="")
    assert told() == []


def test_what_is_rolled_back_tells_nothing_and_what_nobody_listens_to_is_not_rendered(
    service: Service, doctor: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appointments.outbox.announcement", pytest.fail)
    records = repeat(service, at(10), "FREQ=DAILY;COUNT=2", staff=doctor).records
    book(service, at(12), staff=doctor)
    move(records[0], at(9))
    assert outbox() == []


@pytest.mark.parametrize("hooks", [0, 1, 3])
def test_telling_costs_no_statement(service: Service, doctor: Staff, hooks: int) -> None:
    for number in range(hooks):
        webhook(service.business, f"https://hooks.example/{number}")
    with CaptureQueriesContext(connection) as sent:
        record = book(service, at(10), staff=doctor)
    assert len(sent) == 4  # the patient, whom this test makes, and the three of a booking
    with CaptureQueriesContext(connection) as sent:
        cancelled(record)
    assert len(sent) == 4
    assert len(outbox()) == 2 * hooks


def test_a_deleted_webhook_takes_its_log_along(
    service: Service, doctor: Staff, hook: OutgoingWebhook
) -> None:
    other = webhook(service.business, "https://hooks.example/other")
    book(service, at(10), staff=doctor)
    delete_webhook(hook)
    assert [one.webhook_id for one in outbox()] == [other.pk]
    book(service, at(11), staff=doctor)
    assert [one.webhook_id for one in outbox()] == [other.pk, other.pk]
