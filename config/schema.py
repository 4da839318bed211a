"""The published OpenAPI document: what is done to it between the code and the readers."""

from collections.abc import Iterator
from typing import Any

Document = dict[str, Any]

# What the names in our URL patterns are called on the wire.
PATH_NAMES = {"business_id": "businessId", "service_id": "serviceId", "staff_id": "staffId"}
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
