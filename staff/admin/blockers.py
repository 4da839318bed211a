"""Blocked time in the admin, once or repeated."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminDateWidget
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from businesses.admin.access import actor_in
from businesses.admin.filters import Given, WithinReach
from businesses.forms.hours import DAY_NAMES
from businesses.forms.tenancy import Sentences, TenantForm
from businesses.recurrence import BadRule, Rule
from staff.admin.hours import ENDS_FIRST, SpanAdmin, at_clinic
from staff.blocking import (
    MOST,
    SCOPES,
    WITHIN_YEARS,
    block,
    meant_by,
    place_of,
    starts_of,
    unblock,
)
from staff.models import TimeBlocker

ONCE, DAILY, WEEKLY, MONTHLY = "", "DAILY", "WEEKLY", "MONTHLY"
HOW = [
    (ONCE, gettext_lazy("No")),
    (DAILY, gettext_lazy("Every day")),
    (WEEKLY, gettext_lazy("Every week")),
    (MONTHLY, gettext_lazy("Every month")),
]
DAYS_OF_WEEK = dict(
    zip(("MO", "TU", "WE", "TH", "FR", "SA", "SU"), DAY_NAMES.values(), strict=True)
)


def rule_in_words(written: str) -> str:
    """The rule as it is chosen in the form, in a sentence; any other as it is written."""
    rule = Rule.read(written)
    days = [
        name for weekday, name in enumerate(DAYS_OF_WEEK.values()) if (0, weekday) in rule.by_day
    ]
    if rule.interval != 1 or rule.by_month or rule.by_set_pos or len(days) != len(rule.by_day):
        return written
    if rule.freq == DAILY and not rule.by_day and not rule.by_month_day:
        told = _("Every day")
    elif rule.freq == WEEKLY and days:
        told = _("Every week on %(days)s") % {"days": ", ".join(map(str, days))}
    elif rule.freq == MONTHLY and not days and len(rule.by_month_day) == 1:
        told = _("Every month on day %(day)d") % {"day": rule.by_month_day[0]}
    else:
        return written
    if rule.until is None:
        return ngettext(
            "%(told)s, %(count)d time", "%(told)s, %(count)d times", rule.count or 0
        ) % {
            "told": told,
            "count": rule.count,
        }
    last = date_format(rule.until, "SHORT_DATE_FORMAT")
    return _("%(told)s, until %(last)s") % {"told": told, "last": last}


class BlockerForm(TenantForm):
    """Blocked time; a new one may repeat until a day."""

    repeats = forms.ChoiceField(
        label=gettext_lazy("Repeats"),
        choices=HOW,
        required=False,
        help_text=gettext_lazy(
            "At the same time on this person’s clock, also when the clocks change. A day of the"
            " month that a month doesn’t have is left out."
        ),
    )
    weekdays = forms.MultipleChoiceField(
        label=gettext_lazy("On"),
        choices=list(DAYS_OF_WEEK.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("For every week. None: on the day on which it begins."),
    )
    until = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        widget=AdminDateWidget,
        help_text=gettext_lazy("At most five years from the first, and 2,000 times."),
    )

    class Meta:
        model = TimeBlocker
        fields = "__all__"

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if not self.instance._state.adding:
            for name in ("repeats", "weekdays", "until"):
                del self.fields[name]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        cleaned["rule"] = None
        if not cleaned.get("repeats"):
            return cleaned
        until: date | None = cleaned.get("until")
        if until is None and "until" not in self.errors:
            self.refuse("until", _("Say until which day it repeats."))
        if until is not None and cleaned.get("staff") and cleaned.get("starts_at"):
            cleaned["rule"] = self._rule(cleaned, until)
        return cleaned

    def _rule(self, cleaned: dict[str, Any], until: date) -> Rule | None:
        """What was chosen, as a rule that the times have been found for; None if it is refused."""
        staff = cleaned["staff"]
        first: datetime = cleaned["starts_at"].astimezone(place_of(staff))
        if until < first.date():
            self.refuse("until", _("That is before the first day."))
            return None
        codes = list(DAYS_OF_WEEK)
        own = codes[first.weekday()]
        chosen = sorted(cleaned.get("weekdays") or [own], key=codes.index)
        parts = {
            DAILY: "",
            WEEKLY: f"BYDAY={','.join(chosen)};",
            MONTHLY: f"BYMONTHDAY={first.day};",
        }
        how = cleaned["repeats"]
        if how == WEEKLY and own not in chosen:
            self.refuse(
                "weekdays",
                _("It begins on a %(day)s, which is not among these.") % {"day": DAYS_OF_WEEK[own]},
            )
            return None
        try:
            rule = Rule.read(f"FREQ={how};{parts[how]}UNTIL={until:%Y%m%d}")
            starts_of(staff=staff, starts_at=first, rule=rule)
        except BadRule as error:
            sentence = str(error)
            if error.code == "rrule_too_long":
                sentence = _("It repeats at most %(most)d times within %(years)d years.") % {
                    "most": MOST,
                    "years": WITHIN_YEARS,
                }
            self.refuse("until", sentence)
            return None
        return rule


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
