"""One appointment: its facts, and what is decided about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from appointments.acceptance import Override
from appointments.booking import approve
from appointments.changes import Changes
from appointments.changing import change
from appointments.clashes import explain
from appointments.errors import BadRequest, Clash, DateInPast, Refusal, Stale
from appointments.forms.changing import CancelForm, MoveForm, ReasonForm
from appointments.forms.start import FIELDS, take_alternative
from appointments.history import history_of
from appointments.models import Appointment, Status
from appointments.record import Record, find_why
from appointments.status import MOVABLE, STEPS, next_steps
from appointments.wording import explained, repeats
from businesses.money import amount
from businesses.zones import zone
from staff.views import DeskRequest, in_business

# What is said once a step is taken.
TAKEN = {
    Status.REQUESTED: gettext_lazy("It is a request again."),
    Status.BOOKED: gettext_lazy("It is booked again."),
    Status.ARRIVED: gettext_lazy("Arrived."),
    Status.IN_PROGRESS: gettext_lazy("Started."),
    Status.COMPLETED: gettext_lazy("Completed."),
    Status.NO_SHOW: gettext_lazy("Noted as a no-show."),
    Status.CANCELLED: gettext_lazy("Cancelled."),
}


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


def _appointment(request: DeskRequest, pk: UUID) -> Appointment:
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


def _detail_page(request: DeskRequest, appointment: Appointment, **more: Any) -> HttpResponse:
    place = zone(request.business.timezone)
    hosts = appointment.additional_staff.order_by("name", "id").values_list("name", flat=True)
    why = find_why(request.business.pk, appointment.pk)
    may_write = request.actor.may("appointments:write")
    may_explain = request.actor.may("appointments:explain")
    in_series = appointment.series_id is not None
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
        "history": history_of(request.business.pk, appointment.pk, place),
        "may_write": may_write,
        "may_override": request.actor.may("appointments:override"),
        "steps": _steps(appointment) if may_write else [],
        "may_cancel": may_write and Status.CANCELLED in next_steps(appointment),  # type: ignore[arg-type]
        "cancel_form": CancelForm(in_series=in_series),
        "form": ReasonForm(),
    } | more
    if may_write and appointment.status in MOVABLE and "move_form" not in context:
        context["move_form"] = MoveForm(appointment=appointment)
    return render(request, "appointments/detail.html", context)


@require_safe
@in_business("appointments:read")
def detail(request: DeskRequest, pk: UUID) -> HttpResponse:
    """One appointment with all its facts.

    Nine queries; two more for who may change it, and one in a series.
    """
    return _detail_page(request, _appointment(request, pk))


def decision(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For views that a POST alone reaches; whoever comes by a link, as after signing in again,
    is led to the appointment, and nothing is changed.
    """

    @wraps(view)
    def page(request: DeskRequest, pk: UUID) -> HttpResponse:
        if request.method == "POST":
            return view(request, pk=pk)
        return redirect("desk-appointment", alias=request.business.alias, pk=pk)

    return page


def _decide(
    request: DeskRequest,
    pk: UUID,
    work: Callable[[Override | None], object],
    *,
    done: str,
    **shown: Any,
) -> HttpResponse:
    """Does it; where something is in the way, shows it and the way past it."""
    override = None
    if "override_reason" in request.POST and request.actor.may("appointments:override"):
        form = ReasonForm(request.POST)
        if not form.is_valid():
            clash = Clash(_("Say why it is done all the same."))
            return _detail_page(request, _appointment(request, pk), clash=clash, form=form, **shown)
        override = Override(form.cleaned_data["override_reason"])
    try:
        work(override)
    except Clash as clash:
        explain(clash)
        return _detail_page(request, _appointment(request, pk), clash=clash, **shown)
    except Refusal as refusal:
        _appointment(request, pk)
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, done)
    return redirect("desk-appointment", alias=request.business.alias, pk=pk)


