"""Those who wait for a time."""

from __future__ import annotations

from typing import Any

from appointments.models import WaitlistEntry
from businesses.models import Service
from tests.appointments.desk import NOW
from tests.factories import PatientFactory


def waits(service: Service, **facts: Any) -> WaitlistEntry:
    """Somebody who would take any time of the service from that Monday on."""
    facts.setdefault("first_day", NOW.date())
    facts.setdefault("minutes", 30)
    if "patient" not in facts:
        facts["patient"] = PatientFactory(business=service.business)
    entry: WaitlistEntry = WaitlistEntry.objects.create(
        business=service.business, service=service, **facts
    )
    return entry
