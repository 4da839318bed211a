"""The published OpenAPI document: what is done to it between the code and the readers."""

import json
from collections.abc import Iterator
from typing import Any

from django.conf import settings

EXAMPLES = "docs/api/examples.json"

Document = dict[str, Any]

# What the names in our URL patterns are called on the wire.
PATH_NAMES = {
    "business_id": "businessId",
    "service_id": "serviceId",
    "staff_id": "staffId",
    "webhook_id": "webhookId",
}
METHODS = ("get", "post", "put", "patch", "delete")


def only_v1(endpoints: list[Any]) -> list[Any]:
    """The schema shows each endpoint once, under /v1."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith("/v1/")]


def operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    """Each operation with its path and its method."""
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                yield path, method, methods[method]


def named_as_on_the_wire(result: Document, generator: Any, **more: Any) -> Document:
    """Names of path parameters are written as all names are; each of them is an id."""
    paths = {}
    for path, methods in result["paths"].items():
        for ours, theirs in PATH_NAMES.items():
            path = path.replace(f"{{{ours}}}", f"{{{theirs}}}")
        paths[path] = methods
    result["paths"] = paths
    for _, _, operation in operations(result):
        for parameter in operation["parameters"]:
            if parameter["in"] == "path":
                parameter["name"] = PATH_NAMES.get(parameter["name"], parameter["name"])
                parameter["schema"] = {"type": "string", "format": "uuid"}
    return result


def closed(result: Document, generator: Any, **more: Any) -> Document:
    """An object that is sent in has the fields that are named and no others (`unknown_field`).

    Those that are answered stay open: a later version may tell more.
    """
    components = result["components"]["schemas"]
    seen: set[str] = set()

    def close(schema: Any) -> None:
        if isinstance(schema, list):
            for one in schema:
                close(one)
        if not isinstance(schema, dict):
            return
        reference = schema.get("$ref", "").rpartition("/")[2]
        if reference and reference not in seen:
            seen.add(reference)
            close(components[reference])
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
        for one in schema.values():
            close(one)

    for _, _, operation in operations(result):
        close(operation.get("requestBody", {}))
    return result


def with_examples(result: Document, generator: Any, **more: Any) -> Document:
    """Each operation shows what is asked and answered: `docs/api/examples.json`."""
    by_id = {operation["operationId"]: operation for _, _, operation in operations(result)}
    for example in json.loads((settings.BASE_DIR / EXAMPLES).read_text()):
        operation = by_id[example["operation"]]
        if "status" not in example:
            continue  # new: `make examples` will fill it in
        name = example.get("name", "example")
        if example.get("request") is not None:
            body = operation["requestBody"]["content"]["application/json"]
            body.setdefault("examples", {})[name] = {"value": example["request"]}
        if example["response"] is not None:
            answer = operation["responses"][str(example["status"])]["content"]["application/json"]
            answer.setdefault("examples", {})[name] = {"value": example["response"]}
        given = example.get("path", {}) | example.get("query", {})
        for parameter in operation["parameters"]:
            if parameter["name"] in given:
                parameter.setdefault("example", given[parameter["name"]])
    return result
