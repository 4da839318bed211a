"""Keys and webhooks of other software, at the desk; and what the overview tells of the set-up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from businesses.history import history_of
from businesses.keys import holder_of
from businesses.models import (
    ApiKey,
    Business,
    DeliveryStatus,
    OutgoingWebhook,
    WebhookAttempt,
    WebhookDelivery,
)
from businesses.scopes import EVERY_SCOPE
from businesses.webhooks import MOST, send_test
from staff.roles import ROLE_SCOPES, Role
from tests.desk.clinic import words_of
from tests.factories import api_key, webhook
from tests.staff.setup import Setup, errors_of, set_up


def told(answer: Any) -> list[str]:
    return [str(one) for one in get_messages(answer.wsgi_request)]


# --- Keys -------------------------------------------------------------------------------------

READS = ["services:read", "staff:read"]


def test_a_key_is_shown_once_and_works(owner: Setup) -> None:
    answer = owner.post("setup/keys/new", description="Website", scopes=READS)
    token = answer.context["token"]
    assert token in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    holder = holder_of(token)
    assert holder is not None
    assert (holder.business_id, sorted(holder.scopes)) == (owner.business.pk, READS)
    shown = owner.get("setup/keys").content.decode()
    assert token not in shown
    assert token[:10] in shown
    (entry,) = history_of(ApiKey.objects.get())
    assert (entry.who, entry.source, entry.label) == ("Olga Owner", "Front desk", "Added")


@time_machine.travel(datetime(2026, 11, 20, 12, tzinfo=UTC))
def test_a_key_works_until_the_end_of_its_last_day(owner: Setup) -> None:
    owner.post("setup/keys/new", description="Website", scopes=READS, last_day="2026-11-30")
    assert ApiKey.objects.get().expires_at == datetime(2026, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"description": ""}, {"description": ["This field is required."]}),
        ({"scopes": []}, {"scopes": ["This field is required."]}),
        ({"last_day": "2001-01-01"}, {"last_day": ["That day is over."]}),
        ({"rate_limit": "0"}, {"rate_limit": [
            "Ensure this value is greater than or equal to 1."]}),
    ],
)  # fmt: skip
def test_a_key_that_can_not_be_is_refused_in_words(
    owner: Setup, fields: dict[str, Any], errors: dict[str, list[str]]
) -> None:
    sent = {"description": "Website", "scopes": READS} | fields
    assert errors_of(owner.post("setup/keys/new", **sent)) == errors
    assert not ApiKey.objects.exists()


def test_nobody_hands_out_what_they_may_not_do_themselves(db: None) -> None:
    developer = set_up(Role.DEVELOPER)
    offered = developer.get("setup/keys/new").context["form"].fields["scopes"].choices
    assert {scope for scope, _label in offered} == ROLE_SCOPES[Role.DEVELOPER]
    answer = developer.post("setup/keys/new", description="All", scopes=["patients:read"])
    assert list(errors_of(answer)) == ["scopes"]
    assert not ApiKey.objects.exists()


def test_a_key_is_revoked_once_somebody_has_confirmed_it(owner: Setup) -> None:
    token = api_key(owner.business, *READS)
    page = f"setup/keys/{ApiKey.objects.get().pk}/revoke"
    shown = words_of(owner.get(page))
    assert "See services, categories and locations" in shown
    assert holder_of(token) is not None
    answer = owner.post(page)
    assert (answer["Location"], told(answer)) == (owner.url("setup/keys"), ["Tests is revoked."])
    assert holder_of(token) is None
    assert "revoked on" in words_of(owner.get("setup/keys"))
    assert owner.get(page).status_code == 404


def test_scopes_are_told_in_words(owner: Setup) -> None:
    api_key(owner.business, *READS)
    api_key(owner.business, *EVERY_SCOPE)
    working = owner.get("setup/keys").context["working"]
    assert sorted(one.may_do for one in working) == [
        ["Everything"],
        ["See services, categories and locations", "See staff and their hours"],
    ]


# --- Webhooks ---------------------------------------------------------------------------------


@pytest.fixture
def anywhere() -> Any:
    """Addresses aren't looked up."""
    with override_settings(WEBHOOK_PRIVATE_ADDRESSES=True):
        yield


