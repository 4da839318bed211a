"""The people of a clinic: who they are, what they may do, and whether they are still there."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from businesses.models import Service
from staff.forms.people import PersonForm
from staff.logins import LAST_OWNER, LoginRefused, keeps_an_owner, may_rule, open_login
from staff.models import ServiceHost, Staff, StaffStatus
from staff.roles import Role
from staff.views.door import DeskRequest, in_business
from staff.views.saving import form_for, row_of, saved
from staff.views.setup import page

HERE = "desk-setup-staff"


@require_safe
@in_business("staff:write")
def people(request: DeskRequest) -> HttpResponse:
    """Everybody, those who were put away last. Three queries, whatever their number."""
    members = list(Staff.objects.of(request.business).select_related("user"))
    for member in members:
        member.told_roles = [Role(one).label for one in member.roles]
    away = [one for one in members if one.status == StaffStatus.ARCHIVED]
    there = [one for one in members if one.status != StaffStatus.ARCHIVED]
    return page(request, "people.html", HERE, members=there, away=away)


@in_business("staff:write")
def new_person(request: DeskRequest) -> HttpResponse:
    """Somebody new; then their hours."""
    if request.method != "POST":
        form = form_for(request, PersonForm)
    else:
        form, done = saved(request, PersonForm, Staff.objects.of(request.business))
        if done:
            name = form.instance.name
            messages.success(request, _("%(name)s is added. When do they work?") % {"name": name})
            return redirect("desk-setup-staff-hours", request.business.alias, form.instance.pk)
    return page(request, "person.html", HERE, form=form, member=None)


@in_business("staff:write")
def person(request: DeskRequest, pk: Any) -> HttpResponse:
    """Who somebody is. Nine queries, whatever the number of services."""
    members = Staff.objects.of(request.business)
    if request.method != "POST":
        form = form_for(request, PersonForm, row_of(members.select_related("user"), pk))
    else:
        form, done = saved(request, PersonForm, members, pk)
        if done:
            messages.success(request, _("%(name)s is saved.") % {"name": form.instance.name})
            return redirect("desk-setup-person", request.business.alias, pk)
    return _person_page(request, form)


def _person_page(request: DeskRequest, form: Any) -> HttpResponse:
    member = row_of(Staff.objects.of(request.business).select_related("user"), form.instance.pk)
    hosts = ServiceHost.objects.of(request.business)
    services = Service.objects.of(request.business).filter(archived_at=None, enabled=True)
    along = services.filter(pk__in=hosts.filter(staff=member, additional=True).values("service"))
    to_all = services.exclude(pk__in=hosts.filter(additional=False).values("service"))
    return page(
        request,
        "person.html",
        HERE,
        form=form,
        member=member,
        rules=may_rule(request.user, member),
        is_self=member.user_id == request.user.pk,
        roles=[Role(one).label for one in member.roles],
        along=list(along.values_list("name", flat=True)),
        to_all=list(to_all.exclude(pk__in=along).values_list("name", flat=True)),
    )


@never_cache
@require_POST
@in_business("staff:write")
def person_login(request: DeskRequest, pk: Any) -> HttpResponse:
    """Makes, links or renews the login, and shows the way to set its password, once."""
    member = row_of(Staff.objects.of(request.business), pk)
    try:
        opened = open_login(member=member, by=request.user)
    except LoginRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("desk-setup-person", request.business.alias, pk)
    if not opened.token:
        linked = _("%(email)s is linked and signs in with the password they have.")
        messages.success(request, linked % {"email": opened.user.email})
        return redirect("desk-setup-person", request.business.alias, pk)
    address = reverse("password_reset_confirm", args=[opened.uid, opened.token])
    return page(
        request,
        "password_link.html",
        HERE,
        member=member,
        email=opened.user.email,
        address=request.build_absolute_uri(address),
    )


@require_POST
@in_business("staff:write")
def person_status(request: DeskRequest, pk: Any) -> HttpResponse:
    """Puts somebody away, or makes them active again. What is booked with them stays."""
    to = request.POST.get("status", "")
    if to not in (StaffStatus.ARCHIVED, StaffStatus.ACTIVE):
        raise Http404
    refusal = _given_status(request, pk, to)
    if refusal:
        messages.error(request, refusal)
        return redirect("desk-setup-person", request.business.alias, pk)
    if to == StaffStatus.ACTIVE:
        messages.success(request, _("They are active again."))
        return redirect("desk-setup-person", request.business.alias, pk)
    messages.success(request, _("They are put away. Nothing new can be booked with them."))
    return redirect(HERE, request.business.alias)


def _given_status(request: DeskRequest, pk: Any, to: str) -> str:
    """Nothing once the status is theirs, else why it can't be.

    The business is locked before the person, as by the admin and the API.
    """
    with transaction.atomic(durable=True):
        member = row_of(Staff.objects.of(request.business), pk)
        kept = keeps_an_owner(member, status=to, roles=member.roles, user_id=member.user_id)
        member = row_of(Staff.objects.of(request.business).select_for_update(no_key=True), pk)
        if not may_rule(request.user, member):
            return _("You can’t hand out the roles of this staff member, so you can’t change them.")
        if to == StaffStatus.ARCHIVED and member.user_id == request.user.pk:
            return _("You can’t put yourself away. Somebody else can.")
        if not kept:
            return str(LAST_OWNER)
        if member.status != to:
            member.status = to
            member.save(update_fields=["status", "updated_at"])
    return ""
