"""Webhooks in the admin: where events are sent, how that goes, and what could not be delivered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from businesses.admin.access import clinic_of
from businesses.admin.filters import WithinReach
from businesses.admin.parts import ReadOnlyInline
from businesses.admin.tenancy import ReadOnlyAdmin, TenantAdmin
from businesses.forms.webhooks import OutgoingWebhookForm
from businesses.models import (
    DeliveryStatus,
    EventName,
    OutgoingWebhook,
    WebhookAttempt,
    WebhookDelivery,
)
from businesses.webhooks import (
    WebhookOff,
    change_webhook,
    create_webhook,
    delete_webhook,
    held,
    replay,
    rotate_secret,
    send_test,
)

OFF = gettext_lazy("This webhook is off; switch it on first.")


@admin.register(OutgoingWebhook)
class OutgoingWebhookAdmin(TenantAdmin):
    reads, writes = "webhooks:read", "webhooks:write"
    form = OutgoingWebhookForm
    list_display = ("endpoint", "state", "created_at")
    list_filter = ("enabled",)
    search_fields = ("endpoint",)
    ordering = ("created_at", "id")
    in_clinic_time = True
    change_form_template = "admin/businesses/outgoingwebhook/change_form.html"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ("endpoint", "enabled")
        return ("endpoint", "enabled", "state", "log", "old_secret", "told_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        shown = ("state", "log", "old_secret", "told_at") if obj else ()
        return [*shown, *super().get_readonly_fields(request, obj)]

    @admin.display(description=gettext_lazy("state"))
    def state(self, webhook: OutgoingWebhook) -> str:
        if webhook.disabled_at:
            return _("Switched off on %(moment)s, because it had failed for a day") % {
                "moment": shown(webhook.disabled_at)
            }
        if not webhook.enabled:
            return _("Off")
        if webhook.failing_since:
            return _("Fails since %(moment)s") % {"moment": shown(webhook.failing_since)}
        return _("Works")

    @admin.display(description=gettext_lazy("deliveries"))
    def log(self, webhook: OutgoingWebhook) -> str:
        """How many wait and how many were given up. Two queries."""
        mine = WebhookDelivery.objects.filter(business_id=webhook.business_id, webhook=webhook)
        told = _("%(waiting)d waiting, %(dead)d given up") % {
            "waiting": mine.filter(status=DeliveryStatus.PENDING).count(),
            "dead": mine.filter(status=DeliveryStatus.DEAD).count(),
        }
        address = reverse("admin:businesses_webhookdelivery_changelist")
        return format_html('<a href="{}?webhook__id__exact={}">{}</a>', address, webhook.pk, told)

    @admin.display(description=gettext_lazy("secret"))
    def old_secret(self, webhook: OutgoingWebhook) -> str:
        if webhook.previous_until and webhook.previous_until > timezone.now():
            return _("The one before signs as well until %(moment)s") % {
                "moment": shown(webhook.previous_until)
            }
        return _("Not shown again. A new one can be had by the button above.")

    # --- Made, changed, deleted ------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        given = {name: form.cleaned_data[name] for name in ("endpoint", "enabled")}
        if change:
            sent = {name: value for name, value in given.items() if name in form.changed_data}
            change_webhook(held(obj), **sent)
        else:
            made = create_webhook(business_id=obj.business_id, **given)
            obj.pk, obj.secret = made.pk, made.secret

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> Any:
        return self.secret_page(request, obj)

    def secret_page(self, request: HttpRequest, webhook: OutgoingWebhook) -> HttpResponse:
        """The page with the secret: the answer to this POST and to no other request."""
        context = {
            **self.admin_site.each_context(request),
            "title": _("The secret of the webhook"),
            "opts": self.opts,
            "webhook": webhook,
            "business": clinic_of(request),
        }
        template = "admin/businesses/outgoingwebhook/secret.html"
        return TemplateResponse(request, template, context)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Its log goes with it, and may be long: it is not told line by line."""
        return [str(row) for row in objs], {}, set(), []

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        delete_webhook(held(obj))

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for row in queryset:
            delete_webhook(held(row))

    # --- Buttons ---------------------------------------------------------------------------

    def get_urls(self) -> list[Any]:
        buttons = {"test": self.test, "rotate": self.rotate, "replay": self.replay_dead}
        return [
            *(
                path(
                    f"<path:object_id>/{name}/",
                    self.admin_site.admin_view(require_POST(self.pressed(work))),
                    name=f"businesses_outgoingwebhook_{name}",
                )
                for name, work in buttons.items()
            ),
            *super().get_urls(),
        ]

    def pressed(self, work: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        """The view of a button: for who may change the webhook, which is there."""

        def view(request: HttpRequest, object_id: str) -> HttpResponse:
            webhook = self.get_object(request, unquote(object_id))
            if webhook is None:
                return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined,no-any-return]
            if not self.has_change_permission(request, webhook):
                raise PermissionDenied
            try:
                return work(request, webhook)
            except WebhookOff:
                self.message_user(request, OFF, messages.WARNING)
                return self.back_to(webhook)

        return view

    def back_to(self, webhook: OutgoingWebhook) -> HttpResponse:
        return redirect(reverse("admin:businesses_outgoingwebhook_change", args=[webhook.pk]))

    def test(self, request: HttpRequest, webhook: OutgoingWebhook) -> HttpResponse:
        sent = send_test(webhook)
        self.message_user(
            request, _("A test event is on its way; here is how it fares."), messages.SUCCESS
        )
        return redirect(reverse("admin:businesses_webhookdelivery_change", args=[sent.pk]))

    def rotate(self, request: HttpRequest, webhook: OutgoingWebhook) -> HttpResponse:
        return self.secret_page(request, rotate_secret(webhook))

    def replay_dead(self, request: HttpRequest, webhook: OutgoingWebhook) -> HttpResponse:
        count = replay(webhook)
        self.message_user(request, again(count), messages.SUCCESS if count else messages.WARNING)
        return self.back_to(webhook)

    def what_may_be_done(self, request: HttpRequest, obj: Any) -> dict[str, bool]:
        return {"may_press": self.has_change_permission(request, obj)}


