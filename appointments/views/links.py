"""The pages behind a patient's own links: move a visit, cancel it, put it into a calendar.

Opening a link changes nothing: mail scanners follow links. What changes anything is a form that
somebody sends.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from functools import wraps
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from appointments.errors import CalendarBusy, Clash, Refusal
from appointments.links import Stage, Visit, business_behind, find_visit
from appointments.links_calendar import calendar_of
from appointments.links_moving import (
    Changed,
    NotOffered,
    NotOnline,
    NotOpen,
    cancel,
    check_offered,
    move,
    patient_of,
    week_of_times,
)
from appointments.links_words import (
    day_in_words,
    length_in_words,
    moment_in_words,
    time_in_words,
    zone_in_words,
)
from appointments.views.public import crowded, household_of, let_in, private
from businesses.actor import Actor
from businesses.zones import read_day, read_moment

Page = Callable[..., HttpResponse]
LONGEST_REASON = 500


def with_token(view: Page) -> Page:
    """For the pages of one appointment, opened by its token: the view is given its Visit.

    A wrong token gets the same 404 after the same statements, three, whether or not there is such
    an appointment. Right and wrong tokens are counted apart, so that nobody who lacks it can keep
    a patient out. No CSRF token: no cookie opens these pages, and whoever could forge a form
    would need the token. (Browsers send no origin from pages without referrer.)
    """

    @csrf_exempt
    @private
    @wraps(view)
    def page(request: HttpRequest, alias: str, pk: UUID) -> HttpResponse:
        now = timezone.now()
        if wait := let_in("address", household_of(request), now):
            return crowded(request, wait)
        business_id = business_behind(alias, pk, request.GET.get("token", ""))
        if wait := let_in("guess" if business_id is None else "link", f"{alias.lower()}/{pk}", now):
            return crowded(request, wait)
        visit = find_visit(business_id, pk) if business_id else None
        if visit is None:
            return render(request, "links/unknown.html", status=404)
        if visit.stage(now) is Stage.OVER:
            return render(request, "links/over.html", told(request, visit, now), status=410)
        return view(request, visit, now)

    return page


def address_of(request: HttpRequest, visit: Visit, name: str, **query: str) -> str:
    """One of the pages of the same appointment."""
    path = reverse(name, args=[visit.record.business_alias, visit.record.id])
    more = "".join(f"&{word}={quote(value)}" for word, value in query.items())
    return f"{path}?token={quote(request.GET['token'])}{more}"


def told(request: HttpRequest, visit: Visit, now: datetime, **more: Any) -> dict[str, Any]:
    """What all pages of an appointment show; nothing that is for staff alone."""
    record, place = visit.record, visit.zone
    start = record.starts_at
    here, there = (start.astimezone(one).utcoffset() for one in (place, visit.clinic_zone))
    return {
        "clinic": {
            "name": record.business_name,
            "phone": visit.phone,
            "email": visit.email,
        },
        "visit": visit,
        "record": record,
        "stage": visit.stage(now).value,
        "when": moment_in_words(start, place),
        "day": day_in_words(start.astimezone(place).date()),
        "from": time_in_words(start, place),
        "until": time_in_words(record.ends_at, place),
        "zone": zone_in_words(place, start),
        "at_the_clinic": moment_in_words(start, visit.clinic_zone) if here != there else "",
        "clinic_zone": zone_in_words(visit.clinic_zone, start),
        "deadline": moment_in_words(visit.deadline, place),
        "lead": length_in_words(visit.lead) if visit.lead else "",
        "is_link": record.location_value.lower().startswith(("https://", "http://")),
        "seen": start.isoformat(),
        "move_url": address_of(request, visit, "link-reschedule"),
        "cancel_url": address_of(request, visit, "link-cancel"),
        "calendar_url": address_of(request, visit, "link-calendar"),
    } | more


def _shown(request: HttpRequest, visit: Visit, now: datetime, **more: Any) -> HttpResponse:
    """The appointment as it is, with what can be done about it."""
    status = more.pop("status", 200)
    return render(request, "links/visit.html", told(request, visit, now, **more), status=status)


def _again(visit: Visit) -> Visit:
    """The same appointment as it is by now."""
    return find_visit(visit.record.business_id, visit.record.id) or visit


# --- Moving ---------------------------------------------------------------------------------------


@with_token
@require_http_methods(["GET", "HEAD", "POST"])
def reschedule(request: HttpRequest, visit: Visit, now: datetime) -> HttpResponse:
    """The free times, week by week; one of them to confirm; and, sent, the visit at that time."""
    if request.method == "POST":
        return _move(request, visit, now)
    if _moment(request.GET.get("moved", "")) == visit.record.starts_at:
        return _shown(request, visit, now, notice="moved")
    if visit.stage(now) is not Stage.OPEN:
        return _shown(request, visit, now)
    if "to" not in request.GET:
        return _times(request, visit, now)
    to = _moment(request.GET["to"])
    if to is None:
        return _times(request, visit, now, notice="not_free")
    if to == visit.record.starts_at:  # back from the page that said so
        return _shown(request, visit, now)
    try:
        check_offered(visit, to, now)
    except NotOnline:
        return _shown(request, visit, now, notice="not_online")
    except NotOffered:
        return _times(request, visit, now, near=to, notice="not_free")
    return render(request, "links/confirm.html", _to_confirm(request, visit, now, to))


def _to_confirm(request: HttpRequest, visit: Visit, now: datetime, to: datetime) -> dict[str, Any]:
    day = to.astimezone(visit.zone).date()
    return told(
        request,
        visit,
        now,
        to=to.isoformat(),
        new_day=day_in_words(day),
        new_from=time_in_words(to, visit.zone),
        new_zone=zone_in_words(visit.zone, to),
        asks_again=visit.needs_approval and visit.record.approved,
        back_url=address_of(request, visit, "link-reschedule", week=day.isoformat()),
    )


def _times(
    request: HttpRequest,
    visit: Visit,
    now: datetime,
    *,
    near: datetime | None = None,
    notice: str = "",
    status: int = 200,
) -> HttpResponse:
    wanted = near.astimezone(visit.zone).date() if near else _day(request.GET.get("week", ""))
    try:
        week = week_of_times(visit, wanted, now)
    except NotOnline:
        return _shown(request, visit, now, notice="not_online", status=status)

    def in_week(day: date | None) -> str:
        return address_of(request, visit, "link-reschedule", week=str(day)) if day else ""

    def choice(moment: datetime) -> dict[str, str]:
        query = {"to": moment.astimezone(UTC).isoformat()}
        return {
            "url": address_of(request, visit, "link-reschedule", **query),
            "time": time_in_words(moment, visit.zone),
        }

    free = week.first_free
    opened = near.astimezone(visit.zone).date() if near else None
    noon = datetime.combine(week.begins, time(12), visit.zone)
    shown = told(
        request,
        visit,
        now,
        notice=notice,
        week=week,
        times_zone=zone_in_words(visit.zone, noon),
        days=[
            {
                "words": day_in_words(day),
                "open": day == (opened if opened in dict(week.days) else week.days[0][0]),
                "times": [choice(one) for one in times],
            }
            for day, times in week.days
        ],
        earlier_url=in_week(week.previous),
        later_url=in_week(week.next),
        first_free=moment_in_words(free, visit.zone) if free else "",
        first_free_url=in_week(free.astimezone(visit.zone).date()) if free else "",
        least_notice=length_in_words(week.notice) if week.notice else "",
    )
    return render(request, "links/times.html", shown, status=status)


def _move(request: HttpRequest, visit: Visit, now: datetime) -> HttpResponse:
    to, seen = _moment(request.POST.get("to", "")), _moment(request.POST.get("seen", ""))
    if to is None:
        return _times(request, visit, now, notice="not_free", status=409)
    try:
        record = move(visit, to=to, seen=seen, by=_patient(request, visit))
    except (Clash, NotOffered):
        return _times(request, _again(visit), now, near=to, notice="taken", status=409)
    except Changed:
        return _times(request, _again(visit), now, notice="changed", status=409)
    except NotOnline:
        return _shown(request, _again(visit), now, notice="not_online", status=409)
    except (NotOpen, Refusal) as refusal:
        return _refused(request, visit, refusal)
    return _led_to(request, visit, "link-reschedule", moved=record.starts_at.isoformat())


# --- Cancelling -----------------------------------------------------------------------------------


@with_token
@require_http_methods(["GET", "HEAD", "POST"])
def cancellation(request: HttpRequest, visit: Visit, now: datetime) -> HttpResponse:
    """Asks whether to cancel; and, sent, the visit is cancelled."""
    if request.method == "POST":
        return _cancel(request, visit, now)
    if visit.stage(now) is not Stage.OPEN:
        return _shown(request, visit, now)
    return render(request, "links/cancel.html", told(request, visit, now))


def _cancel(request: HttpRequest, visit: Visit, now: datetime) -> HttpResponse:
    reason = " ".join(request.POST.get("reason", "").replace("\0", "").split())
    if len(reason) > LONGEST_REASON:
        shown = told(request, visit, now, reason=reason, reason_too_long=True)
        return render(request, "links/cancel.html", shown, status=400)
    seen = _moment(request.POST.get("seen", ""))
    try:
        cancel(visit, reason=reason, seen=seen, by=_patient(request, visit))
    except Changed:
        shown = told(request, _again(visit), now, reason=reason, notice="changed")
        return render(request, "links/cancel.html", shown, status=409)
    except (NotOpen, Refusal) as refusal:
        return _refused(request, visit, refusal)
    return _led_to(request, visit, "link-cancel")


def _refused(request: HttpRequest, visit: Visit, refusal: Exception) -> HttpResponse:
    """What was not done, and why; nothing is changed."""
    standing, now = _again(visit), timezone.now()
    if isinstance(refusal, CalendarBusy):
        answer = _shown(request, standing, now, notice="busy", status=503)
        answer["Retry-After"] = "1"
        return answer
    if standing.stage(now) is Stage.OVER:
        return render(request, "links/over.html", told(request, standing, now), status=410)
    return _shown(request, standing, now, notice="not_done", status=409)


def _led_to(request: HttpRequest, visit: Visit, name: str, **query: str) -> HttpResponse:
    """303: sending the form again by reloading is not offered."""
    answer = HttpResponse(status=303)
    answer["Location"] = address_of(request, visit, name, **query)
    return answer


def _patient(request: HttpRequest, visit: Visit) -> Actor:
    return patient_of(visit.record, getattr(request, "request_id", ""))


# --- The calendar ---------------------------------------------------------------------------------


@with_token
@require_safe
def calendar(request: HttpRequest, visit: Visit, now: datetime) -> HttpResponse:
    """The appointment as a file for the patient's calendar."""
    answer = HttpResponse(calendar_of(visit), content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="appointment.ics"'
    return answer


# --- What was sent --------------------------------------------------------------------------------


def _moment(written: str) -> datetime | None:
    """The moment that an address or a form names, in UTC; nothing if it can't be read."""
    try:
        return read_moment(written)
    except ValueError:
        return None


def _day(written: str) -> date | None:
    try:
        return read_day(written)
    except ValueError:
        return None
