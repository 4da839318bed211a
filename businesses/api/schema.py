"""What the OpenAPI schema says of an operation, and of our ways to authenticate."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import is_list_serializer
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from businesses.api.fields import Text
from businesses.api.outputs import ErrorOutput

IF_MATCH = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The ETag of what you have seen; if it has been changed since, 412.",
)
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The ETag of what you have; if that is still so, 304 without a body.",
)
# What any operation may answer, and what any that reads a query or a body may.
EVERYWHERE = (
    "400 bad_request",  # it names another host
    "401 unauthenticated",
    "401 invalid_api_key",
    "403 missing_scope",
    "404 not_found",
    "429 rate_limited",
    "503 calendar_busy",
)
BAD_QUERY = ("400 unknown_field", "400 repeated")
BAD_VALUE = (
    "400 ambiguous_local_time",
    "400 bad_character",
    "400 blank",
    "400 invalid",
    "400 invalid_choice",
    "400 invalid_request",
    "400 max_length",
    "400 max_value",
    "400 min_value",
    "400 nonexistent_local_time",
    "400 null",
    "400 out_of_range",
    "400 range_too_large",
    "400 required",
    "400 unknown_zone",
)
BAD_BODY = (
    "400 body_too_large",
    "400 malformed_json",
    "403 csrf_failed",
    "415 unsupported_media_type",
)
STALE = ("412 stale",)
OCCUPIED = ("503 calendar_busy",)


def operation(
    name: str,
    tag: str,
    summary: str,
    description: str = "",
    *,
    answer: dict[int, Any],
    refusals: Iterable[str] = (),
    parameters: Sequence[OpenApiParameter] = (),
    request: Any = None,
    writes: bool = False,
    **more: Any,
) -> Callable[[Any], Any]:
    """One operation of the schema, with every error code that it can answer.

    `answer` says what it answers by status, refusals too where they tell more than others do.
    `refusals` are its own, each as `409 alias_taken`; those that many operations share are added
    for what it takes: a query, a body, `If-Match`.
    """
    parameters = list(parameters)
    own = [*EVERYWHERE, *BAD_QUERY, *refusals]
    if request is not None or any(one.location == "query" for one in parameters):
        own += BAD_VALUE
    if request is not None:
        own += BAD_BODY
    elif writes:
        own += ("403 csrf_failed",)
    if writes or request is not None:
        own += OCCUPIED
    if IF_MATCH in parameters:
        own += STALE
    if not writes and request is None:
        parameters.append(IF_NONE_MATCH)
        answer = answer | {304: OpenApiResponse(description="You have it already.")}
    codes: defaultdict[int, set[str]] = defaultdict(set)
    for one in own:
        status, code = one.split()
        codes[int(status)].add(code)
    told = {
        status: OpenApiResponse(
            answer.get(status, ErrorOutput), description=", ".join(sorted(named))
        )
        for status, named in codes.items()
    }
    return extend_schema(
        operation_id=name,
        tags=[tag],
        summary=summary,
        description=description or f"{summary}.",
        parameters=parameters,
        request=request,
        responses=answer | {status: told[status] for status in sorted(told)},
        extensions={
            "x-error-codes": {str(status): sorted(codes[status]) for status in sorted(codes)}
        },
        **more,
    )


class Described(AutoSchema):
    """Only what was written for readers of the schema, and answers as they were declared."""

    def _is_list_view(self, serializer: Any = None) -> bool:
        # An envelope of a list is one object, also where the action is called `list`.
        return serializer is not None and is_list_serializer(serializer)

    def _map_serializer_field(
        self, field: Any, direction: Any, bypass_extensions: bool = False
    ) -> Any:
        told: Any = super()._map_serializer_field(  # type: ignore[no-untyped-call]
            field, direction, bypass_extensions
        )
        if isinstance(field, Text):
            told["pattern"] = field.pattern
            if not field.allow_blank:
                told["minLength"] = 1
        return told

    def get_description(self) -> str:  # type: ignore[override]
        # Docstrings are for those who read the code.
        return ""

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        told: Any = super()._map_basic_serializer(  # type: ignore[no-untyped-call]
            serializer, direction
        )
        if not type(serializer).__dict__.get("__doc__"):
            told.pop("description", None)
        return told


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "businesses.api.authentication.KeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "An API key of the business, made in the admin.",
        }


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "businesses.api.authentication.DeskSessionAuthentication"
    name = "deskSession"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "sessionid",
            "description": "The session of somebody who is signed in at the desk.",
        }
