"""Makes the demo clinic, whole or not at all, and finds it as it was made."""

import base64
import hmac
from datetime import date, timedelta
from hashlib import sha256
from itertools import count

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from appointments.models import WaitlistEntry
from businesses.keys import MARK, create_key, secret_hash
from businesses.models import (
    ApiKey,
    BookingQuestion,
    Business,
    Closure,
    Location,
    Resource,
    ResourceNeed,
    Service,
    ServiceCategory,
    ServiceDuration,
    ServiceInCategory,
)
from businesses.recurrence import Rule
from businesses.scopes import EVERY_SCOPE
from businesses.statements import rows, sign
from config.demo import clinic
from config.demo.clinic import BUSINESS_ID, DemoService, DemoStaff, demo_id
from config.demo.visits import MAKER, PLACE, at, fill_past, fill_week
from patients.models import Patient
from staff.blocking import block
from staff.models import ServiceHost, Staff, TimeBlocker, User
from staff.roles import Role


class AliasTaken(Exception):
    """Another business has the demo clinic's alias."""


def derived(purpose: str) -> bytes:
    """A secret that is the same on every run and known only to who knows SECRET_KEY."""
    return hmac.digest(settings.SECRET_KEY.encode(), f"demo clinic: {purpose}".encode(), sha256)


def password_of(member: DemoStaff) -> str:
    return f"riverside-{derived(member.email).hex()[:8]}"


def key_token(number: int) -> str:
    return MARK + base64.urlsafe_b64encode(derived(f"api key {number}")).decode().rstrip("=")


def usable_token() -> tuple[str, ApiKey | None]:
    """The first token of the demo key that nobody has ended, and its key if it was made yet."""
    for token in map(key_token, count()):
        key: ApiKey | None = ApiKey.objects.filter(
            business_id=BUSINESS_ID, secret_hash=secret_hash(token)
        ).first()
        if key is None or (
            key.revoked_at is None and (key.expires_at is None or key.expires_at > timezone.now())
        ):
            return token, key
    raise AssertionError("unreachable")


@transaction.atomic
def plant() -> int:
    """Makes the clinic where it is missing, its logins and key where they no longer work.

    A new clinic has seen most of its patients before. Days of the coming week on which nothing at
    all is booked get their appointments; returns how many. Changes nothing else that somebody has
    changed. AliasTaken, and then nothing is made.
    """
    # A second planter waits for the first, longer than a booking may wait.
    rows("SELECT set_config('lock_timeout', '20s', true)", ())
    rows("SELECT pg_advisory_xact_lock(%s)", (BUSINESS_ID.int % 2**63,))
    sign(MAKER)
    is_new = not Business.objects.filter(pk=BUSINESS_ID).exists()
    if is_new:
        if Business.objects.filter(alias__iexact=clinic.ALIAS).exists():
            raise AliasTaken(f"Another business has the alias {clinic.ALIAS}; nothing was added.")
        make_clinic()
    for member in clinic.STAFF:
        if member.logs_in_as:
            let_in(member)
    token, key = usable_token()
    if key is None:
        create_key(
            business=Business.objects.get(pk=BUSINESS_ID),
            description="Demo integration",
            scopes=EVERY_SCOPE,
            token=token,
        )
    if is_new:
        fill_past()
    return fill_week(afterwards=is_new)


def make_clinic() -> None:
    business = Business.objects.create(
        id=BUSINESS_ID,
        alias=clinic.ALIAS,
        name=clinic.NAME,
        email=clinic.EMAIL,
        timezone=clinic.ZONE,
        currency=clinic.CURRENCY,
    )
    for name, (address, instructions) in clinic.LOCATIONS.items():
        Location.objects.create(
            id=demo_id("location", name),
            business=business,
            name=name,
            address=address,
            instructions=instructions,
            timezone=clinic.ZONE,
        )
    for name, kind in clinic.RESOURCES.items():
        Resource.objects.create(
            id=demo_id("resource", name),
            business=business,
            name=name,
            kind=kind,
            location_id=demo_id("location", "Riverside House"),
        )
    for name in clinic.CATEGORIES:
        ServiceCategory.objects.create(id=demo_id("category", name), business=business, name=name)
    for member in clinic.STAFF:
        Staff.objects.create(
            id=member.id,
            business=business,
            email=member.email,
            alias=member.key,
            name=member.name,
            roles=list(member.roles),
            takes_bookings=Role.PRACTITIONER in member.roles,
            weekly_hours=member.hours,
        )
    for service in clinic.SERVICES:
        make_service(business, service)
    for patient in clinic.PATIENTS:
        Patient.objects.create(
            id=patient.id,
            business=business,
            name=patient.name,
            email=patient.email or None,
            phone_mobile=patient.phone,
            dob=patient.born,
        )
    block_time(business)
    close_days(business)
    make_waitlist(business)