@pytest.mark.usefixtures("anywhere")
def test_a_webhook_is_added_and_its_secret_shown_once(owner: Setup) -> None:
    answer = owner.post("setup/webhooks/new", endpoint="https://hooks.example/in", enabled="on")
    made = OutgoingWebhook.objects.get()
    assert (made.business, made.endpoint, made.enabled) == (
        owner.business,
        "https://hooks.example/in",
        True,
    )
    assert made.secret in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert made.secret not in owner.get(f"setup/webhooks/{made.pk}").content.decode()
    (entry,) = history_of(made)
    assert (entry.who, entry.source, entry.label) == ("Olga Owner", "Front desk", "Added")


@pytest.mark.parametrize(
    "endpoint", ["", "nonsense", "http://hooks.example/", "https://127.0.0.1/"]
)
def test_an_address_that_is_not_public_is_refused(owner: Setup, endpoint: str) -> None:
    with override_settings(WEBHOOK_PRIVATE_ADDRESSES=False):
        answer = owner.post("setup/webhooks/new", endpoint=endpoint, enabled="on")
    assert list(errors_of(answer)) == ["endpoint"]
    assert f'value="{endpoint}"' in answer.content.decode() or not endpoint
    assert not OutgoingWebhook.objects.exists()


@pytest.mark.usefixtures("anywhere")
def test_an_eleventh_webhook_is_refused(owner: Setup) -> None:
    for number in range(MOST):
        webhook(owner.business, f"https://hooks.example/{number}")
    answer = owner.post("setup/webhooks/new", endpoint="https://hooks.example/x", enabled="on")
    assert errors_of(answer) == {
        "__all__": ["A business has at most 10 webhooks; delete one, or change one."]
    }
    assert OutgoingWebhook.objects.count() == MOST


@pytest.mark.usefixtures("anywhere")
def test_a_webhook_is_paused_and_goes_on_with_what_waits(owner: Setup) -> None:
    row = webhook(owner.business)
    waiting = send_test(row)
    later = timezone.now() + timedelta(hours=3)
    WebhookDelivery.objects.filter(pk=waiting.pk).update(attempts=4, due_at=later)
    page = f"setup/webhooks/{row.pk}"
    assert owner.send(page, enabled=None).status_code == 302
    assert not OutgoingWebhook.objects.get().enabled
    assert "Paused" in words_of(owner.get("setup/webhooks"))
    assert owner.send(page, enabled="on").status_code == 302
    assert OutgoingWebhook.objects.get().enabled
    waiting.refresh_from_db()
    assert waiting.attempts == 0
    assert waiting.due_at < later


def test_a_new_secret_is_shown_once_and_the_old_one_signs_for_a_day(owner: Setup) -> None:
    row = webhook(owner.business)
    answer = owner.post(f"setup/webhooks/{row.pk}/secret")
    now = OutgoingWebhook.objects.get()
    assert (now.previous_secret, now.secret != row.secret) == (row.secret, True)
    shown = answer.content.decode()
    assert now.secret in shown
    assert row.secret not in shown
    assert "no-store" in answer["Cache-Control"]
    assert "signs as well until" in words_of(owner.get(f"setup/webhooks/{row.pk}"))


def test_a_test_event_is_seen_below(owner: Setup) -> None:
    row = webhook(owner.business)
    answer = owner.post(f"setup/webhooks/{row.pk}/test")
    assert answer["Location"] == owner.url(f"setup/webhooks/{row.pk}")
    (sent,) = WebhookDelivery.objects.all()
    assert (sent.name, sent.webhook) == ("webhook.test", row)
    assert "not tried yet" in words_of(owner.get(f"setup/webhooks/{row.pk}"))


def test_nothing_is_sent_to_a_webhook_that_is_off(owner: Setup) -> None:
    row = webhook(owner.business)
    OutgoingWebhook.objects.update(enabled=False)
    for page in ("test", "replay"):
        answer = owner.post(f"setup/webhooks/{row.pk}/{page}")
        assert told(answer)[-1] == "This webhook is off; switch it on first."
    assert not WebhookDelivery.objects.exists()


