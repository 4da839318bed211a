"""The practice: a business, its places, what it offers, and the keys of other software."""

from businesses.models.access import (
    ApiKey,
    IdempotentAnswer,
)
from businesses.models.offers import (
    BookingQuestion,
    QuestionKind,
    Resource,
    ResourceNeed,
    Service,
    ServiceCategory,
    ServiceDuration,
    ServiceInCategory,
    kind_of,
)
from businesses.models.practice import (
    Business,
    Closure,
    Dated,
    Location,
    TenantModel,
    archived,
    reference,
)

__all__ = [
    "ApiKey",
    "BookingQuestion",
    "Business",
    "Closure",
    "Dated",
    "IdempotentAnswer",
    "Location",
    "QuestionKind",
    "Resource",
    "ResourceNeed",
    "Service",
    "ServiceCategory",
    "ServiceDuration",
    "ServiceInCategory",
    "TenantModel",
    "archived",
    "kind_of",
    "reference",
]
