"""A receiver, and a clinic whose webhooks go there."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from businesses.models import Business
from tests.factories import BusinessFactory
from tests.webhooks.receiver import Receiver


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    settings.WEBHOOK_PRIVATE_ADDRESSES = True
    with Receiver() as running:
        yield running


@pytest.fixture
def business(transactional_db: None) -> Business:
    """One that the courier sees, which has a connection of its own."""
    made: Business = BusinessFactory(name="Riverside")
    return made
