"""What is somebody's from one moment to another, as the wire tells and asks for it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from rest_framework import serializers

from businesses.api.collections import CollectionViewSet
from businesses.api.fields import Identifier, Moment
from businesses.api.moments import instant
from businesses.api.query import Filters, MomentFilter, Reads, refused, zone_for
from staff.models import Staff

BACKWARDS = "Send an endDate after startDate."


class SpanOutput(serializers.Serializer[Any]):
    """The names that all spans begin with."""

    id = Identifier()
    createdAt = Moment(source="created_at")
    updatedAt = Moment(source="updated_at")
    staffId = Identifier(source="staff_id")
    startDate = Moment(source="starts_at")
    endDate = Moment(source="ends_at")


class SpanViewSet(CollectionViewSet):
    """Spans of staff; what one is about is told only to those who may see why people are busy."""

    private: ClassVar[str]

    def told(self, row: Any) -> Any:
        data = super().told(row)
        if not self.actor.may("appointments:explain"):
            data[self.private] = None
        return data


class SpanFilters(Filters):
    """What touches a span of time, which may be open at either end."""

    startDate = MomentFilter(
        field_name="ends_at", lookup_expr="gt", help_text="Only what ends after it."
    )
    endDate = MomentFilter(
        field_name="starts_at", lookup_expr="lt", help_text="Only what begins before it."
    )
    staffId = Reads(Identifier(), field_name="staff_id", help_text="Only of this staff member.")

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        start, end = (self.form.cleaned_data.get(name) for name in ("startDate", "endDate"))
        if self.business_id and start and end:
            moments_of(self.business_id, start, end)
        narrowed: QuerySet[Any] = super().filter_queryset(queryset)
        return narrowed


def moments_of(business_id: UUID, start: datetime, end: datetime) -> tuple[datetime, datetime]:
    """The two moments in UTC; refuses an end that doesn't come after its start.

    One statement if one of them is on the business's wall clock.
    """
    place = zone_for(business_id, start, end)
    begins = instant(start, place, field="startDate")
    ends = instant(end, place, field="endDate")
    if ends <= begins:
        raise refused("endDate", BACKWARDS, "invalid")
    return begins, ends


def member_of(business_id: UUID, staff_id: UUID) -> Staff:
    """The staff member whom a body names. One statement."""
    member: Staff | None = (
        Staff.objects.filter(business_id=business_id, pk=staff_id)
        .select_related("business")
        .first()
    )
    if member is None:
        title = "There is no such staff member in this business."
        raise refused("staffId", title, "staff_not_found")
    return member
