"""Time blockers: time in which somebody can't be booked."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

import orjson
from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request

from businesses.api.answers import answered, check_seen, nothing
from businesses.api.fields import Identifier, Input, Moment, OrNull, Text
from businesses.api.outputs import many, one
from businesses.api.query import only, parameters_of, refused
from businesses.api.schema import IF_MATCH, operation
from businesses.recurrence import BadRule, Rule
from businesses.zones import written
from staff.api.spans import SpanFilters, SpanOutput, SpanViewSet, member_of, moments_of
from staff.blocking import SCOPES, Scope, block, unblock
from staff.models import TimeBlocker

TAG = "Time blockers"


class TimeBlockerInput(Input):
    """The body of a new time blocker."""

    staffId = Identifier()
    startDate = Moment(help_text="Without an offset it is on the business's wall clock.")
    endDate = Moment()
    reason = Text(required=False, allow_null=True, allow_blank=True, max_length=500)
    rrule = Text(
        required=False,
        allow_null=True,
        allow_blank=True,
        max_length=500,
        help_text="Repeats it: an RFC 5545 rule, such as FREQ=WEEKLY;COUNT=10.",
    )


class TimeBlockerOutput(SpanOutput):
    """Time in which somebody can't be booked."""

    reason = OrNull()


class BlockedTime(serializers.Serializer[Any]):
    id = Identifier()
    date = Moment()


class BlockedMeta(serializers.Serializer[Any]):
    occurrences = BlockedTime(many=True, help_text="All of its repeats, the first included.")


class BlockedTimeBlocker(serializers.Serializer[Any]):
    """A new time blocker; `meta` only with rrule."""

    data = TimeBlockerOutput()  # type: ignore[assignment]
    meta = BlockedMeta(required=False)


BLOCKED = TimeBlockerInput()
SCOPE = OpenApiParameter(
    "scope",
    {"type": "string", "enum": list(SCOPES), "default": "this"},
    description="Of its repeats: this one, it and the later ones, or all.",
)


@extend_schema_view(
    list=operation(
        "listTimeBlockers",
        TAG,
        "List time blockers",
        "Those that touch the span from startDate to endDate, by start.",
        parameters=parameters_of(SpanFilters),
        answer={200: many(TimeBlockerOutput)},
    ),
    create=operation(
        "createTimeBlocker",
        TAG,
        "Block somebody's time",
        "Once, or with rrule again and again: all of it or nothing, at the same time on the staff "
        "member's clock. Appointments that are there already stay.",
        request=TimeBlockerInput,
        answer={201: BlockedTimeBlocker},
        refusals=[
            "400 staff_not_found",
            "400 invalid_rrule",
            "400 rrule_empty",
            "400 rrule_not_supported",
            "400 rrule_start",
            "400 rrule_too_long",
            "400 rrule_until",
        ],
    ),
    retrieve=operation(
        "getTimeBlocker",
        TAG,
        "Get a time blocker",
        answer={200: one(TimeBlockerOutput)},
    ),
    destroy=operation(
        "deleteTimeBlocker",
        TAG,
        "Free blocked time",
        parameters=[SCOPE, IF_MATCH],
        writes=True,
        answer={204: None},
    ),
)
class TimeBlockerViewSet(SpanViewSet):
    """Time blockers of one business."""

    private = "reason"
    serializer_class = TimeBlockerOutput
    output = TimeBlockerOutput()
    filters = SpanFilters
    scopes: ClassVar[dict[str, str]] = {
        "list": "staff:read",
        "retrieve": "staff:read",
        "create": "staff:write",
        "destroy": "staff:write",
    }

    def rows(self) -> QuerySet[TimeBlocker]:
        return TimeBlocker.objects.filter(business_id=self.kwargs["business_id"]).order_by(
            "starts_at", "id"
        )

    def create(self, request: Request, business_id: UUID) -> HttpResponse:
        only(request)
        sent = BLOCKED.read(request.data)
        starts_at, ends_at = moments_of(business_id, sent["startDate"], sent["endDate"])
        member = member_of(business_id, sent["staffId"])
        try:
            rule = Rule.read(sent["rrule"]) if sent.get("rrule") else None
            made = block(
                staff=member,
                starts_at=starts_at,
                ends_at=ends_at,
                reason=sent.get("reason") or "",
                rule=rule,
                by=self.actor,
            )
        except BadRule as error:
            raise refused("rrule", str(error), error.code) from error
        first = made[0]
        address = reverse("v1:time-blocker", args=(business_id, first.pk))
        if rule is None:
            return self.answer(request, first, status=201, Location=address)
        body: dict[str, Any] = {
            "data": self.told(first),
            "meta": {
                "occurrences": [
                    {"id": str(each.pk), "date": written(each.starts_at)} for each in made
                ]
            },
        }
        return answered(
            request, orjson.dumps(body), status=201, etag=self.etag(first), Location=address
        )

    def destroy(self, request: Request, business_id: UUID, pk: UUID) -> HttpResponse:
        scope = scope_of(only(request, "scope"))
        blocker = self.found(pk)
        # Nothing is held before the delete: two who free a series, each from a date of its own,
        # would wait for each other.
        check_seen(request, self.etag(blocker))
        unblock(blocker=blocker, scope=scope, by=self.actor)
        return nothing()


def scope_of(sent: dict[str, str]) -> Scope:
    """Which of its repeats are meant; the one that was named unless said."""
    asked = sent.get("scope", "this")
    for scope in SCOPES:
        if scope == asked:
            return scope
    raise refused("scope", f"Send one of {', '.join(SCOPES)}.", "invalid_choice")
