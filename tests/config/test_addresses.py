"""The addresses of the site, and the names of clinics that stand among them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.urls import get_resolver

from businesses.fields import RESERVED
from businesses.models import Business
from tests.admin.clinic import as_user, errors, operator, page, typed
from tests.factories import BusinessFactory


def paths(patterns: Any, before: str = "") -> Iterator[str]:
    for one in patterns:
        path = before + str(one.pattern)
        if hasattr(one, "url_patterns"):
            yield from paths(one.url_patterns, path)
        else:
            yield path


def test_every_first_word_of_an_address_is_reserved_and_no_other() -> None:
    found = {settings.STATIC_URL.strip("/")}
    for path in paths(get_resolver().url_patterns):
        first, _, rest = path.partition("/")
        second = rest.partition("/")[0] if first == "desk" else ""
        found |= {word for word in (first, second) if word and "<" not in word}
    assert found == RESERVED


@pytest.mark.parametrize("alias", sorted(RESERVED))
def test_no_clinic_has_the_name_of_a_page(alias: str) -> None:
    clinic = BusinessFactory.build(alias=alias)
    with pytest.raises(ValidationError) as refused:
        clinic.full_clean(validate_unique=False, validate_constraints=False)
    assert refused.value.message_dict == {
        "alias": [f"The site uses “{alias}” itself; write another word."]
    }


def test_the_admin_refuses_it_as_well(db: None) -> None:
    clinic = BusinessFactory()
    client = as_user(operator())
    sent = typed(client.get(page(clinic, "change"))) | {"alias": "admin"}
    answer = client.post(page(clinic, "change"), sent)
    assert errors(answer) == {"alias": ["The site uses “admin” itself; write another word."]}
    assert not Business.objects.filter(alias="admin").exists()
