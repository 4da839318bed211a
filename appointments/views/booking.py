"""Booking by hand: search, choose, book, and where something is in the way, decide."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

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
from appointments.record import Record
from appointments.replies import Answer
from appointments.views.days import day_in
from appointments.views.deciding import tell
from appointments.views.desk import Desk, led_to, opening_times
from appointments.views.filling import (
    at_time,
    doubles_of,
    every_service,
    same_again,
    same_person,
    time_there,
)
from appointments.views.repeating import book_repeated
from appointments.views.whom import Whom, claim, patient_of
from appointments.wording import at_desk
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


GIVEN = ("patient", "service", "staff", "duration")


def _opened(request: DeskRequest) -> Desk:
    """The form as a link opens it: with the day, time, person and patient that it names."""
    asked, place = request.GET, zone(request.business.timezone)
    day = day_in(asked.get("day", ""), place)
    typed = QueryDict(mutable=True)
    for name in GIVEN:
        typed[name] = asked.get(name, "")
    typed["column"], typed["place"] = asked.get("staff", ""), asked.get("location", "")
    typed["date"] = f"{day:%Y-%m-%d}"
    typed["time"] = asked.get("time") or _start_to_offer(request.business, day, place)
    return Desk(request, typed)


# Buttons that fill in the form, by their names: what they do, and where to go on after it.
FILLING: dict[str, tuple[Callable[[Whom], None], str]] = {
    "again": (same_again, "offered"),
    "at": (at_time, "book"),
    "there": (time_there, "book"),
    "same": (same_person, "service"),
    "everybody": (every_service, "service"),
}


def _filled(shown: Desk) -> str:
    """Where to go on after a button that fills in the form was pressed; nothing if none was."""
    for name, (fill, focus) in FILLING.items():
        if name in shown.typed:
            fill(shown)
            return focus
    return ""


@in_business("appointments:write")
def book_page(request: DeskRequest) -> HttpResponse:
    """The form, and what its buttons ask for."""
    if request.method != "POST":
        shown = _opened(request)
        return shown.page(
            _focused(shown.form(bound=False), "service" if shown.typed["patient"] else "q")
        )
    typed = request.POST.copy()
    action = typed.get("action", "book")
    if "alternative" in typed:
        # A choice that can't be read is shown again, not booked at the time that is in the way.
        taken = take_alternative(typed, zone(request.business.timezone))
        action = "book" if taken else "refresh"
    shown = Desk(request, typed)
    if shown.asks_for_matches:
        return shown.matches()
    if focus := _filled(shown):
        return _go_on(shown, focus)
    if action in ("find", "refresh"):
        form = shown.form(bound=False)
        if "HX-Request" not in request.headers:  # there the focus stays where it is
            _focused(form, "q" if action == "find" else "duration")
        return shown.page(form, searched=action == "find")
    return _sent(shown, action)


def _missing(shown: Desk, form: BookingForm) -> str:
    """The field without which there is nothing to book yet."""
    if not shown.typed.get("patient") and not form.types_newcomer:
        return "q"
    return "" if shown.typed.get("service") else "service"


def _go_on(shown: Desk, focus: str) -> HttpResponse:
    """The form with the focus where the next key is likely to be pressed."""
    form = shown.form(bound=False)
    if focus == "book":
        focus = _missing(shown, form) or focus
    if focus in form.fields:
        return shown.page(_focused(form, focus))
    outlook, times = shown.ahead()
    shown.focus = (
        "offered" if times and outlook and outlook.warns and focus == "offered" else "book"
    )
    return shown.page(form)


def _sent(shown: Desk, action: str) -> HttpResponse:
    """Books what the form says, or shows it again with what is wrong or in the way."""
    overriding = action == "override" and shown.request.actor.may("appointments:override")
    form = shown.form(bound=True, overriding=overriding)
    if not form.is_valid():
        if set(form.errors) == {"override_reason"} and form.rrule:
            return or_told(shown, form, partial(book_repeated, shown, form, action="look"))
        if overriding and "override_reason" in form.errors:
            shown.clash = Clash(_("Say why it is booked all the same."))
        return shown.page(form)
    if newcomer := form.new_patient():
        shown.duplicates = [] if form.cleaned_data["new_anyway"] else doubles_of(newcomer)
        if shown.duplicates:
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
        form.add_error(field, at_desk(refusal))
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

    made: list[Record] = []

    def booked(_claim_id: UUID) -> tuple[Answer, bool]:
        record = book(
            business_id=business.pk,
            request=form.request(patient_of(form)),
            by=request.actor,
            override=override,
            needs_approval=False,
        )
        made[:] = [record]
        return led_to(shown, record), False

    try:
        answer, repeated = answer_once(claim(shown, form), timezone.now(), booked)
    except (Clash, DateInPast) as refusal:
        if isinstance(refusal, Clash):
            explain(refusal)
        shown.clash = refusal
        return shown.page(form)
    if not repeated:
        tell(request, _("Booked."), made[0])
    return redirect(answer.headers["Location"])
