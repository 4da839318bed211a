"""Pages that belong to the site as a whole."""

from functools import cache

from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import condition, require_safe

from businesses.api.answers import etag_of
from config.middleware import is_api


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form was older than the sign-in; nothing was saved, and the page says what to do."""
    return render(request, "403_csrf.html", status=403)


def root(request: HttpRequest) -> HttpResponse:
    """The front door: the desk."""
    return redirect("desk")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: an envelope under the API, without rendering a page; the page elsewhere."""
    if is_api(request):
        return HttpResponse(status=404)  # `ApiEnvelope` fills it in
    return render(request, "404.html", status=404)


@cache
def document() -> bytes:
    """The published OpenAPI document: the file that `make check` holds against the code."""
    return (settings.BASE_DIR / "docs/api/openapi.json").read_bytes()


@require_safe
@condition(etag_func=lambda request: etag_of(document()))
def openapi(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document, for anybody: it tells of no clinic."""
    return HttpResponse(document(), content_type="application/json")


# Swagger UI's stylesheet has its icons in itself.
@require_safe
@csp_update({"img-src": "data:"})
def api_docs(request: HttpRequest) -> HttpResponse:
    """The same document as a page, on which requests can be tried with a key."""
    return render(request, "api/docs.html")
