"""The practice in the admin, and the ground that every app's admin stands on."""

from businesses.admin import closures, keys, practice, rooms, webhooks

__all__ = ["closures", "keys", "practice", "rooms", "webhooks"]
