"""Input fields that take a JSON value for what it is, and say what to send instead."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.core.validators import EmailValidator
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from businesses.api.envelope import FieldError
from businesses.hours import DAYS, BadHours, WeeklyHours
from businesses.zones import FIRST_YEAR, LAST_YEAR, UnknownZone, written, zone

RFC_3339 = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?"
    r"(?:[Zz]|[+-]\d{2}:\d{2})?",
    re.ASCII,
)
DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
UUID_TEXT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


def clean_text(value: str) -> bool:
    """Whether the database can hold it: no NUL, no half of a surrogate pair."""
    return "\x00" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)


class WholeNumber(serializers.IntegerField):
    """A JSON number without a fraction; 30.0 has none, as JSON Schema counts it."""

    default_error_messages: ClassVar[dict[str, Any]] = {"invalid": "Send a whole number."}

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, float) and data.is_integer() and abs(data) < 1e15:
            return int(data)
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return data


class Number(serializers.FloatField):
    """A finite JSON number."""

    default_error_messages: ClassVar[dict[str, Any]] = {"invalid": "Send a number."}

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool) or not isinstance(data, int | float) or not abs(data) < 1e15:
            self.fail("invalid")
        return float(data)


class Text(serializers.CharField):
    """A JSON string; blanks around it are dropped."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": "Send a text.",
        "bad_character": "The text has a character that can't be stored.",
        "null": "Send a text, or leave the field out.",
    }

    @property
    def pattern(self) -> str:
        """What the schema says of its letters: no NUL, and something to be seen if it must be."""
        return r"^[^\u0000]*$" if self.allow_blank else r"^[^\u0000]*[^\s\u0000][^\u0000]*$"

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if isinstance(data, str) and not clean_text(data):
            self.fail("bad_character")
        return super().run_validation(data)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


@extend_schema_field(OpenApiTypes.EMAIL)
class Email(Text):
    """The address of a mailbox."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=254, **options)
        told = "Send an e-mail address such as jo@example.org."
        self.validators.append(EmailValidator(message=told))


class OrNull(serializers.CharField):
    """For answers: a text that is stored empty where it is not known, and told as null."""

    def __init__(self, **options: Any) -> None:
        super().__init__(read_only=True, allow_null=True, **options)

    def get_attribute(self, instance: Any) -> Any:
        return super().get_attribute(instance) or None


@extend_schema_field(OpenApiTypes.URI)
class BookingURL(serializers.Field[str, Any, str, Any]):
    """For answers: the page of the business on which patients book what the row stands for."""

    def __init__(self, word: str) -> None:
        self.word = word
        super().__init__(read_only=True, source="*")

    def to_representation(self, value: Any) -> str:
        return f"{settings.PUBLIC_URL}/{value.business.alias}/{self.word}/{value.pk}"


class Flag(serializers.BooleanField):
    """JSON true or false, and nothing that only looks like it."""

    default_error_messages: ClassVar[dict[str, Any]] = {"invalid": "Send true or false."}

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid")
        return data


class Word(serializers.ChoiceField):
    """One of some words, spelt exactly."""

    default_error_messages: ClassVar[dict[str, Any]] = {"invalid_choice": "Send one of {known}."}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or data not in self.choices:
            self.fail("invalid_choice", known=", ".join(map(str, self.choices)))
        return data


class Several(serializers.ListField):
    """A JSON array; one that is too long is refused before its items are looked at."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "max_length": "Send at most {max_length} items."
    }

    def to_internal_value(self, data: Any) -> list[Any]:
        if isinstance(data, list) and self.max_length is not None and len(data) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        return super().to_internal_value(data)


@extend_schema_field(OpenApiTypes.UUID)
class Identifier(serializers.Field[UUID, Any, str, Any]):
    """A UUID in its usual writing, in any case."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": "Send an id such as 0190b5b2-7c1e-7000-8000-3c5f9a1d2e4b."
    }

    def to_internal_value(self, data: Any) -> UUID:
        if not isinstance(data, str) or not UUID_TEXT.fullmatch(data):
            self.fail("invalid")
        return UUID(data)

    def to_representation(self, value: UUID) -> str:
        return str(value)


@extend_schema_field(OpenApiTypes.STR)
class ZoneName(serializers.Field[str, Any, str, Any]):
    """An IANA time zone name."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "unknown_zone": "Send an IANA time zone name such as Europe/London."
    }

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("unknown_zone")
        try:
            zone(data)
        except UnknownZone:
            self.fail("unknown_zone")
        return str(data)

    def to_representation(self, value: str) -> str:
        return value


