"""The requests that wait, each approved or declined with one press."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from appointments.changes import Changes
from appointments.changing import change
from appointments.errors import AppointmentNotFound, Clash, Refusal, Stale
from appointments.forms.changing import CancelForm
from appointments.models import Appointment
from appointments.record import Record
from appointments.requests import obstacles_of
from appointments.views.days import midnight
from appointments.views.deciding import tell
from appointments.views.detail import version_of
from appointments.waiting import requests_waiting
from appointments.wording import at_desk
from businesses.zones import zone
from staff.views import DeskRequest, in_business

MOST = 100
# What is shown first, by what the address says.
ORDERS = {"": ("starts_at", "id"), "asked": ("created_at", "id")}


@in_business("appointments:read")
def requests(request: DeskRequest) -> HttpResponse:
    """What waits for approval from today on, the next or the oldest first.

    Eight queries at the most, whatever their number; five without any. Asked with what was `seen`,
    it answers 204 while that is all there is to see.
    """
    if request.method == "POST":
        return _decide(request)
    return _page(request)


def _page(request: DeskRequest) -> HttpResponse:
    """The list; reasons that were sent stay as they were typed."""
    business, place = request.business, zone(request.business.timezone)
    order = request.GET.get("order", "")
    today = midnight(timezone.now().astimezone(place).date(), place)
    waiting = requests_waiting(business, today)
    shown = list(waiting.with_names().order_by(*ORDERS.get(order, ORDERS[""]))[:MOST])
    request.requests_waiting = len(shown) if len(shown) < MOST else waiting.count()
    told = obstacles_of(business, shown)
    lines = [(one, version_of(one), told[one.pk], _form_of(request, one.pk)) for one in shown]
    version = _version(lines)
    if request.GET.get("seen") == version:
        return HttpResponse(status=204)
    return render(
        request,
        "appointments/requests.html",
        {
            "business": business,
            "zone": business.timezone,
            "order": order if order in ORDERS else "",
            "query": urlencode({"order": order}) if order in ORDERS and order else "",
            "version": version,
            "lines": lines,
            "may_write": request.actor.may("appointments:write"),
        },
    )


def _version(lines: Sequence[tuple[Any, str, Any, Any]]) -> str:
    """Differs whenever what the list shows does."""
    seen = [(one.pk, version, obstacles) for one, version, obstacles, _form in lines]
    return sha256(repr(seen).encode()).hexdigest()[:32]


def _form_of(request: DeskRequest, pk: UUID) -> CancelForm:
    """The reason for declining one, with what was sent of it."""
    sent = request.POST if f"{pk}-reason" in request.POST else None
    return CancelForm(sent, in_series=False, prefix=str(pk))


def _decide(request: DeskRequest) -> HttpResponse:
    """Approves or declines one; `decide` is its id, which, and its version. A decline may have a
    reason.

    Refused if the request was changed after it was shown; nothing that was typed is lost by that.
    """
    if not request.actor.may("appointments:write"):
        raise Http404
    pk, way, seen = [*request.POST.get("decide", "").split(" ", 2), "", ""][:3]
    try:
        if _take(request, UUID(pk), way, seen):
            return redirect(request.get_full_path())
    except AppointmentNotFound as missing:
        raise Http404 from missing
    except Stale:
        messages.error(request, _("Somebody changed it meanwhile. Nothing was done; look again."))
    except Clash as clash:
        words = _("%(why)s Nothing is changed. Open the request to approve it all the same.")
        messages.error(request, words % {"why": clash.sentence})
    except Refusal as refusal:
        messages.error(request, at_desk(refusal))
    except ValueError:
        messages.error(request, _("Choose a request, and whether to approve or decline it."))
    return _page(request)


def _take(request: DeskRequest, pk: UUID, way: str, seen: str) -> bool:
    """Whether it is decided now; if not, why not is said."""
    business = request.business
    asked = Appointment.objects.of(business).filter(pk=pk).first()
    if asked is None:
        raise AppointmentNotFound
    if way not in ("approve", "decline"):
        raise ValueError(way)
    if asked.cancelled:
        messages.error(request, _("Somebody declined it meanwhile. Open it to take that back."))
    elif asked.approved:
        messages.error(request, _("Somebody approved it meanwhile. Open it to cancel it."))
    elif way == "approve":
        record = _decided(request, asked, seen, Changes(approved=True))
        words = _("%(patient)s: approved.")
        tell(request, words % {"patient": record.patient_name}, record, then="requests")
        return True
    elif (form := _form_of(request, pk)).is_valid() or not form.is_bound:
        reason = form.cleaned_data["reason"] if form.is_bound else ""
        record = _decided(request, asked, seen, Changes(cancelled=True, cancel_reason=reason))
        words = _("%(patient)s: declined.")
        tell(request, words % {"patient": record.patient_name}, record, then="requests")
        return True
    return False


def _decided(request: DeskRequest, asked: Appointment, seen: str, changes: Changes) -> Record:
    """The request with the decision; Stale if it is not any more what the page has shown."""

    def unchanged(record: Record) -> None:
        if version_of(record) != seen:
            raise Stale

    return change(
        business_id=request.business.pk,
        appointment_id=asked.pk,
        changes=changes,
        by=request.actor,
        unchanged=unchanged,
    )
