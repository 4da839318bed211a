"""The practice in the admin, and the ground that every app's admin stands on."""

from businesses.admin import keys, practice

__all__ = ["keys", "practice"]
