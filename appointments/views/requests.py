"""The requests that wait, each approved or declined with one press."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from appointments.changes import Changes
from appointments.changing import change
from appointments.errors import AppointmentNotFound, Clash, Refusal, Stale
from appointments.models import Appointment
from appointments.record import Record
from appointments.requests import obstacles_of
from appointments.views.days import midnight
from appointments.views.deciding import tell
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

    Eight queries at the most, whatever their number; five without any.
    """
    if request.method == "POST":
        return _decide(request)
    business, place = request.business, zone(request.business.timezone)
    order = request.GET.get("order", "")
    today = midnight(timezone.now().astimezone(place).date(), place)
    waiting = requests_waiting(business, today)
    shown = list(waiting.with_names().order_by(*ORDERS.get(order, ORDERS[""]))[:MOST])
    request.requests_waiting = len(shown) if len(shown) < MOST else waiting.count()
    told = obstacles_of(business, shown)
    return render(
        request,
        "appointments/requests.html",
        {
            "business": business,
            "zone": business.timezone,
            "order": order if order in ORDERS else "",
            "appointments": shown,
            "lines": [(one, told[one.pk]) for one in shown],
            "may_write": request.actor.may("appointments:write"),
        },
    )


def _decide(request: DeskRequest) -> HttpResponse:
    """Approves or declines one; `decide` is its id and which. A decline may have a reason."""
    if not request.actor.may("appointments:write"):
        raise Http404
    pk, _blank, way = request.POST.get("decide", "").partition(" ")
    try:
        _take(request, UUID(pk), way, request.POST.get(f"reason-{pk}", "").strip())
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
    return redirect(request.get_full_path())


def _take(request: DeskRequest, pk: UUID, way: str, reason: str) -> None:
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
        record = _decided(request, asked, Changes(approved=True))
        words = _("%(patient)s: approved.")
        tell(request, words % {"patient": record.patient_name}, record, then="requests")
    else:
        record = _decided(request, asked, Changes(cancelled=True, cancel_reason=reason[:500]))
        words = _("%(patient)s: declined.")
        tell(request, words % {"patient": record.patient_name}, record, then="requests")


def _decided(request: DeskRequest, asked: Appointment, changes: Changes) -> Record:
    """The request with the decision; Stale if another desk comes between."""

    def unchanged(record: Record) -> None:
        if record.updated_at != asked.updated_at:
            raise Stale

    return change(
        business_id=request.business.pk,
        appointment_id=asked.pk,
        changes=changes,
        by=request.actor,
        unchanged=unchanged,
    )
