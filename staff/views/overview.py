"""What is set up already, and what is missing before the first appointment can be booked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Q
from django.http import HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from businesses.forms.week import told_days
from businesses.models import (
    ApiKey,
    Business,
    Closure,
    Location,
    OutgoingWebhook,
    Resource,
    Service,
)
from businesses.zones import zone
from staff.models import Staff
from staff.views.door import DeskRequest, in_business
from staff.views.setup import SCOPES, SECTIONS, page

MISSING, OPEN, THERE = "missing", "open", "there"


@dataclass(frozen=True, slots=True)
class Item:
    """What there is of something; missing where nothing can be booked without it."""

    told: str
    state: str = THERE
    title: str = ""
    page: str = ""


@require_safe
@in_business(*SCOPES)
def overview(request: DeskRequest) -> HttpResponse:
    """The set-up at a glance. Ten queries for somebody who sees all of it."""
    items = [
        Item(found.told, found.state, section.label, section.page)
        for section in SECTIONS
        if request.actor.may(section.scope)
        for found in [TOLD[section.page](request.business)]
    ]
    return page(
        request,
        "overview.html",
        items=items,
        missing=any(one.state == MISSING for one in items),
    )


def _clinic(business: Business) -> Item:
    if not business.enabled:
        return Item(_("Takes no bookings: it is switched off."), MISSING)
    return Item(f"{business.email}, {business.timezone}, {business.currency.upper()}")


def _hours(business: Business) -> Item:
    week = business.default_staff_working_hours or {}
    told = "; ".join(f"{days} {told}" for days, told in told_days(week) if told != _("Closed"))
    if told:
        return Item(told)
    people = _bookable(business)
    with_own = people.exclude(weekly_hours=None).exists()
    sentence = _("Closed all week: only staff with hours of their own can be booked.")
    return Item(sentence, THERE if with_own else MISSING)


def _bookable(business: Business) -> Any:
    return Staff.objects.of(business).active().filter(takes_bookings=True)


def _staff(business: Business) -> Item:
    people = _bookable(business).count()
    if not people:
        return Item(_("Nobody can be booked yet."), MISSING)
    told = ngettext("%(count)d person can be booked.", "%(count)d people can be booked.", people)
    return Item(told % {"count": people})


def _services(business: Business) -> Item:
    services = Service.objects.of(business).filter(enabled=True, archived_at=None)
    offers = services.exclude(durations=None).distinct().count()
    if not offers:
        return Item(_("Nothing can be booked yet."), MISSING)
    told = ngettext("%(count)d service can be booked.", "%(count)d services can be booked.", offers)
    return Item(told % {"count": offers})


def _closures(business: Business) -> Item:
    today = timezone.now().astimezone(zone(business.timezone)).date()
    following = Closure.objects.of(business).filter(date_end__gte=today).first()
    if following is None:
        return Item(_("None to come. Public holidays can be imported."), OPEN)
    day = date_format(following.date_start, "DATE_FORMAT")
    return Item(_("Next: %(name)s, %(day)s") % {"name": following.name, "day": day})


def _rooms(business: Business) -> Item:
    rooms = Resource.objects.of(business).filter(enabled=True).count()
    if not rooms:
        return Item(_("None. Visits need people only."), OPEN)
    told = ngettext("%(count)d can be used.", "%(count)d can be used.", rooms)
    return Item(told % {"count": rooms})


def _locations(business: Business) -> Item:
    names = Location.objects.of(business).filter(archived_at=None).values_list("name", flat=True)
    told = ", ".join(names)
    return Item(told) if told else Item(_("None. Patients are not told where to come."), OPEN)


def _keys(business: Business) -> Item:
    keys = ApiKey.objects.of(business).filter(
        Q(expires_at=None) | Q(expires_at__gt=timezone.now()), revoked_at=None
    )
    count = keys.count()
    if not count:
        return Item(_("No other software has access."), OPEN)
    told = ngettext("%(count)d key works.", "%(count)d keys work.", count)
    return Item(told % {"count": count})


def _webhooks(business: Business) -> Item:
    hooks = OutgoingWebhook.objects.of(business).filter(enabled=True).count()
    if not hooks:
        return Item(_("Nothing is sent anywhere."), OPEN)
    told = ngettext("%(count)d address is told.", "%(count)d addresses are told.", hooks)
    return Item(told % {"count": hooks})


# What is told of each section.
TOLD: Final[dict[str, Callable[[Business], Item]]] = {
    "desk-setup-clinic": _clinic,
    "desk-setup-hours": _hours,
    "desk-setup-closures": _closures,
    "desk-setup-staff": _staff,
    "desk-setup-services": _services,
    "desk-setup-rooms": _rooms,
    "desk-setup-locations": _locations,
    "desk-setup-keys": _keys,
    "desk-setup-webhooks": _webhooks,
}
