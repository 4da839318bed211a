"""Where patients are seen."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from businesses.forms.locations import PlaceForm
from businesses.models import Location
from businesses.places import remove_location, restore_location, rooms_at, services_at
from staff.views.door import DeskRequest, in_business
from staff.views.saving import form_for, row_of, saved
from staff.views.setup import page

HERE = "desk-setup-locations"


def places(request: DeskRequest) -> Any:
    """Those that were not put away."""
    return Location.objects.of(request.business).filter(archived_at=None)


@require_safe
@in_business("services:write")
def locations(request: DeskRequest) -> HttpResponse:
    """All of them with the numbers of what is there, and those that were put away. One query."""
    found = Location.objects.of(request.business).annotate(
        services_there=Count("services", Q(services__archived_at=None), distinct=True),
        rooms_there=Count("resources", distinct=True),
    )
    there = [one for one in found if one.archived_at is None]
    away = [one for one in found if one.archived_at is not None]
    return page(request, "locations.html", HERE, locations=there, away=away)


@in_business("services:write")
def location(request: DeskRequest, pk: Any = None) -> HttpResponse:
    """One location with what is there, or a new one."""
    row = None if pk is None else row_of(places(request), pk)
    if request.method != "POST":
        form = form_for(request, PlaceForm, row)
    else:
        form, done = saved(request, PlaceForm, places(request), pk)
        if done:
            messages.success(request, _("%(name)s is saved.") % {"name": form.instance.name})
            return redirect(HERE, request.business.alias)
    return page(
        request,
        "location.html",
        HERE,
        title=_("Add a location") if row is None else row.name,
        form=form,
        location=row,
        services=[] if row is None else list(services_at(row)),
        rooms=[] if row is None else list(rooms_at(row)),
    )


@require_POST
@in_business("services:write")
def remove(request: DeskRequest, pk: Any) -> HttpResponse:
    """Nothing new is booked there; refused while services or rooms are to be there.

    The location is locked, and so it is by whoever makes something refer to it.
    """
    with transaction.atomic(durable=True):
        row = row_of(places(request).select_for_update(no_key=True), pk)
        used = [one.name for one in (*services_at(row), *rooms_at(row))]
        if not used:
            remove_location(row)
    if not used:
        messages.success(request, _("%(name)s is removed.") % {"name": row.name})
        return redirect(HERE, request.business.alias)
    told = {"name": row.name, "used": ", ".join(used)}
    messages.error(
        request,
        _("%(name)s can’t be removed yet: give another location to %(used)s first.") % told,
    )
    return redirect("desk-setup-location", request.business.alias, pk)


@require_POST
@in_business("services:write")
def restore(request: DeskRequest, pk: Any) -> HttpResponse:
    """One that was kept for its appointments can be chosen again."""
    with transaction.atomic(durable=True):
        rows = Location.objects.of(request.business).select_for_update(no_key=True)
        row = row_of(rows, pk)
        restore_location(row)
    told = _("%(name)s is back. Its closures went when it was removed; add what is still to come.")
    messages.success(request, told % {"name": row.name})
    return redirect("desk-setup-location", request.business.alias, pk)
