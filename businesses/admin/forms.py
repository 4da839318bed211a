"""What the admin's forms of one business offer to choose from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple

from businesses.models import Business


def well_formed(values: Iterable[Any]) -> list[str]:
    """The values that are identifiers; what somebody else's program sends can be anything."""
    found = []
    for value in values:
        try:
            found.append(str(UUID(str(value))))
        except ValueError:
            continue
    return found


class OfOneBusiness:
    """An autocomplete that asks for the rows of one business."""

    business_id: UUID | None = None

    def get_url(self) -> str:
        url: str = super().get_url()  # type: ignore[misc]
        return f"{url}?business={self.business_id}"

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        return super().optgroups(name, well_formed(value), attr)  # type: ignore[misc]


class BusinessAutocomplete(OfOneBusiness, AutocompleteSelect):
    pass


class BusinessAutocompleteMultiple(OfOneBusiness, AutocompleteSelectMultiple):
    pass


def autocomplete(
    field: Any, site: Any, business: Business, *, many: bool = False
) -> BusinessAutocomplete | BusinessAutocompleteMultiple:
    """A widget that offers what the field may refer to in that business."""
    kind = BusinessAutocompleteMultiple if many else BusinessAutocomplete
    widget: BusinessAutocomplete | BusinessAutocompleteMultiple = kind(field, site)
    widget.business_id = business.pk
    return widget
