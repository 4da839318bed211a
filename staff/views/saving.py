"""What the pages of the set-up have in common: one row and its form, saved or shown again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import ProtectedError, RestrictedError
from django.http import Http404

from businesses.forms.setup import SetupForm
from businesses.statements import DEADLOCK, FOREIGN_KEY, LOCK_TIMEOUT, SERIALIZATION, sqlstate
from staff.views.door import DeskRequest

UNLUCKY = {LOCK_TIMEOUT, DEADLOCK, SERIALIZATION}


def row_of(rows: Any, pk: Any) -> Any:
    """The row of that id among those that the page may show, else 404."""
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def form_for(
    request: DeskRequest, make: type[SetupForm], row: Any = None, **more: Any
) -> SetupForm:
    """The form as it is first shown."""
    return make(clinic=request.business, user=request.user, instance=row, **more)


def saved(
    request: DeskRequest,
    make: type[SetupForm],
    rows: Any,
    pk: Any = None,
    *,
    able: Callable[[Any], bool] = lambda row: True,
    **more: Any,
) -> tuple[SetupForm, bool]:
    """The form with what was sent, and whether that is saved; without `pk` as a new row.

    The row is locked first. The rival that this keeps out: somebody else who saves the same page,
    whose change the form then finds and tells. What only the database can refuse, because another
    row came in between, is an error of the form as well.
    """
    refusal = None
    while True:
        form: Any = None
        try:
            with transaction.atomic(durable=True):
                row = None if pk is None else row_of(rows.select_for_update(no_key=True), pk)
                if row is not None and not able(row):
                    raise Http404
                form = make(
                    request.POST,
                    clinic=request.business,
                    user=request.user,
                    instance=row,
                    refusal=refusal,
                    **more,
                )
                if not form.is_valid():
                    return form, False
                form.save()
                return form, True
        except DatabaseError as error:
            unlucky = isinstance(error, IntegrityError) or sqlstate(error) in UNLUCKY
            if form is None or refusal is not None or not unlucky:
                raise
            refusal = form.refused_by(error)


def gone(rows: Any, pk: Any, remove: Callable[[Any], object]) -> bool:
    """Whether the row was removed: not if something refers to it."""
    try:
        with transaction.atomic(durable=True):
            remove(row_of(rows.select_for_update(no_key=True), pk))
    except (ProtectedError, RestrictedError):
        return False
    except IntegrityError as error:
        if sqlstate(error) != FOREIGN_KEY:
            raise
        return False
    return True
