"""The desk's pages: a day, a booking, an appointment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from appointments.booking import Override, approve, book, cancel
from appointments.clashes import explain
from appointments.errors import BadRequest, Clash, DateInPast, KeyReused, Refusal
from appointments.forms import FIELDS, BookingForm, CancelForm, ReasonForm, service_in
from appointments.history import history_of
from appointments.idempotency import Answer, Claim, answer_once
from appointments.models import Appointment
from businesses.models import Business
from businesses.money import amount
from businesses.zones import opening, zone
from patients.models import Patient
from staff.models import Staff
from staff.views import DeskRequest, in_business

SHOWN = 8


@login_required
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """Straight to the clinic of somebody who works in one; else the choice."""
    businesses = list(Business.objects.visible_to(request.user).order_by("name", "id"))
    if len(businesses) == 1:
        return redirect("desk-appointments", alias=businesses[0].alias)
    return render(request, "businesses/choose.html", {"businesses": businesses})


def day_in(text: str, place: ZoneInfo) -> date:
    """The date that was asked for; today for nonsense."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return timezone.now().astimezone(place).date()
    return min(max(day, date(1900, 1, 2)), date(2199, 12, 30))


@require_safe
@in_business("appointments:read")
def day_list(request: DeskRequest) -> HttpResponse:
    """The appointments of one local day. Five queries, whatever their number."""
    business, place = request.business, zone(request.business.timezone)
    today = timezone.now().astimezone(place).date()
    day = day_in(request.GET.get("day", ""), place)
    appointments = (
        Appointment.objects.of(business)
        .starting_in(
            opening(datetime.combine(day, time()), place),
            opening(datetime.combine(day + timedelta(days=1), time()), place),
        )
        .with_names()
    )
    people = list(Staff.objects.of(business).filter(takes_bookings=True).values("id", "name"))
    person_id = request.GET.get("staff", "")
    if person_id in {str(person["id"]) for person in people}:
        appointments = appointments.filter(staff_id=person_id)
    return render(
        request,
        "appointments/list.html",
        {
            "business": business,
            "zone": business.timezone,
            "day": day,
            "previous_day": day - timedelta(days=1),
            "next_day": day + timedelta(days=1),
            "is_today": day == today,
            "people": people,
            "person_id": person_id,
            "appointments": list(appointments),
        },
    )


@dataclass
class Desk:
    """One visit to the booking page: what was typed, and what is shown with it."""

    request: DeskRequest
    typed: QueryDict
    clash: Refusal | None = None

    @property
    def business(self) -> Business:
        return self.request.business

    def form(self, *, bound: bool, overriding: bool = False) -> BookingForm:
        """The form with what was typed; its errors show only when it is `bound`."""
        common: dict[str, Any] = {
            "business": self.business,
            "chosen_service": service_in(self.business, self.typed),
            "overriding": overriding,
        }
        if bound:
            return BookingForm(self.typed, **common)
        return BookingForm(initial=self.typed.dict(), **common)

    def page(self, form: BookingForm, *, searched: bool = False) -> HttpResponse:
        matches, more = self.matches()
        typed_new = any(self.typed.get(name) for name in form.fields if name.startswith("new_"))
        return render(
            self.request,
            "appointments/book.html",
            {
                "business": self.business,
                "zone": self.business.timezone,
                "form": form,
                "submission": uuid4(),
                "questions": form.questions,
                "searched": searched,
                "matches": matches,
                "more_matches": more,
                "chosen": self.typed.get("patient", ""),
                "new_patient_open": typed_new and not self.typed.get("patient"),
                "clash": self.clash,
                "may_override": self.request.actor.may("appointments:override"),
            },
        )

    def matches(self) -> tuple[list[Patient], bool]:
        """The chosen patient, then those who match the search; and whether there are more."""
        patients = Patient.objects.of(self.business).unarchived()
        chosen = list(patients.filter(pk=pk)) if (pk := _uuid(self.typed.get("patient"))) else []
        found: list[Patient] = []
        if words := self.typed.get("q", "").replace("\x00", "").strip()[:200]:
            found = list(patients.matching(words)[: SHOWN + 1])
        others = [patient for patient in found[:SHOWN] if patient not in chosen]
        return [*chosen, *others], len(found) > SHOWN


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


@in_business("appointments:write")
def book_page(request: DeskRequest) -> HttpResponse:
    """Book by hand: search, choose, book, and where something is in the way, decide."""
    if request.method != "POST":
        place = zone(request.business.timezone)
        typed = QueryDict(mutable=True)
        typed["date"] = str(day_in(request.GET.get("day", ""), place))
        for name in ("patient", "service", "staff", "time"):
            typed[name] = request.GET.get(name, "")
        shown = Desk(request, typed)
        return shown.page(shown.form(bound=False))
    typed = request.POST.copy()
    action = typed.get("action", "book")
    if "alternative" in typed:
        action = "book"
        _take_alternative(typed, zone(request.business.timezone))
    shown = Desk(request, typed)
    if action in ("find", "refresh"):
        return shown.page(shown.form(bound=False), searched=action == "find")
    overriding = action == "override" and request.actor.may("appointments:override")
    form = shown.form(bound=True, overriding=overriding)
    if not form.is_valid():
        if action == "override":
            shown.clash = Clash(_("Nothing is booked yet."))
        return shown.page(form)
    return _book(shown, form, overriding=overriding)


