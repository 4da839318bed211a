"""Two clinics that have nothing to do with each other."""

import pytest

from tests.admin.clinic import Clinic


@pytest.fixture
def mine(db: None) -> Clinic:
    return Clinic("Own")


@pytest.fixture
def theirs(db: None) -> Clinic:
    """A clinic in which everything is called Zzfern something."""
    return Clinic("Zzfern")
