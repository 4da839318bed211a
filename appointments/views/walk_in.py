"""Somebody is here without an appointment: found, and taken in with one press."""

from __future__ import annotations

from hashlib import sha256
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from appointments.errors import KeyReused, Refusal
from appointments.forms.booking import service_in
from appointments.forms.walk_in import WalkInForm
from appointments.idempotency import Claim, answer_once
from appointments.replies import Answer
from appointments.walkins import Next, take_in, who_is_next
from patients.models import Patient
from staff.views import DeskRequest, in_business

SHOWN = 8


@in_business("appointments:write")
def walk_in(request: DeskRequest) -> HttpResponse:
    """The form; its buttons search, look who is free, and take in. At most eleven queries."""
    typed = request.POST.copy() if request.method == "POST" else request.GET.copy()
    form = _form(request, typed, bound="seen" in request.POST)
    if form.is_bound and form.is_valid():
        try:
            return _take_in(request, form)
        except KeyReused:
            form.add_error(None, _("This page has taken somebody in already. Press again."))
        except Refusal as refusal:
            form.add_error("seen", refusal.sentence)
    return _page(request, typed, form)


def _form(request: DeskRequest, typed: QueryDict, *, bound: bool) -> WalkInForm:
    """The form with what was typed. The first length of a service need not be chosen."""
    service = service_in(request.business, typed)
    lengths = [str(one.minutes) for one in service.durations.all()] if service else []
    if lengths and typed.get("duration") not in lengths:
        typed["duration"] = lengths[0]
    common: dict[str, Any] = {"business": request.business, "chosen_service": service}
    return WalkInForm(typed, **common) if bound else WalkInForm(initial=typed.dict(), **common)


def _page(request: DeskRequest, typed: QueryDict, form: WalkInForm) -> HttpResponse:
    business = request.business
    return render(
        request,
        "appointments/waiting/walk_in.html",
        {
            "business": business,
            "zone": business.timezone,
            "form": form,
            "submission": uuid4(),
            "searched": bool(typed.get("q")),
            "matches": _matches(request, typed),
            "chosen": typed.get("patient", ""),
            "now": timezone.now(),
            "looked": bool(form.fields["duration"].choices),  # type: ignore[attr-defined]
            "nexts": _nexts(request, typed, form),
            "book_query": urlencode(
                {name: typed.get(name, "") for name in ("patient", "service", "duration")}
            ),
        },
    )


def _matches(request: DeskRequest, typed: QueryDict) -> list[Patient]:
    """The chosen patient, then those who match the search."""
    patients = Patient.objects.of(request.business).unarchived()
    try:
        chosen = list(patients.filter(pk=UUID(typed.get("patient", ""))))
    except ValueError:
        chosen = []
    words = typed.get("q", "").replace("\x00", "").strip()[:200]
    found = list(patients.matching(words)[:SHOWN]) if words else []
    return [*chosen, *(one for one in found if one not in chosen)]


def _nexts(request: DeskRequest, typed: QueryDict, form: WalkInForm) -> list[Next]:
    if not form.fields["duration"].choices:  # type: ignore[attr-defined]
        return []
    try:
        return who_is_next(
            business_id=request.business.pk,
            service_id=UUID(str(typed["service"])),
            minutes=int(str(typed["duration"])),
        )
    except Refusal:  # taken out of the offer a moment ago: nobody can see them for it
        return []


def _take_in(request: DeskRequest, form: WalkInForm) -> HttpResponse:
    business = request.business
    sent = sorted(
        (name, tuple(values))
        for name, values in request.POST.lists()
        if name != "csrfmiddlewaretoken"
    )
    claim = Claim(
        business.pk,
        request.actor.principal,
        f"form:{form.cleaned_data['submission']}",
        sha256(repr(sent).encode()).digest(),
    )

    def taken(_claim_id: UUID) -> tuple[Answer, bool]:
        patient_id = form.cleaned_data["patient"]
        if newcomer := form.new_patient():
            newcomer.save(force_insert=True)
            patient_id = newcomer.pk
        record = take_in(
            business_id=business.pk, request=form.request(patient_id), by=request.actor
        )
        address = reverse("desk-waiting", args=[business.alias])
        return Answer(302, headers={"Location": f"{address}?done={record.id}"}), False

    answer, _repeated = answer_once(claim, timezone.now(), taken)
    return redirect(answer.headers["Location"])
