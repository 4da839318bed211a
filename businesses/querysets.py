"""Sets of rows that belong to a business."""

from typing import Any, Self

from django.db import models


class BusinessQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> Self:
        """Businesses in which the person works; every one for a superuser."""
        if user.is_superuser:
            return self
        return self.filter(staff__user=user, staff__status="ACTIVE").distinct()


class TenantQuerySet(models.QuerySet[Any]):
    """Rows with a `business`."""

    def of(self, business: Any) -> Self:
        return self.filter(business_id=business.pk)

    def visible_to(self, user: Any) -> Self:
        """Rows of the businesses in which the person works; every one for a superuser.

        The businesses are read once for the request, by `staff.access`.
        """
        if user.is_superuser:
            return self
        return self.filter(business_id__in=user.places_of_work())
