"""Sets of appointments, and of those who wait for one."""

from datetime import date, datetime
from typing import Self
from uuid import UUID

from django.db.models import Q

from businesses.querysets import TenantQuerySet


class AppointmentQuerySet(TenantQuerySet):
    def standing(self) -> Self:
        """Not cancelled."""
        return self.filter(cancelled_at__isnull=True)

    def holding_time(self) -> Self:
        """Approved and not cancelled: what keeps its hosts busy."""
        return self.filter(approved=True, cancelled_at__isnull=True)

    def requested(self) -> Self:
        """Waiting to be approved or declined, and holding no time until then."""
        return self.filter(approved=False, cancelled_at__isnull=True)

    def starting_in(self, start: datetime, end: datetime) -> Self:
        """Starting in the half-open `[start, end)`."""
        return self.filter(starts_at__gte=start, starts_at__lt=end)

    def with_names(self) -> Self:
        """With everything a page shows of them, in one query."""
        return self.select_related("service", "staff", "patient", "location", "business")


class WaitlistQuerySet(TenantQuerySet):
    def open(self) -> Self:
        """Neither booked nor taken off the list; their last day may have passed."""
        return self.filter(status__in=("waiting", "offered"))

    def hoping(self, today: date) -> Self:
        """Open, and some day that suits is still to come."""
        return self.open().filter(Q(last_day__isnull=True) | Q(last_day__gte=today))

    def wishing(self, staff_id: UUID) -> Self:
        """Those who would come to that person: by name, or to anyone."""
        return self.filter(Q(staff_ids=[]) | Q(staff_ids__contains=[staff_id]))

    def about(self, appointment_id: UUID) -> Self:
        """From which an appointment was booked, and open ones to which it could be earlier."""
        sooner = Q(instead_of_id=appointment_id, status__in=("waiting", "offered"))
        return self.filter(Q(appointment_id=appointment_id) | sooner)

    def with_names(self) -> Self:
        """With everything a page shows of them, in one query."""
        return self.select_related("patient", "service", "instead_of", "appointment")
