"""What every page shows around its content, from what the views put on the request: no query."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from staff.views.setup import SCOPES as SETUP_SCOPES

NAME = "Stilldesk"
VERSION = "0.1.0"


def product(request: HttpRequest) -> dict[str, Any]:
    """The product, who is signed in, and the navigation that they may use.

    The desk's views set `request.business`; without it there is nothing to navigate in.
    """
    about: dict[str, Any] = {"product": {"name": NAME, "version": VERSION}} | layout(request)
    about["languages"] = settings.LANGUAGES
    # Absent where a middleware before the session's answers, as for an unreadable host name.
    user: Any = getattr(request, "user", AnonymousUser())
    if not user.is_authenticated:
        return about
    name = user.name.strip() or user.email
    words = name.split()
    account = {
        "name": name,
        "email": user.email,
        "initials": "".join(word[0] for word in [words[0], *words[1:][-1:]]),
    }
    return about | {"account": account} | around(request)


def layout(request: HttpRequest) -> dict[str, Any]:
    """What a page of the desk stands in: the page's own layout, or the panel beside another one."""
    htmx = getattr(request, "htmx", None)
    in_side = htmx is not None and htmx.target == "side"
    return {"layout": "side.html" if in_side else "base.html", "in_side": in_side}


def around(request: HttpRequest) -> dict[str, Any]:
    """Where one can go from a page of a business."""
    business, actor = getattr(request, "business", None), getattr(request, "actor", None)
    if business is None or actor is None:
        return {"nav": []}
    places = [
        (_("Day"), "desk-day", "calendar", ("appointments:read",)),
        (_("Waiting room"), "desk-waiting", "door", ("appointments:read",)),
        (_("Requests"), "desk-requests", "clock", ("appointments:read",)),
        (_("Waitlist"), "desk-waitlist", "people", ("appointments:read",)),
        (_("Book"), "desk-book", "plus", ("appointments:write",)),
        (_("Patients"), "desk-patients", "search", ("patients:read",)),
        (_("Set up"), "desk-setup", "tools", SETUP_SCOPES),
    ]
    counted = {"desk-requests": getattr(request, "requests_waiting", None)}
    entries = [
        (label, reverse(page, args=[business.alias]), icon, counted.get(page))
        for label, page, icon, scopes in places
        if any(actor.may(scope) for scope in scopes)
    ]
    nav = [
        {
            "label": label,
            "url": url,
            "icon": icon,
            "count": count,
            "current": f"{request.path}/".startswith(f"{url}/"),
        }
        for label, url, icon, count in entries
    ]
    return {
        "nav": nav,
        "admin_url": reverse("admin:index") if admin.site.has_permission(request) else "",
    }
