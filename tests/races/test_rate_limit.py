"""However many workers its requests reach at once, a key is let through as its limit says."""

import time
from dataclasses import replace

import pytest

from tests.factories import api_key
from tests.races.rivals import RIVALS, Clinic, asked, at_once, outcomes
from tests.races.serving import Site
from tests.soak import FACTOR

pytestmark = [pytest.mark.soak, pytest.mark.django_db(transaction=True)]

ROUNDS = max(3, FACTOR)
LIMIT = 40
SPAN = "?startDate=2030-01-07T00:00:00Z&endDate=2030-01-08T00:00:00Z"


def not_at_the_end_of_a_minute() -> None:
    """A new minute begins for everybody at once; a rush must not meet it."""
    second = time.time() % 60
    if second > 50:
        time.sleep(60.1 - second)


def test_of_fifty_requests_forty_are_let_through(site: Site, clinic: Clinic) -> None:
    for _ in range(ROUNDS):
        token = api_key(clinic.business, rate_limit=LIMIT)
        call = asked(replace(clinic, token=token), "GET", query=SPAN)
        not_at_the_end_of_a_minute()
        assert outcomes(at_once(site, [call] * RIVALS)) == {
            "done": LIMIT,
            "429 rate_limited": RIVALS - LIMIT,
        }
