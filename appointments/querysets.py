"""Sets of appointments."""

from datetime import datetime
from typing import Self

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
