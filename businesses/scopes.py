"""What may be done, by name: the words that API keys hold and that roles stand for."""

from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

SCOPES: Final[dict[str, Any]] = {
    "business:read": _("See the business and its settings"),
    "business:write": _("Change the business"),
    "services:read": _("See services, categories and locations"),
    "services:write": _("Change services, categories and locations"),
    "staff:read": _("See staff and their hours"),
    "staff:write": _("Change staff, their hours and blocked time"),
    "patients:read": _("See patients"),
    "patients:write": _("Add, change and archive patients"),
    "appointments:read": _("See appointments"),
    "appointments:write": _("Book, change and cancel appointments"),
    "appointments:override": _("Book over busy time, closed hours and the past"),
    "appointments:explain": _("See what keeps people busy, and why somebody was assigned"),
    "webhooks:read": _("See webhooks and their deliveries"),
    "webhooks:write": _("Add, change, test and replay webhooks"),
    "api_keys:read": _("See API keys"),
    "api_keys:write": _("Create and revoke API keys"),
}
EVERY_SCOPE: Final = frozenset(SCOPES)
READING: Final = frozenset(scope for scope in SCOPES if scope.endswith(":read"))


def scopes_in(user: Any, business_id: UUID) -> frozenset[str]:
    """What somebody who is signed in may do in that business; operators everything everywhere."""
    found: frozenset[str] = EVERY_SCOPE if user.is_superuser else user.scopes_in(business_id)
    return found
