"""The change feed: what somebody has to get again who keeps a copy."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request

from appointments.feed import RESOURCES, Position, PositionUnknown, horizon, read_changes
from businesses.api.answers import told
from businesses.api.fields import Input, Text, WholeNumber
from businesses.api.query import MOST_AT_ONCE, numbered, only, refused
from businesses.api.schema import operation
from businesses.api.views import BusinessViewSet
from businesses.zones import written

NOW, PREFIX = "now", "changes_"
# The scope with which each resource can be read; without it nothing is told of it.
SCOPES = {
    "business": "business:read",
    "closure": "business:read",
    "location": "services:read",
    "serviceCategory": "services:read",
    "service": "services:read",
    "resource": "services:read",
    "staff": "staff:read",
    "workingHoursSchedule": "staff:read",
    "timeBlocker": "staff:read",
    "externalEvent": "staff:read",
    "patient": "patients:read",
    "appointment": "appointments:read",
}
SINCE = Text(required=False, max_length=100)
CURSOR = re.compile(r"(\d{1,19})\.(\d{1,3})\.(-1|\d{1,10})", re.ASCII)


class ChangesInput(Input):
    """The query of the change feed."""

    since = SINCE
    limit = WholeNumber(min_value=1, max_value=MOST_AT_ONCE, required=False)


class ChangeOutput(serializers.Serializer[Any]):
    resource = serializers.ChoiceField(choices=RESOURCES)
    id = serializers.UUIDField()
    action = serializers.ChoiceField(choices=("create", "update", "delete"))
    at = serializers.DateTimeField(help_text="When the transaction that did it began.")


class ChangesMeta(serializers.Serializer[Any]):
    cursor = serializers.CharField(help_text="What to send as since next time.")
    more = serializers.BooleanField(help_text="Whether there is more to be had at once.")


class ManyChanges(serializers.Serializer[Any]):
    data = ChangeOutput(many=True)  # type: ignore[assignment]
    meta = ChangesMeta()


QUERY = ChangesInput()


@extend_schema_view(
    list=operation(
        "listChanges",
        "Changes",
        "List what has changed",
        "Everything that was made, changed or deleted after a cursor, each once or more often but "
        "never not at all. Only of resources that the key may read.",
        parameters=[
            OpenApiParameter(
                "since",
                {"type": "string", "pattern": SINCE.pattern, "maxLength": SINCE.max_length},
                description="The cursor of the last answer, or now for the cursor of this moment. "
                "Left out: from the beginning.",
            ),
            OpenApiParameter(
                "limit",
                {"type": "integer", "minimum": 1, "maximum": MOST_AT_ONCE},
                description="At most so many rows of the history; a new rule of a series is one "
                f"row and a change of each of its appointments. Left out: {MOST_AT_ONCE}.",
            ),
        ],
        answer={200: ManyChanges},
        refusals=("400 bad_cursor",),
    ),
)
class ChangeViewSet(BusinessViewSet):
    """What has changed in one business."""

    serializer_class = ChangeOutput
    scopes: ClassVar[dict[str, str]] = {"list": "business:read"}

    def list(self, request: Request, business_id: UUID) -> HttpResponse:
        sent: dict[str, Any] = dict(only(request, *QUERY.fields))
        numbered(sent, "limit")
        asked = QUERY.read(sent)
        if asked.get("since") == NOW:
            return told(request, {"data": [], "meta": {"cursor": cursor(horizon()), "more": False}})
        try:
            page = read_changes(
                business_id,
                [resource for resource, scope in SCOPES.items() if self.actor.may(scope)],
                after=position(asked["since"]) if "since" in asked else None,
                limit=asked.get("limit", MOST_AT_ONCE),
            )
        except PositionUnknown as error:
            raise bad_cursor() from error
        data = [
            {
                "resource": one.resource,
                "id": str(one.id),
                "action": one.action,
                "at": written(one.at),
            }
            for one in page.changes
        ]
        meta = {"cursor": cursor(page.position), "more": page.more}
        return told(request, {"data": data, "meta": meta})


def cursor(at: Position) -> str:
    """A position as clients hold it."""
    return PREFIX + urlsafe_b64encode(".".join(map(str, at)).encode()).decode().rstrip("=")


def position(text: str) -> Position:
    """Reads a cursor; refuses whatever we would not have written."""
    packed = text.removeprefix(PREFIX)
    try:
        plain = urlsafe_b64decode(packed + "=" * (-len(packed) % 4)).decode("ascii")
    except ValueError as error:
        raise bad_cursor() from error
    found = CURSOR.fullmatch(plain)
    if found is None:
        raise bad_cursor()
    at = Position(*map(int, found.groups()))
    if cursor(at) != text or at.row >= 2**31 or at.xid >= 2**63:
        raise bad_cursor()
    return at


def bad_cursor() -> Exception:
    title = "Send a cursor that this interface gave you; without one, list everything and use now."
    return refused("since", title, "bad_cursor")
