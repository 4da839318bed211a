"""Outgoing webhooks: where a business's events are sent, and what became of each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar
from uuid import UUID

import orjson
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request

from businesses.api.answers import answered, nothing, told
from businesses.api.collections import CollectionViewSet, Conflict
from businesses.api.fields import Flag, Identifier, Input, Moment, Text, Word
from businesses.api.outputs import many, one
from businesses.api.query import Filters, Reads, only, parameters_of
from businesses.api.schema import IF_MATCH, operation
from businesses.endpoints import LONGEST, EndpointRefused, checked
from businesses.models import (
    DeliveryStatus,
    EventName,
    OutgoingWebhook,
    WebhookAttempt,
    WebhookDelivery,
)
from businesses.webhooks import (
    MOST,
    TooManyWebhooks,
    WebhookOff,
    change_webhook,
    create_webhook,
    delete_webhook,
    replay,
    rotate_secret,
    send_test,
)

TAG = "Outgoing webhooks"


@extend_schema_field(OpenApiTypes.URI)
class Endpoint(Text):
    """An address that webhooks may be sent to."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "endpoint_invalid": "{sentence}",
        "endpoint_not_public": "{sentence}",
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=LONGEST, **options)

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        try:
            return checked(text)
        except EndpointRefused as refused:
            return self.fail(refused.code, sentence=str(refused))


class OutgoingWebhookInput(Input):
    """The body of a new webhook."""

    endpoint = Endpoint()
    enabled = Flag(required=False, default=True)


class OutgoingWebhookChange(Input):
    """The body of a change; what is left out stays."""

    endpoint = Endpoint(required=False)
    enabled = Flag(required=False)


class OutgoingWebhookOutput(serializers.Serializer[Any]):
    """Where events are sent."""

    id = Identifier()
    createdAt = Moment(source="created_at")
    updatedAt = Moment(source="updated_at")
    enabled = serializers.BooleanField()
    endpoint = serializers.CharField()


class SecretMeta(serializers.Serializer[Any]):
    secret = serializers.CharField(help_text="Signs what is sent. It is told this once.")


class OutgoingWebhookWithSecret(serializers.Serializer[Any]):
    """A webhook, and its secret."""

    data = OutgoingWebhookOutput()  # type: ignore[assignment]
    meta = SecretMeta()


class WebhookAttemptOutput(serializers.Serializer[Any]):
    """One try: null and an error where there was no answer."""

    at = Moment()
    milliseconds = serializers.IntegerField()
    statusCode = serializers.IntegerField(source="status_code", allow_null=True)
    error = serializers.CharField(allow_null=True)
    answer = serializers.CharField(help_text="Its first kilobyte.")

    def to_representation(self, instance: Any) -> Any:
        return super().to_representation(instance) | {"error": instance.error or None}


class WebhookDeliveryOutput(serializers.Serializer[Any]):
    """One event for one webhook; `id` is the `webhook-id` under which it is sent."""

    id = Identifier()
    createdAt = Moment(source="created_at")
    name = serializers.ChoiceField(EventName.values)
    appointmentId = Identifier(source="subject", allow_null=True)
    status = serializers.ChoiceField(DeliveryStatus.values)
    attempts = WebhookAttemptOutput(source="tries.all", many=True)
    nextAttemptAt = Moment(allow_null=True, source="due_at")

    def to_representation(self, instance: Any) -> Any:
        found = super().to_representation(instance)
        if instance.name == EventName.TEST:
            found["appointmentId"] = None
        if instance.status != DeliveryStatus.PENDING:
            found["nextAttemptAt"] = None
        return found


class DeliveryFilters(Filters):
    """Which deliveries of a webhook."""

    status = Reads(Word(DeliveryStatus.values))
    appointmentId = Reads(Identifier(), field_name="subject")


@contextmanager
def refusing() -> Iterator[None]:
    """What the commands refuse, as 409."""
    try:
        yield
    except TooManyWebhooks as refused:
        title = f"A business has at most {MOST} webhooks; delete one, or change one."
        raise Conflict("too_many_webhooks", title) from refused
    except WebhookOff as refused:
        title = 'This webhook is off; send {"enabled": true} to it first.'
        raise Conflict("webhook_off", title) from refused


NEW, CHANGE = OutgoingWebhookInput(), OutgoingWebhookChange()
REFUSED = ("400 endpoint_invalid", "400 endpoint_not_public")


class Webhooks(CollectionViewSet):
    """What the webhooks of a business and their deliveries have in common."""

    def webhooks(self) -> QuerySet[OutgoingWebhook]:
        mine: QuerySet[OutgoingWebhook] = OutgoingWebhook.objects.filter(
            business_id=self.kwargs["business_id"]
        )
        return mine.order_by("created_at", "id")

    @contextmanager
    def commanding(self) -> Iterator[None]:
        with refusing(), self.saving():
            yield


