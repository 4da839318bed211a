"""Who asks: an API key, or a desk user's session; and whether they may."""

from typing import Any

from rest_framework.authentication import (
    BaseAuthentication,
    SessionAuthentication,
    get_authorization_header,
)
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from businesses.keys import KeyHolder, holder_of


class KeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer <api key>`."""

    def authenticate(self, request: Request) -> tuple[KeyHolder, None] | None:
        words = get_authorization_header(request).split()
        if not words:
            return None
        if words[0].lower() != b"bearer" or len(words) != 2:
            raise AuthenticationFailed(
                "Send the header Authorization: Bearer followed by an API key.", "invalid_api_key"
            )
        holder = holder_of(words[1].decode("latin-1"))
        if holder is None:
            raise AuthenticationFailed(
                "This API key is unknown, revoked or expired.", "invalid_api_key"
            )
        return holder, None

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class DeskSessionAuthentication(SessionAuthentication):
    """The session of somebody who is logged in to the desk; a write needs the CSRF token."""

    def enforce_csrf(self, request: Request) -> None:
        try:
            super().enforce_csrf(request)
        except PermissionDenied as error:
            raise PermissionDenied(
                "Send the CSRF token of the page in the header X-CSRFToken.", "csrf_failed"
            ) from error


class HasScope(BasePermission):
    """Whether the key or the person holds the scope that the action is declared to need.

    A view that declares none for an action refuses everybody.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        needed = view.scopes.get(view.action)
        if needed is None:
            # The method is not one of the view's (`metadata` is OPTIONS): 405 will say so.
            return view.action in (None, "metadata")
        if not view.actor.may(needed):
            raise PermissionDenied(f"This needs the scope {needed}.", "missing_scope")
        return True
