"""Where ids stand in requests, and what they are ids of."""

from __future__ import annotations

from tests.appointments.api.test_strangers import RESOURCES

# In a body or a query, by name; with the name of the array or object around it for a bare `id`.
KIND_OF_NAME = {
    "additionalStaffIds": "staff.staff",
    "appointmentId": "appointments.appointment",
    "answers.id": "businesses.bookingquestion",
    "appointmentIds": "appointments.appointment",
    "categoryId": "businesses.servicecategory",
    "categoriesIds": "businesses.servicecategory",
    "location.id": "businesses.location",
    "locationId": "businesses.location",
    "patientId": "patients.patient",
    "primaryStaffId": "staff.staff",
    "questions.id": "businesses.bookingquestion",
    "resourceId": "businesses.resource",
    "resources.resourceId": "businesses.resource",
    "serviceId": "businesses.service",
    "staffId": "staff.staff",
    "staffIds": "staff.staff",
    "staffsIds": "staff.staff",
}


def kind_of_path(template: str, name: str) -> str:
    """What an id in a path is, by the word before it."""
    if name == "businessId":
        return "businesses.business"
    return RESOURCES[template.partition(f"/{{{name}}}")[0].rpartition("/")[2]]
