"""What is set up already, and what is missing before the first appointment can be booked."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from businesses.forms.week import told_days
from businesses.models import Service
from staff.models import Staff
from staff.views.door import DeskRequest, in_business
from staff.views.setup import SCOPES, page


@dataclass(frozen=True, slots=True)
class Item:
    """Something that a clinic needs, what there is of it, and where it is set up."""

    title: str
    told: str
    page: str
    scope: str
    missing: bool = False


@require_safe
@in_business(*SCOPES)
def overview(request: DeskRequest) -> HttpResponse:
    """The set-up at a glance. Four queries."""
    items = [one for one in _items(request) if request.actor.may(one.scope)]
    ready = not any(one.missing for one in _items(request))
    return page(request, "overview.html", items=items, ready=ready)


def _items(request: DeskRequest) -> list[Item]:
    business = request.business
    bookable = Staff.objects.of(business).active().filter(takes_bookings=True)
    people = bookable.count()
    with_hours = bookable.exclude(weekly_hours=None).count()
    services = Service.objects.of(business).filter(enabled=True, archived_at=None)
    offers = services.exclude(durations=None).distinct().count()
    week = business.default_staff_working_hours or {}
    is_open = any(week.values())
    return [
        Item(
            _("Opening hours"),
            "; ".join(f"{days} {told}" for days, told in told_days(week) if told != _("Closed"))
            or _("Closed all week: only staff with hours of their own can be booked."),
            "desk-setup-hours",
            "business:write",
            missing=not is_open and with_hours < people,
        ),
        Item(
            _("Staff"),
            ngettext("%(count)d person can be booked.", "%(count)d people can be booked.", people)
            % {"count": people}
            if people
            else _("Nobody can be booked yet."),
            "desk-setup-staff",
            "staff:write",
            missing=not people,
        ),
        Item(
            _("Services"),
            ngettext(
                "%(count)d service can be booked.", "%(count)d services can be booked.", offers
            )
            % {"count": offers}
            if offers
            else _("Nothing can be booked yet."),
            "desk-setup-services",
            "services:write",
            missing=not offers,
        ),
    ]
