"""Days without visits: the clinic's own, and public holidays."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from businesses.closures import counts_inside, visits_inside
from businesses.forms.closures import ClosedDaysForm, DaysForm, HolidaysForm, asked_for, lines_of
from businesses.holidays import import_holidays
from businesses.models import Closure
from businesses.zones import zone
from staff.views.door import DeskRequest, in_business
from staff.views.saving import form_for, gone, row_of, saved
from staff.views.setup import page

HERE = "desk-setup-closures"
MOST_PAST = 50  # past closures in the list
MOST_VISITS = 20  # visits that are told one by one


@require_safe
@in_business("business:write")
def closures(request: DeskRequest) -> HttpResponse:
    """Those to come with the visits that lie inside, and the last past ones. Three queries."""
    today = timezone.now().astimezone(zone(request.business.timezone)).date()
    rows = Closure.objects.of(request.business).select_related("location", "business")
    coming = list(rows.filter(date_end__gte=today))
    counts = counts_inside(request.business, coming)
    for closure, count in zip(coming, counts, strict=True):
        closure.visits, closure.is_now = count, closure.date_start <= today
    past = rows.filter(date_end__lt=today).order_by("-date_start", "name", "id")[:MOST_PAST]
    return page(request, "closures.html", HERE, coming=coming, past=past)


@in_business("business:write")
def closure(request: DeskRequest, pk: Any = None) -> HttpResponse:
    """One closure with the visits inside, or a new one."""
    rows = Closure.objects.of(request.business)
    row = None if pk is None else row_of(rows.select_related("location", "business"), pk)
    if request.method != "POST":
        form: Any = form_for(request, ClosedDaysForm, row)
    else:
        form, done = saved(request, ClosedDaysForm, rows, pk)
        if done:
            messages.success(request, _("%(name)s is saved.") % {"name": form.instance.name})
            return redirect(HERE, request.business.alias)
    title = _("Add a closure") if row is None else row.name
    shown = form.instance if form.is_bound and form.told else row
    return page(
        request,
        "closure.html",
        HERE,
        title=title,
        form=form,
        closure=row,
        **_visits(request, shown),
    )


def _visits(request: DeskRequest, closure: Closure | None) -> dict[str, Any]:
    """The first visits that lie inside, and how many more; nothing for those who see no visits."""
    if closure is None or not request.actor.may("appointments:read"):
        return {"visits": [], "more": 0}
    inside = visits_inside(closure).select_related("patient", "staff", "service")
    found = inside.order_by("starts_at", "id")
    first = list(found[:MOST_VISITS])
    more = found.count() - len(first) if len(first) == MOST_VISITS else 0
    return {"visits": first, "more": more}


@require_POST
@in_business("business:write")
def remove_closure(request: DeskRequest, pk: Any) -> HttpResponse:
    """Its days can be booked again."""
    gone(Closure.objects.of(request.business), pk, lambda row: row.delete())
    messages.success(request, _("The closure is removed. Its days can be booked again."))
    return redirect(HERE, request.business.alias)


@in_business("business:write")
def holidays(request: DeskRequest) -> HttpResponse:
    """Shows the public holidays of a region on GET; closes on those that are ticked on POST."""
    business = request.business
    if request.method != "POST":
        return _offer(request, asked_for(request.GET, business))
    form = HolidaysForm(request.POST, business=business)
    if not form.is_valid():
        return _offer(request, form)
    chosen = DaysForm(request.POST, found=form.found())
    if not chosen.is_valid():
        return _offer(request, form, chosen)
    added = import_holidays(
        business=business,
        country=form.area.country,
        region=form.area.region,
        years=form.years,
        location=form.cleaned_data["location"],
        days=chosen.cleaned_data["days"],
        by=request.actor,
    )
    told = ngettext(
        "%(count)d public holiday is added.", "%(count)d public holidays are added.", added
    )
    messages.success(request, told % {"count": added})
    return redirect(HERE, business.alias)


def _offer(
    request: DeskRequest, form: HolidaysForm, chosen: DaysForm | None = None
) -> HttpResponse:
    """The question and, once it says enough, the days."""
    shown = form.is_bound and form.is_valid()
    ticked = request.POST.getlist("days") if chosen else None
    lines = lines_of(form, request.business, ticked) if shown else []
    return page(
        request,
        "holidays.html",
        HERE,
        form=form,
        chosen=chosen,
        shown=shown,
        lines=lines,
        is_something_new=any(not line.there for line in lines),
    )
