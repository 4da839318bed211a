"""What happens around every request."""

import re
from collections.abc import Callable
from uuid import uuid4

import orjson
import pghistory
from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers

from businesses.actor import Actor
from businesses.api.envelope import error_body

Next = Callable[[HttpRequest], HttpResponse]

REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}", re.ASCII)
API_PATHS = ("/v1/", "/businesses/")
API_ROOTS = ("/v1", "/businesses")
TITLES = {
    400: ("bad_request", "The request can't be read."),
    403: ("forbidden", "That is not allowed."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take that method."),
}


def is_api(request: HttpRequest) -> bool:
    return request.path in API_ROOTS or request.path.startswith(API_PATHS)


class RequestId:
    """Gives each request an id: in the answer's header, the log and the history.

    It is the client's own, if it sends one that can be written down as it is.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        sent = request.headers.get("X-Request-Id", "")
        request_id = sent if REQUEST_ID.fullmatch(sent) else str(uuid4())
        request.request_id = request_id  # type: ignore[attr-defined]
        response = self.get_response(request)
        response["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]
        return response


class ApiEnvelope:
    """Puts Django's own error pages under the API into the envelope, in debug mode as well."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code < 400 or not is_api(request):
            return response
        if response.get("Content-Type", "").startswith("application/json"):
            return response
        code, title = TITLES.get(
            response.status_code, ("server_error", "Something went wrong here; it is logged.")
        )
        # The same answer, with the headers that those below have given it.
        response.content = orjson.dumps(error_body(code, title))
        response["Content-Type"] = "application/json"
        response["Content-Length"] = str(len(response.content))
        return response


class Language:
    """Pages in their reader's language; what the API says is part of its contract, and English.

    It is the one that was chosen in this browser, else the browser's own, else the site's. Signing
    in brings along what the person chose elsewhere (`staff.views.signing_in`). No query.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if is_api(request):
            with translation.override("en"):
                return self.get_response(request)
        with translation.override(translation.get_language_from_request(request)):
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language())
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        return response


class ContentPolicy(CSPMiddleware):
    """The pages' content security policy; what the API answers may load nothing at all.

    The page that shows the interface stands among its addresses, and says what it needs.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if is_api(request) and not hasattr(response, "_csp_update"):
            response[HEADER] = "default-src 'none'; frame-ancestors 'none'"
            # Patients' data stay in no shared cache; the ETag says whether they are still so.
            response.setdefault("Cache-Control", "private, no-cache")
            return response
        return super().process_response(request, response)


class History:
    """Signs what a page writes, for the history; commands sign their own transactions."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method in ("GET", "HEAD", "OPTIONS") or is_api(request):
            return self.get_response(request)
        user = request.user
        actor = Actor(
            name=str(user),
            source="admin" if request.path.startswith("/admin/") else "desk",
            user_id=user.pk if user.is_authenticated else None,
            request_id=request.request_id,  # type: ignore[attr-defined]
        )
        with pghistory.context(**actor.trace()):
            return self.get_response(request)
