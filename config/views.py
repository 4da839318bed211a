"""Pages that belong to the site as a whole."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

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
