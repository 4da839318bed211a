"""The door to every page of a business."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from businesses.actor import Actor
from businesses.models import Business
from businesses.scopes import EVERY_SCOPE

Page = Callable[..., HttpResponse]


class DeskRequest(HttpRequest):
    """A request of somebody who may see this page of this business."""

    business: Business
    businesses: list[Business]
    actor: Actor
    request_id: str


def scopes_of_user(user: Any, business: Business) -> frozenset[str]:
    """What somebody who is signed in may do in a business; an operator everything."""
    scopes: frozenset[str] = EVERY_SCOPE if user.is_superuser else user.scopes_in(business.pk)
    return scopes


def in_business(scope: str) -> Callable[[Page], Page]:
    """For views of `/desk/<alias>/…`: signed in, working in that business, with that scope.

    Anything else is 404, as for a business that does not exist. Two queries.
    """

    def decorator(view: Page) -> Page:
        @wraps(view)
        @login_required
        def page(request: Any, alias: str, **kwargs: Any) -> HttpResponse:
            request.businesses = list(
                Business.objects.visible_to(request.user).order_by("name", "id")
            )
            business = next((one for one in request.businesses if one.alias == alias), None)
            if business is None:
                raise Http404
            user = request.user
            scopes = scopes_of_user(user, business)
            if scope not in scopes:
                raise Http404
            request.business = business
            request.actor = Actor(
                name=str(user),
                source="desk",
                scopes=scopes,
                user_id=user.pk,
                request_id=request.request_id,
            )
            response = view(request, **kwargs)
            # The same address is a page by itself or one in the panel: a browser that goes back
            # must not show one for the other.
            patch_vary_headers(response, ["HX-Target"])
            return response

        return page

    return decorator
