"""The clinic that all tests of the API ask."""

from tests.appointments.api.conftest import (  # noqa: F401
    clinic,
    clock,
    other_clinic,
    real_clinic,
    static_files_are_not_indexed,
)
