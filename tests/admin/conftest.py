"""Two clinics that have nothing to do with each other."""

import pytest
from pytest_django import Settings

from tests.admin.clinic import Clinic


@pytest.fixture(autouse=True)
def static_files_are_not_indexed(settings: Settings) -> None:
    """A new client need not look through the folder of collected static files, nor have one."""
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture
def mine(db: None) -> Clinic:
    return Clinic("Own")


@pytest.fixture
def theirs(db: None) -> Clinic:
    """A clinic in which everything is called Zzfern something."""
    return Clinic("Zzfern")
