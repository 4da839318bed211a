"""When people work: the clinic's week, somebody's own, and hours for some dates."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from businesses.forms.setup import SetupForm
from businesses.forms.week import copies, told_days, told_spans
from businesses.hours import DAYS
from businesses.models import Business, Closure
from businesses.zones import zone
from staff.forms.hours import ClinicHoursForm, ScheduleForm, StaffHoursForm
from staff.models import Staff, WorkingHoursSchedule
from staff.views.door import DeskRequest, in_business
from staff.views.people import HERE
from staff.views.saving import form_for, gone, row_of, saved
from staff.views.setup import page


def unsaved(request: DeskRequest, make: type[SetupForm], row: Any, **more: Any) -> SetupForm:
    """The form with what was typed, after a part of it was copied or moved: nothing is judged."""
    form = form_for(request, make, row, **more)
    typed = make(request.POST, clinic=request.business, user=request.user, instance=row, **more)
    for name in form.fields:
        form.initial[name] = typed[name].value()
    messages.info(request, _("That counts once you save it."))
    return form


@in_business("business:write")
def clinic_hours(request: DeskRequest) -> HttpResponse:
    """The week of the clinic. Four queries."""
    section = "desk-setup-hours"
    clinics = Business.objects.filter(pk=request.business.pk)
    if request.method != "POST":
        form = form_for(request, ClinicHoursForm, request.business)
    elif copies(request.POST, "default_staff_working_hours"):
        form = unsaved(request, ClinicHoursForm, request.business)
    else:
        form, done = saved(request, ClinicHoursForm, clinics, request.business.pk)
        if done:
            messages.success(request, _("The opening hours are saved."))
            return redirect(section, request.business.alias)
    return page(request, "clinic_hours.html", section, form=form)


@in_business("staff:write")
def staff_hours(request: DeskRequest, pk: Any) -> HttpResponse:
    """Somebody's week and their schedules. Six queries, whatever the number of schedules."""
    members = Staff.objects.of(request.business)
    member = row_of(members, pk)
    if request.method != "POST":
        form = form_for(request, StaffHoursForm, member)
    elif copies(request.POST, "weekly_hours"):
        form = unsaved(request, StaffHoursForm, member)
    else:
        form, done = saved(request, StaffHoursForm, members, pk)
        if done:
            messages.success(request, _("The hours of %(name)s are saved.") % {"name": member.name})
            return redirect("desk-setup-staff-hours", request.business.alias, pk)
    schedules = list(WorkingHoursSchedule.objects.of(request.business).filter(staff=member))
    place = member.timezone or request.business.timezone
    today = timezone.now().astimezone(zone(place)).date()
    for one in schedules:
        one.days = told_days(one.working_hours)
        one.is_over = one.date_end is not None and one.date_end < today
        one.is_now = one.date_start <= today and not one.is_over
    return page(
        request,
        "staff_hours.html",
        HERE,
        form=form,
        member=member,
        place=place,
        schedules=schedules,
        today=_today(member, schedules, today),
        clinic_days=told_days(request.business.default_staff_working_hours),
    )


def _today(member: Staff, schedules: list[Any], day: date) -> dict[str, Any]:
    """Which hours count on that day, and why. One query."""
    closed = (
        Closure.objects.of(member.business)
        .filter(location=None, date_start__lte=day, date_end__gte=day)
        .first()
    )
    schedule = next((one for one in schedules if one.is_now), None)
    week, source = member.business.default_staff_working_hours, "clinic"
    if schedule is not None:
        week, source = schedule.working_hours, "schedule"
    elif member.weekly_hours is not None:
        week, source = member.weekly_hours, "own"
    spans = (week or {}).get(DAYS[day.weekday()]) or []
    return {"day": day, "source": source, "closure": closed, "spans": told_spans(sorted(spans))}


@in_business("staff:write")
def schedule(request: DeskRequest, pk: Any, schedule_pk: Any = None) -> HttpResponse:
    """Hours for some dates, new or changed."""
    member = row_of(Staff.objects.of(request.business), pk)
    schedules = WorkingHoursSchedule.objects.of(request.business).filter(staff=member)
    row = None if schedule_pk is None else row_of(schedules, schedule_pk)
    if request.method != "POST":
        form = form_for(request, ScheduleForm, row, member=member)
    elif copies(request.POST, "working_hours"):
        form = unsaved(request, ScheduleForm, row, member=member)
    else:
        form, done = saved(request, ScheduleForm, schedules, schedule_pk, member=member)
        if done:
            messages.success(request, _("The schedule is saved."))
            return redirect("desk-setup-staff-hours", request.business.alias, pk)
    return page(request, "schedule.html", HERE, form=form, member=member, schedule=row)


@require_POST
@in_business("staff:write")
def remove_schedule(request: DeskRequest, pk: Any, schedule_pk: Any) -> HttpResponse:
    """The week counts again on its dates. What is booked stays."""
    schedules = WorkingHoursSchedule.objects.of(request.business).filter(staff_id=pk)
    gone(schedules, schedule_pk, lambda row: row.delete())
    messages.success(request, _("The schedule is removed. The weekly hours count again."))
    return redirect("desk-setup-staff-hours", request.business.alias, pk)