@extend_schema_view(
    list=operation(
        "listOutgoingWebhooks",
        TAG,
        "List outgoing webhooks",
        "The oldest first.",
        parameters=parameters_of(Filters),
        answer={200: many(OutgoingWebhookOutput)},
    ),
    create=operation(
        "createOutgoingWebhook",
        TAG,
        "Add an outgoing webhook",
        "It is sent every event from now on. `meta.secret` verifies what is sent, and is told here "
        "and nowhere else.",
        request=OutgoingWebhookInput,
        refusals=(*REFUSED, "409 too_many_webhooks"),
        answer={201: OutgoingWebhookWithSecret},
    ),
    retrieve=operation(
        "getOutgoingWebhook",
        TAG,
        "Get an outgoing webhook",
        answer={200: one(OutgoingWebhookOutput)},
    ),
    partial_update=operation(
        "updateOutgoingWebhook",
        TAG,
        "Change an outgoing webhook",
        "Switched on, it gets at once what was waiting. While it is off, nothing is kept for it.",
        parameters=[IF_MATCH],
        request=OutgoingWebhookChange,
        refusals=REFUSED,
        answer={200: one(OutgoingWebhookOutput)},
    ),
    destroy=operation(
        "deleteOutgoingWebhook",
        TAG,
        "Delete an outgoing webhook",
        "With what was waiting for it, and its log.",
        parameters=[IF_MATCH],
        writes=True,
        answer={204: None},
    ),
)
class OutgoingWebhookViewSet(Webhooks):
    """Outgoing webhooks of one business."""

    serializer_class = OutgoingWebhookOutput
    output = OutgoingWebhookOutput()
    scopes: ClassVar[dict[str, str]] = {
        "list": "webhooks:read",
        "retrieve": "webhooks:read",
        "create": "webhooks:write",
        "partial_update": "webhooks:write",
        "destroy": "webhooks:write",
        "rotate": "webhooks:write",
        "test": "webhooks:write",
    }

    def rows(self) -> QuerySet[OutgoingWebhook]:
        return self.webhooks()

    def create(self, request: Request, business_id: UUID) -> HttpResponse:
        only(request)
        sent = NEW.read(request.data)
        with self.commanding():
            made = create_webhook(business_id=business_id, **sent)
        address = reverse("v1:outgoing-webhook", args=(business_id, made.pk))
        return self.with_secret(request, self.found(made.pk), status=201, Location=address)

    def partial_update(self, request: Request, business_id: UUID, pk: UUID) -> HttpResponse:
        only(request)
        sent = CHANGE.read(request.data)
        with self.saving():
            webhook = change_webhook(self.held(request, pk), **sent)
        return self.answer(request, webhook)

    def destroy(self, request: Request, business_id: UUID, pk: UUID) -> HttpResponse:
        only(request)
        with self.saving():
            delete_webhook(self.held(request, pk))
        return nothing()

    @operation(
        "rotateOutgoingWebhookSecret",
        TAG,
        "Give an outgoing webhook a new secret",
        "For a day what is sent is signed with the old one as well.",
        parameters=[IF_MATCH],
        writes=True,
        answer={200: OutgoingWebhookWithSecret},
    )
    def rotate(self, request: Request, business_id: UUID, pk: UUID) -> HttpResponse:
        only(request)
        with self.saving():
            webhook = rotate_secret(self.held(request, pk))
        return self.with_secret(request, webhook)

    @operation(
        "testOutgoingWebhook",
        TAG,
        "Send a test event",
        "Its name is webhook.test, and its appointment is an example. The answer is its delivery.",
        writes=True,
        refusals=("409 webhook_off",),
        answer={202: one(WebhookDeliveryOutput)},
    )
    def test(self, request: Request, business_id: UUID, pk: UUID) -> HttpResponse:
        only(request)
        with self.commanding():
            sent = send_test(self.held(request, pk))
        data = WebhookDeliveryOutput().to_representation(sent)
        return told(request, {"data": data}, status=202)

    def with_secret(
        self, request: Request, webhook: OutgoingWebhook, *, status: int = 200, **headers: str
    ) -> HttpResponse:
        body = {"data": self.told(webhook), "meta": {"secret": webhook.secret}}
        etag = self.etag(webhook)
        return answered(request, orjson.dumps(body), status=status, etag=etag, **headers)


@extend_schema_view(
    list=operation(
        "listWebhookDeliveries",
        TAG,
        "List the deliveries of an outgoing webhook",
        "The newest first, with every attempt. Delivered ones are kept for 30 days, and those that "
        "were given up (`dead`) for 90.",
        parameters=parameters_of(DeliveryFilters, default_limit=50),
        answer={200: many(WebhookDeliveryOutput)},
    ),
)
class WebhookDeliveryViewSet(Webhooks):
    """What was sent to one webhook, or waits to be."""

    serializer_class = WebhookDeliveryOutput
    output = WebhookDeliveryOutput()
    filters = DeliveryFilters
    default_limit = 50
    scopes: ClassVar[dict[str, str]] = {"list": "webhooks:read", "replay": "webhooks:write"}

    def rows(self) -> QuerySet[WebhookDelivery]:
        if not self.webhooks().filter(pk=self.kwargs["webhook_id"]).exists():
            raise Http404
        mine: QuerySet[WebhookDelivery] = WebhookDelivery.objects.filter(
            business_id=self.kwargs["business_id"], webhook_id=self.kwargs["webhook_id"]
        )
        tries = WebhookAttempt.objects.filter(business_id=self.kwargs["business_id"])
        return mine.order_by("-number").prefetch_related(
            Prefetch("tries", tries.order_by("at", "id"))
        )

    @operation(
        "replayWebhookDelivery",
        TAG,
        "Send a delivery again",
        "Whatever became of it, it is sent again under the same `webhook-id`. One that is on its "
        "way stays on its way.",
        writes=True,
        refusals=("409 webhook_off",),
        answer={202: one(WebhookDeliveryOutput)},
    )
    def replay(
        self, request: Request, business_id: UUID, webhook_id: UUID, pk: UUID
    ) -> HttpResponse:
        only(request)
        with self.commanding():
            webhook = self.webhooks().select_for_update(no_key=True).filter(pk=webhook_id).first()
            if webhook is None:
                raise Http404
            self.found(pk)
            replay(webhook, delivery_id=pk)
        return told(request, {"data": self.told(self.found(pk))}, status=202)
