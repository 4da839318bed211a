"""Businesses: the clinics themselves."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request

from businesses.api.collections import CollectionViewSet
from businesses.api.fields import Email, Hours, Identifier, Input, Moment, OrNull, Text, ZoneName
from businesses.api.outputs import many, one
from businesses.api.query import Filters, only, parameters_of
from businesses.api.schema import IF_MATCH, operation
from businesses.keys import KeyHolder
from businesses.models import Business

TAG = "Businesses"


class BusinessChange(Input):
    """The body of a change to a business. What is left out stays."""

    name = Text(required=False, max_length=200)
    email = Email(required=False)
    timezone = ZoneName(required=False)


class BusinessOutput(serializers.Serializer[Any]):
    """A clinic."""

    id = Identifier()
    createdAt = Moment(source="created_at")
    updatedAt = Moment(source="updated_at")
    alias = serializers.CharField()
    name = serializers.CharField()
    email = serializers.CharField()
    logoURL = OrNull(source="logo_url")
    defaultStaffWorkingHours = Hours(source="default_staff_working_hours", allow_null=True)
    enabled = serializers.BooleanField()
    timezone = serializers.CharField(allow_null=True)


CHANGE = BusinessChange()


@extend_schema_view(
    list=operation(
        "listBusinesses",
        TAG,
        "List businesses",
        "For a key its own; for somebody who is signed in all in which they work.",
        parameters=parameters_of(Filters),
        answer={200: many(BusinessOutput)},
    ),
    retrieve=operation("getBusiness", TAG, "Get a business", answer={200: one(BusinessOutput)}),
    update=operation(
        "updateBusiness",
        TAG,
        "Change a business",
        "What is left out stays. What is booked stays at its instant when the time zone changes.",
        parameters=[IF_MATCH],
        request=BusinessChange,
        answer={200: one(BusinessOutput)},
    ),
)
class PracticeViewSet(CollectionViewSet):
    """The businesses that a key or a person sees, and each of them."""

    serializer_class = BusinessOutput
    output = BusinessOutput()
    scopes: ClassVar[dict[str, str]] = {
        "list": "business:read",
        "retrieve": "business:read",
        "update": "business:write",
    }

    def rows(self) -> QuerySet[Business]:
        every: QuerySet[Business] = Business.objects.all()
        who: Any = self.request.user
        if "business_id" in self.kwargs:
            return every.filter(pk=self.kwargs["business_id"])
        if isinstance(who, KeyHolder):
            return every.filter(pk=who.business_id)
        if who.is_superuser:
            return every
        places = who.places_of_work()
        return every.filter(pk__in=[one for one in places if "business:read" in who.scopes_in(one)])

    def list(self, request: Request, business_id: UUID | None = None, **path: Any) -> HttpResponse:
        return self.listed(request, business_id)

    def retrieve(
        self, request: Request, business_id: UUID, pk: UUID | None = None, **path: Any
    ) -> HttpResponse:
        return super().retrieve(request, business_id, business_id)

    def update(self, request: Request, business_id: UUID) -> HttpResponse:
        only(request)
        sent = CHANGE.read(request.data)
        with self.saving():
            business = self.held(request, business_id)
            for name, value in sent.items():
                setattr(business, name, value)
            business.save()
        return self.answer(request, business)
