"""The keys with which other software acts for a clinic."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from businesses.forms.keys import KeyForm, scope_told
from businesses.keys import revoke_key
from businesses.models import ApiKey
from businesses.scopes import EVERY_SCOPE
from staff.views.door import DeskRequest, in_business
from staff.views.saving import form_for, row_of, saved
from staff.views.setup import page

HERE = "desk-setup-keys"


@require_safe
@in_business("api_keys:write")
def keys(request: DeskRequest) -> HttpResponse:
    """Those that work, then those that don't any more. One query, whatever their number."""
    now = timezone.now()
    working: list[Any] = []
    ended: list[Any] = []
    for key in ApiKey.objects.of(request.business):
        key.may_do = [_("Everything")] if {*key.scopes} >= EVERY_SCOPE else told(key)
        key.expired = key.expires_at is not None and key.expires_at <= now
        (ended if key.revoked_at or key.expired else working).append(key)
    return page(request, "keys.html", HERE, working=working, ended=ended)


def told(key: ApiKey) -> list[str]:
    """What it may do, in words."""
    return [scope_told(scope) for scope in key.scopes]


@never_cache
@in_business("api_keys:write")
def new_key(request: DeskRequest) -> HttpResponse:
    """A key; its token is in the answer to this POST, and in no other."""
    if request.method != "POST":
        form: Any = form_for(request, KeyForm)
    else:
        form, done = saved(request, KeyForm, ApiKey.objects.of(request.business))
        if done:
            name = form.cleaned_data["description"]
            return page(request, "key_token.html", HERE, name=name, token=form.token)
    return page(request, "key.html", HERE, title=_("Add a key"), form=form)


@in_business("api_keys:write")
def revoke(request: DeskRequest, pk: Any) -> HttpResponse:
    """Asks on GET; on POST the key is refused from the next request on."""
    rows = ApiKey.objects.of(request.business).filter(revoked_at=None)
    if request.method != "POST":
        key = row_of(rows, pk)
        key.may_do = told(key)
        return page(request, "key_revoke.html", HERE, key=key)
    with transaction.atomic(durable=True):
        key = revoke_key(row_of(ApiKey.objects.of(request.business), pk))
    messages.success(request, _("%(name)s is revoked.") % {"name": key.description})
    return redirect(HERE, request.business.alias)
