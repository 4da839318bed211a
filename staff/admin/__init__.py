"""People in the admin: staff and their roles, hours and blocked time; and logins."""

from staff.admin import blockers, hours, logins, people

__all__ = ["blockers", "hours", "logins", "people"]
