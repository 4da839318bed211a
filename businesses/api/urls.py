"""Where the endpoints of a business and its offer are."""

from typing import Any

from django.urls import path

from businesses.api import converters  # noqa: F401  (registers <id:…>)
from businesses.api.categories import ServiceCategoryViewSet

LIST: dict[str, Any] = {"get": "list", "post": "create"}
ONE: dict[str, Any] = {"get": "retrieve", "put": "update", "delete": "destroy"}

urlpatterns = [
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
]
