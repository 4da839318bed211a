"""A clinic with a doctor, a nurse, three patients and a desk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from appointments import booking
from appointments.acceptance import BookingRequest
from appointments.models import WaitlistEntry
from appointments.record import Record
from businesses.actor import Actor
from businesses.models import BookingQuestion, Business, Service
from businesses.zones import moments_at, zone
from patients.models import Patient
from staff.models import Staff, User
from staff.roles import Role
from tests.factories import (
    BusinessFactory,
    LocationFactory,
    PatientFactory,
    ServiceFactory,
    StaffFactory,
    member,
)


@dataclass
class Clinic:
    business: Business
    sofia: User
    doctor: Staff
    nurse: Staff
    service: Service
    call: Service
    ana: Patient
    day: date  # a Monday in two or three weeks, on which nothing is booked

    def path(self, page: str) -> str:
        return f"/desk/{self.business.alias}/{page}"

    @property
    def book_path(self) -> str:
        return self.path(f"book?day={self.day}")

    def at(self, hour: int, minute: int = 0) -> datetime:
        wall = datetime(self.day.year, self.day.month, self.day.day, hour, minute)  # noqa: DTZ001
        return moments_at(wall, zone(self.business.timezone))[0]

    def book(self, hour: int, **more: Any) -> Record:
        """Books past the desk, with the doctor."""
        request = {
            "service_id": self.service.pk,
            "patient_id": self.ana.pk,
            "starts_at": self.at(hour),
            "minutes": 30,
            "staff_id": self.doctor.pk,
        } | more
        return booking.book(
            business_id=self.business.pk,
            request=BookingRequest(**request),
            by=Actor(name="Partner", source="api"),
        )

    def soon(self, hour: int, **more: Any) -> Record:
        """Books past the desk, the day after tomorrow."""
        today = datetime.now(UTC).date()
        start = datetime.combine(today + timedelta(days=2), time(hour), UTC)
        return self.book(hour, **({"starts_at": start} | more))


def waits(clinic: Clinic, **facts: Any) -> WaitlistEntry:
    """Bert, who would take any time of a follow-up."""
    facts = {
        "patient": Patient.objects.get(name="Bert Stone"),
        "service": clinic.service,
        "minutes": 30,
        "first_day": datetime.now(UTC).date(),
        "created_by": "Sofia Marchetti",
    } | facts
    entry: WaitlistEntry = WaitlistEntry.objects.create(business=clinic.business, **facts)
    return entry


def make_clinic() -> Clinic:
    business = BusinessFactory(name="Riverside Practice", alias="riverside")
    today = datetime.now(UTC).date()
    service = ServiceFactory(
        business=business, name="Follow-up", location=LocationFactory(business=business)
    )
    BookingQuestion.objects.create(
        business=business, service=service, question="Which pills?", variable_name="pills"
    )
    PatientFactory(business=business, name="Bert Stone", phone_mobile="+44 7700 900456")
    PatientFactory(business=business, name="Berta Lind", phone_mobile="+44 7700 900789")
    return Clinic(
        business=business,
        sofia=member(
            business, Role.FRONT_DESK, name="Sofia Marchetti", email="sofia@riverside.example"
        ),
        doctor=StaffFactory(business=business, name="Dr Hart"),
        nurse=StaffFactory(business=business, name="Nurse Mwangi"),
        service=service,
        call=ServiceFactory(business=business, name="Call", durations={10: 0}),
        ana=PatientFactory(
            business=business,
            name="Ana Núñez",
            phone_mobile="+44 7700 900123",
            email="ana.nunez-of-the-long-address@post.riverside.example",
            dob=date(1980, 4, 23),
        ),
        day=today + timedelta(days=21 - today.weekday()),
    )
