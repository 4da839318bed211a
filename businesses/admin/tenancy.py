"""An admin in which everybody sees and changes the rows of their own businesses, by their role."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import SimpleTemplateResponse, TemplateResponse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from businesses.admin.access import businesses_for, clinic_of, several_businesses, within
from businesses.admin.filters import WithinReach
from businesses.admin.forms import autocomplete, well_formed
from businesses.admin.history_page import WithHistory
from businesses.admin.parts import FormOfOneBusiness
from businesses.admin.words import kept_by
from businesses.forms.tenancy import TRY_AGAIN, Sentences, TenantForm
from businesses.models import Business, TenantModel
from businesses.scopes import scopes_in
from businesses.statements import DEADLOCK, LOCK_TIMEOUT, SERIALIZATION, sqlstate, violated
from businesses.zones import zone

UNLUCKY = {LOCK_TIMEOUT, DEADLOCK, SERIALIZATION}

UNSEEN = {"secret", "previous_secret", "secret_hash", "body", "password", "link_token"}


class TenantAdmin(FormOfOneBusiness, WithHistory):
    """Rows of businesses, for people with the scope `reads`, and to change with `writes`.

    The rule is the scope in the row's own business: what somebody may do elsewhere opens nothing.
    """

    reads: str
    writes: str
    in_business: ClassVar[str] = "business_id"
    sentences: Sentences = {}
    form = TenantForm
    list_per_page = 50
    list_select_related: ClassVar[Any] = ()
    shows_business = True
    told: ClassVar[Mapping[str, str]] = {}  # fields, and how they read where they can't be edited
    in_clinic_time = False  # whether pages have times of day, in the business's time zone

    # --- Who may what ----------------------------------------------------------------------

    def business_of(self, row: Any) -> Business:
        business: Business = row.business
        return business

    def may(self, request: HttpRequest, scope: str, row: Any = None) -> bool:
        """Whether the person has the scope in the row's business; without a row, in any."""
        user: Any = request.user
        if row is None:
            return user.is_superuser or any(
                scope in user.scopes_in(one) for one in user.places_of_work()
            )
        return scope in scopes_in(user, self.business_of(row).pk)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.may(request, self.reads)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, self.reads, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.may(request, self.writes)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, self.writes, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, self.writes, obj)

    # --- Which rows ------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request)
        related = {*self.list_select_related, *(["business"] if self.shows_business else [])}
        if related:
            rows = rows.select_related(*sorted(related))
        return rows.filter(within(request.user, self.reads, self.in_business))

    def offered(self, rows: Any) -> Any:
        """Which of them an autocomplete offers for something new."""
        return rows

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """The row, whose business the page is about from here on; None for somebody else's."""
        row = super().get_object(request, object_id, from_field)
        if row is not None:
            self._enter(request, self.business_of(row))
        return row

    def _enter(self, request: HttpRequest, clinic: Business) -> None:
        request.clinic = clinic  # type: ignore[attr-defined]
        timezone.activate(zone(clinic.timezone))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What would go with them; what stands against it is told in a line, not row by row."""
        keeping = [
            _("%(things)s of %(row)s") % {"things": capfirst(things), "row": row}
            for row in objs
            for things in kept_by(row)
        ]
        if keeping:
            return [str(row) for row in objs], {}, set(), keeping
        return super().get_deleted_objects(objs, request)

    # --- Lists -----------------------------------------------------------------------------

    def get_list_display(self, request: HttpRequest) -> Any:
        columns = list(super().get_list_display(request))
        if self.shows_business and several_businesses(request):
            columns.append("business")
        return columns

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        """A list is never narrowed by what is shown nowhere.

        Django allows every column of the table: of a secret, a list that is empty or not would tell
        letter by letter what is in it.
        """
        return not UNSEEN & set(lookup.split("__")) and bool(
            super().lookup_allowed(lookup, value, request)
        )

    def get_list_filter(self, request: HttpRequest) -> Any:
        filters = super().get_list_filter(request)
        if self.shows_business and several_businesses(request):
            return (("business", WithinReach), *filters)
        return filters

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if any("\x00" in value for values in request.GET.lists() for value in values[1]):
            return redirect(request.path)  # PostgreSQL has no such character
        page = super().changelist_view
        return self.in_zone(request, lambda: page(request, extra_context))

    def response_action(self, request: HttpRequest, queryset: Any, *more: Any) -> Any:
        request.POST = posted = request.POST.copy()  # type: ignore[assignment]
        chosen = posted.getlist(ACTION_CHECKBOX_NAME)
        posted.setlist(ACTION_CHECKBOX_NAME, well_formed(chosen))
        try:
            return super().response_action(request, queryset, *more)
        except IntegrityError as error:
            self.message_user(request, self._sentence(error)[1], messages.ERROR)
            return redirect(request.get_full_path())

    # --- Pages of one row ------------------------------------------------------------------

    def sections(self, request: HttpRequest, obj: Any = None) -> Any:
        """The fieldsets of the page, without the business."""
        return super().get_fieldsets(request, obj)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """The business first where there are several; what can't be edited here, in words."""
        sections = list(self.sections(request, obj))
        if self.shows_business and several_businesses(request):
            sections.insert(0, (None, {"fields": ["business"]}))
        if obj is None:
            return sections
        fixed = self.told
        if self.has_change_permission(request, obj):
            readonly = self.get_readonly_fields(request, obj)
            fixed = {name: words for name, words in fixed.items() if name in readonly}
        return [
            (title, {**options, "fields": [fixed.get(name, name) for name in options["fields"]]})
            for title, options in sections
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = [*super().get_readonly_fields(request, obj), *self.told.values()]
        return [*fields, "business"] if self.shows_business else fields

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any
    ) -> Any:
        form = super().get_form(request, obj, change, **options)
        form = self.form_for(request, form)
        form.refusal = getattr(request, "refusal", None)
        return form

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **options: Any) -> Any:
        if issubclass(db_field.remote_field.model, TenantModel):
            clinic = clinic_of(request)
            options["queryset"] = self.rows_of_the_business(db_field, request)
            if clinic is not None and db_field.name in self.get_autocomplete_fields(request):
                options["widget"] = autocomplete(db_field, self.admin_site, clinic)
        return super().formfield_for_foreignkey(db_field, request, **options)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        """The form. What only the database can refuse, because somebody else was faster or two
        lines of the same form contradict each other, is an error of the form as well.
        """

        form = super().changeform_view

        def answer() -> HttpResponse:
            if object_id is None and self.shows_business:
                choice = self.begin(request)
                if choice is not None:
                    return choice
            context = {"in_clinic_time": self.in_clinic_time, **(extra_context or {})}
            try:
                return form(request, object_id, form_url, context)
            except DatabaseError as error:
                if not isinstance(error, IntegrityError) and sqlstate(error) not in UNLUCKY:
                    raise
                request.refusal = self._sentence(error)  # type: ignore[attr-defined]
                return form(request, object_id, form_url, context)

        return self.in_zone(request, answer)

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        if obj is not None:
            context.update(self.what_may_be_done(request, obj))
        page: HttpResponse = super().render_change_form(
            request, context, add, change, form_url, obj
        )
        return page

    def what_may_be_done(self, request: HttpRequest, obj: Any) -> dict[str, bool]:
        """For the row's page: which of its own buttons it has."""
        return {}

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        page = super().delete_view
        try:
            return self.in_zone(request, lambda: page(request, object_id, extra_context))
        except IntegrityError as error:
            self.message_user(request, self._sentence(error)[1], messages.ERROR)
            return redirect(request.path)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        page = super().history_view
        return self.in_zone(request, lambda: page(request, object_id, extra_context))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Writes what was changed here and nothing else: the rest may have changed meanwhile."""
        if not change:
            obj.save(force_insert=True)
            return
        names = {field.name for field in obj._meta.concrete_fields}
        obj.save(update_fields=sorted({*names.intersection(form.changed_data), "updated_at"}))

    # --- The business of a new row ---------------------------------------------------------

    def begin(self, request: HttpRequest) -> HttpResponse | None:
        """Enters the business of a new row, or asks which it is to be."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        clinic = self._chosen(request)
        if clinic is None:
            return self._choose(request)
        self._enter(request, clinic)
        return None

    def _chosen(self, request: HttpRequest) -> Business | None:
        """The business that the address names, or the only one there is to choose."""
        able = businesses_for(request.user, self.writes)
        named = request.GET.get("business")
        if named is None:
            found = list(able[:2])
            return found[0] if len(found) == 1 else None
        ids = well_formed([named])
        clinic: Business | None = able.filter(pk__in=ids).first()
        if clinic is None:
            raise Http404
        return clinic

    def _choose(self, request: HttpRequest) -> HttpResponse:
        kept = request.GET.copy()
        choices = []
        for business in businesses_for(request.user, self.writes):
            kept["business"] = str(business.pk)
            choices.append((business, kept.urlencode()))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Add %(thing)s") % {"thing": self.opts.verbose_name},
            "choices": choices,
            "opts": self.opts,
            "is_popup": "_popup" in request.GET,
        }
        return TemplateResponse(request, "admin/choose_business.html", context)

    # --- Time and refusals -----------------------------------------------------------------

    def in_zone(self, request: HttpRequest, answer: Callable[[], HttpResponse]) -> HttpResponse:
        """The page, with times in the zone of its business, or else of the person's only one."""
        with timezone.override(self._usual_zone(request)):
            response = answer()
            if isinstance(response, SimpleTemplateResponse):
                response.render()
        return response

    def _usual_zone(self, request: HttpRequest) -> Any:
        if not self.in_clinic_time:
            return timezone.get_default_timezone()
        names = list(
            businesses_for(request.user, self.reads)
            .values_list("timezone", flat=True)
            .order_by("timezone")
            .distinct()[:2]
        )
        return zone(names[0]) if len(names) == 1 else timezone.get_default_timezone()

    def _sentence(self, error: DatabaseError) -> tuple[str, Any]:
        parts: Any = self.inlines
        known: Mapping[str, tuple[str, Any]] = {
            **{name: ("", told[1]) for inline in parts for name, told in inline.sentences.items()},
            **self.sentences,
        }
        return known.get(violated(error), ("", TRY_AGAIN))


class ReadOnlyAdmin(TenantAdmin):
    """What only commands write."""

    writes = ""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
