"""What every success of the API is: JSON with an ETag, or 304 for what the client has already."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import orjson
from django.http import HttpResponse
from django.utils.http import parse_etags
from rest_framework.exceptions import APIException
from rest_framework.request import Request


class Stale(APIException):
    status_code = 412
    default_code = "stale"
    default_detail = "It has been changed since you saw it; get it again."


class Occupied(APIException):
    """Somebody else holds what is to be changed, for longer than anybody waits."""

    status_code = 503
    default_code = "calendar_busy"
    default_detail = "Somebody else is changing this right now; try again in a moment."
    retry_after = 1


def etag_of(body: bytes) -> str:
    """A strong ETag: it changes whenever a byte of the body does."""
    return f'"{blake2b(body, digest_size=16).hexdigest()}"'


def answered(
    request: Request, body: bytes, *, status: int = 200, etag: str = "", **headers: str
) -> HttpResponse:
    """JSON that is written already. A GET that sends a matching `If-None-Match` is 304."""
    headers["ETag"] = etag or etag_of(body)
    if request.method in ("GET", "HEAD") and seen(request, "If-None-Match", headers["ETag"]):
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(body, status=status, headers=headers, content_type="application/json")


def told(request: Request, data: Any, *, status: int = 200, **headers: str) -> HttpResponse:
    """The answer that is these data."""
    return answered(request, orjson.dumps(data), status=status, **headers)


def nothing() -> HttpResponse:
    """204: done, and there is nothing to tell."""
    return HttpResponse(status=204)


def seen(request: Request, header: str, etag: str) -> bool:
    """Whether a header names this ETag, or any by `*`."""
    tags = [tag.removeprefix("W/") for tag in parse_etags(request.headers.get(header, "").strip())]
    return "*" in tags or etag in tags


def check_seen(request: Request, etag: str) -> None:
    """Refuses a change by somebody whose `If-Match` says that they have seen something else."""
    if request.headers.get("If-Match", "").strip() and not seen(request, "If-Match", etag):
        raise Stale
