"""Somebody is here without an appointment: found, and taken in with one press."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db import IntegrityError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from appointments.errors import KeyReused, Refusal
from appointments.forms.asking import service_in
from appointments.forms.walk_in import WalkInForm
from appointments.idempotency import answer_once
from appointments.replies import Answer
from appointments.views.filling import doubles_of, same_again, same_person
from appointments.views.whom import Whom, claim, patient_of
from appointments.walkins import Next, take_in, who_is_next
from appointments.wording import at_desk
from businesses.statements import violated
from staff.views import DeskRequest, in_business

FILLING = {"again": same_again, "same": same_person}


@in_business("appointments:write")
def walk_in(request: DeskRequest) -> HttpResponse:
    """The form; its buttons search, fill in, look who is free, and take in.

    At most fifteen queries.
    """
    typed = request.POST.copy() if request.method == "POST" else request.GET.copy()
    shown = Whom(request, typed)
    if shown.asks_for_matches:
        return shown.matches()
    pressed = next((name for name in FILLING if name in request.POST), "")
    if pressed:
        FILLING[pressed](shown)
        return _page(shown, _form(shown, bound=False), goes_on=True)
    form = _form(shown, bound="seen" in request.POST)
    if form.is_bound and form.is_valid():
        newcomer = form.new_patient()
        if newcomer and not form.cleaned_data["new_anyway"]:
            shown.duplicates = doubles_of(newcomer)
        if not shown.duplicates:
            return _taken_in_or_told(shown, form)
    return _page(shown, form)


def _form(shown: Whom, *, bound: bool) -> WalkInForm:
    """The form with what was typed. The first length of a service need not be chosen."""
    typed = shown.typed
    service = service_in(shown.business, typed)
    lengths = [str(one.minutes) for one in service.durations.all()] if service else []
    if lengths and typed.get("duration") not in lengths:
        typed["duration"] = lengths[0]
    common: dict[str, Any] = {"business": shown.business, "chosen_service": service}
    return WalkInForm(typed, **common) if bound else WalkInForm(initial=typed.dict(), **common)


def _page(shown: Whom, form: WalkInForm, *, goes_on: bool = False) -> HttpResponse:
    """The form; `goes_on` with the focus on who can see them next."""
    typed = shown.typed
    names = ("patient", "service", "duration")
    return render(
        shown.request,
        "appointments/waiting/walk_in.html",
        shown.whom(form)
        | {
            "questions": form.questions,
            "searched": bool(typed.get("q")),
            "now": timezone.now(),
            "looked": bool(form.fields["duration"].choices),  # type: ignore[attr-defined]
            "nexts": _nexts(shown, form),
            "goes_on": goes_on,
            "book_query": urlencode({name: typed.get(name, "") for name in names}),
        },
    )


def _nexts(shown: Whom, form: WalkInForm) -> list[Next]:
    if not form.fields["duration"].choices:  # type: ignore[attr-defined]
        return []
    try:
        return who_is_next(
            business_id=shown.business.pk,
            service_id=UUID(str(shown.typed["service"])),
            minutes=int(str(shown.typed["duration"])),
        )
    except Refusal:  # taken out of the offer a moment ago: nobody can see them for it
        return []


def _taken_in_or_told(shown: Whom, form: WalkInForm) -> HttpResponse:
    """To the waiting room; or the form again, with what was refused at its field."""
    try:
        return _take_in(shown, form)
    except KeyReused:
        form.add_error(None, _("This page has taken somebody in already. Press again."))
    except Refusal as refusal:
        form.add_error("seen", at_desk(refusal))
    except IntegrityError as error:
        # Another desk added somebody with this address after our form had looked.
        if violated(error) != "patient_email_is_unique":
            raise
        form.refuse_taken_email()
    return _page(shown, form)


def _take_in(shown: Whom, form: WalkInForm) -> HttpResponse:
    business = shown.business

    def taken(_claim_id: UUID) -> tuple[Answer, bool]:
        record = take_in(
            business_id=business.pk, request=form.request(patient_of(form)), by=shown.request.actor
        )
        shown.remember(record.patient_id)
        address = reverse("desk-waiting", args=[business.alias])
        return Answer(302, headers={"Location": f"{address}?done={record.id}"}), False

    answer, _repeated = answer_once(claim(shown, form), timezone.now(), taken)
    return redirect(answer.headers["Location"])
