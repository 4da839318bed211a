"""The door to every page of a business."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control, patch_vary_headers

from businesses.actor import Actor
from businesses.models import Business
from businesses.scopes import scopes_in

Page = Callable[..., HttpResponse]


class DeskRequest(HttpRequest):
    """A request of somebody who may see this page of this business."""

    business: Business
    businesses: list[Business]
    actor: Actor
    request_id: str
    requests_waiting: int | None = None  # for the navigation, where a page has counted them


def in_business(*scopes: str) -> Callable[[Page], Page]:
    """For views of `/desk/<alias>/…`: signed in, working there, with one of the scopes.

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
            held = scopes_in(user, business.pk)
            if held.isdisjoint(scopes):
                raise Http404
            request.business = business
            request.actor = Actor(
                name=str(user),
                source="desk",
                scopes=held,
                user_id=user.pk,
                request_id=request.request_id,
            )
            response = view(request, **kwargs)
            # The same address is a page by itself or one in the panel: a browser that goes back
            # must not show one for the other.
            patch_vary_headers(response, ["HX-Target"])
            # Patients' data: in no shared cache, and asked for again before they are shown again.
            if not response.has_header("Cache-Control"):
                patch_cache_control(response, private=True, no_cache=True)
            return response

        return page

    return decorator
