"""Answers that can be sent again, and how one is kept with the booking it is about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

import orjson

from appointments.record import Record


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that can be sent again, byte for byte."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    def columns(self) -> dict[str, object]:
        """Its values in a statement that keeps it."""
        return {
            "answer_status": self.status,
            "answer_headers": orjson.dumps(self.headers).decode(),
            "answer_body": self.body,
        }


@dataclass(slots=True)
class Reply:
    """What will be answered about a booking, and the claim under which it is kept, if any."""

    answer_of: Callable[[Record], Answer]
    claim_id: UUID | None = None
    kept: Answer | None = None

    def kept_with(self, record: Record) -> dict[str, object]:
        """Makes the answer; its values in the statement that writes the booking."""
        self.kept = self.answer_of(record)
        return self.kept.columns() | {"claim_id": self.claim_id}


UNANSWERED: dict[str, object] = {
    "answer_status": None,
    "answer_headers": "{}",
    "answer_body": None,
    "claim_id": None,
}
