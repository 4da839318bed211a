"""The appointment endpoints."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.http import Http404, HttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from appointments.acceptance import Override
from appointments.api.idempotency import claim_in, json_answer, once, response
from appointments.api.query import list_range, switch
from appointments.api.representation import appointment, one
from appointments.api.serializers import (
    BOOKING,
    AppointmentOutput,
    BookingInput,
    ErrorOutput,
    ManyAppointments,
    OneAppointment,
)
from appointments.booking import book
from appointments.record import Record, find_record, list_records
from appointments.replies import Answer, Reply
from businesses.api.views import BusinessViewSet

REFUSED = {400: ErrorOutput, 401: ErrorOutput, 403: ErrorOutput, 404: ErrorOutput}


@extend_schema_view(
    list=extend_schema(
        operation_id="listAppointments",
        tags=["Appointments"],
        summary="List appointments",
        description="Those that start in [startDate, endDate), by start.",
        parameters=[
            OpenApiParameter("startDate", OpenApiTypes.DATETIME, required=True),
            OpenApiParameter("endDate", OpenApiTypes.DATETIME, required=True),
            OpenApiParameter("limit", OpenApiTypes.INT),
            OpenApiParameter("offset", OpenApiTypes.INT),
        ],
        responses={200: ManyAppointments, **REFUSED},
    ),
    retrieve=extend_schema(
        operation_id="getAppointment",
        tags=["Appointments"],
        summary="Get an appointment",
        description="Cancelled ones too.",
        responses={200: OneAppointment, **REFUSED},
    ),
    create=extend_schema(
        operation_id="createAppointment",
        tags=["Appointments"],
        summary="Book an appointment",
        description="The interval must be free for the staff member, or for somebody who is.",
        request=BookingInput,
        parameters=[
            OpenApiParameter(
                "ignoreBusyTimes",
                OpenApiTypes.BOOL,
                description="Book over busy time, closed hours and the past.",
            ),
            OpenApiParameter(
                "Idempotency-Key",
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                description="A repeat with the same key gets the first answer again.",
            ),
        ],
        responses={
            201: OneAppointment,
            **REFUSED,
            409: ErrorOutput,
            415: ErrorOutput,
            422: ErrorOutput,
            503: ErrorOutput,
        },
    ),
)
class AppointmentViewSet(BusinessViewSet):
    """Appointments of one business."""

    serializer_class = AppointmentOutput
    scopes: ClassVar[dict[str, str]] = {
        "list": "appointments:read",
        "retrieve": "appointments:read",
        "create": "appointments:write",
    }

    def list(self, request: Request, business_id: UUID) -> HttpResponse:
        wanted = list_range(request, business_id)
        records, total = list_records(
            business_id, wanted.start, wanted.end, limit=wanted.limit, offset=wanted.offset
        )
        data = [appointment(record) for record in records]
        return response(json_answer(200, {"data": data, "meta": {"totalCount": total}}))

    def retrieve(self, request: Request, business_id: UUID, pk: UUID) -> HttpResponse:
        record = find_record(business_id, pk)
        if record is None:
            raise Http404
        body, etag = one(record)
        return response(Answer(200, body, {"ETag": etag}))

    def create(self, request: Request, business_id: UUID) -> HttpResponse:
        over = switch(request, "ignoreBusyTimes")
        if over and not self.actor.may("appointments:override"):
            raise PermissionDenied(
                "ignoreBusyTimes needs the scope appointments:override.", "missing_scope"
            )
        sent = request.data  # what is no JSON is refused before any claim
        claim = claim_in(request._request, business_id, self.actor)

        def booked(claim_id: UUID | None) -> tuple[Answer, bool]:
            reply = Reply(created, claim_id)
            record = book(
                business_id=business_id,
                request=BOOKING.request(sent, business_id),
                by=self.actor,
                override=Override() if over else None,
                reply=reply if claim_id else None,
            )
            return reply.kept or created(record), reply.kept is not None

        return once(claim, booked)


def created(record: Record) -> Answer:
    body, etag = one(record)
    location = reverse("v1:appointment", args=(record.business_id, record.id))
    return Answer(201, body, {"Location": location, "ETag": etag})
