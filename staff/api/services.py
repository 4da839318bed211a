"""Services over HTTP, with who hosts them.

They are here and not with the rest of the practice because a service tells its staff, and
`businesses` does not know that there are people.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpResponse
from django.urls import reverse
from drf_spectacular.utils import extend_schema_view
from rest_framework.request import Request

from businesses.api.answers import check_seen, nothing
from businesses.api.collections import Clashing, CollectionViewSet
from businesses.api.fields import Identifier, Text
from businesses.api.outputs import many, one
from businesses.api.query import Filters, Reads, Switch, only, parameters_of, refused
from businesses.api.references import all_named
from businesses.api.schema import IF_MATCH, operation
from businesses.api.services import (
    ServiceChange,
    ServiceInput,
    ServiceOutput,
    fill,
    fill_lists,
    services_of,
)
from businesses.lines import replace_lines
from businesses.models import Service, ServiceInCategory
from businesses.removing import remove_service
from staff.models import ServiceHost, Staff

TAG = "Services"
ALIAS_TAKEN = Clashing("alias_taken", "Another service here has this alias; send another.")
GONE = "was deleted at this moment; get the list again."
REFUSALS = (
    "400 bad_alias",
    "400 bad_currency",
    "400 category_not_found",
    "400 contradictory",
    "400 empty",
    "400 location_not_found",
    "400 not_a_list",
    "400 repeated",
    "400 staff_in_both",
    "400 staff_not_found",
    "409 alias_taken",
    "409 category_not_found",
    "409 staff_not_found",
)
NEW, CHANGE = ServiceInput(), ServiceChange()


class ServiceFilters(Filters):
    enabled = Reads(Switch(), help_text="Only what can be booked, or only what can't.")
    categoryId = Reads(
        Identifier(), method="in_category", help_text="Only services of this category."
    )
    staffId = Reads(
        Identifier(),
        method="hosted_by",
        help_text="Only services that name this staff member, or that anybody who takes bookings "
        "hosts if this one does.",
    )
    locationId = Reads(
        Identifier(), field_name="location_id", help_text="Only services at this location."
    )
    search = Reads(
        Text(max_length=200),
        field_name="name",
        lookup_expr="icontains",
        help_text="Only services with this in their name, in any case.",
    )

    def in_category(self, services: QuerySet[Any], name: str, value: UUID) -> QuerySet[Any]:
        filed = ServiceInCategory.objects.filter(
            business_id=OuterRef("business_id"), service_id=OuterRef("pk"), category_id=value
        )
        return services.filter(Exists(filed))

    def hosted_by(self, services: QuerySet[Any], name: str, value: UUID) -> QuerySet[Any]:
        """As `Staff.objects.providers_of`, asked from the other side; and who comes along."""
        hosts = ServiceHost.objects.filter(
            business_id=OuterRef("business_id"), service_id=OuterRef("pk")
        )
        takes_bookings = Staff.objects.active().filter(
            business_id=self.business_id, pk=value, takes_bookings=True
        )
        return services.filter(
            Exists(hosts.filter(staff_id=value))
            | (~Exists(hosts.filter(additional=False)) & Exists(takes_bookings))
        )


@extend_schema_view(
    list=operation(
        "listServices",
        TAG,
        "List services",
        parameters=parameters_of(ServiceFilters),
        answer={200: many(ServiceOutput)},
    ),
    create=operation(
        "createService",
        TAG,
        "Add a service",
        request=ServiceInput,
        answer={200: one(ServiceOutput)},
        refusals=REFUSALS,
    ),
    retrieve=operation("getService", TAG, "Get a service", answer={200: one(ServiceOutput)}),
    update=operation(
        "updateService",
        TAG,
        "Change a service",
        "What is left out stays, null empties, and a list replaces the whole list. What is booked "
        "already keeps its length and price.",
        parameters=[IF_MATCH],
        request=ServiceChange,
        answer={200: one(ServiceOutput)},
        refusals=REFUSALS,
    ),
    destroy=operation(
        "deleteService",
        TAG,
        "Delete a service",
        "It can't be booked any more and is told no more. Its appointments keep it; its alias is "
        "free for another.",
        parameters=[IF_MATCH],
        writes=True,
        answer={204: None},
    ),
)
class ServiceViewSet(CollectionViewSet):
    """Services of one business that were not put away."""

    serializer_class = ServiceOutput
    output = ServiceOutput()
    filters = ServiceFilters
    conflicts: ClassVar[Mapping[str, Clashing]] = {
        "service_alias_is_unique": ALIAS_TAKEN,
        "staff_servicehost_staff_id_same_business": Clashing(
            "staff_not_found", f"A staff member {GONE}"
        ),
        "businesses_serviceincategory_category_id_same_business": Clashing(
            "category_not_found", f"A category {GONE}"
        ),
    }
    scopes: ClassVar[dict[str, str]] = {
        "list": "services:read",
        "retrieve": "services:read",
        "create": "services:write",
        "update": "services:write",
        "destroy": "services:write",
    }

    def rows(self) -> QuerySet[Service]:
        """Services with the ids of their people, in the order of those."""
        business_id = self.kwargs["business_id"]
        hosts = ServiceHost.objects.filter(
            business_id=business_id, service_id=OuterRef("pk")
        ).order_by("staff_id")
        return services_of(business_id).annotate(
            staffs_ids=ArraySubquery(hosts.filter(additional=False).values("staff_id")),
            additional_staff_ids=ArraySubquery(hosts.filter(additional=True).values("staff_id")),
        )

    def held(self, request: Request, pk: UUID) -> Any:
        """The lists of ids are part of the statement that reads the row, so that statement begins
        after the lock came: waiting in it would tell the lists of before.
        """
        mine = Service.objects.filter(business_id=self.kwargs["business_id"], archived_at=None)
        if not mine.select_for_update(no_key=True).filter(pk=pk).values_list("pk"):
            raise Http404
        service = self.found(pk)
        check_seen(request, self.etag(service))
        return service

    def create(self, request: Request, business_id: UUID) -> HttpResponse:
        only(request)
        sent = NEW.read(request.data)
        with self.saving():
            service = fill(Service(business_id=business_id), sent)
            service.save(force_insert=True)
            fill_lists(service, sent)
            fill_hosts(service, sent)
            made = self.found(service.pk)
        address = reverse("v1:service", args=(business_id, made.pk))
        return self.answer(request, made, Location=address)

    def update(self, request: Request, business_id: UUID, pk: UUID) -> HttpResponse:
        """Saves the row also where only a list of it changes: `updatedAt` says that it did."""
        only(request)
        sent = CHANGE.read(request.data)
        with self.saving():
            service = fill(self.held(request, pk), sent)
            service.save()
            fill_lists(service, sent)
            fill_hosts(service, sent)
            changed = self.found(pk)
        return self.answer(request, changed)

    def destroy(self, request: Request, business_id: UUID, pk: UUID) -> HttpResponse:
        only(request)
        with self.saving():
            remove_service(self.held(request, pk))
        return nothing()


def fill_hosts(service: Any, sent: Mapping[str, Any]) -> None:
    """Who hosts a stored service and who comes along, where that was sent."""
    lists = ("staffsIds", "additionalStaffIds")
    if not any(name in sent for name in lists):
        return
    kept = {"staffsIds": "staffs_ids", "additionalStaffIds": "additional_staff_ids"}
    mine = Staff.objects.filter(business_id=service.business_id)
    booked, along = (
        all_named(mine, sent[name] or [], name, "staff")
        if name in sent
        else getattr(service, kept[name], [])
        for name in lists
    )
    if both := {*booked} & {*along}:
        title = f"{min(both)} is in staffsIds and in additionalStaffIds; send both lists."
        raise refused(
            "additionalStaffIds" if "additionalStaffIds" in sent else "staffsIds",
            title,
            "staff_in_both",
        )
    hosts = {pk: {"additional": False} for pk in booked} | {
        pk: {"additional": True} for pk in along
    }
    replace_lines(ServiceHost, service, "staff_id", hosts)
