"""The rooms and devices of a clinic, and which services need them."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from businesses.forms.rooms import RoomForm, count_told, kinds_in_use, what_a_change_breaks
from businesses.models import Resource, ResourceNeed
from businesses.rooms import visits_to_come
from staff.views.door import DeskRequest, in_business
from staff.views.saving import form_for, gone, row_of, saved
from staff.views.setup import page

HERE = "desk-setup-rooms"


@require_safe
@in_business("services:write")
def rooms(request: DeskRequest) -> HttpResponse:
    """What there is under its kind, with the services that need it. Four queries."""
    needs = ResourceNeed.objects.of(request.business).filter(service__archived_at=None)
    of_kind, of_one = defaultdict(set), defaultdict(set)
    for kind, resource_id, name in needs.values_list("kind", "resource_id", "service__name"):
        if resource_id is None:
            of_kind[kind].add(name)
        else:
            of_one[resource_id].add(name)
    groups: dict[str, list[Any]] = {kind: [] for kind in of_kind}
    for room in Resource.objects.of(request.business).select_related("location"):
        room.needed_by = sorted(of_one[room.pk])
        groups.setdefault(room.kind, []).append(room)
    kinds = [(kind, found, sorted(of_kind[kind])) for kind, found in sorted(groups.items())]
    return page(request, "rooms.html", HERE, kinds=kinds)


@in_business("services:write")
def room(request: DeskRequest, pk: Any = None) -> HttpResponse:
    """One room or device, or a new one."""
    rows = Resource.objects.of(request.business)
    row = None if pk is None else row_of(rows, pk)
    if request.method != "POST":
        form = form_for(request, RoomForm, row)
    else:
        form, done = saved(request, RoomForm, rows, pk)
        if done:
            for sentence in what_a_change_breaks(form.instance):
                messages.warning(request, sentence)
            messages.success(request, _("%(name)s is saved.") % {"name": form.instance.name})
            return redirect(HERE, request.business.alias)
    coming = "" if row is None else count_told(visits_to_come(row), row)
    kinds = kinds_in_use(request.business)
    title = _("Add a room or device") if row is None else row.name
    return page(
        request, "room.html", HERE, title=title, form=form, room=row, coming=coming, kinds=kinds
    )


@require_POST
@in_business("services:write")
def remove_room(request: DeskRequest, pk: Any) -> HttpResponse:
    """Nothing keeps it: it is gone. What appointments use or used is switched off instead."""
    if gone(Resource.objects.of(request.business), pk, lambda row: row.delete()):
        messages.success(request, _("It is removed."))
        return redirect(HERE, request.business.alias)
    messages.error(
        request,
        _(
            "It can’t be removed: appointments use or used it, or a service needs it. Untick “Can"
            " be used” instead; then nothing new is booked with it."
        ),
    )
    return redirect("desk-setup-room", request.business.alias, pk)
