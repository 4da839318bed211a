"""Who acts: the one thing that a command knows about its caller."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, a key or a job, and the request through which it acts."""

    name: str
    source: str  # api, desk, admin, patient, or system
    scopes: frozenset[str] = frozenset()
    user_id: UUID | None = None
    key_id: UUID | None = None
    request_id: str = ""

    def may(self, scope: str) -> bool:
        return scope in self.scopes

    @property
    def principal(self) -> str:
        """Whose idempotency keys these are: `key:…` or `user:…`."""
        return f"key:{self.key_id}" if self.key_id else f"user:{self.user_id}"

    def trace(self) -> Mapping[str, Any]:
        """What the history keeps of the actor with each changed row."""
        return {
            "name": self.name,
            "source": self.source,
            "user": str(self.user_id) if self.user_id else None,
            "key": str(self.key_id) if self.key_id else None,
            "request": self.request_id,
        }
