"""Appointments, the time they hold, and who waits for one."""

from appointments.models.desk import HiddenColumns
from appointments.models.held import HeldResource, HeldTime
from appointments.models.visits import (
    AdditionalHost,
    Appointment,
    Assignment,
    GroupSlot,
    Series,
    Source,
    Status,
)
from appointments.models.waitlist import EntryStatus, Urgency, WaitlistEntry

__all__ = [
    "AdditionalHost",
    "Appointment",
    "Assignment",
    "EntryStatus",
    "GroupSlot",
    "HeldResource",
    "HeldTime",
    "HiddenColumns",
    "Series",
    "Source",
    "Status",
    "Urgency",
    "WaitlistEntry",
]
