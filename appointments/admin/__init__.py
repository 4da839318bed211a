"""Appointments in the admin, and the time they hold."""

from appointments.admin import held, visits

__all__ = ["held", "visits"]
