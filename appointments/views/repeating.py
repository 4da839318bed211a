"""Booking a series by hand: looked at date by date first, then booked as it was looked at."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appointments.acceptance import Override
from appointments.errors import Clash, DateInPast
from appointments.forms.booking import BookingForm
from appointments.forms.repeating import Decision, decisions_in, preview_of
from appointments.idempotency import answer_once
from appointments.replies import Answer
from appointments.series import BookedSeries, Previewed, Repeat, book_series, preview
from appointments.views.deciding import tell
from appointments.views.desk import Desk, led_to
from appointments.views.whom import claim, patient_of
from businesses.zones import zone


class OtherwiseThanSeen(Exception):
    """What was booked is not what was chosen: the calendar has changed since the preview."""


def book_repeated(
    shown: Desk, form: BookingForm, *, action: str, override: Override | None = None
) -> HttpResponse:
    """The dates of the series to look at; once they have been, and all is chosen, books them."""
    seen = "|".join(
        str(form.cleaned_data.get(name))
        for name in ("service", "duration", "staff", "date", "time", "which", "repeat", "times")
    )
    looked = shown.typed.get("seen") == seen
    decisions = decisions_in(shown.typed, zone(shown.business.timezone)) if looked else {}
    wanted = looked and action in ("series", "override")
    if wanted and not any(one.error for one in decisions.values()):
        try:
            return _booked(shown, form, decisions, override)
        except (Clash, DateInPast, OtherwiseThanSeen):
            pass  # looked at once more, as it is now
    dates = _previewed(shown, form, _repeat(form, decisions))
    shown.preview = preview_of(dates, decisions, seen=seen, again=wanted)
    return shown.page(form)


def _repeat(form: BookingForm, decisions: Mapping[datetime, Decision]) -> Repeat:
    return Repeat(
        rrule=form.rrule,
        overrides=tuple((date, one.start) for date, one in decisions.items() if one.start),
        skip_conflicts=any(one.kind == "skip" for one in decisions.values()),
    )


def _previewed(shown: Desk, form: BookingForm, repeat: Repeat) -> list[Previewed]:
    """Date by date what would be booked. Somebody new is in the books for as long as it takes."""
    with transaction.atomic():
        dates = preview(
            business_id=shown.business.pk,
            request=form.request(patient_of(form)),
            repeat=repeat,
            by=shown.request.actor,
        )
        transaction.set_rollback(True)
    return dates


def _booked(
    shown: Desk,
    form: BookingForm,
    decisions: Mapping[datetime, Decision],
    override: Override | None,
) -> HttpResponse:
    """All of it exactly as chosen; an override books every date, none is left out then."""
    left_out = {date for date, one in decisions.items() if one.kind == "skip"}
    if override is not None:
        left_out = set()
        decisions = {date: one for date, one in decisions.items() if one.kind != "skip"}
    made: list[BookedSeries] = []

    def work(_claim_id: UUID) -> tuple[Answer, bool]:
        series = book_series(
            business_id=shown.business.pk,
            request=form.request(patient_of(form)),
            repeat=_repeat(form, decisions),
            by=shown.request.actor,
            override=override,
            needs_approval=False,
        )
        # Left out is what somebody chose to leave out: not what was taken a moment ago, and not
        # what has become free since. Raised inside the transaction, so that nothing is booked.
        if {one.date for one in series.skipped} != left_out:
            raise OtherwiseThanSeen
        made[:] = [series]
        return led_to(shown, series.records[0]), False

    answer, repeated = answer_once(claim(shown, form), timezone.now(), work)
    if not repeated:
        _tell(shown, made[0])
    return redirect(answer.headers["Location"])


def _tell(shown: Desk, series: BookedSeries) -> None:
    number = len(series.records)
    told = ngettext("%(n)d appointment is booked.", "%(n)d appointments are booked.", number)
    tell(shown.request, told % {"n": number}, series.records[0])
    if series.skipped:
        place = zone(shown.business.timezone)
        days = [date_format(one.date.astimezone(place), "DAY_FORMAT") for one in series.skipped]
        told = _("Left out: %(days)s.") % {"days": get_text_list(days, _("and"))}
        messages.info(shown.request, told)
