"""The endpoints that tell when a service is free."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.request import Request

from appointments.api.idempotency import response
from appointments.api.outputs import REFUSED, ManyTimes
from appointments.api.query import next_asked, times_asked
from appointments.api.representation import available
from appointments.errors import RangeTooLarge
from appointments.offering import OfferedTime, available_times, next_available_times
from appointments.record import MOST_ROWS
from appointments.replies import Answer
from businesses.api.views import BusinessViewSet

STAFF_IDS = OpenApiParameter(
    "staffIds",
    {"type": "array", "items": {"type": "string", "format": "uuid"}},
    description="Only these; sent several times or with commas. Left out: everybody who provides.",
)
DURATION = OpenApiParameter(
    "duration", OpenApiTypes.INT, required=True, description="Minutes, as the service offers."
)
LIMIT = OpenApiParameter("limit", OpenApiTypes.INT)


@extend_schema_view(
    list=extend_schema(
        operation_id="listAvailableTimes",
        tags=["Availability"],
        summary="List free times",
        description="The starts in [startDate, endDate), at most 62 days, and who is free then. "
        "Lead time, horizon and step of the service shape it.",
        parameters=[
            OpenApiParameter("startDate", OpenApiTypes.DATETIME, required=True),
            OpenApiParameter("endDate", OpenApiTypes.DATETIME, required=True),
            DURATION,
            STAFF_IDS,
            OpenApiParameter(
                "includeUnavailableSlots",
                OpenApiTypes.BOOL,
                description="Also what is not free, with availableSlots 0.",
            ),
            OpenApiParameter(
                "explain",
                OpenApiTypes.BOOL,
                description="Also what is not free, and why. More than the codes of the reasons "
                "needs the scope appointments:explain.",
            ),
            LIMIT,
            OpenApiParameter("offset", OpenApiTypes.INT),
        ],
        responses={200: ManyTimes, **REFUSED},
    ),
)
class AvailabilityViewSet(BusinessViewSet):
    """Free times of one service."""

    serializer_class = ManyTimes
    scopes: ClassVar[dict[str, str]] = {
        "list": "appointments:read",
        "following": "appointments:read",
    }

    def list(self, request: Request, business_id: UUID, service_id: UUID) -> HttpResponse:
        asked = times_asked(request, business_id)
        times = available_times(
            business_id=business_id,
            service_id=service_id,
            start=asked.start,
            end=asked.end,
            minutes=asked.minutes,
            staff_ids=asked.staff_ids,
            include_unavailable=asked.unavailable,
            explain=asked.explain,
        )
        if asked.limit is None and len(times) > MOST_ROWS:
            raise RangeTooLarge("That is too many times; send a shorter range, or a limit.")
        upto = None if asked.limit is None else asked.offset + asked.limit
        return self._told(times[asked.offset : upto], len(times), explain=asked.explain)

    @extend_schema(
        operation_id="listNextAvailableTimes",
        tags=["Availability"],
        summary="Find the next free times",
        description="The first free times after a moment, however far away within a year.",
        parameters=[
            OpenApiParameter("after", OpenApiTypes.DATETIME, description="Left out: now."),
            DURATION,
            STAFF_IDS,
            LIMIT,
        ],
        responses={200: ManyTimes, **REFUSED},
    )
    def following(self, request: Request, business_id: UUID, service_id: UUID) -> HttpResponse:
        asked = next_asked(request, business_id)
        times = next_available_times(
            business_id=business_id,
            service_id=service_id,
            after=asked.after,
            minutes=asked.minutes,
            staff_ids=asked.staff_ids,
            limit=asked.limit,
        )
        return self._told(times, len(times), explain=False)

    def _told(self, times: Iterable[OfferedTime], total: int, *, explain: bool) -> HttpResponse:
        detailed = self.actor.may("appointments:explain")
        return response(Answer(200, available(times, total, explain=explain, detailed=detailed)))
