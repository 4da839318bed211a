"""Where the endpoints of patients are."""

from typing import Any

from django.urls import path

from businesses.api import converters  # noqa: F401  (registers <id:…>)
from patients.api.patients import PatientViewSet

LIST: dict[str, Any] = {"get": "list", "post": "create"}
ONE: dict[str, Any] = {"get": "retrieve", "put": "update", "delete": "destroy"}

urlpatterns = [
    path(
        "businesses/<id:business_id>/patients",
        PatientViewSet.as_view(LIST),
        name="patients",
    ),
    path(
        "businesses/<id:business_id>/patients/<id:pk>",
        PatientViewSet.as_view(ONE),
        name="patient",
    ),
]
