"""Where the endpoints of a business and its offer are."""

from typing import Any

from django.urls import path

from businesses.api import converters  # noqa: F401  (registers <id:…>)
from businesses.api.categories import ServiceCategoryViewSet
from businesses.api.closures import ClosureViewSet
from businesses.api.locations import LocationViewSet
from businesses.api.needs import NeedViewSet
from businesses.api.practice import PracticeViewSet
from businesses.api.questions import QuestionViewSet
from businesses.api.resources import ResourceViewSet
from businesses.api.webhooks import OutgoingWebhookViewSet, WebhookDeliveryViewSet

LIST: dict[str, Any] = {"get": "list", "post": "create"}
ONE: dict[str, Any] = {"get": "retrieve", "put": "update", "delete": "destroy"}
PARTS: dict[str, Any] = {"get": "list", "put": "update"}

urlpatterns = [
    path("businesses", PracticeViewSet.as_view({"get": "list"}), name="businesses"),
    path(
        "businesses/<id:business_id>",
        PracticeViewSet.as_view({"get": "retrieve", "put": "update"}),
        name="business",
    ),
    path(
        "businesses/<id:business_id>/service-categories",
        ServiceCategoryViewSet.as_view(LIST),
        name="service-categories",
    ),
    path(
        "businesses/<id:business_id>/service-categories/<id:pk>",
        ServiceCategoryViewSet.as_view(ONE),
        name="service-category",
    ),
    path(
        "businesses/<id:business_id>/locations",
        LocationViewSet.as_view(LIST),
        name="locations",
    ),
    path(
        "businesses/<id:business_id>/locations/<id:pk>",
        LocationViewSet.as_view(ONE),
        name="location",
    ),
    path(
        "businesses/<id:business_id>/resources",
        ResourceViewSet.as_view(LIST),
        name="resources",
    ),
    path(
        "businesses/<id:business_id>/resources/<id:pk>",
        ResourceViewSet.as_view(ONE),
        name="resource",
    ),
    path(
        "businesses/<id:business_id>/services/<id:service_id>/resources",
        NeedViewSet.as_view(PARTS),
        name="service-resources",
    ),
    path(
        "businesses/<id:business_id>/services/<id:service_id>/questions",
        QuestionViewSet.as_view(PARTS),
        name="service-questions",
    ),
    path(
        "businesses/<id:business_id>/closures",
        ClosureViewSet.as_view(LIST),
        name="closures",
    ),
    path(
        "businesses/<id:business_id>/closures/<id:pk>",
        ClosureViewSet.as_view(ONE),
        name="closure",
    ),
    path(
        "businesses/<id:business_id>/outgoing-webhooks",
        OutgoingWebhookViewSet.as_view(LIST),
        name="outgoing-webhooks",
    ),
    path(
        "businesses/<id:business_id>/outgoing-webhooks/<id:pk>",
        OutgoingWebhookViewSet.as_view(
            {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}
        ),
        name="outgoing-webhook",
    ),
    path(
        "businesses/<id:business_id>/outgoing-webhooks/<id:pk>/rotate-secret",
        OutgoingWebhookViewSet.as_view({"post": "rotate"}),
        name="outgoing-webhook-secret",
    ),
    path(
        "businesses/<id:business_id>/outgoing-webhooks/<id:pk>/test",
        OutgoingWebhookViewSet.as_view({"post": "test"}),
        name="outgoing-webhook-test",
    ),
    path(
        "businesses/<id:business_id>/outgoing-webhooks/<id:webhook_id>/deliveries",
        WebhookDeliveryViewSet.as_view({"get": "list"}),
        name="webhook-deliveries",
    ),
    path(
        "businesses/<id:business_id>/outgoing-webhooks/<id:webhook_id>/deliveries/<id:pk>/replay",
        WebhookDeliveryViewSet.as_view({"post": "replay"}),
        name="webhook-delivery-replay",
    ),
]
