"""External events: what stands in somebody's other calendars, kept in step by other software."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.utils import extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request

from businesses.api.collections import Clashing
from businesses.api.fields import Flag, Identifier, Input, Moment, OrNull, Text
from businesses.api.outputs import many, one
from businesses.api.query import Reads, Switch, only, parameters_of
from businesses.api.schema import IF_MATCH, operation
from staff.api.spans import SpanFilters, SpanOutput, SpanViewSet, member_of, moments_of
from staff.models import ExternalEvent

TAG = "External events"
TEXT: dict[str, Any] = {
    "required": False,
    "allow_null": True,
    "allow_blank": True,
    "max_length": 500,
}


class ExternalEventInput(Input):
    """The body of a new external event."""

    staffId = Identifier()
    startDate = Moment(help_text="Without an offset it is on the business's wall clock.")
    endDate = Moment()
    title = Text(**TEXT)
    busy = Flag(required=False, help_text="Left out: true. If false, it takes nobody's time.")
    externalId = Text(**TEXT, help_text="Its id in the other calendar.")


class ExternalEventChangeInput(Input):
    """The body of a change to an external event: what is left out stays."""

    staffId = Identifier(required=False)
    startDate = Moment(required=False)
    endDate = Moment(required=False)
    title = Text(**TEXT)
    busy = Flag(required=False)
    externalId = Text(**TEXT)


class ExternalEventOutput(SpanOutput):
    """An event of somebody's other calendar; if it is busy, they can't be booked then."""

    title = OrNull()
    busy = serializers.BooleanField()
    externalId = OrNull(source="external_id")


class ExternalEventFilters(SpanFilters):
    externalId = Reads(Text(max_length=500), field_name="external_id")
    busy = Reads(
        Switch(),
        field_name="busy",
        help_text="Only those that take time, or only those that don't.",
    )


NEW, CHANGED = ExternalEventInput(), ExternalEventChangeInput()
FROM_OUTSIDE = {"title": "title", "externalId": "external_id"}


@extend_schema_view(
    list=operation(
        "listExternalEvents",
        TAG,
        "List external events",
        "Those that touch the span from startDate to endDate, by start.",
        parameters=parameters_of(ExternalEventFilters),
        answer={200: many(ExternalEventOutput)},
    ),
    create=operation(
        "createExternalEvent",
        TAG,
        "Add an external event",
        "Safe to repeat: if the staff member has an event with this externalId already, that one "
        "becomes what is sent, and the answer is 200. Appointments that are there already stay.",
        request=ExternalEventInput,
        answer={201: one(ExternalEventOutput), 200: one(ExternalEventOutput)},
        refusals=["400 staff_not_found"],
    ),
    retrieve=operation(
        "getExternalEvent",
        TAG,
        "Get an external event",
        answer={200: one(ExternalEventOutput)},
    ),
    update=operation(
        "updateExternalEvent",
        TAG,
        "Change an external event",
        "What is left out stays.",
        parameters=[IF_MATCH],
        request=ExternalEventChangeInput,
        answer={200: one(ExternalEventOutput)},
        refusals=["400 staff_not_found", "409 external_id_taken"],
    ),
    destroy=operation(
        "deleteExternalEvent",
        TAG,
        "Delete an external event",
        parameters=[IF_MATCH],
        writes=True,
        answer={204: None},
    ),
)
class ExternalEventViewSet(SpanViewSet):
    """External events of the staff of one business."""

    private = "title"
    serializer_class = ExternalEventOutput
    output = ExternalEventOutput()
    filters = ExternalEventFilters
    conflicts = {
        "external_event_is_there_once": Clashing(
            "external_id_taken", "This staff member has another event with this externalId."
        )
    }
    scopes: ClassVar[dict[str, str]] = {
        "list": "staff:read",
        "retrieve": "staff:read",
        "create": "staff:write",
        "update": "staff:write",
        "destroy": "staff:write",
    }

    def rows(self) -> QuerySet[ExternalEvent]:
        return ExternalEvent.objects.filter(business_id=self.kwargs["business_id"]).order_by(
            "starts_at", "id"
        )

    def create(self, request: Request, business_id: UUID) -> HttpResponse:
        only(request)
        sent = NEW.read(request.data)
        starts_at, ends_at = moments_of(business_id, sent["startDate"], sent["endDate"])
        member = member_of(business_id, sent["staffId"])
        is_new, values = (
            True,
            {
                "starts_at": starts_at,
                "ends_at": ends_at,
                "title": sent.get("title") or "",
                "busy": sent.get("busy", True),
            },
        )
        mine = {"business_id": business_id, "staff_id": member.pk}
        external_id = sent.get("externalId") or ""
        with self.saving():
            if external_id:
                event, is_new = ExternalEvent.objects.update_or_create(
                    **mine, external_id=external_id, defaults=values
                )
            else:
                event = ExternalEvent.objects.create(**mine, **values)
        address = reverse("v1:external-event", args=(business_id, event.pk))
        return self.answer(request, event, status=201 if is_new else 200, Location=address)

    def update(self, request: Request, business_id: UUID, pk: UUID) -> HttpResponse:
        only(request)
        sent = CHANGED.read(request.data)
        with self.saving():
            event = self.held(request, pk)
            if "staffId" in sent:
                event.staff_id = member_of(business_id, sent["staffId"]).pk
            if {"startDate", "endDate"} & sent.keys():
                event.starts_at, event.ends_at = moments_of(
                    business_id,
                    sent.get("startDate", event.starts_at),
                    sent.get("endDate", event.ends_at),
                )
            for name, column in FROM_OUTSIDE.items():
                if name in sent:
                    setattr(event, column, sent[name] or "")
            event.busy = sent.get("busy", event.busy)
            event.save()
        return self.answer(request, event)

    def destroy(self, request: Request, business_id: UUID, pk: UUID) -> HttpResponse:
        return self.deleted(request, pk)
