"""The appointments of a day."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from appointments.models import Appointment, Status
from appointments.waiting import requests_waiting
from businesses.models import Business
from businesses.scopes import scopes_in
from businesses.zones import opening, read_day, zone
from staff.models import Staff
from staff.views import DeskRequest, in_business


@login_required
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """Straight to the clinic of somebody who works at one desk; to the admin without any.

    An operator is led through the set-up of the first one.
    """
    businesses = [
        business
        for business in Business.objects.visible_to(request.user).order_by("name", "id")
        if "appointments:read" in scopes_in(request.user, business.pk)
    ]
    if len(businesses) == 1:
        return redirect("desk-day", alias=businesses[0].alias)
    if not businesses and request.user.is_superuser:
        return redirect("desk-start")
    if not businesses and admin.site.has_permission(request):
        return redirect("admin:index")
    return render(request, "businesses/choose.html", {"businesses": businesses})


def day_in(text: str, place: ZoneInfo) -> date:
    """The date that was asked for; today for nonsense."""
    try:
        return read_day(text)
    except ValueError:
        return timezone.now().astimezone(place).date()


def midnight(day: date, place: ZoneInfo) -> datetime:
    """The moment at which the local date begins."""
    return opening(datetime.combine(day, time()), place)


@require_safe
@in_business("appointments:read")
def day_list(request: DeskRequest) -> HttpResponse:
    """The appointments of one local day. Seven queries, whatever their number."""
    business, place = request.business, zone(request.business.timezone)
    now = timezone.now()
    today = now.astimezone(place).date()
    day = day_in(request.GET.get("day", ""), place)
    ours = Appointment.objects.of(business)
    shown: Any = ours.starting_in(
        midnight(day, place), midnight(day + timedelta(days=1), place)
    ).with_names()
    people = list(Staff.objects.of(business).filter(takes_bookings=True).values("id", "name"))
    person_id = request.GET.get("staff", "")
    if person_id in {str(person["id"]) for person in people}:
        shown = shown.filter(staff_id=person_id)
    status = request.GET.get("status", "")
    if status in Status.values:
        shown = shown.filter(status=status)
    shown = list(shown)
    request.requests_waiting = requests_waiting(business, midnight(today, place)).count()
    return render(
        request,
        "appointments/list.html",
        {
            "business": business,
            "zone": business.timezone,
            "day": day,
            "previous_day": day - timedelta(days=1),
            "next_day": day + timedelta(days=1),
            "is_today": day == today,
            "now": now,
            "people": people,
            "person_id": person_id,
            "statuses": Status.choices,
            "status": status,
            "appointments": shown,
            "standing": sum(not one.cancelled for one in shown),
            "requests": request.requests_waiting,
        },
    )
