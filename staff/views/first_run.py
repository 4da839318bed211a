"""From an empty database to the first appointment: a clinic, a person and a service."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import IntegrityError, transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from businesses.forms.week import copies
from businesses.models import Business, Service
from businesses.statements import violated
from staff.forms.first_run import FirstClinicForm, FirstPersonForm, FirstServiceForm
from staff.models import Staff
from staff.views.door import DeskRequest, in_business
from staff.views.saving import form_for, saved


@login_required
def first_clinic(request: Any) -> HttpResponse:
    """A clinic, for an operator."""
    if not request.user.is_superuser:
        raise Http404
    if request.method != "POST":
        form = FirstClinicForm(initial={"email": request.user.email})
    elif copies(request.POST, "default_staff_working_hours"):
        typed = FirstClinicForm(request.POST)
        form = FirstClinicForm(initial={name: typed[name].value() for name in typed.fields})
    else:
        form = FirstClinicForm(request.POST)
        if made := _made(form):
            return redirect("desk-start-person", made.alias)
    asked = {
        "title": _("Your clinic"),
        "lead": _(
            "Three short steps, then the first appointment can be booked. Everything can be"
            " changed later."
        ),
        "next": _("Next: who sees patients"),
    }
    return render(request, "setup/first_clinic.html", {"form": form, "step": 1, **asked})


def _made(form: FirstClinicForm) -> Business | None:
    """The clinic; None for what is refused, also by another clinic that took its name just now."""
    if not form.is_valid():
        return None
    try:
        with transaction.atomic(durable=True):
            return form.save()
    except IntegrityError as error:
        if violated(error) != "business_alias_is_unique":
            raise
        form.add_error("name", _("Another clinic took this name just now. Save it again."))
        return None


@in_business("staff:write")
def first_person(request: DeskRequest) -> HttpResponse:
    """Somebody who sees patients, in the clinic's hours."""
    if request.method != "POST":
        form = form_for(request, FirstPersonForm)
    else:
        form, done = saved(request, FirstPersonForm, Staff.objects.of(request.business))
        if done:
            return redirect("desk-start-service", request.business.alias)
    return _step(
        request,
        "first_form.html",
        form=form,
        step=2,
        title=_("Who sees patients"),
        lead=_(
            "One person is enough to begin with. They work in the clinic’s opening hours until you"
            " give them hours of their own."
        ),
        next=_("Next: what can be booked"),
    )


@in_business("services:write")
def first_service(request: DeskRequest) -> HttpResponse:
    """Something to book, which everybody does who sees patients."""
    if request.method != "POST":
        form = form_for(request, FirstServiceForm)
    else:
        form, done = saved(request, FirstServiceForm, Service.objects.of(request.business))
        if done:
            return redirect("desk-start-done", request.business.alias)
    return _step(
        request,
        "first_form.html",
        form=form,
        step=3,
        title=_("What can be booked"),
        lead=_("A kind of visit, with its length and price."),
        next=_("Finish"),
    )


@require_safe
@in_business("services:write")
def done(request: DeskRequest) -> HttpResponse:
    """The way to the first booking."""
    return _step(request, "first_done.html", rules=request.actor.may("business:write"))


def _step(request: DeskRequest, template: str, **context: Any) -> HttpResponse:
    return render(request, f"setup/{template}", {"business": request.business, **context})
