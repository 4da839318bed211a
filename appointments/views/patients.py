"""Patients at the desk: found, looked at, changed, put away and taken out again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from appointments.forms.patients import ArchiveForm, PatientForm
from appointments.guests import find_patients
from appointments.models import Appointment, WaitlistEntry
from appointments.waitlist_words import Line, line_of
from businesses.zones import zone
from patients.models import Patient
from staff.models import Staff
from staff.views import DeskRequest, in_business
from staff.views.saving import form_for, saved

LISTED = 50
VISITS = 20


def _patient(request: DeskRequest, pk: UUID) -> Patient:
    mine = Patient.objects.of(request.business).select_related("primary_staff", "business")
    found: Patient | None = mine.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@require_safe
@in_business("patients:read")
def patient_list(request: DeskRequest) -> HttpResponse:
    """Patients who match a search, best first, or all of them by name.

    At most eight queries, whatever their number.
    """
    typed, archived = request.GET.get("q", "")[:200], "archived" in request.GET
    context: dict[str, Any] = {"business": request.business, "q": typed, "archived": archived}
    if typed.strip():
        found = find_patients(request.business, typed, limit=LISTED, archived=archived)
        context |= {"patients": found.patients, "alike": found.alike, "more": found.more}
    else:
        everybody = Patient.objects.of(request.business)
        page = Paginator(everybody if archived else everybody.unarchived(), LISTED).get_page(
            request.GET.get("page")
        )
        context |= {"patients": page.object_list, "page": page}
    return render(request, "patients/list.html", context)


def _waits(request: DeskRequest, patient: Patient) -> list[Line]:
    """What the patient waits for. One query, and one for whom with."""
    entries = WaitlistEntry.objects.of(request.business).open().filter(patient=patient)
    found = list(entries.with_names().order_by("urgency", "created_at", "id"))
    if not found:
        return []
    names = dict(Staff.objects.of(request.business).values_list("pk", "name"))
    now = timezone.now()
    today = now.astimezone(zone(request.business.timezone)).date()
    return [line_of(one, names, today=today, now=now) for one in found]


def _page(request: DeskRequest, patient: Patient, **more: Any) -> HttpResponse:
    now = timezone.now()
    visits = Appointment.objects.of(request.business).filter(patient=patient).with_names()
    past = visits.filter(starts_at__lt=now).order_by("-starts_at", "-id")
    context = {
        "business": request.business,
        "zone": request.business.timezone,
        "patient": patient,
        "coming": visits.filter(starts_at__gte=now).order_by("starts_at", "id")[:VISITS],
        "past": Paginator(past, VISITS).get_page(request.GET.get("page")),
        "may_write": request.actor.may("patients:write"),
        "may_book": request.actor.may("appointments:write") and patient.archived_at is None,
        "archive_form": form_for(request, ArchiveForm, patient),
        "waits": _waits(request, patient) if request.actor.may("appointments:read") else [],
    }
    return render(request, "patients/detail.html", context | more)


@require_safe
@in_business("patients:read")
def patient_page(request: DeskRequest, pk: UUID) -> HttpResponse:
    """Who it is, what is coming, what is waited for, what has been.

    Eight queries, whatever the number of visits; one more for somebody on the waitlist.
    """
    return _page(request, _patient(request, pk))


@in_business("patients:write")
def patient_edit(request: DeskRequest, pk: UUID) -> HttpResponse:
    """What is known of a patient, changed."""
    patient = _patient(request, pk)
    if request.method != "POST":
        form = form_for(request, PatientForm, patient)
    else:
        form, done = saved(request, PatientForm, Patient.objects.of(request.business), pk)
        if done:
            messages.success(request, _("Saved."))
            return redirect("desk-patient", alias=request.business.alias, pk=pk)
    context = {"business": request.business, "patient": patient, "form": form}
    return render(request, "patients/edit.html", context)


@in_business("patients:write")
def patient_archive(request: DeskRequest, pk: UUID) -> HttpResponse:
    """Puts a patient away with a reason, or takes them out again. Visits stay as they are."""
    if request.method != "POST":
        _patient(request, pk)
        return redirect("desk-patient", alias=request.business.alias, pk=pk)
    form, done = saved(request, ArchiveForm, Patient.objects.of(request.business), pk)
    if not done:
        return _page(request, _patient(request, pk), archive_form=form)
    back = form.cleaned_data["restore"]
    messages.success(request, _("Taken out of the archive.") if back else _("Archived."))
    return redirect("desk-patient", alias=request.business.alias, pk=pk)