def test_what_was_given_up_is_sent_again_one_by_one_or_all_at_once(owner: Setup) -> None:
    row = webhook(owner.business)
    one, other = send_test(row), send_test(row)
    WebhookAttempt.objects.create(
        business=owner.business, delivery=one, at=timezone.now(), milliseconds=9, status_code=503
    )
    WebhookDelivery.objects.update(status=DeliveryStatus.DEAD)
    page = f"setup/webhooks/{row.pk}"
    assert "answered 503" in words_of(owner.get(page))
    answer = owner.post(f"{page}/deliveries/{one.pk}/replay")
    assert told(answer) == ["1 delivery is sent again."]
    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.status, other.status) == (DeliveryStatus.PENDING, DeliveryStatus.DEAD)
    assert told(owner.post(f"{page}/replay"))[-1] == "1 delivery is sent again."
    other.refresh_from_db()
    assert other.status == DeliveryStatus.PENDING


def test_a_delivery_of_another_webhook_is_not_sent_again(owner: Setup) -> None:
    row, other = webhook(owner.business), webhook(owner.business, "https://other.example/")
    theirs = send_test(other)
    WebhookDelivery.objects.update(status=DeliveryStatus.DEAD)
    page = f"setup/webhooks/{row.pk}/deliveries/{theirs.pk}/replay"
    assert owner.post(page).status_code == 404
    assert WebhookDelivery.objects.get().status == DeliveryStatus.DEAD


def test_older_deliveries_are_on_further_pages(owner: Setup) -> None:
    row = webhook(owner.business)
    numbers = sorted(send_test(row).pk for _ in range(31))
    page = f"setup/webhooks/{row.pk}"
    first = owner.get(page).context
    assert (len(first["deliveries"]), first["newest"]) == (30, True)
    second = owner.get(page, before=first["older"]).context
    assert (len(second["deliveries"]), second["older"], second["newest"]) == (1, None, False)
    shown = [one.pk for one in (*first["deliveries"], *second["deliveries"])]
    assert sorted(shown) == numbers
    assert owner.get(page, before="²").status_code == 200


def test_a_webhook_is_removed_with_its_log(owner: Setup) -> None:
    row = webhook(owner.business)
    send_test(row)
    answer = owner.post(f"setup/webhooks/{row.pk}/remove")
    assert answer["Location"] == owner.url("setup/webhooks")
    assert not OutgoingWebhook.objects.exists()
    assert not WebhookDelivery.objects.exists()


# --- The overview -----------------------------------------------------------------------------


def states(owner: Setup) -> dict[str, str]:
    return {one.page: one.state for one in owner.get("setup").context["items"]}


def test_the_overview_says_what_is_there_and_what_may_stay_open(owner: Setup) -> None:
    assert states(owner) == {
        "desk-setup-clinic": "there",
        "desk-setup-hours": "there",
        "desk-setup-closures": "open",
        "desk-setup-staff": "there",
        "desk-setup-services": "there",
        "desk-setup-rooms": "open",
        "desk-setup-locations": "open",
        "desk-setup-keys": "open",
        "desk-setup-webhooks": "open",
    }


def test_the_overview_says_what_is_missing(owner: Setup) -> None:
    owner.service.durations.all().delete()
    Business.objects.filter(pk=owner.business.pk).update(enabled=False)
    assert states(owner)["desk-setup-services"] == "missing"
    assert states(owner)["desk-setup-clinic"] == "missing"
    assert "Something is still missing" in words_of(owner.get("setup"))


def test_a_developer_sees_keys_and_webhooks_only(db: None) -> None:
    developer = set_up(Role.DEVELOPER)
    assert states(developer) == {"desk-setup-keys": "open", "desk-setup-webhooks": "open"}


def test_keys_webhooks_and_overview_ask_as_much_for_one_as_for_three(owner: Setup) -> None:
    api_key(owner.business)
    row = webhook(owner.business)
    send_test(row)
    pages = ("setup/keys", "setup/webhooks", f"setup/webhooks/{row.pk}", "setup")

    def statements(page: str) -> int:
        with CaptureQueriesContext(connection) as sent:
            assert owner.get(page).status_code == 200
        return len(sent)

    before = [statements(page) for page in pages]
    for number in range(2):
        api_key(owner.business)
        webhook(owner.business, f"https://hooks.example/{number}")
        send_test(row)
    assert [statements(page) for page in pages] == before


def test_a_stranger_does_not_see_a_key(owner: Setup) -> None:
    api_key(owner.business)
    page = owner.url(f"setup/keys/{ApiKey.objects.get().pk}/revoke")
    assert Client().post(page).status_code == 302
    assert ApiKey.objects.get().revoked_at is None
