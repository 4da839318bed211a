"""An API key from the command line."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from businesses.keys import holder_of
from businesses.models import ApiKey, Business
from businesses.scopes import EVERY_SCOPE
from tests.factories import BusinessFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def business() -> Business:
    found: Business = BusinessFactory(alias="riverside", name="Riverside")
    return found


def printed(*words: str, **options: Any) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("create_api_key", *words, stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


def test_a_key_of_every_scope_is_printed_once(business: Business) -> None:
    out, err = printed("riverside")
    token = out.strip()
    assert out == f"{token}\n"  # alone, so that a script can take it
    assert token not in err
    holder = holder_of(token)
    assert holder is not None
    assert (holder.business_id, holder.scopes) == (business.pk, EVERY_SCOPE)


def test_a_business_is_named_by_its_id_as_well(business: Business) -> None:
    assert holder_of(printed(str(business.pk).upper())[0].strip()) is not None


def test_a_key_has_the_scopes_the_end_and_the_description_that_were_asked_for(
    business: Business,
) -> None:
    scopes = ("--scope", "patients:read", "--scope", "staff:read")
    printed("riverside", "--description", "Website", *scopes, "--expires", "30")
    key = ApiKey.objects.get()
    assert (key.description, key.scopes) == ("Website", ["patients:read", "staff:read"])
    assert key.expires_at is not None
    left = key.expires_at - timezone.now()
    assert timedelta(days=29, hours=23) < left <= timedelta(days=30)


def test_the_history_says_that_the_command_made_it(business: Business) -> None:
    printed("riverside")
    event = apps.get_model("businesses", "ApiKeyEvent").objects.get()
    assert event.pgh_context["name"] == "manage.py create_api_key"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["hillside"], "No business has the alias or id 'hillside'. There are: riverside."),
        (["riverside", "--expires", "0"], "--expires takes 1 to 36500 days."),
        (["riverside", "--description", " "], "--description takes 1 to 200 characters."),
    ],
)
def test_what_makes_no_sense_is_one_clear_line(
    words: list[str], sentence: str, business: Business
) -> None:
    with pytest.raises(CommandError) as caught:
        printed(*words)
    assert str(caught.value) == sentence
    assert ApiKey.objects.count() == 0


def test_an_unknown_scope_is_named_with_those_there_are(business: Business) -> None:
    with pytest.raises(CommandError) as caught:
        printed("riverside", "--scope", "everything")
    assert str(caught.value).startswith("There is no scope 'everything'. There are: api_keys:read,")
