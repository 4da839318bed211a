"""The endpoint that tells how much of somebody's time is taken."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request

from appointments.api.query import span_of
from appointments.capacity import Capacity, read_capacity
from businesses.api.answers import told
from businesses.api.fields import Input, Moment
from businesses.api.outputs import one
from businesses.api.query import only
from businesses.api.schema import operation
from businesses.api.views import BusinessViewSet


class CapacityInput(Input):
    """The query of a capacity."""

    startDate = Moment()
    endDate = Moment()


class BlockedMinutes(serializers.Serializer[Capacity]):
    externalEvents = serializers.IntegerField(
        source="external_events", help_text="Under busy events of other calendars."
    )
    timeBlockers = serializers.IntegerField(
        source="time_blockers", help_text="Under time blockers."
    )


class CapacityOutput(serializers.Serializer[Capacity]):
    """Minutes of one staff member in a span of time."""

    blockedTime = BlockedMinutes(source="*", help_text="Bookable minutes that are blocked.")
    bookableMinutes = serializers.IntegerField(
        source="bookable", help_text="Within working hours and outside closures."
    )
    availableBookableMinutes = serializers.IntegerField(
        source="available",
        help_text="Bookable minutes that nothing takes, buffers counted; 0 unless ACTIVE.",
    )
    bookedMinutes = serializers.IntegerField(
        source="booked", help_text="Of appointments, without buffers; a group timeslot once."
    )


ASKED, OUTPUT = CapacityInput(), CapacityOutput()


class CapacityViewSet(BusinessViewSet):
    """How much of somebody's time can be booked, and is."""

    serializer_class = CapacityOutput
    scopes: ClassVar[dict[str, str]] = {"retrieve": "staff:read"}

    @operation(
        "getStaffCapacity",
        "Staff",
        "Get the capacity of a staff member",
        "How many minutes of [startDate, endDate), at most 62 days, can be booked, are blocked and "
        "are booked.",
        parameters=[
            OpenApiParameter("startDate", OpenApiTypes.DATETIME, required=True),
            OpenApiParameter("endDate", OpenApiTypes.DATETIME, required=True),
        ],
        answer={200: one(CapacityOutput)},
    )
    def retrieve(self, request: Request, business_id: UUID, staff_id: UUID) -> HttpResponse:
        sent: dict[str, Any] = ASKED.read(only(request, *ASKED.fields))
        start, end = span_of(sent, business_id)
        capacity = read_capacity(business_id=business_id, staff_id=staff_id, start=start, end=end)
        if capacity is None:
            raise Http404
        return told(request, {"data": OUTPUT.to_representation(capacity)})
