"""`Idempotency-Key` on requests of other software."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from rest_framework.exceptions import ErrorDetail, ValidationError

from appointments.api.representation import clash as clash_body
from appointments.clashes import explain
from appointments.errors import Clash
from appointments.idempotency import Claim, answer_once, keep_answer
from appointments.replies import Answer
from businesses.actor import Actor

LONGEST = 255


def claim_in(request: HttpRequest, business_id: UUID, by: Actor) -> Claim | None:
    """The claim that the request makes, if it sends the header."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not 0 < len(key) <= LONGEST or not key.isprintable():
        title = f"Send 1 to {LONGEST} printable characters."
        raise ValidationError({"Idempotency-Key": [ErrorDetail(title, "invalid")]})
    # /v1 and the root are two addresses of the same endpoint.
    asked = (
        (request.method or "").encode(),
        request.path.removeprefix("/v1").lower().encode(),
        request.META.get("QUERY_STRING", "").encode(),
        request.body,
    )
    return Claim(business_id, by.principal, key, sha256(b"\n".join(asked)).digest())


def json_answer(status: int, data: object, **headers: str) -> Answer:
    return Answer(status, orjson.dumps(data), headers)


def response(answer: Answer) -> HttpResponse:
    return HttpResponse(
        answer.body,
        status=answer.status,
        headers=answer.headers,
        content_type="application/json",
    )


def once(claim: Claim | None, work: Callable[[UUID | None], tuple[Answer, bool]]) -> HttpResponse:
    """The answer of `work`, or the first answer again; a clash is an answer too, and is kept."""
    if claim is None:
        return response(work(None)[0])
    now = timezone.now()
    try:
        answer, repeated = answer_once(claim, now, work)
    except Clash as refusal:
        # The booking is rolled back and its locks are gone; the answer is kept on its own.
        explain(refusal)
        answer, repeated = keep_answer(claim, now, json_answer(409, clash_body(refusal)))
    if repeated:
        answer = replace(answer, headers=answer.headers | {"Idempotency-Replayed": "true"})
    return response(answer)
