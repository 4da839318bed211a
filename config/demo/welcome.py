"""What to tell about the demo clinic: to a program, and to somebody who has just started it."""

import json
from datetime import timedelta
from itertools import product
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from appointments.acceptance import BookingRequest
from appointments.booking import book
from appointments.errors import Clash, Refusal
from businesses.models import Business, Service
from config.demo import clinic
from config.demo.clinic import BUSINESS_ID, DemoPatient, DemoService
from config.demo.planting import password_of, usable_token
from config.demo.visits import MAKER, PLACE, at
from patients.models import Patient
from staff.models import Staff, User


def described() -> dict[str, Any]:
    """The clinic as it stands, the same as long as nobody changes it."""
    business = Business.objects.get(pk=BUSINESS_ID)
    staff = Staff.objects.of(business).in_bulk([one.id for one in clinic.STAFF])
    services = (
        Service.objects.of(business)
        .prefetch_related("durations")
        .in_bulk([one.id for one in clinic.SERVICES])
    )
    patients = Patient.objects.of(business).in_bulk([one.id for one in clinic.PATIENTS])
    return {
        "baseUrl": settings.PUBLIC_URL,
        "apiKey": usable_token()[0],
        "businessId": str(business.pk),
        "businessAlias": business.alias,
        "timezone": business.timezone,
        "staff": [
            {
                "id": str(one.pk),
                "name": one.name,
                "email": one.email,
                "roles": one.roles,
                "takesBookings": one.takes_bookings,
            }
            for one in (staff[member.id] for member in clinic.STAFF if member.id in staff)
        ],
        "services": [
            {
                "id": str(one.pk),
                "name": one.name,
                "durations": [
                    {"duration": length.minutes, "price": length.price}
                    for length in one.durations.all()
                ],
                "bookingsPerTimeslot": one.bookings_per_timeslot,
                "bookingsRequireApproval": one.bookings_require_approval,
            }
            for one in (services[given.id] for given in clinic.SERVICES if given.id in services)
        ],
        "patients": [
            {"id": str(one.pk), "name": one.name, "email": one.email}
            for one in (patients[given.id] for given in clinic.PATIENTS if given.id in patients)
        ],
        "logins": logins(),
    }


def logins() -> list[dict[str, str]]:
    return [
        {"email": member.email, "password": password_of(member), "role": role}
        for role in ("owner", "front desk", "practitioner")
        for member in clinic.STAFF
        if member.logs_in_as == role
    ]


def welcome() -> list[str]:
    """Lines with the logins and the key that work, and a curl command that books; none of them
    where there is no demo clinic, or no longer.
    """
    if not Business.objects.filter(pk=BUSINESS_ID).exists():
        return []
    lines = ["", "  Log in as"]
    for login in logins():
        user = User.objects.filter(email=login["email"], is_active=True).first()
        if user is not None and user.check_password(login["password"]):
            role = login["role"].capitalize()
            lines.append(f"  {role:<15}{login['email']:<28}{login['password']}")
    return [*lines, *booking_command()]


def booking_command() -> list[str]:
    """A curl command that books a follow-up at a time that is free now, if there is one."""
    service = next(one for one in clinic.SERVICES if one.key == "follow-up")
    token, key = usable_token()
    found = bookable(service, clinic.PATIENTS[0]) if key else None
    if found is None:
        return []
    body = {
        "date": found.starts_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "duration": found.minutes,
        "serviceId": str(found.service_id),
        "patientId": str(found.patient_id),
    }
    return [
        "",
        f"  API key        {token}",
        "  It books an appointment:",
        "",
        f"curl -X POST {settings.PUBLIC_URL}/v1/businesses/{BUSINESS_ID}/appointments \\",
        f"  -H 'Authorization: Bearer {token}' \\",
        "  -H 'Content-Type: application/json' \\",
        f"  -d '{json.dumps(body)}'",
    ]


def bookable(service: DemoService, patient: DemoPatient) -> BookingRequest | None:
    """The next full hour from tomorrow on that could be booked: it is booked, and taken back.

    None when the fortnight is full, or when somebody has changed the demo so that it can't be.
    """
    tomorrow = timezone.now().astimezone(PLACE).date() + timedelta(days=1)
    for ahead, hour in product(range(14), range(9, 17)):
        request = BookingRequest(
            service_id=service.id,
            patient_id=patient.id,
            starts_at=at(tomorrow + timedelta(days=ahead), hour),
            minutes=max(service.prices),
        )
        with transaction.atomic():
            try:
                book(business_id=BUSINESS_ID, request=request, by=MAKER)
            except Refusal as refusal:
                refused: Refusal | None = refusal
            else:
                refused = None
            transaction.set_rollback(True)
        if refused is None:
            return request
        if not isinstance(refused, Clash):
            return None
    return None
