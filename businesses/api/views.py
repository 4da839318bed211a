"""What all endpoints under `/businesses/{businessId}` share."""

from typing import Any, ClassVar
from uuid import UUID

from django.http import Http404
from rest_framework.exceptions import NotAuthenticated
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from businesses.actor import Actor
from businesses.api import schema  # noqa: F401  (registers itself)
from businesses.keys import KeyHolder
from businesses.models import Business
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


def actor_of(request: Request, business_id: UUID) -> Actor:
    """Who acts in this business; Http404 when it isn't theirs to see, or isn't there.

    No statement for a key, one for a person.
    """
    who: Any = request.user
    request_id = getattr(request, "request_id", "")
    if isinstance(who, KeyHolder):
        if who.business_id != business_id:
            raise Http404
        return Actor(
            name=who.description,
            source="api",
            scopes=who.scopes,
            key_id=who.id,
            request_id=request_id,
        )
    if who.is_superuser:
        scopes = EVERY_SCOPE if Business.objects.filter(pk=business_id).exists() else frozenset()
    else:
        scopes = who.scopes_in(business_id)
    if not scopes:
        raise Http404
    return Actor(name=str(who), source="api", scopes=scopes, user_id=who.pk, request_id=request_id)


class BusinessViewSet(GenericViewSet[Any]):
    """Endpoints of one business: find, call, reply.

    `scopes` says which scope each action needs; an action that is not in it is refused.
    """

    content_negotiation_class = OnlyJson
    metadata_class = None
    scopes: ClassVar[dict[str, str]] = {}
    actor: Actor

    def check_permissions(self, request: Request) -> None:
        if request.user is None:
            raise NotAuthenticated(
                "Send the header Authorization: Bearer followed by an API key.", "unauthenticated"
            )
        self.actor = actor_of(request, self.kwargs["business_id"])
        super().check_permissions(request)
