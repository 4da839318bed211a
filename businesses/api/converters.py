"""Path converters of the API."""

from uuid import UUID

from django.urls.converters import register_converter


class IdConverter:
    """A UUID in any case; anything else is no path of ours."""

    regex = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"

    def to_python(self, value: str) -> UUID:
        return UUID(value)

    def to_url(self, value: UUID) -> str:
        return str(value)


register_converter(IdConverter, "id")