def make_waitlist(business: Business) -> None:
    """Those who would like a time that is taken, from today on."""
    today = timezone.now().astimezone(PLACE).date()
    for wish in clinic.WAITLIST:
        WaitlistEntry.objects.create(
            id=wish.id,
            business=business,
            patient_id=demo_id("patient", wish.patient),
            service_id=demo_id("service", wish.service),
            minutes=wish.minutes,
            staff_ids=[demo_id("staff", key) for key in wish.hosts],
            first_day=today,
            last_day=today + timedelta(days=wish.days) if wish.days else None,
            weekdays=list(wish.weekdays),
            urgency=wish.urgency,
            note=wish.note,
            created_by=MAKER.name,
        )


def make_service(business: Business, service: DemoService) -> None:
    Service.objects.create(
        id=service.id,
        business=business,
        alias=service.key,
        name=service.name,
        description=service.description,
        location_id=demo_id("location", service.location) if service.location else None,
        location_type=service.location_type,
        location_value=service.location_value,
        working_hours=service.hours,
        bookings_require_approval=service.approval,
        bookings_per_timeslot=service.places,
        time_increment=service.step,
        buffer_before_minutes=service.before,
        buffer_after_minutes=service.after,
    )
    ServiceInCategory.objects.create(
        business=business,
        service_id=service.id,
        category_id=demo_id("category", service.category),
    )
    for kind in service.needs:
        ResourceNeed.objects.create(business=business, service_id=service.id, kind=kind)
    for minutes, price in service.prices.items():
        ServiceDuration.objects.create(
            business=business, service_id=service.id, minutes=minutes, price=price
        )
    for position, (variable, text, kind, required) in enumerate(service.questions):
        BookingQuestion.objects.create(
            id=service.question_id(variable),
            business=business,
            service_id=service.id,
            variable_name=variable,
            question=text,
            kind=kind,
            required=required,
            position=position,
        )
    for keys, additional in ((service.hosts, False), (service.joined_by, True)):
        for key in keys:
            ServiceHost.objects.create(
                business=business,
                service_id=service.id,
                staff_id=demo_id("staff", key),
                additional=additional,
            )


def let_in(member: DemoStaff) -> None:
    """Makes the login, or makes its printed password right again."""
    login, made = User.objects.get_or_create(
        email=member.email,
        defaults={"id": demo_id("login", member.email), "name": member.name},
    )
    if made or not login.check_password(password_of(member)):
        login.set_password(password_of(member))
        login.save(update_fields=["password"])
    Staff.objects.filter(pk=member.id, business_id=BUSINESS_ID, user=None).update(user=login)


def block_time(business: Business) -> None:
    """A practice meeting on the next working day but one, and a holiday in three weeks."""
    today = timezone.now().astimezone(PLACE).date()
    meeting = today + timedelta(days=2)
    while meeting.weekday() >= 5:
        meeting += timedelta(days=1)
    monday = today + timedelta(days=21 - today.weekday())
    for key, first, last, reason in (
        ("amelia", at(meeting, 12), at(meeting, 13), "Practice meeting"),
        ("daniel", at(meeting, 12), at(meeting, 13), "Practice meeting"),
        ("priya", at(monday, 0), at(monday + timedelta(days=7), 0), "Holiday"),
    ):
        TimeBlocker.objects.create(
            business=business,
            staff_id=demo_id("staff", key),
            starts_at=first,
            ends_at=last,
            reason=reason,
        )
    meet_weekly(today)


def meet_weekly(today: date) -> None:
    """A team meeting every Thursday for half a year, at an hour when no visit is planned."""
    first = today + timedelta(days=(3 - today.weekday()) % 7)
    last = first + timedelta(weeks=25)
    for key in ("amelia", "grace", "sofia", "ben"):
        block(
            staff=Staff.objects.select_related("business").get(pk=demo_id("staff", key)),
            starts_at=at(first, 16, 30),
            ends_at=at(first, 17),
            reason="Team meeting",
            rule=Rule.read(f"FREQ=WEEKLY;BYDAY=TH;UNTIL={last:%Y%m%d}"),
            by=MAKER,
        )


def close_days(business: Business) -> None:
    """A break over the turn of the year after next: later than anybody can book."""
    year = timezone.now().astimezone(PLACE).year + 2
    Closure.objects.create(
        id=demo_id("closure", "winter-break"),
        business=business,
        name="Winter break",
        date_start=date(year, 12, 24),
        date_end=date(year + 1, 1, 1),
    )
