"""The admin site: who may enter it."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _


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


class StilldeskAdminConfig(AdminConfig):
    default_site = "config.admin_site.StilldeskAdmin"
