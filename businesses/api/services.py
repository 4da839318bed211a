"""Services: what can be booked, in which lengths, at which prices, by which rules.

The endpoint is in `staff.api.services`, which adds who hosts a service: the people are not known
here, as in the admin.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from rest_framework import serializers

from businesses.api.fields import (
    BookingURL,
    Flag,
    Identifier,
    Input,
    Moment,
    OrNull,
    Several,
    Text,
    WholeNumber,
)
from businesses.api.query import refused
from businesses.api.references import all_named, location_named
from businesses.fields import is_a_currency, is_an_alias
from businesses.lines import replace_lines
from businesses.models import Service, ServiceCategory, ServiceDuration, ServiceInCategory
from businesses.models.practice import DAY

MOST_LENGTHS, MOST_LINKS = 100, 200
HIGHEST_PRICE = 2**31 - 1
YEAR = 365 * DAY


def optional(**more: Any) -> dict[str, Any]:
    """Left out, it stays as it is; null empties it."""
    return {"required": False, "allow_null": True, **more}


def inherited(most: int, least: int = 0) -> Any:
    return WholeNumber(
        **optional(min_value=least, max_value=most, help_text="null: as the business.")
    )


class Currency(Text):
    """An ISO 4217 code in any case, kept in lower case as appointments tell it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.validators.append(is_a_currency)

    def to_internal_value(self, data: Any) -> str:
        return super().to_internal_value(data).lower()


class Alias(Text):
    """A short name for web addresses."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=64, **options)
        self.validators.append(is_an_alias)


class DurationInput(Input):
    """A length in which the service is offered, and its price."""

    duration = WholeNumber(min_value=1, max_value=DAY, help_text="Minutes.")
    price = WholeNumber(
        min_value=0, max_value=HIGHEST_PRICE, help_text="In the currency's smallest unit."
    )


class Durations(Several):
    """Lengths, each of them once."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "empty": "Send at least one length.",
        "repeated": "Send each length once.",
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(
            child=DurationInput(), allow_empty=False, max_length=MOST_LENGTHS, **options
        )

    def to_internal_value(self, data: Any) -> list[Any]:
        sent = super().to_internal_value(data)
        if len({one["duration"] for one in sent}) < len(sent):
            self.fail("repeated")
        return sent


class PlaceInput(Input):
    """A location as it was told. Only the id is read."""

    id = Identifier()
    name = Text(**optional(allow_blank=True))
    address = Text(**optional(allow_blank=True))


class ServiceChange(Input):
    """The body of a change to a service. What is left out stays; a list replaces the whole list."""

    alias = Alias(**optional())
    name = Text(required=False, max_length=200)
    description = Text(**optional(allow_blank=True, max_length=10_000))
    enabled = Flag(required=False)
    staffsIds = Several(
        **optional(
            child=Identifier(),
            max_length=MOST_LINKS,
            help_text="Who can be booked for it. Empty: everybody who takes bookings.",
        )
    )
    additionalStaffIds = Several(
        **optional(
            child=Identifier(),
            max_length=MOST_LINKS,
            help_text="Who joins every booking instead of being booked.",
        )
    )
    categoriesIds = Several(**optional(child=Identifier(), max_length=MOST_LINKS))
    leadTime = inherited(YEAR)
    cancelLeadTime = inherited(YEAR)
    timeIncrement = inherited(DAY, 1)
    availabilityLimitDays = inherited(3650, 1)
    location = PlaceInput(**optional())
    locationId = Identifier(**optional(help_text="The same as location.id."))
    locationType = Text(
        **optional(allow_blank=True, max_length=50, help_text="in_person, phone, meet, zoom, url …")
    )
    locationValue = Text(**optional(allow_blank=True, max_length=500))
    currency = Currency(**optional(help_text="ISO 4217, in any case. null: as the business."))
    durations = Durations(required=False)
    bookingsRequireApproval = Flag(required=False)
    bookingsPerTimeslot = WholeNumber(required=False, min_value=1, max_value=1000)
    bufferBeforeMinutes = inherited(DAY)
    bufferAfterMinutes = inherited(DAY)


class ServiceInput(ServiceChange):
    """The body of a new service."""

    name = Text(max_length=200)
    durations = Durations()


class PlaceOutput(serializers.Serializer[Any]):
    id = Identifier()
    name = serializers.CharField()
    address = OrNull()


class DurationOutput(serializers.Serializer[Any]):
    duration = serializers.IntegerField(source="minutes", help_text="Minutes.")
    price = serializers.IntegerField(help_text="In the currency's smallest unit.")


