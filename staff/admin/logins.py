"""Logins: for operators, and the page that shows a way in once."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from businesses.admin.history_page import WithHistory
from staff.logins import (
    OpenedLogin,
    password_link,
)
from staff.models import (
    User,
)

admin.site.unregister(Group)  # what people may do comes from their roles


def password_page(
    page: Any, request: HttpRequest, opened: OpenedLogin, back: str
) -> TemplateResponse:
    """The address at which the password can be set: in the answer to this POST alone."""
    address = reverse("password_reset_confirm", args=[opened.uid, opened.token])
    context = {
        **page.admin_site.each_context(request),
        "title": _("The way in for %(name)s") % {"name": opened.user},
        "opts": page.opts,
        "login": opened.user,
        "address": request.build_absolute_uri(address),
        "back": back,
    }
    return TemplateResponse(request, "admin/staff/password_link.html", context)


class UserForm(forms.ModelForm[User]):
    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()


@admin.register(User)
class UserAdmin(WithHistory):
    """Logins, for operators. A password is never typed here: its owner sets it by a link."""

    form = UserForm
    list_display = ("email", "name", "is_active", "is_superuser", "last_login")
    list_filter = ("is_active", "is_superuser")
    search_fields = ("email", "name", "staff__name")
    date_hierarchy = "created_at"
    fields = ("email", "name", "is_active", "is_superuser", "last_login", "created_at")
    readonly_fields = ("last_login", "created_at")
    change_form_template = "admin/staff/user/change_form.html"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What a person did stays theirs; a login is switched off instead."""
        return False

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        return not lookup.startswith("password") and super().lookup_allowed(lookup, value, request)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.set_unusable_password()
            obj.save(force_insert=True)
            return
        obj.save(update_fields=form.changed_data)

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_POST(self.password_view))
        return [
            path("<path:object_id>/password/", view, name="staff_user_password"),
            *super().get_urls(),
        ]

    def password_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        login = self.get_object(request, unquote(object_id))
        if not request.user.is_superuser:
            raise PermissionDenied
        if login is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined,no-any-return]
        back = reverse("admin:staff_user_change", args=[login.pk])
        return password_page(self, request, OpenedLogin(login, *password_link(login)), back)
