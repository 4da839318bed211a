"""The admin site: who may enter it, in which order it shows things, and what it offers."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

ORDER = ("appointments", "patients", "staff", "businesses")
MODELS = (
    "Appointment",
    "Patient",
    "Staff",
    "TimeBlocker",
    "WorkingHoursSchedule",
    "ExternalEvent",
    "User",
    "Business",
    "Service",
    "ServiceCategory",
    "Location",
    "Resource",
    "Closure",
    "ApiKey",
)


def place_in(names: tuple[str, ...], name: str) -> tuple[int, str]:
    return (names.index(name) if name in names else len(names), name)


class StilldeskAdmin(AdminSite):
    site_title = "Stilldesk"
    site_header = "Stilldesk"
    index_title = _("Run the practice")

    def has_permission(self, request: HttpRequest) -> bool:
        """Everybody who works in a business, and operators; what they see is each page's own."""
        user: Any = request.user
        if not user.is_authenticated or not user.is_active:
            return False
        return bool(user.is_superuser or user.places_of_work())

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The site's one sign-in page; somebody who is signed in and has no place here is told."""
        following = request.GET.get("next", "")
        if self.has_permission(request):
            return redirect(reverse("admin:index"))
        if request.user.is_authenticated:
            return render(request, "403.html", status=403)
        query = urlencode({"next": following or reverse("admin:index")})
        return redirect(f"{reverse('login')}?{query}")

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return redirect("password_change")

    def autocomplete_view(self, request: HttpRequest) -> Any:
        # Imported late: Django imports this module before there are models.
        from businesses.admin.autocomplete import OfOneBusinessView

        return OfOneBusinessView.as_view(admin_site=self)(request)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """The clinic's day first, its set-up after, what only operators see last."""
        apps = list(self._build_app_dict(request, app_label).values())
        apps.sort(key=lambda app: place_in(ORDER, app["app_label"]))
        for app in apps:
            app["models"].sort(key=lambda model: place_in(MODELS, model["object_name"]))
        return apps


class StilldeskAdminConfig(AdminConfig):
    default_site = "config.admin_site.StilldeskAdmin"
