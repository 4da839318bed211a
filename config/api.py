"""The API's frame: JSON in and out, and one place where a refusal becomes a status."""

import logging
from http import HTTPStatus
from typing import Any

import orjson
from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.response import Response

from appointments.api.representation import clash as clash_body
from appointments.clashes import explain
from appointments.errors import (
    AppointmentNotFound,
    BadRequest,
    CalendarBusy,
    Clash,
    InProgress,
    KeyReused,
    NoSuchService,
    Refusal,
    Stale,
)
from businesses.api.answers import Occupied
from businesses.api.envelope import FieldError, error_body, input_error_body
from businesses.api.fields import field_errors
from businesses.statements import DEADLOCK, LOCK_TIMEOUT, SERIALIZATION, sqlstate

logger = logging.getLogger("stilldesk.api")

# A lock that did not come in time, whoever waited for it: nothing that is worth a line in the log.
BUSY = {LOCK_TIMEOUT, DEADLOCK, SERIALIZATION}
LARGEST_BODY = 256 * 1024

# Every refusal of the booking commands has its status here, by its nearest class.
STATUS: dict[type[Refusal], HTTPStatus] = {
    BadRequest: HTTPStatus.BAD_REQUEST,
    Clash: HTTPStatus.CONFLICT,
    AppointmentNotFound: HTTPStatus.NOT_FOUND,
    NoSuchService: HTTPStatus.NOT_FOUND,
    Stale: HTTPStatus.PRECONDITION_FAILED,
    InProgress: HTTPStatus.CONFLICT,
    KeyReused: HTTPStatus.UNPROCESSABLE_ENTITY,
    CalendarBusy: HTTPStatus.SERVICE_UNAVAILABLE,
}


class BodyTooLarge(exceptions.APIException):
    status_code = 400
    default_code = "body_too_large"
    default_detail = f"Send at most {LARGEST_BODY // 1024} KiB."


class JsonParser(BaseParser):
    """A JSON body of bounded size; the raw bytes stay readable for the idempotency hash."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        request = parser_context["request"]._request
        body = request.body
        if len(body) > LARGEST_BODY:
            raise BodyTooLarge
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise exceptions.ParseError(f"The body is not JSON: {error}.", "malformed_json") from (
                error
            )


class JsonRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, media_type: Any = None, renderer_context: Any = None) -> bytes:
        return orjson.dumps(data)


def status_of(refusal: Refusal) -> HTTPStatus:
    """The status of a refusal's nearest class in the table."""
    return next(STATUS[one] for one in type(refusal).__mro__ if one in STATUS)


def answer_to(error: Exception, context: dict[str, Any]) -> Response:
    """The answer to an exception of an API view: always the envelope, never a stack trace."""
    if isinstance(error, Refusal):
        return _refused(error)
    if isinstance(error, Http404):
        error = exceptions.NotFound("There is nothing at this address.", "not_found")
    if isinstance(error, RequestDataTooBig):
        error = BodyTooLarge()
    if isinstance(error, OperationalError):
        if sqlstate(error) not in BUSY:
            logger.error("the database did not answer", exc_info=error)
        return _refused(CalendarBusy())
    if isinstance(error, exceptions.ValidationError):
        return Response(input_error_body(field_errors(error.detail)), 400)
    if isinstance(error, exceptions.APIException):
        headers = {"WWW-Authenticate": "Bearer"} if error.status_code == 401 else {}
        if isinstance(error, Occupied):
            headers["Retry-After"] = str(error.retry_after)
        code = getattr(error.detail, "code", None) or error.default_code
        return Response(error_body(code, str(error.detail)), error.status_code, headers=headers)
    logger.error("unhandled error", exc_info=error)
    return Response(error_body("server_error", "Something went wrong here; it is logged."), 500)


def _refused(refusal: Refusal) -> Response:
    status = status_of(refusal)
    if isinstance(refusal, Clash):
        explain(refusal)
        return Response(clash_body(refusal), status)
    if isinstance(refusal, BadRequest):
        wrong = FieldError(refusal.field, refusal.code, refusal.sentence)
        return Response(error_body(refusal.code, refusal.sentence, fields=[wrong]), status)
    headers = {"Retry-After": "1"} if isinstance(refusal, CalendarBusy) else {}
    return Response(error_body(refusal.code, refusal.for_software), status, headers=headers)
