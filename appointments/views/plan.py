"""The day as a grid: everybody's columns, or the week of one person."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, gettext
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from appointments.models import HiddenColumns
from appointments.plan.columns import Column
from appointments.plan.drawing import Pen
from appointments.plan.layout import ROW
from appointments.plan.reading import Asked, Plan, read_plan, version_of
from appointments.views.days import day_in, midnight
from appointments.waiting import requests_waiting
from businesses.models import Location, Resource
from businesses.weeks import first_of_week
from businesses.zones import zone
from staff.models import Staff
from staff.views import DeskRequest, in_business

WEEK = 7
# What the address of a day says besides the day itself.
SAID = ("by", "view", "staff", "location", "cancelled", "all")


@require_safe
@gzip_page
@in_business("appointments:read")
def day_plan(request: DeskRequest) -> HttpResponse:
    """The grid of a local day, or of somebody's week. Twelve queries, whatever is in it.

    The page with the most in it: packed by itself, where no proxy does that, it is a tenth as long.
    The grid on the page asks for itself again and again; as long as nothing is different it is
    told so, after six.
    """
    asked = asked_in(request)
    tag = _tag(request, asked)
    refreshed = request.headers.get("HX-Target") == "plan"
    # Whoever packs an answer weakens its tag.
    if refreshed and request.headers.get("If-None-Match", "").removeprefix("W/") == tag:
        return HttpResponse(status=304, headers={"ETag": tag})
    shown = _shown(request, asked, read_plan(asked)) | {"tag": tag}
    if refreshed:
        answer = render(request, "appointments/plan/refreshed.html", shown)
        answer["ETag"] = tag
        return answer
    return render(request, "appointments/plan/day.html", shown)


def _tag(request: DeskRequest, asked: Asked) -> str:
    """What the grid is made of, in one word; the line of the hour moves every five minutes."""
    line = int(timezone.now().timestamp()) // 300
    made_of = (version_of(asked), asked.days, sorted(asked.hidden), sorted(request.actor.scopes))
    word = sha256(
        repr((line, made_of, request.get_full_path(), get_language())).encode()
    ).hexdigest()
    return f'"{word[:32]}"'


def asked_in(request: DeskRequest) -> Asked:
    """Which days the address asks for, and what of them. One query, for what is hidden."""
    query, place = request.GET, zone(request.business.timezone)
    day = day_in(query.get("day", ""), place)
    only = _uuid(query.get("staff", ""))
    week = query.get("view") == "week" and only is not None
    first = first_of_week(day)
    return Asked(
        business=request.business,
        days=tuple(first + timedelta(days=n) for n in range(WEEK)) if week else (day,),
        location_id=_uuid(query.get("location", "")),
        cancelled=query.get("cancelled") == "1",
        rooms=query.get("by") == "rooms" and not week,
        hidden=_hidden(request),
        only=only,
        absent_too=query.get("all") == "1",
        explains=request.actor.may("appointments:explain"),
    )


def _hidden(request: DeskRequest) -> frozenset[UUID]:
    kept = HiddenColumns.objects.of(request.business).filter(user_id=request.actor.user_id)
    return frozenset(kept.values_list("hidden", flat=True).first() or ())


@in_business("appointments:read")
def show(request: DeskRequest) -> HttpResponse:
    """Keeps whose columns this person wants to see, and leads back to the day.

    Of those who stood to choose from, whoever was not chosen is hidden from now on; what was
    hidden and did not stand there stays so. Whoever comes by a link, as after signing in again,
    is led to the day, and nothing is changed.
    """
    address = reverse("desk-day", args=[request.business.alias])
    if request.method != "POST":
        return redirect(address)
    listed, chosen = (_uuids(request.POST.getlist(name)) for name in ("listed", "shown"))
    ours: set[UUID] = set()
    for kind in (Staff, Resource):
        ours |= set(
            kind.objects.of(request.business).filter(pk__in=listed).values_list("pk", flat=True)
        )
    hidden = (_hidden(request) - ours) | (ours - chosen)
    user_id = request.actor.user_id
    assert user_id is not None
    HiddenColumns.objects.update_or_create(
        business=request.business,
        user_id=user_id,
        defaults={"hidden": sorted(hidden)},
    )
    said = {name: request.POST[name] for name in ("day", *SAID) if request.POST.get(name)}
    return redirect(f"{address}?{urlencode(said)}" if said else address)


def _uuids(texts: list[str]) -> set[UUID]:
    return {one for one in map(_uuid, texts) if one is not None}


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _shown(request: DeskRequest, asked: Asked, plan: Plan) -> dict[str, Any]:
    now, place = timezone.now(), asked.zone
    today = now.astimezone(place).date()
    day = day_in(request.GET.get("day", ""), place)
    week = len(asked.days) > 1
    far = timedelta(days=WEEK if week else 1)
    pen = Pen(
        alias=request.business.alias,
        place=place,
        now=now,
        tall=plan.tall,
        may_write=request.actor.may("appointments:write"),
        asking={"location": str(asked.location_id)} if asked.location_id else {},
    )
    book = reverse("desk-book", args=[request.business.alias])
    columns = [
        {
            "column": column,
            "number": number,
            "title": date_format(column.day, "DAY_FORMAT") if week else column.name,
            "url": _head_url(request, column, week=week),
            "hours": pen.hours(column),
            "book": f"{book}?{urlencode(_booked_there(asked, column))}",
            "book_words": gettext("Book, %(name)s") % {"name": column.name},
            "ground": pen.ground(column),
            "drawn": pen.column(column),
            "now": (now - column.frame.span.start) // ROW
            if column.frame.span.start <= now < column.frame.span.end
            else None,
            "is_today": column.day == today,
        }
        for number, column in enumerate(plan.columns)
    ]
    locations = list(Location.objects.of(request.business).filter(archived_at=None))
    waiting = requests_waiting(request.business, midnight(today, place))
    request.requests_waiting = waiting.count()
    return {
        "business": request.business,
        "zone": request.business.timezone,
        "asked": asked,
        "plan": plan,
        "columns": columns,
        "plus": mark_safe(pen.icon("plus")),  # noqa: S308
        "frame": plan.columns[0].frame if plan.columns else None,
        "now": now,
        "day": day,
        "today": today,
        "is_today": day == today,
        "first_day": asked.days[0],
        "last_day": asked.days[-1],
        "previous_day": day - far,
        "next_day": day + far,
        "week": week,
        "person": next((one for one in plan.everybody if one.id == asked.only), None),
        "locations": locations,
        "said": {name: request.GET[name] for name in ("day", *SAID) if request.GET.get(name)},
        "hours": sum((w.length for w in asked.windows), timedelta()) // timedelta(hours=1),
        "clocks_change": [w for w in asked.windows if w.length != timedelta(days=1)],
        "may_write": pen.may_write,
    }


def _head_url(request: DeskRequest, column: Column, *, week: bool) -> str:
    """From a person to their week, and from a day of it to the day; rooms have no week."""
    if column.is_room:
        return ""
    said = {name: request.GET[name] for name in SAID if request.GET.get(name)}
    said |= {"day": f"{column.day}"} if week else {"view": "week", "staff": str(column.id)}
    if week:
        said = {name: value for name, value in said.items() if name not in ("view", "staff")}
    elif request.GET.get("day"):
        said["day"] = f"{column.day}"
    return f"?{urlencode(said)}"


def _booked_there(asked: Asked, column: Column) -> dict[str, str]:
    said = {"day": f"{column.day}"}
    if not column.is_room:
        said["staff"] = str(column.id)
    if asked.location_id:
        said["location"] = str(asked.location_id)
    return said
