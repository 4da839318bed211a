"""Rooms and devices: what visits need, and what one visit uses at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.utils import extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request

from businesses.api.collections import Clashing, CollectionViewSet, Conflict
from businesses.api.fields import Flag, Identifier, Input, Moment, Text
from businesses.api.outputs import many, one
from businesses.api.query import Filters, Reads, Switch, only, parameters_of
from businesses.api.references import location_named
from businesses.api.schema import IF_MATCH, operation
from businesses.models import Resource, kind_of
from businesses.rooms import stranded_by_a_move

TAG = "Rooms and devices"
NAME_TAKEN = Clashing("name_taken", "Another room or device here has this name; send another.")
KEPT = Clashing(
    "in_use",
    "Appointments use it or a service needs it; send enabled: false to take it out of use instead.",
)


class Kind(Text):
    """What a room or device is, in a word: it is compared in lower case, singly spaced."""

    def to_internal_value(self, data: Any) -> str:
        return kind_of(super().to_internal_value(data))


class ResourceChange(Input):
    """The body of a change to a room or device. What is left out stays."""

    name = Text(max_length=200, required=False)
    kind = Kind(max_length=50, required=False, help_text="In a word: room, ultrasound, bike.")
    locationId = Identifier(
        required=False, allow_null=True, help_text="null: it can be used at every location."
    )
    enabled = Flag(required=False)


class ResourceInput(ResourceChange):
    """The body of a new room or device."""

    name = Text(max_length=200)
    kind = Kind(max_length=50, help_text="In a word: room, ultrasound, bike.")


class ResourceOutput(serializers.Serializer[Any]):
    """A room or a device."""

    id = Identifier()
    createdAt = Moment(source="created_at")
    updatedAt = Moment(source="updated_at")
    name = serializers.CharField()
    kind = serializers.CharField()
    locationId = Identifier(source="location_id", allow_null=True)
    enabled = serializers.BooleanField()


class ResourceFilters(Filters):
    kind = Reads(Kind(), help_text="Only what is of this kind.")
    locationId = Reads(
        Identifier(), field_name="location_id", help_text="Only what stands at this location."
    )
    enabled = Reads(Switch(), help_text="Only what can be used, or only what can't.")


NEW, CHANGE = ResourceInput(), ResourceChange()


@extend_schema_view(
    list=operation(
        "listResources",
        TAG,
        "List rooms and devices",
        parameters=parameters_of(ResourceFilters),
        answer={200: many(ResourceOutput)},
    ),
    create=operation(
        "createResource",
        TAG,
        "Add a room or device",
        request=ResourceInput,
        answer={201: one(ResourceOutput)},
        refusals=("400 location_not_found", "409 name_taken"),
    ),
    retrieve=operation(
        "getResource", TAG, "Get a room or device", answer={200: one(ResourceOutput)}
    ),
    update=operation(
        "updateResource",
        TAG,
        "Change a room or device",
        "What is left out stays. It can't be moved away from appointments to come.",
        parameters=[IF_MATCH],
        request=ResourceChange,
        answer={200: one(ResourceOutput)},
        refusals=("400 location_not_found", "409 in_use", "409 name_taken"),
    ),
    destroy=operation(
        "deleteResource",
        TAG,
        "Delete a room or device",
        "One that appointments use or used, or that a service needs by itself, can only be "
        "switched off.",
        parameters=[IF_MATCH],
        writes=True,
        answer={204: None},
        refusals=("409 in_use",),
    ),
)
class ResourceViewSet(CollectionViewSet):
    """Rooms and devices of one business."""

    serializer_class = ResourceOutput
    output = ResourceOutput()
    filters = ResourceFilters
    conflicts: ClassVar[Mapping[str, Clashing]] = {"resource_name_is_unique": NAME_TAKEN}
    in_use = KEPT
    scopes: ClassVar[dict[str, str]] = {
        "list": "services:read",
        "retrieve": "services:read",
        "create": "services:write",
        "update": "services:write",
        "destroy": "services:write",
    }

    def rows(self) -> QuerySet[Resource]:
        mine: QuerySet[Resource] = Resource.objects.filter(business_id=self.kwargs["business_id"])
        return mine

    def create(self, request: Request, business_id: UUID) -> HttpResponse:
        only(request)
        sent = NEW.read(request.data)
        with self.saving():
            made = fill(Resource(business_id=business_id), sent)
            made.save(force_insert=True)
        address = reverse("v1:resource", args=(business_id, made.pk))
        return self.answer(request, made, status=201, Location=address)

    def update(self, request: Request, business_id: UUID, pk: UUID) -> HttpResponse:
        only(request)
        sent = CHANGE.read(request.data)
        with self.saving():
            resource = fill(self.held(request, pk), sent)
            resource.save()
        return self.answer(request, resource)

    def destroy(self, request: Request, business_id: UUID, pk: UUID) -> HttpResponse:
        return self.deleted(request, pk)


def fill(resource: Resource, sent: Mapping[str, Any]) -> Resource:
    """The row with what was sent. Refuses to move it away from appointments to come."""
    for name in ("name", "kind", "enabled"):
        if name in sent:
            setattr(resource, name, sent[name])
    if "locationId" not in sent or sent["locationId"] == resource.location_id:
        return resource
    place = location_named(resource.business_id, sent["locationId"], "locationId")
    resource.location = place
    if not resource._state.adding and (visits := stranded_by_a_move(resource, place).count()):
        title = f"Appointments to come use it elsewhere ({visits}). Move or cancel them first."
        raise Conflict("in_use", title)
    return resource
