"""Query parameters: known ones, once each, read like body fields, and refused in words.

A list's filters are a django-filter `FilterSet` whose filters read with the fields of
`businesses.api.fields`, so that a parameter and a body field of the same kind take the same text.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

import django_filters
from django import forms
from django.core.exceptions import ValidationError as FormError
from django.db.models import QuerySet
from drf_spectacular.drainage import get_override
from drf_spectacular.plumbing import build_basic_type
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request

from businesses.api.fields import Flag, Input, Moment, Text, WholeNumber
from businesses.api.moments import instant
from businesses.models import Business
from businesses.zones import zone

MOST_ROWS = 10_000
MOST_AT_ONCE, FURTHEST = 50, 10_000
SWITCH = {"true": True, "1": True, "false": False, "0": False}


def refused(field: str, title: str, code: str) -> ValidationError:
    return ValidationError({field: [ErrorDetail(title, code)]})


def only(request: Request, *known: str, repeated: str = "") -> dict[str, str]:
    """The query's parameters; refuses an unknown one, and one that is sent twice but may not be."""
    sent = request.query_params
    for name in sent:
        if name not in known:
            title = f"There is no such parameter; known are {', '.join(known)}."
            if not known:
                title = "There is no such parameter; this address takes none."
            raise refused(name, title, "unknown_field")
        if len(sent.getlist(name)) > 1 and name != repeated:
            raise refused(name, "Send this parameter once.", "repeated")
    return {name: sent[name] for name in sent}


def numbered(sent: dict[str, Any], *names: str) -> None:
    """Digits become the numbers that they are; anything else stays, to be refused."""
    for name in names:
        if name in sent and re.fullmatch("[0-9]{1,18}", sent[name]):
            sent[name] = int(sent[name])


def switched(sent: dict[str, Any], *names: str) -> None:
    """`true`, `false`, `1` and `0` become what they mean; anything else stays, to be refused."""
    for name in names:
        if name in sent and sent[name].lower() in SWITCH:
            sent[name] = SWITCH[sent[name].lower()]


def zone_for(business_id: UUID | None, *values: datetime) -> ZoneInfo:
    """The zone of wall-clock times: the business's, or UTC where all are asked.

    One statement if there is such a time.
    """
    place = "UTC"
    if business_id is not None and any(value.tzinfo is None for value in values):
        place = Business.objects.values_list("timezone", flat=True).get(pk=business_id)
    return zone(place)


class PagingInput(Input):
    """Which part of a list is wanted."""

    limit = WholeNumber(min_value=1, max_value=MOST_AT_ONCE, required=False)
    offset = WholeNumber(min_value=0, max_value=FURTHEST, required=False)


PAGING = PagingInput()
PAGED = ("limit", "offset")


@dataclass(frozen=True, slots=True)
class Paging:
    """Which part of a list is wanted; without a limit, all of it."""

    limit: int | None = None
    offset: int = 0

    @property
    def part(self) -> slice:
        end = None if self.limit is None else self.offset + self.limit
        return slice(self.offset, end)


def paging_of(sent: dict[str, str], default: int | None = None) -> Paging:
    """`limit` (1 to 50) and `offset` (0 to 10,000) of a query."""
    wanted: dict[str, Any] = {name: sent[name] for name in PAGED if name in sent}
    numbered(wanted, *PAGED)
    values = PAGING.read(wanted)
    return Paging(values.get("limit", default), values.get("offset", 0))


def too_large() -> ValidationError:
    """A list that is too long to be sent at once."""
    title = f"That is more than {MOST_ROWS} rows; send a narrower range, or limit and offset."
    return refused("limit", title, "range_too_large")


class Switch(Flag):
    """A parameter that is true or false."""

    def to_internal_value(self, data: Any) -> bool:
        return super().to_internal_value(SWITCH.get(str(data).lower(), data))


class ReadBy(forms.Field):
    """A form field that reads with a field of the API."""

    def __init__(self, *, reader: serializers.Field[Any, Any, Any, Any], **options: Any) -> None:
        self.reader = reader
        super().__init__(**options)

    def clean(self, value: Any) -> Any:
        if value is None:
            return None
        try:
            return self.reader.run_validation(value)
        except ValidationError as error:
            details: Any = error.detail
            raise FormError([FormError(str(one), code=one.code) for one in details]) from error


