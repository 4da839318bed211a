"""The shape of every answer that is not a success."""

from collections.abc import Iterable
from typing import Any, NamedTuple

MOST_NAMED = 50


class FieldError(NamedTuple):
    """What is wrong with one input; nested names are dotted."""

    field: str
    code: str
    title: str


def error_body(
    code: str, title: str, *, fields: Iterable[FieldError] = (), **more: Any
) -> dict[str, Any]:
    """`{"error": {"code", "title", …}}`, with `fields` for bad input."""
    body: dict[str, Any] = {"code": code, "title": title}
    if listed := [wrong._asdict() for wrong in fields]:
        body["fields"] = listed
    return {"error": body | more}


def input_error_body(wrong: list[FieldError]) -> dict[str, Any]:
    """A refusal of input: its own code when all fields have the same one.

    A long list of wrong fields is cut, so that a small request has no huge answer.
    """
    wrong = wrong[:MOST_NAMED]
    codes = {error.code for error in wrong}
    if len(codes) == 1:
        return error_body(wrong[0].code, wrong[0].title, fields=wrong)
    return error_body("invalid_request", "Some fields can't be accepted.", fields=wrong)
