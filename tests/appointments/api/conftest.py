"""A clinic to book in, on a fixed morning."""

from collections.abc import Iterator

import pytest
import time_machine
from pytest_django import Settings

from tests.appointments.api.clinic import NOW, Clinic, make_clinic, row_counts


@pytest.fixture(autouse=True)
def static_files_are_not_indexed(settings: Settings) -> None:
    """A new client need not look through the folder of collected static files, nor have one."""
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """The time is eight in the morning UTC, nine in London, until a test moves it."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def clinic(db: None, clock: time_machine.Traveller) -> Clinic:
    return make_clinic()


@pytest.fixture
def real_clinic(transactional_db: None, clock: time_machine.Traveller) -> Clinic:
    """A clinic whose bookings are really committed, and whose refusals are really rolled back."""
    return make_clinic()


@pytest.fixture
def other_clinic(db: None, clock: time_machine.Traveller) -> Clinic:
    """A business that shares nothing with the first."""
    return make_clinic()


@pytest.fixture
def nothing_written(clinic: Clinic) -> Iterator[None]:
    """After the test every table has as many rows as before."""
    before = row_counts()
    yield
    assert row_counts() == before
