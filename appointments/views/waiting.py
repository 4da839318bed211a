"""The waiting room: who is here, who is late and who comes next, with one press for each step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from appointments.changes import Changes
from appointments.changing import change
from appointments.errors import AppointmentNotFound, Refusal, Stale
from appointments.models import Appointment, Status
from appointments.record import Record
from appointments.status import stepped
from appointments.views.days import midnight
from appointments.views.deciding import TAKEN
from appointments.views.detail import version_of as version_of_visit
from appointments.waiting import Only, read_board, read_today, version_of
from appointments.wording import at_desk
from businesses.intervals import Interval
from businesses.models import Location
from businesses.zones import zone
from staff.models import Staff
from staff.views import DeskRequest, in_business


@dataclass(frozen=True, slots=True)
class Done:
    """The step that was just taken, or why it could not be, and the way back."""

    visit: Appointment
    words: str
    refused: bool = False

    @property
    def undo(self) -> str:
        """The status that it had before; empty where nothing can be taken back."""
        return "" if self.refused else self.visit.status_before

    @property
    def version(self) -> str:
        """Of the visit as the step left it: what comes later is not taken back with it."""
        return version_of_visit(self.visit)


@in_business("appointments:read")
def waiting(request: DeskRequest) -> HttpResponse:
    """The board, and its steps. Ten queries, whatever the number of visits.

    Asked with what was `seen`, it answers 204 while that is all there is to see.
    """
    if request.method == "POST":
        return _step(request)
    return _page(request, done=_done(request, request.GET.get("done", "")))


def _page(request: DeskRequest, *, done: Done | None = None) -> HttpResponse:
    business, place, now = request.business, zone(request.business.timezone), timezone.now()
    day = now.astimezone(place).date()
    today = Interval(midnight(day, place), midnight(day + timedelta(days=1), place))
    people = list(
        Staff.objects.of(business)
        .active()
        .filter(takes_bookings=True)
        .select_related("business")
        .order_by("name", "id")
    )
    locations = list(Location.objects.of(business).order_by("name", "id"))
    only = Only(
        location_id=chosen(request.GET.get("location", ""), locations),
        staff_id=chosen(request.GET.get("staff", ""), people),
    )
    board = read_board(business, now=now, today=today, only=only)
    numbers = read_today(business, now=now, today=today, only=only, people=people)
    if only == Only():
        request.requests_waiting = numbers.requests
    version = version_of(board, numbers, now)
    if request.GET.get("seen") == version:
        return HttpResponse(status=204)
    return render(
        request,
        "appointments/waiting/room.html",
        {
            "business": business,
            "zone": business.timezone,
            "now": now,
            "day": day,
            "people": people,
            "locations": locations,
            "only": only,
            "query": urlencode(_filters(request)),
            "board": board,
            "today": numbers,
            "version": version,
            "done": done,
            "may_write": request.actor.may("appointments:write"),
        },
    )


def chosen(text: str, among: list[Any]) -> UUID | None:
    """The id of the one that was chosen; nobody else's, and none for nonsense."""
    return next((one.pk for one in among if str(one.pk) == text), None)


def _filters(request: DeskRequest) -> dict[str, str]:
    names = ("location", "staff")
    return {name: request.GET[name] for name in names if request.GET.get(name)}


def _step(request: DeskRequest) -> HttpResponse:
    """Takes one visit one step on, or back; `step` is its id, the status, and its version.

    Refused if somebody has changed the visit since: an old page takes back nobody else's step.
    """
    if not request.actor.may("appointments:write"):
        raise Http404
    pk, status, seen = [*request.POST.get("step", "").split(" ", 2), "", ""][:3]

    def unchanged(record: Record) -> None:
        # Where it can't be done at all, why not says more.
        if seen and version_of_visit(record) != seen and stepped(record, to) != record:
            raise Stale

    try:
        appointment_id, to = UUID(pk), Status(status)
    except ValueError:
        return _page(request)
    refused = ""
    try:
        change(
            business_id=request.business.pk,
            appointment_id=appointment_id,
            changes=Changes(status=to),
            by=request.actor,
            unchanged=unchanged,
        )
    except AppointmentNotFound as missing:
        raise Http404 from missing
    except Stale:
        refused = _("Somebody changed it meanwhile. Nothing was done; look again.")
    except Refusal as refusal:
        refused = at_desk(refusal)
    if "HX-Request" not in request.headers and not refused:
        query = urlencode(_filters(request) | {"done": appointment_id})
        address = reverse("desk-waiting", args=[request.business.alias])
        return redirect(f"{address}?{query}")
    answer = _page(request, done=_done(request, pk, refused=refused))
    answer["HX-Trigger"] = '{"desk:changed": {}}'
    return answer


def _done(request: DeskRequest, pk: str, *, refused: str = "") -> Done | None:
    """What to say of the visit whose step was taken. One query."""
    try:
        appointment_id = UUID(pk)
    except ValueError:
        return None
    ours = Appointment.objects.of(request.business)
    visit = ours.filter(pk=appointment_id).select_related("patient").first()
    if visit is None:
        return None
    return Done(visit, refused or str(TAKEN[Status(visit.status)]), refused=bool(refused))
