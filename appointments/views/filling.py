"""Buttons that fill in the booking form: each changes what is typed, and books nothing."""

from __future__ import annotations

from appointments.forms.start import take_alternative
from appointments.forms.whom import NEWCOMER, uuid_in
from appointments.guests import likely_the_same
from appointments.models import Appointment
from appointments.views.whom import Whom
from businesses.zones import zone
from patients.models import Patient


def same_again(shown: Whom) -> None:
    """Service, length and person of a visit that the patient had, if it is one of this clinic.

    What is not offered any more is left to choose. One query.
    """
    visit_id = uuid_in(shown.typed["again"])
    visit = Appointment.objects.of(shown.business).filter(pk=visit_id).first() if visit_id else None
    if visit is None or visit.patient_id != uuid_in(shown.typed.get("patient")):
        return
    typed = shown.typed
    typed["service"], typed["staff"] = str(visit.service_id), str(visit.staff_id)
    typed["duration"] = str(int(visit.duration.total_seconds()) // 60)
    if typed.get("column") != typed["staff"]:
        typed["column"] = ""
    typed["place"] = ""


def at_time(shown: Whom) -> None:
    """One of the next free times."""
    shown.typed["alternative"] = shown.typed.get("at", "")
    take_alternative(shown.typed, zone(shown.business.timezone))


def time_there(shown: Whom) -> None:
    """A free time that was pressed on the day, and whose it is; what was typed stays.

    As long as no service is chosen, what that person provides is offered.
    """
    shown.typed["which"] = ""
    if not shown.typed.get("service"):
        shown.typed["column"] = shown.typed.get("staff", "")


def same_person(shown: Whom) -> None:
    """The patient who is there already, instead of the new one who was typed in."""
    shown.typed["patient"] = shown.typed.get("same", "")
    for name in NEWCOMER:
        shown.typed[name] = ""


def every_service(shown: Whom) -> None:
    """All services, not only those of the person and the place whose day it was opened from."""
    shown.typed["column"] = shown.typed["place"] = shown.typed["staff"] = ""


def doubles_of(newcomer: Patient) -> list[Patient]:
    """Patients who may be the one that is about to be added."""
    return likely_the_same(
        newcomer.business,
        name=newcomer.name,
        phone=newcomer.phone_mobile,
        birth_date=newcomer.dob,
    )
