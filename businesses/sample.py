"""The appointment of test events: all that the wire contract names, and nobody's."""

from typing import Any, Final

_ID: Final = "0190b5b2-7c1e-7000-8000-00000000000{}"
_LINK: Final = (
    "https://clinic.example/riverside/appointments/0190b5b2-7c1e-7000-8000-000000000001/{}"
    "?token=00000000000000000000000000000000"
)
SAMPLE_APPOINTMENT: Final[dict[str, Any]] = {
    "id": _ID.format(1),
    "createdAt": "2026-07-01T08:00:00.000Z",
    "updatedAt": "2026-07-01T08:00:00.000Z",
    "service": {"id": _ID.format(2), "name": "Example service", "alias": None},
    "staff": {"id": _ID.format(3), "name": "Example Staff", "email": "staff@clinic.example"},
    "patient": {"id": _ID.format(4), "name": "Example Patient", "email": "patient@clinic.example"},
    "location": None,
    "serviceId": _ID.format(2),
    "staffId": _ID.format(3),
    "staffName": "Example Staff",
    "patientId": _ID.format(4),
    "additionalStaffIds": [],
    "date": "2026-07-02T09:00:00.000Z",
    "originalDate": None,
    "duration": 30,
    "price": 3000,
    "currency": "gbp",
    "groupBookingId": None,
    "cancelled": False,
    "approved": True,
    "patientTimezone": "Europe/London",
    "locationType": None,
    "locationValue": None,
    "paymentProvider": None,
    "paymentId": None,
    "answers": [],
    "recurringAppointmentId": None,
    "rrule": None,
    "recurrence": None,
    "rescheduleUrl": _LINK.format("reschedule"),
    "cancelUrl": _LINK.format("cancel"),
    "tags": [],
    "endDate": "2026-07-02T09:30:00.000Z",
    "status": "booked",
    "overbooked": False,
    "notes": "",
    "source": "api",
}
