"""Sets of people who work in a business."""

from typing import Any, Self

from django.db.models import Exists, OuterRef, Q

from businesses.querysets import TenantQuerySet


class StaffQuerySet(TenantQuerySet):
    def active(self) -> Self:
        return self.filter(status="ACTIVE")

    def providers_of(self, service: Any) -> Self:
        """Active staff who host this service: those named for it, else all who take bookings.

        Never somebody who only comes along to it.
        """
        hosts = self.model.hosting.rel.related_model.objects.filter(
            business_id=service.business_id, service_id=service.pk
        )
        named = hosts.filter(additional=False)
        mine = OuterRef("pk")
        return self.active().filter(
            Q(business_id=service.business_id),
            Exists(named.filter(staff_id=mine))
            | (Q(takes_bookings=True) & ~Exists(named) & ~Exists(hosts.filter(staff_id=mine))),
        )
