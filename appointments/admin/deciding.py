"""Approving and cancelling in the admin, one by one or several together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from appointments.acceptance import Override
from appointments.admin.booking_form import ReasonForm
from appointments.booking import approve, cancel
from appointments.clashes import explain
from appointments.errors import (
    Clash,
    DateInPast,
    Refusal,
    ResourceBusy,
    SlotFull,
    WrongStatus,
)
from appointments.models import Appointment
from businesses.admin.access import actor_in
from businesses.admin.tenancy import TenantAdmin

Decision = Callable[..., Any]


def may_be_lifted(refusal: Refusal) -> bool:
    """Whether an override changes the answer: over busy time, closed hours and the past."""
    if isinstance(refusal, Clash):
        return not isinstance(refusal, SlotFull | ResourceBusy | WrongStatus)
    return isinstance(refusal, DateInPast)


class Deciding(TenantAdmin):
    """Buttons on an appointment's page and actions on the list, which call the commands."""

    when: Callable[[Any], str]

    def has_decide_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, self.writes, obj)

    @admin.action(description=gettext_lazy("Approve the selected requests"), permissions=["decide"])
    def approve_selected(self, request: HttpRequest, queryset: Any) -> None:
        done = 0
        for visit in queryset:
            if not self.has_decide_permission(request, visit):
                continue
            try:
                approve(
                    business_id=visit.business_id,
                    appointment_id=visit.pk,
                    by=actor_in(request, visit.business_id),
                )
                done += 1
            except Refusal as refusal:
                told = f"{self.when(visit)}, {visit.patient}: {refusal.sentence}"
                self.message_user(request, told, messages.ERROR)
        told = ngettext("%(n)d appointment is approved.", "%(n)d appointments are approved.", done)
        self.message_user(request, told % {"n": done}, messages.SUCCESS if done else messages.INFO)

    @admin.action(
        description=gettext_lazy("Cancel the selected appointments"), permissions=["decide"]
    )
    def cancel_selected(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        """Asks for the reason first; then frees the time of each."""
        visits = [one for one in queryset if self.has_decide_permission(request, one)]
        if not visits:
            self.message_user(request, _("None of these can be cancelled."), messages.WARNING)
            return None
        form = ReasonForm(request.POST if "reason" in request.POST else None, required=False)
        if not form.is_valid():
            context = {
                **self.admin_site.each_context(request),
                "title": _("Cancel appointments"),
                "opts": self.opts,
                "visits": [(one.pk, self.when(one), one.patient) for one in visits],
                "form": form,
                "checkbox": ACTION_CHECKBOX_NAME,
            }
            page = "admin/appointments/appointment/cancel_selected.html"
            return TemplateResponse(request, page, context)
        done = 0
        for visit in visits:
            try:
                cancel(
                    business_id=visit.business_id,
                    appointment_id=visit.pk,
                    by=actor_in(request, visit.business_id),
                    reason=form.cleaned_data["reason"],
                )
                done += 1
            except Refusal as refusal:
                told = f"{self.when(visit)}, {visit.patient}: {refusal.sentence}"
                self.message_user(request, told, messages.ERROR)
        told = ngettext(
            "%(n)d appointment is cancelled.", "%(n)d appointments are cancelled.", done
        )
        self.message_user(request, told % {"n": done}, messages.SUCCESS)
        return None

    def get_urls(self) -> list[Any]:
        name = "appointments_appointment"
        approval = self.admin_site.admin_view(self.approve_view)
        cancellation = self.admin_site.admin_view(self.cancel_view)
        return [
            path("<path:object_id>/approve/", approval, name=f"{name}_approve"),
            path("<path:object_id>/cancel/", cancellation, name=f"{name}_cancel"),
            *super().get_urls(),
        ]

    def approve_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Approves one; where something is in the way, says what, and how to do it all the same."""

        def work(visit: Appointment, reason: str | None) -> None:
            approve(
                business_id=visit.business_id,
                appointment_id=visit.pk,
                by=actor_in(request, visit.business_id),
                override=Override(reason) if reason else None,
            )

        words = {
            "title": _("Approve this appointment"),
            "button": _("Approve"),
            "done": _("The appointment is approved."),
        }
        return self.in_zone(request, lambda: self._decide(request, object_id, work, words))

    def cancel_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Cancels one, or declines a request; the reason is kept."""

        def work(visit: Appointment, reason: str | None) -> None:
            cancel(
                business_id=visit.business_id,
                appointment_id=visit.pk,
                by=actor_in(request, visit.business_id),
                reason=reason or "",
            )

        words = {
            "title": _("Cancel this appointment"),
            "button": _("Cancel the appointment"),
            "done": _("The appointment is cancelled."),
            "asks_reason": "yes",
        }
        return self.in_zone(request, lambda: self._decide(request, object_id, work, words))

    def _decide(
        self, request: HttpRequest, object_id: str, work: Decision, words: dict[str, str]
    ) -> HttpResponse:
        visit = self.get_object(request, unquote(object_id))
        if visit is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined,no-any-return]
        if not self.has_decide_permission(request, visit):
            raise PermissionDenied
        may_override = actor_in(request, visit.business_id).may("appointments:override")
        cancels = "asks_reason" in words
        overrides = "override_offered" in request.POST and may_override
        asks = cancels or overrides
        form = ReasonForm(request.POST or None, required=overrides)
        refusal: Refusal | None = None
        if request.method == "POST" and (form.is_valid() or not asks):
            try:
                work(visit, form.cleaned_data["reason"] if asks else None)
            except Refusal as found:
                refusal = found
                if isinstance(refusal, Clash):
                    explain(refusal)
                if may_be_lifted(refusal) and may_override and not cancels:
                    asks = overrides = True
                    form = ReasonForm(required=True)
            else:
                self.message_user(request, words["done"], messages.SUCCESS)
                return redirect(reverse("admin:appointments_appointment_change", args=[visit.pk]))
        context = {
            **self.admin_site.each_context(request),
            **words,
            "opts": self.opts,
            "original": visit,
            "facts": f"{self.when(visit)}, {visit.patient}, {visit.service}, {visit.staff}",
            "form": form if asks else None,
            "refusal": refusal,
            "clash": refusal if isinstance(refusal, Clash) else None,
            "override_offered": overrides,
        }
        page = "admin/appointments/appointment/decide.html"
        return TemplateResponse(request, page, context)

    def what_may_be_done(self, request: HttpRequest, obj: Any) -> dict[str, bool]:
        able = self.has_decide_permission(request, obj) and obj.cancelled_at is None
        return {"may_cancel": able, "may_approve": able and not obj.approved}
