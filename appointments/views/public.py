"""What the pages for patients share, and the pages that booking addresses lead to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from ipaddress import IPv6Network
from typing import Any
from uuid import UUID

from axes.helpers import get_client_ip_address
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from businesses.models import Business, Location, Service, ServiceCategory
from businesses.rate_limits import one_more
from staff.models import Staff, StaffStatus

Page = Callable[..., HttpResponse]

PRIVATE = {
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}


def private(view: Page) -> Page:
    """Whatever the page answers is kept by nobody, found by no search engine, and told to none."""

    @wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer = view(request, *args, **kwargs)
        for name, value in PRIVATE.items():
            answer[name] = value
        return answer

    return page


def household_of(request: HttpRequest) -> str:
    """The visitor's address; of IPv6 the network, whose addresses are all one household's."""
    address = get_client_ip_address(request) or ""
    try:
        network = IPv6Network((address, 64), strict=False)
    except ValueError:
        return address
    return str(network)


def let_in(kind: str, who: str, now: datetime) -> int:
    """0, or the seconds to wait for somebody who has asked too often. One statement."""
    standing = one_more(f"links {kind}", who, settings.LINK_RATE_LIMIT, now)
    return 0 if standing.allowed else standing.reset


def crowded(request: HttpRequest, wait: int) -> HttpResponse:
    """429, with how long to wait."""
    answer = render(request, "links/too_many.html", {"wait": wait}, status=429)
    answer["Retry-After"] = str(wait)
    return answer


@private
@require_safe
def booking(request: HttpRequest, alias: str, word: str, pk: UUID) -> HttpResponse:
    """Where a booking address leads: how to reach the clinic for what the address stands for.

    What can't be booked is not found. Four statements.
    """
    now = timezone.now()
    if wait := let_in("address", household_of(request), now):
        return crowded(request, wait)
    business = Business.objects.filter(alias=alias.lower(), enabled=True).first()
    subject = _subject(business, word, pk) if business else None
    if business is None or subject is None:
        return render(request, "links/unknown.html", {"booking": True}, status=404)
    locations = Location.objects.of(business).filter(archived_at=None).order_by("name", "id")
    context = {
        "clinic": {"name": business.name, "email": business.email},
        "word": word,
        "subject": subject,
        "locations": list(locations),
    }
    return render(request, "links/booking.html", context)


def _subject(business: Business, word: str, pk: UUID) -> Any:
    """The row that a booking address is about, if patients may know of it."""
    if word == "services":
        found = Service.objects.filter(enabled=True, archived_at=None)
    elif word == "staff":
        found = Staff.objects.filter(status=StaffStatus.ACTIVE, takes_bookings=True)
    else:
        found = ServiceCategory.objects.all()
    return found.filter(business=business, pk=pk).first()
