"""The appointment endpoints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

from django.http import Http404, HttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema_view
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from appointments.acceptance import Override
from appointments.api import refusals
from appointments.api.idempotency import claim_in, once
from appointments.api.outputs import (
    AppointmentOutput,
    BookedAppointment,
    ClashOutput,
    ManyAppointments,
    ManyPreviewed,
    OneAppointment,
    OneAssignment,
    TwoAppointments,
)
from appointments.api.query import AppointmentFilters, reason, scope, switch
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
from appointments.models import Appointment
from appointments.record import Record, find_record, find_why, list_records
from appointments.replies import Answer, Reply
from appointments.series import BookedSeries, book_series, preview
from appointments.swapping import swap
from appointments.telling import appointment
from businesses.api import answers
from businesses.api.query import only, paging_of, parameters_of
from businesses.api.schema import IF_MATCH, operation
from businesses.api.views import BusinessViewSet

TAG = "Appointments"
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
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="A repeat with the same key gets the first answer again.",
)


@extend_schema_view(
    list=operation(
        "listAppointments",
        TAG,
        "List appointments",
        "Those that start in [startDate, endDate), by start; or, with updatedSince, those that "
        "were made or changed since, whenever they start.",
        parameters=parameters_of(AppointmentFilters),
        answer={200: ManyAppointments},
    ),
    retrieve=operation(
        "getAppointment",
        TAG,
        "Get an appointment",
        "Cancelled ones too.",
        answer={200: OneAppointment},
    ),
    create=operation(
        "createAppointment",
        TAG,
        "Book an appointment",
        "The interval must be free for the staff member, or for somebody who is. With "
        "rrule a series: on every date or, if one of them clashes, on none.",
        request=BookingInput,
        parameters=[IGNORE_BUSY, IDEMPOTENCY_KEY],
        answer={201: BookedAppointment, 409: ClashOutput},
        refusals=refusals.BOOK,
    ),
    partial_update=operation(
        "updateAppointment",
        TAG,
        "Change an appointment",
        "Moves it, gives it to somebody else, approves, declines or cancels it, or "
        "takes it a step on. What is left out stays. It is never in its own way.",
        request=ChangeInput,
        parameters=[IGNORE_BUSY, SCOPE, IF_MATCH],
        answer={200: OneAppointment, 409: ClashOutput},
        refusals=refusals.CHANGE,
    ),
    destroy=operation(
        "cancelAppointment",
        TAG,
        "Cancel an appointment",
        "Its time is free again, and it stays to be seen. Repeating changes nothing.",
        parameters=[
            SCOPE,
            OpenApiParameter("reason", OpenApiTypes.STR, description="Why."),
            IF_MATCH,
        ],
        writes=True,
        answer={204: None, 409: ClashOutput},
        refusals=refusals.CANCEL,
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
        paging = paging_of(only(request, *AppointmentFilters.known()))
        mine = Appointment.objects.filter(business_id=business_id)
        wanted: Any = AppointmentFilters.narrowed(request, mine, business_id=business_id)
        records, total = list_records(business_id, wanted, limit=paging.limit, offset=paging.offset)
        data = [appointment(record) for record in records]
        return answers.told(request, {"data": data, "meta": {"totalCount": total}})

    def retrieve(self, request: Request, business_id: UUID, pk: UUID) -> HttpResponse:
        only(request)
        record = find_record(business_id, pk)
        if record is None:
            raise Http404
        return told(request, record)

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
        return told(request, record)

    def destroy(self, request: Request, business_id: UUID, pk: UUID) -> HttpResponse:
        change(
            business_id=business_id,
            appointment_id=pk,
            changes=Changes(cancelled=True, cancel_reason=reason(request)),
            by=self.actor,
            scope=scope(request),
            unchanged=as_seen(request),
        )
        return answers.nothing()

    @operation(
        "replaceAppointmentTags",
        TAG,
        "Replace an appointment's tags",
        request=TagsInput,
        parameters=[IF_MATCH],
        answer={200: OneAppointment},
        refusals=refusals.ARRAYS,
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
        return told(request, record)

    @operation(
        "previewAppointments",
        TAG,
        "See what a booking would come to",
        "Takes the body of a create, books nothing, and says date by date whether it "
        "can be booked, and if not, why and when instead.",
        request=BookingInput,
        parameters=[IGNORE_BUSY],
        answer={200: ManyPreviewed, 409: ClashOutput},
        refusals=refusals.PREVIEW,
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
        return answers.told(request, {"data": data, "meta": {"totalCount": len(data)}})

    @operation(
        "swapAppointments",
        TAG,
        "Swap two appointments",
        "Each takes the other's start and staff member, or nothing changes.",
        request=SwapInput,
        parameters=[IGNORE_BUSY],
        answer={200: TwoAppointments, 409: ClashOutput},
        refusals=refusals.SWAP,
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
        return answers.told(request, {"data": list(map(appointment, records))})

    @operation(
        "getAppointmentAssignment",
        TAG,
        "Why an appointment is with its staff member",
        "Everybody who could have taken it with their booked minutes, the rule that "
        "decided, and the rooms and devices that it uses.",
        answer={200: OneAssignment},
    )
    def assignment(self, request: Request, business_id: UUID, pk: UUID) -> HttpResponse:
        only(request)
        record = find_record(business_id, pk)
        if record is None:
            raise Http404
        return answers.told(request, {"data": assignment(record, find_why(business_id, pk))})

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


def told(request: Request, record: Record) -> HttpResponse:
    body, etag = one(record)
    return answers.answered(request, body, etag=etag)


def address(record: Record) -> str:
    return reverse("v1:appointment", args=(record.business_id, record.id))


def as_seen(request: Request) -> Callable[[Record], None] | None:
    """Raises Stale for an appointment that isn't what the client's `If-Match` says it has seen."""
    if not request.headers.get("If-Match", "").strip():
        return None

    def check(record: Record) -> None:
        if not answers.seen(request, "If-Match", one(record)[1]):
            raise Stale

    return check
