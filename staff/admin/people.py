"""Staff and their roles, and what they host."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from businesses.admin.filters import Given, WithinReach
from businesses.admin.parts import TenantInline
from businesses.admin.practice import ServiceAdmin
from businesses.admin.tenancy import TenantAdmin
from businesses.admin.words import in_lines
from businesses.forms.tenancy import Sentences
from businesses.models import Service
from staff.admin.hours import ScheduleInline
from staff.admin.logins import password_page
from staff.forms.people import STAFF_SENTENCES, StaffForm
from staff.logins import LoginRefused, may_rule, open_login
from staff.models import (
    Management,
    ServiceHost,
    Staff,
)
from staff.roles import Role

# What makes a staff member who they are; only those who may hand out their roles change it.
IDENTITY = ("name", "email", "alias", "status", "roles")


class HostInline(TenantInline):
    """Who hosts a service."""

    model = ServiceHost
    reads, writes = "services:read", "services:write"
    fields = ("staff", "additional")
    verbose_name = gettext_lazy("host")
    verbose_name_plural = gettext_lazy("hosts (none: everybody who takes bookings)")
    sentences: Sentences = {
        "staff_hosts_service_once": ("staff", gettext_lazy("This host is there already."))
    }


@admin.register(Service)
class HostedServiceAdmin(ServiceAdmin):
    inlines = (*ServiceAdmin.inlines, HostInline)


class HostingInline(TenantInline):
    """What somebody hosts."""

    model = ServiceHost
    reads, writes = "services:read", "services:write"
    fields = ("service", "additional")
    verbose_name = gettext_lazy("service")
    verbose_name_plural = gettext_lazy("services")
    sentences: Sentences = {
        "staff_hosts_service_once": ("service", gettext_lazy("This service is there already."))
    }

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(service__archived_at=None)


class ManagementInline(TenantInline):
    model = Management
    fk_name = "manager"
    reads, writes = "staff:read", "staff:write"
    fields = ("managed",)
    sentences: Sentences = {
        "staff_is_managed_once": ("managed", gettext_lazy("This person is there already."))
    }


class HasLogin(Given):
    title = gettext_lazy("login")
    parameter_name = "login"
    column = "user"


class RoleFilter(admin.SimpleListFilter):
    title = gettext_lazy("role")
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return Role.choices

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() in Role.values:
            return queryset.filter(roles__contains=[self.value()])
        return queryset


@admin.register(Staff)
class StaffAdmin(TenantAdmin):
    """A manager sees everybody and rules those whose roles a manager may hand out."""

    reads, writes = "staff:read", "staff:write"
    form = StaffForm
    list_display = ("name", "email", "roles_told", "status", "takes_bookings", "login")
    list_filter = ("status", RoleFilter, "takes_bookings", HasLogin, ("services", WithinReach))
    list_select_related = ("user",)
    search_fields = ("name", "email", "alias")
    inlines = (HostingInline, ScheduleInline, ManagementInline)
    change_form_template = "admin/staff/staff/change_form.html"
    sentences = STAFF_SENTENCES

    told: ClassVar[Any] = {"roles": "roles_told", "weekly_hours": "weekly_hours_told"}

    def sections(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = [*IDENTITY, "takes_bookings"]
        if request.user.is_superuser:
            fields.append("user")
        elif obj is not None:
            fields.append("login")
        hours = {"fields": ("timezone", "weekly_hours")}
        return [(None, {"fields": fields}), (gettext_lazy("Hours"), hours)]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = [*super().get_readonly_fields(request, obj), "login"]
        locked = obj is not None and not may_rule(request.user, obj)
        return [*fields, *IDENTITY] if locked else fields

    def get_autocomplete_fields(self, request: HttpRequest) -> Any:
        return ("user",) if request.user.is_superuser else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An owner or oneself can't be deleted: first the role goes, by somebody else's hand."""
        able = super().has_delete_permission(request, obj)
        if obj is None or not able:
            return able
        is_self = obj.user_id is not None and obj.user_id == request.user.pk
        return not is_self and Role.OWNER.value not in obj.roles and may_rule(request.user, obj)

    def offered(self, rows: Any) -> Any:
        return rows.active()

    @admin.display(description=gettext_lazy("roles"))
    def roles_told(self, member: Staff) -> str:
        return ", ".join(str(Role(one).label) for one in member.roles) or "—"

    @admin.display(description=gettext_lazy("working hours"))
    def weekly_hours_told(self, member: Staff) -> str:
        return in_lines(member.weekly_hours)

    @admin.display(description=gettext_lazy("login"), ordering="user__email")
    def login(self, member: Staff) -> str:
        return member.user.email if member.user else "—"

    # --- Logins ----------------------------------------------------------------------------

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_POST(self.login_view))
        return [
            path("<path:object_id>/login/", view, name="staff_staff_login"),
            *super().get_urls(),
        ]

    def login_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Makes, links or renews the login, and shows the way to set its password, once."""
        member = self.get_object(request, unquote(object_id))
        if member is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined,no-any-return]
        if not self.has_change_permission(request, member):
            raise PermissionDenied
        try:
            opened = open_login(member=member, by=request.user)
        except LoginRefused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return redirect(reverse("admin:staff_staff_change", args=[member.pk]))
        if not opened.token:
            linked = _("%(email)s is linked and logs in with the password they have.")
            self.message_user(request, linked % {"email": opened.user.email}, messages.SUCCESS)
            return redirect(reverse("admin:staff_staff_change", args=[member.pk]))
        back = reverse("admin:staff_staff_change", args=[member.pk])
        return password_page(self, request, opened, back)

    def what_may_be_done(self, request: HttpRequest, obj: Any) -> dict[str, bool]:
        able = self.has_change_permission(request, obj) and may_rule(request.user, obj)
        return {"may_open_login": able}
