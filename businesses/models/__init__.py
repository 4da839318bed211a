"""The practice: a business, its places, what it offers, and what other software has of it."""

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
    business_of_its_references,
    reference,
)
from businesses.models.webhooks import (
    DeliveryStatus,
    EventName,
    OutgoingWebhook,
    WebhookAttempt,
    WebhookDelivery,
)

__all__ = [
    "ApiKey",
    "BookingQuestion",
    "Business",
    "Closure",
    "Dated",
    "DeliveryStatus",
    "EventName",
    "IdempotentAnswer",
    "Location",
    "OutgoingWebhook",
    "QuestionKind",
    "Resource",
    "ResourceNeed",
    "Service",
    "ServiceCategory",
    "ServiceDuration",
    "ServiceInCategory",
    "TenantModel",
    "WebhookAttempt",
    "WebhookDelivery",
    "archived",
    "business_of_its_references",
    "kind_of",
    "reference",
]
