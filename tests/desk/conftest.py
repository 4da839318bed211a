"""A front desk on a fixed Monday, before the clinic opens."""

from collections.abc import Iterator

import pytest
import time_machine
from pytest_django import Settings

from staff.roles import Role
from tests.desk.clinic import MONDAY, FrontDesk, open_desk


@pytest.fixture(autouse=True)
def static_files_are_not_indexed(settings: Settings) -> None:
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(MONDAY, tick=False) as traveller:
        yield traveller


@pytest.fixture
def desk(db: None, clock: time_machine.Traveller) -> FrontDesk:
    return open_desk(Role.FRONT_DESK)


@pytest.fixture
def real_desk(transactional_db: None, clock: time_machine.Traveller) -> FrontDesk:
    """A desk whose bookings are really committed, and whose refusals are really rolled back."""
    return open_desk(Role.FRONT_DESK)


@pytest.fixture
def practitioner(db: None, clock: time_machine.Traveller) -> FrontDesk:
    """A desk at which a practitioner sits, who may book but not override."""
    return open_desk(Role.PRACTITIONER)


@pytest.fixture
def neighbour(db: None, clock: time_machine.Traveller) -> FrontDesk:
    """Another clinic."""
    return open_desk(Role.FRONT_DESK)
