"""Forms of rows and of their parts: what may be chosen in them, and by whom."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.contrib.postgres.fields import ArrayField
from django.db.models import URLField
from django.forms import CheckboxSelectMultiple, ChoiceField, TypedMultipleChoiceField
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from businesses.admin.access import clinic_of
from businesses.fields import HoursField, ZoneField
from businesses.forms.hours import HoursFormField
from businesses.forms.tenancy import Sentences, TenantForm, ZoneSelect, zone_choices
from businesses.models import Location, Service
from businesses.scopes import scopes_in


class FormOfOneBusiness:
    """What the form of a row and the forms of its parts have in common."""

    admin_site: Any
    sentences: Sentences = {}
    writes: str

    def form_for(self, request: HttpRequest, form: type[Any]) -> type[Any]:
        """The form class, told whose form it is."""
        known = {
            "clinic": clinic_of(request),
            "user": request.user,
            "sentences": self.sentences,
        }
        return type(form.__name__, (form,), known)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        if isinstance(db_field, HoursField):
            return db_field.formfield(form_class=HoursFormField)
        if isinstance(db_field, ZoneField):
            empty = "—" if db_field.blank else ""
            return ChoiceField(
                choices=zone_choices(empty),
                widget=ZoneSelect,
                required=not db_field.blank,
                label=capfirst(db_field.verbose_name),
                help_text=db_field.help_text,
                initial=db_field.get_default(),
            )
        base: Any = getattr(db_field, "base_field", None)
        if isinstance(db_field, ArrayField) and base.choices:
            return TypedMultipleChoiceField(
                choices=base.choices,
                required=not db_field.blank,
                label=capfirst(db_field.verbose_name),
                help_text=db_field.help_text,
                widget=CheckboxSelectMultiple,
            )
        if isinstance(db_field, URLField):
            options["assume_scheme"] = "https"
        field = super().formfield_for_dbfield(db_field, request, **options)  # type: ignore[misc]
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget.can_change_related = field.widget.can_delete_related = False
        return field

    def rows_of_the_business(self, db_field: Any, request: HttpRequest) -> Any:
        """What a reference may point to: rows of the same business that were not put away, and
        none before there is a business.
        """
        model = db_field.remote_field.model
        rows = model._default_manager.all()
        if model in (Location, Service):
            rows = rows.filter(archived_at=None)
        clinic = clinic_of(request)
        return rows.none() if clinic is None else rows.filter(business_id=clinic.pk)


class LinesOfOneRow(BaseInlineFormSet[Any, Any, Any]):
    """The lines of a table within a form."""

    @classmethod
    def get_default_prefix(cls) -> str:
        """A word of its own for each table, also where Django has no name to make it of."""
        model: Any = cls.model
        return str(model._meta.model_name)

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        # Django takes the id of any row here and then leaves the line out without a word.
        model: Any = self.model
        form.fields[model._meta.pk.name].queryset = self.queryset
        if "DELETE" in form.fields:
            form.fields["DELETE"].widget.attrs["aria-label"] = _("Delete this line")


class TenantInline(FormOfOneBusiness, admin.TabularInline[Any, Any]):
    """Parts of a row. Who may change the row may change them."""

    form = TenantForm
    formset = LinesOfOneRow
    extra = 0
    show_change_link = False
    reads: str

    def _may(self, request: HttpRequest, scope: str) -> bool:
        clinic = clinic_of(request)
        return clinic is not None and scope in scopes_in(request.user, clinic.pk)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, self.reads)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, self.writes)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, self.writes)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, self.writes)

    def get_formset(self, request: HttpRequest, obj: Any = None, **options: Any) -> Any:
        options["form"] = self.form_for(request, self.form)
        return super().get_formset(request, obj, **options)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """The field; in a table its label stands far off, so the input carries it."""
        field = super().formfield_for_dbfield(db_field, request, **options)
        if field is not None:
            field.widget.attrs["aria-label"] = field.label
        return field

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **options: Any) -> Any:
        rows = self.rows_of_the_business(db_field, request)
        field: Any = super().formfield_for_foreignkey(
            db_field, request, **options | {"queryset": rows}
        )
        # Read once for all lines of the table.
        field.choices = [("", "---------"), *((row.pk, str(row)) for row in rows)]
        return field


class ReadOnlyInline(TenantInline):
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
