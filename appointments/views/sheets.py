"""The day on paper."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from appointments.plan.drawing import Pen
from appointments.plan.reading import read_plan
from appointments.plan.sheets import Writer, read_about
from appointments.views.days import day_in
from appointments.views.plan import asked_in
from businesses.models import Location
from staff.views import DeskRequest, in_business


@require_safe
@in_business("appointments:read")
def day_sheet(request: DeskRequest) -> HttpResponse:
    """What the day's page shows, to be printed: a sheet for each column, or one list by time.

    Twelve queries, whatever is on it.
    """
    query = request.GET
    surnames = query.get("surnames") != "0"
    asked = asked_in(request)
    hidden = asked.hidden
    asked = replace(
        asked,
        hidden=frozenset() if query.get("everybody") == "1" else hidden,
        absent_too=False,
        explains=asked.explains and surnames,
    )
    plan = read_plan(asked)
    about = read_about(asked, plan, patients=request.actor.may("patients:read"))
    pen = Pen(alias=request.business.alias, place=asked.zone, now=timezone.now())
    clocks_change = any(one.length != timedelta(days=1) for one in asked.windows)
    writer = Writer(pen, about, surnames=surnames, clocks_change=clocks_change)
    week = len(asked.days) > 1
    by_time = query.get("by") == "time" and not week
    kept = ("day", "view", "staff", "location", "cancelled")
    said = {name: query[name] for name in kept if query.get(name)}
    said |= {"by": "rooms"} if asked.rooms else {}
    locations = list(Location.objects.of(request.business).filter(archived_at=None))
    return render(
        request,
        "appointments/sheet/page.html",
        {
            "business": request.business,
            "zone": request.business.timezone,
            "back": f"{reverse('desk-day', args=[request.business.alias])}?{urlencode(said)}",
            "asked": asked,
            "plan": plan,
            "day": day_in(query.get("day", ""), asked.zone),
            "week": week,
            "by_time": by_time,
            "clinic": writer.clinic(plan) if by_time else None,
            "sheets": [] if by_time else writer.sheets(plan),
            "surnames": surnames,
            "together": query.get("together") == "1",
            "left_out": []
            if asked.only
            else [one.name for one in plan.everybody if one.id in asked.hidden],
            "locations": locations,
            "location": next((one for one in locations if one.pk == asked.location_id), None),
            "said": {name: query[name] for name in ("by", "view", "everybody") if query.get(name)},
        },
    )
