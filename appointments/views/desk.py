"""One visit to the booking page, and what every way to book from it has in common."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse

from appointments.errors import Refusal
from appointments.forms.booking import BookingForm, service_in
from appointments.forms.repeating import Preview
from appointments.idempotency import Claim
from appointments.record import Record
from appointments.replies import Answer
from businesses.hours import WeeklyHours
from businesses.models import Business
from patients.models import Patient
from staff.views import DeskRequest

SHOWN = 8
NOT_TYPED = {"csrfmiddlewaretoken"}


@dataclass
class Desk:
    """One visit to the booking page: what was typed, and what is shown with it."""

    request: DeskRequest
    typed: QueryDict
    clash: Refusal | None = None
    preview: Preview | None = None

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
                "preview": self.preview,
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


def claim(shown: Desk, form: BookingForm) -> Claim:
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


def patient_of(form: BookingForm) -> UUID:
    """The chosen patient; somebody new is saved first, in the transaction that books."""
    chosen: UUID | None = form.cleaned_data["patient"]
    if newcomer := form.new_patient():
        newcomer.save(force_insert=True)
        chosen = newcomer.pk
    assert chosen is not None
    return chosen


def led_to(shown: Desk, record: Record) -> Answer:
    """To the page of what was booked, which forgets what the form has kept."""
    address = reverse("desk-appointment", args=(shown.business.alias, record.id))
    return Answer(302, headers={"Location": f"{address}?saved=1"})
