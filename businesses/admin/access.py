"""Which businesses somebody may see or change in the admin, and as whom they act there."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest

from businesses.actor import Actor
from businesses.models import Business
from businesses.scopes import scopes_in


def within(user: Any, scope: str, path: str = "business_id") -> Q:
    """The condition that the business at `path` is one in which the person has the scope."""
    if user.is_superuser:
        return Q()
    allowed = [one for one in user.places_of_work() if scope in user.scopes_in(one)]
    return Q(**{f"{path}__in": allowed})


def businesses_for(user: Any, scope: str) -> Any:
    """The businesses in which the person has the scope."""
    return Business.objects.filter(within(user, scope, "pk"))


def clinic_of(request: HttpRequest) -> Business | None:
    """The business of the row that a page is about, or that was chosen for a new one."""
    return getattr(request, "clinic", None)


def several_businesses(request: HttpRequest) -> bool:
    """Whether the person sees more than one; at most one query, and only for operators."""
    user: Any = request.user
    if not user.is_superuser:
        return len(user.places_of_work()) > 1
    found: Any = getattr(request, "several_businesses", None)
    if found is None:
        found = len(Business.objects.values("pk")[:2]) > 1
        request.several_businesses = found  # type: ignore[attr-defined]
    return bool(found)


def actor_in(request: HttpRequest, business_id: UUID) -> Actor:
    """The person as the commands know them."""
    user: Any = request.user
    return Actor(
        name=str(user),
        source="admin",
        scopes=scopes_in(user, business_id),
        user_id=user.pk,
        request_id=getattr(request, "request_id", ""),
    )
