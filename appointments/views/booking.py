"""Booking by hand: search, choose, book, and where something is in the way, decide."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from appointments.acceptance import Override
from appointments.booking import book
from appointments.clashes import explain
from appointments.errors import BadRequest, Clash, DateInPast, KeyReused, Refusal
from appointments.forms.booking import BookingForm, service_in
from appointments.forms.start import FIELDS, take_alternative
from appointments.idempotency import Claim, answer_once
from appointments.replies import Answer
from appointments.views.days import day_in
from businesses.hours import WeeklyHours
from businesses.models import Business
from businesses.statements import violated
from businesses.zones import zone
from patients.models import Patient
from staff.views import DeskRequest, in_business

SHOWN = 8
NOT_TYPED = {"csrfmiddlewaretoken"}


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
        """The form with what was typed; its errors show only when it is `bound`.

        The length of a service with one length need not be chosen.
        """
        service = service_in(self.business, self.typed)
        if service is not None:
            lengths = [str(one.minutes) for one in service.durations.all()]
            if len(lengths) == 1 and self.typed.get("duration", "") not in lengths:
                self.typed["duration"] = lengths[0]
        common: dict[str, Any] = {
            "business": self.business,
            "chosen_service": service,
            "overriding": overriding,
        }
        if bound:
            return BookingForm(self.typed, **common)
        return BookingForm(initial=self.typed.dict(), **common)

    def page(self, form: BookingForm, *, searched: bool = False) -> HttpResponse:
        matches, more = self.matches()
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
                "new_patient_open": form.types_newcomer,
                "more_open": any(
                    self.typed.get(name) or form.errors.get(name) for name in ("location", "tags")
                ),
                "times": list(opening_times(self.business)),
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


def opening_times(business: Business) -> dict[str, None]:
    """The wall-clock times of the business's step that any day of its week has, to choose from."""
    week = WeeklyHours.read(business.default_staff_working_hours)
    spans = [span for day in week.days for span in day] or [(8 * 60, 18 * 60)]
    step = max(business.time_increment, 5)
    first, last = min(start for start, _end in spans), max(end for _start, end in spans)
    minutes = range(first, min(last, 24 * 60), step)
    return dict.fromkeys(f"{minute // 60:02}:{minute % 60:02}" for minute in minutes)


def _start_to_offer(business: Business, day: date, place: ZoneInfo) -> str:
    """Today the next time of the business's step; on another day, none."""
    now = timezone.now().astimezone(place)
    if day != now.date():
        return ""
    return next((text for text in opening_times(business) if text > f"{now:%H:%M}"), "")


@in_business("appointments:write")
def book_page(request: DeskRequest) -> HttpResponse:
    """The form, and what its buttons ask for."""
    place = zone(request.business.timezone)
    if request.method != "POST":
        day = day_in(request.GET.get("day", ""), place)
        typed = QueryDict(mutable=True)
        for name in ("patient", "service", "staff", "time"):
            typed[name] = request.GET.get(name, "")
        typed["date"] = f"{day:%Y-%m-%d}"
        typed["time"] = request.GET.get("time") or _start_to_offer(request.business, day, place)
        shown = Desk(request, typed)
        return shown.page(_focused(shown.form(bound=False), "service" if typed["patient"] else "q"))
    typed = request.POST.copy()
    action = typed.get("action", "book")
    if "alternative" in typed:
        # A choice that can't be read is shown again, not booked at the time that is in the way.
        action = "book" if take_alternative(typed, place) else "refresh"
    shown = Desk(request, typed)
    if action in ("find", "refresh"):
        form = shown.form(bound=False)
        if "HX-Request" not in request.headers:  # there the focus stays where it is
            _focused(form, "q" if action == "find" else "duration")
        return shown.page(form, searched=action == "find")
    overriding = action == "override" and request.actor.may("appointments:override")
    form = shown.form(bound=True, overriding=overriding)
    if not form.is_valid():
        if overriding and "override_reason" in form.errors:
            shown.clash = Clash(_("Say why it is booked all the same."))
        return shown.page(form)
    return _book(shown, form, overriding=overriding)


def _focused(form: BookingForm, name: str) -> BookingForm:
    """The form with the field in which to go on."""
    form.fields[name].widget.attrs["autofocus"] = True
    return form


def _claim(shown: Desk, form: BookingForm) -> Claim:
    """A form that is sent twice books once: the second press gets the first one's answer."""
    sent = sorted(
        (name, tuple(values)) for name, values in shown.typed.lists() if name not in NOT_TYPED
    )
    return Claim(
        shown.business.pk,
        shown.request.actor.principal,
        f"form:{form.cleaned_data['submission']}",
        sha256(repr(sent).encode()).digest(),
    )


def _book(shown: Desk, form: BookingForm, *, overriding: bool) -> HttpResponse:
    request, business = shown.request, shown.business
    override = Override(form.cleaned_data["override_reason"]) if overriding else None

    def booked(_claim_id: UUID) -> tuple[Answer, bool]:
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
        return Answer(302, headers={"Location": f"{address}?saved=1"}), False

    try:
        answer, repeated = answer_once(_claim(shown, form), timezone.now(), booked)
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
    except IntegrityError as error:
        # Another desk added somebody with this address after our form had looked.
        if violated(error) != "patient_email_is_unique":
            raise
        form.refuse_taken_email()
        return shown.page(form)
    if not repeated:
        messages.success(request, _("Booked."))
    return redirect(answer.headers["Location"])
