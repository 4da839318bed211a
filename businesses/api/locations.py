"""Locations: where patients are seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.core.validators import URLValidator
from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request

from businesses.api.answers import nothing
from businesses.api.collections import CollectionViewSet, Conflict
from businesses.api.fields import Email, Identifier, Input, Moment, Number, OrNull, Text, ZoneName
from businesses.api.outputs import many, one
from businesses.api.query import Filters, only, parameters_of, refused
from businesses.api.schema import IF_MATCH, operation
from businesses.models import Business, Location, Service
from businesses.places import half_a_position, remove_location, rooms_at, services_at

TAG = "Locations"


def optional(**more: Any) -> dict[str, Any]:
    """Left out, it stays as it is; null empties it."""
    return {"required": False, "allow_null": True, **more}


@extend_schema_field(OpenApiTypes.URI)
class Address(Text):
    """The address of something on the web."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=500, **options)
        told = "Send an address such as https://clinic.example/house.jpg."
        self.validators.append(URLValidator(schemes=("http", "https"), message=told))


class LocationChange(Input):
    """The body of a change to a location. What is left out stays."""

    name = Text(required=False, max_length=200)
    description = Text(**optional(allow_blank=True, max_length=10_000))
    instructions = Text(**optional(allow_blank=True, max_length=10_000))
    address = Text(**optional(allow_blank=True, max_length=500))
    lat = Number(**optional(min_value=-90, max_value=90))
    lng = Number(**optional(min_value=-180, max_value=180))
    phone = Text(**optional(allow_blank=True, max_length=50))
    email = Email(**optional())
    pictureUrl = Address(**optional())
    timezone = ZoneName(required=False)


class LocationInput(LocationChange):
    """The body of a new location. Without a `timezone` it is in the business's."""

    name = Text(max_length=200)


class OfferedThere(serializers.Serializer[Any]):
    id = Identifier()
    name = serializers.CharField()


class LocationOutput(serializers.Serializer[Any]):
    """A place where patients are seen."""

    id = Identifier()
    name = serializers.CharField()
    description = OrNull()
    instructions = OrNull()
    address = OrNull()
    lat = serializers.FloatField(allow_null=True)
    lng = serializers.FloatField(allow_null=True)
    phone = OrNull()
    email = OrNull()
    pictureUrl = OrNull(source="picture_url")
    timezone = ZoneName()
    services = OfferedThere(many=True, source="offered_there")
    createdAt = Moment(source="created_at")
    updatedAt = Moment(source="updated_at")


NEW, CHANGE = LocationInput(), LocationChange()
REFUSALS = ("400 lat_without_lng",)
TEXTS = {
    "description": "description",
    "instructions": "instructions",
    "address": "address",
    "phone": "phone",
    "email": "email",
    "pictureUrl": "picture_url",
}


@extend_schema_view(
    list=operation(
        "listLocations",
        TAG,
        "List locations",
        parameters=parameters_of(Filters),
        answer={200: many(LocationOutput)},
    ),
    create=operation(
        "createLocation",
        TAG,
        "Add a location",
        request=LocationInput,
        answer={201: one(LocationOutput)},
        refusals=REFUSALS,
    ),
    retrieve=operation("getLocation", TAG, "Get a location", answer={200: one(LocationOutput)}),
    update=operation(
        "updateLocation",
        TAG,
        "Change a location",
        "What is left out stays, null empties.",
        parameters=[IF_MATCH],
        request=LocationChange,
        answer={200: one(LocationOutput)},
        refusals=REFUSALS,
    ),
    destroy=operation(
        "deleteLocation",
        TAG,
        "Delete a location",
        "Not while services, rooms or devices are there. Its closures go with it; appointments "
        "that were booked there keep it.",
        parameters=[IF_MATCH],
        writes=True,
        answer={204: None},
        refusals=("409 location_in_use",),
    ),
)
class LocationViewSet(CollectionViewSet):
    """Locations of one business that were not put away."""

    serializer_class = LocationOutput
    output = LocationOutput()
    scopes: ClassVar[dict[str, str]] = {
        "list": "services:read",
        "retrieve": "services:read",
        "create": "services:write",
        "update": "services:write",
        "destroy": "services:write",
    }

    def rows(self) -> QuerySet[Location]:
        business_id = self.kwargs["business_id"]
        services = Service.objects.filter(business_id=business_id, archived_at=None)
        mine: QuerySet[Location] = Location.objects.filter(
            business_id=business_id, archived_at=None
        )
        return mine.prefetch_related(Prefetch("services", services, to_attr="offered_there"))

    def create(self, request: Request, business_id: UUID) -> HttpResponse:
        only(request)
        sent = NEW.read(request.data)
        with self.saving():
            if "timezone" not in sent:
                zones = Business.objects.values_list("timezone", flat=True)
                sent["timezone"] = zones.get(pk=business_id)
            made = fill(Location(business_id=business_id), sent)
            made.save(force_insert=True)
        address = reverse("v1:location", args=(business_id, made.pk))
        return self.answer(request, self.found(made.pk), status=201, Location=address)

    def update(self, request: Request, business_id: UUID, pk: UUID) -> HttpResponse:
        only(request)
        sent = CHANGE.read(request.data)
        with self.saving():
            location = fill(self.held(request, pk), sent)
            location.save()
        return self.answer(request, location)

    def destroy(self, request: Request, business_id: UUID, pk: UUID) -> HttpResponse:
        """Whoever makes something refer to the location locks it, as `held` does."""
        only(request)
        with self.saving():
            location = self.held(request, pk)
            if there := list(what_is_at(location)):
                title = f"It is still used by {' and '.join(there)}; give them another location."
                raise Conflict("location_in_use", title)
            remove_location(location)
        return nothing()


def fill(location: Location, sent: Mapping[str, Any]) -> Location:
    """The location with what was sent; refuses half of a position."""
    for name in ("name", "lat", "lng", "timezone"):
        if name in sent:
            setattr(location, name, sent[name])
    for name, column in TEXTS.items():
        if name in sent:
            setattr(location, column, sent[name] or "")
    if missing := half_a_position(location.lat, location.lng):
        raise refused(missing, "Send both lat and lng, or null for both.", "lat_without_lng")
    return location


def what_is_at(location: Location) -> list[str]:
    """The services, and the rooms and devices, that are to be at the location, in words."""
    services = services_at(location).values_list("name", flat=True)
    resources = rooms_at(location).values_list("name", flat=True)
    return [
        f"{what} {', '.join(names)}"
        for what, names in (("the services", services), ("the rooms and devices", resources))
        if names
    ]
