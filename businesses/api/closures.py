"""Closures: whole days on which the business, or one of its locations, is closed."""

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

from businesses.api.collections import Clashing, CollectionViewSet
from businesses.api.fields import Day, Identifier, Input, Moment, Text
from businesses.api.outputs import many, one
from businesses.api.query import Filters, Reads, only, parameters_of, refused
from businesses.api.references import location_named
from businesses.api.schema import IF_MATCH, operation
from businesses.models import Closure

TAG = "Closures"
THERE = Clashing("closure_exists", "This closure is there already: same name, days and location.")


class ClosureChange(Input):
    """The body of a change to a closure. What is left out stays."""

    name = Text(max_length=200, required=False)
    dateStart = Day(required=False, help_text="The first day.")
    dateEnd = Day(required=False, allow_null=True, help_text="The last day. null: the first one.")
    locationId = Identifier(required=False, allow_null=True, help_text="null: the whole business.")


class ClosureInput(ClosureChange):
    """The body of a new closure. Without `dateEnd` it is one day long."""

    name = Text(max_length=200)
    dateStart = Day(help_text="The first day.")


class ClosureOutput(serializers.Serializer[Any]):
    """Days without visits, from the first to the last, both of them included."""

    id = Identifier()
    createdAt = Moment(source="created_at")
    updatedAt = Moment(source="updated_at")
    name = serializers.CharField()
    dateStart = Day(source="date_start")
    dateEnd = Day(source="date_end")
    locationId = Identifier(source="location_id", allow_null=True)


class ClosureFilters(Filters):
    startDate = Reads(
        Day(),
        field_name="date_end",
        lookup_expr="gte",
        help_text="Only closures that last until this day or longer.",
    )
    endDate = Reads(
        Day(),
        field_name="date_start",
        lookup_expr="lte",
        help_text="Only closures that begin on this day or earlier: the last day that is asked "
        "about, as the last day of a closure is one of its days.",
    )
    locationId = Reads(
        Identifier(), field_name="location_id", help_text="Only closures of this location."
    )


NEW, CHANGE = ClosureInput(), ClosureChange()
REFUSALS = ("400 ends_before_start", "400 location_not_found", "409 closure_exists")


@extend_schema_view(
    list=operation(
        "listClosures",
        TAG,
        "List closures",
        "Ordered by their first day, then name and id.",
        parameters=parameters_of(ClosureFilters),
        answer={200: many(ClosureOutput)},
    ),
    create=operation(
        "createClosure",
        TAG,
        "Add a closure",
        "What is booked on these days stays booked.",
        request=ClosureInput,
        answer={201: one(ClosureOutput)},
        refusals=REFUSALS,
    ),
    retrieve=operation("getClosure", TAG, "Get a closure", answer={200: one(ClosureOutput)}),
    update=operation(
        "updateClosure",
        TAG,
        "Change a closure",
        "What is left out stays.",
        parameters=[IF_MATCH],
        request=ClosureChange,
        answer={200: one(ClosureOutput)},
        refusals=REFUSALS,
    ),
    destroy=operation(
        "deleteClosure",
        TAG,
        "Delete a closure",
        parameters=[IF_MATCH],
        writes=True,
        answer={204: None},
    ),
)
class ClosureViewSet(CollectionViewSet):
    """Closures of one business. They have dates, so they are told in the order of those."""

    serializer_class = ClosureOutput
    output = ClosureOutput()
    filters = ClosureFilters
    conflicts: ClassVar[Mapping[str, Clashing]] = {"closure_is_once": THERE}
    scopes: ClassVar[dict[str, str]] = {
        "list": "business:read",
        "retrieve": "business:read",
        "create": "business:write",
        "update": "business:write",
        "destroy": "business:write",
    }

    def rows(self) -> QuerySet[Closure]:
        mine: QuerySet[Closure] = Closure.objects.filter(business_id=self.kwargs["business_id"])
        return mine

    def create(self, request: Request, business_id: UUID) -> HttpResponse:
        only(request)
        sent = NEW.read(request.data)
        with self.saving():
            made = fill(Closure(business_id=business_id), {"dateEnd": None} | sent)
            made.save(force_insert=True)
        address = reverse("v1:closure", args=(business_id, made.pk))
        return self.answer(request, made, status=201, Location=address)

    def update(self, request: Request, business_id: UUID, pk: UUID) -> HttpResponse:
        only(request)
        sent = CHANGE.read(request.data)
        with self.saving():
            closure = fill(self.held(request, pk), sent)
            closure.save()
        return self.answer(request, closure)

    def destroy(self, request: Request, business_id: UUID, pk: UUID) -> HttpResponse:
        return self.deleted(request, pk)


def fill(closure: Closure, sent: Mapping[str, Any]) -> Closure:
    """The closure with what was sent; refuses one whose last day is before its first."""
    closure.name = sent.get("name", closure.name)
    closure.date_start = sent.get("dateStart", closure.date_start)
    closure.date_end = sent.get("dateEnd", closure.date_end) or closure.date_start
    if closure.date_end < closure.date_start:
        title = "The last day is before the first; send both days."
        raise refused("dateEnd", title, "ends_before_start")
    if "locationId" in sent and sent["locationId"] != closure.location_id:
        closure.location = location_named(closure.business_id, sent["locationId"], "locationId")
    return closure
