"""The appointment endpoints."""

from __future__ import annotations

from collections.abc import Callable
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
from appointments.api.outputs import (
    REFUSED,
    AppointmentOutput,
    BookedAppointment,
    ClashOutput,
    ManyAppointments,
    ManyPreviewed,
    OneAppointment,
    OneAssignment,
    TwoAppointments,
)
from appointments.api.query import list_range, reason, scope, switch
from appointments.api.representation import (
    assignment,
    booked,
    one,
    previewed,
)
from appointments.api.serializers import (
    BOOKING,
    CHANGE,
    SWAP,
    TAGS,
    BookingInput,
    ChangeInput,
    SwapInput,
    TagsInput,
)
from appointments.booking import book
from appointments.changes import Changes, Scope
from appointments.changing import change
from appointments.errors import Stale
from appointments.record import Record, find_record, find_why, list_records
from appointments.replies import Answer, Reply
from appointments.series import BookedSeries, book_series, preview
from appointments.swapping import swap
from appointments.telling import appointment
from businesses.api.outputs import ErrorOutput
from businesses.api.query import only
from businesses.api.views import BusinessViewSet

CHANGED = {**REFUSED, 409: ClashOutput, 412: ErrorOutput, 415: ErrorOutput, 503: ErrorOutput}
IGNORE_BUSY = OpenApiParameter(
    "ignoreBusyTimes",
    OpenApiTypes.BOOL,
    description="Book over busy time, closed hours and the past.",
)
SCOPE = OpenApiParameter(
    "scope",
    OpenApiTypes.STR,
    enum=[one.value for one in Scope],
    description="In a series: this one, it and the later ones, or all of it.",
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The ETag of what you have seen; if it has been changed since, 412.",
)


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
        description="The interval must be free for the staff member, or for somebody who is. With "
        "rrule a series: on every date or, if one of them clashes, on none.",
        request=BookingInput,
        parameters=[
            IGNORE_BUSY,
            OpenApiParameter(
                "Idempotency-Key",
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                description="A repeat with the same key gets the first answer again.",
            ),
        ],
        responses={
            201: BookedAppointment,
            **REFUSED,
            409: ClashOutput,
            415: ErrorOutput,
            422: ErrorOutput,
            503: ErrorOutput,
        },
    ),
    partial_update=extend_schema(
        operation_id="updateAppointment",
        tags=["Appointments"],
        summary="Change an appointment",
        description="Moves it, gives it to somebody else, approves, declines or cancels it, or "
        "takes it a step on. What is left out stays. It is never in its own way.",
        request=ChangeInput,
        parameters=[IGNORE_BUSY, SCOPE, IF_MATCH],
        responses={200: OneAppointment, **CHANGED},
    ),
    destroy=extend_schema(
        operation_id="cancelAppointment",
        tags=["Appointments"],
        summary="Cancel an appointment",
        description="Its time is free again, and it stays to be seen. Repeating changes nothing.",
        parameters=[
            SCOPE,
            OpenApiParameter("reason", OpenApiTypes.STR, description="Why."),
            IF_MATCH,
        ],
        responses={204: None, **CHANGED},
    ),
)
class AppointmentViewSet(BusinessViewSet):
    """Appointments of one business."""

    serializer_class = AppointmentOutput
    scopes: ClassVar[dict[str, str]] = {
        "list": "appointments:read",
        "retrieve": "appointments:read",
        "create": "appointments:write",
        "partial_update": "appointments:write",
        "destroy": "appointments:write",
        "tags": "appointments:write",
        "preview": "appointments:write",
        "swap": "appointments:write",
        "assignment": "appointments:explain",
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
        override = self._override(request)
        sent = request.data  # what is no JSON is refused before any claim
        claim = claim_in(request._request, business_id, self.actor)

        def made(claim_id: UUID | None) -> tuple[Answer, bool]:
            wanted, repeat = BOOKING.request(sent, business_id)
            if repeat is not None:
                series = book_series(
                    business_id=business_id,
                    request=wanted,
                    repeat=repeat,
                    by=self.actor,
                    override=override,
                )
                return created_series(series), False
            reply = Reply(created, claim_id)
            record = book(
                business_id=business_id,
                request=wanted,
                by=self.actor,
                override=override,
                reply=reply if claim_id else None,
            )
            return reply.kept or created(record), reply.kept is not None

        return once(claim, made)

    def partial_update(self, request: Request, business_id: UUID, pk: UUID) -> HttpResponse:
        override = self._override(request, "scope")
        record = change(
            business_id=business_id,
            appointment_id=pk,
            changes=CHANGE.changes(request.data, business_id),
            by=self.actor,
            override=override,
            scope=scope(request),
            unchanged=as_seen(request),
        )
        return told(record)

    def destroy(self, request: Request, business_id: UUID, pk: UUID) -> HttpResponse:
        change(
            business_id=business_id,
            appointment_id=pk,
            changes=Changes(cancelled=True, cancel_reason=reason(request)),
            by=self.actor,
            scope=scope(request),
            unchanged=as_seen(request),
        )
        return response(Answer(204))

    @extend_schema(
        operation_id="replaceAppointmentTags",
        tags=["Appointments"],
        summary="Replace an appointment's tags",
        request=TagsInput,
        parameters=[IF_MATCH],
        responses={200: OneAppointment, **CHANGED},
    )
    def tags(self, request: Request, business_id: UUID, pk: UUID) -> HttpResponse:
        only(request)
        tags = tuple(dict.fromkeys(TAGS.read(request.data)["tags"]))
        record = change(
            business_id=business_id,
            appointment_id=pk,
            changes=Changes(tags=tags),
            by=self.actor,
            unchanged=as_seen(request),
        )
        return told(record)

    @extend_schema(
        operation_id="previewAppointments",
        tags=["Appointments"],
        summary="See what a booking would come to",
        description="Takes the body of a create, books nothing, and says date by date whether it "
        "can be booked, and if not, why and when instead.",
        request=BookingInput,
        parameters=[IGNORE_BUSY],
        responses={200: ManyPreviewed, **REFUSED, 415: ErrorOutput},
    )
    def preview(self, request: Request, business_id: UUID) -> HttpResponse:
        override = self._override(request)
        wanted, repeat = BOOKING.request(request.data, business_id)
        dates = preview(
            business_id=business_id,
            request=wanted,
            repeat=repeat,
            by=self.actor,
            override=override,
        )
        data = list(map(previewed, dates))
        return response(json_answer(200, {"data": data, "meta": {"totalCount": len(data)}}))

    @extend_schema(
        operation_id="swapAppointments",
        tags=["Appointments"],
        summary="Swap two appointments",
        description="Each takes the other's start and staff member, or nothing changes.",
        request=SwapInput,
        parameters=[IGNORE_BUSY],
        responses={200: TwoAppointments, **CHANGED},
    )
    def swap(self, request: Request, business_id: UUID) -> HttpResponse:
        override = self._override(request)
        first, second = SWAP.read(request.data)["appointmentIds"]
        records = swap(
            business_id=business_id,
            appointment_ids=(first, second),
            by=self.actor,
            override=override,
        )
        return response(json_answer(200, {"data": list(map(appointment, records))}))

    @extend_schema(
        operation_id="getAppointmentAssignment",
        tags=["Appointments"],
        summary="Why an appointment is with its staff member",
        description="Everybody who could have taken it with their booked minutes, the rule that "
        "decided, and the rooms and devices that it uses.",
        responses={200: OneAssignment, **REFUSED},
    )
    def assignment(self, request: Request, business_id: UUID, pk: UUID) -> HttpResponse:
        record = find_record(business_id, pk)
        if record is None:
            raise Http404
        data = assignment(record, find_why(business_id, pk))
        return response(json_answer(200, {"data": data}))

    def _override(self, request: Request, *others: str) -> Override | None:
        """That `ignoreBusyTimes` was sent, by somebody who may; `others` are known besides it."""
        if not switch(request, "ignoreBusyTimes", *others):
            return None
        if not self.actor.may("appointments:override"):
            raise PermissionDenied(
                "ignoreBusyTimes needs the scope appointments:override.", "missing_scope"
            )
        return Override()


def created(record: Record) -> Answer:
    body, etag = one(record)
    return Answer(201, body, {"Location": address(record), "ETag": etag})


def created_series(series: BookedSeries) -> Answer:
    first = series.records[0]
    return Answer(201, booked(series), {"Location": address(first), "ETag": one(first)[1]})


def told(record: Record) -> HttpResponse:
    body, etag = one(record)
    return response(Answer(200, body, {"ETag": etag}))


def address(record: Record) -> str:
    return reverse("v1:appointment", args=(record.business_id, record.id))


def as_seen(request: Request) -> Callable[[Record], None] | None:
    """Raises Stale for an appointment that isn't what the client's `If-Match` says it has seen."""
    header = request.headers.get("If-Match", "").strip()
    if header in ("", "*"):
        return None
    seen = {etag.strip() for etag in header.split(",")}

    def check(record: Record) -> None:
        if one(record)[1] not in seen:
            raise Stale

    return check
