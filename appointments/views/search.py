"""Appointments of all times, found by patient, person, service, notes or date."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, Value
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from appointments.guests import find_patients
from appointments.models import Appointment
from businesses.models import Location, Service
from businesses.zones import FIRST_YEAR, LAST_YEAR, opening, zone
from patients.models import Patient
from patients.search import Searchable, Word, words_in
from staff.models import Staff
from staff.views import DeskRequest, in_business

MOST = 100
MOST_PATIENTS = 200
NAMED: tuple[tuple[Any, str], ...] = (
    (Service, "service_id__in"),
    (Staff, "staff_id__in"),
    (Location, "location_id__in"),
)


def _found(request: DeskRequest, typed: str) -> list[Appointment]:
    """Appointments that have every word: of the patient, the service, the person, the location or
    the notes, or as their date or the patient's birth date. Coming ones first, then the latest.
    """
    visits: Any = Appointment.objects.of(request.business)
    words = words_in(typed)
    for word in words:
        visits = visits.filter(_has(request, word))
    now = timezone.now()
    coming = visits.filter(starts_at__gte=now).with_names().order_by("starts_at", "id")
    past = visits.filter(starts_at__lt=now).with_names().order_by("-starts_at", "-id")
    found = list(coming[: MOST + 1])
    return found + list(past[: MOST + 1 - len(found)])


def _has(request: DeskRequest, word: Word) -> Q:
    """Whether an appointment has the word; at most five statements look for what may be meant."""
    business = request.business
    either = Q()
    for day in word.days:
        if FIRST_YEAR < day.year < LAST_YEAR:
            either |= _on(day, request)
    if not word.text:
        return either | Q(patient__dob__in=word.days)
    found = find_patients(business, word.text, limit=MOST_PATIENTS, archived=True)
    meant = found.patients or found.alike
    either |= Q(patient_id__in=[one.pk for one in meant])
    named = Searchable(Value(word.text))
    if found.more:
        namesakes = Patient.objects.of(business).annotate(plain=Searchable("name"))
        either |= Q(patient_id__in=namesakes.filter(plain__contains=named).values("pk"))
    for model, column in NAMED:
        rows = model.objects.of(business).annotate(plain=Searchable("name"))
        either |= Q(
            **{column: list(rows.filter(plain__contains=named).values_list("pk", flat=True))}
        )
    return either | Q(notes__icontains=word.text) | Q(location_value__icontains=word.text)


def _on(day: date, request: DeskRequest) -> Q:
    place = zone(request.business.timezone)
    start = datetime.combine(day, time())
    return Q(
        starts_at__gte=opening(start, place),
        starts_at__lt=opening(start + timedelta(days=1), place),
    )


@require_safe
@in_business("appointments:read")
def search(request: DeskRequest) -> HttpResponse:
    """The appointments that were searched for, as a table."""
    typed = request.GET.get("q", "")[:200]
    found = _found(request, typed) if typed.strip() else []
    return render(
        request,
        "appointments/search.html",
        {
            "business": request.business,
            "zone": request.business.timezone,
            "q": typed,
            "visits": found[:MOST],
            "more": len(found) > MOST,
        },
    )