def _take_alternative(typed: QueryDict, place: ZoneInfo) -> None:
    """Puts the chosen time and person where they would have been typed."""
    moment, _blank, staff_id = str(typed["alternative"]).partition(" ")
    try:
        start = datetime.fromisoformat(moment).astimezone(place)
    except ValueError:
        return
    typed["date"], typed["time"] = f"{start:%Y-%m-%d}", f"{start:%H:%M}"
    typed["staff"], typed["which"] = staff_id, str(start.fold)


def _book(shown: Desk, form: BookingForm, *, overriding: bool) -> HttpResponse:
    request, business = shown.request, shown.business
    override = Override(form.cleaned_data["override_reason"]) if overriding else None

    def booked() -> Answer:
        patient_id = form.cleaned_data["patient"]
        if newcomer := form.new_patient():
            newcomer.save(force_insert=True)
            patient_id = newcomer.pk
        record = book(
            business_id=business.pk,
            request=form.request(patient_id),
            by=request.actor,
            override=override,
            needs_approval=False,
        )
        address = reverse("desk-appointment", args=(business.alias, record.id))
        return Answer(302, headers={"Location": f"{address}?saved=1"})

    # A form that is sent twice books once: the second press gets the first one's answer.
    sent = sorted((name, tuple(values)) for name, values in shown.typed.lists())
    claim = Claim(
        business.pk,
        request.actor.principal,
        f"form:{form.cleaned_data['submission']}",
        sha256(repr(sent).encode()).digest(),
    )
    try:
        answer, repeated = answer_once(claim, timezone.now(), booked)
    except KeyReused:
        form.add_error(
            None,
            _("This page has booked an appointment already. To book another, press Book again."),
        )
        return shown.page(form)
    except (Clash, DateInPast) as refusal:
        if isinstance(refusal, Clash):
            explain(refusal)
        shown.clash = refusal
        return shown.page(form)
    except Refusal as refusal:
        field = FIELDS.get(refusal.field) if isinstance(refusal, BadRequest) else None
        form.add_error(field, refusal.sentence)
        return shown.page(form)
    if not repeated:
        messages.success(request, _("Booked."))
    return redirect(answer.headers["Location"])


def _appointment(request: DeskRequest, pk: UUID) -> Appointment:
    found: Appointment | None = (
        Appointment.objects.of(request.business).filter(pk=pk).with_names().first()
    )
    if found is None:
        raise Http404
    return found


def _detail_page(request: DeskRequest, appointment: Appointment, **more: Any) -> HttpResponse:
    place = zone(request.business.timezone)
    hosts = appointment.additional_staff.order_by("name", "id").values_list("name", flat=True)
    return render(
        request,
        "appointments/detail.html",
        {
            "business": request.business,
            "zone": request.business.timezone,
            "appointment": appointment,
            "hosts": list(hosts),
            "price": amount(appointment.price, appointment.currency) if appointment.price else "",
            "saved": "saved" in request.GET,
            "history": history_of(request.business.pk, appointment.pk, place),
            "may_write": request.actor.may("appointments:write"),
            "may_override": request.actor.may("appointments:override"),
            "cancel_form": CancelForm(),
            "form": ReasonForm(),
        }
        | more,
    )


@require_safe
@in_business("appointments:read")
def detail(request: DeskRequest, pk: UUID) -> HttpResponse:
    """One appointment with all its facts. Five queries."""
    return _detail_page(request, _appointment(request, pk))


@require_POST
@in_business("appointments:write")
def approval(request: DeskRequest, pk: UUID) -> HttpResponse:
    """Approves a request; where something is in the way, shows it and the way past it."""
    override = None
    if "override_reason" in request.POST and request.actor.may("appointments:override"):
        form = ReasonForm(request.POST)
        if not form.is_valid():
            clash = Clash(_("Not approved yet."))
            return _detail_page(request, _appointment(request, pk), clash=clash, form=form)
        override = Override(form.cleaned_data["override_reason"])
    try:
        approve(
            business_id=request.business.pk,
            appointment_id=pk,
            by=request.actor,
            override=override,
        )
    except Clash as clash:
        explain(clash)
        return _detail_page(request, _appointment(request, pk), clash=clash)
    except Refusal as refusal:
        _appointment(request, pk)
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, _("Approved."))
    return redirect("desk-appointment", alias=request.business.alias, pk=pk)


@require_POST
@in_business("appointments:write")
def cancellation(request: DeskRequest, pk: UUID) -> HttpResponse:
    """Cancels, or declines a request."""
    form = CancelForm(request.POST)
    if not form.is_valid():
        return _detail_page(request, _appointment(request, pk), cancel_form=form)
    try:
        cancel(
            business_id=request.business.pk,
            appointment_id=pk,
            by=request.actor,
            reason=form.cleaned_data["reason"],
        )
    except Refusal as refusal:
        _appointment(request, pk)
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, _("Cancelled."))
    return redirect("desk-appointment", alias=request.business.alias, pk=pk)
