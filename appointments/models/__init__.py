"""Appointments, and the time they hold."""

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

__all__ = [
    "AdditionalHost",
    "Appointment",
    "Assignment",
    "GroupSlot",
    "HeldResource",
    "HeldTime",
    "HiddenColumns",
    "Series",
    "Source",
    "Status",
]
