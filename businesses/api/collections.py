"""The endpoints of one table of a business: a list, and each of its rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

import orjson
from django.db import IntegrityError, OperationalError, transaction
from django.db.models import ProtectedError, QuerySet, RestrictedError
from django.http import Http404, HttpResponse
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from businesses.actor import Actor
from businesses.api.answers import Occupied, answered, check_seen, etag_of, nothing, told
from businesses.api.query import MOST_ROWS, Filters, only, paging_of, too_large
from businesses.api.views import BusinessViewSet
from businesses.statements import (
    DEADLOCK,
    FOREIGN_KEY,
    LOCK_TIMEOUT,
    sign,
    sqlstate,
    violated,
)


class Conflict(APIException):
    """Something else that is there already stands against it."""

    status_code = 409
    default_code = "conflict"

    def __init__(self, code: str, title: str) -> None:
        super().__init__(title, code)


class Clashing(NamedTuple):
    """What the API says when a constraint of the database refuses a write."""

    code: str
    title: str


IN_USE = Clashing("in_use", "Something refers to it, so it can't be deleted.")


@contextmanager
def saving(
    by: Actor, conflicts: Mapping[str, Clashing], in_use: Clashing = IN_USE
) -> Iterator[None]:
    """One transaction, signed for the history. `conflicts` says what a constraint's name means.

    A unique value that somebody else has, and a row that others refer to, are 409, also when the
    other one came in between; a row that somebody else holds for too long is 503.
    """
    try:
        with transaction.atomic(durable=True):
            sign(by)
            yield
    except (ProtectedError, RestrictedError) as error:
        raise Conflict(*in_use) from error
    except IntegrityError as error:
        if (name := violated(error)) in conflicts:
            raise Conflict(*conflicts[name]) from error
        if sqlstate(error) == FOREIGN_KEY:
            raise Conflict(*in_use) from error
        raise
    except OperationalError as error:
        if sqlstate(error) not in (LOCK_TIMEOUT, DEADLOCK):
            raise
        raise Occupied from error


class CollectionViewSet(BusinessViewSet):
    """Rows of a business: find, change, tell.

    `rows` says which there are, `output` tells one of them. In the answer one row stands under
    `data`, unless the endpoint is not `wrapped`.
    """

    output: ClassVar[serializers.Serializer[Any]]
    filters: ClassVar[type[Filters]] = Filters
    default_limit: ClassVar[int | None] = None
    wrapped: ClassVar[bool] = True
    conflicts: ClassVar[Mapping[str, Clashing]] = {}
    in_use: ClassVar[Clashing] = IN_USE

    def rows(self) -> QuerySet[Any]:
        """The rows that the API knows, in order, with all that telling them needs."""
        raise NotImplementedError

    def told(self, row: Any) -> Any:
        return self.output.to_representation(row)

    def etag(self, row: Any) -> str:
        """The same for a row whether it is read, was just changed, or stands in an envelope."""
        return etag_of(orjson.dumps(self.told(row)))

    def list(self, request: Request, business_id: UUID, **path: Any) -> HttpResponse:
        return self.listed(request, business_id)

    def listed(self, request: Request, business_id: UUID | None) -> HttpResponse:
        """Two statements and one for each relation that is told, whatever the length."""
        sent = only(request, *self.filters.known())
        paging = paging_of(sent, self.default_limit)
        wanted = self.filters.narrowed(request, self.rows(), business_id=business_id)
        total = wanted.order_by().count()
        if paging.limit is None and total > MOST_ROWS:
            raise too_large()
        data = [self.told(row) for row in wanted[paging.part]]
        return told(request, {"data": data, "meta": {"totalCount": total}})

    def retrieve(self, request: Request, business_id: UUID, pk: UUID, **path: Any) -> HttpResponse:
        only(request)
        return self.answer(request, self.found(pk), wrapped=self.wrapped)

    def answer(
        self, request: Request, row: Any, *, status: int = 200, wrapped: bool = True, **headers: str
    ) -> HttpResponse:
        """The answer that tells one row."""
        data = self.told(row)
        body = orjson.dumps({"data": data} if wrapped else data)
        return answered(request, body, status=status, etag=etag_of(orjson.dumps(data)), **headers)

    def found(self, pk: UUID) -> Any:
        """The row of that id, or Http404."""
        row = self.rows().filter(pk=pk).first()
        if row is None:
            raise Http404
        return row

    def saving(self) -> Any:
        """One transaction, signed; what the database refuses is 409 (`saving` above)."""
        return saving(self.actor, self.conflicts, self.in_use)

    def held(self, request: Request, pk: UUID) -> Any:
        """The row, locked until the commit, if it is still what `If-Match` says was seen.

        The rival this keeps out: somebody else who changes the same row.
        """
        row = self.rows().select_for_update(of=("self",), no_key=True).filter(pk=pk).first()
        if row is None:
            raise Http404
        check_seen(request, self.etag(row))
        return row

    def deleted(self, request: Request, pk: UUID) -> HttpResponse:
        """204 once the row is gone; 409 for one that something refers to."""
        only(request)
        with self.saving():
            self.held(request, pk).delete()
        return nothing()
