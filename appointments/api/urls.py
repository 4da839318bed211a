"""Where the appointment endpoints are."""

from django.urls import path

from appointments.api.availability import AvailabilityViewSet
from appointments.api.capacity import CapacityViewSet
from appointments.api.feed import ChangeViewSet
from appointments.api.views import AppointmentViewSet
from businesses.api import converters  # noqa: F401  (registers <id:…>)

urlpatterns = [
    path(
        "businesses/<id:business_id>/changes",
        ChangeViewSet.as_view({"get": "list"}),
        name="changes",
    ),
    path(
        "businesses/<id:business_id>/appointments",
        AppointmentViewSet.as_view({"get": "list", "post": "create"}),
        name="appointments",
    ),
    path(
        "businesses/<id:business_id>/appointments/<id:pk>",
        AppointmentViewSet.as_view(
            {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}
        ),
        name="appointment",
    ),
    path(
        "businesses/<id:business_id>/appointments/<id:pk>/tags",
        AppointmentViewSet.as_view({"put": "tags"}),
        name="appointment-tags",
    ),
    path(
        "businesses/<id:business_id>/appointments/<id:pk>/assignment",
        AppointmentViewSet.as_view({"get": "assignment"}),
        name="appointment-assignment",
    ),
    path(
        "businesses/<id:business_id>/appointments/preview",
        AppointmentViewSet.as_view({"post": "preview"}),
        name="appointments-preview",
    ),
    path(
        "businesses/<id:business_id>/appointments/swap",
        AppointmentViewSet.as_view({"post": "swap"}),
        name="appointments-swap",
    ),
    path(
        "businesses/<id:business_id>/services/<id:service_id>/availableTimes",
        AvailabilityViewSet.as_view({"get": "list"}),
        name="available-times",
    ),
    path(
        "businesses/<id:business_id>/services/<id:service_id>/nextAvailableTimes",
        AvailabilityViewSet.as_view({"get": "following"}),
        name="next-available-times",
    ),
    path(
        "businesses/<id:business_id>/staff/<id:staff_id>/capacity",
        CapacityViewSet.as_view({"get": "retrieve"}),
        name="staff-capacity",
    ),
]
