"""Mails that the worker sends."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from businesses.models import OutgoingWebhook
from staff.models import Staff, StaffStatus
from staff.roles import Role


def tell_of_webhooks() -> int:
    """Tells each business once of a webhook that was switched off because it failed.

    To the business's address and its owners, in the language that the first of them has chosen who
    has chosen any. Where the mail can't be handed over, the next run
    tries again; several workers never tell the same.
    """
    count = 0
    while _tell_of_one():
        count += 1
    return count


@transaction.atomic
def _tell_of_one() -> bool:
    # The rival this keeps out: another worker, which would tell of it as well.
    webhook = (
        OutgoingWebhook.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
        .filter(disabled_at__isnull=False, told_at__isnull=True)
        .select_related("business")
        .order_by("disabled_at", "id")
        .first()
    )
    if webhook is None:
        return False
    business = webhook.business
    owners = Staff.objects.filter(
        Q(user__isnull=True) | Q(user__is_active=True),
        business=business,
        status=StaffStatus.ACTIVE,
        roles__contains=[Role.OWNER],
    ).values_list("email", "user__language")
    addresses = dict.fromkeys([business.email, *(email for email, _ in owners)])
    language = next((chosen for _, chosen in owners if chosen), settings.LANGUAGE_CODE)
    page = reverse("admin:businesses_outgoingwebhook_change", args=[webhook.pk])
    about = {
        "webhook": webhook,
        "business": business,
        "address": f"{settings.PUBLIC_URL}{page}",
    }
    OutgoingWebhook.objects.filter(pk=webhook.pk).update(told_at=timezone.now())
    with translation.override(language):
        EmailMessage(
            subject=render_to_string("businesses/webhook_off_subject.txt", about).strip(),
            body=render_to_string("businesses/webhook_off.txt", about),
            to=[one for one in addresses if one],
        ).send()
    return True
