"""What all endpoints under `/businesses/{businessId}` share."""

from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.http import Http404
from django.utils import timezone
from rest_framework.exceptions import APIException, NotAuthenticated
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from businesses.actor import Actor
from businesses.api import schema  # noqa: F401  (registers itself)
from businesses.keys import KeyHolder
from businesses.models import Business
from businesses.rate_limits import WINDOW, Standing, let_through
from businesses.scopes import EVERY_SCOPE


class OnlyJson(BaseContentNegotiation):
    """Answers are JSON whatever the client says it accepts."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        wanted = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == wanted), None)

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> Any:
        return renderers[0], renderers[0].media_type


def actor_of(request: Request, business_id: UUID | None) -> Actor:
    """Who acts in this business; Http404 when it isn't theirs to see, or isn't there.

    Without a business: who acts at all, with what they may do in any of theirs. No statement for a
    key, one for a person.
    """
    who: Any = request.user
    request_id = getattr(request, "request_id", "")
    if isinstance(who, KeyHolder):
        if business_id not in (None, who.business_id):
            raise Http404
        return Actor(
            name=who.description,
            source="api",
            scopes=who.scopes,
            key_id=who.id,
            request_id=request_id,
        )
    if business_id is None:
        scopes = frozenset().union(*(who.scopes_in(one) for one in who.places_of_work()))
        scopes = EVERY_SCOPE if who.is_superuser else scopes
    elif who.is_superuser:
        scopes = EVERY_SCOPE if Business.objects.filter(pk=business_id).exists() else frozenset()
    else:
        scopes = who.scopes_in(business_id)
    if not scopes:
        raise Http404
    return Actor(name=str(who), source="api", scopes=scopes, user_id=who.pk, request_id=request_id)


class RateLimited(APIException):
    status_code = 429
    default_code = "rate_limited"

    def __init__(self, standing: Standing) -> None:
        super().__init__(
            f"This key may make {standing.limit} requests a minute; go on in {standing.reset}"
            f" second{'s' if standing.reset > 1 else ''}.",
        )


class BusinessViewSet(GenericViewSet[Any]):
    """Endpoints of one business: find, call, reply.

    `scopes` says which scope each action needs; an action that is not in it is refused.
    """

    content_negotiation_class = OnlyJson
    metadata_class = None
    scopes: ClassVar[dict[str, str]] = {}
    actor: Actor
    standing: Standing | None = None

    def perform_authentication(self, request: Request) -> None:
        """Finds out who asks, and counts what a key asks, whatever the answer will be."""
        who: Any = request.user
        if isinstance(who, KeyHolder):
            limit = who.rate_limit or settings.RATE_LIMIT
            self.standing = let_through(who.id, limit, timezone.now())
            if not self.standing.allowed:
                raise RateLimited(self.standing)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)
        if standing := self.standing:
            answer["RateLimit-Limit"] = str(standing.limit)
            answer["RateLimit-Remaining"] = str(standing.remaining)
            answer["RateLimit-Reset"] = str(standing.reset)
            answer["RateLimit-Policy"] = f"{standing.limit};w={WINDOW}"
            if not standing.allowed:
                answer["Retry-After"] = str(standing.reset)
        return answer

    def check_permissions(self, request: Request) -> None:
        if request.user is None:
            raise NotAuthenticated(
                "Send the header Authorization: Bearer followed by an API key.", "unauthenticated"
            )
        self.actor = actor_of(request, self.kwargs.get("business_id"))
        super().check_permissions(request)
