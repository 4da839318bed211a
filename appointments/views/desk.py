"""One visit to the booking page, and what every way to book from it has in common."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from appointments.beforehand import Outlook, Wanted
from appointments.errors import Refusal
from appointments.forms.asking import service_in
from appointments.forms.booking import BookingForm
from appointments.forms.repeating import Preview
from appointments.forms.whom import uuid_in
from appointments.record import Record
from appointments.replies import Answer
from appointments.views.days import day_in
from appointments.views.whom import Whom
from businesses.hours import WeeklyHours
from businesses.models import Business
from businesses.zones import moments_at, zone

OFFERED = 6
DIGITS = 6  # of a length in minutes


@dataclass
class Desk(Whom):
    """One visit to the booking page: what was typed, and what is shown with it."""

    clash: Refusal | None = None
    preview: Preview | None = None
    focus: str = ""  # where to go on, if not in a field: "book" or "offered"

    @property
    def day(self) -> date:
        """The day that is typed; today, if it is none."""
        return day_in(self.typed.get("date", ""), zone(self.business.timezone))

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

        The length follows the service: the one that was drawn on the day, or the nearest to it.
        """
        service = service_in(self.business, self.typed)
        if service is not None:
            lengths = [one.minutes for one in service.durations.all()]
            fits = self.typed.get("duration", "") in map(str, lengths)
            if lengths and not fits and (len(lengths) == 1 or not bound):
                self.typed["duration"] = str(nearest(lengths, self.typed.get("duration", "")))
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
            self.whom(form)
            | {
                "questions": form.questions,
                "searched": searched,
                "outlook": outlook,
                "free_times": times,
                "staff_id": self.typed.get("staff", ""),
                "focus": self.focus,
                "more_open": any(
                    self.typed.get(name) or form.errors.get(name) for name in ("location", "tags")
                ),
                "day": self.day,
                "day_address": reverse("desk-day", args=[self.business.alias])
                + f"?day={self.day:%Y-%m-%d}",
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


def nearest(lengths: list[int], wished: str) -> int:
    """Of the lengths of a service that which is wished for, or is nearest to it; or the first."""
    if not (wished.isdecimal() and len(wished) < DIGITS):
        return lengths[0]
    return min(lengths, key=lambda one: abs(one - int(wished)))


def opening_times(business: Business) -> dict[str, None]:
    """The wall-clock times of the business's step that any day of its week has, to choose from."""
    week = WeeklyHours.read(business.default_staff_working_hours)
    spans = [span for day in week.days for span in day] or [(8 * 60, 18 * 60)]
    step = max(business.time_increment, 5)
    first, last = min(start for start, _end in spans), max(end for _start, end in spans)
    minutes = range(first, min(last, 24 * 60), step)
    return dict.fromkeys(f"{minute // 60:02}:{minute % 60:02}" for minute in minutes)


def led_to(shown: Desk, record: Record) -> Answer:
    """To the page of what was booked, which forgets what the form has kept."""
    shown.remember(record.patient_id)
    address = reverse("desk-appointment", args=(shown.business.alias, record.id))
    return Answer(302, headers={"Location": f"{address}?saved=1"})
