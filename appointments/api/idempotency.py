"""`Idempotency-Key`: a repeated request gets the first answer, whatever happened in between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

import orjson
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from rest_framework.exceptions import APIException, ErrorDetail, ValidationError

from appointments.api.representation import clash as clash_body
from appointments.booking import attempt
from appointments.clashes import explain
from appointments.errors import Clash
from businesses.actor import Actor
from businesses.identifiers import new_id
from businesses.statements import LOCK_TIMEOUT, rows, sqlstate

KEPT_FOR = timedelta(hours=24)
LONGEST = 255


class KeyReused(APIException):
    status_code = 422
    default_code = "idempotency_key_reused"
    default_detail = (
        "This Idempotency-Key came with another request before; send a new key for a new request."
    )


class InProgress(APIException):
    status_code = 409
    default_code = "in_progress"
    default_detail = "The first request with this Idempotency-Key is still running; try again."


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that can be sent again, byte for byte."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, status: int, data: object, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return cls(status, orjson.dumps(data), named)

    def response(self) -> HttpResponse:
        return HttpResponse(
            self.body,
            status=self.status,
            headers=self.headers,
            content_type="application/json",
        )


@dataclass(frozen=True, slots=True)
class Claim:
    """One client's key, and what it came with."""

    business_id: UUID
    principal: str
    key: str
    request_hash: bytes

    @classmethod
    def in_request(cls, request: HttpRequest, business_id: UUID, by: Actor) -> Claim | None:
        """The claim that the request makes, if it sends the header."""
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return None
        if not 0 < len(key) <= LONGEST or not key.isprintable():
            raise ValidationError(
                {
                    "Idempotency-Key": [
                        ErrorDetail(f"Send 1 to {LONGEST} printable characters.", "invalid")
                    ]
                }
            )
        asked = b"\n".join(
            (
                (request.method or "").encode(),
                request.path.removeprefix("/v1").lower().encode(),
                request.META.get("QUERY_STRING", "").encode(),
                request.body,
            )
        )
        return cls(business_id, by.principal, key, sha256(asked).digest())


# The unique key makes a repeat wait here until the first request's transaction has ended: then it
# meets the committed answer, or nothing if the first was rolled back or its server died.
TAKE = """
INSERT INTO businesses_idempotentanswer AS it (
    id, business_id, principal, key, request_hash, created_at, status, headers, body)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s)
ON CONFLICT (business_id, principal, key) DO UPDATE SET
    request_hash = EXCLUDED.request_hash, created_at = EXCLUDED.created_at,
    status = EXCLUDED.status, headers = EXCLUDED.headers, body = EXCLUDED.body
WHERE it.created_at <= %s
RETURNING id
"""
FIRST = """
SELECT request_hash, status, headers, body FROM businesses_idempotentanswer
WHERE business_id = %s AND principal = %s AND key = %s
"""
KEEP = """
UPDATE businesses_idempotentanswer SET status = %s, headers = %s::jsonb, body = %s
WHERE business_id = %s AND principal = %s AND key = %s
"""


def _take(claim: Claim, now: datetime, answer: Answer | None = None) -> bool:
    """Whether the claim is ours: nobody has it, or whoever had it had it over a day ago."""
    return bool(
        rows(
            TAKE,
            (
                new_id(),
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
    return Answer(status, bytes(body), headers | {"Idempotency-Replayed": "true"})


def once(claim: Claim | None, work: Callable[[], Answer]) -> Answer:
    """The answer of `work`; for a claim that was answered before, the first answer again.

    The claim, what `work` writes and the answer are committed together. A clash is an answer too
    and is kept; every other refusal keeps nothing. Without a claim it is just `work`. Two
    statements with a claim, two for a replay.
    """
    if claim is None:
        return _answered(work)
    now = timezone.now()

    def claimed() -> Answer:
        try:
            mine = _take(claim, now)
        except DatabaseError as error:
            if sqlstate(error) == LOCK_TIMEOUT:
                raise InProgress from error
            raise
        if not mine:
            return _first(claim)
        answer = work()
        rows(
            KEEP,
            (
                answer.status,
                orjson.dumps(answer.headers).decode(),
                answer.body,
                claim.business_id,
                claim.principal,
                claim.key,
            ),
        )
        return answer

    try:
        return attempt(claimed)
    except Clash as refusal:
        # The booking is rolled back and its locks are gone; the answer is kept on its own. A
        # repeat that was faster has kept its own, which then is the first.
        answer = _refused(refusal)
        return answer if attempt(lambda: _take(claim, now, answer)) else _first(claim)


def _answered(work: Callable[[], Answer]) -> Answer:
    try:
        return work()
    except Clash as refusal:
        return _refused(refusal)


def _refused(refusal: Clash) -> Answer:
    explain(refusal)
    return Answer.of(409, clash_body(refusal))
