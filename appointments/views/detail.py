"""One appointment with all its facts, by itself or in the panel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_safe

from appointments.errors import Alternative, Refusal
from appointments.forms.changing import CancelForm, MoveForm, ReasonForm
from appointments.history import Entry, history_of
from appointments.models import Appointment, Status
from appointments.offering import next_available_times
from appointments.record import Record, find_why
from appointments.status import MOVABLE, STEPS, next_steps
from appointments.wording import at_desk, explained, repeats
from businesses.money import amount
from businesses.zones import zone
from staff.models import Staff
from staff.views import DeskRequest, in_business

NEXT_TIMES = 6


@dataclass(frozen=True, slots=True)
class Course:
    """The series of an appointment: what has been booked of it, and what is before and after."""

    appointments: list[dict[str, Any]]
    number: int
    dates: int
    repeats: str

    @property
    def previous(self) -> dict[str, Any] | None:
        before = [one for one in self.appointments if one["series_number"] < self.number]
        return before[-1] if before else None

    @property
    def next(self) -> dict[str, Any] | None:
        after = (one for one in self.appointments if one["series_number"] > self.number)
        return next(after, None)


def appointment_of(request: DeskRequest, pk: UUID) -> Appointment:
    found: Appointment | None = (
        Appointment.objects.of(request.business)
        .filter(pk=pk)
        .with_names()
        .select_related("series")
        .first()
    )
    if found is None:
        raise Http404
    return found


def _course(appointment: Appointment) -> Course | None:
    """One query for an appointment of a series, none for others."""
    series, number = appointment.series, appointment.series_number
    if series is None or number is None:
        return None
    others = Appointment.objects.of(appointment.business).filter(series_id=series.pk)
    shown = ("id", "series_number", "starts_at", "status", "series_exception")
    return Course(
        list(others.order_by("series_number").values(*shown)),
        number,
        series.dates,
        repeats(series.rrule),
    )


def _steps(appointment: Any) -> list[tuple[Status, bool]]:
    """What its status may become by one press, and whether that undoes the last step."""
    forward = STEPS[Status(appointment.status)]
    return [
        (step, step not in forward)
        for step in next_steps(appointment)
        if step is not Status.CANCELLED
    ]


def version_of(one: Appointment | Record) -> str:
    """Changes whenever the appointment does."""
    return one.updated_at.astimezone(UTC).isoformat()


def seen_in(version: str | None) -> datetime | None:
    """When the appointment was last changed, as a page that was sent or asked says; or nothing."""
    try:
        moment = parse_datetime(version or "")
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None


def _news(request: DeskRequest, history: list[Entry]) -> list[Entry]:
    """What others did to it after the page was made that is sent or asked now."""
    seen = seen_in(request.POST.get("version") or request.GET.get("seen"))
    if seen is None:
        return []
    own = str(request.actor.user_id)
    return [one for one in history if one.version > seen and one.user != own]


def _next_times(appointment: Appointment) -> list[Alternative]:
    """When the same person could do it instead, from the time on that it has. Nine queries."""
    found = next_available_times(
        business_id=appointment.business_id,
        service_id=appointment.service_id,
        after=max(appointment.starts_at, timezone.now()) + timedelta(minutes=1),
        minutes=appointment.duration // timedelta(minutes=1),
        staff_ids=[appointment.staff_id],
        limit=NEXT_TIMES,
    )
    who: Staff = appointment.staff
    return [Alternative(one.moment, who.pk, who.name) for one in found]


def detail_page(request: DeskRequest, appointment: Appointment, **more: Any) -> HttpResponse:
    place = zone(request.business.timezone)
    hosts = appointment.additional_staff.order_by("name", "id").values_list("name", flat=True)
    why = find_why(request.business.pk, appointment.pk)
    may_write = request.actor.may("appointments:write")
    may_explain = request.actor.may("appointments:explain")
    in_series = appointment.series_id is not None
    history = history_of(request.business.pk, appointment.pk, place)
    context = {
        "business": request.business,
        "zone": request.business.timezone,
        "appointment": appointment,
        "version": version_of(appointment),
        "hosts": list(hosts),
        "rooms": why.resources,
        "why": explained(why, appointment.staff_id) if may_explain else None,
        "course": _course(appointment),
        "price": amount(appointment.price, appointment.currency) if appointment.price else "",
        "saved": "saved" in request.GET,
        "history": history,
        "news": _news(request, history),
        "may_write": may_write,
        "may_override": request.actor.may("appointments:override"),
        "steps": _steps(appointment) if may_write else [],
        "may_cancel": may_write and Status.CANCELLED in next_steps(appointment),  # type: ignore[arg-type]
        "cancel_form": CancelForm(in_series=in_series),
        "form": ReasonForm(),
        "minutes": appointment.duration // timedelta(minutes=1),
    } | more
    if may_write and appointment.status in MOVABLE and "move_form" not in context:
        context["move_form"] = MoveForm(appointment=appointment)
    return render(request, "appointments/detail.html", context)


# What an address may wish for, and the fields of the form that it fills in.
WISHED = {"day": "date", "time": "time", "duration": "duration", "staff": "staff"}


def _wished(request: DeskRequest, appointment: Appointment) -> dict[str, Any]:
    """The form that moves it, filled in with what the address says, if it says anything."""
    wish = {WISHED[name]: text for name, text in request.GET.items() if name in WISHED and text}
    if not wish or appointment.status not in MOVABLE:
        return {}
    form = MoveForm(appointment=appointment, initial=wish)
    return {"move_form": form, "moving": True, "wished": True}


@require_safe
@in_business("appointments:read")
def detail(request: DeskRequest, pk: UUID) -> HttpResponse:
    """One appointment with all its facts.

    Nine queries; two more for who may change it, and one in a series. A page that has it and
    asks whether it is still as it was `seen` gets no content then, after three queries. A day, a
    time, a length and a person in the address stand in the form that moves it.
    """
    appointment = appointment_of(request, pk)
    seen = seen_in(request.GET.get("seen"))
    if seen == appointment.updated_at:
        return HttpResponse(status=204)
    more: dict[str, Any] = {}
    if seen is not None:
        more["layout"] = "part.html"  # no messages: they are for whoever shows them
    if request.actor.may("appointments:write"):
        more |= _wished(request, appointment)
    if "times" in request.GET and request.actor.may("appointments:write"):
        more |= {"moving": True}
        try:
            more["next_times"] = _next_times(appointment)
        except Refusal as refusal:
            more["no_times"] = at_desk(refusal)
        if request.headers.get("HX-Target") == "soonest":
            more["layout"] = "part.html"
    return detail_page(request, appointment, **more)
