"""Forms of one business: whose rows they write, and refusals in words."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from businesses.models import Business
from businesses.zones import zone_names

# What to say when a constraint is violated: the form field it belongs to (or none), and a sentence.
Sentences = Mapping[str, tuple[str, Any]]


class ZoneSelect(forms.Select):
    """A select of six hundred names, drawn at once: Django's renders a template for each."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        chosen = "" if value is None else str(value)
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            (
                (key, mark_safe(" selected") if key == chosen else "", label)
                for key, label in self.choices
            ),
        )
        own = flatatt(self.build_attrs(self.attrs, {**(attrs or {}), "name": name}))
        return format_html("<select{}>{}</select>", own, options)


def zone_choices(empty: Any = "") -> list[tuple[str, Any]]:
    """The names of all time zones, with an empty one where there may be none."""
    return [*([("", empty)] if empty else []), *((name, name) for name in sorted(zone_names()))]


class TenantForm(forms.ModelForm[Any]):
    """A form for a row of one business, which is not among its fields and can't be changed.

    `refusal` is what the database said to the same input a moment ago.
    """

    clinic: Business | None = None
    user: Any = None
    sentences: Sentences = {}
    refusal: tuple[str, Any] | None = None

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.clinic is not None and self.instance._state.adding:
            self.instance.business = self.clinic

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.refusal:
            self.refuse(*self.refusal)
        return cleaned

    def refuse(self, field: str, sentence: Any) -> None:
        self.add_error(field if field in self.fields else None, sentence)

    def _post_clean(self) -> None:
        """As Django's, but constraints are checked here, where they have fields and sentences."""
        self.instance.full_clean = partial(self.instance.full_clean, validate_constraints=False)
        super()._post_clean()  # type: ignore[misc]
        del self.instance.full_clean
        self.check_constraints()

    def check_constraints(self) -> None:
        """Each constraint of the table, up to the first that is violated.

        Django leaves out those with a field that is not in the form; the business is in all.
        """
        exclude = self._get_validation_exclusions() - {"business"}  # type: ignore[attr-defined]
        for model, constraints in self.instance.get_constraints():
            for constraint in constraints:
                try:
                    constraint.validate(
                        model, self.instance, exclude=exclude, using=DEFAULT_DB_ALIAS
                    )
                except ValidationError as error:
                    sentence = ("", error.messages[0])
                    self.refuse(*self.sentences.get(constraint.name, sentence))
                    return


TRY_AGAIN = _("Somebody else changed this at the same moment. Look it over and save it again.")
