"""One entry of the waitlist: put on, looked at, changed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import IntegrityError
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from appointments.errors import KeyReused, Refusal, Stale, WrongStatus
from appointments.forms.asking import service_in
from appointments.forms.waitlist import ChangedWishesForm, NewEntryForm, WaitlistForm, wishes_of
from appointments.idempotency import answer_once
from appointments.models import Appointment, WaitlistEntry
from appointments.replies import Answer
from appointments.views.filling import doubles_of, same_again, same_person
from appointments.views.whom import Whom, claim, patient_of
from appointments.waitlist import UNTOUCHED, chances, freed_by, times_for
from appointments.waitlist_words import line_of
from appointments.waitlisting import change_wishes, may_be_put_back
from appointments.wording import at_desk
from businesses.statements import violated
from businesses.zones import zone
from staff.models import Staff
from staff.views import DeskRequest, in_business

TIMES = 6
FILLING = {"again": same_again, "same": same_person}


def entry_of(request: DeskRequest, pk: UUID) -> WaitlistEntry:
    found: WaitlistEntry | None = (
        WaitlistEntry.objects.of(request.business).filter(pk=pk).with_names().first()
    )
    if found is None:
        raise Http404
    return found


def entry_page(
    request: DeskRequest,
    entry: WaitlistEntry,
    *,
    clash: Refusal | None = None,
    form: ChangedWishesForm | None = None,
) -> HttpResponse:
    business, now = request.business, timezone.now()
    today = now.astimezone(zone(business.timezone)).date()
    names = dict(Staff.objects.of(business).values_list("pk", "name"))
    line = line_of(entry, names, today=today, now=now)
    may_write = request.actor.may("appointments:write")
    return render(
        request,
        "appointments/waitlist/entry.html",
        {
            "business": business,
            "zone": business.timezone,
            "line": line,
            "entry": entry,
            "times": times_for(entry, now, TIMES) if line.bookable and may_write else [],
            "may_be_put_back": not entry.is_open and may_be_put_back(entry),
            "clash": clash,
            "saved": "saved" in request.GET,
            "form": form or (_form_of(request, entry) if may_write and entry.is_open else None),
            "may_write": may_write,
        },
    )


@in_business("appointments:read")
def entry(request: DeskRequest, pk: UUID) -> HttpResponse:
    """One entry with what can be done about it, and its wishes to change. At most 17 queries.

    What another desk has changed meanwhile is told and not written over; what was typed stays.
    """
    found = entry_of(request, pk)
    if request.method != "POST":
        return entry_page(request, found)
    if not request.actor.may("appointments:write"):
        raise Http404
    typed = request.POST.copy()
    changing = typed.get("action") != "refresh"
    form = _form_of(request, found, typed, bound=changing)
    if not changing or not form.is_valid():
        return entry_page(request, found, form=form)
    try:
        change_wishes(
            entry=found, seen=form.cleaned_data["version"], wishes=form.wishes(), by=request.actor
        )
    except Stale:
        found = entry_of(request, pk)
        form.say_changed(found)
        return entry_page(request, found, form=form)
    except WrongStatus as closed:
        form.add_error(None, closed.sentence)
        return entry_page(request, entry_of(request, pk), form=form)
    messages.success(request, _("Saved."))
    return redirect("desk-waitlist-entry", alias=request.business.alias, pk=pk)


def _form_of(
    request: DeskRequest,
    entry: WaitlistEntry,
    typed: QueryDict | None = None,
    *,
    bound: bool = False,
) -> ChangedWishesForm:
    """The form with an entry's wishes, or with what was typed instead."""
    form: ChangedWishesForm = _filled(
        request, ChangedWishesForm, typed, bound=bound, initial=wishes_of(entry)
    )
    return form


def _filled(
    request: DeskRequest,
    kind: type[WaitlistForm],
    typed: QueryDict | None,
    *,
    bound: bool,
    initial: dict[str, Any],
) -> Any:
    """A form. The first length of a service need not be chosen."""
    if typed is not None and not bound:
        initial = {name: typed.get(name) for name in typed} | {
            name: typed.getlist(name) for name in ("staff", "weekdays")
        }
    chosen = typed if bound and typed is not None else initial
    service = service_in(request.business, chosen)
    lengths = [str(one.minutes) for one in service.durations.all()] if service else []
    if lengths and str(chosen.get("duration", "")) not in lengths:
        chosen["duration"] = lengths[0]
    place = zone(request.business.timezone)
    common: dict[str, Any] = {
        "business": request.business,
        "chosen_service": service,
        "today": timezone.now().astimezone(place).date(),
    }
    return kind(typed, **common) if bound else kind(initial=initial, **common)


@in_business("appointments:write")
def new_entry(request: DeskRequest) -> HttpResponse:
    """The form that puts somebody on the list; its buttons search, and look for who provides it.

    For `instead_of`, an appointment that could be earlier, nothing else need be typed.
    """
    typed = request.POST.copy() if request.method == "POST" else request.GET.copy()
    shown = Whom(request, typed)
    if shown.asks_for_matches:
        return shown.matches()
    sooner = _sooner(request, typed.get("instead_of", ""))
    if sooner is not None and request.method != "POST":
        _as_booked(typed, sooner)
    if pressed := next((name for name in FILLING if name in request.POST), ""):
        FILLING[pressed](shown)
    bound = not pressed and typed.get("action") == "put_on" and request.method == "POST"
    form = _new_form(request, typed, sooner, bound=bound)
    if bound and form.is_valid():
        newcomer = form.new_patient()
        if newcomer and not form.cleaned_data["new_anyway"]:
            shown.duplicates = doubles_of(newcomer)
        if not shown.duplicates:
            return _put_on_or_told(shown, form, sooner)
    return _new_page(shown, form, sooner)