@extend_schema_field(
    {
        "type": "object",
        "description": "Hours of each day of the week, as pairs of HHMM; 2400 may be an end.",
        "properties": {
            day: {
                "type": "array",
                "items": {
                    "type": "array",
                    "items": {"type": "integer", "minimum": 0, "maximum": 2400},
                    "minItems": 2,
                    "maxItems": 2,
                },
            }
            for day in DAYS
        },
        "additionalProperties": False,
        "example": {day: [[900, 1200], [1300, 1700]] for day in DAYS[:5]},
    }
)
class Hours(serializers.Field[dict[str, Any], Any, dict[str, Any], Any]):
    """Weekly hours, stored and told with all seven days; a day that is left out is closed."""

    default_error_messages: ClassVar[dict[str, Any]] = {"bad_hours": "{sentence}"}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        try:
            return WeeklyHours.read(data).written()
        except BadHours as error:
            return self.fail("bad_hours", sentence=error)

    def to_representation(self, value: dict[str, Any]) -> dict[str, Any]:
        return WeeklyHours.read(value).written()


@extend_schema_field(OpenApiTypes.DATETIME)
class Moment(serializers.Field[datetime, Any, str, Any]):
    """An RFC 3339 date-time: aware where it has an offset, else a naive wall-clock time.

    What a wall-clock time means depends on a zone, which `businesses.api.moments` looks up.
    Fractions below a millisecond are dropped.
    """

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": "Send a date-time such as 2026-07-01T10:00:00Z.",
        "out_of_range": f"Send a date between {FIRST_YEAR} and {LAST_YEAR}.",
    }

    def to_internal_value(self, data: Any) -> datetime:
        found = RFC_3339.fullmatch(data) if isinstance(data, str) else None
        if found is None:
            self.fail("invalid")
        head, fraction = found.group(), found[7]
        if fraction:
            # Python 3.11 reads three or six digits of a fraction; three are kept.
            head = head.replace(f".{fraction}", f".{fraction[:3].ljust(3, '0')}")
        try:
            moment = datetime.fromisoformat(head.upper())
        except ValueError:
            self.fail("invalid")
        if not FIRST_YEAR <= moment.year <= LAST_YEAR:
            self.fail("out_of_range")
        return moment

    def to_representation(self, value: datetime) -> str:
        return written(value)


@extend_schema_field(OpenApiTypes.DATE)
class Day(serializers.Field[date, Any, str, Any]):
    """A date of the calendar."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": "Send a date such as 2026-07-01.",
        "out_of_range": f"Send a date between {FIRST_YEAR} and {LAST_YEAR}.",
    }

    def to_internal_value(self, data: Any) -> date:
        if not isinstance(data, str) or not DATE.fullmatch(data):
            self.fail("invalid")
        try:
            day = date.fromisoformat(data)
        except ValueError:
            self.fail("invalid")
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            self.fail("out_of_range")
        return day

    def to_representation(self, value: date) -> str:
        return value.isoformat()


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string", "maxLength": 2000},
            {"type": "number", "exclusiveMinimum": -1e15, "exclusiveMaximum": 1e15},
        ]
    }
)
class Answer(serializers.Field[Any, Any, Any, Any]):
    """A text or a finite number."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": "Send a text of at most 2000 characters, or a number."
    }

    def to_internal_value(self, data: Any) -> str | int | float:
        is_number = isinstance(data, int | float) and not isinstance(data, bool)
        if is_number and math.isfinite(data) and abs(data) < 1e15:
            return data  # type: ignore[no-any-return]
        if isinstance(data, str) and len(data) <= 2000 and clean_text(data):
            return data
        return self.fail("invalid")

    def to_representation(self, value: Any) -> Any:
        return value


class Input(serializers.Serializer[Any]):
    """A JSON object with known fields; one instance serves all requests.

    Building a serializer's fields costs more than reading a request with them, so they are built
    once: `read` keeps no state.
    """

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": "Send a JSON object.",
        "null": "Send a JSON object.",
    }

    def read(self, data: Any) -> dict[str, Any]:
        """The validated values; a ValidationError names every bad field, unknown ones included."""
        values: dict[str, Any] = self.run_validation(data)
        return values

    def run_validation(self, data: Any = serializers.empty) -> Any:
        unknown: dict[str, Any] = {}
        if isinstance(data, Mapping):
            known = ", ".join(self.fields)
            unknown = {
                str(name): [
                    ErrorDetail(f"There is no such field; known are {known}.", "unknown_field")
                ]
                for name in data
                if name not in self.fields
            }
        try:
            values = super().run_validation(data)
        except ValidationError as error:
            if isinstance(error.detail, dict):
                raise ValidationError(error.detail | unknown) from error
            raise
        if unknown:
            raise ValidationError(unknown)
        return values


def field_errors(detail: Any, path: str = "") -> list[FieldError]:
    """DRF's nested error detail as a flat list with dotted names."""
    if isinstance(detail, Mapping):
        return [
            error
            for name, inner in detail.items()
            for error in field_errors(
                inner, path if name == "non_field_errors" else f"{path}.{name}".lstrip(".")
            )
        ]
    if isinstance(detail, list):
        return [
            error
            for number, inner in enumerate(detail)
            for error in field_errors(
                inner, f"{path}.{number}" if isinstance(inner, Mapping) else path
            )
        ]
    return [FieldError(path, getattr(detail, "code", "") or "invalid", str(detail))]
