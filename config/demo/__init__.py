"""A clinic to try everything with: invented people, and a week of appointments."""
