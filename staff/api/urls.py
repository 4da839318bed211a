"""Where the endpoints of staff, and of what they host, are."""

from typing import Any

from django.urls import path

from businesses.api import converters  # noqa: F401  (registers <id:…>)
from staff.api.blockers import TimeBlockerViewSet
from staff.api.external_events import ExternalEventViewSet
from staff.api.people import StaffViewSet
from staff.api.schedules import WorkingHoursScheduleViewSet
from staff.api.services import ServiceViewSet

LIST: dict[str, Any] = {"get": "list", "post": "create"}
ONE: dict[str, Any] = {"get": "retrieve", "put": "update", "delete": "destroy"}
FIXED: dict[str, Any] = {"get": "retrieve", "delete": "destroy"}

STAFF = "businesses/<id:business_id>/staff"
SCHEDULES = f"{STAFF}/<id:staff_id>/working-hours-schedules"
BLOCKERS = "businesses/<id:business_id>/time-blockers"
EVENTS = "businesses/<id:business_id>/external-events"
SERVICES = "businesses/<id:business_id>/services"

urlpatterns = [
    path(STAFF, StaffViewSet.as_view(LIST), name="staff"),
    path(f"{STAFF}/<id:pk>", StaffViewSet.as_view(ONE), name="staff-member"),
    path(SCHEDULES, WorkingHoursScheduleViewSet.as_view(LIST), name="schedules"),
    path(f"{SCHEDULES}/<id:pk>", WorkingHoursScheduleViewSet.as_view(FIXED), name="schedule"),
    path(BLOCKERS, TimeBlockerViewSet.as_view(LIST), name="time-blockers"),
    path(f"{BLOCKERS}/<id:pk>", TimeBlockerViewSet.as_view(FIXED), name="time-blocker"),
    path(EVENTS, ExternalEventViewSet.as_view(LIST), name="external-events"),
    path(f"{EVENTS}/<id:pk>", ExternalEventViewSet.as_view(ONE), name="external-event"),
    path(SERVICES, ServiceViewSet.as_view(LIST), name="services"),
    path(f"{SERVICES}/<id:pk>", ServiceViewSet.as_view(ONE), name="service"),
]
