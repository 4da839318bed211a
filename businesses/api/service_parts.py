"""Lists that are parts of a service: read as a whole, and replaced as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

import orjson
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from rest_framework.request import Request

from businesses.api.answers import answered, check_seen, etag_of
from businesses.api.collections import CollectionViewSet
from businesses.api.query import PAGED, Paging, only, paging_of
from businesses.models import Service

Lines = Sequence[dict[str, Any]]
WHOLE = Paging()


def optional(**more: Any) -> dict[str, Any]:
    """May be left out, or null."""
    return {"required": False, "allow_null": True, **more}


class PartsViewSet(CollectionViewSet):
    """`parts` says which there are, in order; `write` makes them what was sent."""

    scopes: ClassVar[dict[str, str]] = {"list": "services:read", "update": "services:write"}

    def parts(self, service: Service) -> QuerySet[Any]:
        raise NotImplementedError

    def write(self, service: Service, sent: Lines) -> None:
        raise NotImplementedError

    def list(self, request: Request, business_id: UUID, **path: Any) -> HttpResponse:
        """Two statements, whatever the length."""
        paging = paging_of(only(request, *PAGED))
        return answered(request, self.body(self.service(**path), paging))

    def replaced(self, request: Request, sent: Lines) -> HttpResponse:
        """The list as it was sent. `If-Match` may name what a GET of the whole list told.

        The rival that the lock on the service keeps out: somebody else who replaces a list of it.
        """
        only(request)
        with self.saving():
            service = self.service(self.kwargs["service_id"], lock=True)
            check_seen(request, etag_of(self.body(service)))
            self.write(service, sent)
            service.save(update_fields=["updated_at"])
            body = self.body(service)
        return answered(request, body)

    def service(self, service_id: UUID, *, lock: bool = False) -> Service:
        """The service, if it was not put away."""
        mine = Service.objects.filter(business_id=self.kwargs["business_id"], archived_at=None)
        found: Service | None = (
            (mine.select_for_update(no_key=True) if lock else mine).filter(pk=service_id).first()
        )
        if found is None:
            raise Http404
        return found

    def body(self, service: Service, paging: Paging = WHOLE) -> bytes:
        told = [self.told(part) for part in self.parts(service)]
        return orjson.dumps({"data": told[paging.part], "meta": {"totalCount": len(told)}})