def _sooner(request: DeskRequest, text: str) -> Appointment | None:
    """The appointment that could be earlier, if it stands and has not begun."""
    try:
        pk = UUID(text)
    except ValueError:
        return None
    coming = Appointment.objects.of(request.business).filter(starts_at__gt=timezone.now())
    found: Appointment | None = coming.filter(pk=pk, status__in=UNTOUCHED).with_names().first()
    return found


def _as_booked(typed: QueryDict, sooner: Appointment) -> None:
    """Fills in what an appointment says of whom it is for, and of what."""
    typed["patient"] = str(sooner.patient_id)
    typed["service"] = str(sooner.service_id)
    typed["duration"] = str(sooner.duration.seconds // 60 or 1440)
    place = zone(sooner.business.timezone)
    typed["last_day"] = f"{sooner.starts_at.astimezone(place):%Y-%m-%d}"


def _new_form(
    request: DeskRequest, typed: QueryDict, sooner: Appointment | None, *, bound: bool
) -> NewEntryForm:
    today = timezone.now().astimezone(zone(request.business.timezone)).date()
    if not typed.get("first_day") and not bound:  # the booking page calls it the date
        typed["first_day"] = typed.get("date") or typed.get("day") or f"{today:%Y-%m-%d}"
    form: NewEntryForm = _filled(request, NewEntryForm, typed, bound=bound, initial={})
    form.sooner = sooner
    return form


def _put_on_or_told(shown: Whom, form: NewEntryForm, sooner: Appointment | None) -> HttpResponse:
    """To the entry; or the form again, with what was refused."""
    try:
        return _put_on(shown, form, sooner)
    except KeyReused:
        form.add_error(None, _("This page has put somebody on the list already. Press again."))
    except Refusal as refusal:
        form.add_error(None, at_desk(refusal))
    except IntegrityError as error:
        broken = violated(error)
        if broken == "patient_email_is_unique":
            form.refuse_taken_email()
        elif broken == "waitlist_has_a_visit_once":
            form.add_error(None, _("The patient waits for an earlier time already."))
        else:
            raise
    return _new_page(shown, form, sooner)


def _put_on(shown: Whom, form: NewEntryForm, sooner: Appointment | None) -> HttpResponse:
    """The entry is saved once, however often the form is sent; somebody new is saved with it."""
    request = shown.request

    def put_on(_claim_id: UUID) -> tuple[Answer, bool]:
        made = form.put_into(
            WaitlistEntry(
                business=request.business,
                patient_id=patient_of(form),
                instead_of=sooner,
                created_by=request.actor.name[:200],
            )
        )
        made.save(force_insert=True)
        address = reverse("desk-waitlist-entry", args=(request.business.alias, made.pk))
        messages.success(request, _("%(name)s is on the waitlist.") % {"name": made.patient})
        return Answer(302, headers={"Location": f"{address}?saved=1"}), False

    answer, _repeated = answer_once(claim(shown, form), timezone.now(), put_on)
    return redirect(answer.headers["Location"])


def _new_page(shown: Whom, form: NewEntryForm, sooner: Appointment | None) -> HttpResponse:
    return render(
        shown.request,
        "appointments/waitlist/new.html",
        shown.whom(form)
        | {
            "sooner": sooner,
            "searched": bool(shown.typed.get("q", "").strip()),
            "brought": shown.typed.get("action") == "from_booking",
        },
    )


@require_safe
@in_business("appointments:read")
def around(request: DeskRequest, pk: UUID) -> HttpResponse:
    """Who waits for what one appointment has freed, and which entries are about it.

    Part of the appointment's page, which fetches it. At most thirteen queries.
    """
    business, now = request.business, timezone.now()
    mine = Appointment.objects.of(business).filter(pk=pk).with_names()
    appointment: Appointment | None = mine.first()
    if appointment is None:
        raise Http404
    about = WaitlistEntry.objects.of(business).about(pk).with_names()
    entries: list[WaitlistEntry] = list(about.order_by("-updated_at"))
    sooner = next((one for one in entries if one.is_open), None)
    may_write = request.actor.may("appointments:write")
    may_be_sooner = appointment.status in UNTOUCHED and appointment.starts_at > now
    is_part = request.headers.get("HX-Target") == "around"
    return render(
        request,
        f"appointments/waitlist/around{'_part' if is_part else ''}.html",
        {
            "business": business,
            "zone": business.timezone,
            "appointment": appointment,
            "chances": chances(business, freed_by(business, pk, now), now),
            "sooner": sooner,
            "booked_from": next((one for one in entries if not one.is_open), None),
            "may_be_sooner": may_be_sooner and sooner is None and may_write,
            "may_write": may_write,
        },
    )
