"""What may be done, by name: the words that API keys hold and that roles stand for."""

from typing import Any, Final
from uuid import UUID

SCOPES: Final[dict[str, str]] = {
    "business:read": "See the business and its settings",
    "business:write": "Change the business",
    "services:read": "See services, categories and locations",
    "services:write": "Change services, categories and locations",
    "staff:read": "See staff and their hours",
    "staff:write": "Change staff, their hours and blocked time",
    "patients:read": "See patients",
    "patients:write": "Add, change and archive patients",
    "appointments:read": "See appointments",
    "appointments:write": "Book, change and cancel appointments",
    "appointments:override": "Book over busy time, closed hours and the past",
    "appointments:explain": "See what keeps people busy, and why somebody was assigned",
    "webhooks:read": "See webhooks and their deliveries",
    "webhooks:write": "Add, change, test and replay webhooks",
    "api_keys:read": "See API keys",
    "api_keys:write": "Create and revoke API keys",
}
EVERY_SCOPE: Final = frozenset(SCOPES)
READING: Final = frozenset(scope for scope in SCOPES if scope.endswith(":read"))


def scopes_in(user: Any, business_id: UUID) -> frozenset[str]:
    """What somebody who is signed in may do in that business; operators everything everywhere."""
    found: frozenset[str] = EVERY_SCOPE if user.is_superuser else user.scopes_in(business_id)
    return found
