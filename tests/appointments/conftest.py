"""A Monday on which London and UTC show the same time."""

from collections.abc import Iterator

import pytest
import time_machine

from tests.appointments.desk import NOW


@pytest.fixture
def monday_morning() -> Iterator[time_machine.Traveller]:
    """It is six in the morning of Monday, 7 January 2030, until a test moves the clock.

    Python's clock alone: PostgreSQL's now() runs on.
    """
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller
