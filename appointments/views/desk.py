"""One visit to the booking page, and what every way to book from it has in common."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import cached_property
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from appointments.beforehand import Outlook, Wanted
from appointments.errors import Refusal
from appointments.forms.booking import BookingForm, service_in, uuid_in
from appointments.forms.repeating import Preview
from appointments.guests import Found, at_hand, find_patients, visits_of
from appointments.idempotency import Claim
from appointments.record import Record
from appointments.replies import Answer
from businesses.hours import WeeklyHours
from businesses.models import Business
from businesses.zones import moments_at, opening, zone
from patients.models import Patient
from staff.views import DeskRequest

SHOWN = 8
AT_HAND = 6
LATELY = 3
OFFERED = 6
DIGITS = 6  # of a length in minutes
BOOKED_LATELY = "booked_lately"
NOT_TYPED = {"csrfmiddlewaretoken"}


@dataclass
class Desk:
    """One visit to the booking page: what was typed, and what is shown with it."""

    request: DeskRequest
    typed: QueryDict
    clash: Refusal | None = None
    preview: Preview | None = None
    duplicates: list[Patient] = field(default_factory=list)
    focus: str = ""  # where to go on, if not in a field: "book" or "offered"

    @property
    def business(self) -> Business:
        return self.request.business

    @cached_property
    def patient(self) -> Patient | None:
        """The chosen one, archived or not."""
        chosen = uuid_in(self.typed.get("patient"))
        mine = Patient.objects.of(self.business)
        found: Patient | None = mine.filter(pk=chosen).first() if chosen else None
        return found

    @property
    def start(self) -> datetime | None:
        """The moment that is typed, if it is one."""
        try:
            wall = datetime.fromisoformat(f"{self.typed.get('date')}T{self.typed.get('time')}")
        except ValueError:
            return None
        if wall.tzinfo or not 1900 <= wall.year < 2200:
            return None
        moments = moments_at(wall, zone(self.business.timezone))
        return moments[-1 if self.typed.get("which") == "1" else 0] if moments else None

    def wanted(self) -> Wanted | None:
        """What would be booked, once service and length are chosen."""
        service, minutes = uuid_in(self.typed.get("service")), self.typed.get("duration", "")
        if service is None or not (minutes.isdecimal() and len(minutes) < DIGITS):
            return None
        return Wanted(
            business_id=self.business.pk,
            service_id=service,
            minutes=int(minutes),
            staff_id=uuid_in(self.typed.get("staff")),
            patient_id=self.patient.pk if self.patient else None,
        )

    def form(self, *, bound: bool, overriding: bool = False) -> BookingForm:
        """The form with what was typed; its errors show only when it is `bound`.

        The length of a service with one length need not be chosen, and follows the service.
        """
        service = service_in(self.business, self.typed)
        if service is not None:
            lengths = [str(one.minutes) for one in service.durations.all()]
            fits = self.typed.get("duration", "") in lengths
            if lengths and not fits and (len(lengths) == 1 or not bound):
                self.typed["duration"] = lengths[0]
        common: dict[str, Any] = {
            "business": self.business,
            "chosen_service": service,
            "overriding": overriding,
        }
        if bound:
            return BookingForm(self.typed, **common)
        form = BookingForm(initial=self.typed.dict(), **common)
        people: Any = form.fields["staff"]
        if self.typed.get("staff", "") not in dict(people.choices):
            self.typed["staff"] = form.initial["staff"] = ""
        return form

    def page(self, form: BookingForm, *, searched: bool = False) -> HttpResponse:
        outlook, times = self.ahead()
        return render(
            self.request,
            "appointments/book.html",
            self.found()
            | {
                "business": self.business,
                "zone": self.business.timezone,
                "form": form,
                "submission": uuid4(),
                "questions": form.questions,
                "searched": searched,
                "patient": self.patient,
                "visits": visits_of(self.patient) if self.patient else None,
                "duplicates": self.duplicates,
                "outlook": outlook,
                "free_times": times,
                "staff_id": self.typed.get("staff", ""),
                "focus": self.focus,
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

    def ahead(self) -> tuple[Outlook | None, list[datetime]]:
        """What stands against the visit as it is chosen so far, and the next times for it."""
        wanted, start = self.wanted(), self.start
        if wanted is None or self.clash or self.preview:  # which say more
            return None, []
        try:
            outlook = wanted.outlook(start) if start else None
            return outlook, wanted.next_times(start or timezone.now(), OFFERED)
        except Refusal:  # of what can't be booked at any time: said when the form is sent
            return None, []

    def found(self) -> dict[str, Any]:
        """The chosen patient, those who match the search, and who nearly does.

        For an empty search those whom this desk booked last, and who is expected today.
        """
        chosen = [self.patient] if self.patient else []
        words = self.typed.get("q", "")[:200]
        if words.strip():
            found = find_patients(self.business, words, limit=SHOWN)
        else:
            found = Found([] if chosen else self._at_hand())
        return {
            "matches": [*chosen, *(one for one in found.patients if one not in chosen)],
            "alike": [one for one in found.alike if one not in chosen],
            "more_matches": found.more,
            "at_hand": not words.strip() and not chosen,
            "chosen": self.typed.get("patient", ""),
        }

    def _at_hand(self) -> list[Patient]:
        lately = self.request.session.get(BOOKED_LATELY, {}).get(str(self.business.pk), [])
        place = zone(self.business.timezone)
        today = datetime.combine(timezone.now().astimezone(place).date(), time())
        return at_hand(
            self.business,
            lately=[UUID(one) for one in lately],
            start=opening(today, place),
            end=opening(today + timedelta(days=1), place),
            limit=AT_HAND,
        )

    def remember(self, patient_id: UUID) -> None:
        """Whom this desk booked last is whom it is asked about next."""
        kept = self.request.session.get(BOOKED_LATELY, {})
        mine = str(self.business.pk)
        others = [one for one in kept.get(mine, []) if one != str(patient_id)]
        self.request.session[BOOKED_LATELY] = kept | {mine: [str(patient_id), *others][:LATELY]}


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
    shown.remember(record.patient_id)
    address = reverse("desk-appointment", args=(shown.business.alias, record.id))
    return Answer(302, headers={"Location": f"{address}?saved=1"})
