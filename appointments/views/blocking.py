"""Time that nobody is to be booked in: blocked, changed and freed at the desk.

Whoever books may block: who is late or ill rings the front desk, not the manager.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from appointments.covered import visits_in
from appointments.views.detail import seen_in
from businesses.forms.setup import version_of
from businesses.intervals import Interval, merged
from businesses.zones import opening, read_day, zone
from staff.blocking import (
    SCOPES,
    ChangedMeanwhile,
    Scope,
    block_again,
    block_together,
    meant_by,
    reblock,
    starts_of,
    unblock_as_seen,
)
from staff.forms.blocking import BlockForm, initial_of, rule_in_words
from staff.models import Staff, TimeBlocker
from staff.views import DeskRequest, in_business
from staff.views.saving import row_of

MOST = 100
TOLD = 8


@in_business("appointments:read")
def blocked(request: DeskRequest) -> HttpResponse:
    """What is blocked from today or another day on, of one person or of all. Six queries."""
    business, place = request.business, zone(request.business.timezone)
    try:
        day = read_day(request.GET.get("day", ""))
    except ValueError:
        day = timezone.now().astimezone(place).date()
    start = opening(datetime.combine(day, time()), place)
    people = list(Staff.objects.of(business).active())
    chosen = next((one for one in people if str(one.pk) == request.GET.get("staff")), None)
    rows = TimeBlocker.objects.of(business).filter(ends_at__gt=start)
    if chosen is not None:
        rows = rows.filter(staff=chosen)
    shown = list(rows.select_related("staff")[: MOST + 1])
    asked = {"day": day.isoformat()} | ({"staff": str(chosen.pk)} if chosen else {})
    return render(
        request,
        "appointments/blocked/list.html",
        {
            "business": business,
            "zone": business.timezone,
            "day": day,
            "people": people,
            "chosen": chosen,
            "blocks": shown[:MOST],
            "more": len(shown) > MOST,
            "explains": request.actor.may("appointments:explain"),
            "may_block": request.actor.may("appointments:write"),
            "asked": urlencode(asked),
        },
    )


@in_business("appointments:write")
def block(request: DeskRequest) -> HttpResponse:
    """Blocks time. Visits that lie in it are told first; a second press blocks it all the same.

    At most nine queries where all go by one clock, one more for each other clock.
    """
    business = request.business
    if request.method != "POST":
        form = BlockForm(business=business, initial=initial_of(request.GET))
        return _page(request, form)
    form = BlockForm(request.POST, business=business)
    if not form.is_valid():
        return _page(request, form)
    assert form.starts_at is not None
    assert form.ends_at is not None
    visits = _covered(form)
    if visits and request.POST.get("confirmed") != _key(form, visits):
        return _page(request, form, visits)
    made = block_together(
        whose=form.whose,
        starts_at=form.starts_at,
        ends_at=form.ends_at,
        reason=form.cleaned_data["reason"],
        by=request.actor,
    )
    numbers = set(Counter(one.staff_id for one in made).values())
    each = numbers.pop() if len(numbers) == 1 else len(made)
    told = _("The time is blocked.")
    if each > 1:
        told = ngettext("Blocked %(n)d time.", "Blocked %(n)d times.", each) % {"n": each}
    messages.success(request, told)
    return _to_list(request, made[0])


@in_business("appointments:write")
def blocker(request: DeskRequest, pk: UUID) -> HttpResponse:
    """One blocked time: changed alone, or freed with its repeats. At most eight queries."""
    business = request.business
    row = row_of(TimeBlocker.objects.of(business).select_related("staff__business"), pk)
    if request.method != "POST":
        return _page(request, BlockForm(business=business, blocker=row), row=row)
    form = BlockForm(request.POST, business=business, blocker=row)
    if not form.is_valid():
        return _page(request, form, row=row)
    assert form.starts_at is not None
    assert form.ends_at is not None
    visits = _covered(form)
    if visits and request.POST.get("confirmed") != _key(form, visits):
        return _page(request, form, visits, row=row)
    try:
        row = reblock(
            blocker=row,
            seen=form.cleaned_data["version"],
            starts_at=form.starts_at,
            ends_at=form.ends_at,
            reason=form.cleaned_data["reason"],
            by=request.actor,
        )
    except ChangedMeanwhile:
        row = row_of(TimeBlocker.objects.of(business).select_related("staff__business"), pk)
        form.say_changed(row)
        return _page(request, form, row=row)
    messages.success(request, _("The blocked time is changed."))
    return _to_list(request, row)


@require_POST
@in_business("appointments:write")
def unblocking(request: DeskRequest, pk: UUID) -> HttpResponse:
    """Frees one, it and those after it, or what is not over of its series. At most seven queries.

    Not if somebody has changed it since it was shown. What is freed can be blocked again.
    """
    rows = TimeBlocker.objects.of(request.business).select_related("staff__business")
    row = row_of(rows, pk)
    asked, seen = request.POST.get("scope"), request.POST.get("version", "")
    scope: Scope = next((one for one in SCOPES if one == asked), "this")
    try:
        gone = unblock_as_seen(
            blocker=row, seen=seen_in(seen), scope=scope, since=timezone.now(), by=request.actor
        )
    except ChangedMeanwhile:
        messages.error(request, _("Somebody changed it meanwhile. Nothing is freed; look again."))
        return redirect("desk-blocker", alias=request.business.alias, pk=pk)
    told = ngettext("The time is free again.", "%(n)d times are free again.", gone)
    back = reverse("desk-block-again", args=(request.business.alias, pk))
    address = f"{back}?{urlencode({'seen': seen})}"
    messages.success(request, told % {"n": gone}, extra_tags=address)
    return _to_list(request, row)


@require_POST
@in_business("appointments:write")
def blocking_again(request: DeskRequest, pk: UUID) -> HttpResponse:
    """Blocks again what was freed last; visits that were booked there meanwhile are told, and stay.

    Ten queries.
    """
    business, now = request.business, timezone.now()
    seen = seen_in(request.GET.get("seen"))
    try:
        rows = block_again(business=business, blocker_id=pk, seen=seen, by=request.actor)
    except TimeBlocker.DoesNotExist as missing:
        raise Http404 from missing
    except ChangedMeanwhile:
        messages.error(request, _("Not undone: somebody has changed it since."))
        return redirect("desk-blocked", alias=business.alias)
    told = ngettext("The time is blocked again.", "%(n)d times are blocked again.", len(rows))
    messages.success(request, told % {"n": len(rows)})
    spans = merged(Interval(row.starts_at, row.ends_at) for row in rows)
    inside = len(visits_in(business, [rows[0].staff_id], spans, now))
    if inside:
        words = ngettext(
            "%(n)d visit lies in it, and stays.", "%(n)d visits lie in it, and stay.", inside
        )
        messages.warning(request, words % {"n": inside})
    return _to_list(request, rows[0])


def _covered(form: BlockForm) -> list[Any]:
    """What lies in the time, and in its repeats on the clock of each; the next first."""
    assert form.starts_at is not None
    assert form.ends_at is not None
    length: timedelta = form.ends_at - form.starts_at
    people: defaultdict[tuple[datetime, ...], list[UUID]] = defaultdict(list)
    for one, rule in form.whose:
        people[tuple(starts_of(staff=one, starts_at=form.starts_at, rule=rule))].append(one.pk)
    now = timezone.now()
    found = {
        visit.pk: visit
        for starts, members in people.items()
        for visit in visits_in(
            form.business, members, merged(Interval(one, one + length) for one in starts), now
        )
    }
    return sorted(found.values(), key=lambda visit: (visit.starts_at, visit.pk))


def _key(form: BlockForm, visits: Sequence[Any]) -> str:
    """Differs whenever whose time is blocked, which, or what lies in it does."""
    whose = [(one.pk, rule and rule.written) for one, rule in form.whose]
    told = [(one.pk, one.starts_at, one.ends_at) for one in visits]
    key = repr((whose, form.starts_at, form.ends_at, told))
    return sha256(key.encode()).hexdigest()[:32]


def _page(
    request: DeskRequest, form: BlockForm, visits: list[Any] | None = None, row: Any = None
) -> HttpResponse:
    business = request.business
    return render(
        request,
        "appointments/blocked/form.html",
        {
            "business": business,
            "zone": business.timezone,
            "form": form,
            "visits": (visits or [])[:TOLD],
            "more": max(0, len(visits or []) - TOLD),
            "key": _key(form, visits) if visits else "",
            "blocker": row,
            "version": version_of(row) if row is not None else "",
            "rule": rule_in_words(row.rrule) if row is not None and row.rrule else "",
            "scopes": _scopes(row) if row is not None and row.recurring_blocker_id else [],
        },
    )


def _scopes(row: TimeBlocker) -> list[tuple[str, Any, int]]:
    """What of a series can be freed: the choice, in words, and how many that is."""
    words = (
        _("Only this one"),
        _("This and all later ones"),
        _("The whole series, but for what is over"),
    )
    now = timezone.now()
    return [
        (scope, label, meant_by(row, scope, since=now).count())
        for scope, label in zip(SCOPES, words, strict=True)
    ]


def _to_list(request: DeskRequest, row: TimeBlocker) -> HttpResponse:
    place = zone(request.business.timezone)
    query = urlencode({"staff": row.staff_id, "day": f"{row.starts_at.astimezone(place):%Y-%m-%d}"})
    return redirect(f"{reverse('desk-blocked', args=[request.business.alias])}?{query}")
