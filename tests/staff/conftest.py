"""Somebody who sets a clinic up, and their neighbour."""

import pytest

from staff.roles import Role
from tests.staff.setup import Setup, set_up


@pytest.fixture
def owner(db: None) -> Setup:
    return set_up(Role.OWNER)


@pytest.fixture
def manager(db: None) -> Setup:
    return set_up(Role.MANAGER)


@pytest.fixture
def neighbour(db: None) -> Setup:
    return set_up(Role.OWNER)


@pytest.fixture
def real_owner(transactional_db: None) -> Setup:
    """Whose saves are really committed, each at its own moment."""
    return set_up(Role.OWNER)
