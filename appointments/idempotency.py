"""Repeated requests: the first answer again, whatever happened in between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import orjson
from django.db import DatabaseError

from appointments.booking import attempt
from appointments.errors import InProgress, KeyReused
from appointments.replies import Answer
from businesses.identifiers import new_id
from businesses.statements import LOCK_TIMEOUT, rows, run, sqlstate

KEPT_FOR = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Claim:
    """A key that a client sends with a request and again with each repeat of it."""

    business_id: UUID
    principal: str  # whose keys these are
    key: str
    request_hash: bytes  # of what came with it


# The unique key makes a repeat wait here until the first request's transaction has ended: then it
# meets the committed answer, or nothing if the first was rolled back or its server died.
TAKE = """
INSERT INTO businesses_idempotentanswer AS it (
    id, business_id, principal, key, request_hash, created_at, status, headers, body)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s)
ON CONFLICT (business_id, principal, key) DO UPDATE SET
    id = EXCLUDED.id, request_hash = EXCLUDED.request_hash,
    created_at = EXCLUDED.created_at,
    status = EXCLUDED.status, headers = EXCLUDED.headers, body = EXCLUDED.body
WHERE it.created_at <= %s
"""
FIRST = """
SELECT request_hash, status, headers, body FROM businesses_idempotentanswer
WHERE business_id = %s AND principal = %s AND key = %s
"""
KEEP = """
UPDATE businesses_idempotentanswer
SET status = %(answer_status)s, headers = %(answer_headers)s::jsonb, body = %(answer_body)s
WHERE business_id = %(business_id)s AND id = %(claim_id)s
"""


def answer_once(
    claim: Claim, now: datetime, work: Callable[[UUID], tuple[Answer, bool]]
) -> tuple[Answer, bool]:
    """The answer of `work` and False, or the first answer to this claim and True.

    The claim, what `work` writes and the answer are committed together; an exception of `work`
    keeps nothing. `work` is told the claim's id, and says whether it kept the answer under it.
    KeyReused for a claim that came with something else; InProgress when the first request takes
    longer than a lock waits. One statement and one that keeps the answer; two for a repeat.
    """

    def claimed() -> tuple[Answer, bool]:
        claim_id = new_id()
        try:
            mine = _take(claim, claim_id, now, None)
        except DatabaseError as error:
            if sqlstate(error) == LOCK_TIMEOUT:
                raise InProgress from error
            raise
        if not mine:
            return _first(claim), True
        answer, kept = work(claim_id)
        if not kept:
            owner = {"business_id": claim.business_id, "claim_id": claim_id}
            run(KEEP, answer.columns() | owner)
        return answer, False

    return attempt(claimed)


def keep_answer(claim: Claim, now: datetime, answer: Answer) -> tuple[Answer, bool]:
    """Keeps an answer that came of no change; a repeat that was faster has the first word."""
    mine = attempt(lambda: _take(claim, new_id(), now, answer))
    return (answer, False) if mine else (_first(claim), True)


def _take(claim: Claim, claim_id: UUID, now: datetime, answer: Answer | None) -> bool:
    """Whether the claim is ours: nobody has it, or whoever had it had it over a day ago."""
    return bool(
        run(
            TAKE,
            (
                claim_id,
                claim.business_id,
                claim.principal,
                claim.key,
                claim.request_hash,
                now,
                answer.status if answer else None,
                orjson.dumps(answer.headers).decode() if answer else "{}",
                answer.body if answer else None,
                now - KEPT_FOR,
            ),
        )
    )


def _first(claim: Claim) -> Answer:
    ((request_hash, status, headers, body),) = rows(
        FIRST, (claim.business_id, claim.principal, claim.key)
    )
    if bytes(request_hash) != claim.request_hash:
        raise KeyReused
    if isinstance(headers, str):
        headers = orjson.loads(headers)
    return Answer(status, bytes(body), headers)