class Reads(django_filters.Filter):
    """A filter whose parameter is read by a field of the API, `IdFilter(Identifier(), …)`."""

    field_class = ReadBy

    def __init__(self, reader: serializers.Field[Any, Any, Any, Any], **options: Any) -> None:
        # No form is drawn of them, and a label is translated each time that it is made up.
        super().__init__(reader=reader, label="", **options)
        self.reader = reader

    def __deepcopy__(self, memo: Any) -> Reads:
        """Of its own for each request is only to which it belongs; a reader keeps no state."""
        one = copy(self)
        one.method = self.method  # bound to the copy, if there is one
        return one

    @property
    def parameter_schema(self) -> Any:
        """What the OpenAPI schema says of its values."""
        if isinstance(self.reader, serializers.ChoiceField):
            return {"type": "string", "enum": list(self.reader.choices)}
        found = get_override(self.reader, "field")
        if isinstance(found, dict):
            return found
        if found is None:
            found = OpenApiTypes.BOOL if isinstance(self.reader, Flag) else OpenApiTypes.STR
        told: Any = build_basic_type(found)
        if isinstance(self.reader, Text):
            length = {"maxLength": self.reader.max_length} if self.reader.max_length else {}
            told |= {"pattern": self.reader.pattern, **length}
        return told


class MomentFilter(Reads):
    """A date-time; one without an offset is on the business's wall clock."""

    def __init__(self, **options: Any) -> None:
        super().__init__(Moment(), **options)

    def filter(self, qs: QuerySet[Any], value: datetime | None) -> QuerySet[Any]:
        if value is None:
            return qs
        asked: Any = self.parent  # type: ignore[attr-defined]
        moment = asked.moment(asked.name_of(self), value)
        narrowed: QuerySet[Any] = super().filter(qs, moment)
        return narrowed


FORMS: dict[tuple[Any, ...], Any] = {}


class Filters(django_filters.FilterSet):
    """The filters of a list, by the names of the wire; every list can be asked what is new."""

    updatedSince = MomentFilter(
        field_name="updated_at",
        lookup_expr="gte",
        help_text="Only what was made or changed at this moment or later.",
    )

    # Those that the form's own `clean` asks about, sent or not.
    always: ClassVar[tuple[str, ...]] = ()

    def __init__(self, data: Any, queryset: QuerySet[Any], *, business_id: UUID | None) -> None:
        self.business_id = business_id
        self.zone: ZoneInfo | None = None
        self.moments: dict[str, datetime] = {}
        # Those that were not sent leave everything, and making a form of them takes its time.
        self.base_filters = OrderedDict(
            (name, one)
            for name, one in type(self).base_filters.items()
            if name in data or name in self.always
        )
        super().__init__(data, queryset)

    def moment(self, name: str, value: datetime) -> datetime:
        """The moment that a parameter means. One statement for the first of wall-clock times."""
        if self.zone is None and value.tzinfo is None:
            self.zone = zone_for(self.business_id, value)
        self.moments[name] = instant(value, self.zone or zone("UTC"), field=name)
        return self.moments[name]

    def get_form_class(self) -> Any:
        """The form of these filters, made once: it keeps nothing of a request."""
        known = (type(self), *self.filters)
        if known not in FORMS:
            FORMS[known] = super().get_form_class()
        return FORMS[known]

    def name_of(self, wanted: django_filters.Filter) -> str:
        return next(name for name, one in self.filters.items() if one is wanted)

    @classmethod
    def known(cls) -> Iterable[str]:
        return (*cls.base_filters, *PAGED)

    @classmethod
    def narrowed(
        cls, request: Request, queryset: QuerySet[Any], *, business_id: UUID | None
    ) -> QuerySet[Any]:
        """What the request's filters leave; a ValidationError names every bad parameter."""
        asked = cls(only(request, *cls.known()), queryset, business_id=business_id)
        if not asked.is_valid():
            raise ValidationError(
                {
                    name: [ErrorDetail(one.messages[0], one.code or "invalid") for one in wrong]
                    for name, wrong in asked.form.errors.as_data().items()
                }
            )
        narrowed: QuerySet[Any] = asked.qs
        return narrowed


def parameters_of(filters: type[Filters], *, default_limit: int | None = None) -> list[Any]:
    """What the OpenAPI schema says of a list's query."""
    told = [
        OpenApiParameter(
            name,
            one.parameter_schema,
            required=bool(one.extra.get("required")),
            description=one.extra.get("help_text", ""),
        )
        for name, one in filters.base_filters.items()
        if isinstance(one, Reads)
    ]
    return [*told, *paging_parameters(default_limit)]


def paging_parameters(default_limit: int | None = None) -> list[Any]:
    rest = f"{default_limit}." if default_limit else "everything, up to 10,000 rows."
    limit = {"type": "integer", "minimum": 1, "maximum": MOST_AT_ONCE}
    offset = {"type": "integer", "minimum": 0, "maximum": FURTHEST}
    return [
        OpenApiParameter("limit", limit, description=f"At most so many. Left out: {rest}"),
        OpenApiParameter("offset", offset, description="So many are left out at the beginning."),
    ]
