"""Which rooms and devices a service needs."""

from __future__ import annotations

from collections import Counter
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request

from businesses.api.collections import Clashing
from businesses.api.fields import Identifier, Input, OrNull, Several
from businesses.api.outputs import many
from businesses.api.query import paging_parameters, refused
from businesses.api.references import unknown
from businesses.api.resources import Kind
from businesses.api.schema import IF_MATCH, operation
from businesses.api.service_parts import Lines, PartsViewSet, optional
from businesses.lines import replace_needs
from businesses.models import Resource, ResourceNeed, Service

TAG = "Services"
MOST = 50


class NeedInput(Input):
    """One of a kind, or a particular one: send one of the two."""

    kind = Kind(**optional(max_length=50, help_text="Any that is of this kind and free."))
    resourceId = Identifier(**optional(help_text="This one and no other."))


class NeedsInput(Input):
    """The body with all that a service needs. A kind may come several times, for several of it."""

    resources = Several(child=NeedInput(), max_length=MOST)


class NeedOutput(serializers.Serializer[Any]):
    """Any room or device of a kind, or a particular one."""

    kind = OrNull()
    resourceId = Identifier(source="resource_id", allow_null=True)


WRITTEN = NeedsInput()


@extend_schema_view(
    list=operation(
        "listServiceResources",
        TAG,
        "List what rooms and devices a service needs",
        parameters=paging_parameters(),
        answer={200: many(NeedOutput)},
    ),
    update=operation(
        "replaceServiceResources",
        TAG,
        "Say what rooms and devices a service needs",
        "The list replaces the whole list. What is booked already keeps what it holds.",
        parameters=[IF_MATCH],
        request=NeedsInput,
        answer={200: many(NeedOutput)},
        refusals=(
            "400 kind_or_resource",
            "400 not_a_list",
            "400 repeated",
            "400 resource_not_found",
            "409 resource_not_found",
        ),
    ),
)
class NeedViewSet(PartsViewSet):
    """What one service needs: kinds first, by name, then particular rooms and devices."""

    serializer_class = NeedOutput
    output = NeedOutput()
    conflicts: ClassVar[Any] = {
        "businesses_resourceneed_resource_id_same_business": Clashing(
            "resource_not_found",
            "A room or device was deleted at this moment; get the list again.",
        )
    }

    def parts(self, service: Service) -> QuerySet[ResourceNeed]:
        found: QuerySet[ResourceNeed] = service.needs.order_by("resource_id", "kind", "id")
        return found

    def update(self, request: Request, business_id: UUID, service_id: UUID) -> HttpResponse:
        return self.replaced(request, WRITTEN.read(request.data)["resources"])

    def write(self, service: Service, sent: Lines) -> None:
        ids = [one["resourceId"] for one in sent if one.get("resourceId")]
        mine = Resource.objects.filter(business_id=service.business_id, pk__in=ids)
        there = {*mine.values_list("pk", flat=True)}
        wanted: Counter[tuple[str, UUID | None]] = Counter()
        for number, one in enumerate(sent):
            kind, pk = _read(number, one)
            field = f"resources.{number}.resourceId"
            if pk is not None and pk not in there:
                raise unknown(field, "resource", pk)
            if pk is not None and wanted[kind, pk]:
                raise refused(field, "Send each room or device once.", "repeated")
            wanted[kind, pk] += 1
        replace_needs(service, wanted)


def _read(number: int, sent: dict[str, Any]) -> tuple[str, UUID | None]:
    """The kind and the id as they are stored: one of the two."""
    kind, resource_id = sent.get("kind") or "", sent.get("resourceId")
    if bool(kind) == bool(resource_id):
        title = "Send either a kind or a resourceId."
        raise refused(f"resources.{number}", title, "kind_or_resource")
    return kind, resource_id
