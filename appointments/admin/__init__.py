"""Appointments in the admin, the time they hold, and who waits for one."""

from appointments.admin import held, visits, waitlist

__all__ = ["held", "visits", "waitlist"]
