"""Answers of the API, held against the OpenAPI document that we publish.

The document is made from the code, once a run. An answer must have a status that the operation
declares, an error code that it names for that status, and a body with the keys that are declared
and no others.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator, FormatChecker

from config.schema import operations
from tests.contract import DATE, IDENTIFIER, MOMENT

PREFIXES = ("/v1/", "/businesses")

# How the wire writes them: stricter than the standards of the formats.
FORMATS = FormatChecker(formats=())
for name, pattern in {"date-time": MOMENT, "uuid": IDENTIFIER, "date": DATE}.items():
    FORMATS.checks(name)(
        lambda value, pattern=pattern: (
            not isinstance(value, str) or pattern.fullmatch(value) is not None
        )
    )


Document = dict[str, Any]


class Published:
    """An OpenAPI document, ready to judge answers. Each validator is compiled once."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.components = {
            name: closed(schema) for name, schema in document["components"]["schemas"].items()
        }
        self.validators: dict[tuple[str, str], Draft202012Validator | None] = {}
        # A path that is spelt out goes before one in which an id stands at the same place.
        self.paths = [
            (re.compile(re.sub(r"\{\w+\}", "[^/]+", path.removeprefix("/v1"))), path)
            for path in sorted(document["paths"], key=lambda path: path.count("{"))
        ]

    def operation(self, method: str, path: str) -> Document | None:
        """What is declared for that request, if anything is."""
        below = path.removeprefix("/v1")
        for pattern, template in self.paths:
            if pattern.fullmatch(below):
                found: Document | None = self.document["paths"][template].get(method.lower())
                return found
        return None

    def check(self, method: str, path: str, status: int, kind: str, content: bytes) -> None:
        """AssertionError for an answer that the document does not allow.

        Addresses and methods that it doesn't have are none of its business, nor is a 500: that is
        asserted where something is broken on purpose, and declared nowhere.
        """
        operation = self.operation(method, path)
        if operation is None or status == 500:
            return
        where = f"{operation['operationId']} answered {status}"
        declared = operation["responses"].get(str(status))
        assert declared is not None, f"{where}, which it does not declare"
        validator = self.validator(operation, str(status))
        if validator is None:
            assert content == b"", f"{where} with a body"
            return
        assert kind == "application/json", f"{where} as {kind}"
        body = json.loads(content)
        if wrong := next(iter(validator.iter_errors(body)), None):
            raise AssertionError(f"{where}: {wrong.json_path}: {wrong.message}")
        if status >= 400:
            self.check_codes(operation, status, body["error"], where)

    def check_codes(self, operation: Document, status: int, error: Any, where: str) -> None:
        codes = operation["x-error-codes"].get(str(status), [])
        assert error["code"] in codes, f"{where} {error['code']}, which it does not declare"
        for wrong in error.get("fields", ()):
            code = wrong["code"]
            assert code in codes, f"{where} {code} of {wrong['field']}, which it does not declare"

    def validator(self, operation: Document, status: str) -> Draft202012Validator | None:
        """What judges the body; None where there is to be none."""
        key = (operation["operationId"], status)
        if key not in self.validators:
            content = operation["responses"][status].get("content")
            self.validators[key] = content and Draft202012Validator(
                closed(content["application/json"]["schema"])
                | {"components": {"schemas": self.components}},
                format_checker=FORMATS,
            )
        return self.validators[key]


def closed(schema: Any) -> Any:
    """The same schema, in which an object has no keys but those that are named."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: closed(one) for name, one in schema.items()}
    if isinstance(inner.get("properties"), dict):
        inner.setdefault("additionalProperties", False)
    return inner


@cache
def published() -> Published:
    """The document of the code as it is."""
    document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    # As a reader gets it: plain JSON.
    return Published(json.loads(json.dumps(document)))


def all_operations() -> list[str]:
    return [operation["operationId"] for _, _, operation in operations(published().document)]
