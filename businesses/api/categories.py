"""Service categories: the headings under which services are offered."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request

from businesses.api.answers import nothing
from businesses.api.collections import CollectionViewSet
from businesses.api.fields import BookingURL, Identifier, Input, Moment, Text
from businesses.api.outputs import many, one
from businesses.api.query import Filters, only, parameters_of
from businesses.api.schema import IF_MATCH, operation
from businesses.models import ServiceCategory

TAG = "Service categories"


class ServiceCategoryInput(Input):
    """The body of a new category, and of a change to one."""

    name = Text(max_length=200)


class ServiceCategoryOutput(serializers.Serializer[Any]):
    """A heading under which services are offered."""

    id = Identifier()
    createdAt = Moment(source="created_at")
    updatedAt = Moment(source="updated_at")
    name = serializers.CharField()
    bookingURL = BookingURL("categories")


WRITTEN = ServiceCategoryInput()


@extend_schema_view(
    list=operation(
        "listServiceCategories",
        TAG,
        "List service categories",
        parameters=parameters_of(Filters),
        answer={200: many(ServiceCategoryOutput)},
    ),
    create=operation(
        "createServiceCategory",
        TAG,
        "Add a service category",
        request=ServiceCategoryInput,
        answer={201: one(ServiceCategoryOutput)},
    ),
    retrieve=operation(
        "getServiceCategory",
        TAG,
        "Get a service category",
        answer={200: one(ServiceCategoryOutput)},
    ),
    update=operation(
        "updateServiceCategory",
        TAG,
        "Rename a service category",
        parameters=[IF_MATCH],
        request=ServiceCategoryInput,
        answer={200: one(ServiceCategoryOutput)},
    ),
    destroy=operation(
        "deleteServiceCategory",
        TAG,
        "Delete a service category",
        "Its services stay, without it.",
        parameters=[IF_MATCH],
        writes=True,
        answer={204: None},
    ),
)
class ServiceCategoryViewSet(CollectionViewSet):
    """Service categories of one business."""

    serializer_class = ServiceCategoryOutput
    output = ServiceCategoryOutput()
    scopes: ClassVar[dict[str, str]] = {
        "list": "services:read",
        "retrieve": "services:read",
        "create": "services:write",
        "update": "services:write",
        "destroy": "services:write",
    }

    def rows(self) -> QuerySet[ServiceCategory]:
        mine: QuerySet[ServiceCategory] = ServiceCategory.objects.filter(
            business_id=self.kwargs["business_id"]
        )
        return mine.select_related("business")

    def create(self, request: Request, business_id: UUID) -> HttpResponse:
        only(request)
        sent = WRITTEN.read(request.data)
        with self.saving():
            made = ServiceCategory.objects.create(business_id=business_id, name=sent["name"])
        address = reverse("v1:service-category", args=(business_id, made.pk))
        return self.answer(request, self.found(made.pk), status=201, Location=address)

    def update(self, request: Request, business_id: UUID, pk: UUID) -> HttpResponse:
        only(request)
        sent = WRITTEN.read(request.data)
        with self.saving():
            category = self.held(request, pk)
            category.name = sent["name"]
            category.save()
        return self.answer(request, category)

    def destroy(self, request: Request, business_id: UUID, pk: UUID) -> HttpResponse:
        only(request)
        with self.saving():
            category = self.held(request, pk)
            # Their list of categories changes, and who asks what is new must learn of it.
            category.services.update(updated_at=timezone.now())
            category.delete()
        return nothing()
