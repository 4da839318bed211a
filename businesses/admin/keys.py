"""API keys in the admin: made, shown once, and revoked. Nothing about a key can be edited."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import AdminDateWidget
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_POST

from businesses.admin.access import clinic_of
from businesses.admin.filters import Given
from businesses.admin.tenancy import TenantAdmin
from businesses.forms.keys import ApiKeyForm
from businesses.keys import create_key, revoke_key
from businesses.models import ApiKey
from businesses.scopes import SCOPES


class AdminKeyForm(ApiKeyForm):
    """With the admin's calendar."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["last_day"].widget = AdminDateWidget()


class Revoked(Given):
    title = gettext_lazy("revoked")
    parameter_name = "revoked"
    column = "revoked_at"


@admin.register(ApiKey)
class ApiKeyAdmin(TenantAdmin):
    reads, writes = "api_keys:read", "api_keys:write"
    form = AdminKeyForm
    list_display = ("description", "prefix", "state", "expires_at", "last_used_at", "created_at")
    list_filter = (Revoked, "expires_at")
    search_fields = ("description", "prefix")
    date_hierarchy = "created_at"
    in_clinic_time = True
    actions = ("revoke",)
    change_form_template = "admin/businesses/apikey/change_form.html"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_revoke_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, self.writes, obj)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ("description", "scopes", "last_day", "rate_limit")
        return (
            "description",
            "prefix",
            "may_do",
            "state",
            "created_at",
            "expires_at",
            "revoked_at",
            "last_used_at",
            "requests_a_minute",
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        shown = self.get_fields(request, obj) if obj else ()
        return [*shown, *super().get_readonly_fields(request, obj)]

    @admin.display(description=pgettext_lazy("what a key is allowed to do", "may"))
    def may_do(self, key: ApiKey) -> str:
        return "; ".join(f"{SCOPES.get(scope, scope)} ({scope})" for scope in key.scopes)

    @admin.display(description=gettext_lazy("requests a minute"))
    def requests_a_minute(self, key: ApiKey) -> int:
        return key.rate_limit or settings.RATE_LIMIT

    @admin.display(description=gettext_lazy("state"))
    def state(self, key: ApiKey) -> str:
        if key.revoked_at:
            return _("Revoked")
        if key.expires_at and key.expires_at <= timezone.now():
            return _("Expired")
        return _("Works")

    # --- Made, and shown once --------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        key, token = create_key(
            business=obj.business,
            description=form.cleaned_data["description"],
            scopes=form.cleaned_data["scopes"],
            expires_at=form.cleaned_data["last_day"],
            rate_limit=form.cleaned_data["rate_limit"],
        )
        obj.pk, obj.token = key.pk, token

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> Any:
        """The page with the token: the answer to this POST and to no other request.

        Nobody keeps a copy on the way: the admin's pages are all marked `no-store`.
        """
        context = {
            **self.admin_site.each_context(request),
            "title": _("The new API key"),
            "opts": self.opts,
            "key": obj,
            "token": obj.token,
            "business": clinic_of(request),
        }
        return TemplateResponse(request, "admin/businesses/apikey/token.html", context)

    # --- Ended -----------------------------------------------------------------------------

    @admin.action(description=gettext_lazy("Revoke the selected keys"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: Any) -> None:
        keys = [key for key in queryset if self.has_revoke_permission(request, key)]
        for key in keys:
            revoke_key(key)
        self.message_user(
            request,
            ngettext("%(count)d key is revoked.", "%(count)d keys are revoked.", len(keys))
            % {"count": len(keys)},
            messages.SUCCESS if keys else messages.WARNING,
        )

    def get_urls(self) -> list[Any]:
        revoke = self.admin_site.admin_view(require_POST(self.revoke_view))
        return [
            path("<path:object_id>/revoke/", revoke, name="businesses_apikey_revoke"),
            *super().get_urls(),
        ]

    def revoke_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        key = self.get_object(request, unquote(object_id))
        if key is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined,no-any-return]
        if not self.has_revoke_permission(request, key):
            raise PermissionDenied
        revoke_key(key)
        self.message_user(request, _("%(key)s is revoked.") % {"key": key}, messages.SUCCESS)
        return redirect(reverse("admin:businesses_apikey_change", args=[key.pk]))

    def what_may_be_done(self, request: HttpRequest, obj: Any) -> dict[str, bool]:
        may_revoke = not obj.revoked_at and self.has_revoke_permission(request, obj)
        return {"may_revoke": may_revoke}
