"""Which deliveries go out when: order, waits, rests, giving up, switching off."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.apps import apps
from django.db import connection

from businesses import delivery
from businesses.delivery import AT_ONCE, LEASE, Outcome, Parcel, put_back, settle, take, wait
from businesses.identifiers import new_id
from businesses.models import (
    Business,
    DeliveryStatus,
    OutgoingWebhook,
    WebhookAttempt,
    WebhookDelivery,
)
from businesses.webhooks import WebhookOff, change_webhook, delete_webhook, replay
from tests.factories import webhook
from tests.webhooks.queue import now_is, put

NOW = datetime(2030, 1, 7, 6, tzinfo=UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
PENDING, DELIVERED, DEAD = DeliveryStatus.PENDING, DeliveryStatus.DELIVERED, DeliveryStatus.DEAD


@pytest.fixture
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def hook(clock: Any, business: Business) -> OutgoingWebhook:
    return webhook(business)


def taken(most: int = 100, **more: int) -> list[Parcel]:
    return sorted(take(most=most, **more), key=lambda one: str(one.id))


def ids(parcels: Sequence[Parcel]) -> set[UUID]:
    return {one.id for one in parcels}


def outcome(status: int | None = 200, **more: Any) -> Outcome:
    return Outcome(at=datetime.now(UTC), milliseconds=5, status_code=status, **more)


def ends(parcels: Sequence[Parcel], status: int | None = 200, **more: Any) -> None:
    settle([(one, outcome(status, **more)) for one in parcels])


def now_of(hook: OutgoingWebhook) -> OutgoingWebhook:
    hook.refresh_from_db()
    return hook


# --- Order --------------------------------------------------------------------------------------


def test_of_one_appointment_an_event_waits_for_those_before_it(hook: OutgoingWebhook) -> None:
    subject = new_id()
    events = [put(hook, subject=subject) for _ in range(3)]
    other = put(hook)
    first = taken()
    assert ids(first) == {events[0].pk, other.pk}
    assert taken() == []
    ends(first)
    for event in events[1:]:
        (parcel,) = taken()
        assert parcel.id == event.pk
        ends([parcel])
    assert taken() == []
    assert set(WebhookDelivery.objects.values_list("status", flat=True)) == {DELIVERED}


def test_while_one_is_tried_again_the_later_ones_of_its_appointment_wait_and_no_others(
    hook: OutgoingWebhook, clock: Any
) -> None:
    subject = new_id()
    first, second = (put(hook, subject=subject) for _ in range(2))
    ends(taken(), 500)
    other = put(hook)
    beside = taken()
    assert ids(beside) == {other.pk}
    ends(beside)
    clock.move_to(now_is(first).due_at)
    again = taken()
    assert ids(again) == {first.pk}
    ends(again)
    assert ids(taken()) == {second.pk}


def test_another_webhook_does_not_wait_for_the_first(hook: OutgoingWebhook) -> None:
    other, subject = webhook(hook.business), new_id()
    put(hook, subject=subject)
    ends(taken(), 500)
    late = put(other, subject=subject)
    assert ids(taken()) == {late.pk}


def test_after_one_is_given_up_the_later_ones_go_on(hook: OutgoingWebhook, clock: Any) -> None:
    subject = new_id()
    first, second = (put(hook, subject=subject) for _ in range(2))
    ends(taken(), 500)
    ends_at = NOW + 24 * HOUR
    clock.move_to(ends_at)
    ends(taken(), 500)
    assert now_is(first).status == DEAD
    change_webhook(now_of(hook), enabled=True)
    assert ids(taken()) == {second.pk}


# --- Leases -------------------------------------------------------------------------------------


def test_what_a_worker_has_taken_no_other_takes_until_its_lease_is_over(
    hook: OutgoingWebhook, clock: Any
) -> None:
    sent = put(hook)
    (first,) = taken()
    clock.shift(LEASE - SECOND)
    assert taken() == []
    clock.shift(SECOND)
    (second,) = taken()
    assert (first.id, second.id) == (sent.pk, sent.pk)
    # The first comes back from the dead: it is logged, and settles nothing any more.
    ends([first], 500)
    still = now_is(sent)
    assert (still.status, still.attempts, still.leased_until) == (PENDING, 0, second.lease)
    assert WebhookAttempt.objects.count() == 1
    ends([second])
    assert now_is(sent).status == DELIVERED


def test_what_is_put_back_is_due_at_once(hook: OutgoingWebhook) -> None:
    put(hook)
    parcels = taken()
    put_back(parcels)
    assert ids(taken()) == ids(parcels)


def test_one_address_has_so_many_on_their_way_at_most(hook: OutgoingWebhook) -> None:
    for _ in range(2 * AT_ONCE):
        put(hook)
    first = taken()
    assert len(first) == AT_ONCE
    assert taken() == []
    ends(first[:3])
    assert len(taken()) == 3


def test_every_address_gets_its_first_before_another_gets_its_second(
    hook: OutgoingWebhook,
) -> None:
    """However much longer the one has been waiting."""
    for _ in range(20):
        put(hook, due_at=NOW - HOUR)
    other = webhook(hook.business)
    put(other)
    first = taken(most=2)
    assert {one.webhook_id for one in first} == {hook.pk, other.pk}
    assert len(taken(each=1)) == 0


def test_nothing_is_taken_for_a_webhook_that_is_off(hook: OutgoingWebhook) -> None:
    put(hook)
    change_webhook(hook, enabled=False)
    assert taken() == []
    change_webhook(hook, enabled=True)
    assert len(taken()) == 1


def test_what_was_deleted_on_the_way_is_nothing_to_settle(hook: OutgoingWebhook) -> None:
    put(hook)
    parcels = taken()
    delete_webhook(hook)
    ends(parcels)
    assert (WebhookDelivery.objects.count(), WebhookAttempt.objects.count()) == (0, 0)


# --- Waits --------------------------------------------------------------------------------------


def test_each_wait_is_longer_than_the_one_before_up_to_six_hours() -> None:
    for attempts, seconds in enumerate([5, 15, 45, 135, 405, 1215, 3645, 10935, 21600, 21600]):
        found = [wait(attempts) for _ in range(200)]
        assert min(found) >= timedelta(seconds=seconds / 2)
        assert max(found) <= timedelta(seconds=seconds)
        assert len(set(found)) > 100  # not all at the same moment
    assert wait(10**6) <= 6 * HOUR


def test_it_is_tried_for_a_day_and_then_given_up(hook: OutgoingWebhook, clock: Any) -> None:
    sent = put(hook)
    OutgoingWebhook.objects.update(endpoint="https://hooks.example/poison")
    moments = []
    while now_is(sent).status == PENDING:
        clock.move_to(max(now_is(sent).due_at, now_of(hook).rests_until or NOW))
        moments.append(datetime.now(UTC) - NOW)
        ends(taken(), None, error="The connection was refused.")
    assert moments[0] == timedelta()
    assert moments[-1] == 24 * HOUR
    assert 10 <= len(moments) <= 16
    dead = now_is(sent)
    assert (dead.status, dead.attempts) == (DEAD, len(moments))
    assert WebhookAttempt.objects.count() == len(moments)


def test_retry_after_is_heeded_within_six_hours(hook: OutgoingWebhook, clock: Any) -> None:
    for asked, waits in ((60, 60), (100 * 3600, 6 * 3600)):
        sent = put(hook)
        ends(taken(), 503, retry_after=timedelta(seconds=asked))
        assert now_is(sent).due_at - datetime.now(UTC) == timedelta(seconds=waits)
        assert now_of(hook).rests_until == now_is(sent).due_at
        put(hook)
        assert taken() == []
        clock.move_to(now_is(sent).due_at)
        ends(taken())
        ends(taken())


def test_an_address_that_fails_gets_one_at_a_time_and_rests_ever_longer(
    hook: OutgoingWebhook, clock: Any
) -> None:
    for _ in range(20):
        put(hook)
    ends(taken(), 500)
    assert now_of(hook).failing_since == NOW
    clock.shift(100)
    probe = taken()
    assert len(probe) == 1
    ends(probe, 500)
    assert now_of(hook).rests_until == NOW + timedelta(seconds=110)
    clock.shift(9)
    assert taken() == []
    clock.shift(1)
    works = taken()
    assert len(works) == 1
    ends(works)
    assert (now_of(hook).failing_since, now_of(hook).rests_until) == (None, None)
    assert len(taken()) == AT_ONCE


# --- Switched off -------------------------------------------------------------------------------


def test_an_address_that_fails_for_a_day_is_switched_off_and_what_waits_is_kept(
    hook: OutgoingWebhook, clock: Any
) -> None:
    first, second = put(hook), put(hook)
    ends(taken(), 500)
    clock.move_to(NOW + 24 * HOUR - SECOND)
    ends(taken(), 500)
    assert now_of(hook).enabled
    clock.move_to(NOW + 24 * HOUR + 61 * SECOND)
    ends(taken(), 500)
    off = now_of(hook)
    assert (off.enabled, off.disabled_at) == (False, datetime.now(UTC))
    assert {now_is(one).status for one in (first, second)} == {DEAD, PENDING}
    assert taken() == []
    history = apps.get_model("businesses", "OutgoingWebhookEvent").objects.order_by("pgh_id")
    assert [(one.enabled, one.pgh_context) for one in history][1:] == [
        (False, history.last().pgh_context)
    ]
    assert history.last().pgh_context["name"] == "Webhook delivery"


def test_a_success_in_between_starts_the_day_anew(hook: OutgoingWebhook, clock: Any) -> None:
    put(hook)
    ends(taken(), 500)
    clock.shift(23 * HOUR)
    ends(taken())
    put(hook)
    ends(taken(), 500)
    clock.shift(23 * HOUR)
    ends(taken(), 500)
    assert now_of(hook).enabled


def test_gone_switches_it_off_at_once(hook: OutgoingWebhook) -> None:
    sent = put(hook)
    ends(taken(), 410)
    assert not now_of(hook).enabled
    assert now_is(sent).status == DEAD


def test_switched_on_again_it_gets_what_was_waiting_with_a_day_before_it(
    hook: OutgoingWebhook, clock: Any
) -> None:
    sent = put(hook)
    ends(taken(), 500)
    clock.shift(12 * HOUR)
    change_webhook(now_of(hook), enabled=False)
    on = change_webhook(now_of(hook), enabled=True)
    assert (on.failing_since, on.disabled_at) == (None, None)
    ends(taken(), 500)
    assert now_is(sent).begun_at == datetime.now(UTC)


# --- Replays ------------------------------------------------------------------------------------


def test_dead_letters_are_sent_again_with_their_ids(hook: OutgoingWebhook, clock: Any) -> None:
    dead, alive = put(hook), put(hook)
    WebhookDelivery.objects.filter(pk=dead.pk).update(status=DEAD, attempts=12, begun_at=NOW)
    ends(taken())
    clock.shift(48 * HOUR)
    assert replay(hook) == 1
    (parcel,) = taken()
    assert (parcel.id, parcel.attempts, parcel.begun_at) == (dead.pk, 0, None)
    ends([parcel])
    assert {now_is(one).status for one in (dead, alive)} == {DELIVERED}
    assert replay(hook) == 0


def test_any_delivery_can_be_sent_again_but_not_while_it_is_on_its_way(
    hook: OutgoingWebhook,
) -> None:
    sent = put(hook)
    parcels = taken()
    assert replay(hook, delivery_id=sent.pk) == 0
    ends(parcels)
    assert replay(hook, delivery_id=sent.pk) == 1
    assert ids(taken()) == {sent.pk}


def test_nothing_is_replayed_to_a_webhook_that_is_off(hook: OutgoingWebhook) -> None:
    off = change_webhook(hook, enabled=False)
    with pytest.raises(WebhookOff):
        replay(off)


# --- Cost ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("waiting", [1, 30])
def test_a_round_costs_the_same_however_much_waits(
    hook: OutgoingWebhook, waiting: int, django_assert_num_queries: Any
) -> None:
    for _ in range(waiting):
        put(hook)
    with django_assert_num_queries(4):  # BEGIN, the addresses, what is due, COMMIT
        parcels = taken()
    with django_assert_num_queries(5):  # BEGIN, who signs, the addresses, the deliveries, COMMIT
        ends(parcels)


def test_two_workers_never_take_the_same(hook: OutgoingWebhook) -> None:
    """The rows of an address are looked at by one worker at a time; others pass it by."""
    put(hook)
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT FROM businesses_outgoingwebhook FOR NO KEY UPDATE")
        other = connection.copy()
        try:
            with other.cursor() as beside:
                beside.execute(delivery.ADDRESSES, {"now": NOW})
                assert beside.fetchall() == []
        finally:
            other.close()
            cursor.execute("ROLLBACK")
    assert len(taken()) == 1
