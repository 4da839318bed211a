"""One appointment, and what can be decided about it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from appointments.acceptance import Override
from appointments.booking import approve, cancel
from appointments.clashes import explain
from appointments.errors import Clash, Refusal
from appointments.forms import CancelForm, ReasonForm
from appointments.history import history_of
from appointments.models import Appointment
from businesses.money import amount
from businesses.zones import zone
from staff.views import DeskRequest, in_business


def _appointment(request: DeskRequest, pk: UUID) -> Appointment:
    found: Appointment | None = (
        Appointment.objects.of(request.business).filter(pk=pk).with_names().first()
    )
    if found is None:
        raise Http404
    return found


def _detail_page(request: DeskRequest, appointment: Appointment, **more: Any) -> HttpResponse:
    place = zone(request.business.timezone)
    hosts = appointment.additional_staff.order_by("name", "id").values_list("name", flat=True)
    return render(
        request,
        "appointments/detail.html",
        {
            "business": request.business,
            "zone": request.business.timezone,
            "appointment": appointment,
            "hosts": list(hosts),
            "price": amount(appointment.price, appointment.currency) if appointment.price else "",
            "saved": "saved" in request.GET,
            "history": history_of(request.business.pk, appointment.pk, place),
            "may_write": request.actor.may("appointments:write"),
            "may_override": request.actor.may("appointments:override"),
            "cancel_form": CancelForm(),
            "form": ReasonForm(),
        }
        | more,
    )


@require_safe
@in_business("appointments:read")
def detail(request: DeskRequest, pk: UUID) -> HttpResponse:
    """One appointment with all its facts. Seven queries."""
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


@in_business("appointments:write")
@decision
def approval(request: DeskRequest, pk: UUID) -> HttpResponse:
    """Approves a request; where something is in the way, shows it and the way past it."""
    override = None
    if "override_reason" in request.POST and request.actor.may("appointments:override"):
        form = ReasonForm(request.POST)
        if not form.is_valid():
            clash = Clash(_("Say why it is approved all the same."))
            return _detail_page(request, _appointment(request, pk), clash=clash, form=form)
        override = Override(form.cleaned_data["override_reason"])
    try:
        approve(
            business_id=request.business.pk,
            appointment_id=pk,
            by=request.actor,
            override=override,
        )
    except Clash as clash:
        explain(clash)
        return _detail_page(request, _appointment(request, pk), clash=clash)
    except Refusal as refusal:
        _appointment(request, pk)
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, _("Approved."))
    return redirect("desk-appointment", alias=request.business.alias, pk=pk)


@in_business("appointments:write")
@decision
def cancellation(request: DeskRequest, pk: UUID) -> HttpResponse:
    """Cancels, or declines a request."""
    form = CancelForm(request.POST)
    if not form.is_valid():
        return _detail_page(request, _appointment(request, pk), cancel_form=form)
    try:
        cancel(
            business_id=request.business.pk,
            appointment_id=pk,
            by=request.actor,
            reason=form.cleaned_data["reason"],
        )
    except Refusal as refusal:
        _appointment(request, pk)
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, _("Cancelled."))
    return redirect("desk-appointment", alias=request.business.alias, pk=pk)
