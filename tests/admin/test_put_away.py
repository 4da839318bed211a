"""What the API has put away: the admin shows it, and offers it for nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from businesses.models import Location, Service
from staff.models import ServiceHost
from staff.roles import Role
from tests.admin.clinic import Clinic, as_user, errors, page, typed, words
from tests.factories import LocationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(mine: Clinic) -> Client:
    return as_user(mine.works(Role.OWNER))


def put_away(row: Any) -> None:
    row.archived_at = timezone.now()
    if isinstance(row, Service):
        row.enabled = False
    row.save()


@pytest.mark.parametrize("what", ["location", "service"])
def test_what_was_put_away_is_shown_and_not_changed(mine: Clinic, owner: Client, what: str) -> None:
    row = getattr(mine, what)
    put_away(row)
    shown = words(owner.get(page(row, "change")))
    assert row.name in shown
    assert 'name="_save"' not in shown
    assert owner.post(page(row, "change"), {"name": "Other"}).status_code == 403
    assert type(row).objects.get(pk=row.pk).name == row.name
    listed = words(owner.get(page(type(row), "changelist"), {"archived": "yes"}))
    assert row.name in listed
    assert row.name not in words(owner.get(page(type(row), "changelist"), {"archived": "no"}))


def test_nothing_is_placed_at_a_location_that_was_put_away(mine: Clinic, owner: Client) -> None:
    house: Location = LocationFactory(business=mine.business, name="Old house")
    put_away(house)
    for row in (mine.room, mine.scan, mine.closure):
        address = page(row, "change")
        sent = typed(owner.get(address)) | {"location": str(house.pk)}
        assert list(errors(owner.post(address, sent))) == ["location"], row
    asked = {
        "app_label": "businesses",
        "model_name": "service",
        "field_name": "location",
        "term": "house",
        "business": str(mine.business.pk),
    }
    offered = owner.get(reverse("admin:autocomplete"), asked).json()["results"]
    assert [one["text"] for one in offered] == [mine.location.name]


def test_who_hosted_what_was_put_away_can_be_changed(mine: Clinic, owner: Client) -> None:
    put_away(mine.service)
    address = page(mine.staff, "change")
    sent = typed(owner.get(address)) | {"name": "Dr New"}
    assert owner.post(address, sent).status_code == 302
    mine.staff.refresh_from_db()
    assert mine.staff.name == "Dr New"
    assert ServiceHost.objects.filter(staff=mine.staff, service=mine.service).exists()
