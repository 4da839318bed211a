"""Where the appointment endpoints are."""

from django.urls import path

from appointments.api.views import AppointmentViewSet
from businesses.api import converters  # noqa: F401  (registers <id:…>)

urlpatterns = [
    path(
        "businesses/<id:business_id>/appointments",
        AppointmentViewSet.as_view({"get": "list", "post": "create"}),
        name="appointments",
    ),
    path(
        "businesses/<id:business_id>/appointments/<id:pk>",
        AppointmentViewSet.as_view({"get": "retrieve"}),
        name="appointment",
    ),
]
