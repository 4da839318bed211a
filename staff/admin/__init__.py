"""People in the admin: staff and their roles, hours and blocked time; and logins."""

from staff.admin import hours, logins, people

__all__ = ["hours", "logins", "people"]
