"""Closures in the admin, and the page that imports public holidays."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from businesses.admin.access import actor_in, clinic_of
from businesses.admin.filters import WithinReach
from businesses.admin.tenancy import TenantAdmin
from businesses.forms.closures import (
    CLOSURE_SENTENCES,
    ClosureForm,
    DaysForm,
    HolidaysForm,
    asked_for,
    lines_of,
)
from businesses.holidays import import_holidays
from businesses.models import Business, Closure


class FromTheImport(admin.SimpleListFilter):
    title = gettext_lazy("public holiday")
    parameter_name = "imported"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("yes", _("Yes")), ("no", _("No"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "yes":
            return queryset.exclude(region="")
        return queryset.filter(region="") if self.value() == "no" else queryset


@admin.register(Closure)
class ClosureAdmin(TenantAdmin):
    """Days without visits, in whole local days; public holidays come from their own page."""

    reads, writes = "business:read", "business:write"
    form = ClosureForm
    list_display = ("name", "first_day", "last_day", "where", "region")
    list_filter = (("location", WithinReach), FromTheImport, "date_start")
    list_select_related = ("location",)
    search_fields = ("name", "region")
    date_hierarchy = "date_start"
    autocomplete_fields = ("location",)
    readonly_fields = ("region",)
    change_list_template = "admin/businesses/closure/change_list.html"
    sentences = CLOSURE_SENTENCES

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = ("name", ("date_start", "date_end"), "location")
        return (*fields, "region") if obj is not None and obj.region else fields

    @admin.display(description=gettext_lazy("first day"), ordering="date_start")
    def first_day(self, closure: Closure) -> str:
        return date_format(closure.date_start, "DAY_YEAR_FORMAT")

    @admin.display(description=gettext_lazy("last day"), ordering="date_end")
    def last_day(self, closure: Closure) -> str:
        return date_format(closure.date_end, "DAY_YEAR_FORMAT")

    @admin.display(description=gettext_lazy("where"), ordering="location__name")
    def where(self, closure: Closure) -> str:
        return str(closure.location or _("The whole business"))

    # --- Public holidays -------------------------------------------------------------------

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.import_view)
        return [path("import/", view, name="businesses_closure_import"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        context = {"may_import": self.has_add_permission(request), **(extra_context or {})}
        return super().changelist_view(request, context)

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Shows the holidays of a region on GET; adds those that are ticked on POST."""
        return self.in_zone(request, lambda: self._import(request))

    def _import(self, request: HttpRequest) -> HttpResponse:
        choice = self.begin(request)
        clinic = clinic_of(request)
        if choice is not None or clinic is None:
            return choice or HttpResponse(status=404)
        if request.method != "POST":
            return self._offer(request, clinic, asked_for(request.GET, clinic))
        form = HolidaysForm(request.POST, business=clinic)
        if not form.is_valid():
            return self._offer(request, clinic, form)
        chosen = DaysForm(request.POST, found=form.found())
        if not chosen.is_valid():
            return self._offer(request, clinic, form, chosen)
        added = import_holidays(
            business=clinic,
            country=form.area.country,
            region=form.area.region,
            years=form.years,
            location=form.cleaned_data["location"],
            days=chosen.cleaned_data["days"],
            by=actor_in(request, clinic.pk),
        )
        self.message_user(
            request,
            ngettext(
                "%(count)d public holiday is added.", "%(count)d public holidays are added.", added
            )
            % {"count": added},
            messages.SUCCESS if added else messages.WARNING,
        )
        return redirect(reverse("admin:businesses_closure_changelist"))

    def _offer(
        self,
        request: HttpRequest,
        clinic: Business,
        form: HolidaysForm,
        chosen: DaysForm | None = None,
    ) -> HttpResponse:
        """The page with the form and, once it says enough, with the days."""
        shown = form.is_bound and form.is_valid()
        ticked = request.POST.getlist("days") if chosen else None
        lines = lines_of(form, clinic, ticked) if shown else []
        context = {
            **self.admin_site.each_context(request),
            "title": _("Import public holidays"),
            "subtitle": str(clinic),
            "opts": self.opts,
            "clinic": clinic,
            "form": form,
            "chosen": chosen,
            "shown": shown,
            "lines": lines,
            "is_something_new": any(not line.there for line in lines),
        }
        return TemplateResponse(request, "admin/businesses/closure/import.html", context)