class CurrencyOutput(OrNull):
    """A code in lower case, as on appointments; the admin keeps what was typed."""

    def to_representation(self, value: Any) -> str:
        return super().to_representation(value).lower()


def inherited_output(column: str) -> serializers.IntegerField:
    return serializers.IntegerField(
        source=column, allow_null=True, help_text="null: as the business."
    )


def ids_output(column: str, told: str = "") -> serializers.ListField:
    return serializers.ListField(source=column, child=Identifier(), help_text=told)


class ServiceOutput(serializers.Serializer[Any]):
    """What can be booked."""

    id = Identifier()
    createdAt = Moment(source="created_at")
    updatedAt = Moment(source="updated_at")
    alias = OrNull()
    name = serializers.CharField()
    description = OrNull()
    bookingURL = BookingURL("services")
    enabled = serializers.BooleanField()
    staffsIds = ids_output("staffs_ids", "Empty: everybody who takes bookings.")
    additionalStaffIds = ids_output("additional_staff_ids", "They join every booking.")
    categoriesIds = ids_output("categories_ids")
    leadTime = inherited_output("lead_time")
    cancelLeadTime = inherited_output("cancel_lead_time")
    timeIncrement = inherited_output("time_increment")
    availabilityLimitDays = inherited_output("availability_limit_days")
    location = PlaceOutput(allow_null=True)
    locationType = OrNull(source="location_type")
    locationValue = OrNull(source="location_value")
    currency = CurrencyOutput(help_text="In lower case. null: as the business.")
    durations = DurationOutput(many=True)
    bookingsRequireApproval = serializers.BooleanField(source="bookings_require_approval")
    bookingsPerTimeslot = serializers.IntegerField(source="bookings_per_timeslot")
    bufferBeforeMinutes = inherited_output("buffer_before_minutes")
    bufferAfterMinutes = inherited_output("buffer_after_minutes")


# Where each simple value of a body is kept.
COLUMNS = {
    "alias": "alias",
    "name": "name",
    "enabled": "enabled",
    "leadTime": "lead_time",
    "cancelLeadTime": "cancel_lead_time",
    "timeIncrement": "time_increment",
    "availabilityLimitDays": "availability_limit_days",
    "bookingsRequireApproval": "bookings_require_approval",
    "bookingsPerTimeslot": "bookings_per_timeslot",
    "bufferBeforeMinutes": "buffer_before_minutes",
    "bufferAfterMinutes": "buffer_after_minutes",
}
TEXTS = {  # told as null where they are empty
    "description": "description",
    "locationType": "location_type",
    "locationValue": "location_value",
    "currency": "currency",
}


def services_of(business_id: UUID) -> QuerySet[Service]:
    """The services that were not put away, with all that is told of them here but their hosts."""
    categories = ServiceInCategory.objects.filter(
        business_id=business_id, service_id=OuterRef("pk")
    ).order_by("category_id")
    found: QuerySet[Service] = (
        Service.objects.filter(business_id=business_id, archived_at=None)
        .select_related("business", "location")
        .prefetch_related("durations")
        .annotate(categories_ids=ArraySubquery(categories.values("category_id")))
    )
    return found


def fill(service: Service, sent: Mapping[str, Any]) -> Service:
    """The service with what was sent for its own row."""
    for name, column in COLUMNS.items():
        if name in sent:
            setattr(service, column, sent[name])
    for name, column in TEXTS.items():
        if name in sent:
            setattr(service, column, sent[name] or "")
    if "location" in sent or "locationId" in sent:
        field, place_id = _place_sent(sent)
        if place_id != service.location_id:
            service.location = location_named(service.business_id, place_id, field)
    return service


def _place_sent(sent: Mapping[str, Any]) -> tuple[str, UUID | None]:
    """The id of the location and under which name it came; refuses two different ones."""
    place = sent.get("location")
    as_told = None if place is None else place["id"]
    if "locationId" not in sent:
        return "location.id", as_told
    if "location" in sent and as_told != sent["locationId"]:
        title = "location and locationId name different locations; send one of the two."
        raise refused("locationId", title, "contradictory")
    return "locationId", sent["locationId"]


def fill_lists(service: Service, sent: Mapping[str, Any]) -> None:
    """The lengths and categories of a stored service, where they were sent."""
    if "durations" in sent:
        prices = {one["duration"]: {"price": one["price"]} for one in sent["durations"]}
        replace_lines(ServiceDuration, service, "minutes", prices)
    if "categoriesIds" in sent:
        mine = ServiceCategory.objects.filter(business_id=service.business_id)
        ids = all_named(mine, sent["categoriesIds"] or [], "categoriesIds", "category")
        replace_lines(ServiceInCategory, service, "category_id", {pk: {} for pk in ids})
