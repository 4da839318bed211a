"""Working-hours schedules: hours that replace somebody's weekly hours for some dates."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request

from businesses.api.collections import Clashing, CollectionViewSet
from businesses.api.fields import Day, Hours, Identifier, Input, Moment, ZoneName
from businesses.api.outputs import many, one
from businesses.api.query import Filters, only, parameters_of, refused
from businesses.api.schema import IF_MATCH, operation
from staff.models import Staff, WorkingHoursSchedule

TAG = "Working-hours schedules"


class WorkingHoursScheduleInput(Input):
    """The body of a new schedule."""

    dateStart = Day(help_text="The first day.")
    dateEnd = Day(required=False, allow_null=True, help_text="The last day. Left out: no end.")
    workingHours = Hours(help_text="A day that is left out is closed.")
    timezone = ZoneName(
        required=False,
        allow_null=True,
        help_text="Left out: the staff member's, else the clinic's.",
    )


@extend_schema_field(OpenApiTypes.STR)
class ZoneThatCounts(serializers.Field[Any, Any, str, Any]):
    """The schedule's own zone, else the staff member's, else the business's."""

    def __init__(self) -> None:
        super().__init__(read_only=True, source="*")

    def to_representation(self, value: WorkingHoursSchedule) -> str:
        found: str = value.timezone or value.staff.timezone or value.business.timezone
        return found


class WorkingHoursScheduleOutput(serializers.Serializer[Any]):
    """Hours that count from one date to another instead of the weekly ones."""

    id = Identifier()
    createdAt = Moment(source="created_at")
    updatedAt = Moment(source="updated_at")
    staffId = Identifier(source="staff_id")
    workingHours = Hours(source="working_hours")
    timezone = ZoneThatCounts()
    dateStart = Day(source="date_start")
    dateEnd = Day(source="date_end", allow_null=True)


WRITTEN = WorkingHoursScheduleInput()


@extend_schema_view(
    list=operation(
        "listWorkingHoursSchedules",
        TAG,
        "List working-hours schedules",
        "Of one staff member, by their first day.",
        parameters=parameters_of(Filters),
        answer={200: many(WorkingHoursScheduleOutput)},
    ),
    create=operation(
        "createWorkingHoursSchedule",
        TAG,
        "Add a working-hours schedule",
        "On its dates these hours count instead of the weekly ones. Two schedules of one person "
        "may not share a day. What is booked already stays.",
        request=WorkingHoursScheduleInput,
        answer={200: one(WorkingHoursScheduleOutput)},
        refusals=["400 bad_hours", "409 schedule_overlaps"],
    ),
    retrieve=operation(
        "getWorkingHoursSchedule",
        TAG,
        "Get a working-hours schedule",
        "The answer is not wrapped in `data`.",
        answer={200: WorkingHoursScheduleOutput},
    ),
    destroy=operation(
        "deleteWorkingHoursSchedule",
        TAG,
        "Delete a working-hours schedule",
        "The weekly hours count again.",
        parameters=[IF_MATCH],
        writes=True,
        answer={204: None},
    ),
)
class WorkingHoursScheduleViewSet(CollectionViewSet):
    """Working-hours schedules of one staff member."""

    serializer_class = WorkingHoursScheduleOutput
    output = WorkingHoursScheduleOutput()
    wrapped = False
    conflicts = {
        "schedules_of_one_person_do_not_overlap": Clashing(
            "schedule_overlaps", "Another schedule of this person covers some of these days."
        )
    }
    scopes: ClassVar[dict[str, str]] = {
        "list": "staff:read",
        "retrieve": "staff:read",
        "create": "staff:write",
        "destroy": "staff:write",
    }

    def rows(self) -> QuerySet[WorkingHoursSchedule]:
        mine: QuerySet[WorkingHoursSchedule] = WorkingHoursSchedule.objects.filter(
            business_id=self.kwargs["business_id"], staff_id=self.kwargs["staff_id"]
        )
        return mine.select_related("staff", "business").order_by("date_start", "id")

    def check_staff(self) -> None:
        """Http404 for a staff member who isn't there. One statement."""
        here = Staff.objects.filter(business_id=self.kwargs["business_id"])
        if not here.filter(pk=self.kwargs["staff_id"]).exists():
            raise Http404

    def list(self, request: Request, business_id: UUID, **path: Any) -> HttpResponse:
        self.check_staff()
        return super().list(request, business_id, **path)

    def create(self, request: Request, business_id: UUID, staff_id: UUID) -> HttpResponse:
        self.check_staff()
        only(request)
        sent = WRITTEN.read(request.data)
        first, last = sent["dateStart"], sent.get("dateEnd")
        if last is not None and last < first:
            raise refused("dateEnd", "Send a dateEnd that is not before dateStart.", "invalid")
        with self.saving():
            made = WorkingHoursSchedule.objects.create(
                business_id=business_id,
                staff_id=staff_id,
                working_hours=sent["workingHours"],
                timezone=sent.get("timezone") or "",
                date_start=first,
                date_end=last,
            )
        return self.answer(request, self.found(made.pk))

    def destroy(
        self, request: Request, business_id: UUID, staff_id: UUID, pk: UUID
    ) -> HttpResponse:
        return self.deleted(request, pk)
