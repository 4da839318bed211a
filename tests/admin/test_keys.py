"""API keys in the admin: shown once, never more than their maker may do, and ended at once."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from businesses.keys import holder_of
from businesses.models import ApiKey
from businesses.scopes import SCOPES
from staff.roles import ROLE_SCOPES, Role
from tests.admin.clinic import Clinic, as_user, errors, page, told, words

pytestmark = pytest.mark.django_db
ADD = page(ApiKey, "add")


def made(client: Client, **changes: Any) -> Any:
    return client.post(ADD, {"description": "Website", "scopes": ["services:read"], **changes})


def token_on(response: Any) -> str:
    found = re.search(r'value="(sdk_[^"]+)"', words(response))
    assert found is not None
    return found[1]


def test_a_key_is_shown_once_and_works(mine: Clinic, caplog: pytest.LogCaptureFixture) -> None:
    client = as_user(mine.works(Role.OWNER))
    with caplog.at_level(logging.DEBUG):
        response = made(client)
    token = token_on(response)
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert token not in caplog.text
    key = ApiKey.objects.get(description="Website")
    holder = holder_of(token)
    assert holder is not None
    assert (holder.id, holder.business_id, holder.scopes) == (
        (key.pk, mine.business.pk, frozenset({"services:read"}))
    )
    for name in ("change", "history"):
        assert token not in words(client.get(page(key, name)))
    assert token not in words(client.get(page(ApiKey, "changelist")))
    assert token not in str(ApiKey.objects.filter(pk=key.pk).values().get())


def test_a_key_may_no_more_than_its_maker(mine: Clinic) -> None:
    client = as_user(mine.works(Role.DEVELOPER))
    offered = dict(client.get(ADD).context["adminform"].form.fields["scopes"].choices)
    assert set(offered) == ROLE_SCOPES[Role.DEVELOPER]
    response = made(client, scopes=["services:read", "patients:read"])
    assert list(errors(response)) == ["scopes"]
    assert ApiKey.objects.filter(description="Website").count() == 0


def test_an_owner_may_give_a_key_everything(mine: Clinic) -> None:
    token = token_on(made(as_user(mine.works(Role.OWNER)), scopes=list(SCOPES)))
    holder = holder_of(token)
    assert holder is not None
    assert holder.scopes == frozenset(SCOPES)


def test_a_key_ends_with_its_last_day_at_the_clinic(mine: Clinic) -> None:
    made(as_user(mine.works(Role.OWNER)), last_day="2030-07-31")
    key = ApiKey.objects.get(description="Website")
    assert key.expires_at == datetime(2030, 7, 31, 23, tzinfo=UTC)  # midnight in London


@pytest.mark.parametrize("day", ["2020-01-01", "9999-12-31", "soon"])
def test_a_last_day_that_makes_no_sense_is_an_error(day: str, mine: Clinic) -> None:
    response = made(as_user(mine.works(Role.OWNER)), last_day=day)
    assert list(errors(response)) == ["last_day"]
    assert ApiKey.objects.filter(description="Website").count() == 0


def test_a_key_needs_a_description_and_a_scope(mine: Clinic) -> None:
    response = made(as_user(mine.works(Role.OWNER)), description="", scopes=[])
    assert sorted(errors(response)) == ["description", "scopes"]


def test_nothing_about_a_key_can_be_edited(mine: Clinic) -> None:
    client = as_user(mine.works(Role.OWNER))
    before = ApiKey.objects.filter(pk=mine.key.pk).values().get()
    sent = {"description": "Changed", "scopes": list(SCOPES)}
    assert client.post(page(mine.key, "change"), sent).status_code == 403
    assert ApiKey.objects.filter(pk=mine.key.pk).values().get() == before


def test_a_key_is_revoked_by_its_button(mine: Clinic) -> None:
    client = as_user(mine.works(Role.DEVELOPER))
    assert holder_of(mine.token) is not None
    assert "Revoke this key" in words(client.get(page(mine.key, "change")))
    assert client.get(page(mine.key, "revoke")).status_code == 405
    assert client.post(page(mine.key, "revoke")).status_code == 302
    assert holder_of(mine.token) is None
    assert "Revoke this key" not in words(client.get(page(mine.key, "change")))


def test_keys_are_revoked_together(mine: Clinic) -> None:
    client = as_user(mine.works(Role.OWNER))
    sent = {"action": "revoke", "_selected_action": [str(mine.key.pk)]}
    assert told(client.post(page(ApiKey, "changelist"), sent)) == ["1 key is revoked."]
    assert holder_of(mine.token) is None


def test_keys_are_not_for_every_role(mine: Clinic) -> None:
    for role in (Role.MANAGER, Role.FRONT_DESK, Role.PRACTITIONER):
        client = as_user(mine.works(role))
        assert client.get(page(ApiKey, "changelist")).status_code == 403
        assert made(client).status_code == 403
        assert client.post(page(mine.key, "revoke")).status_code in (302, 403)
    assert holder_of(mine.token) is not None
