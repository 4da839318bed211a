"""Signing in, and the language that somebody reads in."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from staff.forms.signing_in import SignInForm
from staff.models import User


class SignIn(LoginView):
    """The sign-in page. The language that the person chose, here or elsewhere, comes along."""

    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        if chosen := form.get_user().language:
            _keep(response, chosen)
        return response


class SignOut(LogoutView):
    """Signs out, and leaves no page with patients' data to whoever presses "back"."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().post(request, *args, **kwargs)
        response["Clear-Site-Data"] = '"cache"'
        return response


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Keeps a language in this browser and, for somebody signed in, for wherever they sign in.

    Leads back to where it was chosen; a language that there is not changes nothing.
    """
    back = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure())
    if not (ours and back.startswith("/")):
        back = reverse("desk")
    response = HttpResponseRedirect(back)
    chosen = request.POST.get("language", "")
    if chosen not in dict(settings.LANGUAGES):
        return response
    if request.user.is_authenticated:
        User.objects.filter(pk=request.user.pk).update(language=chosen)
    _keep(response, chosen)
    return response


def _keep(response: HttpResponse, language: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
