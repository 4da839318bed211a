"""Where a clinic's events are sent, how that goes, and what could not be delivered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, OuterRef, Q, Subquery
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from businesses.forms.webhooks import WebhookForm
from businesses.models import DeliveryStatus, OutgoingWebhook, WebhookAttempt, WebhookDelivery
from businesses.webhooks import (
    WebhookOff,
    delete_webhook,
    held,
    replay,
    rotate_secret,
    send_test,
)
from staff.views.door import DeskRequest, in_business
from staff.views.saving import form_for, row_of, saved
from staff.views.setup import page

HERE = "desk-setup-webhooks"
SHOWN = 30  # deliveries on a page


@require_safe
@in_business("webhooks:write")
def webhooks(request: DeskRequest) -> HttpResponse:
    """All of them, and how they fare. One query, whatever their number."""
    found = OutgoingWebhook.objects.of(request.business).annotate(
        waiting=Count("deliveries", Q(deliveries__status=DeliveryStatus.PENDING)),
        dead=Count("deliveries", Q(deliveries__status=DeliveryStatus.DEAD)),
    )
    return page(request, "webhooks.html", HERE, webhooks=found)


@never_cache
@in_business("webhooks:write")
def new_webhook(request: DeskRequest) -> HttpResponse:
    """A webhook; its secret is in the answer to this POST, and in no other."""
    if request.method != "POST":
        form: Any = form_for(request, WebhookForm)
    else:
        form, done = saved(request, WebhookForm, OutgoingWebhook.objects.of(request.business))
        if done:
            return page(request, "webhook_secret.html", HERE, webhook=form.instance)
    return page(request, "webhook.html", HERE, title=_("Add a webhook"), form=form, webhook=None)


@in_business("webhooks:write")
def webhook(request: DeskRequest, pk: Any) -> HttpResponse:
    """One webhook with its last deliveries. Four queries, whatever their number."""
    rows = OutgoingWebhook.objects.of(request.business)
    row = row_of(rows, pk)
    if request.method != "POST":
        form: Any = form_for(request, WebhookForm, row)
    else:
        form, done = saved(request, WebhookForm, rows, pk)
        if done:
            messages.success(request, _("The webhook is saved."))
            return redirect("desk-setup-webhook", request.business.alias, pk)
    before = request.GET.get("before", "")
    deliveries = _deliveries(row, int(before) if before.isdecimal() and len(before) < 18 else None)
    return page(
        request,
        "webhook.html",
        HERE,
        title=_("Webhook"),
        form=form,
        webhook=row,
        deliveries=deliveries[:SHOWN],
        older=deliveries[SHOWN - 1].number if len(deliveries) > SHOWN else None,
        newest=not before,
        second_secret=row.previous_until and row.previous_until > timezone.now(),
    )


def _deliveries(row: OutgoingWebhook, before: int | None) -> list[Any]:
    """The last ones, each with how its last try went; one more than are shown."""
    tries = WebhookAttempt.objects.filter(
        business_id=row.business_id, delivery=OuterRef("pk")
    ).order_by("-at", "-id")
    found = WebhookDelivery.objects.filter(business_id=row.business_id, webhook=row).order_by(
        "-number"
    )
    if before is not None:
        found = found.filter(number__lt=before)
    last = {name: Subquery(tries.values(name)[:1]) for name in ("status_code", "error")}
    return list(
        found.defer("body").annotate(tried_at=Subquery(tries.values("at")[:1]), **last)[: SHOWN + 1]
    )


def button(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The view of a button below a webhook; one that is off says so."""

    @never_cache
    @require_POST
    @in_business("webhooks:write")
    def pressed(request: DeskRequest, pk: Any, **more: Any) -> HttpResponse:
        try:
            return view(request, pk, **more)
        except WebhookOff:
            messages.error(request, _("This webhook is off; switch it on first."))
            return _back(request, pk)

    return pressed


def _done(request: DeskRequest, pk: Any, command: Callable[[OutgoingWebhook], Any]) -> Any:
    """What the command returns about the webhook, which is locked until the commit."""
    with transaction.atomic(durable=True):
        return command(held(row_of(OutgoingWebhook.objects.of(request.business), pk)))


def _back(request: DeskRequest, pk: Any) -> HttpResponse:
    return redirect("desk-setup-webhook", request.business.alias, pk)


@button
def new_secret(request: DeskRequest, pk: Any) -> HttpResponse:
    row = _done(request, pk, rotate_secret)
    return page(request, "webhook_secret.html", HERE, webhook=row)


@button
def test(request: DeskRequest, pk: Any) -> HttpResponse:
    _done(request, pk, send_test)
    messages.success(request, _("A test event is on its way; below you see how it fares."))
    return _back(request, pk)


@button
def replay_dead(request: DeskRequest, pk: Any) -> HttpResponse:
    return _again(request, pk, _done(request, pk, replay))


@button
def replay_one(request: DeskRequest, pk: Any, delivery_pk: Any) -> HttpResponse:
    def again(row: OutgoingWebhook) -> int:
        mine = WebhookDelivery.objects.filter(business_id=row.business_id, webhook=row)
        row_of(mine, delivery_pk)
        return replay(row, delivery_id=delivery_pk)

    return _again(request, pk, _done(request, pk, again))


def _again(request: DeskRequest, pk: Any, count: int) -> HttpResponse:
    told = ngettext(
        "%(count)d delivery is sent again.", "%(count)d deliveries are sent again.", count
    )
    messages.success(request, told % {"count": count})
    return _back(request, pk)


@button
def remove_webhook(request: DeskRequest, pk: Any) -> HttpResponse:
    _done(request, pk, delete_webhook)
    messages.success(request, _("The webhook is removed, and its log with it."))
    return redirect(HERE, request.business.alias)
