"""The waitlist: freed times with those whom they suit, everybody who waits, and one press each."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from appointments.clashes import explain
from appointments.errors import Clash, Refusal
from appointments.models import Urgency, WaitlistEntry
from appointments.record import Record
from appointments.views.deciding import tell
from appointments.views.waiting import chosen
from appointments.views.waitlist_entry import entry_of, entry_page
from appointments.waitlist import chances, freed_times
from appointments.waitlist_words import line_of, states
from appointments.waitlisting import book_entry, note_try, offer, put_back, take_off
from appointments.wording import at_desk
from businesses.models import Service
from businesses.zones import read_moment, zone
from staff.models import Staff
from staff.views import DeskRequest, in_business

MOST = 200
SHOWN = 12  # freed times


@require_safe
@in_business("appointments:read")
def waitlist(request: DeskRequest) -> HttpResponse:
    """Who waits, most pressing first, and whom freed times suit. At most fourteen queries."""
    business, now = request.business, timezone.now()
    today = now.astimezone(zone(business.timezone)).date()
    people = list(Staff.objects.of(business).order_by("name", "id"))
    services = list(Service.objects.of(business).order_by("name", "id"))
    only = {
        "service": chosen(request.GET.get("service", ""), services),
        "staff": chosen(request.GET.get("staff", ""), people),
        "urgency": _urgency(request.GET.get("urgency", "")),
        "state": _state(request.GET.get("state", "")),
    }
    names = {one.pk: one.name for one in people}
    found = list(_entries(request, only)[: MOST + 1])
    lines = [line_of(one, names, today=today, now=now) for one in found[:MOST]]
    if only["state"] in ("", "over"):
        lines = [one for one in lines if one.over == (only["state"] == "over")]
    freed = chances(business, freed_times(business, now), now) if not any(only.values()) else []
    return render(
        request,
        "appointments/waitlist/list.html",
        {
            "business": business,
            "zone": business.timezone,
            "people": [one for one in people if one.is_active and one.takes_bookings],
            "services": services,
            "urgencies": Urgency.choices,
            "states": states(),
            "only": only,
            "filtered": any(only.values()),
            "query": urlencode({name: value for name, value in request.GET.items() if value}),
            "lines": lines,
            "more": len(found) > MOST,
            "chances": freed[:SHOWN],
            "more_chances": len(freed) > SHOWN,
            "may_write": request.actor.may("appointments:write"),
        },
    )


def _urgency(text: str) -> int | None:
    return int(text) if text in map(str, Urgency.values) else None


def _state(text: str) -> str:
    return text if text in dict(states()) else ""


def _entries(request: DeskRequest, only: dict[str, Any]) -> Any:
    entries = WaitlistEntry.objects.of(request.business).with_names()
    if only["state"] in ("", "over"):
        entries = entries.open().order_by("urgency", "created_at", "id")
    else:
        entries = entries.filter(status=only["state"]).order_by("-updated_at", "id")
    if only["service"]:
        entries = entries.filter(service_id=only["service"])
    if only["staff"]:
        entries = entries.wishing(only["staff"])
    if only["urgency"]:
        entries = entries.filter(urgency=only["urgency"])
    return entries


@in_business("appointments:write")
def act(request: DeskRequest, pk: UUID) -> HttpResponse:
    """Does one thing with an entry: `do` is what, and to book or to offer, when and with whom.

    What is in the way of a booking is told on the entry's page, with other times.
    """
    entry = entry_of(request, pk)
    if request.method != "POST":  # by a link, as after signing in again
        return redirect("desk-waitlist-entry", alias=request.business.alias, pk=pk)
    what, _blank, when = request.POST.get("do", "").partition(" ")
    try:
        if what == "book":
            return _book(request, entry, *_time(when))
        words = _do(request, entry, what, when)
    except Clash as clash:
        explain(clash)
        return entry_page(request, entry_of(request, pk), clash=clash)
    except Refusal as refusal:
        messages.error(request, at_desk(refusal))
    except ValueError:
        messages.error(request, _("Choose what to do with the entry."))
    else:
        messages.success(request, words % {"patient": entry.patient.name})
    return _back(request, entry)


def _do(request: DeskRequest, entry: WaitlistEntry, what: str, when: str) -> str:
    """What was done, in words. ValueError for nothing that is known."""
    by = request.actor
    if what == "tried":
        note_try(entry=entry, by=by)
        return _("%(patient)s: noted that nobody was reached.")
    if what == "offer":
        offer(entry=entry, time=_time(when)[0], by=by)
        return _("%(patient)s: noted that this time is offered. It is not held.")
    if what == "off":
        take_off(entry=entry, by=by)
        return _("%(patient)s is off the waitlist.")
    if what == "back":
        put_back(entry=entry, by=by)
        return _("%(patient)s is on the waitlist again, in the old place.")
    raise ValueError(what)


def _time(text: str) -> tuple[datetime, UUID]:
    """The start and the person that a button stands for."""
    moment, _blank, staff_id = text.partition(" ")
    return read_moment(moment), UUID(staff_id)


def _book(
    request: DeskRequest, entry: WaitlistEntry, start: datetime, staff_id: UUID
) -> HttpResponse:
    record = book_entry(entry=entry, starts_at=start, staff_id=staff_id, by=request.actor)
    from_list = request.POST.get("back") == "list"
    tell(request, _told(record, request), record, then="waitlist" if from_list else "", entry=entry)
    if from_list:
        return _back(request, entry)
    return redirect("desk-appointment", alias=request.business.alias, pk=record.id)


def _told(record: Record, request: DeskRequest) -> str:
    if record.original_starts_at is None:
        words = _("%(patient)s is booked for %(time)s with %(person)s.")
    else:
        words = _("%(patient)s is moved to %(time)s with %(person)s.")
    local = record.starts_at.astimezone(zone(request.business.timezone))
    time = date_format(local, "DAY_TIME_FORMAT")
    return words % {"patient": record.patient_name, "time": time, "person": record.staff_name}


def _back(request: DeskRequest, entry: WaitlistEntry) -> HttpResponse:
    """To where the button was: the list as it was filtered, an appointment, or the entry."""
    alias, back = request.business.alias, request.POST.get("back", "")
    if back == "list":
        query = request.META.get("QUERY_STRING", "")
        return redirect(f"{reverse('desk-waitlist', args=[alias])}{'?' if query else ''}{query}")
    try:
        return redirect("desk-appointment", alias=alias, pk=UUID(back))
    except ValueError:
        return redirect("desk-waitlist-entry", alias=alias, pk=entry.pk)
