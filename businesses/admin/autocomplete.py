"""What the autocompletes of the admin offer."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.http import HttpRequest

from businesses.admin.forms import well_formed


class OfOneBusinessView(AutocompleteJsonView):
    """Rows that the person may see, of the form's business, and fit for something new."""

    def process_request(self, request: HttpRequest) -> Any:
        term, *rest = super().process_request(request)
        return term.replace("\x00", ""), *rest

    def get_queryset(self) -> Any:
        found = super().get_queryset()
        business_id = self.request.GET.get("business")
        if business_id is not None and hasattr(self.model_admin, "in_business"):
            found = found.filter(business_id__in=well_formed([business_id]))
        offered = getattr(self.model_admin, "offered", None)
        return found if offered is None else offered(found)
