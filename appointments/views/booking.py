"""Booking by hand: search, choose, book, and where something is in the way, decide."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from appointments.acceptance import Override
from appointments.booking import book
from appointments.clashes import explain
from appointments.errors import BadRequest, Clash, DateInPast, KeyReused, Refusal
from appointments.forms.booking import BookingForm
from appointments.forms.start import FIELDS, take_alternative
from appointments.idempotency import answer_once
from appointments.replies import Answer
from appointments.views.days import day_in
from appointments.views.desk import Desk, claim, led_to, opening_times, patient_of
from appointments.views.repeating import book_repeated
from businesses.models import Business
from businesses.statements import violated
from businesses.zones import zone
from staff.views import DeskRequest, in_business


def _start_to_offer(business: Business, day: date, place: ZoneInfo) -> str:
    """Today the next time of the business's step; on another day, none."""
    now = timezone.now().astimezone(place)
    if day != now.date():
        return ""
    return next((text for text in opening_times(business) if text > f"{now:%H:%M}"), "")


@in_business("appointments:write")
def book_page(request: DeskRequest) -> HttpResponse:
    """The form, and what its buttons ask for."""
    place = zone(request.business.timezone)
    if request.method != "POST":
        day = day_in(request.GET.get("day", ""), place)
        typed = QueryDict(mutable=True)
        for name in ("patient", "service", "staff", "time"):
            typed[name] = request.GET.get(name, "")
        typed["date"] = f"{day:%Y-%m-%d}"
        typed["time"] = request.GET.get("time") or _start_to_offer(request.business, day, place)
        shown = Desk(request, typed)
        return shown.page(_focused(shown.form(bound=False), "service" if typed["patient"] else "q"))
    typed = request.POST.copy()
    action = typed.get("action", "book")
    if "alternative" in typed:
        # A choice that can't be read is shown again, not booked at the time that is in the way.
        action = "book" if take_alternative(typed, place) else "refresh"
    shown = Desk(request, typed)
    if action in ("find", "refresh"):
        form = shown.form(bound=False)
        if "HX-Request" not in request.headers:  # there the focus stays where it is
            _focused(form, "q" if action == "find" else "duration")
        return shown.page(form, searched=action == "find")
    overriding = action == "override" and request.actor.may("appointments:override")
    form = shown.form(bound=True, overriding=overriding)
    if not form.is_valid():
        if set(form.errors) == {"override_reason"} and form.rrule:
            return or_told(shown, form, partial(book_repeated, shown, form, action="look"))
        if overriding and "override_reason" in form.errors:
            shown.clash = Clash(_("Say why it is booked all the same."))
        return shown.page(form)
    if form.rrule:
        override = Override(form.cleaned_data["override_reason"]) if overriding else None
        repeated = partial(book_repeated, shown, form, action=action, override=override)
        return or_told(shown, form, repeated)
    if action == "series":  # of what does not repeat any more: not what was looked at
        return shown.page(form)
    return or_told(shown, form, partial(_book, shown, form, overriding=overriding))


def or_told(shown: Desk, form: BookingForm, book_it: Callable[[], HttpResponse]) -> HttpResponse:
    """What the booking answers; or the form again, with what was refused at its field."""
    try:
        return book_it()
    except KeyReused:
        form.add_error(
            None,
            _("This page has booked an appointment already. To book another, press Book again."),
        )
    except Refusal as refusal:
        field = FIELDS.get(refusal.field) if isinstance(refusal, BadRequest) else None
        form.add_error(field, refusal.sentence)
    except IntegrityError as error:
        # Another desk added somebody with this address after our form had looked.
        if violated(error) != "patient_email_is_unique":
            raise
        form.refuse_taken_email()
    return shown.page(form)


def _focused(form: BookingForm, name: str) -> BookingForm:
    """The form with the field in which to go on."""
    form.fields[name].widget.attrs["autofocus"] = True
    return form


def _book(shown: Desk, form: BookingForm, *, overriding: bool) -> HttpResponse:
    """One appointment; where something is in the way, the form again with it."""
    request, business = shown.request, shown.business
    override = Override(form.cleaned_data["override_reason"]) if overriding else None

    def booked(_claim_id: UUID) -> tuple[Answer, bool]:
        record = book(
            business_id=business.pk,
            request=form.request(patient_of(form)),
            by=request.actor,
            override=override,
            needs_approval=False,
        )
        return led_to(shown, record), False

    try:
        answer, repeated = answer_once(claim(shown, form), timezone.now(), booked)
    except (Clash, DateInPast) as refusal:
        if isinstance(refusal, Clash):
            explain(refusal)
        shown.clash = refusal
        return shown.page(form)
    if not repeated:
        messages.success(request, _("Booked."))
    return redirect(answer.headers["Location"])
