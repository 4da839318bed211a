"""Identifiers of new rows."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A version 7 UUID: ordered by time, so that new rows lie together in every index."""
    return uuid7()
