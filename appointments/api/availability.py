"""The endpoints that tell when a service is free."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema_view
from rest_framework.request import Request

from appointments.api import refusals
from appointments.api.outputs import ManyTimes
from appointments.api.query import next_asked, times_asked
from appointments.api.representation import available
from appointments.api.serializers import DAY
from appointments.errors import RangeTooLarge
from appointments.offering import OfferedTime, available_times, next_available_times
from appointments.record import MOST_ROWS
from businesses.api.answers import answered
from businesses.api.query import paging_parameters
from businesses.api.schema import operation
from businesses.api.views import BusinessViewSet

TAG = "Availability"
STAFF_IDS = OpenApiParameter(
    "staffIds",
    {"type": "array", "items": {"type": "string", "format": "uuid"}},
    description="Only these; sent several times or with commas. Left out: everybody who provides.",
)
DURATION = OpenApiParameter(
    "duration",
    {"type": "integer", "minimum": 1, "maximum": DAY},
    required=True,
    description="Minutes, as the service offers.",
)


@extend_schema_view(
    list=operation(
        "listAvailableTimes",
        TAG,
        "List free times",
        "The starts in [startDate, endDate), at most 62 days, and who is free then. "
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
            *paging_parameters(),
        ],
        answer={200: ManyTimes},
        refusals=refusals.TIMES,
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
        return self._told(request, times[asked.offset : upto], len(times), explain=asked.explain)

    @operation(
        "listNextAvailableTimes",
        TAG,
        "Find the next free times",
        "The first free times after a moment, however far away within a year.",
        parameters=[
            OpenApiParameter("after", OpenApiTypes.DATETIME, description="Left out: now."),
            DURATION,
            STAFF_IDS,
            *paging_parameters(10)[:1],
        ],
        answer={200: ManyTimes},
        refusals=refusals.TIMES,
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
        return self._told(request, times, len(times), explain=False)

    def _told(
        self, request: Request, times: Iterable[OfferedTime], total: int, *, explain: bool
    ) -> HttpResponse:
        detailed = self.actor.may("appointments:explain")
        return answered(request, available(times, total, explain=explain, detailed=detailed))