def shown(moment: Any) -> str:
    """A moment on the clock of the page."""
    return date_format(timezone.localtime(moment), "DATETIME_FORMAT")


def again(count: int) -> str:
    return ngettext(
        "%(count)d delivery is sent again.", "%(count)d deliveries are sent again.", count
    ) % {"count": count}


class AttemptInline(ReadOnlyInline):
    model = WebhookAttempt
    reads = writes = "webhooks:read"
    fields = ("at", "milliseconds", "status_code", "error", "answer")
    ordering = ("at", "id")


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    """What was sent, what waits, and what was given up, with every attempt."""

    reads = "webhooks:read"
    # The address, which may be long, at the end: it must push nothing out of the window.
    list_display = ("created_at", "event", "status", "attempts", "next_attempt", "webhook")
    list_filter = ("status", "name", ("webhook", WithinReach))
    list_select_related = ("webhook",)
    date_hierarchy = "created_at"
    ordering = ("-number",)
    in_clinic_time = True
    show_full_result_count = False
    actions = ("send_again",)
    inlines = (AttemptInline,)
    fields = (
        "event",
        "webhook",
        "subject",
        "status",
        "created_at",
        "delivered_at",
        "attempts",
        "next_attempt",
        "content",
    )
    readonly_fields = ("event", "next_attempt", "content")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What was sent is an appointment, with its notes: for those who may see appointments."""
        if self.may(request, "appointments:read", obj):
            return self.fields
        return [name for name in self.fields if name != "content"]

    change_form_template = "admin/businesses/webhookdelivery/change_form.html"

    @admin.display(description=gettext_lazy("event"), ordering="name")
    def event(self, delivery: WebhookDelivery) -> str:
        return f"{EventName(delivery.name).label} ({delivery.name})"

    @admin.display(description=gettext_lazy("next attempt"), ordering="due_at")
    def next_attempt(self, delivery: WebhookDelivery) -> str:
        return shown(delivery.due_at) if delivery.status == DeliveryStatus.PENDING else "–"

    @admin.display(description=gettext_lazy("body"))
    def content(self, delivery: WebhookDelivery) -> str:
        """What is sent, a line for each name."""
        return orjson.dumps(orjson.loads(delivery.body), option=orjson.OPT_INDENT_2).decode()

    def has_send_again_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "webhooks:write", obj)

    @admin.action(
        description=gettext_lazy("Send the selected deliveries again"), permissions=["send_again"]
    )
    def send_again(self, request: HttpRequest, queryset: Any) -> None:
        count = 0
        for delivery in queryset.select_related("webhook", "business"):
            if self.has_send_again_permission(request, delivery) and delivery.webhook.enabled:
                count += replay(delivery.webhook, delivery_id=delivery.pk)
        self.message_user(request, again(count), messages.SUCCESS if count else messages.WARNING)

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_POST(self.again_view))
        return [
            path("<path:object_id>/again/", view, name="businesses_webhookdelivery_again"),
            *super().get_urls(),
        ]

    def again_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        delivery = self.get_object(request, unquote(object_id))
        if delivery is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined,no-any-return]
        if not self.has_send_again_permission(request, delivery):
            raise PermissionDenied
        try:
            count = replay(delivery.webhook, delivery_id=delivery.pk)
            self.message_user(request, again(count))
        except WebhookOff:
            self.message_user(request, OFF, messages.WARNING)
        return redirect(reverse("admin:businesses_webhookdelivery_change", args=[delivery.pk]))

    def what_may_be_done(self, request: HttpRequest, obj: Any) -> dict[str, bool]:
        return {"may_send_again": self.has_send_again_permission(request, obj)}
