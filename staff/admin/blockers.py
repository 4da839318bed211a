"""Blocked time in the admin, once or repeated."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminDateWidget
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from businesses.admin.access import actor_in
from businesses.admin.filters import Given, WithinReach
from businesses.forms.tenancy import Sentences, TenantForm
from staff.admin.hours import ENDS_FIRST, SpanAdmin, at_clinic
from staff.blocking import SCOPES, block, meant_by, unblock
from staff.forms.blocking import RepeatForm, rule_in_words
from staff.models import TimeBlocker


class BlockerForm(RepeatForm, TenantForm):
    """Blocked time; a new one may repeat until a day."""

    class Meta:
        model = TimeBlocker
        fields = "__all__"

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance._state.adding:
            self.fields["until"].widget = AdminDateWidget()
            return
        for name in ("repeats", "weekdays", "until"):
            del self.fields[name]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        cleaned["rule"] = None
        if cleaned.get("staff") and cleaned.get("starts_at"):
            cleaned["rule"] = self.rule_for(cleaned["staff"], cleaned["starts_at"])
        return cleaned


class Repeated(Given):
    title = gettext_lazy("repeated")
    parameter_name = "repeated"
    column = "recurring_blocker_id"


@admin.register(TimeBlocker)
class TimeBlockerAdmin(SpanAdmin):
    """A repeat is changed alone, and deleted alone or with those after it or with all."""

    form = BlockerForm
    list_display = ("__str__", "staff", "starts", "ends", "repeated")
    list_filter = (("staff", WithinReach), Repeated, "starts_at")
    search_fields = ("reason", "staff__name")
    readonly_fields = ("series_told",)
    delete_confirmation_template = "admin/staff/timeblocker/delete_confirmation.html"
    sentences: Sentences = {"time_blocker_ends_after_start": ENDS_FIRST}

    def sections(self, request: HttpRequest, obj: Any = None) -> Any:
        time = (None, {"fields": ("staff", "starts_at", "ends_at", "reason")})
        if obj is None:
            fields = ("repeats", "weekdays", "until")
            return [time, (gettext_lazy("Repeats"), {"fields": fields, "classes": ("repeats",)})]
        if obj.recurring_blocker_id is None:
            return [time]
        return [time, (gettext_lazy("Repeats"), {"fields": ("series_told",)})]

    @admin.display(description=gettext_lazy("repeated"), boolean=True)
    def repeated(self, blocker: TimeBlocker) -> bool:
        return blocker.recurring_blocker_id is not None

    @admin.display(description=gettext_lazy("series"))
    def series_told(self, blocker: TimeBlocker) -> str:
        address = reverse("admin:staff_timeblocker_changelist")
        query = f"?recurring_blocker_id__exact={blocker.recurring_blocker_id}"
        return format_html(
            '{}. <a href="{}{}">{}</a> {}',
            rule_in_words(blocker.rrule),
            address,
            query,
            _("Show all of them"),
            _("What you change here changes this one alone."),
        )

    # --- Made ------------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        made = block(
            staff=obj.staff,
            starts_at=obj.starts_at,
            ends_at=obj.ends_at,
            reason=obj.reason,
            rule=form.cleaned_data["rule"],
            by=actor_in(request, obj.business_id),
        )
        obj.pk = made[0].pk
        if len(made) > 1:
            self.message_user(
                request,
                _("It repeats: %(count)d times in all, the last on %(last)s.")
                % {"count": len(made), "last": at_clinic(made[-1].starts_at, obj.business)},
                messages.SUCCESS,
            )

    # --- Deleted ---------------------------------------------------------------------------

    def render_delete_form(self, request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
        blocker = context["object"]
        if blocker.recurring_blocker_id is not None:
            labels = (_("Only this one"), _("This and all later ones"), _("The whole series"))
            context["scopes"] = [
                (scope, label, meant_by(blocker, scope).count())
                for scope, label in zip(SCOPES, labels, strict=True)
            ]
        return super().render_delete_form(request, context)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        asked = request.POST.get("scope", "this")
        scope = next((one for one in SCOPES if one == asked), None)
        if scope is None:
            raise SuspiciousOperation("No such part of a series.")
        gone = unblock(blocker=obj, scope=scope, by=actor_in(request, obj.business_id))
        if gone > 1:
            self.message_user(
                request,
                ngettext(
                    "%(count)d time blocker is deleted.",
                    "%(count)d time blockers are deleted.",
                    gone,
                )
                % {"count": gone},
                messages.SUCCESS,
            )
