"""What can be booked at a clinic."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from businesses.forms.lines import moves_a_line
from businesses.forms.rooms import unmet_needs
from businesses.forms.week import copies
from businesses.models import Service, ServiceDuration
from businesses.money import amount
from businesses.removing import remove_service
from staff.forms.services import ServiceForm
from staff.views.door import DeskRequest, in_business
from staff.views.hours import unsaved
from staff.views.saving import form_for, gone, row_of, saved
from staff.views.setup import page

HERE = "desk-setup-services"


@require_safe
@in_business("services:write")
def services(request: DeskRequest) -> HttpResponse:
    """Services under their headings; one with several stands under each. Five queries."""
    durations = ServiceDuration.objects.order_by("minutes")
    found = (
        Service.objects.of(request.business)
        .filter(archived_at=None)
        .select_related("location")
        .prefetch_related("categories", Prefetch("durations", durations))
    )
    groups: dict[str, list[Any]] = {}
    for service in found:
        currency = service.currency or request.business.currency
        service.lengths = [
            (one.minutes, amount(one.price, currency) if one.price else "")
            for one in service.durations.all()
        ]
        for heading in [one.name for one in service.categories.all()] or [""]:
            groups.setdefault(heading, []).append(service)
    shown = sorted(groups.items(), key=lambda group: (not group[0], group[0].casefold()))
    return page(request, "services.html", HERE, groups=shown)


@in_business("services:write")
def service(request: DeskRequest, pk: Any = None) -> HttpResponse:
    """One service with all that belongs to it, or a new one."""
    rows = Service.objects.of(request.business).filter(archived_at=None)
    row = None if pk is None else row_of(rows, pk)
    if request.method != "POST":
        form = form_for(request, ServiceForm, row)
    elif copies(request.POST, "working_hours") or moves_a_line(request.POST, "questions"):
        form = unsaved(request, ServiceForm, row)
    else:
        form, done = saved(request, ServiceForm, rows, pk)
        if done:
            for sentence in unmet_needs(form.instance):
                messages.warning(request, sentence)
            messages.success(request, _("%(name)s is saved.") % {"name": form.instance.name})
            return redirect(HERE, request.business.alias)
    return page(request, "service.html", HERE, form=form, service=row)


@require_POST
@in_business("services:write")
def delete_service(request: DeskRequest, pk: Any) -> HttpResponse:
    """It can't be booked any more. Its appointments stay, and keep its name."""
    gone(Service.objects.of(request.business).filter(archived_at=None), pk, remove_service)
    messages.success(request, _("The service is deleted. Its appointments stay."))
    return redirect(HERE, request.business.alias)
