"""What each role in a business may do, in the words of `businesses.scopes`."""

from collections.abc import Iterable
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from businesses.scopes import EVERY_SCOPE


class Role(models.TextChoices):
    OWNER = "OWNER", _("Owner")
    ADMIN = "ADMIN", _("Administrator")
    MANAGER = "MANAGER", _("Manager")
    FRONT_DESK = "FRONT_DESK", _("Front desk")
    PRACTITIONER = "PRACTITIONER", _("Practitioner")
    DEVELOPER = "DEVELOPER", _("Developer")


_CLINIC = frozenset({"business:read", "services:read", "staff:read"})
_PATIENTS = frozenset({"patients:read", "patients:write"})
_BOOKING = frozenset({"appointments:read", "appointments:write", "appointments:explain"})
_OVERRIDE = frozenset({"appointments:override"})

ROLE_SCOPES: Final[dict[str, frozenset[str]]] = {
    Role.OWNER: EVERY_SCOPE,
    Role.ADMIN: EVERY_SCOPE,
    Role.MANAGER: _CLINIC | _PATIENTS | _BOOKING | _OVERRIDE | {"services:write", "staff:write"},
    Role.FRONT_DESK: _CLINIC | _PATIENTS | _BOOKING | _OVERRIDE,
    Role.PRACTITIONER: _CLINIC | _PATIENTS | _BOOKING,
    Role.DEVELOPER: _CLINIC
    | {"api_keys:read", "api_keys:write", "webhooks:read", "webhooks:write"},
}

# Who may hand out a role: an owner any, an administrator all but owner, a manager the rest.
GRANTS: Final[dict[str, frozenset[str]]] = {
    Role.OWNER: frozenset(Role.values),
    Role.ADMIN: frozenset(Role.values) - {Role.OWNER},
    Role.MANAGER: frozenset({Role.FRONT_DESK, Role.PRACTITIONER}),
}


def scopes_of(roles: Iterable[str]) -> frozenset[str]:
    """Everything that somebody with these roles may do."""
    return frozenset().union(*(ROLE_SCOPES.get(role, frozenset()) for role in roles))


def grantable_by(roles: Iterable[str]) -> frozenset[str]:
    """The roles that somebody with these roles may give and take."""
    return frozenset().union(*(GRANTS.get(role, frozenset()) for role in roles))
