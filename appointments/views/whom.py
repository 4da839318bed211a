"""Whom a visit is for, on every page that books: searched for, chosen, or written down anew."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import cached_property
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone

from appointments.forms.whom import WhomForm, uuid_in
from appointments.guests import Found, at_hand, find_patients, visits_of
from appointments.idempotency import Claim
from businesses.models import Business
from businesses.zones import opening, zone
from patients.models import Patient
from staff.views import DeskRequest

SHOWN = 8
AT_HAND = 6
LATELY = 3
BOOKED_LATELY = "booked_lately"
NOT_TYPED = {"csrfmiddlewaretoken"}


@dataclass
class Whom:
    """One visit to a page that books: what was typed, and the patients that are shown with it."""

    request: DeskRequest
    typed: QueryDict
    duplicates: list[Patient] = field(default_factory=list)

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
    def asks_for_matches(self) -> bool:
        """Whether somebody is typing into the search, and its answer is all that is wanted."""
        return (
            self.typed.get("action") == "find"
            and self.request.headers.get("HX-Target") == "matches"
        )

    def matches(self) -> HttpResponse:
        """The answer to a search alone."""
        return render(
            self.request, "appointments/parts/matches.html", self.found() | {"searched": True}
        )

    def whom(self, form: WhomForm) -> dict[str, Any]:
        """What parts/patient.html expects, and what every form does."""
        return self.found() | {
            "business": self.business,
            "zone": self.business.timezone,
            "form": form,
            "submission": uuid4(),
            "patient": self.patient,
            "visits": visits_of(self.patient) if self.patient else None,
            "duplicates": self.duplicates,
            "new_patient_open": form.types_newcomer,
        }

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


def claim(shown: Whom, form: WhomForm) -> Claim:
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


def patient_of(form: WhomForm) -> UUID:
    """The chosen patient; somebody new is saved first, in the transaction that books."""
    chosen: UUID | None = form.cleaned_data["patient"]
    if newcomer := form.new_patient():
        newcomer.save(force_insert=True)
        chosen = newcomer.pk
    assert chosen is not None
    return chosen
