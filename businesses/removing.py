"""What is deleted while nothing refers to it, and put away once appointments do."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from businesses.models import Service
from businesses.statements import FOREIGN_KEY, sqlstate


def deleted(row: Any) -> bool:
    """Whether the row is gone: not if something refers to it."""
    try:
        with transaction.atomic():
            row.delete()
    except ProtectedError:
        return False
    except IntegrityError as error:
        # The rival: a booking that was committed after Django had looked for one.
        if sqlstate(error) != FOREIGN_KEY:
            raise
        return False
    return True


def remove_service(service: Service) -> None:
    """Deletes the service; one with appointments is kept for them alone, and its alias is free."""
    if not deleted(service):
        service.archived_at, service.enabled, service.alias = timezone.now(), False, None
        service.save(update_fields=["archived_at", "enabled", "alias", "updated_at"])