@in_business("appointments:write")
@decision
def approval(request: DeskRequest, pk: UUID) -> HttpResponse:
    """Approves a request."""

    def work(override: Override | None) -> object:
        return approve(
            business_id=request.business.pk, appointment_id=pk, by=request.actor, override=override
        )

    return _decide(request, pk, work, done=_("Approved."), clash_for="approve")


@in_business("appointments:write")
@decision
def step(request: DeskRequest, pk: UUID) -> HttpResponse:
    """Takes the appointment one step on, or back by the last one."""
    try:
        to = Status(request.POST.get("status", ""))
    except ValueError:
        return redirect("desk-appointment", alias=request.business.alias, pk=pk)

    def work(override: Override | None) -> object:
        return change(
            business_id=request.business.pk,
            appointment_id=pk,
            changes=Changes(status=to),
            by=request.actor,
            override=override,
        )

    return _decide(request, pk, work, done=str(TAKEN[to]), clash_for="step", clash_status=to)


@in_business("appointments:write")
@decision
def cancellation(request: DeskRequest, pk: UUID) -> HttpResponse:
    """Cancels, or declines a request; of a series as many as were asked for."""
    appointment = _appointment(request, pk)
    form = CancelForm(request.POST, in_series=appointment.series_id is not None)
    if not form.is_valid():
        return _detail_page(request, appointment, cancel_form=form)
    try:
        change(
            business_id=request.business.pk,
            appointment_id=pk,
            changes=Changes(cancelled=True, cancel_reason=form.cleaned_data["reason"]),
            by=request.actor,
            scope=form.wanted,
        )
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, _("Cancelled."))
    return redirect("desk-appointment", alias=request.business.alias, pk=pk)


@in_business("appointments:write")
@decision
def move(request: DeskRequest, pk: UUID) -> HttpResponse:
    """Moves it, or gives it another length or staff member; of a series as many as were asked for.

    What was typed stays in the form, whatever is in the way.
    """
    appointment = _appointment(request, pk)
    typed = request.POST.copy()
    place = zone(request.business.timezone)
    if "alternative" in typed and not take_alternative(typed, place):
        unread = MoveForm(appointment=appointment, initial=typed.dict())
        return _detail_page(request, appointment, move_form=unread, moving=True)
    overriding = typed.get("action") == "override" and request.actor.may("appointments:override")
    form = MoveForm(typed, appointment=appointment, overriding=overriding)

    def page(**more: Any) -> HttpResponse:
        shown = {"move_form": form, "moving": True, "clash_for": "move"} | more
        return _detail_page(request, _appointment(request, pk), **shown)

    if not form.is_valid():
        if overriding and "override_reason" in form.errors:
            return page(clash=Clash(_("Say why it is moved all the same.")))
        return page()
    changes = form.changes()
    try:
        change(
            business_id=request.business.pk,
            appointment_id=pk,
            changes=changes,
            by=request.actor,
            override=Override(form.cleaned_data["override_reason"]) if overriding else None,
            scope=form.wanted,
            unchanged=_as_seen(typed.get("version", "")),
        )
    except Stale:
        return page(stale=True)
    except (Clash, DateInPast) as refusal:
        if isinstance(refusal, Clash):
            explain(refusal)
        return page(clash=refusal)
    except Refusal as refusal:
        field = FIELDS.get(refusal.field) if isinstance(refusal, BadRequest) else None
        form.add_error(field if field in form.fields else None, refusal.sentence)
        return page()
    if changes.of_place:
        messages.success(request, _("Moved.") if changes.starts_at else _("Changed."))
    else:
        messages.info(request, _("Nothing was different; it stays as it is."))
    return redirect("desk-appointment", alias=request.business.alias, pk=pk)


def _as_seen(version: str) -> Callable[[Record], None]:
    """Raises Stale for an appointment that was changed after the page with the form was made."""

    def check(record: Record) -> None:
        if version_of(record) != version:
            raise Stale

    return check
