"""What is decided about an appointment: steps, moving, cancelling, approving, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appointments.acceptance import Override
from appointments.changes import Changes
from appointments.changing import change
from appointments.clashes import explain
from appointments.errors import BadRequest, Clash, DateInPast, Refusal, Stale, WrongStatus
from appointments.forms.changing import CancelForm, MoveForm, ReasonForm
from appointments.forms.start import FIELDS, take_alternative
from appointments.forms.whom import uuid_in
from appointments.history import history_of
from appointments.models import Appointment, Status, WaitlistEntry
from appointments.record import Record
from appointments.undoing import undo
from appointments.views.detail import appointment_of, detail_page, seen_in, version_of
from appointments.waitlisting import put_back
from appointments.wording import at_desk
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

# Where somebody goes on who has undone what they did in a list.
AFTERWARDS = {"requests": "desk-requests", "waitlist": "desk-waitlist"}


def tell(
    request: DeskRequest,
    words: str,
    record: Record,
    *,
    then: str = "",
    entry: WaitlistEntry | None = None,
) -> None:
    """Says what was done to an appointment, and gives the way back as long as nobody changes it.

    Whoever takes it is led to the appointment, or to what `then` names of AFTERWARDS. The `entry`
    of the waitlist that it was booked from is open again then.
    """
    back = reverse("desk-undo", args=(request.business.alias, record.id))
    asked = {"seen": version_of(record), "then": then, "entry": entry.pk if entry else ""}
    asked = {name: value for name, value in asked.items() if value}
    messages.success(request, words, extra_tags=f"{back}?{urlencode(asked)}")


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


def _as_seen(
    request: DeskRequest, *, said: bool = False, standing: bool = False
) -> Callable[[Record], None]:
    """Raises Stale for an appointment that was changed after the page was made that is sent.

    Where it has to be `said`, a form that does not say what it has seen is stale too. WrongStatus
    for a cancelled one, where only one that is `standing` will do.
    """
    version = request.POST.get("version", "")

    def check(record: Record) -> None:
        if (version or said) and version_of(record) != version:
            raise Stale
        if standing and record.cancelled_at is not None:
            raise WrongStatus

    return check


def _decide(
    request: DeskRequest,
    pk: UUID,
    work: Callable[[Override | None], Record],
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
            shown |= {"clash": clash, "form": form}
            return detail_page(request, appointment_of(request, pk), **shown)
        override = Override(form.cleaned_data["override_reason"])
    try:
        record = work(override)
    except Stale:
        return detail_page(request, appointment_of(request, pk), stale=True)
    except Clash as clash:
        explain(clash)
        return detail_page(request, appointment_of(request, pk), clash=clash, **shown)
    except Refusal as refusal:
        appointment_of(request, pk)
        messages.error(request, at_desk(refusal))
    else:
        tell(request, done, record)
    return redirect("desk-appointment", alias=request.business.alias, pk=pk)


@in_business("appointments:write")
@decision
def approval(request: DeskRequest, pk: UUID) -> HttpResponse:
    """Approves a request."""

    def work(override: Override | None) -> Record:
        return change(
            business_id=request.business.pk,
            appointment_id=pk,
            changes=Changes(approved=True),
            by=request.actor,
            override=override,
            unchanged=_as_seen(request, standing=True),
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

    def work(override: Override | None) -> Record:
        return change(
            business_id=request.business.pk,
            appointment_id=pk,
            changes=Changes(status=to),
            by=request.actor,
            override=override,
            unchanged=_as_seen(request),
        )

    return _decide(request, pk, work, done=str(TAKEN[to]), clash_for="step", clash_status=to)


@in_business("appointments:write")
@decision
def cancellation(request: DeskRequest, pk: UUID) -> HttpResponse:
    """Cancels, or declines a request; of a series as many as were asked for."""
    appointment = appointment_of(request, pk)
    form = CancelForm(request.POST, in_series=appointment.series_id is not None)
    if not form.is_valid():
        return detail_page(request, appointment, cancel_form=form, cancelling=True)
    declined = appointment.status == Status.REQUESTED
    try:
        record = change(
            business_id=request.business.pk,
            appointment_id=pk,
            changes=Changes(cancelled=True, cancel_reason=form.cleaned_data["reason"]),
            by=request.actor,
            scope=form.wanted,
            unchanged=_as_seen(request),
        )
    except Stale:
        shown = {"cancel_form": form, "cancelling": True, "stale": True}
        return detail_page(request, appointment_of(request, pk), **shown)
    except Refusal as refusal:
        messages.error(request, at_desk(refusal))
    else:
        tell(request, _("Declined.") if declined else _("Cancelled."), record)
    return redirect("desk-appointment", alias=request.business.alias, pk=pk)


@in_business("appointments:write")
@decision
def move(request: DeskRequest, pk: UUID) -> HttpResponse:
    """Moves it, or gives it another length or staff member; of a series as many as were asked for.

    What was typed stays in the form, whatever is in the way. To the grid on which a card was moved
    the answer is a toast.
    """
    appointment = appointment_of(request, pk)
    typed = request.POST.copy()
    place = zone(request.business.timezone)
    on_grid = "HX-Request" in request.headers and typed.get("from") == "grid"
    if "alternative" in typed and not take_alternative(typed, place):
        unread = MoveForm(appointment=appointment, initial=typed.dict())
        return detail_page(request, appointment, move_form=unread, moving=True)
    overriding = typed.get("action") == "override" and request.actor.may("appointments:override")
    form = MoveForm(typed, appointment=appointment, overriding=overriding)

    def page(**more: Any) -> HttpResponse:
        if on_grid and typed.get("panel") == "typed":
            return _stays(request, appointment, form, more.get("clash"))
        shown = {"move_form": form, "moving": True, "clash_for": "move"} | more
        return detail_page(request, appointment_of(request, pk), **shown)

    if not form.is_valid():
        if overriding and "override_reason" in form.errors:
            return page(clash=Clash(_("Say why it is moved all the same.")))
        return page()
    changes = form.changes()
    try:
        record = change(
            business_id=request.business.pk,
            appointment_id=pk,
            changes=changes,
            by=request.actor,
            override=Override(form.cleaned_data["override_reason"]) if overriding else None,
            scope=form.wanted,
            unchanged=_as_seen(request, said=True),
        )
    except Stale:
        return page(stale=True)
    except (Clash, DateInPast) as refusal:
        if isinstance(refusal, Clash):
            explain(refusal)
        return page(clash=refusal)
    except Refusal as refusal:
        field = FIELDS.get(refusal.field) if isinstance(refusal, BadRequest) else None
        form.add_error(field if field in form.fields else None, at_desk(refusal))
        return page()
    if on_grid:
        words = _moved(record, changes, place)
    else:
        words = _("Moved.") if changes.starts_at else _("Changed.")
    if changes.of_place:
        tell(request, words, record)
    else:
        messages.info(request, _("Nothing was different; it stays as it is."))
    answer = redirect("desk-appointment", alias=request.business.alias, pk=pk)
    return _toasts(request) if on_grid else answer


def _moved(record: Record, changes: Changes, place: ZoneInfo) -> str:
    """Where a card went that was moved on the grid."""
    start, end = record.starts_at.astimezone(place), record.ends_at.astimezone(place)
    told = {
        "patient": record.patient_name,
        "who": record.staff_name,
        "day": date_format(start, "MONTH_DAY_FORMAT"),
        "start": date_format(start, "TIME_FORMAT"),
        "end": date_format(end, "TIME_FORMAT"),
    }
    if changes.starts_at or changes.staff_id:
        return _("%(patient)s: moved to %(day)s, %(start)s, with %(who)s.") % told
    return _("%(patient)s: lasts until %(end)s now.") % told


def _stays(
    request: DeskRequest, appointment: Appointment, form: MoveForm, clash: Refusal | None
) -> HttpResponse:
    """Why a card stays where it is, where the panel has something that somebody is typing.

    The form that says more is one press away, filled in with what was wanted.
    """
    errors = [text for texts in form.errors.values() for text in texts]
    why = at_desk(clash) if clash else " ".join(map(str, errors))
    words = _("%(patient)s stays where it was: %(why)s") % {
        "patient": appointment.patient.name,
        "why": why or _("Somebody changed it meanwhile."),
    }
    page = reverse("desk-appointment", args=(request.business.alias, appointment.pk))
    wish = {"day": "date", "time": "time", "staff": "staff", "duration": "duration"}
    query = urlencode({name: form.data.get(field, "") for name, field in wish.items()})
    link = format_html('<a href="{}?{}" data-side>{}</a>', page, query, _("Choose another time"))
    messages.error(request, format_html("{} {}", words, link))
    answer = _toasts(request)
    del answer["HX-Trigger"]
    return answer


def _toasts(request: DeskRequest) -> HttpResponse:
    """What was done, for a page that is there; whatever shows appointments fetches itself anew."""
    answer = render(request, "components/toast_list.html")
    answer["HX-Retarget"], answer["HX-Reswap"] = "#toasts", "beforeend show:none"
    answer["HX-Trigger"] = "desk:changed"
    return answer


@in_business("appointments:write")
@decision
def undoing(request: DeskRequest, pk: UUID) -> HttpResponse:
    """Takes back what was done last, unless somebody has changed it since."""
    appointment_of(request, pk)
    seen = seen_in(request.GET.get("seen"))
    if seen is None:
        return redirect("desk-appointment", alias=request.business.alias, pk=pk)
    try:
        undo(
            business_id=request.business.pk,
            appointment_id=pk,
            seen=seen,
            by=request.actor,
            may_override=request.actor.may("appointments:override"),
        )
    except Stale:
        messages.error(request, _overtaken(request, pk))
    except Clash as clash:
        explain(clash)
        return _not_undone(request, pk, clash)
    except Refusal as refusal:
        messages.error(request, at_desk(refusal))
    else:
        messages.success(request, _("Undone."))
        _wait_again(request, pk)
        if request.GET.get("then") in AFTERWARDS:
            return redirect(AFTERWARDS[request.GET["then"]], alias=request.business.alias)
    return redirect("desk-appointment", alias=request.business.alias, pk=pk)


def _wait_again(request: DeskRequest, pk: UUID) -> None:
    """Opens the entry of the waitlist again from which the appointment was booked, if it was."""
    entry_id = uuid_in(request.GET.get("entry"))
    booked = WaitlistEntry.objects.of(request.business).with_names().filter(appointment_id=pk)
    entry = booked.filter(pk=entry_id).first() if entry_id else None
    if entry is None:
        return
    try:
        put_back(entry=entry, by=request.actor)
    except Refusal as refusal:
        messages.error(request, at_desk(refusal))
    else:
        words = _("%(patient)s is on the waitlist again, in the old place.")
        messages.success(request, words % {"patient": entry.patient.name})


def _overtaken(request: DeskRequest, pk: UUID) -> str:
    """That there is no way back, and who came between."""
    last = history_of(request.business.pk, pk, zone(request.business.timezone))[0]
    told = {"who": last.who, "what": last.what}
    return _("Not undone: %(who)s has changed it since (%(what)s).") % told


def _not_undone(request: DeskRequest, pk: UUID, clash: Clash) -> HttpResponse:
    """What took the time meanwhile, and what there is instead."""
    appointment = appointment_of(request, pk)
    situation = clash.situation
    if appointment.cancelled:
        before = Status(appointment.status_before)
        shown: dict[str, Any] = {"clash_for": "step", "clash_status": before, "rebook": True}
    else:
        initial = {}
        if situation is not None:
            start = situation.wish.visit.start.astimezone(zone(request.business.timezone))
            initial = {"date": start.date(), "time": start.time(), "staff": situation.staff_id}
        form = MoveForm(appointment=appointment, initial=initial)
        shown = {"clash_for": "move", "move_form": form, "moving": True}
    return detail_page(request, appointment, clash=clash, **shown)
