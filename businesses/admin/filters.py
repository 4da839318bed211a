"""Filters of lists, which offer only what the person may see."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from businesses.admin.access import within
from businesses.models import Business


class WithinReach(admin.RelatedFieldListFilter):
    """By something that the row refers to, in the businesses in which the list is readable."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        path = "pk" if field.remote_field.model is Business else "business_id"
        return field.get_choices(
            include_blank=False,
            ordering=self.field_admin_ordering(field, request, model_admin),
            limit_choices_to=within(request.user, model_admin.reads, path),
        )


class Given(admin.SimpleListFilter):
    """Whether a nullable column has a value."""

    column: str
    yes: Any = _("Yes")
    no: Any = _("No")

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", self.yes), ("no", self.no)]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() in ("yes", "no"):
            return queryset.filter(**{f"{self.column}__isnull": self.value() == "no"})
        return queryset
