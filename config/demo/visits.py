"""Which visits the demo clinic has: some weeks ago, and in the week to come."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Final

from django.utils import timezone

from appointments.acceptance import BookingRequest, Override
from appointments.booking import book
from appointments.changes import Changes
from appointments.changing import change
from appointments.errors import Clash
from appointments.models import Appointment, Status
from businesses.actor import Actor
from businesses.hours import DAYS
from businesses.zones import moments_at, zone
from config.demo import clinic
from config.demo.clinic import BUSINESS_ID, DemoPatient, DemoService, DemoStaff

PLACE: Final = zone(clinic.ZONE)
DAYS_AHEAD: Final = 7
WEEKS_AGO: Final = (2, 5, 9)
# Starts are this far apart, and no visit that holds time is longer with its buffers. So two of
# them never meet, not even this morning's, which are entered afterwards as an override. The hour
# of the class is too short for one.
PITCH: Final = timedelta(minutes=75)
MAKER: Final = Actor(name="Demo clinic", source="desk")
AFTERWARDS: Final = Override("Entered after the visit")


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """That hour of the clinic's clock, as UTC. London changes its clocks at one in the night."""
    return moments_at(datetime.combine(day, time(hour, minute)), PLACE)[0]


def fill_week(*, afterwards: bool) -> int:
    """Books what is planned for each empty day from today on; the number of appointments."""
    now = timezone.now()
    today = now.astimezone(PLACE).date()
    booked = 0
    for ahead in range(DAYS_AHEAD):
        day = today + timedelta(days=ahead)
        span = {"starts_at__gte": at(day, 0), "starts_at__lt": at(day + timedelta(days=1), 0)}
        if Appointment.objects.filter(business_id=BUSINESS_ID, **span).exists():
            continue
        for request in plan_of(day):
            # Only a clinic that nobody else can see yet is sure to have these times free.
            if request.starts_at > now or afterwards:
                booked += enter(request, past=request.starts_at <= now)
    return booked


def fill_past() -> None:
    """Visits of some weeks ago, which took place and were paid for."""
    today = timezone.now().astimezone(PLACE).date()
    asked_for = {one.id for one in clinic.SERVICES if one.approval}
    for weeks in WEEKS_AGO:
        day = today - timedelta(weeks=weeks, days=max(0, today.weekday() - 4))
        for number, request in enumerate(plan_of(day)):
            if request.service_id not in asked_for:
                paid = f"till-{day:%y%m%d}-{number:02}"
                take_place(replace(request, payment_provider="till", payment_id=paid))


def take_place(request: BookingRequest) -> None:
    one = book(business_id=BUSINESS_ID, request=request, by=MAKER, override=AFTERWARDS)
    for status in (Status.ARRIVED, Status.IN_PROGRESS, Status.COMPLETED):
        change(
            business_id=BUSINESS_ID,
            appointment_id=one.id,
            changes=Changes(status=status),
            by=MAKER,
        )


def plan_of(day: date) -> list[BookingRequest]:
    """What is booked on that day: the same on every run, spread over those who work then.

    Each patient comes once, so nobody has to be with two people at the same time.
    """
    chance = Random(day.toordinal())  # noqa: S311 - a plan, not a secret
    waiting = chance.sample(clinic.PATIENTS, len(clinic.PATIENTS))
    requests = []
    for service in clinic.SERVICES:
        for opens, _ in (service.hours or {}).get(DAYS[day.weekday()], []):
            if service.places > 1:
                (host,) = (one for one in clinic.STAFF if one.key in service.hosts)
                start = at(day, *divmod(opens, 100))
                requests += [
                    visit(service, host, start, waiting.pop(), chance)
                    for _ in range(chance.randint(3, service.places - 1))
                ]
    for member in clinic.STAFF:
        services = [one for one in clinic.SERVICES if suits(one, member)]
        for opens, closes in member.hours.get(DAYS[day.weekday()], []):
            start, end = at(day, *divmod(opens, 100)), at(day, *divmod(closes, 100))
            while services and waiting and start + PITCH <= end:
                if chance.random() < 0.6:
                    service = chance.choice(services)
                    requests.append(visit(service, member, start, waiting.pop(), chance))
                start += PITCH
    return requests


def suits(service: DemoService, member: DemoStaff) -> bool:
    """Whether it is among what the member's week is filled with: what needs no room, so that
    nothing but the members' own time is in the way.
    """
    if service.hours is not None or service.places > 1 or service.needs:
        return False
    return member.key in service.hosts


def visit(
    service: DemoService, member: DemoStaff, start: datetime, patient: DemoPatient, chance: Random
) -> BookingRequest:
    said = {
        "reason": ("Headaches since the summer", "A rash on the arm", "A general check-up"),
        "medicines": ("None", "Metformin", "Something for blood pressure"),
        "thinner": ("No", "Yes, apixaban"),
        "countries": ("Ghana", "Vietnam and Laos", "Peru"),
    }
    return BookingRequest(
        service_id=service.id,
        patient_id=patient.id,
        staff_id=member.id,
        starts_at=start,
        minutes=chance.choice(list(service.prices)),
        answers=tuple(
            (service.question_id(variable), chance.choice(said[variable]))
            for variable, _, _, _ in service.questions
            if variable in said
        ),
    )


def enter(request: BookingRequest, *, past: bool) -> bool:
    """Books it; false where something is in the way."""
    try:
        book(
            business_id=BUSINESS_ID,
            request=request,
            by=MAKER,
            override=AFTERWARDS if past else None,
        )
    except Clash:
        return False
    return True
