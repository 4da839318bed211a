"""The published schema names every refusal of the booking commands."""

from collections.abc import Iterator

import pytest

from appointments.errors import BadRequest, Clash, Refusal
from config.api import status_of
from config.schema import operations
from tests.conformance import published


def kinds(of: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    for one in of.__subclasses__():
        if one not in (BadRequest, Clash):
            yield one
        yield from kinds(one)


REFUSALS = list(kinds())


def named() -> set[tuple[int, str]]:
    """What the operations on appointments and free times may answer."""
    return {
        (int(status), code)
        for path, _, operation in operations(published().document)
        if "/appointments" in path or path.endswith("vailableTimes")
        for status, codes in operation["x-error-codes"].items()
        for code in codes
    }


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda one: one.__name__)
def test_every_refusal_is_named_by_an_operation(refusal: type[Refusal]) -> None:
    assert (status_of(refusal()), refusal.code) in named()


def test_the_refusals_are_found() -> None:
    assert len(REFUSALS) >= 40
    assert (400, "no_such_code") not in named()
